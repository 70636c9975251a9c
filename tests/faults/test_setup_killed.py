"""`examd bureau setup` as a process at a terminal of its own, killed with SIGKILL before every step and in the middle of
what it does; whoever starts it again is led on to the package."""

import contextlib
import os
import pty
import re
import signal
import sys
import time

import pytest

from bank import agent
from examd.bureau.setup import Standing, Step
from tests.tools.cli.test_setup import ROOT, Keyboard, elsewhere, place, review, survey  # noqa: F401 - a fixture
from tools.cli.language import set_language

PROMPT = re.compile(rb"[:)] \Z")
START_S = 60
SOON_AFTER = {
    "Once more": 0.4,  # a key, a share, a bank is being made
    "Put in the stick of": 0.02,
    "Passphrase of": 0.3,
    "Press Enter when it is printed": 0.01,
}
"""What is answered, and killed so many seconds later, once a step."""
AMID = {
    (Step.BANK, "Once more"),
    (Step.SHARES, "Put in the stick of"),
    (Step.PEOPLE, "Passphrase of"),
    (Step.CARDS, "Press Enter when it is printed"),
}
"""Where all that is answered so is killed in the short run, each kind once."""

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="no pty")]


class Terminal:
    """The process at its terminal."""

    def __init__(self):
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            command = [sys.executable, "-P", "-m", "tools.cli", "bureau", "setup", "office", "--sticks", "media"]
            ours = os.pathsep.join([os.path.abspath("haste"), str(ROOT)])
            os.execve(sys.executable, command, os.environ | {"PYTHONPATH": ours, "EXAMD_LANG": "en", "COLUMNS": "400"})
        self.shown = b""

    def prompt(self):
        """The last line, once it asks something; "" when the process has ended."""
        said = b""
        with contextlib.suppress(OSError):
            while not PROMPT.search(said):
                data = os.read(self.master, 1 << 16)
                if not data:
                    break
                said += data
        self.shown += said
        return said.decode(errors="replace").replace("\r", "").rsplit("\n", 1)[-1] if PROMPT.search(said) else ""

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.master)


@pytest.mark.parametrize(
    "amid", [pytest.param(AMID, id="some"), pytest.param(None, marks=pytest.mark.campaign, id="each")]
)
def test_killed_before_and_amid_every_step_it_is_led_on(place, monkeypatch, amid):  # noqa: F811
    set_language("en")
    keyboard = Keyboard(place)
    killed, until = set(), time.monotonic() + 240
    while True:
        assert time.monotonic() < until, killed
        terminal = Terminal()
        try:
            _lead(terminal, keyboard, place, monkeypatch, killed, amid)
        finally:
            terminal.kill()
        if all(stage.standing is Standing.DONE for stage in survey(place).stages()):
            break
    assert {step for step, words in killed if words == "Enter begin"} == set(Step)
    assert killed >= AMID
    assert len(survey(place).packages) == 1
    assert [path.name for path in place.glob(".*founding")] == []


def _lead(terminal, keyboard, place, monkeypatch, killed, amid):  # noqa: F811
    while prompt := terminal.prompt():
        if found := list(re.finditer(rb"Step (\d+) of", terminal.shown)):
            keyboard.step = list(Step)[int(found[-1][1]) - 1]
        typed = _typed(keyboard, prompt, place, monkeypatch)
        for words, after_s in ({"Enter begin": 0.0} | SOON_AFTER).items():
            here = (keyboard.step, words)
            wanted = words == "Enter begin" or amid is None or here in amid
            if wanted and prompt.startswith(words) and here not in killed:
                killed.add(here)
                if words != "Enter begin":
                    os.write(terminal.master, f"{typed}\n".encode())
                time.sleep(after_s)
                return
        os.write(terminal.master, f"{typed}\n".encode())


def _typed(keyboard, prompt, place, monkeypatch):  # noqa: F811
    if "Put the stick in and press Enter" in prompt:
        step = keyboard.step
        with monkeypatch.context() as shell:
            shell.setattr("getpass.getpass", keyboard.getpass)
            shell.setattr(sys, "stdin", keyboard)
            elsewhere(place, keyboard, step)
        keyboard.step = step
        return ""
    if keyboard.step is Step.REVIEW and prompt.startswith("Enter begin"):
        with agent.require(place / "bank", "test") as bank:
            waiting = bank.items.count_states()
        if waiting:
            review(place / "bank", place / "media/王芳/wangfang.key", keyboard)
        return "s"
    if re.search(r"(?i)passphrase|once more|try again", prompt):
        return keyboard.getpass(prompt)
    return keyboard.ask_line("setup", prompt)
