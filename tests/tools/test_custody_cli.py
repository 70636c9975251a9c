"""`examd bank share … journal` as keyholders meet it, and the other commands as clients of the agent."""

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from bank.seal import passphrase as sealing
from tools import cli, fonts
from tools.sentences import custody as sentences

ROOT = Path(__file__).parents[2]
PEOPLE = {name: f"{name}的密码句子一二三" for name in ("王强", "李丽", "赵敏", "周杰")}
HEAD = "编号,题干,题型,A,B,C,D,答案,章节,认知层次,难度,依据,解析\n"
ROW = "q{n},第 {n} 题触电急救首先应做什么？,单选,断电,喊人,拍照,离开,A,2.1,掌握,0.9,通则,先断电\n"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the Windows half of the line has not been tried")


@pytest.fixture(scope="module", autouse=True)
def quick():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sealing, "MEMORY_KIB", 64)
        yield


@pytest.fixture
def place(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    run = tempfile.TemporaryDirectory(prefix="examd-")  # short: a socket's address is
    monkeypatch.setenv("XDG_RUNTIME_DIR", run.name)
    monkeypatch.setenv("EXAMD_LANG", "en")
    monkeypatch.chdir(tmp_path)
    for name, word in (PEOPLE | {"bank": "correct horse battery"}).items():
        (tmp_path / name).write_text(word + "\n")
        (tmp_path / name).chmod(0o600)
    (tmp_path / "items.csv").write_text(HEAD + "".join(ROW.format(n=n) for n in range(1, 9)))
    assert examd("bank init b --passphrase-file bank") == 0
    assert examd("bank import b items.csv --passphrase-file bank") == 0
    assert examd("bank share b --passphrase-file bank", *holders("王强", "李丽", "赵敏")) == 0
    capsys.readouterr()
    yield tmp_path
    with contextlib.suppress(Exception):
        examd("bank close b")
    run.cleanup()


def examd(line, *more):
    try:
        return cli.main([*line.split(), *more])
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


def test_an_altered_journal_is_found_wrong(place, capsys):
    path = place / "b/journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"reason":"shared"', b'"reason":"nobody"'))
    assert examd("bank journal b") == 1
    seen = capsys.readouterr()
    assert "NOT sound" in seen.out and "signature" in seen.err


def test_a_restored_old_copy_is_refused_and_opens_when_its_loss_is_accepted(place, capsys):
    assert examd("bank open b --hours 1", *holders("王强", "赵敏")) == 0
    assert examd("bank backup b copy") == 0
    assert examd("bank close b") == 0
    assert examd("bank restore r copy") == 0
    shares = [word for n in (1, 2) for word in ("--share", f"b/shares/share-1-{n}.json")]
    assert examd("bank open r --hours 1", *shares, *holders("王强", "李丽")) == 3
    assert "older copy of the bank" in capsys.readouterr().err
    reason = ["--accept-loss", "disk broken"]
    assert examd("bank open r --hours 1", *shares, *holders("王强", "李丽"), *reason) == 0
    assert examd("bank close r") == 0
    assert examd("bank journal r") == 0
    assert "opened knowingly" in capsys.readouterr().err


def test_cards_are_printed_and_a_name_that_no_font_shows_is_said(place, capsys, monkeypatch):
    pytest.importorskip("typst")
    assert examd("bank cards b cards.pdf") == 0
    assert (place / "cards.pdf").read_bytes().startswith(b"%PDF") and (place / "cards.pdf").stat().st_mode & 0o77 == 0
    assert examd("bank cards b cards.pdf --words 王强=王强") == 0
    assert "words in clear" in capsys.readouterr().err
    monkeypatch.setattr(fonts, "chinese_family", lambda: None)
    assert examd("bank cards b cards.pdf") == 0
    said = capsys.readouterr().err
    assert "No font of this machine shows Chinese" in said and "王强李丽赵敏" in said


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
    (place / "wrong").write_text(clear[:-2] + "00\n")
    for name in ("clear", "wrong"):
        (place / name).chmod(0o600)
    share.unlink()
    assert examd("bank new-passphrase b 王强=周杰 --words wrong") == 3
    assert examd("bank new-passphrase b 王强=周杰 --words 李丽") == 3
    assert examd("bank new-passphrase b 李丽=周杰 --words clear") == 3
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


def test_every_code_that_custody_raises_has_a_sentence():
    from tools.sentences import bank, package

    known = sentences.SENTENCES.keys() | bank.SENTENCES.keys() | package.SENTENCES.keys()
    pattern = r"(?:Denied|BadFile|BrokenStore)\(\s*\"([a-z-]+)\"|\"(journal-[a-z-]+)\"\)"
    for module in ("custody", "journal", "agent", "channel", "seal/shares"):
        for found in re.findall(pattern, (ROOT / f"bank/{module}.py").read_text()):
            assert found[0] in known or found[1] in known, found


def test_every_refusal_and_every_act_has_its_sentence_in_chinese():
    from tools import say

    say.set_language("zh")
    try:
        for text in [*sentences.SENTENCES.values(), *sentences.ACTS.values(), *sentences.REASONS.values()]:
            assert say._(text) != text, text
    finally:
        say.set_language("en")


def test_help_explains_each_command_with_an_example():
    environment = os.environ | {"PYTHONPATH": str(ROOT), "EXAMD_LANG": "en"}
    for command in ("share", "cards", "verify-shares", "open", "close", "status", "rekey", "replace-holder", "backup",
                    "new-passphrase", "restore", "journal"):  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", "tools.cli", "bank", command, "--help"],
            capture_output=True, text=True, check=True, env=environment,
        )  # fmt: skip
        assert "Example: examd bank " + command in done.stdout
