"""Shares: SLIP-39 as published, and every way in which a share can be the wrong one."""

import json
import secrets
from itertools import combinations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bank.refused import BadFile, Denied
from bank.seal import shares
from bank.seal.shares import Head, Share
from tests.shared import VECTORS, needs

SECRET = bytes(range(32))


SLIP_39 = VECTORS / "slip39/vectors.json"


@needs(SLIP_39)
def test_the_45_published_vectors_of_slip_39_hold():
    vectors = json.loads(SLIP_39.read_text())
    assert len(vectors) == 45
    good = 0
    for name, words, secret, _ in vectors:
        if secret:
            assert shares.rebuild(words, b"TREZOR").hex() == secret, name
            good += 1
        else:
            with pytest.raises(Denied) as caught:
                shares.rebuild(words, b"TREZOR")
            assert caught.value.code == "shares-do-not-fit", name
    assert 0 < good < 45


@pytest.mark.parametrize(("need", "of"), [(2, 2), (2, 3), (3, 5), (2, 16), (4, 7)])
def test_any_k_rebuild_the_secret_and_fewer_or_more_do_not(need, of):
    words = shares.split(SECRET, need, of)
    assert len({*words}) == of and all(len(each.split()) == 33 for each in words)
    for chosen in list(combinations(words, need))[:20]:
        assert shares.rebuild(chosen) == SECRET
    with pytest.raises(Denied, match="shares-do-not-fit"):
        shares.rebuild(words[: need - 1])
    with pytest.raises(Denied, match="shares-too-few"):
        shares.try_all(words[: need - 1], need, SECRET)


@pytest.mark.parametrize(("need", "of"), [(1, 1), (1, 3), (0, 2), (3, 2), (2, 17), (-1, 3)])
def test_a_division_by_which_one_alone_could_open_is_refused(need, of):
    with pytest.raises(Denied, match="shares-policy|shares-need-above"):
        shares.split(SECRET, need, of)


def test_trying_all_combinations_finds_the_one_share_that_does_not_fit():
    words = shares.split(SECRET, 2, 3)
    assert shares.try_all(words, 2, SECRET) == 3
    other = shares.split(SECRET, 2, 3)
    for mixed in ([*words[:2], other[2]], [words[0], other[1], other[2]]):
        with pytest.raises(Denied, match="shares-do-not-fit"):
            shares.try_all(mixed, 2, SECRET)
    with pytest.raises(Denied, match="shares-do-not-fit"):
        shares.try_all(words, 2, secrets.token_bytes(32))


PASSPHRASE = "王强的密码句子一二三"


@pytest.fixture
def share():
    head = Head("ab" * 16, 1, 2, 3, 1, "王强")
    return Share(head, shares.split(SECRET, 2, 3)[0], Ed25519PrivateKey.generate())


def test_a_sealed_share_opens_with_its_passphrase_alone_and_gives_words_and_key(share):
    file = shares.seal(share, PASSPHRASE)
    opened = shares.unseal(file, PASSPHRASE)
    assert (opened.head, opened.words, opened.public) == (share.head, share.words, share.public)
    with pytest.raises(Denied, match="wrong-passphrase"):
        shares.unseal(file, PASSPHRASE + "!")
    assert share.words.split()[5] not in repr(opened) and share.words.encode() not in file


def test_what_a_qr_code_gives_back_is_the_share_again(share):
    printed = shares.printable(shares.seal(share, PASSPHRASE))
    assert printed.isascii()
    assert shares.unseal(printed.encode() + b"\r\n", PASSPHRASE).words == share.words


@pytest.mark.parametrize(
    "change", [{"holder": "李丽"}, {"bank": "cd" * 16}, {"generation": 2}, {"index": 2}, {"need": 3}, {"of": 4}]
)
def test_a_share_whose_head_was_altered_does_not_open(share, change):
    document = json.loads(shares.seal(share, PASSPHRASE))
    with pytest.raises(BadFile, match="share-altered"):
        shares.unseal(json.dumps(document | change).encode(), PASSPHRASE)


@pytest.mark.parametrize(
    "file",
    [b"", b"{}", b"[]", b"null", b"\xff", b'{"format":"examd-share-1"}', b"[" * 5_000, b"x" * 70_000,
     b'{"format":"examd-share-1","sealed":{"a":1.5},"bank":"a","generation":1,"need":2,"of":3,"index":1,"holder":"a"}'],
)  # fmt: skip
def test_what_is_no_share_is_refused_by_name(file):
    with pytest.raises(BadFile, match="share-malformed"):
        shares.unseal(file, PASSPHRASE)


# ---- a share in clear ------------------------------------------------------------------------------------------------


def test_a_share_in_clear_reads_back_as_people_type_it(share):
    clear = shares.in_clear(share).split()
    assert len(clear) == shares.WORDS + shares.GROUPS
    typed = [
        " ".join(clear).upper(),
        "\n".join(f"{number}. {part}" for number, part in enumerate(clear, 1)),
        "  ".join(f"{number}.{part}" for number, part in enumerate(clear, 1)),
        " ".join([*(word[:4] for word in clear[:33]), *clear[33:]]),
        "\u3000".join(clear),
    ]
    for text in typed:
        read = shares.from_clear(share.head, shares.clear_parts(text))
        assert (read.words, read.public) == (share.words, share.public)


def test_what_is_wrong_in_a_share_in_clear_is_named_by_its_place_and_not_said(share):
    clear = shares.in_clear(share).split()

    def refused(place, instead):
        changed = clear.copy()
        changed[place - 1] = instead
        with pytest.raises(Denied) as caught:
            shares.from_clear(share.head, shares.clear_parts(" ".join(changed)))
        assert not {*clear, instead} & {str(value) for value in caught.value.facts.values()}
        return caught.value.code, caught.value.facts["number"]

    other = "academic" if clear[6] != "academic" else "acid"
    assert refused(7, other) == ("words-wrong", 7)
    assert refused(12, "examination") == ("words-unknown", 12)
    digit = "0" if clear[35][3] != "0" else "1"
    assert refused(36, clear[35][:3] + digit + clear[35][4:]) == ("words-group", 36)
    assert refused(38, clear[38]) == ("words-group", 38)  # a right group in another's place
    swapped = [*clear[:4], clear[5], clear[4], *clear[6:]]
    if clear[4] != clear[5]:
        with pytest.raises(Denied, match="words-several-wrong"):
            shares.from_clear(share.head, shares.clear_parts(" ".join(swapped)))
    with pytest.raises(Denied, match="words-shape"):
        shares.from_clear(share.head, shares.clear_parts(" ".join(clear[:-1])))
