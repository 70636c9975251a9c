"""What a site has seen of its bureau's rules, `rules.seen.json`: the memory that a package is held against.

The first package that counts shows who this bureau's rule officers are. From then on no other register and no other
text of a version is taken: with its own key a bureau could begin a register anew, with officers whom nobody knows. An
older package, opened later, brings a beginning of the chain; its rule is then held against the longest chain that this
site knows, or officers who were dismissed could sign as long as nobody else is shown.

Before: a verified package (`examd.package.open`). After: `examd.site.folder` adopts it.
"""

import msgspec

from bank.refused import Denied
from bank.rules import signed_rule as signed_rules
from bank.rules.signed_rule import SignatureProof


class RulesSeen(msgspec.Struct):
    begins: dict[str, dict[str, str]] = {}
    """Rule id -> version -> the day it begins."""
    officers: list[str] = []
    """Hashes of the longest chain of registers."""
    over: list[dict[str, list[str]]] = []
    """For each of these registers, the hashes of the versions that were settled before it."""
    rules: dict[str, dict[str, str]] = {}
    """Rule id -> version -> hash."""

    def see(self, proof: SignatureProof, day: str) -> None:
        """Takes in what a package for `day` (YYYY-MM-DD) brings.

        Raises Denied: when its register is another, its rule has another text or was signed by officers who had gone,
        or a newer version had begun.
        """
        chain, used = proof.registers, proof.signed_rule
        registers = [register.sha256 for register in chain]
        for version, (known_sha256, brought) in enumerate(zip(self.officers, registers, strict=False), 1):
            if known_sha256 != brought:
                raise Denied("rules-other-register", version=version)
        rule = used.rule
        if used.register < len(self.over):
            signed_rules.require_in(used, self.over[used.register].get(rule.id, ()))
        texts = {rule.id: {str(rule.version): rule.sha256}}
        if rule.version > 1:
            texts[rule.id][str(rule.version - 1)] = used.supersedes
        for name, hashes in chain[-1].rules.items():
            texts.setdefault(name, {}).update({str(version): sha256 for version, sha256 in enumerate(hashes, 1)})
        for name, versions in texts.items():
            known = self.rules.setdefault(name, {})
            for version_, sha256 in versions.items():
                if known.setdefault(version_, sha256) != sha256:
                    raise Denied("rules-other-text", rule=name, version=version_)
        begins = self.begins.setdefault(rule.id, {})
        for version_, first in begins.items():  # what has begun is not taken back
            if int(version_) > rule.version and first <= day:
                raise Denied("rule-superseded", rule=rule.id, version=rule.version, newer=int(version_), day=first)
        begins[str(rule.version)] = rule.effective_from.isoformat()
        if len(registers) >= len(self.officers):
            self.officers = registers
            self.over = [{name: list(hashes) for name, hashes in register.rules.items()} for register in chain]
