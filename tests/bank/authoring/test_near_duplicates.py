"""Near-duplicates: none is missed, whatever the filters look up; the nearest twin is named, with what differs."""

import dataclasses
import functools
import random
import sys
import unicodedata
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bank.authoring.near_duplicate_search import find
from bank.authoring.near_duplicates import (
    LEAST_SIMILARITY,
    LONG_STEM,
    MOST_OF_A_STEM,
    Question,
    pattern,
    plain,
    shingles,
    similarity,
    spelling,
)  # fmt: skip
from bank.content import TRUEFALSE_OPTIONS, Content, ItemType, Option
from bank.store.near_duplicates import similarity_p4


def single(stem, *options, media=()):
    return Content(ItemType.SINGLE, stem, tuple(map(Option, options or ("甲", "乙"))), media)


def claim(stem):
    return Content(ItemType.TRUEFALSE, stem, tuple(map(Option, TRUEFALSE_OPTIONS)))


def questions(contents, mark="q"):
    return [Question(f"{mark}{n}", f"{mark.upper()}-{n}", each) for n, each in enumerate(contents)]


def twin_of(one, *others):
    """What is told of `one` beside `others` that the bank holds; None where no twin is named."""
    found = find([Question("one", "", one)], questions(others))
    assert len(found) < 2
    return found[0] if found else None


def by_hand(fresh, held, alike):
    """The definition, by comparing each with each: nearest first, then spelled alike, then earliest."""
    known = [*held, *fresh]
    told = {}
    for n in range(len(held), len(known)):
        one = known[n].content
        best = [
            (value, value == 1 and spelling(one) == spelling(other.content), -m)
            for m, other in enumerate(known[:n])
            if (value := similarity(one, other.content)) >= alike
        ]
        if best:
            value, _, m = max(best)
            told[known[n].id] = known[-m].id, value, False
            continue
        same = [
            m
            for m, other in enumerate(known)
            if plain(other.content.stem) == plain(one.stem) and not other.content.needs_picture
        ]
        before = [(similarity(one, known[m].content), -m) for m in same if m < n]
        if len(pattern(one.stem)) >= LONG_STEM and not one.needs_picture and before and len(same) <= MOST_OF_A_STEM:
            value, m = max(before)
            told[known[n].id] = known[-m].id, value, True
    return told


texts = st.text("触电3９五不²Ａa，", min_size=0, max_size=8)
stems = st.one_of(
    texts,
    st.sampled_from(
        ["作业人员应当立即断开电源并报告", "作业人员应当立即断开电源且报告", "作业人员应当立即断开10号电源并报告"]
    ),
)
contents = st.builds(
    lambda stem, a, b, media, claimed: claim(stem) if claimed else single(stem, a, b, media=media),
    stems, texts, texts, st.sampled_from([(), (), ("aa" * 32,), ("bb" * 32, "aa" * 32)]), st.booleans(),
)  # fmt: skip


@settings(max_examples=150)
@given(
    st.lists(contents, max_size=9),
    st.lists(contents, max_size=9),
    st.sampled_from([Fraction(1, 2), LEAST_SIMILARITY, Fraction(1)]),
)
def test_what_is_found_is_what_comparing_each_with_each_finds(held, fresh, alike):
    held, fresh = questions(held, "h"), questions(fresh, "f")
    found = {twin.of: (twin.id, twin.p4, twin.by_stem) for twin in find(fresh, held, alike)}
    expected = by_hand(fresh, held, alike)
    assert found == {of: (other, int(10_000 * value), by_stem) for of, (other, value, by_stem) in expected.items()}
    assert list(found) == [each.id for each in fresh if each.id in found]


def varied(count, seed):
    """Questions in the words of few, so that there are twins of every kind among them, in many chunks."""
    chance = random.Random(seed)
    words = [
        "触电",
        "断路器",
        "接地",
        "应当",
        "不得",
        "作业",
        "检查",
        "安全",
        "绝缘",
        "压力",
        "事故",
        "报告",
        "380",
        "不",
    ]
    made = [
        single("".join(chance.choices(words, k=12)), *("".join(chance.choices(words, k=3)) for _ in "abcd"))
        for _ in range(count)
    ]
    for n in range(0, count, 3):
        stem = made[n].stem
        at = chance.randrange(len(stem))
        made[(n * 7 + 1) % count] = dataclasses.replace(made[n], stem=stem[:at] + chance.choice(words) + stem[at + 1 :])
    return made


@pytest.mark.slow
def test_so_it_is_among_hundreds_and_across_chunks(monkeypatch):
    monkeypatch.setattr("bank.authoring.near_duplicate_search._CHUNK", 37)
    monkeypatch.setattr("bank.authoring.near_duplicate_search._PAIRS", 50)
    monkeypatch.setattr("bank.authoring.near_duplicate_search._CELLS", 900)
    monkeypatch.setattr("bank.authoring.near_duplicates.shingles", functools.cache(shingles))  # of each text once
    held, fresh = questions(varied(150, 1), "h"), questions(varied(150, 1)[:60] + varied(200, 2), "f")
    found = {twin.of: (twin.id, twin.p4) for twin in find(fresh, held)}
    assert found == {
        of: (other, int(10_000 * value)) for of, (other, value, _) in by_hand(fresh, held, LEAST_SIMILARITY).items()
    }
    assert len(found) > 100


def test_the_order_of_the_bank_changes_no_similarity():
    held, fresh = questions(varied(120, 3), "h"), questions(varied(120, 3)[::2] + varied(60, 4), "f")
    shuffled = random.Random(5).sample(held, len(held))
    told = [(twin.of, twin.p4, twin.by_stem) for twin in find(fresh, held)]
    assert told == [(twin.of, twin.p4, twin.by_stem) for twin in find(fresh, shuffled)]


@given(st.lists(contents, max_size=9), contents)
def test_the_twins_of_one_are_all_that_are_alike_enough(others, one):
    for other in others:
        if (value := similarity(one, other)) >= LEAST_SIMILARITY:
            assert similarity_p4(one, other) == int(10_000 * value)
        else:  # a stem of theirs in common, or nothing
            assert similarity_p4(one, other) == 0 or plain(one.stem) == plain(other.stem)


def test_every_letter_there_is_is_compared_as_the_definition_says():
    """All code points: one that is left out, one that stands for several, one beyond the 18 bits of a shingle."""
    assert max(point for point in range(sys.maxunicode + 1) if chr(point).isalnum()) < 0x32000
    letters = [ch for ch in map(chr, range(0x32000)) if unicodedata.category(ch)[0] not in "C"]
    letters = [ch for n, ch in enumerate(letters) if n % 11 == 0 or unicodedata.category(ch) != "Lo"]
    assert all(pattern(pattern(ch)) == pattern(ch) for ch in letters)
    spelled = questions([single("甲" + "乙".join(letters[at : at + 64])) for at in range(0, len(letters), 64)], "h")
    again = questions([single(pattern(each.content.stem)) for each in spelled], "f")
    told = {twin.of: twin for twin in find(again, spelled)}
    assert all(told[each.id].p4 == 10_000 for each in again)


def test_width_punctuation_accents_and_the_order_of_options_make_no_other_question():
    one = single("触电急救,首先应做什么?", "断电", "喊人", "café")
    twin = twin_of(one, single("触电急救，首先应做什么？", "喊人", " 断 电 ", "CAFÉ"))
    assert (twin.id, twin.name, twin.p4, twin.differs) == ("q0", "Q-0", 10_000, ())


def test_another_number_makes_another_item_and_is_told():
    told = twin_of(single("低压设备的额定电压是380V吗"), single("低压设备的额定电压是220V吗"))
    assert (told.p4, told.differs) == (10_000, (("380", "220"),))
    chinese = twin_of(single("高处作业是指坠落高度在二米以上"), single("高处作业是指坠落高度在十五米以上"))
    assert (chinese.p4, chinese.differs) == (10_000, (("二", "十五"),))


def test_a_negation_makes_another_item_and_is_told():
    told = twin_of(claim("电焊机外壳可以不接地"), claim("电焊机外壳可以接地"))
    assert (told.p4, told.differs) == (10_000, (("不", ""),))
    assert twin_of(claim("未经许可，不得入内"), claim("经许可，得入内")).differs == (("未", ""), ("不", ""))


def test_of_several_patterns_the_one_spelled_alike_is_named():
    held = [single(f"低压设备的额定电压是{volts}V吗") for volts in (110, 220, 380)]
    assert twin_of(single("低压设备的额定电压是３８０Ｖ吗？"), *held).id == "q2"
    assert twin_of(single("低压设备的额定电压是36V吗？"), *held).id == "q0"


def test_a_word_changed_is_near_and_told_and_another_question_is_not():
    stem = "在高压电气设备上工作时，下列保证安全的{}措施之中，哪一项内容应当由工作负责人办理"
    told = twin_of(
        single(stem.format("组织")), single("高处作业时应当系好安全带并挂在牢固处"), single(stem.format("技术"))
    )
    assert told.id == "q1" and told.p4 < 10_000 and told.differs == (("组织", "技术"),)
    assert twin_of(single("动火作业前应当清除周围可燃物"), single(stem.format("组织"))) is None


def test_of_two_fresh_ones_the_second_names_the_first():
    one, two = questions([single("接地电阻不应大于多少欧姆"), single("接地电阻不应大于多少欧姆?")])
    assert [(twin.of, twin.id) for twin in find([one, two], [])] == [("q1", "q0")]


def test_the_same_stem_with_other_options_is_the_same_question_in_another_costume():
    stem = "我国划分给业余业务使用的最低频段属于"
    told = twin_of(single(stem, "低频", "甚低频", "特低频"), single(stem, "LF", "VLF", "ULF"))
    assert told.by_stem and told.p4 < 8_000


@pytest.mark.parametrize("stem", ["下列正确的是", "下列关于安全生产的说法正确的是哪一项"])
def test_a_turn_of_phrase_is_no_question_of_its_own(stem):
    """Too short, or the stem of too many."""
    held = [single(stem, f"选项{ch}甲乙丙丁", f"另一{ch}戊己庚辛") for ch in "天地玄黄"]
    assert twin_of(single(stem, "日月盈昃辰宿", "列张寒来暑往"), *held) is None


def test_true_and_false_say_nothing_of_a_statement():
    assert similarity(claim("甲"), claim("乙")) == 0


def test_another_picture_is_another_question_and_is_told():
    options = "绝缘栅场效应晶体管", "结型场效应晶体管", "双极型晶体管"
    one, other = (single("附图中的电路元器件符号代表", *options, media=(name * 32,)) for name in ("aa", "bb"))
    assert LEAST_SIMILARITY <= similarity(one, other) < 1
    assert twin_of(one, other).other_pictures


def test_a_question_without_a_word_has_no_twin():
    assert shingles(single("？", "……", "（）")) == frozenset()
    assert twin_of(single("？"), single("？")) is not None  # 甲 and 乙 are words
    assert twin_of(single("？", "……", "（）"), single("！", "……", "（）")) is None


def test_nothing_beside_nothing_is_nothing():
    assert find([], []) == [] and find(questions([single("甲")]), []) == []


def test_what_the_twin_says_can_be_left_out():
    told = twin_of(single("低压设备的额定电压是380V吗"), single("低压设备的额定电压是220V吗")).unseen()
    assert told.differs == (("380", None),)


def test_a_nul_in_a_text_tears_nothing_apart():
    assert twin_of(single("接地电阻\0不应大于多少欧姆"), single("接地电阻不应大于多少欧姆")).p4 == 10_000


def test_progress_ends_within_its_total():
    seen = []
    find(
        questions(varied(200, 6), "f"),
        questions(varied(100, 6), "h"),
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen and all(done <= total for done, total in seen)


def test_a_letter_in_two_parts_is_the_letter_in_one():
    assert plain(unicodedata.normalize("NFD", "Ångström")) == plain("ångström")
