"""Word files in the layouts that Chinese authors use.

    一、单选题                                          案例一  某厂……
    1. 安全电压的上限是（　）。                         1. 该事故属于（ B ）。
    A. 12 V    B. 36 V                                  A. 一般事故    B. 较大事故
    C. 110 V
    答案：B                                             参考答案  一、单选题  1-5 BCADB
    解析：……

Read line by line: section headings give the type, 第…章 the chapter, a number begins a question, letters its options,
labelled lines (答案 解析 依据 章节 难度 …, with ： or in 【】) the rest. A background with the questions after it is a
case group; answers gathered at the end are given to their questions. A question is whole or refused, with the paragraph
it begins in. Neighbours: `docx_body` makes the lines, `docx_marks` knows the marks, `docx_answers` the answers at the
end, `docx_question` makes a Draft of what was gathered here.
"""

import re
from collections.abc import Iterator

from bank.content import ItemType
from bank.formats import archive
from bank.formats.bad_row import BadRow
from bank.formats.docx import notation as marks
from bank.formats.docx.answers import Answers, Section, numbers_answers
from bank.formats.docx.body import DOCUMENT, Add, Document, Line
from bank.formats.docx.question import LABELS, Case, Question, draft, words_of
from bank.formats.draft import Draft
from bank.formats.sheets import table

__all__ = ["DOCUMENT", "read"]

_UNREAD = {"简答": "essay", "问答": "essay", "论述": "essay", "计算": "calculation", "名词解释": "essay"}
_NO_END = 10_000
_LOST = "options-without-question"
_WITHOUT_OPTIONS = (ItemType.TRUEFALSE.value, ItemType.FILL.value)
_LONG = ("answer", "explanation", "basis")
"""Labels that may have several lines."""
_AHEAD = 200
"""Lines looked at before a number is taken for a question or for a list within one."""

Notes = list[tuple[int, str, dict[str, object]]]


def read(parts: archive.Zip, file: str, add: Add, notes: Notes) -> Iterator[tuple[int, str, Draft | BadRow]]:
    """(paragraph, its first words, Draft or why there is none) for every question."""
    document = Document(parts, file, add)
    paper = _Paper(list(document.lines()), notes)
    notes += document.told
    paper.read()
    for row, bad in document.unread:
        yield row, "", bad
    places: dict[tuple[str, tuple[str, ...]], int] = {}
    taken: list[tuple[int, str]] = []
    for question in paper.questions:
        told: list[str] = []
        made: Draft | BadRow
        try:
            made = draft(question, places, told.append)
        except BadRow as bad:
            made = bad
        yield question.row, question.words, made
        if "answer-in-stem" in told:
            taken.append((question.row, question.words))
        if isinstance(made, Draft):
            others = [reason for reason in told if reason != "answer-in-stem"]
            notes += [(question.row, reason, {"words": question.words}) for reason in others]
    if taken:
        row, words = taken[0]
        notes.append((row, "answer-in-stem", {"found": len(taken), "words": words}))


class _Paper:
    """Goes through the lines and gathers questions."""

    def __init__(self, lines: list[Line], notes: Notes) -> None:
        self.questions: list[Question] = []
        self._lines = lines
        self._notes = notes
        self._now: Question | None = None
        self._type = self._unsupported = self._chapter = ""
        self._within = False
        self._case: Case | None = None
        self._answers: Answers | None = None
        self._sections: list[Section] = []
        """Since the last gathered answers."""
        self._last = self._shared = 0
        """Number of the last question; of the last that shares one list of options with others."""
        self._restarted = True
        """Any number may begin a question now."""
        self._headed = True
        """The next question is the first under its heading."""

    def read(self) -> None:
        table_ = 0
        for place, line in enumerate(self._lines):
            if line.cells and self._answers is None and line.row != table_ and table.find_heading([line.cells]):
                self._end_case()
                self._note(line.row, "table-not-read")
                table_ = line.row
            if line.row == table_:
                continue
            if line.images and self._answers is not None:
                self._note(line.row, "picture-of-explanation")
            if line.bad and self._answers is not None:
                self._note(line.row, "line-not-read")  # 1.A 2.B with B struck out
            elif self._answers is None or not self._answer(place, line):
                self._take(place, line)
        self._end_case()
        self._end_answers()

    def _take(self, place: int, line: Line) -> None:
        text, plain = line.text, marks.folded(line.text)
        if self._parts_paper(place, line, plain):
            self._tell_unread(line)
            return
        stem = marks.STEM.fullmatch(plain)
        case = self._begins_case(text)
        if case is not None:
            self._end_case()
            first, last = case
            self._case = Case(line.row, [first] if first.strip() else [], list(line.images), last, bad=line.bad)
            self._restarted = True
        elif stem is not None and self._begins(place, line, stem):
            self._begin(line, stem)
        elif self._now is not None and self._heads(plain):
            self._end_case()
            self._note(line.row, "line-not-read")
        elif self._lost(place, line) or self._now is not None:
            self._put(place, line)
        elif self._case is not None:
            if not marks.QUESTIONS.fullmatch(plain):
                self._case.lines.append(line.whole())
            self._case.images += line.images
            self._case.bad = self._case.bad or line.bad
        elif (text.strip() or line.bad) and not (self._shared and marks.LETTERED.match(plain)):
            self._note(line.row, "line-not-read")

    def _parts_paper(self, place: int, line: Line, plain: str) -> bool:
        """Whether the line is a heading: of a section, of a chapter, of a list of options, of the answers."""
        text = line.text
        short = len(text) < 300
        section = (marks.SECTION.fullmatch(plain) or marks.BARE_SECTION.fullmatch(plain)) if short else None
        other = marks.OTHER_SECTION.fullmatch(plain) if short and section is None else None
        chapter = marks.CHAPTER.fullmatch(plain) if short and not (section or other) else None
        shared = marks.SHARED_OPTIONS.fullmatch(plain) if short and not line.images else None
        if section is not None:
            self._section(section[1])
        elif other is not None and self._ends(other[1] is not None):
            self._unknown_section(line, other[1] or other[2])
        elif chapter is not None and self._may_end(text):
            self._begin_chapter(" ".join(text.split()))
        elif shared is not None:
            self._end_case()
            self._shared = int(shared[1] or 0) or _NO_END
            self._restarted = True
            self._note(line.row, "shared-options")
        elif self._gathered(place, text):
            self._end_case()
            self._answers = Answers(LABELS)
            rest = marks.GATHERED.fullmatch(plain)
            if rest is not None and rest[3]:
                self._answers.take(Line(text[rest.start(3) :], (), line.row))
        else:
            return False
        return True

    def _tell_unread(self, line: Line) -> None:
        """What stands in a heading and is no part of it."""
        if line.images:
            self._note(line.row, "part-not-read", markup="picture")
        if line.bad:
            self._note(line.row, "part-not-read", markup=line.bad)

    def _beneath(self, line: Line) -> bool:
        """Whether Word counts the line below the number of the question itself: 3.1 below 3."""
        now = self._now
        own = "" if now is None or self._within else now.counted
        return bool(own) and line.counted != line.alone and line.counted.startswith(own + ".")

    def _heads(self, plain: str) -> bool:
        """Whether a numbered heading that names no kind of question stands behind a finished question."""
        now = self._now
        done = now is not None and now.answered() and now.at == "answer" and bool(now.options)
        return done and len(plain) < 60 and marks.HEADING.fullmatch(plain) is not None

    def _lost(self, place: int, line: Line) -> bool:
        """Whether options begin of which nothing says to which question they belong: refused once, with their lines."""
        now = self._now
        again = now is not None and now.bad == _LOST and now.answered()
        free = now is None and self._case is None and not self._shared
        if not (free or again) or not marks.options_in(line.text, 0, False):
            return False
        above = next((each for each in reversed(self._lines[:place]) if each.text.strip()), line)
        if self._notes and self._notes[-1][:2] == (above.row, "line-not-read"):
            self._notes.pop()
        self._now = Question(above.row, 0, self._type, self._chapter, words=words_of(above.text), bad=_LOST)
        self.questions.append(self._now)
        return True

    def _ends(self, numbered: bool) -> bool:
        """Whether a heading of an unknown kind may stand here: not within a stem or a list of an explanation."""
        now = self._now
        if now is None or now.at in ("options", "answer") or now.answered() or now.type in _WITHOUT_OPTIONS:
            return now is None or numbered or now.at != "explanation" or now.listed == 0
        return False

    def _unknown_section(self, line: Line, word: str) -> None:
        self._end_case()
        self._within, self._shared, self._type = False, 0, ""
        self._unsupported = _UNREAD.get(word.removesuffix("题"), word)
        self._restarted = self._headed = True
        self._note(line.row, "section-not-read")

    def _section(self, word: str) -> None:
        self._end_case()
        self._within, self._shared = word.startswith("案例"), 0
        self._unsupported = _UNREAD.get(word, "")
        self._type = "" if self._unsupported or self._within else marks.type_of(word)
        self._restarted = self._headed = True

    def _begin_chapter(self, name: str) -> None:
        self._end_case()
        self._chapter, self._within = name, False
        self._restarted = self._headed = True

    def _may_end(self, text: str) -> bool:
        """Whether a heading may stand here: 第三章规定… may also go on with a stem."""
        now = self._now
        done = now is None or now.labels or now.options or now.type in (ItemType.TRUEFALSE.value, ItemType.FILL.value)
        return bool(done) and not text.rstrip().endswith(("。", "？", "?", "；"))

    def _begins_case(self, text: str) -> tuple[str, int] | None:
        now = self._now
        if (
            now is not None
            and now.at == "stem"
            and not now.answered()
            and not text.lstrip().startswith(("【", "(", "（"))
        ):
            done = now.type == ItemType.TRUEFALSE.value or self._within
            return marks.begins_case(text, self._within) if done else None
        return marks.begins_case(text, self._within or (self._case is None and now is None))

    def _begin(self, line: Line, stem: re.Match[str]) -> None:
        number, now, case = marks.number_of(stem), self._now, self._case
        if number > self._shared:
            self._shared = 0
        if self._within and case is None and now is not None and stem["round"] and not (now.options or now.labels):
            # 1. 某厂…  (1) 该事故属于…
            case = self._case = Case(now.row, now.stem, now.images, numbered=True, bad=now.bad)
            self._forget(now)
        elif case is not None and ((case.last and number > case.last) or (case.numbered and stem["plain"])):
            self._end_case()
            case = None
        unsupported = self._unsupported or ("shared-options" if self._shared else "")
        self._now = question = Question(
            line.row, number, self._type, self._chapter, unsupported, case, self._within, words=words_of(line.text)
        )
        if case is not None:
            case.questions += 1
        if self._headed or not self._sections or number in self._sections[-1].numbers:
            self._sections.append(Section(self._chapter, self._type))
            self._headed = False
        self._last, self._restarted = number, False
        question.counted = line.counted.strip(" .．、")
        question.shown.append(line.whole())
        question.read += [line.counted, line.text[: stem.start("rest")]]
        self._sections[-1].numbers.setdefault(number, len(self.questions))
        self.questions.append(question)
        rest = line.text[stem.start("rest") :]
        hint = marks.HINT.match(marks.folded(rest))
        if hint is not None:
            question.type, rest = marks.type_of(hint[1]) or question.type, rest[hint.end() :]
        before = (stem["before"] or "").strip()
        if before:
            question.answer(before)
        self._put(-1, Line(rest, line.images, line.row, line.bad))

    def _forget(self, question: Question) -> None:
        """The last question was none: it is the background of those that follow."""
        self.questions.pop()
        numbers = self._sections[-1].numbers
        if numbers.get(question.number) == len(self.questions):
            del numbers[question.number]
        self._now = None

    def _begins(self, place: int, line: Line, stem: re.Match[str]) -> bool:
        now, number = self._now, marks.number_of(stem)
        if now is None and self._case is not None:
            return self._asks(place)  # a background may hold a list
        if stem["tight"] and (stem["before"] or not self._counts_on(place, number)):  # (C)3.5 mm
            return False
        if now is None or self._restarted:
            return True
        if self._beneath(line):  # a list within the question; where its first line asks itself, a heading stands above
            now.heads = now.heads or not self._asks(place)
            return not now.heads
        told = bool(now.options or now.labels)
        first = self._within and self._case is None and stem["round"] and number == 1 and not told
        if now.listed and number == now.listed + 1:  # a list within the question, or the next question
            begins = now.at != "stem" and number == self._last + 1 and self._asks(place)
        elif first or number == self._last + 1:
            begins = True
        elif self._case is not None and self._case.numbered and stem["plain"]:
            begins = told
        else:
            again = self._last < number <= self._last + 50 or (number == 1 and now.at != "explanation")
            again = again or (number == self._last and (now.at != "explanation" or self._asks(place)))
            begins = again and (now.answered() or (now.at == "stem" and now.type in _WITHOUT_OPTIONS and number > 1))
            begins = begins or (bool(now.options) and self._has_options(place))
        if not begins:
            now.listed = number if number == 1 or number == now.listed + 1 else 0
        return begins

    def _counts_on(self, place: int, number: int) -> bool:
        """Whether "3.220 V 电路…" is question 3 and no 3.220: it is the next number, and something is asked."""
        now = self._now
        if now is None or self._restarted:
            return number in (1, self._last + 1)
        stands = now.type in _WITHOUT_OPTIONS and now.at in ("stem", "answer")
        return number == self._last + 1 and (stands or self._asks(place))

    def _asks(self, place: int) -> bool:
        """Whether options, an answer or a place for one follow before the next number."""
        first, bare = self._lines[place].text, self._now is not None and self._now.bare
        if re.search(r"[（(]\s*(?:[A-H√×]+\s*)?[)）]|_{2,}", first) or marks.ending(first) is not None:
            return True
        for line in self._lines[place + 1 : place + _AHEAD]:
            plain = marks.folded(line.text)
            label = marks.label_of(line.text)
            if marks.options_in(line.text, 0, bare) or (label is not None and LABELS.get(label[0]) == "answer"):
                return True
            if marks.ending(line.text) is not None:
                return True
            if marks.STEM.fullmatch(plain) or marks.SECTION.fullmatch(plain):
                return False
        return False

    def _put(self, place: int, line: Line) -> None:
        now = self._now
        assert now is not None
        now.bad = now.bad or line.bad
        if place >= 0:
            now.shown.append(line.whole())
        label = None if place < 0 else marks.label_of(line.text)
        name = None if label is None else LABELS.get(label[0])
        if label is not None and name is not None:
            self._say(now, name, label[1])
        elif self._ends_with_answer(now, line, place):
            return
        elif self._options(now, line, place):
            now.read.append(line.counted)
        elif now.at == "stem":
            now.stem.append(line.whole())
        elif now.at == "options":
            now.options[-1].append(line.whole())
        elif now.at in _LONG:
            now.labels[now.at].append(line.whole())
        elif line.text.strip():
            now.shown.pop()
            self._note(line.row, "line-not-read")  # 注意：… behind 难度：0.7
        if line.images:
            if now.at == "options":
                now.option_images[-1] += line.images
            elif now.at == "stem":
                now.images += line.images
            else:
                self._note(line.row, "picture-of-explanation")

    def _say(self, now: Question, name: str, text: str) -> None:
        for word, said in marks.parted(text) if name == "answer" else [("", text)]:
            now.at = LABELS.get(word, name)
            if now.at == "answer":
                now.answer(said)
            else:
                now.labels.setdefault(now.at, []).append(said)

    def _ends_with_answer(self, now: Question, line: Line, place: int) -> bool:
        """Whether the line ends with the answer: "A.一 B.二 答案：B", "…不应断电。答案：错", "…（ ）【C】"."""
        found = marks.ending(line.text) if now.at in ("stem", "options") and now.type != ItemType.FILL.value else None
        if found is None:
            return False
        before, answer, by = found
        if self._options(now, Line(before, (), line.row), place):
            pass
        elif now.at == "options":
            if before.strip():
                return False  # an option of several lines: where it ends is not sure
        elif by == "答" and (before.strip() or now.type != ItemType.TRUEFALSE.value):
            return False  # 乙答：对
        else:
            now.stem.append(before.rstrip())
            now.taken = by == "【】"
        (now.option_images[-1] if now.options else now.images).extend(line.images)
        now.ended = not now.options
        self._say(now, "answer", answer)
        return True

    def _options(self, now: Question, line: Line, place: int) -> bool:
        """Whether the line holds the next option, or several."""
        follows = now.ended and now.at == "answer" and not now.options
        if not (follows or now.at in ("stem", "options")) or now.type == ItemType.FILL.value:
            return False
        text = line.text
        small = now.small or (not now.options and self._small(place))
        found = marks.options_in(text, len(now.options), now.bare or self._bare(now, place), small)
        if not found:
            return False
        before = text[: found[0][0]]
        if place < 0 and not before.strip():
            return False  # a question begins with its stem, "A、B 两类…"
        if before.strip():
            if now.at == "options" or now.stem or len(found) < 2:
                return False
            now.stem.append(before)  # stem and options on one line
        now.small = small
        now.bare = marks.folded(text[found[0][0] : found[0][1]]).strip().isalpha()
        ends = [start for start, _end in found[1:]] + [len(text)]
        for (_start, begin), end in zip(found, ends, strict=True):
            now.options.append([text[begin:end].strip(" \t\u3000")])
            now.option_images.append([])
        told = [option[0] for option in now.options[-len(found) :]]
        if len(found) > 1 and all(text.endswith(("；", ";")) for text in told[:-1]):  # A．绝缘；B．屏护；C．接地
            for option, text in zip(now.options[-len(found) :], told, strict=True):
                option[0] = text.rstrip("；; ")
        now.at = "options"
        return True

    def _small(self, place: int) -> bool:
        """Whether the options are a. b. c.: a list in a stem bears such letters, too, and A. B. C. follow it."""
        if place < 0 or not marks.options_in(self._lines[place].text, 0, False, True):
            return False
        for line in self._lines[place : place + _AHEAD]:
            if marks.options_in(line.text, 0, False):
                return False
            if line is not self._lines[place] and marks.STEM.fullmatch(marks.folded(line.text)):
                break
        return True

    def _bare(self, now: Question, place: int) -> bool:
        """Whether the next line goes on with the next letter, so that this one is an option and no sentence."""
        for line in self._lines[place + 1 : place + 4] if place >= 0 else ():
            if line.text.strip():
                return bool(marks.options_in(line.text, len(now.options) + 1, True))
        return False

    def _gathered(self, place: int, text: str) -> bool:
        """Whether 参考答案 is a heading here, with the answers of many questions below it."""
        heading = marks.GATHERED.fullmatch(marks.folded(text)) if len(text) < 2000 and self.questions else None
        if heading is None:
            return False
        if heading[3]:
            return marks.many_answers(text[heading.start(3) :]) or bool(
                marks.KIND.fullmatch(heading[3]) and re.search(r"\d", heading[3])
            )
        for line in self._lines[place + 1 : place + _AHEAD]:
            plain = marks.folded(line.text)
            if not plain.strip() or marks.CHAPTER.fullmatch(plain):
                continue
            if marks.UNNUMBERED.fullmatch(plain):
                return not heading[2]
            headed = marks.KIND.fullmatch(plain)
            if headed is not None and not re.search(r"\d", headed[2]):
                continue
            if headed is not None or marks.many_answers(line.text) or marks.SURELY.match(plain):
                return True
            case = marks.begins_case(line.text, False)
            if case is not None and not case[0].strip():
                continue
            if case is not None:
                return marks.answers_in(case[0]) is not None
            if line.cells:
                return numbers_answers(line)
            stem = None if (found := marks.STEM.fullmatch(plain)) is None or found["tight"] else found
            labelled = None if stem is None else marks.label_of(stem["rest"])
            if labelled is not None:
                return LABELS.get(labelled[0]) == "answer"
            told = stem is not None and marks.TOKEN.fullmatch(marks.parted(stem["rest"])[0][1])
            return stem is not None and marks.number_of(stem) == 1 and (bool(told) or not heading[2])
        return False

    def _answer(self, place: int, line: Line) -> bool:
        """One line behind 参考答案. False where the answers are over."""
        assert self._answers is not None
        plain = marks.folded(line.text)
        chapter = marks.CHAPTER.fullmatch(plain)
        if chapter is not None:
            name = " ".join(line.text.split())
            if any(section.chapter == name for section in self._sections):
                self._answers.chapter(name)
                return True
            self._end_answers()
            return False
        if marks.STEM.fullmatch(plain) and marks.answers_in(line.text) is None and self._has_options(place):
            self._end_answers()  # another paper begins
            return False
        if marks.SECTION.fullmatch(plain) and self._has_options(place + 1):
            self._end_answers()
            return False
        if not self._answers.take(line) and line.text.strip():
            self._note(line.row, "answers-without-numbers" if marks.UNNUMBERED.fullmatch(plain) else "line-not-read")
        return True

    def _has_options(self, place: int) -> bool:
        if place < len(self._lines) and len(marks.options_in(self._lines[place].text, 0, False)) > 1:
            return True
        for line in self._lines[place + 1 : place + 12]:
            if marks.options_in(line.text, 0, False):
                return True
            if marks.STEM.fullmatch(marks.folded(line.text)):
                return False
        return False

    def _end_answers(self) -> None:
        if self._answers is not None:
            lost: set[int] = set()
            for at, entry in self._answers.given(self._sections, lambda entry: lost.add(entry.row)):
                self.questions[at].gathered = entry
            for row in sorted(lost):
                self._note(row, "answer-without-question")
            self._answers, self._sections = None, []
            self._restarted = self._headed = True

    def _end_case(self) -> None:
        if self._case is not None and not self._case.questions:
            self._note(self._case.row, "case-without-questions")
        self._case = self._now = None

    def _note(self, row: int, reason: str, **facts: object) -> None:
        if sum(noted == reason for _row, noted, _facts in self._notes) < 50:
            words = next((words_of(line.text) for line in self._lines if line.row == row and line.text.strip()), "")
            self._notes.append((row, reason, {"words": words} | facts))
