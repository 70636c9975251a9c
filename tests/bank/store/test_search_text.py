"""What search compares: the same spelling that the whole text would get, found by looking at little of it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bank.store import search_text

_MIXED = st.text("aA 中文\né（）ﬁ①ÅǺ̀̈̕\u3099かㄱ각Ωω℃𝟏😀")


@pytest.mark.parametrize(
    ("text", "folded"), [("（Ａ）３６Ｖ①", "(a)36v1"), ("Cafe\u0301 中", "café 中"), ("か\u3099", "が")]
)
def test_width_case_and_composition_make_no_difference(text, folded):
    assert search_text.folded(text) == folded


@given(_MIXED)
def test_it_is_the_form_of_the_whole_text(text):
    assert search_text.folded(text) == unicodedata.normalize("NFKC", text).casefold()
