import pytest
from textual import _wait
from textual.pilot import Pilot, WaitForScreenTimeout


@pytest.fixture(autouse=True)
def exact_pilot(monkeypatch):
    """A pilot that returns when what it did has been taken in, however busy the machine.

    Textual's waits until the app has passed a key or a click on, sleeping 20 ms twice to see whether the program
    rests; here the screen it was passed on to has had its turn as well.
    """
    monkeypatch.setattr(_wait, "SLEEP_GRANULARITY", 1 / 200)
    for name in ("press", "click"):
        monkeypatch.setattr(Pilot, name, _and_then_flush(vars(Pilot)[name]))


def _and_then_flush(act):
    async def acted(pilot, *args, **more):
        try:
            await act(pilot, *args, **more)
            for _app_then_screen_then_widget in range(3):
                if not pilot.app._exit:
                    await pilot._wait_for_screen()
        except WaitForScreenTimeout:
            if not pilot.app._exit:  # a program that was just ended takes nothing in any more
                raise

    return acted
