"""`bureau issue`, `bank exposure|trace|owner|slice|accept|withdraw|slices|export`, as officers meet them."""

import json
import os
import re
from pathlib import Path

import pytest

from bank.seal import passphrase as sealing
from examd import holders
from examd.bureau.office import Office
from tools.cli import language, main

SAMPLES = Path(__file__).parents[3] / "tools/samples/SP-ELV-T"
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
        made = "准考证号,姓名,身份证号,培训机构\n" + "".join(f"2026{n:04},考生{n},G{n:08},甲校\n" for n in range(1, 13))
        (folder / "roster.csv").write_text(made)
        assert run("bank", "init", "bank", "--sample") == run("bank", "init", "own") == 0
        assert run("bank", "import", "bank", SAMPLES / "items.jsonl", "--approve-as-sample") in (0, 1)
        for name in ("wang", "li"):
            assert run("bank", "person", "own", "--key", f"{name}.key", "--name", name, "--role", "author", "--role",
                       "reviewer", "--key-passphrase-file", "pass") == 0  # fmt: skip
        yield folder
    os.chdir(before)


@pytest.fixture(autouse=True)
def english():
    yield
    language.set_language("zh")


def run(*words):
    return main.main([*map(str, words), "--lang", "en", "--passphrase-file", "pass"])


def issue(session, capsys, *more, rule=SAMPLES / "rule.toml"):
    code = run("bureau", "issue", "province", "--bank", "bank", "--rule", rule, "--roster", "roster.csv",
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
    assert "If the site leaks the pool" in told and "pools without a common item that may still travel" in told
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
    assert report["marks"]["items"]
    mark = report["marks"]["items"][0]
    assert run("bank", "trace", "bank", "--package", report["package"], "--seen", mark, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [(each["session"], each["marks"]) for each in found["packages"]] == [("S-3", [mark])]
    assert run("bank", "trace", "bank", "--seen", "没有这道题") == 3
    told = capsys.readouterr().err
    assert "No item of the bank fits" in told and "nothing to trace" in told
    assert run("bank", "trace", "bank") == 2


def test_one_bad_line_is_named_with_what_it_may_be_and_the_rest_is_traced(place, capsys):
    report = json.loads(issue("S-4", capsys, "--json").out)
    assert run("bank", "exposure", "bank", "--json") == 0
    ledger = json.loads(capsys.readouterr().out)
    travelled = {row["item"] for row in ledger for use in row["uses"] if use["session"] == "S-4"}
    assert run("bank", "list", "bank", "--json") == 0
    items = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    good, bad = [item for item in items if item["id"] in travelled and len(item["stem"]) > 12][:2]
    # A slip in the middle, saved as an office saves text: GB18030.
    slip = bad["stem"].replace(bad["stem"][6], "龘", 1)
    (place / "photo.txt").write_bytes(f"{good['stem']}\n\n{slip}\n".encode("gb18030"))
    words = ("bank", "trace", "bank", "--seen-file", "photo.txt", "--package", report["package"])
    assert run(*words, "--json") in (0, 1)
    found = json.loads(capsys.readouterr().out)
    assert [one["item"] for one in found["seen"]] == [good["id"]]
    (unread,) = found["not_recognised"]
    assert (unread["line"], unread["reason"], unread["nearest"]["item"]) == ("line 3", "seen-unknown", bad["id"])
    assert run(*words) in (0, 1)
    told = capsys.readouterr()
    assert "NOT recognised" in told.err and "line 3" in told.err and bad["stem"][:20] in told.err
    assert "--result" in told.out


@pytest.mark.parametrize(
    ("chance", "zh", "en"),
    [(0.596, "59.6 %", "59.6 %"), (0.01, "1 %", "1 %"), (0.001, "约一千分之一", "about one in 1,000"),
     (1 / 8.4e7, "约八千万分之一", "about one in 80 million"), (1 / 2.5e4, "约二万分之一", "about one in 20,000"),
     (1e-30, "不到一万亿分之一", "less than one in 1,000 billion"), (0.0, "无", "none")],
)  # fmt: skip
def test_a_chance_is_said_as_a_clerk_says_it(chance, zh, en):
    from tools.cli.bank.trace import odds

    for spoken, told in (("zh", zh), ("en", en)):
        language.set_language(spoken)
        assert odds(chance) == told


def test_a_verdict_names_the_chance_that_is_too_likely():
    from bank.leaks.trace import BestFit
    from tools.cli.bank.trace import _verdict

    language.set_language("en")
    given = {"matches": (None,), "items": 4, "of": 4}
    assert "from the orders alone" in _verdict(BestFit(**given, by_rule=1 / 2000, orders=1 / 900))
    assert "alone" not in _verdict(BestFit(**given, by_rule=1 / 800, orders=1 / 700))


def test_a_seat_taken_before_the_start_has_no_minute():
    from types import SimpleNamespace as Made

    from tools.cli.bank.trace import _form_record

    seats = (Made(terminal="7", minute=-1), Made(terminal="9", minute=12))
    candidate = Made(admission_no="1", c=1, seats=seats)
    sitting = Made(package="p", session="s", site="t")
    told = _form_record(Made(candidate=candidate, sitting=sitting, shown=()))["seats"]
    assert [each["from_minute"] for each in told] == [None, 12]


def test_spent_marks_are_named_to_the_officer_who_spends_them(place, capsys):
    """A rule whose pool is the whole bank leaves no mark at home, but where it is the enemy of an item that travels."""
    rule = (SAMPLES / "rule.toml").read_text()
    (place / "all.toml").write_text(re.sub(r"(?m)^multiple *= *\d+", "multiple = 50", rule))
    assert run("bank", "exposure", "bank", "--json") == 0
    kept = {use["session"] for row in json.loads(capsys.readouterr().out) for use in row["uses"] if "mark_until" in use}
    report = json.loads(issue("M-1", capsys, "--json", rule="all.toml").out)
    assert report["marks"].keys() == {"chance_on_a_form", "items", "spent", "until"}
    spent = {each["session"] for each in report["marks"]["spent"]}
    assert spent and spent <= kept
    told = issue("M-2", capsys, rule="all.toml").out
    # Whose watermarks are left to spend by now is chance: those of the first session, or what was kept of M-1 meanwhile.
    assert any(f"of session {session}, site S-1, had to travel again" in told for session in kept | {"M-1"}), told


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
    return run("bank", "accept", "own", folder, "--office", office, "--office-passphrase-file", "pass", "--as", "wang.key", "--key-passphrase-file", "pass")  # fmt: skip


def owner(card, *by):
    for name in by:
        code = run("bank", "owner", "own", card, "--as", f"{name}.key", "--key-passphrase-file", "pass")
    return code


def test_a_bureau_that_anybody_made_lends_nothing_until_two_people_have_signed_its_card(place, capsys):
    Office.create(place / "evil", "SX-0001", "某省厅", WORD)
    assert run("bank", "slice", "bank", "--office", "evil", "--office-passphrase-file", "pass", "--to",
               "city/bureau.card.json", "--permission", "drill", "--until", "2099-12-31", "--chapter", "1", "--out",
               "stick", "--json") == 0  # fmt: skip
    folder = json.loads(capsys.readouterr().out)["slice"]
    assert accept(folder) == 3
    assert "does not know 某省厅" in capsys.readouterr().err
    assert owner("evil/bureau.card.json", "wang") == 1
    assert "one more person must sign" in capsys.readouterr().out
    assert accept(folder) == 3
    assert "Only wang has signed" in capsys.readouterr().err
    assert owner("evil/bureau.card.json", "wang") == 3
    assert "has signed this card" in capsys.readouterr().err
    assert run("bank", "list", "own") == 0
    assert capsys.readouterr().out == ""
    assert run("bank", "owner", "own", "evil/bureau.card.json") == 2
    capsys.readouterr()
    language.set_language("zh")
    assert main.main([*f"bank accept own {folder} --office city --office-passphrase-file pass --as wang.key".split(),
                     *"--key-passphrase-file pass --passphrase-file pass --lang zh".split()]) == 3  # fmt: skip
    assert "只有 wang 签认：还须题库的另一人签认" in capsys.readouterr().err


def test_a_slice_goes_from_province_to_city_is_guarded_there_and_is_taken_back(place, capsys):
    lent = slice_(capsys)
    assert owner("province/bureau.card.json", "wang", "li") == 0
    assert run("bank", "owner", "own", "--json") == 0
    known = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [each["name"] for each in known if each["known"]] == ["province局"]
    assert accept(lent["slice"], office="province") == 3
    assert "sealed to city局" in capsys.readouterr().err
    assert accept(lent["slice"]) == 0
    told = capsys.readouterr().out
    assert f"{lent['items']} items of province局 taken in" in told
    # Of samples, which nobody approved there: somebody here reads them.
    assert f"{lent['items']} items came without signatures" in told and "bank review own --as wang.key" in told
    assert run("bank", "list", "own", "--json") == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert run("bank", "retire", "own", first["id"], "--remarks", "x", "--as", "wang.key", "--key-passphrase-file",
               "pass") == 3  # fmt: skip
    assert "belongs to SX" in capsys.readouterr().err
    assert run("bank", "slices", "own") == 0
    assert f"province局: {lent['items']} items (0 in force), drill" in (told := capsys.readouterr().out)
    assert f"· {lent['items']} wait for review" in told
    assert run("bank", "review", "own", first["id"]) == 0
    assert "lent by SX" in capsys.readouterr().out
    assert run("bank", "return", "own", first["id"], "--remarks", "x", "--as", "wang.key", "--key-passphrase-file",
               "pass") == 0  # fmt: skip
    capsys.readouterr()
    assert run("bank", "withdraw", "own", lent["slice"], "--office", "province", "--office-passphrase-file", "pass",
               "--reason", "泄露", "--out", "stick", "--json") == 0  # fmt: skip
    written = json.loads(capsys.readouterr().out)["withdrawal"]
    assert run("bank", "withdraw", "own", written, "--json") == 0
    done = json.loads(capsys.readouterr().out)
    assert (done["here"], done["retired"], done["standing"]) == (True, lent["items"] - 1, 0)
    assert run("bank", "check", "own", "--json") == 0
    assert json.loads(capsys.readouterr().out)["approved"] == 0


def test_a_newer_slice_renews_and_an_early_withdrawal_is_kept(place, capsys):
    first, second = slice_(capsys, until="2098-12-31"), slice_(capsys)
    assert accept(first["slice"]) == accept(second["slice"]) == 0
    assert f"{second['items']} items that the owner had lent before" in capsys.readouterr().out
    third = slice_(capsys)
    assert run("bank", "withdraw", "own", third["slice"], "--office", "province", "--office-passphrase-file", "pass",
               "--reason", "误发", "--out", "stick", "--json") == 0  # fmt: skip
    assert run("bank", "withdraw", "own", json.loads(capsys.readouterr().out)["withdrawal"]) == 0
    assert "The withdrawal is kept" in capsys.readouterr().out
    assert accept(third["slice"]) == 3
    assert "was withdrawn by its owner" in capsys.readouterr().err


def test_lent_items_stay_out_of_an_export_and_out_of_an_import(place, capsys):
    (place / "own.csv").write_text("编号,题干,题型,A,B,答案,章节\nown1,本市自编题？,单选,甲,乙,A,1\n")
    signed = ("--as", "wang.key", "--key-passphrase-file", "pass")
    assert run("bank", "import", "own", "own.csv", *signed) == 0
    capsys.readouterr()
    assert run("bank", "export", "own", "city.jsonl", "--to", "市局命题处", *signed) == 1
    told = capsys.readouterr()
    assert "1 items written" in told.out and "belongs to province局" in told.err
    assert len((place / "city.jsonl").read_text().splitlines()) == 1
    record = json.loads((place / "city.jsonl").read_text()) | {
        "id": "x", "stem": "省里的题？", "provenance": {"author": "", "owner": "SX", "origin": "slice " + "0" * 32},
    }  # fmt: skip
    (place / "smuggled.jsonl").write_text(json.dumps(record) + "\n")
    assert run("bank", "import", "own", "smuggled.jsonl", *signed) == 1
    assert "came in a slice of SX" in capsys.readouterr().err


@pytest.mark.parametrize("file", ["slice.json", "withdrawal"])
def test_an_altered_slice_is_spoken_of_as_a_slice(place, capsys, file):
    lent = slice_(capsys)
    if file == "slice.json":
        path = place / lent["slice"] / file
        path.write_bytes(path.read_bytes().replace(b"2099-12-31", b"2199-12-31"))
        assert accept(lent["slice"]) == 3
        assert "the signature of province局" in capsys.readouterr().err
    else:
        assert run("bank", "withdraw", "own", lent["slice"] + "/slice.json") == 2
        assert "not the withdrawal of a slice" in capsys.readouterr().err


def test_an_open_bank_refuses_the_items_of_an_exam_bank_by_name(place, capsys):
    assert run("bank", "init", "practice", "--open") == 0
    signed = ("--key-passphrase-file", "pass")
    assert run("bank", "person", "practice", "--key", "wang.key", "--name", "wang", "--role", "author", *signed) == 0
    assert run("bank", "import", "practice", SAMPLES / "items.jsonl", "--as", "wang.key", *signed) == 3
    assert "is confidential" in capsys.readouterr().err
    assert run("bank", "list", "practice") == 0
    assert "elv" not in capsys.readouterr().out


def test_an_import_says_which_row_contradicts_which(place, capsys):
    head = "编号,题干,题型,A,B,答案,章节\n"
    row = "k1,甲题：先做什么？,单选,验电,合闸,{},1\n"
    (place / "c1.csv").write_text(head + row.format("A") + row.format("B"))
    signed = ("--as", "wang.key", "--key-passphrase-file", "pass")
    assert run("bank", "import", "own", "c1.csv", *signed) == 1
    told = capsys.readouterr()
    assert "c1.csv row 3  ≠ c1.csv row 2" in told.err and "c1.csv row 2  ≠" not in told.err
    assert "1 added, 0 already there, 0 refused" in told.out and "1 with another answer key" in told.out
    # Once the bank holds it, only the row that differs from the bank is named, with the bank's item.
    assert run("bank", "import", "own", "c1.csv", *signed) == 1
    told = capsys.readouterr()
    assert "c1.csv row 3  ≠ k1 in the bank" in told.err and "c1.csv row 2  ≠" not in told.err
    assert "0 added, 1 already there" in told.out and "1 with another answer key" in told.out
    assert run("bank", "import", "own", "c1.csv", "--dry-run", "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["added"], report["already"], report["rows"]) == (0, 1, 2)  # as the text counts them
    (found,) = report["contradicting"]
    assert found == {"file": "c1.csv", "sheet": "", "row": 3, "words": "", "against": None, "item": "k1"}
