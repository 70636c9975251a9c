"""The register of rules: two officers, one version after the other, nothing changed, the one in force and no other."""

import json
from dataclasses import replace
from datetime import date

import pytest

from bank.blueprint import Blueprint
from bank.canonical import canonical
from bank.refused import BadFile, Denied
from bank.seal import statements
from examd import holders
from examd.bureau.office import Office
from examd.bureau.rulebook import ROLE

PASSPHRASE = "correct horse battery staple"


def rule(version=1, **changes):
    return Blueprint.from_record(
        {
            "id": "SP-ELV-T",
            "version": version,
            "name": "规则",
            "source": "test",
            "effective_from": f"{2025 + version}-01-01",
            "grading": "site",
            "minutes": 30,
            "total_points": 10,
            "pass_points": 8,
            "types": {"single": {"count": 10, "points": 1}},
            "chapters": {"1": {"name": "一", "points": 10}},
            "levels": {"any": 10},
            "cells": [{"type": "single", "chapter": "1", "count": 10, "points": 1}],
        }
        | changes
    )


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    office, bureau = Office.create(folder / "office", "B", "局", PASSPHRASE)
    names = ("zhang", "li", "wang", "eve")
    officers = {n: holders.create(folder / n, ROLE, n, n, PASSPHRASE) for n in names}
    return office, bureau, officers


@pytest.fixture
def book(people, tmp_path):
    office, bureau, officers = people
    made = office.rulebook()
    made.directory = tmp_path / "rules"
    made.appoint([officers[n].card for n in ("zhang", "li", "wang")], bureau)
    return made


@pytest.fixture
def by(people):
    return people[2]


def settle(book, by, blueprint):
    book.sign(blueprint, by["zhang"])
    return book.sign(blueprint, by["li"])


def refused(code, act, *args):
    with pytest.raises((Denied, BadFile)) as refusal:
        act(*args)
    assert refusal.value.code == code


def test_one_signature_is_not_enough_and_two_are(book, by):
    assert not book.sign(rule(), by["zhang"]).complete
    refused("rule-not-signed", book.in_force, "SP-ELV-T", date(2026, 5, 1))
    edition = book.sign(rule(), by["li"])
    assert edition.complete
    assert [officer.id for officer in edition.signed_by] == ["zhang", "li"]
    assert book.in_force("SP-ELV-T", date(2026, 5, 1)) == rule()


def test_nobody_signs_twice_nor_without_being_an_officer(book, by):
    book.sign(rule(), by["zhang"])
    refused("rule-signed-already", book.sign, rule(), by["zhang"])
    refused("rules-not-an-officer", book.sign, rule(), by["eve"])


def test_versions_go_up_by_one_and_what_was_signed_stays(book, by):
    refused("rule-version", book.sign, rule(2), by["zhang"])
    settle(book, by, rule())
    refused("rule-version", book.sign, rule(minutes=45), by["wang"])
    refused("rule-version", book.sign, rule(3), by["wang"])
    settle(book, by, rule(2))
    assert [edition.supersedes for edition in book.history("SP-ELV-T")] == ["", rule().sha256]


def test_the_second_officer_signs_the_same_text_or_none(book, by):
    book.sign(rule(), by["zhang"])
    refused("rule-other-text", book.sign, rule(minutes=45), by["li"])
    assert book.sign(rule(minutes=45), by["zhang"]).blueprint.minutes == 45  # one's own proposal one may correct
    assert book.sign(rule(minutes=45), by["li"]).complete


def test_a_session_gets_the_newest_version_that_has_begun(book, by):
    settle(book, by, rule())
    settle(book, by, rule(2, effective_to="2027-06-30"))
    assert book.in_force("SP-ELV-T", date(2026, 12, 31)).version == 1
    assert book.in_force("SP-ELV-T", date(2027, 1, 1)).version == 2
    # What was replaced does not come back when its successor ends.
    refused("rule-no-longer-in-force", book.in_force, "SP-ELV-T", date(2027, 7, 1))
    refused("rule-not-yet-in-force", book.in_force, "SP-ELV-T", date(2025, 1, 1))
    book.require(rule(2, effective_to="2027-06-30"), date(2027, 1, 1))
    refused("rule-not-the-signed-one", book.require, rule(), date(2027, 1, 1))
    refused("rule-not-the-signed-one", book.require, replace(rule(), pass_points=5), date(2026, 5, 1))


def test_officers_who_left_sign_no_more_and_what_they_signed_stays(book, by, people):
    settle(book, by, rule())
    book.appoint([by["wang"].card, by["eve"].card], people[1])
    assert book.history("SP-ELV-T")[0].complete
    refused("rules-not-an-officer", book.sign, rule(2), by["zhang"])
    book.sign(rule(2), by["wang"])
    assert book.sign(rule(2), by["eve"]).complete


def test_a_register_needs_two_different_officers(book, by, people):
    refused("rules-too-few-officers", book.appoint, [by["zhang"].card], people[1])
    refused("rules-too-few-officers", book.appoint, [by["zhang"].card, by["zhang"].card], people[1])


def test_a_register_that_another_bureau_signed_is_refused(book, by):
    record = [{"active": True, "id": "eve", "name": "eve", "sign": by["eve"].card.sign}] * 2
    forged = statements.sign({"type": "examd-rule-officers", "v": 1, "officers": record}, by["eve"].signing_key)
    (book.directory / "officers.json").write_bytes(forged)
    refused("rules-register-signature", book.officers)


def test_what_was_changed_left_out_or_put_in_another_place_is_found(book, by):
    settle(book, by, rule())
    settle(book, by, rule(2))
    first, second = (book.directory / "SP-ELV-T" / f"{n}.json" for n in (1, 2))
    honest = first.read_bytes(), second.read_bytes()

    altered = json.loads(honest[0])
    altered["signed"]["rule"] |= {"pass_points": 5}
    first.write_bytes(canonical(altered))
    refused("rule-chain-broken", book.history, "SP-ELV-T")

    altered["signed"]["sha256"] = replace(rule(), pass_points=5).sha256
    first.write_bytes(canonical(altered))
    refused("rules-register-signature", book.history, "SP-ELV-T")

    first.write_bytes(honest[1])
    refused("rule-chain-broken", book.history, "SP-ELV-T")

    first.unlink()
    refused("rule-chain-broken", book.history, "SP-ELV-T")

    alone = json.loads(honest[0])
    alone["signatures"] = alone["signatures"][:1]  # the first version is but half signed, and yet has a successor
    first.write_bytes(canonical(alone))
    refused("rule-chain-broken", book.history, "SP-ELV-T")


def test_the_same_signature_twice_counts_once(book, by):
    book.sign(rule(), by["zhang"])
    path = book.directory / "SP-ELV-T" / "1.json"
    doubled = json.loads(path.read_bytes())
    doubled["signatures"] *= 2
    path.write_bytes(canonical(doubled))
    assert not book.history("SP-ELV-T")[0].complete


@pytest.mark.parametrize("name", ["../office", "a/b", ".hidden", "规则", ""])
def test_a_rules_id_is_no_way_out_of_the_register(book, name):
    refused("rule-id", book.in_force, name, date(2026, 5, 1))
