"""The receipt: twelve symbols that name an entry, one that catches a slip of the pen."""

import hashlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examd.protocol.receipt import ALPHABET, CHECK_ALPHABET, read_code, receipt_code

leaves = st.binary(min_size=32, max_size=32)


@given(leaves)
def test_a_code_names_the_first_sixty_bits_of_the_leaf(leaf):
    assert read_code(receipt_code(leaf)) == int.from_bytes(leaf[:8], "big") >> 4


def test_codes_are_written_as_crockford_writes_numbers():
    assert receipt_code(bytes(32)) == "0000-0000-0000-0"
    assert receipt_code(b"\xff" * 32) == "ZZZZ-ZZZZ-ZZZZ-" + CHECK_ALPHABET[(2**60 - 1) % 37]
    assert receipt_code((1 << 4).to_bytes(8, "big") + bytes(24)) == "0000-0000-0001-1"
    assert not set("ILOU") & set(ALPHABET)


@given(leaves)
def test_a_code_copied_by_hand_is_read_in_small_letters_without_dashes_and_with_look_alikes(leaf):
    code = receipt_code(leaf)
    body, check = code[:-1], code[-1]
    assert read_code(code.lower()) == read_code(code.replace("-", "")) == read_code(code)
    assert read_code(body.replace("1", "l").replace("0", "o") + check) == read_code(code)


@given(leaves, st.integers(0, 11), st.sampled_from(ALPHABET))
def test_one_wrong_symbol_is_caught(leaf, place, symbol):
    code = receipt_code(leaf).replace("-", "")
    slipped = code[:place] + symbol + code[place + 1 :]
    assert (read_code(slipped) is None) == (slipped != code)


def test_two_swapped_neighbours_are_caught():
    for n in range(200):
        code = receipt_code(hashlib.sha256(b"%d" % n).digest()).replace("-", "")
        for i, (a, b) in enumerate(pairwise(code[:12])):
            if a != b:
                assert read_code(code[:i] + b + a + code[i + 2 :]) is None


@pytest.mark.parametrize(
    "text", ["", "0", "0000-0000-0000", "0000-0000-0000-00", "uuuu-uuuu-uuuu-u", "００００-0000-0000-0", "!" * 13]
)
def test_what_is_no_code_reads_as_nothing(text):
    assert read_code(text) is None
