"""`examd rule` as its user meets it: a sentence that names the cell and the numbers, data on stdout, exit codes."""

import argparse
import json
import random
import re
from pathlib import Path

import pytest

from bank.blueprint import parse
from bank.content import TRUEFALSE_OPTIONS, Content, ItemType, Level, Option
from bank.item import AnswerKey, Item
from bank.refused import BadFile
from bank.store import Bank
from tools import rule, say
from tools.bench import forms
from tools.sentences.rule import SENTENCES

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "tools/samples/SP-ELV-T/rule.toml"
PASSPHRASE = "correct horse battery staple"


@pytest.fixture(autouse=True)
def english():
    say.set_language("en")
    yield
    say.set_language("zh")


def run(*words):
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    rule.register(commands)
    forms.register(commands)
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
            )


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rule")
    (folder / "passphrase").write_text(PASSPHRASE + "\n")
    (folder / "passphrase").chmod(0o600)
    with Bank.create(folder / "bank", PASSPHRASE) as made:
        made.add(items_for(SAMPLE.read_bytes(), 4))
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
    assert "100 items, 100 points, 120 minutes, 80 to pass: true-false 70×1 + single answer 30×1" in out
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
    assert capsys.readouterr().out == "Cell single/11.2/grasp cannot be filled: 1 items needed, 0 available.\n"


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


def test_the_benchmark_prints_both_draws_side_by_side(capsys):
    assert run("forms", "--forms", 60, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["fair"]["pass_sd"] < 0.05 < report["plain"]["pass_sd"]


def test_help_shows_an_example(capsys):
    for words in (("rule",), ("rule", "check"), ("rule", "try"), ("forms",)):
        with pytest.raises(SystemExit):
            run(*words, "--help")
        assert "Example: examd" in capsys.readouterr().out


def test_every_refusal_of_rules_and_forms_has_a_sentence():
    raised = set()
    for module in ("table", "blueprint", "assembly"):
        source = (ROOT / "bank" / f"{module}.py").read_text("utf-8")
        raised |= set(re.findall(r'(?:BadFile|Denied|_compare)\(\s*"([a-z0-9-]+)"', source))
    assert raised <= set(SENTENCES)
    assert {"rule-cells-overlap", "no-admissible-form", "rule-level-margin"} <= raised


def test_chinese_sentences_keep_every_fact():
    for english_text in SENTENCES.values():
        say.set_language("zh")
        chinese = say._(english_text)
        assert chinese != english_text
        assert sorted(re.findall(r"\{\w+\}", chinese)) == sorted(re.findall(r"\{\w+\}", english_text))
