"""Mutants that no test can or need notice, and why. Module -> what was changed -> reason."""

ACCEPTED: dict[str, dict[str, str]] = {}
