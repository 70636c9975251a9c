"""Items between two bodies, as people do it: a slice made and sealed, taken in, taken back; an owner's card signed.

Whoever signs in a bank has it compared first with how far they had seen it come, and notes how far it is then.

Before: `bank.lending.slices`, `bank.lending.owners` say what is signed. After: `bank.store.slices` keeps what came.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bank.authoring.people import Signer
from bank.authoring.review import State
from bank.clock import now, today
from bank.durable import folder_at_once, write_atomically
from bank.lending import outgoing, owners, slices
from bank.lending.outgoing import Door
from bank.lending.owners import Owner
from bank.lending.slices import Accepted, Body, Permission, Terms
from bank.refused import BadFile, Denied
from bank.seal import statements
from bank.store import BankItem, ItemOutline, OpenBank

if TYPE_CHECKING:
    from bank.formats import Exported


@contextmanager
def _signing(bank: OpenBank, signer: Signer) -> Iterator[None]:
    signer.check_not_rolled_back(bank.vault.name, lambda acts: bank.history.head(acts)[1])
    yield
    signer.note(bank.vault.name, *bank.history.head())


@contextmanager
def _all_signing(bank: OpenBank, signers: Sequence[Signer]) -> Iterator[None]:
    with ExitStack() as stack:
        for each in signers:
            stack.enter_context(_signing(bank, each))
        yield


def take_out(
    bank: OpenBank,
    door: Door,
    ids: Collection[str],
    to: str,
    signers: Sequence[Signer],
    bureau: tuple[Ed25519PrivateKey, str] | None = None,
) -> None:
    """These items leave by that door, in the name of who signs (`bank.lending.outgoing`); of a bank of samples, in
    nobody's. `bureau`: key and name, of whoever issues.

    Raises BadFile: when nobody says to whom. Raises Denied: when nobody signs, or not enough do.
    """
    if bank.sample:
        return
    if not signers and bureau is None:
        raise Denied("outgoing-unnamed", items=len(ids))
    if not statements.tellable(to):
        raise BadFile("outgoing-to-whom")
    by, named = (
        [each.id for each in signers],
        ("", "") if bureau is None else (statements.public_hex(bureau[0]), bureau[1]),
    )
    with _all_signing(bank, signers):
        if signers:
            bank.identify(*signers)
        said = outgoing.to_sign(bank.vault.name, door, ids, to, by, now(), named)
        keys = [*(each.key for each in signers), *([] if bureau is None else [bureau[0]])]
        bank.outgoing.permit(statements.sign(said, *keys), sorted(ids))


def listed(bank: OpenBank, outlines: Sequence[ItemOutline], signers: Sequence[Signer]) -> list[BankItem]:
    """Items to be read one after the other: many of them in the name of who reads."""
    if signers or len(outlines) > outgoing.UNNAMED:
        to = ", ".join(each.id for each in signers)
        take_out(bank, Door.LIST, {item.id for item in outlines}, to, signers)
    return bank.items.at([item.number for item in outlines])


def sign_owner(bank: OpenBank, card: Body, signer: Signer) -> Owner:
    """One person's word that the card is that body's; the owner as the bank knows it from then on."""
    with _signing(bank, signer):
        told = owners.to_sign(bank.vault.name, card, signer.id, now())
        return bank.owners.vouch(statements.sign(told, signer.key))


@dataclass(frozen=True, slots=True)
class LentSlice:
    folder: Path
    items: int


def lend(
    bank: OpenBank,
    owner: Body,
    key: Ed25519PrivateKey,
    receiver: Body,
    out: Path,
    *,
    permission: frozenset[Permission],
    first: date | None,
    until: date,
    signers: Sequence[Signer],
    names: Sequence[str] = (),
    subject: str | None = None,
    chapter: str | None = None,
) -> LentSlice:
    """A slice in a folder of its own in `out`: the items named, or all of the bank's own of `subject` in `chapter`.

    From `first`, else from today, until `until`, both included. `signers`: people of the bank who take them out.
    Raises Denied: when the bank is one of samples and the slice for exams, or an item named is not approved.
    """
    if bank.sample and Permission.EXAM in permission:
        raise Denied("bank-of-samples", file=bank.directory.name)
    chosen = [bank.items.outline(name) for name in names]
    for item in chosen:
        if item.state is not State.APPROVED:
            raise Denied("slice-not-approved", item=item.name)
    if not chosen:  # what is lent to us is not ours to lend
        ours = bank.items.outlines(subject=subject, chapter=chapter)
        chosen = [item for item in ours if not slices.lent(item.provenance)]
    if not chosen:
        raise BadFile("slice-empty")
    to = f"{receiver.name} {statements.keyid(receiver.sign)[:16]}"
    take_out(bank, Door.SLICE, {item.id for item in chosen}, to, signers)
    items = list(bank.slices.to_lend(bank.items.at([item.number for item in chosen])))
    shown = {sha256 for item, _ in items for sha256 in item.pictures()}
    media = {sha256: data for sha256 in shown if (data := bank.media.find(sha256)) is not None}
    statement, sealed = slices.make(
        items, media, owner=owner, key=key, receiver=receiver, permission=permission, first=first or today(),
        until=until, at=now(),
    )  # fmt: skip
    folder = out / f"SLICE-{slices.read(statement).slice}"
    with folder_at_once(folder) as begun:
        write_atomically(begun / slices.ITEMS, sealed)
        write_atomically(begun / slices.STATEMENT, statement)
    return LentSlice(folder, len(items))


@dataclass(frozen=True, slots=True)
class TakenIn:
    terms: Terms
    owner: Owner
    done: Accepted
    names: dict[str, str]
    """Id -> name, of items that the owner corrected or that contradict the slice."""


def accept(bank: OpenBank, statement: bytes, lines: bytes, signer: Signer) -> TakenIn:
    """The items of a slice come in, at one reviewer's word, if the bank's people signed its owner's card: approved as
    its owner's people approved them, or to be reviewed here."""
    terms = slices.read(statement)
    with _signing(bank, signer):
        told = slices.to_accept(bank.vault.name, terms, signer.id, now())
        owner = owners.require(bank.owners.all(), terms)
        done = bank.slices.accept(statement, lines, statements.sign(told, signer.key))
    named = [bank.items.find(item) for item in (*done.corrected, *done.contradicting)]
    return TakenIn(terms, owner, done, {item.id: item.code or item.id[:8] for item in named})


def take_back(terms: Terms, key: Ed25519PrivateKey, reason: str, out: Path) -> Path:
    """The owner's signed withdrawal of a slice, written into `out`; it takes effect where it arrives."""
    path = out / f"WITHDRAWAL-{terms.slice}.json"
    write_atomically(path, slices.withdrawal(terms, key, now(), reason))
    return path


def export(
    bank: OpenBank, items: Sequence[ItemOutline], file: Path, form: str, to: str, signers: Sequence[Signer]
) -> "tuple[Exported, list[tuple[str, str]]]":
    """Writes items in the open, with their answer keys, but for what others lent and do not let out. `to`: whom they
    are for; `signers`: people of the bank who take them out.

    What became of those written; (item, owner) of those that stay.
    """
    from bank import formats  # its readers take their time to load

    kept = bank.slices.withheld(today().isoformat(), Permission.OPEN)
    stay = [
        item for item in items if slices.lent(item.provenance) and (item.id in kept or item.state is not State.APPROVED)
    ]
    names = {each.id: each.owner_name for each in bank.slices.all()} if stay else {}
    left = [(item.name, names.get(item.provenance.origin.partition(" ")[2], item.provenance.owner)) for item in stay]
    numbers = {item.number for item in stay}
    out = [item for item in items if item.number not in numbers]
    if out:
        take_out(bank, Door.EXPORT, {item.id for item in out}, to, signers)
    whole = bank.answer_keys.whole(bank.items.at([item.number for item in out]))
    return formats.export(file, whole, bank.media.find, form), left
