"""The desk of authors and reviewers, used as they use it: keys and mouse, through Textual's pilot."""

import dataclasses
import hashlib
import itertools
import os
import tempfile
import threading
import time
from datetime import date
from functools import partial

import pytest
from msgspec import structs
from rich.cells import cell_len

from bank import agent
from bank.agent import channel
from bank.authoring import lifecycle, people
from bank.authoring.people import Role
from bank.authoring.review import Act, State
from bank.clock import since_boot
from bank.content import Background, Content, ItemType, Level, Option
from bank.custody import Offered, Opening, hand_over
from bank.item import AnswerKey, Basis, Item, Number, Translation
from bank.store import Bank
from bank.store.answer_keys import AnswerKeys
from terminal import language as candidate
from terminal import palette
from terminal.palette import Lowered
from tests import pictures
from tests.reviewing import approve
from tools.author_desk.app import DeskApp
from tools.author_desk.dialogs import Explain, Picker, Sign
from tools.author_desk.editor import Editor
from tools.author_desk.item_list import told_apart
from tools.author_desk.picture_view import PictureView
from tools.author_desk.review_run import ReviewRun
from tools.author_desk.widgets import LineField, TextField
from tools.cli.language import set_language

PASSPHRASE = "correct horse battery"
BOTH = frozenset({Role.AUTHOR, Role.REVIEWER})
CANARY = "只有解析里才有的字"


def single(number, **more):
    content = Content(
        ItemType.SINGLE, f"第 {number} 题：触电急救首先应做什么？", tuple(map(Option, ("断电", "喊人", "拍照")))
    )
    said = {"chapter": "2.1", "level": Level.GRASP, "p4": 7_000, "basis": "GB 26860", "explanation": CANARY}
    return Item(content, AnswerKey((0,)), **(said | {"code": f"q{number}"} | more))


ITEMS = [
    single(1),
    single(2, p4=None),
    single(3, chapter="3", basis=""),
    single(4, bases=(Basis("安监总局令第30号"),)),
    Item(
        Content(ItemType.TRUEFALSE, "[red]电流[/red]的单位是安培。[@click=app.quit]", (Option("正确"), Option("错误"))),
        AnswerKey((0,)),
        "5",
        code="q5",
        locked=(0, 1),
    ),
    Item(
        Content(ItemType.FILL, "熔断器额定电流为 ____ A。\n| 线路 | 电流 |\n| 甲 | ? |", ()),
        AnswerKey((), ("三十",), Number("30", "0.5", ("A", ""))),
        "6",
        code="q6",
    ),
    Item(
        Content(ItemType.MULTIPLE, "下列属于绝缘材料的有", tuple(map(Option, ("橡胶", "铜", "陶瓷", "铁")))),
        AnswerKey((0, 2)),
        "7",
        code="q7",
    ),
]


@pytest.fixture(autouse=True)
def chinese():
    speak("zh")
    yield
    speak("zh")


def speak(language):
    set_language(language)
    candidate.set_language(language)


@pytest.fixture
def hand(tmp_path):
    return {name: people.create(tmp_path / f"{name}.key", PASSPHRASE) for name in ("li", "wang")}


@pytest.fixture
def bank(tmp_path, hand):
    with Bank.create(tmp_path / "bank", PASSPHRASE) as bank:
        lifecycle.enrol(bank, hand["li"], "李明", BOTH)
        lifecycle.enrol(bank, hand["wang"], "王芳", BOTH)
        lifecycle.add(bank, ITEMS, hand["li"])
        yield bank


def quick(bank):
    """Whatever is put before a reviewer has been there for long enough."""
    bank.readings.clock = partial(next, itertools.count(int(since_boot()) + 10_000, 1_000))


PATIENCE_S = 60
"""However busy the machine is, what was not shown by then is not coming."""


class Desk:
    def __init__(self, bank, key):
        self.app = DeskApp(bank, key)

    async def until(self, true, what="it did not happen"):
        end = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < end, f"{what}\n{self.text}"
            await self.pilot.pause(0.01)

    async def rests(self):
        """Nothing is being asked of the bank any more, and what came is drawn."""
        await self.until(lambda: not any(each.group != "act" for each in self.app.workers), "it never rests")
        await self.pilot.pause()

    async def comes(self, kind):
        """A dialog or the editor is there and has its fields."""
        await self.until(lambda: isinstance(self.app.screen, kind) and self.app.screen.is_mounted, kind.__name__)
        await self.pilot.pause()

    async def press(self, *keys):
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def says(self, *texts):
        await self.until(lambda: all(text in self.text for text in texts), f"{texts} is not shown")

    async def write(self, field, text):
        editor = self.app.screen
        if isinstance(editor, Editor):
            await editor.action_view(editor.form.section_of(field[1:].removeprefix("add-")))
        found = editor.query_one(field)
        if isinstance(found, TextField):
            found.text = text
        else:
            found.value = text
        await self.pilot.pause()

    async def sign(self):
        await self.comes(Sign)
        await self.write("#passphrase", PASSPHRASE)
        await self.press("enter")

    @property
    def strips(self):
        return self.app.screen._compositor.render_strips()

    @property
    def text(self):
        return "\n".join("".join(segment.text for segment in strip) for strip in self.strips)

    @property
    def codes(self):
        listed = self.app.browse.list.listing
        return [listed.at(place).code for place in range(len(listed.numbers)) if listed.at(place) is not None]

    async def lists(self, *codes):
        await self.until(lambda: self.codes == list(codes), f"{codes}, not {self.codes}")


@pytest.fixture
def sit(bank, tmp_path):
    """`async with sit("li", (120, 40)) as desk`: somebody at the desk."""

    class Sitting:
        def __init__(self, who="li", size=(120, 40)):
            self.desk = Desk(bank, tmp_path / f"{who}.key")
            self.running = self.desk.app.run_test(size=size)

        async def __aenter__(self):
            self.desk.pilot = await self.running.__aenter__()
            await self.desk.until(lambda: self.desk.app.browse.item is not None)
            await self.desk.rests()
            return self.desk

        async def __aexit__(self, *error):
            await self.running.__aexit__(*error)

    return Sitting


async def test_the_list_follows_what_is_typed(sit):
    async with sit() as desk:
        await desk.lists("q1", "q2", "q3", "q4", "q5", "q6", "q7")
        await desk.press("slash", *"绝缘材料")
        await desk.lists("q7")
        await desk.press("escape")
        await desk.lists("q1", "q2", "q3", "q4", "q5", "q6", "q7")
        await desk.press("slash", *"没有")
        await desk.says("没有符合条件的试题")


FILTERS = [
    ("1", "fill", ["q6"]),
    ("2", "2.1", ["q1", "q2", "q4"]),
    ("3", "grasp", ["q1", "q2", "q3", "q4"]),
    ("4", "approved", []),
    ("5", "basis", ["q3", "q5", "q6", "q7"]),
    ("5", "difficulty", ["q2", "q5", "q6", "q7"]),
    ("5", "force", ["q4"]),
    ("6", "mine", ["q1", "q2", "q3", "q4", "q5", "q6", "q7"]),
    ("6", "review", []),
]


async def test_filters_narrow_the_list_and_escape_takes_them_away(sit, bank, hand):
    lifecycle.repeal(bank, "令第30号", date(2020, 1, 1), hand["wang"])
    async with sit() as desk:
        for digit, value, codes in FILTERS:
            await desk.press(digit)
            await desk.comes(Picker)
            place = [choice[0] for choice in desk.app.screen.choices].index(value)
            await desk.press(*["down"] * place, "enter")
            await desk.lists(*codes)
            await desk.press("escape")
            await desk.lists("q1", "q2", "q3", "q4", "q5", "q6", "q7")


async def test_the_mouse_does_what_the_keys_do(sit):
    async with sit(size=(80, 24)) as desk:
        await desk.pilot.click("#list", offset=(20, 4))
        await desk.until(lambda: desk.app.browse.list.cursor == 4)
        await desk.pilot.click("#tabs", offset=(23, 0))
        await desk.says("这是第一版")
        await desk.pilot.click("#filters", offset=(3, 0))
        await desk.comes(Picker)
        await desk.pilot.click("#choices", offset=(5, 4))
        await desk.lists("q7")


async def test_exam_text_is_shown_as_its_letters(sit):
    async with sit() as desk:
        await desk.press(*["down"] * 4)
        await desk.says("[red]电流[/red]的单位是安培。[@click=app.quit]")
        await desk.press("down")
        await desk.says("│ 线路 │ 电流 │", "│ 甲   │ ?    │")


async def test_answer_keys_are_shown_on_request_only_and_one_item_at_a_time(sit, bank, monkeypatch):
    asked = []
    whole = AnswerKeys.whole
    monkeypatch.setattr(AnswerKeys, "whole", lambda self, items: asked.append(len(items)) or whole(self, items))
    async with sit() as desk:
        await desk.press("u", "h", "i", "down", "up")
        assert not asked and CANARY not in desk.text
        await desk.press("k")
        await desk.says(CANARY, "✓  A")
        assert asked == [1]
        await desk.press("down")
        await desk.says("第 2 题")
        assert CANARY not in desk.text and asked == [1]


async def test_an_edit_makes_a_draft_revision_and_the_approved_one_stays_in_force(sit, bank, hand):
    first = bank.items.find("q1")
    lifecycle.submit(bank, [first], hand["li"])
    approve(bank, [first], hand["wang"])
    async with sit() as desk:
        await desk.press("e")
        await desk.comes(Sign)
        await desk.sign()
        await desk.comes(Editor)
        await desk.write("#stem", "触电急救的第一步是什么？")
        await desk.write("#answer", "Z")
        await desk.press("ctrl+s")
        await desk.says("不存在的选项")
        await desk.write("#answer", "B")
        await desk.press("ctrl+s")
        await desk.says("第 2 版，草稿", "触电急救的第一步是什么？")
        await desk.press("d")
        await desk.says(
            "第 1 版 → 第 2 版", "− 第 1 题：触电急救首先应做什么？", "+ 触电急救的第一步是什么？", "− A", "+ B"
        )
        await desk.press("h")
        await desk.says("已批准  王芳", "✓", "命题  李明")
        assert sum(line.count("✓ 2") for line in desk.text.splitlines()) == 4  # the import's writing among them
    revisions = bank.items.revisions(first.lineage)
    assert [each.state for each in revisions] == [State.APPROVED, State.DRAFT]
    assert next(bank.answer_keys.whole([revisions[1]])).answer_key.correct == (1,)
    assert bank.history.events(revisions[1].number)[0].who == "li"


async def test_an_edit_of_every_type_changes_only_what_was_changed(sit, bank):
    async with sit() as desk:
        await desk.press("e")
        await desk.sign()
        for place, code in enumerate(("q1", "q5", "q6", "q7")):
            if place:
                desk.app.browse.action_go_to([item.code for item in ITEMS].index(code))
                await desk.press("e")
            await desk.comes(Editor)
            assert desk.app.screen.form.made() == next(bank.answer_keys.whole([bank.items.find(code)])), code
            await desk.write("#explanation", "改过的解析")
            await desk.press("ctrl+s")
            await desk.says("第 1 版，草稿")  # only then has the bar come to rest on what was saved
            before = next(item for item in ITEMS if item.code == code)
            assert next(bank.answer_keys.whole([bank.items.find(code)])) == structs.replace(
                before, explanation="改过的解析"
            )


async def test_an_option_is_added_and_leaving_asks_once(sit, bank):
    async with sit() as desk:
        await desk.press("e")
        await desk.sign()
        await desk.comes(Editor)
        await desk.press("ctrl+o", *"离开")
        await desk.until(lambda: desk.app.screen.form.value("option-3") == "离开")
        await desk.press("escape")
        await desk.says("再按 Esc 放弃")
        await desk.press("ctrl+s")
        await desk.until(lambda: desk.app.screen is desk.app.browse)
        assert len(bank.items.find("q1").content.options) == 4


async def test_what_is_pasted_cannot_steer_the_terminal(sit):
    async with sit() as desk:
        await desk.press("e")
        await desk.sign()
        await desk.comes(Editor)
        from textual.events import Paste

        field = desk.app.screen.query_one("#stem", TextField)
        field.post_message(Paste("\x1b]52;c;eA==\x07\u202e坏"))
        await desk.until(lambda: "坏" in field.text)
        assert "\x1b" not in field.text and "\u202e" not in field.text
        desk.app.copy_to_clipboard("秘密")
        assert desk.app.clipboard == "秘密"


async def test_submitted_by_one_approved_by_another(sit, bank):
    async with sit("li") as desk:
        await desk.press("s")
        await desk.sign()
        await desk.says("q1：送审 ✓")
        await desk.press("down", "s")
        await desk.comes(Sign)
        assert not list(desk.app.screen.query(LineField))  # the passphrase is asked for once a sitting
        await desk.press("enter")
        await desk.says("q2：送审 ✓")
        await desk.press("q")
        await desk.says("没有符合条件的试题")  # both are of this hand
    async with sit("wang") as desk:
        await desk.press("q")
        await desk.lists("q1", "q2")
        await desk.press("a")
        await desk.sign()  # in whose name it is shown
        await desk.says("请先看过再批准")
        await desk.press("k")
        await desk.says(CANARY)
        await desk.press("a")
        await desk.says("至少要看 4 秒")
        quick(bank)
        await desk.press("a")
        await desk.comes(Sign)
        await desk.press("enter")
        await desk.says("q1：已批准 ✓")
        await desk.lists("q2")
        await desk.press("r")
        await desk.comes(Sign)
        await desk.write("#remarks", "选项 B 与 C 重复")
        await desk.press("enter")
        await desk.says("q2：退回 ✓")
    assert bank.items.find("q1").state is State.APPROVED
    returned = bank.items.find("q2")
    assert returned.state is State.DRAFT
    last = bank.history.events(returned.number)[-1]
    assert (last.act, last.who, last.remarks) == (Act.RETURN, "wang", "选项 B 与 C 重复")


async def test_nobody_approves_their_own_work(sit, bank, hand):
    lifecycle.submit(bank, [bank.items.find("q1")], hand["li"])
    async with sit("li") as desk:
        await desk.press("k")
        await desk.says(CANARY)
        await desk.press("a")
        await desk.says("李明 经手过此题")  # and no passphrase is asked for what would be refused
        assert desk.app.screen is desk.app.browse
    assert bank.items.find("q1").state is State.IN_REVIEW


async def test_a_wrong_passphrase_is_told_and_nothing_is_signed(sit, bank):
    async with sit() as desk:
        await desk.press("s")
        await desk.write("#passphrase", "something else entirely")
        await desk.press("enter")
        await desk.says("口令")
        assert desk.app.signatory.signed_in is None
        await desk.press("escape", "ctrl+l")
    assert bank.items.find("q1").state is State.DRAFT


async def test_exposure_and_statistics_of_an_item(sit, bank):
    first = bank.items.find("q1")
    bank.exposure.add("S1", "A01", {first.id: 120}, "2026-03-01")
    bank.calibrations.add({first.id: (7_310, 180)})
    async with sit() as desk:
        await desk.press("u")
        await desk.says("2026-03-01", "S1", "A01", "120", "73.1%", "180", "70.0%")


async def test_f1_explains_what_has_the_focus(sit):
    async with sit() as desk:
        for keys, title in (((), "试题列表"), (("tab",), "如考生所见"), (("slash",), "输入题干、选项或编号")):
            await desk.press(*keys, "f1")
            await desk.comes(Explain)
            await desk.says(title)
            await desk.press("escape")
        await desk.press("tab", "e")
        await desk.comes(Sign)
        await desk.press("f1")
        await desk.says("口令只问一次")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_every_screen_fits_and_speaks_one_language(sit, language, size):
    speak(language)
    async with sit(size=size) as desk:

        async def fits():
            await desk.rests()
            strips = desk.strips
            assert len(strips) == size[1]
            for strip in strips:
                assert sum(cell_len(segment.text) for segment in strip if not segment.control) == size[0]

        for keys in (
            ["down"],
            ["k"],
            ["d"],
            ["h"],
            ["u"],
            ["g"],
            ["enter"],
            ["escape"],
            ["slash"],
            ["x"],
            ["escape"],
            ["f1"],
        ):
            await desk.press(*keys)
            await fits()
        await desk.says("Close" if language == "en" else "关闭")
        await desk.press("escape", "2")
        await fits()
        await desk.press("escape", "e")
        await fits()
        await desk.sign()
        await desk.comes(Editor)
        await fits()
        await desk.says("Save draft" if language == "en" else "存为草稿")


async def test_a_long_list_is_drawn_by_what_is_seen_of_it(sit, bank, hand):
    lifecycle.add(bank, [single(number) for number in range(100, 1_100)], hand["li"])
    async with sit() as desk:
        assert len(desk.app.browse.list.numbers) == 1_007
        assert sum(map(len, desk.app.browse.list.listing._blocks.values())) < 200
        await desk.press("end")
        await desk.says("第 1099 题", "1007")
        await desk.press("home")
        await desk.says("第 1 题")


async def test_a_small_window_says_so_and_presses_nothing(sit):
    async with sit(size=(70, 20)) as desk:
        await desk.says("80 x 24")
        await desk.press("e")
        assert desk.app.screen is desk.app.browse


@pytest.fixture
def shared(tmp_path, hand, monkeypatch):
    """The bank in shares, open for an hour: its agent lets 2 answer keys out."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    run = tempfile.TemporaryDirectory(prefix="examd-")  # short: a socket's address is
    monkeypatch.setenv("XDG_RUNTIME_DIR", run.name)
    holders = [("王强", "王强的密码句子一二三"), ("赵敏", "赵敏的密码句子一二三")]
    folder = tmp_path / "b"
    bank = Bank.create(folder, PASSPHRASE)
    lifecycle.enrol(bank, hand["li"], "李明", BOTH)
    lifecycle.enrol(bank, hand["wang"], "王芳", BOTH)
    lifecycle.add(bank, ITEMS, hand["li"])
    hand_over(bank, holders, 2, reason="share")
    present = [(Offered.read(folder / f"shares/share-1-{n}.json"), word) for n, (_, word) in enumerate(holders, 1)]
    opening = Opening.begin(folder, present, hours=1, limit=2)
    server = agent.Agent(opening, channel.listen(opening.custody.bank), 3600, lambda: 0.0, [])
    thread = threading.Thread(target=server.serve)
    thread.start()
    with agent.connect(folder, "bank browse") as remote:
        remote.below = opening.bank
        yield remote
    server.stop("test")
    thread.join(10)
    run.cleanup()


@pytest.mark.skipif(os.name == "nt", reason="the Windows half of the line has not been tried")
async def test_through_the_agent_every_answer_key_is_counted_against_the_bound(shared, tmp_path):
    desk = Desk(shared, tmp_path / "li.key")
    async with desk.app.run_test(size=(120, 40)) as desk.pilot:
        await desk.lists("q1", "q2", "q3", "q4", "q5", "q6", "q7")
        await desk.says("已取答案 0/2")
        await desk.press("k")
        await desk.says(CANARY, "已取答案 1/2")
        await desk.press("down", "e")
        await desk.sign()
        await desk.comes(Editor)
        await desk.write("#basis", "GB 26860—2011")
        await desk.press("ctrl+s")
        await desk.says("第 1 版，草稿", "GB 26860—2011", "已取答案 2/2")
        await desk.press("u", "h", "s")
        await desk.comes(Sign)
        await desk.press("enter")
        await desk.says("q2：送审 ✓")
        await desk.press("down", "k")
        await desk.says("最多")
        assert CANARY not in desk.text
    assert shared.items.find("q2").state is State.IN_REVIEW


@pytest.mark.skipif(os.name == "nt", reason="the Windows half of the line has not been tried")
async def test_of_a_large_bank_in_shares_the_desk_asks_first_who_reads(shared, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr("tools.author_desk.browse.UNNAMED", 3)
    monkeypatch.setattr(type(shared), "identify", lambda _bank, *signers: asked.append([each.id for each in signers]))
    desk = Desk(shared, tmp_path / "li.key")
    async with desk.app.run_test(size=(120, 40)) as desk.pilot:
        await desk.comes(Sign)
        await desk.says("超过 3 题须署名后显示")
        assert "q1" not in desk.text and asked == []
        await desk.sign()
        await desk.lists("q1", "q2", "q3", "q4", "q5", "q6", "q7")
        assert asked == [["li"]]
        await desk.press("ctrl+l")
        await desk.lists("q1", "q2", "q3", "q4", "q5", "q6", "q7")
        assert asked == [["li"], []]


# ---- writing -----------------------------------------------------------------------------------------------------


BACKGROUND = Background("某车间电工触电，监护人离开现场。")


def of_case(place, background=BACKGROUND):
    content = single(10 + place).content
    content = dataclasses.replace(content, case=background.sha256())
    return structs.replace(single(10 + place), content=content, background=background, place=place)


def png(path, width=64, height=48):
    path.write_bytes(pictures.png(width, height))
    return path


async def edits(desk, *, sign=True):
    await desk.press("e")
    if sign:
        await desk.comes(Sign)
        await desk.sign()
    await desk.comes(Editor)


async def test_a_new_item_from_nothing_is_a_draft_of_whoever_signed_in(sit, bank):
    async with sit() as desk:
        await desk.press("n")
        await desk.comes(Sign)
        await desk.sign()
        for key in (["down", "enter"], ["down", "enter"], ["up", "up", "enter"]):  # multiple, the first chapter, grasp
            await desk.comes(Picker)
            asked = desk.app.screen
            await desk.press(*key)
            await desk.until(lambda asked=asked: desk.app.screen is not asked)
        await desk.comes(Editor)
        await desk.press("ctrl+s")
        await desk.says("没有题干", "✗ 题干")
        for field, text in (("stem", "验电前应做什么？"), ("option-0", "检查验电器"), ("option-1", "戴绝缘手套")):
            await desk.write(f"#{field}", text)
        await desk.write("#answer", "AB")
        await desk.press("ctrl+s")
        await desk.says("第 1 版，草稿", "验电前应做什么？")
    (made,) = bank.items.select(state=None, search="验电前")
    assert (made.content.type, made.chapter, made.level) == (ItemType.MULTIPLE, "2.1", Level.GRASP)
    assert made.state is State.DRAFT and bank.history.events(made.number)[0].who == "li"


async def test_a_question_that_is_there_already_is_not_added_again(sit, bank):
    from tools.author_desk.form import Form

    async with sit() as desk:
        await edits(desk)
        await desk.press("escape")
        copy = Form(None, ItemType.FILL)
        copy.values = Form(ITEMS[5]).values | {"code": "other"}
        desk.app.browse.work("act", desk.app.browse.write, partial(desk.app.browse.acts.write, None, copy))
        await desk.comes(Editor)
        await desk.press("ctrl+s")
        await desk.says("题库已有完全相同的题目")
    assert len(list(bank.items.select(state=None))) == len(ITEMS)


async def test_a_picture_comes_by_its_path_and_goes_by_a_key(sit, bank, tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    async with sit() as desk:
        await edits(desk)
        await desk.press("f8")
        await desk.until(lambda: bool(desk.app.screen.query("#add-media")))
        for name, told in (("text.png", "不是可读取的图片"), ("none.png", "none.png")):
            await desk.write("#add-media", str(tmp_path / name))
            desk.app.screen.query_one("#add-media").focus()
            await desk.press("enter")
            await desk.says(told)
        await desk.write("#add-media", str(png(tmp_path / "a.png")))
        desk.app.screen.query_one("#add-media").focus()
        await desk.press("enter")
        await desk.says("PNG  64 × 48")
        await desk.press("ctrl+s")
        await desk.says("第 1 版，草稿")
        (digest,) = bank.items.find("q1").content.media
        assert bank.media.find(digest) == (tmp_path / "a.png").read_bytes()
        await edits(desk, sign=False)
        await desk.press("f8")
        await desk.until(lambda: bool(desk.app.screen.query("Picture")))
        desk.app.screen.query("Picture").first().focus()
        await desk.press("delete", "ctrl+s")
        await desk.until(lambda: desk.app.screen is desk.app.browse)
    assert bank.items.find("q1").content.media == ()


async def test_a_picture_whose_path_was_typed_and_not_entered_is_saved_as_well(sit, bank, tmp_path):
    async with sit() as desk:
        await edits(desk)
        await desk.press("f8")
        await desk.until(lambda: bool(desk.app.screen.query("#add-media")))
        await desk.write("#add-media", str(tmp_path / "none.png"))
        await desk.press("ctrl+s")
        await desk.says("none.png")
        await desk.write("#add-media", str(png(tmp_path / "a.png")))
        await desk.press("ctrl+s")
        await desk.until(lambda: desk.app.screen is desk.app.browse)
    assert len(bank.items.find("q1").content.media) == 1


async def test_a_field_that_is_going_is_not_painted(sit, monkeypatch):
    """What a busy machine does by chance: the screen is painted between a field's end and the next layout."""
    gone, broken = [], []
    end = TextField._message_loop_exit

    async def end_and_paint(field):
        screen = field.screen
        await end(field)
        gone.append(field)
        field._rich_style_cache.clear()  # as of one that was not painted before
        try:
            if not screen.app._batch_count:
                screen._compositor.render_update(full=True)
        except KeyError as error:
            broken.append(error)

    async with sit() as desk:
        await edits(desk)
        monkeypatch.setattr(TextField, "_message_loop_exit", end_and_paint)
        await desk.press("f3")
        await desk.says("[F3] 答案")
        assert gone and not broken


async def test_leaving_the_desk_amid_an_edit_asks_first(sit):
    async with sit() as desk:
        await edits(desk)
        await desk.write("#stem", "改到一半")
        await desk.press("ctrl+q")
        await desk.says("再按 Ctrl+Q 放弃并离开")
        assert desk.app.is_running and isinstance(desk.app.screen, Editor)


async def test_a_reason_that_is_missing_is_asked_for(sit, bank, hand):
    lifecycle.submit(bank, [bank.items.find("q1")], hand["li"])
    async with sit("wang") as desk:
        await desk.press("r")
        await desk.comes(Sign)
        await desk.press("enter")
        await desk.says("未填：理由")
    assert bank.items.find("q1").state is State.IN_REVIEW


async def test_what_is_wrong_is_shown_at_its_field(sit):
    async with sit(size=(80, 24)) as desk:
        await edits(desk)
        await desk.press("f5", "ctrl+o")
        await desk.until(lambda: bool(desk.app.screen.query("#from-0")))
        await desk.write("#provision-0", "电业安全规程")
        await desk.write("#from-0", "2011-13-01")
        await desk.press("f2", "ctrl+s")
        await desk.says("✗ 施行", "依据的日期无法读取")
        await desk.until(lambda: desk.app.screen.focused is not None and desk.app.screen.focused.id == "from-0")


async def test_a_background_written_anew_is_so_for_its_whole_case(sit, bank, hand):
    lifecycle.add(bank, [of_case(1), of_case(2)], hand["li"])
    async with sit() as desk:
        await desk.until(lambda: len(desk.app.browse.list.numbers) == 9)
        acts = bank.history.head()[0]
        await desk.press("end", "g")
        await desk.says("案例共 2 题", BACKGROUND.text, "▸ 2")
        await edits(desk)
        await desk.write("#background", "另一起事故。")
        await desk.press("ctrl+s")
        await desk.until(lambda: desk.app.screen is desk.app.browse)
        await desk.says("另一起事故。")
    assert [bank.items.find(code).background.text for code in ("q11", "q12")] == ["另一起事故。"] * 2
    assert bank.history.head()[0] == acts + 3  # one statement, and what it did to each of the two
    lifecycle.submit(bank, [bank.items.find("q11")], hand["li"])
    async with sit() as desk:
        await desk.press("end")
        await edits(desk)
        await desk.write("#background", "第三起事故。")
        await desk.press("ctrl+s")
        await desk.says("同一案例的试题 q11 正在待审")
    assert bank.items.find("q12").background.text == "另一起事故。"


async def test_beside_a_case_a_new_item_is_the_next_of_it(sit, bank, hand):
    lifecycle.add(bank, [of_case(1), of_case(2)], hand["li"])
    async with sit() as desk:
        await desk.press("end", "g", "n")
        await desk.comes(Sign)
        await desk.sign()
        for _ in range(3):
            await desk.comes(Picker)
            asked = desk.app.screen
            await desk.press("enter")
            await desk.until(lambda asked=asked: desk.app.screen is not asked)
        await desk.comes(Editor)
        form = desk.app.screen.form
        assert (form.value("background"), form.value("place")) == (BACKGROUND.text, "3")


# ---- reviewing ---------------------------------------------------------------------------------------------------


async def test_several_drafts_are_handed_in_together_each_signed(sit, bank):
    async with sit() as desk:
        await desk.press("space", "space")
        await desk.says("已标记 2 题", "送审 2 题")
        await desk.press("s")
        await desk.says("2 道草稿，逐题签名")
        await desk.sign()
        await desk.says("已送审 2 题")
        await desk.press("home", "space")
        await desk.says("批准必须逐题看过再签")
        await desk.press("asterisk")
        await desk.says("请先列出本人的草稿")
    for code in ("q1", "q2"):
        events = bank.history.events(bank.items.find(code).number)
        assert events[-1].act is Act.SUBMIT and events[-1].statement


async def test_the_queue_shows_a_revision_by_its_changes_and_goes_on_by_itself(sit, bank, hand):
    first = bank.items.find("q1")
    lifecycle.submit(bank, [first], hand["li"])
    approve(bank, [first], hand["wang"])
    lifecycle.write(bank, first.lineage, structs.replace(ITEMS[0], explanation="改过的解析"), hand["li"])
    lifecycle.submit(bank, [bank.items.find("q1"), bank.items.find("q2")], hand["li"])
    quick(bank)
    async with sit("wang") as desk:
        await desk.press("q")
        await desk.lists("q1", "q2")
        await desk.says("待审 1 / 2", "第 1 版 → 第 2 版", "+ 改过的解析")
        await desk.press("enter", "a")
        await desk.sign()
        await desk.says("请先看过再批准")
        await desk.press("d")  # in their own name now
        await desk.rests()
        await desk.press("a")  # the changes to what is approved were shown
        await desk.comes(Sign)
        await desk.press("enter")
        await desk.says("q1：已批准 ✓", "第 2 题", "断电")
        await desk.rests()
        await desk.says("断电")  # nothing that was asked for before comes over it
        assert desk.app.browse.has_class("-full")
        await desk.press("a")
        await desk.says("请先看过再批准")
        await desk.press("k")
        await desk.says(CANARY)
        await desk.press("a")
        await desk.comes(Sign)
        await desk.press("enter")
        await desk.says("没有符合条件的试题")
    assert [bank.items.find(code).state for code in ("q1", "q2")] == [State.APPROVED] * 2


async def test_what_is_not_known_of_an_item_is_said_to_be_unknown(sit, bank, hand):
    lifecycle.add(bank, [single(30, enemies=("急救",)), single(31, enemies=("急救",), p4=None)], hand["li"])
    async with sit() as desk:
        await desk.press("end", "u", "enter")
        await desk.says("从未离开本题库", "未知：无人判定", "未知：尚无实测", "未知：题库不保存各选项的选择率", "q30")
        await desk.press("end", *["pagedown"] * 3)
        await desk.says("近似题", "本题库")
        await desk.press("t")
        await desk.comes(Picker)
        assert desk.app.screen.choices[0][2] == "互斥"
        await desk.press("enter")
        await desk.until(lambda: desk.app.browse.item is not None and desk.app.browse.item.code == "q30")


async def test_an_item_is_shown_in_each_of_its_languages(sit, bank, hand):
    translated = dataclasses.replace(ITEMS[0].content, stem="What comes first?")
    both = structs.replace(ITEMS[0], translations=(Translation("en", translated),))
    lifecycle.write(bank, bank.items.find("q1").lineage, both, hand["li"])
    async with sit() as desk:
        await desk.press("l")
        await desk.says("语言：en", "What comes first?")
        await desk.press("l")
        await desk.says("第 1 题")


# ---- a batch, one after the other --------------------------------------------------------------------------------


async def reviews(desk):
    await desk.press("v")
    await desk.comes(Sign)
    await desk.sign()
    await desk.comes(ReviewRun)
    await desk.until(lambda: desk.app.screen.shown is not None and not desk.app.screen.busy)


async def reads(desk, *keys):
    """Each key when what the one before began has ended, and its page is painted."""
    for key in keys:
        await desk.press(key)
        await desk.until(lambda: not (isinstance(desk.app.screen, ReviewRun) and desk.app.screen.busy))
        await desk.pilot.pause()


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_batch_is_read_one_after_the_other_and_signed_at_once(sit, bank, hand, size):
    lifecycle.submit(bank, [bank.items.find(f"q{n}") for n in (1, 2, 3, 7)], hand["li"])
    quick(bank)
    async with sit("wang", size) as desk:
        await reviews(desk)
        await desk.says("0 / 4 题", "第 1 题")
        assert CANARY not in desk.text  # first as the candidate will see it
        await reads(desk, "a")
        await desk.says("还没有可签的")
        await reads(desk, "enter")
        await desk.says(CANARY, "GB 26860", "下一题")
        await reads(desk, "enter")
        await desk.says("1 / 4 题", "第 2 题", "待签 1", "约剩")
        await reads(desk, "j")
        await desk.says("第 3 题", "跳过 1")
        await reads(desk, "r")
        await desk.comes(Sign)
        await desk.write("#remarks", "缺依据")
        await reads(desk, "enter")
        await desk.says("q3：已退回 ✓", "绝缘材料")
        await reads(desk, "enter", "enter")
        await desk.says("第二遍：您跳过的 1 题", "第 2 题")
        await reads(desk, "enter", "enter")
        await desk.says("到此为止", "4 / 4 题", "待签名      3")
        await reads(desk, "escape")
        await desk.says("3 题已审阅、未签名")
        await reads(desk, "a")
        await desk.comes(Sign)
        await desk.says("您审阅过的 3 题")
        assert not list(desk.app.screen.query(LineField))  # one passphrase, at the beginning
        await reads(desk, "enter")
        await desk.says("已批准 3 题 ✓")
        await reads(desk, "escape")
        await desk.until(lambda: desk.app.screen is desk.app.browse)
    states = [bank.items.find(code).state for code in ("q1", "q2", "q3", "q7")]
    assert states == [State.APPROVED, State.APPROVED, State.DRAFT, State.APPROVED]
    assert [event.who for event in bank.readings.of(bank.items.find("q1").number)] == ["wang"]


async def test_a_batch_goes_no_faster_than_it_can_be_read_and_stays_read_when_left(sit, bank, hand):
    lifecycle.submit(bank, [bank.items.find(f"q{n}") for n in (1, 2)], hand["li"])
    async with sit("wang") as desk:
        await reviews(desk)
        await reads(desk, "enter", "enter", "enter")
        await desk.says("至少要看 4 秒", "0 / 2 题")
        quick(bank)
        await reads(desk, "enter")
        await desk.says("1 / 2 题")
        await reads(desk, "escape", "escape")
        await desk.until(lambda: desk.app.screen is desk.app.browse)
    assert bank.items.find("q1").state is State.IN_REVIEW
    async with sit("wang") as desk:
        await reviews(desk)
        await desk.says("0 / 1 题", "第 2 题", "待签 1")
        await reads(desk, "a")
        await desk.says("其中 1 题是以前审阅的")
        await reads(desk, "enter")
        await desk.says("已批准 1 题 ✓")
    assert [bank.items.find(code).state for code in ("q1", "q2")] == [State.APPROVED, State.IN_REVIEW]


async def test_a_long_item_is_read_to_its_end_before_enter_goes_on(sit, bank, hand):
    long = single(40, explanation="解析" * 700, basis="依据在最后")
    lifecycle.add(bank, [long], hand["li"])
    lifecycle.submit(bank, [bank.items.find("q40")], hand["li"])
    quick(bank)
    async with sit("wang", (80, 24)) as desk:
        await reviews(desk)
        await reads(desk, "enter")
        await desk.says("往下 ▼")
        assert "依据在最后" not in desk.text
        for _ in range(6):
            if "依据在最后" not in desk.text:
                await reads(desk, "enter")
        await desk.says("依据在最后", "下一题", "0 / 1 题")
        await reads(desk, "enter")
        await desk.says("1 / 1 题")
        await reads(desk, "escape", "escape")
        await desk.press("q", "k")
        await desk.says("解析解析")
        await desk.press("a")
        await desk.comes(Sign)  # it was read in the batch


async def test_at_the_list_a_works_only_when_the_end_of_the_answer_was_on_the_screen(sit, bank, hand):
    lifecycle.add(bank, [single(40, explanation="解析" * 700, basis="依据在最后")], hand["li"])
    lifecycle.submit(bank, [bank.items.find("q1"), bank.items.find("q40")], hand["li"])
    quick(bank)
    async with sit("wang", (80, 24)) as desk:
        await desk.press("q", "k")
        await desk.sign()
        await desk.says(CANARY, "GB 26860")  # the item has the whole window: nothing of it below the fold
        await desk.press("a")
        await desk.comes(Sign)
        await desk.press("escape", "right", "k")
        await desk.says("解析解析")
        await desk.press("a")
        await desk.says("下面还有")
        await desk.press(*["pagedown"] * 3)
        await desk.says("依据在最后")
        await desk.press("a")
        await desk.comes(Sign)


async def test_pictures_are_shown_and_enlarged(sit, bank, hand, tmp_path):
    data = pictures.png(64, 48)
    digest = hashlib.sha256(data).hexdigest()
    content = dataclasses.replace(single(50).content, media=(digest,))
    lifecycle.add(bank, [structs.replace(single(50), content=content)], hand["li"], {digest: data})
    lifecycle.submit(bank, [bank.items.find("q50")], hand["li"])
    async with sit("wang", (80, 24)) as desk:
        await desk.press("end")
        await desk.says("PNG  64 × 48", "▀▀▀")
        await reviews(desk)
        await desk.says("PNG  64 × 48", "▀▀▀")
        await desk.press("p")
        await desk.comes(PictureView)
        await desk.says("图 1 / 1", "▀" * 30)
        await desk.press("plus")
        await desk.says("▀" * 64)
        await desk.press("escape")
        await desk.comes(ReviewRun)


async def test_who_may_not_is_told_before_they_are_asked_for_anything(sit, bank, hand, tmp_path):
    chen = people.create(tmp_path / "chen.key", PASSPHRASE)
    lifecycle.enrol(bank, chen, "陈刚", frozenset({Role.REVIEWER}), [hand["li"], hand["wang"]])
    async with sit("chen") as desk:
        for key in ("e", "n", "s"):
            await desk.press(key)
            await desk.says("陈刚 未登记为命题人")
            assert desk.app.screen is desk.app.browse
            await desk.press("down", "up")
        await desk.press("r")  # a draft is returned by nobody
        await desk.says("不能")
        assert desk.app.screen is desk.app.browse


def test_codes_that_begin_alike_are_told_apart():
    assert told_apart(["q1", "q2"]) == ["q1", "q2"]
    assert told_apart(["DY-2024-0001", "DY-2024-0002"]) == ["…2024-0001", "…2024-0002"]
    assert told_apart([f"LOWVOLTAGE-ELECTRICIAN-{n}-A" for n in (1, 2)]) == ["…ICIAN-1-A", "…ICIAN-2-A"]
    names = [f"某市应急管理局题库低压电工第{n:03d}题" for n in (1, 12, 123)]
    assert len(set(told_apart(names))) == 3
    assert all(cell_len(each) <= 10 for each in told_apart(names))


async def test_times_are_the_offices(sit, bank):
    sql = "UPDATE revisions SET written_at = '2026-03-01T16:30:00Z'"
    bank.vault.connection.execute(sql)
    async with sit() as desk:
        await desk.press("h")
        await desk.says("2026-03-02 00:30")


async def test_a_terminal_of_few_colours_gets_those_chosen_by_hand(bank, tmp_path):
    for system in ("256", "standard"):
        desk = DeskApp(bank, None)
        desk._lowered = Lowered(system)
        assert any(isinstance(each, Lowered) for each in desk.get_line_filters())
    full = DeskApp(bank, None)
    full._lowered = Lowered("truecolor")
    assert not any(isinstance(each, Lowered) for each in full.get_line_filters())


async def test_every_colour_of_the_desk_is_one_that_was_chosen_for_terminals_of_few(sit, bank, hand):
    lifecycle.submit(bank, [bank.items.find("q1")], hand["li"])

    def colours(desk):
        styles = [
            segment.style for strip in desk.strips for segment in strip if segment.style and segment.text.strip("\n")
        ]
        both = [colour for style in styles for colour in (style.color, style.bgcolor)]
        return {colour.triplet.hex for colour in both if colour is not None and colour.triplet is not None}

    async with sit("wang") as desk:
        assert colours(desk) <= palette.CHOSEN.keys()
        await reviews(desk)
        await reads(desk, "enter")
        assert colours(desk) <= palette.CHOSEN.keys()
        await reads(desk, "escape")
        await desk.press("down", "d", "h", "e")
        await desk.comes(Editor)
        for section in ("f3", "f4", "f5", "f6"):
            await desk.press(section)
            await desk.rests()
            assert colours(desk) <= palette.CHOSEN.keys(), section


@pytest.mark.skipif(os.name == "nt", reason="the Windows half of the line has not been tried")
async def test_where_the_bound_is_reached_the_batch_stops_and_what_was_read_is_signed(shared, tmp_path, hand):
    """The agent lets 2 answer keys out."""
    bank = shared.below
    lifecycle.submit(bank, [bank.items.find(f"q{n}") for n in (1, 2, 3)], hand["li"])
    quick(bank)
    desk = Desk(shared, tmp_path / "wang.key")
    async with desk.app.run_test(size=(80, 24)) as desk.pilot:
        await desk.until(lambda: desk.app.browse.item is not None)
        await reviews(desk)
        await reads(desk, "enter", "enter", "enter")
        await desk.says("已取答案 2/2", CANARY, "第 2 题")
        await reads(desk, "enter")
        await desk.says("停在这里：还有 1 题", "最多可带出", "待签名      2")
        assert CANARY not in desk.text
        await reads(desk, "enter")
        await desk.says("最多可带出")
        await reads(desk, "a")
        await desk.comes(Sign)
        await reads(desk, "enter")
        await desk.says("已批准 2 题 ✓")
    states = [bank.items.find(f"q{n}").state for n in (1, 2, 3)]
    assert states == [State.APPROVED, State.APPROVED, State.IN_REVIEW]
