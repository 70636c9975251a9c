"""`examd bureau setup` as those meet it who sit down for it: led through, broken off at every question, led on.

And what it spares: the same bureau set up command by command, counted in the same way.
"""

import contextlib
import getpass
import json
import os
import re
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from bank import agent, custody
from bank.agent import keeping
from bank.authoring import lifecycle, people, revisions
from examd.bureau import identity
from examd.bureau.setup import Standing, Step, Survey
from examd.holders import Card
from tools.cli import main
from tools.cli.bureau import asking
from tools.cli.bureau import setup as cli_setup
from tools.cli.rule import officers as cli_officers

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the agent's Windows half has not been tried")

ROOT = Path(__file__).parents[3]
KEYHOLDERS = ("王强", "李丽", "赵敏")
STICKS = (*KEYHOLDERS, "李明", "王芳", "张三", "李四", "site")
PLAN = {
    "Number and name of the bureau": "SX-0349 某市应急管理局",
    "Issuing officer,": "王海",
    "Keyholders of the bank": "王强 李丽 赵敏",
    "How many of them open it": "2",
    "Authors": "liming 李明",
    "Reviewers": "wangfang 王芳",
    "Rule officers, two": "zhang 张三、li 李四",
    "Chief examiner": "张伟",
    "Number and name of the site": "SX-12 第一考试点",
}
RULE = """
id = "SETUP"
version = 1
name = "小考"
source = "tests"
effective_from = 2026-01-01
subjects = ["SP-ELV"]
grading = "site"
minutes = 20
total_points = 8
pass_points = 5
pool = { multiple = 3 }
cells = [
  { type = "truefalse", chapter = "1", level = "know", count = 4, points = 1 },
  { type = "single", chapter = "2", level = "grasp", count = 4, points = 1 },
]
[types]
truefalse = { count = 4, points = 1 }
single = { count = 4, points = 1 }
[chapters]
1 = { name = "一", points = 4 }
2 = { name = "二", points = 4 }
[levels]
know = 4
grasp = 4
"""


class Killed(BaseException):
    """The power fails while somebody is asked."""


class Keyboard:
    """Answers what is asked, by its words, and counts. With `kills` every question is met twice: the first time the
    power fails."""

    def __init__(self, place, *, kills=False):
        self.place, self.kills = place, kills
        self.met = set()
        self.step = ""
        self.typed = Counter()
        """What was typed: passphrases and lines; and the commands that a person typed into a shell."""
        self.secrets = []
        self.rounds = 0

    def answers(self):
        sticks_of = {name: str(self.place / "media" / name) for name in STICKS}
        yield r"^Enter begin", ""
        for asks, typed in PLAN.items():
            yield "^" + asks, typed
        yield r"All right\? 0 yes", "0"
        yield r"Put in the stick of (\S+?):", lambda found: sticks_of[found[1]]
        yield r"Put in a stick for", sticks_of["site"]
        yield r"Who opens it", "1 3"
        yield r"last five digits", lambda _found: self._digits()
        yield r"File of items", "items.csv"
        yield r"File of the rule", "rule.toml"
        yield r"Roster of candidates", "roster.csv"
        yield r"Day of the exam", "2026-12-20"
        yield r"Name of the session", "第一场"
        yield r"Sign this rule", "yes"
        yield r"\[.+\]: $|Y/n|Enter: none|Press Enter when it is printed", ""

    def _digits(self):
        role = "site" if self.step is Step.SITE else "chief"
        where = {"site": self.place / "media/site", "chief": self.place / "media/chief"}[role]
        return Card.read(where / f"{role}.card.json", role).fingerprint.split()[-1]

    def ask_line(self, _name, prompt):
        self._meet(prompt)
        self.typed["lines"] += 1
        for pattern, typed in self.answers():
            if found := re.search(pattern, prompt):
                return typed(found) if callable(typed) else typed
        raise AssertionError(f"nobody knows what to answer: {prompt}")

    def getpass(self, prompt):
        self._meet(prompt)
        self.typed["passphrases"] += 1
        if prompt.startswith("Once more"):
            return self.secrets[-1]
        known = {"liming.key": "李明", "wangfang.key": "王芳"}
        who = re.search(r"assphrase of (.+?): ", prompt)
        name = known.get(who[1], who[1]) if who else prompt.split("'")[0]
        self.secrets.append(f"{name} 的密码句子一二三")
        return self.secrets[-1]

    def _meet(self, prompt):
        question = (self.step, prompt)
        if self.kills and question not in self.met:
            self.met.add(question)
            raise Killed

    def isatty(self):
        return True

    def command(self, *words):
        """A person types a command."""
        self.typed["commands"] += 1
        assert main.main([*words, "--lang", "en"]) == 0, words

    def carry(self, source, target):
        """A person takes a file from one place to another."""
        self.typed["carried"] += 1
        shutil.move(source, target) if source.name.startswith("share-") else shutil.copy(source, target)


HASTE = "from bank.authoring import reading\nreading.LEAST_S, reading.SIGNS_A_SECOND = -1, 10**9\n"
"""For the agent that a test starts: whatever is before a reviewer was there for long enough."""


@pytest.fixture
def place(tmp_path, monkeypatch):
    run = tempfile.TemporaryDirectory(prefix="examd-")  # short: a socket's address is
    monkeypatch.setenv("XDG_RUNTIME_DIR", run.name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("EXAMD_LANG", "en")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "haste").mkdir()
    (tmp_path / "haste/sitecustomize.py").write_text(HASTE)
    for name in STICKS:
        (tmp_path / "media" / name).mkdir(parents=True)
    rows = [f"t{n},第{n}个电工必须持证上岗。,判断,,,,,{'正确' if n % 2 else '错误'},1,了解" for n in range(14)]
    rows += [f"s{n},第{n}车间触电急救首先做什么？,单选,断电,喊人,拍照,离开,A,2,掌握" for n in range(14)]
    head = "编号,题干,题型,A,B,C,D,答案,章节,认知层次,科目,难度\n"
    (tmp_path / "items.csv").write_text(head + "".join(row + ",SP-ELV,0.8\n" for row in rows))
    (tmp_path / "rule.toml").write_text(RULE)
    ids = [f"11010119900101{n:03}" for n in range(1, 4)]
    names = "".join(f"26{n:04},考生{n},{id_}{identity.check_character(id_)},甲校\n" for n, id_ in enumerate(ids, 1))
    (tmp_path / "roster.csv").write_text("准考证号,姓名,身份证号,培训机构\n" + names)
    yield tmp_path
    with contextlib.suppress(Exception):
        keeping.close_shared(tmp_path / "bank")
    run.cleanup()


def at(keyboard, monkeypatch):
    """The keyboard is what every command reads."""
    monkeypatch.setenv("PYTHONPATH", str(keyboard.place / "haste"))
    monkeypatch.setattr(asking, "ask_line", keyboard.ask_line)
    monkeypatch.setattr(cli_officers, "ask_line", keyboard.ask_line)
    monkeypatch.setattr(getpass, "getpass", keyboard.getpass)
    monkeypatch.setattr(sys, "stdin", keyboard)
    return keyboard


def review(bank_folder, key, keyboard):
    """What the reviewer does at the desk, under one passphrase."""
    word = keyboard.getpass("Passphrase of wangfang.key: ")
    with agent.require(bank_folder, "test") as bank:
        signer = people.unlock(Path(key), word)
        bank.identify(signer)
        reader = lifecycle.begin_reading(bank, signer)
        for number in revisions.to_read(bank, signer.id)[0]:
            bank.readings.show(reader, number)
            bank.readings.read(reader)
        lifecycle.approve(bank, revisions.to_approve(bank, signer).items, signer)


def elsewhere(place, keyboard, step):
    """What happens on the machines of the site and of the chief examiner, once the site has the bureau's card."""
    site, chief, keyboard.step = place / "site-machine", place / "media/chief", "elsewhere"
    if step is Step.SITE and (place / "media/site/bureau.card.json").exists() and not site.exists():
        keyboard.carry(place / "media/site/bureau.card.json", place / "bureau.card.json")
        keyboard.command(
            "site", "init", str(site), "--id", "SX-12", "--name", "第一考试点", "--bureau", "bureau.card.json",
            "--staff", "李娜",
        )  # fmt: skip
        keyboard.carry(site / "site.card.json", place / "media/site/site.card.json")
    if step is Step.CHIEF and not chief.exists():
        keyboard.command("chief", "init", str(chief), "--name", "张伟")
        keyboard.typed["carried"] += 1  # the stick itself, with the card on it


def lead(place, keyboard, monkeypatch):
    """Runs the setup until it says that all is done. How often it was begun."""
    own = main.main
    line = keyboard.ask_line

    def command(words):
        if list(words[:2]) == ["bank", "browse"]:
            review(place / "bank", words[4], keyboard)
            return 0
        return own(words)

    def announced(stage, announce=cli_setup._announce):
        keyboard.step = stage.step
        announce(stage)

    def ask(name, prompt):
        if "is on no stick here" in prompt or prompt.startswith("Put the stick in and press Enter"):
            with monkeypatch.context() as quiet:
                quiet.setattr(keyboard, "kills", False)
                step = keyboard.step
                elsewhere(place, keyboard, step)
                keyboard.step = step
            return ""
        return line(name, prompt)

    monkeypatch.setattr(keyboard, "ask_line", ask)
    at(keyboard, monkeypatch)
    monkeypatch.setattr(cli_setup, "_command", command)
    monkeypatch.setattr(cli_setup, "_announce", announced)
    while True:
        keyboard.rounds += 1
        try:
            assert own(["bureau", "setup", "office", "--sticks", "media", "--lang", "en"]) == 0
        except Killed:
            continue
        if not [stage for stage in survey(place).stages() if stage.standing is not Standing.DONE]:
            return keyboard.rounds


def survey(place):
    bank = place / "bank"
    is_open = False
    if custody.is_shared(bank) and (remote := agent.connect(bank)) is not None:
        remote.close()
        is_open = True
    return Survey.of(place / "office", bank, is_open=is_open)


def test_whoever_is_led_through_ends_with_a_package_that_its_site_opens(place, monkeypatch, capsys):
    keyboard = Keyboard(place)
    assert lead(place, keyboard, monkeypatch) == 1
    found = survey(place)
    assert [each.session for each in found.packages] == ["20261220-01"]
    assert not list((place / "bank/shares").glob("share-*")) and not (place / "bank/bank.key").exists()
    assert {file.parent.name for file in (place / "media").glob("*/share-*.json")} == set(KEYHOLDERS)
    acts = [line.entry.act for line in custody.opening.Journal.read(place / "bank").lines]
    assert acts[:3] == ["shared", "closed", "opened"] and acts.count("opened") == 1 and acts[-1] == "closed"
    capsys.readouterr()
    assert main.main(["bureau", "setup", "office", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["complete"] and told["next"] is None and told["bank"]["approved"] == 28
    assert (place / "office/checklist.pdf").read_bytes().startswith(b"%PDF")
    assert not (place / "office/share-cards.pdf").exists()
    keyboard.typed["commands"] += 1  # the setup itself
    keyboard.typed["carried"] += 1  # the package
    del keyboard.typed["lines"]
    assert keyboard.typed == {"commands": 3, "passphrases": 30, "carried": 4}


def test_command_by_command_it_takes_so_much(place, monkeypatch):
    """Every command that does one thing for one person, from nothing to the issued package."""
    keyboard = at(Keyboard(place), monkeypatch)
    run, media = keyboard.command, place / "media"
    shares = [["--share", str(media / name / f"share-1-{n}.json")] for n, name in enumerate(KEYHOLDERS, 1)]
    opening = [*shares[0], *shares[1]]
    run("bank", "template", "questions.xlsx")
    run("bank", "init", "bank")
    run("bank", "share", "bank", *(word for name in KEYHOLDERS for word in ("--holder", name)))
    run("bank", "cards", "bank", "cards.pdf")
    for n, name in enumerate(KEYHOLDERS, 1):
        keyboard.carry(place / f"bank/shares/share-1-{n}.json", media / name / f"share-1-{n}.json")
    run("bank", "verify-shares", "bank", *opening, *shares[2])
    run("bank", "open", "bank", "--hours", "4", *opening)
    for name, key, role in (("李明", "liming", "author"), ("王芳", "wangfang", "reviewer")):
        run(
            "bank",
            "person",
            "bank",
            "--key",
            str(media / name / f"{key}.key"),
            "--name",
            name,
            "--role",
            role,
            *opening,
        )
    run("bank", "import", "bank", "items.csv", "--dry-run")
    run("bank", "import", "bank", "items.csv", "--as", str(media / "李明/liming.key"))
    run("bank", "submit", "bank", "--all", "--as", str(media / "李明/liming.key"))
    keyboard.typed["commands"] += 1
    review(place / "bank", media / "王芳/wangfang.key", keyboard)
    run("bureau", "init", "office", "--id", "SX-0349", "--name", "某市应急管理局")
    keyboard.carry(place / "office/bureau.card.json", media / "site/bureau.card.json")
    run("chief", "init", "chief", "--name", "张伟")
    run(
        "site",
        "init",
        "site",
        "--id",
        "SX-12",
        "--name",
        "第一考试点",
        "--bureau",
        str(media / "site/bureau.card.json"),
    )
    run("site", "staff", "site", "--name", "李娜")
    keyboard.carry(place / "site/site.card.json", place / "site.card.json")
    keyboard.carry(place / "chief/chief.card.json", place / "chief.card.json")
    for name, number in (("张三", "zhang"), ("李四", "li")):
        run("rule", "officer", str(media / name), "--id", number, "--name", name)
        keyboard.carry(media / name / "rule-officer.card.json", place / f"{number}.card.json")
    run("rule", "appoint", "office", "zhang.card.json", "li.card.json")
    run("rule", "check", "rule.toml", "--bank", "bank")
    run("rule", "try", "rule.toml", "--bank", "bank", "--forms", "20")
    for name in ("张三", "李四"):
        run("rule", "sign", "rule.toml", "--office", "office", "--officer", str(media / name))
    run("bureau", "template", "roster.xlsx")
    run("bureau", "roster", "check", "roster.csv")
    run(
        "bureau", "issue", "office", "--bank", "bank", "--rule", "SETUP", "--roster", "roster.csv", "--site",
        "site.card.json", "--chief", "chief.card.json", "--session", "S-1", "--name", "第一场", "--date", "2026-12-20",
        "--out", str(media / "site"),
    )  # fmt: skip
    keyboard.typed["carried"] += 1  # the package
    run("bank", "close", "bank")
    del keyboard.typed["lines"]
    assert keyboard.typed == {"commands": 27, "passphrases": 42, "carried": 9}


@pytest.mark.slow
def test_broken_off_at_every_question_it_goes_on(place, monkeypatch):
    keyboard = Keyboard(place, kills=True)
    rounds = lead(place, keyboard, monkeypatch)
    assert rounds > 60
    found = survey(place)
    assert len(found.packages) == 1 and found.register and len(found.custody.holders) == 3
    assert [path.name for path in place.glob(".*founding")] == []
    with agent.require(place / "bank", "test") if found.is_open else contextlib.nullcontext():
        pass
    vouched = Counter(entry for entry in found.notes.seen.people)
    assert vouched == {"liming": 1, "wangfang": 1}


# -- one slip after the other --------------------------------------------------------------------------------------------


class Slips(Keyboard):
    """Answers wrongly what is listed, once, before it answers well."""

    def __init__(self, place, slips):
        super().__init__(place)
        self.slips = [(re.compile(pattern), typed) for pattern, typed in slips]

    def _slip(self, prompt):
        for slip in self.slips:
            if slip[0].search(prompt):
                self.slips.remove(slip)
                return slip[1]
        return None

    def ask_line(self, name, prompt):
        slip = self._slip(prompt)
        return super().ask_line(name, prompt) if slip is None else slip

    def getpass(self, prompt):
        slip = self._slip(prompt)
        if slip is not None:
            if not prompt.startswith("Once more"):
                self.secrets.append(slip)
            return slip
        return "" if prompt.startswith("Enter: try again") else super().getpass(prompt)


def test_no_slip_ends_it_and_none_is_taken_for_an_answer(place, monkeypatch, capsys):
    media = place / "media"
    slips = [
        (r"^Number and name of the bureau", "某局"),
        (r"^How many of them", "two"),
        (r"^Reviewers", "wangfang 李明"),
        (r"All right", "99"),
        (r"All right", "8"),
        (r"^Issuing officer's passphrase", "short"),
        (r"^Enter: try again", "officer's passphrase, typed too early"),
        (r"^New passphrase of 李丽", "王强 的密码句子一二三"),
        (r"^Once more", "another passphrase"),
        (r"stick of 李丽", str(media / "王强")),
        (r"stick of 李丽", str(place / "bank")),
        (r"stick of 李丽", str(media / "nowhere")),
        (r"stick of 王芳", str(media / "李明")),
        (r"stick of 李四", str(media / "张三")),
        (r"^Passphrase of 王强", "not this passphrase"),
        (r"Put in a stick for the site", str(media / "王强")),
        (r"Use it all the same", ""),
        (r"last five digits", "00000"),
        (r"last five digits", "00000"),
        (r"File of items", "nothere.xlsx"),
        (r"^Passphrase of liming.key", "not this passphrase"),
        (r"Day of the exam", "2026-02-30"),
    ]
    keyboard = Slips(place, slips)
    assert lead(place, keyboard, monkeypatch) == 1
    told = capsys.readouterr().err
    assert keyboard.slips == []
    for said in (
        "a number or id comes first", "is no number", "One person is named twice", "A number from 0 to 9",
        "at least 10 are needed", "The two entries differ", "media/王强 is the stick of 王强",
        "is the bank's own folder", "There is no folder", "media/李明 is the stick of 李明",
        "media/张三 is the stick of 张三", "Wrong passphrase for share-1-1.json", "Then put in another stick",
        "These digits are not on the card of 第一考试点", "There is no file nothere.xlsx", "Wrong passphrase for liming.key",
        "2026-02-30 is not a date", "The passphrase of 李丽 is another holder's already",
    ):  # fmt: skip
        assert said in told, said
    for secret in keyboard.secrets:
        assert secret not in told
    assert len(survey(place).packages) == 1


def test_what_is_put_off_comes_again_and_an_open_bank_is_not_left_unsaid(place, monkeypatch, capsys):
    keyboard = Keyboard(place)
    original, wishes = keyboard.ask_line, []

    def ask(name, prompt):
        if prompt.startswith("Enter begin"):
            wishes.append(keyboard.step)
            if keyboard.step is Step.OFFICERS:
                return "l"
            if keyboard.step is Step.SITE and wishes.count(Step.SITE) == 1:
                return "s"
            if keyboard.step is Step.ITEMS:
                return "q"
        return original(name, prompt)

    monkeypatch.setattr(keyboard, "ask_line", ask)
    monkeypatch.setattr(keyboard, "answers", lambda: iter([(r"Close it now", ""), *Keyboard.answers(keyboard)]))
    with monkeypatch.context() as first:
        at(keyboard, first)
        announce = cli_setup._announce
        first.setattr(cli_setup, "_announce", lambda stage: (setattr(keyboard, "step", stage.step), announce(stage)))
        first.setattr(asking, "ask_line", lambda n, p: _on_the_way(place, keyboard, first, n, p))
        assert main.main(["bureau", "setup", "office", "--sticks", "media", "--lang", "en"]) == 0
    told = capsys.readouterr().err
    assert "after step 7" in told and "Position: 0-" in told and "To go on: examd bureau setup office" in told
    assert keeping.standing(place / "bank").status is None  # closed on the way out
    assert Step.REGISTER not in wishes and wishes.count(Step.OFFICERS) == 1
    assert main.main(["bureau", "setup", "office", "--status", "--lang", "en"]) == 0
    assert "Next: Keys of the rule officers. Sits down: 张三, 李四" in capsys.readouterr().out
    assert main.main(["bureau", "setup", "office", "--bank", "another", "--lang", "en"]) == 3
    assert "has its bank in" in capsys.readouterr().err


def _on_the_way(place, keyboard, patched, name, prompt):
    if "Put the stick in and press Enter" in prompt:
        step = keyboard.step
        with patched.context() as shell:
            shell.setattr(asking, "ask_line", keyboard.ask_line)
            elsewhere(place, keyboard, step)
        keyboard.step = step
        return ""
    return keyboard.ask_line(name, prompt)


# -- single commands that came of it -------------------------------------------------------------------------------------


def test_a_bank_is_founded_in_shares_by_one_command_and_its_shares_are_found(place, monkeypatch, capsys):
    keyboard = at(Keyboard(place), monkeypatch)
    keyboard.command("bank", "init", "bank", *(word for name in KEYHOLDERS for word in ("--holder", name)))
    told = capsys.readouterr().out
    assert "2 of 3 holders open it; all 3 combinations were tried" in told and "old passphrase" not in told
    assert (
        main.main(["bank", "init", "sample", "--sample", "--holder", "王强", "--holder", "李丽", "--lang", "en"]) == 2
    )
    for n, name in enumerate(KEYHOLDERS, 1):
        keyboard.carry(place / f"bank/shares/share-1-{n}.json", place / f"media/{name}/share-1-{n}.json")
    two = [place / "media/王强", place / "media/赵敏"]
    monkeypatch.setattr(custody.sticks, "mounted", lambda among=(): two)
    keyboard.command("bank", "open", "bank", "--hours", "1")
    assert "opened by 王强, 赵敏" in capsys.readouterr().out
    keyboard.command("bank", "close", "bank")
    monkeypatch.setattr(custody.sticks, "mounted", lambda among=(): two[:1])
    keyboard.isatty = lambda: False
    assert main.main(["bank", "open", "bank", "--hours", "1", "--lang", "en"]) == 3
    assert "Say who is here" in capsys.readouterr().err


def test_an_import_hands_in_and_goes_on_where_it_was_broken_off(place, monkeypatch, capsys):
    keyboard = at(Keyboard(place), monkeypatch)
    keyboard.command("bank", "init", "bank")
    keyboard.command("bank", "person", "bank", "--key", "liming.key", "--name", "李明", "--role", "author")
    with monkeypatch.context() as patched:
        patched.setattr(lifecycle, "submit", lambda *_args: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            main.main(["bank", "import", "bank", "items.csv", "--submit", "--as", "liming.key", "--lang", "en"])
    keyboard.command("bank", "import", "bank", "items.csv", "--submit", "--as", "liming.key")
    capsys.readouterr()
    keyboard.command("bank", "list", "bank", "--state", "in-review", "--json")
    assert len(capsys.readouterr().out.splitlines()) == 28
