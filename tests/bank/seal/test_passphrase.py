"""A secret sealed to a passphrase opens with it, for its purpose, unchanged; otherwise not at all."""

import json

import pytest

from bank.canonical import canonical
from bank.refused import BadFile, Denied
from bank.seal import passphrase as sealing
from bank.seal.passphrase import check_passphrase, seal, unseal

SECRET = bytes(range(32))
PASSPHRASE = "梧桐扳手清明十四行诗稿"
SEALED = seal(SECRET, PASSPHRASE, "bank-key")
COSTS = {
    name: vars(sealing)[name] for name in ("MEMORY_KIB", "PASSES", "LANES")
}  # as shipped: other tests have them low


@pytest.fixture(autouse=True, scope="module")
def full_cost():
    with pytest.MonkeyPatch.context() as patched:
        for name, cost in COSTS.items():
            patched.setattr(sealing, name, cost)
        yield


def test_it_opens_with_its_passphrase_and_purpose():
    assert unseal(SEALED, PASSPHRASE, "bank-key") == SECRET


def test_two_sealings_of_one_secret_share_neither_salt_nor_nonce():
    other = json.loads(seal(SECRET, PASSPHRASE, "bank-key"))
    mine = json.loads(SEALED)
    assert mine["argon2id"]["salt"] != other["argon2id"]["salt"] and mine["nonce"] != other["nonce"]


def test_the_file_holds_neither_secret_nor_passphrase_and_says_what_it_cost():
    document = json.loads(SEALED)
    assert SECRET.hex().encode() not in SEALED and PASSPHRASE.encode() not in SEALED
    assert {k: document["argon2id"][k] for k in ("lanes", "memory_kib", "passes")} == {
        "lanes": 4,
        "memory_kib": 65_536,
        "passes": 3,
    }


def test_a_wrong_passphrase_is_denied_and_names_the_file():
    with pytest.raises(Denied) as caught:
        unseal(SEALED, "another passphrase", "bank-key", file="bank.key")
    assert caught.value.code == "wrong-passphrase" and caught.value.facts == {"file": "bank.key"}


def test_composed_and_decomposed_spellings_are_one_passphrase():
    sealed = seal(SECRET, "caf\u00e9 au lait", "bank-key")
    assert unseal(sealed, "cafe\u0301 au lait", "bank-key") == SECRET


def test_it_does_not_open_for_another_purpose():
    with pytest.raises(BadFile, match="sealed-for-other-purpose"):
        unseal(SEALED, PASSPHRASE, "record-key")


@pytest.mark.parametrize("name", ["purpose", "nonce", "ciphertext"])
def test_any_changed_field_is_refused(name):
    document = json.loads(SEALED)
    document[name] = "other" if name == "purpose" else ("00" + document[name][2:])
    if document[name] == json.loads(SEALED)[name]:
        document[name] = "ff" + document[name][2:]
    with pytest.raises(BadFile, match="sealed-damaged"):  # whatever passphrase is typed
        unseal(canonical(document), "another passphrase", document["purpose"])
    del document["sum"]  # as files of earlier versions are, and as whoever changes a file on purpose leaves it
    with pytest.raises(Denied, match="wrong-passphrase"):
        unseal(canonical(document), PASSPHRASE, document["purpose"])


def test_a_file_of_an_earlier_version_opens():
    sealed = (
        b'{"argon2id":{"lanes":1,"memory_kib":64,"passes":1,"salt":"000102030405060708090a0b0c0d0e0f"},"ciphertext":"'
        b"f4545f7dbb5fc8a5157d12b9be2b698b1998b7c330be3eb49336ce6522ff18a5ac7b9e6658e1e517e6dd7ca6a80a65e4"
        b'","format":"examd-passphrase-1","nonce":"000102030405060708090a0b","purpose":"bank-key"}'
    )
    assert unseal(sealed, "低压电工题库保管口令一", "bank-key") == SECRET  # of when nobody judged passphrases


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\xff",
        b"[]",
        b"{}",
        b'"x"',
        b"null",
        SEALED[:-1],
        SEALED + b"\n",
        b" " + SEALED,
        SEALED.replace(b'"nonce"', b'"nonce":"00","nonce"'),
        SEALED.replace(b"examd-passphrase-1", b"examd-passphrase-2"),
        b"[" * 50_000,
        b'{"a":"' + b"x" * 70_000 + b'"}',
    ],
)
def test_what_is_no_sealed_file_is_refused_as_such(data):
    with pytest.raises(BadFile, match="sealed-malformed"):
        unseal(data, PASSPHRASE, "bank-key")


@pytest.mark.parametrize(
    "costs",
    [
        {"memory_kib": 2**31},
        {"memory_kib": 0},
        {"memory_kib": 8},
        {"passes": 0},
        {"passes": 10_000},
        {"lanes": 1_000},
        {"lanes": True},
        {"passes": "3"},
        {"memory_kib": -1},
    ],
)
def test_a_file_cannot_order_absurd_work(costs):
    document = json.loads(SEALED)
    document["argon2id"] |= costs
    del document["sum"]
    with pytest.raises(BadFile, match="sealed-absurd-cost"):
        unseal(canonical(document), PASSPHRASE, "bank-key")


def test_short_passphrases_are_refused_and_seal_nothing():
    check_passphrase("十个字的口令刚刚好了")
    with pytest.raises(Denied) as caught:
        check_passphrase("九个字的口令还不够")
    assert caught.value.facts == {"minimum": sealing.SHORTEST, "found": 9}
    with pytest.raises(Denied, match="passphrase-short"):
        seal(SECRET, "short", "bank-key")


@pytest.mark.parametrize(
    "passphrase",
    [
        "1234567890", "0000000000", "qwertyuiop", "asdfghjkl;'", "password123", "20260101120000", "abcabcabcabc",
        "安全第一预防为主综合治理", "安全生产安全生产安全生产", "anquanshengchan", "woaizhongguo2026", "一二三四五六七八九十",
        "admin123456", "应急管理局20260101", "1q2w3e4r5t", "ａｄｍｉｎ１２３４５６", "中华人民共和国万岁万岁", "考试机构口令12345",
    ],
)  # fmt: skip
def test_what_is_guessed_first_is_refused_and_seals_nothing(passphrase):
    with pytest.raises(Denied, match="passphrase-guessable"):
        seal(SECRET, passphrase, "bank-key")


def test_the_owners_own_name_and_number_are_tried_first():
    check_passphrase("wangqiang-C0017-lvyou")
    with pytest.raises(Denied, match="passphrase-guessable"):
        check_passphrase("wangqiang-C0017", ("wangqiang", "C0017"))


@pytest.mark.parametrize(
    "passphrase", ["梧桐 扳手 清明 十四行", "correct horse battery", "7302946158" * 10, "铁锅里游着三条蓝色鲸"]
)
def test_unrelated_words_pass_and_so_does_what_is_very_long(passphrase):
    assert unseal(seal(SECRET, passphrase, "bank-key"), passphrase, "bank-key") == SECRET


def test_a_new_passphrase_opens_what_the_old_one_did_and_the_old_one_no_more():
    anew = sealing.sealed_anew(SEALED, PASSPHRASE, "another horse battery")
    assert unseal(anew, "another horse battery", "bank-key") == SECRET
    with pytest.raises(Denied, match="wrong-passphrase"):
        unseal(anew, PASSPHRASE, "bank-key")
    with pytest.raises(Denied, match="wrong-passphrase"):
        sealing.sealed_anew(SEALED, "not the passphrase", "another horse battery")
