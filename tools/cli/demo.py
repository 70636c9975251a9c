"""`examd demo`: the command; what it does is `tools.drill.demonstration`, imported when it runs."""

import argparse
from pathlib import Path

from tools.cli.base import help_formatter, positive
from tools.cli.language import _


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command."""

    demo = subparsers.add_parser(
        "demo",
        help=_("a whole examination on this machine, with a seat for you"),
        description=_(
            "Fills an encrypted bank, issues and opens a sealed package, serves it over TLS, "
            "seats simulated candidates and you, closes, grades, verifies, and shows the pass rates. "
            "A drill (演练): nothing of it is a real exam."
        ),
        epilog=_("Example: examd demo --auto --candidates 40 --lang en"),
        formatter_class=help_formatter(),
    )
    demo.add_argument("--auto", action="store_true", help=_("nobody at the keyboard: every seat is simulated"))
    demo.add_argument("--candidates", type=positive, default=24, help=_("how many candidates (default: %(default)s)"))
    demo.add_argument("--bank", type=Path, metavar="FILE", help=_("another question file: .csv, .xlsx or .jsonl"))
    demo.add_argument("--rule", type=Path, metavar="FILE", help=_("another composition rule (TOML)"))
    demo.add_argument("--dir", type=Path, help=_("folder to work in (default: a new temporary one)"))
    demo.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from tools.drill import demonstration

    return demonstration.run(args)
