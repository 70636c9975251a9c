"""The draw against its published known answers (docs/draw.md §12), and against the plainest way to write it."""

import hashlib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bank.canonical import canonical, digest
from bank.composing.assembly import Assembler
from bank.composing.draw import WORDS, Sampler, Stream, commit, form_key, keyed, lp, seed
from bank.content import ItemType, Level
from bank.draw_facts import ItemFacts, pool_root
from bank.merkle import leaf_hash
from bank.rules import ANY, Cell, ItemOrder, MultipleScoring, Rule, TypeMargin
from bank.rules.parts import ChapterMargin, Grading

SESSION = "2026-11-21/S001"
RECORDS = [{"id": f"Q{n:04d}", "options": 4, "rev": 1, "stratum": f"T{n % 4 + 1}"} for n in range(1, 41)]
RULES = {"enemies": [["Q0001", "Q0005"]], "sets": [], "take": {"T1": 3, "T2": 3, "T3": 2, "T4": 2}, "v": 1}
SHARES = {"bureau": bytes(range(32)), "school": bytes(range(32, 64)), "witness": bytes(range(64, 96))}
ROOT = bytes.fromhex("3721b7122e11373054fd69946d5173ccf0be7189374d584a57c58857f041f9dc")
RULE_HASH = bytes.fromhex("78253ae3915ef9d06a4ea50c684d0a61a8c9d37685f523d79f0a1a1e3b438b96")
SEED = bytes.fromhex("5b3000558417d2acbc46bb5a4963a8eb55e3545cc5515dc43e34b40a09c6c640")
PAPERS = {
    1: (
        1,
        "c6ed456d2d6a7d47ecdfaf928853f681edaab4b02d07c26a29f88b194ea0ea6a",
        "Q0002:BDAC Q0003:CDAB Q0016:ADBC Q0029:CDBA Q0039:BDCA Q0012:CBDA Q0013:CBDA Q0040:ADCB Q0006:ADCB Q0005:ADCB",
        "f75068023587ffc24bc7bee6107ae67095d2da97ef71901e14fae5e16c1dccab",
    ),
    2: (
        0,
        "4a729f0085d38e9dc8294d0d56e3280a3d9d0a892d2d86e49708b674be8c287b",
        "Q0015:ACDB Q0037:BCAD Q0036:BCAD Q0019:DBCA Q0033:BADC Q0025:ADCB Q0020:BCDA Q0034:ACBD Q0010:CDBA Q0024:DBAC",
        "8d587cc69fd16848816a59e68819ffa3aca9de5cb2fd4458909b89890297bc1c",
    ),
    3: (
        0,
        "6a4cb2e31f25dcd1462a82862db1fe9e7cb43a709675e29d8d644b9ef24200fe",
        "Q0005:DACB Q0025:DABC Q0008:ADBC Q0032:CABD Q0039:DCBA Q0004:ABDC Q0029:CABD Q0015:ABDC Q0014:DCAB Q0006:CABD",
        "12278df1055c3c3f87384d8b76aabfa78c1f781efbd06ca3173e1e5061491239",
    ),
}


class NamedCell(Cell):
    """The known answers name their strata T1 to T4; in our rules the name follows from type, chapter and level."""

    @property
    def stratum(self) -> str:
        return self.chapter


def known_rule() -> Rule:
    cells = tuple(NamedCell(ItemType.SINGLE, name, ANY, count, 1) for name, count in RULES["take"].items())
    return Rule(
        id="KAT",
        version=1,
        name="known answers",
        source="docs/draw.md",
        effective_from=None,
        effective_to=None,
        grading=Grading.SITE,
        minutes=1,
        total_points=10,
        pass_points=8,
        multiple_scoring=MultipleScoring.ALL_OR_NOTHING,
        item_order=ItemOrder.ALL,
        type_order=(ItemType.SINGLE,),
        shuffle_options=True,
        difficulty=None,
        pool_multiple=1,
        min_accept=100,
        attempts=10_000,
        mandatory={},
        types={ItemType.SINGLE: TypeMargin(10, 1)},
        chapters={cell.chapter: ChapterMargin(cell.chapter, cell.count) for cell in cells},
        levels={ANY: 10},
        cells=cells,
    )


def known_pool() -> list[ItemFacts]:
    enemies = {"Q0001": ("E1",), "Q0005": ("E1",)}
    return [
        ItemFacts(
            id=record["id"],
            rev=1,
            stratum=record["stratum"],
            type=ItemType.SINGLE,
            chapter=record["stratum"],
            level=Level.NONE,
            points=1,
            p4=0,
            options=4,
            locked=(),
            enemies=enemies.get(record["id"], ()),
            tags=(),
            content="",
            salt="",
        )
        for record in RECORDS
    ]


def test_a_pool_leaf_and_the_pool_root_are_the_known_ones():
    assert canonical(RECORDS[0]) == b'{"id":"Q0001","options":4,"rev":1,"stratum":"T2"}'
    assert leaf_hash(canonical(RECORDS[0])).hex() == "58232c4222f7e0bcd1818fefc366c7f063af46561960303fe8802a8bbfa23f6f"
    assert pool_root(reversed(RECORDS)) == ROOT.hex()


def test_the_rule_hash_is_the_known_one():
    expected = b'{"enemies":[["Q0001","Q0005"]],"sets":[],"take":{"T1":3,"T2":3,"T3":2,"T4":2},"v":1}'
    assert canonical(RULES) == expected
    assert digest(RULES) == RULE_HASH.hex()


@pytest.mark.parametrize(
    ("party", "expected"),
    [
        ("bureau", "ea90d47ba5051bb505669331f87a562888daaeadda4c9d3ff265188df4ed4dea"),
        ("school", "17f326654581b008ecd0ec92b8f408be20f822d17e0fd3fd994a139563146dfc"),
        ("witness", "85a6ac7f9dc5266322208b57562097771632c6e4260c3ef8339ad7388a841f33"),
    ],
)
def test_each_commitment_is_the_known_one(party, expected):
    assert commit(party, SESSION, ROOT, RULE_HASH, SHARES[party]).hex() == expected


def test_the_seed_is_the_known_one_in_whatever_order_the_shares_come():
    assert seed(SESSION, ROOT, RULE_HASH, SHARES) == SEED
    assert seed(SESSION, ROOT, RULE_HASH, dict(reversed(SHARES.items()))) == SEED


@pytest.mark.parametrize("ordinal", PAPERS)
def test_each_form_is_the_known_one(ordinal):
    attempt, key, items, digest_ = PAPERS[ordinal]
    form = Assembler(known_pool(), known_rule(), SEED, SESSION).form(ordinal)
    assert form_key(SEED, SESSION, ordinal, attempt).hex() == key
    assert form.attempt == attempt
    assert " ".join(f"{item.id}:{item.order}" for item in form.items) == items
    assert form.digest == digest_


def test_the_stream_gives_the_known_words_and_numbers():
    key = form_key(SEED, SESSION, 3, 0)
    assert Stream(key, "kat").words(3) == (7138614390190844664, 5034247272668979937, 1714110099862080867)
    stream = Stream(key, "kat")
    assert [stream.below(10) for _ in range(12)] == [4, 7, 7, 2, 9, 7, 9, 8, 5, 7, 4, 7]


def test_numbers_below_2_to_63_plus_1_are_the_known_ones_after_five_rejected_words():
    key = form_key(SEED, SESSION, 3, 0)
    stream = Stream(key, "kat")
    assert [stream.below(2**63 + 1) for _ in range(4)] == [
        3543255203317887750,
        2215057603943415700,
        470776556697408049,
        7391029303668994306,
    ]
    assert stream.words(1)[0] == Stream(key, "kat").words(10)[-1]  # 4 numbers took 9 words: 5 were rejected


def plain_sample(words, sequence, k):
    """§6 of docs/draw.md, word for word."""
    words = iter(words)

    def below(n):
        while (word := next(words)) < WORDS % n:
            pass
        return word % n

    drawn = list(sequence)
    for i in range(k):
        j = i + below(len(drawn) - i)
        drawn[i], drawn[j] = drawn[j], drawn[i]
    return drawn[:k]


class ScriptedStream(Stream):
    """Gives words so small that SHAKE256 would hardly ever give them."""

    __slots__ = ("script",)

    def __init__(self, script):
        super().__init__(b"", "")
        self.script = list(script)

    def words(self, count):
        taken, self.script = self.script[:count], self.script[count:]
        return tuple(taken)


@given(st.data(), st.integers(1, 30))
def test_sampling_agrees_with_its_specification_also_where_words_are_rejected(data, n):
    k = data.draw(st.integers(0, n))
    script = data.draw(st.lists(st.integers(0, 40) | st.integers(0, WORDS - 1), max_size=60))
    script += [WORDS - 1 - i for i in range(30)]
    assert ScriptedStream(script).sample(range(n), k) == plain_sample(script, range(n), k)


def test_of_two_to_64_words_those_below_the_remainder_are_thrown_away_and_no_other():
    n = 3 << 62  # leaves a remainder of 2^62
    assert ScriptedStream([0, (1 << 62) - 1, 1 << 62]).below(n) == 1 << 62


@given(st.lists(st.integers(0, 40), min_size=1, max_size=20))
def test_words_read_in_pieces_are_the_words_read_at_once(pieces):
    stream = Stream(b"key", "label")
    in_pieces = [word for piece in pieces for word in stream.words(piece)]
    assert in_pieces == list(Stream(b"key", "label").words(sum(pieces)))


def test_the_stream_is_shake256_of_the_length_prefixed_parts():
    data = hashlib.shake_256(lp(b"exam-drbg-v1") + lp(b"key") + lp("标签".encode())).digest(16)
    assert Stream(b"key", "标签").words(2) == (int.from_bytes(data[:8], "big"), int.from_bytes(data[8:], "big"))


def test_numbers_are_uniform():
    stream = Stream(b"k" * 32, "chi")
    counts = Counter(stream.below(7) for _ in range(70_000))
    assert sum((counts[n] - 10_000) ** 2 / 10_000 for n in range(7)) < 22.5  # χ²(6) at .001; the input is fixed


def test_a_share_changed_in_one_bit_changes_the_seed():
    other = SHARES | {"school": bytes([SHARES["school"][0] ^ 1]) + SHARES["school"][1:]}
    assert seed(SESSION, ROOT, RULE_HASH, other) != SEED


@pytest.mark.parametrize("k", [1, 2, 5])
def test_a_prepared_sampler_gives_what_the_stream_gives(k):
    for n in range(20):
        key, items = bytes([n]) * 32, list(range(5 + n))
        assert Sampler(f"select/{n}", k).sample(key, keyed(key), items) == Stream(key, f"select/{n}").sample(items, k)


def test_a_prepared_sampler_goes_on_where_a_word_is_thrown_away():
    key, items = bytes(32), list(range(7))
    sampler = Sampler("kat", 3)
    sampler._unpack = lambda _bytes: (0, 0, 0)  # 0 is thrown away: 2^64 is no multiple of seven
    assert sampler.sample(key, keyed(key), items) == Stream(key, "kat").sample(items, 3)
