"""The register of rules: two officers, one version after the other, nothing changed, the one in force and no other."""

import json
import shutil
from dataclasses import replace
from datetime import date

import pytest

from bank.canonical import canonical
from bank.refused import BadFile, Denied
from bank.rules import Rule
from bank.rules import signed_rule as signed_rules
from bank.seal import statements
from bank.store import Bank
from examd import holders
from examd.bureau import last_seen
from examd.bureau.office import Office
from examd.bureau.rulebook import ROLE, Rulebook

PASSPHRASE = "correct horse battery staple"


def a_rule(version=1, **changes):
    return Rule.from_json(
        {
            "id": "SP-ELV-T",
            "version": version,
            "name": "规则",
            "subjects": ["SP-ELV"],
            "pool": {"multiple": 2},
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
    names = ("zhang", "li", "wang", "zhao", "eve")
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


def settle(book, by, rule):
    book.sign(rule, by["zhang"])
    return book.sign(rule, by["li"])


def refused(code, act, *args):
    with pytest.raises((Denied, BadFile)) as refusal:
        act(*args)
    assert refusal.value.code == code


def test_one_signature_is_not_enough_and_two_are(book, by):
    assert not book.sign(a_rule(), by["zhang"]).complete
    refused("rule-not-signed", book.in_force, "SP-ELV-T", date(2026, 5, 1))
    signed_rule = book.sign(a_rule(), by["li"])
    assert signed_rule.complete
    assert [officer.id for officer in signed_rule.signed_by] == ["zhang", "li"]
    assert book.in_force("SP-ELV-T", date(2026, 5, 1)) == a_rule()


def test_nobody_signs_twice_nor_without_being_an_officer(book, by):
    book.sign(a_rule(), by["zhang"])
    refused("rule-signed-already", book.sign, a_rule(), by["zhang"])
    refused("rules-not-an-officer", book.sign, a_rule(), by["eve"])


def test_versions_go_up_by_one_and_what_was_signed_stays(book, by):
    refused("rule-version", book.sign, a_rule(2), by["zhang"])
    settle(book, by, a_rule())
    refused("rule-version", book.sign, a_rule(minutes=45), by["wang"])
    refused("rule-version", book.sign, a_rule(3), by["wang"])
    settle(book, by, a_rule(2))
    assert [signed_rule.supersedes for signed_rule in book.history("SP-ELV-T")] == ["", a_rule().sha256]


def test_signatures_under_different_texts_make_no_version(book, by):
    book.sign(a_rule(), by["zhang"])
    assert not book.sign(a_rule(minutes=45), by["li"]).complete
    refused("rule-not-signed", book.in_force, "SP-ELV-T", date(2026, 5, 1))
    assert book.sign(a_rule(minutes=50), by["zhang"]).rule.minutes == 50  # one's own proposal one may correct
    assert [each.rule.minutes for each in book.proposals("SP-ELV-T")] == [50, 45]
    assert book.sign(a_rule(minutes=45), by["wang"]).complete
    assert book.proposals("SP-ELV-T") == []
    assert [each.rule.minutes for each in book.history("SP-ELV-T")] == [45]
    refused("rule-version", book.sign, a_rule(minutes=50), by["wang"])


def test_one_officer_holds_up_nobody(book, by, people):
    settle(book, by, a_rule())
    book.sign(a_rule(2, minutes=45), by["wang"])
    assert settle(book, by, a_rule(2)).complete
    assert book.history("SP-ELV-T")[-1].rule == a_rule(2)
    book.sign(a_rule(3, minutes=45), by["wang"])
    book.sign(a_rule(3), by["zhang"])
    replace_officers(book, by, people[1], ("wang", "zhao"))
    assert book.proposals("SP-ELV-T") == []  # what officers before began is begun again
    book.sign(a_rule(3), by["zhao"])
    assert book.sign(a_rule(3), by["wang"]).complete


def test_two_officers_of_one_name_are_asked_about_and_the_reason_stays(people, tmp_path):
    office, bureau, officers = people
    book = office.rulebook()
    book.directory = tmp_path / "rules"
    named = [replace(officers["zhang"].card, name="张三zhang"), replace(officers["eve"].card, name="张三 ＺＨＡＮＧ")]
    refused("rules-same-name", book.appoint, named, bureau)
    refused("not-one-line", book.appoint, named, bureau, None, "两人\n- 另一行")
    assert not book.kept
    assert book.appoint(named, bureau, None, "一科、二科各一人").namesakes == "一科、二科各一人"
    assert book.registers()[0].namesakes == "一科、二科各一人"


def test_a_name_or_a_reason_writes_no_lines_of_its_own(book, by, people, tmp_path):
    forged = "王五\n规则负责人名单第 3 份"
    refused("not-one-line", book.appoint, cards(by, "li", "wang"), people[1], {"zhang": "病故）\n- …"})
    refused("not-one-line", holders.create, tmp_path / "x", ROLE, "wang", forged, PASSPHRASE)
    card = tmp_path / "card.json"
    fields = {name: getattr(by["wang"].card, name) for name in ("role", "id", "age", "sign")}
    card.write_text(json.dumps(fields | {"name": forged}))
    refused("card-malformed", holders.Card.read, card, ROLE)
    officer = signed_rules.Officer("x", forged, by["eve"].card.sign)
    signed = signed_rules.register_statement([*book.officers(), officer], {}, {}, None)
    file = statements.sign(signed, people[1].signing_key)
    refused("statement-malformed", signed_rules.read_registers, [file], book.bureau.sign)


def test_a_session_gets_the_newest_version_that_has_begun(book, by):
    settle(book, by, a_rule())
    settle(book, by, a_rule(2, effective_to="2027-06-30"))
    assert book.in_force("SP-ELV-T", date(2026, 12, 31)).version == 1
    assert book.in_force("SP-ELV-T", date(2027, 1, 1)).version == 2
    # What was replaced does not come back when its successor ends.
    refused("rule-no-longer-in-force", book.in_force, "SP-ELV-T", date(2027, 7, 1))
    refused("rule-not-yet-in-force", book.in_force, "SP-ELV-T", date(2025, 1, 1))
    book.require(a_rule(2, effective_to="2027-06-30"), date(2027, 1, 1))
    refused("rule-not-the-signed-one", book.require, a_rule(), date(2027, 1, 1))
    refused("rule-not-the-signed-one", book.require, replace(a_rule(), pass_points=5), date(2026, 5, 1))


def cards(by, *names):
    return [by[name].card for name in names]


def replace_officers(book, by, bureau, names, hands=("zhang", "li")):
    book.appoint(cards(by, *names), bureau)
    for name in hands:
        register = book.consent(by[name])
    assert register.complete


def test_officers_who_left_sign_no_more_and_what_they_signed_stays(book, by, people):
    settle(book, by, a_rule())
    replace_officers(book, by, people[1], ("wang", "zhao"))
    assert book.history("SP-ELV-T")[0].complete
    refused("rules-not-an-officer", book.sign, a_rule(2), by["zhang"])
    book.sign(a_rule(2), by["wang"])
    assert book.sign(a_rule(2), by["zhao"]).complete
    assert [each.register for each in book.history("SP-ELV-T")] == [1, 2]


def test_the_first_register_is_the_bureaus_alone_and_each_later_one_needs_two_officers_before(book, by, people):
    assert (book.registers()[0].needed, book.pending()) == (0, None)
    assert not book.appoint(cards(by, "zhao", "eve"), people[1]).complete
    assert {officer.id for officer in book.officers()} == {"zhang", "li", "wang"}  # not in force yet
    refused("rules-not-an-officer", book.sign, a_rule(), by["eve"])
    refused("rules-not-an-officer", book.consent, by["eve"])
    assert not book.consent(by["zhang"]).complete
    refused("rules-consented-already", book.consent, by["zhang"])
    assert book.consent(by["wang"]).complete
    assert {officer.id for officer in book.officers()} == {"zhao", "eve"}
    refused("rules-nothing-to-consent", book.consent, by["zhao"])


def test_where_officers_are_gone_the_others_suffice_but_never_none(book, by, people):
    bureau = people[1]
    refused(
        "rules-nobody-left", book.appoint, cards(by, "zhao", "eve"), bureau, dict.fromkeys(("zhang", "li", "wang"), "x")
    )
    refused("rules-not-an-officer", book.appoint, cards(by, "zhao", "eve"), bureau, {"eve": "x"})
    refused("rules-gone-and-appointed", book.appoint, cards(by, "zhang", "eve"), bureau, {"zhang": "x"})
    register = book.appoint(cards(by, "li", "zhao"), bureau, {"zhang": "病故", "wang": "调离"})
    assert (register.needed, register.complete) == (1, False)
    refused("rules-called-gone", book.consent, by["zhang"])
    assert book.consent(by["li"]).complete
    assert book.registers()[1].gone == {"zhang": "病故", "wang": "调离"}


def test_a_register_closes_the_one_before_over_the_rules_as_they_stand(book, by, people):
    book.appoint(cards(by, "wang", "zhao"), people[1])
    settle(book, by, a_rule())
    refused("rules-changed-since", book.consent, by["zhang"])
    replace_officers(book, by, people[1], ("wang", "zhao"))
    assert book.registers()[1].rules == {"SP-ELV-T": (a_rule().sha256,)}


def test_officers_who_were_dismissed_can_add_nothing(book, by, people):
    settle(book, by, a_rule())
    before = shutil.copytree(book.directory, book.directory.parent / "before")
    old = Rulebook(before, book.bureau)
    replace_officers(book, by, people[1], ("wang", "zhao"))
    settle(old, by, a_rule(2))  # their old keys, their old register
    shutil.copy(before / "SP-ELV-T" / "2.json", book.directory / "SP-ELV-T" / "2.json")
    refused("rule-register-over", book.history, "SP-ELV-T")
    refused("rule-register-over", book.in_force, "SP-ELV-T", date(2026, 5, 1))

    signed = json.loads((before / "SP-ELV-T" / "2.json").read_bytes())["signed"]
    signed["register"] = {"version": 2, "sha256": book.registers()[1].sha256}
    keys = (by["zhang"].signing_key, by["li"].signing_key)
    (book.directory / "SP-ELV-T" / "2.json").write_bytes(statements.sign(signed, *keys))
    refused("rules-register-signature", book.history, "SP-ELV-T")  # they are nobody in the register that they name


def test_what_one_officer_began_before_leaving_is_begun_again(book, by, people):
    book.sign(a_rule(), by["zhang"])
    replace_officers(book, by, people[1], ("wang", "zhao"))
    assert book.history("SP-ELV-T") == []
    book.sign(a_rule(), by["wang"])
    assert book.sign(a_rule(), by["zhao"]).complete


def test_registers_never_go_back(book, by, people):
    replace_officers(book, by, people[1], ("wang", "zhao"))
    book.sign(a_rule(), by["wang"])
    book.sign(a_rule(), by["zhao"])
    (book.directory / "officers.2.json").unlink()
    refused("rules-register-missing", book.history, "SP-ELV-T")


def test_a_register_left_out_changed_or_signed_by_the_wrong_hands_is_found(book, by, people):
    replace_officers(book, by, people[1], ("wang", "zhao"))
    replace_officers(book, by, people[1], ("zhang", "zhao", "li"), hands=("wang", "zhao"))
    second = book.directory / "officers.2.json"
    honest = second.read_bytes()

    second.unlink()
    refused("rules-register-broken", book.registers)

    altered = json.loads(honest)
    altered["signed"]["officers"][0]["name"] = "别人"
    second.write_bytes(canonical(altered))
    refused("rules-register-signature", book.registers)

    alone = json.loads(honest)
    alone["signatures"] = alone["signatures"][:2]  # the bureau and one officer; and yet there is a third
    second.write_bytes(canonical(alone))
    refused("rules-register-broken", book.registers)

    (book.directory / "officers.1.json").unlink()
    refused("rules-register-broken", book.registers)
    assert book.kept  # or a new first register could be laid over what is left


@pytest.mark.parametrize(
    "officers",
    [
        [("a", "zhang"), ("b", "zhang")],
        [("a", "zhang"), ("a", "li")],
        [("a", "zhang")],
        [("a", "zhang"), ("b", "ZHANG")],
    ],
    ids=("one key twice", "one id twice", "one officer", "one key in two spellings"),
)
def test_one_person_is_never_two_officers(book, by, people, officers):
    keys = {"zhang": by["zhang"].card.sign, "li": by["li"].card.sign, "ZHANG": by["zhang"].card.sign.upper()}
    listed = [signed_rules.Officer(id_, id_, keys[key]) for id_, key in officers]
    signed = signed_rules.register_statement(listed, {}, {}, None)
    shutil.rmtree(book.directory)
    book.directory.mkdir()
    (book.directory / "officers.1.json").write_bytes(statements.sign(signed, people[1].signing_key))
    refused("rules-register-broken", book.registers)


def test_the_bureaus_own_key_is_no_officers(book, by, people):
    bureau = people[1]
    refused("rules-officer-is-bureau", book.appoint, [by["zhang"].card, bureau.card], bureau)


# -- what was there before ---------------------------------------------------------------------------------------------


def test_the_newest_version_taken_away_is_noticed_by_whoever_saw_it(book, by, tmp_path):
    settle(book, by, a_rule())
    settle(book, by, a_rule(2))
    last_seen.keep_note(tmp_path, book.bureau.sign, book.heads())
    noted = last_seen.read(last_seen.note_of(tmp_path), book.bureau.sign, where="")
    book.hold_against(noted, "note")
    (book.directory / "SP-ELV-T" / "2.json").unlink()
    assert len(book.history("SP-ELV-T")) == 1  # by itself it holds together
    refused("rule-rolled-back", book.hold_against, noted, "note")
    shutil.rmtree(book.directory / "SP-ELV-T")
    refused("rule-rolled-back", book.hold_against, noted, "note")


def test_the_newest_register_taken_away_or_begun_anew_is_noticed_by_whoever_saw_it(book, by, people, tmp_path):
    replace_officers(book, by, people[1], ("wang", "zhao"))
    noted = book.heads()
    (book.directory / "officers.2.json").unlink()
    refused("rules-rolled-back", book.hold_against, noted, "note")
    shutil.rmtree(book.directory)
    book.appoint(cards(by, "eve", "zhao"), people[1])
    refused("rules-rolled-back", book.hold_against, noted, "note")


def test_a_register_change_keeps_the_versions_it_closed_over(book, by, people):
    settle(book, by, a_rule())
    settle(book, by, a_rule(2))
    replace_officers(book, by, people[1], ("wang", "zhao"))
    (book.directory / "SP-ELV-T" / "2.json").unlink()
    refused("rule-chain-broken", book.history, "SP-ELV-T")
    shutil.rmtree(book.directory / "SP-ELV-T")
    assert book.rules() == ["SP-ELV-T"]
    refused("rule-chain-broken", book.history, "SP-ELV-T")


def test_a_package_that_was_issued_is_a_witness(book, by, people, tmp_path):
    settle(book, by, a_rule())
    settle(book, by, a_rule(2))
    office = Office(tmp_path / "office")
    office.rulebook = lambda: book
    (office.directory / "releases").mkdir(parents=True)
    (office.directory / "releases" / ("0" * 32 + ".edition.json")).write_bytes(book.travelling(a_rule(2)))
    assert office.checked_rulebook() is book
    (book.directory / "SP-ELV-T" / "2.json").unlink()
    refused("rule-rolled-back", office.checked_rulebook)


def test_a_bank_notes_what_officers_signed_and_never_less(book, by, people, tmp_path):
    me = book.bureau.sign
    settle(book, by, a_rule())
    older = book.packed().decode()
    settle(book, by, a_rule(2))
    replace_officers(book, by, people[1], ("wang", "zhao"))
    with Bank.create(tmp_path / "bank", PASSPHRASE) as bank:
        assert last_seen.of_names(bank.rules.noted(), me) is None
        bank.rules.note(me, older)
        bank.rules.note(me, book.packed().decode())
        bank.rules.note(me, book.packed().decode())
        assert last_seen.of_names(bank.rules.noted(), me) == book.heads()
        assert last_seen.of_names(bank.rules.noted(), "other") is None
        refused("rules-noted-otherwise", bank.rules.note, me, older)
        assert last_seen.of_names(bank.rules.noted(), me) == book.heads()


def test_a_bank_takes_nothing_on_the_word_of_whoever_opened_it(book, by, people, tmp_path):
    me = book.bureau.sign
    settle(book, by, a_rule())
    whole = json.loads(book.packed())
    unsigned = [dict(whole["rules"][0][0], signatures=whole["rules"][0][0]["signatures"][:1])]
    with Bank.create(tmp_path / "bank", PASSPHRASE) as bank:
        for code, bureau, brought in (
            ("statement-malformed", me, '{"x":"00"}'),
            ("statement-malformed", me, json.dumps({f"{me}//9": "00"})),
            ("statement-malformed", me, "["),
            ("statement-malformed", me, canonical({"officers": [], "rules": []}).decode()),
            ("statement-malformed", me, book.packed().decode().replace('{"officers"', '{"officers":[],"officers"')),
            ("rules-register-signature", by["eve"].card.sign, book.packed().decode()),
            ("rules-register-signature", "zz", book.packed().decode()),
            ("rule-not-signed", me, canonical(whole | {"rules": [unsigned]}).decode()),
        ):
            refused(code, bank.rules.note, bureau, brought)
        assert bank.rules.noted() == {}
        settle(book, by, a_rule(2))
        versions = json.loads(book.packed())["rules"][0]
        refused("rule-chain-broken", bank.rules.note, me, canonical(whole | {"rules": [versions[1:]]}).decode())
        replace_officers(book, by, people[1], ("wang", "zhao"))
        left_out = canonical(json.loads(book.packed()) | {"rules": [versions[:1]]}).decode()
        refused("rule-chain-broken", bank.rules.note, me, left_out)


def test_notes_of_several_bureaus_stand_beside_each_other(tmp_path):
    one, other = last_seen.Heads((1, "a"), {"R": (2, "b")}), last_seen.Heads((3, "c"), {})
    last_seen.keep_note(tmp_path, "one", one)
    last_seen.keep_note(tmp_path, "other", other)
    text = last_seen.note_of(tmp_path)
    assert [last_seen.read(text, who, where="") for who in ("one", "other", "third")] == [one, other, None]
    refused("statement-malformed", lambda: last_seen.read("{", "one", where=""))


# -- what travels ------------------------------------------------------------------------------------------------------


def test_what_travels_proves_itself(book, by, people):
    settle(book, by, a_rule())
    replace_officers(book, by, people[1], ("wang", "zhao"))
    proof = signed_rules.unpack(book.travelling(a_rule()), book.bureau.sign, name="edition.json")
    assert proof.signed_rule.rule == a_rule()
    assert [officer.id for officer in proof.signed_rule.signed_by] == ["zhang", "li"]
    assert len(proof.registers) == 2
    refused("rule-not-signed", book.travelling, a_rule(2))
    refused(
        "rules-register-signature",
        lambda: signed_rules.unpack(book.travelling(a_rule()), by["eve"].card.sign, name="x"),
    )


def test_what_travels_with_a_signature_too_few_is_refused(book, by):
    settle(book, by, a_rule())
    record = json.loads(book.travelling(a_rule()))
    record["rule"]["signatures"] = record["rule"]["signatures"][:1] * 2
    refused("rule-not-signed", lambda: signed_rules.unpack(canonical(record), book.bureau.sign, name="x"))
    for broken in (b"", b"[]", b"{}", b'{"officers": 1, "rule": 2}', canonical(record | {"officers": []})):
        with pytest.raises((BadFile, Denied)):
            signed_rules.unpack(broken, book.bureau.sign, name="x")


def test_a_register_needs_two_different_officers(book, by, people):
    refused("rules-too-few-officers", book.appoint, [by["zhang"].card], people[1])
    refused("rules-too-few-officers", book.appoint, [by["zhang"].card, by["zhang"].card], people[1])


def test_a_register_that_another_bureau_signed_is_refused(book, by):
    officers = [signed_rules.Officer(name, name, by[name].card.sign) for name in ("eve", "zhao")]
    forged = statements.sign(signed_rules.register_statement(officers, {}, {}, None), by["eve"].signing_key)
    (book.directory / "officers.1.json").write_bytes(forged)
    refused("rules-register-signature", book.officers)


def test_what_was_changed_left_out_or_put_in_another_place_is_found(book, by):
    settle(book, by, a_rule())
    settle(book, by, a_rule(2))
    first, second = (book.directory / "SP-ELV-T" / f"{n}.json" for n in (1, 2))
    honest = first.read_bytes(), second.read_bytes()

    altered = json.loads(honest[0])
    altered["signed"]["rule"] |= {"pass_points": 5}
    first.write_bytes(canonical(altered))
    refused("rule-chain-broken", book.history, "SP-ELV-T")

    altered["signed"]["sha256"] = replace(a_rule(), pass_points=5).sha256
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
    book.sign(a_rule(), by["zhang"])
    path = book.directory / "SP-ELV-T" / "1.json"
    doubled = json.loads(path.read_bytes())
    doubled["signatures"] *= 2
    path.write_bytes(canonical(doubled))
    assert not book.history("SP-ELV-T")[0].complete


@pytest.mark.parametrize("name", ["../office", "a/b", ".hidden", "规则", ""])
def test_a_rules_id_is_no_way_out_of_the_register(book, name):
    refused("rule-id", book.in_force, name, date(2026, 5, 1))
