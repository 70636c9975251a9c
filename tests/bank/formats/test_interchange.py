"""Question files that others wrote: every one is read or refused by name, with exactly what it holds."""

import collections
import csv
import json

import pytest

from bank import formats
from bank.formats.lms import gift
from bank.refused import BadFile
from tests.shared import DATA, needs

FILES = DATA / "interchange"
pytestmark = needs(FILES)

_PLURAL = {"2.1": "imsqti_v2p1", "2.2": "imsqti_v2p2", "3.0": "imsqtiasi_v3p0"}


def index():
    with (FILES / "index.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def kind_of(row):
    """One word for each kind of file in the index."""
    root, suffix = row["root_element"], row["file"].rsplit(".", 1)[-1]
    if root in ("assessmentItem", "qti-assessment-item"):
        return "qti " + next(number for number, end in _PLURAL.items() if row["namespace"].endswith(end))
    if root in ("assessmentTest", "qti-assessment-test"):
        return "test"
    if root == "quiz":
        return "moodle" if "moodle" in row["file"] else "canvas quiz"
    return {"zip": "zip", "malformed_xml": "malformed"}.get(row["kind"]) or root or suffix


@pytest.fixture(scope="module")
def outcomes():
    """file -> ImportResult or the code by which it was refused whole."""
    found = {}
    for row in index():
        try:
            found[row["file"]] = formats.read(FILES / row["file"])
        except BadFile as refused:
            found[row["file"]] = refused.code
    return found


def totals(outcomes):
    """kind -> (files, items, refused questions, files refused whole)."""
    counted = collections.defaultdict(lambda: [0, 0, 0, 0])
    for row in index():
        outcome, count = outcomes[row["file"]], counted[kind_of(row)]
        count[0] += 1
        if isinstance(outcome, str):
            count[3] += 1
        else:
            count[1] += len(outcome.items)
            count[2] += len(outcome.refused)
    return {kind: tuple(count) for kind, count in counted.items()}


EXPECTED = {
    # kind of file: files, items read, questions refused, files refused whole
    "POOL": (1, 0, 0, 1),
    "assessmentResult": (1, 0, 0, 1),
    "assignmentGroups": (1, 0, 0, 1),
    "canvas quiz": (5, 0, 0, 5),
    "cartridge_basiclti_link": (3, 0, 0, 3),
    "course": (1, 0, 0, 1),
    "div": (1, 0, 0, 1),
    "fileMeta": (1, 0, 0, 1),
    "gift": (24, 37, 12, 1),
    "item": (1, 0, 0, 1),
    "jpg": (3, 0, 0, 3),
    "json": (25, 0, 50, 1),
    "malformed": (1, 0, 0, 1),
    "manifest": (23, 52, 151, 1),
    "media_tracks": (1, 0, 0, 1),
    "moodle": (13, 9, 10, 0),
    "png": (89, 0, 0, 89),
    "qti 2.1": (79, 29, 50, 0),
    "qti 2.2": (98, 20, 78, 0),
    "qti 3.0": (139, 41, 98, 0),
    "qti-response-processing": (5, 0, 0, 5),
    "questestinterop": (39, 0, 0, 39),
    "svg": (8, 0, 0, 8),
    "test": (47, 52, 208, 0),
    "txt": (8, 14, 10, 0),
    "usageData": (3, 0, 0, 3),
    "vtt": (3, 0, 0, 3),
    "webp": (1, 0, 0, 1),
    "zip": (16, 38, 97, 1),
}


def test_all_640_files_are_read_or_refused_with_the_totals_of_their_kinds(outcomes):
    assert len(outcomes) == 640
    assert totals(outcomes) == EXPECTED


def test_a_single_qti_item_gives_exactly_one_outcome(outcomes):
    for row in index():
        if kind_of(row).startswith("qti "):
            outcome = outcomes[row["file"]]
            assert len(outcome.items) + len(outcome.refused) == 1, row["file"]


def test_every_question_of_a_moodle_file_has_an_outcome(outcomes):
    for row in index():
        if kind_of(row) == "moodle":
            pairs = (each.partition("=") for each in row["element_counts"].split(";"))
            held = sum(int(number) for name, _, number in pairs if name != "question:category")
            outcome = outcomes[row["file"]]
            assert len(outcome.items) + len(outcome.refused) == held, row["file"]


def test_interactions_that_we_do_not_read_are_refused_under_their_names(outcomes):
    """Choice and text entry aside, whatever the index says an item asks is what its refusal names."""
    read = ("choice", "inlineChoice", "textEntry", "endAttempt")
    named = 0
    for row in index():
        if not kind_of(row).startswith("qti ") or not row["element_counts"]:
            continue
        asked = {each.partition("=")[0] for each in row["element_counts"].split(";")}
        plain = {_two(name).removesuffix("Interaction") for name in asked}
        outcome = outcomes[row["file"]]
        if plain.isdisjoint(read):
            refused = outcome.refused[0]
            assert refused.reason in ("unsupported-interaction", "qti-template", "qti-adaptive"), row["file"]
            if refused.reason == "unsupported-interaction":
                assert refused.facts["interaction"].removesuffix("Interaction") in plain
                named += 1
        elif outcome.items:
            assert plain <= {"choice", "inlineChoice", "textEntry"} and len(asked) == 1, row["file"]
    assert named > 100


def _two(name):
    first, *others = name.removeprefix("qti-").split("-")
    return first + "".join(other.capitalize() for other in others)


def test_the_malformed_one_is_refused_with_its_line(outcomes):
    (row,) = (row for row in index() if row["kind"] == "malformed_xml")
    with pytest.raises(BadFile, match="xml-malformed") as refused:
        formats.read(FILES / row["file"])
    assert refused.value.facts["line"] >= 1


def test_refusals_name_only_reasons_that_have_a_sentence(outcomes):
    from tools.cli.sentences.bank import SENTENCES

    for outcome in outcomes.values():
        codes = (
            [outcome] if isinstance(outcome, str) else [each.reason for each in (*outcome.refused, *outcome.remarks)]
        )
        assert set(codes) <= SENTENCES.keys()


def text(value):
    return None if value is None else {"format": value.format, "text": value.text}


def number(value):
    if value.kind == "high-low":
        return {"type": "high-low", "numberHigh": float(value.spread), "numberLow": float(value.number)}
    found = {"type": value.kind, "number": float(value.number)}
    return found | ({"range": float(value.spread)} if value.kind == "range" else {})


def record(question):
    """A question as the grammar's authors write its parse."""
    if question.kind == "Category":
        return {"type": "Category", "title": question.title}
    found = {
        "id": question.id,
        "tags": list(question.tags) or None,
        "type": question.kind.value,
        "title": question.title,
        "stem": text(question.stem),
        "hasEmbeddedAnswers": question.embedded,
    }
    if question.kind != "Description":
        found["globalFeedback"] = text(question.general)
    choices = [
        {
            "isCorrect": choice.right,
            "weight": None if choice.weight is None else float(choice.weight),
            "text": text(choice.text) if isinstance(choice.text, gift.Text) else number(choice.text),
            "feedback": text(choice.feedback),
        }
        for choice in question.choices
    ]
    if question.kind == "TF":
        right, wrong = question.feedback
        found |= {"isTrue": question.is_true, "trueFeedback": text(right), "falseFeedback": text(wrong)}
    elif question.kind == "Matching":
        found["matchPairs"] = [{"subquestion": text(left), "subanswer": right} for left, right in question.pairs]
    elif question.kind == "Numerical" and len(choices) == 1:
        found["choices"] = choices[0]["text"]
    elif choices:
        found["choices"] = choices
    return found


def test_24_gift_files_parse_as_the_grammars_authors_say():
    files = sorted((FILES / "gift_grammar").glob("*.gift"))
    assert len(files) == 24
    for path in files:
        expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        assert [record(question) for question in gift.parse(path.read_text(encoding="utf-8"))] == expected, path.name


@pytest.mark.parametrize("form", formats.FORMS[3:])
def test_what_was_read_of_them_is_written_and_read_back_in_every_form(outcomes, tmp_path, form):
    items, media = {}, {}
    for outcome in outcomes.values():
        if not isinstance(outcome, str):
            items |= {item.id: item for item in outcome.items}
            media |= outcome.media
    path = tmp_path / ("b" + formats.suffix_of(form))
    result = formats.export(path, items.values(), media.get, form)
    again = formats.read(path)
    assert again.refused == [] and len(again.items) == result.written
    assert result.written + len(result.left_out) == len(items)
    ways = {item.id: item for item in again.items}
    for identity in items.keys() - {each.id for each in result.left_out}:
        assert ways[identity].content == items[identity].content
        assert ways[identity].answer_key == items[identity].answer_key


# ---- Aiken as offices write it ----------------------------------------------------------------------------------------


def aiken_of(tmp_path, text):
    path = tmp_path / "t.txt"
    path.write_text(text, "utf-8")
    return formats.read(path)


def test_aiken_in_chinese_is_read_by_its_letters(tmp_path):
    result = aiken_of(
        tmp_path,
        "1、先做什么（ ）\nA、验电\nB、合闸\nC、A和B都对\n答案：A\n解析：先验电。\n再接地。\n\n"
        "2、哪些对（ ）\nC．丙\nA．甲\nB．乙\n正确答案：A、C\n\n3、哪个（ ）\nA.甲 B.乙\nC.丙 D.丁\nAnswer: D. 丁\n",
    )
    assert result.refused == []
    one, two, three = result.items
    assert [o.text for o in one.content.options] == ["验电", "合闸", "A和B都对"] and one.answer_key.correct == (0,)
    assert one.explanation == "先验电。\n再接地。" and one.content.stem == "先做什么（ ）"
    assert [o.text for o in two.content.options] == ["甲", "乙", "丙"] and two.answer_key.correct == (0, 2)
    assert [o.text for o in three.content.options] == ["甲", "乙", "丙", "丁"] and three.answer_key.correct == (3,)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("问？\nA. 甲\nB. 乙\nANSWER: C. 丙\n", "answer-out-of-range"),
        ("问？\nA. 甲\nB. 乙\nANSWER: A. 乙\n", "answer-two-ways"),
        ("问？\nA. 甲\nC. 乙\nANSWER: A\n", "option-letters-unclear"),
        ("问？\nA. 甲\nA. 乙\nANSWER: A\n", "option-letters-unclear"),
        ("问？\nA. 甲\nB. 乙\nANSWER: A\n难度：易\n", "text-left-over"),
        ("问？\nA. 甲\nB. 乙\n\n问二？\nA. 甲\nB. 乙\nANSWER: A\n", "no-answer"),
    ],
)
def test_aiken_that_is_not_sure_is_refused(tmp_path, text, reason):
    assert [each.reason for each in aiken_of(tmp_path, text).refused] == [reason]


def test_what_follows_an_explanation_begins_the_next_question(tmp_path):
    text = "问？\nA. 甲\nB. 乙\nANSWER: A\n解析：因为。\n\n问二？\nA. 甲\nB. 乙\nANSWER: B\n"
    assert [item.content.stem for item in aiken_of(tmp_path, text).items] == ["问？", "问二？"]
