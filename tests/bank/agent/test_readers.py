"""No door of an open bank lets many items out in nobody's name: whoever reads says it with a key of their own."""

import contextlib
import os
import shutil
import threading
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bank import agent
from bank.agent import Agent, channel, readers
from bank.authoring import lifecycle, people
from bank.authoring.fragments import Fragment
from bank.authoring.people import Role
from bank.authoring.review import State
from bank.content import Content, ItemType, Option
from bank.custody import Offered, Opening, hand_over
from bank.item import AnswerKey, Item
from bank.journal import Journal
from bank.lending import exchange, outgoing
from bank.lending.outgoing import ALONE, UNNAMED, Door
from bank.lending.slices import Body, Permission
from bank.refused import BadFile, Denied, Refused
from bank.seal import statements
from bank.seal.locks import Identity
from bank.store import Bank
from tests.reviewing import approve

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the Windows half of the line has not been tried")

PASSPHRASE = "correct horse battery"
PEOPLE = [("王强", "王强的密码句子一二三"), ("李丽", "李丽的密码句子一二三"), ("赵敏", "赵敏的密码句子一二三")]
DRAFTS = 400
"""More than one person may read alone."""
APPROVED = ALONE + 60
PICTURE = b"\x89PNG"


def item(number, **more):
    content = Content(ItemType.SINGLE, f"第 {number} 题：电气作业应先做什么？", (Option("验电"), Option("合闸")))
    return Item(content, AnswerKey((number % 2,)), **{"chapter": "1", "subject": "SP-ELV", "code": f"q{number}"} | more)


ITEMS = [item(n) for n in range(APPROVED)]


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A bank in shares, three people vouched for by its keyholders, and items that two of them made."""
    folder = tmp_path_factory.mktemp("readers")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_STATE_HOME", str(folder / "state"))
        hands = {name: people.create(folder / f"{name}.key", PASSPHRASE) for name in ("li", "wang", "zhao")}
        bank = Bank.create(folder / "bank", PASSPHRASE)
        for name in ("li", "wang"):
            lifecycle.enrol(bank, hands[name], name, frozenset(Role))
        lifecycle.add(bank, ITEMS, hands["li"])
        lifecycle.submit(bank, list(bank.items.outlines(state=State.DRAFT)), hands["li"])
        approve(bank, list(bank.items.outlines(state=State.IN_REVIEW)), hands["wang"])
        lifecycle.add(bank, [item(1_000 + n) for n in range(DRAFTS)], hands["li"])
        lifecycle.enrol(bank, hands["zhao"], "zhao", frozenset(Role), [hands["li"], hands["wang"]])
        hand_over(bank, PEOPLE, 2, reason="share")
    return folder


@pytest.fixture
def folder(filled, tmp_path):
    return Path(shutil.copytree(filled, tmp_path / "all")) / "bank"


@pytest.fixture
def hand(folder):
    return {name: people.unlock(folder.parent / f"{name}.key", PASSPHRASE) for name in ("li", "wang", "zhao")}


@contextlib.contextmanager
def serving(folder):
    files = [(Offered.read(folder / f"shares/share-1-{n}.json"), PEOPLE[n - 1][1]) for n in (1, 3)]
    opening = Opening.begin(folder, files, hours=1, limit=5_000)
    server = Agent(opening, channel.listen(opening.custody.bank), 3600, lambda: 0.0, [])
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        server.stop("test")
        thread.join(20)


@pytest.fixture
def opened(folder):
    with serving(folder) as server:
        yield server


def line(folder, said="test"):
    return agent.connect(folder, said)


def refused(code, call, *given, **named):
    with pytest.raises(Refused) as caught:
        call(*given, **named)
    assert caught.value.code == code, caught.value
    return caught.value.facts


def acts(folder, *names):
    return [each.entry for each in Journal.read(folder).lines if each.entry.act in names]


def numbers(bank, count, state=State.APPROVED):
    return [each.number for each in bank.items.outlines(state=state)][:count]


# ---- nobody ---------------------------------------------------------------------------------------------------------


def test_a_rule_is_checked_and_the_bank_counted_without_a_word_of_a_question_leaving(opened, folder):
    from bank.authoring import overview
    from bank.composing.availability import availability

    with line(folder) as bank:
        assert len(availability(bank, date(2026, 12, 1), Permission.EXAM, ["SP-ELV"]).items) == APPROVED
        assert overview.overview(bank, with_positions=False).items == APPROVED + DRAFTS
        assert acts(folder, "read") == []
        assert bank.status()["keys_out"] == 0


DOORS = {
    "all at once": lambda bank, some: list(bank.items.select()),
    "by number": lambda bank, some: bank.items.at(some),
    "one by one": lambda bank, some: [bank.items.at([each]) for each in some],
    "by name": lambda bank, some: [bank.items.find(f"q{n}") for n in range(len(some))],
    "newest": lambda bank, some: [bank.items.newest(each.id) for each in ITEMS[: len(some)]],
    "revisions": lambda bank, some: [bank.items.revisions(each.id) for each in ITEMS[: len(some)]],
    "as a session's contents": lambda bank, some: bank.items.contents([each.id for each in ITEMS[: len(some)]]),
    "answer keys": lambda bank, some: bank.answer_keys.of([each.id for each in ITEMS[: len(some)]]),
    "what comes nearest to a photo": lambda bank, some: bank.near_duplicates.recognise(
        [Fragment.parse(f"{n} 题电气作业应当先做") for n in range(200)], []
    ),
    "over many lines": lambda bank, some: [by_another_line(bank, each) for each in some],
}


def by_another_line(bank, number):
    with line(bank.directory) as other:
        return other.items.at([number])


@pytest.mark.parametrize("door", DOORS)
def test_by_no_door_more_than_a_few_items_leave_in_nobodys_name(opened, folder, door):
    with line(folder, "test " + door) as bank:
        some = numbers(bank, UNNAMED + 1)
        refused("reader-unnamed", DOORS[door], bank, some)
        (entry,) = acts(folder, "refused")
        assert (entry.facts["what"], entry.facts["said"][:4], "by" in entry.facts) == ("reader-unnamed", "test", False)


def test_whole_items_count_with_the_stems_that_were_read_before(opened, folder):
    with line(folder) as bank:
        first = bank.items.at(numbers(bank, UNNAMED))
        assert len(list(bank.answer_keys.whole(first))) == UNNAMED  # the same items: no more
        other = bank.items.outline(f"q{UNNAMED + 5}")
        refused("reader-unnamed", bank.items.at, [other.number])


def test_in_a_bank_of_samples_nobody_is_asked(tmp_path):
    with Bank.create(tmp_path / "bank", PASSPHRASE, sample=True) as bank:
        bank.drafts.add(ITEMS, approve_as_sample=True)
        hand_over(bank, PEOPLE, 2, reason="share")
    with serving(tmp_path / "bank"), line(tmp_path / "bank") as bank:
        assert len(list(bank.items.select())) == APPROVED
        exchange.export(bank, list(bank.items.outlines()), tmp_path / "out.jsonl", "", "", [])


# ---- one person, two ------------------------------------------------------------------------------------------------


def test_whoever_says_who_they_are_reads_as_many_as_one_may_and_the_journal_names_them(opened, folder, hand):
    with line(folder) as bank:
        bank.identify(hand["li"])
        assert len(bank.items.at(numbers(bank, ALONE))) == ALONE
        facts = refused("reader-alone", bank.items.find, f"q{ALONE}")
        assert (facts["names"], facts["read"], facts["most"]) == (["li li"], ALONE, ALONE)
        assert {tuple(each.facts.get("by", ())) for each in acts(folder, "read", "refused")} == {("li li",)}
    with line(folder) as again:  # another line of the same person
        again.identify(hand["li"])
        refused("reader-alone", again.items.find, f"q{ALONE}")
        again.identify()
        again.items.find(f"q{ALONE}")  # nobody: a few are left
    with line(folder) as two:
        two.identify(hand["li"], hand["wang"])
        assert len(list(two.items.select())) == APPROVED
        assert acts(folder, "read")[-1].facts["by"] == ["li li", "wang wang"]


def test_drafts_are_for_those_who_work_on_them_as_many_as_there_are(opened, folder, hand):
    with line(folder) as bank:
        drafts = numbers(bank, DRAFTS, State.DRAFT)
        refused("reader-unnamed", bank.items.at, drafts)
        bank.identify(hand["zhao"])
        assert len(list(bank.answer_keys.whole(bank.items.at(drafts)))) == DRAFTS > ALONE


def test_whoever_signs_for_an_act_has_said_who_they_are(opened, folder, hand):
    with line(folder) as bank:
        lifecycle.submit(bank, list(bank.items.outlines(state=State.DRAFT))[:2], hand["li"])
        assert len(bank.items.at(numbers(bank, UNNAMED + 1))) == UNNAMED + 1


def test_an_act_that_one_of_two_signs_sends_the_other_away_no_more(opened, folder, hand):
    with line(folder) as bank:
        bank.identify(hand["li"], hand["wang"])
        lifecycle.submit(bank, list(bank.items.outlines(state=State.DRAFT))[:2], hand["li"])
        assert len(bank.items.at(numbers(bank, ALONE + 1))) == ALONE + 1  # more than one person reads alone
    with line(folder) as other:
        other.identify(hand["wang"])
        lifecycle.submit(other, list(other.items.outlines(state=State.DRAFT))[2:4], hand["li"])
        assert other.asking == {"li"}  # who was not asking asks alone


def test_nobody_speaks_for_somebody_else_nor_in_another_opening(opened, folder, hand):
    with line(folder) as bank, line(folder) as other:
        session = bank.status()["session"]
        said = readers.to_sign(bank.vault.name, session, bank._reader, ["li"])
        signed = statements.sign(said, hand["li"].key)
        forged = statements.sign(said, hand["wang"].key)
        old = readers.to_sign(bank.vault.name, "00" * 32, bank._reader, ["li"])
        refused("signature", bank._ask, "agent.identify", {"statement": forged}, None)
        refused("signature", other._ask, "agent.identify", {"statement": signed}, None)  # overheard
        refused("signature", bank._ask, "agent.identify", {"statement": statements.sign(old, hand["li"].key)}, None)
        stranger = readers.to_sign(bank.vault.name, session, bank._reader, ["eve"])
        refused("person-unknown", bank._ask, "agent.identify", {"statement": statements.sign(stranger)}, None)
        nobody = statements.sign(readers.to_sign(bank.vault.name, session, bank._reader, []))
        refused("signature", bank._ask, "agent.identify", {"statement": nobody}, None)


# ---- taking out -----------------------------------------------------------------------------------------------------


def export(bank, count, tmp_path, *signers, to="省局命题处"):
    return exchange.export(bank, list(bank.items.outlines())[:count], tmp_path / "out.jsonl", "", to, signers)[0]


def test_what_is_exported_is_in_the_journal_with_who_what_how_many_and_to_whom(opened, folder, hand, tmp_path):
    with line(folder) as bank:
        refused("outgoing-unnamed", export, bank, 1, tmp_path)
        refused("outgoing-to-whom", export, bank, 1, tmp_path, hand["li"], to="")
        refused("outgoing-to-whom", export, bank, 1, tmp_path, hand["li"], to="一行\n两行")
        assert not (tmp_path / "out.jsonl").exists() and acts(folder, "take_out") == []
        assert export(bank, 120, tmp_path, hand["li"]).written == 120
        (entry,) = acts(folder, "take_out")
        told = {name: entry.facts[name] for name in ("by", "door", "items", "said", "to")}
        assert told == {"by": ["li li"], "door": "export", "items": 120, "said": "test", "to": "省局命题处"}
        (kept,) = bank.outgoing.all()
        assert (kept.by, kept.items, kept.to, kept.door) == (("li",), 120, "省局命题处", Door.EXPORT)
        assert bank.audit.broken_acts() == [] and bank.audit.findings() == []


def test_above_a_stated_number_a_day_a_second_person_signs_however_it_is_split(opened, folder, hand, tmp_path):
    with line(folder) as bank:
        refused("outgoing-needs-second", export, bank, ALONE + 1, tmp_path, hand["li"])
        refused("outgoing-needs-second", export, bank, ALONE + 1, tmp_path, hand["li"], hand["li"])
        export(bank, ALONE - 10, tmp_path, hand["li"])
        facts = refused("outgoing-needs-second", export, bank, 11, tmp_path, hand["li"])
        tried, undone = [each.entry for each in Journal.read(folder).lines][-2:]
        assert (tried.act, tried.facts["items"], undone.act, undone.facts["of"]) == ("take_out", 11, "undone", tried.n)
        assert (facts["today"], facts["items"], facts["most"]) == (ALONE - 10, 11, ALONE)
    with line(folder) as bank:
        refused("outgoing-needs-second", export, bank, 11, tmp_path, hand["li"])
        assert export(bank, APPROVED, tmp_path, hand["li"], hand["zhao"]).written == APPROVED
        assert acts(folder, "take_out")[-1].facts["by"] == ["li li", "zhao zhao"]
        assert len((tmp_path / "out.jsonl").read_text().splitlines()) == APPROVED


def test_reading_and_taking_out_are_one_account(opened, folder, hand, tmp_path):
    with line(folder) as bank:
        bank.identify(hand["li"])
        bank.items.at(numbers(bank, ALONE))
        outlines = list(bank.items.outlines())[ALONE:]
        refused("outgoing-needs-second", exchange.export, bank, outlines, tmp_path / "o.jsonl", "", "甲", [hand["li"]])


def test_a_slice_names_its_receiver_and_who_lent_it(opened, folder, hand, tmp_path):
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    ours = Body("SX", "省局", statements.public_hex(key), Identity.generate().recipient)
    city = Body("SX-01", "市局", statements.public_hex(other), Identity.generate().recipient)
    terms = {"permission": frozenset({Permission.EXAM}), "first": None, "until": date(2099, 12, 31)}
    with line(folder) as bank:
        names = [f"q{n}" for n in range(70)]
        args = (bank, ours, key, city, tmp_path / "stick")
        refused("outgoing-unnamed", exchange.lend, *args, **terms, names=names, signers=[])
        refused("outgoing-needs-second", exchange.lend, *args, **terms, signers=[hand["li"]])
        assert not (tmp_path / "stick").exists()
        before = len(acts(folder, "take_out"))
        assert exchange.lend(*args, **terms, names=names, signers=[hand["li"]]).items == 70
        assert exchange.lend(*args, **terms, signers=[hand["li"], hand["wang"]]).items == APPROVED
        first, second = acts(folder, "take_out")[before:]
        assert first.facts["to"] == f"市局 {statements.keyid(city.sign)[:16]}" and first.facts["door"] == "slice"
        assert second.facts["by"] == ["li li", "wang wang"]


def test_a_long_list_is_taken_out_like_an_export(opened, folder, hand):
    with line(folder) as bank:
        outlines = list(bank.items.outlines())
        assert len(exchange.listed(bank, outlines[:UNNAMED], [])) == UNNAMED
        refused("outgoing-unnamed", exchange.listed, bank, outlines[: UNNAMED + 1], [])
        assert len(exchange.listed(bank, outlines[:ALONE], [hand["zhao"]])) == ALONE
        refused("outgoing-needs-second", exchange.listed, bank, outlines, [hand["zhao"]])
        assert acts(folder, "take_out")[-1].facts["door"] == "list"


def test_what_was_signed_for_some_items_lets_no_others_out(opened, folder, hand):
    with line(folder) as bank:
        ids = [each.id for each in ITEMS[:70]]
        said = outgoing.to_sign(bank.vault.name, Door.EXPORT, ids, "甲", ["li"], "2026-12-01T00:00:00Z")
        signed = statements.sign(said, hand["li"].key)
        refused("statement-malformed", bank.outgoing.permit, signed, [each.id for each in ITEMS[1:71]])
        refused("statement-malformed", bank.outgoing.permit, statements.sign(said | {"items": 1}, hand["li"].key), ids)
        refused("signature", bank.outgoing.permit, statements.sign(said, hand["wang"].key), ids)
        refused("statement-malformed", bank.outgoing.permit, statements.sign(said | {"bank": "x"}, hand["li"].key), ids)
        bank.outgoing.permit(signed, ids)
        refused("outgoing-again", bank.outgoing.permit, signed, ids)
        assert len(bank.items.contents(ids)) == 70
        refused("reader-unnamed", bank.items.contents, [each.id for each in ITEMS[70 : 71 + UNNAMED]])


# ---- packages -------------------------------------------------------------------------------------------------------


def issue(bank, key, name, count=APPROVED, signers=()):
    ids = [each.id for each in ITEMS[:count]]
    exchange.take_out(bank, Door.ISSUE, ids, "S-1 SX-12 考点", signers, (key, name))
    return bank.items.contents(ids), bank.answer_keys.of(ids)


def test_a_package_leaves_in_the_issuing_bureaus_name_and_in_no_other_bureaus(opened, folder, hand):
    ours, strangers = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    with line(folder) as bank:
        contents, keys = issue(bank, ours, "市局")
        assert len(contents) == len(keys) == APPROVED
        (entry,) = acts(folder, "take_out")
        named = f"市局 {statements.keyid(statements.public_hex(ours))[:16]}"
        assert (entry.facts["by"], entry.facts["to"], entry.facts["door"]) == ([named], "S-1 SX-12 考点", "issue")
    with line(folder) as bank:
        refused("outgoing-other-bureau", issue, bank, strangers, "市局")
        refused("outgoing-other-bureau", issue, bank, strangers, "市局", signers=[hand["li"]])
        issue(bank, strangers, "新局", signers=[hand["li"], hand["wang"]])
        issue(bank, strangers, "新局")


# ---- pictures -------------------------------------------------------------------------------------------------------


def test_pictures_count_unless_their_item_was_read(tmp_path, hand):
    import hashlib

    shown = {hashlib.sha256(PICTURE + bytes([n])).hexdigest(): PICTURE + bytes([n]) for n in range(UNNAMED + 2)}
    with Bank.create(tmp_path / "bank", PASSPHRASE) as bank:
        for name in ("li", "wang"):
            lifecycle.enrol(bank, hand[name], name, frozenset(Role))
        with_pictures = [
            Item(Content(ItemType.SINGLE, f"图 {n}", (Option("甲"), Option("乙")), (sha256,)), AnswerKey((0,)), "1")
            for n, sha256 in enumerate(shown)
        ]
        lifecycle.add(bank, with_pictures, hand["li"], shown)
        hand_over(bank, PEOPLE, 2, reason="share")
    with serving(tmp_path / "bank"), line(tmp_path / "bank") as bank:
        items = bank.items.at(numbers(bank, UNNAMED, State.DRAFT))
        assert bank.media.find(items[0].content.media[0]) == shown[items[0].content.media[0]]
        others = [sha256 for sha256 in shown if sha256 not in {each.content.media[0] for each in items}]
        refused("reader-unnamed", bank.media.find, others[0])


def test_a_bank_of_one_passphrase_keeps_who_took_items_out_among_its_acts(tmp_path, hand):
    with Bank.create(tmp_path / "bank", PASSPHRASE) as bank:
        for name in ("li", "wang"):
            lifecycle.enrol(bank, hand[name], name, frozenset(Role))
        lifecycle.add(bank, ITEMS, hand["li"])
        outlines = list(bank.items.outlines(state=State.DRAFT))
        with pytest.raises(Denied, match="outgoing-unnamed"):
            exchange.export(bank, outlines[:1], tmp_path / "o.jsonl", "", "甲", [])
        with pytest.raises(Denied, match="outgoing-needs-second"):
            exchange.export(bank, outlines, tmp_path / "o.jsonl", "", "甲", [hand["li"]])
        with pytest.raises(BadFile, match="outgoing-to-whom"):
            exchange.export(bank, outlines, tmp_path / "o.jsonl", "", " ", [hand["li"], hand["wang"]])
        exchange.export(bank, outlines, tmp_path / "o.jsonl", "", "甲", [hand["li"], hand["wang"]])
        assert [each.by for each in bank.outgoing.all()] == [("li", "wang")] and bank.audit.findings() == []
