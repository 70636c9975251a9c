"""`examd bank card|pack|take` from an author's stick to the bank, as people type it."""

import json
import tempfile

import pytest

from bank.authoring import lifecycle, people
from bank.authoring.people import Role
from bank.store import Bank
from tests.pictures import png
from tools.cli import language, main

PASSPHRASE = "correct horse battery"
HEAD = "编号,题干,题型,A,B,C,D,答案,章节,认知层次,难度,图片\n"
GOOD = "q1,触电急救首先应做什么？,单选,断电,喊人,拍照,离开,A,2.1,掌握,0.9,p.png\nq2,电流的单位是安培。,判断,,,,,√,5,了解,易,\n"
BAD = "q3,缺答案,单选,甲,乙,丙,丁,,3,,,\n"
PNG = png(64, 64)


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EXAMD_LANG", "en")
    word = tmp_path / "pass"
    word.write_text(PASSPHRASE + "\n")
    word.chmod(0o600)
    (tmp_path / "items.csv").write_text(HEAD + GOOD + BAD)
    (tmp_path / "p.png").write_bytes(PNG)
    signer = people.create(tmp_path / "stick/liming.key", PASSPHRASE)
    with Bank.create(tmp_path / "bank", PASSPHRASE) as bank:
        lifecycle.enrol(bank, signer, "李明", frozenset({Role.AUTHOR}))
    yield tmp_path
    language.set_language("zh")


def run(*words):
    return main.main(["bank", *words, "--lang", "en"])


PASS = ("--passphrase-file", "pass")
PACK = (
    "pack",
    "items.csv",
    "--key",
    "stick/liming.key",
    "--key-passphrase-file",
    "pass",
    "--to",
    "bank/bank.card.json",
)


def test_from_the_stick_to_the_bank(place, capsys):
    assert run("card", "bank", "--name", "某省题库", *PASS) == 0
    made = capsys.readouterr().out
    assert run("card", "bank", "--name", "某省题库", *PASS) == 0
    assert capsys.readouterr().out == made
    fingerprint = made.split("card: ")[1].strip()

    assert run(*PACK, "--out", "d.examd") == 1
    seen = capsys.readouterr()
    assert "items.csv row 4  There is no answer." in seen.err
    assert "2 items with 1 pictures are in d.examd, for 某省题库 alone." in seen.out and fingerprint in seen.out
    assert "触电".encode() not in (place / "d.examd").read_bytes()

    assert run("take", "bank", "d.examd", "--dry-run", *PASS) == 0
    assert "Nothing was changed. It would be: 2 added" in capsys.readouterr().out
    assert run("take", "bank", "d.examd", "--json", *PASS) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["author"], report["added"], report["pictures"], report["refused"]) == ("liming", 2, 1, [])
    assert run("history", "bank", "q1", *PASS) == 0
    assert "written  李明" in capsys.readouterr().out

    assert run("take", "bank", "d.examd", *PASS) == 3
    assert "taken already" in capsys.readouterr().err


def test_taking_another_wording_says_that_it_became_a_revision(place, capsys):
    assert run("card", "bank", "--name", "某省题库", *PASS) == 0
    assert run(*PACK, "--out", "d.examd") == 1 and run("take", "bank", "d.examd", *PASS) == 0
    (place / "items.csv").write_text(HEAD + GOOD.splitlines()[1].replace("安培", "伏特") + "\n")
    assert run(*PACK, "--revises", "q2@1", "--out", "e.examd") == 0
    capsys.readouterr()
    assert run("take", "bank", "e.examd", "--dry-run", *PASS) == 0
    assert "1 would become new revisions." in capsys.readouterr().out
    assert run("take", "bank", "e.examd", *PASS) == 0
    assert "1 became new revisions." in capsys.readouterr().out


def test_what_contradicts_the_bank_is_named_by_the_authors_own_row(place, capsys):
    run("import", "bank", "items.csv", "--as", "stick/liming.key", "--key-passphrase-file", "pass", *PASS)
    run("card", "bank", *PASS)
    (place / "items.csv").write_text(HEAD + GOOD.replace("√", "×"))
    assert run(*PACK, "--out", "d.examd") == 0
    capsys.readouterr()
    assert run("take", "bank", "d.examd", *PASS) == 1
    seen = capsys.readouterr()
    assert "items.csv row 3" in seen.err and "0 added, 1 already there" in seen.out
    assert "Packed and signed by 李明 (liming)." in seen.out


def test_out_never_goes_over_another_file(place, capsys):
    run("card", "bank", *PASS)
    before = (place / "stick/liming.key").read_bytes()
    assert run(*PACK, "--out", "stick/liming.key") == 3
    assert (place / "stick/liming.key").read_bytes() == before
    assert run("card", "bank", "--name", "other", *PASS) == 3
    assert not [path for path in place.rglob("*") if path.name.startswith(".")]


def test_what_is_not_a_card_or_not_there_is_refused_with_a_sentence(place, capsys):
    (place / "x.json").write_text("{}")
    assert run(*PACK[:-1], "x.json", "--out", "d") == 2
    assert "no bank's card" in capsys.readouterr().err
    assert run(*PACK[:-1], "nowhere.json", "--out", "d") == 2
    assert run("take", "bank", "nowhere.examd", *PASS) == 2
    assert run("take", "bank", "items.csv", *PASS) == 3  # a bank without a card
    run("card", "bank", *PASS)
    assert run("take", "bank", "items.csv", *PASS) == 2
    assert "not a file of drafts" in capsys.readouterr().err


def test_where_nothing_can_be_read_nothing_is_packed(place, capsys):
    run("card", "bank", *PASS)
    (place / "items.csv").write_text(HEAD + BAD)
    assert run(*PACK, "--out", "d.examd") == 1
    assert "Nothing was packed." in capsys.readouterr().out and not (place / "d.examd").exists()


def test_keyholders_vouch_for_the_first_two_and_the_queue_is_shown_as_far_as_the_bound_goes(place, capsys, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(place / "state"))
    words = {"a": "correct horse one", "b": "correct horse two"}
    for name, word in words.items():
        (place / name).write_text(word + "\n")
        (place / name).chmod(0o600)
    two, hand = ("--holder", "a=a", "--holder", "b=b"), ("--key-passphrase-file", "pass")
    with tempfile.TemporaryDirectory(prefix="examd-") as sockets:  # short: a socket's address is
        monkeypatch.setenv("XDG_RUNTIME_DIR", sockets)
        assert run("init", "s", *PASS) == run("share", "s", "--need", "2", *two, *PASS) == 0
        assert run("open", "s", "--hours", "1", "--export-limit", "1", *two) == 0
        for name, said in (("li", "李明"), ("wang", "王芳")):
            enrol = (
                "person",
                "s",
                "--key",
                f"{name}.key",
                "--name",
                said,
                "--role",
                "author",
                "--role",
                "reviewer",
                *hand,
            )
            assert run(*enrol) == 3 and not (place / f"{name}.key").exists()
            assert run(*enrol, *two) == 0
        assert "vouched for by a, b" in capsys.readouterr().out
        assert run("person", "s", "--key", "x.key", "--name", "李 明", "--role", "author", *hand, *two) == 3
        assert not (place / "x.key").exists()
        (place / "items.csv").write_text(HEAD + GOOD)
        assert run("import", "s", "items.csv") == 3
        assert run("import", "s", "items.csv", "--as", "li.key", *hand) == 0
        assert run("submit", "s", "--as", "li.key", *hand) == 2
        assert run("submit", "s", "--all", "--as", "li.key", *hand) == 0
        capsys.readouterr()
        assert run("review", "s") == 3
        seen = capsys.readouterr()
        assert seen.out.count("── ") == 1 and "2 items wait for review.\n1 of them are shown." in seen.err
        assert run("review", "s", "q1") == 0 and run("review", "s", "q2") == 3
        assert run("journal", "s") == 0
        assert "li 李明  signed by a, b" in capsys.readouterr().out
        assert run("close", "s") == 0
