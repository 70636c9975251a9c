"""Codes, locks, statements, trees, canonical JSON: what sealing and signing rest on."""

import json
import sys
from base64 import b64decode

import msgspec
import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from bank import merkle
from bank.canonical import MAX_INTEGER, canonical
from bank.refused import BadFile, Denied
from bank.seal import codes, locks, statements
from bank.seal.locks import Identity
from tests.shared import VECTORS, needs

MERKLE = VECTORS / "merkle"

# ---- release codes --------------------------------------------------------------------------------------------


def refusal(function, *args, **kwargs):
    with pytest.raises((BadFile, Denied)) as caught:
        function(*args, **kwargs)
    return caught.value


def test_a_code_is_eight_groups_of_six_digits_and_reads_back_however_it_is_spaced():
    code = codes.new_code()
    assert [len(group) for group in code.split(" ")] == [6] * 8
    digits = codes.digits_of(code)
    assert len(digits) == 40
    assert codes.digits_of(code.replace(" ", "")) == codes.digits_of(code.replace(" ", "-")) == digits


def test_every_single_wrong_digit_names_its_group():
    code = codes.new_code().replace(" ", "")
    for place, digit in enumerate(code):
        for other in set("0123456789") - {digit}:
            slipped = code[:place] + other + code[place + 1 :]
            refused = refusal(codes.digits_of, slipped)
            assert (refused.code, refused.facts) == ("code-group", {"group": place // 6 + 1})


def test_every_swap_of_two_neighbours_in_a_group_names_that_group():
    for _ in range(20):
        code = codes.new_code().replace(" ", "")
        for place in range(47):
            if place % 6 == 5 or code[place] == code[place + 1]:
                continue
            swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
            assert refusal(codes.digits_of, swapped).facts == {"group": place // 6 + 1}


@pytest.mark.parametrize("typed", ["", "1", "12345 " * 8, "x" * 48, "٣" * 48, "1" * 49])
def test_what_is_not_forty_eight_ascii_digits_is_refused_by_its_shape(typed):
    assert refusal(codes.digits_of, typed).code == "code-shape"


def test_full_width_digits_are_digits_and_groups_may_come_one_after_the_other():
    code = codes.new_code()
    wide = code.translate({ord("0") + n: ord("０") + n for n in range(10)} | {ord(" "): "　"})
    assert codes.digits_of(wide) == codes.digits_of(code)
    one, two = code.split(" ")[:2]
    assert codes.groups_of(one) == [one]
    assert codes.groups_of(f"{two} ", first=2) == [two]
    wrong = two[:-1] + str((int(two[-1]) + 1) % 10)
    assert refusal(codes.groups_of, wrong, 2).facts == {"group": 2}


# ---- closing roots --------------------------------------------------------------------------------------------

ROOT = "0123456789abcdef00000000ffffffff" + "0123456789abcdef" * 2


def test_a_root_is_spoken_in_eight_groups_of_nine_and_reads_back_however_it_is_typed():
    spoken = codes.spoken_root(ROOT)
    assert [len(group) for group in spoken.split(" ")] == [9] * 8
    for typed in (spoken, spoken.replace(" ", ""), spoken.upper().replace(" ", "-"), f" {spoken}\n"):
        assert codes.root_of(typed) == ROOT


def test_every_wrong_digit_every_swap_and_every_displaced_group_of_a_root_is_named():
    spoken = codes.spoken_root(ROOT).replace(" ", "")
    for place, digit in enumerate(spoken):
        for other in set("0123456789abcdef") - {digit}:
            refused = refusal(codes.root_of, spoken[:place] + other + spoken[place + 1 :])
            assert (refused.code, refused.facts) == ("root-group", {"group": place // 9 + 1})
        if place % 9 < 8 and digit != spoken[place + 1]:
            swapped = spoken[:place] + spoken[place + 1] + digit + spoken[place + 2 :]
            assert refusal(codes.root_of, swapped).facts == {"group": place // 9 + 1}
    groups = codes.spoken_root("ab" * 32).split(" ")
    assert refusal(codes.root_of, " ".join([groups[1], groups[0], *groups[2:]])).facts == {"group": 1}


@pytest.mark.parametrize("typed", ["", ROOT, "g" * 72, codes.spoken_root(ROOT)[:-1]])
def test_a_root_without_its_check_digits_is_refused_by_its_shape(typed):
    assert refusal(codes.root_of, typed).code == "root-shape"


def test_the_damm_table_is_the_one_of_the_dissertation():
    assert codes.check_digit("572") == "4"  # the example that every description of the algorithm gives


def test_a_code_opens_only_its_own_package_and_its_own_number():
    code = codes.new_code()
    recipients = {codes.code_identity(code, package, n).recipient for package in ("a" * 32, "b" * 32) for n in (1, 2)}
    assert len(recipients) == 4


# ---- locks ----------------------------------------------------------------------------------------------------

PUBLISHED = "AGE-SECRET-KEY-1XMWWC06LY3EE5RYTXM9MFLAZ2U56JJJ36S0MYPDRWSVLUL66MV4QX3S7F6"
"""The identity that C2SP's test vectors for age are made with."""


def test_bech32_agrees_with_the_example_of_bip_173():
    assert locks._bech32("abcdef", bytes.fromhex("00443214c74254b635cf84653a56d7c675be77df")) == (
        "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw"
    )


def test_the_published_identity_is_written_as_published():
    bits = 0
    for symbol in PUBLISHED.lower().removeprefix("age-secret-key-1")[:52]:
        bits = bits << 5 | locks._CHARSET.index(symbol)
    identity = Identity.from_private_bytes((bits >> 4).to_bytes(32, "big"))
    assert identity.text == PUBLISHED
    assert identity.recipient == str(pyrage.x25519.Identity.from_str(PUBLISHED).to_public())


@given(st.binary(min_size=32, max_size=32))
def test_what_we_make_from_bytes_age_reads_back_as_itself(private):
    identity = Identity.from_private_bytes(private)
    assert str(pyrage.x25519.Identity.from_str(identity.text)) == identity.text
    assert pyrage.decrypt(pyrage.encrypt(b"x", [pyrage.x25519.Recipient.from_str(identity.recipient)]),
                          [pyrage.x25519.Identity.from_str(identity.text)]) == b"x"  # fmt: skip


def test_an_identity_that_age_made_has_the_public_key_that_its_own_bytes_give():
    made = pyrage.x25519.Identity.generate()
    assert Identity.from_text(str(made)).recipient == str(made.to_public())


def test_a_lock_opens_for_its_holders_in_turn_and_each_wrong_one_is_named():
    secret, site, chief, code = (Identity.generate() for _ in range(4))
    lock = locks.lock(secret, [site.recipient, chief.recipient, code.recipient])
    for wrong in (chief, code, secret):
        assert refusal(locks.unseal, lock, wrong, what="items/site").facts == {"what": "items/site"}
    middle = locks.unseal(lock, site, what="items/site")
    for wrong in (site, code, secret):
        assert refusal(locks.unseal, middle, wrong, what="items/chief").facts == {"what": "items/chief"}
    inner = locks.unseal(middle, chief, what="items/chief")
    for wrong in (site, chief, secret):
        assert refusal(locks.unseal, inner, wrong, what="items/code").facts == {"what": "items/code"}
    assert locks.identity_in(locks.unseal(inner, code, what="items/code"), what="items") == secret


def test_any_changed_byte_of_a_sealed_part_is_refused():
    identity = Identity.generate()
    sealed = locks.seal(b"items", [identity.recipient])
    for place in range(0, len(sealed), 3):
        broken = bytearray(sealed)
        broken[place] ^= 1
        assert refusal(locks.unseal, bytes(broken), identity, what="items").code == "lock"
    for short in (b"", sealed[:-1], sealed[: len(sealed) // 2], sealed + b"x"):
        assert refusal(locks.unseal, short, identity, what="items").code == "lock"


@pytest.mark.parametrize("text", ["", "AGE-SECRET-KEY-1", PUBLISHED[:-1] + "Q", "age1abc", "\n"])
def test_text_that_is_no_identity_is_refused_without_being_quoted(text):
    refused = refusal(Identity.from_text, text)
    assert refused.code == "identity-malformed"
    assert not refused.facts


def test_a_lock_that_holds_something_else_than_an_identity_is_refused():
    assert refusal(locks.identity_in, "谁".encode(), what="items").code == "lock-content"
    assert refusal(locks.identity_in, b"not an identity", what="items").code == "identity-malformed"


def test_secrets_do_not_show_in_a_repr():
    identity = Identity.generate()
    assert identity.text not in repr(identity)
    assert "SECRET" not in f"{identity!r} {[identity]}"


# ---- statements -----------------------------------------------------------------------------------------------


def test_a_statement_is_read_and_verified_by_the_key_that_signed_it():
    key = Ed25519PrivateKey.generate()
    file = statements.sign({"type": "t", "a": 1}, key)
    assert statements.read(file, "t", name="f") == {"type": "t", "a": 1}
    statements.verify(file, statements.public_hex(key), name="f")


def test_a_statement_of_another_type_is_refused():
    file = statements.sign({"type": "examd-package"}, Ed25519PrivateKey.generate())
    assert refusal(statements.read, file, "examd-result", name="f").code == "statement-type"


def test_an_altered_statement_another_key_or_no_signature_is_refused():
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    file = statements.sign({"type": "t", "a": 1}, key)
    public = statements.public_hex(key)
    assert refusal(statements.verify, file, statements.public_hex(other), name="f").code == "signature"
    document = json.loads(file)
    renamed = json.loads(statements.sign({"type": "t", "a": 1}, other))
    renamed["signatures"][0]["keyid"] = statements.keyid(public)  # another's signature under the trusted name
    forgeries = [
        document | {"signed": {"type": "t", "a": 2}},
        document | {"signed": {"type": "t", "a": 1, "b": 0}},
        document | {"signatures": []},
        document | {"signatures": [{"keyid": statements.keyid(public), "sig": "00" * 64}]},
        document | {"signatures": [{"keyid": statements.keyid(public), "sig": "zz"}]},
        document | {"signatures": None},
        document | {"signed": {"type": "t", "a": 1.5}},
        renamed,
    ]
    for forged in forgeries:
        assert refusal(statements.verify, json.dumps(forged).encode(), public, name="f").code == "signature"


@pytest.mark.parametrize(
    "file",
    [b"", b"{}", b"[]", b"null", b'{"signed":1}', b'{"signed":{}}', b'{"signed":[]}', b"\xff", b'{"signed":{"type":NaN',
     b'{"signed":' + b"[" * 100_000, b'{"signed":{"type":"t","a":' + b"9" * 5_000 + b"}}"],
)  # fmt: skip
def test_bytes_that_are_no_statement_are_refused_in_words(file):
    assert refusal(statements.read, file, "t", name="f").code in ("statement-malformed", "statement-type")


# ---- trees ----------------------------------------------------------------------------------------------------


def reference(leaves):
    """RFC 6962 §2.1 as it is written there."""
    if not leaves:
        return merkle.EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return merkle.node_hash(reference(leaves[:k]), reference(leaves[k:]))


def test_a_growing_tree_has_at_every_size_the_root_of_the_definition():
    leaves = [merkle.leaf_hash(b"%d" % n) for n in range(71)]
    tree = merkle.Tree()
    for size in range(71):
        assert tree.size == size
        assert tree.root() == merkle.root(leaves[:size]) == reference(leaves[:size])
        tree.append(leaves[size])


@needs(MERKLE)
def test_inclusion_vectors_of_others_lead_to_our_root():
    cases = [case["vector"] for case in json.loads((MERKLE / "inclusion_vectors.json").read_text())]
    good = [case for case in cases if not case["wantErr"]]
    assert len(good) >= 5
    for case in good:
        assert folded(case) == b64decode(case["root"]), case["desc"]


def folded(case):
    """The root that a published proof gives with our hashes (RFC 9162 §2.1.3.2)."""
    fn, sn, r = case["leafIdx"], case["treeSize"] - 1, b64decode(case["leafHash"])
    for p in map(b64decode, case["proof"] or []):
        if fn & 1 or fn == sn:
            r = merkle.node_hash(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = merkle.node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    return r


# ---- canonical JSON -------------------------------------------------------------------------------------------

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
ascii_keys = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(max_codepoint=127)), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(plain)
def test_canonical_bytes_read_back_as_the_value_and_become_themselves_again(value):
    data = canonical(value)
    assert json.loads(data) == value
    assert canonical(json.loads(data)) == data


@given(ascii_keys)
def test_the_fast_encoder_of_the_record_writes_canonical_json(value):
    assert msgspec.json.Encoder(order="sorted").encode(value) == canonical(value)


def test_the_fast_encoder_agrees_on_every_character_there_is():
    everything = [chr(c) for c in range(sys.maxunicode + 1) if not 0xD800 <= c <= 0xDFFF]
    encode = msgspec.json.Encoder(order="sorted").encode
    for start in range(0, len(everything), 4096):
        text = "".join(everything[start : start + 4096])
        assert encode(text) == canonical(text)


def test_keys_sort_by_utf_16_as_the_rfc_says():
    assert canonical({"\ufb33": 1, "\U0001f600": 2, "\u20ac": 3, "1": 4}).decode() == (
        '{"1":4,"\u20ac":3,"\U0001f600":2,"\ufb33":1}'
    )


@pytest.mark.parametrize(
    "value", [1.0, float("nan"), 2**53, -(2**53), b"x", {1: 2}, {"a": {2.5}}, "\ud800", {"\udfff": 1}]
)
def test_what_has_no_single_form_is_refused(value):
    with pytest.raises((TypeError, ValueError)):
        canonical(value)
