"""An adversary's table: each attack in a line, and the code it is refused with. To add one, add a line.

REVIEW is tried in a bank of one passphrase and, line by line the same, through the agent of a shared one. CUSTODY is
tried on the files of a shared bank, by somebody who has them all but not enough holders. AGENT is tried by a program of
the same user while the bank is open. JOURNAL is what somebody writes into the journal, and what its check finds.
"""

import dataclasses
import json
import os
import secrets
import shutil
import tempfile
import threading
from datetime import date
from pathlib import Path

import pytest

from bank import agent, journal
from bank.agent import channel
from bank.authoring import authorship, lifecycle, people, reading
from bank.authoring.people import Role
from bank.authoring.review import Act
from bank.canonical import canonical
from bank.content import Content, ItemType, Option
from bank.custody import Custody, Offered, Opening, hand_over, journal_report, restore
from bank.item import AnswerKey, Item
from bank.journal import Journal
from bank.refused import Refused
from bank.seal import shares, statements
from bank.store import Bank, provisions
from tests.reviewing import approve, read

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the Windows half of the line has not been tried")

PASSPHRASE = "correct horse battery"
HOLDERS = [("王强", "王强的密码句子一二三"), ("李丽", "李丽的密码句子一二三"), ("赵敏", "赵敏的密码句子一二三")]
BOTH, AUTHOR = frozenset({Role.AUTHOR, Role.REVIEWER}), frozenset({Role.AUTHOR})
DAY = "2026-01-01T00:00:00Z"


def item(number, right=0):
    content = Content(ItemType.SINGLE, f"第 {number} 题：先做什么？", tuple(map(Option, ("验电", "合闸", "离开"))))
    return Item(content, AnswerKey((right,)), "1")


# ---- the worlds ------------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class World:
    """A bank with an item handed in by 李 (1), a draft of 李's that 赵 handed in (2), a draft (3), an approved item (4)."""

    folder: Path
    hand: dict
    bank: object = None
    below: object = None
    """The Bank itself, for what only somebody with its key could do."""

    def item(self, number):
        return self.bank.items.newest(item(number).id)

    def __getattr__(self, name):
        return self.hand[name]

    def signed(self, act, number, who, by=None, **changed):
        """A statement as the bank gives it to sign, doctored, and signed by whomever."""
        if act is Act.APPROVE:
            read(self.bank, [self.item(number)], self.hand[who], at=self.below)
        (told,) = self.bank.reviews.to_sign(act, [self.item(number).number], who, DAY)
        return self.bank.reviews.perform([statements.sign(told | changed, self.hand[by or who].key)])

    def sql(self, statement):
        self.below.vault.connection.execute(statement)

    def saw_more(self, who):
        """This person has seen an act that the bank does not hold."""
        acts, _ = self.bank.history.head()
        self.hand[who].note(self.bank.vault.name, acts + 1, "00" * 32)
        return self.hand[who]


@pytest.fixture(scope="module", autouse=True)
def apart(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patched, tempfile.TemporaryDirectory(prefix="examd-") as run:
        patched.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patched.setenv("XDG_RUNTIME_DIR", run)  # short: a socket's address is
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The bank of one passphrase, the same bank shared, and the people's keys."""
    folder = tmp_path_factory.mktemp("made")
    hand = {name: people.create(folder / f"{name}.key", PASSPHRASE) for name in ("li", "wang", "zhao", "stranger")}
    with Bank.create(folder / "single", PASSPHRASE) as bank:
        lifecycle.enrol(bank, hand["li"], "李明", BOTH)
        lifecycle.enrol(bank, hand["wang"], "王芳", BOTH)
        lifecycle.enrol(bank, hand["zhao"], "赵华", AUTHOR, [hand["li"], hand["wang"]])
        lifecycle.add(bank, [item(n) for n in (1, 2, 3, 4)], hand["li"])
        one, two, _three, four = (bank.items.newest(item(n).id) for n in (1, 2, 3, 4))
        lifecycle.submit(bank, [one, four], hand["li"])
        lifecycle.submit(bank, [two], hand["zhao"])
        approve(bank, [four], hand["wang"])
    shutil.copytree(folder / "single", folder / "shared")
    hand_over(Bank.open(folder / "shared", PASSPHRASE), HOLDERS, 2, reason="share")
    return folder, hand


@pytest.fixture
def world(made, tmp_path):
    folder, hand = made
    kept = {name: dataclasses.replace(each, seen=tmp_path / f"{name}.seen.json") for name, each in hand.items()}
    for name in kept:
        shutil.copy(folder / f"{name}.seen.json", tmp_path) if (folder / f"{name}.seen.json").exists() else None
    return World(tmp_path / "bank", kept)


@pytest.fixture
def single(made, world):
    shutil.copytree(made[0] / "single", world.folder)
    with Bank.open(world.folder, PASSPHRASE) as world.bank:
        world.below = world.bank
        yield world


@pytest.fixture
def served(made, world):
    """The shared bank, open behind its agent."""
    shutil.copytree(made[0] / "shared", world.folder)
    world.now = 0.0
    opening = Opening.begin(world.folder, present(world, 1, 3), hours=1, limit=2, witnesses=[])
    server = agent.Agent(opening, channel.listen(opening.custody.bank), 3600, lambda: world.now, [])
    thread = threading.Thread(target=server.serve)
    thread.start()
    world.below = opening.bank
    try:
        with agent.connect(world.folder, "test") as world.bank:
            yield world
    finally:
        server.stop("test")
        thread.join(10)


@pytest.fixture
def shared(made, world):
    """The shared bank, closed, as it lies on a disk; beside it an older copy of all of it."""
    shutil.copytree(made[0] / "shared", world.folder)
    with begin(world, 1, 2) as opening:
        opening.note("add", items=1)
    shutil.copytree(world.folder, world.folder.with_name("old"))
    begin(world, 2, 3).close()
    return world


def present(w, *indices, place=None):
    generation = Custody.read(w.folder).generation
    files = [(place or w.folder / "shares") / f"share-{generation}-{index}.json" for index in indices]
    return [(Offered.read(file), HOLDERS[index - 1][1]) for file, index in zip(files, indices, strict=True)]


def begin(w, *indices, given=None, **more):
    # Who brings a stick has its witness along; this user's own files are another machine's here.
    more.setdefault("witnesses", [w.folder.with_name("stick") / "seen.json"])
    return Opening.begin(w.folder, given or present(w, *indices), **{"hours": 1} | more)


def refused(call):
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.code


def invented():
    return [people.Keeper(name, journal.Ed25519PrivateKey.generate()) for name, _ in HOLDERS[:2]]


def keepers(w):
    """Two keyholders who vouch; of a bank that has none, somebody's."""
    if not (w.folder / "shares").exists():
        return invented()
    return [people.Keeper(each.head.holder, each.unseal(word).signing_key) for each, word in present(w, 1, 2)]


def repeal(w, by):
    return provisions.to_sign(w.bank.vault.name, "安全生产法", "2099-01-01", by, DAY)


# ---- review ----------------------------------------------------------------------------------------------------------

REVIEW = {
    "approve one's own item": ("own-item", lambda w: lifecycle.approve(w.bank, [w.item(1)], w.li)),
    "approve what one wrote and another handed in": ("own-item", lambda w: lifecycle.approve(w.bank, [w.item(2)], w.li)),
    "return one's own item": ("own-item", lambda w: lifecycle.send_back(w.bank, [w.item(1)], w.li, "重写")),
    "approve without being a reviewer": (
        "person-lacks-role", lambda w: lifecycle.approve(w.bank, [w.item(1)], w.zhao),
    ),
    "approve as a stranger": ("person-unknown", lambda w: lifecycle.approve(w.bank, [w.item(1)], w.stranger)),
    "approve after one's work has ended": (
        "person-ended",
        lambda w: (lifecycle.end(w.bank, "wang", [w.wang]), lifecycle.approve(w.bank, [w.item(1)], w.wang)),
    ),
    "approve twice": ("act-not-possible", lambda w: lifecycle.approve(w.bank, [w.item(4)], w.wang)),
    "approve what nobody handed in": ("act-not-possible", lambda w: lifecycle.approve(w.bank, [w.item(3)], w.wang)),
    "edit the answer key, then have it approved": (
        "revision-answer-key-changed",
        lambda w: (
            w.sql("UPDATE answer_keys SET record = '{\"correct\":[2]}'"),
            approve(w.bank, [w.item(1)], w.wang, at=w.below),
        ),
    ),
    "approve unread": ("approve-unread", lambda w: lifecycle.approve(w.bank, [w.item(1)], w.wang)),
    "have the answer key changed after it was read": (
        "approve-unread",
        lambda w: (
            read(w.bank, [w.item(1)], w.wang, at=w.below),
            w.sql("UPDATE answer_keys SET record = '{\"correct\":[2]}'"),
            lifecycle.approve(w.bank, [w.item(1)], w.wang),
        ),
    ),
    "read at a program's pace": (
        "read-too-briefly",
        lambda w: (
            reader := w.bank.readings.challenge(),
            w.bank.readings.begin(reading.sign(w.bank.vault.name, w.wang, reader)),
            w.bank.readings.show(reader, w.item(1).number),
            w.bank.readings.read(reader),
        ),
    ),
    "read in another's name": (
        "signature",
        lambda w: w.bank.readings.begin(
            reading.sign(
                w.bank.vault.name, dataclasses.replace(w.stranger, id="wang"), w.bank.readings.challenge()
            )
        ),
    ),
    "edit an approved item": (
        "revision-content-changed",
        lambda w: (
            w.sql("UPDATE revisions SET content = CAST(replace(CAST(content AS TEXT), '先做', '后做') AS BLOB)"),
            w.bank.answer_keys.of([item(4).id]),
        ),
    ),
    "lift an item over the review": (
        "revision-state",
        lambda w: (w.sql("UPDATE revisions SET state = 'approved' WHERE number = 1"), w.bank.answer_keys.of([item(1).id])),
    ),
    "sign with one's own key in another's name": (
        "revision-signature", lambda w: w.signed(Act.APPROVE, 1, "wang", by="li"),
    ),
    "swap the revision that is signed": (
        "revision-content-changed", lambda w: w.signed(Act.APPROVE, 1, "wang", content="0" * 64),
    ),
    "sign for a revision that is not there": ("item-unknown", lambda w: w.signed(Act.APPROVE, 1, "wang", rev=2)),
    "leave out who had a hand in it": ("revision-history", lambda w: w.signed(Act.APPROVE, 2, "wang", hands=["zhao"])),
    "enrol one's key again under another name": (
        "person-exists",
        lambda w: lifecycle.enrol(
            w.bank, dataclasses.replace(w.li, id="limin"), "黎敏", BOTH, [w.wang, w.zhao]
        ),
    ),
    "enrol a puppet with nobody to vouch": ("person-needs-sponsors", lambda w: lifecycle.enrol(w.bank, w.stranger, "甲", BOTH)),
    "enrol a puppet that one person vouches for": (
        "person-needs-sponsors", lambda w: lifecycle.enrol(w.bank, w.stranger, "甲", BOTH, [w.li]),
    ),
    "let one person vouch twice": (
        "person-needs-sponsors", lambda w: lifecycle.enrol(w.bank, w.stranger, "甲", BOTH, [w.li, w.li]),
    ),
    "let one vouch whose work has ended": (
        "person-needs-sponsors",
        lambda w: (lifecycle.end(w.bank, "wang", [w.wang]), lifecycle.enrol(w.bank, w.stranger, "甲", BOTH, [w.li, w.wang])),
    ),
    "let keyholders vouch where people can": (
        "person-needs-sponsors", lambda w: lifecycle.enrol(w.bank, w.stranger, "甲", BOTH, keepers(w)),
    ),
    "be two people of one name": (
        "person-same-name", lambda w: lifecycle.enrol(w.bank, w.stranger, "李 明", BOTH, [w.li, w.wang]),
    ),
    "be two people of one name, the second with a letter that leaves no ink": (
        "person-same-name", lambda w: lifecycle.enrol(w.bank, w.stranger, "李明\N{HANGUL FILLER}", BOTH, [w.li, w.wang]),
    ),
    "take another's name when coming back with a new key": (
        "person-same-name",
        lambda w: (
            lifecycle.end(w.bank, "zhao", [w.zhao]),
            lifecycle.enrol(w.bank, w.stranger, "李明", BOTH, [w.li, w.wang], was="zhao"),
        ),
    ),
    "bring keyholders of one's own making": (
        "keeper-unknown",
        lambda w: (
            lifecycle.end(w.bank, "zhao", [w.zhao]),
            lifecycle.end(w.bank, "wang", [w.wang]),
            lifecycle.enrol(w.bank, w.stranger, "甲", BOTH, invented()),
        ),
    ),
    "approve one's own wording that one retired and another brought again": (
        "own-item",
        lambda w: (
            mine := lifecycle.begin(w.bank, item(9), w.wang),
            lifecycle.retire(w.bank, [mine], w.wang, "重复"),
            again := lifecycle.write(w.bank, mine.lineage, item(9), w.li),
            lifecycle.submit(w.bank, [again], w.li),
            lifecycle.approve(w.bank, [w.bank.items.newest(mine.lineage)], w.wang),
        ),
    ),
    "approve one's own wording that another brought back after one was approved": (
        "own-item",
        lambda w: (
            mine := lifecycle.begin(w.bank, item(9), w.wang),
            other := lifecycle.write(w.bank, mine.lineage, item(10), w.li),
            lifecycle.submit(w.bank, [other], w.li),
            lifecycle.enrol(w.bank, w.stranger, "孙梅", BOTH, [w.li, w.wang]),
            approve(w.bank, [w.bank.items.newest(mine.lineage)], w.stranger, at=w.below),
            again := lifecycle.write(w.bank, mine.lineage, item(9), w.li),
            lifecycle.submit(w.bank, [again], w.li),
            lifecycle.approve(w.bank, [w.bank.items.newest(mine.lineage)], w.wang),
        ),
    ),
    "say in somebody's name that their work has ended": (
        "signature",
        lambda w: w.bank.people.end(
            people.ending(w.bank.vault.name, "wang", DAY[:10], [dataclasses.replace(w.stranger, id="wang")])
        ),
    ),
    "write namelessly": ("drafts-unsigned", lambda w: w.bank.drafts.add([item(9)])),
    "change namelessly": ("drafts-unsigned", lambda w: w.bank.drafts.revise(item(3).id, item(9))),
    "write under another's name": (
        "person-unknown",
        lambda w: w.bank.drafts.write(
            new := authorship.drafts([item(9)]),
            authorship.sign(
                w.bank.vault.name, dataclasses.replace(w.stranger, id="li"), [each.line for each in new], DAY
            ),
        ),
    ),
    "put another wording under a writer's signature": (
        "drafts-altered",
        lambda w: w.bank.drafts.write(
            authorship.drafts([item(9)]),
            authorship.sign(w.bank.vault.name, w.li, [each.line for each in authorship.drafts([item(8)])], DAY),
        ),
    ),
    "hand in what nobody signed for having written": (
        "writer-unknown",
        lambda w: (w.sql("UPDATE answer_keys SET salt = 'another' WHERE revision = 3"), lifecycle.submit(w.bank, [w.item(3)], w.zhao)),
    ),
    "approve what one wrote and another adopted": (
        "own-item",
        lambda w: (
            mine := lifecycle.write(w.bank, item(3).id, item(3), w.wang),
            lifecycle.submit(w.bank, [mine], w.wang),
            lifecycle.approve(w.bank, [mine], w.li),
        ),
    ),
    "adopt what has a writer": ("writer-known", lambda w: lifecycle.adopt(w.bank, [w.item(3)], w.wang)),
    "say in the rows that another wrote it": (
        "revision-own-approval",
        lambda w: (
            mine := lifecycle.begin(w.bank, item(9), w.wang),
            w.sql("UPDATE revisions SET written_by = 'li' WHERE number = 5"),
            lifecycle.submit(w.bank, [mine], w.li),
            approve(w.bank, [mine], w.wang, at=w.below),
        ),
    ),
    "write over what has gone on": (
        "draft-of-older-revision",
        lambda w: (lifecycle.write(w.bank, item(4).id, item(9), w.li), lifecycle.write(w.bank, item(4).id, item(8), w.wang, rev=1)),
    ),
    "undo a repeal in another's name": (
        "signature",
        lambda w: (
            lifecycle.repeal(w.bank, "安全生产法", date(2026, 6, 1), w.li),
            w.bank.provisions.repeal(statements.sign(repeal(w, "li"), w.stranger.key)),
        ),
    ),
    "undo a repeal namelessly": ("statement-malformed", lambda w: w.bank.provisions.repeal(statements.sign(repeal(w, "")))),
    "end a reviewer who is in the way": ("person-needs-sponsors", lambda w: lifecycle.end(w.bank, "wang", [w.li])),
    "go on with an older copy than one has seen": (
        "bank-rolled-back", lambda w: lifecycle.approve(w.bank, [w.item(1)], w.saw_more("wang")),
    ),
    "accept a loss where there is none": ("loss-none", lambda w: lifecycle.accept_loss(w.bank, w.wang, "丢失")),
}  # fmt: skip


def test_the_journal_names_who_was_shown_how_much_and_what_did_not_leave_was_shown_to_nobody(served):
    w = served
    lifecycle.submit(w.bank, [w.item(3)], w.li)
    approve(w.bank, [w.item(1)], w.wang, at=w.below)
    read(w.bank, [w.item(2)], w.wang, at=w.below)
    reader = lifecycle.begin_reading(w.bank, w.wang)
    assert refused(lambda: w.bank.readings.show(reader, w.item(3).number)) == "export-limit"  # two may leave
    w.below.readings.clock = lambda: 1e9
    w.bank.readings.read(reader)
    assert w.bank.readings.by("wang") == [w.item(2).number]
    assert refused(lambda: lifecycle.approve(w.bank, [w.item(3)], w.wang)) == "approve-unread"
    entries = [line.entry for line in Journal.read(w.folder).lines]
    shown = [(entry.facts["by"], entry.facts["items"]) for entry in entries if entry.act == "show"]
    assert shown == [(["wang 王芳"], 1), (["wang 王芳"], 1)]
    assert [entry.facts["by"] for entry in entries if entry.act == "perform"] == [["li 李明"], ["wang 王芳"]]
    assert journal_report.inspect(w.folder).shown == {"wang 王芳": 2}


@pytest.mark.parametrize("bank", ["single", "served"])
@pytest.mark.parametrize("attack", REVIEW)
def test_review_refuses_by_name(attack, bank, request):
    code, tried = REVIEW[attack]
    world = request.getfixturevalue(bank)
    assert refused(lambda: tried(world)) == code


# ---- custody ---------------------------------------------------------------------------------------------------------


def other_bank(w):
    """Another bank of the same holders."""
    place = w.folder.with_name("other")
    hand_over(Bank.create(place, PASSPHRASE), HOLDERS, 2, reason="share")
    return place


def replaced(w):
    """李丽 leaves and keeps her share; so does 王强 his of before."""
    kept = shutil.copytree(w.folder / "shares", w.folder.with_name("kept"))
    people_ = [HOLDERS[0], ("周杰", "周杰的密码句子一二三"), HOLDERS[2]]
    hand_over(begin(w, 1, 3), people_, 2, reason="replace-holder")
    return [(Offered.read(kept / f"share-1-{n}.json"), HOLDERS[n - 1][1]) for n in (1, 2)]


def forged_share(w):
    custody = Custody.read(w.folder)
    head = shares.Head(custody.bank, 1, 2, 3, 2, "李丽")
    share = shares.Share(head, shares.split(secrets.token_bytes(32), 2, 3)[1], journal.Ed25519PrivateKey.generate())
    (w.folder / "shares/share-1-2.json").write_bytes(shares.seal(share, HOLDERS[1][1]))
    return present(w, 1, 2)


def edited(w, name, change):
    path = w.folder / name
    document = json.loads(path.read_bytes())
    change(document)
    path.write_bytes(canonical(document))


def lines(w, change):
    path = w.folder / "journal.jsonl"
    found = path.read_bytes().splitlines(keepends=True)
    change(found)
    path.write_bytes(b"".join(found))


def put_back(w, *names):
    for name in names:
        shutil.copy(w.folder.with_name("old") / name, w.folder / name)


CUSTODY = {
    "open alone": ("shares-too-few", lambda w: begin(w, 2)),
    "open with nobody": ("shares-too-few", lambda w: Opening.begin(w.folder, [], hours=1)),
    "count one share twice": ("share-twice", lambda w: begin(w, 2, 2)),
    "open another's share with one's own passphrase": (
        "wrong-passphrase", lambda w: begin(w, given=[(each, HOLDERS[0][1]) for each, _ in present(w, 1, 2)]),
    ),
    "bring a share of another bank": (
        "share-other-bank", lambda w: begin(w, given=[*present(w, 1), *present(World(other_bank(w), {}), 2)]),
    ),
    "bring shares of before a holder was replaced": ("share-old-generation", lambda w: begin(w, given=replaced(w))),
    "mix an old share with a new one": (
        "share-old-generation", lambda w: (old := replaced(w), begin(w, given=[old[1], *present(w, 1)])),
    ),
    "forge a share": ("share-stranger", lambda w: begin(w, given=forged_share(w))),
    "say on a share that it is another's": (
        "share-altered",
        lambda w: (
            edited(w, "shares/share-1-1.json", lambda file: file.update(index=3, holder="赵敏")),
            begin(w, given=[*present(w, 2), (Offered.read(w.folder / "shares/share-1-1.json"), HOLDERS[0][1])]),
        ),
    ),
    "let one holder be enough": (
        "custody-altered", lambda w: (edited(w, "custody.json", lambda file: file["signed"].update(need=1)), begin(w, 1)),
    ),
    "put the vault of another bank in place": (
        "vault-wrong-key", lambda w: (shutil.copy(other_bank(w) / "bank.db", w.folder / "bank.db"), begin(w, 1, 2)),
    ),
    "share a shared bank again": (
        "bank-is-shared", lambda w: hand_over(begin(w, 1, 2).bank, HOLDERS, 2, reason="share"),
    ),
    "open for longer than a day": ("hours-out-of-range", lambda w: begin(w, 1, 2, hours=25)),
    "roll back the whole folder": (
        "bank-copy-older", lambda w: (put_back(w, "bank.db", "journal.jsonl"), begin(w, 1, 2)),
    ),
    "roll back the vault": ("vault-behind", lambda w: (put_back(w, "bank.db"), begin(w, 1, 2))),
    "roll back the journal": ("journal-behind", lambda w: (put_back(w, "journal.jsonl"), begin(w, 1, 2))),
    "cut the last line off the journal": ("journal-behind", lambda w: (lines(w, lambda found: found.pop()), begin(w, 1, 2))),
    "delete the journal": ("journal-behind", lambda w: ((w.folder / "journal.jsonl").unlink(), begin(w, 1, 2))),
    "alter a line of the journal": (
        "journal-unsound",
        lambda w: (
            lines(w, lambda found: found.__setitem__(3, found[3].replace(b'"items":1', b'"items":0'))),
            begin(w, 1, 2),
        ),
    ),
    "put a line into the journal": (
        "journal-unsound", lambda w: (lines(w, lambda found: found.insert(3, found[4])), begin(w, 1, 2)),
    ),
    "write rubbish into the journal": (
        "journal-malformed", lambda w: (lines(w, lambda found: found.append(b"{}\n")), begin(w, 1, 2)),
    ),
    "make the witness on a stick unreadable": (
        "seen-malformed", lambda w: ((w.folder.with_name("stick") / "seen.json").write_text("{"), begin(w, 1, 2)),
    ),
    "swap a file of a backup": (
        "backup-damaged",
        lambda w: (backup(w), shutil.copy(w.folder.with_name("old") / "bank.db", w.folder.with_name("backup") / "bank.db"),
                   restore(w.folder.with_name("backup"), w.folder.with_name("new"))),
    ),
    "sign a backup oneself": (
        "backup-damaged",
        lambda w: (
            backup(w), resigned(w.folder.with_name("backup") / "backup.json"),
            restore(w.folder.with_name("backup"), w.folder.with_name("new")),
        ),
    ),
}  # fmt: skip


def backup(w):
    with begin(w, 1, 2) as opening:
        opening.backup(w.folder.with_name("backup"))


def resigned(path):
    signed = json.loads(path.read_bytes())["signed"]
    path.write_bytes(statements.sign(signed, journal.Ed25519PrivateKey.generate()))


@pytest.mark.parametrize("attack", CUSTODY)
def test_custody_refuses_by_name(attack, shared):
    code, tried = CUSTODY[attack]
    assert refused(lambda: tried(shared)) == code


# ---- the open bank ---------------------------------------------------------------------------------------------------

AGENT = {
    "exceed the bound one item at a time": (
        "export-limit", lambda w: [w.bank.answer_keys.of([item(n).id]) for n in (1, 2, 3)],
    ),
    "ask for many under the name of one": (
        "export-limit",
        lambda w: list(w.bank.answer_keys.whole([dataclasses.replace(w.item(1), number=w.item(n).number) for n in (1, 2, 3)])),
    ),
    "guess answer keys": ("export-limit", lambda w: w.bank.drafts.weigh([item(n) for n in (1, 2, 3)])),
    "read answer keys off their distribution": ("export-limit", lambda w: w.bank.answer_keys.positions()),
    "prolong the hours by setting the clock": (
        "agent-closed", lambda w: (setattr(w.below, "until", 1 << 40), setattr(w, "now", 3600.0), closed(w)),
    ),
    "call a method that is not offered": ("agent-no-such-act", lambda w: w.bank._ask("drafts.take", {}, None)),
    "reach below the bank": ("agent-no-such-act", lambda w: w.bank._ask("vault.copy_under", {}, None)),
    "open a second agent": ("agent-already", lambda w: channel.listen(Custody.read(w.folder).bank)),
    "accept a loss for the keyholders": (
        "loss-not-accepted", lambda w: lifecycle.accept_loss(w.bank, w.saw_more("wang"), "丢失"),
    ),
    "back up over an altered journal": (
        "journal-unsound",
        lambda w: (
            lines(w, lambda found: found.__setitem__(1, found[1].replace(b'"shared"', b'"nobody"'))),
            w.bank.backup(w.folder.with_name("backup")),
        ),
    ),
}  # fmt: skip


def closed(w):
    """The line may be cut before it is answered: gone is gone."""
    try:
        w.bank.items.count()
    except Refused as refusal:
        if refusal.code == "agent-gone":
            refusal.code = "agent-closed"
        raise


@pytest.mark.parametrize("attack", AGENT)
def test_the_open_bank_refuses_by_name(attack, served):
    code, tried = AGENT[attack]
    assert refused(lambda: tried(served)) == code


# ---- the journal -----------------------------------------------------------------------------------------------------

JOURNAL = {
    "take a line out": ("journal-chain", lambda found: found.pop(3)),
    "put a line in again": ("journal-number", lambda found: found.insert(3, found[4])),
    "make a number smaller": ("journal-signature", lambda found: found[3]["entry"]["facts"].update(items=0)),
    "say that it was another day": ("journal-signature", lambda found: found[3]["entry"].update(at=5)),
    "take another entry's signature": ("journal-signature", lambda found: found[3].update(sig=found[4]["sig"])),
    "open without holders": ("journal-too-few-holders", lambda found: found[2].pop("vouched")),
    "open with one holder": ("journal-too-few-holders", lambda found: found[2]["vouched"].pop("1")),
    "sign with a session of one's own": (
        "journal-too-few-holders", lambda found: found[2]["entry"]["facts"].update(session="00" * 32),
    ),
    "let one holder be enough": (
        "journal-too-few-holders", lambda found: found[0]["entry"]["facts"]["custody"].update(need=1),
    ),
    "drop a holder": (
        "journal-too-few-holders", lambda found: found[0]["entry"]["facts"]["custody"]["holders"].pop(),
    ),
    "leave out the hour": ("journal-entry-malformed", lambda found: found[2]["entry"]["facts"].pop("until")),
    "begin later": ("journal-number", lambda found: found.pop(0)),
    "call the alteration accepted": (
        "journal-too-few-holders",
        lambda found: (
            found[3]["entry"]["facts"].update(items=0),
            found[5]["entry"]["facts"].update(accepted="x", lost=[{"code": "journal-unsound", "sha256": "00" * 32}]),
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("attack", JOURNAL)
def test_whatever_is_altered_in_the_journal_is_found(attack, shared):
    code, change = JOURNAL[attack]
    assert journal.check(Journal.read(shared.folder).lines).findings == []
    path = shared.folder / "journal.jsonl"
    found = [json.loads(line) for line in path.read_bytes().splitlines()]
    change(found)
    path.write_bytes(b"".join(canonical(line) + b"\n" for line in found))
    assert code in {each for _, each in journal.check(Journal.read(shared.folder).lines).findings}


def enrolling(w, names, *indices):
    """Opened by the first two holders, who and others vouch for new people."""
    with begin(w, 1, 2) as opening:
        for name in ("li", "wang", "zhao"):
            lifecycle.end(opening.bank, name, [w.hand[name]])
        given = [people.Keeper(each.head.holder, each.unseal(word).signing_key) for each, word in present(w, *indices)]
        return [
            lifecycle.enrol(
                opening.bank, people.create(w.folder.with_name(f"n{n}.key"), PASSPHRASE), name, BOTH, given
            ).vouched
            for n, name in enumerate(names)
        ]


def test_a_keyholder_vouches_for_others_and_not_for_themselves(shared):
    assert refused(lambda: enrolling(shared, ["王 强"], 1, 2)) == "person-needs-keepers"


def test_only_keyholders_by_whom_the_bank_is_open_vouch(shared):
    assert refused(lambda: enrolling(shared, ["孙梅"], 1, 3)) == "keeper-unknown"


def test_people_whom_two_keyholders_vouched_for_are_proved_from_the_journal(shared):
    assert enrolling(shared, ["孙梅"], 1, 2) == [("王强", "李丽")]
    with begin(shared, 2, 3) as opening:
        assert opening.bank.people.all()["n0"].vouched == ("王强", "李丽") and opening.bank.audit.findings() == []


def test_as_many_keyholders_vouch_as_open_the_bank(shared):
    with begin(shared, 1, 2, given=present(shared, 1, 2, 3)) as opening:
        opening.bank.people.keepers_needed = 3
        for name in ("li", "wang", "zhao"):
            lifecycle.end(opening.bank, name, [shared.hand[name]])
        signer, two = people.create(shared.folder.with_name("n.key"), PASSPHRASE), keepers(shared)
        assert refused(lambda: lifecycle.enrol(opening.bank, signer, "孙梅", BOTH, two)) == "person-needs-keepers"


def test_invented_keyholders_written_past_the_bank_vouch_for_nobody_and_are_found(single):
    """Whoever holds the bank alone writes what they like into it, and shares it with real people afterwards."""
    for name in ("li", "wang", "zhao"):
        lifecycle.end(single.bank, name, [single.hand[name]])
    false = invented()
    said = people.application(single.bank.vault.name, single.stranger, "甲", BOTH, false)
    single.bank.people.keepers = {statements.public_hex(each.key): each.name for each in false}
    single.bank.people.enrol(said)
    single.bank.people.keepers, single.bank.people._people = {}, None
    assert single.bank.people.all()["stranger"].vouched == ()
    assert [each.code for each in single.bank.audit.findings()] == ["person-stranger"]


def test_a_loss_that_the_keyholders_accepted_serves_for_that_opening_alone(shared):
    put_back(shared, "bank.db", "journal.jsonl")
    begin(shared, 1, 2, accept_loss="磁盘损坏").close()
    with begin(shared, 1, 2) as opening:
        shared.bank = opening.bank
        assert (
            refused(lambda: lifecycle.accept_loss(opening.bank, shared.saw_more("wang"), "丢失")) == "loss-not-accepted"
        )


def test_a_session_of_one_holder_cannot_write_itself_into_the_journal(shared):
    book, session = Journal.read(shared.folder), journal.Ed25519PrivateKey.generate()
    offered, passphrase = present(shared, 1)[0]
    facts = {"session": statements.public_hex(session), "until": 1 << 40, "epoch": 0}
    alone = {1: offered.unseal(passphrase).signing_key}
    book.append(book.next("opened", 1 << 39, facts).line(session, alone))
    assert (book.n, "journal-too-few-holders") in journal.check(book.lines).findings
    assert refused(lambda: begin(shared, 1, 2)) == "journal-unsound"
