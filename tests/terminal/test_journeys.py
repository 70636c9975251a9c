"""A candidate's way through the examination, by keyboard and by mouse, through everything a room can do to it."""

import contextlib
import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual import events
from textual.errors import NoWidget
from textual.geometry import Offset

from examd.protocol import messages as m
from examd.protocol.acts import fingerprint
from examd.protocol.reasons import Reason
from terminal import app as app_module
from terminal import client as client_module
from terminal.app import TerminalApp
from terminal.heard import Link
from terminal.language import set_language
from terminal.locked_app import ExitCode
from terminal.seat import Stage
from terminal.widgets.bars import KeyBar
from terminal.widgets.canvas import Canvas
from tests.terminal.hall import Hall
from tests.terminal.picture import to_questions, until

NUMBER = "2406150312"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(app_module, "NETWORK_AFTER_S", 0.01)
    monkeypatch.setattr(app_module, "SETTLE_MS", 0)
    monkeypatch.setattr(client_module, "FIRST_RETRY_S", 0.05)
    monkeypatch.setattr(client_module, "LAST_RETRY_S", 0.2)
    monkeypatch.setattr(client_module, "CONNECT_S", 60)  # a busy machine is not an absent network
    monkeypatch.setattr(client_module, "HEARTBEAT_S", 60)
    set_language("zh")
    yield
    set_language("zh")


@pytest.fixture
async def hall(tmp_path):
    async with Hall(tmp_path, n_items=12) as hall:
        yield hall


@contextlib.asynccontextmanager
async def seated(hall: Hall, journal, size=(120, 40), started=True, **more):
    app = TerminalApp(hall.server, hall.trust, journal, "07", exit_after_receipt=True, **more)
    async with app.run_test(size=size) as pilot:
        if started:
            await to_questions(pilot, hall)
            await arrive(pilot, Stage.QUESTION)
        yield app, pilot


def shown(app: TerminalApp) -> str:
    """The screen as a reader sees it; every line is exactly as wide as the screen."""
    strips = app.screen._compositor.render_strips()
    assert len(strips) in (0, app.size.height)  # none: a screen that came a moment ago and is not laid out yet
    for strip in strips:
        assert strip.cell_length == app.size.width == sum(cell_len(segment.text) for segment in strip)
    return "\n".join(strip.text for strip in strips)


async def arrive(pilot, stage: Stage) -> str:
    """Wait for the screen of `stage`, laid out and drawn as the seat is now; what it says."""
    app = pilot.app
    screen = app._screens[stage]
    await until(pilot, lambda: app._shown is stage and app.screen is screen and screen.whole, str(stage))
    app.draw()
    await until(pilot, lambda: shown(app).strip(), str(stage))
    return shown(app)


async def see(pilot, *words: str) -> str:
    """Wait until a reader sees all these; what else there is to see."""
    await until(pilot, lambda: all(word in shown(pilot.app) for word in words), " ".join(words))
    return shown(pilot.app)


async def network_gone(pilot, hall: Hall) -> None:
    """The hall has gone away, and the terminal knows it; what it had heard before is taken in."""
    await hall.go_away()
    await until(pilot, lambda: pilot.app.seat.link is not Link.UP, "the network to be away")


async def resize(pilot, width: int, height: int) -> None:
    """Another window, and the screen laid out in it."""
    await pilot.resize_terminal(width, height)
    strips = pilot.app.screen._compositor.render_strips
    await until(pilot, lambda: pilot.app.size.width == width and {each.cell_length for each in strips()} == {width})


async def press_chip(pilot, action: str) -> None:
    """Click the chip of the key bar that does `action`, long after any click before."""
    await click_zone(pilot, "#keys", action)


async def click_zone(pilot, widget: str, action: str, button: int = 1, times: int = 1) -> None:
    """Click where `action` is to be had, once it is to be seen there."""

    def place() -> tuple[Canvas, Offset] | None:
        for canvas in pilot.app.screen.query(widget).results(Canvas):
            for y, row in enumerate(canvas._lay_out()):
                for zone in row.zones:
                    at = Offset(zone.start + 1, y - canvas.top + canvas.styles.padding.top)
                    if (
                        zone.action == action
                        and pilot.app.screen.get_widget_at(*(canvas.region.offset + at))[0] is canvas
                    ):
                        return canvas, at
        return None

    def found() -> bool:
        with contextlib.suppress(NoWidget):
            return place() is not None
        return False

    await until(pilot, found, f"{action} in {widget}")
    canvas, at = place()
    pilot.app._click_chain_last_time = None
    await pilot.click(canvas, offset=at, button=button, times=times)


async def burst(app: TerminalApp, *keys: str) -> None:
    """Keys that arrive together, as from a scanner or through a slow line."""
    for key in keys:
        character = key if len(key) == 1 else {"enter": "\r", "tab": "\t"}.get(key)
        await app._post_message(events.Key(key, character))


async def test_from_sign_in_to_receipt_by_keyboard(hall, tmp_path):
    async with seated(hall, tmp_path / "j", started=False) as (app, pilot):
        await pilot.press(*NUMBER, "enter", *"12345x", "enter")
        await arrive(pilot, Stage.CONFIRM)
        await pilot.press("enter", "enter")
        await hall.start()
        await see(pilot, "第 1 题")
        await pilot.press("b", "right", "2", "right", "a", "c", "c", "e", "asterisk", "right", "down", "down", "enter")
        await until(pilot, lambda: app.seat.unconfirmed == 0)
        record = hall.records[NUMBER]
        assert record.answers() == {0: (1,), 1: (1,), 2: (0, 4), 3: (1,)}
        assert record.flags() == (2,)
        await pilot.press("backspace", "g", "h", "y", "enter")
        await arrive(pilot, Stage.RECEIPT)
        assert record.receipt.code in shown(app)
        assert record.answers() == {0: (1,), 1: (1,), 2: (0, 4)}
        await pilot.press("enter")
    assert app.return_value == ExitCode.HANDED_IN


async def test_from_sign_in_to_receipt_by_mouse(hall, tmp_path):
    hall.started = True
    async with seated(hall, tmp_path / "j", size=(80, 24), started=False, admission_no=NUMBER) as (app, pilot):
        await click_zone(pilot, "#card", "field(0)")
        await click_zone(pilot, "#card", "field(1)")
        await pilot.press(*"12345X")
        await press_chip(pilot, "enter")
        await arrive(pilot, Stage.CONFIRM)
        await press_chip(pilot, "enter")
        await press_chip(pilot, "enter")
        await arrive(pilot, Stage.QUESTION)
        await click_zone(pilot, "#question", "choose(2)")
        await press_chip(pilot, "move(1)")
        await press_chip(pilot, "flag")
        await press_chip(pilot, "escape")
        await click_zone(pilot, "#grid", "go_to(4)")
        await arrive(pilot, Stage.QUESTION)
        assert app.seat.slot == 4
        await until(pilot, lambda: app.seat.unconfirmed == 0)
        assert hall.records[NUMBER].answers() == {0: (2,)}
        assert hall.records[NUMBER].flags() == (1,)
        await press_chip(pilot, "escape")
        await press_chip(pilot, "hand_in")
        await press_chip(pilot, "yes")
        await press_chip(pilot, "enter")
        await arrive(pilot, Stage.RECEIPT)


async def test_the_side_grid_of_a_wide_screen_is_pressed_too(hall, tmp_path):
    async with seated(hall, tmp_path / "j") as (app, pilot):
        await see(pilot, "答题卡")
        await click_zone(pilot, "#grid", "go_to(7)")
        assert "第 8 题" in shown(app)


async def test_f_is_an_answer_where_an_item_has_six_options_and_a_flag_elsewhere(hall, tmp_path):
    async with seated(hall, tmp_path / "j") as (app, pilot):
        await pilot.press("f")
        assert app.seat.flagged(0)
        await pilot.press("right", "right", "f")
        assert app.seat.choice(2) == (5,)
        assert not app.seat.flagged(2)
        assert "标记" in shown(app)
        await pilot.press("*")
        assert app.seat.flagged(2)


async def test_full_width_letters_of_an_input_method_count(hall, tmp_path):
    async with seated(hall, tmp_path / "j") as (app, pilot):
        await pilot.press("Ｂ")
        assert app.seat.choice(0) == (1,)
        await pilot.press("３")
        assert app.seat.choice(0) == (2,)


async def test_the_network_goes_away_and_comes_back(hall, tmp_path):
    async with seated(hall, tmp_path / "j") as (app, pilot):
        now = app._now
        await network_gone(pilot, hall)
        app._now = lambda: now() + 4_000
        await pilot.press("a", "right", "b")
        await see(pilot, "已存")
        text = shown(app)
        assert "网络暂时中断" in text
        assert "可以继续答题" in text
        hall.come_back()
        await until(pilot, lambda: app.seat.unconfirmed == 0)
        text = await see(pilot, "已确认")
        assert "网络暂时中断" not in text
        assert hall.records[NUMBER].answers() == {0: (0,), 1: (1,)}


async def test_time_up_hands_in_by_itself(hall, tmp_path):
    async with seated(hall, tmp_path / "j") as (app, pilot):
        await pilot.press("a")
        await until(pilot, lambda: app.seat.unconfirmed == 0)
        await hall.change(limit_ms=0)
        await arrive(pilot, Stage.RECEIPT)
        assert "自动交卷" in shown(app)
        assert hall.records[NUMBER].receipt.by_clock


async def test_time_that_runs_out_while_the_network_is_away_waits_for_the_servers_word(hall, tmp_path):
    """More time may have been granted meanwhile: then answering goes on, and nothing was handed in."""
    async with seated(hall, tmp_path / "j") as (app, pilot):
        await network_gone(pilot, hall)
        now = app._now
        app._now = lambda: now() + 121 * 60_000
        await arrive(pilot, Stage.TIME_UP)
        await pilot.press("b")
        assert app.seat.choice(0) == ()
        assert app.seat.outbox.handed_in is None
        await hall.change(added_ms=130 * 60_000)
        hall.come_back()
        app._now = now
        await arrive(pilot, Stage.QUESTION)
        await pilot.press("b")
        await until(pilot, lambda: hall.records[NUMBER].answers() == {0: (1,)})


async def test_a_pause_hides_the_questions_and_the_place_is_kept(hall, tmp_path):
    async with seated(hall, tmp_path / "j") as (app, pilot):
        await pilot.press("right", "right")
        await hall.pause()
        await arrive(pilot, Stage.PAUSED)
        assert "有限空间" not in shown(app)
        await pilot.press("a")
        await hall.go_on()
        await arrive(pilot, Stage.QUESTION)
        assert app.seat.slot == 2
        assert app.seat.choice(2) == ()


async def test_warnings_come_at_ten_and_at_five_minutes_without_taking_a_key(hall, tmp_path):
    async with seated(hall, tmp_path / "j", size=(80, 24)) as (app, pilot):
        started = hall.records[NUMBER].timetable.started_ms
        assert "不足" not in await arrive(pilot, Stage.QUESTION)
        await hall.change(started_ms=started - 110 * 60_000 - 10_000)
        await see(pilot, "不足 10 分钟")
        await pilot.press("c")
        assert app.seat.choice(0) == (2,)
        await hall.change(started_ms=started - 115 * 60_000 - 10_000)
        await see(pilot, "不足 5 分钟")


async def test_extra_time_is_told(hall, tmp_path):
    async with seated(hall, tmp_path / "j") as (app, pilot):
        await hall.change(added_ms=15 * 60_000)
        await see(pilot, "补时 15 分钟")


async def test_after_a_crash_the_candidate_is_told_what_was_restored(hall, tmp_path):
    async with seated(hall, tmp_path / "j") as (app, pilot):
        await pilot.press("a", "right", "b")
        await until(pilot, lambda: app.seat.unconfirmed == 0)
        await network_gone(pilot, hall)
        await pilot.press("right", "a")
        await until(pilot, lambda: app.seat.outbox.saved == 3)
    hall.come_back()
    async with seated(hall, tmp_path / "j", started=False, admission_no=NUMBER) as (app, pilot):
        await pilot.press(*"12345X", "enter")
        await see(pilot, "已恢复")
        assert "3 道题" in shown(app)
        await pilot.press("enter")
        await arrive(pilot, Stage.QUESTION)
        await until(pilot, lambda: app.seat.unconfirmed == 0)
        assert hall.records[NUMBER].answers() == {0: (0,), 1: (1,), 2: (0,)}


async def test_another_person_at_the_screen_goes_back_and_leaves_nothing(hall, tmp_path):
    async with seated(hall, tmp_path / "j", started=False, admission_no=NUMBER) as (app, pilot):
        await pilot.press(*"12345X", "enter")
        await arrive(pilot, Stage.CONFIRM)
        await pilot.press("escape")
        await arrive(pilot, Stage.SIGN_IN)
        text = shown(app)
        assert NUMBER not in text
        assert "12345X" not in text
        assert "王" not in text


async def test_a_closed_session_says_what_did_not_arrive(hall, tmp_path):
    async with seated(hall, tmp_path / "j") as (app, pilot):
        await network_gone(pilot, hall)
        await pilot.press("a", "right", "b")
        await hall.change(closed=True)
        hall.come_back()
        await arrive(pilot, Stage.CLOSED)
        assert "有 2 次作答操作未送达" in shown(app)


async def test_handing_in_is_asked_twice_with_different_keys(hall, tmp_path):
    async with seated(hall, tmp_path / "j") as (app, pilot):
        await pilot.press("g", "h", "enter", "enter", "enter")
        assert app.seat.outbox.handed_in is None
        await pilot.press("y", "y", "y", "escape")
        assert app.seat.outbox.handed_in is None
        assert app._shown is Stage.SHEET
        await pilot.press("h", "y", "enter")
        assert app.seat.outbox.handed_in is not None


async def test_the_sheet_lists_open_and_flagged_questions(hall, tmp_path):
    async with seated(hall, tmp_path / "j", size=(80, 24)) as (app, pilot):
        await pilot.press("a", "right", "b", "right", "right", "f", "g", "u")
        assert app.seat.listed() == [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
        await pilot.press("f")
        assert app.seat.listed() == [3]
        await pilot.press("a", "home", "down", "enter")
        assert (app._shown, app.seat.slot) == (Stage.QUESTION, 10)


async def test_a_window_too_small_says_so_takes_no_key_and_recovers(hall, tmp_path):
    async with seated(hall, tmp_path / "j", size=(80, 24)) as (app, pilot):
        await resize(pilot, 79, 24)
        assert re.search(r"剩余时间 [0-2]:\d\d:\d\d", shown(app)), "the clock is lost in a small window"
        await see(pilot, "80 列 24 行")
        await pilot.press("b")
        assert app.seat.choice(0) == ()
        await resize(pilot, 120, 40)
        await see(pilot, "第 1 题")
        await pilot.press("b")
        assert app.seat.choice(0) == (1,)


async def test_staff_leave_from_the_sign_in_and_not_while_answering(tmp_path):
    async with Hall(tmp_path, mock=False) as hall:
        async with seated(hall, tmp_path / "j") as (app, pilot):
            await pilot.press("ctrl+x", "enter", "ctrl+q", "ctrl+c", "ctrl+p", "ctrl+z")
            assert app.is_running
            assert "演练" not in shown(app)
            assert not app.seat.staff_asked
        async with seated(hall, tmp_path / "k", started=False) as (app, pilot):
            await pilot.press("ctrl+x", "escape", "ctrl+x", "enter")
    assert app.return_value == ExitCode.ENDED_BY_STAFF


async def test_a_drill_says_so_in_both_languages_and_lets_anyone_leave(hall, tmp_path):
    async with seated(hall, tmp_path / "j") as (app, pilot):
        assert "演练" in shown(app)
        set_language("en")
        app.screen.query_one("#header", Canvas).redraw()
        await see(pilot, "DRILL")
        await pilot.press("ctrl+x", "enter")
    assert app.return_value == ExitCode.ENDED_BY_STAFF


async def test_hostile_text_is_shown_letter_by_letter(hall, tmp_path):
    async with seated(hall, tmp_path / "j") as (app, pilot):
        await pilot.press("right", "right", "right")
        text = shown(app)
        assert "[@click=app.quit]x[/] a[i] > b[/j] [red]不是标记[/red]" in text
        assert "[b]x[/]" in text
        assert not re.search("[\x1b\x07\u202e]", text)


async def test_nothing_is_pasted_into_answers_and_little_into_the_sign_in(hall, tmp_path):
    from textual.events import Paste

    async with seated(hall, tmp_path / "j", started=False) as (app, pilot):
        app.screen.post_message(Paste("２４06-<[red]>\x1b[31m" + "9" * 500))
        await until(pilot, lambda: app.screen.values[0] == ("2406-RED31M" + "9" * 500)[:32])
        app.screen.values[0] = ""
        await to_questions(pilot, hall)
        app.screen.post_message(Paste("b"))
        await pilot.pause()
        assert app.seat.choice(0) == ()


@pytest.mark.parametrize(
    ("language", "size"),
    [(language, size) for size in ((80, 24), (100, 24), (116, 24), (120, 40)) for language in ("zh", "en")],
)
async def test_every_screen_is_whole_in_every_size_and_language(tmp_path, language, size):
    set_language(language)
    seen = set()
    async with Hall(tmp_path, n_items=100) as hall, seated(hall, tmp_path / "j", size, started=False) as (app, pilot):

        async def look(stage: Stage) -> None:
            text = await arrive(pilot, stage)
            for board in app.screen.query(Canvas):  # nothing of ours is cut short to make it fit
                if board.id in ("keys", "banner", "status", "grid", "clock", "header"):
                    assert not any("…" in row.strip().text for row in board._lay_out()), board.id
            assert language == "zh" or not re.search("[\u4e00-\u9fff]", text) or stage is not Stage.SIGN_IN
            seen.add(stage)

        await look(Stage.SIGN_IN)
        app.sign_in(NUMBER, "12345X")
        await look(Stage.CONFIRM)
        await pilot.press("enter")
        await look(Stage.RULES)
        await pilot.press("enter")
        await look(Stage.WAITING)
        await hall.start()
        await look(Stage.QUESTION)
        for _ in range(3):
            await pilot.press("right", "a")
            await look(Stage.QUESTION)
        await pilot.press("g")
        await look(Stage.SHEET)
        await pilot.press("h")
        await look(Stage.HAND_IN)
        await hall.pause()
        await look(Stage.PAUSED)
        await hall.go_on()
        await look(Stage.HAND_IN)
        await pilot.press("y")
        await look(Stage.SURE)
        await pilot.press("enter")
        await look(Stage.RECEIPT)
    assert len(seen) == 10


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stem=st.text(max_size=120), options=st.lists(st.text(max_size=60), min_size=2, max_size=6))
async def test_any_text_at_all_keeps_every_line_as_wide_as_the_screen(stem, options, tmp_path_factory):
    from terminal.seat import Seat
    from terminal.widgets.question import Question, QuestionState

    class Draws(Question):
        def redraw(self) -> None: ...

        @property
        def size(self):
            from textual.geometry import Size

            return Size(80, 17)

    assert Seat().items == ()
    question = Draws()
    item = m.ItemView(0, "multiple", stem, tuple(map(m.OptionView, options)), 1)
    question.show(QuestionState(item, 100, (0,), True, 0))
    for row in question.rows(80, 17):
        strip = row.strip()
        assert strip.cell_length == 80 == sum(cell_len(segment.text) for segment in strip)


# ---- hands that tremble, keys that are held, lines that are slow --------------------------------------------------


@pytest.fixture
def settling(monkeypatch):
    """Screens have to settle, by a clock that only `at_rest` and the tests move; two clicks are one double click."""
    clock = [10**9]
    monkeypatch.setattr(app_module, "SETTLE_MS", 700)
    monkeypatch.setattr(TerminalApp, "CLICK_CHAIN_TIME_THRESHOLD", 60)
    return clock


async def at_rest(pilot, clock: list[int]) -> None:
    """As if this screen had been here long enough."""
    await pilot.pause()
    clock[0] += 10_000


async def test_no_double_click_on_any_chip_or_option_does_more_than_one_click(hall, tmp_path, settling):
    """Each place is pressed twice; what the second press would do on what the first brought must not happen."""
    async with seated(hall, tmp_path / "j", size=(80, 24), now=lambda: settling[0]) as (app, pilot):

        async def twice(widget: str, action: str) -> None:
            await at_rest(pilot, settling)
            await click_zone(pilot, widget, action, times=2)

        await twice("#keys", "move(1)")
        await twice("#keys", "move(1)")
        assert app.seat.slot == 2
        await twice("#question", "choose(3)")
        assert app.seat.choice(2) == (3,)
        await twice("#keys", "flag")
        assert app.seat.flagged(2)
        await twice("#status", "clear")
        assert app.seat.choice(2) == ()
        await twice("#keys", "move(-1)")
        assert app.seat.slot == 1
        await twice("#keys", "escape")
        assert app._shown is Stage.SHEET
        await twice("#keys", "filter('flagged')")
        await twice("#grid", "go_to(2)")
        assert (app._shown, app.seat.slot, app.seat.choice(2)) == (Stage.QUESTION, 2, ())
        await twice("#keys", "escape")
        await twice("#keys", "enter")
        assert app._shown is Stage.QUESTION
        await twice("#keys", "escape")
        await twice("#keys", "hand_in")
        assert app._shown is Stage.HAND_IN
        await twice("#keys", "yes")
        assert app._shown is Stage.SURE
        assert app.seat.outbox.handed_in is None
        await twice("#keys", "escape")
        assert app._shown is Stage.SHEET


async def test_three_clicks_where_yes_was_do_not_hand_in_at_any_speed(hall, tmp_path):
    async with seated(hall, tmp_path / "j", size=(80, 24)) as (app, pilot):
        await pilot.press("g", "h")
        await arrive(pilot, Stage.HAND_IN)
        bar = app.screen.query_one("#keys", KeyBar)
        yes = next(zone for zone in bar._lay_out()[0].zones if zone.action == "yes")
        await pilot.press("y")
        await arrive(pilot, Stage.SURE)
        bar = app.screen.query_one("#keys", KeyBar)
        hand_in = next(zone for zone in bar._lay_out()[0].zones if zone.action == "enter")
        assert hand_in.start > yes.end + 10


async def test_a_held_enter_leaves_who_am_i_and_the_rules_on_the_screen(hall, tmp_path, settling):
    now = lambda: settling[0]  # noqa: E731
    async with seated(hall, tmp_path / "j", started=False, admission_no=NUMBER, now=now) as (app, pilot):
        await burst(app, *"12345X", "enter")
        await arrive(pilot, Stage.CONFIRM)
        for _ in range(30):
            await pilot.press("enter")
            settling[0] += 40
        assert app._shown is Stage.CONFIRM
        await at_rest(pilot, settling)
        await pilot.press("enter", "enter", "enter")
        assert app._shown is Stage.RULES


async def test_only_the_left_button_chooses(hall, tmp_path):
    async with seated(hall, tmp_path / "j") as (app, pilot):
        for button in (2, 3):
            await click_zone(pilot, "#question", "choose(1)", button=button)
        assert app.seat.choice(0) == ()
        await click_zone(pilot, "#question", "choose(1)")
        assert app.seat.choice(0) == (1,)


async def test_keys_that_arrive_together_act_in_their_order(hall, tmp_path):
    async with seated(hall, tmp_path / "j", started=False) as (app, pilot):
        await burst(app, *"999", "tab", *"000000", *["backspace"] * 6, *"12345X", "tab", *["backspace"] * 3, *NUMBER)
        await burst(app, "enter")
        await arrive(pilot, Stage.CONFIRM)
        await burst(app, "enter", "enter")
        await arrive(pilot, Stage.WAITING)
        await hall.start()
        await arrive(pilot, Stage.QUESTION)
        await burst(app, "a", "right", "Ｂ", "right", "c", "right", "ｄ", "g", "u")
        await until(pilot, lambda: app._shown is Stage.SHEET and app.seat.listed()[0] == 4)
        assert app.seat.outbox.answers == {0: (0,), 1: (1,), 2: (2,), 3: (3,)}


async def test_a_flood_of_keys_is_not_kept(hall, tmp_path):
    async with seated(hall, tmp_path / "j", started=False) as (app, pilot):
        await burst(app, *"7" * 5000)
        await see(pilot, "已经输满")
        assert app.screen.values[0] == "7" * 32
        assert app.screen.message_queue_size <= 100


async def test_full_width_letters_count_on_every_screen(hall, tmp_path):
    async with seated(hall, tmp_path / "j") as (app, pilot):
        await burst(app, "ｆ", "ｇ", "ｕ", "ｈ", "ｙ")
        await arrive(pilot, Stage.SURE)
        assert app.seat.flagged(0)


# ---- long, wide and many -------------------------------------------------------------------------------------------


def put_item(hall: Hall, stem: str, options: int, kind: str = "single") -> None:
    texts = tuple(m.OptionView(f"第 {n + 1} 个选项，" + "内容" * 20) for n in range(options))
    hall.form = m.FormView("0" * 64, (m.ItemView(0, kind, stem, texts, 1), *hall.form.items[1:]))


async def test_a_long_item_says_that_there_is_more_and_every_line_can_be_reached(hall, tmp_path):
    put_item(hall, "".join(f"S{n:02}，" + "说明" * 15 + "。" for n in range(30)), 4)
    async with seated(hall, tmp_path / "j", size=(80, 24)) as (app, pilot):
        await see(pilot, "下面还有")
        assert "上面还有" not in shown(app)
        seen = shown(app)
        await pilot.press("down")
        assert app.screen.cursor == -1
        for _ in range(40):
            await pilot.press("down")
            seen += shown(app)
            if app.screen.cursor >= 0:
                assert app.screen.query_one("#question").shows_option(app.screen.cursor)
        assert app.screen.cursor == 3
        assert all(f"S{n:02}" in seen for n in range(30))
        assert "下面还有" not in shown(app)
        assert "第 4 个选项" in shown(app)
        await pilot.press("pageup")
        assert app.seat.slot == 0
        await pilot.press("pageup", "pageup", "pageup")
        assert "S00" in shown(app)
        await click_zone_edge(pilot)
        assert "上面还有" in shown(app)
        pages = 0
        while app.seat.slot == 0:
            await pilot.press("pagedown")
            pages += 1
        assert pages >= 2
        await pilot.press("pageup")
        assert app.seat.slot == 0


async def click_zone_edge(pilot) -> None:
    pilot.app._click_chain_last_time = None
    sheet = pilot.app.screen.query_one("#question", Canvas)
    await pilot.click(sheet, offset=Offset(6, sheet.size.height - 1))


async def test_g_and_h_are_answers_where_an_item_has_eight_options(hall, tmp_path):
    put_item(hall, "选。", 8, "multiple")
    async with seated(hall, tmp_path / "j", size=(120, 40)) as (app, pilot):
        await pilot.press("f", "g", "h", "asterisk")
        assert app._shown is Stage.QUESTION
        assert app.seat.choice(0) == (5, 6, 7)
        assert app.seat.flagged(0)
        assert "A-H" in shown(app)
        await pilot.press("escape")
        assert app._shown is Stage.SHEET
        await pilot.press("escape", "right", "asterisk", "f", "g")
        assert app._shown is Stage.SHEET
        assert not app.seat.flagged(1)


async def test_an_answer_taken_back_is_said_to_be_none(hall, tmp_path):
    async with seated(hall, tmp_path / "j", size=(80, 24)) as (app, pilot):
        await pilot.press("b")
        await see(pilot, "✓ 已确认")
        await click_zone(pilot, "#status", "clear")
        await until(pilot, lambda: app.seat.unconfirmed == 0 and "已清除，尚未作答" in shown(app))
        assert "已确认" not in shown(app)
        assert hall.records[NUMBER].answers() == {}


async def test_the_clock_is_whole_however_long_the_name(hall, tmp_path):
    hall.people[NUMBER] = ("阿卜杜热合曼·买买提依明·阿卜杜拉江·吐尔逊", "12345X")
    async with seated(hall, tmp_path / "j", size=(80, 24)) as (_app, pilot):
        await until(pilot, lambda: re.search(r"剩余时间 1:59:\d\d", shown(pilot.app)))
        assert NUMBER in shown(pilot.app)
        assert "阿卜杜" in shown(pilot.app)


async def test_a_restored_candidate_goes_on_at_the_first_item_without_an_answer(hall, tmp_path):
    async with seated(hall, tmp_path / "j") as (app, pilot):
        await pilot.press("a", "right", "b", "right", "right", "a")
        await until(pilot, lambda: app.seat.unconfirmed == 0)
    async with seated(hall, tmp_path / "j") as (app, pilot):
        assert app.seat.slot == 2


async def test_a_flagged_item_of_the_grid_still_shows_whether_it_is_answered(tmp_path):
    async with Hall(tmp_path, n_items=100) as hall, seated(hall, tmp_path / "j") as (app, pilot):
        app.go_to(98)
        await pilot.press("f", "right", "a", "f")
        await see(pilot, "⚑99·⚑100✓")
        assert "98· " not in shown(app)


# ---- signing in --------------------------------------------------------------------------------------------------


async def test_after_a_refusal_typing_begins_a_line_anew(hall, tmp_path):
    async with seated(hall, tmp_path / "j", started=False, admission_no=NUMBER) as (app, pilot):
        await pilot.press(*"999999", "enter")
        await until(pilot, lambda: app.seat.refusal)
        await pilot.press(*"12345X", "enter")
        await arrive(pilot, Stage.CONFIRM)


async def test_a_wait_is_counted_down_and_enter_waits_with_it(hall, tmp_path):
    async with seated(hall, tmp_path / "j", started=False, admission_no=NUMBER) as (app, pilot):
        await pilot.press(*"12345X")
        now = app._now()
        app._now = lambda: now
        app.on_terminal_app_told(app.Told(m.Refusal(Reason.TOO_MANY_TRIES, 0, {"wait_s": 30}), app.seat))
        await see(pilot, "30 秒")
        app._now = lambda: now + 20_000
        await see(pilot, "10 秒")
        await pilot.press("enter")
        assert not [heard for heard in hall.heard if isinstance(heard, m.SignIn)]
        app._now = lambda: now + 31_000
        await see(pilot, "现在可以重新登录")
        await pilot.press("enter")
        await arrive(pilot, Stage.CONFIRM)


async def test_enter_at_the_sign_in_after_the_welcome_does_not_lose_the_seat(hall, tmp_path):
    async with seated(hall, tmp_path / "j") as (app, pilot):
        app._screens[Stage.SIGN_IN].values = [NUMBER, "12345X"]
        app._screens[Stage.SIGN_IN].enter()
        await hall.cut()
        await pilot.press("b")
        await until(pilot, lambda: hall.records[NUMBER].answers() == {0: (1,)})
        assert sum(isinstance(heard, m.SignIn) for heard in hall.heard) == 1


async def test_a_journal_that_cannot_be_opened_is_said_at_once(hall, tmp_path):
    (tmp_path / "j").write_text("a file where the folder should be")
    async with seated(hall, tmp_path / "j", started=False, admission_no=NUMBER) as (app, pilot):
        await arrive(pilot, Stage.TROUBLE)
        assert "本机已无法保存" in shown(app)


async def test_a_hand_in_opened_again_leads_back_to_the_questions_and_to_a_second_receipt(hall, tmp_path):
    async with seated(hall, tmp_path / "j") as (app, pilot):
        app.answer(0, (1,))
        app.hand_in()
        await arrive(pilot, Stage.RECEIPT)
        first = app.seat.receipt
        await hall.reopen(NUMBER)
        await arrive(pilot, Stage.QUESTION)
        assert app.seat.outbox.handed_in is None and app.seat.choice(0) == (1,)
        app.answer(1, (0,))
        await until(pilot, lambda: hall.records[NUMBER].answers() == {0: (1,), 1: (0,)})
        app.hand_in()
        await arrive(pilot, Stage.RECEIPT)
        assert app.seat.receipt.code != first.code


async def test_a_terminal_started_anew_after_the_hand_in_was_opened_again_goes_on(hall, tmp_path):
    async with seated(hall, tmp_path / "j") as (app, pilot):
        app.answer(0, (1,))
        app.hand_in()
        await arrive(pilot, Stage.RECEIPT)
    record = hall.records[NUMBER]
    record.receipt, record.timetable = None, replace(record.timetable, handed_in=False)
    async with seated(hall, tmp_path / "j", started=False) as (app, pilot):
        await pilot.press(*NUMBER, "tab", *"12345X", "enter")
        await arrive(pilot, Stage.CONFIRM)
        await pilot.press("enter")
        await arrive(pilot, Stage.QUESTION)
        assert app.seat.choice(0) == (1,)


async def test_a_machine_that_the_site_does_not_know_is_paired_by_staff_before_anybody_signs_in(hall, tmp_path):
    hall.code = "12345678"
    async with seated(hall, tmp_path / "j", started=False) as (app, pilot):
        await arrive(pilot, Stage.PAIR)
        assert "终端配对" in shown(app) and "07" in shown(app)
        await pilot.press("enter")
        await see(pilot, "配对码共 8 位数字")
        await pilot.press(*"1234-5679", "enter")
        await see(pilot, "与服务器显示的配对码不符")
        await pilot.press(*"１２３４５６７８", "enter")
        await see(pilot, "等待工作人员在服务器上确认")
        assert fingerprint(app._client.conversation._machine.public) in shown(app)  # of the key that is here
        (key,) = hall.machines
        assert hall.machines[key] == ("07", False)
        hall.machines[key] = ("07", True)
        await arrive(pilot, Stage.SIGN_IN)
        await pilot.press(*NUMBER, "tab", *"12345X", "enter")
        await arrive(pilot, Stage.CONFIRM)
    async with seated(hall, tmp_path / "j", started=False) as (app, pilot):  # the same machine, started anew
        await until(pilot, lambda: app.seat.paired)
        assert app._shown is Stage.SIGN_IN


async def test_a_terminal_taken_off_the_list_says_so_and_keeps_its_answers(hall, tmp_path):
    hall.code = "12345678"
    async with seated(hall, tmp_path / "j", started=False) as (app, pilot):
        await arrive(pilot, Stage.PAIR)
        await pilot.press(*hall.code, "enter")
        await until(pilot, lambda: hall.machines)
        (key,) = hall.machines
        hall.machines[key] = ("07", True)
        await arrive(pilot, Stage.SIGN_IN)
        await pilot.press(*NUMBER, "tab", *"12345X", "enter")
        await arrive(pilot, Stage.CONFIRM)
        del hall.machines[key]
        await hall.cut()
        await arrive(pilot, Stage.PAIR)
        assert list((tmp_path / "j").glob("*.journal"))


async def test_a_client_that_has_stopped_leaves_no_seat_that_looks_alive(hall, tmp_path):
    async with seated(hall, tmp_path / "j", started=False) as (app, pilot):
        await until(pilot, lambda: hasattr(app, "_talking"))

        async def stops() -> None: ...

        app._client.run = stops
        app._start_client()
        await arrive(pilot, Stage.TROUBLE)


async def test_the_banner_speaks_of_the_network_only_while_answering(hall, tmp_path):
    async with seated(hall, tmp_path / "j") as (app, pilot):
        await network_gone(pilot, hall)
        now = app._now
        app._now = lambda: now() + 4_000
        await see(pilot, "网络暂时中断")
        await pilot.press("g", "h", "y", "enter")
        await arrive(pilot, Stage.HANDING)
        assert "可以继续答题" not in shown(app)


async def test_an_examination_of_five_minutes_warns_at_one(tmp_path):
    async with Hall(tmp_path, minutes=5, n_items=5) as hall, seated(hall, tmp_path / "j") as (app, pilot):
        assert "不足" not in await arrive(pilot, Stage.QUESTION)
        await hall.change(limit_ms=59_000)
        await see(pilot, "考试剩余时间不足 1 分钟")


async def test_staff_are_asked_in_a_window_too_small_as_well(hall, tmp_path):
    async with seated(hall, tmp_path / "j", size=(80, 24)) as (app, pilot):
        await pilot.resize_terminal(60, 10)
        await pilot.press("ctrl+x")
        await see(pilot, "监考人员操作")
        await pilot.press("escape")
        await see(pilot, "窗口太小")
        assert app.is_running
