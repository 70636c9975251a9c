"""Marks: docs/formats.md §6."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bank.content import OPTION_LETTERS
from bank.item import AnswerKey
from bank.refused import BadFile
from bank.rules import MultipleScoring
from examd.grading.mark import ItemMark, item_points, mark

ALL = MultipleScoring.ALL_OR_NOTHING
PARTIAL = MultipleScoring.PARTIAL

TABLE = [
    # points, correct, chosen, all-or-nothing, partial
    (1, {0}, {0}, 1, 1),
    (1, {0}, {1}, 0, 0),
    (1, {0}, {0, 1}, 0, 0),
    (1, {0}, set(), 0, 0),
    (2, {0, 1, 3}, {0, 1, 3}, 2, 2),
    (2, {0, 1, 3}, {0, 1}, 0, 1),  # floor(4/3)
    (2, {0, 1, 3}, {0}, 0, 0),  # floor(2/3)
    (2, {0, 1, 3}, {0, 1, 2}, 0, 0),
    (2, {0, 1, 3}, {0, 1, 2, 3}, 0, 0),
    (2, {0, 1, 3}, set(), 0, 0),
    (5, {1, 2}, {2}, 0, 2),
    (1, {0, 1, 2, 3}, {0, 1, 2}, 0, 0),
    (4, {0, 1, 2, 3}, {0, 1, 2}, 0, 3),
    (0, {0}, {0}, 0, 0),
    (3, set(), set(), 0, 0),  # an item without a right option pays nobody for silence
]


@pytest.mark.parametrize(("points", "correct", "chosen", "strict", "partial"), TABLE)
def test_an_item_scores_what_the_rule_says(points, correct, chosen, strict, partial):
    assert item_points(points, correct, chosen, ALL) == strict
    assert item_points(points, correct, chosen, PARTIAL) == partial


def test_displayed_positions_are_read_through_the_forms_option_order():
    keys = {"a": AnswerKey((2,)), "b": AnswerKey((0, 1)), "c": AnswerKey((1,))}
    form = [("b", "DBCA"), ("a", "CAB"), ("c", "AB")]
    marks = mark(form, {0: (1, 3), 1: (0,)}, {"a": 1, "b": 2, "c": 1}, keys, ALL)
    assert marks.points == 3
    assert marks.answered == 2
    assert marks.per_item == (ItemMark("b", (0, 1), 2), ItemMark("a", (2,), 1), ItemMark("c", (), 0))


def test_an_answer_taken_back_counts_as_none():
    marks = mark([("a", "AB")], {0: ()}, {"a": 1}, {"a": AnswerKey((0,))}, ALL)
    assert (marks.points, marks.answered) == (0, 0)


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({1: (0,)}, "slot-outside-form"),
        ({-1: (0,)}, "slot-outside-form"),
        ({0: (2,)}, "choice-outside-options"),
        ({0: (-1,)}, "choice-outside-options"),
    ],
)
def test_an_answer_that_is_not_of_the_form_is_refused_by_name(answers, code):
    with pytest.raises(BadFile) as refused:
        mark([("a", "AB")], answers, {"a": 1}, {"a": AnswerKey((0,))}, ALL)
    assert refused.value.code == code


def test_an_item_without_an_answer_key_is_refused_and_not_guessed():
    with pytest.raises(BadFile) as refused:
        mark([("a", "AB")], {}, {"a": 1}, {}, ALL)
    assert refused.value.code == "no-answer-key"


@st.composite
def sittings(draw):
    """Items with answer keys, and which options a candidate means, apart from any order."""
    items = {}
    for n in range(draw(st.integers(1, 12))):
        options = draw(st.integers(2, 6))
        correct, chosen = (draw(st.sets(st.sampled_from(range(options)), min_size=least)) for least in (1, 0))
        items[f"item{n}"] = (options, correct, chosen, draw(st.integers(0, 10)))
    return items


@st.composite
def forms(draw, items):
    order = draw(st.permutations(sorted(items)))
    return [(name, "".join(draw(st.permutations(OPTION_LETTERS[: items[name][0]])))) for name in order]


@given(data=st.data(), rule=st.sampled_from(MultipleScoring))
def test_the_order_of_items_and_options_never_changes_marks(data, rule):
    items = data.draw(sittings())
    points = {name: item[3] for name, item in items.items()}
    keys = {name: AnswerKey(tuple(sorted(item[1]))) for name, item in items.items()}
    seen = []
    for _ in range(2):
        form = data.draw(forms(items))
        answers = {
            slot: tuple(sorted(order.index(OPTION_LETTERS[option]) for option in items[name][2]))
            for slot, (name, order) in enumerate(form)
        }
        marks = mark(form, answers, points, keys, rule)
        seen.append((marks.points, marks.answered, sorted(marks.per_item, key=lambda item: item.id)))
    assert seen[0] == seen[1]
    assert seen[0][0] == sum(item_points(points[name], item[1], item[2], rule) for name, item in items.items())


@given(points=st.integers(0, 100), correct=st.sets(st.integers(0, 7), min_size=1), chosen=st.sets(st.integers(0, 7)))
def test_partial_marks_lie_between_all_or_nothing_and_the_items_points(points, correct, chosen):
    strict, partial = item_points(points, correct, chosen, ALL), item_points(points, correct, chosen, PARTIAL)
    assert 0 <= strict <= partial <= points
    assert partial == strict if len(correct) == 1 else True
