"""`examd verify DIR`: run every check, print every finding; 0 nothing failed, 1 something did, 2 no such directory."""

import argparse
import os
import re
import sys
import unicodedata
from pathlib import Path

from .text import text


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("verify", help=text("help", _language()))
    describe(parser)


def describe(parser: argparse.ArgumentParser) -> None:
    """Declares the command's arguments, in the reader's language."""
    language = _language()
    parser.description = text("help_long", language)
    parser.epilog = text("example", language) + ": examd verify RESULT --bureau-key 0f8f4e12…"
    parser.add_argument("directory", metavar="DIR", type=Path, help=text("help_directory", language))
    parser.add_argument("--bureau-key", metavar="HEX", help=text("help_key", language))
    parser.add_argument("--rule-officers", metavar="HEX", help=text("help_officers", language))
    parser.add_argument(
        "--rules-known", metavar="FILE", type=Path, action="append", default=[], help=text("help_known", language)
    )
    parser.add_argument("--ledger", metavar="FILE", type=Path, help=text("help_ledger", language))
    parser.add_argument("--receipt", metavar="CODE", default="", help=text("help_receipt", language))
    parser.add_argument("--candidate", metavar="NO", default="", help=text("help_candidate", language))
    parser.add_argument(
        "--journal", metavar="FOLDER", type=Path, action="append", default=[], help=text("help_journal", language)
    )
    parser.add_argument("--lang", choices=("zh", "en"), default=language, help=text("help_lang", language))
    parser.add_argument("--json", action="store_true", help=text("help_json", language))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from . import checks, report
    from .case import Asked

    if bool(args.receipt) != bool(args.candidate):
        print(text("usage_receipt", args.lang), file=sys.stderr)
        return 2
    directory: Path = args.directory
    key, officers = _plain(args.bureau_key), _plain(args.rule_officers)
    for given, code in ((key, "usage_key"), (officers, "usage_officers")):
        if given is not None and re.fullmatch(r"[0-9a-f]{64}", given) is None:
            print(text(code, args.lang), file=sys.stderr)
            return 2
    try:
        if not directory.is_dir():
            raise NotADirectoryError
        next(directory.iterdir(), None)
    except (OSError, ValueError):
        print(text("usage_directory", args.lang, directory=directory), file=sys.stderr)
        return 2
    if (found := _other_folder(directory)) is not None:
        kind, results = found
        print(text("usage_" + kind, args.lang, directory=directory), file=sys.stderr)
        for result in results:
            print("  " + text("usage_result_here", args.lang, directory=result), file=sys.stderr)
        return 2
    bureau_key, first = bytes.fromhex(key) if key else None, officers or None
    asked = Asked(args.receipt, args.candidate.strip(), args.journal, args.ledger)
    case, outcomes = checks.run(directory, bureau_key, first, args.rules_known, asked)
    written = report.as_json(case, outcomes, args.lang) if args.json else report.as_text(case, outcomes, args.lang)
    return _print(written, 0 if checks.passed(outcomes) else 1)


def _plain(typed: str | None) -> str | None:
    """As it is compared, however it was typed: in groups, with dashes or colons, in either case and width."""
    return None if typed is None else re.sub(r"[\s:\-–—]+", "", unicodedata.normalize("NFKC", typed)).lower()


KINDS = (
    ("package", ("manifest.json", "items.age")),
    ("session", ("result", "record.db")),
    ("site", ("site.card.json", "sessions")),
    ("office", ("bureau.card.json", "bureau.key")),
    ("chief", ("chief.card.json",)),
    ("bank", ("bank.db",)),
)
"""What else people have a folder of, and what is in it and in no result."""


def _other_folder(directory: Path) -> tuple[str, list[Path]] | None:
    """What this folder is where it is no result, and the results that lie in it; None where it may be one."""
    if (directory / "result.json").exists() or (directory / "entries.jsonl").exists():
        return None
    for kind, names in KINDS:
        if all((directory / name).exists() for name in names):
            return kind, sorted([*directory.glob("result"), *directory.glob("sessions/*/result")])
    return None


def _print(written: str, code: int) -> int:
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # a C locale must not end the report half-way
    try:
        print(written, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # `| head` closed it; the verdict stands
    return code


def _language() -> str:
    return "en" if os.environ.get("EXAMD_LANG", "zh").startswith("en") else "zh"
