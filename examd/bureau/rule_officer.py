"""A rule officer's own folder, on their own stick: keys, public card, and the note of what they saw in the register.

Before every signature the bureau's register is held against the note, after it the note is kept.

Before: `examd.bureau.rulebook`, whose register it is. After: `examd rule sign`, `consent` and `history --against`.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bank.refused import BadFile
from bank.rules import Rule, signed_rule
from bank.rules.signed_rule import Register, SignedRule
from examd import holders
from examd.bureau import last_seen
from examd.bureau.rulebook import ROLE, Rulebook
from examd.holders import Card
from examd.package import layout


@dataclass(frozen=True, slots=True)
class RuleOfficer:
    folder: Path

    @property
    def card(self) -> Card | None:
        """Who is going to sign, as far as it is known without a passphrase; None where the card was given away.

        Raises BadFile: when there is no key.
        """
        key = self.folder / f"{ROLE}.key"
        if not key.exists():
            raise BadFile("file-unreadable", file=str(key), why="No such file or directory")
        return self._card()

    def _card(self) -> Card | None:
        card = self.folder / f"{ROLE}.card.json"
        return Card.read(card, ROLE) if card.exists() else None

    def hold_against_note(self, book: Rulebook) -> None:
        """Refuses a register that lacks what this officer saw in it the last time."""
        noted = last_seen.read(last_seen.note_of(self.folder), book.bureau.sign, where=last_seen.NOTE)
        book.hold_against(noted, str(self.folder / last_seen.NOTE))
        own = self._own(book) if noted is not None else None
        if noted is not None and own is not None and own.version > noted.register[0]:
            with suppress(OSError):  # a stick that is write-protected can still be compared
                heads = last_seen.Heads((own.version, own.sha256), noted.rules)
                last_seen.keep_note(self.folder, book.bureau.sign, heads)

    def _own(self, book: Rulebook) -> Register | None:
        """The newest whole register with this officer's own hand: whoever consents first sees none yet, and the note
        learns of no other. To look at a forged one must not make the true one strange."""
        card = self._card()
        if card is None:
            return None
        own = [each for each in book.registers() if any(officer.sign == card.sign for officer in each.signed_by)]
        return own[-1] if own else None

    def consent(self, book: Rulebook, passphrase: str) -> Register:
        """Signs the next register, and notes what was seen."""
        register = book.consent(holders.unlock(self.folder, ROLE, passphrase))
        self._keep_note(book)
        return register

    def sign(self, book: Rulebook, rule: Rule, passphrase: str) -> SignedRule:
        """Signs the next version of the rule, and notes what was seen."""
        signed = book.sign(rule, holders.unlock(self.folder, ROLE, passphrase))
        self._keep_note(book)
        return signed

    def _keep_note(self, book: Rulebook) -> None:
        last_seen.keep_note(self.folder, book.bureau.sign, book.heads())


def hold_against(book: Rulebook, folder: Path) -> None:
    """Holds the register against what an officer, a package or a result carried away.

    Raises BadFile: when the folder is none of these.
    Raises Denied: when something is missing.
    """
    if (folder / last_seen.NOTE).exists():
        RuleOfficer(folder).hold_against_note(book)
        return
    for path in (folder / layout.SIGNED_RULE, folder / "package" / layout.SIGNED_RULE):
        if path.exists():
            proof = signed_rule.unpack(path.read_bytes(), book.bureau.sign, name=path.name)
            book.hold_against_package(proof, str(folder))
            return
    raise BadFile("rules-nothing-to-compare", file=str(folder))
