"""`examd bench …`: measuring this machine. The benchmarks are in the source tree and not in an installed `examd`.

After: `tools.bench.command` declares them.
"""

import argparse
import importlib.util
import sys

from tools.cli.base import Commands
from tools.cli.language import _

EXIT_NOT_HERE = 2


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the actor; where the benchmarks are not installed, one that says so."""
    text, more = (
        _("measure this machine: answers, forms, rates, terminal"),
        _("Each prints its figures beside a plainer way of doing the same, measured in the same run."),
    )
    if importlib.util.find_spec("tools.bench"):
        Commands(subparsers, "bench", text, more, "examd bench forms --json", "tools.bench.command:declare")
        return
    absent = subparsers.add_parser("bench", help=text, description=_absence())
    absent.add_argument("words", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    absent.set_defaults(run=_say_absent)


def _absence() -> str:
    return _("Benchmarks are not part of an installed examd: run “uv run examd bench” in its source tree.")


def _say_absent(_args: argparse.Namespace) -> int:
    print("examd: " + _absence(), file=sys.stderr)
    return EXIT_NOT_HERE
