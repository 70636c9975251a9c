"""The terminal is asked how wide it draws signs of ambiguous width, and what it says is what lines are measured by."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from terminal.widths import KINDS, UNANSWERED

ROOT = Path(__file__).parents[2]
ASK = """
import sys
from terminal import widths
print("FOUND", *(f"{ord(s):x}={n}" for s, n in widths.asked(0, 2, 5).items()), flush=True)
"""


def terminal(width_of, *, answers=True):
    """What a process hears that asks a terminal which draws signs so wide."""
    child, master = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        os.execv(sys.executable, [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, '.')\n{ASK}"])
    shown = b""
    try:
        while data := os.read(master, 4096):
            shown += data
            for sign in re.findall(r"\r(.)\x1b\[6n", shown.decode(errors="ignore")) if answers else ():
                os.write(master, f"\x1b[7;{1 + width_of(sign)}R".encode())
            if b"\x1b[6n" in shown:
                if not answers:
                    os.write(master, b"abc")
                shown = b"" if shown.endswith(b"\x1b[K") else shown[shown.rfind(b"\r") :]
    except OSError:
        pass
    os.waitpid(child, 0)
    told = re.search(rb"FOUND (.*?)\r?\n", shown)
    return {chr(int(code, 16)): int(n) for code, n in (pair.split("=") for pair in told[1].decode().split())}


@pytest.mark.parametrize("width_of", [lambda _sign: 1, lambda _sign: 2, lambda sign: 2 if sign in "①×" else 1])
def test_what_the_terminal_reports_is_believed(width_of):
    assert terminal(width_of) == {sign: width_of(sign) for sign in KINDS}


def test_a_terminal_that_does_not_answer_is_taken_for_a_wide_one_where_text_is_concerned():
    assert terminal(None, answers=False) == UNANSWERED
    assert {UNANSWERED[sign] for sign in "①×≥Ω“"} == {2} and {UNANSWERED[sign] for sign in "─█●"} == {1}


def measured(found, *texts):
    """Cells of these texts in a process that was taught."""
    script = (
        "import sys; sys.path.insert(0, '.')\nfrom terminal import widths\n"
        f"widths.measure_as({found!r})\n"
        "from rich.cells import cell_len\nfrom textual.strip import Strip\nfrom rich.segment import Segment\n"
        "from terminal.text import wrap\n"
        f"print(*(cell_len(t) for t in {texts!r}), Strip([Segment('①甲')]).cell_length, len(wrap('①' * 20, 20)))\n"
    )
    done = subprocess.run([sys.executable, "-P", "-c", script], cwd=ROOT, capture_output=True, check=True)
    return [int(n) for n in done.stdout.split()]


def test_lines_are_measured_as_the_terminal_draws_them():
    texts = ("①⑩×≥Ω", "ⅠⅡ℃", "─█●", "甲a1é", "\u0301")
    assert measured(dict.fromkeys(KINDS, 1), *texts) == [5, 3, 3, 5, 0, 3, 1]
    assert measured(dict.fromkeys(KINDS, 2), *texts) == [10, 6, 6, 6, 0, 4, 2]
    assert measured(UNANSWERED, *texts) == [10, 6, 3, 6, 0, 4, 2]
