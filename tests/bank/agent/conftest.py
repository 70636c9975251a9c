import tempfile

import pytest


@pytest.fixture(autouse=True)
def apart(monkeypatch, tmp_path):
    """Agents of a test are found by that test alone."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    run = tempfile.TemporaryDirectory(prefix="examd-")  # short: a socket's address is
    monkeypatch.setenv("XDG_RUNTIME_DIR", run.name)
    yield
    run.cleanup()
