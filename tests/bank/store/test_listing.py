"""The listing in memory says at any time what the bank's tables say, whatever was done to the bank meanwhile."""

import dataclasses

import pytest
from msgspec import structs

from bank.authoring import lifecycle, people
from bank.authoring.people import Role
from bank.authoring.review import State
from bank.content import Background, Content, ItemType, Option
from bank.item import AnswerKey, Basis, Item
from bank.store import Bank
from bank.store.listing import Lack, Wanted
from tests.reviewing import approve

PASSPHRASE = "correct horse battery"


def item(number, stem="触电急救首先应做什么？", **more):
    content = Content(ItemType.SINGLE, f"{stem} {number}", tuple(map(Option, ("断电", "喊人", "拍照"))))
    return Item(content, AnswerKey((0,)), "2.1", code=f"q{number}", **more)


@pytest.fixture
def bank(tmp_path):
    with Bank.create(tmp_path / "bank", PASSPHRASE) as bank:
        yield bank


@pytest.fixture
def hands(bank, tmp_path):
    """Two people of the bank, and three items that the first of them wrote."""
    hands = [people.create(tmp_path / f"{name}.key", PASSPHRASE) for name in ("li", "wang")]
    for hand in hands:
        lifecycle.enrol(bank, hand, hand.id, frozenset({Role.AUTHOR, Role.REVIEWER}))
    lifecycle.add(bank, [item(n) for n in range(3)], hands[0])
    return hands


def found(bank, **wanted):
    return [each.code for each in bank.items.at(bank.catalogue.find(Wanted(**wanted)))]


def test_whatever_is_done_to_the_bank_is_in_the_listing_at_once(bank, hands):
    li, wang = hands
    assert found(bank) == ["q0", "q1", "q2"]
    lifecycle.add(bank, [item(3), item(4)], wang)
    assert found(bank, hand="wang") == ["q3", "q4"]
    lifecycle.submit(bank, [bank.items.find("q0")], li)
    assert found(bank, state=State.IN_REVIEW) == found(bank, hand="li", search="0") == ["q0"]
    assert found(bank, state=State.IN_REVIEW, other_hand="li") == []
    approve(bank, [bank.items.find("q0")], wang)
    lifecycle.write(bank, bank.items.find("q0").lineage, item(0, "换了说法"), li)
    assert found(bank, search="换了") == ["q0"]
    assert found(bank, search="急救", state=State.APPROVED) == ["q0"]  # it stays in force
    assert len(found(bank)) == 5
    lifecycle.submit(bank, [bank.items.find("q0")], li)
    approve(bank, [bank.items.find("q0")], wang)
    assert found(bank, search="急救 0") == []
    lifecycle.retire(bank, [bank.items.find("q0")], wang, "过时")
    assert found(bank, state=State.RETIRED) == ["q0"]


def test_an_item_without_a_code_is_found_by_the_name_it_is_shown_under(bank, hands):
    lifecycle.add(bank, [structs.replace(item(9), code="")], hands[0])
    (made,) = bank.items.at(bank.catalogue.find(Wanted(search="? 9")) or bank.catalogue.find(Wanted(search="？ 9")))
    assert bank.catalogue.find(Wanted(search=made.lineage[:4].upper())) == [made.number]
    assert bank.catalogue.find(Wanted(search=bank.items.find("q1").lineage[:8])) == []  # it is called by its code


def test_measuring_is_seen_though_it_is_no_act(bank, hands):
    assert len(found(bank, lacks=Lack.DIFFICULTY)) == 3
    bank.calibrations.add({bank.items.find("q1").id: (7_000, 100)})
    assert found(bank, lacks=Lack.DIFFICULTY) == ["q0", "q2"]


def test_a_repealed_provision_is_found_by_the_item_or_by_the_bank(bank, hands):
    from datetime import date

    lifecycle.add(
        bank, [item(5, bases=(Basis("甲", None, date(2024, 1, 1)),)), item(6, basis="令第30号第二条")], hands[0]
    )
    assert found(bank, lacks=Lack.FORCE, on="2023-12-31") == []
    assert found(bank, lacks=Lack.FORCE, on="2024-01-01") == ["q5"]
    lifecycle.repeal(bank, "令第30号", date(2025, 1, 1), hands[1])
    assert found(bank, lacks=Lack.FORCE, on="2025-01-01") == ["q5", "q6"]


def test_a_case_and_enemies_are_related_and_what_is_retired_is_not(bank, hands):
    case = Background("某车间触电事故。")

    def of_case(place):
        made = item(10 + place, enemies=("急救",))
        content = dataclasses.replace(made.content, case=case.sha256())
        return structs.replace(made, content=content, background=case, place=place)

    made = [of_case(2), of_case(1), item(20, enemies=("急救", "其他")), item(21, enemies=("其他",))]
    lifecycle.add(bank, made, hands[0])
    related = bank.catalogue.related(bank.items.find("q12").number)
    assert [each.code for each in bank.items.at(related.group)] == ["q11", "q12"]
    assert sorted(each.code for each in bank.items.at(related.enemies)) == ["q11", "q20"]
    assert bank.catalogue.has_case(case.sha256()) and not bank.catalogue.has_case("0" * 64)
    lifecycle.retire(bank, [bank.items.find("q20")], hands[0], "过时")
    assert [each.code for each in bank.items.at(bank.catalogue.related(bank.items.find("q12").number).enemies)] == [
        "q11"
    ]


def test_twins_are_those_that_an_import_would_name(bank, hands):
    from bank.authoring import near_duplicates

    stems = (
        "在电气设备上工作保证安全的组织措施有哪些内容",
        "在电气设备上工作，保证安全的组织措施有哪些内容？",
        "在电气设备上工作保证安全的技术措施有哪些内容",
        "高处作业应系安全带",
        "电",
    )
    lifecycle.add(bank, [item("", stem) for stem in stems], hands[0])
    held = list(bank.items.at(bank.catalogue.find(Wanted())))
    for one in held:
        expected = {
            other.number
            for other in held
            if other is not one
            and near_duplicates.similarity(one.content, other.content) >= near_duplicates.LEAST_SIMILARITY
        }
        twins = dict(bank.near_duplicates.of(one.number))
        assert expected <= twins.keys()
        assert all(p4 > 0 for p4 in twins.values())
    assert any(bank.near_duplicates.of(one.number) for one in held)


def test_a_sample_that_is_taken_later_is_in_the_listing(tmp_path):
    with Bank.create(tmp_path / "samples", PASSPHRASE, sample=True) as bank:
        assert found(bank) == []
        bank.drafts.add([item(1)], approve_as_sample=True)
        assert found(bank) == ["q1"]


def test_with_a_new_key_old_work_is_still_ones_own(bank, hands, tmp_path):
    li, wang = hands
    lifecycle.submit(bank, [bank.items.find("q0"), bank.items.find("q1")], li)
    third, again = (people.create(tmp_path / f"{name}.key", PASSPHRASE) for name in ("third", "again"))
    lifecycle.enrol(bank, third, "third", frozenset({Role.REVIEWER}), (li, wang))
    lifecycle.end(bank, "li", (li,))
    lifecycle.enrol(bank, again, "li", frozenset({Role.REVIEWER}), (wang, third), was="li")
    assert found(bank, state=State.IN_REVIEW, other_hand="again") == []
    assert found(bank, hand="again") == ["q0", "q1", "q2"]
    assert found(bank, state=State.IN_REVIEW, other_hand="wang") == ["q0", "q1"]
