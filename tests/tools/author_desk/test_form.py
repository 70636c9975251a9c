"""An item as fields and back: nothing that nobody touched changes, and a refusal names its field."""

import dataclasses
from datetime import date

import pytest
from msgspec import structs

from bank.content import Background, Content, ItemType, Level, Option
from bank.formats.bad_row import BadRow
from bank.item import AnswerKey, Basis, Item, Number, Provenance, Translation
from tools.author_desk.form import SECTIONS, Form

PICTURE = "ab" * 32
CASE = Background("某车间触电事故。\n| 时间 | 事件 |\n| 8:05 | 停电 |", (PICTURE,))


def choice(kind, right, **more):
    options = (Option("断电", (PICTURE,)), Option("喊人"), Option("拍照"), Option("以上都对"))
    return Item(Content(kind, "触电急救首先应做什么？", options, (PICTURE,)), AnswerKey(right), "2.1", **more)


def in_english(item, background=None):
    case = "" if background is None else background.sha256()
    options = tuple(Option(f"option {n}") for n in range(len(item.content.options)))
    return Translation("en", Content(item.content.type, "What comes first?", options, (), case), background)


WHOLE = choice(
    ItemType.SINGLE,
    (0,),
    level=Level.GRASP,
    p4=10_000,
    explanation="先断电",
    basis="GB 26860",
    enemies=("触电 急救", "甲"),
    locked=(3,),
    tags=("保密", "a b"),
    code="q1",
    source="教材",
    calibrated_p4=7_311,
    bases=(Basis("安全生产法", date(2021, 9, 1)), Basis("令第30号", None, date(2015, 7, 1))),
    provenance=Provenance("李明", "省局", "a.xlsx"),
)
IN_CASE = structs.replace(
    choice(ItemType.MULTIPLE, (0, 3)),
    content=dataclasses.replace(choice(ItemType.MULTIPLE, (0, 3)).content, case=CASE.sha256()),
    background=CASE,
    place=2,
)
TRUTH = Item(
    Content(ItemType.TRUEFALSE, "电流的单位是安培。", (Option("正确"), Option("错误"))),
    AnswerKey((1,)),
    "5",
    p4=8_333,
    locked=(0, 1),
)
BLANK = Item(
    Content(ItemType.FILL, "额定电流为 ____ A。", ()),
    AnswerKey((), ("三|十", "三\\十"), Number("30", "0.5", ("A", ""))),
    "6",
)
ITEMS = {
    "with all that can be said": structs.replace(WHOLE, translations=(in_english(WHOLE),)),
    "of a case": structs.replace(IN_CASE, translations=(in_english(IN_CASE, Background("An accident.")),)),
    "true or false": structs.replace(TRUTH, translations=(in_english(TRUTH),)),
    "with a blank": BLANK,
    "with a blank for words": structs.replace(BLANK, answer_key=AnswerKey((), ("三十",))),
}


@pytest.mark.parametrize("item", ITEMS.values(), ids=ITEMS.keys())
def test_what_nobody_touched_stays_as_it_was(item):
    form = Form(item)
    assert form.made() == item
    assert not form.changed


@pytest.mark.parametrize("item", ITEMS.values(), ids=ITEMS.keys())
def test_every_value_has_a_field(item):
    form = Form(item)
    shown = {field.id for name, _title in SECTIONS for field in form.section(name)}
    assert {name for name, value in form.values.items() if value} <= shown | {"locked"}


def test_a_measured_share_belongs_to_its_wording():
    form = Form(WHOLE)
    form.values["explanation"] = "改过"
    assert form.made().calibrated_p4 == 7_311
    form.values["stem"] = "另一句话？"
    assert form.made().calibrated_p4 is None


WRONG = [
    ({"stem": " "}, "empty-stem", "stem"),
    ({"answer": "Z"}, "answer-out-of-range", "answer"),
    ({"option-2": "喊人"}, "repeated-option", "option-2"),
    ({"option-1": ""}, "empty-option", "option-1"),
    ({"option-1": "甲\x07"}, "control-character", "option-1"),
    ({"basis": "长" * 2_001}, "text-too-long", "basis"),
    ({"provision-1": "长" * 2_001}, "text-too-long", "provision-1"),
    ({"until-1": "2015-13-01"}, "basis-date", "until-1"),
    ({"provision-0": ""}, "provision-without-words", "provision-0"),
    ({"difficulty": "2"}, "difficulty-unreadable", "difficulty"),
    ({"place": "1"}, "place-without-case", "place"),
    ({"background": "事故", "t0-background": "accident"}, "no-place-in-case", "place"),
    ({"t0-option-2": ""}, "translation-of-other-shape", "t0-option-2"),
    ({"t0-lang": ""}, "translation-of-other-shape", "t0-lang"),
    ({"chapter": "章" * 201}, "text-too-long", "chapter"),
]


@pytest.mark.parametrize(("values", "reason", "field"), WRONG, ids=[f"{reason} at {f}" for _, reason, f in WRONG])
def test_a_refusal_names_its_field(values, reason, field):
    form = Form(ITEMS["with all that can be said"])
    form.values |= values
    with pytest.raises(BadRow) as refused:
        form.made()
    assert (refused.value.reason, form.field_of(refused.value)) == (reason, field)
    assert form.section_of(field)


def test_a_new_item_is_what_is_written_and_nothing_else():
    form = Form(None, ItemType.SINGLE, chapter="3", level="know")
    form.values |= {"stem": "新题？", "option-0": "甲", "option-1": "乙", "answer": "B"}
    options = (Option("甲"), Option("乙"))
    assert form.made() == Item(Content(ItemType.SINGLE, "新题？", options), AnswerKey((1,)), "3", Level.KNOW)


def test_provisions_languages_and_options_are_added_one_by_one():
    form = Form(WHOLE)
    assert form.one_more("basis") == "provision-2"
    assert form.one_more("language") == "t0-lang"
    assert form.one_more("question") == "option-4"
    assert form.one_more("class") == ""
    assert form.made() == WHOLE  # what stays empty is left out
