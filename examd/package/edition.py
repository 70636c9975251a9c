"""The signed edition of a rule: what two rule officers signed, and the register that makes them officers.

It travels with the package, whole, so that the site and every auditor can check it: a bureau's issuing officer who
signs a package proves nothing about its rule.

A register names the officers. Registers are a chain: each is one version on, names the hash of the one before it, and
is signed by the bureau and by two officers of the one before it. The bureau alone signs the first one; what keeps it
from beginning anew with invented officers is that its hash is known elsewhere (`examd.bureau.seen`, `examd.site`,
`examd verify --rule-officers`). Where officers died or left, so that no two are there, the rest of them suffice, one at
least, and the register says for ever who was missing and why.

An edition counts signatures of officers of the register that it names, and no others. The next register lists the
editions that were whole when it took over: whoever was dismissed can add nothing.

Before: `examd.bureau.rulebook` keeps them. After: `examd.package.open`, `examd.results`; `tools.verify` does the same
again with code of its own.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bank.blueprint import Blueprint
from bank.canonical import canonical, digest
from bank.refused import BadFile, Denied
from bank.seal import statements

OFFICERS, RULE = "examd-rule-officers", "examd-rule"
NEEDED = 2
"""Officers, for a rule or the next register. One alone could favour whom they like; two have to agree on it."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_KEY = re.compile(r"[0-9a-f]{64}", re.ASCII)
"""One spelling of a public key, or one person could be two."""


@dataclass(frozen=True, slots=True)
class Officer:
    id: str
    name: str
    sign: str
    """Ed25519 public key, hex."""

    def record(self) -> dict[str, str]:
        return {"id": self.id, "name": self.name, "sign": self.sign}


@dataclass(frozen=True, slots=True)
class Register:
    """One version of who may sign rules."""

    version: int
    sha256: str
    officers: tuple[Officer, ...]
    gone: Mapping[str, str]
    """Officers of the register before who could not sign this one: id -> reason."""
    rules: Mapping[str, tuple[str, ...]]
    """Rule id -> hashes of its versions, from the first, that were whole when this register took over."""
    signed_by: tuple[Officer, ...]
    """Of the officers before."""
    needed: int
    """How many of them had to."""

    @property
    def complete(self) -> bool:
        return len(self.signed_by) >= self.needed


@dataclass(frozen=True, slots=True)
class Edition:
    """One version of a rule, as far as it is signed."""

    blueprint: Blueprint
    supersedes: str
    """SHA-256 of the version before; "" for the first."""
    register: int
    """Version of the register whose officers sign it."""
    signed_by: tuple[Officer, ...]

    @property
    def complete(self) -> bool:
        return len(self.signed_by) >= NEEDED


@dataclass(frozen=True, slots=True)
class Proof:
    """What travels: the edition, and every register up to the newest at the day of issue."""

    registers: tuple[Register, ...]
    edition: Edition


# -- registers ---------------------------------------------------------------------------------------------------------


def register_statement(
    officers: Sequence[Officer], gone: Mapping[str, str], rules: Mapping[str, Sequence[str]], before: Register | None
) -> dict[str, Any]:
    return {
        "type": OFFICERS,
        "v": 1,
        "version": before.version + 1 if before else 1,
        "before": before.sha256 if before else "",
        "officers": [officer.record() for officer in officers],
        "gone": dict(gone),
        "rules": {rule: list(hashes) for rule, hashes in rules.items()},
    }


def read_register(file: bytes, before: Register | None, bureau: str, *, name: str) -> Register:
    """The register after `before`, signed by the bureau; officers may still have to sign it. `bureau`: public key."""
    signed = statements.read(file, OFFICERS, name=name)
    try:
        officers = tuple(
            Officer(**{key: str(each[key]) for key in ("id", "name", "sign")}) for each in signed["officers"]
        )
        gone = {str(who): str(why) for who, why in signed["gone"].items()}
        rules = {str(rule): tuple(map(str, hashes)) for rule, hashes in signed["rules"].items()}
        place = int(signed["version"]), str(signed["before"])
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadFile("statement-malformed", file=name) from None
    if place != ((before.version + 1, before.sha256) if before else (1, "")):
        raise Denied("rules-register-broken", file=name)
    signs, ids = {officer.sign for officer in officers}, {officer.id for officer in officers}
    distinct = len(signs) == len(ids) == len(officers) >= NEEDED
    if not distinct or bureau in signs or not all(map(_KEY.fullmatch, signs)):
        raise Denied("rules-register-broken", file=name)
    outgoing = before.officers if before else ()
    left = [officer for officer in outgoing if officer.id not in gone]
    kept = rules if before is None else before.rules
    if (
        not gone.keys() <= {officer.id for officer in outgoing}
        or any(officer.id in gone and officer.sign in signs for officer in outgoing)
        or any(rules.get(rule, ())[: len(hashes)] != hashes for rule, hashes in kept.items())
    ):
        raise Denied("rules-register-broken", file=name)
    if not signed_by(file, bureau, name):
        raise Denied("rules-register-signature", file=name)
    needed = max(1, min(NEEDED, len(left))) if before else 0
    hands = tuple(officer for officer in left if signed_by(file, officer.sign, name))
    return Register(place[0], digest(signed), officers, gone, rules, hands, needed)


def read_registers(files: Sequence[bytes], bureau: str) -> tuple[Register, ...]:
    """The chain from the first; each of them whole."""
    chain: list[Register] = []
    for file in files:
        name = f"officers.{len(chain) + 1}.json"
        chain.append(read_register(file, chain[-1] if chain else None, bureau, name=name))
        if not chain[-1].complete:
            raise Denied("rules-register-signature", file=name)
    return tuple(chain)


# -- editions ----------------------------------------------------------------------------------------------------------


def edition_statement(blueprint: Blueprint, supersedes: str, register: Register) -> dict[str, Any]:
    return {
        "type": RULE,
        "v": 1,
        "rule": blueprint.record(),
        "sha256": blueprint.sha256,
        "supersedes": supersedes,
        "register": {"version": register.version, "sha256": register.sha256},
    }


def read_edition(file: bytes, registers: Sequence[Register], *, name: str) -> Edition:
    """A version with the signatures that count; there may be none yet."""
    signed = statements.read(file, RULE, name=name)
    try:
        blueprint = Blueprint.from_record(signed["rule"])
        stated, supersedes = signed["sha256"], signed["supersedes"]
        version, sha256 = int(signed["register"]["version"]), signed["register"]["sha256"]
    except (KeyError, TypeError, ValueError):
        raise BadFile("statement-malformed", file=name) from None
    if stated != blueprint.sha256 or not isinstance(supersedes, str):
        raise Denied("rule-chain-broken", rule=blueprint.id, version=blueprint.version)
    if not 1 <= version <= len(registers) or registers[version - 1].sha256 != sha256:
        raise Denied("rules-register-missing", rule=blueprint.id, version=blueprint.version, register=version)
    officers = registers[version - 1].officers
    hands = tuple(officer for officer in officers if signed_by(file, officer.sign, name))
    return Edition(blueprint, supersedes, version, hands)


def require_not_late(edition: Edition, registers: Sequence[Register]) -> None:
    """Refuses an edition that its register's officers signed after the next register had taken over."""
    if edition.register < len(registers):
        blueprint = edition.blueprint
        kept = registers[edition.register].rules.get(blueprint.id, ())
        if blueprint.sha256 not in kept[blueprint.version - 1 : blueprint.version]:
            raise Denied(
                "rule-register-over", rule=blueprint.id, version=blueprint.version, register=edition.register,
                newer=edition.register + 1,
            )  # fmt: skip


def signed_by(file: bytes, public: str, name: str) -> bool:
    try:
        statements.verify(file, public, name=name)
    except Denied:
        return False
    return True


def named(rule: str) -> str:
    """The id, where it may name a folder. Raises BadFile."""
    if not _ID.fullmatch(rule):
        raise BadFile("rule-id", found=rule)
    return rule


# -- what travels ------------------------------------------------------------------------------------------------------


def pack(registers: Sequence[bytes], edition: bytes) -> bytes:
    """The file of a package: the statements as they were signed."""
    return canonical({"officers": [json.loads(file) for file in registers], "rule": json.loads(edition)})


def unpack(file: bytes, bureau: str, *, name: str) -> Proof:
    """Checks everything that the file can prove by itself. Raises BadFile or Denied."""
    try:
        record = json.loads(file)
        registers, edition = [canonical(each) for each in record["officers"]], canonical(record["rule"])
    except (ValueError, TypeError, KeyError, RecursionError):
        raise BadFile("statement-malformed", file=name) from None
    chain = read_registers(registers, bureau)
    read = read_edition(edition, chain, name=name)
    if not read.complete:
        raise Denied("rule-not-signed", rule=read.blueprint.id)
    require_not_late(read, chain)
    return Proof(chain, read)
