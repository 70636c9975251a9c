"""`examd rule` as its user meets it: a sentence that names the cell and the numbers, data on stdout, exit codes."""

import argparse
import json
import random
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bank.authoring import lifecycle
from bank.composing.availability import rule_availability
from bank.composing.trial import issuable, try_forms
from bank.content import TRUEFALSE_OPTIONS, Content, ItemType, Level, Option
from bank.item import AnswerKey, Item
from bank.lending.slices import Permission
from bank.refused import BadFile, Denied
from bank.rules import parse
from bank.store import Bank
from examd.bureau.issuing import rule_to_use
from examd.bureau.office import Office
from tools.cli import bench, language, rule

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "tools/samples/SP-ELV-T/rule.toml"
PASSPHRASE = "correct horse battery staple"


@pytest.fixture(autouse=True)
def english():
    language.set_language("en")
    yield
    language.set_language("zh")


def run(*words):
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    rule.register(commands)
    bench.register(commands)
    args = parser.parse_args([str(word) for word in words])
    return args.run(args)


def items_for(text, multiple):
    """Items that fill every cell `multiple` times, easy and hard ones in each."""
    shares = random.Random(20261121)
    for cell in parse(text).cells:
        truefalse = cell.type is ItemType.TRUEFALSE
        options = TRUEFALSE_OPTIONS if truefalse else ("甲", "乙", "丙", "丁")
        for n in range(cell.count * multiple):
            yield Item(
                content=Content(cell.type, f"{cell.stratum} 第 {n} 题", tuple(Option(text) for text in options)),
                answer_key=AnswerKey((0,)),
                chapter=f"{cell.chapter}.1",
                level=Level(cell.level),
                p4=shares.randint(6_000, 9_500),
                subject="SP-ELV",
            )


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rule")
    (folder / "passphrase").write_text(PASSPHRASE + "\n")
    (folder / "passphrase").chmod(0o600)
    with Bank.create(folder / "bank", PASSPHRASE, sample=True) as made:
        made.drafts.add(items_for(SAMPLE.read_bytes(), 4), approve_as_sample=True)
    return "--bank", folder / "bank", "--passphrase-file", folder / "passphrase"


@pytest.fixture
def changed(tmp_path):
    def change(old, new):
        text = SAMPLE.read_text("utf-8")
        assert old in text
        (tmp_path / "rule.toml").write_text(text.replace(old, new, 1), "utf-8")
        return tmp_path / "rule.toml"

    return change


def test_the_sample_rule_is_in_order(capsys):
    assert run("rule", "check", SAMPLE) == 0
    out = capsys.readouterr().out
    assert (
        "100 items, 100 points, 120 minutes, 80 to pass: true-false 70 × 1 points + single answer 30 × 1 points" in out
    )
    assert parse(SAMPLE.read_bytes()).sha256 in out
    assert out.index("2 触电事故及现场救护") < out.index("10 异步电动机")


def test_a_contradiction_is_a_sentence_and_exit_code_1(capsys, changed):
    path = changed('"3" = { name = "防触电技术", points = 12 }', '"3" = { name = "防触电技术", points = 13 }')
    assert run("rule", "check", path) == 1
    assert capsys.readouterr().out == "Chapter 3: the margin says 13 points, its cells give 12.\n"


def test_a_contradiction_is_data_where_data_was_asked_for(capsys, changed):
    assert run("rule", "check", changed("total_points = 100", "total_points = 120"), "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["ok"], report["code"]) == (False, "rule-total-differs")
    assert (report["facts"]["stated"], report["facts"]["found"]) == (120, 100)


def test_a_missing_file_is_refused_input(tmp_path):
    with pytest.raises(BadFile) as refusal:
        run("rule", "check", tmp_path / "none.toml")
    assert refusal.value.code == "rule-unreadable"


def test_a_bank_that_can_fill_the_rule_is_shown_cell_by_cell(capsys, bank):
    assert run("rule", "check", SAMPLE, "--json", *bank) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["ok"]
    assert all(cell["available"] == 4 * cell["count"] for cell in report["cells"])
    assert report["acceptance"]["admitted"] > 100


def test_a_cell_the_bank_cannot_fill_is_named_with_its_numbers(capsys, bank, changed):
    cell = '{ type = "single", chapter = "11", level = "grasp", count = 1, points = 1 }'
    twin = '{ type = "single", chapter = "11.2", level = "grasp", count = 1, points = 1 }'
    assert run("rule", "check", changed(cell, twin), *bank) == 1
    assert capsys.readouterr().out == (
        "Each of these demands of the rule is more than can be met:\n"
        "  single answer·chapter 11.2·grasp: 0 in the bank, 0 free; a form needs 1, 1 lacking\n"
    )


def test_a_field_of_a_cell_is_named_as_people_count_cells(capsys, changed):
    cell = '{ type = "truefalse", chapter = "1", level = "grasp"'
    assert run("rule", "check", changed(cell, cell.replace("level", "levl"))) == 1
    assert capsys.readouterr().out.startswith("cell number 2, levl is not a field of a rule.")
    language.set_language("zh")
    run("rule", "check", changed(cell, cell.replace('"truefalse"', '"单选"')))
    assert capsys.readouterr().out.startswith("第 2 个细目的 type：“单选”不在可选值")


def test_a_bank_of_samples_is_said_to_count_for_drills_alone(capsys, own, tmp_path):
    (tmp_path / "small.toml").write_text(SMALL, "utf-8")
    line = "own is a bank of samples: counted as for a drill (--mock). For a session that counts it is refused.\n"
    assert run("rule", "check", tmp_path / "small.toml", *own) == 0
    assert capsys.readouterr().err == line
    assert run("rule", "check", tmp_path / "small.toml", "--mock", *own) == 0
    assert capsys.readouterr().err == ""
    assert run("rule", "check", tmp_path / "small.toml", "--json", *own) == 0
    said = capsys.readouterr()
    assert said.err == "" and json.loads(said.out)["counted_for"] == "drill"
    assert run("rule", "try", tmp_path / "small.toml", "--forms", 30, "--json", *own) == 0
    assert json.loads(capsys.readouterr().out)["counted_for"] == "drill"


def test_a_cell_whose_items_are_each_others_enemies_says_so(capsys, tmp_path):
    words = ("--bank", tmp_path / "own", "--passphrase-file", tmp_path / "own.pp")
    words[3].write_text(PASSPHRASE + "\n")
    words[3].chmod(0o600)
    options = tuple(map(Option, "甲乙丙丁"))
    items = [
        Item(
            Content(ItemType.SINGLE, f"第 {n} 题", options), AnswerKey((0,)), "1",
            p4=8_000, enemies=("twins",) if n < 3 else (), subject="SP-ELV",
        )
        for n in range(11)
    ]  # fmt: skip
    with Bank.create(words[1], PASSPHRASE, sample=True) as made:
        made.drafts.add(items, approve_as_sample=True)
    (tmp_path / "small.toml").write_text(SMALL, "utf-8")
    assert run("rule", "check", tmp_path / "small.toml", "--mock", *words) == 1
    assert capsys.readouterr().out == (
        "Each of these demands of the rule is more than can be met:\n"
        "  single answer·chapter 1: 11 in the bank, 11 free; a form needs 10, 1 lacking\n"
        "    Reason: a form holds one item of an enemy group at most. The groups in the way: twins.\n"
    )
    run("rule", "check", tmp_path / "small.toml", "--mock", "--json", *words)
    assert json.loads(capsys.readouterr().out)["alone_enemies"] == [["twins"]]


def test_so_many_candidates_ask_for_a_larger_pool(capsys, bank, changed):
    path = changed("[pool]", "[exposure]\ncandidates = 100\n\n[pool]")
    assert run("rule", "check", path, "--candidates", 300, *bank) == 0
    assert run("rule", "check", path, "--candidates", 500, "--json", *bank) == 1
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (report["code"], report["facts"]["needed"], report["facts"]["multiple"]) == ("rule-multiple-below-cap", 5, 3)
    path.write_text(path.read_text("utf-8").replace("multiple = 3 ", "multiple = 5 "), "utf-8")
    assert run("rule", "check", path, "--candidates", 500, "--json", *bank) == 1
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert report["conflict"] == report["alone"][:1]
    assert len(report["alone"]) == 59
    assert {(each["kind"], each["needed"] - each["available"] == each["missing"]) for each in report["alone"]} == {
        ("pool", True)
    }


def test_trying_a_rule_shows_its_forms_to_be_more_alike_than_plain_draws(capsys, bank):
    assert run("rule", "try", SAMPLE, "--forms", 150, "--json", *bank) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["pool"] == 300
    assert report["fair"]["forms"] == report["plain"]["forms"] == 150
    assert report["fair"]["pass_sd"] < report["plain"]["pass_sd"] / 2
    assert 1 / 3 - 0.01 < report["fair"]["exposure_mean"] < 1 / 3 + 0.01


def test_a_rule_that_hardly_admits_any_form_is_refused(capsys, bank, changed):
    assert run("rule", "try", changed('tolerance = "0.25"', 'tolerance = "0.0001"'), *bank) == 1
    assert "of 2000 trial draws are admissible, at least 20 are required" in capsys.readouterr().out


def test_a_trial_shows_each_cell_what_remains_a_season_and_a_picture(capsys, bank, tmp_path):
    picture = tmp_path / "try.svg"
    arguments = ("--forms", 120, "--sessions", 5, "--candidates", 60, "--svg", picture, *bank)
    assert run("rule", "try", SAMPLE, "--json", *arguments) == 0
    report = json.loads(capsys.readouterr().out)
    assert len(report["cells"]) == 59
    chapters = [int(cell["cell"].split("/")[1]) for cell in report["cells"]]
    assert chapters == sorted(chapters)
    assert all(cell["exposure_least"] <= cell["exposure"] <= cell["exposure_most"] for cell in report["cells"])
    ahead = {name: spread["sd"] for name, spread in report["outlook"].items()}
    assert ahead["known"] == report["fair"]["pass_sd"] < ahead["responses"] < min(ahead["experts"], ahead["plain"])
    assert report["promise_kept"] and report["warning"] is None
    assert (report["measured"], report["items"]) == (0, 400)
    season = report["season"]
    assert (season["sessions"], season["dry"], season["held"]) == (5, "", 400)
    assert 20 <= season["seen_mean"] <= 60 * 5 / 3
    root = ElementTree.fromstring(picture.read_text("utf-8"))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert len(root.findall("{http://www.w3.org/2000/svg}rect")) > 40
    words = [each.text for each in root.findall("{http://www.w3.org/2000/svg}text")]
    assert {"40%", "50%", "60%"} <= set(words) and any("The narrower, the fairer" in each for each in words)
    assert run("rule", "try", SAMPLE, *arguments) == 0
    out = capsys.readouterr().out
    verdict = out.rstrip().splitlines()[-4:]
    assert re.match(r"Fairness: one and the same candidate .* 4\d% to 5\d% .* draw: \d\d% to \d\d%\)\.", verdict[0])
    assert verdict[1].startswith("GOOD ENOUGH if the stated shares are right: ")
    assert verdict[2].startswith("This takes the stated shares of right answers for true: 0 of 400 items")
    assert "the rule sets no cap. In the season forecast one item travels to 5 sessions" in verdict[3]
    assert "█" in out
    assert "Season: 5 of 5 sessions of 60 candidates, 7 days apart" in out


def test_a_season_that_runs_dry_says_where(capsys, bank, changed):
    path = changed("[pool]", "[exposure]\nsessions = 1\n\n[pool]")
    assert run("rule", "try", path, "--forms", 50, "--sessions", 9, "--json", *bank) == 0
    season = json.loads(capsys.readouterr().out)["season"]
    assert (season["sessions"], season["dry"]) == (2, "single/1/grasp")  # a pool of three forms' items, then of one


def test_cells_are_proposed_from_margins(capsys, bank, tmp_path):
    text = SAMPLE.read_text("utf-8")
    (tmp_path / "margins.toml").write_text(text[: text.index("cells = [")] + text[text.index("[scoring]") :], "utf-8")
    assert run("rule", "try", "--propose", tmp_path / "margins.toml") == 0
    proposed = parse(capsys.readouterr().out.encode())
    assert proposed.chapters == parse(SAMPLE.read_bytes()).chapters
    assert run("rule", "try", "--propose", tmp_path / "margins.toml", *bank) == 0
    text = (tmp_path / "margins.toml").read_text("utf-8").replace("multiple = 3 ", "multiple = 5 ")
    (tmp_path / "margins.toml").write_text(text, "utf-8")  # but the bank holds a form's items four times
    capsys.readouterr()
    words = ("--propose", tmp_path / "margins.toml", "--out", tmp_path / "rule.toml", *bank)
    assert run("rule", "try", *words) == 1
    said = capsys.readouterr()
    assert said.out == ""  # stdout may be on its way into a file
    assert "no table of whole numbers meets these margins with what the bank holds" in said.err
    assert "types true-false" in said.err
    told = re.search("The bank has no more for: (.*)", said.err)[1]
    assert told.index("chapter 1·know") < told.index("chapter 1·master") < told.index("chapter 2·")
    assert not (tmp_path / "rule.toml").exists()
    (tmp_path / "margins.toml").write_text(text.replace("multiple = 5 ", "multiple = 4 "), "utf-8")
    assert run("rule", "try", *words) == 0
    written = (tmp_path / "rule.toml").read_text("utf-8")
    assert parse(written.encode()).pool_multiple == 4
    cells = [line for line in written.splitlines() if line.startswith("  {")]
    assert cells == sorted(cells, key=lambda line: int(re.search('chapter = "([0-9]+)"', line)[1]))
    assert [re.search('type = "([a-z]+)".*level = "([a-z]+)"', line).groups() for line in cells[:3]] == [
        ("truefalse", level) for level in ("know", "grasp", "master")
    ]


def test_a_proposal_is_never_written_over_another_file(tmp_path):
    (tmp_path / "rule.toml").write_text("mine")
    unread = ("--bank", tmp_path, "--passphrase-file", tmp_path / "none")
    with pytest.raises(Denied, match="handin-file-exists"):
        run("rule", "try", "--propose", SAMPLE.with_name("margins.toml"), "--out", tmp_path / "rule.toml", *unread)
    assert (tmp_path / "rule.toml").read_text() == "mine"


@pytest.fixture
def own(tmp_path):
    """A small bank of one's own, to be spoilt: forty items of one cell, ten of them tagged."""
    words = ("--bank", tmp_path / "own", "--passphrase-file", tmp_path / "own.pp")
    words[3].write_text(PASSPHRASE + "\n")
    words[3].chmod(0o600)
    shares = random.Random(7)
    items = [
        Item(
            Content(ItemType.SINGLE, f"第 {n} 题", tuple(map(Option, "甲乙丙丁"))), AnswerKey((0,)), "1",
            p4=shares.randint(6_500, 9_000), basis="《旧规程》第三条" if n < 30 else "",
            subject="SP-ELV",
        )
        for n in range(40)
    ]  # fmt: skip
    with Bank.create(words[1], PASSPHRASE, sample=True) as made:
        made.drafts.add(items, approve_as_sample=True)
    return words


SMALL = """\
id = "S"
version = 1
name = "小规则"
subjects = ["SP-ELV"]
pool = { multiple = 1, alike = { share = "1", reason = "同卷" } }
source = "test"
effective_from = 2026-01-01
grading = "site"
minutes = 30
total_points = 10
pass_points = 8
cells = [{ type = "single", chapter = "1", count = 10, points = 1 }]
[types]
single = { count = 10, points = 1 }
[levels]
any = 10
[chapters]
"1" = { name = "一", points = 10 }
"""


@pytest.fixture
def small(tmp_path):
    def write(more="", head=""):
        (tmp_path / "small.toml").write_text(head + SMALL + more, "utf-8")
        return tmp_path / "small.toml"

    return write


def test_an_electricians_rule_over_a_bank_of_two_trades_names_what_stays_out(capsys, own, small):
    radio = [
        Item(
            Content(ItemType.SINGLE, f"无线电 {n}", tuple(map(Option, "甲乙丙丁"))),
            AnswerKey((0,)),
            "1",
            p4=7_000,
            subject=s,
        )
        for n, s in enumerate(["X-CRAC"] * 87 + ["", ""])
    ]
    with Bank.open(own[1], PASSPHRASE) as bank:
        bank.drafts.add(radio, approve_as_sample=True)
    assert run("rule", "check", small(), *own) == 0
    said = capsys.readouterr()
    assert "87 items stay in the bank: are of another subject than the rule names." in said.err
    assert "2 items stay in the bank: state no subject." in said.err
    assert "draws from: SP-ELV 低压电工作业\n" in said.out
    assert re.search(r"^1 一 +10 +10 +40 +40 ", said.out, re.MULTILINE)
    assert run("rule", "check", small(), "--json", *own) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["withheld"] == {"item-of-other-subject": 87, "item-without-subject": 2}
    assert (told["subjects"], told["cells"][0]["held"]) == (["SP-ELV"], 40)


def test_neighbours_with_too_much_in_common_are_refused_unless_the_rule_says_why(capsys, own, small):
    stated = 'pool = { multiple = 1, alike = { share = "1", reason = "同卷" } }'
    path = small()
    text = path.read_text("utf-8")
    assert run("rule", "check", path, *own) == 0
    assert (
        "two candidates have 100% of their items in common on average; 100% at most (同卷)" in capsys.readouterr().out
    )
    path.write_text(text.replace(stated, "pool = { multiple = 3 }"), "utf-8")
    assert run("rule", "check", path, "--json", *own) == 0
    assert json.loads(capsys.readouterr().out)["alike"] == {"found": 0.3333, "most": 0.5}
    path.write_text(text.replace(stated, "pool = { multiple = 1 }"), "utf-8")
    for more in ((), own):
        assert run("rule", "check", path, "--json", *more) == 1
        told = json.loads(capsys.readouterr().out)
        assert (told["code"], told["facts"]["found"], told["facts"]["most"]) == ("rule-forms-alike", "100%", "50%")
    path.write_text(text.replace(stated + "\n", ""), "utf-8")
    assert run("rule", "check", path) == 1
    assert "The rule does not say pool.multiple" in capsys.readouterr().out


def test_trial_draws_say_how_far_they_are(own, small):
    rule_ = parse(small('[difficulty]\ntolerance = "0.5"\n').read_bytes())
    told = []
    with Bank.open(own[1], PASSPHRASE) as bank:
        available = rule_availability(bank, rule_, date(2026, 12, 5), Permission.DRILL, 3)
    assert issuable(available, rule_, 3, lambda done, total: told.append((done, total))).refusal is None
    assert told[0] == (0, 8_000) and told[-1][0] > 7_900 and told == sorted(told) and len(told) > 100
    told.clear()
    try_forms(available, rule_, 3, 60, lambda done, total: told.append(done / total))
    assert told == sorted(told) and told[-1] == 1 and len(told) > 100


def test_a_rule_that_names_no_subjects_is_tried_and_held_in_reserve_for_drills_alone(capsys, own, small, tmp_path):
    path = small()
    path.write_text(path.read_text("utf-8").replace('subjects = ["SP-ELV"]\n', ""), "utf-8")
    for words in (("try", path, "--forms", "20"), ("reserve", path, "--forms", "1")):
        assert run("rule", *words, *own) == 1
        assert 'such as subjects = ["SP-ELV"]' in capsys.readouterr().out
        assert run("rule", *words, *own, "--mock") == 0
        capsys.readouterr()
    assert run("rule", "try", path, "--forms", "20", *own, "--mock") == 0
    assert "draws from items of every subject, for drills alone" in capsys.readouterr().out
    path.write_text(SMALL.replace("SP-ELV", "SP-ELW"), "utf-8")
    assert run("rule", "try", path, "--json", *own) == 1
    assert json.loads(capsys.readouterr().out)["code"] == "rule-subject-unknown"


def test_a_rule_that_names_no_subjects_is_said_to_serve_drills_alone(capsys, small):
    path = small()
    path.write_text(path.read_text("utf-8").replace('subjects = ["SP-ELV"]\n', ""), "utf-8")
    assert run("rule", "check", path) == 1
    assert 'such as subjects = ["SP-ELV"]' in capsys.readouterr().out
    assert run("rule", "check", path, "--mock") == 0
    capsys.readouterr()
    path.write_text(SMALL.replace("SP-ELV", "SP-ELW"), "utf-8")
    assert run("rule", "check", path, "--json") == 1
    assert json.loads(capsys.readouterr().out)["code"] == "rule-subject-unknown"


def test_a_cell_that_is_short_says_what_rests_and_what_cites_repealed_law(capsys, own, small):
    with Bank.open(own[1], PASSPHRASE) as bank:
        ids = [item.id for item in bank.items.select()]
        bank.exposure.add("s1", "A", dict.fromkeys(ids[25:35], 5), "2026-11-20")
        lifecycle.repeal(bank, "《旧规程》", date(2026, 12, 1), None)
    path = small("[exposure]\nrest_days = 30\n")
    assert run("rule", "check", path, "--date", "2026-11-25", *own) == 0
    assert "Not free: rest 10; the first is free again on 2026-12-20\n" in capsys.readouterr().out
    assert run("rule", "check", path, "--date", "2026-12-05", *own) == 1
    said = capsys.readouterr()
    assert "30 items stay in the bank: cite a basis that is repealed." in said.err
    assert (
        "single answer·chapter 1: 40 in the bank, 5 free (cite a basis that is repealed 30; rest 5; the first is free "
        "again on 2026-12-20); a form needs 10, 5 lacking"
    ) in said.out
    for command in ("try", "reserve"):
        assert run("rule", command, path, "--date", "2026-12-05", *own) == 1
        assert "40 in the bank, 5 free (cite" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "old", "new", "code"),
    [
        ("", 'id = "S"', 'id = "../../x"', "rule-id"),
        ("", 'id = "S"', 'id = "S\u0430"', "rule-id"),
        ('[difficulty]\ntolerance = "0.1"\n', "version = 1", "version = 1\nattempts = 1", "rule-attempts-too-few"),
        ("[mandatory]\nt = 11\n", "", "", "rule-tag-above-items"),
    ],
)
def test_what_issuing_would_refuse_the_check_refuses(capsys, own, small, more, old, new, code):
    path = small(more)
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    assert run("rule", "check", path, "--json", *own) == 1
    assert json.loads(capsys.readouterr().out)["code"] == code


def test_a_rule_with_blanks_to_fill_is_in_order_and_yet_serves_no_session(capsys, small):
    path = small()
    path.write_text(path.read_text("utf-8").replace("single", "fill"), "utf-8")
    assert run("rule", "check", path) == 1
    assert "it cannot be issued for a session" in capsys.readouterr().out


def test_a_pass_mark_far_from_what_candidates_score_is_warned_of(capsys, own, small):
    path = small('[difficulty]\ntolerance = "0.1"\n')
    text = path.read_text("utf-8")
    assert run("rule", "check", path, *own) == 0
    assert "WARNING" not in capsys.readouterr().out
    path.write_text(text.replace("pass_points = 8", "pass_points = 6"), "utf-8")
    for command in ("check", "try"):
        assert run("rule", command, path, *own) == 0
        assert "WARNING: the pass mark is 60%, but candidates score 7" in capsys.readouterr().out


def test_reserve_forms_that_are_kept_stay_out_of_each_other_and_of_sessions(capsys, own, small):
    path = small("[exposure]\nsessions = 1\n")
    for number in (1, 2):
        words = ("--forms", 2, "--keep", "--out", own[1].parent / f"r{number}.json", *own)
        assert run("rule", "reserve", path, *words) == 0
    forms = [form for n in (1, 2) for form in json.loads((own[1].parent / f"r{n}.json").read_text())["forms"]]
    assert len({item for form in forms for item in form["items"]}) == 40
    assert run("rule", "check", path, *own) == 1
    assert "40 in the bank, 0 free (were in as many sessions as the rule allows 40)" in capsys.readouterr().out


def test_a_season_begins_with_what_the_bank_has_seen(capsys, own, small):
    with Bank.open(own[1], PASSPHRASE) as bank:
        bank.exposure.add("s1", "A", dict.fromkeys([item.id for item in bank.items.select()][:30], 5), "2026-11-20")
    path = small("[exposure]\nsessions = 1\n")
    assert run("rule", "try", path, "--forms", 20, "--sessions", 3, "--date", "2026-11-25", "--json", *own) == 0
    season = json.loads(capsys.readouterr().out)["season"]
    assert (season["sessions"], season["travelled"], season["new_last"]) == (1, 40, None)


def test_a_proposal_reads_as_the_rule_it_shows_however_its_file_is_laid_out(capsys, tmp_path):
    text = SAMPLE.read_text("utf-8")
    text = text[: text.index("cells = [")] + text[text.index("[scoring]") :]
    text = text.replace("[scoring]", "  [scoring]").replace("[types]", "    [types]").replace('"11" =', "'1\"1' =")
    (tmp_path / "margins.toml").write_text(text, "utf-8")
    assert run("rule", "try", "--propose", tmp_path / "margins.toml") == 0
    assert '1"1' in {cell.chapter for cell in parse(capsys.readouterr().out.encode()).cells}


def test_the_sample_margins_become_the_sample_rule(capsys):
    assert run("rule", "try", "--propose", SAMPLE.with_name("margins.toml")) == 0
    assert parse(capsys.readouterr().out.encode()).cells


def test_what_a_trial_foresees_is_what_the_benchmark_finds():
    """The trial knows shares alone; the simulated bank also has slopes and guessing, which its answers show."""
    from dataclasses import replace

    from bank.composing.assembly import Assembler
    from bank.composing.fairness import Drawn, outlook
    from tools.bench.simulated import SimulatedBank, simulated_rule

    bank, length = SimulatedBank.make(), 30
    rule = simulated_rule("0.1", length)
    pool = bank.facts(rule)
    draws = [Assembler(pool, each, b"k" * 32, "s") for each in (rule, replace(rule, difficulty=None))]
    fair, plain = (Drawn.of([draw.form(n) for n in range(1, 401)], pool) for draw in draws)
    for mark in (18, 21, 24, 27):
        ahead = outlook(fair, plain, pool, mark)
        truth = bank.chances_at(plain.borderline(bank.chances_at, mark))
        for name, drawn in (("known", fair), ("plain", plain)):
            assert getattr(ahead, name).sd == pytest.approx(drawn.spread(truth, mark).sd, rel=0.16)


def test_a_trial_without_a_bank_says_what_is_missing():
    with pytest.raises(BadFile, match="argument-missing"):
        run("rule", "try", SAMPLE)


def test_reserve_forms_are_made_and_kept_for_ones_own_eyes(capsys, bank, tmp_path):
    assert run("rule", "reserve", SAMPLE, "--forms", 3, "--out", tmp_path / "reserve.json", *bank) == 0
    assert (tmp_path / "reserve.json").stat().st_mode & 0o777 == 0o600
    written = (tmp_path / "reserve.json").read_bytes()
    with pytest.raises(Denied, match="handin-file-exists"):
        run("rule", "reserve", SAMPLE, "--forms", 3, "--out", tmp_path / "reserve.json", *bank)
    assert (tmp_path / "reserve.json").read_bytes() == written
    forms = json.loads(written)["forms"]
    ids = [item for form in forms for item in form["items"]]
    assert len(ids) == len(set(ids)) == 300
    assert not any(item in capsys.readouterr().out for item in ids)
    assert run("rule", "reserve", SAMPLE, "--forms", 5, *bank) == 1
    assert "no 5 forms without an item in common" in capsys.readouterr().out


@pytest.fixture
def office(tmp_path):
    passphrase = tmp_path / "pp"
    passphrase.write_text(PASSPHRASE + "\n")
    passphrase.chmod(0o600)
    Office.create(tmp_path / "office", "B", "局", PASSPHRASE)
    for name in ("zhang", "li"):
        words = (tmp_path / name, "--id", name, "--name", name, "--passphrase-file", passphrase)
        assert run("rule", "officer", *words) == 0
    cards = [tmp_path / name / "rule-officer.card.json" for name in ("zhang", "li")]
    assert run("rule", "appoint", tmp_path / "office", *cards, "--passphrase-file", passphrase) == 0
    return tmp_path / "office"


def sign(office, path, name):
    folder = office.parent
    words = ("--office", office, "--officer", folder / name, "--passphrase-file", folder / "pp")
    return run("rule", "sign", path, *words)


def test_a_rule_is_signed_by_two_and_its_history_says_what_changed(capsys, office, changed):
    assert sign(office, SAMPLE, "zhang") == 0
    assert "1 more signature needed" in capsys.readouterr().out
    assert sign(office, SAMPLE, "li") == 0
    assert "version 1 may be used" in capsys.readouterr().out
    second = changed("version = 1", "version = 2")
    second.write_text(second.read_text("utf-8").replace("minutes = 120", "minutes = 90"), "utf-8")
    assert sign(office, second, "li") == 0
    shown = capsys.readouterr().err
    assert "minutes: 120 → 90" in shown and "in force: from 2026-01-01 on" in shown
    assert "true-false, 1 points each: know 1, grasp 2, master 4" in shown  # the whole table
    assert run("rule", "history", "--office", office) == 0
    out = capsys.readouterr().out
    assert "SP-ELV-T v1  from 2026-01-01 on  zhang, li  in use" in out
    assert "SP-ELV-T v2  from 2026-01-01 on  li  one signature lacking" in out
    assert run("rule", "history", "SP-ELV-T", "--office", office, "--json") == 0
    assert [each["complete"] for each in json.loads(capsys.readouterr().out)["SP-ELV-T"]] == [True, False]


def test_what_stands_against_signing_is_said_before_anything_is_shown_or_asked(capsys, office, changed, tmp_path):
    second, unread = changed("version = 1", "version = 2"), ("--passphrase-file", tmp_path / "none")

    def refused(code, path, book=office, who="zhang"):
        with pytest.raises((Denied, BadFile), match=code):
            run("rule", "sign", path, "--office", book, "--officer", tmp_path / who, *unread)
        shown = capsys.readouterr()
        assert shown.out == shown.err == ""

    Office.create(tmp_path / "new", "N", "局", PASSPHRASE)
    words = ("--id", "wang", "--name", "王五", "--passphrase-file", tmp_path / "pp")
    run("rule", "officer", tmp_path / "wang", *words)
    sign(office, SAMPLE, "zhang")
    capsys.readouterr()
    refused("rules-no-register", SAMPLE, book=tmp_path / "new")
    refused("rule-version", second)
    refused("rules-not-an-officer", SAMPLE, who="wang")
    refused("file-unreadable", SAMPLE, who="nobody")
    refused("rule-signed-already", SAMPLE)
    sign(office, SAMPLE, "li")
    capsys.readouterr()
    refused("rule-version", SAMPLE)
    with pytest.raises(Denied, match="rules-nothing-to-consent"):
        run("rule", "consent", office, "--officer", tmp_path / "zhang", *unread)


def consent(office, name):
    folder = office.parent
    return run("rule", "consent", office, "--officer", folder / name, "--passphrase-file", folder / "pp")


def test_officers_change_with_the_consent_of_two_before_them(capsys, office):
    folder = office.parent
    words = (folder / "wang", "--id", "wang", "--name", "王五", "--passphrase-file", folder / "pp")
    assert run("rule", "officer", *words) == 0
    cards = [folder / name / "rule-officer.card.json" for name in ("li", "wang")]
    assert run("rule", "appoint", office, *cards, "--passphrase-file", folder / "pp", "--json") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["complete"] is False
    assert consent(office, "zhang") == 0
    shown = capsys.readouterr()
    assert "+ 王五 (wang)" in shown.err and "- zhang (zhang)" in shown.err
    assert "1 officers have to consent" in shown.out
    assert consent(office, "li") == 0
    capsys.readouterr()
    assert run("rule", "register", office, "--json") == 0
    registers = json.loads(capsys.readouterr().out)
    assert [each["signed_by"] for each in registers] == [[], ["zhang", "li"]]
    assert [each["complete"] for each in registers] == [True, True]
    assert run("rule", "register", office) == 0
    assert "signed by the bureau and zhang, li" in capsys.readouterr().out
    with pytest.raises(Denied, match="rules-not-an-officer"):
        sign(office, SAMPLE, "zhang")


def test_a_new_register_taken_away_before_any_issue_is_missed_by_both_who_consented(office):
    folder = office.parent
    run("rule", "officer", folder / "wang", "--id", "wang", "--name", "王五", "--passphrase-file", folder / "pp")
    cards = [folder / name / "rule-officer.card.json" for name in ("li", "wang")]
    run("rule", "appoint", office, *cards, "--passphrase-file", folder / "pp")
    register = office / "rules" / "officers.2.json"

    def against(name):
        return run("rule", "history", "--office", office, "--against", folder / name)

    consent(office, "zhang")
    proposed = register.read_bytes()
    assert against("zhang") == 0
    consent(office, "li")
    whole = register.read_bytes()
    register.unlink()
    with pytest.raises(Denied, match="rules-rolled-back"):
        against("li")
    assert against("zhang") == 0  # consented first, and has not looked since
    register.write_bytes(whole)
    assert against("zhang") == 0
    for older in (None, proposed):
        register.unlink()
        if older:
            register.write_bytes(older)
        with pytest.raises(Denied, match="rules-rolled-back"):
            against("zhang")
        register.write_bytes(whole)


def test_an_officer_who_cannot_consent_is_named_with_the_reason(capsys, office):
    folder = office.parent
    run("rule", "officer", folder / "wang", "--id", "wang", "--name", "王五", "--passphrase-file", folder / "pp")
    cards = [folder / name / "rule-officer.card.json" for name in ("li", "wang")]
    with pytest.raises(SystemExit):
        run("rule", "appoint", office, *cards, "--gone", "zhang")
    assert "ID=REASON" in capsys.readouterr().err
    assert run("rule", "appoint", office, *cards, "--gone", "zhang=病故", "--passphrase-file", folder / "pp") == 0
    assert "could not consent: zhang (病故)" in capsys.readouterr().out
    assert consent(office, "li") == 0
    assert "not in force" not in capsys.readouterr().out


def test_a_version_taken_away_is_noticed_by_its_officers_and_by_history(capsys, office, changed):
    for name in ("zhang", "li"):
        sign(office, SAMPLE, name)
    (office / "rules" / "SP-ELV-T" / "1.json").unlink()
    other = changed("minutes = 120", "minutes = 90")
    with pytest.raises(Denied, match="rule-rolled-back"):
        sign(office, other, "li")
    assert run("rule", "history", "--office", office) == 0
    with pytest.raises(Denied, match="rule-rolled-back"):
        run("rule", "history", "--office", office, "--against", office.parent / "li")
    with pytest.raises(BadFile, match="rules-nothing-to-compare"):
        run("rule", "history", "--office", office, "--against", office)


def test_a_session_uses_the_signed_version_in_force_and_no_file_but_for_a_drill(office, changed):
    made = Office(office)
    with pytest.raises(Denied, match="rule-not-signed"):
        rule_to_use(made, "SP-ELV-T", "2026-11-21", mock=False).rule
    with pytest.raises(Denied, match="rule-not-signed"):
        rule_to_use(made, str(SAMPLE), "2026-11-21", mock=False).rule
    other = changed("minutes = 120", "minutes = 90")
    assert rule_to_use(made, str(other), "2026-11-21", mock=True).rule.minutes == 90
    sign(office, SAMPLE, "zhang")
    sign(office, SAMPLE, "li")
    assert rule_to_use(made, "SP-ELV-T", "2026-11-21", mock=False).rule == parse(SAMPLE.read_bytes())
    assert rule_to_use(made, str(SAMPLE), "2026-11-21", mock=False).rule.version == 1
    with pytest.raises(Denied, match="rule-not-the-signed-one"):
        rule_to_use(made, str(other), "2026-11-21", mock=False).rule
    with pytest.raises(Denied, match="rule-not-yet-in-force"):
        rule_to_use(made, "SP-ELV-T", "2025-12-31", mock=False).rule


def test_the_benchmark_prints_every_length_and_holds_what_is_promised(capsys):
    assert run("bench", "forms", "--forms", 150, "--lengths", "30,100", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["ok"]
    for found in report["lengths"].values():
        at = found["known"]["pass_sd_at"]
        assert at["70"] < at["80"] < 0.03 < at["60"] < at["90"]  # told, and promised at 70 and 80 alone
        assert found["known"]["pass_sd"] <= 0.03
        assert found["known"]["pass_sd"] < found["responses"]["pass_sd"] <= 0.055
        assert found["responses"]["pass_sd"] < found["experts"]["pass_sd"] < found["plain"]["pass_sd"]


def test_a_benchmark_that_does_not_hold_it_fails(capsys):
    assert run("bench", "forms", "--forms", 100, "--lengths", "30", "--tolerance", "3") == 1
    assert "Larger than promised." in capsys.readouterr().out


def test_help_shows_an_example(capsys):
    commands = ("check", "try", "reserve", "officer", "appoint", "consent", "register", "sign", "history")
    for words in (("rule",), *(("rule", command) for command in commands), ("bench", "forms")):
        with pytest.raises(SystemExit):
            run(*words, "--help")
        assert "Example: examd" in capsys.readouterr().out


def test_what_a_program_reads_is_data_alone_and_the_solver_adds_no_word_of_its_own(bank):
    """In a process: a library written in C speaks past `sys.stdout`."""
    command = [sys.executable, "-m", "tools.cli", "rule", "reserve", SAMPLE, "--json", *bank]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    assert len(json.loads(done.stdout)["forms"]) == 2
