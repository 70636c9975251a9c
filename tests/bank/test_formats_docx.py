"""Word files as authors lay them out."""

import hashlib

import pytest

from bank import formats
from bank.content import ItemType
from bank.formats import archive
from bank.refused import BadFile

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10" + bytes(40)
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def docx(path, *paragraphs, raw="", parts=()):
    """A Word file of plain paragraphs; `raw` is XML put after them."""
    texts = "".join(f'<w:p><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>' for text in paragraphs)
    document = f'<w:document {W} xmlns:r="{R}"><w:body>{texts}{raw}</w:body></w:document>'
    path.write_bytes(archive.written([("word/document.xml", document.encode()), *parts]))
    return path


def read(tmp_path, *paragraphs, **more):
    return formats.read(docx(tmp_path / "a.docx", *paragraphs, **more))


def shown(item):
    return (item.content.type.value, item.content.stem, [option.text for option in item.content.options])


def test_the_usual_layout_is_read(tmp_path):
    result = read(
        tmp_path,
        "2026年安全管理试题",
        "第一章 法律法规",
        "一、单项选择题（每题1分，共50分）",
        "1．安全电压的上限是（　）。",
        "A．12 V  B．36 V",
        "C．110 V\tD．220 V",
        "答案：B",
        "解析：36 V 以下为安全电压。",
        "二、多选题",
        "1、下列哪些是危险源？",
        "A、氧气瓶",
        "B、棉被",
        "C、乙炔瓶",
        "【答案】AC",
        "【解析】见教材。",
        "三、判断题",
        "1. 水能导电。（√）",
        "2. 木头能导电。（ × ）",
        "四、填空题",
        "1. 三相电压为____伏。",
        "参考答案：380|三百八十",
    )
    assert result.refused == []
    assert [shown(item) for item in result.items] == [
        ("single", "安全电压的上限是（　）。", ["12 V", "36 V", "110 V", "220 V"]),
        ("multiple", "下列哪些是危险源？", ["氧气瓶", "棉被", "乙炔瓶"]),
        ("truefalse", "水能导电。（　）", ["正确", "错误"]),
        ("truefalse", "木头能导电。（　）", ["正确", "错误"]),
        ("fill", "三相电压为____伏。", []),
    ]
    assert [item.answer_key.correct for item in result.items] == [(1,), (0, 2), (0,), (1,), ()]
    assert result.items[4].answer_key.accepted == ("380", "三百八十")
    assert result.items[0].explanation == "36 V 以下为安全电压。"
    assert {item.chapter for item in result.items} == {"第一章 法律法规"}
    assert [remark.reason for remark in result.remarks] == ["line-not-read"]


def test_an_answer_in_the_brackets_of_the_stem_counts_and_does_not_stay_there(tmp_path):
    result = read(tmp_path, "1. 单位是（ B ）。", "A.伏 B.安 C.欧", "2. 哪些对（ACD）？", "A.甲", "B.乙", "C.丙", "D.丁")
    assert [item.content.stem for item in result.items] == ["单位是（　）。", "哪些对（　）？"]
    assert [item.answer_key.correct for item in result.items] == [(1,), (0, 2, 3)]
    assert [item.content.type for item in result.items] == [ItemType.SINGLE, ItemType.MULTIPLE]


def test_numbers_within_a_stem_begin_no_question(tmp_path):
    result = read(
        tmp_path, "1. 先看条件：", "1. 甲；", "3. 乙。", "问哪个对？", "A.甲 B.乙", "答案：A", "3. 漏了一号。", "A.甲 B.乙", "答案：B"
    )
    assert [item.content.stem for item in result.items] == ["先看条件：\n1. 甲；\n3. 乙。\n问哪个对？", "漏了一号。"]


def test_lines_within_one_paragraph_are_lines(tmp_path):
    raw = "<w:p><w:r><w:t>1. 问</w:t><w:br/><w:t>A. 甲</w:t><w:br/><w:t>B. 乙</w:t><w:br/><w:t>答案：A</w:t></w:r></w:p>"
    assert shown(read(tmp_path, raw=raw).items[0]) == ("single", "问", ["甲", "乙"])


def test_word_counts_automatic_numbers_and_so_do_we(tmp_path):
    numbering = f"""<w:numbering {W}><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/>
    <w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/>
    <w:numFmt w:val="upperLetter"/><w:lvlText w:val="%2."/></w:lvl></w:abstractNum>
    <w:num w:numId="7"><w:abstractNumId w:val="0"/></w:num></w:numbering>"""

    def p(depth, text):
        number = f'<w:pPr><w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="7"/></w:numPr></w:pPr>'
        return f"<w:p>{number}<w:r><w:t>{text}</w:t></w:r></w:p>"

    plain = "<w:p><w:r><w:t>答案：B</w:t></w:r></w:p>"
    raw = p(0, "甲问") + p(1, "一") + p(1, "二") + plain + p(0, "乙问") + p(1, "三") + p(1, "四") + plain
    result = read(tmp_path, raw=raw, parts=[("word/numbering.xml", numbering.encode())])
    assert [shown(item) for item in result.items] == [("single", "甲问", ["一", "二"]), ("single", "乙问", ["三", "四"])]


def test_pictures_powers_gaps_and_tables_are_kept(tmp_path):
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId5" Type="{R}/image" Target="media/a.png"/></Relationships>'
    )
    raw = (
        '<w:p><w:r><w:t>1. 面积 5 m</w:t></w:r><w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:t>2</w:t></w:r>'
        '<w:r><w:t xml:space="preserve"> 是</w:t></w:r><w:r><w:rPr><w:u w:val="single"/></w:rPr>'
        '<w:t xml:space="preserve">    </w:t></w:r><w:r><w:t>吗</w:t></w:r>'
        '<w:r><w:drawing><a:blip xmlns:a="x" r:embed="rId5"/></w:drawing></w:r></w:p>'
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>甲</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>1</w:t></w:r></w:p></w:tc></w:tr>"
        "<w:tr><w:tc><w:p><w:r><w:t>乙</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>2</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
        "<w:p><w:r><w:t>A.对了 B.错了</w:t></w:r></w:p><w:p><w:r><w:t>答案：A</w:t></w:r></w:p>"
    )
    parts = [("word/_rels/document.xml.rels", relations.encode()), ("word/media/a.png", PNG)]
    (item,) = read(tmp_path, raw=raw, parts=parts).items
    assert item.content.stem == "面积 5 m² 是____吗\n| 甲 | 1 |\n| 乙 | 2 |"
    assert item.content.media == (hashlib.sha256(PNG).hexdigest(),)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["一、简答题", "1. 说说看。", "答案：……"], "unsupported-interaction"),
        (["一、单选题", "1. 问", "A.甲 B.乙"], "no-answer"),
        (["一、单选题", "1. 问", "A.甲 B.乙", "答案：D"], "answer-out-of-range"),
        (["一、单选题", "1. 问", "A.甲 B.甲", "答案：A"], "repeated-option"),
        (["一、判断题", "1. 问", "答案：也许"], "answer-unreadable"),
    ],
)
def test_a_question_without_sense_is_refused_with_its_paragraph(tmp_path, lines, reason):
    (refused,) = read(tmp_path, *lines).refused
    assert (refused.reason, refused.row) == (reason, 2)


def test_a_formula_is_refused_by_name_and_a_deleted_word_is_not_read(tmp_path):
    formula = "<w:p><w:r><w:t>1. 求 </w:t></w:r><m:oMath xmlns:m='x'><m:r><m:t>x</m:t></m:r></m:oMath></w:p>"
    (refused,) = read(tmp_path, raw=formula).refused
    assert (refused.reason, refused.facts) == ("unsupported-markup", {"markup": "oMath"})
    deleted = "<w:p><w:r><w:t>1. 不</w:t></w:r><w:del><w:r><w:delText>会</w:delText></w:r></w:del></w:p>"
    rest = "<w:p><w:r><w:t>A.甲 B.乙</w:t></w:r></w:p><w:p><w:r><w:t>答案：A</w:t></w:r></w:p>"
    assert read(tmp_path, raw=deleted + rest).items[0].content.stem == "不"


def test_a_file_written_here_opens_in_the_usual_library(tmp_path):
    library = pytest.importorskip("docx")
    docx(tmp_path / "a.docx", "1. 问", "A.甲 B.乙", "答案：A")
    formats.export(tmp_path / "b.docx", formats.read(tmp_path / "a.docx").items)
    texts = [paragraph.text for paragraph in library.Document(str(tmp_path / "b.docx")).paragraphs]
    assert texts == ["一、单项选择题", "1. 问", "A. 甲", "B. 乙", "答案：A"]


def test_a_zip_without_questions_is_refused(tmp_path):
    (tmp_path / "a.docx").write_bytes(archive.written([("word/document.xml", b"<a/>")]))
    with pytest.raises(BadFile, match="docx-unreadable"):
        formats.read(tmp_path / "a.docx")
