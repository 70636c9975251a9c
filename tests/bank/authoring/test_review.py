"""An item's life, and an adversary who holds the bank's key: what is not signed by two people stands in no session."""

import dataclasses
import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import structs

from bank.authoring import authorship, lifecycle, people, review
from bank.authoring.people import Role
from bank.authoring.review import Act, Change, State, changes
from bank.clock import now
from bank.content import Background, Content, ItemType, Level, Option
from bank.item import AnswerKey, Basis, Item, Number, Provenance, Translation
from bank.refused import BadFile, BrokenStore, Denied
from bank.seal import passphrase as sealing
from bank.seal import statements
from bank.store import Bank, Finding, acts, migration, provisions
from tests.reviewing import approve, read

PASSPHRASE = "correct horse battery"
BOTH = frozenset({Role.AUTHOR, Role.REVIEWER})


def item(number=1, correct=(0,), **more):
    options = tuple(map(Option, ("验电", "合闸", "离开")))
    content = Content(ItemType.SINGLE, f"第 {number} 题：电气作业应先做什么？", options)
    return Item(content, AnswerKey(correct), **({"chapter": "1", "level": Level.KNOW, "p4": 7_000} | more))


@pytest.fixture(scope="session")
def keys(tmp_path_factory):
    """Argon2id is dear by design: every key is made once."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("li", "wang", "zhao"):
        people.create(folder / f"{name}.key", PASSPHRASE)
    Bank.create(folder / "bank", PASSPHRASE).close()
    key = sealing.unseal((folder / "bank/bank.key").read_bytes(), PASSPHRASE, "bank-key")
    return folder, {name: people.unlock(folder / f"{name}.key", PASSPHRASE) for name in ("li", "wang", "zhao")}, key


@pytest.fixture
def hand(keys, tmp_path):
    """Signers by name, each with a note of what they saw that is this test's own."""
    return {name: dataclasses.replace(s, seen=tmp_path / f"{name}.seen.json") for name, s in keys[1].items()}


@pytest.fixture
def reopen(keys, tmp_path):
    folder = Path(shutil.copytree(keys[0] / "bank", tmp_path / "bank"))
    return lambda: Bank.open_with_key(folder, keys[2])


@pytest.fixture
def bank(reopen, hand):
    with reopen() as bank:
        lifecycle.enrol(bank, hand["li"], "李明", BOTH)
        lifecycle.enrol(bank, hand["wang"], "王芳", BOTH)
        yield bank


@pytest.fixture
def approved(bank, hand):
    """The bank with item 1 approved: written and handed in by 李, approved by 王."""
    lifecycle.add(bank, [item(1), item(2)], hand["li"])
    drafts = list(bank.items.select(state=State.DRAFT))
    lifecycle.submit(bank, drafts, hand["li"])
    approve(bank, drafts, hand["wang"])
    return bank


def sql(bank, statement, *values):
    """What whoever holds the bank's key can do to the file."""
    bank.vault.connection.execute(statement, values)


def refused(call):
    with pytest.raises((Denied, BrokenStore, BadFile)) as caught:
        call()
    return caught.value.code


# -- the life ----------------------------------------------------------------------------------------------------------


def test_what_is_imported_is_draft_and_no_session_sees_it(bank, hand):
    lifecycle.add(bank, [item(1)], hand["li"])
    assert list(bank.items.select()) == [] and bank.items.count() == {}
    assert [each.state for each in bank.items.select(state=None)] == [State.DRAFT]


def test_two_people_make_an_approved_revision_and_it_is_verified_on_reading(approved):
    assert [each.id for each in approved.items.select()] == [item(1).id, item(2).id]
    assert approved.answer_keys.of([item(1).id]) == {item(1).id: AnswerKey((0,))}
    assert approved.audit.findings() == []
    acts = [(e.act, e.who, bool(e.statement)) for e in approved.history.events(next(approved.items.select()).number)]
    assert acts == [(Act.WRITE, "li", False), (Act.SUBMIT, "li", True), (Act.APPROVE, "wang", True)]


def test_a_change_makes_a_new_draft_of_the_lineage_and_the_old_one_stays_in_force_until_approved(approved, hand):
    first = next(approved.items.select())
    draft = lifecycle.write(approved, first.lineage, item(1, (1,)), hand["li"])
    assert (draft.rev, draft.state, draft.lineage) == (2, State.DRAFT, first.lineage)
    assert approved.answer_keys.of([first.id]) == {first.id: AnswerKey((0,))}
    lifecycle.submit(approved, [draft], hand["li"])
    approve(approved, [draft], hand["wang"])
    assert approved.answer_keys.of([first.id]) == {first.id: AnswerKey((1,))}
    assert [each.state for each in approved.items.revisions(first.lineage)] == [State.RETIRED, State.APPROVED]
    assert approved.audit.findings() == []


def test_a_draft_nobody_signed_is_written_anew_and_a_returned_one_stays(bank, hand):
    lifecycle.add(bank, [item(1)], hand["li"])
    lineage = item(1).id
    assert lifecycle.write(bank, lineage, item(7), hand["li"]).rev == 1
    assert [each.id for each in bank.items.select(state=None, search="第 7 题")] == [item(7).id]
    assert list(bank.items.select(state=None, search="第 1 题")) == []
    lifecycle.submit(bank, [bank.items.newest(lineage)], hand["li"])
    assert refused(lambda: lifecycle.write(bank, lineage, item(8), hand["li"])) == "act-not-possible"
    lifecycle.send_back(bank, [bank.items.newest(lineage)], hand["wang"], "选项 B 与 C 同义")
    after = lifecycle.write(bank, lineage, item(8), hand["li"])
    assert after.rev == 2 and [each.state for each in bank.items.revisions(lineage)] == [State.RETIRED, State.DRAFT]
    assert bank.history.events(bank.items.revisions(lineage)[0].number)[2].remarks == "选项 B 与 C 同义"
    assert bank.audit.findings() == []


def test_retiring_takes_an_item_out_and_keeps_it(approved, hand):
    first = next(approved.items.select())
    lifecycle.retire(approved, [first], hand["wang"], "依据已废止")
    assert [each.id for each in approved.items.select()] == [item(2).id]
    assert approved.items.newest(first.lineage).state is State.RETIRED and approved.audit.findings() == []


def test_every_field_of_an_item_comes_back(bank, hand):
    background = Background("某车间 |a| 事故", ("ab" * 32,))
    content = Content(ItemType.FILL, "安全电压不超过（　）V。", (), case=background.sha256())
    other = Content(ItemType.FILL, "Safe voltage is at most", (), case=background.sha256())
    whole = Item(
        content, AnswerKey(accepted=("三十六",), number=Number("36", "0.5", ("V", "伏"))), "2.1",
        background=background, place=2, p4=6_000, calibrated_p4=5_500, explanation="解析",
        bases=(Basis("安全生产法 第30条", date(2021, 9, 1), date(2030, 1, 1)),), basis="安全生产法",
        translations=(Translation("en", other, background),), provenance=Provenance("李", "省厅", "a.xlsx"),
    )  # fmt: skip
    lifecycle.add(bank, [whole], hand["li"])
    assert list(bank.answer_keys.whole(bank.items.select(state=None))) == [whole]
    assert next(bank.items.select(state=None)).expected_p4 == 5_500


def test_the_difference_of_two_revisions_is_readable():
    before, after = item(1), structs.replace(item(1, (1,)), chapter="2", bases=(Basis("规程"),))
    found = changes(before, after)
    assert [change.field for change in found] == ["answer key", "bases", "chapter"]
    assert found[0] == Change("answer key", "A", "B") and changes(before, before) == ()
    assert Change("stem", "先合闸", "先验电").pieces() == [("=", "先"), ("-", "合闸"), ("+", "验电")]


def test_items_that_cite_a_repealed_basis_are_listed(bank, hand):
    gone = Basis("安监总局令第30号", repealed_on=date(2026, 5, 1))
    lifecycle.add(
        bank, [item(1, bases=(gone,)), item(2, basis="GB 26860-2011 第4条"), item(3, basis="安全生产法")], hand["li"]
    )
    lifecycle.repeal(bank, "GB 26860-2011", date(2026, 6, 1), hand["wang"])

    def cited(day):
        return [
            each.content.stem[2]
            for each, _ in lifecycle.repealed(bank.items.select(state=None), bank.provisions.repealed(), day)
        ]

    assert cited(date(2026, 4, 30)) == [] and cited(date(2026, 5, 1)) == ["1"] and cited(date(2026, 6, 1)) == ["1", "2"]


def test_a_measured_difficulty_is_no_change_of_the_item(approved):
    approved.calibrations.add({item(1).id: (6_200, 240)})
    first = next(approved.items.select())
    assert (first.p4, first.calibrated_p4, first.expected_p4) == (7_000, 6_200, 6_200)


@pytest.mark.parametrize(
    ("words", "found"),
    [("触", [1]), ("触电", [1]), ("触电事故", [1]), ("ＧＢ", [2]), ("gb13", [2]), ("1 题", [1]), ("100%", [3]),
     ('"', [3]), ("没有", []), ("事故x", [])],
)  # fmt: skip
def test_searching_takes_any_part_of_a_text_from_one_character_on(bank, hand, words, found):
    stems = ("1 题：触电事故", "2 题：GB13869 规定", '3 题："100%" 是')
    options = tuple(map(Option, "甲乙"))
    lifecycle.add(
        bank, [Item(Content(ItemType.SINGLE, stem, options), AnswerKey((0,)), "1") for stem in stems], hand["li"]
    )
    assert [int(each.content.stem[0]) for each in bank.items.select(state=None, search=words)] == found


# -- the adversary -----------------------------------------------------------------------------------------------------


def test_nobody_approves_or_returns_what_they_wrote_or_handed_in(bank, hand):
    lifecycle.add(bank, [item(1)], hand["wang"])
    draft = [bank.items.newest(item(1).id)]
    lifecycle.submit(bank, draft, hand["li"])
    assert refused(lambda: lifecycle.approve(bank, draft, hand["li"])) == "own-item"
    assert refused(lambda: lifecycle.approve(bank, draft, hand["wang"])) == "own-item"
    assert refused(lambda: lifecycle.send_back(bank, draft, hand["wang"], "重写")) == "own-item"


def test_whoever_had_a_hand_in_a_draft_keeps_it_when_another_rewrites_it(bank, hand):
    lifecycle.add(bank, [item(1)], hand["wang"])
    draft = lifecycle.write(bank, item(1).id, item(5), hand["li"])
    lifecycle.submit(bank, [draft], hand["li"])
    assert refused(lambda: lifecycle.approve(bank, [draft], hand["wang"])) == "own-item"


def test_the_same_key_under_another_name_is_the_same_person(bank, hand):
    twin = dataclasses.replace(hand["li"], id="limin")
    both = [hand["li"], hand["wang"]]
    assert refused(lambda: lifecycle.enrol(bank, twin, "黎敏", BOTH, both)) == "person-exists"
    forge(bank, people.ENROL, "limin", people.application(bank.vault.name, twin, "黎敏", BOTH, both))
    assert refused(bank.people.all) == "person-forged"
    assert Finding("", 0, "person-forged") in bank.audit.findings()


def forge(bank, act, who, statement):
    """What whoever holds the bank's key can put among its acts, chain and all."""
    with bank.vault.transaction() as connection:
        acts.chain(connection, [(None, act, who, now(), "", statement)])
    bank.people._people = None


def test_from_the_third_person_on_two_others_sign_and_a_forged_one_is_found(bank, hand):
    zhao, li, wang = hand["zhao"], hand["li"], hand["wang"]
    for vouchers in ((), (li,), (li, li), (zhao, li)):
        made = people.application(bank.vault.name, zhao, "赵", BOTH, vouchers)
        assert refused(lambda made=made: bank.people.enrol(made)) == "person-needs-sponsors"
    forge(bank, people.ENROL, "zhao", people.application(bank.vault.name, zhao, "赵", BOTH, [li]))
    assert refused(bank.people.all) == "person-forged"
    sql(bank, "DELETE FROM acts WHERE who = 'zhao'")
    bank.people._people = None
    lifecycle.enrol(bank, zhao, "赵", BOTH, [li, wang])
    assert list(bank.people.all()) == ["li", "wang", "zhao"] and bank.people.all()["zhao"].vouched == ("李明", "王芳")


def test_a_second_person_of_a_name_is_taken_in_only_where_two_others_say_that_it_is_another(bank, hand):
    zhao, both = hand["zhao"], [hand["li"], hand["wang"]]
    for name in ("李明", "李 明"):
        assert refused(lambda name=name: lifecycle.enrol(bank, zhao, name, BOTH, both)) == "person-same-name"
    assert lifecycle.enrol(bank, zhao, "李明", BOTH, both, same_name=True).vouched == ("李明", "王芳")


def test_a_person_takes_on_a_second_role_as_two_others_sign_and_reviews_nothing_of_their_own(bank, hand):
    zhao, both = hand["zhao"], [hand["li"], hand["wang"]]
    lifecycle.enrol(bank, zhao, "赵", frozenset({Role.AUTHOR}), both)
    lifecycle.add(bank, [item(1)], zhao)
    lifecycle.add(bank, [item(2)], hand["li"])
    one, two = (bank.items.newest(item(n).id) for n in (1, 2))
    lifecycle.submit(bank, [one], zhao)
    lifecycle.submit(bank, [two], hand["li"])
    reviewer = frozenset({Role.REVIEWER})
    for vouchers in ((), both[:1], [zhao, both[0]], [both[0], both[0]]):
        assert refused(lambda v=vouchers: lifecycle.take_on(bank, zhao, reviewer, v)) == "person-needs-sponsors"
    assert refused(lambda: lifecycle.take_on(bank, zhao, frozenset({Role.AUTHOR}), both)) == "person-has-role"
    assert refused(lambda: read(bank, [two], zhao)) == "person-lacks-role"
    forge(bank, people.GRANT, "zhao", people.further(bank.vault.name, zhao, reviewer))
    assert refused(bank.people.all) == "person-forged"
    sql(bank, "DELETE FROM acts WHERE act = 'grant-role'")
    bank.people._people = None
    assert lifecycle.take_on(bank, zhao, reviewer, both).roles == BOTH
    approve(bank, [two], zhao)
    assert refused(lambda: read(bank, [one], zhao)) == "own-item"
    assert bank.people.all()["zhao"].roles == BOTH and bank.people.all()["zhao"].vouched == ("李明", "王芳")
    lifecycle.end(bank, "zhao", [zhao])
    assert refused(lambda: lifecycle.take_on(bank, zhao, reviewer, both)) == "person-ended"


def test_who_comes_back_with_another_key_still_approves_nothing_of_their_own(bank, hand):
    zhao, li, wang = hand["zhao"], hand["li"], hand["wang"]
    lifecycle.enrol(bank, zhao, "赵", BOTH, [li, wang])
    lifecycle.add(bank, [item(1)], li)
    lifecycle.submit(bank, [bank.items.newest(item(1).id)], zhao)
    again = dataclasses.replace(li, id="li2", key=Ed25519PrivateKey.generate(), seen=li.seen.with_name("li2.seen.json"))
    both = [zhao, wang]
    assert refused(lambda: lifecycle.enrol(bank, again, "李明", BOTH, both, was="li")) == "person-still-enrolled"
    lifecycle.end(bank, "li", both)
    assert refused(lambda: lifecycle.enrol(bank, again, "李明", BOTH, both)) == "person-same-name"
    assert lifecycle.enrol(bank, again, "李明", BOTH, both, was="li").was == "li"
    assert refused(lambda: lifecycle.approve(bank, [bank.items.newest(item(1).id)], again)) == "own-item"
    third = dataclasses.replace(again, id="li3", key=Ed25519PrivateKey.generate())
    assert refused(lambda: lifecycle.enrol(bank, third, "李明", BOTH, both, was="li")) == "person-still-enrolled"
    approve(bank, [bank.items.newest(item(1).id)], wang)
    assert bank.audit.findings() == []


def test_nobody_founds_a_bank_twice_under_one_name(reopen, hand):
    with reopen() as bank:
        lifecycle.enrol(bank, hand["li"], "李明", BOTH)
        assert refused(lambda: lifecycle.enrol(bank, hand["wang"], "李明", BOTH)) == "person-same-name"
        assert (
            refused(lambda: lifecycle.enrol(bank, hand["wang"], "李明", BOTH, same_name=True)) == "person-needs-sharing"
        )


def test_who_left_ends_by_their_own_hand_or_that_of_two_others_and_vouches_for_nobody(bank, hand):
    zhao, li, wang = hand["zhao"], hand["li"], hand["wang"]
    assert refused(lambda: lifecycle.end(bank, "wang", [li])) == "person-needs-sharing"
    lifecycle.enrol(bank, zhao, "赵", BOTH, [li, wang])
    assert refused(lambda: lifecycle.end(bank, "wang", [li])) == "person-needs-sponsors"
    assert refused(lambda: lifecycle.end(bank, "wang", [li, wang])) == "person-needs-sponsors"
    assert (
        refused(lambda: bank.people.end(people.ending(bank.vault.name, "wang", "soon", [wang])))
        == "statement-malformed"
    )
    assert lifecycle.end(bank, "wang", [li, zhao]).until
    assert refused(lambda: lifecycle.end(bank, "wang", [wang])) == "person-ended"
    fourth = dataclasses.replace(wang, id="chen", key=Ed25519PrivateKey.generate())
    assert refused(lambda: lifecycle.enrol(bank, fourth, "陈", BOTH, [li, wang])) == "person-needs-sponsors"
    lifecycle.end(bank, "zhao", [zhao])
    assert refused(lambda: lifecycle.enrol(bank, fourth, "陈", BOTH, [li])) == "person-needs-sharing"
    assert bank.audit.findings() == []


def test_where_two_people_are_not_at_work_two_keyholders_of_the_bank_vouch(reopen, hand):
    keys = [Ed25519PrivateKey.generate() for _ in range(3)]
    wangqiang, lili, stranger = (people.Keeper(name, key) for name, key in zip(("王强", "李丽", "某人"), keys))
    with reopen() as bank:
        bank.people.keepers = {statements.public_hex(each.key): each.name for each in (wangqiang, lili)}
        for vouchers in ((), (wangqiang,), (wangqiang, wangqiang)):
            assert (
                refused(lambda v=vouchers: lifecycle.enrol(bank, hand["li"], "李明", BOTH, v)) == "person-needs-keepers"
            )
        assert (
            refused(lambda: lifecycle.enrol(bank, hand["li"], "李明", BOTH, [wangqiang, stranger])) == "keeper-unknown"
        )
        for name, said in (("li", "李明"), ("wang", "王芳")):
            assert lifecycle.enrol(bank, hand[name], said, BOTH, [wangqiang, lili]).vouched == ("王强", "李丽")
        # From then on it is the people who vouch: keyholders who write would else make their own reviewers.
        assert (
            refused(lambda: lifecycle.enrol(bank, hand["zhao"], "赵", BOTH, [wangqiang, lili]))
            == "person-needs-sponsors"
        )
        assert refused(lambda: lifecycle.end(bank, "li", [wangqiang])) == "person-needs-keepers"
        lifecycle.end(bank, "li", [wangqiang, lili])
        lifecycle.enrol(bank, hand["zhao"], "赵", BOTH, [wangqiang, lili])
        assert bank.audit.findings() == []


def test_a_stranger_and_one_without_the_role_and_one_who_left_sign_nothing(bank, hand):
    lifecycle.add(bank, [item(1)], hand["li"])
    draft = [bank.items.newest(item(1).id)]
    assert refused(lambda: lifecycle.submit(bank, draft, hand["zhao"])) == "person-unknown"
    lifecycle.enrol(bank, hand["zhao"], "赵", frozenset({Role.AUTHOR}), [hand["li"], hand["wang"]])
    lifecycle.submit(bank, draft, hand["li"])
    assert refused(lambda: lifecycle.approve(bank, draft, hand["zhao"])) == "person-lacks-role"
    lifecycle.end(bank, "wang", [hand["wang"]])
    assert refused(lambda: lifecycle.approve(bank, draft, hand["wang"])) == "person-ended"


# -- who wrote it --------------------------------------------------------------------------------------------------------


def unwritten(bank, number=1, by=""):
    """A draft as a bank had it before its writers signed."""
    sample = bank.vault.connection.execute
    sample("INSERT INTO meta VALUES ('sample', '1')")
    bank.drafts.add([item(number)])
    sample("DELETE FROM meta WHERE name = 'sample'")
    if by:
        sample("UPDATE revisions SET written_by = ? WHERE id = ?", (by, item(number).id))
    return bank.items.newest(item(number).id)


def test_nobody_adds_or_changes_a_wording_namelessly_where_there_are_reviews(bank, hand):
    assert refused(lambda: bank.drafts.add([item(1)])) == "drafts-unsigned"
    lifecycle.add(bank, [item(1)], hand["li"])
    assert refused(lambda: bank.drafts.revise(item(1).id, item(2))) == "drafts-unsigned"
    drafts = authorship.drafts([item(2)])

    def written(who, lines=None, **more):
        lines = [draft.line for draft in drafts] if lines is None else lines
        return refused(lambda: bank.drafts.write(drafts, authorship.sign(bank.vault.name, who, lines, now()), **more))

    assert written(hand["zhao"]) == "person-unknown"
    assert written(dataclasses.replace(hand["zhao"], id="li")) == "person-unknown"
    assert written(hand["li"], []) == written(hand["li"], [draft.line for draft in authorship.drafts([item(2)])])
    assert written(hand["li"], []) == "drafts-altered"
    elsewhere = authorship.sign("ab" * 16, hand["li"], [draft.line for draft in drafts], now())
    assert refused(lambda: bank.drafts.write(drafts, elsewhere)) == "drafts-other-bank"
    lifecycle.end(bank, "li", [hand["li"]])
    assert written(hand["li"]) == "person-ended"


def test_another_persons_draft_stays_among_the_revisions_and_ones_own_is_written_anew(bank, hand):
    lifecycle.add(bank, [item(1)], hand["li"])
    after = lifecycle.write(bank, item(1).id, item(2), hand["wang"])
    assert after.rev == 2 and [each.id for each in bank.items.revisions(after.lineage)] == [item(1).id, item(2).id]
    assert bank.history.events(after.number)[0].who == "li,wang"
    assert lifecycle.write(bank, after.lineage, item(3), hand["wang"]).rev == 3  # 李 still has a hand in it
    assert bank.audit.findings() == []


def test_what_was_made_from_an_older_revision_is_refused_and_the_newer_one_named(approved, hand):
    lifecycle.write(approved, item(1).id, item(3), hand["li"])
    with pytest.raises(Denied, match="draft-of-older-revision") as caught:
        lifecycle.write(approved, item(1).id, item(4), hand["wang"], rev=1)
    assert caught.value.facts["newest"] == 2


def test_a_draft_of_unknown_hand_is_adopted_before_it_goes_through_review(bank, hand):
    draft = unwritten(bank)
    assert bank.drafts.unwritten() == [draft.outline]
    assert refused(lambda: lifecycle.submit(bank, [draft], hand["li"])) == "writer-unknown"
    lifecycle.adopt(bank, [draft], hand["li"])
    assert (
        bank.drafts.unwritten() == []
        and refused(lambda: lifecycle.adopt(bank, [draft], hand["wang"])) == "writer-known"
    )
    lifecycle.submit(bank, [draft], hand["wang"])
    assert refused(lambda: lifecycle.approve(bank, [draft], hand["li"])) == "own-item"
    assert refused(lambda: lifecycle.approve(bank, [draft], hand["wang"])) == "own-item"


def test_whoever_signed_a_wording_approves_it_under_no_name_that_the_rows_give_it(bank, hand):
    lifecycle.add(bank, [item(1)], hand["wang"])
    sql(bank, "UPDATE revisions SET written_by = 'li'")  # 王 holds the bank's key, and says that 李 wrote it
    draft = [bank.items.newest(item(1).id)]
    lifecycle.submit(bank, draft, hand["li"])
    assert refused(lambda: approve(bank, draft, hand["wang"])) == "revision-own-approval"
    assert "revision-writer-changed" in {finding.code for finding in bank.audit.findings()}


STATED = {
    "undo a repeal": ("UPDATE acts SET act = 'x' WHERE act = 'repeal'", "acts-chain"),
    "cut a repeal off": ("DELETE FROM acts WHERE act = 'repeal'", "acts-cut"),
    "bring somebody back": ("DELETE FROM acts WHERE act = 'end-person'", "acts-chain"),
    "change a type": ("UPDATE revisions SET type = 'multiple' WHERE number = 1", "revision-type-changed"),
    "take an item out of the search": ("DELETE FROM search WHERE rowid = 1", "revision-not-searched"),
    "make it a bank of samples": ("INSERT INTO meta VALUES ('sample', '1')", "bank-kind-changed"),
    "take it out of the list": ("UPDATE revisions SET written_by = 'zhao' WHERE number = 3", "revision-writer-changed"),
}


@pytest.mark.parametrize("trick", STATED)
def test_what_the_rows_say_otherwise_than_the_acts_is_found(approved, hand, trick):
    lifecycle.add(approved, [item(3)], hand["li"])
    lifecycle.end(approved, "li", [hand["li"]])
    lifecycle.repeal(approved, "安全生产法", date(2026, 6, 1), hand["wang"])
    assert approved.audit.findings() == []
    statement, code = STATED[trick]
    sql(approved, statement)
    assert code in {finding.code for finding in approved.audit.findings()}


def test_a_repeal_that_nobody_of_the_bank_signed_has_no_effect_and_is_found(bank, hand):
    assert refused(lambda: lifecycle.repeal(bank, "安全生产法", date(2026, 6, 1), None)) == "statement-malformed"
    assert refused(lambda: lifecycle.repeal(bank, "安全生产法", date(2026, 6, 1), hand["zhao"])) == "person-unknown"
    lifecycle.repeal(bank, "安全生产法", date(2026, 6, 1), hand["li"])
    said = provisions.to_sign(bank.vault.name, "安全生产法", "2099-01-01", "li", now())
    forge(bank, "repeal", "li", statements.sign(said, hand["zhao"].key))
    assert bank.provisions.repealed() == {"安全生产法": "2026-06-01"}
    assert [finding.code for finding in bank.audit.findings()] == ["repeal-unsigned"]


def test_acts_out_of_order_are_refused(approved, hand):
    first = [next(approved.items.select())]
    for act in (lifecycle.submit, lifecycle.approve):
        assert refused(lambda act=act: act(approved, first, hand["wang"])) == "act-not-possible"
    assert refused(lambda: lifecycle.send_back(approved, first, hand["wang"], "晚了")) == "act-not-possible"
    assert refused(lambda: lifecycle.retire(approved, first, hand["wang"], " ")) == "remarks-missing"


def test_all_revisions_of_an_act_or_none(bank, hand):
    lifecycle.add(bank, [item(1), item(2)], hand["li"])
    drafts = list(bank.items.select(state=State.DRAFT))
    lifecycle.submit(bank, drafts[1:], hand["li"])
    assert refused(lambda: lifecycle.submit(bank, drafts, hand["li"])) == "act-not-possible"
    assert [each.state for each in bank.items.select(state=None)] == [State.DRAFT, State.IN_REVIEW]


ADVERSARY = {
    "edit the question in place": (
        "UPDATE revisions SET content = CAST(replace(CAST(content AS TEXT), '先做什么', '后做什么') AS BLOB)",
        "revision-content-changed",
    ),
    "swap the answer key": (
        "UPDATE answer_keys SET record = '{\"correct\":[1]}' WHERE revision = 1",
        "revision-answer-key-changed",
    ),
    "rewrite the explanation": (
        "UPDATE answer_keys SET explanation = '改' WHERE revision = 1",
        "revision-answer-key-changed",
    ),
    "give one item's answer key to another": (
        "UPDATE answer_keys SET salt = (SELECT salt FROM answer_keys WHERE revision = 2) WHERE revision = 1",
        "revision-answer-key-changed",
    ),
    "make it count as harder": (
        "UPDATE revisions SET about = CAST(replace(CAST(about AS TEXT), '7000', '9000') AS BLOB), p4 = 9000"
        " WHERE number = 1",
        "revision-about-changed",
    ),
    "move it to another chapter": ("UPDATE revisions SET chapter = '9' WHERE number = 1", "revision-about-changed"),
    "lift a draft over the review": ("DELETE FROM acts WHERE revision = 1", "revision-state"),
    "drop the reviewer's act": ("DELETE FROM acts WHERE revision = 1 AND act = 'approve'", "revision-state"),
    "drop the author's act": ("DELETE FROM acts WHERE revision = 1 AND act = 'submit'", "revision-history"),
    "put another's signed act in its place": (
        "UPDATE acts SET statement = (SELECT statement FROM acts WHERE revision = 2 AND act = 'submit')"
        " WHERE revision = 1 AND act = 'submit'",
        "revision-swapped",
    ),
    "let the author be the reviewer": ("UPDATE acts SET who = 'li' WHERE revision = 1", "revision-signature"),
    "hide who wrote it": ("UPDATE revisions SET written_by = 'zhao' WHERE number = 1", "revision-history"),
    "change when it was approved": (
        "UPDATE acts SET at = '2020-01-01T00:00:00Z' WHERE act = 'approve'",
        "revision-history",
    ),
    "call it a sample": (
        "UPDATE acts SET act = 'approve-as-sample', statement = x'' WHERE revision = 1 AND act = 'approve'",
        "revision-history",
    ),
}  # fmt: skip


@pytest.mark.parametrize("trick", ADVERSARY)
def test_whoever_holds_the_banks_key_changes_nothing_unnoticed(approved, trick):
    statement, code = ADVERSARY[trick]
    sql(approved, statement)
    assert refused(lambda: list(approved.items.select())) == code
    assert refused(lambda: approved.answer_keys.of([item(1).id])) == code
    assert refused(lambda: list(approved.answer_keys.whole(approved.items.select()))) == code
    assert code in {finding.code for finding in approved.audit.findings()}


def test_an_item_is_listed_as_it_lies_there_only_where_that_is_said(approved):
    sql(approved, "UPDATE revisions SET chapter = '9' WHERE number = 1")
    assert refused(lambda: list(approved.items.select())) == "revision-about-changed"
    assert refused(lambda: list(approved.items.select(state=None, search="第 1 题"))) == "revision-about-changed"
    assert [each.chapter for each in approved.items.select(verified=False)] == ["9", "1"]


def test_what_was_retired_is_given_only_as_it_was_signed(approved, hand):
    lifecycle.retire(approved, list(approved.items.select())[:1], hand["wang"], "过时")
    retired = list(approved.items.select(state=State.RETIRED))
    assert [each.id for each in retired] == [item(1).id]
    sql(approved, "UPDATE revisions SET chapter = '9' WHERE number = 1")
    assert refused(lambda: list(approved.items.select(state=State.RETIRED))) == "revision-about-changed"
    assert (
        refused(lambda: list(approved.answer_keys.whole(approved.items.select(verified=False, state=State.RETIRED))))
        == "revision-about-changed"
    )
    assert refused(lambda: approved.answer_keys.of([item(1).id])) == "revision-about-changed"
    assert [finding.code for finding in approved.audit.findings()] == ["revision-about-changed"]


def test_a_forged_signature_is_found(approved, hand):
    number = next(approved.items.select()).number
    event = approved.history.events(number)[2]
    said = json.loads(event.statement)
    said["signatures"][0]["sig"] = hand["zhao"].key.sign(b"x").hex()
    forged = json.dumps(said).encode()
    sql(approved, "UPDATE acts SET statement = ? WHERE revision = ? AND act = 'approve'", forged, number)
    assert refused(lambda: approved.answer_keys.of([item(1).id])) == "revision-signature"


def test_the_store_does_nothing_that_a_doctored_statement_says(bank, hand):
    lifecycle.add(bank, [item(1)], hand["li"])
    draft = bank.items.newest(item(1).id)
    (told,) = bank.reviews.to_sign(Act.SUBMIT, [draft.number], "li", "2026-01-01T00:00:00Z")

    def tried(who="li", **changed):
        return refused(lambda: bank.reviews.perform([statements.sign(told | changed, hand[who].key)]))

    assert tried(content="0" * 64) == "revision-content-changed"
    assert tried(answer_key="0" * 64) == "revision-answer-key-changed"
    assert tried(over="0" * 64) == tried(hands=["wang"]) == "revision-history"
    assert tried(who="wang") == "revision-signature"
    assert tried(act="write") == "statement-malformed"
    assert tried(rev=2) == "item-unknown"
    bank.reviews.perform([statements.sign(told, hand["li"].key)])
    assert bank.items.newest(item(1).id).state is State.IN_REVIEW


def test_a_bank_put_back_to_an_older_copy_is_noticed_by_whoever_acted_since(approved, hand, reopen, tmp_path):
    approved.vault.checkpoint()
    old = (tmp_path / "bank/bank.db").read_bytes()
    draft = lifecycle.write(approved, item(1).id, item(9), hand["li"])
    lifecycle.submit(approved, [draft], hand["li"])
    approved.close()
    (tmp_path / "bank/bank.db").write_bytes(old)
    with reopen() as rolled:
        assert rolled.audit.findings() == []  # an older copy is sound in itself
        assert refused(lambda: lifecycle.write(rolled, item(1).id, item(9), hand["li"])) == "bank-rolled-back"


def test_acts_taken_out_or_changed_break_their_chain(approved):
    count = approved.history.head()[0]
    assert approved.audit.broken_acts() == []
    sql(approved, "UPDATE acts SET remarks = 'x' WHERE number = 2")
    assert approved.audit.broken_acts() == [2]
    sql(approved, "DELETE FROM acts WHERE number = ?", count - 1)
    assert approved.audit.broken_acts() == [2, count]


def test_only_a_bank_of_samples_takes_items_without_review(bank, tmp_path, keys):
    assert refused(lambda: bank.drafts.add([item(1)], approve_as_sample=True)) == "bank-not-sample"
    with Bank.create(tmp_path / "sample", PASSPHRASE, sample=True) as sample:
        sample.drafts.add([item(1)], approve_as_sample=True)
        assert len(list(sample.items.select())) == 1 and sample.audit.findings() == []
        assert sample.answer_keys.of([item(1).id])
    sql(bank, "INSERT INTO meta VALUES ('sample', '1')")
    assert bank.sample  # and then no real session may use it: `bureau issue` asks


@pytest.mark.parametrize(
    ("broken", "flaw"),
    [
        (item(1, ()), "no-answer"),
        (item(1, (0, 1)), "several-answers"),
        (item(1, (5,)), "no-answer"),
        (structs.replace(item(1), answer_key=AnswerKey((0,), ("甲",))), "choice-with-text-answer"),
        (structs.replace(item(1), background=Background("x")), "other-background"),
        (structs.replace(item(1), place=1), "no-place-in-case"),
        (structs.replace(item(1), locked=(3,)), "locked-out-of-range"),
        (Item(Content(ItemType.FILL, "x", ()), AnswerKey(), "1"), "no-answer"),
        (Item(Content(ItemType.FILL, "x", (Option("a"),)), AnswerKey(accepted=("a",)), "1"), "fill-with-options"),
        (structs.replace(item(1), translations=(Translation("en", Content(ItemType.SINGLE, "x", ())),)),
         "translation-of-other-shape"),
    ],
)  # fmt: skip
def test_what_is_no_whole_item_does_not_enter(bank, broken, flaw, hand):
    with pytest.raises(BadFile, match="item-flawed") as caught:
        lifecycle.add(bank, [broken], hand["li"])
    assert caught.value.facts["flaw"] == flaw and list(bank.items.select(state=None)) == []


# -- from version 1 ----------------------------------------------------------------------------------------------------

VERSION_1 = """
CREATE TABLE items (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, rev INTEGER NOT NULL,
 state TEXT NOT NULL) STRICT;
CREATE TABLE content (item INTEGER PRIMARY KEY REFERENCES items (number), record BLOB NOT NULL) STRICT;
CREATE TABLE revisions (item INTEGER NOT NULL REFERENCES items (number), rev INTEGER NOT NULL, type TEXT NOT NULL,
 chapter TEXT NOT NULL, level TEXT NOT NULL, p4 INTEGER, basis TEXT NOT NULL, enemies TEXT NOT NULL,
 locked TEXT NOT NULL, tags TEXT NOT NULL, code TEXT NOT NULL, source TEXT NOT NULL, PRIMARY KEY (item, rev)) STRICT,
 WITHOUT ROWID;
CREATE TABLE answer_keys (item INTEGER NOT NULL, rev INTEGER NOT NULL, correct TEXT NOT NULL, explanation TEXT NOT NULL,
 PRIMARY KEY (item, rev), FOREIGN KEY (item, rev) REFERENCES revisions (item, rev)) STRICT, WITHOUT ROWID;
CREATE TABLE media (sha256 TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE exposure (item INTEGER NOT NULL REFERENCES items (number), session TEXT NOT NULL, site TEXT NOT NULL,
 candidates INTEGER NOT NULL, PRIMARY KEY (item, session, site)) STRICT, WITHOUT ROWID;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID
"""


@pytest.fixture
def old(tmp_path, keys):
    from bank.canonical import canonical
    from bank.vault import Vault

    folder = tmp_path / "old"
    folder.mkdir()
    (folder / "bank.key").write_bytes((keys[0] / "bank/bank.key").read_bytes())
    with Vault.create(folder / "bank.db", keys[2], application="bank", version=1, schema=VERSION_1) as vault:
        for number, state in ((1, "approved"), (2, "withdrawn")):
            one, c = item(number), vault.connection
            c.execute("INSERT INTO items VALUES (?, ?, 1, ?)", (number, one.id, state))
            c.execute("INSERT INTO content VALUES (?, ?)", (number, canonical(one.content.to_json())))
            said = (number, 1, "single", "1", "know", 7000, "法", "[]", "[]", '["t"]', f"q{number}", "")
            c.execute("INSERT INTO revisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", said)
            c.execute("INSERT INTO answer_keys VALUES (?, 1, '[0]', '解析')", (number,))
        c.execute("INSERT INTO media VALUES ('aa', x'01')")
        c.execute("INSERT INTO exposure VALUES (1, 's', 'x', 20)")
    return lambda: Bank.open_with_key(folder, keys[2])


def test_a_bank_of_version_1_is_brought_over_and_its_items_wait_for_review(old, hand):
    with old() as bank:
        assert (bank.meta.carried_over(), list(bank.items.select())) == (2, [])
        listed = list(bank.items.select(state=None))
        assert [(each.code, each.state) for each in listed] == [("q1", State.DRAFT), ("q2", State.RETIRED)]
        expected = item(1, basis="法", tags=("t",), code="q1", explanation="解析")
        assert next(bank.answer_keys.whole(listed)) == expected and bank.media.find("aa") == b"\x01"
        assert bank.exposure.totals()[item(1).id].candidates == 20
        assert [each.code for each in bank.items.select(state=None, search="电气")] == ["q1", "q2"]
    with old() as bank:
        lifecycle.enrol(bank, hand["li"], "李", BOTH)
        lifecycle.enrol(bank, hand["wang"], "王", BOTH)
        draft = list(bank.items.select(state=State.DRAFT))
        assert refused(lambda: lifecycle.submit(bank, draft, hand["li"])) == "writer-unknown"
        lifecycle.adopt(bank, draft, hand["li"])
        lifecycle.submit(bank, draft, hand["li"])
        approve(bank, draft, hand["wang"])
        assert len(list(bank.items.select())) == 1 and bank.audit.findings() == []


def test_a_migration_that_fails_leaves_the_bank_as_it_was(old, monkeypatch):
    def broken(*_):
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(migration, "chain", broken)
        with pytest.raises(RuntimeError):
            old()
    with old() as bank:
        assert bank.meta.carried_over() == 2 and bank.vault.problems() == []


def test_a_changed_translation_is_told_field_by_field():
    def translated(stem, last, text):
        content = Content(ItemType.SINGLE, stem, (*map(Option, ("Stop", "Call")), Option(last)))
        return structs.replace(item(1), translations=(Translation("en", content, Background(text)),))

    before, after = translated("What first?", "Film", "A shock."), translated("What comes first?", "Wait", "A shock.")
    assert [(each.field, each.before, each.after) for each in review.changes(before, after)] == [
        ("stem in en", "What first?", "What comes first?"),
        ("option C in en", "Film", "Wait"),
    ]
    gone = {each.field for each in review.changes(after, item(1))}
    assert {"stem in en", "option A in en", "background in en"} <= gone
