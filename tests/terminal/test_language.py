"""Every sentence exists in both languages."""

import re
import string
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from examd.protocol.catalogue import LANGUAGES
from examd.protocol.reasons import Reason
from terminal import language as candidate

PACKAGE = Path(candidate.__file__).parent
PO = candidate.LOCALE / "zh_CN" / "LC_MESSAGES" / "terminal.po"


def catalogue():
    with PO.open("rb") as stream:
        return read_po(stream, locale="zh_CN")


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_message_of_the_code_has_its_chinese_and_no_chinese_is_left_over():
    used = {
        message
        for _file, _line, message, _comments, _context in extract_from_dir(
            PACKAGE, method_map=[("**.py", "python")], keywords={"_": None, "N_": None}
        )
    }
    told = {entry.id: entry.string for entry in catalogue() if entry.id}
    assert used == set(told)
    assert all(told.values())
    assert all(fields(english) == fields(chinese) for english, chinese in told.items())
    assert not any(re.search("[a-z]{6,}", re.sub("{.*?}", "", chinese)) for chinese in told.values())


def test_the_compiled_catalogue_is_the_written_one():
    with PO.with_suffix(".mo").open("rb") as stream:
        compiled = read_mo(stream)
    assert {e.id: e.string for e in compiled if e.id} == {e.id: e.string for e in catalogue() if e.id}, (
        "run .ci/catalogues"
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_sentence_even_without_its_facts(language, reason):
    candidate.set_language(language)
    try:
        sentence = candidate.reason_sentence(reason, {})
        assert sentence
        assert bool(re.search("[\u4e00-\u9fff]", sentence)) == (language == "zh")
    finally:
        candidate.set_language("zh")


def test_english_needs_no_catalogue(monkeypatch, tmp_path):
    monkeypatch.setattr(candidate, "LOCALE", tmp_path)
    candidate.set_language("en")
    try:
        assert candidate._("Hand in") == "Hand in"
    finally:
        candidate.set_language("zh")
