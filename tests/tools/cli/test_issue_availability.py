"""What a session may not use stays in the bank when a package is issued, and is told to the officer."""

import json
from datetime import date

import pytest

from bank import durable
from bank.authoring import lifecycle
from bank.content import Content, ItemType, Option
from bank.item import AnswerKey, Item
from bank.store import Bank
from examd import holders
from examd.bureau.office import Office
from tools.cli import language, main

WORD = "correct horse battery staple"
RULE = """\
id = "S"
version = 1
name = "小规则"
source = "test"
effective_from = 2026-01-01
grading = "site"
minutes = 30
total_points = 10
pass_points = 8
pool = { multiple = 2 }
cells = [{ type = "single", chapter = "1", count = 10, points = 1 }]
[types]
single = { count = 10, points = 1 }
[levels]
any = 10
[chapters]
"1" = { name = "一", points = 10 }
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pass").write_text(WORD + "\n")
    (tmp_path / "pass").chmod(0o600)
    Office.create(tmp_path / "office", "B", "局", WORD)
    holders.create(tmp_path / "site", "site", "S-1", "某考点", WORD)
    holders.create(tmp_path / "chief", "chief", "C-1", "某主考", WORD)
    people = "".join(f"2026{n:04},考生{n},G{n:08},甲校\n" for n in range(1, 4))
    (tmp_path / "roster.csv").write_text("准考证号,姓名,身份证号,培训机构\n" + people)
    (tmp_path / "rule.toml").write_text(RULE, "utf-8")
    options = tuple(map(Option, "甲乙丙丁"))
    with Bank.create(tmp_path / "bank", WORD, sample=True) as bank:
        bank.drafts.add(
            [
                Item(Content(ItemType.SINGLE, f"第 {n} 题", options), AnswerKey((0,)), "1", p4=7_000 + 40 * n,
                     basis="《旧规程》第三条" if n < 20 else "")
                for n in range(40)
            ],
            approve_as_sample=True,
        )  # fmt: skip
    yield tmp_path
    language.set_language("zh")


def issue(day, *words, bank="bank"):
    return main.main(
        ["bureau", "issue", "office", "--bank", bank, "--rule", "rule.toml", "--roster", "roster.csv", "--site",
         "site/site.card.json", "--chief", "chief/chief.card.json", "--session", "S-1", "--name", "场次", "--date", day,
         "--out", "stick", "--mock", "--bank-passphrase-file", "pass", "--passphrase-file", "pass",
         "--lang", "en", *(words or ("--json",))]
    )  # fmt: skip


def test_items_that_cite_repealed_law_do_not_travel(place, capsys):
    with Bank.open(place / "bank", WORD) as bank:
        lifecycle.repeal(bank, "《旧规程》", date(2026, 11, 1), None)
        old = {item.id for item in bank.items.select() if item.basis}
    assert issue("2026-11-21") == 0
    told = capsys.readouterr()
    assert "20 items stay in the bank: cite a basis that is repealed." in told.err
    assert json.loads(told.out)["withheld"] == {"item-repealed": 20}
    with Bank.open(place / "bank", WORD) as bank:
        travelled = set(bank.exposure.totals())
    assert len(travelled) == 20 and not travelled & old


def test_what_a_leak_would_cost_is_told_in_words(place, capsys):
    assert issue("2026-11-21", "--again") == 0
    assert "worst cell single answer·chapter 1: " in capsys.readouterr().out


def test_a_folder_without_a_bank_is_refused_before_any_passphrase(place, capsys):
    (place / "pass").unlink()
    assert issue("2026-11-21", bank="nowhere") == 2
    assert json.loads(capsys.readouterr().out)["refused"] == "bank-missing"


def test_a_cell_that_is_short_is_told_with_the_reasons_when_issuing_is_refused(place, capsys):
    with Bank.open(place / "bank", WORD) as bank:
        lifecycle.repeal(bank, "《旧规程》", date(2026, 11, 1), None)
        fresh = [item.id for item in bank.items.select() if not item.basis]
        bank.exposure.add("old", "S-1", dict.fromkeys(fresh[:15], 3), "2026-11-15")
    (place / "rule.toml").write_text(RULE.replace("[types]", "exposure = { rest_days = 30 }\n[types]"), "utf-8")
    assert issue("2026-11-21") != 0
    assert (
        "single answer·chapter 1: 40 in the bank, 5 free (cite a basis that is repealed 20; rest 15; the first is free "
        "again on 2026-12-15); a form needs 10"
    ) in capsys.readouterr().err
    assert not (place / "stick").exists() or not list((place / "stick").iterdir())


def test_a_rule_that_might_leave_a_candidate_without_a_form_is_not_issued(place, capsys):
    tight = 'attempts = 1\ndifficulty = { tolerance = "0.02" }\n[types]'
    (place / "rule.toml").write_text(RULE.replace("[types]", tight), "utf-8")
    assert issue("2026-11-21") != 0
    assert json.loads(capsys.readouterr().out)["refused"] == "rule-attempts-too-few"
    assert not (place / "stick").exists() or not list((place / "stick").iterdir())


def test_an_issue_that_was_broken_off_at_its_last_step_is_finished_by_the_same_command_and_no_other(
    place, capsys, monkeypatch
):
    def pulled_out(_directory):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as early:
        early.setattr(durable, "show", pulled_out)
        assert issue("2026-11-21") != 0
    assert [path.name[:5] for path in (place / "stick").iterdir()] == [".PKG-"]
    capsys.readouterr()
    roster = (place / "roster.csv").read_text()
    (place / "roster.csv").write_text(roster + "20260009,考生九,G00000009,甲校\n")
    assert issue("2026-11-21") == 3
    assert json.loads(capsys.readouterr().out)["refused"] == "issued-before"
    (place / "roster.csv").write_text(roster)
    assert issue("2026-11-21") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["finished"], told["candidates"], [path.name for path in (place / "stick").iterdir()]) == (
        True, 3, [f"PKG-{told['package_id']}"]
    )  # fmt: skip
    kept = Office(place / "office")
    told_codes = kept.codes(told["package_id"], kept.unlock((place / "pass").read_text().strip()))
    assert told_codes.first != told_codes.second
