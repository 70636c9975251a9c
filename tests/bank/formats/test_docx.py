"""Word files as authors lay them out."""

import hashlib
import re
from xml.etree import ElementTree

import pytest

from bank import formats
from bank.content import Background, Content, ItemType, Option
from bank.formats import archive
from bank.formats.docx import body
from bank.item import AnswerKey, Item
from bank.refused import BadFile
from tests.pictures import png

PNG = png()
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
    assert [remark.reason for remark in result.remarks] == ["line-not-read", "answer-in-stem"]
    assert result.remarks[1].facts == {"found": 2}


def test_an_answer_in_the_brackets_of_the_stem_counts_and_does_not_stay_there(tmp_path):
    result = read(
        tmp_path, "1. 单位是（ B ）。", "A.伏 B.安 C.欧", "2. 哪些对（ACD）？", "A.甲", "B.乙", "C.丙", "D.丁"
    )
    assert [item.content.stem for item in result.items] == ["单位是（　）。", "哪些对（　）？"]
    assert [item.answer_key.correct for item in result.items] == [(1,), (0, 2, 3)]
    assert [item.content.type for item in result.items] == [ItemType.SINGLE, ItemType.MULTIPLE]


def test_numbers_within_a_stem_begin_no_question(tmp_path):
    result = read(
        tmp_path,
        "1. 先看条件：",
        "1. 甲；",
        "3. 乙。",
        "问哪个对？",
        "A.甲 B.乙",
        "答案：A",
        "3. 漏了一号。",
        "A.甲 B.乙",
        "答案：B",
    )
    assert [item.content.stem for item in result.items] == ["先看条件：\n1. 甲；\n3. 乙。\n问哪个对？", "漏了一号。"]


def test_lines_within_one_paragraph_are_lines(tmp_path):
    raw = (
        "<w:p><w:r><w:t>1. 问</w:t><w:br/><w:t>A. 甲</w:t><w:br/><w:t>B. 乙</w:t><w:br/><w:t>答案：A</w:t></w:r></w:p>"
    )
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
    assert [shown(item) for item in result.items] == [
        ("single", "甲问", ["一", "二"]),
        ("single", "乙问", ["三", "四"]),
    ]


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


def test_a_zip_without_questions_is_refused(tmp_path):
    (tmp_path / "a.docx").write_bytes(archive.written([("word/document.xml", b"<a/>")]))
    with pytest.raises(BadFile, match="docx-unreadable"):
        formats.read(tmp_path / "a.docx")


HEAD = "一、单选题"
TWO = ["1. 甲问？", "A.一 B.二 C.三", "2. 乙问？", "A.一 B.二 C.三"]


def keys(result):
    assert result.refused == []
    return ["".join("ABCDEFGH"[n] for n in item.answer_key.correct) for item in result.items]


def numbered(*texts):
    return [line for number, text in enumerate(texts, 1) for line in (f"{number}. {text}？", "A.一 B.二 C.三 D.四")]


@pytest.mark.parametrize(
    "answers",
    [
        ["参考答案", "1.A 2.BC 3.D"],
        ["参考答案：1.A 2.BC 3.D"],
        ["【参考答案】", "一、选择题：1、A；2、B、C；3、D。"],
        ["答案", "１．Ａ　２．ＢＣ　３．Ｄ"],
        ["参考答案及解析", "1-3 A BC D"],
        ["参考答案", "1. A", "2. BC", "3. D"],
        ["参考答案", "1.【答案】A", "2.【答案】BC", "3.【答案】D"],
        ["标准答案：", "1～3：A，BC，D"],
    ],
)
def test_answers_gathered_at_the_end_reach_their_questions(tmp_path, answers):
    result = read(tmp_path, "一、选择题", *numbered("甲", "乙", "丙"), *answers)
    assert keys(result) == ["A", "BC", "D"]
    assert result.remarks == []


def test_gathered_answers_go_to_the_section_of_their_heading(tmp_path):
    result = read(
        tmp_path,
        "一、单选题",
        *numbered("甲", "乙", "丙", "丁", "戊"),
        "二、多选题",
        *numbered("己", "庚"),
        "三、判断题",
        "1. 水能导电。",
        "2. 木头能导电。（　）",
        "（　）3. 铁能导电。",
        "四、填空题",
        "1. 三相电压为____伏。",
        "参考答案",
        "一、单选题 1-5 ABCDA",
        "二、多选题",
        "1.AB 2.ACD",
        "三、判断题：1.√ 2.× 3.对",
        "四、填空题",
        "1. 380|三百八十",
    )
    assert keys(result) == ["A", "B", "C", "D", "A", "AB", "ACD", "A", "B", "A", ""]
    assert result.items[-1].answer_key.accepted == ("380", "三百八十")
    assert result.items[9].content.stem == "铁能导电。"


def test_each_chapter_may_have_its_own_answers_or_all_stand_behind_the_last(tmp_path):
    one = ["第一章 电", HEAD, *TWO, "参考答案", "1.A 2.B", "第二章 火", HEAD, *TWO[:1], "A.红 B.黄", "参考答案", "1.B"]
    assert keys(read(tmp_path, *one)) == ["A", "B", "B"]
    two = ["第一章 电", HEAD, *TWO, "第二章 火", HEAD, "1. 丙问？", "A.红 B.黄", "参考答案"]
    two += ["第一章 电", "1.A 2.B", "第二章 火", "1.B"]
    result = read(tmp_path, *two)
    assert keys(result) == ["A", "B", "B"]
    assert [item.chapter for item in result.items] == ["第一章 电", "第一章 电", "第二章 火"]


def test_numbers_that_begin_again_without_a_heading_are_the_next_section(tmp_path):
    result = read(tmp_path, HEAD, *TWO, "二、多选题", *numbered("丙", "丁"), "参考答案", "1.A 2.B", "1.AB 2.CD")
    assert keys(result) == ["A", "B", "AB", "CD"]


def test_explanations_travel_with_gathered_answers(tmp_path):
    result = read(
        tmp_path,
        HEAD,
        *TWO,
        "参考答案及解析",
        "1. B 【解析】第一点。",
        "第二点：",
        "1. 甲；",
        "2. 乙。",
        "2.【答案】C。解析：见教材。",
    )
    assert keys(result) == ["B", "C"]
    assert [item.explanation for item in result.items] == ["第一点。\n第二点：\n1. 甲；\n2. 乙。", "见教材。"]


def cell(text):
    return f"<w:tc><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>"


def table(*rows):
    return "<w:tbl>" + "".join(f"<w:tr>{''.join(map(cell, row))}</w:tr>" for row in rows) + "</w:tbl>"


def p(text):
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


@pytest.mark.parametrize(
    "rows",
    [
        [["题号", "1", "2", "3"], ["答案", "A", "BC", "D"]],
        [["1", "2", "3"], ["A", "BC", "D"]],
        [["题号", "1", "2"], ["答案", "A", "BC"], ["题号", "3", ""], ["答案", "D", ""]],
        [["题号", "答案", "解析"], ["1", "A", ""], ["2", "BC", ""], ["3", "D", ""]],
    ],
)
def test_answers_in_a_table_reach_their_questions(tmp_path, rows):
    result = read(tmp_path, "一、选择题", *numbered("甲", "乙", "丙"), "参考答案", raw=table(*rows))
    assert keys(result) == ["A", "BC", "D"]
    assert result.remarks == []


def test_an_answer_that_finds_no_question_is_told_and_one_that_disagrees_refused(tmp_path):
    result = read(
        tmp_path, HEAD, "1. 甲问（ B ）", "A.一 B.二", "2. 乙问", "A.一 B.二", "参考答案", "1.A", "2.B", "9.C"
    )
    assert [(each.reason, each.row) for each in result.refused] == [("answers-disagree", 2)]
    assert [(each.reason, each.row) for each in result.remarks] == [("answer-without-question", 9)]


def test_a_range_with_too_few_answers_gives_none(tmp_path):
    result = read(tmp_path, HEAD, *TWO, "参考答案", "1.A", "2-5 AB")
    assert [each.reason for each in result.refused] == ["no-answer"]
    assert [(each.reason, each.row) for each in result.remarks] == [("line-not-read", 8)]


@pytest.mark.parametrize("answer", [["答案：5 A"], ["答案：", "5 A"], ["参考答案：5 A"]])
def test_five_amperes_are_no_list_of_answers(tmp_path, answer):
    result = read(tmp_path, "四、填空题", "1. 额定电流是____。", *answer, "2. 电压是____。", "答案：36 V")
    assert [item.answer_key.accepted for item in result.items] == [("5 A",), ("36 V",)]


def test_an_answer_left_blank_is_no_heading(tmp_path):
    result = read(tmp_path, HEAD, "1. 甲问", "A.一 B.二", "答案：", "2. 乙问", "A.一 B.二", "答案：B")
    assert [(each.reason, each.row) for each in result.refused] == [("no-answer", 2)]
    assert [item.content.stem for item in result.items] == ["乙问"]


def test_a_case_with_several_questions_is_a_case_group(tmp_path):
    result = read(
        tmp_path,
        "一、案例分析题",
        "案例一",
        "某厂发生触电事故，1 人死亡。",
        "调查发现：",
        "1. 无漏电保护；",
        "2. 未培训。",
        "问题：",
        "1. 该事故属于（ A ）。",
        "A.一般事故 B.较大事故",
        "2.（多选）原因有哪些？",
        "A.无保护 B.未培训 C.天气",
        "答案：AB",
        "3. 该厂无责任。（×）",
        "案例二：某仓库失火。",
        "1. 应先做什么？",
        "A.报警 B.回家",
        "答案：A",
    )
    assert result.refused == [] and [each.reason for each in result.remarks] == ["answer-in-stem"]
    first, second = "某厂发生触电事故，1 人死亡。\n调查发现：\n1. 无漏电保护；\n2. 未培训。", "某仓库失火。"
    assert [(item.background.text, item.place) for item in result.items] == [
        (first, 1),
        (first, 2),
        (first, 3),
        (second, 1),
    ]
    assert [item.content.type.value for item in result.items] == ["single", "multiple", "truefalse", "single"]
    assert result.items[1].content.stem == "原因有哪些？"


def test_a_case_may_be_numbered_itself_with_its_questions_in_brackets(tmp_path):
    result = read(
        tmp_path, "五、案例分析题", "1. 某厂失火。", "损失 500 万元。", "（1）属于什么事故？", "A.一般 B.较大", "答案：A", "（2）谁来调查？",
        "A.县 B.市", "答案：A", "2. 某矿透水。", "（1）先做什么？", "A.撤人 B.等待", "答案：A",
    )  # fmt: skip
    assert result.refused == []
    assert [(item.background.text, item.place, item.content.stem) for item in result.items] == [
        ("某厂失火。\n损失 500 万元。", 1, "属于什么事故？"),
        ("某厂失火。\n损失 500 万元。", 2, "谁来调查？"),
        ("某矿透水。", 1, "先做什么？"),
    ]


@pytest.mark.parametrize(
    "answers", [["案例分析题 1-3 ABA"], ["1.A 2.B 3.A"], ["四、案例分析题", "案例一：1.A 2.B", "案例二", "3.A"]]
)
def test_answers_of_cases_may_stand_at_the_end_too(tmp_path, answers):
    lines = ["四、案例分析题", "案例一", "某厂失火。", *TWO, "案例二", "某矿透水。", "3. 丙问？", "A.一 B.二"]
    result = read(tmp_path, *lines, "参考答案", *answers)
    assert keys(result) == ["A", "B", "A"] and result.remarks == []
    again = [line.replace("3", "1") for line in lines]
    assert keys(read(tmp_path, *again, "参考答案", "案例一", "1.A 2.B", "案例二", "1.B")) == ["A", "B", "B"]


def test_a_stem_shared_by_a_range_of_questions_ends_with_the_last_of_them(tmp_path):
    result = read(tmp_path, HEAD, "（1～2题共用题干）某厂失火。", *TWO, "3. 丙问？", "A.一 B.二", "参考答案", "1-3 ABA")
    assert [(item.place, "" if item.background is None else item.background.text) for item in result.items] == [
        (1, "某厂失火。"), (2, "某厂失火。"), (0, ""),
    ]  # fmt: skip


def test_a_case_with_open_questions_is_refused_by_name_and_never_half_read(tmp_path):
    result = read(
        tmp_path,
        "一、案例分析题",
        "【背景资料】某厂失火。",
        "1. 指出原因。",
        "答案：电线老化。",
        "2. 谁负责？",
        "A.厂长 B.无人",
        "答案：A",
    )
    assert [(each.reason, each.facts, each.row) for each in result.refused] == [
        ("unsupported-interaction", {"interaction": "essay"}, 3)
    ]
    assert [item.place for item in result.items] == [2]
    result = read(tmp_path, *TWO, "答案：A", "案例一", "某厂失火。")
    assert [(each.reason, each.row) for each in result.remarks] == [("case-without-questions", 6)]


@pytest.mark.parametrize(
    "lines",
    [
        ["A.甲\tB.乙\tC.丙"],
        ["A.甲B.乙C.丙"],
        ["Ａ．甲　Ｂ．乙　Ｃ．丙"],
        ["（A）甲 （B）乙", "（C）丙"],
        ["A 甲  B 乙  C 丙"],
        ["A 甲", "B 乙", "C 丙"],
        ["A、甲；B、乙；C、丙"],
        ["A) 甲", "B) 乙 C) 丙"],
    ],
)
def test_options_stand_on_one_line_or_several(tmp_path, lines):
    (item,) = read(tmp_path, "１．哪个（　）", *lines, "答案：Ｂ").items
    assert [option.text.rstrip("；") for option in item.content.options] == ["甲", "乙", "丙"]
    assert (item.content.stem, item.answer_key.correct) == ("哪个（　）", (1,))


def test_options_laid_out_in_a_table_are_options(tmp_path):
    raw = table(["A. 甲", "B. 乙"], ["C. 丙", ""]) + p("答案：C")
    (item,) = read(tmp_path, "1. 哪个？", raw=raw).items
    assert [option.text for option in item.content.options] == ["甲", "乙", "丙"]


def test_true_false_is_marked_in_many_ways(tmp_path):
    lines = [
        "1. 甲（√）",
        "2. 乙（ × ）",
        "3. 丙（对）",
        "4. 丁（错误）",
        "（√）5. 戊",
        "（ × ）6. 己",
        "7. 庚",
        "答案：对",
        "8. 辛",
        "【答案】错",
    ]
    assert keys(read(tmp_path, "三、判断题", *lines)) == ["A", "B", "A", "B", "A", "B", "A", "B"]


def test_an_explanation_has_as_many_lines_and_lists_as_it_needs(tmp_path):
    lines = [
        "1. 甲问",
        "A.一 B.二",
        "【答案】A【解析】先说：",
        "1. 第一；",
        "2. 第二。",
        "完。",
        "2. 乙问",
        "A.一 B.二",
        "答案：B  解析：见书。",
    ]
    result = read(tmp_path, HEAD, *lines)
    assert [item.explanation for item in result.items] == ["先说：\n1. 第一；\n2. 第二。\n完。", "见书。"]


def test_two_different_answers_in_the_brackets_of_one_stem_are_refused(tmp_path):
    (refused,) = read(tmp_path, HEAD, "1. 甲（A）乙（B）", "A.一 B.二").refused
    assert (refused.reason, refused.row) == ("answers-disagree", 2)


def test_lists_counted_by_a_style_begin_again_where_they_are_told_to(tmp_path):
    def level(depth, form, text):
        return (
            f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/></w:lvl>'
        )

    numbering = (
        f'<w:numbering {W}><w:abstractNum w:abstractNumId="0">{level(0, "chineseCounting", "%1、")}</w:abstractNum>'
        f'<w:abstractNum w:abstractNumId="1">{level(0, "decimal", "%1.")}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>'
        '<w:num w:numId="3"><w:abstractNumId w:val="1"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/>'
        "</w:lvlOverride></w:num></w:numbering>"
    )
    styles = (
        f'<w:styles {W}><w:style w:styleId="T"><w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr></w:style>'
        '<w:style w:styleId="U"><w:basedOn w:val="T"/></w:style></w:styles>'
    )

    def counted(text, number="", style=""):
        said = f'<w:pStyle w:val="{style}"/>' if style else f'<w:numPr><w:numId w:val="{number}"/></w:numPr>'
        return f"<w:p><w:pPr>{said}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"

    options = p("A.一 B.二")
    raw = counted("单选题", "1") + counted("甲？", style="T") + options + counted("乙？", style="U") + options
    raw += counted("多选题", "1") + counted("丙？", "3") + options + counted("丁？", "3") + options
    raw += p("参考答案") + p("一、单选题 1.A 2.B") + p("二、多选题 1.AB 2.A")
    parts = [("word/numbering.xml", numbering.encode()), ("word/styles.xml", styles.encode())]
    assert keys(read(tmp_path, raw=raw, parts=parts)) == ["A", "B", "AB", "A"]


def test_a_written_file_names_every_part_it_holds_and_holds_every_part_it_names(tmp_path):
    digest = hashlib.sha256(PNG).hexdigest()
    background = Background("某厂失火。", (digest,))
    content = Content(ItemType.SINGLE, "见图", (Option("甲", (digest,)), Option("乙")), (digest,), background.sha256())
    item = Item(content, AnswerKey((0,)), "1", background=background, place=3)
    formats.export(tmp_path / "b.docx", [item], {digest: PNG}.get)
    packed = archive.Zip((tmp_path / "b.docx").read_bytes(), "b.docx")
    parts = {name: packed.read(name) for name in packed.names()}
    relations = ElementTree.fromstring(parts["word/_rels/document.xml.rels"])
    targets = {node.get("Id"): "word/" + node.get("Target") for node in relations}
    document = parts["word/document.xml"].decode()
    assert set(re.findall(r'r:embed="(\w+)"', document)) == targets.keys()
    assert set(targets.values()) == {name for name in parts if name.startswith("word/media/")}
    types = ElementTree.fromstring(parts["[Content_Types].xml"])
    said = {node.get("Extension") or node.get("PartName") for node in types}
    assert said == {"rels", "png", "/word/document.xml"} and next(iter(parts)) == "[Content_Types].xml"
    assert formats.read(tmp_path / "b.docx").items == [item]


@pytest.mark.parametrize(
    ("stem", "answer", "outcome"),
    [
        ("电流强度的单位是安培（A），下列换算正确的是（　）", "答案：A", "电流强度的单位是安培（A），下列换算正确的是（　）"),
        ("甲类（B）灭火器用于", "答案：B", "bracket-unclear"),
        ("甲类（B）灭火器用于", "答案：A", "甲类（B）灭火器用于"),
        ("额定电流 10（A），应选（ ）", "", "no-answer"),
        ("额定电流 10（A），应选", "", "bracket-unclear"),
        ("额定电流为 10（A）", "", "bracket-unclear"),
        ("甲类（A）应选（B）", "", "answers-disagree"),
        ("甲类（A）应选（B）", "答案：B", "甲类（A）应选（　）"),
        ("应选（B）灭火", "答案：A", "answers-disagree"),
        ("应选（B）灭火", "", "应选（　）灭火"),
        ("甲 （ B ）灭火", "答案：B", "甲 （　）灭火"),
    ],
)  # fmt: skip
def test_a_letter_in_brackets_is_the_answer_only_where_it_stands_as_one(tmp_path, stem, answer, outcome):
    result = read(tmp_path, HEAD, f"1. {stem}", "A.甲", "B.乙", *filter(None, [answer]))
    assert [item.content.stem for item in result.items] + [each.reason for each in result.refused] == [outcome]
    if result.items and "　）" in outcome and outcome != stem:
        assert [each.reason for each in result.remarks] == ["answer-in-stem"]


def test_a_word_of_truth_within_a_statement_is_part_of_it(tmp_path):
    lines = ["1. 熔断器（对）电路短路起保护", "答案：对", "2. 接地装置（对）人身安全重要", "3. 水能导电（对）。"]
    result = read(tmp_path, "三、判断题", *lines, "参考答案", "2.错")
    assert [item.content.stem for item in result.items] == [
        "熔断器（对）电路短路起保护", "接地装置（对）人身安全重要", "水能导电（　）。",
    ]  # fmt: skip
    assert [item.answer_key.correct for item in result.items] == [(0,), (1,), (0,)]
    assert [(each.row, each.reason, each.words) for each in result.remarks] == [
        (2, "bracket-left", "1. 熔断器（对）电路短路起保护"), (5, "answer-in-stem", "3. 水能导电（对）。"),
    ]  # fmt: skip


def test_a_question_without_an_answer_does_not_swallow_the_next_whatever_its_number(tmp_path):
    lines = [
        "1. 甲（ ）",
        "A. 一",
        "B. 二",
        "答案：A",
        "3. 丙（ ）",
        "A. 一",
        "B. 二",
        "5. 戊（ ）",
        "A. 一",
        "B. 三",
        "答案：B",
    ]
    result = read(tmp_path, HEAD, *lines)
    assert [shown(item)[1:] for item in result.items] == [("甲（ ）", ["一", "二"]), ("戊（ ）", ["一", "三"])]
    assert [(each.row, each.reason) for each in result.refused] == [(6, "no-answer")]


def test_a_number_that_stands_twice_is_two_questions(tmp_path):
    lines = [
        "6. 甲（ ）",
        "A. 一",
        "B. 二",
        "答案：A",
        "6. 乙（ ）",
        "A. 一",
        "B. 三",
        "答案：B",
        "7. 丙（ ）",
        "A.一 B.二",
        "答案：B",
    ]
    result = read(tmp_path, HEAD, *lines)
    assert [item.content.stem for item in result.items] == ["甲（ ）", "乙（ ）", "丙（ ）"]
    assert result.refused == []


def test_statements_and_blanks_begin_with_their_numbers_even_where_one_is_left_out(tmp_path):
    lines = ["三、判断题", "1. 甲", "2. 乙", "4. 丁", "四、填空题", "1. 戊____", "3. 己____", "答案：六"]
    result = read(tmp_path, *lines, "参考答案", "三、判断题 1.对 2.错 4.对")
    assert [item.content.stem for item in result.items] == ["甲", "乙", "丁", "己____"]
    assert [(each.row, each.reason) for each in result.refused] == [(6, "no-answer")]


def test_what_seems_to_hold_another_question_is_refused(tmp_path):
    lines = ["1. 甲", "补充：", "7. 乙（ ）", "A. 一", "B. 二", "答案：B"]
    assert [each.reason for each in read(tmp_path, HEAD, *lines).refused] == ["two-questions"]


def run(text, look=""):
    return f"<w:r><w:rPr>{look}</w:rPr><w:t>{text}</w:t></w:r>"


@pytest.mark.parametrize(
    ("look", "reason"),
    [("<w:strike/>", "struck-text"), ('<w:dstrike w:val="1"/>', "struck-text"), ("<w:vanish/>", "hidden-text")],
)
def test_text_struck_out_or_hidden_is_refused_by_name(tmp_path, look, reason):
    lines = p("A.甲 B.乙") + p("答案：A")
    result = read(tmp_path, raw=f"<w:p>{run('1. 断路器')}{run('不', look)}{run('应断开')}</w:p>" + lines)
    assert [(each.reason, each.words) for each in result.refused] == [(reason, "1. 断路器不应断开")]
    off = look.replace("/>", ' w:val="0"/>') if "val" not in look else look.replace("1", "0")
    assert read(tmp_path, raw=f"<w:p>{run('1. 断路器')}{run('不', off)}</w:p>" + lines).refused == []


def test_of_a_list_of_answers_a_line_with_struck_ones_is_not_read(tmp_path):
    raw = p("参考答案") + f"<w:p>{run('1.A 2.')}{run('B', '<w:strike/>')}{run('C')}</w:p>"
    result = read(tmp_path, HEAD, *TWO, raw=raw)
    assert result.items == [] and [each.reason for each in result.remarks] == ["line-not-read"]


def test_a_note_behind_the_difficulty_is_no_part_of_it(tmp_path):
    result = read(
        tmp_path, HEAD, "1. 甲", "A.一 B.二", "答案：A", "难度：0.7", "注意：别忘了", "2. 乙", "A.一 B.二", "答案：B"
    )
    assert [item.p4 for item in result.items] == [7000, None]
    assert [(each.row, each.reason, each.words) for each in result.remarks] == [(6, "line-not-read", "注意：别忘了")]


def test_options_may_bear_small_letters_but_a_list_of_small_letters_is_none(tmp_path):
    result = read(
        tmp_path,
        HEAD,
        "1. 甲",
        "a. 一",
        "b. 二",
        "c. 三",
        "答案：c",
        "2. 乙：",
        "a. 红",
        "b. 黄",
        "A. 仅a B. 仅b",
        "答案：B",
    )
    assert [shown(item)[1:] for item in result.items] == [
        ("甲", ["一", "二", "三"]), ("乙：\na. 红\nb. 黄", ["仅a", "仅b"]),
    ]  # fmt: skip


def test_shared_options_and_answers_without_numbers_are_named(tmp_path):
    shared = ["（1～2题共用备选答案）", "A. 甲", "B. 乙", "1. 一问", "2. 二问", "3. 三问", "A.甲 B.乙", "答案：A"]
    result = read(tmp_path, HEAD, *shared)
    assert [(each.reason, each.facts) for each in result.refused] == [
        ("unsupported-interaction", {"interaction": "shared-options"})
    ] * 2
    assert len(result.items) == 1 and [each.reason for each in result.remarks] == ["shared-options"]
    result = read(tmp_path, HEAD, *TWO, "参考答案", "A B")
    assert [(each.row, each.reason) for each in result.remarks] == [(7, "answers-without-numbers")]
    assert len(result.refused) == 2


def test_questions_in_a_table_are_said_to_stand_there(tmp_path):
    raw = table(["题号", "题干", "选项A", "选项B", "答案"], ["1", "甲", "一", "二", "A"])
    with pytest.raises(BadFile, match="questions-in-table"):
        read(tmp_path, raw=raw)
    result = read(tmp_path, HEAD, "1. 甲", "答案：A", "A.一 B.二", raw=p("B.三") + raw)
    assert "table-not-read" in [each.reason for each in result.remarks]
    assert all("题干" not in item.content.stem for item in result.items)


@pytest.mark.parametrize(
    "lines",
    [
        ["1. 哪一项（ ）", "A.一 B.二 C.三 答案：C"],
        ["1. 哪一项（ ） A.一 B.二 C.三 答案：C"],
        ["1. 哪一项（ ）A.一 B.二 C.三 答案：C"],
        ["1. 哪一项（ ）。答案：C", "A.一", "B.二", "C.三"],
        ["1. 哪一项（ ）【C】", "A.一 B.二 C.三"],
        ["1. 哪一项【Ｃ】", "A.一 B.二 C.三"],
        ["1. 哪一项（ ）", "A.一", "B.二", "C.三", "答：C"],
        ["1. 哪一项（ ）", "A.一 B.二 C.三", "【C】"],
        ["1. 哪一项（ ）", "A.一；B.二；C.三； 【正确答案】 C。"],
        ["【题干】1. 哪一项（ ）", "A.一 B.二 C.三 答案：C 【解析】因为"],
    ],
)
def test_an_answer_is_read_where_it_ends_a_line(tmp_path, lines):
    result = read(tmp_path, "一、单选题", *lines, "2. 下一题（A）", "A.一 B.二")
    assert not result.refused
    one, other = result.items
    assert one.content.stem.startswith("哪一项") and "C" not in one.content.stem and "答案" not in one.content.stem
    assert ([option.text for option in one.content.options], one.answer_key.correct) == (["一", "二", "三"], (2,))
    assert other.content.stem == "下一题（　）"


@pytest.mark.parametrize(
    "lines",
    [
        ["1. 答案：B 哪一项（ ）", "A.一", "B.二"],
        ["1. 哪一项（ ）", "A.一", "B.二", "我的答案：A 正确答案：B"],
        ["1. 哪一项（ ）", "A.一", "B.二有两行", "第二行 答案：B"],
        ["二、填空题", "1. 电压是____V。答案：36"],
    ],
)
def test_an_answer_that_cannot_be_told_from_the_text_is_refused_with_what_to_do(tmp_path, lines):
    (refused,) = read(tmp_path, "一、单选题", *lines).refused
    assert refused.reason == "answer-within-text"


def test_two_answers_of_one_question_are_never_joined(tmp_path):
    (refused,) = read(tmp_path, "一、多选题", "1. 哪些（ ）", "A.一 B.二 C.三 答案：AB", "答案：C").refused
    assert refused.reason == "answers-disagree"
    (item,) = read(tmp_path, "一、多选题", "1. 哪些（ ）", "A.一 B.二 C.三 答案：AB", "答案：A、B").items
    assert item.answer_key.correct == (0, 1)


def test_dialogue_in_a_statement_is_no_answer(tmp_path):
    result = read(tmp_path, "三、判断题", "1. 甲问能否合闸，乙答：对", "2. 停电后应验电。答案：对")
    assert [each.reason for each in result.refused] == ["no-answer"]
    assert [(item.content.stem, item.answer_key.correct) for item in result.items] == [("停电后应验电。", (0,))]


def test_letters_for_right_and_wrong_are_read_where_they_are_clear(tmp_path):
    lines = ["先断电（T）", "先拉人（F）", "雷雨天可以爬杆。(X)", "先验电。（V）", "壬（ N ）", "癸（ Ｙ ）"]
    result = read(
        tmp_path, "三、判断题", *(f"{n}. {line}" for n, line in enumerate(lines, 1)), "（ V ）7. 应持证上岗。"
    )
    assert not result.refused
    assert [item.answer_key.correct[0] for item in result.items] == [0, 1, 1, 0, 1, 0, 0]
    assert not any(letter in item.content.stem for item in result.items for letter in "TFXVNＹ")


def test_letters_that_may_be_names_are_not_taken_for_an_answer(tmp_path):
    lines = [
        "1. 不装熔断器的是中性线（N）",
        "2. 电压的单位是伏特（V）",
        "答案：√",
        "3. 电容的单位是法拉（F）。",
        "答案：√",
    ]
    result = read(tmp_path, "三、判断题", *lines, "4. 星形（Y）接法的线电压更高")
    assert [(each.row, each.reason) for each in result.refused] == [(2, "bracket-unclear"), (7, "bracket-unclear")]
    assert [item.content.stem for item in result.items] == ["电压的单位是伏特（V）", "电容的单位是法拉（F）。"]
    assert [item.answer_key.correct for item in result.items] == [(0,), (0,)]


def test_options_that_follow_no_number_are_one_refusal_a_question(tmp_path):
    lines = ["下列是导体的是（ ）", "A. 铜", "B. 橡胶", "答案：A", "绝缘的是（ ）", "A. 铜", "B. 橡胶", "答案：B"]
    result = read(tmp_path, "一、单选题", *lines, "1. 哪一项（A）", "A.一 B.二")
    assert [(each.words, each.reason) for each in result.refused] == [
        ("下列是导体的是（ ）", "options-without-question"), ("绝缘的是（ ）", "options-without-question"),
    ]  # fmt: skip
    assert len(result.items) == 1 and "line-not-read" not in [each.reason for each in result.remarks]


def test_a_semicolon_between_options_of_one_line_is_none_of_theirs(tmp_path):
    lines = ["1. 措施有（AB）", "A．绝缘；B．屏护；", "C．无；D．间距", "2. 又有（AB）", "A．绝缘；", "B．屏护。"]
    one, other = read(tmp_path, "二、多选题", *lines).items
    assert [option.text for option in one.content.options] == ["绝缘", "屏护", "无", "间距"]
    assert [option.text for option in other.content.options] == ["绝缘；", "屏护。"]


def test_behind_an_answer_at_the_end_of_the_stem_nothing_joins_the_stem(tmp_path):
    lines = [
        "1. 停电后应验电。答案：对",
        "因为有感应电压",
        "2. 水能导电。答案：对 【解析】水中有离子",
        "所以",
        "3. 雷雨天爬杆。答案：错",
    ]
    result = read(tmp_path, "三、判断题", *lines)
    assert [(each.row, each.reason) for each in result.refused] == [(2, "answer-unreadable")]
    assert [(item.content.stem, item.explanation) for item in result.items] == [
        ("水能导电。", "水中有离子\n所以"), ("雷雨天爬杆。", ""),
    ]  # fmt: skip


@pytest.mark.parametrize("bracket", ["（×）（甲是丙）", "（×）（正确说法：甲是丙）。", "（ × ）。【甲是丙】"])
def test_what_stands_behind_the_answers_bracket_of_a_statement_does_not_give_the_answer_away(tmp_path, bracket):
    result = read(tmp_path, "一、判断题", f"1. 甲是乙{bracket}", "2. 水能导电。（√）")
    assert [item.content.stem for item in result.items] == ["甲是乙（　）", "水能导电。（　）"]
    assert "甲是丙" in result.items[0].explanation and result.items[0].answer_key.correct == (1,)
    assert "text-behind-answer" in [remark.reason for remark in result.remarks]


@pytest.mark.parametrize(
    "heading", ["四、思考题", "思考题", "四、简答题（每题5分）", "【简答题】", "Ⅳ、连线题：", "五、实操题"]
)
def test_a_section_of_another_kind_ends_the_question_above_and_is_named(tmp_path, heading):
    result = read(tmp_path, "一、单选题", "1. 问", "A.甲 B.乙", "答案：A", heading, "1. 谈谈体会。", "2. 又谈谈体会。")
    assert [shown(item) for item in result.items] == [("single", "问", ["甲", "乙"])]
    assert result.items[0].explanation == ""
    assert [refused.reason for refused in result.refused] == ["unsupported-interaction"] * 2
    assert [remark.reason for remark in result.remarks] == ["section-not-read"] * ("四、简" not in heading)


def test_a_heading_of_no_kind_is_told_and_not_swallowed(tmp_path):
    lines = ("一、单选题", "1. 问", "A.甲 B.乙", "答案：A", "（二）触电急救", "2. 再问", "A.丙 B.丁", "答案：B")
    result = read(tmp_path, *lines)
    assert [shown(item)[1] for item in result.items] == ["问", "再问"] and not result.refused
    assert [(remark.reason, remark.row) for remark in result.remarks] == [("line-not-read", 5)]


@pytest.mark.parametrize("line", ["（A）一（B）二（C）三（D）四", "(A)一 (B)二(C)三(D)四", "A.一B.二C.三D.四"])
def test_options_without_room_between_them_are_options(tmp_path, line):
    assert shown(read(tmp_path, "1. 问", line, "答案：D").items[0])[2] == ["一", "二", "三", "四"]


def test_options_pressed_together_on_two_lines(tmp_path):
    result = read(
        tmp_path,
        "1. 问",
        "（A）一（B）二",
        "（C）三（D）四",
        "答案：C",
        "2. 再问",
        "A.60%B.70%",
        "C.80%D.90%",
        "答案：D",
    )
    assert [shown(item)[2] for item in result.items] == [["一", "二", "三", "四"], ["60%", "70%", "80%", "90%"]]


def styled(tmp_path, run, styles="", parts=(), paragraph=""):
    """The one item, or the reason and facts of its refusal, of a stem whose middle is `run`."""
    body = (
        f'<w:p><w:pPr>{paragraph}</w:pPr><w:r><w:t xml:space="preserve">1. 前</w:t></w:r>{run}<w:r><w:t>后</w:t></w:r></w:p>'
        "<w:p><w:r><w:t>A.甲 B.乙</w:t></w:r></w:p><w:p><w:r><w:t>答案：A</w:t></w:r></w:p>"
    )
    held = [("word/styles.xml", f"<w:styles {W}>{styles}</w:styles>".encode())] if styles else []
    result = read(tmp_path, raw=body, parts=[*held, *parts])
    if result.items:
        return result.items[0].content.stem
    return result.refused[0].reason, *result.refused[0].facts.values()


STYLE = '<w:style w:type="character" w:styleId="{}"><w:basedOn w:val="{}"/><w:rPr>{}</w:rPr></w:style>'


@pytest.mark.parametrize(
    ("looks", "outcome"),
    [
        ("<w:strike/>", ("struck-text",)),
        ("<w:vanish/>", ("hidden-text",)),
        ('<w:vertAlign w:val="superscript"/>', "前²后"),
        ("<w:caps/>", "前2后"),
        ('<w:color w:val="FFFFFF"/>', ("hidden-text",)),
    ],
)
def test_what_a_style_makes_of_characters_counts_as_what_the_run_says_itself(tmp_path, looks, outcome):
    styles = STYLE.format("below", "", looks) + STYLE.format("s", "below", "")
    assert styled(tmp_path, '<w:r><w:rPr><w:rStyle w:val="s"/></w:rPr><w:t>2</w:t></w:r>', styles) == outcome
    undone = looks.replace("/>", ' w:val="0"/>') if "val" not in looks else looks.replace("superscript", "baseline")
    if "color" not in looks:
        run = f'<w:r><w:rPr><w:rStyle w:val="s"/>{undone}</w:rPr><w:t>2</w:t></w:r>'
        assert styled(tmp_path, run, styles) == "前2后"
    paragraph = f'<w:style w:type="paragraph" w:styleId="p"><w:rPr>{looks}</w:rPr></w:style>'
    if "vertAlign" not in looks and "caps" not in looks:
        run = "<w:r><w:t>2</w:t></w:r>"
        assert styled(tmp_path, run, paragraph, paragraph='<w:pStyle w:val="p"/>') == outcome


@pytest.mark.parametrize(
    ("run", "outcome"),
    [
        ("<w:r><w:rPr><w:caps/></w:rPr><w:t>mw</w:t></w:r>", "前MW后"),
        ('<w:r><w:rPr><w:position w:val="8"/></w:rPr><w:t>6</w:t></w:r>', "前⁶后"),
        ('<w:r><w:rPr><w:position w:val="-6"/></w:rPr><w:t>2</w:t></w:r>', "前₂后"),
        ('<w:r><w:rPr><w:position w:val="1"/></w:rPr><w:t>2</w:t></w:r>', "前2后"),
        ("<w:r><w:rPr><w:smallCaps/></w:rPr><w:t>mw</w:t></w:r>", "前MW后"),
        ('<w:r><w:rPr><w:rFonts w:ascii="Symbol"/></w:rPr><w:t>W</w:t></w:r>', ("unsupported-markup", "symbol font")),
        ("<w:r><w:instrText> EQ \\o\\ac(○,1) </w:instrText></w:r>", ("unsupported-markup", "field EQ")),
        ('<w:fldSimple w:instr="SYMBOL 87 \\f Symbol"/>', ("unsupported-markup", "field SYMBOL")),
        ("<w:r><w:instrText> PAGE </w:instrText></w:r><w:r><w:t>3</w:t></w:r>", "前3后"),
        (
            "<w:r><w:ruby><w:rt><w:r><w:t>kan</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>漢</w:t></w:r></w:rubyBase></w:ruby></w:r>",
            ("unsupported-markup", "ruby"),
        ),
        (
            "<w:r><w:pict><w:txbxContent><w:p><w:r><w:t>框</w:t></w:r></w:p></w:txbxContent></w:pict></w:r>",
            ("unsupported-markup", "text box"),
        ),
    ],
)
def test_fields_fonts_and_boxes_are_read_as_word_shows_them_or_refused_by_name(tmp_path, run, outcome):
    assert styled(tmp_path, run) == outcome


def test_other_documents_within_are_refused_and_notes_and_comments_told(tmp_path):
    raw = (
        "<w:p><w:r><w:t>1. 问</w:t></w:r><w:r><w:footnoteReference w:id='1'/></w:r><w:r><w:commentReference w:id='1'/></w:r>"
        "</w:p><w:p><w:r><w:t>A.甲 B.乙</w:t></w:r></w:p><w:p><w:r><w:t>答案：A</w:t></w:r></w:p><w:altChunk r:id='x'/>"
        "<w:p><w:subDoc r:id='y'/></w:p>"
    )
    result = read(tmp_path, raw=raw)
    assert len(result.items) == 1
    assert [(each.row, each.facts) for each in result.refused] == [
        (4, {"markup": "altChunk"}),
        (5, {"markup": "subDoc"}),
    ]
    assert [(each.reason, each.row) for each in result.remarks] == [("note-not-read", 1), ("comment-not-read", 1)]


@pytest.mark.parametrize(
    ("form", "first", "fourth"),
    [
        ("decimalEnclosedCircle", "①", "④"),
        ("decimalEnclosedParen", "⑴", "⑷"),
        ("upperRoman", "I", "IV"),
        ("ideographTraditional", "甲", "丁"),
        ("chineseCounting", "一", "四"),
    ],
)
def test_automatic_numbers_are_shown_as_word_shows_them(form, first, fourth):
    assert (body.counted(1, form), body.counted(4, form)) == (first, fourth)


def test_a_form_of_numbers_that_we_do_not_know_is_refused_by_name(tmp_path):
    numbering = f"""<w:numbering {W}><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/>
    <w:numFmt w:val="hebrew1"/><w:lvlText w:val="%1."/></w:lvl></w:abstractNum>
    <w:num w:numId="7"><w:abstractNumId w:val="0"/></w:num></w:numbering>"""
    number = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="7"/></w:numPr>'
    parts = [("word/numbering.xml", numbering.encode())]
    assert styled(tmp_path, "", parts=parts, paragraph=number) == ("unsupported-markup", "numbering hebrew1")


def test_rows_and_cells_within_content_controls_are_read(tmp_path):
    cell = "<w:sdt><w:sdtContent><w:tc><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc></w:sdtContent></w:sdt>"
    row = "<w:sdt><w:sdtContent><w:tr>{}</w:tr></w:sdtContent></w:sdt>"
    table = f"<w:tbl>{row.format(cell.format('A.甲') + cell.format('B.乙'))}</w:tbl>"
    stem, answer = (f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in ("1. 问", "答案：B"))
    result = read(tmp_path, raw=stem + f"<w:unknown>{table}</w:unknown>" + answer)
    assert [shown(item) for item in result.items] == [("single", "问", ["甲", "乙"])] and not result.refused


@pytest.mark.parametrize("order", ["DABC", "ABDC", "BACD"])
def test_options_out_of_order_are_never_half_read(tmp_path, order):
    options = [f"{letter}. {text}" for letter, text in zip(order, "子丑寅卯", strict=True)]
    result = read(tmp_path, "1. 问", *options, "答案：A", "2. 再问", "A.甲 B.乙", "答案：B")
    assert [item.content.stem for item in result.items] == ["再问"]


LEVELS = f"""<w:numbering {W}><w:abstractNum w:abstractNumId="0">
    <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>
    <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%2."/></w:lvl>
    <w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="upperLetter"/><w:lvlText w:val="%3."/></w:lvl>
    </w:abstractNum><w:num w:numId="7"><w:abstractNumId w:val="0"/></w:num></w:numbering>"""


def levelled(tmp_path, *lines):
    raw = "".join(
        f'<w:p><w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="7"/></w:numPr></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>'
        if level is not None
        else p(text)
        for level, text in lines
    )
    return read(tmp_path, raw=raw, parts=[("word/numbering.xml", LEVELS.encode())])


def test_a_list_below_the_number_of_its_question_is_part_of_it_and_shown_as_word_shows_it(tmp_path):
    answered = [(2, "只有 1.1"), (2, "只有 1.2"), (None, "答案：B")]
    result = levelled(tmp_path, (0, "下列说法："), (1, "先断电"), (1, "再验电"), (None, "正确的是（　）。"), *answered)
    assert [shown(item)[1:] for item in result.items] == [
        ("下列说法：\n1.1. 先断电\n1.2. 再验电\n正确的是（　）。", ["只有 1.1", "只有 1.2"])
    ]
    assert not result.refused and keys(result) == ["B"]


def test_questions_counted_in_levels_are_questions(tmp_path):
    lines = [(0, "触电急救"), (1, "甲？"), (2, "一"), (2, "二"), (None, "答案：A")]
    result = levelled(tmp_path, *lines, (1, "乙？"), (2, "三"), (2, "四"), (None, "答案：B"))
    assert [shown(item)[1:] for item in result.items] == [("甲？", ["一", "二"]), ("乙？", ["三", "四"])]
    assert [item.answer_key.correct for item in result.items] == [(0,), (1,)]
    assert [each.words for each in result.refused] == ["1. 触电急救"]


def page(kind, text):
    body = f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"
    return (f"word/{kind}1.xml", f"<w:hdr {W}>{body}</w:hdr>".encode())


def test_what_stands_on_every_page_is_told_but_not_its_number(tmp_path):
    relations = "".join(f'<Relationship Id="{kind}" Target="{kind}1.xml"/>' for kind in ("header", "footer"))
    parts = [
        ("word/_rels/document.xml.rels", f"<Relationships>{relations}</Relationships>".encode()),
        page("header", "本卷答案均为 B"),
        page("footer", "第 3 页 共 9 页"),
    ]
    sides = '<w:sectPr><w:headerReference r:id="header"/><w:footerReference r:id="footer"/></w:sectPr>'
    raw = p("1. 问") + p("A.甲 B.乙") + p("答案：A") + sides
    result = read(tmp_path, raw=raw, parts=parts)
    assert [(each.reason, each.facts) for each in result.remarks] == [("header-not-read", {"text": "本卷答案均为 B"})]


def test_tracked_changes_are_read_as_accepted_and_told(tmp_path):
    change = "<w:del><w:r><w:delText>不</w:delText></w:r></w:del><w:ins><w:r><w:t>应</w:t></w:r></w:ins>"
    raw = f"<w:p><w:r><w:t>1. 先</w:t></w:r>{change}<w:r><w:t>断电</w:t></w:r></w:p>{p('A.甲 B.乙')}{p('答案：A')}"
    result = read(tmp_path, raw=raw)
    assert [item.content.stem for item in result.items] == ["先应断电"]
    assert [(each.row, each.reason, each.facts) for each in result.remarks] == [(1, "tracked-changes", {"found": 1})]


def test_a_box_or_picture_at_a_heading_takes_nothing_from_the_heading_and_is_told(tmp_path):
    box = "<w:r><w:pict><w:txbxContent><w:p><w:r><w:t>得分</w:t></w:r></w:p></w:txbxContent></w:pict></w:r>"
    heading = f"<w:p>{box}<w:r><w:t>二、多选题</w:t></w:r></w:p>"
    one, two = (p(f"{n}. 问{n}") + p("A.甲 B.乙") + p(f"答案：{key}") for n, key in ((1, "A"), (2, "AB")))
    result = read(tmp_path, raw=p("一、单选题") + one + p("解析：略") + heading + two)
    assert [(item.content.type.value, item.explanation) for item in result.items] == [
        ("single", "略"),
        ("multiple", ""),
    ]
    assert [(each.reason, each.facts["markup"]) for each in result.remarks] == [("part-not-read", "text box")]


@pytest.mark.parametrize(
    "number", ["{}) ", "{})", "{}）", "({})", "（{}）", "【{}】", "[{}]", "{}．", "第{}题", "第 {} 题：", "{}、"]
)
def test_questions_are_numbered_in_many_ways(tmp_path, number):
    lines = [f"{number.format(n)}第几问{n}（　）" if n else "" for n in (1, 2, 3)]
    result = read(tmp_path, "一、单选题", *(part for line in lines for part in (line, "A.甲", "B.乙", "答案：B")))
    assert [shown(item) for item in result.items] == [
        ("single", f"第几问{n}（　）", ["甲", "乙"]) for n in (1, 2, 3)
    ] and result.refused == result.remarks == []
