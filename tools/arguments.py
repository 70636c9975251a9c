"""Argument types that several commands share."""

import argparse
import re
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


def port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65_535):
        raise argparse.ArgumentTypeError(_("{text} is not a port: 0 to 65535, 0 for any free one").format(text=text))
    return int(text)


def help_formatter() -> type[argparse.HelpFormatter]:
    """Colours where a person reads; the plain formatter for a file or a pipe, which also comes 70 ms sooner."""
    if not sys.stdout.isatty():
        return _Plain
    from rich_argparse import RichHelpFormatter

    class Coloured(RichHelpFormatter):
        def format_help(self) -> str:
            return _full_width(super().format_help())

    return Coloured


class _Plain(argparse.HelpFormatter):
    def format_help(self) -> str:
        return _full_width(super().format_help())


def _full_width(text: str) -> str:
    """argparse sets its own colon behind a heading; behind a Chinese one stands a Chinese colon."""
    return re.sub(r"(?m)(?<=[\u4e00-\u9fff]):(?=(\x1b\[[\d;]*m)*$)", "：", text)
