"""Argument types that several commands share."""

import argparse
import sys

from tools.say import _


def positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(_("{text} is not a whole number of 1 or more").format(text=text))
    return number


def help_formatter() -> type[argparse.HelpFormatter]:
    """Colours where a person reads; the plain formatter for a file or a pipe, which also comes 70 ms sooner."""
    if not sys.stdout.isatty():
        return argparse.HelpFormatter
    from rich_argparse import RichHelpFormatter

    return RichHelpFormatter
