"""Markup within learning platforms' files: read as it is shown, or refused by name."""

import pytest

from bank import formats
from bank.formats import archive
from tests.bank.formats.test_options import right


def moodle(tmp_path, stem, more="", options=("甲", "乙"), kind="multichoice"):
    answers = "".join(
        f'<answer fraction="{100 if n == 0 else 0}" format="html"><text><![CDATA[{text}]]></text></answer>'
        for n, text in enumerate(options)
    )
    (tmp_path / "a.xml").write_text(
        f'<quiz><question type="{kind}"><name><text>T</text></name><questiontext format="html"><text><![CDATA[{stem}]]>'
        f"</text></questiontext><single>true</single>{answers}{more}</question></quiz>",
        encoding="utf-8",
    )
    return formats.read(tmp_path / "a.xml")


def qti(tmp_path, body, attributes='shuffle="true"', choices=("甲", "乙"), after=""):
    held = "".join(f'<simpleChoice identifier="{"ABCD"[n]}">{text}</simpleChoice>' for n, text in enumerate(choices))
    (tmp_path / "a.xml").write_text(
        '<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p2" identifier="i" title="t" adaptive="false" '
        'timeDependent="false"><responseDeclaration identifier="R" cardinality="single" baseType="identifier">'
        "<correctResponse><value>A</value></correctResponse></responseDeclaration><itemBody>"
        f'{body}<choiceInteraction responseIdentifier="R" maxChoices="1" {attributes}>{held}</choiceInteraction>{after}'
        "</itemBody></assessmentItem>",
        encoding="utf-8",
    )
    return formats.read(tmp_path / "a.xml")


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ('<p>10<span style="vertical-align: super">6</span> 欧</p>', "10⁶ 欧"),
        ('<p>H<span style="font-size:8px;vertical-align:sub">2</span>O</p>', "H₂O"),
        ('<p>10<span style="vertical-align:super"><span>6</span></span> 欧</p>', "10⁶ 欧"),
        ('<ol start="3"><li>甲</li><li>乙</li></ol>', "3. 甲\n4. 乙"),
        ('<ol type="A"><li>甲</li><li value="4">乙</li></ol>', "A. 甲\nD. 乙"),
        ('<ol style="list-style-type: upper-roman"><li>甲</li><li>乙</li></ol>', "I. 甲\nII. 乙"),
        ('<p><span style="color:red">红</span>字</p>', "红字"),
    ],
)
def test_markup_is_read_as_it_is_shown(tmp_path, html, shown):
    for read in (moodle, qti):
        assert read(tmp_path, f"<p>问</p>{html}").items[0].content.stem == f"问\n{shown}"


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<p>应<s>不</s>断电</p>", "struck-text"),
        ("<p>应<del>不</del>断电</p>", "struck-text"),
        ('<p>应<span style="text-decoration: line-through">不</span>断电</p>', "struck-text"),
        ('<p>应<span style="display:none">不</span>断电</p>', "hidden-text"),
        ('<p>应<span style="visibility:hidden">不</span>断电</p>', "hidden-text"),
        ('<p><font face="Symbol">W</font></p>', "unsupported-markup"),
        ('<p><a href="@@PLUGINFILE@@/voice.mp3">听</a></p>', "unsupported-markup"),
        ("<p><ruby>漢<rt>かん</rt></ruby></p>", "unsupported-markup"),
        ('<p style="text-transform: uppercase">mw</p>', "unsupported-markup"),
    ],
)
def test_what_plain_text_cannot_say_is_refused_by_name(tmp_path, html, reason):
    for read in (moodle, qti):
        assert [each.reason for each in read(tmp_path, f"<p>问</p>{html}").refused] == [reason]
    assert [each.reason for each in moodle(tmp_path, "问", options=(html, "乙")).refused] == [reason]
    (tmp_path / "a.gift").write_text(
        "[html]" + html.replace("=", "\\=").replace(":", "\\:") + "{=甲 ~乙}", encoding="utf-8"
    )
    assert [each.reason for each in formats.read(tmp_path / "a.gift").refused] == [reason]


def test_a_rubric_for_candidates_is_part_of_the_question_and_any_other_is_told(tmp_path):
    result = qti(tmp_path, '<rubricBlock view="candidate"><p>看图。</p></rubricBlock><p>问</p>')
    assert result.items[0].content.stem == "看图。\n问" and not result.remarks
    result = qti(tmp_path, '<rubricBlock view="scorer"><p>甲对</p></rubricBlock><p>问</p>')
    assert result.items[0].content.stem == "问"
    assert [remark.reason for remark in result.remarks] == ["rubric-not-read"]


def test_options_that_must_not_be_shuffled_are_locked(tmp_path):
    assert qti(tmp_path, "<p>问</p>", 'shuffle="false"').items[0].locked == (0, 1)
    assert qti(tmp_path, "<p>问</p>", 'shuffle="true"').items[0].locked == ()
    assert qti(tmp_path, "<p>问</p>", 'shuffle="1"').items[0].locked == ()
    assert moodle(tmp_path, "问", "<shuffleanswers>0</shuffleanswers>").items[0].locked == (0, 1)
    assert moodle(tmp_path, "问", "<shuffleanswers>1</shuffleanswers>").items[0].locked == ()


def test_a_hidden_question_and_what_feedback_says_are_told(tmp_path):
    result = moodle(tmp_path, "问", "<hidden>1</hidden><hint><text>想想</text></hint>")
    assert right(result.items[0]) == ["甲"]
    assert {remark.reason for remark in result.remarks} == {"hidden-question", "feedback-not-read"}


@pytest.mark.parametrize(
    ("options", "locked"),
    [
        (("甲", "乙", "以上都是"), (2,)),
        (("甲", "乙", "以上说法均不正确"), (2,)),
        (("甲", "乙", "all of the above"), (2,)),
        (("甲", "乙", "A和B都对"), (0, 1, 2)),
        (("甲", "以上都是", "乙"), (0, 1, 2)),
        (("甲", "乙", "前两项"), (0, 1, 2)),
        (("甲", "乙", "15 瓦以上的电台"), ()),
    ],
)
def test_options_that_speak_of_their_place_are_told_and_stay_there(tmp_path, options, locked):
    result = moodle(tmp_path, "问", options=options)
    assert result.items[0].locked == locked
    assert [remark.reason for remark in result.remarks] == (["option-speaks-of-place"] if locked else [])


def test_where_nothing_is_said_of_shuffling_qti_keeps_the_order_and_the_report_says_so(tmp_path):
    silent = qti(tmp_path, "<p>问</p>", "")
    assert silent.items[0].locked == (0, 1)
    assert [(each.reason, each.facts) for each in silent.remarks] == [("shuffle-not-said", {"found": 1})]
    assert qti(tmp_path, "<p>问</p>", 'shuffle="false"').remarks == []


STYLES = [
    (".x{display:none}", '<span class="x">不</span>', "hidden-text"),
    ("span.x{visibility:hidden}", '<span class="a x">不</span>', "hidden-text"),
    ("#n{color:transparent}", '<span id="n">不</span>', "hidden-text"),
    ("p .y, p .x { text-decoration: line-through; }", '<span class="x">不</span>', "struck-text"),
    ("@media screen { .x { text-transform: uppercase } }", '<span class="x">a</span>', "unsupported-markup"),
    ('.x::before { content: "不" }', '<span class="x">应</span>', "unsupported-markup"),
    ("", '<span class="d-none">不</span>', "hidden-text"),
    ("", '<span style="color:#FFFFFF">不</span>', "hidden-text"),
]


@pytest.mark.parametrize(("sheet", "html", "reason"), STYLES)
def test_what_a_style_sheet_hides_or_strikes_is_refused(tmp_path, sheet, html, reason):
    for read in (moodle, qti):
        result = read(tmp_path, f"<style>{sheet}</style><p>应{html}断电</p>")
        assert [each.reason for each in result.refused] == [reason]


def test_what_a_style_sheet_says_of_other_elements_or_of_colours_changes_nothing(tmp_path):
    sheet = ".y{display:none} .x{color:red;content:'a'} div.z{text-decoration:line-through} .x::after{content:''}"
    for read in (moodle, qti):
        result = read(tmp_path, f'<style>{sheet}</style><p>应<span class="x z">先</span>断电</p>')
        assert [item.content.stem for item in result.items] == ["应先断电"]
    raised = "<style>sup2{} .up{vertical-align:super}</style><p>10<span class='up'>6</span> 欧</p>"
    assert moodle(tmp_path, raised).items[0].content.stem == "10⁶ 欧"
    painted = '<table bgcolor="navy"><tr><td style="color:white">甲</td><td>乙</td></tr></table>'
    assert moodle(tmp_path, f"<p>问</p>{painted}").refused == []


def test_the_style_sheets_of_a_package_count_and_an_absent_one_is_told(tmp_path):
    def package(*parts):
        body = '<stylesheet href="../css/a.css" type="text/css"/><itemBody><p>应<span class="x">不</span>断电</p>'
        item = (
            '<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p2" identifier="i" title="t">'
            '<responseDeclaration identifier="R" cardinality="single" baseType="identifier"><correctResponse><value>A'
            f'</value></correctResponse></responseDeclaration>{body}<choiceInteraction responseIdentifier="R" '
            'shuffle="true"><simpleChoice identifier="A">甲</simpleChoice><simpleChoice identifier="B">乙'
            "</simpleChoice></choiceInteraction></itemBody></assessmentItem>"
        )
        (tmp_path / "p.zip").write_bytes(archive.written([("items/i.xml", item.encode()), *parts]))
        return formats.read(tmp_path / "p.zip")

    assert [each.reason for each in package(("css/a.css", b".x{display:none}")).refused] == ["hidden-text"]
    told = package()
    assert [item.content.stem for item in told.items] == ["应不断电"]
    assert [each.reason for each in told.remarks] == ["style-sheet-not-read"]
