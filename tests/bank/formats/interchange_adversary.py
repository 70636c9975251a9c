"""Interchange files made by chance, each question with what it means: GIFT, Aiken, Moodle XML, QTI.

Truth is the text that must be right, not its place: the program writes options in any order, under letters of their
own or none, struck, hidden, numbered, with feedback, in whatever encoding. What a reader of the file sees and no item
holds must be told.
"""

import html
import random
from dataclasses import dataclass, field

from bank.content import OPTION_LETTERS as LETTERS

WORDS = (
    "接地 绝缘 验电 监护 断路器 熔断器 36V 220\u00a0V 0.5 50% A级 B类 3.5mm 12米 甲醇 乙炔 二氧化碳 CO2 P-1 I区 C型 不断电 断电 ≥5 1/2 A相"
    " 10kV,20kV 甲、乙 先验电，后接地 T形 +5 -3 (1)和(2) 1:2 E级 a=b 50~60Hz {括号} #井号 x<y R&D 100\\n 2:3 C:\\temp"
).split(" ")
STEMS = [
    "关于{}的说法正确的是（  ）。", "{}时应当（　）", "3人以上{}作业应（）", "220V {}电路属于", "下列（ ）不属于{}", "1.5米以上{}应",
    "若 a=b，则{}是", "{}的范围是 50~60 Hz 吗", "{}：选择", "R&D 与 x<y 时{}",
]  # fmt: skip
POSITIONAL = ["以上都是", "以上都不对", "A和B都对", "上述全部", "前三项都是"]
NUMBERS = ["", "{}. ", "{}、", "({})", "第{}题 ", "{}) "]
SIGNS = ["", "", "{}. ", "{}、", "{}．", "({}) ", "{}) "]


@dataclass
class Truth:
    name: str
    kind: str
    stem: str
    options: list[str]
    right: set[str]
    explanation: str = ""
    number: str = ""
    """What stands before the stem."""
    order: list[int] = field(default_factory=list)
    """The places of options in the file."""
    sign: str = ""
    fixed: bool = False
    """The file says: never shuffle."""
    lost: list[str] = field(default_factory=list)
    """Words that are seen in the file and belong to no field: refused, remarked, or told."""

    def written(self) -> list[tuple[str, bool]]:
        """(text as it stands, whether it is right), in the order of the file."""
        return [
            (self.sign.format(LETTERS[place]) + self.options[place], self.options[place] in self.right)
            for place in self.order
        ]


def truths(chance: random.Random) -> list[Truth]:
    number, sign = chance.choice(NUMBERS), chance.choice(SIGNS)
    found = []
    for n in range(chance.choice([1, 2, 5])):
        name = f"识{n:04}号"
        stem = chance.choice(STEMS).format(name)
        options = chance.sample(WORDS, chance.choice([3, 4, 4, 5]))
        if chance.random() < 0.15:
            options[-1] = chance.choice(POSITIONAL)
        kind = chance.choice(["single", "single", "single", "multiple", "truefalse"])
        if kind == "truefalse":
            for gap in ("（  ）", "（　）", "（ ）", "（）"):
                stem = stem.replace(gap, "")
            found.append(Truth(name, kind, stem, [], {chance.choice(["正确", "错误"])}, number=number.format(n + 1)))
            continue
        right = set(chance.sample(options, 1 if kind == "single" else 2))
        order = list(range(len(options)))
        if sign and chance.random() < 0.4:
            chance.shuffle(order)
        explanation = chance.choice(["", f"因为{name}", f"{name}见第3条：1.甲 2.乙"])
        found.append(Truth(name, kind, stem, options, right, explanation, number.format(n + 1), order, sign))
    return found


# ---- GIFT -----------------------------------------------------------------------------------------------------------


def _escaped(text: str) -> str:
    for sign in "\\~=#{}:":
        text = text.replace(sign, "\\" + sign)
    return text


def gift(seed: int) -> tuple[list[Truth], bytes, str]:
    chance = random.Random(seed)  # noqa: S311 - examples
    found, parts = truths(chance), []
    form = chance.choice(["", "", "[plain]", "[html]", "[moodle]"])
    if form == "[html]":
        found = [each for each in found if not any(s in "".join([each.stem, *each.options]) for s in "<&")]
    for truth in found:
        title = chance.choice(["", f"::题{truth.name}::", "::Q1::"])
        comment = chance.choice(["", "// 出题人：王五\n"])
        lines = []
        for text, right in truth.written():
            shown, extra = _escaped(text), ""
            if form == "[html]" and chance.random() < 0.1:
                shown = f"<s>{shown}</s>"
                truth.lost.append("struck")
            if chance.random() < 0.1:
                extra = "#评语甲"
            share = 50 if truth.kind == "multiple" else 100
            mark = ("=" if truth.kind == "single" else f"~%{share}%") if right else "~"
            if not right and truth.kind == "multiple":
                mark = chance.choice(["~", "~%-50%"])
            if right and truth.kind == "single" and chance.random() < 0.2:
                mark = "~%100%"
            lines.append(f"{mark}{shown}{extra}")
        join = chance.choice(["\n", " ", "\n  "])
        said = f"####{_escaped(truth.explanation)}" if truth.explanation else ""
        body = join.join(lines) + (join if said else "") + said
        if truth.kind == "truefalse":
            truth.explanation = ""
            body = chance.choice(["TRUE", "T"] if truth.right == {"正确"} else ["FALSE", "F"])
        stem = form + _escaped(truth.number + truth.stem)
        parts.append(f"{comment}{title}{stem}{{{chance.choice(['', ' ', chr(10)])}{body}{chance.choice(['', ' '])}}}")
    text = chance.choice(["\n\n", "\n\n\n"]).join(parts) + "\n"
    return found, *_encoded(chance, text)


def _encoded(chance: random.Random, text: str) -> tuple[bytes, str]:
    encoding = chance.choice(["utf-8", "utf-8", "utf-8-sig", "gb18030", "utf-16"])
    if chance.random() < 0.3:
        text = text.replace("\n", "\r\n")
    return text.encode(encoding), encoding


# ---- Aiken ----------------------------------------------------------------------------------------------------------


def aiken(seed: int) -> tuple[list[Truth], bytes, str]:
    chance = random.Random(seed)  # noqa: S311 - examples
    found = [truth for truth in truths(chance) if truth.kind != "truefalse"]
    parts = []
    sign = chance.choice(["{}. ", "{}) ", "{}.", "{}、", "{}．"])
    for truth in found:
        truth.sign, truth.explanation = sign, ""
        lines = [truth.number + truth.stem, *(text for text, _right in truth.written())]
        letters = sorted(LETTERS[truth.options.index(text)] for text in truth.right)
        said = chance.choice([", ", ""]).join(letters)
        if len(letters) == 1 and chance.random() < 0.2:
            said = chance.choice([said.lower(), f"{said}. {truth.options[LETTERS.index(said)]}"])
        lines.append(chance.choice(["ANSWER: ", "ANSWER:", "Answer: ", "答案："]) + said)
        parts.append("\n".join(lines))
    return found, *_encoded(chance, "\n\n".join(parts) + "\n")


# ---- Moodle XML -----------------------------------------------------------------------------------------------------


def _rich(chance: random.Random, text: str, truth: Truth) -> str:
    """HTML that shows the text, and now and then something that it should not be read as."""
    shown = html.escape(text, quote=False)
    way = chance.randrange(14)
    if way == 0:
        truth.lost.append("struck")
        return f"<p><s>旧字</s>{shown}</p>"
    if way == 1:
        truth.lost.append("hidden")
        return f'<p>{shown}<span style="display:none">藏着的字</span></p>'
    if way == 2:
        return f"<p><b>{shown}</b></p><!-- 注释 -->"
    if way == 3:
        return f"<div><p>{shown}</p></div>"
    if way == 4:
        truth.lost.append("struck")
        return f'<span style="text-decoration: line-through">划掉</span>{shown}'
    return shown if way < 8 else f"<p>{shown}</p>"


def moodle(seed: int) -> tuple[list[Truth], bytes, str]:
    chance = random.Random(seed)  # noqa: S311 - examples
    found, parts = truths(chance), []
    for truth in found:
        plain = chance.random() < 0.3
        form = "plain_text" if plain else "html"

        def field_(name: str, text: str, more: str = "", truth=truth, plain=plain, form=form) -> str:  # type: ignore[no-untyped-def]
            body = html.escape(text, quote=False) if plain else f"<![CDATA[{_rich(chance, text, truth)}]]>"
            return f'<{name} format="{form}"{more}><text>{body}</text></{name}>'

        kind = "truefalse" if truth.kind == "truefalse" else "multichoice"
        lines = [f'<question type="{kind}">', f"<name><text>{chance.choice([truth.name, '第一题', ''])}</text></name>"]
        lines.append(field_("questiontext", truth.number + truth.stem))
        if truth.explanation and kind == "multichoice":
            lines.append(f"<generalfeedback><text>{html.escape(truth.explanation)}</text></generalfeedback>")
        else:
            truth.explanation = ""
        if kind == "truefalse":
            for word in chance.sample(["true", "false"], 2):
                points = 100 if (word == "true") == (truth.right == {"正确"}) else 0
                lines.append(f'<answer fraction="{points}"><text>{word}</text></answer>')
        else:
            lines.append(f"<single>{'true' if truth.kind == 'single' else 'false'}</single>")
            truth.fixed = chance.random() < 0.3
            lines.append(f"<shuffleanswers>{chance.choice(['0', 'false']) if truth.fixed else '1'}</shuffleanswers>")
            for text, right in truth.written():
                points = {"single": 100, "multiple": 50}[truth.kind] if right else 0
                lines.append(field_("answer", text, f' fraction="{points}"'))
            if chance.random() < 0.2:
                lines.append("<hidden>1</hidden>")
                truth.lost.append("hidden question")
        lines.append("</question>")
        parts.append("\n".join(lines))
    encoding = chance.choice(["utf-8", "utf-8", "utf-16", "gb18030"])
    head = f'<?xml version="1.0" encoding="{encoding}"?>\n<quiz>\n'
    return found, (head + "\n".join(parts) + "\n</quiz>\n").encode(encoding), encoding


# ---- QTI ------------------------------------------------------------------------------------------------------------


def _marked(chance: random.Random, text: str, truth: Truth) -> str:
    shown = html.escape(text, quote=False)
    way = chance.randrange(14)
    if way == 0:
        truth.lost.append("struck")
        return f'<span style="text-decoration:line-through">旧字</span>{shown}'
    if way == 1:
        truth.lost.append("hidden")
        return f'{shown}<span style="display:none">藏着的字</span>'
    if way == 2:
        return f"<p><strong>{shown}</strong></p>"
    return shown if way < 8 else f"<p>{shown}</p>"


def qti(seed: int) -> tuple[list[Truth], list[tuple[str, bytes]]]:
    """The parts of a package."""
    chance = random.Random(seed)  # noqa: S311 - examples
    found, parts, resources = truths(chance), [], []
    three = chance.random() < 0.4
    for n, truth in enumerate(found, 1):
        truth.explanation = ""
        written = truth.written()
        if truth.kind == "truefalse":
            written = [(word, word in truth.right) for word in chance.sample(["正确", "错误"], 2)]
        names = chance.sample(["A", "B", "C", "D", "E"], len(written)) if chance.random() < 0.5 else [
            f"choice_{place}" for place in range(len(written))
        ]  # fmt: skip
        right = [name for name, (_text, is_right) in zip(names, written, strict=True) if is_right]
        truth.fixed = chance.random() < 0.4
        shuffle = 'shuffle="false"' if truth.fixed else 'shuffle="true"'
        many = truth.kind == "multiple"
        choices = "".join(
            f'<simpleChoice identifier="{name}">{_marked(chance, text, truth)}</simpleChoice>'
            for name, (text, _right) in zip(names, written, strict=True)
        )
        rubric = ""
        way = chance.randrange(6)
        if way == 0:
            rubric = '<rubricBlock view="scorer"><p>评分要点</p></rubricBlock>'
            truth.lost.append("rubric")
        stem = _marked(chance, truth.number + truth.stem, truth)
        prompt = f"<prompt>{stem}</prompt>" if chance.random() < 0.5 and "<p>" not in stem else ""
        before = "" if prompt else f"<div>{stem}</div>"
        answer = "".join(f"<value>{name}</value>" for name in right)
        text = (
            f'<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p2" identifier="i{n}" title="{truth.name}"'
            ' adaptive="false" timeDependent="false">'
            f'<responseDeclaration identifier="RESPONSE" cardinality="{"multiple" if many else "single"}"'
            f' baseType="identifier"><correctResponse>{answer}</correctResponse></responseDeclaration>'
            f"<itemBody>{rubric}{before}"
            f'<choiceInteraction responseIdentifier="RESPONSE" {shuffle} maxChoices="{0 if many else 1}">{prompt}'
            f"{choices}</choiceInteraction></itemBody></assessmentItem>"
        )
        if three:
            text = _three(text)
        encoding = chance.choice(["utf-8", "utf-8", "utf-16", "gb18030"])
        parts.append((f"items/i{n}.xml", f'<?xml version="1.0" encoding="{encoding}"?>{text}'.encode(encoding)))
        kind = "imsqti_item_xmlv3p0" if three else "imsqti_item_xmlv2p2"
        resources.append(
            f'<resource identifier="r{n}" type="{kind}" href="items/i{n}.xml"><file href="items/i{n}.xml"/></resource>'
        )
    manifest = (
        '<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" identifier="m"><organizations/>'
        f"<resources>{''.join(resources)}</resources></manifest>"
    )
    return found, [("imsmanifest.xml", manifest.encode()), *parts]


_NAMES = {
    "assessmentItem": "qti-assessment-item", "responseDeclaration": "qti-response-declaration",
    "correctResponse": "qti-correct-response", "value": "qti-value", "itemBody": "qti-item-body",
    "choiceInteraction": "qti-choice-interaction", "simpleChoice": "qti-simple-choice", "prompt": "qti-prompt",
    "rubricBlock": "qti-rubric-block", "responseIdentifier": "response-identifier", "maxChoices": "max-choices",
    "baseType": "base-type", "timeDependent": "time-dependent", "imsqti_v2p2": "imsqtiasi_v3p0",
}  # fmt: skip


def _three(text: str) -> str:
    for two, three in _NAMES.items():
        for sign in ("<", "</"):
            text = text.replace(f"{sign}{two}>", f"{sign}{three}>").replace(f"{sign}{two} ", f"{sign}{three} ")
        text = text.replace(f" {two}=", f" {three}=").replace(f'/{two}"', f'/{three}"')
    return text
