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
from tools import bureau_issue, cli, say
from tools.load.drill import SAMPLES

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
    say.set_language("en")
    yield
    say.set_language("zh")


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
        bank.add(found.items, found.media, approve_as_sample=True)
    rows = [f"2026{n:04},考生{n},G{n:08},甲校" for n in range(1, 4)]
    (folder / "roster.csv").write_text("准考证号,姓名,身份证号,培训机构\n" + "\n".join(rows) + "\n", "utf-8")
    return folder


@pytest.fixture
def place(template, tmp_path, monkeypatch):
    shutil.copytree(template, tmp_path / "b")
    monkeypatch.chdir(tmp_path / "b")
    monkeypatch.setattr(bureau_issue, "open_bank", lambda *_, **__: Counting(Bank.open(tmp_path / "b" / "bank", PASSPHRASE)))
    return tmp_path / "b"


def run(*words):
    return cli.main([*map(str, words), "--lang", "en"])


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


def issue(capsys, session):
    capsys.readouterr()
    code = run(
        "bureau", "issue", "office", "--bank", "bank", "--rule", "SP-ELV-T", "--roster", "roster.csv", "--site",
        "site/site.card.json", "--chief", "chief/chief.card.json", "--session", session, "--name", "场", "--date",
        "2026-11-21", "--out", "stick", "--passphrase-file", "pp", "--bank-passphrase-file", "pp", "--json",
    )  # fmt: skip
    out = json.loads(capsys.readouterr().out.splitlines()[-1])
    return out["refused"] if code else out


def test_a_package_carries_the_rule_as_two_officers_signed_it(place, capsys):
    sign(place, rule(place, 1))
    issued = issue(capsys, "S-1")
    package = opening.read(place / "stick" / f"PKG-{issued['package_id']}", Office(place / "office").rulebook().bureau.sign)
    assert [officer.id for officer in package.proof.edition.signed_by] == ["zhang", "li"]
    assert (package.directory / layout.EDITION).exists()


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
