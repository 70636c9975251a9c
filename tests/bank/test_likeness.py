"""Near-duplicates: none alike enough is missed, whatever the filter looks up; the twin is named."""

import random
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from bank.content import TRUEFALSE_OPTIONS, Content, ItemType, Option
from bank.likeness import ALIKE, Index, likeness, near


def single(stem, *options):
    return Content(ItemType.SINGLE, stem, tuple(map(Option, options or ("甲", "乙"))))


texts = st.text("触电事故应当立即断开电源", min_size=1, max_size=14)
contents = st.builds(single, texts, texts, texts)


@given(st.lists(contents, max_size=12), contents, st.sampled_from([Fraction(1, 2), ALIKE, Fraction(1)]))
def test_the_index_finds_exactly_what_comparing_with_each_finds(known, asked, alike):
    index = Index([(str(n), each) for n, each in enumerate(known)], alike)
    expected = {str(n) for n, each in enumerate(known) if likeness(each, asked) >= alike}
    twins = index.twins(asked)
    assert {twin.id for twin in twins} == expected
    assert all(twin.likeness == likeness(known[int(twin.id)], asked) for twin in twins)


def test_width_punctuation_and_the_order_of_options_make_no_other_question():
    one = single("触电急救,首先应做什么?", "断电", "喊人")
    assert likeness(one, single("触电急救，首先应做什么？", "喊人", " 断 电 ")) == 1


def test_a_word_changed_is_near_and_another_question_is_not():
    stem = "在电气设备上工作，保证安全的组织措施不包括下列哪一项内容"
    held = [("a", single(stem + "？")), ("b", single("高处作业时应当系好安全带并挂在牢固处"))]
    assert [twin.id for twin in near([("x", single(stem + "呢？"))], held)["x"]] == ["a"]
    assert near([("x", single("动火作业前应当清除周围可燃物"))], held) == {}


def test_of_two_fresh_ones_the_second_names_the_first():
    one, two = single("接地电阻不应大于多少欧姆"), single("接地电阻不应大于多少欧姆?")
    assert {name: [t.id for t in twins] for name, twins in near([("x", one), ("y", two)], []).items()} == {"y": ["x"]}


def test_true_and_false_say_nothing_of_a_statement():
    def claim(stem):
        return Content(ItemType.TRUEFALSE, stem, tuple(map(Option, TRUEFALSE_OPTIONS)))

    assert likeness(claim("甲"), claim("乙")) == 0


def test_pictures_count():
    stem = "下图表示什么"
    one = Content(ItemType.SINGLE, stem, (Option("甲"), Option("乙")), ("aa" * 32,))
    other = Content(ItemType.SINGLE, stem, (Option("甲"), Option("乙")), ("bb" * 32,))
    assert likeness(one, other) < 1


def test_each_question_is_its_own_nearest_twin():
    rnd = random.Random(5)
    words = ["触电", "断路器", "接地", "应当", "不得", "作业", "检查", "安全", "绝缘", "压力", "事故", "报告"]
    made = [single("".join(rnd.choices(words, k=12)) + str(n), *("".join(rnd.choices(words, k=3)) for _ in "abcd"))
            for n in range(2_000)]  # fmt: skip
    index = Index([(str(n), each) for n, each in enumerate(made)])
    assert all(index.twins(each)[0].id == str(n) for n, each in enumerate(made))
