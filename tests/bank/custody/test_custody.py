"""Custody: nobody opens alone, nothing leaves unwritten, an older copy is seen for what it is."""

import json
import os
import shutil
from pathlib import Path

import pytest

from bank import custody, journal
from bank.canonical import canonical
from bank.content import Content, ItemType, Option
from bank.custody import Custody, Offered, Opening, hand_over, positions, unfinished
from bank.custody.holders import rebuild
from bank.item import AnswerKey, Item
from bank.journal import Journal
from bank.refused import BadFile, BrokenStore, Denied, Refused
from bank.seal import passphrase as sealing
from bank.seal import shares
from bank.store import Bank

PEOPLE = [("王强", "王强的密码句子一二三"), ("李丽", "李丽的密码句子一二三"), ("赵敏", "赵敏的密码句子一二三")]
NOW = 1_800_000_000


def item(number):
    return Item(Content(ItemType.SINGLE, f"第 {number} 题", (Option("甲"), Option("乙"))), AnswerKey((0,)), chapter="1")


ITEMS = [item(n) for n in range(120)]


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        self.now += 1
        return self.now


@pytest.fixture(autouse=True)
def apart(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def single(tmp_path):
    with Bank.create(tmp_path / "bank", "correct horse battery", sample=True) as bank:
        bank.drafts.add(ITEMS, approve_as_sample=True)
    return tmp_path / "bank"


@pytest.fixture
def shared(single, clock):
    hand_over(Bank.open(single, "correct horse battery"), PEOPLE, 2, reason="share", clock=clock)
    return single


def present(directory, *indices, place=None):
    generation = Custody.read(directory).generation
    files = [(place or directory / "shares") / f"share-{generation}-{index}.json" for index in indices]
    return [(Offered.read(file), PEOPLE[index - 1][1]) for file, index in zip(files, indices, strict=True)]


def begin(directory, *indices, clock=None, **more):
    return Opening.begin(directory, present(directory, *indices), hours=1, clock=clock or Clock(), **more)


def refusal(code, call, *args, **more):
    with pytest.raises(Refused) as caught:
        call(*args, **more)
    assert caught.value.code == code, caught.value
    return caught.value


def acts(directory):
    return [line.entry.act for line in Journal.read(directory).lines]


# ---- sharing ---------------------------------------------------------------------------------------------------


def test_after_sharing_any_two_open_the_bank_and_the_old_key_opens_nothing(single, clock):
    key = sealing.unseal((single / "bank.key").read_bytes(), "correct horse battery", "bank-key")
    done = hand_over(Bank.open(single, "correct horse battery"), PEOPLE, 2, reason="share", clock=clock)
    assert done.combinations == 3 and not (single / "bank.key").exists()
    refusal("vault-wrong-key", Bank.open_with_key, single, key)
    for pair in ((1, 2), (1, 3), (3, 2)):
        with begin(single, *pair) as opening:
            assert len(list(opening.bank.items.select())) == len(ITEMS) and opening.bank.vault.name == done.custody.bank
            assert opening.bank.vault.problems() == []


def test_nobody_opens_alone(shared):
    for one in (1, 2, 3):
        assert refusal("shares-too-few", begin, shared, one).facts == {"need": 2, "found": 1}
    refusal("share-twice", begin, shared, 2, 2)
    (alone, passphrase) = present(shared, 1)[0]
    words = alone.unseal(passphrase).words
    refusal("shares-do-not-fit", shares.rebuild, [words])
    refusal("shares-do-not-fit", shares.rebuild, [words, words])
    assert acts(shared) == ["shared", "closed"]


@pytest.mark.parametrize(
    ("people", "need", "code"),
    [
        (PEOPLE, 1, "shares-policy"), (PEOPLE[:1], 2, "shares-need-above"), (PEOPLE, 4, "shares-need-above"),
        ([PEOPLE[0], PEOPLE[0]], 2, "holder-twice"), ([PEOPLE[0], ("李丽", PEOPLE[0][1])], 2, "passphrase-shared"),
        ([PEOPLE[0], ("12", "李丽的密码句子一二三")], 2, "holder-name"),
        ([PEOPLE[0], ("李丽", "短")], 2, "passphrase-short"),
    ],
)  # fmt: skip
def test_a_sharing_that_cannot_be_leaves_the_bank_as_it_was(single, people, need, code):
    refusal(code, hand_over, Bank.open(single, "correct horse battery"), people, need, reason="share")
    assert not custody.is_shared(single)
    Bank.open(single, "correct horse battery").close()


# ---- a new key, a new holder ------------------------------------------------------------------------------------


def test_replacing_a_holder_makes_the_share_of_who_left_worthless(shared, clock, tmp_path):
    kept = tmp_path / "kept"
    shutil.copytree(shared / "shares", kept)
    before = rebuilt(shared, 1, 2)
    people = [PEOPLE[0], ("周杰", "周杰的密码句子一二三"), PEOPLE[2]]
    done = hand_over(begin(shared, 1, 3, clock=clock), people, 2, reason="replace-holder", clock=clock)
    assert [holder.name for holder in done.custody.holders] == ["王强", "周杰", "赵敏"]
    old = [(Offered.read(kept / f"share-1-{n}.json"), PEOPLE[n - 1][1]) for n in (1, 2)]
    assert refusal("share-old-generation", Opening.begin, shared, old, hours=1).facts["found"] == 1
    refusal("vault-wrong-key", Bank.open_with_key, shared, before)
    new = [(Offered.read(path), people[n][1]) for n, path in enumerate(done.files[:2])]
    Opening.begin(shared, new, hours=1, clock=clock).close()
    assert not list((shared / "shares").glob("share-1-*"))
    checked = journal.check(Journal.read(shared).lines)
    assert checked.findings == [] and acts(shared).count("shared") == 2


def rebuilt(directory, *indices):
    return rebuild(Custody.read(directory), [each.unseal(word) for each, word in present(directory, *indices)])


@pytest.mark.parametrize("at", ["before the switch", "after the switch", "after the journal"])
def test_a_handing_over_that_was_broken_off_is_finished_or_forgotten(single, clock, monkeypatch, at):
    """The power fails at each of the places where two files no longer agree."""

    class PowerCut(BaseException):
        pass

    def cut(*_args, **_more):
        raise PowerCut

    with monkeypatch.context() as patched:
        if at == "before the switch":
            patched.setattr(Path, "replace", _cut_at("bank.next.db", cut))
        elif at == "after the switch":
            patched.setattr(unfinished, "settle", cut)
        else:
            patched.setattr(unfinished, "destroy", cut)
        with pytest.raises(PowerCut):
            hand_over(Bank.open(single, "correct horse battery"), PEOPLE, 2, reason="share", clock=clock)
    if at == "before the switch":
        Bank.open(single, "correct horse battery").close()
        hand_over(Bank.open(single, "correct horse battery"), PEOPLE, 2, reason="share", clock=clock)
    else:
        refusal("vault-wrong-key", Bank.open, single, "correct horse battery")
    files = [single / f"shares/share-1-{n}.json" for n in (1, 2)]
    with Opening.begin(single, [(Offered.read(f), p) for f, (_, p) in zip(files, PEOPLE)], hours=1, clock=clock) as o:
        assert len(list(o.bank.items.select())) == len(ITEMS)
    assert custody.is_shared(single) and not (single / "bank.key").exists()
    assert not list(single.glob("*.next.*"))
    assert journal.check(Journal.read(single).lines).findings == []


def _cut_at(name, cut):
    whole = Path.replace

    def replace(self, target):
        return cut() if self.name == name else whole(self, target)

    return replace


def test_verifying_recombines_every_combination_and_opens_nothing(shared):
    opened = [each.unseal(word) for each, word in present(shared, 1, 2, 3)]
    assert custody.verify_shares(Custody.read(shared), opened) == 3
    assert acts(shared) == ["shared", "closed"]


# ---- what leaves is bounded and written --------------------------------------------------------------------------


def test_answer_keys_leave_up_to_the_bound_each_item_counted_once(shared):
    with begin(shared, 1, 2, limit=3) as opening:
        opening.let_answer_keys_out("answer_keys", ["a", "b"])
        opening.let_answer_keys_out("answer_keys", ["b", "a"])
        assert refusal("export-limit", opening.let_answer_keys_out, "whole", ["c", "d"]).facts == {
            "limit": 3, "used": 2, "wanted": 2,
        }  # fmt: skip
        opening.let_answer_keys_out("answer_keys", ["c"])
        assert opening.answer_keys_out == 3
    assert acts(shared)[3:] == ["answer_keys", "answer_keys", "refused", "answer_keys", "closed"]


def test_contents_read_in_driblets_are_written_down_as_well(shared):
    with begin(shared, 1, 2) as opening:
        for _ in range(custody.BULK - 1):
            opening.let_contents_out("read", 1)
        assert acts(shared)[-1] == "opened"
        opening.let_contents_out("read", 1)
        assert Journal.read(shared).lines[-1].entry.facts["items"] == custody.BULK


def test_where_the_journal_cannot_be_written_the_act_fails(shared, monkeypatch):
    opening = begin(shared, 1, 2, limit=5)

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        refusal("journal-io", opening.let_answer_keys_out, "answer_keys", ["a"])
    assert opening.answer_keys_out == 0
    opening.let_answer_keys_out("answer_keys", ["a"])  # the disk has room again
    opening.close()
    assert journal.check(Journal.read(shared).lines).findings == []


def test_hours_and_limits_out_of_range_are_refused(shared):
    for hours in (0, -1, 25):
        refusal("hours-out-of-range", Opening.begin, shared, present(shared, 1, 2), hours=hours)
    refusal("export-limit-negative", begin, shared, 1, 2, limit=-1)


# ---- the journal cannot be altered ---------------------------------------------------------------------------------


@pytest.fixture
def lived(shared, clock):
    for pair in ((1, 2), (2, 3)):
        with begin(shared, *pair, clock=clock, limit=50) as opening:
            opening.let_answer_keys_out("answer_keys", ["a", "b"])
            opening.note("add", items=1)
    return shared


def rewritten(directory, change):
    path = directory / "journal.jsonl"
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    change(lines)
    path.write_bytes(b"".join(canonical(line) + b"\n" for line in lines))
    return journal.check(Journal.read(directory).lines)


def test_an_untouched_journal_is_sound_and_says_whose_it_is(lived):
    checked = journal.check(Journal.read(lived).lines)
    assert checked.findings == [] and checked.notes == []
    assert checked.custodies == [(1, Custody.read(lived).to_json())]


def test_a_line_that_a_power_cut_broke_is_cut_off_and_said(lived):
    with (lived / "journal.jsonl").open("ab") as stream:
        stream.write(b'{"entry":{"act":"add","at":1')
    with begin(lived, 1, 2):
        pass
    lines = Journal.read(lived).lines
    assert journal.check(lines).findings == [] and lines[-2].entry.facts["torn"] is True


# ---- copies -------------------------------------------------------------------------------------------------------


def copied(source, target):
    return Path(shutil.copytree(source, target))


def test_an_old_copy_of_the_whole_folder_is_refused_and_says_what_was_seen_where(lived, tmp_path, clock):
    old = copied(lived, tmp_path / "old")
    begin(lived, 1, 2, clock=clock).close()
    refused = refusal("bank-copy-older", begin, old, 1, 2)
    assert (refused.facts["found"], refused.facts["seen"]) == ("0-10", "0-12")
    assert refused.facts["where"] == str(tmp_path / "state/examd")


def test_the_sticks_of_the_holders_remember_where_the_machine_was_replaced(lived, tmp_path, clock, monkeypatch):
    stick = copied(lived / "shares", tmp_path / "stick")
    old = copied(lived, tmp_path / "old")
    Opening.begin(lived, present(lived, 1, 2, place=stick), hours=1, clock=clock).close()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another machine"))
    refused = refusal("bank-copy-older", Opening.begin, old, present(old, 1, 2, place=stick), hours=1)
    assert refused.facts["where"] == str(stick)


def test_two_copies_that_both_went_on_are_told_apart(lived, tmp_path, clock):
    twin = copied(lived, tmp_path / "twin")
    begin(lived, 1, 2, clock=clock).close()
    shutil.rmtree(tmp_path / "state")
    for seen in (lived / "shares").glob("seen-*"):
        shutil.copy(seen, tmp_path / "seen")
    opening = begin(twin, 1, 3, clock=clock)
    opening.note("add", items=1)
    opening.close()
    shutil.rmtree(tmp_path / "state")
    for seen in (twin / "shares").glob("seen-*"):
        shutil.copy(tmp_path / "seen", seen)
    refusal("bank-copy-other", begin, twin, 1, 2)


def test_holders_may_accept_a_loss_and_then_the_lost_copy_is_the_older_one(lived, tmp_path, clock):
    old = copied(lived, tmp_path / "old")
    begin(lived, 1, 2, clock=clock).close()
    with begin(old, 1, 2, clock=clock, accept_loss="磁盘损坏，启用昨日备份"):
        pass
    opened = Journal.read(old).lines[-2].entry
    assert opened.facts["accepted"].startswith("磁盘") and opened.facts["epoch"] == 1
    assert [each["code"] for each in opened.facts["lost"]] == ["bank-copy-older"]
    checked = journal.check(Journal.read(old).lines)
    assert checked.findings == [] and (11, "journal-loss-accepted") in checked.notes
    begin(old, 1, 3, clock=clock).close()
    refusal("bank-copy-older", begin, lived, 1, 2)


def test_holders_may_accept_a_loss_that_only_people_of_the_bank_know_of(lived, clock):
    begin(lived, 1, 2, clock=clock, accept_loss="命题人见过更新的副本").close()
    opened = Journal.read(lived).lines[-2].entry
    assert (opened.facts["accepted"], opened.facts["lost"], opened.facts["epoch"]) == ("命题人见过更新的副本", [], 0)
    assert journal.loss_accepted(Journal.read(lived).lines)
    begin(lived, 1, 2, clock=clock).close()
    assert not journal.loss_accepted(Journal.read(lived).lines)


def test_an_opening_that_was_cut_off_is_known_at_the_next(lived, clock):
    opening = begin(lived, 1, 2, clock=clock)
    opening.note("add", items=1)
    opening.bank.close()  # the plug
    begin(lived, 1, 3, clock=clock).close()
    book = Journal.read(lived)
    assert book.lines[-2].entry.facts["unclosed"] is True
    checked = journal.check(book.lines)
    assert checked.findings == [] and [code for _, code in checked.notes] == ["journal-not-closed"]


def test_a_journal_one_entry_ahead_of_the_vault_is_what_a_power_cut_leaves(lived, clock, monkeypatch):
    opening = begin(lived, 1, 2, clock=clock)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(positions, "note_in_vault", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        opening.note("add", items=1)
    opening.bank.close()
    begin(lived, 1, 2, clock=clock).close()


# ---- backups --------------------------------------------------------------------------------------------------------


def test_a_backup_opens_with_the_same_holders_and_holds_no_share(lived, tmp_path, clock):
    with begin(lived, 1, 2, clock=clock) as opening:
        position = opening.backup(tmp_path / "backup")
        names = sorted(path.name for path in (tmp_path / "backup").iterdir())
        assert names == ["backup.json", "bank.db", "custody.json", "journal.jsonl"]
        taken_away = (tmp_path / "backup").rename(tmp_path / "stick")
    assert custody.restore(taken_away, tmp_path / "restored") == position
    given = present(lived, 1, 3)
    refusal("bank-copy-older", Opening.begin, tmp_path / "restored", given, hours=1)
    accepted = Opening.begin(tmp_path / "restored", given, hours=1, accept_loss="试恢复", clock=clock)
    with accepted:
        assert len(list(accepted.bank.items.select())) == len(ITEMS) and accepted.bank.vault.problems() == []


def test_an_ordinary_backup_is_the_newest_once_the_bank_is_closed(lived, tmp_path, clock):
    with begin(lived, 1, 2, clock=clock) as opening:
        opening.backup(tmp_path / "stick")
        opening.bank.drafts.add([item(900)], approve_as_sample=True)
    with restored(tmp_path / "stick", tmp_path / "restored", lived, clock) as again:
        assert len(list(again.bank.items.select())) == len(ITEMS) + 1 and again.accepted == ""


def restored(backup, place, of, clock):
    """Opened as its holders would, with no word of a loss."""
    custody.restore(backup, place)
    return Opening.begin(place, present(of, 1, 3), hours=1, clock=clock)


def test_closing_writes_a_backup_that_restores_as_the_newest(lived, tmp_path, clock):
    opening = begin(lived, 1, 2, clock=clock)
    done = opening.finish("closed", tmp_path / "stick")
    opening.close()
    assert [(each.place, each.refusal) for each in done] == [(str(tmp_path / "stick"), None)]
    with restored(tmp_path / "stick", tmp_path / "restored", lived, clock) as again:
        assert again.bank.vault.problems() == [] and journal.check(again.journal.lines).findings == []
    refusal("bank-copy-older", begin, lived, 1, 2)  # the restored one went on: now that is the bank


def test_closing_leaves_its_backups_beside_the_bank_the_last_three(lived, tmp_path, clock):
    for _again in range(5):
        begin(lived, 1, 2, clock=clock).close()
    left = sorted((tmp_path / "bank-backups").iterdir(), key=lambda each: int(each.name.split("-")[1]))
    assert len(left) == 3 and left[-1].name == positions.position_of(Journal.read(lived)).place
    (left[0] / "note.txt").write_text("mine")
    for _again in range(2):
        begin(lived, 1, 2, clock=clock).close()
    assert (left[0] / "note.txt").exists() and not (left[0] / "bank.db").exists()


def test_a_backup_that_cannot_be_written_keeps_no_bank_open(lived, tmp_path, clock):
    opening = begin(lived, 1, 2, clock=clock)
    opening.backup(tmp_path / "stick")
    shutil.rmtree(tmp_path / "stick")
    (tmp_path / "full").write_text("no folder")
    done = opening.finish("closed", tmp_path / "full")
    opening.close()
    assert [each.refusal.code for each in done] == ["store-io", "backup-missing"]
    assert Journal.read(lived).lines[-1].entry.act == "closed"
    begin(lived, 1, 3, clock=clock).close()


@pytest.mark.parametrize("name", ["bank.db", "journal.jsonl", "custody.json", "backup.json"])
def test_a_damaged_backup_is_refused(lived, tmp_path, clock, name):
    with begin(lived, 1, 2, clock=clock) as opening:
        opening.backup(tmp_path / "backup")
    path = tmp_path / "backup" / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(Refused):
        custody.restore(tmp_path / "backup", tmp_path / "restored")
    assert not (tmp_path / "restored").exists()


def test_backing_up_and_restoring_never_write_over_anything(lived, tmp_path, clock):
    with begin(lived, 1, 2, clock=clock) as opening:
        refusal("folder-not-empty", opening.backup, lived)
        opening.backup(tmp_path / "backup")
    refusal("folder-not-empty", custody.restore, tmp_path / "backup", lived)
    refusal("backup-missing", custody.restore, tmp_path / "nowhere", tmp_path / "new")


def test_the_bank_cannot_be_opened_where_it_is_not_shared(single, tmp_path):
    for place in (single, tmp_path / "nowhere"):
        with pytest.raises(BadFile, match="bank-not-shared"):
            Custody.read(place)


def test_a_second_program_is_told_that_the_bank_is_in_use(shared):
    with begin(shared, 1, 2), pytest.raises((Denied, BrokenStore), match="vault-in-use"):
        begin(shared, 2, 3)


# ---- what was found wrong and accepted --------------------------------------------------------------------------------


def test_people_who_saw_the_lost_copy_go_on_once_the_holders_and_they_themselves_accept_it(shared, tmp_path, clock):
    from bank.authoring import lifecycle, people
    from bank.authoring.people import Keeper, Role

    hand = {name: people.create(tmp_path / f"{name}.key", PEOPLE[0][1]) for name in ("li", "wang")}
    with begin(shared, 1, 2, clock=clock) as opening:
        keepers = [Keeper(each.head.holder, each.unseal(word).signing_key) for each, word in present(shared, 1, 2)]
        for name, signer in hand.items():
            lifecycle.enrol(opening.bank, signer, name, frozenset(Role), keepers)
        copied_late = tmp_path / "late"
        opening.backup(copied_late)
        copied_late = copied_late.rename(tmp_path / "stick")
        lifecycle.begin(opening.bank, item(900), hand["li"])
    custody.restore(copied_late, tmp_path / "restored")
    given = present(shared, 1, 2)
    with Opening.begin(tmp_path / "restored", given, hours=1, accept_loss="磁盘损坏", clock=clock) as opening:
        bank = opening.bank
        refusal("bank-rolled-back", lifecycle.begin, bank, item(901), hand["li"])
        refusal("remarks-missing", lifecycle.accept_loss, bank, hand["li"], " ")
        lifecycle.accept_loss(bank, hand["li"], "保管人已通知")
        assert lifecycle.begin(bank, item(901), hand["li"]).content == item(901).content
        refusal("loss-none", lifecycle.accept_loss, bank, hand["li"], "再来")
        query = "SELECT act, who, remarks FROM acts WHERE act = 'accept-loss'"
        assert bank.vault.connection.execute(query).fetchall() == [("accept-loss", "li", "保管人已通知")]
        assert bank.audit.broken_acts() == [] and bank.audit.findings() == []


def test_what_k_holders_accepted_of_an_altered_journal_is_that_alteration_alone(lived, clock):
    rewritten(lived, lambda lines: lines[3]["entry"]["facts"].update(items=1))
    assert refusal("journal-unsound", begin, lived, 1, 2).facts["n"] == 4
    begin(lived, 1, 2, clock=clock, accept_loss="磁盘坏块").close()
    checked = journal.check(Journal.read(lived).lines)
    assert checked.findings == [] and (4, "journal-signature") in checked.notes
    begin(lived, 1, 3, clock=clock).close()
    rewritten(lived, lambda lines: lines[7]["entry"]["facts"].update(items=1))
    refusal("journal-unsound", begin, lived, 1, 2)


def test_a_backup_is_not_made_over_a_journal_that_was_altered_on_the_disk(lived, tmp_path, clock):
    with begin(lived, 1, 2, clock=clock) as opening:
        kept = (lived / "journal.jsonl").read_bytes()
        rewritten(lived, lambda lines: lines[3]["entry"]["facts"].update(items=1))
        refusal("journal-unsound", opening.backup, tmp_path / "backup")
        (lived / "journal.jsonl").write_bytes(b"".join(kept.splitlines(keepends=True)[:-1]))
        refusal("journal-behind", opening.backup, tmp_path / "backup")
        (lived / "journal.jsonl").write_bytes(kept)
        opening.backup(tmp_path / "backup")


def test_what_fails_after_it_was_noted_is_noted_as_not_done(shared):
    with begin(shared, 1, 2) as opening:
        with pytest.raises(Denied), opening.doing("expose", items=1):
            raise Denied("item-unknown", item="00")
        entry = Journal.read(shared).lines[-1].entry
        assert (entry.act, entry.facts) == ("undone", {"code": "item-unknown", "of": 4, "what": "expose"})
