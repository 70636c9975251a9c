"""What is exported reads back to equal items, in every form; and items by chance find what examples miss."""

import contextlib
import csv
import hashlib
import io
import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec import structs

from bank import formats
from bank.content import TRUEFALSE_OPTIONS, Background, Content, ItemType, Level, Option
from bank.formats.bad_row import BadRow
from bank.formats.draft import Draft, DraftOption, finish
from bank.item import AnswerKey, Basis, Item, Number, Provenance, Translation, flaw
from bank.refused import BadFile
from tests.pictures import png

PNG = png()
DIGEST = hashlib.sha256(PNG).hexdigest()

AWKWARD = st.sampled_from(
    [
        "=1+1",
        "'=x",
        "''-5 V",
        "-5 V",
        "+3",
        "@A1",
        "a,b;c\td",
        '"',
        '""',
        "甲\n乙",
        "_x000D_",
        "_x0041_",
        "#REF",
        "０",
        "1.0",
        "1e5",
        "TRUE",
        "true",
        "-",
        "A.甲",
        "<b>[red]",
        "&amp;",
        "\u3000空\u3000格",
        "N/A",
        "2026-01-01",
        "|",
        "10²",
        "Ω",
        "𠮷",
        "http://x/y",
    ]
)
TEXT = AWKWARD | st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf"]), max_size=12)
NAMES = st.lists(TEXT, max_size=3).map("；".join)


NUMBER = st.sampled_from(["0", "380", "-1.50", "+3", "0.001", "007"])
UNITS = st.sampled_from([(), ("A",), ("A", "安", ""), ("",), ("m²",)])


@st.composite
def items(draw, background=True):
    """Items as a reader makes them from anything an author may write."""
    kind = draw(st.sampled_from(ItemType))
    truefalse = kind is ItemType.TRUEFALSE
    options = [] if truefalse else draw(st.lists(TEXT, min_size=2, max_size=8))
    letters = range(2 if truefalse else len(options))
    answer = draw(st.sets(st.sampled_from(letters), min_size=1, max_size=None if kind is ItemType.MULTIPLE else 1))
    pictures = st.lists(st.sampled_from([f"sha256:{DIGEST}", "sha256:" + "ab" * 32]), max_size=2, unique=True).map(
        tuple
    )
    draft = Draft(
        stem=draw(TEXT),
        type=kind.value,
        options=[DraftOption(text, draw(pictures) if draw(st.booleans()) else ()) for text in options],
        answer=tuple(answer),
        subject=draw(st.sampled_from(["", "SP-ELV", "X-7", "危险化学品·主要负责人"])),
        chapter=draw(TEXT),
        level=draw(st.sampled_from(["", "了解", "掌握", "熟练掌握"])),
        difficulty=draw(st.sampled_from(["", "0.88", "1", "0.0001", "0.3333", "难"])),
        explanation=draw(TEXT),
        basis=draw(TEXT),
        enemies=draw(NAMES),
        tags=draw(NAMES),
        locked=() if truefalse else tuple(draw(st.sets(st.sampled_from(letters)))),
        code=draw(TEXT),
        source=draw(TEXT),
        images=draw(pictures),
    )
    if kind is ItemType.FILL:
        draft.options, draft.answer, draft.locked = [], "", ()
        draft.accepted = tuple(draw(st.lists(TEXT, min_size=1, max_size=3)))
        if draw(st.booleans()):
            draft.number = (draw(NUMBER), draw(st.sampled_from(["0", "0.5", "10"])), draw(UNITS))
    if draw(st.booleans()) and background:
        draft.background, draft.place = draw(TEXT), str(draw(st.integers(1, 9)))
    try:
        return finish(draft, lambda name: name.removeprefix("sha256:"))
    except BadRow:
        assume(False)


TABLE = st.sampled_from(["", "\n| 线路 | 电压 |\n| 甲 | 380 V |", "\n| a | \\| |\n| b |  |\n见表"])
DAYS = st.sampled_from([None, date(2021, 9, 1), date(2030, 1, 1)])


@st.composite
def whole(draw):
    """Items with all that an item may have, sharing backgrounds, one of which has a picture."""
    item = draw(items(background=False))
    stem = (item.content.stem + draw(TABLE)).strip()
    background = draw(st.sampled_from([None, None, Background("某厂失火。", ()), Background("见图\n2. 乙", (DIGEST,))]))
    content = replace(item.content, stem=stem, case="" if background is None else background.sha256())
    english = Content(content.type, "What?", content.options, (), content.case)
    found = structs.replace(
        item,
        content=content,
        background=background,
        place=0 if background is None else draw(st.integers(1, 9)),
        calibrated_p4=draw(st.sampled_from([None, 7512])),
        bases=tuple(Basis("安全生产法", draw(DAYS), draw(DAYS)) for _ in range(draw(st.integers(0, 2)))),
        translations=draw(st.sampled_from([(), (Translation("en", english, background),)])),
        provenance=draw(st.sampled_from([Provenance(), Provenance("zhang", "省局", "slice-1")])),
    )
    assert flaw(found) is None
    return found


@pytest.mark.parametrize("suffix", formats.SUFFIXES)
@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(st.lists(items() | whole(), min_size=1, max_size=4))
def test_any_items_come_back_equal(tmp_path, suffix, chosen):
    path = tmp_path / f"b{suffix}"
    loses = formats.loses(suffix[1:])
    lost = [
        formats.Lost(item.id, item.code, tuple(names)) for item in chosen if (names := formats.carried(item, loses)[1])
    ]
    assert formats.export(path, chosen) == formats.Exported(len(chosen), lost)
    result = formats.read(path)
    assert [(refused.reason, refused.facts) for refused in result.refused] == []
    assert result.items == [formats.carried(item, loses)[0] for item in chosen]


@pytest.mark.parametrize("form", formats.FORMS[3:])
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(st.lists(whole(), min_size=1, max_size=4))
def test_what_an_interchange_form_holds_comes_back_equal_and_the_rest_is_named(tmp_path, form, chosen):
    path = tmp_path / ("b" + formats.suffix_of(form))
    path.unlink(missing_ok=True)
    chosen = formats.together(chosen)
    try:
        result = formats.export(path, chosen, {DIGEST: PNG}.get, form)
    except BadFile as refused:
        assert refused.code == "nothing-to-write" and refused.facts["left_out"] == len(chosen)
        return
    again = formats.read(path)
    out = [each.id for each in result.left_out]
    kept = [item for item in chosen if item.id not in out]
    assert again.refused == [] and result.written == len(again.items) == len(chosen) - len(out)
    loses = formats.loses(form)
    if len(kept) == len(chosen) - len(out):  # where two are the same question but for its chapter, ids do not tell
        assert again.items == [formats.carried(item, loses)[0] for item in kept]
        assert result.losses == [
            formats.Lost(item.id, item.code, tuple(lost)) for item in kept if (lost := formats.carried(item, loses)[1])
        ]
    assert again.media == ({DIGEST: PNG} if any(DIGEST in item.pictures() for item in again.items) else {})
    assert set(result.lost) <= set(loses)


ORDINARY = [
    Item(Content(ItemType.SINGLE, "安全电压的上限是（　）。", tuple(map(Option, ("12 V", "36 V", "110 V")))), AnswerKey((1,)), "1.2"),
    Item(Content(ItemType.MULTIPLE, "哪些对？\n甲或乙", tuple(map(Option, ("m²", "a < b", "{x} = ~y", "C:\\")))), AnswerKey((0, 2)), "1"),
    Item(Content(ItemType.TRUEFALSE, "水能导电。", tuple(map(Option, TRUEFALSE_OPTIONS))), AnswerKey((1,)), "2", locked=(0, 1)),
    Item(Content(ItemType.FILL, "三相电压为____ V。", ()), AnswerKey((), (), Number("380", "5")), "2"),
    Item(Content(ItemType.FILL, "我国的首都是____。", ()), AnswerKey((), ("北京", "北京市")), "2"),
    Item(Content(ItemType.SINGLE, "见表。\n| 线路 | 电压 |\n| 甲 | 380 V |", tuple(map(Option, ("甲", "乙")))), AnswerKey((1,)), "2"),
]  # fmt: skip


@pytest.mark.parametrize("form", [form for form in formats.FORMS if form != "aiken"])
def test_ordinary_items_are_held_by_every_form_but_aiken(tmp_path, form):
    path = tmp_path / ("b" + formats.suffix_of(form))
    result = formats.export(path, ORDINARY, None, form)
    assert result == formats.Exported(written=len(ORDINARY))
    assert formats.read(path).items == ORDINARY


def test_aiken_holds_one_right_answer_and_says_what_it_leaves_out(tmp_path):
    result = formats.export(tmp_path / "b.aiken", ORDINARY)
    assert [each.reason for each in result.left_out] == ["type", "fill", "fill"]
    assert (result.written, result.lost) == (3, {"chapter": 3})


@pytest.mark.parametrize("form", ["moodle", "docx", "qti-2.1", "qti-2.2", "qti-3.0"])
def test_pictures_travel_inside_the_file(tmp_path, form):
    digest = hashlib.sha256(PNG).hexdigest()
    content = Content(ItemType.SINGLE, "见图", (Option("甲", (digest,)), Option("乙")), (digest,))
    item = Item(content, AnswerKey((0,)), "1", explanation="因为图")
    path = tmp_path / ("b" + formats.suffix_of(form))
    assert formats.export(path, [item], {digest: PNG}.get, form).left_out == []
    again = formats.read(path)
    assert again.items == [item] and again.media == {digest: PNG} and again.remarks == []


def test_lines_of_our_own_hold_everything(tmp_path):
    background = Background("某厂发生触电事故。", ())
    english = Content(ItemType.FILL, "Voltage?", (), (), Background("An accident.").sha256())
    item = Item(
        Content(ItemType.FILL, "电压？", (), (), background.sha256()),
        AnswerKey((), ("三百八十",), Number("380", "5", ("V", "伏", ""))),
        "1",
        calibrated_p4=7512,
        bases=(Basis("安全生产法第十条", date(2021, 9, 1)), Basis("旧规定", None, date(2020, 1, 1))),
        background=background,
        place=2,
        translations=(Translation("en", english, Background("An accident.")),),
        provenance=Provenance("zhang", "省局", "slice-1"),
    )
    assert flaw(item) is None
    formats.write(tmp_path / "b.jsonl", [item])
    assert formats.read(tmp_path / "b.jsonl").items == [item]
    for suffix in (".csv", ".xlsx"):
        result = formats.export(tmp_path / f"b{suffix}", [item])
        assert result.lost == {"bases": 1, "translations": 1, "provenance": 1, "calibrated": 1}
        assert formats.read(tmp_path / f"b{suffix}").items == [formats.carried(item, formats.loses(suffix[1:]))[0]]


def plain(number, **more):
    texts = more.pop("texts", ("甲", "乙", "丙"))
    content = Content(ItemType.SINGLE, f"第 {number} 题", tuple(map(Option, texts)), more.pop("media", ()))
    return Item(content, AnswerKey((1,)), **({"chapter": "1"} | more))


@pytest.mark.parametrize("suffix", formats.SUFFIXES)
def test_pictures_travel_in_a_folder_beside_the_file(tmp_path, suffix):
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "in.jsonl").write_text(
        '{"type":"single","stem":"图","options":[{"text":"甲","images":["a.png"]},"乙"],"answer":[0],"images":["a.png"]}'
    )
    first = formats.read(tmp_path / "in.jsonl")
    path = tmp_path / "out" / f"b{suffix}"
    formats.write(path, first.items, first.media.get)
    again = formats.read(path)
    assert again.items == first.items and again.media == first.media and again.remarks == []


@pytest.mark.parametrize("suffix", formats.SUFFIXES)
def test_an_export_is_readable_by_its_owner_alone_and_leaves_nothing_else(tmp_path, suffix):
    path = tmp_path / f"b{suffix}"
    path.write_bytes(b"older")
    path.chmod(0o644)
    formats.write(path, [plain(1)])
    assert path.stat().st_mode & 0o777 == 0o600 and [file.name for file in tmp_path.iterdir()] == [path.name]


def test_no_cell_of_an_export_calculates_in_a_spreadsheet(tmp_path):
    formula = '=HYPERLINK("http://x","y")'
    formats.write(tmp_path / "b.csv", [plain(1, texts=(formula, "@x", "+1+1", "-1"))])
    rows = list(csv.reader(io.StringIO((tmp_path / "b.csv").read_text("utf-8-sig"))))
    assert not any(cell[:1] in ("=", "@", "+") or (cell[:1] == "-" and cell != "-") for row in rows for cell in row)
    formats.write(tmp_path / "b.xlsx", [plain(1, texts=(formula, "乙"))])
    assert formats.read(tmp_path / "b.xlsx").refused == []


def test_an_apostrophe_an_author_wrote_is_kept(tmp_path):
    (tmp_path / "a.csv").write_text("题干,答案,A,B\n问,A,'-5 V' 端,+5 V\n")
    assert formats.read(tmp_path / "a.csv").items[0].content.options[0].text == "'-5 V' 端"


def test_an_export_opens_as_chinese_in_office_programs(tmp_path):
    formats.write(tmp_path / "b.csv", [plain(1)])
    assert (tmp_path / "b.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_an_unknown_suffix_writes_nothing(tmp_path):
    with pytest.raises(BadFile, match="unknown-format"):
        formats.export(tmp_path / "b.pdf", [plain(1)])
    assert list(tmp_path.iterdir()) == []


def test_true_false_items_are_exported_in_words(tmp_path):
    content = Content(ItemType.TRUEFALSE, "对吗", tuple(Option(text) for text in TRUEFALSE_OPTIONS))
    formats.write(tmp_path / "b.csv", [Item(content, AnswerKey((1,)), "1", Level.KNOW, locked=(0, 1))])
    assert "判断,对吗,错误" in (tmp_path / "b.csv").read_text("utf-8-sig")


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.json", "a.xlsx", "a.txt"])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=200)
    | st.text(max_size=200).map(lambda text: ("题干,答案,A,B\n" + text).encode("utf-8", "surrogatepass"))
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["stem", "options", "answer", "type", "A", "images", "level", "locked"]), inner
            )
        ),
        max_leaves=12,
    ).map(lambda value: json.dumps(value).encode())
)
def test_whatever_bytes_a_file_holds_it_is_read_or_refused(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with contextlib.suppress(BadFile):
        formats.read(tmp_path / name)


@pytest.mark.parametrize("form", ["moodle", "gift"])
def test_level_and_difficulty_travel_as_tags_that_an_author_may_not_take_for_his(tmp_path, form):
    content = Content(ItemType.SINGLE, "问", (Option("甲"), Option("乙")))
    item = Item(content, AnswerKey((0,)), "", tags=("电",), level=Level.GRASP, p4=8800)
    path = tmp_path / f"b{formats.suffix_of(form)}"
    assert formats.export(path, [item], None, form) == formats.Exported(1)
    assert "examd-level-掌握" in path.read_text(encoding="utf-8") and formats.read(path).items == [item]
    taken = Item(content, AnswerKey((0,)), "", tags=("examd-level-了解",))
    told = formats.Exported()
    with pytest.raises(BadFile, match="nothing-to-write"):
        formats.encode([taken], lambda _: None, form, told)
    assert [each.reason for each in told.left_out] == ["not-readable-again"]


def test_a_basis_of_several_lines_travels_in_the_metadata_of_a_package(tmp_path):
    content = Content(ItemType.SINGLE, "问", (Option("甲"), Option("乙")))
    item = Item(content, AnswerKey((0,)), "", basis="第一条\n第二条", enemies=("甲组", "乙 组"), source="教材", p4=1)
    assert formats.export(tmp_path / "b.zip", [item]) == formats.Exported(1)
    assert formats.read(tmp_path / "b.zip").items == [item]
