"""Answers that the server lost are admitted from a terminal's journal: by the chief examiner's order, item by item."""

import asyncio
import json
import shutil
import time

import pytest

from bank.refused import BadFile, Denied
from examd.documents.incidents import What, read
from examd.protocol.journal import encode_line
from examd.protocol.messages import Ack, Answer
from examd.site.journals import Journal
from examd.site.restoring import restore_answers
from tests.examd.served import in_this_process, verified
from tests.examd.toy_session import N_ITEMS, HandClock, Staffed
from tests.faults.person import Person
from tests.faults.test_kill import started, until


async def agreed(found):
    agreed.found = found


async def test_what_a_journal_proves_counts_by_signed_order_unless_it_was_answered_anew(tmp_path):
    toy = Staffed(tmp_path, candidates=1)
    async with in_this_process(toy, HandClock(wall_s=int(time.time()))) as site:
        line, folder = toy.roster[0], site.machine(tmp_path / "j", "01")
        person = Person(1, site.address, site.trust, folder, line.admission_no, line.id_tail, pace_s=0.02)
        sitting = asyncio.create_task(person.sit())
        await started(site, [person], 1)
        await until(lambda: len(person.acknowledged) > 3)
        person.enough.set()
        await sitting
        (path,) = folder.glob("*.journal")
        lost = tmp_path / "lost.journal"
        shutil.copy(path, lost)
        last = max(person.acknowledged)
        kept = person.client.outbox.answers if person.client.outbox else {}
        # The terminal had two acknowledgements more than this record: its disk was put back.
        with lost.open("ab") as journal:
            for seq, slot in ((last + 1, 0), (last + 2, 1)):
                journal.write(encode_line(Answer(seq, slot, (1,), 5)))
                journal.write(encode_line(Ack(seq, 1, 999, "ab" * 32)))
        async with site.desk("deputy") as desk:
            with pytest.raises(Denied, match="journal-proves-nothing"):
                await restore_answers(desk, toy.chief, path, "磁盘回退", agreed)
            with pytest.raises(BadFile, match="order-unsigned"):
                await restore_answers(desk, toy.bureau, lost, "磁盘回退", agreed)
            with pytest.raises(Denied, match="reason-missing"):
                await restore_answers(desk, toy.chief, lost, " ", agreed)
            done = await restore_answers(desk, toy.chief, lost, "磁盘回退", agreed)
            assert [(each.slot, each.choice) for each in done.answers] == [(0, (1,)), (1, (1,))]
            assert (agreed.found.known, agreed.found.name, agreed.found.terminal) == (True, line.name, "01")
            seat = site.server.room.hall.record.state.seats[1]
            assert (seat.answers[0], seat.answers[1]) == ((1,), (1,))
            assert {slot: c for slot, c in seat.answers.items() if slot > 1 and c} == {
                slot: c for slot, c in kept.items() if slot > 1
            } or not kept
            result = await site.close_and_grade(desk, [])
    assert read(result)[-1].what is What.RESTORED
    assert verified(result, toy.bureau.card.sign) == (0, [])
    (row,) = json.loads((result / "result.json").read_bytes())["signed"]["candidates"]
    assert 2 <= row["answered"] <= N_ITEMS


def test_a_file_that_is_no_journal_is_refused(tmp_path):
    for data in (b"", b"x" * 100, encode_line(Ack(1, 1, 1, ""))):
        (tmp_path / "x.journal").write_bytes(data)
        with pytest.raises(BadFile, match="terminal-journal-malformed"):
            Journal.read(tmp_path / "x.journal")
