"""`examd bank import` and `export` with the forms of other houses."""

import argparse
import json
import os
from pathlib import Path

import pytest

from tools.cli import bank, language

GIFT = """$CATEGORY: $course$/top/第一章

// [id:S-1]
安全电压的上限是多少伏？ {=36 ~12 ~110 ~220 ####见教材}

安全电压的上限是多少伏? {=36 ~12 ~110 ~220}

水能导电。 {T}

说说看。 {}
"""


def run(place, *words):
    parser = argparse.ArgumentParser()
    bank.register(parser.add_subparsers())
    before = Path.cwd()
    os.chdir(place)
    try:
        args = parser.parse_args(["bank", words[0], "bank", "--passphrase-file", "pass", *words[1:]])
        return args.run(args)
    finally:
        os.chdir(before)


@pytest.fixture
def place(tmp_path, capsys):
    language.set_language("en")
    (tmp_path / "pass").write_text("correct horse battery staple\n")
    (tmp_path / "pass").chmod(0o600)
    (tmp_path / "in.gift").write_text(GIFT, encoding="utf-8")
    assert run(tmp_path, "init", "--sample") == 0
    capsys.readouterr()
    yield tmp_path
    language.set_language("zh")


def test_the_report_names_what_was_refused_and_the_twin_of_what_is_nearly_the_same(place, capsys):
    assert run(place, "import", "in.gift", "--dry-run", "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["added"], [each["reason"] for each in report["refused"]]) == (3, ["unsupported-interaction"])
    assert "written answer" in report["refused"][0]["sentence"] and report["refused"][0]["row"] == 10
    (twin,) = report["near"]
    assert twin["row"] == 6 and twin["twin"].startswith("S-1 in.gift") and twin["percent"] == 100


def test_a_twin_in_the_bank_is_named_by_its_number(place, capsys):
    assert run(place, "import", "in.gift") == 1
    (place / "more.gift").write_text("安全电压的上限，是多少伏？ {=36 ~12 ~110 ~220}", encoding="utf-8")
    capsys.readouterr()
    assert run(place, "import", "more.gift") == 0
    told = capsys.readouterr()
    assert "≈" in told.err and "1 added" in told.out


@pytest.mark.parametrize(
    "form", ["csv", "xlsx", "jsonl", "docx", "qti-2.1", "qti-2.2", "qti-3.0", "moodle", "gift", "aiken"]
)
def test_every_form_is_written_and_fills_a_bank_that_has_them_already(place, capsys, form):
    from bank import formats

    run(place, "import", "in.gift")
    name = "out" + formats.suffix_of(form)
    assert run(place, "export", name, "--form", form) == 0
    capsys.readouterr()
    assert run(place, "import", name, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["added"], report["already"], report["refused"], report["near"]) == (0, 3, [], [])


def test_what_a_form_cannot_say_is_said(place, capsys):
    run(place, "import", "in.gift")
    capsys.readouterr()
    assert run(place, "export", "out.aiken") == 0
    told = capsys.readouterr()
    assert "explanation  1" in told.err and "chapter  3" in told.err and "number  1" in told.err


def test_the_parsers_choices_are_the_forms_there_are():
    from bank import formats

    parser = argparse.ArgumentParser()
    bank.register(parser.add_subparsers())
    args = [parser.parse_args(["bank", "export", "b", "f", "--form", form]).form for form in formats.FORMS]
    assert tuple(args) == formats.FORMS


def test_an_export_names_the_items_that_lose_something_and_says_where_all_are(place, capsys):
    questions = "".join(f"// [id:S-{n}] [tag:t]\n问题{n}是什么？ {{=甲 ~乙}}\n\n" for n in range(23))
    blanks = "".join(f"// [id:B-{n}]\n填空{n}是____。 {{={n}}}\n\n" for n in range(60))
    (place / "many.gift").write_text(questions + blanks, encoding="utf-8")
    run(place, "import", "many.gift", "--approve-as-sample")
    capsys.readouterr()
    assert run(place, "export", "out.aiken") == 1
    said = capsys.readouterr().err
    assert "S-19  number tag" in said and "S-20  number" not in said
    assert "and 3 more (--json lists them all)" in said and "and 10 more (--json lists them all)" in said
    assert said.count("the form knows no blank to be filled in") == 50
    assert run(place, "export", "again.aiken", "--json") == 1
    record = json.loads(capsys.readouterr().out)
    assert len(record["left_out"]) == 60 and {each["reason"] for each in record["left_out"]} == {"fill"}
    assert len(record["losses"]) == 23
