"""`examd bank` as its keeper meets it: exit codes, data on stdout, sentences on stderr, no answer key unasked."""

import argparse
import itertools
import json
import os
import pty
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from bank.authoring import review
from bank.content import Content, ItemType, Option
from bank.item import AnswerKey, Item
from bank.refused import BadFile, BrokenStore, Denied, Refused
from tests.shared import DATA, needs
from tools.cli import bank, language, secrets
from tools.cli.sentences.review import FIELDS

ROOT = Path(__file__).parents[3]
BANKS = DATA / "banks"
PASSPHRASE = "correct horse battery"
HEAD = "编号,题干,题型,A,B,C,D,答案,章节,认知层次,难度,依据,解析\n"
GOOD = (
    "q1,触电急救首先应做什么？,单选,断电,喊人,拍照,离开,A,2.1,掌握,0.9,通则,先断电\n"
    "q2,电流的单位是安培。,判断,,,,,√,5,了解,易,,\n"
    "q3,下列属于绝缘材料的有,多选,橡胶,铜,陶瓷,铁,AC,3,,,,\n"
)
BAD = "q4,缺答案,单选,甲,乙,丙,丁,,3,,,,\nq5,重复选项,单选,甲,乙,甲,丁,A,3,,,,\n"


@pytest.fixture(autouse=True)
def english():
    language.set_language("en")
    yield
    language.set_language("zh")


@pytest.fixture
def place(tmp_path):
    (tmp_path / "pass").write_text(PASSPHRASE + "\n")
    (tmp_path / "pass").chmod(0o600)
    (tmp_path / "items.csv").write_text(HEAD + GOOD)
    assert run(tmp_path, "init", "bank", "--sample") == 0  # where nobody has to sign what they write
    return tmp_path


def run(place, command, *words):
    parser = argparse.ArgumentParser()
    bank.register(parser.add_subparsers())
    before = Path.cwd()
    os.chdir(place)
    try:
        args = parser.parse_args(["bank", command, *map(str, words), "--passphrase-file", "pass"])
        return args.run(args)
    finally:
        os.chdir(before)


def told(capsys):
    return json.loads(capsys.readouterr().out)


def test_a_clean_file_is_imported_with_exit_code_0_and_again_adds_nothing(place, capsys):
    assert run(place, "import", "bank", "items.csv") == 0
    assert "3 added, 0 already there, 0 refused" in capsys.readouterr().out
    assert run(place, "import", "bank", "items.csv", "--json") == 0
    report = told(capsys)
    assert (report["added"], report["already"], report["refused"]) == (0, 3, [])


def test_refused_rows_are_listed_with_place_and_reason_and_the_rest_goes_in(place, capsys):
    (place / "items.csv").write_text(HEAD + GOOD + BAD)
    assert run(place, "import", "bank", "items.csv") == 1
    seen = capsys.readouterr()
    assert "items.csv row 5  There is no answer." in seen.err
    assert "items.csv row 6  Option C repeats option A." in seen.err
    assert "3 added" in seen.out
    assert run(place, "import", "bank", "items.csv", "--json") == 1
    assert [(r["row"], r["reason"]) for r in told(capsys)["refused"]] == [(5, "no-answer"), (6, "repeated-option")]


def test_a_dry_run_says_the_same_and_adds_nothing(place, capsys):
    assert run(place, "import", "bank", "items.csv", "--dry-run", "--json") == 0
    assert told(capsys)["added"] == 3
    assert run(place, "list", "bank", "--json") == 0
    assert capsys.readouterr().out == ""


def test_an_unreadable_file_among_good_ones_leaves_the_bank_as_it_was(place, capsys):
    (place / "broken.xlsx").write_bytes(b"nonsense")
    with pytest.raises(BadFile, match="workbook-unreadable"):
        run(place, "import", "bank", "items.csv", "broken.xlsx")
    assert run(place, "list", "bank") == 0
    assert capsys.readouterr().out == ""


def test_a_row_that_contradicts_the_bank_is_told(place, capsys):
    run(place, "import", "bank", "items.csv")
    (place / "other.csv").write_text(HEAD + GOOD.replace("√", "×"))
    capsys.readouterr()
    assert run(place, "import", "bank", "other.csv", "--json") == 1
    (found,) = told(capsys)["contradicting"]
    assert found["row"] == 3 and found["against"] is None and found["item"]


def test_a_repeat_in_a_file_is_told_with_its_row(place, capsys):
    (place / "items.csv").write_text(HEAD + GOOD + GOOD)
    capsys.readouterr()
    assert run(place, "import", "bank", "items.csv", "--json") == 0
    assert [repeat["row"] for repeat in told(capsys)["repeats"]] == [5, 6, 7]


def test_listing_shows_answer_keys_only_when_asked(place, capsys):
    run(place, "import", "bank", "items.csv")
    capsys.readouterr()
    run(place, "list", "bank", "--json")
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(records) == 3 and not any({"answer", "explanation", "answer_key"} & record.keys() for record in records)
    run(place, "list", "bank")
    assert "[" not in capsys.readouterr().out
    run(place, "list", "bank", "--with-keys")
    assert "[AC]" in capsys.readouterr().out
    run(place, "list", "bank", "--with-keys", "--json")
    assert [json.loads(line)["answer"] for line in capsys.readouterr().out.splitlines()] == [[0], [0], [0, 2]]


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        (["--type", "判断"], ["q2"]),
        (["--type", "single"], ["q1"]),
        (["--chapter", "2"], ["q1"]),
        (["--level", "了解"], ["q2"]),
        (["--search", "陶瓷"], ["q3"]),
        (["--chapter", "9"], []),
    ],
)
def test_lists_are_narrowed(place, capsys, words, codes):
    run(place, "import", "bank", "items.csv")
    capsys.readouterr()
    assert run(place, "list", "bank", *words, "--json") == 0
    assert [json.loads(line)["code"] for line in capsys.readouterr().out.splitlines()] == codes


@pytest.mark.parametrize("words", [["--type", "连线"], ["--level", "精通"]])
def test_a_word_that_is_no_type_or_level_is_a_usage_error(place, words):
    with pytest.raises(SystemExit) as caught:
        run(place, "list", "bank", *words)
    assert caught.value.code == 2


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".jsonl"])
def test_an_export_fills_another_bank_with_the_same_items(place, capsys, suffix):
    run(place, "import", "bank", "items.csv")
    assert run(place, "export", "bank", f"out{suffix}") == 0
    assert "not encrypted" in capsys.readouterr().err
    assert (place / f"out{suffix}").stat().st_mode & 0o077 == 0
    run(place, "init", "again", "--sample")
    assert run(place, "import", "again", f"out{suffix}") == 0
    capsys.readouterr()
    listed = []
    for name in ("bank", "again"):
        run(place, "list", name, "--with-keys", "--json")
        listed.append(capsys.readouterr().out)
    assert listed[0] == listed[1]


def test_an_export_may_be_narrowed(place, capsys):
    run(place, "import", "bank", "items.csv")
    capsys.readouterr()
    run(place, "export", "bank", "out.jsonl", "--chapter", "5", "--type", "判断")
    assert [json.loads(line)["id"] for line in (place / "out.jsonl").read_text().splitlines()] == ["q2"]


def test_check_counts_and_names_what_is_lacking(place, capsys):
    run(place, "import", "bank", "items.csv")
    capsys.readouterr()
    assert run(place, "check", "bank", "--json", "--answer-positions") == 0
    report = told(capsys)
    assert report["items"] == 3 and report["types"] == {"multiple": 1, "single": 1, "truefalse": 1}
    assert report["lacking"] == {"difficulty": 1, "basis": 2, "subject": 3, "chapter": 0, "level": 1, "picture": 0}
    assert report["answer_positions"] == {"single": {"A": 1}, "truefalse": {"true": 1}, "multiple": {"A": 1, "C": 1}}
    assert report["vault"]["problems"] == [] and report["vault"]["settings"]["synchronous"] == 2
    assert run(place, "check", "bank") == 0
    assert "every page authenticates" in capsys.readouterr().out


def test_a_damaged_bank_is_exit_code_4(place, capsys):
    (place / "items.csv").write_text(
        HEAD + "".join(f"n{n},第{n}题" + "长" * 300 + ",判断,,,,,√,5,,,,\n" for n in range(60))
    )
    run(place, "import", "bank", "items.csv")
    data = bytearray((place / "bank/bank.db").read_bytes())
    data[-3000] ^= 1
    (place / "bank/bank.db").write_bytes(data)
    try:
        code = run(place, "check", "bank", "--json")
    except BrokenStore as broken:
        assert broken.code == "store-damaged"
    else:
        assert code == 4


def test_a_wrong_passphrase_and_a_missing_bank_are_told_apart(place):
    with pytest.raises(BadFile, match="bank-missing"):
        run(place, "list", "nowhere")
    (place / "pass").rename(place / "kept")
    with pytest.raises(BadFile, match="bank-missing"):
        run(place, "list", "nowhere")  # before anybody is asked for a passphrase
    (place / "kept").rename(place / "pass")
    (place / "pass").write_text("another passphrase")
    with pytest.raises(Denied, match="wrong-passphrase"):
        run(place, "list", "bank")


def test_help_has_an_example_for_every_command(capsys):
    for command in ("init", "import", "export", "list", "check"):
        parser = argparse.ArgumentParser()
        bank.register(parser.add_subparsers())
        with pytest.raises(SystemExit):
            parser.parse_args(["bank", command, "--help"])
        assert f"examd bank {command}" in capsys.readouterr().out


def test_registering_the_command_loads_nothing_heavy():
    program = (
        "import sys, argparse; from tools.cli import bank; bank.register(argparse.ArgumentParser().add_subparsers());"
        "heavy = {'sqlcipher3', 'cryptography', 'xlsxwriter', 'python_calamine', 'bank.store'};"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


class TestSecrets:
    def test_the_first_line_of_a_file_of_one_s_own_is_the_secret(self, tmp_path):
        (tmp_path / "p").write_bytes("\ufeff口令口令口令\r\nsecond line".encode())
        (tmp_path / "p").chmod(0o600)
        assert secrets.ask_secret("bank", "?", tmp_path / "p") == "口令口令口令"

    @pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
    def test_a_file_others_may_read_is_refused(self, tmp_path, mode):
        (tmp_path / "p").write_text(PASSPHRASE)
        (tmp_path / "p").chmod(mode)
        with pytest.raises(Denied, match="secret-file-open") as caught:
            secrets.ask_secret("bank", "?", tmp_path / "p")
        assert PASSPHRASE not in str(caught.value)

    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"", "secret-empty"),
            (b"\nx", "secret-empty"),
            (b"\xff\xfe", "secret-file-malformed"),
            (b"x" * 5000, "secret-file-malformed"),
        ],
    )
    def test_a_file_without_a_secret_is_refused(self, tmp_path, data, code):
        (tmp_path / "p").write_bytes(data)
        (tmp_path / "p").chmod(0o600)
        with pytest.raises(Refused, match=code):
            secrets.ask_secret("bank", "?", tmp_path / "p")

    def test_an_inherited_pipe_serves_as_well(self):
        reading, writing = os.pipe()
        os.write(writing, b"through the pipe\n")
        os.close(writing)
        assert secrets.ask_secret("bank", "?", Path(f"/dev/fd/{reading}")) == "through the pipe"
        os.close(reading)

    def test_without_a_terminal_it_does_not_ask(self):
        program = "from tools.cli.secrets import ask_secret; ask_secret('bank', '?')"
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            start_new_session=True,
            check=False,
        )
        assert "secret-no-terminal" in done.stderr

    def test_on_a_terminal_nothing_typed_is_shown_and_two_entries_must_agree(self):
        for second, outcome in (("typed by hand", "got typed by hand"), ("a slip", "secret-mismatch")):
            child, terminal = pty.fork()
            if child == 0:
                program = (
                    "from tools.cli.secrets import ask_secret\n"
                    "try: print('got', ask_secret('bank', 'Passphrase', confirm=True))\n"
                    "except Exception as e: print(e.code)"
                )
                os.chdir(ROOT)
                os.environ["EXAMD_LANG"] = "zh"
                os.execv(sys.executable, [sys.executable, "-c", program])
            seen = b""
            for entry in ("typed by hand", second):
                while not seen.endswith("：".encode()):
                    seen += os.read(terminal, 1000)
                assert b"typed by hand" not in seen
                os.write(terminal, entry.encode() + b"\n")
                seen += b"|"
            rest = b""
            while True:
                try:
                    chunk = os.read(terminal, 1000)
                except OSError:
                    break
                if not chunk:
                    break
                rest += chunk
            os.waitpid(child, 0)
            assert outcome in rest.decode()


def reads(monkeypatch, *answers):
    """A reviewer at a terminal, who takes as long as it takes."""
    monkeypatch.setattr("bank.store.readings.since_boot", partial(next, itertools.count(0, 1_000)))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    given = iter(answers)
    monkeypatch.setattr("builtins.input", lambda _prompt: next(given))


def test_an_item_goes_through_its_life_in_commands(place, capsys, monkeypatch):
    """Two people, each with a key of their own; the exit codes and what is printed."""
    assert run(place, "init", "real") == 0

    def act(name, who, *words):
        return run(place, name, "real", *words, "--as", f"{who}.key", "--key-passphrase-file", "pass")

    for who, name, role in (("li", "李明", "author"), ("wang", "王芳", "reviewer")):
        words = ("--key", f"{who}.key", "--name", name, "--role", role, "--key-passphrase-file", "pass")
        assert run(place, "person", "real", *words, "--json") == 0
    with pytest.raises(Denied, match="drafts-unsigned"):
        run(place, "import", "real", "items.csv")
    assert act("import", "li", "items.csv") == 0
    assert act("submit", "li", "--all") == 0
    capsys.readouterr()
    assert run(place, "review", "real", "--json") == 0
    waiting = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["item"], one["fields"]["answer key"]) for one in waiting] == [("q1", "A"), ("q2", "A"), ("q3", "AC")]
    with pytest.raises(Denied, match="person-lacks-role"):
        act("approve", "li", "q1")
    with pytest.raises(Denied, match="approve-unread"):
        act("approve", "wang", "q1", "q2")
    assert act("approve", "wang", "--all") == 0  # nothing that was read: nothing approved
    assert "3 items wait that you have not read" in capsys.readouterr().err
    assert act("review", "wang") == 0  # where no reviewer sits, looking is no reading
    assert act("approve", "wang", "--all") == 0 and "3 items wait" in capsys.readouterr().err
    reads(monkeypatch, "", "", "s")
    assert act("review", "wang") == 0
    shown = capsys.readouterr().out
    assert "── 1 of 3" in shown and "answer key: A" in shown and "2 items read, 1 skipped, 0 left." in shown
    assert act("approve", "wang", "--all") == 0 and "2 items approved" in capsys.readouterr().out
    assert act("return", "wang", "q3", "--remarks", "缺依据") == 0
    (place / "q1.csv").write_text(HEAD + GOOD.splitlines()[0].replace("首先", "最先") + "\n")
    assert act("revise", "li", "q1", "q1.csv") == 0
    capsys.readouterr()
    assert run(place, "diff", "real", "q1") == 0
    assert capsys.readouterr().out == "stem: 触电急救[-首-]{+最+}先应做什么？\n"
    assert run(place, "history", "real", "q3", "--json") == 0
    acts = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["act"], one["signed"]) for one in acts] == [("write", True), ("submit", True), ("return", True)]
    assert run(place, "history", "real", "q1") == 0
    assert re.search(r"1  20\d\d-\d\d-\d\d \d\d:\d\d    read  王芳  \d+ s\n", capsys.readouterr().out)
    assert run(place, "search", "real", "最先") == 0
    assert "q1  (draft) single" in capsys.readouterr().out
    assert act("repeal", "wang", "通则", "--on", "2026-01-01") == 0
    assert act("retire", "wang", "q2", "--remarks", "过时") == 0
    capsys.readouterr()
    assert run(place, "list", "real", "--repealed-on", "2026-01-01", "--json") == 0
    assert told(capsys)["code"] == "q1"
    assert run(place, "list", "real", "--state", "approved", "--json") == 0
    assert told(capsys)["code"] == "q1"
    assert run(place, "check", "real", "--json") == 0
    report = told(capsys)
    assert (report["approved"], report["findings"], len(report["repealed"])) == (1, [], 1)
    assert run(place, "check", "real") == 0


def test_history_tells_who_wrote_a_revision_apart_from_who_had_a_hand_in_it_before(place, capsys):
    assert run(place, "init", "real") == 0
    for who, name in (("li", "李明"), ("wang", "王芳")):
        words = ("--key", f"{who}.key", "--name", name, "--role", "author", "--role", "reviewer")
        assert run(place, "person", "real", *words, "--key-passphrase-file", "pass") == 0

    def act(name, who, *words):
        return run(place, name, "real", *words, "--as", f"{who}.key", "--key-passphrase-file", "pass")

    assert act("import", "li", "items.csv") == 0
    capsys.readouterr()
    assert act("adopt", "li", "--all") == 0 and "Nothing to adopt" in capsys.readouterr().out
    assert act("approve", "li", "--all") == 0 and "Nothing to approve" in capsys.readouterr().out
    assert act("retire", "li", "q1", "--remarks", "重复") == 0
    (place / "q1.csv").write_text(HEAD + GOOD.splitlines()[0] + "\n")
    assert act("revise", "wang", "q1", "q1.csv") == 0
    capsys.readouterr()
    assert run(place, "history", "real", "q1") == 0
    (line,) = (each for each in capsys.readouterr().out.splitlines() if each.startswith("2 "))
    assert line.endswith("✓ written  王芳  (hands in it before: 李明)")
    # One sponsor's key in two files is one sponsor; the key file made for the refused person is not left behind.
    third = ("--key", "chen.key", "--name", "陈刚", "--role", "author", "--key-passphrase-file", "pass")
    (place / "copy").mkdir()
    (place / "copy/li.key").write_bytes((place / "li.key").read_bytes())
    sponsors = ("--sponsor", "li.key=pass", "--sponsor", "copy/li.key=pass")
    with pytest.raises(Denied, match="person-needs-sponsors"):
        run(place, "person", "real", *third, *sponsors)
    assert not (place / "chen.key").exists()


def test_samples_are_approved_only_in_a_bank_of_samples(place, capsys):
    assert run(place, "init", "real") == 0
    with pytest.raises(Denied, match="drafts-unsigned"):
        run(place, "import", "real", "items.csv", "--approve-as-sample")
    assert run(place, "init", "sample", "--sample") == 0
    assert run(place, "import", "sample", "items.csv", "--approve-as-sample") == 0
    capsys.readouterr()
    assert run(place, "check", "sample", "--json") == 0
    assert told(capsys)["approved"] == 3


@needs(BANKS)
def test_real_banks_go_in_with_exactly_their_counts_and_a_second_form_of_one_adds_nothing(place, capsys):
    def imported(*files):
        capsys.readouterr()
        run(place, "import", "bank", *(BANKS / file for file in files), "--json")
        report = told(capsys)
        return report["added"], report["already"], len(report["repeats"]), len(report["refused"])

    assert imported("crac_2025/original/full.csv") == (1373, 0, 0, 2)
    assert imported("crac_2025/crac_2025.jsonl") == (0, 1373, 0, 2)
    assert imported("irish_driving_zh/irish_driving_zh.jsonl") == (801, 0, 0, 4)
    assert imported("wx_party_quiz/wx_party_quiz.jsonl") == (388, 6, 6, 17)
    run(place, "check", "bank", "--json")
    report = told(capsys)
    assert report["items"] == 2562 and report["needing_picture"] == 53 and report["lacking"]["picture"] == 0


def test_a_repeal_names_the_first_ten_and_counts_the_others(place, capsys):
    row = GOOD.splitlines()[0].replace("q1", "{0}").replace("首先", "第{0}步")
    (place / "many.csv").write_text(HEAD + "".join(row.format(f"r{n}") + "\n" for n in range(12)))
    assert run(place, "import", "bank", "many.csv") == 0
    capsys.readouterr()
    words = ("repeal", "bank", "通则", "--on", "2026-01-01")
    assert run(place, *words) == 0
    told = capsys.readouterr()
    assert len(told.out.splitlines()) == 11 and "and 2 more" in told.out and "12 items cite it" in told.err
    assert run(place, *words, "--json") == 0
    assert len(capsys.readouterr().out.splitlines()) == 12


def test_every_field_that_a_reviewer_is_shown_is_named_in_words():
    content = Content(ItemType.SINGLE, "题", (Option("甲"), Option("乙")))
    item = Item(content, AnswerKey((0,)), "1", subject="SP-ELV")
    fields = {name for name in review.fields_of(item) if not name.startswith("option ")}
    assert fields <= FIELDS.keys()
