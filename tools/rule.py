"""`examd rule …`: composition rules. Which commands there are, in the order of a rule's life.

After: `tools.rule_check`, `tools.rule_try` and `tools.rule_reserve` hold a rule against a bank; `tools.rule_officers`
has it signed.
"""

import argparse

from tools.arguments import Commands
from tools.say import _


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    Commands(
        subparsers,
        "rule",
        _("check a composition rule, try it on a bank, have it signed"),
        _("A composition rule is a TOML file: a table of cells, and margins that must agree with it."),
        "examd rule check tools/samples/SP-ELV-T/rule.toml",
        _declare,
    )


def _declare(rule: Commands) -> None:
    from tools import rule_check, rule_officers, rule_reserve, rule_try

    for commands in (rule_check, rule_try, rule_reserve, rule_officers):
        commands.add(rule)
    rule.arrange(
        {
            _("Proving"): "check try",
            _("Signing"): "officer appoint consent register sign history",
            _("In reserve"): "reserve",
        }
    )
