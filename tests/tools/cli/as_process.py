"""`examd …` in a process of its own with real descriptors, forked from one that has imported what commands use: a tenth of a second, not a whole one."""

import multiprocessing
import os
import pkgutil
import signal
from dataclasses import dataclass
from pathlib import Path

import tools.cli

_FROM = multiprocessing.get_context("forkserver")
_COMMANDS = [
    each.name for each in pkgutil.walk_packages(tools.cli.__path__, "tools.cli.") if "__main__" not in each.name
]
_FROM.set_forkserver_preload(["numpy", "highspy", "textual.app", "typst", *_COMMANDS, "examd.site.serving", __name__])


@dataclass(frozen=True)
class Ran:
    """What became of a command: as `subprocess.run` tells it."""

    returncode: int
    stdout: str
    stderr: str


def examd(words: list[str], folder: Path, *, language: str = "zh", timeout_s: int = 300) -> Ran:
    """`examd words…` in `folder`, standard input empty."""
    out, err = folder / ".stdout", folder / ".stderr"
    process = _FROM.Process(target=_command, args=(words, folder, language, out, err))
    process.start()
    process.join(timeout_s)
    if process.is_alive():
        process.kill()
    assert process.exitcode is not None, f"examd {' '.join(words)} did not end in {timeout_s} s"
    return Ran(process.exitcode, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))


def _command(words: list[str], folder: Path, language: str, out: Path, err: Path) -> None:
    for descriptor, path in ((0, os.devnull), (1, out), (2, err)):
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(folder)
    os.environ["EXAMD_LANG"] = language
    from tools.cli.main import main  # noqa: PLC0415

    raise SystemExit(main(words))
