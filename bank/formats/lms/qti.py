"""One item of QTI 2.1, 2.2 or 3.0 -> Draft.

Read: one choiceInteraction, inlineChoiceInteraction or textEntryInteraction an item. Every other interaction, templates
(questions with random numbers) and adaptive items are refused under their names. QTI 1.2 is another language and is
refused as such. What items share, a stimulus, is the background of their case group.

The three versions share one vocabulary here, that of 2.x: names of 3.0 ("qti-simple-choice") are turned into it.
`qti_package` finds the items, `qti_out` writes them.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from bank.content import ItemType
from bank.formats import markup, style_rules
from bank.formats.bad_row import BadRow
from bank.formats.draft import Draft, DraftOption
from bank.formats.safexml import Node
from bank.refused import BadFile

VERSIONS = ("2.1", "2.2", "3.0")
_ITEM = "assessmentItem"
_VERSION = re.compile(r"(?:imsqti(?:asi)?_v|qtiv)(\d)p(\d)")
_TRUTHS = {"true": True, "false": False, "正确": True, "错误": False, "对": True, "错": False, "√": True, "×": False}
_YES = ("true", "1")
_OWN = re.compile(r"examd-[0-9a-f]{32}")
SINGLE = "examd-single"
"""Class of a choice that is no true-false item although its options read so."""
CASE = "examd-case"
"""Class of the block that holds the background of a case group where items know no stimulus (2.1)."""

Styles = Callable[[str], str | None]
"""The address of a style sheet -> its text, None where the package does not hold it."""
Shared = Callable[[str], tuple[str, tuple[str, ...], int]]
"""The address of a stimulus -> its text, its pictures, and which of its items asks."""
Notes = list[tuple[int, str, dict[str, object]]]


def is_item(root: Node) -> bool:
    return _name(root.name) == _ITEM


def refusal(root: Node, file: str) -> BadFile | None:
    """Why a file with this root holds no items that we read; None where it may."""
    if root.name in ("questestinterop",) or (root.name == "item" and not root.namespace):
        return BadFile("qti-version", file=file, found="1.2", known=" ".join(VERSIONS))
    return None


def is_reference(node: Node) -> bool:
    return _name(node.name) == "assessmentItemRef"


def is_test(root: Node) -> bool:
    return _name(root.name) == "assessmentTest"


@lru_cache(maxsize=1000)
def _name(tag: str) -> str:
    """A tag -> its name in 2.x. Other namespaces (MathML) keep their local names."""
    name = tag.rpartition("}")[2]
    if not name.startswith("qti-"):
        return name
    first, *others = name.removeprefix("qti-").split("-")
    return first + "".join(word.capitalize() for word in others)


def renamed(root: Node) -> None:
    """Names of 3.0 -> of 2.x, through the whole tree."""
    dashed = root.tag.rpartition("}")[2].startswith("qti-")
    for node in root.iter():
        node.tag = _name(node.tag)
        for key in [key for key in node.attrib if "-" in key] if dashed else ():
            if not key.startswith(("data-", "aria-")):
                node.attrib.setdefault(_name("qti-" + key), node.attrib[key])


@dataclass(slots=True)
class About:
    """What a package's manifest says of an item beside the item itself."""

    code: str | None = None
    subject: str = ""
    chapter: str = ""
    level: str = ""
    place: str = ""
    difficulty: str = ""
    basis: str = ""
    source: str = ""
    enemies: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)


def item(
    root: Node, picture: Callable[[str], str], styles: Styles, shared: Shared, notes: Notes, about: About | None = None
) -> Draft:
    """One assessmentItem. `picture` turns the address of a picture into the name a Draft bears.

    Raises BadRow: when it asks in a way that we do not read, or its answer is not sure.
    """
    version = _VERSION.search(root.namespace)
    if version is not None and version[1] not in ("2", "3"):
        raise BadRow("qti-version", found=f"{version[1]}.{version[2]}", known=" ".join(VERSIONS))
    renamed(root)
    if root.find("templateDeclaration") is not None or root.find("templateProcessing") is not None:
        raise BadRow("qti-template")
    if root.get("adaptive") == "true":
        raise BadRow("qti-adaptive")
    body = root.find("itemBody")
    if body is None:
        raise BadRow("empty-stem")
    within = {node.tag for node in body.iter()}
    if "include" in within:
        raise BadRow("unsupported-markup", markup="include")
    interactions = [node for node in body.iter() if node.tag.endswith("Interaction")]
    if not interactions:
        raise BadRow("no-interaction")
    for node in interactions:
        if node.name not in ("choiceInteraction", "inlineChoiceInteraction", "textEntryInteraction"):
            raise BadRow("unsupported-interaction", interaction=node.name)
    if len(interactions) > 1:
        raise BadRow("several-interactions", found=len(interactions))
    about = about or About()
    identifier = root.get("identifier", "")
    draft = Draft(
        subject=about.subject,
        chapter=about.chapter,
        level=about.level,
        difficulty=about.difficulty,
        basis=about.basis,
        source=about.source,
        enemies="\n".join(about.enemies),
        tags="\n".join(about.tags),
    )
    draft.code = about.code if about.code is not None else "" if _OWN.fullmatch(identifier) else identifier
    draft.shown = tuple(_shown(body, root))
    page = markup.Page(picture, sheet(root, styles, notes))
    _case(root, body, draft, page, shared, about.place)
    response = _response(root, interactions[0])
    if interactions[0].name == "textEntryInteraction":
        _entry(root, body, interactions[0], response, draft, page, notes)
    else:
        _choice(body, interactions[0], response, draft, page, notes)
    draft.explanation = _explanation(root, page, notes)
    if not within.isdisjoint(("feedbackInline", "feedbackBlock")):
        notes.append((root.line, "feedback-not-read", {}))
    if any("candidate" not in node.get("view", "").split() for node in body.iter("rubricBlock")):
        notes.append((root.line, "rubric-not-read", {}))
    return draft


def _shown(body: Node, root: Node) -> Iterator[str]:
    """All that stands in the body and in the explanation, but what the report names."""
    solutions = (node for node in root.findall("modalFeedback") if _explains(node))
    waiting: list[Node | str] = [*reversed([body, *solutions])]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            if node.strip():
                yield node
            continue
        told = node.name in ("feedbackInline", "feedbackBlock", "stylesheet", "style") or (
            node.name == "rubricBlock" and "candidate" not in node.get("view", "").split()
        )
        waiting.append(node.tail or "" if node is not body else "")
        if not told:
            waiting += reversed([node.text or "", *node])


def _explains(feedback: Node) -> bool:
    return feedback.get("identifier", "").casefold() in ("solution", "general")


def _case(root: Node, body: Node, draft: Draft, page: markup.Page, shared: Shared, place: str) -> None:
    """What the item shares with others: the stimuli that it refers to, or the block that our own 2.1 has instead."""
    texts: list[str] = []
    for reference in root.findall("assessmentStimulusRef"):
        text, images, turn = shared(reference.get("href", ""))
        texts.append(text)
        draft.background_images += images
        draft.place = draft.place or str(turn)
    for block in body.findall("div"):
        if CASE in block.get("class", "").split():
            text, images = stimulus(block, page)
            body.remove(block)
            texts.append(text)
            draft.background_images += images
            draft.place = draft.place or "1"
    draft.background = "\n".join(texts)
    if draft.place:
        draft.place = place or draft.place


def sheet(root: Node, styles: Styles, notes: Notes) -> markup.Sheet:
    """The rules of the style sheets that an item or a stimulus names or holds."""
    texts = ["".join(node.itertext()) for node in root.iter("style")]
    for node in root.iter("stylesheet"):
        text = styles(node.get("href") or "")
        if text is None:
            notes.append((root.line, "style-sheet-not-read", {}))
        else:
            texts.append(text)
    return tuple(style_rules.rules("\n".join(texts)))


def stimulus(body: Node, page: markup.Page) -> tuple[str, tuple[str, ...]]:
    flow = markup.from_node(body, page)
    return flow.whole(), tuple(flow.images)


@dataclass(slots=True)
class _Response:
    correct: list[str]
    mapped: dict[str, Decimal]
    many: bool
    base: str


def _response(root: Node, interaction: Node) -> _Response:
    wanted = interaction.get("responseIdentifier", "")
    declared = next((n for n in root.findall("responseDeclaration") if n.get("identifier") == wanted), None)
    if declared is None:
        raise BadRow("no-answer")
    correct = [(value.text or "").strip() for value in declared.findall("correctResponse/value")]
    mapped: dict[str, Decimal] = {}
    for entry in declared.findall("mapping/mapEntry"):
        try:
            mapped[(entry.get("mapKey") or "").strip()] = Decimal((entry.get("mappedValue") or "0").strip())
        except InvalidOperation:
            raise BadRow("answer-unreadable") from None
    cardinality = declared.get("cardinality", "single")
    if cardinality not in ("single", "multiple"):
        raise BadRow("unsupported-interaction", interaction=f"{interaction.name} {cardinality}"[:40])
    return _Response(correct, mapped, cardinality == "multiple", declared.get("baseType", "identifier"))


def _choice(body: Node, interaction: Node, response: _Response, draft: Draft, page: markup.Page, notes: Notes) -> None:
    inline = interaction.name == "inlineChoiceInteraction"
    choices = list(interaction.iter("inlineChoice" if inline else "simpleChoice"))
    outside = _around(body, interaction, page, inline)
    draft.stem, draft.images = outside.whole(), tuple(outside.images)
    moved = outside.moved
    names: list[str] = []
    for node in choices:
        flow = markup.from_node(node, page)
        draft.options.append(DraftOption(flow.whole(), tuple(flow.images)))
        names.append(node.get("identifier", ""))
        moved = moved or flow.moved
        if flow.feedback:
            notes.append((node.line, "feedback-not-read", {}))
    if moved:
        notes.append((interaction.line, "picture-moved", {}))
    if len(set(names)) != len(names):
        raise BadRow("repeated-identifier")
    right = _right(response, names)
    draft.answer = tuple(sorted(names.index(name) for name in right))
    shuffle = interaction.get("shuffle", "false")  # the default of 2.2 and 3.0; 2.1 asks that it be said
    draft.locked = tuple(n for n, node in enumerate(choices) if shuffle not in _YES or node.get("fixed") in _YES)
    texts = [option.text.strip().casefold() for option in draft.options]
    truths = [_TRUTHS.get(text) for text in texts]
    plain = not any(option.images for option in draft.options) and SINGLE not in interaction.get("class", "").split()
    if response.many and interaction.get("maxChoices", "0") != "1":
        draft.type = ItemType.MULTIPLE.value
    elif len(texts) == 2 and set(truths) == {True, False} and plain and len(draft.answer) == 1:
        draft.type, draft.locked = ItemType.TRUEFALSE.value, ()
    else:
        draft.type = ItemType.SINGLE.value
    if draft.locked and "shuffle" not in interaction.attrib:
        draft.ordered = True
    if len({value for value in response.mapped.values() if value > 0}) > 1:
        notes.append((interaction.line, "scoring-not-read", {}))


def _right(response: _Response, names: list[str]) -> list[str]:
    right = list(dict.fromkeys(response.correct))
    if not right:
        gained = {key: value for key, value in response.mapped.items() if value > 0}
        if response.many or len(gained) == 1:  # an opinion poll gives something for every choice: that is no answer
            right = list(gained)
    if not right:
        raise BadRow("no-answer")
    if any(name not in names for name in right):
        raise BadRow("answer-out-of-range", options=len(names))
    return right


def _around(body: Node, interaction: Node, page: markup.Page, inline: bool) -> markup.Flow:
    """What stands round the interaction; a prompt belongs to it, an inline choice leaves a blank."""
    flow = page.flow(body)
    _walk(body, interaction, inline, flow)
    return flow


def _walk(node: Node, interaction: Node, inline: bool, flow: markup.Flow) -> None:
    flow.text(node.text or "")
    for child in node:
        if child is interaction and inline:
            flow.blank()
        elif child is interaction:
            flow.start("div", child.attrib)
            prompt = interaction.find("prompt")
            if prompt is not None:
                flow.start("div", prompt.attrib)
                _walk(prompt, interaction, inline, flow)
                flow.end("div")
            flow.end("div")
        else:
            flow.start(child.name, child.attrib)
            _walk(child, interaction, inline, flow)
            flow.end(child.name)
        flow.text(child.tail or "")


def _entry(
    root: Node, body: Node, interaction: Node, response: _Response, draft: Draft, page: markup.Page, notes: Notes
) -> None:
    flow = markup.from_node(body, page, {interaction: None})
    draft.stem, draft.images, draft.type = flow.whole(), tuple(flow.images), ItemType.FILL.value
    if flow.moved:
        notes.append((interaction.line, "picture-moved", {}))
    best = max(response.mapped.values(), default=Decimal(0))
    full = [key for key, value in response.mapped.items() if value > 0 and value == best]
    if any(0 < value < best for value in response.mapped.values()):
        notes.append((interaction.line, "scoring-not-read", {}))
    right = [text for text in dict.fromkeys([*response.correct, *full]) if text]
    if not right:
        raise BadRow("no-answer")
    if response.base in ("float", "integer"):
        if len(right) > 1:
            raise BadRow("several-numbers", found=len(right))
        draft.number = (right[0], _tolerance(root, interaction.get("responseIdentifier", "")), ())
    else:
        draft.accepted = tuple(right)


def _tolerance(root: Node, response: str) -> str:
    for equal in root.iterfind(".//responseProcessing//equal"):
        if not any(variable.get("identifier") == response for variable in equal.findall("variable")):
            continue
        spread = (equal.get("tolerance") or "0").split()
        if equal.get("toleranceMode", "exact") == "absolute" and len(set(spread)) == 1:
            return spread[0]
        if equal.get("toleranceMode", "exact") != "exact":
            raise BadRow("tolerance-not-read")
    if root.find(".//responseProcessing//equalRounded") is not None:
        raise BadRow("tolerance-not-read")
    return "0"


def _explanation(root: Node, page: markup.Page, notes: Notes) -> str:
    texts = []
    for feedback in root.findall("modalFeedback"):
        if _explains(feedback):
            flow = markup.from_node(feedback, markup.Page(lambda name: name, page.sheet))
            texts.append(flow.whole())
            if flow.images:
                notes.append((feedback.line, "picture-of-explanation", {}))
        else:
            notes.append((feedback.line, "feedback-not-read", {}))
    return "\n".join(texts)
