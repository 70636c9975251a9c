"""Nothing a candidate can press, set or crash leads out of the examination or shows what it must not."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from textual import events
from textual.binding import Binding

from terminal.app import TerminalApp, run
from terminal.language import set_language
from terminal.lockdown import scrub
from terminal.locked_app import ExitCode
from terminal.outbox import Outbox
from terminal.replies import QuietParser
from tests.terminal.hall import certificate

ALLOWED = {
    "staff", "enter", "escape", "other_field", "rub_out", "letter_f", "letter_g", "flag", "choose_here", "clear",
    "hand_in", "yes", "choose", "move", "page", "go_to", "cursor", "step", "ends", "next_filter", "filter",
}  # fmt: skip
ROOT = Path(__file__).parents[2]


@pytest.fixture
def app(tmp_path):
    return TerminalApp("127.0.0.1:1", certificate(tmp_path)[0], tmp_path / "j")


def actions_of(node) -> set[str]:
    return {
        binding.action.split("(")[0]
        for bindings in node._bindings.key_to_bindings.values()
        for binding in bindings
        if isinstance(binding, Binding)
    }


async def test_every_binding_of_every_screen_and_widget_is_on_the_list(app):
    async with app.run_test(size=(120, 40)) as pilot:
        assert actions_of(app) == set()
        for which, screen in app._screens.items():
            if screen is not app.screen:
                await app.push_screen(str(which))
            await pilot.pause()
            assert actions_of(screen) <= ALLOWED, which
            for widget in screen.walk_children():
                assert actions_of(widget) == set(), widget
                assert not widget.can_focus
        assert not app.ALLOW_SELECT
        assert not app.ENABLE_COMMAND_PALETTE
        assert list(app.get_system_commands(app.screen)) == []


async def test_textuals_own_ways_out_lead_nowhere(app, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with app.run_test() as pilot:
        for way in (app.save_screenshot, app.deliver_screenshot, app.open_url, app.deliver_text, app.deliver_binary):
            with pytest.raises(RuntimeError):
                way()
        written = []
        monkeypatch.setattr(app._driver, "write", written.append)
        app.copy_to_clipboard("试题")
        for name in ("quit", "help_quit", "screenshot", "suspend_process", "command_palette", "copy_text"):
            await app.run_action(name)
        await pilot.press("ctrl+q", "ctrl+c", "ctrl+p", "ctrl+z", "ctrl+d", "f1", "ctrl+backslash")
        assert app.is_running
        assert not any("\x1b]52" in text for text in written)
    assert not list(tmp_path.glob("*.svg"))


def test_textuals_switches_are_taken_out_of_the_environment():
    environment = {"TEXTUAL_PRESS": "a", "TEXTUAL": "devtools", "textual_log": "x", "PATH": "/bin", "LANG": "C"}
    environment |= {"COLUMNS": "300", "LINES": "9"}  # not the window's size: the paper would be cut off
    scrub(environment)
    assert environment == {"PATH": "/bin", "LANG": "C"}


def test_importing_the_app_scrubs_first_and_leaves_the_network_for_later():
    code = (
        "import sys, os, terminal.app, textual.constants as c;"
        "print(c.PRESS, c.DRIVER, c.SCREENSHOT_DELAY, c.LOG_FILE, 'TEXTUAL_PRESS' in os.environ);"
        "print([m for m in ('aiohttp', 'bank', 'cryptography', 'numpy', 'textual.widgets._markdown',"
        " 'textual.widgets._data_table', 'textual.widgets._text_area', 'uvloop') if m in sys.modules],"
        "len(sys.modules))"
    )
    measured_by_nobody = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    switches = {"TEXTUAL_PRESS": "a,b", "TEXTUAL_DRIVER": "x:y", "TEXTUAL_SCREENSHOT": "1", "TEXTUAL_LOG": "x.log"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=measured_by_nobody | switches,
    )
    first, second = done.stdout.splitlines()
    assert first == " None -1 None False"
    loaded, count = second.rsplit(" ", 1)
    assert loaded == "[]"
    assert int(count) < 480, "each module costs start-up time"


async def test_a_fault_says_one_sentence_and_no_exam_text(tmp_path, capsys):
    app = TerminalApp("127.0.0.1:1", certificate(tmp_path)[0], tmp_path)
    secret = "这是一道试题的内容"

    def broken(*_):
        stem = secret
        raise ValueError(stem)

    app._sign_in.banner = broken
    with pytest.raises(ValueError, match=secret):  # the test harness hands the fault on
        async with app.run_test() as pilot:
            await pilot.pause()
    assert app.return_code == 4
    printed = "".join(str(segments) for segments in app._exit_renderables) + capsys.readouterr().err
    assert secret not in printed
    note = (tmp_path / "faults.txt").read_text()
    assert "ValueError" in note
    assert "broken" in note
    assert secret not in note


class InAPty:
    """The real program on a pty."""

    def __init__(self, tmp_path: Path, before: str = "") -> None:
        trust = certificate(tmp_path)[0]
        code = (
            f"import sys; from pathlib import Path; from terminal.app import run; {before}\n"
            f"sys.exit(run('127.0.0.1:1', Path({str(trust)!r}), Path({str(tmp_path / 'j')!r})))"
        )
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            os.environ.update(TERM="xterm-256color", COLUMNS="80", LINES="24")
            os.execv(sys.executable, [sys.executable, "-c", code])
        self.drawn = b""

    def until(self, words: str) -> None:
        deadline = time.monotonic() + 60
        while words.encode() not in self.drawn:
            assert time.monotonic() < deadline, self.drawn[-500:]
            self.read()

    def read(self) -> bool:
        ready, _, _ = select.select([self.master], [], [], 0.1)
        try:
            data = os.read(self.master, 1 << 16) if ready else b""
        except OSError:
            return False
        self.drawn += data
        return True

    def wait(self) -> int:
        while self.read():
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT])
def test_a_signal_ends_it_in_order_with_the_screen_given_back(tmp_path, number):
    terminal = InAPty(tmp_path)
    terminal.until("考生登录")
    os.kill(terminal.pid, number)
    assert terminal.wait() == 128 + number
    assert terminal.drawn.rstrip().endswith(b"\x1b[?1004l") or b"\x1b[?1049l" in terminal.drawn


def test_a_stop_from_the_keyboards_signal_does_not_show_a_shell(tmp_path):
    terminal = InAPty(tmp_path)
    terminal.until("考生登录")
    os.kill(terminal.pid, signal.SIGTSTP)
    os.write(terminal.master, b"QXZ")
    terminal.until("QXZ")  # a program that was stopped would not draw what is typed
    os.kill(terminal.pid, signal.SIGTERM)
    terminal.wait()


def test_a_crash_of_the_real_program_prints_one_sentence(tmp_path):
    secret = "机密题干"
    terminal = InAPty(
        tmp_path, f"import terminal.screens.base as b; b.ExamScreen.banner = lambda self, now: {{}}[{secret!r}]"
    )
    assert terminal.wait() == 4
    assert "考试程序已停止".encode() in terminal.drawn
    assert secret.encode() not in terminal.drawn
    assert b"Traceback" not in terminal.drawn


def keys_of(*pieces: str) -> list[str]:
    """What Textual makes of these pieces of input."""
    parser = QuietParser()
    return [event.key for piece in pieces for event in parser.feed(piece) if isinstance(event, events.Key)]


@pytest.mark.parametrize(
    "reply",
    [
        "\x1b[?1049l",
        "\x1b[?62;22c",
        "\x1b[>41;366;0c",
        "\x1b[8;24;80t",
        "\x1b]11;rgb:ffff/ffff/ffff\x07",
        "\x1b]11;rgb:ffff/ffff/ffff\x1b\\",
        "\x1bP1$r0m\x1b\\",
        "\x1bP>|some terminal of a name beyond any key(1.2.3)\x1b\\",
        "\x1b[?997;1n",
    ],
)
def test_what_a_terminal_says_of_itself_presses_no_key(reply):
    assert keys_of("a" + reply + "b") == ["a", "b"]


def test_real_keys_still_come_through_in_pieces():
    typed = {
        "\x1b[A": "up",
        "\x1b[1;2A": "shift+up",
        "\x1b[5~": "pageup",
        "\x1b[[A": "f1",
        "\x1bOP": "f1",
        "\x1b[Z": "shift+tab",
    }
    for sequence, key in typed.items():
        assert keys_of(sequence) == [key]
        assert keys_of(*sequence) == [key]
    parser = QuietParser()
    seen = [type(event).__name__ for event in parser.feed("\x1b[<0;5;5M\x1b[<0;5;5m\x1b[?2026;1$y\x1b[200~x\x1b[201~")]
    assert seen == ["MouseDown", "MouseUp", "TerminalSupportsSynchronizedOutput", "Paste"]


def test_a_journal_in_no_place_to_write_is_refused_by_name(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    trust = certificate(tmp_path)[0]
    assert run("127.0.0.1:1", trust, tmp_path / "file") == ExitCode.UNUSABLE
    assert run("127.0.0.1:1", trust, tmp_path / "file" / "deeper", "en") == ExitCode.UNUSABLE
    said = capsys.readouterr().err
    assert f"{tmp_path / 'file'} 不能保存作答" in said
    assert "No answers can be kept in" in said
    set_language("zh")


KILLED = """
import os, sys
from pathlib import Path
from terminal.outbox import Outbox
outbox = Outbox(Path(sys.argv[1]))
for number in range(10**6):
    outbox.answer(number % 100, (number % 4,), number)
    outbox.flush()
    os.write(1, b"%d\\n" % outbox.last)
"""


@pytest.mark.parametrize("turn", range(3))
def test_a_kill_at_any_moment_loses_nothing_that_was_saved(tmp_path, turn):
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path / "j")], stdout=subprocess.PIPE, cwd=ROOT, bufsize=0
    )
    said = b"".join(process.stdout.readline() for _ in range(1 + 40 * turn))
    process.kill()
    said += process.communicate()[0]
    saved = int(said.split(b"\n")[-2])
    again = Outbox(tmp_path / "j")
    assert again.last >= saved > 0
    assert [act.seq for act in again.acts] == list(range(1, again.last + 1))
