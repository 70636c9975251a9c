"""`examd`: one command for every actor. It finds the subcommand, sets the language, turns refusals into sentences.

Nothing heavy is imported here: each command imports what it needs when it runs, so `examd --help` stays quick.
Exit codes: 0 done; 1 checked and found wrong; 2 usage, or a file that is not what it should be; 3 a refused act;
4 a broken store; 130 interrupted.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext

from bank.refused import BadFile, BrokenStore, Refused
from examd import VERSION
from tools.cli.base import Actor, Careful, help_formatter, takes_language
from tools.cli.language import LANGUAGES, _, current_language_from_environment, set_language
from tools.cli.output import as_json, only_data
from tools.cli.sentences import said

COMMANDS = (
    "tools.cli.demo", "tools.cli.bank", "tools.cli.rule", "tools.cli.bureau", "tools.cli.chief", "tools.cli.site",
    "tools.cli.terminal", "tools.cli.passphrase", "tools.verify.command", "tools.cli.bench",
)  # fmt: skip
VERIFIER = "verify"
"""It shares no code with the rest, and keeps its standard output clean by itself."""
EXIT_BAD_FILE, EXIT_DENIED, EXIT_BROKEN, EXIT_INTERRUPTED = 2, 3, 4, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code of the command that `arguments` (those of the shell, where left out) name."""
    argv = list(sys.argv[1:] if arguments is None else arguments)
    _speak(argv)
    args = parser(whole=False).parse_args(argv)
    try:
        with only_data() if getattr(args, "json", False) and args.actor != VERIFIER else nullcontext():
            return int(args.run(args))
    except KeyboardInterrupt:
        print(file=sys.stderr)  # the shell's prompt begins a line of its own
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader of our output went away: nothing is wrong
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return _refusal(error, json=getattr(args, "json", False))


def parser(*, whole: bool = True) -> argparse.ArgumentParser:
    """With `whole`, every actor has declared its commands; else each does when it is asked for one."""

    top = Careful(
        prog="examd",
        description=_("Offline examinations under lock and record."),
        epilog=_("Start with: examd demo"),
        formatter_class=help_formatter(),
    )
    top.add_argument("--version", action="version", version=f"examd {VERSION}", help=_("show the version and end"))
    takes_language(top)
    _add_completion(top)
    # prog is said, not found out: argparse would format a usage line for it, and load the colours' library to do so
    subparsers = top.add_subparsers(dest="actor", required=True, metavar=_("COMMAND"), prog="examd", parser_class=Actor)
    for module in COMMANDS:
        importlib.import_module(module).register(subparsers)
    for actor in subparsers.choices.values():
        if whole:
            actor.declare()
    for command in _leaves(top):
        if not any("--lang" in action.option_strings for action in command._actions):
            takes_language(command)
    return top


def _add_completion(top: argparse.ArgumentParser) -> None:
    """`examd --print-completion bash|zsh`: shtab is imported when it is asked for, and only then."""

    class Print(argparse.Action):
        def __call__(self, top: argparse.ArgumentParser, _n: object, values: object, _o: str | None = None) -> None:
            import shtab

            print(shtab.complete(parser(), shell=str(values)))
            top.exit(0)

    top.add_argument(
        "--print-completion", choices=("bash", "zsh", "tcsh"), action=Print, default=argparse.SUPPRESS,
        help=_("print a completion script for this shell"),
    )  # fmt: skip


def _leaves(command: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    found = []
    for action in command._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                found += [child, *_leaves(child)]
    return found


def _speak(argv: Sequence[str]) -> None:
    """The language is needed before parsing: help texts are in it."""

    language = current_language_from_environment()
    for at, word in enumerate(argv):
        if word == "--lang" and at + 1 < len(argv):
            language = argv[at + 1]
        elif word.startswith("--lang="):
            language = word.removeprefix("--lang=")
    set_language(language if language in LANGUAGES else "zh")
    os.environ["EXAMD_LANG"] = language if language in LANGUAGES else "zh"


def _refusal(error: Exception, *, json: bool) -> int:
    """One sentence on stderr, and with --json the refusal on stdout. What the operating system refuses (a full disk, a
    folder without rights) is named as such, here for all commands; whatever else is not a refusal is a fault of ours:
    named, without locals or a traceback."""

    if isinstance(error, OSError):
        file, why = str(error.filename or ""), error.strerror or type(error).__name__
        named = BrokenStore("system-refused-file", file=file, why=why)
        error = named if file else BrokenStore("system-refused", why=why)
    if not isinstance(error, Refused):
        if os.environ.get("EXAMD_TRACEBACK") == "1":
            raise error
        fault = _("internal fault ({kind}); please report it", kind=type(error).__name__)
        print(f"examd: {fault}", file=sys.stderr)
        return EXIT_BROKEN
    print("examd: " + said(error), file=sys.stderr)
    if json:
        as_json({"facts": error.facts, "refused": error.code, "sentence": said(error)})
    if isinstance(error, BadFile):
        return EXIT_BAD_FILE
    return EXIT_BROKEN if isinstance(error, BrokenStore) else EXIT_DENIED
