"""`examd bench bank`: a workbook into the bank, searching as one types, and reviews; beside reading every item."""

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from bank import formats
from bank.authoring import lifecycle, people
from bank.authoring.review import State
from bank.content import Content, ItemType, Level, Option
from bank.item import AnswerKey, Item
from bank.store import Bank, BankItem
from tools.bench import desk
from tools.cli.language import _
from tools.cli.output import report

WORDS = (
    "触电", "电压", "断路器", "接地", "绝缘", "焊接", "高处作业", "安全生产法", "应当", "不得", "作业人员", "事故",
    "报告", "检查", "必须", "动火", "压力容器", "隔离开关", "验电", "监护",
)  # fmt: skip
SEARCHES = ("触", "电", "触电", "作业", "断路器", "安全生产法应当", "高处作业不得", "17", "没有这样的话")
REVIEWED = 500


def made(count: int, start: int = 0) -> list[Item]:
    """Items of some 90 characters with options, in words that recur as they do in a real bank."""

    chance = random.Random(start)  # noqa: S311 - made-up text

    def text(words: int) -> str:
        return "".join(chance.choice(WORDS) + chr(0x4E00 + chance.randrange(600)) for _ in range(words))

    return [
        Item(
            Content(ItemType.SINGLE, f"第 {n} 题：{text(9)}（　）。", tuple(Option(text(3)) for _ in "ABCD")),
            AnswerKey((chance.randrange(4),)), f"{n % 9 + 1}.{n % 4 + 1}", Level.KNOW, 7_000, text(6), text(4),
        )
        for n in range(start, start + count)
    ]  # fmt: skip


def with_twins(items: list[Item]) -> list[Item]:
    """Every twentieth the one before it in other words."""
    for n in range(19, len(items), 20):
        content = items[n - 1].content
        items[n] = replace(items[n], content=replace(content, stem=content.stem.replace("应当", "必须") + "是吗"))
    return items


def imported(folder: Path, bank: str) -> float:
    """Seconds of the whole command, from its start to its report, near-duplicates and all."""
    command = (sys.executable, "-m", "tools.cli", "bank", "import", str(folder / bank), str(folder / "items.xlsx"))
    began = time.perf_counter()
    words = str(folder / "words")
    signed = ("--as", str(folder / "author.key"), "--key-passphrase-file", words)
    subprocess.run(
        (*command, "--passphrase-file", words, *signed), check=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return time.perf_counter() - began


def read(bank: Bank, items: Sequence[BankItem], reviewer: people.Signer) -> list[int]:
    """A reviewer reads these, on a clock that is moved on instead of waiting; the least seconds that each takes."""
    seconds = [int(bank.readings.clock())]
    bank.readings.clock = lambda: seconds[0]
    reader, paces = lifecycle.begin_reading(bank, reviewer), []
    for item in items:
        paces.append(bank.readings.show(reader, item.number).least_s)
        seconds[0] += paces[-1]
        bank.readings.read(reader)
    return paces


def run(args: argparse.Namespace) -> int:
    words = "examd bench bank"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "words").touch(mode=0o600)  # or it would be refused
        (folder / "words").write_text(words)
        formats.write(folder / "items.xlsx", with_twins(made(args.rows)), lambda _digest: None)
        author, reviewer = (people.create(folder / f"{who}.key", words) for who in ("author", "reviewer"))
        with Bank.create(folder / "empty", words) as bank:
            lifecycle.enrol(bank, author, author.id, frozenset({people.Role.AUTHOR}))
        importing = imported(folder, "empty")
        with Bank.create(folder / "bank", words) as bank:
            for signer, role in ((author, people.Role.AUTHOR), (reviewer, people.Role.REVIEWER)):
                lifecycle.enrol(bank, signer, signer.id, frozenset({role}))
            lifecycle.add(bank, made(args.items, args.rows), author)

            took = []
            for text in SEARCHES * 3:
                began = time.perf_counter()
                list(bank.items.select(verified=False, state=None, search=text, limit=100))
                took.append(1_000 * (time.perf_counter() - began))
            began = time.perf_counter()
            sum(SEARCHES[-1] in item.content.stem for item in bank.items.select(verified=False, state=None))
            plain = 1_000 * (time.perf_counter() - began)

            drafts = list(bank.items.select(state=State.DRAFT, limit=REVIEWED))
            times, paces = [], list[int]()
            for act in (
                lambda: lifecycle.submit(bank, drafts, author),
                lambda: paces.extend(read(bank, drafts, reviewer)),
                lambda: lifecycle.approve(bank, drafts, reviewer),
                lambda: list(bank.items.select()),
            ):
                began = time.perf_counter()
                act()
                times.append(time.perf_counter() - began)
            painted = desk.measure(bank)
        onto = imported(folder, "bank")
    submit, reading, approve, verify = times
    hour = round(3_600 / statistics.mean(paces))
    waits = sorted(each.ms for each in painted)
    typed = {"p50": statistics.median(waits), "p95": waits[int(0.95 * len(waits))], "max": waits[-1]}
    slowest, median = max(took), statistics.median(took)
    figures = {
        "rows": args.rows, "import_s": importing, "items": args.items, "import_onto_s": onto, "search_max_ms": slowest,
        "search_median_ms": median, "read_all_ms": plain, "reviewed": len(drafts), "desk_ms": typed,
        "desk": [asdict(each) for each in painted], "submit_s": submit, "approve_s": approve, "verify_s": verify,
        "read_s": reading, "read_an_hour": hour,
    }  # fmt: skip
    search = _(
        "search among {n} items, first 100 found: slowest of {searches} {slowest:.1f} ms, half within {median:.1f} ms"
    )
    return report(
        args, figures,
        _("import of a workbook of {n} rows: {seconds:.2f} s", n=args.rows, seconds=importing),
        _("the same into a bank of {items} items: {seconds:.2f} s", items=args.items, seconds=onto),
        search.format(n=args.items, searches=len(took), slowest=slowest, median=median),
        _("the same by reading every item: {plain:.0f} ms", plain=plain),
        _("desk, from key to painted list, {n} searches and filters: p50 {p50:.0f}, p95 {p95:.0f}, max {max:.0f} ms",
            n=len(painted), **typed,
        ),
        _("{n} items handed in, approved, verified: {submit:.2f} s, {approve:.2f} s, {verify:.2f} s",
            n=len(drafts), submit=submit, approve=approve, verify=verify,
        ),
        _("reviewed one after the other: {hour} an hour at most, and {ms:.0f} ms of the bank's own for each",
            hour=f"{hour:,}", ms=1_000 * reading / len(drafts),
        ),
    )  # fmt: skip
