"""`examd bench …`: one subcommand a benchmark."""

import argparse
import importlib

BENCHES = ("tools.bench.answers", "tools.bench.bank", "tools.bench.forms", "tools.bench.rates", "tools.bench.terminal")


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from tools.arguments import help_formatter
    from tools.say import _

    bench = subparsers.add_parser(
        "bench",
        help=_("measure this machine: answers, forms, rates, terminal"),
        description=_("Each prints its figures beside a plainer way of doing the same, measured in the same run."),
        epilog=_("Example: examd bench forms --json"),
        formatter_class=help_formatter(),
    )
    commands = bench.add_subparsers(
        dest="command", required=True, metavar=_("COMMAND"), prog="examd bench"
    )
    for module in BENCHES:
        importlib.import_module(module).register(commands)
