"""Nobody approves what they have not read: enforced in the bank, whatever door somebody comes by."""

import hashlib
from dataclasses import replace

import pytest
from msgspec import structs

from bank.authoring import lifecycle, people, reading, review
from bank.authoring.people import Role
from bank.authoring.review import Act, State
from bank.clock import now
from bank.content import Content, ItemType, Option
from bank.item import AnswerKey, Item
from bank.refused import BadFile, Denied
from bank.seal import statements
from bank.store import Bank
from tests import pictures
from tests.reviewing import read

PASSPHRASE = "correct horse battery"
BOTH = frozenset({Role.AUTHOR, Role.REVIEWER})
PICTURE = pictures.png(8, 8)
DIGEST = hashlib.sha256(PICTURE).hexdigest()


def item(number, stem="电气作业应先做什么？", **more):
    content = Content(ItemType.SINGLE, f"第 {number} 题：{stem}", tuple(map(Option, ("验电", "合闸", "离开"))))
    return Item(content, AnswerKey((0,)), chapter="1", code=f"q{number}", explanation="先验电。", **more)


def with_picture(number):
    content = replace(item(number).content, media=(DIGEST,))
    return structs.replace(item(number), content=content)


@pytest.fixture
def hand(tmp_path):
    return {name: people.create(tmp_path / f"{name}.key", PASSPHRASE) for name in ("li", "wang", "zhao")}


@pytest.fixture
def bank(tmp_path, hand):
    with Bank.create(tmp_path / "bank", PASSPHRASE) as bank:
        for name, roles in (("li", BOTH), ("wang", BOTH)):
            lifecycle.enrol(bank, hand[name], name, roles)
        lifecycle.enrol(bank, hand["zhao"], "zhao", frozenset({Role.REVIEWER}), [hand["li"], hand["wang"]])
        lifecycle.add(
            bank, [item(1), item(2), item(3), with_picture(4), with_picture(5)], hand["li"], {DIGEST: PICTURE}
        )
        lifecycle.submit(bank, list(bank.items.select(state=State.DRAFT)), hand["li"])
        yield bank


class Clock:
    def __init__(self):
        self.seconds = 100.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock(bank):
    bank.readings.clock = Clock()
    return bank.readings.clock


def begin(bank, signer):
    reader = bank.readings.challenge()
    bank.readings.begin(reading.sign(bank.vault.name, signer, reader))
    return reader


def refused(call, *given, **named):
    with pytest.raises((Denied, BadFile)) as caught:
        call(*given, **named)
    return caught.value


def test_what_nobody_was_shown_is_not_approved_whether_asked_or_forced(bank, hand):
    first = bank.items.find("q1")
    assert refused(lifecycle.approve, bank, [first], hand["wang"]).code == "approve-unread"
    # Somebody who signs by themselves, past `to_sign`, is refused all the same.
    events, sealed = bank.history.events(first.number), bank.proof.seal(first)
    event = review.Event(Act.APPROVE, "wang", now())
    said = review.statement(Act.APPROVE, first.lineage, 1, sealed, event, events)
    assert refused(bank.reviews.perform, [statements.sign(said, hand["wang"].key)]).code == "approve-unread"
    assert bank.items.find("q1").state is State.IN_REVIEW


def test_one_that_was_read_is_approved_and_no_other_with_it(bank, hand):
    first, second = bank.items.find("q1"), bank.items.find("q2")
    read(bank, [first], hand["wang"])
    assert refused(lifecycle.approve, bank, [first, second], hand["wang"]).facts == {"item": "q2"}
    assert bank.items.find("q1").state is State.IN_REVIEW  # all or none
    lifecycle.approve(bank, [first], hand["wang"])
    assert bank.items.find("q1").state is State.APPROVED and bank.audit.findings() == []


def test_what_one_reviewer_read_another_does_not_approve(bank, hand):
    first = bank.items.find("q1")
    read(bank, [first], hand["wang"])
    assert refused(lifecycle.approve, bank, [first], hand["zhao"]).code == "approve-unread"


def test_reading_takes_the_time_that_the_words_take(bank, hand, clock):
    reader = begin(bank, hand["wang"])
    long = lifecycle.begin(bank, item(9, "字" * 400), hand["li"])
    lifecycle.submit(bank, [long], hand["li"])
    for code, least in (("q1", 4), ("q9", 23)):
        number = bank.items.find(code).number
        shown = bank.readings.show(reader, number)
        assert shown.least_s == least and shown.item.explanation == "先验电。"
        clock.seconds += least - 0.5
        early = refused(bank.readings.read, reader)
        assert (early.code, early.facts["left"]) == ("read-too-briefly", 1)
        assert refused(bank.readings.show, reader, bank.items.find("q2").number, read=True).code == "read-too-briefly"
        clock.seconds += 0.5
        bank.readings.read(reader)
        (event,) = bank.readings.of(number)
        assert (event.act, event.who, event.remarks.split()[1]) == (Act.READ, "wang", str(least))


def test_what_was_skipped_was_not_read_and_several_lines_read_no_faster(bank, hand, clock):
    one, two, three = (bank.items.find(code).number for code in ("q1", "q2", "q3"))
    reader, other = begin(bank, hand["wang"]), begin(bank, hand["wang"])
    bank.readings.show(reader, one)
    clock.seconds += 60
    bank.readings.show(reader, two)  # went on and did not say that it was read
    bank.readings.show(other, three)  # the same person by another line: two is before nobody any more
    clock.seconds += 60
    bank.readings.read(reader)
    bank.readings.read(other)
    assert bank.readings.by("wang") == [three]


def test_of_a_change_what_changed_is_there_to_read(bank, hand, clock):
    first = bank.items.find("q1")
    read(bank, [first], hand["wang"])
    lifecycle.approve(bank, [first], hand["wang"])
    draft = lifecycle.write(
        bank, first.lineage, structs.replace(item(1), explanation="先验电，再挂接地线。"), hand["li"]
    )
    lifecycle.submit(bank, [draft], hand["li"])
    shown = bank.readings.show(begin(bank, hand["wang"]), draft.number)
    assert (shown.before, shown.rev_before, shown.least_s) == (item(1), 1, 3)
    assert refused(lifecycle.approve, bank, [draft], hand["wang"]).code == "approve-unread"  # the new words were not


def test_an_item_is_read_with_its_pictures_or_not_at_all(bank, hand, clock):
    reader = begin(bank, hand["wang"])
    four = bank.items.find("q4")
    shown = bank.readings.show(reader, four.number)
    assert shown.pictures == {DIGEST: PICTURE}
    clock.seconds += 60
    bank.readings.read(reader)
    bank.vault.connection.execute("DELETE FROM media")
    assert bank.readings.show(reader, bank.items.find("q5").number).pictures == {}
    clock.seconds += 60
    assert refused(bank.readings.read, reader).code == "read-without-picture"
    lifecycle.approve(bank, [four], hand["wang"])
    assert refused(lifecycle.approve, bank, [bank.items.find("q5")], hand["wang"]).code == "approve-unread"


def test_nobody_reads_in_anothers_name_or_their_own_work(bank, hand):
    challenge = bank.readings.challenge()
    forged = statements.sign(reading.to_sign(bank.vault.name, "wang", challenge), hand["zhao"].key)
    assert refused(bank.readings.begin, forged).code == "signature"
    old = reading.sign(bank.vault.name, hand["wang"], "0" * 64)
    assert refused(bank.readings.begin, old).code == "reader-unknown"
    reader = begin(bank, hand["wang"])
    assert refused(bank.readings.begin, reading.sign(bank.vault.name, hand["wang"], reader)).code == "reader-unknown"
    assert refused(bank.readings.show, "0" * 64, bank.items.find("q1").number).code == "reader-unknown"
    own = begin(bank, hand["li"])
    assert refused(bank.readings.show, own, bank.items.find("q1").number).code == "own-item"
    lifecycle.end(bank, "wang", [hand["wang"]])
    assert refused(bank.readings.show, reader, bank.items.find("q1").number).code == "person-ended"


def test_who_read_is_in_the_acts_and_no_step_of_the_items_life(bank, hand):
    first = bank.items.find("q1")
    before = bank.history.head()[0]
    read(bank, [first], hand["wang"])
    assert bank.history.head()[0] == before + 1 and bank.audit.findings() == []
    assert Act.READ not in [event.act for event in bank.history.events(first.number)]
    assert bank.readings.by("wang") == [first.number] and bank.readings.by("zhao") == []
