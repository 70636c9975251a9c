"""What is exported reads back to equal items, in every form; and items by chance find what examples miss."""

import contextlib
import csv
import io
import json

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bank import formats
from bank.content import TRUEFALSE_OPTIONS, Content, ItemType, Level, Option
from bank.formats.draft import BadRow, Draft, DraftOption, finish
from bank.item import AnswerKey, Item
from bank.refused import BadFile

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
DIGEST = "5b6fb58e61fa475939767d68a446f97f1bff02c0e5935a3ea8bb51e6515783d8"

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


@st.composite
def items(draw):
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
    try:
        return finish(draft, lambda name: name.removeprefix("sha256:"))
    except BadRow:
        assume(False)


@pytest.mark.parametrize("suffix", formats.SUFFIXES)
@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(items(), min_size=1, max_size=4))
def test_any_items_come_back_equal(tmp_path, suffix, chosen):
    path = tmp_path / f"b{suffix}"
    assert formats.write(path, chosen) == len(chosen)
    result = formats.read(path)
    assert [(refused.reason, refused.facts) for refused in result.refused] == []
    assert result.items == chosen


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
        formats.write(tmp_path / "b.docx", [plain(1)])
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
