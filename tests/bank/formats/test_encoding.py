"""Encodings: what nothing says is assumed aloud, and what would give characters that no text has is refused."""

import pytest

from bank import formats
from bank.formats import encoding
from bank.refused import BadFile
from tests.bank.formats.test_formats import HEAD, ROW, csv

TRADITIONAL = ["電流的單位是（ ）。", "單選", "安培", "伏特", "歐姆", "瓦特", "A", "觸電急救"]
JAPANESE = ["電流の単位はどれですか。", "単選", "アンペア", "ボルト", "オーム", "ワット", "A", "感電"]
FRENCH = ["Quelle est l’unité ? “Ärger”", "single", "ampèrage", "Ðvolt", "Óhm", "wátt", "A", "électricité"]


@pytest.mark.parametrize(("row", "encoding"), [(TRADITIONAL, "big5"), (JAPANESE, "shift_jis"), (FRENCH, "cp1252")])
@pytest.mark.parametrize("name", ["t.csv", "t.gift", "t.jsonl"])
def test_other_encodings_are_not_taken_for_gb18030(tmp_path, row, encoding, name):
    if name == "t.csv":
        head = ["question", "type", "option1", "option2", "option3", "option4", "answer", "chapter"]
        path = csv(tmp_path, head, row, encoding=encoding)
    else:
        path = tmp_path / name
        text = row[0] + "{=" + " ~".join(row[2:6]) + "}" if name == "t.gift" else '{"stem":"' + "".join(row) + '"}'
        path.write_bytes(text.encode(encoding))
    with pytest.raises(BadFile, match="text-encoding"):
        formats.read(path)


@pytest.mark.parametrize(("encoding", "told"), [("gb18030", True), ("gbk", True), ("utf-8", False), ("utf-16", False)])
def test_what_was_assumed_stands_in_the_report(tmp_path, encoding, told):
    result = formats.read(csv(tmp_path, HEAD, ROW, encoding=encoding))
    assert len(result.items) == 1
    found = [(remark.reason, remark.facts) for remark in result.remarks]
    assert found == ([("encoding-assumed", {"encoding": "GB18030"})] if told else [])


def test_a_rare_name_in_ordinary_text_is_read(tmp_path):
    (item,) = formats.read(
        csv(tmp_path, HEAD, ["朱镕基" + "电流的单位是安全电压" * 4, *ROW[1:]], encoding="gb18030")
    ).items
    assert item.content.stem.startswith("朱镕基")


def test_the_mark_of_gb18030_says_the_encoding():
    marked = encoding.decode("\ufeff题干,答案".encode("gb18030"), "t.csv")
    assert marked == encoding.Decoded("题干,答案")
