"""`python -m tools.verify DIR`, or `python -m verify DIR` where only this folder is at hand."""

import argparse
import sys

from .command import describe, run


def main() -> int:
    """Runs the checks that the command line asks for; its exit code."""
    parser = argparse.ArgumentParser(prog="verify")
    describe(parser)
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
