"""`examd terminal`: the candidate's screen at one seat. Before: an operator's shell. After: `terminal.app`.

Exit codes: 0 handed in, the receipt was shown; 2 the arguments, the trust file or the journal's folder are not what
they should be; 3 staff ended it before that; 4 this machine or the program failed, answers are in the journal;
128 + n ended by signal n.
"""

import argparse
import gc
import os
import ssl
from pathlib import Path

from bank.refused import BadFile
from tools.cli.base import help_formatter
from tools.cli.language import _, current_language_from_environment


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command."""

    parser = subparsers.add_parser(
        "terminal",
        help=_("the candidate's screen at one seat"),
        description=_(
            "The candidate's screen at one seat. Staff end it with Ctrl+X, then Enter: on the first screen and on the "
            "last, in a drill everywhere."
        ),
        epilog=_("Example: examd terminal --server 10.0.0.1:8443 --trust root.pem --name 07"),
        formatter_class=help_formatter(),
    )
    add = parser.add_argument
    add("--server", required=True, type=_address, metavar="HOST:PORT", help=_("the site's local server"))
    add("--trust", required=True, type=Path, metavar="FILE", help=_("the site's root certificate, a PEM file"))
    add("--journal", type=Path, metavar="DIR", help=_("where answers are kept (default: the user's state directory)"))
    add("--name", default="", metavar="SEAT", help=_("name of this machine in the room"))
    add("--admission-no", default="", metavar="NUMBER", help=_("fill in the admission number"))
    add("--exit-after-receipt", action="store_true", help=_("Enter on the receipt ends the program"))
    parser.set_defaults(run=run)


def _address(text: str) -> str:
    host, colon, port = text.rpartition(":")
    if not (host and colon and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise argparse.ArgumentTypeError(_("{text} is not HOST:PORT", text=text))
    return text


def run(args: argparse.Namespace) -> int:
    _look_at(args.trust)
    gc.disable()  # nothing imported now is garbage; collections among so many new objects cost a tenth of the start
    from terminal.app import run as run_terminal
    from terminal.outbox import default_directory

    gc.freeze()
    gc.enable()

    return run_terminal(
        args.server,
        args.trust,
        args.journal or default_directory(os.environ),
        getattr(args, "lang", None) or current_language_from_environment(),
        args.name,
        admission_no=args.admission_no,
        exit_after_receipt=args.exit_after_receipt,
    )


def _look_at(trust: Path) -> None:
    """A terminal without its root could only ever say that it trusts nobody: refused before a candidate sits down."""

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(trust)
    except (OSError, ssl.SSLError) as error:
        raise BadFile("trust-unreadable", file=str(trust)) from error
