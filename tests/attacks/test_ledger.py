"""What the people who run a site, and those at the bureau's telephone, could do with codes: refused, or kept for ever."""

import json
import shutil
import time
from datetime import date

import pytest

from bank.canonical import canonical
from bank.clock import now
from bank.refused import BadFile, BrokenStore, Denied
from bank.seal import codes, statements
from examd.bureau import ledger
from examd.bureau.ledger import Ledger
from examd.bureau.office import Office
from examd.bureau.receiving import receive
from examd.bureau.releasing import at_the_desk
from examd.bureau.standings import Where, standings
from tests.examd.bureau.closed_office import AT, ROOM, Closed
from tests.examd.served import in_this_process, verified
from tests.examd.toy_session import HandClock, Staffed
from tools.cli.bureau.receive import verifier


@pytest.fixture
def office(tmp_path):
    return Closed(tmp_path / "office")


def refused(act, *given):
    with pytest.raises((Denied, BrokenStore, BadFile)) as caught:
        act(*given)
    return caught.value.code


# ---- the room chooses its forms, or sits twice ---------------------------------------------------------------------------


def test_code_1_is_given_for_one_room_and_who_asks_for_another_is_an_alarm(office):
    assert office.code_1(ROOM) == office.toy.issued.code_1
    assert refused(office.code_1, "cd" * 16) == "second-sitting"
    assert [(each.what, each.found) for each in office.entries(ledger.Alarm)] == [("second-sitting", "cd" * 16)]
    here = standings(office.office.ledger(office.toy.bureau.card), date(2026, 11, 30))
    assert here[0].alarms and here[0].where is Where.OPENED and here[0].days == 9


def test_a_session_that_was_opened_and_never_returned_stays_on_the_list(office):
    (here,) = standings(office.office.ledger(office.toy.bureau.card), date(2027, 1, 1))
    assert (here.where, here.days) == (Where.OPENED, 41)


def test_a_package_that_was_taken_back_gets_no_code(office):
    with office.desk() as desk:
        desk.void(office.number, "改期")
    assert refused(office.code_1, ROOM) == "package-void"
    assert refused(office.by_file, office.opening, office.closing) == "package-void"


def test_code_2_is_not_given_for_a_session_that_was_never_opened(tmp_path):
    office = Closed(tmp_path, opened=False)
    assert refused(office.by_telephone, "ab" * 16) == "never-opened"
    assert refused(office.by_file, office.opening, office.closing) == "never-opened"


# ---- the ledger itself ---------------------------------------------------------------------------------------------------


def lines(office):
    return (office.office.directory / ledger.NAME).read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize("how", ["cut", "edited", "reordered", "dropped", "resigned", "gone"])
def test_a_ledger_that_is_not_what_was_signed_is_refused(office, how):
    office.by_file(office.opening, office.closing)
    kept, path = lines(office), office.office.directory / ledger.NAME
    if how == "cut":
        path.write_bytes(b"".join(kept[:-1]))
    elif how == "edited":
        path.write_bytes(b"".join(kept).replace(ROOM.encode(), b"cd" * 16))
    elif how == "reordered":
        path.write_bytes(b"".join([kept[0], kept[2], kept[1], *kept[3:]]))
    elif how == "dropped":
        path.write_bytes(b"".join([*kept[:2], *kept[3:]]))
    elif how == "gone":
        path.unlink()
    else:  # by the office's own key, with a second history
        made = json.loads(kept[2])
        made["entry"]["room"] = "cd" * 16
        path.write_bytes(b"".join(kept[:2]) + canonical(made) + b"\n")
    expected = {"cut": "ledger-rolled-back", "gone": "ledger-rolled-back"}.get(how, "ledger-edited")
    assert refused(office.office.ledger, office.toy.bureau.card) == expected


def test_the_officer_with_the_key_cannot_begin_a_second_history_unseen(office):
    """Their own key signs a ledger without what was asked; the heads beside each package's files remember."""
    kept = lines(office)
    assert refused(office.code_1, "cd" * 16) == "second-sitting"
    (office.office.directory / ledger.NAME).write_bytes(b"".join(kept))
    assert refused(office.office.ledger, office.toy.bureau.card) == "ledger-rolled-back"
    for head in (office.office.directory / "releases").glob("*.head"):
        head.unlink()  # and with these gone as well, a head that was printed or given out does
    printed = Ledger.read(office.office.directory, office.toy.bureau.card)
    with pytest.raises(Denied, match="ledger-another|ledger-rolled-back"):
        printed.hold_root(printed.size + 1, "ab" * 16, "公告")


def test_a_torn_last_line_never_happened(office):
    path = office.office.directory / ledger.NAME
    whole = path.read_bytes()
    path.write_bytes(whole + whole.splitlines()[-1][:40])
    assert office.office.ledger(office.toy.bureau.card).size == len(lines(office)) - 1
    assert office.code_1(ROOM) == office.toy.issued.code_1
    assert office.office.ledger(office.toy.bureau.card, every_signature=True).size == len(lines(office))


def test_an_office_of_before_the_ledger_has_one_begun_from_what_is_on_file(tmp_path):
    before = Closed(tmp_path, opened=False)
    (tmp_path / ledger.NAME).unlink()
    for head in (tmp_path / "releases").glob("*.head"):
        head.unlink()
    (tmp_path / "releases" / f"{before.number}.root").write_text("ef" * 32)
    with before.desk() as desk:
        told = [type(each).__name__ for each in desk.ledger.entries]
        assert told == ["Begin", "Issue", "Closing", "Code2"] and desk.ledger.entries[1].on_file


def test_two_writers_do_not_write_at_once(office, monkeypatch):
    monkeypatch.setattr(ledger, "PATIENCE_S", 0.1)
    with office.desk(), pytest.raises(Denied, match="ledger-busy"), office.desk():
        pass


# ---- a real session: the extract travels, the verifier asks for it --------------------------------------------------------


async def sat(tmp_path):
    """A session from the package to the graded result, by way of the bureau's desk."""
    toy = Staffed(tmp_path)
    desk_folder = tmp_path / "office"
    (desk_folder / "releases").mkdir(parents=True)
    toy.bureau.card.write(desk_folder)
    office = Office(desk_folder)
    with at_the_desk(office, toy.bureau, AT) as desk:
        desk.issue(toy.issued, None)
    clock = HandClock(wall_s=int(time.time()))
    async with in_this_process(toy, clock) as site, site.desk("deputy") as client:
        commit = site.server.room.running().record.state.prepared["room_commit"]
        await client.command("start")
        result = await site.close_and_grade(client, [])
    return toy, office, commit, result


def release(toy, office, commit, result):
    with at_the_desk(office, toy.bureau, now()) as desk:
        desk.code_1(toy.issued.package_id, codes.short(commit))
        checkpoints = (result / "checkpoints.txt").read_bytes()
        desk.code_2_by_checkpoints(toy.issued.package_id, checkpoints, file="checkpoints.txt")


def filing(toy, office, result):
    return receive(office, lambda: at_the_desk(office, toy.bureau, now()), result, verifier(office, toy.bureau, print))


def failed(result, toy):
    return [each["check"] for each in verified(result, toy.bureau.card.sign)[1]]


@pytest.fixture
async def session(tmp_path):
    return await sat(tmp_path)


async def test_a_result_is_filed_once_with_the_extract_and_the_same_again_does_no_harm(session):
    toy, office, commit, result = session
    release(*session)
    first = filing(toy, office, result)
    assert not first.again and failed(first.filed, toy) == []
    assert filing(toy, office, result).again
    assert (first.filed / ledger.EXTRACT).exists()


async def test_a_record_of_another_room_than_code_1_was_given_for_is_named(session):
    toy, office, _commit, result = session
    release(toy, office, "cd" * 32, result)
    with pytest.raises(Denied) as caught:
        filing(toy, office, result)
    assert (caught.value.code, caught.value.facts["checks"]) == ("result-refused", ["ledger"])
    assert not office.result(toy.issued.package_id).exists()
    with at_the_desk(office, toy.bureau, now()) as desk:
        extract = desk.ledger.extract(toy.issued.package_id, toy.bureau.signing_key)
    (result / ledger.EXTRACT).write_bytes(extract)
    assert failed(result, toy) == ["ledger"]


async def test_a_closing_that_was_invented_over_the_telephone_marks_the_result_for_ever(session):
    toy, office, commit, result = session
    with at_the_desk(office, toy.bureau, now()) as desk:
        desk.code_1(toy.issued.package_id, codes.short(commit))
        desk.code_2_by_telephone(toy.issued.package_id, "ab" * 16)  # before anything was closed
    with pytest.raises(Denied) as caught:
        filing(toy, office, result)
    assert "ledger" in caught.value.facts["checks"]
    alarms = office.ledger(toy.bureau.card).of(toy.issued.package_id, ledger.Alarm)
    assert {each.what for each in alarms} >= {"other-closing"}


async def test_an_altered_result_files_nothing_and_a_second_different_one_is_an_alarm(session, tmp_path):
    toy, office, commit, result = session
    release(*session)
    altered = tmp_path / "altered"
    shutil.copytree(result, altered)
    entries = altered / "entries.jsonl"
    entries.write_bytes(entries.read_bytes().replace(b'"absent":', b'"absent" :', 1))
    with pytest.raises(Denied, match="result-refused"):
        filing(toy, office, altered)
    assert not office.result(toy.issued.package_id).exists()
    filed = filing(toy, office, result)
    shutil.copytree(result, tmp_path / "second")
    statement = json.loads((tmp_path / "second/result.json").read_bytes())
    statement["signed"]["engine"] = "x"
    (tmp_path / "second/result.json").write_bytes(statements.sign(statement["signed"], toy.site.signing_key))
    with pytest.raises(Denied, match="second-result"):
        filing(toy, office, tmp_path / "second")
    assert filed.filed.exists()
    alarms = office.ledger(toy.bureau.card).of(toy.issued.package_id, ledger.Alarm)
    assert "second-result" in {each.what for each in alarms}


async def test_an_extract_cannot_leave_an_alarm_out(session):
    toy, office, commit, result = session
    with at_the_desk(office, toy.bureau, now()) as desk:
        desk.code_1(toy.issued.package_id, codes.short(commit))
    with at_the_desk(office, toy.bureau, now()) as desk, pytest.raises(Denied, match="second-sitting"):
        desk.code_1(toy.issued.package_id, "cd" * 16)
    release(*session)
    with at_the_desk(office, toy.bureau, now()) as desk:
        extract = json.loads(desk.ledger.extract(toy.issued.package_id, toy.bureau.signing_key))
    signed = extract["signed"]
    signed["entries"] = [each for each in signed["entries"] if each["entry"]["act"] != "alarm"]
    (result / ledger.EXTRACT).write_bytes(statements.sign(signed, toy.bureau.signing_key))
    assert failed(result, toy) == ["ledger"]  # the entry after it names the one before


async def test_what_is_no_result_of_ours_is_refused_by_name(session, tmp_path):
    toy, office, _commit, result = session
    assert refused(filing, toy, office, tmp_path / "nothing") == "result-not-a-result"
    other = Staffed(tmp_path / "other")
    shutil.copytree(other.directory, tmp_path / "alien/package")
    assert refused(filing, toy, office, tmp_path / "alien") == "result-of-no-package"
