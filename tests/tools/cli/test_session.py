"""A session held by `examd` alone, against a real server; and what the command line says when it cannot go on."""

import errno
import json
import os
import pty
import re
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from bank.clock import now
from bank.refused import Denied
from bank.seal import codes
from bank.seal import passphrase as sealing
from examd.bureau.office import Office
from examd.bureau.releasing import at_the_desk
from examd.rates.compute import Row
from examd.site.closing import DecidedLate, Decision, Waived
from examd.site.replies import Alarmed, SeatStatus, Status
from tests.examd.served import STEP_S, served
from tests.examd.toy_session import PASSPHRASE, Staffed
from tools.cli import main, secrets
from tools.cli.base import port
from tools.cli.language import set_language
from tools.cli.site import commissioning, reporting, room_status, session


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("EXAMD_LANG", "en")
    set_language("en")
    yield
    set_language("zh")


def private(path, text):
    path.write_text(text)
    path.chmod(0o600)
    return str(path)


class Console:
    """`examd` with every secret in a file."""

    def __init__(self, room, work, capsys):
        self.room, self.work, self.capsys = room, work, capsys
        toy = room.toy
        self.word = private(work / "word", PASSPHRASE)
        self.office = Office(work / "office")
        for folder, holder in ((self.office.directory, toy.bureau), (work / "chief", toy.chief)):
            folder.mkdir()
            role = holder.card.role
            (folder / f"{role}.key").write_bytes(sealing.seal(holder.secret_bytes(), PASSPHRASE, f"examd/{role}"))
        (self.office.directory / "releases").mkdir()
        with at_the_desk(self.office, toy.bureau, now()) as desk:
            desk.issue(toy.issued, None)

    def site(self, command, *words, person="admin", chief=False):
        # Unlocking takes its time: no code of the step before, which could run out between asking and signing in.
        steps = self.room._steps
        steps[person] = max(steps.get(person, 0), int(time.time()) // STEP_S - 1)
        code = private(self.work / "totp", self.room.code(person))
        more = ["--chief", self.work / "chief", "--chief-passphrase-file", self.word] if chief else []
        given = ["--as", person, "--passphrase-file", self.word, "--totp-file", code, *more]
        return self.examd("site", command, self.room.toy.site_folder, *words, *given)

    def code(self, *words):
        exit_code, out, err = self.examd(
            "bureau", "code", self.office.directory, *words, "--passphrase-file", self.word
        )
        return exit_code, out.strip(), err

    def examd(self, *words):
        self.capsys.readouterr()
        exit_code = main.main([*map(str, words), "--lang", "en"])
        seen = self.capsys.readouterr()
        return exit_code, seen.out, seen.err


@pytest.mark.slow
def test_a_session_from_opening_to_pass_rates(tmp_path, capsys):
    with served(Staffed(tmp_path / "toy")) as room:
        console = Console(room, tmp_path, capsys)
        number, package = room.toy.issued.package_id, room.toy.directory

        assert console.code(package, "1")[0] == 2  # for no room in particular it is not given
        exit_code, out, err = console.site("open", package, "--code-file", private(tmp_path / "zero", "x"), chief=True)
        commit = re.search(r"for no other:\n\s+(.*)", err).group(1).split()
        exit_code, code_1, err = console.code(package, "1", "--commit", *commit)
        assert (exit_code, code_1) == (0, room.toy.issued.code_1), err
        assert "T-1" in err and "2026-11-21" in err
        assert json.loads(console.code(package.name, "1", "--commit", *commit, "--json")[1])["package_id"] == number
        another = codes.spoken_short("cd" * 16, codes.Short.ROOM).split()
        exit_code, out, err = console.code(package, "1", "--commit", *another, "--json")
        assert (exit_code, json.loads(out)["refused"]) == (3, "second-sitting")

        one = private(tmp_path / "one", code_1)
        exit_code, out, err = console.site("open", package, "--code-file", one, chief=True)
        assert (exit_code, out[:4]) == (0, "Open"), err
        assert "unsigned rule, drill" in err
        assert ("! This package is for 2026-11-21" in err) == (datetime.now().strftime("%Y-%m-%d") != "2026-11-21")

        exit_code, out, err = console.site("status", person="watcher")
        assert "Enrolled 5, signed in 0, ready 0, started 0, handed in 0, not here 5" in out
        assert console.site("start")[0] == 0

        exit_code, out, err = console.site("grade", "--code-file", one, "--json", person="deputy", chief=True)
        assert (exit_code, json.loads(out)["refused"]) == (3, "not-closed")  # said before a code is used

        absent = room.toy.roster[0].admission_no
        exit_code, out, err = console.site(
            "close", "--waive", f"{absent}=x", "--never-started", "停电", person="closer", chief=True
        )
        assert exit_code == 0 and f"{absent} had handed in or never signed in" in err
        spoken = out.splitlines()[-1]
        exit_code, out, err = console.site("close", "--json", person="closer", chief=True)
        assert "closed already" in err
        told = json.loads(out)
        assert told["closing_spoken"] == spoken.strip() and len(spoken.split()) == 4
        assert "waived 0, absent 5" in console.site("status", person="watcher")[1]

        result = Path(told["result"])
        assert console.code(number, "2")[0] == 2
        assert console.code(number, "2", "--closing", told["root"])[0] == 3  # no check digits: anybody's typing
        exit_code, out, err = console.code(number, "2", "--closing", *commit, "--json")
        assert json.loads(out)["refused"] == "short-of-another"
        *right, last = spoken.split()
        misheard = f"{int(last[0], 16) ^ 1:x}{last[1:]}"
        exit_code, out, err = console.code(number, "2", "--closing", *right, misheard, "--json")
        assert (exit_code, json.loads(out)["facts"]) == (3, {"group": 4, "spoken": "closing"}), err
        exit_code, code_2, err = console.code(number, "2", "--checkpoint", result / "checkpoints.txt")
        assert (exit_code, code_2) == (0, room.toy.issued.code_2), err
        assert console.code(number, "2", "--closing", *spoken.split())[1] == code_2

        two = private(tmp_path / "two", code_2)
        exit_code, out, err = console.site("grade", "--code-file", two, person="deputy", chief=True)
        assert exit_code == 0, err
        rates = json.loads(console.examd("site", "report", room.toy.site_folder, "--json")[1])["rates"]
        assert rates[-1]["enrolled"] == 5 and rates[-1]["of_present"] is None
        assert rates[-1]["of_enrolled"]["rate"] == 0.0 and 0.4 < rates[-1]["of_enrolled"]["high"] < 0.5

        for wrong in ("nope", "../..", "."):
            exit_code, out, _ = console.examd("site", "report", room.toy.site_folder, "--json", "--session", wrong)
            assert (exit_code, json.loads(out)["refused"]) == (3, "session-unknown")


def test_a_used_code_says_how_long_to_wait(tmp_path, capsys):
    with served(Staffed(tmp_path / "toy")) as room:
        console = Console(room, tmp_path, capsys)
        used = room.code("watcher")
        room.code = lambda _person: used
        assert console.site("status", person="watcher")[0] == 0
        exit_code, out, err = console.site("status", "--json", person="watcher")
        assert exit_code == 3 and 0 < json.loads(out)["facts"]["wait_s"] <= 30, err


def test_a_package_for_the_same_number_with_other_keys_says_so(tmp_path, capsys):
    with served(Staffed(tmp_path / "toy")) as room:
        console = Console(room, tmp_path, capsys)
        other = Staffed(tmp_path / "other", bureau=room.toy.bureau)
        exit_code, out, err = console.site("open", other.directory, "--json", chief=True)
        assert (exit_code, json.loads(out)["refused"]) == (3, "package-other-keys"), err


# ---- edges --------------------------------------------------------------------------------------------------------


def test_no_server_is_known_before_any_secret_is_asked_for(tmp_path, capsys):
    assert main.main(["site", "status", str(tmp_path), "--as", "x", "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["refused"] == "server-unreachable"


def test_a_report_of_no_session_says_so(tmp_path, capsys):
    assert main.main(["site", "report", str(tmp_path), "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["refused"] == "no-session"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/x/report.xlsx"), "/x/report.xlsx: No space left on device"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "The system refused: No space left on device"),
        (PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/x"), "/x: Permission denied"),
    ],
)
def test_what_the_system_refuses_is_said_with_its_file(error, sentence, capsys):
    assert main._refusal(error, json=True) == 4
    seen = capsys.readouterr()
    assert sentence in seen.err
    assert sentence in json.loads(seen.out)["sentence"]


def test_interrupting_leaves_the_shell_a_fresh_line(monkeypatch, capsys):
    def interrupted(_args):
        raise KeyboardInterrupt

    monkeypatch.setattr("tools.cli.demo.run", interrupted)
    assert main.main(["demo", "--auto"]) == 130
    assert capsys.readouterr().err == "\n"


@pytest.mark.parametrize("text", ["-1", "65536", "x", "", "８０"])
def test_ports_are_numbers_of_ports(text):
    with pytest.raises(Exception, match="not a port"):
        port(text)
    assert (port("0"), port("65535")) == (0, 65535)


def test_chinese_headings_have_chinese_colons(capsys):
    with pytest.raises(SystemExit):
        main.main(["site", "serve", "--help", "--lang", "zh"])
    assert "\n参数：\n" in (shown := capsys.readouterr().out) and "\n选项：\n" in shown


def test_templates_can_be_read_back(tmp_path, capsys):
    from bank import formats
    from examd.bureau import roster

    assert main.main(["bank", "template", str(tmp_path / "i.xlsx")]) == 0
    found = formats.read(tmp_path / "i.xlsx")
    assert (len(found.items), found.refused) == (6, [])
    assert {item.content.type.value for item in found.items} == {"single", "multiple", "truefalse", "fill"}
    assert sum(item.background is not None for item in found.items) == 2
    assert main.main(["bureau", "template", str(tmp_path / "r.xlsx")]) == 0
    with pytest.raises(Exception, match="roster-empty"):
        roster.check(tmp_path / "r.xlsx").whole()
    assert main.main(["bureau", "template", str(tmp_path / "r.xlsx")]) == 4


def test_a_one_time_secret_is_shown_as_a_code_to_scan(capsys):
    commissioning.show_qr("otpauth://totp/examd:x?secret=ABCDEFGH&issuer=examd")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) > 15 and any("▀" in line or "▄" in line for line in lines)


SAID = ["site", "close", "site", "--chief", "c", "--as", "x"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--waive", "A", "--reason", "离场", "--waive", "B", "--reason", "作弊"], "NUMBER=REASON is expected"),
        (["--waive", "A=离场", "--reason", "作弊"], "--reason would not say for whom"),
        (["--waive", "A= "], "NUMBER=REASON is expected"),
        (["--never-started", "停电", "--never-started", "改期"], "--never-started is given twice"),
    ],
)
def test_a_reason_is_given_beside_its_candidate_or_not_taken(words, sentence, capsys):
    with pytest.raises(SystemExit) as ended:
        main.main([*SAID, *words, "--lang", "en"])
    assert ended.value.code == 2 and sentence in capsys.readouterr().err
    assert main.main([*SAID, "--waive", "A=离场", "--waive", "A=作弊", "--json", "--lang", "en"]) == 2
    assert json.loads(capsys.readouterr().out)["refused"] == "given-twice"


def seat(number, name, late=0):
    return SeatStatus(
        number, answered=3, c=1, connected=1, hand_in=-1, late=late, late_ms=35_000, name=name, phase="answering",
        remaining_ms=60_000,
    )  # fmt: skip


@pytest.mark.parametrize(("answer", "outcome"), [("no", "REFUSED close-not-confirmed"), ("yes", "GOT None")])
def test_who_is_waived_is_shown_and_asked_about_once_more(answer, outcome):
    waived = [
        Waived(seat(number, name), reason)
        for number, name, reason in (("26-1", "王伟", "离场"), ("26-2", "李芳", "作弊"))
    ]
    late = [DecidedLate(seat("26-3", "赵丽", late=9), Decision(False, "重连作答"))]
    shown = typed([answer], lambda: session._confirm(waived, late, sure=False))
    assert "26-3  赵丽  9 late answers, the last 35 s after the deadline: do not count. 重连作答" in shown
    assert "26-1  王伟  (answering, 3 answered)  reason: 离场" in shown
    assert "26-2  李芳  (answering, 3 answered)  reason: 作弊" in shown
    assert "Close the session so?" in shown and outcome in shown


# ---- what is shown ------------------------------------------------------------------------------------------------

STATUS = Status(
    phase="started", session="小考", entries=9, epoch=1, candidates=4, signed_in=3, ready=3, started=2, handed_in=1
)  # fmt: skip


def test_what_cannot_wait_stands_first_and_red():
    lines = room_status.lines(
        replace(STATUS, low_disk=1, alarms=2, alarmed=(Alarmed("26-1", "record-lost"),)), coloured=True
    )
    assert lines[0].startswith(room_status.RED) and "disk" in lines[0]
    assert lines[1].startswith(room_status.RED) and "2 (26-1)" in lines[1]
    assert room_status.lines(STATUS, coloured=True)[1].endswith("handed in 1, not here 1")
    assert room_status.lines(replace(STATUS, phase="closed"), coloured=False)[1].endswith("waived 2, absent 1")


def test_long_names_are_cut_visibly_and_columns_line_up():
    from rich.cells import cell_len

    name = "某某市第一职业技能培训与鉴定服务中心（总校区）"
    assert cell_len(reporting._pad(name, 30)) == cell_len(reporting._pad("甲校", 30)) == 30
    assert reporting._pad(name, 30).rstrip().endswith("…")
    line = reporting._line(Row("甲校", 120, 110, 100), "甲校")
    assert line.index("100/120") == 30 - 2 + reporting.RATE_CELLS


# ---- at a keyboard ------------------------------------------------------------------------------------------------


def typed(text, ask):
    """What `ask` prints when `text` is typed at its terminal."""
    child, terminal = pty.fork()
    if child == 0:
        sys.stdin, sys.stdout, sys.stderr = (
            open(0),
            open(1, "w"),
            open(2, "w", buffering=1),
        )  # not those of the test run
        try:
            print("GOT", ask(), flush=True)
        except Denied as denied:
            print("REFUSED", denied.code, flush=True)
        finally:
            os._exit(0)
    shown = b""
    for line in text:
        asked = b""
        while not asked.endswith((b": ", b") ")):  # typed before it is asked for, a secret would be thrown away
            asked += os.read(terminal, 4096)
        shown += asked
        os.write(terminal, f"{line}\n".encode())
    try:
        while data := os.read(terminal, 4096):
            shown += data
    except OSError:
        pass
    os.waitpid(child, 0)
    return shown.decode()


def test_a_release_code_is_typed_seen_group_by_group_and_a_wrong_group_alone_again():
    groups = codes.new_code().split()
    wrong = groups[1][:-1] + str((int(groups[1][-1]) + 1) % 10)
    shown = typed([groups[0], wrong, " ".join(groups[1:4]), "".join(groups[4:])], lambda: secrets.ask_code("c", "Code"))
    assert "Code [1/8]" in shown and "Group 2 of the release code is wrong" in shown
    assert "GOT " + " ".join(groups) in shown


def test_a_short_passphrase_is_refused_before_it_is_typed_again():
    shown = typed(["short"], lambda: secrets.ask_secret("bureau", "New", confirm=True))
    assert "REFUSED passphrase-short" in shown and "Once more" not in shown


def test_what_is_read_out_is_shown_back_and_stands_only_when_confirmed():
    from tools.cli.bureau.office import _heard

    spoken = codes.spoken_short("ab" * 16, codes.Short.CLOSING)
    for answer, outcome in (("no", "REFUSED heard-not-confirmed"), ("yes", "GOT " + "ab" * 16)):
        shown = typed([answer], lambda: _heard(spoken, codes.Short.CLOSING, "The closing:"))
        assert spoken in shown and outcome in shown
