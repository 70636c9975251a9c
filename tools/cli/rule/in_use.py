"""Says under which version of a rule and which register of rule officers a package is about to be sealed.

Before: the issuing officer named a rule. After: `tools.cli.bureau.issue` seals. A register taken away with nothing
issued under it leaves no trace that a program could find (docs/rule.md, "What remains possible"); whoever knows the
officers sees on this line that somebody dismissed is one again.
"""

from typing import Any

from bank.rules import Rule
from bank.rules.signed_rule import Officer, SignatureProof
from tools.cli.language import _, joined, plain
from tools.cli.rule import wording


def to_json(rule: Rule, proof: SignatureProof | None) -> dict[str, Any]:
    """For `--json`; without a proof, a drill under an unsigned file, register and signatures are empty."""
    told: dict[str, Any] = {"register": None, "rule": rule.id, "rule_version": rule.version, "signed_by": []}
    if proof is None:
        return told
    newest = proof.registers[-1]
    left = [{"id": officer.id, "name": officer.name, "why": why} for officer, why in _left(proof)]
    return told | {
        "register": {
            "left": left, "officers": wording.records_of(newest.officers), "sha256": newest.sha256,
            "version": newest.version,
        },
        "signed_by": wording.records_of(proof.signed_rule.signed_by), "signed_under": proof.signed_rule.register,
    }  # fmt: skip


def lines(rule: Rule, proof: SignatureProof | None) -> list[str]:
    """The same for people."""
    facts = {"rule": rule.id, "version": rule.version, "when": wording.in_force(rule)}
    if proof is None:
        return [plain(_("Rule {rule}, version {version} ({when}), not signed: for a drill alone", **facts))]
    newest, signed_rule = proof.registers[-1], proof.signed_rule
    signed = _("Rule {rule}, version {version} ({when}), signed by {names}")
    if signed_rule.register != newest.version:
        signed = _("Rule {rule}, version {version} ({when}), signed by {names} under register {register}")
    told = [
        signed.format(**facts, names=wording.names_of(signed_rule.signed_by), register=signed_rule.register),
        _("Register {version} of rule officers ({sha256}…): {names}",
            version=newest.version, sha256=newest.sha256[:16], names=wording.names_of(newest.officers)
        ),
    ]  # fmt: skip
    if left := _left(proof):
        because = _("{name} ({why})")
        names = (because.format(name=officer.name, why=why) if why else officer.name for officer, why in left)
        told.append(_("  officers no longer: {names}", names=joined(names)))
    return [plain(line) for line in told]


def _left(proof: SignatureProof) -> list[tuple[Officer, str]]:
    """Officers of earlier registers who are none now, and why, where a register says it."""
    now = {(officer.id, officer.name) for officer in proof.registers[-1].officers}
    found = {
        (officer.id, officer.name): (officer, after.gone.get(officer.id, ""))
        for before, after in zip(proof.registers, proof.registers[1:], strict=False)
        for officer in before.officers
        if officer not in after.officers
    }
    return [each for who, each in found.items() if who not in now]
