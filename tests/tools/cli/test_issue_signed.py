"""`bureau issue` under a signed rule, and what an issuing officer alone might try with the folder that is theirs."""

import json
import shutil

import pytest

from bank import formats
from bank.store import Bank
from examd import holders
from examd.bureau.office import Office
from examd.bureau.rulebook import ROLE
from examd.package import layout
from examd.package import open as opening
from tools.cli import language, main
from tools.cli.bureau import issue as issue_command
from tools.drill.session import SAMPLES

PASSPHRASE = "correct horse battery staple"


class Counting:
    """A bank of samples that passes for one that counts: two reviewers of 600 items are not what is tried here."""

    sample = False

    def __init__(self, bank):
        self._bank = bank

    def __getattr__(self, name):
        return getattr(self._bank, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._bank.close()


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("EXAMD_LANG", "en")
    language.set_language("en")
    yield
    language.set_language("zh")


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A bureau with two rule officers and one signed version, a bank, a site and a chief examiner."""
    folder = tmp_path_factory.mktemp("bureau")
    (folder / "pp").write_text(PASSPHRASE + "\n")
    (folder / "pp").chmod(0o600)
    office, bureau = Office.create(folder / "office", "B", "局", PASSPHRASE)
    for role, name in (("site", "S-1"), ("chief", "C-1")):
        holders.create(folder / role, role, name, name, PASSPHRASE)
    officers = [holders.create(folder / name, ROLE, name, name, PASSPHRASE) for name in ("zhang", "li", "eve", "eva")]
    office.rulebook().appoint([officer.card for officer in officers[:2]], bureau)
    with Bank.create(folder / "bank", PASSPHRASE, sample=True) as bank:
        found = formats.read(SAMPLES / "items.jsonl")
        bank.drafts.add(found.items, found.media, approve_as_sample=True)
    rows = [f"2026{n:04},考生{n},G{n:08},甲校" for n in range(1, 4)]
    (folder / "roster.csv").write_text("准考证号,姓名,身份证号,培训机构\n" + "\n".join(rows) + "\n", "utf-8")
    return folder


@pytest.fixture
def place(template, tmp_path, monkeypatch):
    shutil.copytree(template, tmp_path / "b")
    monkeypatch.chdir(tmp_path / "b")
    monkeypatch.setattr(
        issue_command, "open_bank", lambda *_, **__: Counting(Bank.open(tmp_path / "b" / "bank", PASSPHRASE))
    )
    return tmp_path / "b"


def run(*words):
    return main.main([*map(str, words), "--lang", "en"])


def rule(place, version, **changes):
    text = (SAMPLES / "rule.toml").read_text("utf-8").replace("version = 1", f"version = {version}")
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    path = place / f"v{version}.toml"
    path.write_text(text, "utf-8")
    return path


def sign(place, path, names=("zhang", "li")):
    for name in names:
        assert run("rule", "sign", path, "--office", "office", "--officer", name, "--passphrase-file", "pp") == 0


def command(session, *more, rule="SP-ELV-T"):
    return run(
        "bureau", "issue", "office", "--bank", "bank", "--rule", rule, "--roster", "roster.csv", "--site",
        "site/site.card.json", "--chief", "chief/chief.card.json", "--session", session, "--name", "场", "--date",
        "2026-11-21", "--out", "stick", "--passphrase-file", "pp", "--bank-passphrase-file", "pp", *more,
    )  # fmt: skip


def issue(capsys, session):
    capsys.readouterr()
    code = command(session, "--json")
    out = json.loads(capsys.readouterr().out.splitlines()[-1])
    return out["refused"] if code else out


def test_a_package_carries_the_rule_as_two_officers_signed_it(place, capsys):
    sign(place, rule(place, 1))
    issued = issue(capsys, "S-1")
    package = opening.read(
        place / "stick" / f"PKG-{issued['package_id']}", Office(place / "office").rulebook().bureau.sign
    )
    assert [officer.id for officer in package.proof.signed_rule.signed_by] == ["zhang", "li"]
    assert (package.directory / layout.SIGNED_RULE).exists()


def test_a_version_that_was_used_cannot_disappear(place, capsys):
    sign(place, rule(place, 1))
    sign(place, rule(place, 2, minutes=("minutes = 120", "minutes = 90")))
    issue(capsys, "S-1")
    (place / "office" / "rules" / "SP-ELV-T" / "2.json").unlink()
    assert issue(capsys, "S-2") == "rule-rolled-back"
    capsys.readouterr()
    assert run("rule", "history", "--office", "office") == 3
    assert "PKG-" in capsys.readouterr().err
    for path in (place / "office" / "releases").glob("*.edition.json"):  # these are the issuing officer's own as well
        path.unlink()
    assert run("rule", "history", "--office", "office") == 0
    assert issue(capsys, "S-2") == "rule-rolled-back"  # the bank's note is not


def test_officers_whom_the_issuing_officer_invents_are_noticed_at_the_next_issue(place, capsys):
    sign(place, rule(place, 1))
    issue(capsys, "S-1")
    honest = shutil.copytree(place / "office" / "rules", place / "aside")
    shutil.rmtree(place / "office" / "rules")
    for path in (place / "office" / "releases").glob("*.edition.json"):
        path.unlink()
    cards = [f"{name}/rule-officer.card.json" for name in ("eve", "eva")]
    assert run("rule", "appoint", "office", *cards, "--passphrase-file", "pp") == 0
    sign(place, rule(place, 1, passing=("pass_points = 80", "pass_points = 20")), names=("eve", "eva"))
    assert issue(capsys, "S-2") == "rules-rolled-back"
    shutil.rmtree(place / "office" / "rules")
    shutil.copytree(honest, place / "office" / "rules")
    assert "package_id" in issue(capsys, "S-2")


def test_with_a_register_in_place_the_issuing_officer_cannot_change_it_alone(place, capsys):
    cards = [f"{name}/rule-officer.card.json" for name in ("eve", "eva")]
    assert run("rule", "appoint", "office", *cards, "--passphrase-file", "pp") == 0
    for name in ("eve", "eva"):
        assert run("rule", "consent", "office", "--officer", name, "--passphrase-file", "pp") == 3
        path = rule(place, 1)
        assert run("rule", "sign", path, "--office", "office", "--officer", name, "--passphrase-file", "pp") == 3
    assert issue(capsys, "S-1") == "rule-not-signed"


def test_issuing_says_which_version_and_which_officers_before_it_seals(place, capsys):
    sign(place, rule(place, 1))
    first = issue(capsys, "S-1")
    book = Office(place / "office").rulebook()
    people = [{"id": name, "name": name} for name in ("zhang", "li")]
    assert (first["rule"], first["rule_version"], first["signed_by"], first["signed_under"]) == (
        "SP-ELV-T",
        1,
        people,
        1,
    )
    assert first["register"] == {"version": 1, "sha256": book.registers()[0].sha256, "officers": people, "left": []}
    cards = [f"{name}/rule-officer.card.json" for name in ("zhang", "eve", "eva")]
    run("rule", "appoint", "office", *cards, "--passphrase-file", "pp")
    for name in ("li", "zhang"):
        assert run("rule", "consent", "office", "--officer", name, "--passphrase-file", "pp") == 0
    cards = [f"{name}/rule-officer.card.json" for name in ("zhang", "eva")]
    run("rule", "appoint", "office", *cards, "--gone", "eve=病故", "--passphrase-file", "pp")
    for name in ("zhang", "eva"):
        assert run("rule", "consent", "office", "--officer", name, "--passphrase-file", "pp") == 0
    capsys.readouterr()
    assert command("S-2") == 0
    newest = book.registers()[-1]
    assert capsys.readouterr().out.splitlines()[:4] == [
        "Rule SP-ELV-T, version 1 (from 2026-01-01 on), signed by zhang, li under register 1",
        f"Register 3 of rule officers ({newest.sha256[:16]}…): zhang, eva",
        "  officers no longer: li, eve (病故)",
        *[
            f"Package {path}"
            for path in (place / "stick").relative_to(place).glob("PKG-*")
            if first["package_id"] not in str(path)
        ],
    ]
    left = issue(capsys, "S-3")["register"]["left"]
    assert left == [{"id": "li", "name": "li", "why": ""}, {"id": "eve", "name": "eve", "why": "病故"}]


def test_what_stands_over_an_issue_is_said_although_the_issue_is_refused_later(place, capsys):
    sign(place, rule(place, 1))
    (place / "pp").write_text("another passphrase than theirs\n")
    capsys.readouterr()
    assert command("S-1") == 3
    assert capsys.readouterr().out.startswith(
        "Rule SP-ELV-T, version 1 (from 2026-01-01 on), signed by zhang, li\nRegister 1"
    )


def test_a_drill_under_a_file_of_ones_own_is_said_to_be_unsigned(place, capsys, monkeypatch):
    monkeypatch.setattr(Counting, "sample", True)
    capsys.readouterr()
    assert command("S-1", "--mock", rule=rule(place, 7)) == 0
    assert capsys.readouterr().out.startswith(
        "Rule SP-ELV-T, version 7 (from 2026-01-01 on), not signed: for a drill alone\n"
    )


def test_a_register_that_is_missing_after_an_issue_is_to_be_put_back_and_not_begun_anew(place, capsys):
    sign(place, rule(place, 1))
    issued = issue(capsys, "S-1")
    (place / "office" / "rules").rename(place / "away")
    cards = [f"{name}/rule-officer.card.json" for name in ("zhang", "li")]
    for words in (("appoint", "office", *cards), ("register", "office"), ("history", "--office", "office")):
        capsys.readouterr()
        assert run("rule", *words) == 3
        said = capsys.readouterr().err
        assert f"PKG-{issued['package_id']} has seen register 1" in said and "from a backup" in said
        assert "appoint" not in said
    assert issue(capsys, "S-2") == "rules-register-lost"
    (place / "away").rename(place / "office" / "rules")
    assert "package_id" in issue(capsys, "S-2")


def test_all_that_is_wrong_with_a_roster_is_told_before_a_key_is_opened(place, capsys):
    sign(place, rule(place, 1))
    rows = [
        "2026-1,李娜,123,甲校",
        "2026-2,,G12345678,甲校",
        "2026-3,王伟,E12345678,甲校",
        "2026-3,赵六,1.1E+17,",
        "2026-4,,E12345679,甲校",
    ]
    (place / "roster.csv").write_text("准考证号,姓名,身份证号,培训机构\n" + "\n".join(rows) + "\n", "utf-8")
    capsys.readouterr()
    assert command("T-1", "--json") == 2
    out, err = capsys.readouterr()
    refused = json.loads(out)
    assert refused["refused"] == "roster-refused"
    assert [(each["row"], each["reason"]) for each in refused["facts"]["bad"]] == [
        (2, "roster-id-unclear"), (3, "roster-cell-empty"), (5, "roster-shortened"), (5, "roster-cell-empty"),
        (5, "roster-repeated"), (6, "roster-cell-empty"),
    ]  # fmt: skip
    assert all(f"roster.csv row {row}  " in err for row in (2, 3, 5)) and not (place / "stick").exists()
