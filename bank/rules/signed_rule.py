"""A signed rule: what two rule officers signed, and the register that makes them officers.

It travels with the package, whole, so that the site and every auditor can check it: a bureau's issuing officer who
signs a package proves nothing about its rule.

A register names the officers. Registers are a chain: each is one version on, names the hash of the one before it, and
is signed by the bureau and by two officers of the one before it. The bureau alone signs the first one; what keeps it
from beginning anew with invented officers is that its hash is known elsewhere (`examd.bureau.last_seen`,
`examd.site.folder`, `examd verify --rule-officers`). Where officers died or left, so that no two are there, the rest of
them suffice, one at least, and the register says for ever who was missing and why.

A signed rule counts signatures of officers of the register that it names, and no others. The next register lists the
signed rules that were whole when it took over: whoever was dismissed can add nothing.

Before: `examd.bureau.rulebook` keeps them. After: `examd.package.open`, `examd.site.folder`, `examd.grading.result`,
and the bank, which notes what sessions were issued with; `tools.verify` does the same again with code of its own.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bank.canonical import canonical, digest
from bank.refused import BadFile, Denied, Refused
from bank.rules import Rule
from bank.seal import statements

OFFICERS, RULE = "examd-rule-officers", "examd-rule"
NEEDED = 2
"""Officers, for a rule or the next register. One alone could favour whom they like; two have to agree on it."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_KEY = re.compile(r"[0-9a-f]{64}", re.ASCII)
"""A public key, or a hash. One spelling, or one person could be two."""


@dataclass(frozen=True, slots=True)
class Officer:
    id: str
    name: str
    sign: str
    """Ed25519 public key, hex."""

    def to_json(self) -> dict[str, str]:
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
    namesakes: str = ""
    """Why two of the officers bear the same name; "" where none do."""

    @property
    def complete(self) -> bool:
        return len(self.signed_by) >= self.needed


@dataclass(frozen=True, slots=True)
class SignedRule:
    """One version of a rule, as far as it is signed."""

    rule: Rule
    supersedes: str
    """SHA-256 of the version before; "" for the first."""
    register: int
    """Version of the register whose officers sign it."""
    signed_by: tuple[Officer, ...]

    @property
    def complete(self) -> bool:
        return len(self.signed_by) >= NEEDED


@dataclass(frozen=True, slots=True)
class SignatureProof:
    """What travels: the signed rule, and every register up to the newest at the day of issue."""

    registers: tuple[Register, ...]
    signed_rule: SignedRule


# -- registers ---------------------------------------------------------------------------------------------------------


def register_statement(
    officers: Sequence[Officer], gone: Mapping[str, str], rules: Mapping[str, Sequence[str]], before: Register | None,
    namesakes: str = "",
) -> dict[str, Any]:  # fmt: skip
    return {
        "type": OFFICERS,
        "v": 1,
        "version": before.version + 1 if before else 1,
        "before": before.sha256 if before else "",
        "officers": [officer.to_json() for officer in officers],
        "gone": dict(gone),
        "rules": {rule: list(hashes) for rule, hashes in rules.items()},
    } | ({"namesakes": namesakes} if namesakes else {})


def read_register(file: bytes, before: Register | None, bureau: str, *, name: str) -> Register:
    """The register after `before`, signed by the bureau; officers may still have to sign it. `bureau`: public key.

    Raises BadFile: when it is no register.
    Raises Denied: when it does not follow, or a signature does not hold.
    """
    signed = statements.read(file, OFFICERS, name=name)
    try:
        officers = tuple(
            Officer(**{key: str(each[key]) for key in ("id", "name", "sign")}) for each in signed["officers"]
        )
        gone = {str(who): str(why) for who, why in signed["gone"].items()}
        rules = {str(rule): tuple(map(str, hashes)) for rule, hashes in signed["rules"].items()}
        namesakes = str(signed.get("namesakes", ""))
        place = int(signed["version"]), str(signed["before"])
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadFile("statement-malformed", file=name) from None
    said = [namesakes or "-", *gone.values(), *(text for each in officers for text in (each.id, each.name))]
    if not all(map(statements.tellable, said)):
        raise BadFile("statement-malformed", file=name)
    if place != ((before.version + 1, before.sha256) if before else (1, "")):
        raise Denied("rules-register-broken", file=name)
    if register_statement(officers, gone, rules, before, namesakes) != signed:  # nothing beside what was read
        raise BadFile("statement-malformed", file=name)
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
    return Register(place[0], digest(signed), officers, gone, rules, hands, needed, namesakes)


def read_registers(files: Sequence[bytes], bureau: str) -> tuple[Register, ...]:
    """The chain from the first; each of them whole. Raises Denied: when one is not whole."""
    chain: list[Register] = []
    for file in files:
        name = f"officers.{len(chain) + 1}.json"
        chain.append(read_register(file, chain[-1] if chain else None, bureau, name=name))
        if not chain[-1].complete:
            raise Denied("rules-register-signature", file=name)
    return tuple(chain)


# -- signed rules ------------------------------------------------------------------------------------------------------


def signed_rule_statement(rule: Rule, supersedes: str, register: Register) -> dict[str, Any]:
    return {
        "type": RULE,
        "v": 1,
        "rule": rule.to_json(),
        "sha256": rule.sha256,
        "supersedes": supersedes,
        "register": {"version": register.version, "sha256": register.sha256},
    }


def read_signed_rule(file: bytes, registers: Sequence[Register], *, name: str) -> SignedRule:
    """A version with the signatures that count; there may be none yet.

    Raises BadFile: when it is no signed rule.
    Raises Denied: when it names no register of these.
    """
    signed = statements.read(file, RULE, name=name)
    try:
        rule = Rule.from_json(signed["rule"])
        stated, supersedes = signed["sha256"], signed["supersedes"]
        version, sha256 = int(signed["register"]["version"]), signed["register"]["sha256"]
    except (KeyError, TypeError, ValueError):
        raise BadFile("statement-malformed", file=name) from None
    first = rule.version == 1
    follows = isinstance(supersedes, str) and (supersedes == "" if first else _KEY.fullmatch(supersedes))
    if stated != rule.sha256 or not follows:
        raise Denied("rule-chain-broken", rule=rule.id, version=rule.version)
    if not 1 <= version <= len(registers) or registers[version - 1].sha256 != sha256:
        raise Denied("rules-register-missing", rule=rule.id, version=rule.version, register=version)
    if signed_rule_statement(rule, supersedes, registers[version - 1]) != signed:
        raise BadFile("statement-malformed", file=name)
    officers = registers[version - 1].officers
    hands = tuple(officer for officer in officers if signed_by(file, officer.sign, name))
    return SignedRule(rule, supersedes, version, hands)


def require_follows(signed_rule: SignedRule, rule: str, before: SignedRule | None) -> None:
    """That it is the version of `rule` right after `before`, which was whole when it was signed.

    Raises Denied: when it does not.
    """
    due = before.rule.version + 1 if before else 1
    if (
        (signed_rule.rule.id, signed_rule.rule.version) != (rule, due)
        or signed_rule.supersedes != (before.rule.sha256 if before else "")
        or (before is not None and (not before.complete or signed_rule.register < before.register))
    ):
        raise Denied("rule-chain-broken", rule=rule, version=due)


def require_not_late(signed_rule: SignedRule, registers: Sequence[Register]) -> None:
    """Refuses a signed rule that its register's officers signed after the next register had taken over."""
    if signed_rule.register < len(registers):
        require_in(signed_rule, registers[signed_rule.register].rules.get(signed_rule.rule.id, ()))


def require_in(signed_rule: SignedRule, closed: Sequence[str]) -> None:
    """The same, where the hashes are known that the register after the version's own closed over.

    Raises Denied: when it is not among them.
    """
    rule = signed_rule.rule
    if rule.sha256 not in closed[rule.version - 1 : rule.version]:
        raise Denied(
            "rule-register-over", rule=rule.id, version=rule.version, register=signed_rule.register,
            newer=signed_rule.register + 1,
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


def pack(registers: Sequence[bytes], signed_rule: bytes) -> bytes:
    """The file of a package: the statements as they were signed."""
    return canonical({"officers": [json.loads(file) for file in registers], "rule": json.loads(signed_rule)})


def unpack(file: bytes, bureau: str, *, name: str) -> SignatureProof:
    """Checks everything that the file can prove by itself. Raises BadFile or Denied."""
    record = _record(file, {"officers", "rule"}, name)
    chain = read_registers([canonical(each) for each in record["officers"]], bureau)
    read = _whole(canonical(record["rule"]), chain, name)
    return SignatureProof(chain, read)


def _whole(file: bytes, chain: Sequence[Register], name: str) -> SignedRule:
    read = read_signed_rule(file, chain, name=name)
    if not read.complete:
        raise Denied("rule-not-signed", rule=read.rule.id)
    require_not_late(read, chain)
    return read


def _record(file: bytes, keys: set[str], name: str) -> dict[str, Any]:
    """Read back it must be the very bytes: no name twice, of which two readers could take different ones."""
    try:
        record = json.loads(file)
        statements_ = [each for part in record.values() for each in _leaves(part)]
        whole = all(each.keys() == {"signed", "signatures"} for each in statements_)
        if whole and record.keys() == keys and canonical(record) == file:
            return dict(record)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, Refused):
        pass
    raise BadFile("statement-malformed", file=name)


def _leaves(part: Any) -> list[Any]:
    return [leaf for each in part for leaf in _leaves(each)] if isinstance(part, list) else [part]


# -- what a bank notes -------------------------------------------------------------------------------------------------


def pack_book(registers: Sequence[bytes], rules: Sequence[Sequence[bytes]]) -> bytes:
    """All registers, and of each rule all whole versions from the first."""
    versions = [[json.loads(file) for file in files] for files in rules]
    return canonical({"officers": [json.loads(file) for file in registers], "rules": versions})


def heads(file: bytes, bureau: str, *, name: str) -> dict[str, str]:
    """The hash of every register and version in a packed book, each checked: `<bureau>//<version>` and
    `<bureau>/<rule>/<version>` -> hash. Whoever brings a book has to bring the officers' hands under all of it.

    Raises BadFile: when it is no packed book.
    Raises Denied: when a chain does not hold.
    """
    record = _record(file, {"officers", "rules"}, name)
    chain = read_registers([canonical(each) for each in record["officers"]], bureau)
    if not chain:
        raise BadFile("statement-malformed", file=name)
    found = {f"{bureau}//{register.version}": register.sha256 for register in chain}
    whole: dict[str, tuple[str, ...]] = {}
    for versions in record["rules"]:
        before: SignedRule | None = None
        for version in versions:
            signed_rule = _whole(canonical(version), chain, name)
            rule = named(signed_rule.rule.id)
            require_follows(signed_rule, before.rule.id if before else rule, before)
            found[f"{bureau}/{rule}/{signed_rule.rule.version}"] = signed_rule.rule.sha256
            whole[rule] = (*whole.get(rule, ()), signed_rule.rule.sha256)
            before = signed_rule
    for rule, hashes in chain[-1].rules.items():  # nor may a version be left out that a register closed over
        if whole.get(rule, ())[: len(hashes)] != hashes:
            raise Denied("rule-chain-broken", rule=rule, version=len(hashes))
    return found
