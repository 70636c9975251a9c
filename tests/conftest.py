"""Settings that every test shares."""

import io
import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

import examd.staff  # noqa: F401  # keeps the cost that it ships with: a server that a test starts reckons with it too
from bank.seal import passphrase

PACKAGES = ("bank", "examd", "terminal", "tools")

# The same examples on every run, so that a red run is about the change and not about luck. A search for new examples:
# EXAMD_SEARCH=1 uv run pytest
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None)
settings.load_profile("search" if os.environ.get("EXAMD_SEARCH") else "repeatable")

# Where Python may write no bytecode beside the sources, every process that a test starts would compile all of its
# modules anew. Those find it in pytest's own cache.
if sys.dont_write_bytecode:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(Path(__file__).parents[1] / ".pytest_cache/bytecode")


@pytest.fixture(autouse=True, scope="session")
def cheap_passphrases():
    """Files name what they cost, so other processes open these too. `tests/bank/seal/test_passphrase.py` has the full cost."""
    with pytest.MonkeyPatch.context() as patched:
        for cost, least in (("MEMORY_KIB", 64), ("PASSES", 1), ("LANES", 1)):
            patched.setattr(passphrase, cost, least)
        yield


@pytest.fixture(autouse=True)
def own_language(monkeypatch):
    """A command leaves its language in the environment, for the processes that it starts; not for the next test."""
    monkeypatch.delenv("EXAMD_LANG", raising=False)


def pytest_terminal_summary(terminalreporter, config):
    """With `--cov`: of each package the share of its lines that ran, before pytest's own closing line."""
    plugin = config.pluginmanager.getplugin("_cov")
    if plugin is not None and plugin.cov_controller is not None:
        measured = plugin.cov_controller.combining_cov
        shares = {name: measured.report(include=f"{name}/*", file=io.StringIO()) for name in PACKAGES}
        terminalreporter.write_line("coverage: " + ", ".join(f"{name} {share:.1f} %" for name, share in shares.items()))
