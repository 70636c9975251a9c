"""An item's life in the bank: handed in, approved, returned, retired, each act signed by the person who does it.

Every act is for many revisions at once and goes in whole or not at all. Before signing, the person's own note of how
far the bank had come is compared with the bank: an older copy put back in its place is refused (`bank-rolled-back`).

Before: `bank.store` holds drafts. After: approved revisions, which `examd.package.issue` may take.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from bank.item import Item
from bank.people import Person, Role, Signer, application
from bank.refused import Denied
from bank.review import Act
from bank.seal import statements
from bank.store import Bank, BankItem, now

Progress = Callable[[int, int], None]


def enrol(bank: Bank, signer: Signer, name: str, roles: frozenset[Role], sponsor: Signer | None = None) -> Person:
    """Makes the holder of a key one of the bank's people; from the third on, one of them must sponsor."""
    if sponsor is not None:
        _known(bank, sponsor)
    person, statement = application(bank.vault.name, signer, name, roles, sponsor)
    bank.enrol(person, statement)
    _note(bank, *((signer,) if sponsor is None else (signer, sponsor)))
    return person


def write(bank: Bank, lineage: str, item: Item, signer: Signer) -> BankItem:
    """The item in other words, as a draft of this person's hand. Nothing is signed until somebody hands it in."""
    person = _known(bank, signer)
    if person.until:
        raise Denied("person-ended", name=person.name, until=person.until)
    return bank.revise(lineage, item, by=person.id)


def submit(bank: Bank, items: Sequence[BankItem], signer: Signer, progress: Progress | None = None) -> None:
    """The author answers for the drafts: whoever wrote them, the one who hands them in does not review them."""
    _do(bank, Act.SUBMIT, items, signer, "", progress)


def approve(
    bank: Bank, items: Sequence[BankItem], signer: Signer, remarks: str = "", progress: Progress | None = None
) -> None:
    """From here on the revision is in force, and the one before it retired."""
    _do(bank, Act.APPROVE, items, signer, remarks, progress)


def send_back(bank: Bank, items: Sequence[BankItem], signer: Signer, remarks: str) -> None:
    """Back to the author. What was returned stays as it was; the author's change makes the next revision."""
    _do(bank, Act.RETURN, items, signer, _said(remarks), None)


def retire(bank: Bank, items: Sequence[BankItem], signer: Signer, remarks: str) -> None:
    _do(bank, Act.RETIRE, items, signer, _said(remarks), None)


def _do(
    bank: Bank, act: Act, items: Sequence[BankItem], signer: Signer, remarks: str, progress: Progress | None
) -> None:
    person = _known(bank, signer)
    told = bank.to_sign(act, [item.number for item in items], person.id, now(), remarks)
    # The bank may be held by another process; the key that signs is not there.
    bank.perform([statements.sign(statement, signer.key) for statement in told], progress)
    _note(bank, signer)


def _known(bank: Bank, signer: Signer) -> Person:
    person = bank.people().get(signer.id)
    if person is None or person.sign != signer.public:
        raise Denied("person-unknown", name=signer.id)
    signer.check_not_rolled_back(bank.vault.name, lambda acts: bank.head(acts)[1])
    return person


def _note(bank: Bank, *signers: Signer) -> None:
    acts, head = bank.head()
    for signer in signers:
        signer.note(bank.vault.name, acts, head)


def _said(remarks: str) -> str:
    if not remarks.strip():
        raise Denied("remarks-missing")
    return remarks.strip()


def repealed(items: Iterable[BankItem], repeals: dict[str, str], on: date) -> list[tuple[BankItem, str]]:
    """Those that cite a provision no longer in force on `on`, each with its words: by the dates that the item states,
    or by what the bank was told of the provision since."""
    gone = [text for text, day in repeals.items() if date.fromisoformat(day) <= on]
    found = []
    for item in items:
        cited = next((basis.text for basis in item.bases if basis.repealed(on)), None)
        if cited is None:
            words = "\n".join((item.basis, *(basis.text for basis in item.bases)))
            cited = next((text for text in gone if text in words), None)
        if cited is not None:
            found.append((item, cited))
    return found
