"""Drafts from authors elsewhere: only their author can have made them, only the bank can open them, once."""

import base64
import contextlib
import dataclasses
import hashlib
import json
import os
import shutil
import tempfile
import threading
import time
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from bank import agent, custody
from bank.agent import channel
from bank.authoring import authorship, lifecycle, people, submissions
from bank.authoring.authorship import Draft
from bank.authoring.people import Role
from bank.authoring.review import State
from bank.authoring.submissions import Card
from bank.canonical import canonical
from bank.content import Background, Content, ItemType, Level, Option
from bank.custody import Offered, Opening
from bank.formats import jsonl
from bank.formats.bad_row import BadRow
from bank.formats.draft import finish
from bank.item import AnswerKey, Basis, Item, Number, Provenance, Translation
from bank.journal import Journal
from bank.places import Place
from bank.refused import BadFile, BrokenStore, Denied
from bank.seal import locks, statements
from bank.seal import passphrase as sealing
from bank.store import Bank
from tests.pictures import png
from tests.reviewing import approve

PASSPHRASE = "correct horse battery"
AT = "2026-11-21T08:00:00Z"
PNG = png(64, 64)
PICTURE = hashlib.sha256(PNG).hexdigest()


def item(number=1, correct=(0,), **more):
    options = tuple(map(Option, ("验电", "合闸", "离开")))
    content = Content(
        ItemType.SINGLE, f"第 {number} 题：电气作业应先做什么？{'甲乙丙丁戊己庚辛'[number % 8] * 9}", options
    )
    return Item(content, AnswerKey(correct), **({"chapter": "1", "code": f"q{number}"} | more))


def everything():
    """An item of each kind, with all that can be said of one."""
    ground = Background("某配电室检修。", (PICTURE,))
    english = Content(ItemType.SINGLE, "What comes first?", (Option("Test", (PICTURE,)), Option("Switch")))
    return [
        item(1, level=Level.MASTER, p4=1, explanation="先验电", basis="通则", enemies=("甲组",), tags=("公开",), locked=(1,)),
        Item(
            Content(ItemType.SINGLE, "先做什么？", (Option("看图", (PICTURE,)), Option("合闸")), (PICTURE,)),
            AnswerKey((0,)), "2.1", p4=8_765, bases=(Basis("通则"),), source="教材",
            translations=(Translation("en", english),), provenance=Provenance("李明", "某省", "x.csv"),
        ),
        Item(
            Content(ItemType.FILL, "安全电压不超过____", (), case=ground.sha256()),
            AnswerKey((), ("三十六伏",), Number("36", "0.5", ("V", "伏"))), "3", background=ground, place=2,
        ),
        Item(
            Content(ItemType.TRUEFALSE, "电流的单位是安培。", (Option("正确"), Option("错误"))),
            AnswerKey((0,)), "", locked=(0, 1),
        ),
        Item(Content(ItemType.MULTIPLE, "绝缘材料有", tuple(map(Option, "橡铜瓷"))), AnswerKey((0, 2)), "5", p4=10_000),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Argon2id is dear by design: keys and bank are made once."""
    folder = tmp_path_factory.mktemp("handin")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sealing, "MEMORY_KIB", 64)
        hands = {name: people.create(folder / f"{name}.key", PASSPHRASE) for name in ("li", "wang", "zhao")}
        with Bank.create(folder / "bank", PASSPHRASE) as bank:
            lifecycle.enrol(bank, hands["li"], "李明", frozenset({Role.AUTHOR}))
            lifecycle.enrol(bank, hands["wang"], "王芳", frozenset({Role.REVIEWER}))
            bank.submissions.card("某省题库")
        key = sealing.unseal((folder / "bank/bank.key").read_bytes(), PASSPHRASE, "bank-key")
    return folder, hands, key


@pytest.fixture
def hand(made):
    return made[1]


@pytest.fixture
def bank(made, tmp_path):
    folder = Path(shutil.copytree(made[0] / "bank", tmp_path / "bank"))
    with Bank.open_with_key(folder, made[2]) as bank:
        yield bank


@pytest.fixture
def card(bank):
    return bank.submissions.card("某省题库")


def packed(card, signer, items, media=None):
    places = [Place("items.xlsx", "单选", row) for row in range(2, 2 + len(items))]
    return submissions.pack(card, signer, items, places, media or {}, AT)


def forged(card, signer, body, **more):
    """What somebody with a key and no scruples can make of the format."""
    said = {
        "type": authorship.KIND,
        "v": 2,
        "at": AT,
        "author": signer.id,
        "bank": card.bank,
        "drafts": signed_of(body),
    }
    said |= {"sha256": hashlib.sha256(body).hexdigest()} | more
    return locks.seal(statements.sign(said, signer.key) + b"\n" + body, [card.recipient])


def signed_of(body):
    """The wordings of a body's lines, and something else for what is none."""
    found = []
    for each in body.splitlines():
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError, RecursionError, BadRow):
            found.append(("", "", 0))
            part = json.loads(each)
            ((_, draft),) = jsonl.read(canonical(part["item"]), "", set())
            made = finish(draft, submissions._sha256)
            found[-1] = Draft(made, part["salt"]).line
    return [list(each) for each in found]


def line(item_, **more):
    record = json.loads(canonical(submissions._record(item_))) | more
    return canonical({"item": record, "place": ["a.csv", "", 2], "salt": "ab" * 16}) + b"\n"


def refused(call, *args):
    with pytest.raises((Denied, BadFile, BrokenStore)) as caught:
        call(*args)
    return caught.value.code


def take(bank, sealed):
    return bank.submissions.take(sealed, "drafts.examd")


def untouched(bank):
    return bank.history.head(), list(bank.items.select(state=None))


def test_items_of_every_kind_arrive_equal_as_drafts_of_their_author(bank, card, hand):
    given = everything()
    taken = take(bank, packed(card, hand["li"], given, {PICTURE: PNG}))
    assert (taken.author, taken.name, taken.at, len(taken.rows.added), taken.rows.pictures) == ("li", "李明", AT, 5, 1)
    rows = taken.rows
    assert not (rows.already or rows.refused or rows.remarks or rows.near or rows.contradicting)
    held = list(bank.items.select(state=State.DRAFT))
    assert list(bank.answer_keys.whole(held)) == given and bank.media.find(PICTURE) == PNG
    assert {bank.history.events(each.number)[0].who for each in held} == {"li"}
    assert bank.audit.findings() == []


def test_who_packed_a_draft_cannot_approve_it(bank, card, hand, tmp_path):
    wang = dataclasses.replace(hand["wang"], seen=tmp_path / "wang.seen.json")
    li = dataclasses.replace(hand["li"], seen=tmp_path / "li.seen.json")
    both = dataclasses.replace(hand["zhao"], seen=tmp_path / "zhao.seen.json")
    lifecycle.enrol(bank, both, "赵敏", frozenset(Role), [li, wang])
    take(bank, packed(card, both, [item(7)]))
    drafts = list(bank.items.select(state=State.DRAFT))
    lifecycle.submit(bank, drafts, li)
    assert refused(lifecycle.approve, bank, drafts, both) == "own-item"
    approve(bank, drafts, wang)
    assert bank.items.count_states()[State.APPROVED] == 1


def test_weighing_says_the_same_and_changes_nothing(bank, card, hand):
    sealed, before = packed(card, hand["li"], everything(), {PICTURE: PNG}), untouched(bank)
    weighed = bank.submissions.weigh(sealed, "drafts.examd")
    assert untouched(bank) == before
    assert take(bank, sealed) == weighed


def test_what_is_there_contradicts_repeats_or_is_nearly_the_same_is_named_by_its_place(bank, card, hand):
    lifecycle.add(bank, [item(1), item(2)], dataclasses.replace(hand["li"], seen=bank.directory / "li.seen.json"))
    near = dataclasses.replace(item(2).content, stem=item(2).content.stem + "！")
    twin = structs.replace(item(2), content=near, code="q2b")
    taken = take(bank, packed(card, hand["li"], [item(1), item(2, (1,)), twin, item(3), item(3)])).rows
    assert (len(taken.added), len(taken.already)) == (2, 3)
    assert [place for place, _, _ in taken.contradicting] == [Place("items.xlsx", "单选", 3)] and taken.repeats == (
        Place("items.xlsx", "单选", 6),
    )
    ((place, near_by, there),) = taken.near
    assert (place, near_by.name, near_by.p4, near_by.differs, there) == (
        Place("items.xlsx", "单选", 4),
        "q2",
        10_000,
        (),
        None,
    )


def test_names_that_no_terminal_should_see_are_packed_as_ones_it_may(bank, card, hand):
    sealed = submissions.pack(
        card,
        hand["li"],
        [item(1), item(1)],
        [Place("a" * 255, "", 1), Place("b.zip", "x\x1b[2J" + "y" * 400, 7)],
        {},
        AT,
    )
    assert take(bank, sealed).rows.repeats == (Place("b.zip", "y" * 200, 7),)


def test_an_author_elsewhere_hands_in_another_wording_of_what_the_bank_has(bank, card, hand, tmp_path):
    li = dataclasses.replace(hand["li"], seen=tmp_path / "li.seen.json")
    lifecycle.add(bank, [item(1), item(2)], li)
    places = [Place("items.xlsx", "", row) for row in (2, 3, 4, 5)]
    given = [item(3), item(4), item(5), item(6)]
    of = {0: ("q1", 1), 1: ("q2", 7), 2: ("q9", 1)}
    sealed = submissions.pack(card, li, given, places, {}, AT, of)
    weighed = bank.submissions.weigh(sealed, "d")
    taken = take(bank, sealed)
    assert taken == weighed and taken.revised == ((places[0], "q1", 1),) and len(taken.rows.added) == 1
    assert [note.reason for note in taken.rows.refused] == ["draft-of-older-revision", "item-unknown"]
    assert taken.rows.refused[0].facts["newest"] == 1
    assert [each.id for each in bank.items.revisions(item(1).id)] == [item(3).id]  # one's own draft is written anew
    assert bank.audit.findings() == []


# ---- the adversary -------------------------------------------------------------------------------------------------


def test_a_file_is_taken_once_however_it_is_sealed_again(bank, card, hand):
    sealed = packed(card, hand["li"], [item(1)])
    take(bank, sealed)
    before = untouched(bank)
    assert refused(take, bank, sealed) == refused(bank.submissions.weigh, sealed, "x") == "drafts-taken"
    inside = locks.unseal(sealed, locks.Identity.from_text(bank.meta.value("drafts-key")), what="")
    assert refused(take, bank, locks.seal(inside, [card.recipient])) == "drafts-taken"
    assert untouched(bank) == before


def test_another_banks_drafts_are_refused_by_name(bank, card, hand):
    other = Card("ab" * 16, "别的题库", locks.Identity.generate().recipient)
    assert refused(take, bank, packed(other, hand["li"], [item(1)])) == "drafts-other-bank"


def test_who_may_open_it_for_one_bank_cannot_pass_it_on_to_another(bank, card, hand):
    theirs = locks.Identity.generate()
    sealed = packed(Card("ab" * 16, "别的题库", theirs.recipient), hand["li"], [item(1)])
    on = locks.seal(locks.unseal(sealed, theirs, what=""), [card.recipient])
    assert refused(take, bank, on) == "drafts-other-bank"


def test_drafts_of_a_bank_that_never_made_a_card_are_refused(hand, tmp_path, monkeypatch):
    monkeypatch.setattr(sealing, "MEMORY_KIB", 64)
    with Bank.create(tmp_path / "b", PASSPHRASE) as bank:
        card = Card(bank.vault.name, "b", locks.Identity.generate().recipient)
        assert refused(take, bank, packed(card, hand["li"], [item(1)])) == "drafts-no-card"


def test_only_enrolled_authors_at_work_are_taken_from(bank, card, hand):
    before = untouched(bank)
    assert refused(take, bank, packed(card, hand["zhao"], [item(1)])) == "person-unknown"
    named = dataclasses.replace(hand["zhao"], id="li")  # another key under an author's name
    assert refused(take, bank, packed(card, named, [item(1)])) == "person-unknown"
    assert refused(take, bank, packed(card, hand["wang"], [item(1)])) == "person-lacks-role"
    assert untouched(bank) == before
    sealed = packed(card, hand["li"], [item(1)])
    bank.people.end(people.ending(bank.vault.name, "li", "2026-11-21", [hand["li"]]))
    assert refused(take, bank, sealed) == "person-ended"


@pytest.mark.parametrize("part", ["statement", "item", "answer", "picture", "missing", "more"])
def test_what_was_altered_after_signing_is_refused_even_by_who_can_seal(bank, card, hand, part):
    key = locks.Identity.from_text(bank.meta.value("drafts-key"))
    head, *lines = locks.unseal(packed(card, hand["li"], everything(), {PICTURE: PNG}), key, what="").splitlines(True)
    if part == "statement":
        head = head.replace(AT.encode(), b"2026-11-22T08:00:00Z")
    elif part == "item":
        lines[0] = lines[0].replace("验电".encode(), "放电".encode())
    elif part == "answer":
        lines[0] = lines[0].replace(b'"answer":[0]', b'"answer":[1]')
    elif part == "picture":
        lines[-1] = canonical({"picture": base64.b64encode(PNG + b"x").decode()}) + b"\n"
    elif part == "missing":
        lines.pop(0)
    else:
        lines.append(lines[0])
    before = untouched(bank)
    assert refused(take, bank, locks.seal(b"".join([head, *lines]), [card.recipient])) == "drafts-altered"
    assert untouched(bank) == before


def test_every_flipped_or_cut_byte_of_the_sealed_file_is_refused(bank, card, hand):
    sealed = packed(card, hand["li"], [item(1)])
    before = untouched(bank)
    named = {"drafts-altered", "drafts-other-bank", "drafts-malformed"}
    for at in range(0, len(sealed), 7):
        assert refused(take, bank, sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]) in named
        assert refused(take, bank, sealed[:at]) in named
    assert refused(take, bank, sealed[:-9]) == "drafts-altered"
    assert untouched(bank) == before


@pytest.mark.parametrize(
    "body",
    [
        b"nonsense\n",
        b"{}\n",
        b'{"item":{"stem":"x"},"place":["a","",1],"salt":""}\n',
        b'{"item":{"stem":"x"},"of":7,"place":["a","",1],"salt":"' + b"ab" * 16 + b'"}\n',
        b'{"item":{},"place":["a","",1]}\n',
        b'{"item":[],"place":["a","",1]}\n',
        b'{"item":{"stem":"x"},"place":["a\\u001b[2J","",1]}\n',
        b'{"item":{"stem":"x"},"place":["a",""]}\n',
        b'{"item":{"stem":"x"},"place":["a","",-1]}\n',
        b'{"item":{"stem":"x"},"place":7}\n',
        b'{"item":{"stem":"x","stem":"y"},"place":["a","",1]}\n',
        b'{"item":{"stem":"x"}, "place":["a","",1]}\n',
        b'{"item":{"difficulty":0.5},"place":["a","",1]}\n',
        b'{"item":{"stem":"x"},"place":["a","",1]}',
        b'{"picture":"!!"}\n',
        b'{"picture":7}\n',
        b'{"picture":"aGFsbG8="}\n',
        b"[" * 100_000 + b"\n",
    ],
)
def test_an_enrolled_author_cannot_bring_in_what_is_no_item(bank, card, hand, body):
    before = untouched(bank)
    assert refused(take, bank, forged(card, hand["li"], body)) == "drafts-malformed"
    assert untouched(bank) == before


@pytest.mark.parametrize(
    "more",
    [
        {"v": 1},
        {"drafts": 7},
        {"drafts": [[1, "", 0]]},
        {"drafts": [["", "q1", 0]]},
        {"at": "\x1b[2J"},
        {"author": ""},
        {"author": 7},
        {"bank": None},
        {"sha256": 1},
        {"type": "x"},
        {"y": 1},
    ],
)
def test_a_statement_that_is_none_is_refused(bank, card, hand, more):
    assert refused(take, bank, forged(card, hand["li"], line(item(1)), **more)) == "drafts-malformed"


@pytest.mark.parametrize("sealed", [b"", b"nonsense", b"age-encryption.org/v1\n", b"PK\x03\x04" * 9])
def test_a_file_of_something_else_is_refused(bank, sealed):
    assert refused(take, bank, sealed) in {"drafts-malformed", "drafts-altered"}


def test_a_file_without_items_is_refused(bank, card, hand):
    assert refused(take, bank, forged(card, hand["li"], b"")) == "no-items"


def test_lines_that_make_no_sense_are_refused_with_their_place_and_the_rest_is_taken(bank, card, hand):
    body = (
        line(item(1), stem="\x1b[2J")
        + line(item(2), answer=[7])
        + line(item(3), images=["../../etc/passwd"])
        + line(item(4), images=["here.png"])
        + line(item(5), calibrated="0.99", surprise="x")
        + line(item(6), images=[f"sha256:{PICTURE}"])
    )
    taken = take(bank, forged(card, hand["li"], body)).rows
    reasons = [note.reason for note in taken.refused]
    assert reasons == ["control-character", "answer-out-of-range", "picture-path", "picture-path"]
    assert (taken.refused[0].file, taken.refused[0].sheet, taken.refused[0].row) == ("a.csv", "", 2)
    assert [note.reason for note in taken.remarks] == ["drafts-measured", "picture-missing", "column-not-read"]
    assert len(taken.added) == 2 and all(each.calibrated_p4 is None for each in bank.items.select(state=None))


def test_where_adding_fails_the_file_can_be_taken_again(bank, card, hand, monkeypatch):
    sealed, before = packed(card, hand["li"], [item(1)]), untouched(bank)

    def full(*_):
        raise BrokenStore("store-io", file="bank.db", error="No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("bank.store.drafts.keep", full)
        assert refused(take, bank, sealed) == "store-io"
    assert untouched(bank) == before
    assert len(take(bank, sealed).rows.added) == 1


# ---- the card --------------------------------------------------------------------------------------------------------


def test_the_card_is_the_same_whenever_it_is_asked_for_and_the_private_half_is_only_in_the_vault(bank, card):
    assert bank.submissions.card("某省题库") == card and card.bank == bank.vault.name
    assert Card.read(card.file(), "c") == card
    secret = bank.meta.value("drafts-key")
    bank.vault.checkpoint()
    for path in bank.directory.rglob("*"):
        assert not path.is_file() or secret.encode() not in path.read_bytes()
    assert secret not in repr(card) + str(bank.history.head())


def test_another_recipient_gives_another_fingerprint(card):
    other = dataclasses.replace(card, recipient=locks.Identity.generate().recipient)
    assert other.fingerprint != card.fingerprint
    assert dataclasses.replace(card, name="x").fingerprint == card.fingerprint


@pytest.mark.parametrize(
    "change",
    [{"recipient": "age1x"}, {"bank": "7"}, {"name": "\x1b"}, {"name": 7}, {"v": 2}, {"type": "x"}, {"more": 1}],
)
def test_a_card_that_is_none_is_refused(card, change):
    assert refused(Card.read, canonical(json.loads(card.file()) | change), "c") == "bank-card-malformed"
    for data in (b"", b"[]", b"7", b"\xff", b"{}", b"[" * 9_000):
        assert refused(Card.read, data, "c") == "bank-card-malformed"


# ---- through the agent -------------------------------------------------------------------------------------------------

HOLDERS = [("王强", "王强的密码句子一二三"), ("李丽", "李丽的密码句子一二三")]


@pytest.fixture
def remote(made, tmp_path, monkeypatch):
    """The bank in keyholders' hands, as a command reaches it; at most two answer keys may leave."""
    monkeypatch.setattr(sealing, "MEMORY_KIB", 64)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with tempfile.TemporaryDirectory(prefix="examd-") as run:  # short: a socket's address is
        monkeypatch.setenv("XDG_RUNTIME_DIR", run)
        folder = Path(shutil.copytree(made[0] / "bank", tmp_path / "shared"))
        custody.hand_over(Bank.open(folder, PASSPHRASE), HOLDERS, 2, reason="share")
        present = [(Offered.read(folder / f"shares/share-1-{n}.json"), HOLDERS[n - 1][1]) for n in (1, 2)]
        opening = Opening.begin(folder, present, hours=1, limit=2)
        server = agent.Agent(opening, channel.listen(opening.custody.bank), 3600, time.monotonic, [])
        thread = threading.Thread(target=server.serve)
        thread.start()
        try:
            with agent.connect(folder, "bank take") as bank:
                yield bank
        finally:
            server.stop("test")
            thread.join(10)


def journal(bank):
    return [line.entry for line in Journal.read(bank.directory).lines]


unix = pytest.mark.skipif(os.name == "nt", reason="the Windows half of the line has not been tried")


@unix
def test_an_open_shared_bank_takes_drafts_and_writes_it_down(made, remote, hand):
    before = made[0] / "bank"
    with Bank.open_with_key(before, made[2]) as bank:
        card = bank.submissions.card("某省题库")
    assert remote.submissions.card("某省题库") == card  # sharing gives the bank a new key; its card stays
    sealed = packed(card, hand["li"], everything(), {PICTURE: PNG})
    seen = []
    assert remote.submissions.weigh(sealed, "d") == remote.submissions.take(sealed, "d", lambda *at: seen.append(at))
    assert seen and remote.items.count_states() == {State.DRAFT: 5} and remote.media.find(PICTURE) == PNG
    noted = next(entry for entry in journal(remote) if entry.act == "take_drafts")
    assert (noted.facts["items"], noted.facts["said"]) == (5, "bank take")
    assert refused(take, remote, sealed) == "drafts-taken"


@unix
def test_no_answer_key_of_a_drafts_file_crosses_the_line(remote, hand, monkeypatch):
    """The keeper who takes the drafts in learns no more of them than of any other draft."""
    sealed = packed(remote.submissions.card("x"), hand["li"], [item(n, explanation="答案金丝雀") for n in range(3)])
    crossed = []
    receive = channel.receive
    monkeypatch.setattr(channel, "receive", lambda line: crossed.append(receive(line)) or crossed[-1])
    remote.submissions.weigh(sealed, "d")
    take(remote, sealed)
    told = b"".join(crossed)
    assert b"submissions.take" in told and "金丝雀".encode() not in told and "验电".encode() not in told


def test_what_a_draft_comes_to_is_computed_where_it_is_taken_whatever_was_sent_along():
    sent = msgspec.to_builtins(authorship.drafts([item(1)])[0]) | {"line": ["0" * 64, "", 0]}
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(sent), type=Draft).line[0] != "0" * 64


@unix
def test_guessing_answer_keys_by_drafts_counts_as_learning_them(remote, hand):
    card = remote.submissions.card("x")
    lifecycle.add(remote, [item(n) for n in range(3)], hand["li"])
    guesses = packed(card, hand["li"], [item(n, (1,)) for n in range(3)])
    assert refused(remote.submissions.weigh, guesses, "d") == refused(take, remote, guesses) == "export-limit"
    assert (
        len(remote.submissions.weigh(packed(card, hand["li"], [item(1), item(2, (1,))]), "d").rows.contradicting) == 1
    )
    assert remote.status()["keys_out"] == 2
