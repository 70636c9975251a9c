"""Argument types that several commands share."""

import argparse

from tools.say import _


def positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(_("{text} is not a whole number of 1 or more").format(text=text))
    return number
