"""Question files made by chance, each with what it means: ways in which authors number, letter, part and answer.

Truth is kept beside each file; a reader may refuse or remark a row, and must not read another value without a word.
"""

import random
from dataclasses import dataclass

from bank.content import OPTION_LETTERS as LETTERS

WORDS = (
    "接地 绝缘 验电 监护 断路器 熔断器 36V 220 V 0.5 50% A级 B类 3.5mm 12米 甲醇 乙炔 二氧化碳 CO2 P-1 I区 C型 不断电 断电 2人 ≥5 1/2 5m/s A相 "
    "10kV,20kV 甲、乙 先验电，后接地 以上人员 T形 +5 -3 (1)和(2) ①③ 1:2 E级"
).split()
STEMS = [
    "关于{}的说法正确的是（  ）。", "{}时应当（　）", "3人以上{}作业应（）", "220V {}电路属于", "下列（ ）不属于{}", "{}",
    "1.5米以上{}应", "2、4号{}是指", "A级{}为（ ）", "({})是什么", "第3条{}规定",
]  # fmt: skip
KINDS = {"single": "单选题", "multiple": "多选题", "truefalse": "判断题"}
NUMBERS = [
    "",
    "{}. ",
    "{}、",
    "{}．",
    "({})",
    "（{}）",
    "{}:",
    "第{}题 ",
    "{}\t",
    "[{}]",
    "No.{} ",
    "{}.（1分）",
    "{} ",
    "{})",
    "{}）",
    "【{}】",
    "第 {} 题 ",
]
CIRCLED = "①②③④⑤⑥⑦⑧"
SIGNS = ["{}.", "{}．", "{}、", "{}：", "{} ", "({})", "（{}）", "{}", "①", "1.", "【{}】"]
BETWEEN = ["\n", " ", "", ";", "；", "|", "**", "##", "/", "、", "，", "\t", "<br>", "\\n", "#", "-", "；\n", "　"]


@dataclass
class Truth:
    name: str
    kind: str
    stem: str
    options: list[str]
    right: set[str]
    explanation: str = ""


def truths(chance: random.Random, number: int) -> list[Truth]:
    return [_truth(chance, n) for n in range(number)]


def _truth(chance: random.Random, number: int) -> Truth:
    name = f"识{number:04}号"
    kind = chance.choice(["single", "single", "multiple", "truefalse"])
    stem = chance.choice(STEMS).format(name)
    if kind == "truefalse":
        for gap in ("（  ）", "（　）", "（ ）", "（）"):
            stem = stem.replace(gap, "")
        return Truth(name, kind, stem, [], {chance.choice(["正确", "错误"])})
    options = chance.sample(WORDS, chance.choice([3, 4, 4, 5]))
    right = set(chance.sample(options, 1 if kind == "single" else chance.randrange(2, len(options) + 1)))
    return Truth(name, kind, stem, options, right)


def marked(sign: str, index: int, text: str) -> str:
    if sign == "①":
        return CIRCLED[index] + text
    return (f"{index + 1}." if sign == "1." else sign.format(LETTERS[index])) + text


def answered(chance: random.Random, truth: Truth, way: int) -> str:
    if truth.kind == "truefalse":
        ways = ["对错", "√×", "TF", "YN", "是否", "✓✗"]
        return chance.choice(ways)[0 if truth.right == {"正确"} else 1]
    places = [place for place, option in enumerate(truth.options) if option in truth.right]
    letters = [LETTERS[place] for place in places]
    texts = [truth.options[place] for place in places]
    return [
        "".join(letters), "".join(letters).lower(), ",".join(letters), "、".join(letters), f"答案：{''.join(letters)}",
        "；".join(f"{letter}、{text}" for letter, text in zip(letters, texts, strict=True)), "；".join(texts),
        "".join(CIRCLED[place] for place in places), ",".join(str(place + 1) for place in places), "|".join(texts),
    ][way]  # fmt: skip


def table(seed: int, *, spread: bool = False) -> tuple[list[Truth], list[list[str]]]:
    """A table with its truth; `spread`: its options lie beneath one heading 选项, as where its cells are merged."""
    chance = random.Random(seed)  # noqa: S311 - examples
    found = truths(chance, chance.choice([1, 3, 8, 30]))
    number, sign, between = (chance.choice(each) for each in (NUMBERS, SIGNS, BETWEEN))
    way = chance.randrange(10)
    columns, mixed, swapped, typed = (chance.random() < share for share in (0.4, 0.25, 0.25, 0.7))
    below = [f"选项{letter}" for letter in LETTERS[:5]] if columns else ["选项"]
    head = ["题型", "题干", *(["选项", "", "", "", ""] if spread else below), "答案", "解析"]
    rows = [head]
    for n, truth in enumerate(found, 1):
        sign = chance.choice(SIGNS) if mixed else sign
        order = list(range(len(truth.options)))
        if swapped:
            chance.shuffle(order)
        cells = [marked(sign, place, truth.options[place]) for place in order]
        held = cells + [""] * (5 - len(cells)) if columns or spread else [between.join(cells)]
        truth.explanation = chance.choice(["", f"因为{truth.name}"])
        kind = KINDS[truth.kind] if typed else ""
        rows.append([kind, number.format(n) + truth.stem, *held, answered(chance, truth, way), truth.explanation])
    return found, rows


SECTIONS = {
    "single": ["一、单选题", "（一）单选题", "单选题", "Ⅰ、单项选择题"],
    "multiple": ["二、多选题（共10分）", "第二部分 多选题", "多选题："],
    "truefalse": ["三、判断题（对的打√）", "判断题", "第三部分  判断题"],
}


def laid_out(way: int, cells: list[str]) -> list[str]:
    """Options on lines of their own, on one, or two a line."""
    if way == 0:
        return cells
    if way == 3:
        return ["    ".join(cells[n : n + 2]) for n in range(0, len(cells), 2)]
    return [("\t" if way == 1 else " ").join(cells)] if cells else []


def paper(seed: int) -> tuple[list[Truth], list[str]]:
    """The paragraphs of a Word file with their truth."""
    chance = random.Random(seed)  # noqa: S311 - examples
    found = truths(chance, chance.choice([3, 6, 12]))
    number = chance.choice(
        ["{}. ", "{}、", "{}．", "{}.", "（{}）", "第{}题 ", "{}) ", "{}）", "({})", "【{}】", "[{}]", "第 {} 题："]
    )
    sign, layout = chance.choice(["{}.", "{}．", "{}、", "（{}）", "{}:", "{} "]), chance.randrange(4)
    where, again = chance.choice(["label", "behind", "bracket", "end", "range"]), chance.random() < 0.5
    lines, gathered, n = ["2026年题库"], [], 0
    for kind, headings in SECTIONS.items():
        those = [truth for truth in found if truth.kind == kind]
        heading, n = chance.choice(headings), 0 if again else n
        lines += [heading] if those else []
        keys = []
        for truth in those:
            n += 1
            key = answered(chance, truth, 0) if kind != "truefalse" else "√" if truth.right == {"正确"} else "×"
            stem = number.format(n) + truth.stem
            lines.append(stem + (f"（ {key} ）" if where == "bracket" and "）" not in truth.stem[-2:] else ""))
            lines += laid_out(layout, [marked(sign, place, text) for place, text in enumerate(truth.options)])
            if where == "bracket" and "）" in truth.stem[-2:]:
                lines.append(f"答案：{key}")
            truth.explanation = f"因为{truth.name}" if where == "behind" else ""
            lines += {"label": [f"答案：{key}"], "behind": [f"答案：{key}　解析：{truth.explanation}"]}.get(where, [])
            keys.append((n, key))
        gathered += [(heading.partition("（")[0] or heading, keys)] if keys else []
    if where in ("end", "range"):
        lines.append("参考答案")
    for heading, keys in gathered if where in ("end", "range") else ():
        every = " ".join(f"{place}.{key}" for place, key in keys)
        runs = f"{keys[0][0]}-{keys[-1][0]} {' '.join(key for _, key in keys)}"
        lines += [heading, every if where == "end" or len(keys) < 2 else runs]
    return found, lines
