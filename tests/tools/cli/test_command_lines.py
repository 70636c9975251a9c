"""Every command says what it is for, shows how it is called, and does so in both languages."""

import argparse
import re
import shlex

import pytest

import tools.cli.bench
import tools.cli.language
from tools.cli import main
from tools.cli.base import _Late, cells

CHINESE = re.compile(r"[\u4e00-\u9fff]")
OURS = ("bank", "rule", "bureau")


@pytest.fixture
def speaks(monkeypatch):
    """speaks(language): as `examd --lang` does; everything is as before after the test."""
    for name in ("_", "ngettext"):
        monkeypatch.setattr(argparse, name, vars(argparse)[name])
    monkeypatch.setattr(tools.cli.language, "_current", None)
    monkeypatch.setenv("COLUMNS", "80")

    def speak(language):
        monkeypatch.setenv("EXAMD_LANG", language)
        tools.cli.language.set_language(language)
        return main.parser()

    return speak


def tree(parser):
    """Words of the command -> its parser, for all that do something by themselves."""
    return {each.prog.removeprefix("examd "): each for each in main._leaves(parser) if each.get_default("run")}


def words_of(command):
    """All that its help says in words: purpose and arguments."""
    return [command.description, *(a.help for a in command._actions if a.help != argparse.SUPPRESS)]


def test_every_command_has_a_purpose_and_an_example_that_it_takes_in_both_languages(speaks):
    said = {}
    for language in tools.cli.language.LANGUAGES:
        parser = speaks(language)
        for name, command in tree(parser).items():
            assert command.description, f"{name}: what is it for?"
            example = re.sub(r"^.*?[:：] ?", "", command.epilog)
            assert parser.parse_args(shlex.split(example)[1:]).run == command.get_default("run"), name
            for text in words_of(command):
                assert text, f"{name}: an argument says nothing"
            said.setdefault(name, []).append(words_of(command))
    assert len(said) > 60
    for name, (chinese, english) in said.items():
        assert len(chinese) == len(english)
        for ours, theirs in zip(chinese, english, strict=True):
            if not re.search(r"了解|单选", theirs):  # terms that have no English
                assert CHINESE.search(ours) and ours != theirs, f"{name}: no Chinese for {theirs}"


def test_every_command_of_the_bank_the_rules_and_the_bureau_reports_as_json(speaks):
    silent = {
        name
        for name, command in tree(speaks("en")).items()
        if name.split()[0] in OURS and "--json" not in command._option_string_actions
    }
    assert silent == {"bank browse"}  # a screen


@pytest.mark.parametrize("language", tools.cli.language.LANGUAGES)
def test_a_group_lists_each_command_on_one_line(speaks, language):
    parser = speaks(language)
    commands = tree(parser)
    for group in OURS:
        lines = parser._subparsers._group_actions[0].choices[group].format_help().splitlines()
        assert all(cells(line) <= 80 for line in lines), [line for line in lines if cells(line) > 80]
        for name in (name.split()[1] for name in commands if name.startswith(f"{group} ")):
            (at,) = (n for n, line in enumerate(lines) if line.split()[:1] == [name])
            assert len(lines[at].split()) > 1 and not lines[at + 1].startswith(" " * 8), lines[at : at + 2]


def test_an_option_of_one_value_is_not_taken_twice_by_any_command(speaks, capsys):
    """The last would count, for what the first was meant for."""
    tried = 0
    for name, command in tree(speaks("en")).items():
        for action in command._actions:
            if type(action).__name__ not in ("_Once", "_StoreAction") or not action.option_strings:
                continue
            action.type, value = None, next(iter(action.choices or "1"))
            with pytest.raises(SystemExit):
                command.parse_args([action.option_strings[0], value] * 2)
            assert "given twice" in capsys.readouterr().err, (name, action.option_strings)
            tried += 1
    assert tried > 150


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["bnak", "list"], "bank"), (["bank", "aprove", "b"], "approve"), (["site", "opne"], "open"),
        (["site", "close", "s", "--chief", "c", "--as", "x", "--waiv", "A=b", "--waived=A=b"], "--waive"),
        (["bank", "list", "b", "--chaptr", "1"], "--chapter"), (["demo", "--candidate-s", "3"], "--candidates"),
        (["verify", "d", "--bureau-ky", "aa"], "--bureau-key"),
    ],
)  # fmt: skip
def test_a_slip_in_a_command_or_option_is_told_the_nearest(words, meant, capsys):
    with pytest.raises(SystemExit) as ended:
        main.main([*words, "--lang", "en"])
    assert ended.value.code == 2 and f"Did you mean {meant}?" in capsys.readouterr().err


def test_the_bank_is_listed_in_the_order_of_an_items_life(speaks):
    parser = speaks("en")
    titles = re.findall(r"(?m)^(\w[\w ]+):\n", parser._subparsers._group_actions[0].choices["bank"].format_help())
    assert titles == ["Writing", "Reviewing", "In several hands", "Exchanging", "Guarding", "options"]
    listed = [name.split()[1] for name in tree(parser) if name.startswith("bank ")]
    life = ["init", "import", "submit", "review", "approve", "retire", "share", "open", "pack", "take", "trace"]
    assert [name for name in listed if name in life] == life


def test_a_command_that_is_imported_late_is_there(speaks):
    named = [run for each in tree(speaks("en")).values() if isinstance(run := each.get_default("run"), _Late)]
    assert len(named) > 25
    assert all(callable(run.function()) for run in named)


def test_help_of_everything_declares_no_commands():
    """What `examd --help` costs does not grow with the commands of an actor."""
    parser = main.parser(whole=False)
    parser.format_help()
    assert not [name for name in tree(parser) if name.split()[0] in OURS]
    assert parser.parse_args(["bank", "check", "b"]).command == "check"


def test_an_installed_examd_says_where_the_benchmarks_are(monkeypatch, capsys):
    monkeypatch.setattr(tools.cli.bench.importlib.util, "find_spec", lambda name: None)
    assert main.main(["bench", "answers", "--terminals", "4", "--lang", "en"]) == 2
    assert "source tree" in capsys.readouterr().err
    assert "answers" not in {name.split()[-1] for name in tree(main.parser())}


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_shells_complete_every_command(speaks, capsys, shell):
    commands = tree(speaks("en"))
    with pytest.raises(SystemExit) as ended:
        main.parser(whole=False).parse_args(["--print-completion", shell])
    assert ended.value.code == 0
    script = capsys.readouterr().out
    for name in commands:
        assert re.search(rf"\b{name.split()[-1]}\b", script), name
    assert shell == "tcsh" or "--dry-run" in script
