"""What `examd bureau setup` asks first: who does what. Each answer is taken or refused at once, and kept.

Before: `examd.bureau.setup.Plan`. After: `tools.cli.bureau.setup_steps`.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from bank.refused import BadFile
from examd.bureau.setup import Named
from tools.cli.language import N_, joined


@dataclass(frozen=True, slots=True)
class Question:
    """About one field of the plan."""

    asks: str
    example: str
    reads: Callable[[str], object]


def _names(typed: str) -> tuple[str, ...]:
    return tuple(filter(None, re.split(r"[\s,，、;；]+", typed)))


def _named(typed: str) -> Named:
    number, _space, name = unicodedata.normalize("NFKC", typed).strip().partition(" ")
    if not (number and name.strip()):
        raise BadFile("setup-number-and-name", typed=typed)
    return Named(number, name.strip())


def _all_named(typed: str) -> tuple[Named, ...]:
    return tuple(_named(each) for each in re.split(r"[,，、;；]+", typed) if each.strip())


def _count(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit()):
        raise BadFile("setup-no-number", typed=typed)
    return int(typed)


QUESTIONS = {
    "bureau": Question(N_("Number and name of the bureau"), "SX-0349 某市应急管理局", _named),
    "issuing_officer": Question(N_("Issuing officer"), "王海", str),
    "keyholders": Question(N_("Keyholders of the bank, three or more"), "王强 李丽 赵敏", _names),
    "need": Question(N_("How many of them open it"), "2", _count),
    "authors": Question(N_("Authors: id and name, the id in small letters"), "liming 李明、chen 陈刚", _all_named),
    "reviewers": Question(N_("Reviewers: id and name"), "wangfang 王芳", _all_named),
    "rule_officers": Question(N_("Rule officers, two or more: id and name"), "zhang 张三、li 李四", _all_named),
    "chief": Question(N_("Chief examiner"), "张伟", str),
    "site": Question(N_("Number and name of the site"), "SX-12 第一考试点", _named),
}


def told(value: object) -> str:
    """A field as it was answered."""
    if isinstance(value, Named):
        return f"{value.id} {value.name}"
    return joined(map(told, value)) if isinstance(value, tuple) else str(value)
