"""Items -> the rows of a sheet, the heading first: what `bank.formats.sheets.table` reads back to equal Items."""

from collections.abc import Callable, Iterator

from bank.content import OPTION_LETTERS, ItemType
from bank.formats import spelling
from bank.item import Item

_TYPE_WORDS = {ItemType.SINGLE: "单选", ItemType.MULTIPLE: "多选", ItemType.TRUEFALSE: "判断", ItemType.FILL: "填空"}
HEADER = (
    "编号",
    "题型",
    "题干",
    "答案",
    "章节",
    "认知层次",
    "难度",
    "解析",
    "依据",
    "互斥组",
    "标签",
    "固定选项",
    "图片",
    "来源",
)
"""By these an export of ours is known: columns that came later stand behind them."""
_WIDTHS = (14, 8, 60, 8, 10, 12, 8, 40, 30, 12, 12, 10, 20, 14, 12)


def written(items: list[Item], name: Callable[[str], str]) -> Iterator[tuple[str, ...]]:
    """The heading, then a row an item; `name` names a digest's picture."""
    letters = OPTION_LETTERS[: _most_options(items)]
    pictured = any(option.media for item in items for option in item.content.options)
    more = _MORE if any(item.content.type is ItemType.FILL or item.background for item in items) else ()
    yield (
        *HEADER,
        "科目",
        *more,
        *(f"选项{letter}" for letter in letters),
        *(f"图片{letter}" for letter in letters if pictured),
    )
    for item in items:
        truefalse = item.content.type is ItemType.TRUEFALSE
        options = () if truefalse else item.content.options
        blank = [""] * (len(letters) - len(options))
        correct = item.answer_key.correct
        yield (
            item.code,
            _TYPE_WORDS[item.content.type],
            item.content.stem,
            item.content.options[correct[0]].text
            if truefalse
            else "".join(OPTION_LETTERS[index] for index in correct) or spelling.joined(item.answer_key.accepted),
            item.chapter or "-",  # an empty cell would be read as "as above"
            spelling.LEVEL_WORDS.get(item.level, ""),
            "" if item.p4 is None else str(item.p4 / 10_000),
            item.explanation,
            item.basis,
            "；".join(item.enemies),
            "；".join(item.tags),
            "" if truefalse else "".join(OPTION_LETTERS[index] for index in item.locked),
            "|".join(map(name, item.content.media)),
            item.source,
            item.subject,
            *(_more(item, name) if more else ()),
            *(option.text for option in options),
            *blank,
            *(("|".join(map(name, option.media)) for option in options) if pictured else ()),
            *(blank if pictured else ()),
        )


_MORE = ("数值", "误差", "单位", "案例背景", "案例图片", "案例序号")


def _more(item: Item, name: Callable[[str], str]) -> tuple[str, ...]:
    number, background = item.answer_key.number, item.background
    units = () if number is None else number.units
    return (
        "" if number is None else number.value,
        "" if number is None else number.tolerance,
        "|" if units == ("",) else spelling.joined(units),
        "" if background is None else background.text,
        "" if background is None else "|".join(map(name, background.media)),
        str(item.place or ""),
    )


def widths(items: list[Item]) -> tuple[int, ...]:
    return _WIDTHS + (24,) * _most_options(items)


def _most_options(items: list[Item]) -> int:
    choices = (len(item.content.options) for item in items if item.content.type is not ItemType.TRUEFALSE)
    return max(6, max(choices, default=0))
