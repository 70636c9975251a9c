"""The bureau's register of composition rules: every version signed by two rule officers, none ever replaced.

    rules/officers.json          who may sign rules; signed by the bureau
    rules/<rule id>/<version>.json   one version: the rule whole, what it follows on, the officers' signatures

A version follows the one before it, by one, and names its hash: a version cannot be slipped in, left out or changed
without its successors showing it. A session of a bureau that keeps a register uses the signed version in force on its
day and nothing else. An officer who left keeps a place in `officers.json`: what was signed stays signed.

Before: `bank.blueprint` checks a rule, `bank.proof` proves it on the bank. After: `examd.package.issue`.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bank.blueprint import Blueprint
from bank.canonical import canonical
from bank.refused import BadFile, Denied
from bank.seal import statements
from examd.files import sync_directory, write_atomically
from examd.holders import Card, Holder

ROLE = "rule-officer"
OFFICERS, RULE = "examd-rule-officers", "examd-rule"
NEEDED = 2
"""Officers, for a rule to be used. One alone could favour whom they like; two have to agree on it."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Officer:
    id: str
    name: str
    sign: str
    """Ed25519 public key, hex."""
    active: bool = True

    def record(self) -> dict[str, Any]:
        return {"active": self.active, "id": self.id, "name": self.name, "sign": self.sign}


@dataclass(frozen=True, slots=True)
class Edition:
    """One version of a rule, as far as it is signed."""

    blueprint: Blueprint
    supersedes: str
    """SHA-256 of the version before; "" for the first."""
    signed_by: tuple[Officer, ...]

    @property
    def complete(self) -> bool:
        return len(self.signed_by) >= NEEDED


class Rulebook:
    def __init__(self, directory: Path, bureau: Card) -> None:
        """`directory`: the office's `rules`; `bureau`: the card that its register of officers is trusted by."""
        self.directory = directory
        self._bureau = bureau

    @property
    def kept(self) -> bool:
        return (self.directory / "officers.json").exists()

    # -- officers ------------------------------------------------------------------------------------------------------

    def officers(self) -> tuple[Officer, ...]:
        try:
            file = (self.directory / "officers.json").read_bytes()
        except FileNotFoundError:
            raise Denied("rules-no-register") from None
        signed = statements.read(file, OFFICERS, name="officers.json")
        try:
            statements.verify(file, self._bureau.sign, name="officers.json")
        except Denied:
            raise Denied("rules-register-signature", file="officers.json") from None
        try:
            return tuple(Officer(**each) for each in signed["officers"])
        except (KeyError, TypeError):
            raise BadFile("statement-malformed", file="officers.json") from None

    def appoint(self, cards: Sequence[Card], bureau: Holder) -> tuple[Officer, ...]:
        """From now on these and no others sign rules. Those appointed before stay on record, no longer active."""
        if len({card.sign for card in cards}) < NEEDED or len({card.id for card in cards}) < len(cards):
            raise Denied("rules-too-few-officers", needed=NEEDED, found=len({card.sign for card in cards}))
        now = [Officer(card.id, card.name, card.sign) for card in cards]
        signs = {officer.sign for officer in now}
        earlier = [
            Officer(each.id, each.name, each.sign, active=False)
            for each in (self.officers() if self.kept else ())
            if each.sign not in signs
        ]
        officers = (*now, *earlier)
        self.directory.mkdir(exist_ok=True)
        signed = {"type": OFFICERS, "v": 1, "officers": [officer.record() for officer in officers]}
        write_atomically(self.directory / "officers.json", statements.sign(signed, bureau.signing_key))
        return officers

    # -- rules ---------------------------------------------------------------------------------------------------------

    def sign(self, blueprint: Blueprint, holder: Holder) -> Edition:
        """Adds one officer's signature to the next version of the rule. Whoever signs first puts it on the table."""
        officer = next((each for each in self.officers() if each.sign == holder.card.sign and each.active), None)
        if officer is None:
            raise Denied("rules-not-an-officer", id=holder.card.id)
        path = self._path(blueprint.id, blueprint.version)
        history = self.history(blueprint.id)
        settled = [edition for edition in history if edition.complete]
        due = len(settled) + 1
        if blueprint.version != due:
            raise Denied("rule-version", rule=blueprint.id, found=blueprint.version, expected=due)
        signed = {
            "type": RULE,
            "v": 1,
            "rule": blueprint.record(),
            "sha256": blueprint.sha256,
            "supersedes": settled[-1].blueprint.sha256 if settled else "",
        }
        signatures = json.loads(statements.sign(signed, holder.signing_key))["signatures"]
        pending = history[-1] if len(history) == due else None
        if pending is not None and pending.blueprint.sha256 == blueprint.sha256:
            if officer in pending.signed_by:
                raise Denied("rule-signed-already", rule=blueprint.id, version=due, officer=officer.name)
            signatures = json.loads(path.read_bytes())["signatures"] + signatures
        elif pending is not None and pending.signed_by != (officer,):  # one's own proposal one may still correct
            names = ", ".join(each.name for each in pending.signed_by)
            raise Denied("rule-other-text", rule=blueprint.id, version=due, officer=names)
        path.parent.mkdir(exist_ok=True)
        write_atomically(path, canonical({"signed": signed, "signatures": signatures}))
        sync_directory(self.directory)
        return self.history(blueprint.id)[-1]

    def history(self, rule: str) -> list[Edition]:
        """Every version, the first first; the last may still lack a signature. Refuses a chain that does not hold."""
        editions: list[Edition] = []
        while (path := self._path(rule, len(editions) + 1)).exists():
            edition = self._read(path)
            before = editions[-1].blueprint.sha256 if editions else ""
            right = edition.blueprint.id == rule and edition.blueprint.version == len(editions) + 1
            if not right or edition.supersedes != before or (editions and not editions[-1].complete):
                raise Denied("rule-chain-broken", rule=rule, version=len(editions) + 1)
            editions.append(edition)
        versions = [path.stem for path in (self.directory / rule).glob("*.json")]
        if len(versions) > len(editions):
            raise Denied("rule-chain-broken", rule=rule, version=len(editions) + 1)
        return editions

    def rules(self) -> list[str]:
        return sorted(path.name for path in self.directory.iterdir() if path.is_dir()) if self.kept else []

    def in_force(self, rule: str, day: date) -> Blueprint:
        """The newest signed version that has begun by `day`: once it did, those before it are over for good."""
        settled = [edition.blueprint for edition in self.history(rule) if edition.complete]
        if not settled:
            raise Denied("rule-not-signed", rule=rule)
        begun = [blueprint for blueprint in settled if blueprint.effective_from <= day]
        current = begun[-1] if begun else settled[0]
        current.require_in_force(day)
        return current

    def require(self, blueprint: Blueprint, day: date) -> None:
        """That a rule somebody brought is, to the byte, the signed version in force."""
        current = self.in_force(blueprint.id, day)
        if current.sha256 != blueprint.sha256:
            found, expected = f"{blueprint.version} ({blueprint.sha256})", f"{current.version} ({current.sha256})"
            raise Denied("rule-not-the-signed-one", rule=blueprint.id, found=found, expected=expected)

    def _path(self, rule: str, version: int) -> Path:
        if not _ID.fullmatch(rule):
            raise BadFile("rule-id", found=rule)
        return self.directory / rule / f"{version}.json"

    def _read(self, path: Path) -> Edition:
        name = f"{path.parent.name}/{path.name}"
        file = path.read_bytes()
        signed = statements.read(file, RULE, name=name)
        try:
            blueprint = Blueprint.from_record(signed["rule"])
            stated, supersedes = signed["sha256"], signed["supersedes"]
        except (KeyError, TypeError):
            raise BadFile("statement-malformed", file=name) from None
        if stated != blueprint.sha256 or not isinstance(supersedes, str):
            raise Denied("rule-chain-broken", rule=blueprint.id, version=blueprint.version)
        signed_by = []
        for officer in self.officers():
            try:
                statements.verify(file, officer.sign, name=name)
            except Denied:
                continue
            signed_by.append(officer)
        if not signed_by:
            raise Denied("rules-register-signature", file=name)
        return Edition(blueprint, supersedes, tuple(signed_by))
