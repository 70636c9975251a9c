"""Size: large packages are read piece by piece, and what has been read leaves nothing behind."""

import gc

from bank import formats
from bank.content import Content, ItemType, Option
from bank.formats import safexml
from bank.item import AnswerKey, Item


def test_elements_come_one_by_one_and_the_whole_is_never_held():
    fed = 0

    def chunks():
        nonlocal fed
        yield b"<m>"
        for _ in range(1000):
            fed += 1
            yield b"<r><a>x</a></r>"
        yield b"</m>"

    found = safexml.elements(chunks(), "r", "m.xml")
    assert next(found).findtext("a") == "x" and fed < 3
    assert sum(1 for _ in found) == 999


def test_reading_a_package_leaves_no_rings_behind(tmp_path):
    options = (Option("甲"), Option("乙"))
    items = [Item(Content(ItemType.SINGLE, f"问{n}", options), AnswerKey((0,)), "1") for n in range(200)]
    formats.export(tmp_path / "p.zip", items)
    formats.read(tmp_path / "p.zip")
    gc.collect()
    gc.disable()
    try:
        result = formats.read(tmp_path / "p.zip")
        assert gc.collect() < 200
    finally:
        gc.enable()
    assert len(result.items) == 200
