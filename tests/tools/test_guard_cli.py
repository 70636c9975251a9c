"""`bureau issue`, `bank exposure|trace|slice|accept|withdraw|slices`, as officers meet them."""

import json
import os
from pathlib import Path

import pytest

from bank.seal import passphrase as sealing
from examd import holders
from examd.bureau.office import Office
from tools import cli, say
from tools.sentences import guard

SAMPLES = Path(__file__).parents[2] / "tools/samples/SP-ELV-T"
WORD = "一个够长的口令 of some length"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A province with a full bank of samples, a city with an empty one, a site and a chief examiner."""
    folder = tmp_path_factory.mktemp("guard")
    before = Path.cwd()
    os.chdir(folder)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sealing, "MEMORY_KIB", 64)
        (folder / "pass").write_text(WORD + "\n")
        (folder / "pass").chmod(0o600)
        for name, identity in (("province", "SX"), ("city", "SX-0349")):
            Office.create(folder / name, identity, f"{name}局", WORD)
        holders.create(folder / "site", "site", "S-1", "某考点", WORD)
        holders.create(folder / "chief", "chief", "C-1", "某主考", WORD)
        made = "准考证号,姓名,身份证号,培训机构\n" + "".join(
            f"2026{n:04},考生{n},G{n:08},甲校\n" for n in range(1, 13)
        )
        (folder / "roster.csv").write_text(made)
        for bank in ("bank", "own"):
            assert run("bank", "init", bank, "--sample") == 0
        assert run("bank", "import", "bank", SAMPLES / "items.jsonl", "--approve-as-sample") in (0, 1)
        for name in ("wang", "li"):
            assert run("bank", "person", "own", "--key", f"{name}.key", "--name", name, "--role", "author", "--role",
                       "reviewer", "--key-passphrase-file", "pass") == 0  # fmt: skip
        yield folder
    os.chdir(before)


@pytest.fixture(autouse=True)
def english():
    yield
    say.set_language("zh")


def run(*words):
    return cli.main([*map(str, words), "--lang", "en", "--passphrase-file", "pass"])


def issue(session, capsys, *more):
    code = run("bureau", "issue", "province", "--bank", "bank", "--rule", SAMPLES / "rule.toml", "--roster", "roster.csv",
               "--site", "site/site.card.json", "--chief", "chief/chief.card.json", "--session", session, "--name", "场次",
               "--date", "2026-11-21", "--out", "stick", "--mock", "--bank-passphrase-file", "pass", *more)  # fmt: skip
    assert code == 0
    return capsys.readouterr()


def test_the_issuing_officer_reads_what_a_leak_would_cost_and_the_ledger_keeps_the_marks(place, capsys):
    capsys.readouterr()
    report = json.loads(issue("S-1", capsys, "--json").out)
    leak = report["leakage"]
    assert leak["items"] == report["pool_items"] <= leak["bank_items"]
    assert sum(cell["pool"] for cell in leak["cells"]) == leak["items"] and 0 < leak["known_share_of_later_forms"] <= 1
    told = issue("S-2", capsys).out
    assert "If the site leaks the pool" in told and "fresh pools left" in told
    assert ("marks:" in told) or ("No marks" in told)
    assert run("bank", "exposure", "bank", "--json") == 0
    ledger = json.loads(capsys.readouterr().out)
    assert {use["session"] for row in ledger for use in row["uses"]} == {"S-1", "S-2"}
    marked = {row["item"] for row in ledger for use in row["uses"] if "mark_until" in use and use["session"] == "S-1"}
    assert marked == set(report["marks"]["items"])
    for row in ledger:
        assert row["sites"] == 1 and row["candidates"] == sum(use["candidates"] for use in row["uses"])
        if row["item"] in marked:
            assert row["sessions"] == 1


def test_a_photo_names_the_package_whose_mark_it_shows(place, capsys):
    capsys.readouterr()
    report = json.loads(issue("S-3", capsys, "--json").out)
    if not report["marks"]["items"]:
        pytest.skip("the sample bank has nothing left to spare")
    mark = report["marks"]["items"][0]
    assert run("bank", "trace", "bank", "--package", report["package"], "--seen", mark, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [(each["session"], each["marks"]) for each in found["packages"]] == [("S-3", [mark])]
    assert run("bank", "trace", "bank", "--seen", "没有这道题") == 3
    assert "No item that left the bank fits" in capsys.readouterr().err
    assert run("bank", "trace", "bank") == 2


def slice_(capsys, *more, permission="drill", until="2099-12-31"):
    capsys.readouterr()
    assert run("bank", "slice", "bank", "--office", "province", "--office-passphrase-file", "pass", "--to",
               "city/bureau.card.json", "--permission", permission, "--until", until, "--chapter", "1", "--out", "stick",
               "--json", *more) == 0  # fmt: skip
    return json.loads(capsys.readouterr().out)


def test_what_nobody_approved_is_lent_to_no_exam(place, capsys):
    words = ("bank", "slice", "bank", "--office", "province", "--office-passphrase-file", "pass", "--to",
             "city/bureau.card.json", "--until", "2099-12-31", "--out", "stick")  # fmt: skip
    assert run(*words, "--permission", "exam") == 3
    (place / "draft.csv").write_text("编号,题干,题型,A,B,答案,章节\nd1,草稿题？,单选,甲,乙,A,1\n")
    assert run("bank", "import", "bank", "draft.csv") == 0
    assert run(*words[:3], "d1", *words[3:], "--permission", "drill") == 3
    assert "d1 is not approved" in capsys.readouterr().err


def accept(folder, *, office="city"):
    return run("bank", "accept", "own", folder, "--owner", "province/bureau.card.json", "--office", office,
               "--office-passphrase-file", "pass", "--as", "wang.key", "--key-passphrase-file", "pass")  # fmt: skip


def test_a_slice_goes_from_province_to_city_is_guarded_there_and_is_taken_back(place, capsys):
    lent = slice_(capsys)
    assert accept(lent["slice"], office="province") == 3
    assert "sealed to city局" in capsys.readouterr().err
    assert accept(lent["slice"]) == 0
    assert f"{lent['items']} items of province局 taken in" in capsys.readouterr().out
    assert run("bank", "list", "own", "--json") == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert run("bank", "retire", "own", first["id"], "--remarks", "x", "--as", "wang.key", "--key-passphrase-file",
               "pass") == 3  # fmt: skip
    assert "belongs to SX" in capsys.readouterr().err
    assert run("bank", "slices", "own") == 0
    assert f"province局: {lent['items']} items, drill" in capsys.readouterr().out
    assert run("bank", "withdraw", "own", lent["slice"], "--office", "province", "--office-passphrase-file", "pass",
               "--reason", "泄露", "--out", "stick", "--json") == 0  # fmt: skip
    written = json.loads(capsys.readouterr().out)["withdrawal"]
    assert run("bank", "withdraw", "own", written, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"retired": lent["items"]}
    assert run("bank", "check", "own", "--json") == 0
    assert json.loads(capsys.readouterr().out)["approved"] == 0


def test_an_open_bank_refuses_the_items_of_an_exam_bank_by_name(place, capsys):
    assert run("bank", "init", "practice", "--open") == 0
    assert run("bank", "import", "practice", SAMPLES / "items.jsonl") == 3
    assert "is confidential" in capsys.readouterr().err
    assert run("bank", "list", "practice") == 0
    assert "elv" not in capsys.readouterr().out


def test_every_refusal_has_chinese():
    say.set_language("zh")
    for text in [*guard.SENTENCES.values(), *guard.PERMISSIONS.values()]:
        assert say._(text) != text, text
