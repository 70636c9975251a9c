"""`examd bank …`: the encrypted item bank. Which commands there are, in the order of an item's life.

After: one file for each command, or for a few that belong together.
"""

import argparse
import importlib

from tools.cli.base import Commands
from tools.cli.language import _

MODULES = (
    "init", "import_", "subjects", "browse", "list_", "revise", "person", "review", "shares", "open_", "backup",
    "submissions", "slices", "check", "trace",
)  # fmt: skip


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    Commands(
        subparsers,
        "bank",
        _("the encrypted item bank: write, review, keep, exchange and guard"),
        _(
            "A bank is a folder: bank.db, encrypted, and bank.key, its key sealed to your passphrase, or the shares of "
            "its keyholders. Exit codes: 0 done; 1 looked and found something wrong; 2 a file or an argument is not "
            "what it should be; 3 refused; 4 the bank or the machine is broken."
        ),
        "examd bank import bank/ items.xlsx",
        _declare,
    )


def _declare(bank: Commands) -> None:
    for name in MODULES:
        importlib.import_module(f"tools.cli.bank.{name}").add(bank)
    bank.arrange(
        {
            _("Writing"): "init template subjects import set-subject browse list search revise adopt submit",
            _("Reviewing"): "person review approve return diff history repeal retire",
            _("In several hands"): "share cards verify-shares open close status rekey replace-holder new-passphrase"
            " backup restore journal",
            _("Exchanging"): "export card pack take owner slice accept withdraw slices",
            _("Guarding"): "check exposure trace",
        }
    )
