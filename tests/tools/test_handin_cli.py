"""`examd bank card|pack|take` from an author's stick to the bank, as people type it."""

import json

import pytest

from bank import life, people
from bank.people import Role
from bank.store import Bank
from tools import cli, say

PASSPHRASE = "correct horse battery"
HEAD = "编号,题干,题型,A,B,C,D,答案,章节,认知层次,难度,图片\n"
GOOD = "q1,触电急救首先应做什么？,单选,断电,喊人,拍照,离开,A,2.1,掌握,0.9,p.png\nq2,电流的单位是安培。,判断,,,,,√,5,了解,易,\n"
BAD = "q3,缺答案,单选,甲,乙,丙,丁,,3,,,\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(8) + (64).to_bytes(4, "big") * 2 + bytes(20)


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
        life.enrol(bank, signer, "李明", frozenset({Role.AUTHOR}))
    yield tmp_path
    say.set_language("zh")


def run(*words):
    return cli.main(["bank", *words, "--lang", "en"])


PASS = ("--passphrase-file", "pass")
PACK = ("pack", "items.csv", "--key", "stick/liming.key", "--key-passphrase-file", "pass", "--to", "bank/bank.card.json")


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


def test_what_contradicts_the_bank_is_named_by_the_authors_own_row(place, capsys):
    run("import", "bank", "items.csv", *PASS)
    run("card", "bank", *PASS)
    (place / "items.csv").write_text(HEAD + GOOD.replace("√", "×"))
    assert run(*PACK, "--out", "d.examd") == 0
    capsys.readouterr()
    assert run("take", "bank", "d.examd", *PASS) == 1
    seen = capsys.readouterr()
    assert "items.csv row 3" in seen.err and "0 added, 2 already there" in seen.out
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


def test_every_sentence_has_its_chinese():
    from tools.sentences.handin import SENTENCES

    say.set_language("zh")
    for text in SENTENCES.values():
        assert say._(text) != text
