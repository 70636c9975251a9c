"""Exam text on its way to the screen: nothing in it steers a terminal, and lines break as Chinese printing does."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from terminal.text import NOT_AT_END, NOT_AT_HEAD, clean, fit, wrap

CHINESE = st.text(
    alphabet=st.one_of(
        st.sampled_from("，。、；：？！）》”（《“…—·30 mAkVΩ%.,()[]/\n\t　"),
        st.characters(min_codepoint=0x4E00, max_codepoint=0x4E80),
        st.characters(exclude_categories=("Cs",)),
    ),
    max_size=200,
)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("触电者脱离电源，结束。", 20, ["触电者脱离电源，结", "束。"]),
        ("一二三四五，六七八九十", 10, ["一二三四", "五，六七八", "九十"]),
        ("一二三四五，六七八九十", 12, ["一二三四五，", "六七八九十"]),
        ("一二三（四五六）七八九", 8, ["一二三", "（四五", "六）七八", "九"]),
        ("不得大于 30 mA、不得小于", 14, ["不得大于", "30 mA、不得小", "于"]),
        ("电压为0.4 kV的线路", 10, ["电压为", "0.4 kV的线", "路"]),
        ("属于（　　）。", 10, ["属于", "（　　）。"]),
        ("依据《安全生产法》规定", 8, ["依据《安", "全生产", "法》规定"]),
        ("他说：“停电”。", 8, ["他说：", "“停电”。"]),
        ("according to the rule", 12, ["according to", "the rule"]),
        ("第一段\n第二段", 20, ["第一段", "第二段"]),
        ("第一段\r\n\r\n第二段", 20, ["第一段", "", "第二段"]),
        ("", 10, [""]),
        ("abcdefghijkl", 5, ["abcde", "fghij", "kl"]),
        ("漏电保护器（RCD）动作", 14, ["漏电保护器", "（RCD）动作"]),
    ],
)
def test_lines_break_where_a_printer_would_break_them(text, width, lines):
    assert wrap(text, width) == lines


@given(CHINESE, st.integers(2, 90))
def test_no_line_is_wider_than_its_measure_and_nothing_but_spaces_is_lost(text, width):
    lines = wrap(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert re.sub(r"\s+", "", "".join(lines)) == re.sub(r"\s+", "", clean(text))


@given(st.text(alphabet="一二三四五六七八九十，。、；：？！）》”（《“", max_size=120), st.integers(20, 60))
def test_no_closing_mark_heads_a_line_and_no_opening_mark_ends_one(text, width):
    """Runs of marks longer than a line cannot be helped; exam text has at most a few in a row."""
    if re.search(r"[，。、；：？！）》”（《“]{4}", text):
        return
    lines = wrap(text, width)
    assert all(line[0] not in NOT_AT_HEAD for line in lines[1:])
    assert all(line[-1] not in NOT_AT_END for line in lines[:-1] if line)


def test_a_measure_too_narrow_for_one_character_is_refused():
    with pytest.raises(ValueError, match="Chinese character"):
        wrap("字", 1)


@given(st.text())
def test_cleaned_text_holds_no_control_bidi_or_invisible_character(text):
    cleaned = clean(text)
    assert not re.search(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]", cleaned
    )
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("\x1b[31m红\x1b]52;c;eA==\x07", "[31m红]52;c;eA=="),
        ("\u202e倒序\u202c", "倒序"),
        ("断\u200b开", "断开"),
        ("a\tb\r\nc\rd", "a b\nc\nd"),
        ("[@click=app.quit]x[/]", "[@click=app.quit]x[/]"),
    ],
)
def test_what_a_terminal_would_obey_is_taken_out_and_markup_stays_letters(hostile, harmless):
    assert clean(hostile) == harmless


@given(CHINESE, st.integers(0, 40))
def test_a_fitted_line_fits(text, width):
    assert cell_len(fit(text, width)) <= width
