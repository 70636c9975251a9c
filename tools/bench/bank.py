"""`examd bench bank`: a workbook into the bank, searching as one types, and reviews; beside reading every item."""

import argparse
import random
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bank.item import Item

WORDS = (
    "触电", "电压", "断路器", "接地", "绝缘", "焊接", "高处作业", "安全生产法", "应当", "不得", "作业人员", "事故",
    "报告", "检查", "必须", "动火", "压力容器", "隔离开关", "验电", "监护",
)  # fmt: skip
SEARCHES = ("触", "电", "触电", "作业", "断路器", "安全生产法应当", "高处作业不得", "17", "没有这样的话")
REVIEWED = 500


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from tools.arguments import help_formatter, positive
    from tools.say import _

    parser = subparsers.add_parser(
        "bank",
        help=_("measure the bank: import, search, reviews"),
        description=_(
            "Makes items of the usual length, adds them to a new bank, searches it and has some approved. "
            "Nothing is left behind."
        ),
        epilog=_("Example: examd bench bank --json"),
        formatter_class=help_formatter(),
    )
    rows, held = (
        _("how many items are imported (default: %(default)s)"),
        _("how many items are searched (default: %(default)s)"),
    )
    parser.add_argument("--rows", type=positive, default=20_000, metavar="N", help=rows)
    parser.add_argument("--items", type=positive, default=50_000, metavar="N", help=held)
    parser.add_argument("--json", action="store_true", help=_("print the numbers as JSON"))
    parser.set_defaults(run=run)


def made(count: int, start: int = 0) -> "list[Item]":
    """Items of some 90 characters with options, in words that recur as they do in a real bank."""
    from bank.content import Content, ItemType, Level, Option
    from bank.item import AnswerKey, Item

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


def run(args: argparse.Namespace) -> int:
    import json
    import statistics

    from bank import formats, life, people
    from bank.review import State
    from bank.store import Bank
    from tools.say import _

    words = "examd bench bank"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        formats.write(folder / "items.xlsx", made(args.rows), lambda _digest: None)
        with Bank.create(folder / "bank", words) as bank:
            began = time.perf_counter()
            found = formats.read(folder / "items.xlsx")
            bank.add(found.items, found.media)
            importing = time.perf_counter() - began
            bank.add(made(max(0, args.items - args.rows), args.rows))

            took = []
            for text in SEARCHES * 3:
                began = time.perf_counter()
                list(bank.items(state=None, search=text, limit=100))
                took.append(1_000 * (time.perf_counter() - began))
            began = time.perf_counter()
            sum(SEARCHES[-1] in item.content.stem for item in bank.items(state=None))
            plain = 1_000 * (time.perf_counter() - began)

            author, reviewer = (people.create(folder / f"{who}.key", words) for who in ("author", "reviewer"))
            for signer, role in ((author, people.Role.AUTHOR), (reviewer, people.Role.REVIEWER)):
                life.enrol(bank, signer, signer.id, frozenset({role}))
            drafts = list(bank.items(state=State.DRAFT, limit=REVIEWED))
            times = []
            for act in (
                lambda: life.submit(bank, drafts, author),
                lambda: life.approve(bank, drafts, reviewer),
                lambda: list(bank.items(verify=True)),
            ):
                began = time.perf_counter()
                act()
                times.append(time.perf_counter() - began)
    submit, approve, verify = times
    if args.json:
        figures = {"rows": args.rows, "import_s": importing, "items": args.items, "search_max_ms": max(took)}
        figures |= {"search_median_ms": statistics.median(took), "read_all_ms": plain, "reviewed": len(drafts)}
        print(json.dumps(figures | {"submit_s": submit, "approve_s": approve, "verify_s": verify}))
        return 0
    print(_("import of a workbook of {n} rows: {seconds:.2f} s").format(n=args.rows, seconds=importing))
    line = _(
        "search among {n} items, first 100 found: slowest of {searches} {slowest:.1f} ms, half within {median:.1f} ms"
    )
    median = statistics.median(took)
    print(line.format(n=args.items, searches=len(took), slowest=max(took), median=median))
    print(_("the same by reading every item: {plain:.0f} ms").format(plain=plain))
    line = _("{n} items handed in, approved, verified: {submit:.2f} s, {approve:.2f} s, {verify:.2f} s")
    print(line.format(n=len(drafts), submit=submit, approve=approve, verify=verify))
    return 0
