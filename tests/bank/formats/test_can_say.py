"""What each form can say: the table in docs/formats-interchange.md is what the exporters do, feature by feature."""

import hashlib
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from msgspec import structs

from bank import formats
from bank.content import TRUEFALSE_OPTIONS, Background, Content, ItemType, Level, Option
from bank.item import AnswerKey, Basis, Item, Number, Provenance, Translation, flaw
from bank.refused import BadFile
from tests.pictures import png

PNG = png()
DIGEST = hashlib.sha256(PNG).hexdigest()
DOC = Path(__file__).parents[3] / "docs/formats-interchange.md"

OPTIONS = (Option("12 V"), Option("36 V"), Option("110 V"))
BASE = Item(Content(ItemType.SINGLE, "安全电压的上限是（　）。", OPTIONS), AnswerKey((1,)), "")
BLANK = Content(ItemType.FILL, "三相电压为____。", ())
ENGLISH = Content(ItemType.SINGLE, "The limit is", (Option("12"), Option("36"), Option("110")))


def case(*media):
    background = Background("某厂发生触电事故。", media)
    return structs.replace(
        BASE, content=replace(BASE.content, case=background.sha256()), background=background, place=2
    )


FEATURES = {
    "single": BASE,
    "true–false": Item(
        Content(ItemType.TRUEFALSE, "水能导电。", tuple(map(Option, TRUEFALSE_OPTIONS))),
        AnswerKey((0,)),
        "",
        locked=(0, 1),
    ),
    "multiple": Item(Content(ItemType.MULTIPLE, "哪些对？", OPTIONS), AnswerKey((0, 2)), ""),
    "fill-in: accepted texts": Item(BLANK, AnswerKey((), ("380", "三百八十")), ""),
    "… that hold `->`": Item(BLANK, AnswerKey((), ("A->B",)), ""),
    "fill-in: number with tolerance": Item(BLANK, AnswerKey((), (), Number("380", "5")), ""),
    "… with units": Item(BLANK, AnswerKey((), (), Number("380", "5", ("V", "伏", ""))), ""),
    "… and accepted texts beside it": Item(BLANK, AnswerKey((), ("三百八十",), Number("380")), ""),
    "several lines in an option": structs.replace(
        BASE, content=replace(BASE.content, options=(Option("甲\n乙"), Option("丙"), Option("丁")))
    ),
    "small tables": structs.replace(
        BASE, content=replace(BASE.content, stem="见表。\n| 线路 | 电压 |\n| 甲 | 380 V |\n哪个？")
    ),
    "pictures of stem and options": structs.replace(
        BASE, content=replace(BASE.content, options=(Option("", (DIGEST,)), Option("乙")), media=(DIGEST,))
    ),
    "case groups": case(),
    "… with pictures of the background": case(DIGEST),
    "subject": structs.replace(BASE, subject="SP-ELV"),
    "chapter": structs.replace(BASE, chapter="1.2"),
    "number (code)": structs.replace(BASE, code="S-1"),
    "explanation": structs.replace(BASE, explanation="见教材。\n第二行。"),
    "tags": structs.replace(BASE, tags=("电", "易错")),
    "level": structs.replace(BASE, level=Level.GRASP),
    "locked options": structs.replace(BASE, locked=(2,)),
    "judged difficulty": structs.replace(BASE, p4=8800),
    "basis": structs.replace(BASE, basis="安全生产法第十条"),
    "enemies": structs.replace(BASE, enemies=("电压",)),
    "source": structs.replace(BASE, source="教材 2026"),
    "measured difficulty": structs.replace(BASE, calibrated_p4=7512),
    "dated provisions": structs.replace(BASE, bases=(Basis("安全生产法", date(2021, 9, 1), date(2030, 1, 1)),)),
    "other languages": structs.replace(BASE, translations=(Translation("en", ENGLISH),)),
    "provenance": structs.replace(BASE, provenance=Provenance("zhang", "省局", "slice-1")),
}
FIELDS = {
    "subject": "subject", "chapter": "chapter", "number (code)": "code",
    "explanation": "explanation", "tags": "tags", "level": "level",
    "locked options": "locked", "judged difficulty": "difficulty", "basis": "basis", "enemies": "enemies", "source": "source",
    "measured difficulty": "calibrated", "dated provisions": "bases", "other languages": "translations",
    "provenance": "provenance",
}  # fmt: skip
"""Feature -> how the report calls what was lost."""
COLUMNS = {
    "jsonl": ("jsonl",),
    "xlsx, csv": ("xlsx", "csv"),
    "docx": ("docx",),
    "QTI": ("qti-2.1", "qti-2.2", "qti-3.0"),
    "Moodle XML": ("moodle",),
    "GIFT": ("gift",),
    "Aiken": ("aiken",),
}
FORMS = [form for forms in COLUMNS.values() for form in forms]


def outcome(tmp_path, feature, form):
    """● said, – left unsaid and told, × the item left out and named. Whatever is none of these fails."""
    item = FEATURES[feature]
    path = tmp_path / ("b" + formats.suffix_of(form))
    try:
        result = formats.export(path, [item], {DIGEST: PNG}.get, form)
    except BadFile as refused:
        assert (refused.code, refused.facts["left_out"]) == ("nothing-to-write", 1)
        told = formats.Exported()
        with pytest.raises(BadFile):
            formats.encode([item], {DIGEST: PNG}.get, form, told)
        assert [each.id for each in told.left_out] == [item.id]
        assert told.left_out[0].reason != "not-readable-again"
        return "×"
    back = formats.read(path).items
    if back == [item]:
        assert result == formats.Exported(written=1)
        return "●"
    assert back == [formats.carried(item, formats.loses(form))[0]]
    assert result == formats.Exported(1, [formats.Lost(item.id, item.code, (FIELDS[feature],))])
    return "–"


def table():
    """feature -> column -> sign, as the document says."""
    rows = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in DOC.read_text(encoding="utf-8").split("\n")
        if line.startswith("|")
    ]
    start = next(number for number, row in enumerate(rows) if row[1:] == list(COLUMNS))
    said = {}
    for row in rows[start + 2 :]:
        if len(row) != len(COLUMNS) + 1:
            break
        for feature in [row[0]] if row[0] in FEATURES else row[0].split(", "):
            said[feature] = {column: cell[0] for column, cell in zip(COLUMNS, row[1:], strict=True)}
    return said


def test_the_features_are_items():
    assert [flaw(item) for item in FEATURES.values()] == [None] * len(FEATURES)


def test_the_table_in_the_document_names_every_feature():
    assert table().keys() == FEATURES.keys()


@pytest.mark.parametrize("form", FORMS)
def test_the_table_in_the_document_says_what_the_exporter_does(tmp_path, form):
    column = next(name for name, forms in COLUMNS.items() if form in forms)
    said = {feature: cells[column] for feature, cells in table().items()}
    assert {feature: outcome(tmp_path, feature, form) for feature in FEATURES} == said


def test_the_columns_are_the_forms_there_are():
    assert set(FORMS) == set(formats.FORMS)


@pytest.mark.parametrize("form", FORMS)
def test_a_case_group_stays_together_in_order_of_its_places(tmp_path, form):
    second, alone = case(DIGEST), structs.replace(BASE, content=replace(BASE.content, stem="另一题"))
    first = structs.replace(second, content=replace(second.content, stem="第一问"), place=1)
    path = tmp_path / ("b" + formats.suffix_of(form))
    result = formats.export(path, [second, alone, first], {DIGEST: PNG}.get, form)
    back = formats.read(path)
    if form in ("gift", "aiken"):
        assert {each.id for each in result.left_out} == {first.id, second.id} and back.items == [alone]
    elif form in ("jsonl", "xlsx", "csv"):
        assert back.items == [second, alone, first]  # as they stand in the bank: each row bears its place
    else:
        assert back.items == [first, second, alone] and back.media == {DIGEST: PNG}
