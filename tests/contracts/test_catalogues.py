"""Chinese is the default of everything a person reads: nothing is said that has no Chinese, and no catalogue is stale.

Message ids are English and stand in the code; Chinese stands in `<package>/locale/zh_CN/LC_MESSAGES/*.po`. After any
change of either, run .ci/catalogues.
"""

import argparse
import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

import tools.cli.language
from tools.cli import main
from tools.cli.sentences import said, sentences

ROOT = Path(__file__).parents[2]
SENTENCES = ROOT / "tools/cli/sentences"
PACKAGES = ("tools", "terminal", "examd/documents")
CATALOGUES = [po for name in PACKAGES for po in sorted((ROOT / name).glob("locale/zh_CN/LC_MESSAGES/*.po"))]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
MEND = "run .ci/catalogues"

ONLY_PROGRAMMERS_MEET = {
    "%r is not callable",
    "'required' is an invalid argument for positionals",
    ".__call__() not defined",
    "cannot have multiple subparser arguments",
    "cannot merge actions - two groups are named %r",
    "conflicting option string: %s",
    "conflicting subparser alias: %s",
    "conflicting subparser: %s",
    "dest= is required for options like %r",
    "invalid conflict_resolution value: %r",
    "invalid option string %(option)r: must start with a character %(prefix_chars)r",
    "mutually exclusive arguments must be optional",
}
"""argparse's words about a parser that is built wrongly: no command line of ours can bring them up."""


OF_OTHER_PYTHONS = {
    " (default: %(default)s)",
    "%(heading)s:",
    "%(prog)s: warning: %(message)s\n",
    "argument '%(argument_name)s' is deprecated",
    "command '%(parser_name)s' is deprecated",
    "invalid choice: %(value)r, maybe you meant %(closest)r? (choose from %(choices)s)",
    "option '%(option)s' is deprecated",
    "show program's version number and exit",
    "subcommands",
}
"""What argparse says in some of the versions that we run on, and not in others."""


def words_of_argparse() -> set[str]:
    found = extract_from_file("python", argparse.__file__, keywords={"_": None, "ngettext": (1, 2)})
    return {forms(message)[0] for _line, message, _comments, _context in found}


def in_code(name: str) -> dict[str, str]:
    """Every message id of a package -> where it stands. From the syntax tree: babel's extractor skips f-strings."""
    return {
        str(node.args[0].value): where
        for node, where in calls(name, {"_", "N_"})
        if node.args and isinstance(node.args[0], ast.Constant)
    }


def calls(name: str, functions: set[str]) -> Iterator[tuple[ast.Call, str]]:
    for file in sorted((ROOT / name).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in functions:
                yield node, f"{file.relative_to(ROOT)}:{node.lineno}"


def catalogue(po: Path) -> Catalog:
    with po.open("rb") as stream:
        return read_po(stream, locale="zh_CN")


def forms(told: object) -> tuple[str, ...]:
    """A message with plurals is a tuple already."""
    return tuple(map(str, told)) if isinstance(told, tuple | list) else (str(told),)


def chinese(name: str) -> dict[str, str]:
    """Message id -> Chinese, over all catalogues of a package."""
    every = (message for po in CATALOGUES if po.is_relative_to(ROOT / name) for message in catalogue(po))
    return {forms(message.id)[0]: forms(message.string)[0] for message in every if message.id and not message.fuzzy}


def placeholders(text: str) -> list[str]:
    """Names in braces, and what `%` fills in."""
    braces = [name for _literal, name, _spec, _conversion in Formatter().parse(text) if name is not None]
    return sorted(braces + re.findall(r"%(?:\(\w+\))?[sdr]", text))


@pytest.mark.parametrize("name", PACKAGES)
def test_every_message_in_the_code_has_chinese(name):
    translated = chinese(name)
    missing = {message: where for message, where in in_code(name).items() if not translated.get(message)}
    assert not missing, f"write their Chinese in {name}/locale/zh_CN/LC_MESSAGES, then {MEND}"
    worded = {each for each in in_code(name) if re.search("[a-z]{2}", re.sub(r"{[^}]*}", "", each))}
    assert not {each for each in worded if not re.search("[\u3000-\u9fff\uff00-\uffef]", translated[each])}


@pytest.mark.parametrize("name", PACKAGES)
def test_nothing_is_translated_that_nobody_says(name):
    files = sorted((ROOT / name).rglob("*.py"))
    nodes = (node for file in files for node in ast.walk(ast.parse(file.read_text("utf-8"))))
    said = {node.value for node in nodes if isinstance(node, ast.Constant)} | words_of_argparse() | OF_OTHER_PYTHONS
    assert not {message for message in chinese(name) if message not in said}, f"drop them from the .po, then {MEND}"


@pytest.mark.parametrize("po", CATALOGUES, ids=lambda po: po.stem)
def test_chinese_names_the_same_facts(po):
    for message in catalogue(po):
        if message.id:
            for told in forms(message.string):
                assert placeholders(told) == placeholders(forms(message.id)[-1]), told


@pytest.mark.parametrize("name", PACKAGES)
def test_one_message_has_one_translation_in_a_package(name):
    """Catalogues of a package are searched one after the other: with two, the file's name would choose."""
    told: dict[str, str] = {}
    for po in CATALOGUES:
        if po.is_relative_to(ROOT / name):
            for message in catalogue(po):
                if message.id:
                    key, text = forms(message.id)[0], forms(message.string)[0]
                    assert told.setdefault(key, text) == text, f"{po.name}: {key}"


@pytest.mark.parametrize("po", CATALOGUES, ids=lambda po: po.stem)
def test_compiled_catalogues_are_those_of_the_text(po):
    compiled = po.with_suffix(".mo")
    assert compiled.exists(), MEND
    with compiled.open("rb") as stream:
        now = {forms(message.id): forms(message.string) for message in read_mo(stream) if message.id}
    assert now == {forms(m.id): forms(m.string) for m in catalogue(po) if m.id and m.string}, MEND


# ---- refusals -----------------------------------------------------------------------------------------------------

RAISED = {"BadFile", "Denied", "BrokenStore", "BadRow", "_compare"}
"""What is raised with a code first, and what raises a code that it is given first."""


def spread(where: str, keyword: ast.keyword) -> set[str]:
    """Names of the facts that one argument gives: its own, or for `**named` those of `named = {...}` above it."""
    if keyword.arg is not None:
        return {keyword.arg}
    file, line = where.rsplit(":", 1)
    above = [
        node.value
        for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8")))
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict) and node.lineno < int(line)
        if ast.unparse(node.targets[0]) == ast.unparse(keyword.value)
    ]
    nearest = max(above, key=lambda each: each.lineno).keys if above else ()  # facts from elsewhere count for nothing
    return {str(ast.literal_eval(key)) for key in nearest if key is not None}


def raised() -> Iterator[tuple[str, set[str] | None, str]]:
    """(code, names of its facts where they stand there, place) of each refusal whose code stands in the code."""
    for name in ("bank", "examd", "tools"):
        for node, where in calls(name, RAISED):
            facts = {fact for keyword in node.keywords for fact in spread(where, keyword)}
            for part in ast.walk(node.args[0]):
                if isinstance(part, ast.Constant):
                    yield str(part.value), None if len(node.args) > 1 else facts, where


def constants() -> set[str]:
    """Every text that stands alone in the code, but for the sentences themselves."""
    files = (file for name in ("bank", "examd", "tools") for file in (ROOT / name).rglob("*.py"))
    trees = (ast.parse(file.read_text("utf-8")) for file in files if "sentences" not in file.parts)
    return {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}


def test_every_refusal_has_one_sentence_and_gives_all_that_it_names_and_no_sentence_is_without_a_refusal():
    tables = [importlib.import_module(f"tools.cli.sentences.{file.stem}") for file in SENTENCES.glob("[!_]*.py")]
    every = [code for each in tables for code in vars(each).get("SENTENCES", ())]
    told = sentences()
    assert sorted(every) == sorted(told), "a code stands in two tables, or a table is not joined"
    found = list(raised())
    assert len(found) > 500
    silent = {code: where for code, _facts, where in found if code not in told}
    assert not silent, "give each a sentence in tools/cli/sentences, and its Chinese"
    lacking = {
        where: (code, missing)
        for code, facts, where in found
        if facts is not None and (missing := set(placeholders(told[code])) - facts)
    }
    assert not lacking, "each raise of a code gives all facts of its sentence"
    assert not told.keys() - constants(), "nobody raises these: drop their sentences"


def test_a_refusal_is_said_with_the_facts_it_has(speaks):
    from bank.refused import BadFile

    speaks("zh")
    assert "没有权限" in said(BadFile("file-unreadable", file="x", why="Permission denied"))
    assert "机构" in said(BadFile("card-role", file="x", expected="bureau", found="site"))
    assert said(BadFile("no-such-code", n=3)) == "no-such-code: n=3"


# ---- help ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def speaks(monkeypatch):
    """speaks(language): as `examd --lang` does; everything is as before after the test."""
    for name in ("_", "ngettext"):
        monkeypatch.setattr(argparse, name, vars(argparse)[name])
    monkeypatch.setattr(tools.cli.language, "_current", None)
    monkeypatch.setenv("COLUMNS", "400")  # no line is broken, so that each can be judged alone

    def speak(language: str) -> None:
        monkeypatch.setenv("EXAMD_LANG", language)
        tools.cli.language.set_language(language)

    return speak


def commands() -> list[argparse.ArgumentParser]:
    top = main.parser()
    return [top, *main._leaves(top)]


def after_usage(command: argparse.ArgumentParser) -> list[str]:
    return command.format_help().partition("\n\n")[2].splitlines()


@pytest.mark.parametrize("language", tools.cli.language.LANGUAGES)
def test_every_help_ends_with_an_example_of_its_command(speaks, language):
    speaks(language)
    for command in commands():
        example = after_usage(command)[-1]
        assert f"{command.prog} " in example, example


def test_chinese_help_is_chinese_on_every_line(speaks):
    speaks("zh")
    name_of_a_value = re.compile(r"\s+(-[\w-]+|[A-Z_:|]+|\{[\w,]+\})( \S+)?| {4}[a-z]+-[a-z]+")  # or of a command
    for command in commands():
        usage = command.format_usage()
        assert usage.startswith("用法"), usage
        for line in after_usage(command):
            assert not line or CHINESE.search(line) or name_of_a_value.fullmatch(line), f"{command.prog}: {line}"
            words = line.partition("examd ")[0]  # what follows is to be typed
            assert not re.search(r"[a-z]+ [a-z]+ [a-z]+", words), f"{command.prog}: {line}"


def test_english_help_has_no_chinese_but_terms_and_examples(speaks):
    speaks("en")
    terms = re.compile(r"\(演练\)|\(补时\)|\((缺|越|错)位\)|单选, 多选, 判断 or 填空|了解, 掌握 or 熟练掌握")
    for command in commands():
        for line in after_usage(command):
            assert not CHINESE.search(terms.sub("", line.partition("examd ")[0])), f"{command.prog}: {line}"


def test_argparse_speaks_chinese(speaks, capsys):
    speaks("zh")
    for wrong in (["site", "open"], ["site", "fly"], ["demo", "--candidates"], ["demo", "--no-such-option"], []):
        with pytest.raises(SystemExit):
            main.parser().parse_args(wrong)
        said_so = capsys.readouterr().err
        assert said_so.startswith("用法：")
        assert CHINESE.search(said_so.partition("错误：")[2]), said_so


def test_argparse_speaks_english_when_asked(speaks, capsys):
    speaks("en")
    with pytest.raises(SystemExit):
        main.parser().parse_args(["site", "open"])
    assert "the following arguments are required: DIR, PACKAGE" in capsys.readouterr().err


def test_words_of_this_pythons_argparse_are_in_the_catalogue():
    missing = words_of_argparse() - set(chinese("tools"))
    assert missing <= ONLY_PROGRAMMERS_MEET, "write their Chinese in tools.po; a newer Python says new things"
