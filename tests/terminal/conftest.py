import pytest
from textual import _wait


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    """After each key Textual sleeps 20 ms, twice, to see whether the program rests. These tests say what they wait for."""
    monkeypatch.setattr(_wait, "SLEEP_GRANULARITY", 1 / 200)
