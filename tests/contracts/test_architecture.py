"""docs/architecture.md stays true: its rooms are the folders, its walks lead through modules that exist, none twice."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/architecture.md").read_text("utf-8")
PACKAGES = ("bank", "examd", "terminal", "tools")
FACES = {"__init__", "__main__"}


def rooms_there_are() -> dict[str, set[str]]:
    """Every folder that holds modules, with the names of its modules."""
    found: dict[str, set[str]] = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            names = found.setdefault(path.parent.relative_to(ROOT).as_posix(), set())
            names.update({path.stem} - FACES)
    return found


def rooms_drawn() -> dict[str, set[str]]:
    """Rows `| `folder` | what for | modules |` of the page."""
    rows = re.findall(r"^\| `([a-z_/]+)` \| [^|]+ \| ([^|]*) \|$", PAGE, re.M)
    return {folder: set(re.findall(r"[a-z][a-z0-9_]*", modules)) for folder, modules in rows}


def walks() -> dict[str, list[str]]:
    """The walks of the page: a heading `### …`, and the modules below it in the order in which they are entered."""
    parts = re.split(r"^### ", PAGE, flags=re.M)[1:]
    return {
        part.splitlines()[0]: re.findall(r"`((?:bank|examd|terminal|tools)(?:/[a-z_]+)+\.py)`", part) for part in parts
    }


def test_the_rooms_drawn_are_the_folders_there_are():
    assert rooms_drawn().keys() == rooms_there_are().keys()


@pytest.mark.parametrize("room", rooms_there_are())
def test_a_room_names_its_modules_and_no_other(room):
    assert rooms_drawn()[room] == rooms_there_are()[room]


def test_six_walks_lead_through_modules_that_exist_and_enter_none_twice():
    assert len(walks()) == 6
    for name, entered in walks().items():
        assert len(entered) > 3, name
        assert [path for path in entered if not (ROOT / path).is_file()] == [], name
        assert len(set(entered)) == len(entered), name
