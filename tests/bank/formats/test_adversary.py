"""Files by chance with known truth: a value is right, or the row is refused or remarked; none is wrong without a word."""

import csv
import io
import json

import pytest

from bank import formats
from bank.formats import spelling, stem_number
from bank.refused import BadFile
from tests.bank.formats import adversary
from tests.bank.formats.test_docx import docx

WHOLE_LIST = {"number-before-stem"}
"""Remarks that stand at the first of the rows they mean."""


def plain(text):
    for gap in ("（　）", "（  ）", "（ ）", "（）"):
        text = text.replace(gap, "")
    return spelling.half_width(text).strip(" .。;；,，、")


def wrong(found, result):
    """Items that say something else than their truth, and nothing is said of their rows."""
    told = {each.row for each in result.remarks}
    counted = not WHOLE_LIST.isdisjoint(each.reason for each in result.remarks)
    for place, item in zip(result.places, result.items, strict=True):
        texts = [option.text for option in item.content.options]
        whole = "\n".join([item.content.stem, *texts, item.explanation])
        held = [truth for truth in found if truth.name in whole]
        truth = held[0] if len(held) == 1 else None
        right = {plain(texts[index]) for index in item.answer_key.correct}
        same = (
            truth is not None
            and right == set(map(plain, truth.right))
            and (truth.kind == "truefalse" or sorted(map(plain, texts)) == sorted(map(plain, truth.options)))
            and item.explanation == truth.explanation
            and item.content.type.value in (truth.kind, "single" if len(truth.right) == 1 else truth.kind)
        )
        stem = truth is not None and plain(item.content.stem) == plain(truth.stem)
        if place.row not in told and not (same and (stem or counted)):
            yield place.row, item.content.stem, texts, right, item.explanation


@pytest.mark.parametrize("block", range(8))
def test_no_table_gives_a_wrong_value_without_a_word(tmp_path, block):
    read = 0
    for seed in range(block * 50, block * 50 + 50):
        found, rows = adversary.table(seed, spread=seed % 8 == 1)
        if seed % 2:
            stream = io.StringIO()
            csv.writer(stream).writerows(rows)
            path = tmp_path / "t.csv"
            path.write_bytes(stream.getvalue().encode("gb18030" if seed % 4 == 1 else "utf-8-sig"))
        else:
            path = tmp_path / "t.json"
            path.write_text(json.dumps([dict(zip(rows[0], row, strict=True)) for row in rows[1:]]), "utf-8")
        try:
            result = formats.read(path)
        except BadFile:
            continue
        read += len(result.items)
        assert list(wrong(found, result)) == [], seed
    assert read > 50


@pytest.mark.parametrize("block", range(8))
def test_no_word_file_gives_a_wrong_value_without_a_word(tmp_path, block):
    read = 0
    for seed in range(block * 50, block * 50 + 50):
        found, lines = adversary.paper(seed)
        result = formats.read(docx(tmp_path / "a.docx", *(line.replace("<", "&lt;") for line in lines)))
        read += len(result.items)
        assert list(wrong(found, result)) == [], seed
    assert read > 100


@pytest.mark.parametrize(
    "stem",
    [
        "第{n}个电工必须持证上岗。",
        "第{n}车间触电先做什么？",
        "{n}个人以上作业须设监护人。",
        "{n}0kV 线路的安全距离是？",
    ],
)
def test_what_says_which_or_how_many_is_no_number_of_the_question(stem):
    stems = [stem.format(n=n) for n in range(1, 8)]
    assert stem_number.counted(stems, range(7), [""] * 7, [""] * 7) == {}
