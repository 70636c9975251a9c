"""A day is the office's day: what ends today ends at midnight in Beijing, on a machine of any zone."""

import time
from datetime import UTC, date, datetime

import pytest

from bank import clock


@pytest.fixture
def at(monkeypatch):
    """Sets the wall clock to a time in UTC, and the machine to a zone of its own."""

    def set_to(moment, zone="UTC"):
        class Stopped(datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime.fromisoformat(moment).replace(tzinfo=UTC).astimezone(tz)

        monkeypatch.setattr(clock, "datetime", Stopped)
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield set_to
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Shanghai"])
@pytest.mark.parametrize(
    ("moment", "day"),
    [("2026-11-20T15:59:59", date(2026, 11, 20)), ("2026-11-20T16:00:00", date(2026, 11, 21)),
     ("2026-12-31T23:30:00", date(2027, 1, 1))],
)  # fmt: skip
def test_the_offices_day_begins_at_its_own_midnight(at, moment, day, zone):
    at(moment, zone)
    assert clock.today() == day
    assert clock.now() == f"{moment}Z"  # acts are stated in UTC as ever


def test_an_acts_time_has_the_offices_day_and_what_is_no_time_stays_as_it_is():
    assert clock.day_of("2026-11-20T15:59:59Z") == "2026-11-20" and clock.day_of("2026-11-20T16:00:00Z") == "2026-11-21"
    assert clock.office_time(1_795_190_400) == "2026-11-21 00:00"
    assert clock.day_of("yesterday evening") == "yesterday "
