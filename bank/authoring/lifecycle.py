"""An item's life in the bank: submitted, approved, returned, retired, each act signed by the person who does it.

Every act is for many revisions at once and goes in whole or not at all. Before signing, the person's own note of how
far the bank had come is compared with the bank: an older copy put back in its place is refused (`bank-rolled-back`).

Before: `bank.store` holds drafts. After: approved revisions, which `examd.package.issue` may take.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TypeVar

from bank.authoring import authorship, people, reading
from bank.authoring.authorship import Draft
from bank.authoring.outcome import AddReport
from bank.authoring.people import Person, Role, Signer, Vouchers
from bank.authoring.review import Act
from bank.clock import now, today
from bank.item import Item
from bank.journal import Journal, loss_accepted
from bank.refused import Denied
from bank.seal import statements
from bank.store import BankItem, ItemOutline, OpenBank, provisions
from bank.store.writing import Progress

Named = BankItem | ItemOutline
"""A revision that is meant, whether or not its words were read."""
Citing = TypeVar("Citing", bound=BankItem | ItemOutline)


def enrol(
    bank: OpenBank,
    signer: Signer,
    name: str,
    roles: frozenset[Role],
    vouchers: Vouchers = (),
    *,
    same_name: bool = False,
    was: str = "",
) -> Person:
    """Makes the holder of a key one of the bank's people, as `vouchers` sign (`bank.authoring.people`)."""
    signers = _vouching(bank, vouchers)
    said = people.application(bank.vault.name, signer, name, roles, vouchers, same_name=same_name, was=was)
    person = bank.people.enrol(said)
    _note(bank, signer, *signers)
    return person


def take_on(bank: OpenBank, signer: Signer, roles: frozenset[Role], vouchers: Vouchers = ()) -> Person:
    """This person holds further roles, as `vouchers` sign; what their own hands wrote they review as little as ever."""
    _known(bank, signer)
    signers = _vouching(bank, vouchers)
    person = bank.people.grant(people.further(bank.vault.name, signer, roles, vouchers))
    _note(bank, signer, *signers)
    return person


def end(bank: OpenBank, identity: str, by: Vouchers) -> Person:
    """The person signs nothing more from today: as they sign themselves, or two others."""
    signers = _vouching(bank, by)
    person = bank.people.end(people.ending(bank.vault.name, identity, today().isoformat(), by))
    _note(bank, *signers)
    return person


def accept_loss(bank: OpenBank, signer: Signer, reason: str) -> None:
    """This person, who saw more of the bank than this copy holds, goes on with it: signed, and kept in its acts.

    Of a bank in several hands the keyholders must have accepted this loss first, when they opened it now: one that they
    accepted in another opening was another.

    Raises Denied: when nothing is lost, or the keyholders have not accepted it.
    """
    try:
        _known(bank, signer)
    except Denied as refusal:
        if refusal.code != "bank-rolled-back":
            raise
    else:
        raise Denied("loss-none", name=signer.id)
    journal = Journal.read(bank.directory)
    if journal.lines and not loss_accepted(journal.lines):
        raise Denied("loss-not-accepted", name=signer.id)
    bank.people.accept_loss(signer.lost(bank.vault.name, _said(reason), bank.history.head()[0]))
    _note(bank, signer)


def _vouching(bank: OpenBank, vouchers: Vouchers) -> list[Signer]:
    signers = [each for each in vouchers if isinstance(each, Signer)]
    for each in signers:
        _known(bank, each)
    return signers


def add(
    bank: OpenBank,
    items: Iterable[Item],
    signer: Signer,
    media: Mapping[str, bytes] | None = None,
    progress: Progress | None = None,
) -> AddReport:
    """New items as drafts that this person signs as their writer (`bank.authoring.authorship`)."""
    _known(bank, signer)
    drafts = authorship.drafts(items)
    statement = authorship.sign(bank.vault.name, signer, [draft.line for draft in drafts], now())
    report = bank.drafts.write(drafts, statement, media, progress)
    _note(bank, signer)
    return report


def begin(bank: OpenBank, item: Item, signer: Signer, media: Mapping[str, bytes] | None = None) -> BankItem:
    """A new item as a draft that this person signs as its writer. Raises Denied: when the bank has it already."""
    report = add(bank, [item], signer, media)
    if report.already:
        raise Denied("item-already-there", item=report.already[0][:8])
    return bank.items.newest(item.id)


def write(
    bank: OpenBank,
    lineage: str,
    item: Item,
    signer: Signer,
    media: Mapping[str, bytes] | None = None,
    *,
    rev: int | None = None,
) -> BankItem:
    """The item in other words, as a draft that this person signs as its writer. `rev` is the revision that they had
    before them, where it may no longer be the newest."""
    rewrite(bank, [(lineage, bank.items.newest(lineage).rev if rev is None else rev, item)], signer, media)
    return bank.items.newest(lineage)


def rewrite(
    bank: OpenBank, wordings: Iterable[tuple[str, int, Item]], signer: Signer, media: Mapping[str, bytes] | None = None
) -> None:
    """Several items in other words, all or none, under one signature: lineage, revision it was made from, wording."""
    _known(bank, signer)
    drafts = [Draft(item, authorship.new_salt(), lineage, rev) for lineage, rev, item in wordings]
    bank.drafts.write(drafts, authorship.sign(bank.vault.name, signer, [draft.line for draft in drafts], now()), media)
    _note(bank, signer)


def adopt(bank: OpenBank, items: Sequence[Named], signer: Signer) -> None:
    """This person answers for having written drafts of which nobody knows who did, and so approves none of them."""
    _known(bank, signer)
    drafts = bank.items.at([item.number for item in items])
    lines = [authorship.line(bank.proof.seal(item), item.lineage, item.rev) for item in drafts]
    bank.drafts.adopt(authorship.sign(bank.vault.name, signer, lines, now()))
    _note(bank, signer)


def set_subject(
    bank: OpenBank, items: Sequence[Named], subject: str, signer: Signer, progress: Progress | None = None
) -> None:
    """Drafts of these items that differ in the subject alone, all or none, under one signature. They go through review
    like any change. Nobody needs to see question or answer key for it: what is signed of those are the digests that
    were signed before."""
    _known(bank, signer)
    numbers = [item.number for item in items]
    lines = bank.drafts.subject_to_sign(numbers, subject, progress)
    bank.drafts.set_subject(numbers, subject, authorship.sign(bank.vault.name, signer, lines, now()))
    _note(bank, signer)


def repeal(bank: OpenBank, text: str, on: date, signer: Signer | None) -> None:
    """Notes in this person's hand that a provision ends; in a bank of samples in nobody's."""
    if signer is None:
        unsigned = provisions.to_sign(bank.vault.name, text, on.isoformat(), "", now())
        bank.provisions.repeal(statements.sign(unsigned))
        return
    _known(bank, signer)
    said = provisions.to_sign(bank.vault.name, text, on.isoformat(), signer.id, now())
    bank.provisions.repeal(statements.sign(said, signer.key))
    _note(bank, signer)


def submit(bank: OpenBank, items: Sequence[Named], signer: Signer, progress: Progress | None = None) -> None:
    """The author answers for the drafts: the one who submits them reviews them as little as the one who wrote them."""
    _do(bank, Act.SUBMIT, items, signer, "", progress)


def begin_reading(bank: OpenBank, signer: Signer) -> str:
    """By what this reviewer reads from now on (`bank.store.readings`); told to nobody else."""
    _enrolled(bank, signer)
    reader = bank.readings.challenge()
    bank.readings.begin(reading.sign(bank.vault.name, signer, reader))
    return reader


def approve(
    bank: OpenBank, items: Sequence[Named], signer: Signer, remarks: str = "", progress: Progress | None = None
) -> None:
    """What this person has read is in force from here on, and the revision before it retired."""
    _do(bank, Act.APPROVE, items, signer, remarks, progress)


def send_back(bank: OpenBank, items: Sequence[Named], signer: Signer, remarks: str) -> None:
    """Back to the author. What was returned stays as it was; the author's change makes the next revision."""
    _do(bank, Act.RETURN, items, signer, _said(remarks), None)


def retire(bank: OpenBank, items: Sequence[Named], signer: Signer, remarks: str) -> None:
    _do(bank, Act.RETIRE, items, signer, _said(remarks), None)


def _do(
    bank: OpenBank, act: Act, items: Sequence[Named], signer: Signer, remarks: str, progress: Progress | None
) -> None:
    person = _known(bank, signer)
    told = bank.reviews.to_sign(act, [item.number for item in items], person.id, now(), remarks)
    # The bank may be held by another process; the key that signs is not there.
    bank.reviews.perform([statements.sign(statement, signer.key) for statement in told], progress)
    _note(bank, signer)


def _known(bank: OpenBank, signer: Signer) -> Person:
    """One of the bank's people, who has said by this act who is asking; with a second person, where one did already."""
    person = _enrolled(bank, signer)
    if not person.until and signer.id not in bank.asking:
        bank.identify(signer)
    return person


def _enrolled(bank: OpenBank, signer: Signer) -> Person:
    person = bank.people.all().get(signer.id)
    if person is None or person.sign != signer.public:
        raise Denied("person-unknown", name=signer.id)
    signer.check_not_rolled_back(bank.vault.name, lambda acts: bank.history.head(acts)[1])
    return person


def _note(bank: OpenBank, *signers: Signer) -> None:
    acts, head = bank.history.head()
    for signer in signers:
        signer.note(bank.vault.name, acts, head)


def _said(remarks: str) -> str:
    if not remarks.strip():
        raise Denied("remarks-missing")
    return remarks.strip()


def repealed(items: Iterable[Citing], repeals: dict[str, str], on: date) -> list[tuple[Citing, str]]:
    """Those that cite a provision no longer in force on `on`, each with its words: by the dates that the item states,
    or by what the bank was told of the provision since."""
    gone = [text for text, day in repeals.items() if date.fromisoformat(day) <= on]
    found: list[tuple[Citing, str]] = []
    for item in items:
        cited = next((basis.text for basis in item.bases if basis.repealed(on)), None)
        if cited is None:
            words = "\n".join((item.basis, *(basis.text for basis in item.bases)))
            cited = next((text for text in gone if text in words), None)
        if cited is not None:
            found.append((item, cited))
    return found
