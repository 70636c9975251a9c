"""A rule's way through a session that counts: issued, opened, remembered by the site, carried by the result, verified."""

import hashlib
import json
import secrets
import shutil
import subprocess
import sys
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from bank.canonical import canonical
from bank.refused import BadFile, Denied
from bank.rules import Rule
from bank.rules import signed_rule as signed_rules
from bank.seal import statements
from examd.bureau.rulebook import ROLE, Rulebook
from examd.delivery.commands.opening import rule_facts
from examd.grading.result import grade
from examd.holders import Holder
from examd.package import layout
from examd.package import open as opening
from examd.package.issue import Issued, issue
from examd.package.layout import Session
from examd.site.folder import SiteFolder
from examd.site.replies import RuleTold
from tests.examd.served import served
from tests.examd.toy_session import Staffed, Toy, bank_items, holder, toy_rule
from tools.cli.site.session import _tell_rule


@dataclass
class Real(Toy):
    """A session that counts: two officers signed its rule."""

    officers: list[Holder] = field(default_factory=lambda: [holder(ROLE, n, n) for n in ("zhang", "li", "wang")])

    def issue(self, session_id: str, mock: bool = False, **changes) -> Issued:
        self.work.mkdir(parents=True, exist_ok=True)
        self.book = Rulebook(self.work / "rules", self.bureau.card)
        if not self.book.kept:
            self.book.appoint([officer.card for officer in self.officers], self.bureau)
            for officer in self.officers[:2]:
                self.book.sign(self.rule, officer)
        given = {
            "session": Session(session_id, "正式场次", "2026-11-21", self.site.card.id, "某考点", mock),
            "signed_rule": self.book.travelling(self.rule), "rule": self.rule,
        }  # fmt: skip
        return issue(
            self.work / "stick", items=bank_items(self.items),
            contents=lambda ids: {i.id: i.content for i in self.items if i.id in set(ids)}, answer_keys=lambda ids: {i: self.answer_keys[i] for i in ids},
            roster=self.roster, bureau=self.bureau, site=self.site.card, chief=self.chief.card,
            archive_age=self.archive.recipient, issued_at=datetime.now(UTC), random_bytes=secrets.token_bytes,
            **given | changes,
        )  # fmt: skip


class RealStaffed(Real, Staffed):
    """The same at a site with people on duty."""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return Real(tmp_path_factory.mktemp("real"))


@pytest.fixture
def copied(made, tmp_path):
    shutil.copytree(made.directory, tmp_path / "PKG")
    return tmp_path / "PKG"


def refused(code, act, *args, **facts):
    with pytest.raises((BadFile, Denied)) as refusal:
        act(*args, **facts)
    assert refusal.value.code == code


def signed_again(toy, directory, change):
    """The edition with `change` made to it, honestly listed and signed by the bureau: what its officer could do alone."""
    record = json.loads((directory / layout.SIGNED_RULE).read_bytes())
    change(record)
    (directory / layout.SIGNED_RULE).write_bytes(canonical(record))
    manifest = json.loads((directory / layout.MANIFEST).read_bytes())["signed"]
    for part in manifest["parts"]:
        if part["name"] == layout.SIGNED_RULE:
            data = (directory / layout.SIGNED_RULE).read_bytes()
            part |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (directory / layout.MANIFEST).write_bytes(statements.sign(manifest, toy.bureau.signing_key))


def test_a_package_that_counts_brings_the_rule_with_both_signatures(made):
    proof = made.read().proof
    assert [officer.id for officer in proof.signed_rule.signed_by] == ["zhang", "li"]
    assert proof.signed_rule.rule == made.rule


def test_a_session_that_counts_is_not_issued_under_an_unsigned_rule_and_a_drill_is(made):
    refused("rule-not-signed", made.issue, "T-2", signed_rule=None)
    other = replace(made.rule, pass_points=2)
    refused("rule-not-the-signed-one", made.issue, "T-2", rule=other)
    drill = made.issue("T-2", mock=True, signed_rule=None, rule=other)
    assert opening.read(drill.directory, made.bureau.card.sign).proof is None


def test_a_rule_that_names_no_subjects_is_not_signed_nor_used_and_one_signed_before_still_opens(tmp_path, site):
    old = replace(toy_rule(), subjects=())
    with pytest.MonkeyPatch.context() as before:  # when rules named none
        before.setattr(Rule, "require_subjects", lambda rule: None)
        toy = Real(tmp_path / "bureau", rule=old)
    assert adopted(site, toy, toy.issued) is not None
    assert opening.read(toy.directory, toy.bureau.card.sign).proof.signed_rule.rule == old
    refused("rule-without-subjects", toy.issue, "T-2")
    refused("rule-without-subjects", toy.book.sign, replace(old, version=2), toy.officers[0])
    drill = toy.issue("T-3", mock=True, signed_rule=None)
    assert opening.read(drill.directory, toy.bureau.card.sign).manifest.pool.n > 0
    second = toy_rule(version=2, subjects=["SP-EHV"])  # what it draws from is not in the bank
    for officer in toy.officers[:2]:
        toy.book.sign(second, officer)
    refused("cell-short-of-items", toy.issue, "T-4", rule=second, signed_rule=toy.book.travelling(second))


def test_the_bureau_alone_can_neither_take_the_signatures_away_nor_add_its_own(made, copied):
    def one_officer(record):
        del record["rule"]["signatures"][1]

    signed_again(made, copied, one_officer)
    refused("rule-not-signed", opening.read, copied, made.bureau.card.sign)

    def the_bureau_itself(record):
        record["rule"]["signatures"] += json.loads(statements.sign(record["rule"]["signed"], made.bureau.signing_key))[
            "signatures"
        ]

    signed_again(made, copied, the_bureau_itself)
    refused("rule-not-signed", opening.read, copied, made.bureau.card.sign)

    manifest = json.loads((copied / layout.MANIFEST).read_bytes())["signed"]
    manifest["parts"] = [part for part in manifest["parts"] if part["name"] != layout.SIGNED_RULE]
    (copied / layout.MANIFEST).write_bytes(statements.sign(manifest, made.bureau.signing_key))
    (copied / layout.SIGNED_RULE).unlink()
    refused("rule-not-signed", opening.read, copied, made.bureau.card.sign)


def test_a_package_whose_rule_is_not_the_signed_one_is_not_opened(made, copied):
    easier = replace(made.rule, pass_points=2)
    (copied / layout.RULE).write_bytes(canonical(easier.to_json()))
    manifest = json.loads((copied / layout.MANIFEST).read_bytes())["signed"]
    manifest["rule"]["sha256"] = easier.sha256
    for part in manifest["parts"]:
        if part["name"] == layout.RULE:
            data = (copied / layout.RULE).read_bytes()
            part |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (copied / layout.MANIFEST).write_bytes(statements.sign(manifest, made.bureau.signing_key))
    refused("rule-not-the-signed-one", opening.read, copied, made.bureau.card.sign)


def test_a_package_for_a_day_on_which_the_rule_was_not_in_force_is_not_opened(made, copied):
    manifest = json.loads((copied / layout.MANIFEST).read_bytes())["signed"]
    manifest["session"]["date"] = "2025-11-21"
    (copied / layout.MANIFEST).write_bytes(statements.sign(manifest, made.bureau.signing_key))
    refused("rule-not-yet-in-force", opening.read, copied, made.bureau.card.sign)


# -- the site remembers ------------------------------------------------------------------------------------------------


def adopted(site, toy, issued):
    package = opening.read(issued.directory, toy.bureau.card.sign)
    return site.adopt(package, package.manifest.session.id)


@pytest.fixture
def site(tmp_path):
    (tmp_path / "site" / "sessions").mkdir(parents=True)
    return SiteFolder(tmp_path / "site")


def test_a_site_takes_no_register_that_was_begun_anew(tmp_path, site):
    toy = Real(tmp_path / "bureau")
    adopted(site, toy, toy.issued)
    adopted(site, toy, toy.issue("T-2"))
    invented = replace(
        toy,
        officers=[holder(ROLE, n, n) for n in ("a", "b")],
        rule=toy_rule(pass_points=2),
        work=tmp_path / "elsewhere",
    )
    refused("rules-other-register", adopted, site, toy, invented.issued)
    assert not (site.session("T-1") / "record.db").exists()
    drill = invented.issue("T-3", mock=True)
    adopted(site, toy, drill)  # a drill counts for nothing, and teaches nothing


def test_a_site_takes_no_other_text_of_a_version_it_knows(tmp_path, site):
    toy = Real(tmp_path / "bureau")
    adopted(site, toy, toy.issued)
    shutil.rmtree(toy.work / "rules" / toy.rule.id)
    toy.rule = toy_rule(pass_points=2)
    for officer in toy.officers[1:]:  # two officers, but behind the back of a third
        toy.book.sign(toy.rule, officer)
    refused("rules-other-text", adopted, site, toy, toy.issue("T-2"))


def test_a_site_follows_when_officers_change_and_still_takes_an_older_package(tmp_path, site):
    toy = Real(tmp_path / "bureau")
    older = toy.issue("T-2")
    toy.book.appoint([officer.card for officer in toy.officers[1:]], toy.bureau)
    for officer in toy.officers[:2]:
        toy.book.consent(officer)
    adopted(site, toy, toy.issue("T-3"))
    adopted(site, toy, older)
    assert len(json.loads((site.directory / "rules.seen.json").read_bytes())["officers"]) == 2


def officers_changed(toy):
    """Zhang goes; li and wang stay."""
    toy.book.appoint([officer.card for officer in toy.officers[1:]], toy.bureau)
    for officer in toy.officers[:2]:
        toy.book.consent(officer)


def signed_by_hand(toy, rule, supersedes, officers):
    """An edition under the first register, with that register alone: what dismissed officers and the bureau can make."""
    first = (toy.book.directory / "officers.1.json").read_bytes()
    signed = signed_rules.signed_rule_statement(
        rule, supersedes, signed_rules.read_registers([first], toy.bureau.card.sign)[0]
    )
    return signed_rules.pack([first], statements.sign(signed, *(officer.signing_key for officer in officers)))


def test_officers_who_were_dismissed_sign_nothing_for_a_site_that_knows_their_successors(tmp_path, site):
    toy = Real(tmp_path / "bureau")
    before = toy.issued
    officers_changed(toy)
    second = toy_rule(version=2, pass_points=2)
    for officer in toy.officers[1:]:
        toy.book.sign(second, officer)
    current = toy.issue("T-2", rule=second, signed_rule=toy.book.travelling(second))
    adopted(site, toy, current)
    dismissed = toy.officers[:2]
    for version, supersedes in ((3, second.sha256), (3, "0" * 64), (2, toy.rule.sha256)):
        forged = toy_rule(version=version, pass_points=1)
        given = signed_by_hand(toy, forged, supersedes, dismissed)
        late = toy.issue(f"T-{version}-{supersedes[:4]}", rule=forged, signed_rule=given)
        refused("rule-register-over", adopted, site, toy, late)
    refused("rule-superseded", adopted, site, toy, before)


def test_a_version_that_follows_on_another_text_than_the_site_knows_is_not_taken(tmp_path, site):
    toy = Real(tmp_path / "bureau")
    adopted(site, toy, toy.issued)
    second = toy_rule(version=2, pass_points=2)
    given = signed_by_hand(toy, second, "0" * 64, toy.officers)
    refused("rules-other-text", adopted, site, toy, toy.issue("T-2", rule=second, signed_rule=given))
    nothing = signed_by_hand(toy, second, "", toy.officers)
    refused("rule-chain-broken", toy.issue, "T-2", rule=second, signed_rule=nothing)


def test_a_version_that_was_over_on_the_day_is_not_taken_back_and_one_not_yet_over_is(tmp_path, site):
    toy = Real(tmp_path / "bureau")
    before = toy.issue("T-2")
    later = toy_rule(version=2, effective_from="2026-11-22")
    for officer in toy.officers[:2]:
        toy.book.sign(later, officer)
    other_day = Session("T-4", "正式场次", "2026-11-22", toy.site.card.id, "某考点", False)
    adopted(site, toy, toy.issue("T-4", rule=later, signed_rule=toy.book.travelling(later), session=other_day))
    adopted(site, toy, before)  # of the day before
    again = Session("T-5", "正式场次", "2026-11-22", toy.site.card.id, "某考点", False)
    refused("rule-superseded", adopted, site, toy, toy.issue("T-5", session=again))


def test_whom_a_register_calls_gone_is_told_on_the_day(tmp_path, capsys):
    toy = Real(tmp_path / "bureau")
    assert rule_facts(opening.read(toy.issued.directory, toy.bureau.card.sign))["gone"] == []
    toy.book.appoint([officer.card for officer in toy.officers[:2]], toy.bureau, {"wang": "病故"})
    for officer in toy.officers[:2]:
        toy.book.consent(officer)
    told = rule_facts(opening.read(toy.issue("T-2").directory, toy.bureau.card.sign))
    assert told["gone"] == [{"id": "wang", "register": 2, "why": "病故"}]
    _tell_rule(msgspec.convert(told, RuleTold))
    assert "wang" in (shown := capsys.readouterr().err) and "病故" in shown


def test_a_manifest_that_names_another_version_than_the_rule_is_not_opened(made, copied):
    for change in ({"version": 2}, {"id": "other"}):
        manifest = json.loads((made.directory / layout.MANIFEST).read_bytes())["signed"]
        manifest["rule"] |= change
        (copied / layout.MANIFEST).write_bytes(statements.sign(manifest, made.bureau.signing_key))
        refused("part-malformed", opening.read, copied, made.bureau.card.sign)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('{"officers"', '{"note":"x","officers"', 1),
        lambda text: text.replace('{"officers"', '{"officers":[],"officers"', 1),
        lambda text: text.replace('"signatures"', '"note":"x","signatures"', 1),
        lambda text: text.replace('"gone":{}', '"gone":{},"note":"x"', 1),
    ],
)
def test_an_edition_says_nothing_twice_and_nothing_beside(made, change):
    text = (made.directory / layout.SIGNED_RULE).read_bytes().decode()
    assert change(text) != text
    refused(
        "statement-malformed",
        signed_rules.unpack,
        change(text).encode(),
        made.bureau.card.sign,
        name=layout.SIGNED_RULE,
    )


# -- to the end --------------------------------------------------------------------------------------------------------


async def test_a_session_that_counts_carries_its_signed_rule_to_the_auditor(tmp_path):
    with served(RealStaffed(tmp_path / "toy")) as room:
        toy: RealStaffed = room.toy
        opening = await room.open()
        assert opening.rule.signed_by == ("zhang", "li")
        assert opening.rule.officers == toy.book.registers()[0].sha256
        async with room.desk() as desk:
            await desk.command("start")
            result = await room.close_and_grade(desk, [])
        assert (result / "package" / layout.SIGNED_RULE).read_bytes() == toy.book.travelling(toy.rule)
        words = ("--bureau-key", toy.bureau.card.sign, "--rule-officers", toy.book.registers()[0].sha256, "--json")
        command = [sys.executable, "-m", "tools.verify", str(result), *words]
        done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[3], check=False)
        report = json.loads(done.stdout)
        said = {check["check"]: check["status"] for check in report["checks"]}
        assert {said[f"rule-{name}"] for name in ("edition", "officers", "officers-first", "signatures")} == {"ok"}
        assert done.returncode == 0

        answers = (result / "answers.jsonl").read_bytes()
        (result / "package" / layout.SIGNED_RULE).unlink()
        refused("rule-not-signed", grade, result, answers)
