"""Whatever befalls an honest room, the device finds no contradiction in its record."""

import random

import pytest

from bank.refused import Denied
from examd.chief.sitting import Sitting
from examd.delivery import ending
from examd.record.limits import Limits
from tests.examd.test_honest import Bad, Honest
from tests.examd.toy_session import toy_rule


@pytest.mark.parametrize("seeds", [range(8), pytest.param(range(8, 200), marks=pytest.mark.campaign)], ids=len)
def test_an_honest_record_is_read_to_its_end_and_counts_as_its_closing_says(issued, tmp_path, seeds):
    over = 0
    for seed in seeds:
        folder = tmp_path / str(seed)
        folder.mkdir()
        luck = Bad(Honest(issued, folder), random.Random(seed))
        for _ in range(120):
            luck.step()
        room = luck.sitting
        room.shut(ending.open_seats(room.hall))
        found, limits = Sitting(), Limits.of(toy_rule())
        for line in room.record.entries():
            try:
                found.add(found.read(line.decode()), limits)
            except Denied as denied:  # this room's staff stop clocks for hours, and nobody orders it
                assert denied.facts["contradiction"] == "over-the-rule", (seed, denied)
                found.add(found.read(line.decode()), Limits(1 << 40, 1 << 40))
                over += 1
        assert found.state.closed and found.state.seats.keys() == room.record.state.seats.keys(), seed
        assert found.added_ms == {
            c: seat.timetable.added_ms for c, seat in room.record.state.seats.items() if seat.timetable.added_ms
        }
        room.close()
    assert over < len(seeds) * 5
