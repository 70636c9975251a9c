"""The rule of time, sampled densely around every boundary and compared with a clock that ticks."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examd.protocol.phase import GRACE_MS, Phase, Timetable, in_grace, phase_at, remaining_ms, used_ms

LIMIT = 60_000


def around(*edges):
    return sorted({edge + step for edge in edges for step in (-2, -1, 0, 1, 2)})


def test_before_the_start_a_seat_waits_with_all_its_time():
    table = Timetable(LIMIT)
    for now in (0, 1, 10**12):
        assert phase_at(table, now) is Phase.WAITING
        assert (remaining_ms(table, now), used_ms(table, now)) == (LIMIT, 0)


@pytest.mark.parametrize("started", [0, 1, 12_345, 10**9])
@pytest.mark.parametrize("paused", [0, 1, 7_000])
@pytest.mark.parametrize("added", [0, 1, 300_000])
def test_time_is_up_exactly_at_the_end_of_limit_pauses_and_added_time(started, paused, added):
    table = Timetable(LIMIT, started, paused, None, added)
    end = started + LIMIT + paused + added
    for now in around(end, end + GRACE_MS):
        assert (phase_at(table, now) is Phase.ANSWERING) == (now < end)
        assert (phase_at(table, now) is Phase.TIME_UP) == (now >= end)
        assert remaining_ms(table, now) == max(0, end - now)
        assert in_grace(table, now) == (end <= now < end + GRACE_MS)


def test_during_a_pause_nothing_runs_and_the_pause_outlasts_any_deadline():
    since = 10_000
    table = Timetable(LIMIT, 0, 0, since)
    for now in (*around(since, LIMIT, LIMIT + GRACE_MS), 10**9):
        if now >= since:
            assert phase_at(table, now) is Phase.PAUSED
            assert used_ms(table, now) == since
            assert remaining_ms(table, now) == LIMIT - since


def test_time_given_after_time_was_up_lets_the_seat_answer_again():
    late = LIMIT + 10_000
    assert phase_at(Timetable(LIMIT, 0), late) is Phase.TIME_UP
    assert phase_at(Timetable(LIMIT, 0, added_ms=10_000), late) is Phase.TIME_UP
    assert phase_at(Timetable(LIMIT, 0, added_ms=10_001), late) is Phase.ANSWERING


@pytest.mark.parametrize("now", [0, LIMIT, LIMIT + GRACE_MS, 10**9])
@pytest.mark.parametrize("since", [None, 5])
def test_handed_in_wins_over_the_clock_and_closed_over_everything(now, since):
    assert phase_at(Timetable(LIMIT, 0, 0, since, 0, True), now) is Phase.HANDED_IN
    assert phase_at(Timetable(LIMIT, 0, 0, since, 0, True, True), now) is Phase.CLOSED
    assert phase_at(Timetable(LIMIT, None, 0, since, 0, False, True), now) is Phase.CLOSED


@given(
    st.integers(0, 10**9),
    st.lists(st.tuples(st.sampled_from(["run", "pause", "resume", "add"]), st.integers(1, 40_000)), max_size=12),
)
def test_any_course_of_pauses_and_added_time_agrees_with_a_clock_that_ticks(start, course):
    now, worked, pausing, limit = start, 0, None, LIMIT
    paused = added = 0
    for act, ms in course:
        if act == "pause" and pausing is None:
            pausing = now
        elif act == "resume" and pausing is not None:
            paused, pausing = paused + now - pausing, None
        elif act == "add":
            added, limit = added + ms, limit + ms
        else:
            now += ms
            worked += 0 if pausing is not None else ms
        table = Timetable(LIMIT, start, paused, pausing, added)
        assert used_ms(table, now) == worked
        assert remaining_ms(table, now) == max(0, limit - worked)
        expected = Phase.PAUSED if pausing is not None else Phase.ANSWERING if worked < limit else Phase.TIME_UP
        assert phase_at(table, now) is expected


@given(st.integers(0, 10**6), st.integers(0, 10**5), st.integers(0, 10**5))
def test_while_the_clock_runs_what_is_left_falls_by_what_passes(start, paused, added):
    table = Timetable(LIMIT, start, paused, None, added)
    instants = range(start + paused, start + paused + added + LIMIT + 5_000, 977)
    for before, after in pairwise(instants):
        assert remaining_ms(table, before) - remaining_ms(table, after) <= after - before
        assert remaining_ms(table, after) <= remaining_ms(table, before)


def test_grace_is_what_docs_promise():
    assert GRACE_MS == 3_000


def test_phases_have_the_words_that_stand_on_the_wire():
    assert list(Phase) == ["waiting", "answering", "paused", "time-up", "handed-in", "closed"]
