"""Question files into a bank: all of them read, held against it, and what they hold added together or not at all.

Or, where the bank is elsewhere, into one sealed file for it.

Before: `bank.formats` reads one file. After: drafts, which `bank.authoring.lifecycle` has reviewed; or a file that
`bank.store.submissions` takes.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from enum import Enum
from pathlib import Path

from bank import formats
from bank.authoring import lifecycle, revisions, submissions
from bank.authoring.near_duplicates import Question
from bank.authoring.outcome import Outcome, outcome
from bank.authoring.people import Signer
from bank.authoring.submissions import Card
from bank.clock import now
from bank.formats import ImportResult
from bank.refused import BadFile
from bank.store import OpenBank
from bank.store.writing import Progress


class Step(Enum):
    """What an import does that takes its time."""

    COMPARE = "looking for near duplicates"
    ADD = "adding to the bank"
    SUBMIT = "handing in for review"


Show = Callable[[Step | Path], AbstractContextManager[Progress]]
"""Shows how far a step, or the reading of a file, has come while it lasts."""


def read_all(files: Sequence[Path], media: Path | None, show: Show, subject: str = "") -> ImportResult:
    """All files as one, of that subject where rows state none. Raises BadFile: when the folder of pictures is none."""
    if media is not None and not media.is_dir():
        raise BadFile("media-missing", file=str(media))
    whole = ImportResult()
    for path in files:
        with show(path) as progress:
            part = formats.read(path, media, progress, subject)
        whole.items += part.items
        whole.places += part.places
        whole.media |= part.media
        whole.refused += part.refused
        whole.remarks += part.remarks
    return whole


@contextmanager
def _uncollected() -> Iterator[None]:
    """What an import makes lives until its end: looking for garbage costs a tenth of the time and finds none."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@_uncollected()
def import_files(
    files: Sequence[Path],
    media: Path | None,
    open_bank: Callable[[], AbstractContextManager[OpenBank]],
    writer: Callable[[OpenBank], Signer | None],
    show: Show,
    *,
    dry_run: bool = False,
    approve_as_sample: bool = False,
    subject: str = "",
    submit: bool = False,
) -> Outcome:
    """Adds what is in the files as drafts that `writer` signs: nobody in a bank of samples. `dry_run` only weighs.
    `subject`: the code of what all rows are of that do not say it. `submit`: the writer hands in, with the same key,
    those of these items that wait for nothing else.

    The bank is opened when all files are read. Raises BadFile: when the folder of pictures is none.
    """
    read = read_all(files, media, show, subject)
    ids = [item.id for item in read.items]  # a hash each: not to be asked for again
    with open_bank() as bank:
        by = None if dry_run else writer(bank)
        questions = [
            Question(identity, item.code or identity[:8], item.content)
            for identity, item in zip(ids, read.items, strict=True)
        ]
        with show(Step.COMPARE) as progress:
            near = bank.near_duplicates.find(questions, progress)
        if dry_run:
            report = bank.drafts.weigh(read.items)
        else:
            with show(Step.ADD) as progress:
                if by is None:
                    report = bank.drafts.add(read.items, read.media, progress, approve_as_sample=approve_as_sample)
                else:
                    report = lifecycle.add(bank, read.items, by, read.media, progress)
            if submit and by is not None:
                # Also those that an import before this one left: it may have been broken off in between.
                brought = set(ids)
                drafts = [each for each in revisions.to_submit(bank, by).items if each.id in brought]
                if drafts:
                    with show(Step.SUBMIT) as progress:
                        lifecycle.submit(bank, drafts, by, progress)
    unsaid, pictures = sum(not item.subject for item in read.items), len(read.media)
    return outcome(ids, read.places, report, near, set(ids), unsaid, pictures, read.refused, read.remarks)


def pack_files(
    card: Card,
    files: Sequence[Path],
    media: Path | None,
    signer: Callable[[], Signer],
    revises: Iterable[tuple[str, int]],
    show: Show,
    subject: str = "",
) -> tuple[ImportResult, bytes]:
    """What was read of the files, and the sealed file for the bank of that card; b"" where nothing could be read.

    `revises`: codes of items that are other wordings of the bank's, each with the revision it was made from; the code
    of an only item may be another. Raises BadFile: when one of them is of no item, or of several.
    """
    read = read_all(files, media, show, subject)
    if not read.items:
        return read, b""
    of = {}
    for word, rev in revises:
        numbers = [number for number, item in enumerate(read.items) if len(read.items) == 1 or item.code == word]
        if len(numbers) != 1:
            raise BadFile("revises-no-item", item=word, found=len(numbers))
        of[numbers[0]] = (word, rev)
    return read, submissions.pack(card, signer(), read.items, read.places, read.media, now(), of)
