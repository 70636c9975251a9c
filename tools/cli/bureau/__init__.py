"""`examd bureau …`: what the examination body does at home. Its keys, rosters, packages and release codes."""

import argparse

from tools.cli.base import Commands
from tools.cli.language import _


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    Commands(
        subparsers,
        "bureau",
        _("issue sealed session packages and give out release codes"),
        _("What the examination body does at home: keys, packages, codes."),
        "examd bureau init office --id SX-0349 --name 某市应急管理局",
        "tools.cli.bureau.commands:declare",
    )
