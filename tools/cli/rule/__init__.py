"""`examd rule …`: composition rules. Which commands there are, in the order of a rule's life.

After: `tools.cli.rule.check`, `tools.cli.rule.try_` and `tools.cli.rule.reserve` hold a rule against a bank;
`tools.cli.rule.officers` has it signed.
"""

import argparse

from tools.cli.base import Commands
from tools.cli.language import _


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    Commands(
        subparsers,
        "rule",
        _("check a composition rule, try it on a bank, have it signed"),
        _("A composition rule is a TOML file: a table of cells, and margins that must agree with it."),
        "examd rule check tools/samples/SP-ELV-T/rule.toml",
        "tools.cli.rule.commands:declare",
    )
