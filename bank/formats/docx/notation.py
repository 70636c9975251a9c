"""How Chinese question papers mark things: headings, numbers, options, labels, answers. Patterns and small readers.

Marks are looked for in `folded` text, where full-width letters, digits and punctuation are half-width ones; it is as
long as the text itself, so that places in the one are places in the other.
"""

import re
from collections.abc import Iterator

from bank.content import OPTION_LETTERS, ItemType
from bank.formats import spelling

_WIDTHS = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xA0: 0x20}
_SMALL = {ord(letter.lower()): letter for letter in OPTION_LETTERS[:8]}
_CHINESE = "一二三四五六七八九十"
_WORDS = "单项选择|单选|多项选择|多选|不定项选?择?|判断|是非|填空|选择|简答|问答|论述|案例分析|案例|计算|名词解释"
"""Longer ones first."""
_PREFIX = (
    rf"(?:第?[{_CHINESE}]{{1,3}}(?:部分|大题)?\s*[、.:]?|\([{_CHINESE}]{{1,3}}\)[、.]?|[ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ]\s*[、.:]?"
    r"|(?:I{1,3}|IV|VI{0,3}|IX|X)\s*[、.]|第\d{1,2}(?:部分|大题)\s*[、.:]?)"
)
SECTION = re.compile(rf"\s*{_PREFIX}\s*[^A-H0-9]{{0,12}}?({_WORDS})题?((?:[\s(:，,。].{{0,200}})?)")
BARE_SECTION = re.compile(
    r"\s*[\[【]?(单项选择|单选|多项选择|多选|不定项选?择?|判断|是非|填空|选择)题[\]】]?\s*(?:[:：]|[(（][^()（）]{0,120}[)）]\s*[:：。]?)?\s*"
)
"""The same without a numeral: nothing else stands on the line."""
KIND = re.compile(rf"\s*{_PREFIX}?\s*[\[【]?({_WORDS})题?[\]】]?((?:[\s(:，,。].{{0,2000}})?)")
"""The same among answers, where the numeral is often left out and the answers follow at once."""
_OTHER_WORDS = (
    "思考|简答|问答|论述|计算|名词解释|连线|匹配|排序|实操|实际操作|操作|应用|综合|作图|识图|看图|改错|翻译|写作|讨论|情景|证明|阅读"
    "|配伍|案例分析|案例|面试|口述|填图|分析|材料|设计|开放"
)
OTHER_SECTION = re.compile(
    rf"\s*(?:{_PREFIX}\s*[\[【]?([\u4e00-\u9fff]{{1,12}}题)[\]】]?|[\[【]?((?:{_OTHER_WORDS})题)[\]】]?)"
    r"\s*(?:[:：]|[(（][^()（）]{0,120}[)）]\s*[:：。]?)?\s*"
)
"""A section of a kind that we do not know: its questions are refused by its name, and it ends the question above."""
HEADING = re.compile(
    rf"\s*{_PREFIX}\s*[\u4e00-\u9fffA-Za-z0-9、《》“”\s]{{2,30}}\s*(?:[(（][^()（）]{{0,60}}[)）])?\s*"
)
"""A heading of any other kind; within a list it is a line like any other."""
BEHIND = re.compile(r"[\s。.]*[(（【\[]\s*([^()（）]{2,400})\s*[)）】\]][\s。.]*$")
"""What stands in brackets behind the bracket of the answer: why a statement is wrong, most often."""
CHAPTER = re.compile(rf"\s*(第[{_CHINESE}百零〇\d]{{1,5}}章.{{0,180}})")
_TRUTHS = "√|×|✓|✔|✗|✘|对|错|正确|错误"
STEM = re.compile(
    rf"\s*(?:\(\s*(?P<before>{_TRUTHS}|[A-H]{{1,8}}|[TXVYN]|\s*)\s*\)\s*)?"
    r"(?:[【\[]\s*(?:题干|题目|试题)\s*[】\]]\s*:?\s*|(?:题干|题目):\s*)?"
    r"(?:(?P<plain>\d{1,4})(?:\s*[.、](?!\d)|(?P<tight>[.、])(?=\d))|[(【\[]?\s*(?P<round>\d{1,4})\s*[)】\]]"
    r"|第\s*(?P<named>\d{1,4})\s*题[:.、]?)\s*(?P<rest>.*)",
    re.DOTALL,
)
_OPTION = re.compile(r"(?:^|(?<=[\s;；])|(?<=\))(?=[A-H]\s?\.))\(?([A-H])\s?[.、:)]\s*")
_BRACKETED = re.compile(r"\(\s*([A-H])\s*\)\s*(?=\S)")
_PRESSED = re.compile(r"(?:^|(?<=[\u4e00-\u9fff0-9%℃。;]))\s*([A-H])\s?[.]\s*(?=\S)")
"""A.甲B.乙: without spaces, and none of a name."""
_TIGHT = re.compile(r"\(?(?<![A-Za-z0-9])([A-H])\s?[.、:)]\s*")
_BARE = re.compile(r"(?:^|(?<=\s))([A-H])\s+(?=\S)")
LETTERED = re.compile(r"\s*\(?[A-H]\s?[.、:)]")
LABEL = re.compile(r"\s*[【\[]?\s*([\u4e00-\u9fff]{2,6})\s*(?:[】\]]\s*:?|:)[ \t]*(.*)", re.DOTALL)
_ANSWER = re.compile(rf"\s*((?:参考|正确|标准)?答案)\s+((?:[A-H]|{_TRUTHS}).*)", re.DOTALL)
_INLINE = re.compile(
    r"[\s。;；,，]{0,8}(?:【\s*(解析|答案解析|试题解析|依据|难度|知识点|考点|章节)\s*】:?"
    r"|(?<=[\s。;；,，])(解析|答案解析|试题解析|依据|难度|知识点|考点):)\s*"
)
IN_STEM = re.compile(rf"\(\s*([A-H](?:[\s、,，]*[A-H]){{0,7}}|{_TRUTHS})\s*\)")
IN_STATEMENT = re.compile(rf"\(\s*([TFXVYN]|{_TRUTHS})\s*\)")
BLANK = re.compile(r"\(\s*\)|_{2,}")
PLACE = re.compile(rf"\(\s*(?:[A-H]{{1,8}}|{_TRUTHS})?\s*\)|_{{2,}}")
"""Where an answer goes, filled or not."""
HINT = re.compile(r"\s*[(【\[]\s*(单选|多选|判断|填空|单项选择|多项选择|不定项选?择?)题?\s*[)】\]]\s*")
_CASE = r"(?:案例(?:背景|资料|材料|分析)?题?|背景(?:资料|材料)?|材料|资料)"
_COUNT = rf"(?:[{_CHINESE}]{{1,3}}|\d{{1,2}})"
_CASES = (
    re.compile(rf"\s*[【\[]\s*{_CASE}\s*{_COUNT}?\s*[】\]]\s*:?\s*(.*)", re.DOTALL),
    re.compile(rf"\s*(?:{_PREFIX})?\s*{_CASE}\s*{_COUNT}\s*(?:[:、.]\s*(.*)|\s(.*)|)", re.DOTALL),
    re.compile(r"\s*(?:案例)?背景(?:资料|材料)?\s*(?::\s*(.*)|)", re.DOTALL),
)
_CASES_WITHIN = (
    re.compile(rf"\s*{_CASE}\s*:\s*(.*)", re.DOTALL),
    re.compile(rf"\s*\([{_CHINESE}]{{1,3}}\)\s*(.*)", re.DOTALL),
)
"""Only in a section of cases: elsewhere these words are ordinary ones."""
_COMMON = re.compile(
    r"\s*[(【\[]?\s*第?(\d{1,4})\s*[-—–~～至到]+\s*第?(\d{1,4})\s*小?题?[^。]{0,4}共用(?:题干|背景|材料|资料|案例)\s*[)】\]]?[。:]?\s*(.*)",
    re.DOTALL,
)
_READ = re.compile(
    r"\s*[(【\[]?根据(?:以下|下列|下面)[^。]{0,16}(?:回答|完成)\s*第?(\d{1,4})\s*[-—–~～至到]+\s*第?(\d{1,4})\s*小?题?[^。]{0,6}[。:)】\]]*()"
)
QUESTIONS = re.compile(r"\s*(?:请?回答(?:以下|下列)?问题|问题|问)\s*[:。]?\s*")
GATHERED = re.compile(
    r"\s*[【\[(]?[\u4e00-\u9fff\s]{0,12}?(参考答案|标准答案|正确答案|答案)\s*(?:[及与和]?\s*(?:解析|详解|评分标准))?[】\])]?\s*(:?)\s*(.*)",
    re.DOTALL,
)
_LONGEST = 20_000
"""Characters of one line of answers."""
_TOKEN = rf"(?:[A-H](?:[\s、,，]*[A-H]){{0,7}}(?![A-Za-z])|{_TRUTHS}|T(?![A-Za-z]))"
_ENTRY = re.compile(rf"[\s、,，;；。|]*(\d{{1,4}})\s*[.、:)]?\s*({_TOKEN})")
_RANGE = re.compile(
    rf"[\s、,，;；。|]*(\d{{1,4}})\s*[-—–~～至到]+\s*(\d{{1,4}})\s*题?\s*[.、:)]?\s*((?:(?:[A-H]|{_TRUTHS}|T)[\s、,，;；]*)+)"
)
SURELY = re.compile(rf"\s*\d{{1,4}}\s*[.、:)]\s*{_TOKEN}[\s。.;；]*$")
"""One numbered answer: "5 A" alone is five amperes."""
UNNUMBERED = re.compile(rf"[\s、,，;；。|]*(?:{_TOKEN}[\s、,，;；。|]*)+")
"""Answers one after the other, of which nothing says to which question each belongs."""
SHARED_OPTIONS = re.compile(
    r"\s*[(【\[]?\s*(?:第?\d{1,4}\s*[-—–~～至到]+\s*第?(\d{1,4})\s*小?题?)?[^。]{0,8}共用(?:备选|答案|选项).*",
    re.DOTALL,
)
"""Questions that choose from one list of options."""
TOKEN = re.compile(rf"\s*({_TOKEN})[\s。.;；]*")
_ENDING = re.compile(
    r"(?:^|(?<=[\s。;,.!?)】]))(?:[【\[]\s*(?:参考|正确|标准)?答案\s*[】\]]\s*:?|(?:参考|正确|标准)?答案\s*:|(?P<bare>答\s*:))"
    rf"|(?P<boxed>【(?=\s*(?:{_TOKEN}|F)\s*】[\s。.;]*$))"
)
WITHIN = re.compile(rf"答案\s*[:】\]]|(?:^|\s)答\s*:|【\s*(?:{_TOKEN}|F)\s*】|[√×✓✔✗✘]\s*[。.]?\s*$", re.MULTILINE)
"""An answer may stand here."""


def folded(text: str) -> str:
    return text.translate(_WIDTHS)


def type_of(word: str) -> str:
    """The type that a heading names; 选择 leaves it to the answers."""
    if word.startswith("不定项"):
        return ItemType.MULTIPLE.value
    found = spelling.item_type(word)
    return found.value if isinstance(found, ItemType) else ""


def number_of(match: re.Match[str]) -> int:
    return int(match["plain"] or match["round"] or match["named"])


def label_of(text: str) -> tuple[str, str] | None:
    """(word, what follows) of a labelled line such as 【答案】B or 答案 B."""
    plain = folded(text)
    match = LABEL.fullmatch(plain) or _ANSWER.fullmatch(plain)
    return None if match is None else (match[1], text[match.start(2) :])


def parted(text: str) -> list[tuple[str, str]]:
    """ "B 【解析】因为…" -> what stands before the first label within it, then each label with what follows."""
    marks = list(_INLINE.finditer(folded(text)))
    starts = [mark.start() for mark in marks] + [len(text)]
    told = [(mark[1] or mark[2], text[mark.end() : end]) for mark, end in zip(marks, starts[1:], strict=True)]
    return [("", text[: starts[0]]), *told]


def ending(text: str) -> tuple[str, str, str] | None:
    """ "C.三 答案：C" -> what stands before the answer at the end of a line, the answer with what is said behind it,
    by what it is told: 答案, 答 or 【】.
    """
    plain = folded(text)
    found = list(_ENDING.finditer(plain))
    if len(found) != 1 or WITHIN.search(plain[: found[0].start()]):
        return None
    rest = text[found[0].end() :]
    if found[0]["boxed"]:
        return text[: found[0].start()], rest[: rest.index("】")], "【】"
    if TOKEN.fullmatch(folded(parted(rest)[0][1])) is None:
        return None
    return text[: found[0].start()], rest, "答" if found[0]["bare"] else "答案"


def options_in(text: str, held: int, bare: bool, small: bool = False) -> list[tuple[int, int]]:
    """Where the options that follow the `held` ones stand in a line: (start of its mark, start of its text) of each.

    "A.甲B.乙C.丙" without spaces counts where three follow each other. `bare`: letters without a mark count as well;
    `small`: a. b. c.
    """
    plain = folded(text).translate(_SMALL) if small else folded(text)
    found = _run(_OPTION.finditer(plain), held)
    if found and found[0][0] <= len(plain) - len(plain.lstrip()):
        for pressed in (_BRACKETED, _PRESSED):
            marks = _run(pressed.finditer(plain), held)
            if len(marks) > len(found) and marks[0][0] == found[0][0] and _alike(plain, marks):
                return marks
        tight = _run(_TIGHT.finditer(plain), held)
        if len(tight) > max(2, len(found)) and _alike(plain, tight):
            return tight
    elif not found and plain[:1].strip():
        marks = _run(_BARE.finditer(plain), held)
        if marks and marks[0][0] == 0 and (bare or len(marks) > 2):
            return marks
    return found


def _alike(plain: str, marks: list[tuple[int, int]]) -> bool:
    """Whether all bear the sign of the first, each with a text: in "见 A、B、C 三项" they are no options."""
    signs = {plain[start:end].strip()[-1] for start, end in marks}
    ends = [start for start, _end in marks[1:]] + [len(plain)]
    return len(signs) == 1 and all(plain[begin:end].strip() for (_start, begin), end in zip(marks, ends, strict=True))


def _run(marks: Iterator[re.Match[str]], held: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for mark in marks:
        bracketed = mark[0].rstrip().endswith(")") and mark.string[: mark.start()].rstrip().endswith("(")
        named = bool(found) and "、" in mark[0] and not mark.string[found[-1][1] : mark.start()].strip()
        # ( A ) is an answer; in "A. B、C、D" the first option speaks of others
        if mark[1] == OPTION_LETTERS[held + len(found)] and not bracketed and not named:
            found.append((mark.start(), mark.end()))
    return found


def begins_case(text: str, within: bool) -> tuple[str, int] | None:
    """(first words of the background, last question that shares it or 0) where the line begins a case."""
    plain = folded(text)
    for pattern in (_COMMON, _READ):
        match = pattern.fullmatch(plain)
        if match is not None:
            return text[match.start(3) :], int(match[2])
    for pattern in _CASES + (_CASES_WITHIN if within else ()):
        match = pattern.fullmatch(plain)
        if match is not None:
            group = next((n for n in range(1, pattern.groups + 1) if match[n] is not None), 0)
            return (text[match.start(group) :] if group else ""), 0
    return None


def answers_in(text: str) -> list[tuple[int, str]] | None:
    """ "1.A 2.BC 3.√" or "1-5 ABCDA 6-10 …" -> numbers with their answers; None where it is anything else."""
    plain, at = folded(text), 0
    found: list[tuple[int, str]] = []
    if len(plain) > _LONGEST:
        return None
    while plain[at:].strip(" \t\n、,，;；。|"):
        match = _RANGE.match(plain, at)
        if match is not None:
            first, last = int(match[1]), int(match[2])
            answers = _dealt(match[3], last - first + 1)
            if answers is None:
                return None
            found += [(first + n, answer) for n, answer in enumerate(answers)]
        else:
            match = _ENTRY.match(plain, at)
            if match is None:
                return None
            found.append((int(match[1]), match[2]))
        at = match.end()
    return found or None


def answer_stands(match: re.Match[str]) -> bool:
    """Whether letters in brackets stand as an answer does: at the end of a line, behind a verb, with room around them.

    "安培（A）" and "10（A）" are units, "甲类（B）" is a name.
    """
    before = match.string[: match.start()].rstrip()
    if before[-1:].isascii() and before[-1:].isalnum():
        return False
    return _roomy(match) or before[-1:] in _VERBS


def truth_stands(match: re.Match[str]) -> bool:
    """The same of 对 and √: "熔断器（对）电路" says what it protects. "中性线（N）" is a name: letters need more."""
    if len(match[1]) == 1 and match[1] in "TFXVYN":
        before = match.string[: match.start()]
        return _roomy(match) and (len(match[0]) > 3 or not before.strip() or before[-1] in " \t\n。.!?")
    return match[1] in "√×✓✔✗✘" or _roomy(match)


def standing(stem: str, *, statement: bool) -> tuple[list[re.Match[str]], list[re.Match[str]]]:
    """What stands in the brackets of a stem as its answer does, and what may as well be part of the text.

    Where the stem has an empty bracket or a gap, all of it is text.
    """
    plain = folded(stem)
    surely: list[re.Match[str]] = []
    perhaps: list[re.Match[str]] = []
    for match in () if BLANK.search(plain) else (IN_STATEMENT if statement else IN_STEM).finditer(plain):
        if statement:
            (surely if truth_stands(match) else perhaps).append(match)
        elif match[1][0] in OPTION_LETTERS:
            (surely if answer_stands(match) else perhaps).append(match)
    return surely, perhaps


def at_end(match: re.Match[str]) -> bool:
    """ "先断电（T）": T or F where nothing follows. "法拉（F）" looks alike."""
    before = match.string[: match.start()].rstrip()
    return match[1] in ("T", "F") and _roomy(match) and not (before[-1:].isascii() and before[-1:].isalnum())


def truth(word: str) -> bool | None:
    """As `spelling` knows it; and V for √, which not every keyboard has."""
    return True if word.strip() in ("V", "Ｖ") else spelling.truth(word)


def _roomy(match: re.Match[str]) -> bool:
    inside, after = match[0][1:-1], match.string[match.end() :].partition("\n")[0]
    return inside != inside.strip() or not after.strip(" \t.。,，;；:?!、") or not match.string[: match.start()].strip()


_VERBS = frozenset("是为应用于在有达由选以至成到属即叫称作取指")


def many_answers(text: str) -> bool:
    return len(answers_in(text) or ()) > 1


def _dealt(text: str, number: int) -> list[str] | None:
    """As many answers as there are questions: one sign each, or one word each."""
    signs = re.findall(rf"[A-H]|{_TRUTHS}|T", text)
    words = re.split(r"[\s、,，;；]+", text.strip(" \t\n、,，;；"))
    return signs if len(signs) == number else words if len(words) == number else None
