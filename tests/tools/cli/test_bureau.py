"""The bureau's side: code 2 follows the closing, spoken with check digits or signed."""

import json
import re
import secrets
from pathlib import Path

import pytest

from bank.formats.sheets import lists
from bank.refused import Denied, Refused
from bank.seal import codes
from examd.bureau import identity, ledger, roster
from examd.bureau.office import Office
from tests.examd.bureau.closed_office import Closed
from tests.examd.toy_session import Toy
from tools.cli import main
from tools.cli.bureau.office import package_number
from tools.cli.sentences import sentences


def refusal(act, *arguments, **named) -> Refused:
    with pytest.raises(Refused) as caught:
        act(*arguments, **named)
    return caught.value


# ---- rosters ------------------------------------------------------------------------------------------------------

GOOD = "2026-001,李娜,11010519491231002X,甲校,"


def roster_check(tmp_path, *lines, more=()):
    path = tmp_path / "名单.csv"
    path.write_text("\n".join(["准考证号,姓名,身份证号,培训机构,手机", *lines]), "utf-8-sig")
    return main.main(["bureau", "roster", "check", str(path), *more])


def test_a_roster_without_fault_is_counted_by_document(tmp_path, capsys):
    assert roster_check(tmp_path, GOOD, "2026-002,王伟,E12345678,乙校,") == 0
    out, err = capsys.readouterr()
    assert out == "可采用考生 2 名；问题 0 处。\n证件：居民身份证 1, 护照 1\n"
    assert "名单.csv 第 1 行  不认识“手机”列，未读取。" in err and "名单.csv 第 3 行  按号码，证件为护照。" in err


def test_every_row_is_listed_with_place_and_reason_however_many(tmp_path, capsys):
    rows = [f"2026-{n:03},考生{n},1.1E+17,甲校," for n in range(120)]
    assert roster_check(tmp_path, GOOD, *rows) == 1
    out, err = capsys.readouterr()
    assert out.startswith("可采用考生 1 名；问题 ")
    assert all(f"第 {row} 行  “身份证号”已被表格软件写成科学计数" in err for row in range(3, 123))
    assert "合计" in err and "120" in err


def test_a_program_gets_the_rows_with_reasons_facts_and_totals(tmp_path, capsys):
    assert roster_check(tmp_path, "二〇二六,,123,甲校,", more=["--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [(each["row"], each["reason"], each["facts"]["column"]) for each in found["refused"]] == [
        (2, "roster-cell-empty", "name"),
        (2, "roster-number", "admission_no"),
        (2, "roster-id-unclear", "id_number"),
    ]
    assert all(each["sentence"] and "<" not in each["sentence"] for each in found["refused"] + found["remarks"])
    assert found["totals"]["refused"] == {"roster-cell-empty": 1, "roster-number": 1, "roster-id-unclear": 1}
    assert found["candidates"] == 0 and [each["reason"] for each in found["remarks"]] == ["column-not-read"]


def test_a_roster_of_nobody_is_not_in_order_and_one_that_is_not_there_cannot_be_read(tmp_path, capsys):
    assert roster_check(tmp_path) == 1
    assert main.main(["bureau", "roster", "check", str(tmp_path / "none.xlsx"), "--json"]) == 2
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["refused"] == "file-unreadable"


def test_every_reason_has_a_sentence():
    for module in (roster, identity, lists):
        reasons = set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', Path(module.__file__).read_text("utf-8")))
        assert reasons and reasons - {kind.value for kind in identity.Kind} <= sentences().keys()


# ---- codes --------------------------------------------------------------------------------------------------------


@pytest.fixture
def closed(tmp_path):
    return Closed(tmp_path)


def test_code_2_is_given_against_the_signed_closing_and_again(closed):
    middle = closed.note(5, b"\2" * 32, chief=False)
    assert closed.by_file(closed.opening, middle, closed.closing) == closed.toy.issued.code_2
    assert closed.by_file(closed.opening, closed.closing) == closed.toy.issued.code_2
    assert closed.by_telephone(closed.statement()) == closed.toy.issued.code_2


def test_a_misheard_closing_is_corrected_by_the_signed_one_and_by_nothing_else(closed):
    misheard = secrets.token_hex(16)
    closed.by_telephone(misheard)
    assert refusal(closed.by_telephone, closed.statement()).code == "another-closing"
    assert closed.by_file(closed.opening, closed.closing) == closed.toy.issued.code_2
    told = [(each.by, each.statement) for each in closed.entries(ledger.Closing)]
    assert told == [("telephone", misheard), ("checkpoint", closed.statement())]
    assert {each.what for each in closed.entries(ledger.Alarm)} == {"other-closing"}


def test_two_signed_closings_of_one_session_are_refused(closed):
    closed.by_file(closed.opening, closed.closing)
    refused = refusal(closed.by_file, closed.opening, closed.note(9, b"\7" * 32, closing=True))
    assert (refused.code, refused.facts["first"]) == ("two-closings", closed.root.hex())


def test_what_is_not_the_signed_closing_gives_no_code_and_leaves_nothing_on_file(closed):
    elsewhere = Toy(closed.toy.work / "else")
    for these, code in (
        ((closed.opening,), "checkpoint-not-closing"),
        ((closed.opening, closed.note(8, closed.root)), "checkpoint-not-closing"),
        ((closed.closing, closed.opening), "checkpoint-not-closing"),
        ((closed.opening, closed.note(9, closed.root, chief=False)), "checkpoint-unsigned"),
        ((closed.opening, closed.note(9, closed.root, site=elsewhere.site)), "checkpoint-unsigned"),
        ((closed.opening, closed.note(9, closed.root, chief=elsewhere.chief)), "checkpoint-unsigned"),
        ((closed.opening, closed.note(9, closed.root, session="T-2")), "checkpoint-other-session"),
        ((closed.opening, closed.closing.replace("\n9\n", "\n10\n")), "checkpoint-unsigned"),
        ((closed.opening, closed.closing.replace("\n9\n", "\n09\n")), "checkpoint-malformed"),
        (("",), "checkpoint-malformed"),
        (("\xff\n\n",), "checkpoint-malformed"),
    ):
        assert refusal(closed.by_file, *these).code == code, these
    assert not list((closed.office.directory / "releases").glob("*.checkpoints"))
    assert not closed.entries(ledger.Code2)


def test_the_office_knows_what_it_issued_for_a_session(closed):
    bureau = closed.toy.bureau
    assert closed.office.issued_for("T-1", "S-1", bureau) == [closed.number]
    assert closed.office.issued_for("T-2", "S-1", bureau) == []
    path = closed.office.directory / "releases" / f"{closed.number}.manifest.json"
    manifest = json.loads(path.read_bytes())
    manifest["signed"]["keys"]["chief"] = "0" * 64
    path.write_text(json.dumps(manifest))
    # no other keys can be slipped in
    assert refusal(closed.office.manifest, closed.number, bureau.card).code == "signature"


@pytest.mark.parametrize("number", ["SX 0349", "", "../x", "局", "a" * 65])
def test_a_bureaus_number_is_restricted_as_a_sites(tmp_path, number):
    assert refusal(Office.create, tmp_path / "office", number, "某局", "a long passphrase").code == "session-name"
    assert not (tmp_path / "office").exists()


def test_a_package_unknown_is_denied(closed):
    assert isinstance(refusal(closed.office.manifest, "0" * 32, closed.toy.bureau.card), Denied)
    assert codes.root_of(codes.spoken_root(closed.root.hex())) == closed.root.hex()


@pytest.mark.parametrize("typed", ["{}", "PKG-{}", "pkg-{}", " PKG-{} ", "stick/PKG-{}", "stick/PKG-{}/"])
def test_a_package_is_named_by_its_number_as_it_is_printed_in_either_case(typed):
    number = "0123456789abcdef" * 2
    for said in (number, number.upper()):
        assert package_number(typed.format(said)) == number
