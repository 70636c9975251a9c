"""From a key to the painted list: what a person at `examd bank browse` waits for, query by query, filters among them.

The desk runs as it does on a terminal, without one: the last letter goes into its search field, and the clock stops
when the list has been painted anew.

Before: `tools.bench.bank` has a bank of items. After: its report.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from bank.store import OpenBank
from tools.author_desk.app import DeskApp
from tools.author_desk.filters import Search
from tools.author_desk.widgets import LineField

SIZE = (120, 40)
REPEATS = 3
PATIENCE = 10.0
"""Seconds after which a list that was not painted is a fault of ours."""
TYPED = (
    "电", "触", "应", "业", "。", "（", "1", "7", "第", "鑫",  # one character, from one that every item has to none
    "触电", "作业", "电压", "事故", "验电", "第 ", "题：", "17", "（　", "不无",
    "断路器", "高处作业", "安全生产法", "作业人员", "压力容器", "隔离开关", "第 17 题", "没有这样的话",
    "安全生产法应当", "高处作业不得", "）。", "题：触", "999", "a", "ＡＢ",
)  # fmt: skip
FILTERED = (
    {"chapter": "2"},
    {"state": "draft", "type": "single"},
    {"chapter": "3.1", "level": "know", "state": "draft"},
    {"type": "fill"},
    {"lacks": "basis"},
    {"lacks": "difficulty"},
    {"lacks": "force"},
    {"whose": "review"},
    {"whose": "mine", "state": "draft"},
)
"""Each asked alone, and with a word that most items have."""
COMMON = "电"


@dataclass(frozen=True, slots=True)
class Painted:
    search: str
    filters: str
    found: int
    ms: float
    """The slowest of the repeats."""


def measure(bank: OpenBank) -> list[Painted]:
    return asyncio.run(_measure(bank))


async def _measure(bank: OpenBank) -> list[Painted]:
    app = DeskApp(bank, Path("author.key"))
    asked = [Search(text=text) for text in TYPED]
    asked += [Search(text=text, **filters) for filters in FILTERED for text in ("", COMMON)]
    found = []
    async with app.run_test(size=SIZE) as pilot:
        while not app.browse.list.numbers:
            await pilot.pause(0.05)
        for each in asked:
            took = [await _painted(app, each) for _ in range(REPEATS)]
            given = ((name, getattr(each, name)) for name in ("type", "chapter", "level", "state", "lacks", "whose"))
            filters = " ".join(f"{name}={value}" for name, value in given if value)
            found.append(Painted(each.text, filters, len(app.browse.list.numbers), max(took)))
    return found


async def _painted(app: DeskApp, asked: Search) -> float:
    """Milliseconds from the last key, which changes the question to `asked`, to its list on the screen."""

    browse = app.browse
    field = browse.search_field
    before = replace(asked, text=asked.text[:-1] or "~")
    with browse.prevent(LineField.Changed):
        field.value = before.text
    await _until(app, lambda: browse.ask(before))
    await asyncio.sleep(0.02)
    browse.search = replace(asked, text=before.text)
    began = time.perf_counter()
    if asked.text:
        await _until(app, lambda: setattr(field, "value", asked.text))
    else:
        await _until(app, lambda: browse.ask(asked))
    assert browse.search == asked and browse.list.state[1] == len(app.browse.list.numbers)
    return 1_000 * (time.perf_counter() - began)


async def _until(app: DeskApp, act: Callable[[], None]) -> None:
    """Does `act` and waits until the list that it asks for is painted."""
    listed = app.browse.list
    version, end = listed.state[0], time.monotonic() + PATIENCE
    act()
    while listed.state[0] == version or listed._rows is None:
        if time.monotonic() > end:
            raise TimeoutError
        await asyncio.sleep(0.001)  # not 0: a loop that spins keeps the bank's thread from running
