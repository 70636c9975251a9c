"""docs/architecture.md stays true: its rooms are the folders, its walks enter no room twice.

And whatever else is called by a module's name has that name.
"""

import re
from itertools import groupby
from pathlib import Path

import pytest

from bank.store import OpenBank

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


def is_there(name: str) -> bool:
    """Whether `name` is a module, or stands in the deepest one that it begins with."""
    parts = name.split(".")
    for depth in range(len(parts), 1, -1):
        place = ROOT.joinpath(*parts[:depth])
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            if file.is_file():
                return depth == len(parts) or re.search(rf"\b{parts[depth]}\b", file.read_text("utf-8")) is not None
    return False


def test_the_rooms_drawn_are_the_folders_there_are():
    assert rooms_drawn().keys() == rooms_there_are().keys()


@pytest.mark.parametrize("room", rooms_there_are())
def test_a_room_names_its_modules_and_no_other(room):
    assert rooms_drawn()[room] == rooms_there_are()[room]


def room(path: str) -> str:
    """`bank/formats` for what lies in it or in a room within it."""
    return "/".join(path.split("/")[:-1][:2])


def test_six_walks_lead_through_modules_that_exist_and_enter_no_room_twice():
    assert len(walks()) == 6
    for name, entered in walks().items():
        assert len(entered) > 3, name
        assert [path for path in entered if not (ROOT / path).is_file()] == [], name
        assert len(set(entered)) == len(entered), name
        rooms = [each for each, _modules in groupby(entered, key=room)]
        assert len(set(rooms)) == len(rooms), (name, rooms)


OF_A_BANK = re.compile(rf"bank\.({'|'.join([*OpenBank.__annotations__, 'db', 'key', 'card', 'next'])})\b")
"""Parts of an open bank, and its files."""


@pytest.mark.parametrize("folder", [*PACKAGES, "docs", "tests"])
def test_what_prose_calls_by_a_modules_name_is_there(folder):
    files = (path for ending in ("py", "md") for path in (ROOT / folder).rglob(f"*.{ending}"))
    named = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in files
        for name in re.findall(r"`((?:bank|examd|terminal|tools)(?:\.\w+)+)", path.read_text("utf-8"))
        if not OF_A_BANK.match(name) and not is_there(name)
    }
    assert not named
