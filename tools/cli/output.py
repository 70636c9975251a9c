"""How a command says what it found: for a program as JSON, for a person in lines and tables.

Standard output holds the report; what is only narrated (a bar, a list of what was refused) goes to standard error.
With --json nothing but `as_json` reaches standard output, whatever else a command prints.
"""

import argparse
import contextlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from tools.cli.language import _, plain

MOST_LINES = 50
"""Rows told before the rest is only counted; --json has them all."""


_data: TextIO | None = None


@contextmanager
def only_data() -> Iterator[None]:
    """While it lasts, what is printed for people goes to standard error, and `as_json` alone to standard output."""
    global _data  # noqa: PLW0603 - one process has one standard output
    _data, before = sys.stdout, _data
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        _data = before


def as_json(record: object) -> None:
    """One document on standard output; what JSON has no type for as its text."""
    print(json.dumps(record, ensure_ascii=False, default=str), file=_data or sys.stdout, flush=True)


def report(args: argparse.Namespace, record: object, *lines: str) -> int:
    """The same for both: `record` with --json, else the lines. Returns the exit code of what went well."""
    if args.json:
        as_json(record)
    else:
        for line in lines:
            print("\n".join(map(plain, line.split("\n"))))
    return 0


def rows(title: str, told: Sequence[tuple[str, str]], most: int = MOST_LINES) -> None:
    """Places and reasons, on stderr; nothing where there are none."""
    if not told:
        return
    print(title, file=sys.stderr)
    for place, reason in told[:most]:
        print(plain(f"  {place}  {reason}".rstrip()), file=sys.stderr)
    if len(told) > most:
        print("  " + _("… and {n} more (--json lists them all)", n=len(told) - most), file=sys.stderr)


def table(titles: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    """The first column from the left, the others, which are numbers, from the right."""
    from rich.console import Console
    from rich.table import Table

    shown = Table(box=None, pad_edge=False)
    for number, title in enumerate(titles):
        shown.add_column(title, justify="right" if number else "left")
    for line in lines:
        shown.add_row(*map(plain, line))
    Console(highlight=False, markup=False).print(shown)


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """One line on a terminal's stderr that counts up and goes away; nothing where stderr is no terminal."""
    live = sys.stderr.isatty()

    def show(done: int, total: int) -> None:
        if live:
            filled = 24 * done // max(total, 1)
            bar = "━" * filled + "─" * (24 - filled)
            print(f"\r{label} {bar} {done}/{total}", end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        if live:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
