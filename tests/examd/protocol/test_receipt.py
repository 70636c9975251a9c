"""The receipt: sixteen symbols that pin a hand-in and all before it, two that catch a slip of the pen; and those of before."""

import hashlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examd.protocol.receipt import ALPHABET, CHECK_ALPHABET, holds, read_code, receipt_code, receipt_code_before

hashes = st.binary(min_size=32, max_size=32)
MAKERS = pytest.mark.parametrize("make", [receipt_code, receipt_code_before])


def test_a_code_is_the_first_eighty_bits_and_their_remainder():
    value = int.from_bytes(hashlib.sha256(b"examd/receipt/v2" + bytes(32)).digest()[:10], "big")
    symbols = "".join(ALPHABET[value >> 5 * n & 31] for n in range(15, -1, -1))
    check = ALPHABET[value % 1021 >> 5] + ALPHABET[value % 1021 & 31]
    assert receipt_code(bytes(32)).replace("-", "") == symbols + check
    assert [len(group) for group in receipt_code(bytes(32)).split("-")] == [4, 4, 4, 4, 2]
    assert not set("ILOU") & set(ALPHABET)


def test_codes_of_before_are_written_as_crockford_writes_numbers():
    assert receipt_code_before(bytes(32)) == "0000-0000-0000-0"
    assert receipt_code_before(b"\xff" * 32) == "ZZZZ-ZZZZ-ZZZZ-" + CHECK_ALPHABET[(2**60 - 1) % 37]


@MAKERS
@given(hash_=hashes)
def test_a_code_copied_by_hand_is_read_in_small_letters_without_dashes_and_with_look_alikes(make, hash_):
    code = make(hash_)
    body, check = code[:-1], code[-1]
    assert read_code(code.lower()) == read_code(code.replace("-", "")) == read_code(code) == code
    assert read_code(body.replace("1", "l").replace("0", "o") + check) == code


@MAKERS
@given(hash_=hashes, place=st.integers(0, 17), symbol=st.sampled_from(ALPHABET))
def test_one_wrong_symbol_is_caught(make, hash_, place, symbol):
    code = make(hash_).replace("-", "")
    place = min(place, len(code) - 2)
    slipped = code[:place] + symbol + code[place + 1 :]
    assert (read_code(slipped) is None) == (slipped != code)


@MAKERS
def test_two_swapped_neighbours_are_caught(make):
    for n in range(200):
        code = make(hashlib.sha256(b"%d" % n).digest()).replace("-", "")
        for i, (a, b) in enumerate(pairwise(code)):
            if a != b:
                assert read_code(code[:i] + b + a + code[i + 2 :]) is None


@pytest.mark.parametrize(
    "text",
    ["", "0", "0000-0000-0000", "0000-0000-0000-00", "uuuu-uuuu-uuuu-u", "００００-0000-0000-0", "!" * 13, "!" * 18],
)
def test_what_is_no_code_reads_as_nothing(text):
    assert read_code(text) is None


def test_a_receipt_holds_for_its_entry_its_place_and_these_acts_alone():
    entry, before = '{"body":{"acts":"aa","form":"ff"}}', "22" * 32
    leaf = hashlib.sha256(b"\x00" + entry.encode()).digest()
    code = receipt_code(hashlib.sha256(b"examd/chain/v1" + bytes.fromhex(before) + leaf).digest())
    assert holds(code, entry, before, "aa", "ff")
    for other in (
        ("0" * 22, entry, before, "aa", "ff"), (code, entry + " ", before, "aa", "ff"),
        (code, entry, "33" * 32, "aa", "ff"), (code, entry, before, "bb", "ff"), (code, entry, before, "aa", "ee"),
        (code, "{", before, "aa", "ff"), (code, entry, "x", "aa", "ff"), (code, "{}", before, "aa", "ff"),
    ):  # fmt: skip
        assert not holds(*other)
