"""Subject, level and difficulty of an item as tags, for forms that know nothing of the kind: "examd-level-掌握".

Other programs keep and show them as the tags they are; we read them back.
"""

import re
from collections.abc import Iterable

from bank.formats.draft import Draft
from bank.formats.spelling import LEVEL_WORDS
from bank.item import Item

_OWN = re.compile(r"examd-(subject|level|difficulty)-(.+)")


def written(item: Item) -> list[str]:
    """The item's tags, and ours after them."""
    own = [f"examd-subject-{item.subject}"] if item.subject else []
    own += [f"examd-level-{LEVEL_WORDS[item.level]}"] if item.level in LEVEL_WORDS else []
    own += [] if item.p4 is None else [f"examd-difficulty-{item.p4 / 10_000}"]
    return [*item.tags, *own]


def read(tags: Iterable[str], draft: Draft) -> None:
    """Gives `draft` the author's tags, and what ours say."""
    others, said = [], dict[str, str]()
    for tag in tags:
        match = _OWN.fullmatch(tag)
        if match is None:
            others.append(tag)
        else:
            said[match[1]] = match[2]
            draft.said += (tag,)
    draft.tags = "\n".join(others)
    draft.subject, draft.level, draft.difficulty = (said.get(n, "") for n in ("subject", "level", "difficulty"))
