"""One small exam through every step of the path, in the order a newcomer reads the code in. Each step is one call, the
same that a command line makes: ledger, watermarks, notes and codes are where a real session would leave them."""

import asyncio
import json
import secrets
from contextlib import nullcontext
from datetime import UTC, date, datetime

import pyotp

from bank import rules
from bank.authoring.importing import import_files
from bank.clock import now, today
from bank.composing.assembly import Assembler
from bank.seal import codes
from bank.store import Bank
from examd import holders
from examd.bureau import roster
from examd.bureau.issuing import Order, RuleToUse, issue_session
from examd.bureau.office import Office
from examd.bureau.receiving import receive
from examd.bureau.releasing import at_the_desk
from examd.delivery import view
from examd.delivery.server import Server
from examd.documents.report import Report
from examd.documents.write import write_all
from examd.package import layout
from examd.package import open as opening
from examd.protocol.receipt import receipt_code
from examd.site.closing import close_session
from examd.site.commissioning import commission, enter_person
from examd.site.enrolling import enrol_terminals
from examd.site.grading import grade_session
from examd.site.opening import open_session
from examd.site.staff_client import StaffClient
from examd.staff import Role
from tests.examd.served import verified
from tests.faults.person import Person
from tools.cli.bureau.receive import verifier
from tools.drill.candidate import pair

DAY = today().isoformat()
RULE = """
id = "WALK"
version = 1
name = "小考"
source = "tests"
effective_from = 2026-01-01
grading = "site"
minutes = 20
total_points = 8
pass_points = 5
pool = { multiple = 2 }
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


def author_file(folder):
    """What an author hands in: twelve items of each kind, and one row that makes no sense."""
    rows = [
        {
            "type": "truefalse",
            "stem": f"判断题{n}。",
            "options": ["正确", "错误"],
            "answer": [n % 2],
            "chapter": "1",
            "level": "了解",
        }
        for n in range(12)
    ]
    rows += [
        {
            "type": "single",
            "stem": f"单选题{n}（　　）。",
            "options": list("甲乙丙丁"),
            "answer": [n % 4],
            "chapter": "2",
            "level": "掌握",
        }
        for n in range(12)
    ]
    rows.append({"type": "single", "stem": "没有答案（　　）。", "options": list("甲乙"), "chapter": "2"})
    path = folder / "items.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows))
    return path


async def test_an_exam_from_a_question_file_to_verified_pass_rates(tmp_path):
    words = {who: secrets.token_urlsafe(12) for who in ("keyholder", "bureau", "site", "chief", "operator")}

    # 1-3 bank/authoring/importing.py: an author's file -> Items, approved and encrypted at rest (a bank of samples takes
    # them without two reviewers), and every refused row with its place and reason
    bank = Bank.create(tmp_path / "bank", words["keyholder"], sample=True)
    outcome = import_files(
        [author_file(tmp_path)],
        None,
        lambda: nullcontext(bank),
        lambda _bank: None,
        lambda _step: nullcontext(lambda _done, _total: None),
        approve_as_sample=True,
    )
    assert (len(outcome.added), [row.row for row in outcome.refused]) == (24, [25])

    # 4 bank/rules/: rule text -> a checked, hashed rule
    rule = rules.parse(RULE.encode())
    assert rule.items == 8

    # 5 examd/bureau/issuing.py: bank + rule + roster -> sealed package, exposure and watermarks in the ledger, codes kept
    people = roster.check_rows([["准考证号", "姓名", "身份证号", "培训机构"],
                               ["20260001", "王伟", "140600199001010011", "甲校"],
                               ["20260002", "李娜", "14060019900101002X", "乙校"]], "roster").whole()  # fmt: skip
    office, bureau = Office.create(tmp_path / "bureau", "B-1", "某局", words["bureau"])
    site, holder = commission(tmp_path / "site", "S-1", "某考点", words["site"], bureau.card)
    chief = holders.create(tmp_path / "chief", "chief", "C-1", "某主考", words["chief"])
    session = layout.Session("W-1", "小考第一场", DAY, "S-1", "某考点", True)
    order = Order(
        session,
        RuleToUse(rule),
        people,
        holder.card,
        chief.card,
        tmp_path / "stick",
        datetime(2026, 11, 20, tzinfo=UTC),
    )
    issuance = issue_session(order, office, bureau, lambda: nullcontext(bank), secrets.token_bytes)
    package = opening.read(issuance.issued.directory, bureau.card.sign)
    assert package.manifest.issued_at == "2026-11-20T00:00:00Z"
    travelled = issuance.issued.meeting
    assert set(bank.exposure.totals()) == set(travelled) and len(travelled) == issuance.issued.pool_size
    assert {(use[1], use[2], use[3]) for use in bank.exposure.uses()} == {("W-1", "S-1", DAY)}
    assert {mark.item for mark in bank.watermarks.all()} == set(issuance.issued.watermarks) <= set(travelled)
    assert date.fromisoformat(issuance.watermarks_until) > date.fromisoformat(DAY)
    assert office.issued_for("W-1", "S-1", bureau) == [issuance.issued.package_id]
    bank.close()

    # 6 examd/site/opening.py, by way of examd/delivery/staff_socket.py: package + people -> open session, seed fixed
    totp = pyotp.TOTP(enter_person(site, holder, "operator", Role.ADMINISTRATOR, words["operator"]).secret)
    server = Server(site, holder)
    await server.start("127.0.0.1", 0)
    site.note_address("127.0.0.1", server.desk_port)
    client = await StaffClient.connect(site.directory)
    await client.sign_in("operator", words["operator"], totp.now())

    async def code_1(asked):
        assert asked.session == session and asked.rule.id == "WALK" and not asked.rule.signed_by
        with at_the_desk(office, bureau, now()) as desk:
            return desk.code_1(package.manifest.package_id, codes.short(asked.room_commit))

    await open_session(client, package.directory, chief, code_1, one_holder=True)

    # 7 bank/composing/assembly.py: facts + rule + seed + ordinal -> Form
    running = server.room.running()
    seed = bytes.fromhex(running.record.state.opened["seed"])
    form = Assembler(running.hall.pool, rule, seed, running.package.manifest.draw_session).form(1)
    assert len(form.items) == 8

    # examd/site/enrolling.py: the room's machine, a code typed at it, staff who confirm -> a terminal
    machine = tmp_path / "journals"

    def begun(pairing):
        typing.append(
            asyncio.create_task(
                pair(f"127.0.0.1:{server.port}", site.directory / "root.pem", machine, "01", pairing.code)
            )
        )

    async def all_of_them(waiting):
        await typing[0]
        return waiting

    typing = []
    enrolled = await enrol_terminals(client, begun, lambda each: None, bool, all_of_them)
    assert (enrolled.enrolled, enrolled.terminals) == (("01",), 1)

    # 8 examd/delivery -> terminal: Form + content -> what the candidate sees
    person = Person(
        1, f"127.0.0.1:{server.port}", tmp_path / "site" / "root.pem", machine, "20260001", people[0].id_tail
    )
    sitting = asyncio.create_task(person.sit())
    while (await client.status()).ready < 1:
        await asyncio.sleep(0.02)
    await client.command("start")
    await person.started.wait()
    shown = person.forms[0]
    items = opening.items(running.package, site.read_secrets(site.session("W-1"), holder).items)
    assert shown == view.form_view(form, items.content, {f.id: f for f in items.facts})

    # 9 terminal/outbox.py -> examd/record: answer -> durable entry -> acknowledgement
    while len(person.acknowledged) < 10:
        await asyncio.sleep(0.02)
    person.enough.set()
    receipt = await sitting
    assert receipt.code == receipt_code(running.record.chain_at(receipt.idx))

    # 10 examd/site/closing.py: record -> closing root, co-signed, exported
    closed = (await close_session(client, chief, {})).closed
    result = tmp_path / "site" / "sessions" / "W-1" / "result"
    assert len((result / "entries.jsonl").read_bytes().splitlines()) == closed.entries
    assert not (result / "answers.jsonl").exists()

    # 11 examd/site/grading.py, examd/rates: code 2 against the signed closing -> answer keys -> marks -> pass rates
    checkpoints = (result / "checkpoints.txt").read_bytes()

    async def code_2():
        with at_the_desk(office, bureau, now()) as desk:
            return desk.code_2_by_checkpoints(package.manifest.package_id, checkpoints, file="checkpoints.txt")

    assert await grade_session(client, chief, code_2) == result == site.result()
    report = Report.read(result)
    assert [(row.institution, row.enrolled, row.present) for row in report.rates] == [("乙校", 1, 0), ("甲校", 1, 1)]
    write_all(report, result, "zh")

    # 12 examd/grading/result.py, tools/verify: the sealed result -> recomputed from nothing but the archive
    assert await asyncio.to_thread(verified, result, bureau.card.sign) == (0, [])

    # examd/bureau/receiving.py: the result comes home, is held against the release ledger, and filed with its extract
    received = receive(office, lambda: at_the_desk(office, bureau, now()), result, verifier(office, bureau, print))
    assert verified(received.filed, bureau.card.sign) == (0, [])

    await client.close()
    await server.stop()
