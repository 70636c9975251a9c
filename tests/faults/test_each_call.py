"""Killed before each system call that changes a file, then run again: every step goes on or is undone, and holds.

All calls of all steps: `uv run pytest -m campaign tests/faults`. By default every few of them.
"""

import itertools
import shutil
from pathlib import Path

import pytest

from tests.faults.steps import INITS, Sitting, failed, issuing, whole_packages
from tests.faults.traced import kills, needs_tracing, run

pytestmark = needs_tracing


class Fresh:
    """A folder for each try: empty, or a copy of one made once."""

    def __init__(self, place: Path, model: Path | None = None) -> None:
        self.place, self.model, self.numbers = place, model, itertools.count()
        self.last: Path | None = None

    def __call__(self) -> Path:
        if self.last is not None:
            shutil.rmtree(self.last)
        self.last = self.place / str(next(self.numbers))
        if self.model is None:
            self.last.mkdir(parents=True)
        else:
            shutil.copytree(self.model, self.last)
        return self.last


def seldom(short: int):
    """Every call in the campaign, every few otherwise."""
    campaign = pytest.param(1, marks=[pytest.mark.campaign, pytest.mark.timeout(3600)], id="each")
    return pytest.mark.parametrize("every", [pytest.param(short, id="some"), campaign])


@seldom(5)
@pytest.mark.parametrize("name", INITS)
def test_an_init_killed_at_any_call_is_run_again_and_nothing_half_made_serves(tmp_path, name, every):
    """What is half made will be made anew, so nobody may have begun to use it by then."""
    init, opens = INITS[name]
    tried = 0
    for tried, (at, root) in enumerate(kills(init, Fresh(tmp_path / "try"), every), 1):  # noqa: B007
        marked, serves = list(root.rglob(".*.unfinished")), run(opens, root).code == 0
        assert not (marked and serves), at
        again = run(init, root)
        assert again.code == 0 or (serves and "-exists " in again.told), (at, again.told)
        assert (run(opens, root).code, list(root.rglob(".*"))) == (0, []), at
    assert tried > 10 // every


@seldom(4)
def test_an_issue_killed_at_any_call_leaves_no_package_without_codes_and_is_run_again(office, tmp_path, every):
    step, issuer = issuing(office)
    fresh = Fresh(tmp_path / "try", office[0])
    tried = 0
    for tried, (at, root) in enumerate(kills(step, fresh, every), 1):  # noqa: B007
        before = whole_packages(root, issuer)
        again = run(step, root)
        if before:
            assert again.code == 3 and again.told.startswith("issued-before"), at
        else:
            assert again.code == 0, (at, again.told)
        assert len(whole_packages(root, issuer)) == 1, at
        assert len(list((root / "stick").iterdir())) == 1, at
    assert tried > 40 // every


@pytest.mark.slow
@seldom(29)
def test_a_session_killed_at_any_call_from_opening_to_report_goes_on_and_verifies(commissioned, tmp_path, every):
    toy, model = commissioned
    fresh = Fresh(tmp_path / "try", model)
    tried = 0
    for tried, (at, root) in enumerate(kills(Sitting(toy), fresh, every), 1):  # noqa: B007
        again = run(Sitting(toy), root)
        assert again.code == 0, (at, again.told)
        result = root / "site" / "sessions" / "T-1" / "result"
        assert failed(result, toy.bureau.card.sign) == [], at
    assert tried > 150 // every
