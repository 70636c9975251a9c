"""`examd terminal`: the candidate's screen. Before: an operator. After: `terminal.app`."""

import argparse
import gc
import os
import sys
from pathlib import Path


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser(
        "terminal",
        help="the candidate's screen at one seat",
        description="The candidate's screen at one seat. Ctrl+X, then Enter ends it, on the first and last screens.",
        epilog="example: examd terminal --server 10.0.0.1:8443 --trust site-root.pem --name 07",
        formatter_class=subparsers.choices["terminal"].formatter_class
        if "terminal" in subparsers.choices
        else argparse.HelpFormatter,
    )
    parser.add_argument("--server", required=True, metavar="HOST:PORT", help="the site's local server")
    parser.add_argument(
        "--trust", required=True, type=Path, metavar="FILE", help="PEM file with the site's root certificate"
    )
    parser.add_argument(
        "--journal", type=Path, metavar="DIR", help="where answers are kept (default: the user's state directory)"
    )
    parser.add_argument("--name", default="", metavar="SEAT", help="name of this machine in the room")
    parser.add_argument("--admission-no", default="", metavar="NUMBER", help="fill in the admission number")
    parser.add_argument("--exit-after-receipt", action="store_true", help="Enter on the receipt ends the program")
    parser.add_argument("--lang", choices=("zh", "en"), default="zh", help="language of the screen")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    gc.disable()  # nothing imported now is garbage; a collection among 40,000 new objects costs a tenth of the start
    from terminal.app import run as run_terminal
    from terminal.outbox import default_directory

    gc.freeze()
    gc.enable()
    return run_terminal(
        args.server,
        args.trust,
        args.journal or default_directory(os.environ),
        args.lang,
        args.name,
        admission_no=args.admission_no,
        exit_after_receipt=args.exit_after_receipt,
    )
