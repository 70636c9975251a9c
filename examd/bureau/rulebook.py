"""The bureau's register of composition rules: every version signed by two rule officers, none ever replaced.

    rules/officers.<n>.json          who may sign rules: a chain of its own (`bank.rules.signed_rule`)
    rules/<rule id>/<version>.json   one version: the rule whole, what it follows on, the officers' signatures
    rules/<rule id>/*.proposed       other texts of the next version, until one of them has two signatures

A version follows the one before it, by one, and names its hash: a version cannot be slipped in, left out or changed
without its successors showing it. It names the register under which it is signed, and registers never go back. What was
signed stays signed when its officers leave. A session of a bureau that keeps a register uses the signed version in
force on its day and nothing else.

The newest file of a chain has no successor. That it was there stands in notes elsewhere: `Rulebook.hold_against`.

Before: `bank.rules` checks a rule, `bank.rules.feasibility` proves it on the bank. After: `examd.package.issue`.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from bank.authoring.people import plain
from bank.canonical import canonical
from bank.durable import make_folder, remove, write_atomically
from bank.refused import BadFile, Denied
from bank.rules import Rule
from bank.rules import signed_rule as signed_rules
from bank.rules.signed_rule import NEEDED, Officer, Register, SignatureProof, SignedRule
from bank.seal import statements
from examd.bureau.last_seen import Heads
from examd.holders import Card, Holder
from examd.package.layout import require_signed

ROLE, OFFICERS = "rule-officer", "officers"
PROPOSED = ".proposed"


class Rulebook:
    def __init__(self, directory: Path, bureau: Card) -> None:
        """`directory`: the office's `rules`; `bureau`: the card that its register of officers is trusted by."""
        self.directory = directory
        self.bureau = bureau

    @property
    def kept(self) -> bool:
        return any(self.directory.glob(f"{OFFICERS}.*.json"))

    # -- officers ------------------------------------------------------------------------------------------------------

    def registers(self) -> tuple[Register, ...]:
        """The chain of registers in force so far, the newest last."""
        return self._registers()[0]

    def officers(self) -> tuple[Officer, ...]:
        return self.registers()[-1].officers

    def pending(self) -> Register | None:
        """The next register, as far as the officers of the one in force have signed it."""
        return self._registers()[1]

    def appoint(
        self, cards: Sequence[Card], bureau: Holder, gone: Mapping[str, str] | None = None, same_name: str = ""
    ) -> Register:
        """Proposes who signs rules from now on, these and no others. The first register is in force at once; each later
        one when the officers before have consented. `gone`: who of them cannot, and why. `same_name`: why two of them
        may bear one name, or one person with two cards could sign for two.

        Raises BadFile: when a text cannot be shown on one line.
        Raises Denied: when these cannot be the officers: too few, twice, the bureau itself, gone and yet appointed.
        """
        signs, gone = {card.sign for card in cards}, dict(gone or {})
        if len(signs) < NEEDED or len({card.id for card in cards}) < len(cards) or len(signs) < len(cards):
            raise Denied("rules-too-few-officers", needed=NEEDED, found=len(signs))
        if self.bureau.sign in signs:
            raise Denied("rules-officer-is-bureau")
        names = [plain(card.name) for card in cards]
        twins = [card.id for card, name in zip(cards, names, strict=True) if names.count(name) > 1]
        if twins and not same_name:
            raise Denied("rules-same-name", ids=", ".join(twins))
        if not all(map(statements.tellable, [same_name or "-", *gone.values()])):
            raise BadFile("not-one-line")
        before = self.registers()[-1] if self.kept else None
        for absent in gone:
            if before is None or absent not in {each.id for each in before.officers}:
                raise Denied("rules-not-an-officer", id=absent)
        if before is not None and all(each.id in gone for each in before.officers):
            raise Denied("rules-nobody-left")
        for officer in before.officers if before else ():
            if officer.id in gone and officer.sign in signs:
                raise Denied("rules-gone-and-appointed", id=officer.id)
        officers = [Officer(card.id, card.name, card.sign) for card in cards]
        signed = signed_rules.register_statement(
            officers, gone, self._settled() if before else {}, before, same_name if twins else ""
        )
        make_folder(self.directory)
        file = statements.sign(signed, bureau.signing_key)
        write_atomically(self._register(signed["version"]), file)
        return signed_rules.read_register(file, before, self.bureau.sign, name=self._register(signed["version"]).name)

    def awaiting(self, card: Card | None) -> Register:
        """The next register, if it waits for the consent of whoever has this card: known before any key is opened.

        Raises Denied: when it does not wait for theirs, or rules have changed since it was proposed.
        """
        chain, pending = self._registers()
        if pending is None:
            raise Denied("rules-nothing-to-consent")
        officer = self._in_force(card, chain)
        if officer is not None and officer.id in pending.gone:
            raise Denied("rules-called-gone", id=officer.id)
        if officer is not None and officer in pending.signed_by:
            raise Denied("rules-consented-already", officer=officer.name)
        if dict(pending.rules) != self._settled():
            raise Denied("rules-changed-since")  # whoever consents closes the old register over rules as they stand
        return pending

    def consent(self, holder: Holder) -> Register:
        """An officer in force signs the next register."""
        pending, chain = self.awaiting(holder.card), self.registers()
        path = self._register(pending.version)
        file = _with(path.read_bytes(), holder)
        write_atomically(path, file)
        return signed_rules.read_register(file, chain[-1], self.bureau.sign, name=path.name)

    # -- rules ---------------------------------------------------------------------------------------------------------

    def to_sign(self, rule: Rule, card: Card | None) -> tuple[Path, bytes]:
        """The next version of the rule with the signatures it has, if it lacks that of whoever has this card: known
        before any key is opened. Without a card whatever depends on nobody's is checked.

        Raises Denied: when it is not the version due, or they have signed it.
        """
        rule.require_subjects()
        rule.require_unlike()
        chain = self.registers()
        officer = self._in_force(card, chain)
        path = self._path(rule.id, rule.version)
        settled = [signed_rule for signed_rule in self.history(rule.id) if signed_rule.complete]
        due = len(settled) + 1
        if rule.version != due:
            raise Denied("rule-version", rule=rule.id, found=rule.version, expected=due)
        supersedes = settled[-1].rule.sha256 if settled else ""
        file = canonical({"signed": signed_rules.signed_rule_statement(rule, supersedes, chain[-1]), "signatures": []})
        on_table = self._on_table(rule.id, due)
        for where, proposal in on_table.items():
            if proposal.rule.sha256 == rule.sha256:
                if officer is not None and officer in proposal.signed_by:
                    raise Denied("rule-signed-already", rule=rule.id, version=due, officer=officer.name)
                return where, where.read_bytes()
        for where, proposal in on_table.items():
            if officer is not None and proposal.signed_by == (officer,):  # one's own proposal one may still correct
                return where, file
        if path in on_table and officer is not None:
            path = path.with_name(f"{due}.{officer.sign[:16]}{PROPOSED}")
        return path, file

    def sign(self, rule: Rule, holder: Holder) -> SignedRule:
        """Adds one officer's signature to the next version of the rule. Whoever signs first puts a text on the table.
        Several may lie there, or one officer could hold up all others; the first that is whole is the version."""
        path, file = self.to_sign(rule, holder.card)
        version = self._path(rule.id, rule.version)
        make_folder(path.parent)
        signed = _with(file, holder)
        signed_rule = signed_rules.read_signed_rule(signed, self.registers(), name=path.name)
        write_atomically(version if signed_rule.complete else path, signed)
        for other in self._beside(rule.id, rule.version) if signed_rule.complete else ():
            remove(other)
        return signed_rule

    def proposals(self, rule_id: str) -> list[SignedRule]:
        """The texts on the table as the next version, with one signature each."""
        due = sum(signed_rule.complete for signed_rule in self.history(rule_id)) + 1
        return list(self._on_table(rule_id, due).values())

    def history(self, rule_id: str) -> list[SignedRule]:
        """Every version, the first first; the last may still lack a signature. Raises Denied: when the chain does
        not hold."""
        chain = self.registers() if self.kept else ()
        found: list[SignedRule] = []
        left_over = 0
        while (path := self._path(rule_id, len(found) + 1)).exists():
            signed_rule = signed_rules.read_signed_rule(path.read_bytes(), chain, name=f"{rule_id}/{path.name}")
            if not signed_rule.complete and signed_rule.register < len(chain):
                left_over = 1  # begun by officers who went; those who came begin again
                break
            before = found[-1] if found else None
            signed_rules.require_follows(signed_rule, rule_id, before)
            if not signed_rule.signed_by:
                raise Denied("rules-register-signature", file=f"{rule_id}/{path.name}")
            if signed_rule.complete:
                signed_rules.require_not_late(signed_rule, chain)
            found.append(signed_rule)
        closed = chain[-1].rules.get(rule_id, ()) if chain else ()
        whole = [signed_rule.rule.sha256 for signed_rule in found if signed_rule.complete]
        if (
            len(list((self.directory / rule_id).glob("*.json"))) > len(found) + left_over
            or tuple(whole[: len(closed)]) != closed
        ):
            raise Denied("rule-chain-broken", rule=rule_id, version=len(found) + 1)
        return found

    def rules(self) -> list[str]:
        """Those in the folder, and those that the registers say were there."""
        if not self.kept:
            return []
        return sorted({path.name for path in self.directory.iterdir() if path.is_dir()} | {*self.registers()[-1].rules})

    def in_force(self, rule_id: str, day: date) -> Rule:
        """The newest signed version that has begun by `day`: once it did, those before it are over for good.

        Raises Denied: when none is signed, or none in force.
        """
        settled = [signed_rule.rule for signed_rule in self.history(rule_id) if signed_rule.complete]
        if not settled:
            raise Denied("rule-not-signed", rule=rule_id)
        begun = [rule for rule in settled if rule.effective_from <= day]
        current = begun[-1] if begun else settled[0]
        current.require_in_force(day)
        return current

    def require(self, rule: Rule, day: date) -> None:
        """Raises Denied: unless a rule that somebody brought is, to the byte, the signed version in force."""
        require_signed(rule, self.in_force(rule.id, day))

    def travelling(self, rule: Rule) -> bytes:
        """This very rule as its officers signed it, as a package carries it. Raises Denied: when they did not."""
        for signed_rule in self.history(rule.id):
            if signed_rule.complete and signed_rule.rule.sha256 == rule.sha256:
                registers = [self._register(register.version).read_bytes() for register in self.registers()]
                return signed_rules.pack(registers, self._path(rule.id, rule.version).read_bytes())
        raise Denied("rule-not-signed", rule=rule.id)

    def packed(self) -> bytes:
        """Every register and every whole version: what a bank checks and notes."""
        registers = [self._register(register.version).read_bytes() for register in self.registers()]
        rules = {rule_id: len(hashes) for rule_id, hashes in self._settled().items()}
        versions = [[self._path(rule_id, at).read_bytes() for at in range(1, n + 1)] for rule_id, n in rules.items()]
        return signed_rules.pack_book(registers, versions)

    # -- what was there before -----------------------------------------------------------------------------------------

    def heads(self) -> Heads:
        """The newest of the registers and of each rule."""
        newest = self.registers()[-1]
        rules = {rule_id: (len(hashes), hashes[-1]) for rule_id, hashes in self._settled().items()}
        return Heads((newest.version, newest.sha256), rules)

    def hold_against(self, noted: Heads | None, where: str) -> None:
        """`where` it is noted, for people. Raises Denied: when this register lacks what somebody saw in it."""
        if noted is None:
            return
        version, sha256 = noted.register
        if not self.kept:  # to be put back, and never begun anew
            raise Denied("rules-register-lost", where=where, version=version)
        if [each.sha256 for each in self.registers()[version - 1 : version]] != [sha256]:
            raise Denied("rules-rolled-back", where=where, version=version)
        settled = self._settled()
        for rule_id, (version, sha256) in noted.rules.items():
            if settled.get(rule_id, ())[version - 1 : version] != (sha256,):
                raise Denied("rule-rolled-back", where=where, rule=rule_id, version=version)

    def hold_against_package(self, proof: SignatureProof, where: str) -> None:
        """The same with what a package carried away."""
        newest, rule = proof.registers[-1], proof.signed_rule.rule
        rules = {rule_id: (len(hashes), hashes[-1]) for rule_id, hashes in newest.rules.items() if hashes}
        self.hold_against(Heads((newest.version, newest.sha256), rules), where)
        used = {rule.id: (rule.version, rule.sha256)}
        self.hold_against(Heads((newest.version, newest.sha256), used), where)

    # -- files ---------------------------------------------------------------------------------------------------------

    def _registers(self) -> tuple[tuple[Register, ...], Register | None]:
        chain: list[Register] = []
        while (path := self._register(len(chain) + 1)).exists():
            before = chain[-1] if chain else None
            chain.append(signed_rules.read_register(path.read_bytes(), before, self.bureau.sign, name=path.name))
            if not chain[-1].complete:
                break
        numbers = [path.name for path in self.directory.glob(f"{OFFICERS}.*.json")]
        if not numbers:
            raise Denied("rules-no-register")
        if len(numbers) > len(chain) or not chain:
            raise Denied("rules-register-broken", file=self._register(len(chain) + 1).name)
        if not chain[-1].complete:
            return tuple(chain[:-1]), chain[-1]
        return tuple(chain), None

    def _settled(self) -> dict[str, tuple[str, ...]]:
        """Rule id -> the hashes of its whole versions."""
        found = {}
        for rule_id in self.rules():
            hashes = tuple(signed_rule.rule.sha256 for signed_rule in self.history(rule_id) if signed_rule.complete)
            if hashes:
                found[rule_id] = hashes
        return found

    def _on_table(self, rule_id: str, version: int) -> dict[Path, SignedRule]:
        """Of officers in force; what those before them began is begun again."""
        chain = self.registers()
        found = {}
        for path in (self._path(rule_id, version), *self._beside(rule_id, version)):
            if path.exists():
                signed_rule = signed_rules.read_signed_rule(path.read_bytes(), chain, name=f"{rule_id}/{path.name}")
                if signed_rule.register == len(chain) and signed_rule.signed_by and not signed_rule.complete:
                    found[path] = signed_rule
        return found

    def _beside(self, rule_id: str, version: int) -> list[Path]:
        return sorted((self.directory / signed_rules.named(rule_id)).glob(f"{version}.*{PROPOSED}"))

    @staticmethod
    def _in_force(card: Card | None, chain: Sequence[Register]) -> Officer | None:
        if card is None:
            return None
        for officer in chain[-1].officers:
            if officer.sign == card.sign:
                return officer
        raise Denied("rules-not-an-officer", id=card.id)

    def _register(self, version: int) -> Path:
        return self.directory / f"{OFFICERS}.{version}.json"

    def _path(self, rule_id: str, version: int) -> Path:
        return self.directory / signed_rules.named(rule_id) / f"{version}.json"


def _with(file: bytes, holder: Holder) -> bytes:
    """The statement with one more signature."""
    statement = json.loads(file)
    signed = statement["signed"]
    more = json.loads(statements.sign(signed, holder.signing_key))["signatures"]
    return canonical({"signed": signed, "signatures": statement["signatures"] + more})
