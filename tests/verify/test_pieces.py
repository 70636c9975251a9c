"""The arithmetic of the verifier against known answers that others published, and against the maker's own code."""

import json
import math
import struct
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shared import VECTORS, needs
from tests.verify import maker
from tools.verify import canonical, draw, merkle, notes, record, text
from tools.verify.draw import Cell, Draw, Item, Rule, Stream
from tools.verify.marks import score, wilson
from tools.verify.rules import times_10000

WYCHEPROOF = VECTORS / "wycheproof/ed25519_test.json"

SESSION = "2026-11-21/S001"
SHARES = {"bureau": bytes(range(32)), "school": bytes(range(32, 64)), "witness": bytes(range(64, 96))}
ROOT = bytes.fromhex("3721b7122e11373054fd69946d5173ccf0be7189374d584a57c58857f041f9dc")
RULE_HASH = bytes.fromhex("78253ae3915ef9d06a4ea50c684d0a61a8c9d37685f523d79f0a1a1e3b438b96")
SEED = bytes.fromhex("5b3000558417d2acbc46bb5a4963a8eb55e3545cc5515dc43e34b40a09c6c640")
KEY_3 = bytes.fromhex("6a4cb2e31f25dcd1462a82862db1fe9e7cb43a709675e29d8d644b9ef24200fe")


# docs/draw.md §12


def test_the_pool_root_is_the_known_one():
    records = [{"id": f"Q{n:04}", "options": 4, "rev": 1, "stratum": f"T{n % 4 + 1}"} for n in range(1, 41)]
    leaves = [merkle.leaf(canonical.encode(each)) for each in records]
    assert leaves[0].hex() == "58232c4222f7e0bcd1818fefc366c7f063af46561960303fe8802a8bbfa23f6f"
    assert merkle.Tree(leaves).root() == ROOT


def test_commitments_and_seed_are_the_known_ones():
    made = {party: draw.commitment(SESSION, party, ROOT, RULE_HASH, share) for party, share in SHARES.items()}
    assert {party: commit.hex() for party, commit in made.items()} == {
        "bureau": "ea90d47ba5051bb505669331f87a562888daaeadda4c9d3ff265188df4ed4dea",
        "school": "17f326654581b008ecd0ec92b8f408be20f822d17e0fd3fd994a139563146dfc",
        "witness": "85a6ac7f9dc5266322208b57562097771632c6e4260c3ef8339ad7388a841f33",
    }
    assert draw.seed_of(SESSION, ROOT, RULE_HASH, made, SHARES) == SEED


@pytest.mark.parametrize(
    ("ordinal", "attempt", "items", "digest"),
    [
        (
            1,
            1,
            "Q0002:BDAC Q0003:CDAB Q0016:ADBC Q0029:CDBA Q0039:BDCA "
            "Q0012:CBDA Q0013:CBDA Q0040:ADCB Q0006:ADCB Q0005:ADCB",
            "f75068023587ffc24bc7bee6107ae67095d2da97ef71901e14fae5e16c1dccab",
        ),
        (
            2,
            0,
            "Q0015:ACDB Q0037:BCAD Q0036:BCAD Q0019:DBCA Q0033:BADC "
            "Q0025:ADCB Q0020:BCDA Q0034:ACBD Q0010:CDBA Q0024:DBAC",
            "8d587cc69fd16848816a59e68819ffa3aca9de5cb2fd4458909b89890297bc1c",
        ),
        (
            3,
            0,
            "Q0005:DACB Q0025:DABC Q0008:ADBC Q0032:CABD Q0039:DCBA "
            "Q0004:ABDC Q0029:CABD Q0015:ABDC Q0014:DCAB Q0006:CABD",
            "12278df1055c3c3f87384d8b76aabfa78c1f781efbd06ca3173e1e5061491239",
        ),
    ],
)
def test_the_forms_are_the_known_ones(ordinal, attempt, items, digest):
    pool = [
        Item(f"Q{n:04}", n, f"T{n % 4 + 1}", "single", "", "none", 1, 0, 4, frozenset(),
             frozenset({"e"} if n in (1, 5) else ()), frozenset())
        for n in range(1, 41)
    ]  # fmt: skip
    take = {"T1": 3, "T2": 3, "T3": 2, "T4": 2}
    cells = tuple(Cell(stratum, "single", "any", "any", count, 1) for stratum, count in take.items())
    rule = Rule(cells, 1, 1, False, "all", (), True, 100, None, None, {}, 9, {})
    found, form = Draw(rule, pool, SEED, SESSION).form(ordinal)
    assert found == attempt
    assert " ".join(f"{id_}:{''.join('ABCD'[i] for i in order)}" for id_, order in form) == items
    assert draw.digest(form) == digest


def test_the_stream_is_the_known_one():
    assert draw.form_key(SEED, SESSION, 3, 0) == KEY_3
    stream = Stream(KEY_3, "kat")
    assert [stream.word() for _ in range(3)] == [7138614390190844664, 5034247272668979937, 1714110099862080867]
    stream = Stream(KEY_3, "kat")
    assert [stream.below(10) for _ in range(12)] == [4, 7, 7, 2, 9, 7, 9, 8, 5, 7, 4, 7]
    stream = Stream(KEY_3, "kat")
    assert [stream.below(2**63 + 1) for _ in range(4)] == [
        3543255203317887750,
        2215057603943415700,
        470776556697408049,
        7391029303668994306,
    ]


def test_a_long_stream_goes_on_where_it_was():
    stream = Stream(KEY_3, "kat")
    import hashlib

    raw = hashlib.shake_256(b"".join(map(draw.lp, (b"exam-drbg-v1", KEY_3, b"kat")))).digest(8 * 500)
    assert [stream.word() for _ in range(500)] == list(struct.unpack(">500Q", raw))


def test_the_target_rounds_a_half_up():
    cell = Cell("s", "single", "any", "any", 1, 1)
    rule = Rule((cell,), 1, 1, False, "none", (), False, 1, 0, None, {}, 1, {})

    def item(p4):
        return Item("i", 1, "s", "single", "", "none", 1, p4, 4, frozenset(), frozenset(), frozenset())

    assert draw.target_of(rule, {"s": [item(1), item(2)]}) == 2  # 1.5
    assert draw.target_of(rule, {"s": [item(1), item(1), item(2)]}) == 1  # 4/3
    assert draw.target_of(rule, {"s": [item(2), item(3)]}) == 3  # 2.5, where rounding to even would say 2


@given(st.integers(0, 10**9), st.integers(0, 9999))
def test_decimals_are_exact(whole, places):
    written = f"{whole}.{places:04}"
    assert times_10000(written) == Fraction(written) * 10_000


def test_decimals_may_be_short():
    assert (times_10000("0.25"), times_10000("3"), times_10000(None)) == (2500, 30_000, None)


# Merkle trees

CT_LEAVES = [bytes.fromhex(x) for x in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"
)]  # fmt: skip


def vectors(name):
    path = VECTORS / "merkle" / f"{name}_vectors.json"
    found = [each["vector"] | {"path": each["path"]} for each in json.loads(path.read_text())]
    # The numbered folders are over the eight reference leaves; the others show what a proof checker must refuse.
    return [each for each in found if each["path"].split("/")[1].isdigit() and not each["wantErr"]]


def audit_path(tree, index, first, end):
    """RFC 6962 §2.1.1, over the verifier's own subtrees."""
    if end - first == 1:
        return []
    split = 1 << ((end - first - 1).bit_length() - 1)
    if index < first + split:
        return [*audit_path(tree, index, first, first + split), tree.part(first + split, end)]
    return [*audit_path(tree, index, first + split, end), tree.part(first, first + split)]


def consistency_path(tree, old, first, end, whole):
    """RFC 6962 §2.1.2."""
    if old == end:
        return [] if whole else [tree.part(first, end)]
    split = 1 << ((end - first - 1).bit_length() - 1)
    if old <= first + split:
        return [*consistency_path(tree, old, first, first + split, whole), tree.part(first + split, end)]
    return [*consistency_path(tree, old, first + split, end, False), tree.part(first, first + split)]


def b64(data):
    import base64

    return base64.b64encode(data).decode()


@needs(VECTORS / "merkle")
def test_roots_and_audit_paths_are_the_published_ones():
    tree, seen = merkle.Tree(map(merkle.leaf, CT_LEAVES)), 0
    for vector in vectors("inclusion"):
        size, index = vector["treeSize"], vector["leafIdx"]
        seen += 1
        assert b64(tree.root(size)) == vector["root"], vector["path"]
        assert b64(tree.part(index, index + 1)) == vector["leafHash"], vector["path"]
        assert [b64(each) for each in audit_path(tree, index, 0, size)] == (vector["proof"] or []), vector["path"]
    assert seen >= 4


@needs(VECTORS / "merkle")
def test_roots_and_consistency_paths_are_the_published_ones():
    tree, seen = merkle.Tree(map(merkle.leaf, CT_LEAVES)), 0
    for vector in vectors("consistency"):
        old, new = vector["size1"], vector["size2"]
        seen += 1
        assert b64(tree.root(old)) == vector["root1"], vector["path"]
        assert b64(tree.root(new)) == vector["root2"], vector["path"]
        found = [b64(each) for each in consistency_path(tree, old, 0, new, True)]
        assert found == (vector["proof"] or []), vector["path"]
    assert seen >= 3


@given(st.lists(st.binary(max_size=8), max_size=40), st.data())
def test_the_root_at_every_size_is_the_rfcs_recursion(leaves, data):
    size = data.draw(st.integers(0, len(leaves)))
    assert merkle.Tree(map(merkle.leaf, leaves)).root(size) == maker.mth(leaves[:size])


def test_the_chain_is_what_the_format_says():
    import hashlib

    one = hashlib.sha256(b"examd/chain/v1" + bytes(32) + merkle.leaf(b"a")).digest()
    two = hashlib.sha256(b"examd/chain/v1" + one + merkle.leaf(b"b")).digest()
    assert record.chained(record.leaves_of(b"a\nb\n")) == two
    assert record.chained([]) == bytes(32)


# signatures


@needs(WYCHEPROOF)
def test_ed25519_accepts_and_refuses_as_published():
    seen = 0
    for group in json.loads(WYCHEPROOF.read_text())["testGroups"]:
        public = bytes.fromhex(group["publicKey"]["pk"])
        for test in group["tests"]:
            good = notes.verified(public, bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"]))
            assert good == (test["result"] == "valid"), test
            seen += 1
    assert seen > 50


def test_a_note_as_the_go_checksum_database_signs_it():
    """The example of Go's sumdb/note package: type 0x01, key name PeterNeumann, key id c74f20a3."""
    import base64

    public = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")[1:]
    assert notes.key_id("PeterNeumann", public, notes.SIGNATURE).hex() == "c74f20a3"
    message = b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    blob = base64.b64decode(
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    )
    assert blob[:4].hex() == "c74f20a3"
    assert notes.verified(public, blob[4:], message)


def test_a_cosignature_is_bound_to_its_time_name_and_kind():
    text_ = b"o\n1\n" + b64(bytes(32)).encode() + b"\n"
    line = maker.CHIEF.line("chief", 4, text_)
    note = notes.read(text_ + b"\n" + line)
    assert note.cosigned_by("chief", maker.CHIEF.public)
    assert not note.cosigned_by("site", maker.CHIEF.public)
    assert not note.signed_by("chief", maker.CHIEF.public)
    blob = bytearray(note.lines[0].key_id + note.lines[0].signature)
    blob[11] ^= 1  # a second earlier
    moved = f"— chief {b64(bytes(blob))}\n".encode()
    assert not notes.read(text_ + b"\n" + moved).cosigned_by("chief", maker.CHIEF.public)


@given(st.binary(max_size=200))
def test_a_garbled_note_is_refused_by_name(data):
    for _, note in notes.split(data):
        try:
            notes.read(note)
        except notes.BadNote as refusal:
            assert refusal.args[0] in text.SENTENCES


# canonical JSON

words = st.text(st.characters(codec="utf-8"), max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-canonical.LARGEST, canonical.LARGEST) | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_what_is_written_is_read_as_canonical(value):
    assert canonical.read(canonical.encode(value)) == (value, True)


def test_names_are_sorted_by_utf16_units():
    assert canonical.encode({"\ufb33": 1, "\U0001f600": 2, "a": 3}) == '{"a":3,"\U0001f600":2,"\ufb33":1}'.encode()


@pytest.mark.parametrize(
    "data",
    [b"1.0", b"1e3", b"NaN", b"Infinity", b"9007199254740992", b'"\\ud800"', b"[" * 100_000, b"\xff", b"", b"1" * 5000],
)
def test_what_two_readers_could_understand_differently_is_refused(data):
    with pytest.raises(canonical.NotJson):
        canonical.read(data)


@pytest.mark.parametrize("data", [b'{"a":1,"a":1}', b'{"b":1,"a":1}', b"-0", b' "a"', b'"\\u0061"', b'"\\/"', b"1\n"])
def test_other_spellings_are_not_canonical(data):
    assert not canonical.read(data)[1]


# marks and rates


@pytest.mark.parametrize(
    ("points", "multiple", "partial", "correct", "chosen", "expected"),
    [
        (2, False, False, {1}, {1}, 2),
        (2, False, True, {1}, {0}, 0),
        (2, True, False, {0, 2}, {0}, 0),
        (2, True, True, {0, 2}, {0}, 1),
        (2, True, True, {0, 1, 2}, {0}, 0),
        (2, True, True, {0, 1, 2}, {0, 1}, 1),
        (2, True, True, {0, 2}, {0, 1}, 0),
        (2, True, True, {0, 2}, {0, 1, 2}, 0),
        (2, True, True, {0, 2}, set(), 0),
        (2, True, True, {0, 2}, {2, 0}, 2),
        (3, True, True, {0, 1, 2, 3}, {3}, 0),
        (4, True, True, {0, 1, 2}, {0, 1}, 2),
    ],
)
def test_an_item_scores_what_the_format_says(points, multiple, partial, correct, chosen, expected):
    assert score(points, multiple, partial, correct, chosen) == expected


@pytest.mark.parametrize(
    ("x", "n", "low", "high"),
    [  # R, binom::binom.confint(method = "wilson")
        (0, 10, 0.0, 0.2775327999),
        (3, 10, 0.1077912674, 0.6032218525),
        (8, 12, 0.3906220889, 0.8618799089),
        (45, 50, 0.7863976856, 0.9565242351),
        (81, 263, 0.2552885199, 0.3662095770),
        (10, 10, 0.7224672001, 1.0),
    ],
)
def test_the_interval_is_wilsons(x, n, low, high):
    assert wilson(x, n) == pytest.approx((low, high), abs=5e-11)


@given(st.integers(1, 5000), st.data())
def test_two_roads_lead_to_the_same_interval(n, data):
    x = data.draw(st.integers(0, n))
    assert wilson(x, n) == pytest.approx(maker.Maker.wilson(x, n), abs=1e-7)
    assert all(math.isfinite(bound) for bound in wilson(x, n))
