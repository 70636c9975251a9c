"""Makes docs/terminal.svg, the picture of the candidate's screen in README, from the program itself:

    python tests/terminal/picture.py

`--all FOLDER` draws every stage of a sitting instead, for eyes that check them.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from rich.cells import cell_len
from textual.pilot import Pilot

from terminal import app as app_module
from terminal.app import TerminalApp
from terminal.language import set_language
from terminal.theme import DEEP, PAPER
from tests.terminal.hall import Hall

ROOT = Path(__file__).parents[2]
ANSWERED = [slot for slot in range(38) if slot not in (12, 20, 29)]
FLAGGED = (5, 20, 31)


async def until(pilot: Pilot[Any], true: Callable[[], object], what: str = "", seconds: float = 60) -> None:
    """Wait for something to become true, as a person would. The deadline only ends a test that has failed."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not true():
        if loop.time() > deadline:
            raise TimeoutError(what or "it did not happen")
        await pilot.pause(0.02)


async def to_questions(pilot: Pilot[Any], hall: Hall) -> None:
    """From the sign-in to the first question, without the typing."""
    app: TerminalApp = pilot.app  # type: ignore[assignment]
    app.sign_in("2406150312", "12345X")
    await until(pilot, lambda: app._shown == "confirm", "signed in")
    app.confirm()
    app.ready()
    await hall.start()
    await until(pilot, lambda: app._shown == "question", "the start")


CELL, LINE = 9.5, 21.0
SIZES = {1: 15.5, 2: 18.0}
"""Letter sizes for characters of one cell and of two, so that both fill theirs."""
FONTS = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', 'PingFang SC', "
FONTS += "'Microsoft YaHei', 'Noto Sans CJK SC', 'WenQuanYi Micro Hei', monospace"
HALVES = {"█": (0.0, 1.0), "▀": (0.0, 0.5), "▄": (0.5, 0.5)}


def svg_of(app: TerminalApp) -> str:
    """The screen as a picture that refers to nothing outside itself; every character stands on its own cell.

    Rich's own export measures text in characters, which squeezes Chinese to half its width.
    """
    width, height = app.size.width * CELL, app.size.height * LINE
    grounds, texts = [], []
    for y, strip in enumerate(app.screen._compositor.render_strips()):
        x, top = 0.0, y * LINE
        for text, style, control in strip:
            if control:
                continue
            size = cell_len(text) * CELL
            fore = style.color.get_truecolor().hex if style and style.color else "#000000"
            back = style.bgcolor.get_truecolor().hex if style and style.bgcolor else PAPER
            if back != PAPER:
                grounds.append(f'<rect x="{x:g}" y="{top:g}" width="{size:g}" height="{LINE:g}" fill="{back}"/>')
            at = x
            runs: dict[int, tuple[list[str], str]] = {1: ([], ""), 2: ([], "")}
            for letter in text:
                if letter in HALVES:
                    above, share = HALVES[letter]
                    grounds.append(
                        f'<rect x="{at:g}" y="{top + above * LINE:g}" width="{CELL + 0.2:g}" '
                        f'height="{share * LINE + 0.2:g}" fill="{fore}"/>'
                    )
                elif not letter.isspace():
                    places, letters = runs[cell_len(letter)]
                    runs[cell_len(letter)] = ([*places, f"{at:g}"], letters + letter)
                at += cell_len(letter) * CELL
            for cells, (places, letters) in runs.items():
                if letters:
                    weight = ' font-weight="600"' if style and style.bold else ""
                    where = f'x="{" ".join(places)}" y="{top + LINE * 0.76:g}" font-size="{SIZES[cells]:g}"'
                    texts.append(f'<text {where} fill="{fore}"{weight}>{escape(letters)}</text>')
            x += size
    frame = 10
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width + 2 * frame:g} {height + 2 * frame:g}">',
            f'<rect width="100%" height="100%" rx="10" fill="{DEEP}"/>',
            f'<g transform="translate({frame} {frame})" font-family="{FONTS}" xml:space="preserve"',
            '   shape-rendering="crispEdges">',
            f'<rect width="{width:g}" height="{height:g}" fill="{PAPER}"/>',
            *grounds,
            *texts,
            "</g>",
            "</svg>",
            "",
        ]
    )


async def readme(folder: Path) -> str:
    async with Hall(folder, mock=True) as hall:
        app = TerminalApp(hall.server, hall.trust, folder / "journal", "07")
        async with app.run_test(size=(120, 36)) as pilot:
            await to_questions(pilot, hall)
            for slot in ANSWERED:
                app.answer(slot, (slot % 2,))
            for slot in FLAGGED:
                app.flag(slot, True)
            await until(pilot, lambda: app.seat.unconfirmed == 0, "all confirmed")
            table = next(iter(hall.records.values())).timetable
            await hall.change(started_ms=(table.started_ms or 0) - 48 * 60_000 - 21_000)
            app.go_to(38)
            await pilot.press("b")
            await until(pilot, lambda: app.seat.unconfirmed == 0 and app.seat.remaining_ms(app._now()) < 4.4e6)
            await pilot.pause(0.3)
            return svg_of(app)


async def gallery(folder: Path, out: Path, language: str, size: tuple[int, int]) -> None:
    set_language(language)
    n = 0

    async with Hall(folder, mock=True) as hall:
        app = TerminalApp(
            hall.server, hall.trust, folder / f"journal-{language}-{size[0]}", "07", exit_after_receipt=True
        )
        async with app.run_test(size=size) as pilot:

            async def draw(name: str) -> None:
                nonlocal n
                await pilot.pause(0.25)
                n += 1
                (out / f"{language}-{size[0]}x{size[1]}-{n:02d}-{name}.svg").write_text(svg_of(app))

            await pilot.press(*"2406150312", "enter", *"123", "enter")
            await draw("sign-in")
            await pilot.press(*"999", "enter")
            await until(pilot, lambda: app.seat.refusal)
            await draw("refused")
            await pilot.press(*["backspace"] * 6, *"12345X", "enter")
            await until(pilot, lambda: app._shown == "confirm")
            await draw("confirm")
            await pilot.press("enter")
            await draw("rules")
            await pilot.press("enter")
            await draw("waiting")
            await hall.start()
            await until(pilot, lambda: app._shown == "question")
            for slot in ANSWERED:
                app.answer(slot, (slot % 2,))
            for slot in FLAGGED:
                app.flag(slot, True)
            await pilot.press("b")
            await draw("question")
            await pilot.press("right", "b", "down", "f")
            await draw("true-false")
            await pilot.press("delete")
            await draw("taken-back")
            await pilot.press("right", "a", "c")
            await draw("multiple")
            await pilot.press("right")
            await draw("hostile")
            table = next(iter(hall.records.values())).timetable
            await hall.change(started_ms=(table.started_ms or 0) - 112 * 60_000 + 100_000)
            await draw("ten-minutes")
            await hall.change(started_ms=(table.started_ms or 0) - 115 * 60_000 - 20_000)
            await draw("five-minutes")
            await hall.go_away()
            await pilot.press("d")
            await pilot.pause(2.0)
            await draw("away")
            hall.come_back()
            await until(pilot, lambda: app.seat.unconfirmed == 0)
            await pilot.press("g")
            await draw("sheet")
            await pilot.press("u")
            await draw("open")
            await hall.pause()
            await draw("paused")
            await hall.go_on()
            await pilot.pause(0.2)
            await pilot.press("h")
            await draw("hand-in")
            await pilot.press("y")
            await draw("hand-in-2")
            await pilot.press("enter")
            await until(pilot, lambda: app._shown == "receipt")
            await draw("receipt")
            await pilot.press("ctrl+x")
            await draw("staff")
            await pilot.press("escape")
            await pilot.resize_terminal(70, 20)
            await draw("small")


def main() -> None:
    app_module.SETTLE_MS = 0
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, metavar="FOLDER")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if args.all is None:
            (ROOT / "docs" / "terminal.svg").write_text(asyncio.run(readme(Path(folder))), encoding="utf-8")
            return
        args.all.mkdir(parents=True, exist_ok=True)
        for language in ("zh", "en"):
            for size in ((80, 24), (100, 24), (120, 40)):
                asyncio.run(gallery(Path(folder), args.all, language, size))


if __name__ == "__main__":
    main()
