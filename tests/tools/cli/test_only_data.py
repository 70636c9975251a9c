"""With --json, standard output holds data and nothing else: every such command is run as a process, and parsed."""

import asyncio
import json
import shlex
import time
from pathlib import Path

import pytest

from bank.authoring import people
from bank.authoring.review import State
from bank.clock import today
from bank.seal import codes
from bank.seal import passphrase as sealing
from bank.store import Bank
from examd.bureau import identity
from examd.bureau.office import Office
from examd.protocol import messages as m
from tests import reviewing
from tests.examd.served import STEP_S, hear, say, served
from tests.examd.toy_session import PASSPHRASE, Staffed
from tests.tools.cli.as_process import examd
from tools.cli import main

SAMPLES = Path(__file__).parents[3] / "tools/samples/SP-ELV-T"
LONG = {"bench answers", "bench bank", "bench terminal"}
"""Minutes on a busy machine; tests/tools/bench runs their parts."""
ROOM = codes.spoken_short("ab" * 16, codes.Short.ROOM)
SCRIPT = f"""
bank init sample --sample
bank init real
bank init open --sample --open
bank template items.xlsx
bank import sample {SAMPLES / "items.jsonl"} --approve-as-sample
bank person real --key li.key --name 李明 --role author --role reviewer
bank person real --key wang.key --name 王芳 --role author --role reviewer
bank person real --key chen.key --name 陈刚 --role author --sponsor li.key=word --sponsor wang.key=word
bank import real items.csv --as li.key
bank set-subject real SP-ELV q8 --as li.key
bank import real items.csv --dry-run --as li.key
bank import real bad.csv --as li.key
bank list sample --level 了解
bank list real --state draft --with-keys
bank search real 电
bank review real
bank revise real q1 q1.csv --as wang.key
bank submit real --all --as li.key
bank return real q2 --as wang.key --remarks 重写
bank approve real --all --as wang.key
bank diff real q1
bank history real q1
bank adopt sample --all --as li.key
bank repeal real GB/T1 --on 2026-01-01 --as li.key
bank retire real q3 --as li.key --remarks 重复
bank check sample
bank subjects
bank check sample --answer-positions
bank exposure sample
bank export sample out.jsonl
bank card real --out card.json
bank pack items2.csv --key chen.key --to card.json --out drafts.examd
bank take real drafts.examd
bureau init office --id SX-0349 --name 某市应急管理局
bureau template roster.xlsx
bureau roster check roster.csv
bank owner real office/bureau.card.json --as li.key
bank owner real office/bureau.card.json --as wang.key
bank owner real
bank slice real --to office/bureau.card.json --permission exam --until 2027-12-31 --out slice --office office --as li.key
bank export real real.jsonl --to 省局 --as li.key --second wang.key
bank accept real slice/* --as li.key --office office
bank withdraw real slice/* --reason 停用 --out slice --office office
bank slices real
bank share real --need 2 --holder 甲=word --holder 乙=word2
bank cards real cards.pdf
bank verify-shares real --holder 甲=word --holder 乙=word2
bank open real --hours 1 --holder 甲=word --holder 乙=word2
bank status real
bank list real
bank backup real backup
bank close real
bank restore restored backup
bank journal real
bank rekey real --holder 甲=word --holder 乙=word2
bank new-passphrase real 甲=word --old word
bank replace-holder real 乙 丙=word3 --holder 甲=word
rule check {SAMPLES / "rule.toml"}
rule check {SAMPLES / "rule.toml"} --bank sample --mock
rule check wrong.toml
rule try {SAMPLES / "rule.toml"} --bank sample --mock --forms 20 --sessions 1 --candidates 20
rule reserve {SAMPLES / "rule.toml"} --bank sample --mock --forms 1 --out reserve.json
rule officer zhang --id zhang --name 张三
rule officer zhao --id zhao --name 赵四
rule appoint office zhang/rule-officer.card.json zhao/rule-officer.card.json
rule consent office --officer zhang
rule register office
rule sign {SAMPLES / "rule.toml"} --office office --officer zhang
rule history --office office
chief init chief --name 张伟
chief pin chief --bureau office/bureau.card.json
chief status chief
chief answer chief office
passphrase chief/chief.key --new-passphrase-file word2
passphrase chief/chief.key --passphrase-file word2 --new-passphrase-file word
site init site --id SX-12 --name 第一考试点 --bureau office/bureau.card.json
site staff site --name 李娜
bureau issue office --bank sample --rule {SAMPLES / "rule.toml"} --roster roster.csv --site site/site.card.json \
 --chief chief/chief.card.json --session S-1 --name 第一场 --date {today()} --out stick --mock
bureau code office stick/PKG-* 1 --commit {ROOM}
bureau ledger office
bureau ledger office show stick/PKG-*
bureau ledger office head
bureau ledger office check
bureau ledger office extract stick/PKG-* --out extract.json
bureau receive office stick
bureau void office stick/PKG-* --reason 改期
bureau setup office
bank trace sample --seen '触电:断开电源|呼救' --package stick/PKG-*
verify nowhere
bench forms --forms 20
bench rates --results 2000 --institutions 3 --repeat 1
"""
HEAD = "题号,题型,题干,选项A,选项B,选项C,选项D,答案,章节,认知层级,难度,依据\n"
ROW = "q{n},单选,低压电器第{n}项要求是什么？,甲{n},乙{n},丙{n},丁{n},B,1,了解,0.7,GB/T{n}\n"


def commands():
    """Words of every command that has --json -> its parser."""
    found = {each.prog.removeprefix("examd "): each for each in main._leaves(main.parser()) if each.get_default("run")}
    return {name: each for name, each in found.items() if "--json" in each._option_string_actions}


class Shell:
    """`examd … --json` as processes in one folder, every passphrase in a file."""

    def __init__(self, folder):
        self.folder, self.known, self.run_names, self.done = folder, commands(), set(), []
        for name in ("word", "word2", "word3"):
            (folder / name).write_text(PASSPHRASE + name.removeprefix("word"))
            (folder / name).chmod(0o600)

    def __call__(self, line):
        words = shlex.split(line)
        words = [str(next(self.folder.glob(word))) if "*" in word else word for word in words]
        name = words[0] if words[0] in self.known else " ".join(words[:2])
        options = [o for o in self.known[name]._option_string_actions if o.endswith("passphrase-file")]
        given = [each for o in options if o not in words for each in (o, "word")]
        ran = examd([*words, *given, "--json"], self.folder)
        assert "Traceback" not in ran.stderr and ran.returncode < 4, (line, ran.returncode, ran.stderr)
        documents = self.parsed(line, ran.stdout)
        self.run_names.add(name)
        self.done.append((name, ran.returncode, ran.stderr.strip().splitlines()[-1:] if ran.returncode else []))
        return documents

    @staticmethod
    def parsed(line, out):
        """One document, or one a line."""
        try:
            return [json.loads(out)]
        except ValueError:
            try:
                return [json.loads(each) for each in out.splitlines()]
            except ValueError:
                raise AssertionError(f"{line}\nwrote on standard output what is no data:\n{out[:2000]}") from None


@pytest.mark.slow
def test_every_command_with_json_writes_data_and_nothing_else(tmp_path):
    shell = Shell(tmp_path)
    (tmp_path / "items.csv").write_text(HEAD + "".join(ROW.format(n=n) for n in range(1, 9)))
    (tmp_path / "items2.csv").write_text(HEAD + ROW.format(n=77))
    (tmp_path / "q1.csv").write_text(HEAD + ROW.format(n=1).replace("要求", "规定"))
    (tmp_path / "bad.csv").write_text(HEAD + "q9,单选,没有选项,,,,,B,1,了解,0.7,无\n")
    (tmp_path / "wrong.toml").write_text("id = 低压\n")
    ids = [f"11010119900101{n:03}" for n in range(1, 6)]
    names = "".join(f"26{n:04},考生{n},{id_}{identity.check_character(id_)},甲校\n" for n, id_ in enumerate(ids, 1))
    (tmp_path / "roster.csv").write_text("准考证号,姓名,身份证号,培训机构\n" + names)
    for line in SCRIPT.replace("\\\n", "").strip().splitlines():
        if line.startswith("bureau issue"):
            (tmp_path / "stick").mkdir()
        if line.startswith("bank approve"):  # no process without a terminal reads what it approves
            with Bank.open(tmp_path / "real", PASSPHRASE) as bank:
                waiting = list(bank.items.select(state=State.IN_REVIEW))
                reviewing.read(bank, waiting, people.unlock(tmp_path / "wang.key", PASSPHRASE))
        shell(line)
    room = a_session(tmp_path / "toy", shell)
    assert "bank list" in shell.run_names
    assert shell.known.keys() - shell.run_names == LONG
    well = {name for name, code, _why in shell.done if code in (0, 1)}
    refused = {name: why for name, _code, why in shell.done if name not in well}
    assert refused.keys() <= MAY_REFUSE, refused
    assert room


MAY_REFUSE = {
    "bank accept", "bank trace",  # another body's slice, a photograph: neither is at hand; a refusal is data as well
    "bank replace-holder", "rule consent",
    "site admit", "site reopen",  # nobody has signed in, nobody has handed in
    "chief answer",  # no request waits there
    "site journals", "site restore",  # and nobody's journal is there
}  # fmt: skip


async def waits_to_be_enrolled(room):
    """A machine where the code was typed."""
    async with room.desk("helper") as desk, room.socket() as socket:
        await say(socket, m.Pair((await desk.command("pair"))["code"], "07", "ab" * 32, "ab" * 32))
        await hear(socket, m.Enrolled)


def a_session(folder, shell):
    """The commands of a site, against a server; one-time codes of four people, for a code serves once."""
    with served(Staffed(folder)) as room:
        toy, steps = room.toy, room._steps
        office = Office(shell.folder / "toy-office")
        for at, holder in ((office.directory, toy.bureau), (shell.folder / "toy-chief", toy.chief)):
            at.mkdir()
            role = holder.card.role
            (at / f"{role}.key").write_bytes(sealing.seal(holder.secret_bytes(), PASSPHRASE, f"examd/{role}"))
        for name, code in (("one", toy.issued.code_1), ("two", toy.issued.code_2), ("totp", "")):
            (shell.folder / name).write_text(code)
            (shell.folder / name).chmod(0o600)

        def site(person, words):
            steps[person] = max(steps.get(person, 0), int(time.time()) // STEP_S - 1)
            (shell.folder / "totp").write_text(room.code(person))
            command, *more = words.split()
            return shell(
                " ".join(["site", command, str(toy.site_folder), *more, "--as", person, "--totp-file", "totp"])
            )

        site("admin", f"open {toy.directory} --code-file one --chief toy-chief")
        asyncio.run(waits_to_be_enrolled(room))
        site("helper", "pair --expect 1 --yes")
        site("watcher", "terminals")
        site("helper", "release --terminal 07")
        number = toy.roster[0].admission_no
        site("admin", f"admit --candidate {number} --terminal 07 --reason 换机")
        site("watcher", "status")
        site("admin", "start")
        site("deputy", "checkpoint --chief toy-chief")
        site("closer", f"reopen --candidate {number} --reason 误触 --minutes 3 --chief toy-chief")
        (shell.folder / "none.journal").write_bytes(b"")
        site("closer", "restore --journal none.journal --reason 磁盘回退 --yes --chief toy-chief")
        for act in ("pause --reason 停电", "resume --reason 来电", "addtime --minutes 5 --reason 停电"):
            site("deputy", act)
        site("watcher", "present")
        site("watcher", "lapse --name 王强 --what missing --reason 离岗")
        site("watcher", "passphrase --new-passphrase-file word2")
        (closed,) = site("closer", "close --chief toy-chief")
        site("closer", "grade --code-file two --chief toy-chief")
        shell(f"site journals {toy.site_folder} --from .")
        shell(f"site report {toy.site_folder}")
        shell(f"verify {closed['result']}")
        shell(f"bank trace sample --seen 甲:乙|丙 --result {closed['result']}")
    return closed["entries"] > 0
