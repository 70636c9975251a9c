"""`examd bank share … journal` as keyholders meet it, and the other commands as clients of the agent."""

import contextlib
import io
import itertools
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from bank.canonical import canonical
from tools.cli import fonts, language, main

ROOT = Path(__file__).parents[3]
PEOPLE = {name: f"{name}的密码句子一二三" for name in ("王强", "李丽", "赵敏", "周杰")}
HEAD = "编号,题干,题型,A,B,C,D,答案,章节,认知层次,难度,依据,解析\n"
ROW = "q{n},第 {n} 车间触电急救首先应做什么？,单选,断电,喊人,拍照,离开,A,2.1,掌握,0.9,通则,先断电\n"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the Windows half of the line has not been tried")


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A folder with a bank of eight items in three hands, everybody's passphrase and what was seen of the journal."""
    place = tmp_path_factory.mktemp("shared")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_STATE_HOME", str(place / "state"))
        patched.chdir(place)
        for name, word in (PEOPLE | {"bank": "correct horse battery"}).items():
            (place / name).write_text(word + "\n")
            (place / name).chmod(0o600)
        (place / "items.csv").write_text(HEAD + "".join(ROW.format(n=n) for n in range(1, 9)))
        assert examd("bank init b --sample --passphrase-file bank") == 0
        assert examd("bank import b items.csv --passphrase-file bank") == 0
        assert examd("bank share b --passphrase-file bank", *holders("王强", "李丽", "赵敏")) == 0
    return place


@pytest.fixture
def place(shared, tmp_path, monkeypatch, capsys):
    shutil.copytree(shared, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    run = tempfile.TemporaryDirectory(prefix="examd-")  # short: a socket's address is
    monkeypatch.setenv("XDG_RUNTIME_DIR", run.name)
    monkeypatch.setenv("EXAMD_LANG", "en")
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    yield tmp_path
    with contextlib.suppress(Exception):
        examd("bank close b")
    run.cleanup()


def examd(line, *more):
    try:
        return main.main([*line.split(), *more])
    except SystemExit as exit_:
        return exit_.code


def holders(*names):
    return [word for name in names for word in ("--holder", f"{name}={name}")]


def test_a_shared_bank_lives_through_its_day(place, capsys):
    assert examd("bank list b") == 3
    assert "2 of its keyholders open it" in capsys.readouterr().err
    assert examd("bank open b --hours 2 --export-limit 5", *holders("王强", "赵敏")) == 0
    told = capsys.readouterr().out
    assert "opened by 王强, 赵敏" in told and "at most 5 items" in told
    assert examd("bank check b --json") == 0
    assert json.loads(capsys.readouterr().out)["vault"]["problems"] == []
    (place / "items.csv").write_text(HEAD + ROW.format(n=99))
    assert examd("bank import b items.csv") == 0
    assert "1 added" in capsys.readouterr().out
    (place / "items.csv").write_text(HEAD + "".join(ROW.format(n=n) for n in range(1, 9)))
    assert examd("bank import b items.csv") == 3
    assert "at most 5 items may leave" in capsys.readouterr().err
    assert examd("bank backup b copy") == 0
    assert examd("bank status b --json") == 0
    status = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert status["open"]["keys_out"] == 0 and status["custody"]["need"] == 2
    assert examd("bank open b --hours 1", *holders("王强", "赵敏")) == 3
    assert "open already" in capsys.readouterr().err
    assert examd("bank rekey b", *holders("王强", "李丽", "赵敏")) == 3
    assert "close it first" in capsys.readouterr().err
    assert examd("bank close b") == 0
    assert "Closed." in capsys.readouterr().out
    assert examd("bank close b") == 0
    assert examd("bank journal b --json") == 0
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert report["ok"]
    acts = [entry["act"] for entry in report["entries"]]
    assert acts == ["shared", "closed", "opened", "add", "refused", "backup", "closed"]
    assert [entry["facts"].get("said") for entry in report["entries"]][3] == "bank import"


def test_too_few_and_unknown_holders_are_refused_before_anyone_types(place, capsys):
    refused = {("王强",): "Too few shares: 1", ("王强", "王强"): "twice", ("王强", "周杰"): "no keyholder"}
    for names, said in refused.items():
        assert examd("bank open b --hours 1", *holders(*names)) == 3
        assert said in capsys.readouterr().err
    (place / "b/shares/share-1-2.json").unlink()
    assert examd("bank open b --hours 1", *holders("王强", "李丽")) == 2
    assert "name it with --share" in capsys.readouterr().err
    (place / "no").write_text("not the passphrase\n")
    (place / "no").chmod(0o600)
    assert examd("bank open b --hours 1 --holder 王强=王强 --holder 赵敏=no") == 3
    assert "Wrong passphrase for share-1-3.json" in capsys.readouterr().err


def test_a_share_on_a_stick_is_named_by_its_file(place, capsys):
    (place / "stick").mkdir()
    (place / "b/shares/share-1-2.json").rename(place / "stick/李丽.json")
    assert examd("bank open b --hours 1 --share stick/李丽.json", *holders("李丽", "赵敏")) == 0
    assert examd("bank close b") == 0
    assert list((place / "stick").glob("seen-*.json"))  # the holder takes the position along


def test_a_holder_is_replaced_and_the_journal_still_holds(place, capsys):
    assert examd("bank replace-holder b 李丽 周杰=周杰", *holders("王强", "赵敏")) == 0
    assert "share-2-2.json" in capsys.readouterr().out
    assert examd("bank open b --hours 1", *holders("王强", "李丽")) == 3
    assert "no keyholder" in capsys.readouterr().err
    assert examd("bank verify-shares b", *holders("王强", "周杰", "赵敏")) == 0
    assert "3 shares, 3 combinations" in capsys.readouterr().out
    assert examd("bank rekey b", *holders("王强", "周杰", "赵敏")) == 0
    assert examd("bank journal b") == 0
    assert "Sound" in capsys.readouterr().out


def test_the_journal_is_compared_with_what_was_noted_on_paper(place, capsys):
    assert examd("bank status b --json") == 0
    status = json.loads(capsys.readouterr().out)
    digits, position = status["fingerprint"], status["position"]
    assert examd("bank journal b", "--custody", digits, "--position", position) == 0
    assert examd("bank journal b", "--custody", "00000 11111 22222 33333") == 1
    assert examd("bank journal b", "--position", "0-2: 00000 11111 22222 33333") == 1
    assert "nowhere in this journal" in capsys.readouterr().err


def test_a_slip_of_the_keys_is_no_finding_in_the_journal(place, capsys):
    assert examd("bank status b --json") == 0
    status = json.loads(capsys.readouterr().out)
    digits, position = status["fingerprint"], status["position"].split("  ")
    for typed in (digits.replace(" ", ""), digits.replace(" ", "-"), digits.replace(" ", "  ")):
        assert examd("bank journal b", "--custody", typed, "--position", "-".join(position)) == 0
    wrong = str((int(digits[7]) + 1) % 10)
    capsys.readouterr()
    assert examd("bank journal b", "--custody", digits[:7] + wrong + digits[8:]) == 2
    seen = capsys.readouterr()
    assert "wrong in group 2. Probably mistyped" in seen.err and "NOT sound" not in seen.out
    assert examd("bank journal b", "--custody", digits[:-1]) == 2
    assert "20 digits were printed, 19 were typed" in capsys.readouterr().err
    swapped = position[1][:-2] + position[1][-1] + position[1][-2]
    if swapped != position[1]:
        assert examd("bank journal b", "--position", f"{position[0]}  {swapped}") == 2
        assert "wrong in group 4" in capsys.readouterr().err


def test_a_spoilt_share_is_told_from_a_wrong_passphrase(place, capsys):
    share = place / "b/shares/share-1-1.json"
    document = json.loads(share.read_text())
    whole = document["sealed"]["ciphertext"]
    document["sealed"]["ciphertext"] = whole[:-1] + ("0" if whole[-1] != "0" else "1")
    share.write_bytes(canonical(document))
    assert examd("bank open b --hours 1", *holders("王强", "赵敏")) == 2
    assert "The passphrase is not the cause" in capsys.readouterr().err


def test_an_altered_journal_is_found_wrong(place, capsys):
    path = place / "b/journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"reason":"shared"', b'"reason":"nobody"'))
    assert examd("bank journal b") == 1
    seen = capsys.readouterr()
    assert "NOT sound" in seen.out and "signature" in seen.err


def test_a_restored_old_copy_is_refused_and_opens_when_its_loss_is_accepted(place, capsys):
    assert examd("bank open b --hours 1", *holders("王强", "赵敏")) == 0
    assert examd("bank backup b copy") == 0
    (place / "copy").rename(place / "stick")
    assert examd("bank close b") == 1
    assert "was NOT written" in capsys.readouterr().err
    assert examd("bank restore r stick") == 0
    shares = [word for n in (1, 2) for word in ("--share", f"b/shares/share-1-{n}.json")]
    assert examd("bank open r --hours 1", *shares, *holders("王强", "李丽")) == 3
    assert "older copy of the bank" in capsys.readouterr().err
    reason = ["--accept-loss", "disk broken"]
    assert examd("bank open r --hours 1", *shares, *holders("王强", "李丽"), *reason) == 0
    assert examd("bank close r") == 0
    assert examd("bank journal r") == 0
    assert "opened knowingly" in capsys.readouterr().err


def test_cards_are_printed_and_a_name_that_no_font_shows_is_said(place, capsys, monkeypatch):
    assert examd("bank cards b cards.pdf") == 0
    assert (place / "cards.pdf").read_bytes().startswith(b"%PDF") and (place / "cards.pdf").stat().st_mode & 0o77 == 0
    assert examd("bank cards b cards.pdf --words 王强=王强") == 0
    assert "words in clear" in capsys.readouterr().err
    monkeypatch.setattr(fonts, "chinese_family", lambda: None)
    assert examd("bank cards b cards.pdf") == 0
    said = capsys.readouterr().err
    assert "No font of this machine shows Chinese" in said and "王强李丽赵敏" in said


def pages(pdf):
    """Each page of a PDF as a picture, as a printer at 200 dpi would have it."""
    from PIL import Image

    if shutil.which("pdftoppm") is None:
        pytest.skip("no pdftoppm on this machine")
    subprocess.run(["pdftoppm", "-r", "200", "-gray", "-png", pdf, pdf.with_suffix("")], check=True)
    return [Image.open(path) for path in sorted(pdf.parent.glob(f"{pdf.stem}-*.png"))]


def test_what_is_scanned_off_a_printed_card_is_the_share_again(place, capsys):
    import zxingcpp

    assert examd("bank cards b cards.pdf --words 李丽=李丽") == 0
    printed = pages(place / "cards.pdf")
    assert len(printed) == 3  # a page each, the words as well
    for index, page in enumerate(printed, 1):
        (found,) = zxingcpp.read_barcodes(page)
        share = place / f"b/shares/share-1-{index}.json"
        assert json.loads(found.text) == json.loads(share.read_bytes())
        share.write_text(found.text)
    assert examd("bank verify-shares b", *holders("王强", "李丽", "赵敏")) == 0


def test_one_holder_prints_one_card_alone(place, capsys):
    (place / "stick").mkdir()
    (place / "b/shares/share-1-1.json").rename(place / "stick/share-1-1.json")
    (place / "b/shares/share-1-3.json").unlink()
    (place / "b/shares/share-1-2.json").unlink()
    assert examd("bank new-passphrase b 王强=周杰 --old 王强 --share stick/share-1-1.json") == 0
    command = capsys.readouterr().err.rpartition("examd ")[2].strip()
    assert command == "bank cards b card.pdf --holder 王强 --share stick/share-1-1.json"
    assert examd(command) == 0
    assert "1 cards: card.pdf" in capsys.readouterr().out
    assert examd("bank cards b card.pdf --holder 李丽") == 2
    assert "e.g. on its holder's stick" in capsys.readouterr().err


def test_with_every_share_on_its_holders_stick_the_handbooks_commands_work(place, capsys):
    def to_sticks(generation):
        for index in (1, 2, 3):
            (place / f"usb{index}").mkdir(exist_ok=True)
            name = f"share-{generation}-{index}.json"
            (place / f"b/shares/{name}").rename(place / f"usb{index}" / name)
        return [f"--share=usb{index}/share-{generation}-{index}.json" for index in (1, 2, 3)]

    sticks = to_sticks(1)
    assert examd("bank verify-shares b", *sticks, *holders("王强", "李丽", "赵敏")) == 0
    assert examd("bank rekey b", *sticks, *holders("王强", "李丽", "赵敏")) == 0
    assert "Destroy every share and card of before, on sticks too" in capsys.readouterr().out
    sticks = to_sticks(2)
    assert examd("bank replace-holder b 李丽 周杰=周杰", sticks[0], sticks[2], *holders("王强", "赵敏")) == 0
    sticks = to_sticks(3)
    assert examd("bank new-passphrase b 周杰=李丽 --old 周杰", sticks[1]) == 0
    assert examd("bank open b --hours 1", *sticks[:2], *holders("王强"), "--holder", "周杰=李丽") == 0


def test_a_passphrase_on_the_command_line_is_not_said_again(place, capsys):
    for command in (
        "open b --hours 1 --holder 王强=王强 --holder 赵敏=hunter2hunter2",
        "replace-holder b 李丽 周杰=hunter2hunter2",
    ):
        assert examd(f"bank {command}", *(holders("王强", "赵敏") if "replace" in command else ())) == 2
        said = capsys.readouterr().err
        assert "must be a file" in said and "hunter2" not in said


def test_whoever_comes_is_named_well_before_anybody_types_and_the_bank_stays_closed(place, capsys):
    before = (place / "b/journal.jsonl").read_bytes()
    for comes in ("12=周杰", "王强=周杰"):
        assert examd(f"bank replace-holder b 李丽 {comes}", *holders("王强", "赵敏")) == 3
    assert examd("bank replace-holder b 李丽 周杰=王强", *holders("王强", "赵敏")) == 3  # 王强's own passphrase
    assert "another holder's already" in capsys.readouterr().err
    assert (place / "b/journal.jsonl").read_bytes() == before


def test_who_is_here_is_read_as_a_chinese_keyboard_types_it(place, monkeypatch):
    from bank.custody import Custody
    from tools.cli.bank import holders

    custody = Custody.read(place / "b")
    for typed in ("1 3", "1、3", "１，３", "1；3\n", " 王强,赵敏 "):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        monkeypatch.setattr("sys.stdin.isatty", lambda: True)
        assert [custody.holder(each).index for each in holders._ask_who(custody)] == [1, 3]


def test_words_are_typed_some_at_a_time_and_each_is_checked_at_once(place, capsys, monkeypatch):
    from bank.custody import Offered
    from bank.seal import shares

    share = place / "b/shares/share-1-1.json"
    clear = shares.in_clear(Offered.read(share).unseal(PEOPLE["王强"])).split()
    wrong = "academic" if clear[8] != "academic" else "acid"
    typed = [
        " ".join(clear[:5]), "6. " + clear[5][:4] + " nonword", " ".join(clear[6:8]), wrong, " ".join(clear[9:33]),
        " ".join(clear[8:33]), "34. " + clear[33][:-1] + ("0" if clear[33][-1] != "0" else "1"), " ".join(clear[33:]),
    ]  # fmt: skip
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(typed) + "\n"))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    share.unlink()
    assert examd("bank new-passphrase b 王强=周杰 --words") == 0
    said = capsys.readouterr().err
    assert "Number 7 is no word" in said and "Word 9 is wrong" in said and "Number 34 is not as printed" in said
    assert not set(clear[33:]) & set(said.split()) and " ".join(clear[:2]) not in said
    assert examd("bank verify-shares b --holder 王强=周杰 --holder 李丽=李丽") == 0


def test_where_the_right_answers_stand_is_told_only_within_the_bound(place, capsys):
    for limit, code in ((0, 3), (8, 0)):
        assert examd(f"bank open b --hours 1 --export-limit {limit}", *holders("王强", "赵敏")) == 0
        capsys.readouterr()
        assert examd("bank check b --json") == 0
        assert json.loads(capsys.readouterr().out)["answer_positions"] == {}
        assert examd("bank check b --json --answer-positions") == code
        told = capsys.readouterr()
        assert (
            ("at most 0 items" in told.err) if code else json.loads(told.out)["answer_positions"]["single"] == {"A": 8}
        )
        assert examd("bank close b") == 0


@pytest.mark.skipif(fonts.chinese_family() is None, reason="no Chinese font on this machine")
def test_a_font_says_which_characters_it_lacks():
    family = fonts.chinese_family()
    assert fonts.missing("题库份额 abc 123，。", family) == ""
    assert fonts.missing("王\U000f0000强\U000f0001", family) == "\U000f0000\U000f0001"


def test_a_forgotten_passphrase_is_replaced_from_the_words_in_clear(place, capsys):
    from bank.custody import Offered
    from bank.seal import shares

    share = place / "b/shares/share-1-1.json"
    clear = shares.in_clear(Offered.read(share).unseal(PEOPLE["王强"]))
    assert len(clear.split()) == 41
    (place / "clear").write_text(clear.upper() + "\n")
    flipped = "".join(f"{15 - int(digit, 16):x}" for digit in clear[-2:])
    (place / "wrong").write_text(clear[:-2] + flipped + "\n")
    for name in ("clear", "wrong"):
        (place / name).chmod(0o600)
    share.unlink()
    assert examd("bank new-passphrase b 王强=周杰 --words wrong") == 3
    assert examd("bank new-passphrase b 王强=周杰 --words 李丽") == 3
    capsys.readouterr()
    assert examd("bank new-passphrase b 李丽=周杰 --words clear") == 3
    assert "These are the words of 王强, not those of 李丽." in capsys.readouterr().err
    assert examd("bank new-passphrase b 王强=周杰 --words clear") == 0
    assert examd("bank verify-shares b --holder 王强=周杰 --holder 李丽=李丽") == 0
    assert examd("bank new-passphrase b 王强=王强 --old 周杰") == 0
    assert examd("bank verify-shares b", *holders("王强", "李丽")) == 0
    assert clear.split()[4] not in capsys.readouterr().err


def test_a_bank_with_a_single_passphrase_says_how_it_would_be_shared(place, capsys):
    assert examd("bank init single --passphrase-file bank") == 0
    for command in ("open single --hours 1", "status single", "close single", "rekey single", "backup single out"):
        assert examd(f"bank {command}") == 2
        assert "examd bank share" in capsys.readouterr().err
    assert examd("bank share b --passphrase-file bank", *holders("王强", "李丽")) == 3


# ---- a handing over that is killed ------------------------------------------------------------------------------------


def killed(line, at):
    """Runs a command in a process that is killed at its `at`-th step to the disk; whether it was."""
    child = os.fork()
    if child == 0:
        count = itertools.count(1)

        def or_die(step):
            def counted(*args, **more):
                if next(count) == at:
                    os.kill(os.getpid(), signal.SIGKILL)
                return step(*args, **more)

            return counted

        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        os.fsync, os.unlink = or_die(os.fsync), or_die(os.unlink)
        code = 1
        with contextlib.suppress(BaseException):
            code = main.main(line)
        os._exit(code)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, status
    return os.WIFSIGNALED(status)


@pytest.mark.parametrize("command", ["share", "rekey"])
@pytest.mark.parametrize("stride", [4, pytest.param(1, marks=pytest.mark.campaign)])
def test_a_handing_over_killed_at_any_step_is_finished_or_begun_again_by_its_holders(place, capsys, command, stride):
    everyone = holders("王强", "李丽", "赵敏")
    if command == "share":
        assert examd("bank init c --sample --passphrase-file bank") == 0
        fresh, line = place / "c", ["bank", "share", "t", "--passphrase-file", "bank", *everyone]
    else:
        fresh, line = place / "b", ["bank", "rekey", "t", *everyone]
    table = place / "t"
    ways = set()
    for at in itertools.count(1, stride):
        shutil.rmtree(table, ignore_errors=True)
        shutil.rmtree(place / "state", ignore_errors=True)
        shutil.copytree(fresh, table)
        if not killed(line, at):
            break
        status = examd("bank status t")
        told = capsys.readouterr().out
        if status == 2:  # not shared yet: the passphrase is still good
            ways.add("begun again")
            assert examd("bank share t --passphrase-file bank", *everyone) == 0, at
            continue
        ways.add("finished" if "broken off" in told else "done")
        assert examd("bank verify-shares t", *everyone) == 0, at
        assert examd("bank rekey t", *everyone) == 0, (at, capsys.readouterr().err)
        left = [path.name for path in table.rglob("*") if ".next." in path.name]
        assert (left, examd("bank journal t")) == ([], 0), at
        generations = {path.name.split("-")[1] for path in (table / "shares").glob("share-*")}
        assert len(generations) == 1, (at, generations)
    assert at > 15 and {"finished", "done"} <= ways
    assert command == "rekey" or "begun again" in ways


def test_after_a_killed_rekey_the_new_shares_open_and_the_old_ones_are_named(place, capsys):
    shutil.copytree(place / "b/shares", place / "kept")
    for at in itertools.count(1):
        assert killed(["bank", "rekey", "b", *holders("王强", "李丽", "赵敏")], at)
        if (place / "b/custody.next.json").exists() and not (place / "b/bank.next.db").exists():
            break
    assert examd("bank open b --hours 1 --share kept/share-1-1.json --share kept/share-1-2.json") == 3
    assert "generation 1; the bank now has the key of generation" in capsys.readouterr().err
    assert examd("bank journal b") == 0 and "broken off" in capsys.readouterr().err
    assert examd("bank open b --hours 1", *holders("王强", "李丽")) == 0
    assert examd("bank close b") == 0 and examd("bank journal b --json") == 0
    assert not (place / "b/custody.next.json").exists()


# ---- what is told of an open bank -------------------------------------------------------------------------------------


def test_a_bank_open_out_of_reach_is_not_called_closed(place, capsys, monkeypatch):
    assert examd("bank open b --hours 1", *holders("王强", "赵敏")) == 0
    capsys.readouterr()
    reach = os.environ["XDG_RUNTIME_DIR"]
    with tempfile.TemporaryDirectory(prefix="examd-") as elsewhere:
        monkeypatch.setenv("XDG_RUNTIME_DIR", elsewhere)
        for command in ("close b", "status b", "list b", "backup b out", "open b --hours 1 --holder 王强=王强"):
            assert examd(f"bank {command}") == 3, command
            seen = capsys.readouterr()
            said = seen.out + seen.err
            assert "The bank is OPEN: process " in said and "not open" not in said
        assert examd("bank status b --json") == 3
        pid = json.loads(capsys.readouterr().out)["not_open"]["pid"]
        monkeypatch.setenv("XDG_RUNTIME_DIR", reach)
    assert examd("bank status b --json") == 0
    assert json.loads(capsys.readouterr().out)["open"]["pid"] == pid
    assert examd("bank close b") == 0


def test_after_its_agent_was_killed_every_command_says_so(place, capsys):
    assert examd("bank open b --hours 1", *holders("王强", "赵敏")) == 0
    capsys.readouterr()
    assert examd("bank status b --json") == 0
    os.kill(json.loads(capsys.readouterr().out)["open"]["pid"], signal.SIGKILL)
    for command, code in (("status b", 0), ("close b", 0), ("list b", 3), ("backup b out", 3)):
        assert examd(f"bank {command}") == code
        seen = capsys.readouterr()
        assert "was never closed (entry 3)" in seen.out + seen.err, command


# ---- what is told of the journal --------------------------------------------------------------------------------------


def test_a_missing_journal_is_not_a_sound_one(place, capsys):
    assert examd("bank init single --sample --passphrase-file bank") == 0
    assert examd("bank journal single") == examd("bank journal nowhere") == 2
    shutil.copytree(place / "b", place / "bare")
    (place / "bare/journal.jsonl").unlink()
    assert examd("bank journal bare") == 1
    assert "missing" in capsys.readouterr().err
    (place / "alone").mkdir()
    shutil.copy(place / "b/journal.jsonl", place / "alone")
    assert examd("bank journal alone") == 0  # an auditor has nothing else
    assert "not compared" in capsys.readouterr().err
    assert examd("bank rekey b", *holders("王强", "李丽", "赵敏")) == 0
    shutil.copy(place / "alone/journal.jsonl", place / "b")
    assert examd("bank journal b") == 1
    assert "not those of custody.json" in capsys.readouterr().err


def test_what_stands_on_paper_is_taken_from_any_keyboard_and_from_any_generations_card(place, capsys):
    def now():
        capsys.readouterr()
        assert examd("bank status b --json") == 0
        status = json.loads(capsys.readouterr().out)
        return status["fingerprint"], status["position"]

    first, position = now()
    assert examd("bank rekey b", *holders("王强", "李丽", "赵敏")) == 0
    second, _ = now()
    wide = str.maketrans("0123456789-: ", "０１２３４５６７８９－：　")
    for digits, said in ((first, "generation 1 (entry 1)"), (second.translate(wide), "generation 2 (entry 4)")):
        assert examd("bank journal b", "--custody", digits, "--position", position.translate(wide)) == 0
        assert said in capsys.readouterr().out


def test_what_a_caller_says_does_not_steer_the_screen_it_is_read_on(place, capsys):
    from bank import agent

    assert examd("bank open b --hours 1", *holders("王强", "赵敏")) == 0
    with agent.connect(place / "b", "\x1b[2J\r\u202e无误") as remote:
        remote.answer_keys.of([next(remote.items.select(verified=False, state=None)).id])
    assert examd("bank close b") == 0 and examd("bank journal b") == 0
    shown = capsys.readouterr().out
    assert "无误" in shown and not any(char in shown for char in "\x1b\r\u202e")
    assert language.plain("a\x1b\n\u202eb") == "a␛␊\ufffdb"


def test_what_was_refused_does_not_stand_in_the_journal_as_done(place, capsys):
    assert examd("bank open b --hours 1", *holders("王强", "赵敏")) == 0
    from bank import agent

    with agent.connect(place / "b") as remote, pytest.raises(Exception, match="agent-fault"):
        remote.exposure.add("s", "site", {"00" * 16: 3})
    assert examd("bank close b") == 0 and examd("bank journal b --json") == 0
    entries = json.loads(capsys.readouterr().out.splitlines()[-1])["entries"]
    assert [(each["act"], each["facts"].get("of")) for each in entries[3:5]] == [("expose", None), ("undone", 4)]
    assert examd("bank journal b") == 0
    assert "entry 4 (noting exposure) did NOT happen" in capsys.readouterr().out


def test_the_journal_says_in_words_why_something_did_not_happen():
    from tools.cli.bank.backup import _entry

    line = _entry("undone", {"of": 4, "what": "enrol", "code": "person-needs-keepers"})
    assert "person-needs-keepers" not in line and "keyholders by whom the bank is open" in line and "<" not in line
    assert "OSError" in _entry("undone", {"of": 4, "what": "expose", "code": "OSError"})


def test_an_altered_journal_stops_opening_and_backing_up_until_its_holders_accept_it(place, capsys):
    path = place / "b/journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"reason":"shared"', b'"reason":"nobody"'))
    two = holders("王强", "赵敏")
    assert examd("bank open b --hours 1", *two) == 3
    assert "The journal was altered, in 1 places; the first is entry 2" in capsys.readouterr().err
    assert examd("bank open b --hours 1 --accept-loss 磁盘坏块", *two) == 0
    assert examd("bank backup b copy") == 0 and examd("bank close b") == 0
    seen = capsys.readouterr()
    assert "Opened knowingly in spite of a loss: 磁盘坏块" in seen.out
    assert examd("bank restore r copy") == 0 and examd("bank journal r") == 1
    seen = capsys.readouterr()
    assert "altered journal accepted: 磁盘坏块" in seen.out and "    2  ✗ The signature" in seen.err
    assert "Altered, and accepted by its keyholders: entries 2" in seen.out and "Sound" not in seen.out
    assert "older copy" not in seen.out + seen.err
    data = (place / "copy/journal.jsonl").read_bytes().replace(b'"torn":false', b'"torn":true')
    (place / "copy/journal.jsonl").write_bytes(data)
    assert examd("bank restore again copy") == 2
    path.write_bytes(path.read_bytes().replace(b'"epoch":1', b'"epoch":0'))
    assert examd("bank open b --hours 1", *two) == 3  # what was accepted is that one alteration, and no other


def test_every_command_tells_a_program_what_it_did(place, capsys, monkeypatch):
    """One JSON object on standard output, and nothing else there."""

    def told(line, *more):
        capsys.readouterr()
        assert examd(f"{line} --json", *more) == 0
        return json.loads(capsys.readouterr().out)

    everyone = holders("王强", "李丽", "赵敏")
    (place / "who").write_text("correct horse battery\n")
    (place / "who").chmod(0o600)
    assert told("bank init other --sample --passphrase-file bank") == {"bank": "other", "sample": True, "open": False}
    assert told("bank template items.xlsx") == {"file": "items.xlsx"}
    assert told("bank verify-shares b", *everyone) == {"shares": 3, "combinations": 3}
    assert told("bank rekey b", *everyone)["combinations"] == 3
    assert len(told("bank replace-holder b 李丽 周杰=周杰", *holders("王强", "赵敏"))["shares"]) == 3
    assert told("bank new-passphrase b 周杰=who --old 周杰")["name"] == "周杰"
    assert told("bank open b --hours 1", *holders("王强", "赵敏"))["holders"] == ["王强", "赵敏"]
    hand = "--key-passphrase-file who"
    for person, role in (("li", "author"), ("wang", "reviewer")):
        assert (
            examd(f"bank person b --key {person}.key --name {person} --role {role} {hand}", *holders("王强", "赵敏"))
            == 0
        )
    assert examd(f"bank adopt b q1 --as li.key {hand}") == 0
    assert told(f"bank submit b q1 --as li.key {hand}")["items"] == [{"item": "q1", "rev": 1}]
    assert told(f"bank return b q1 --remarks 不清 --as wang.key {hand}")["items"] == [{"item": "q1", "rev": 1}]
    (place / "one.csv").write_text(HEAD + ROW.format(n=1).replace("喊人", "呼救"))
    assert told(f"bank revise b q1 one.csv --as li.key {hand}") == {"item": "q1", "rev": 2}
    assert told(f"bank submit b q1 --as li.key {hand}")["items"] == [{"item": "q1", "rev": 2}]
    with monkeypatch.context() as patched:  # a reviewer at a terminal, with the agent's own clock
        for stream in ("stdin", "stdout"):
            patched.setattr(f"sys.{stream}.isatty", lambda: True)
        patched.setattr("builtins.input", lambda _prompt: time.sleep(2) or "")
        assert examd(f"bank review b q1 --as wang.key {hand}") == 0
    assert "1 items read, 0 skipped, 0 left." in capsys.readouterr().out
    assert told(f"bank approve b q1 --as wang.key {hand}")["items"] == [{"item": "q1", "rev": 2}]
    assert told(f"bank export b out.csv --state approved --to 省局 --as wang.key {hand}")["written"] == 1
    assert told(f"bank retire b q1 --remarks 旧 --as wang.key {hand}")["items"] == [{"item": "q1", "rev": 2}]
    position = told("bank backup b copy")
    closed = told("bank close b")
    assert closed["was_open"] and [each["written"] for each in closed["backups"]] == [True, True]
    assert told("bank close b") == {"was_open": False}
    restored = told("bank restore again copy")
    assert restored["n"] == position["n"] + 1 and restored["head"] != position["head"]
