"""Whatever bytes a stranger's file holds: read or refused, in bounded time, never another exception.

By default a few hundred mutations; the campaign makes 100,000 (`-m campaign`; EXAMD_FUZZ sets another number).
"""

import hashlib
import io
import os
import random
import resource
import time

import pytest
import xlsxwriter

from bank import formats
from bank.content import TRUEFALSE_OPTIONS, Background, Content, ItemType, Option
from bank.formats import archive
from bank.item import AnswerKey, Item, Number
from bank.refused import Refused
from tests.pictures import png

PNG = png()
SLOWEST = 2.0
"""Seconds of processor time for one small file."""
NASTY = [
    b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;", b"<a>" * 300, b"</a>", b"\0", b"\xff\xfe", b"{" * 50, b"}" * 50, b"\\" * 50,
    b"::", b"####", b"=%100%", b"~", b"->", b"ANSWER: ", b"\n\n", b"]]>", b"<![CDATA[", b"&#0;", b"&#xFFFF;", b"9" * 400,
    b"1e999999", b"-" * 100, b"<math/>", b'<img src="../../x"/>', b"A.", b" B.", "答案：".encode(), "一、判断题".encode(),
    b"<table>" * 60, b"<sup>" * 60, b"fraction=\"NaN\"", "１".encode(), b"&lt;" * 50, b"base64,", b"%2e%2e/", b"@@PLUGINFILE@@/",
    "参考答案".encode(), b"1-9 ABCDE", " \u3000".encode() * 3000, "【".encode() * 2000, b"(A" * 2000, b"1.A " * 4000,
    "案例一：".encode(), "（1～9题共用题干）".encode(), b"examd-case-", b"stimuli/",
]  # fmt: skip


def items():
    def item(content, answer_key, **more):
        locked = (0, 1) if content.type is ItemType.TRUEFALSE else ()
        return Item(
            content, answer_key, "第一章", explanation="解析一\n二", code="S-1", tags=("电",), locked=locked, **more
        )

    texts = tuple(map(Option, ("12 V", "36 V", "110 V", "220 V")))
    yield item(Content(ItemType.SINGLE, "安全电压的上限是（　）。", texts), AnswerKey((1,)))
    yield item(Content(ItemType.MULTIPLE, "哪些 {是} ~对= 的？\n| 甲 | 乙 |\n| 丙 | 丁 |", texts), AnswerKey((0, 2)))
    yield item(Content(ItemType.TRUEFALSE, "水能导电。", tuple(map(Option, TRUEFALSE_OPTIONS))), AnswerKey((0,)))
    yield item(Content(ItemType.FILL, "三相电压为____。", ()), AnswerKey((), (), Number("380", "5")))
    yield item(Content(ItemType.FILL, "首都是____。", ()), AnswerKey((), ("北京", "北京市")))
    background = Background("某厂发生触电事故。\n| 甲 | 乙 |\n| 丙 | 丁 |", (hashlib.sha256(PNG).hexdigest(),))
    for place in (1, 2):
        content = Content(ItemType.SINGLE, f"该事故属于（　）。{place}", texts, (), background.sha256())
        yield item(content, AnswerKey((1,)), background=background, place=place)


PAPER = """一、单选题|1. 甲问（　）|A.一 B.二|C.三\tD.四|2．乙问|Ａ．一Ｂ．二Ｃ．三|二、判断题|（ √ ）1. 水能导电。|2. 木能导电。|三、案例分析题|案例一|某厂失火。
问题：|1. 属于（ A ）|A.一般 B.较大|2.（多选）原因？|A.火 B.电|（3～4题共用题干）又失火。|3. 谁？|A.甲 B.乙|4. 何时？|A.早 B.晚|参考答案及解析
一、单选题 1-2 AB|二、判断题：2.×|三、案例分析题|2.【答案】AB【解析】先说：|1. 火；|2. 电。|3.A 4.B"""
"""A paper with answers at its end, as no exporter of ours writes it."""


def paper():
    place = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    lines = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in PAPER.replace("\n", "|").split("|"))
    cells = "".join(f"<w:tc><w:p><w:r><w:t>{cell}</w:t></w:r></w:p></w:tc>" for cell in ("题号", "1", "2"))
    rows = f"<w:tbl><w:tr>{cells}</w:tr><w:tr>{cells}</w:tr></w:tbl>"
    return [
        ("word/document.xml", f'<w:document xmlns:w="{place}"><w:body>{lines}{rows}</w:body></w:document>'.encode())
    ]


def workbook():
    """With all that a sheet shows besides values: raised and struck text, forms, hidden rows, a picture."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        page = book.add_worksheet("题")
        page.write_row(0, 0, ["题干", "题型", "选项A", "选项B", "答案", "章节", "难度"])
        for row in range(1, 6):
            page.write_row(row, 0, [f"问{row}", "单选", "甲", "乙", "A", "1", 0.5])
        page.write_rich_string(1, 0, "10", book.add_format({"font_script": 1}), "6", " 欧")
        page.write_rich_string(2, 0, "应", book.add_format({"font_strikeout": True}), "不", "断开")
        page.write_number(3, 2, 0.05, book.add_format({"num_format": '0.0%"约"'}))
        page.write_number(3, 3, 45000, book.add_format({"num_format": "m-d"}))
        page.write_formula(4, 4, '="A"', value="A")
        page.set_row(5, 90, None, {"hidden": True})
        page.insert_image(4, 0, "a.png", {"image_data": io.BytesIO(PNG)})
        page.merge_range(1, 5, 2, 5, "2")
    return stream.getvalue()


def seeds():
    """form -> (suffix, parts): the text of a file, or the parts of an archive that is packed again after each change."""
    for form in formats.FORMS[3:]:
        data = formats.encode(list(items()), lambda _: PNG, form, formats.Exported())
        if data.startswith(archive.MAGIC):
            packed = archive.Zip(data, form)
            yield form, formats.suffix_of(form), [(name, packed.read(name)) for name in packed.names()], data
        else:
            yield form, formats.suffix_of(form), [("", data)], data
    yield "docx paper", ".docx", paper(), archive.written(paper())
    shown = workbook()
    packed = archive.Zip(shown, "xlsx")
    yield "workbook", ".xlsx", [(name, packed.read(name)) for name in packed.names()], shown


SEEDS = list(seeds())


def mutated(chance, data, other):
    data = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data) + 1)
        end = min(len(data), at + chance.choice((1, 2, 8, 64, 400)))
        match chance.randrange(7):
            case 0:
                data[at:end] = b""
            case 1:
                data[at:at] = chance.choice(NASTY)
            case 2:
                data[at:end] = chance.randbytes(min(end - at, 16))
            case 3:
                data[at:at] = data[at:end] * chance.choice((1, 3, 40))
            case 4:
                start = chance.randrange(len(other) + 1)
                data[at:end] = other[start : start + chance.choice((4, 50, 300))]
            case 5:
                data = data[:at]
            case 6 if data:
                data[at % len(data)] ^= 1 << chance.randrange(8)
        if not data:
            break
    return bytes(data[:200_000])


def one(chance, path):
    form, suffix, parts, whole = chance.choice(SEEDS)
    other = chance.choice(chance.choice(SEEDS)[2])[1]
    if parts[0][0] and chance.random() < 0.8:
        changed = chance.randrange(len(parts))
        data = archive.written(
            [(name, mutated(chance, held, other) if n == changed else held) for n, (name, held) in enumerate(parts)]
        )
    else:
        data = mutated(chance, whole, other)
    path = path.with_suffix(chance.choice((suffix, suffix, suffix, ".txt", ".xml", ".gift", ".aiken", ".docx", ".zip")))
    path.write_bytes(data)
    begun = time.process_time()
    try:
        result = formats.read(path)
    except Refused:
        pass
    else:
        assert all(len(item.content.stem) <= 8_000 for item in result.items)
    took = time.process_time() - begun
    assert took < SLOWEST, (form, took)


def run(tmp_path, first, number):
    path = tmp_path / "f.bin"
    for seed in range(first, first + number):
        try:
            one(random.Random(seed), path)
        except Exception as error:
            raise AssertionError(f"seed {seed}") from error


def test_the_paper_among_the_seeds_is_read(tmp_path):
    (tmp_path / "a.docx").write_bytes(archive.written(paper()))
    result = formats.read(tmp_path / "a.docx")
    assert (len(result.items), result.refused) == (8, [])


@pytest.mark.slow
def test_a_few_hundred_mutated_files_are_read_or_refused(tmp_path):
    run(tmp_path, 0, 600)


@pytest.mark.campaign
@pytest.mark.timeout(7200)
def test_a_hundred_thousand_mutated_files_are_read_or_refused_in_bounded_memory(tmp_path):
    run(tmp_path, 0, 500)  # everything loaded
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    run(tmp_path, 1_000, int(os.environ.get("EXAMD_FUZZ", "100000")))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 256 * 1024  # KiB


def deep(depth):
    return b"<quiz>" + b"<a>" * depth + b"</a>" * depth + b"</quiz>"


BOMB = (
    b'<!DOCTYPE q [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]><quiz><question type='essay'>&j;</question></quiz>"
)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (BOMB, "xml-doctype"),
        (b'<!DOCTYPE q [<!ENTITY x SYSTEM "file:///etc/passwd">]><quiz>&x;</quiz>', "xml-doctype"),
        (b'<!DOCTYPE q SYSTEM "http://example.org/x.dtd"><quiz/>', "xml-doctype"),
        (b'<!DOCTYPE q [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><quiz/>', "xml-doctype"),
        (deep(100_000), "xml-too-deep"),
        (b"<quiz><question>", "xml-malformed"),
        (b"<quiz>\xff</quiz>", "xml-malformed"),
    ],
)
def test_entity_bombs_outside_entities_and_deep_nesting_are_refused(tmp_path, data, code):
    (tmp_path / "a.xml").write_bytes(data)
    with pytest.raises(Refused, match=code):
        formats.read(tmp_path / "a.xml")


def zipped(*parts, links=()):
    import io
    import zipfile

    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in parts:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (0o120777 if name in links else 0o100644) << 16
            packed.writestr(info, data)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (zipped(("../x.xml", b"<a/>")), "archive-path"),
        (zipped(("/etc/x.xml", b"<a/>")), "archive-path"),
        (zipped(("..\\x.xml", b"<a/>")), "archive-path"),
        (zipped(("C:\\x.xml", b"<a/>")), "archive-path"),
        (zipped(("0x.xml", b"<a/>")).replace(b"0x.xml", b"\0x.xml"), "archive-path"),
        (zipped(("imsmanifest.xml", b"/etc/passwd"), links=["imsmanifest.xml"]), "archive-link"),
        (zipped(("a.xml", bytes(40 * 1024 * 1024))), "part-too-large"),
        (zipped(*((f"{n}.xml", bytes(15 * 1024 * 1024)) for n in range(20))), "archive-too-large"),
        (b"PK\x03\x04" + bytes(100), "archive-unreadable"),
    ],
)
def test_zip_bombs_links_and_paths_that_lead_outside_are_refused(tmp_path, data, code):
    (tmp_path / "a.zip").write_bytes(data)
    begun = time.process_time()
    with pytest.raises(Refused, match=code):
        formats.read(tmp_path / "a.zip")
    assert time.process_time() - begun < SLOWEST


QTI = """<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p2" identifier="i">
<responseDeclaration identifier="R" cardinality="single" baseType="identifier"><correctResponse><value>A</value>
</correctResponse></responseDeclaration><itemBody><p>问</p><p><img src="{}"/></p><choiceInteraction
responseIdentifier="R" maxChoices="1"><simpleChoice identifier="A">甲</simpleChoice><simpleChoice identifier="B">乙
</simpleChoice></choiceInteraction></itemBody></assessmentItem>"""


@pytest.mark.parametrize(
    "address", ["../secret.png", "/etc/passwd", "file:///etc/passwd", "a/../../secret.png", "link.png"]
)
def test_a_picture_outside_the_folder_is_never_read(tmp_path, address):
    inside = tmp_path / "in"
    inside.mkdir()
    (tmp_path / "secret.png").write_bytes(PNG)
    (inside / "link.png").symlink_to(tmp_path / "secret.png")
    (inside / "a.xml").write_text(QTI.format(address), encoding="utf-8")
    result = formats.read(inside / "a.xml")
    assert result.media == {} and PNG not in result.media.values()
    assert [each.reason for each in result.refused] == ["picture-path"]


def test_a_picture_that_would_fill_the_memory_of_every_screen_is_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(png(60_000, 60_000, b""))
    (tmp_path / "a.xml").write_text(QTI.format("a.png"), encoding="utf-8")
    assert [each.reason for each in formats.read(tmp_path / "a.xml").refused] == ["picture-too-many-pixels"]


def test_comments_cdata_and_instructions_part_no_text_and_lines_are_kept(tmp_path):
    from bank.formats import safexml

    root = safexml.parse(
        '<a x="1">甲<!-- c -->乙<b>丙</b>丁<![CDATA[<戊>]]><?p i?>己\n<c xmlns="n"/></a>'.encode(), "a.xml"
    )
    bold, other = list(root)
    assert (root.text, root.attrib, bold.text, bold.tail) == ("甲乙", {"x": "1"}, "丙", "丁<戊>己\n")
    assert (other.tag, other.name, other.namespace, other.line, root.line) == ("{n}c", "c", "n", 2, 1)


@pytest.mark.slow
def test_half_a_million_options_are_refused_before_any_is_looked_at(tmp_path):
    answers = "<answer fraction='0'><text>x</text></answer>" * 200_000
    question = f"<question type='multichoice'><questiontext><text>s</text></questiontext>{answers}</question>"
    (tmp_path / "a.xml").write_text(f"<quiz>{question}</quiz>", encoding="utf-8")
    (refused,) = formats.read(tmp_path / "a.xml").refused
    assert (refused.reason, refused.facts["found"]) == ("many-options", 200_000)
    (tmp_path / "a.xml").write_text(f"<quiz>{'<a/>' * 1_000_001}</quiz>", encoding="utf-8")
    with pytest.raises(Refused, match="xml-too-deep"):
        formats.read(tmp_path / "a.xml")
