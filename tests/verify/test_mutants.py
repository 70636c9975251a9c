"""An honest session passes; each lie in it, however consistently signed again, fails exactly the checks it concerns."""

import json

import pytest

from tests.verify.maker import (
    BUREAU,
    CHIEF,
    LI,
    OFFICERS,
    SITE,
    STRANGER,
    WANG,
    ZHANG,
    ZHAO,
    Maker,
    chained,
    h,
    jcs,
    officer,
    order,
    registers,
    salt,
)  # fmt: skip
from tools.verify import checks, forms
from tools.verify.outcome import Outcome, Status


def judged(directory, key=BUREAU.public, officers=OFFICERS, known=()):
    _, outcomes = checks.run(directory, key, officers, known)
    return {
        status: {out.name for out in outcomes if out.status is status} for status in Status
    } | {"codes": {finding.code for out in outcomes for finding in out.failures}}  # fmt: skip


def steps(script, type_, c=None):
    return [step for step in script if step[1] == type_ and (c is None or step[3].get("c") == c)]


def step(script, type_, c=None, n=0):
    return steps(script, type_, c)[n]


def of(entries, type_, c=None, n=0):
    return [e for e in entries if e["type"] == type_ and (c is None or e["body"].get("c") == c)][n]


def insert(script, t, type_, actor, **body):
    script.append([t, type_, actor, body])
    script.sort(key=lambda each: each[0])


def body(type_, c=None, n=0, **changes):
    """A hook on the script: change the body of one step."""
    return {"script": lambda script: step(script, type_, c, n)[3].update(changes)}


def reopen(script, again=True, **wrong):
    """Candidate 1's hand-in is opened again, answered on, and handed in once more."""
    hand_in = script.index(step(script, "HAND_IN", 1))
    words = order("REOPEN", c=1, hand_in=hand_in, reason="误触交卷")
    insert(script, 30_500, "REOPEN", "staff:孙二", **words | wrong)
    seq = step(script, "HAND_IN", 1)[3]["seq"]
    if again:
        insert(script, 32_000, "HAND_IN", "seat:1", c=1, seq=seq + 1, by="candidate")


def result(change):
    return {"result": change}


def script(change):
    return {"script": change}


def entries(change):
    return {"entries": change}


def manifest(change):
    return {"manifest": change}


def notes(change):
    return {"notes": change}


def drop(type_, c=None, **counts):
    def change(script):
        script.remove(step(script, type_, c))
        step(script, "CLOSE")[3].update(counts)

    return {"script": change}


def add(t, type_, actor, counts=(), **fields):
    def change(script):
        step(script, "CLOSE")[3].update(dict(counts))
        insert(script, t, type_, actor, **fields)

    return {"script": change}


def swap_forms(script):
    one, two = step(script, "START", 1)[3], step(script, "START", 2)[3]
    one["form"], two["form"] = two["form"], one["form"]


def officers(change):
    return {"officers": change}


def edition(change):
    return {"edition": change}


def unsigned(files):
    """No edition travels: what only a drill may do."""
    files["parts"] = [part for part in files["parts"] if part["name"] != "edition.json"]


def under_the_first(plan):
    """The rule signed by officers of the first register, which the second one has replaced."""
    plan["says"]["register"] = {"version": 1, "sha256": OFFICERS}
    plan["hands"] = [ZHANG, LI]


def begun_anew(plan):
    """What a bureau alone can make: officers nobody knows, in a chain that holds together."""
    says = {"officers": [officer("a", STRANGER), officer("b", SITE)], "gone": {}, "rules": {}}
    plan["registers"] = chained([{"says": says, "hands": [BUREAU]}])
    plan["says"]["register"] = {"version": 1, "sha256": h(jcs(plan["registers"][0]["signed"])).hex()}
    plan["hands"] = [STRANGER, SITE]


def holders_twice(where):
    where["holders"]["chief"] = where["holders"]["site"]


def answer_fields(c, seq, slot=0, choice=(0,), late=False):
    return {"c": c, "seq": seq, "slot": slot, "choice": list(choice), "used_ms": 5, "late": late}


def boot_again(script):
    """A third start of the server under the first one's boot id: `Maker` gives epochs 1 and 3 the same."""
    insert(script, 60_000, "BOOT", "server", version="0.1.0")


def one_item_in_a_cell_within(facts):
    next(f for f in facts if f["type"] == "single" and not f["enemies"]).update(stratum="single/1.1/any")


def a_cell_within(rule):
    rule["cells"].insert(1, dict(rule["cells"][1], chapter="1.1", count=1))  # "." sorts before "/"
    rule["types"]["single"]["count"] += 1
    rule["chapters"]["1"]["points"] += 10
    rule["levels"]["any"] += 10
    rule["total_points"] += 10


def agrees(found, expected):
    """A set is exact; a frozenset is the least that must fail, where a lie has other, rightful consequences."""
    return found >= expected if isinstance(expected, frozenset) else found == expected


LIES = {
    # marks and rates
    "a changed answer": (body("ANSWER", 1, 8, choice=[]), {"marks", "results-table"}),
    "an answer changed at the pass mark": (
        body("ANSWER", 1, 11, choice=[]),
        {"marks", "rates", "results-table", "rates-table"},
    ),
    "an answer slipped in": (
        add(15_000, "ANSWER", "seat:2", **answer_fields(2, 3, 4)),
        {"marks", "sequences", "results-table"},
    ),
    "a changed mark": (result(lambda r: r["candidates"][1].update(points=90)), {"marks"}),
    "a fail made a pass": (result(lambda r: r["candidates"][4].update(passed=True)), {"marks"}),
    "a hidden late answer": (result(lambda r: r["candidates"][1].update(late=0)), {"marks"}),
    "another form in the result": (result(lambda r: r["candidates"][0].update(form="0" * 64)), {"marks"}),
    "an absent candidate made present": (result(lambda r: r["candidates"][2].update(status="present")), {"marks"}),
    "a candidate moved to another institution": (
        result(lambda r: r["candidates"][4].update(institution="乙校")),
        {"marks"},
    ),
    "a failing candidate removed": (result(lambda r: r["candidates"].pop()), {"marks"}),
    "a failing candidate removed everywhere": (
        {"rows": lambda rows: rows.pop()},
        {"marks", "rates", "results-table", "rates-table"},
    ),
    "an extra candidate": (
        result(lambda r: r["candidates"].append(dict(r["candidates"][0], c=6, admission_no="x"))),
        {"marks"},
    ),
    "a candidate twice": (result(lambda r: r["candidates"].append(dict(r["candidates"][4]))), {"marks"}),
    "a changed rate": (result(lambda r: r["rates"][0].update(passed=0)), {"rates"}),
    "a changed total": (result(lambda r: r["total"].update(enrolled=4)), {"rates"}),
    "an institution left out": (result(lambda r: r["rates"].pop()), {"rates"}),
    "rates in another order": (result(lambda r: r["rates"].reverse()), {"rates"}),
    "a changed mark in the table": ({"tables": lambda t: t["results.csv"][2].__setitem__(5, 99)}, {"results-table"}),
    "a changed verdict in the table": (
        {"tables": lambda t: t["results.csv"][5].__setitem__(6, "合格")},
        {"results-table"},
    ),
    "a row missing from the table": ({"tables": lambda t: t["results.csv"].pop()}, {"results-table"}),
    "a changed share in the table": (
        {"tables": lambda t: t["rates.csv"][1].__setitem__(5, "0.999999")},
        {"rates-table"},
    ),
    "a changed interval in the table": (
        {"tables": lambda t: t["rates.csv"][1].__setitem__(7, "0.999999")},
        {"rates-table"},
    ),
    "a changed count in the table": ({"tables": lambda t: t["rates.csv"][-1].__setitem__(1, 4)}, {"rates-table"}),
    # the statement of the result
    "another count of entries": (result(lambda r: r.update(entries=5)), {"result-facts"}),
    "another session": (result(lambda r: r.update(session=dict(r["session"], id="S002"))), {"result-facts"}),
    "another package": (result(lambda r: r.update(package_id="0" * 32)), {"result-facts"}),
    "a drill made to count": (
        {"manifest": lambda m: m["session"].update(mock=True), "result": lambda r: r.update(
            session=dict(r["session"], mock=False))},
        {"result-facts"},
    ),
    "a wrong hash of the answer keys": (result(lambda r: r["hashes"].update(answers="0" * 64)), {"result-facts"}),
    "a wrong hash of the rule": (result(lambda r: r["hashes"].update(rule="0" * 64)), {"result-facts"}),
    "a wrong closing root": (result(lambda r: r["hashes"].update(closing_root="0" * 64)), {"chain"}),
    "a wrong closing chain": (result(lambda r: r["hashes"].update(closing_chain="0" * 64)), {"chain"}),
    "holders other than at opening": (result(lambda r: r["holders"].update(chief="王五")), {"result-facts"}),
    "a field that the format does not know": (result(lambda r: r.update(note="x")), {"result"}),
    # what was issued
    "a rule that contradicts itself": ({"rule": lambda r: r.update(total_points=120)}, {"rule"}),
    "a rule whose chapters do not add up": ({"rule": lambda r: r["chapters"]["1"].update(points=60)}, {"rule"}),
    "another version of the rule": (manifest(lambda m: m["rule"].update(version=4)), {"rule"}),
    "a pool of another root": (manifest(lambda m: m["pool"].update(n=14)), {"pool"}),
    "an item that does not fit its cell": (
        {"facts": lambda facts: next(f for f in facts if f["type"] == "multiple").update(points=10)},
        {"pool-fits-rule"},
    ),
    "an item of no cell": (
        {"facts": lambda facts: next(f for f in facts if f["type"] == "truefalse").update(stratum="truefalse/9/any")},
        {"pool-fits-rule"},
    ),
    "a chapter that only begins alike": (
        {"facts": lambda facts: next(f for f in facts if f["type"] == "single").update(chapter="11")},
        {"pool-fits-rule"},
    ),
    "a pool larger than the rule allows": ({"rule": lambda r: r["pool"].update(multiple=3)}, {"pool-fits-rule"}),
    "an answer key that names no option": (
        {"correct": lambda c: c.update({min(c): [9]})},
        frozenset({"answers"}),
    ),
    "an answer key of two for one": (
        {"correct": lambda c: c.update({next(i for i, k in c.items() if len(k) == 1): [0, 1]})},
        frozenset({"answers"}),
    ),
    "a roster out of order": ({"roster": lambda r: r[0].update(admission_no="9")}, {"roster"}),
    "a roster with a gap": ({"roster": lambda r: r[4].update(c=6)}, frozenset({"roster"})),
    "a manifest signed by another": (
        manifest(lambda m: m["keys"].update(bureau=STRANGER.hex)),
        {"manifest-signature", "manifest-signer", "rule-officers"},
    ),
    "a site key that signed nothing": (
        manifest(lambda m: m["keys"].update(site=STRANGER.hex)),
        {"result-signature", "checkpoint-signatures"},
    ),
    "a manifest whose parts stand out of order": (
        manifest(lambda m: m["parts"].append({"name": "a.age", "bytes": 1, "sha256": "0" * 64})),
        {"manifest"},
    ),
    # checkpoints
    "a forged checkpoint": (notes(lambda n: n[1].update(root=bytes(32))), {"checkpoints"}),
    "a checkpoint by another hand": (notes(lambda n: n[1].update(site=STRANGER)), {"checkpoint-signatures"}),
    "a checkpoint past the end": (
        notes(lambda n: n.append(dict(n[-1], size=999))),
        {"checkpoints", "closing-checkpoint"},
    ),
    "checkpoints out of order": (
        notes(lambda n: n.insert(0, n.pop(1))),
        {"checkpoints"},
    ),
    "no closing cosignature": (notes(lambda n: n[-1].update(chief=None)), {"closing-checkpoint"}),
    "a forged closing cosignature": (
        notes(lambda n: n[-1].update(chief=STRANGER)),
        {"closing-checkpoint", "cosignatures"},
    ),
    "no opening cosignature": (notes(lambda n: n[0].update(chief=None)), {"cosignatures"}),
    "a closing checkpoint left out": (notes(lambda n: n.pop()), {"closing-checkpoint"}),
    "no checkpoint at all": (
        notes(lambda n: n.clear()),
        {"checkpoints", "cosignatures", "closing-checkpoint"},
    ),
    # commitments
    "a wrong seed": (body("OPEN", seed="0" * 64), {"commitments"}),
    "a wrong share of the room": (body("OPEN", room_r="0" * 64), frozenset({"commitments", "forms"})),
    "a wrong share of the bureau": (body("OPEN", bureau_r="0" * 64), frozenset({"commitments", "forms"})),
    "another commitment of the bureau": (
        manifest(lambda m: m["seed_commit"].update(bureau="0" * 64)),
        {"commitments"},
    ),
    "another commitment of the room": (body("PREPARE", room_commit="0" * 64), {"commitments"}),
    "another manifest prepared": (body("PREPARE", manifest_sha256="0" * 64), {"commitments"}),
    "another package prepared": (body("PREPARE", package_id="0" * 32), {"commitments"}),
    "another pool opened": (body("OPEN", pool_root="0" * 64), {"commitments"}),
    "another rule opened": (body("OPEN", rule_sha256="0" * 64), {"commitments"}),
    "another roster opened": (body("OPEN", roster_sha256="0" * 64), {"commitments"}),
    "a room that committed after opening": (
        script(lambda s: (step(s, "PREPARE").__setitem__(0, 40), s.sort(key=lambda each: each[0]))),
        {"commitments"},
    ),
    "a room that committed twice": (
        script(lambda s: insert(s, 25, "PREPARE", "server", **step(s, "PREPARE")[3])),
        {"commitments"},
    ),
    # forms
    "two forms swapped": (script(swap_forms), {"forms"}),
    "a form of one's own": (body("START", 1, form="0" * 64), {"forms"}),
    "a form of a later attempt": (body("START", 1, attempt=2), {"forms"}),
    # the course
    "entries numbered with a gap": (entries(lambda e: e[-1].update(idx=99)), {"entries"}),
    "an epoch skipped": (entries(lambda e: [x.update(epoch=3) for x in e if x["epoch"] == 2]), {"epochs"}),
    "an entry of another boot": (entries(lambda e: e[8].update(boot="ab")), {"epochs"}),
    "a record that does not begin with BOOT": (entries(lambda e: e[0].update(type="TICK", body={})), {"epochs"}),
    "time run back": (entries(lambda e: e[8].update(t_ms=0)), {"time"}),
    "time run ahead of the clock": (entries(lambda e: e[9].update(t_ms=e[9]["t_ms"] + 1)), {"time"}),
    "a record that does not begin at nought": (
        entries(lambda e: [x.update(t_ms=x["t_ms"] + 7) for x in e]),
        {"time"},
    ),
    "a present candidate called absent": (
        add(86_600, "ABSENT", "server", {"absent": 2}, c=1),
        {"attendance"},
    ),
    "an absence left out": (drop("ABSENT", absent=0), {"attendance"}),
    "a stranger signed in": (
        add(650, "SIGN_IN", "server", {"present": 5}, c=99, token_sha256="0" * 64, terminal="T", again=False),
        {"attendance"},
    ),
    "a move that nobody admitted": (script(lambda s: s.remove(step(s, "ADMIT", 2))), {"attendance"}),
    "a move to another terminal than admitted": (body("ADMIT", 2, terminal="T8"), {"attendance"}),
    "a second sign-in called the first": (body("SIGN_IN", 2, 1, again=False), {"attendance"}),
    "a flag after the hand-in": (
        add(31_000, "FLAG", "seat:1", c=1, seq=15, slot=0, on=False),
        {"order"},
    ),
    "an answer after the hand-in": (
        add(31_000, "ANSWER", "seat:1", **answer_fields(1, 15)),
        {"order", "marks", "results-table"},
    ),
    "a second hand-in": (add(31_000, "HAND_IN", "seat:1", c=1, seq=15, by="candidate"), {"order"}),
    "an answer before START": (add(9_000, "ANSWER", "seat:4", **answer_fields(4, 1)), {"order"}),
    "an answer from another's seat": (
        script(lambda s: step(s, "ANSWER", 1, 7).__setitem__(2, "seat:2")),
        {"order"},
    ),
    "an answer that the server wrote": (
        script(lambda s: step(s, "ANSWER", 1, 7).__setitem__(2, "server")),
        {"order"},
    ),
    "a START twice": (
        script(lambda s: insert(s, 10_500, "START", "server", **step(s, "START", 1)[3])),
        {"order"},
    ),
    "a START before the session's": (
        script(lambda s: (step(s, "START", 1).__setitem__(0, 900), s.sort(key=lambda each: each[0]))),
        {"order"},
    ),
    "a START without sign-in": (
        drop("SIGN_IN", 5, present=3),
        {"order", "attendance", "marks", "rates", "results-table", "rates-table"},
    ),
    "a gap in the sequence": (body("ANSWER", 1, 4, seq=50), {"sequences"}),
    "a hand-in by the server with a number": (body("HAND_IN", 2, by="server", seq=6), {"sequences", "order"}),
    "a choice that is not there": (body("ANSWER", 1, 1, choice=[7]), {"choices"}),
    "a choice twice over": (body("ANSWER", 1, 5, choice=[1, 1]), {"choices"}),
    "two choices for one": (body("ANSWER", 1, 1, choice=[0, 1]), {"choices"}),
    "a slot that is not there": (body("ANSWER", 1, 1, slot=60), {"choices"}),
    "a late answer unmarked": (body("ANSWER", 2, 4, late=False), {"deadlines", "marks", "orders", "results-table"}),
    "an answer late by the slack exactly, unmarked": (
        script(lambda s: (steps(s, "ANSWER", 2)[3].__setitem__(0, 82_000), s.sort(key=lambda each: each[0]))),
        {"deadlines"},
    ),
    "cells out of order": ({"rule": lambda r: r["cells"].reverse()}, {"rule"}),
    "cells that overlap": (
        {"facts": one_item_in_a_cell_within, "rule": a_cell_within},
        {"pool-fits-rule"},
    ),
    "a late answer that nobody decided upon": (
        script(lambda s: (s.remove(step(s, "LATE")), step(s, "CLOSE")[3].update(late=0))),
        {"orders", "marks", "results-table"},
    ),
    "an order upon late answers turned round": (body("LATE", 2, counts=False), {"orders", "marks", "results-table"}),
    "an order upon late answers with another reason": (body("LATE", 2, reason="x"), {"orders"}),
    "an order upon more late answers than there were": (
        script(lambda s: step(s, "LATE")[3].update(order("LATE", c=2, counts=True, n=2, reason="断网"))), {"orders"},
    ),
    "an order upon late answers left uncounted": (
        drop("LATE"), {"orders", "closing", "marks", "results-table"},
    ),
    "an order upon late answers by somebody else": (
        script(lambda s: step(s, "LATE")[3].update(order("LATE", SITE, c=2, counts=True, n=1, reason="断网"))),
        {"orders"},
    ),
    "a hand-in opened again by nobody's order": (script(lambda s: reopen(s, sig="0" * 128)), {"orders"}),
    "a hand-in opened again that was another": (script(lambda s: reopen(s, hand_in=3)), {"order", "orders"}),
    "a hand-in opened again and left open": (
        script(lambda s: (reopen(s, again=False), step(s, "CLOSE")[3].update(handed_in=1))), {"hand-ins"},
    ),
    "a wrong count of late candidates": (body("CLOSE", late=2), {"closing"}),
    "a timely answer marked late": (body("ANSWER", 1, 0, late=True), {"deadlines", "marks", "results-table"}),
    "more time than the rule's": (body("START", 1, limit_ms=90_000), {"deadlines"}),
    "a hand-in forced too early": (body("HAND_IN", 1, by="clock"), {"deadlines"}),
    "a pause never begun": (add(50_000, "RESUME", "staff:x", c=0, reason=""), {"deadlines"}),
    "a pause begun twice": (add(22_000, "PAUSE", "staff:x", c=0, reason=""), {"deadlines"}),
    "a seat left open": (drop("WAIVE", waived=0), {"hand-ins"}),
    "a wrong count at closing": (body("CLOSE", handed_in=3), {"closing"}),
    "an entry after CLOSE": (add(88_000, "TICK", "server"), {"closing"}),
    "no CLOSE": ({"script": lambda s: s.remove(step(s, "CLOSE"))}, {"closing"}),
    "CLOSE twice": (add(88_000, "CLOSE", "staff:x", present=4, absent=1, handed_in=2, waived=1), {"closing"}),
    "a session started twice": (add(2_000, "SESSION_START", "staff:x"), {"order"}),
    "a boot come back": (script(boot_again), {"epochs"}),
    "a clock run back within a boot": (entries(lambda e: e[9].update(mono_ms=0)), {"time"}),
    "an item that locks an option it has not": (
        {"facts": lambda facts: next(f for f in facts if f["type"] == "truefalse").update(locked=[7])},
        {"pool"},
    ),
    "an answer key of an item that is not in the pool": (
        {"answers": lambda a: a.append({"id": "f" * 32, "correct": [0], "salt": "0" * 64})},
        {"answers"},
    ),
    "an institution made up": (
        result(lambda r: r["rates"].append(dict(r["rates"][0], institution="虚校"))),
        {"rates"},
    ),
    "a table short of columns": ({"tables": lambda t: t["rates.csv"][1].__delitem__(slice(6, None))}, {"rates-table"}),
    # who answers for the rule
    "a rule that one officer signed": (edition(lambda p: p.update(hands=[LI])), {"rule-signatures"}),
    "a rule that one officer signed twice": (edition(lambda p: p.update(hands=[LI, LI])), {"rule-signatures"}),
    "a rule that nobody signed": (edition(lambda p: p.update(hands=[])), {"rule-edition"}),
    "a rule signed by the bureau and one officer": (
        edition(lambda p: p.update(hands=[BUREAU, LI])),
        {"rule-signatures"},
    ),
    "a rule signed by an officer who went": (edition(lambda p: p.update(hands=[ZHANG, LI])), {"rule-signatures"}),
    "a rule signed under a register that was over": (edition(under_the_first), {"rule-signatures"}),
    "a rule under a register that is not there": (
        edition(lambda p: p["says"]["register"].update(version=3)),
        {"rule-signatures"},
    ),
    "a rule under a register that reads otherwise": (
        edition(lambda p: p["says"]["register"].update(sha256="0" * 64)),
        {"rule-signatures"},
    ),
    "another text signed than used": (
        edition(lambda p: p["says"].update(rule=dict(p["says"]["rule"], pass_points=50))),
        {"rule-edition"},
    ),
    "another hash signed than used": (edition(lambda p: p["says"].update(sha256="0" * 64)), {"rule-edition"}),
    "a rule that was over on the day": ({"rule": lambda r: r.update(effective_to="2026-06-30")}, {"rule-edition"}),
    "a rule that had not begun on the day": ({"rule": lambda r: r.update(effective_from="2027-01-01")}, {"rule-edition"}),
    "an edition that the manifest does not list": (manifest(unsigned), {"rule-edition"}),
    "an edition other than was issued": (
        manifest(lambda m: m["parts"][0].update(sha256="0" * 64)),
        {"rule-edition"},
    ),
    "an edition of a form nobody knows": (edition(lambda p: p["says"].update(v=2)), {"rule-edition"}),
    "officers whom the bureau alone invented": (edition(begun_anew), {"rule-officers-first"}),
    "a register that the bureau did not sign": (officers(lambda p: p[1].update(hands=[ZHANG, LI])), {"rule-officers"}),
    "a register that one officer before signed": (officers(lambda p: p[1].update(hands=[BUREAU, ZHANG])), {"rule-officers"}),
    "a register that the bureau signed alone": (officers(lambda p: p[1].update(hands=[BUREAU])), {"rule-officers"}),
    "a register signed by the officers it names": (
        officers(lambda p: p[1].update(hands=[BUREAU, ZHAO, LI])),
        {"rule-officers"},
    ),
    "a register that says all before are gone": (
        officers(lambda p: p[1]["says"].update(gone=dict.fromkeys(("zhang", "li", "wang"), "x"), officers=[
            officer("a", ZHAO), officer("b", STRANGER)])) | edition(lambda p: p.update(hands=[ZHAO, STRANGER])),
        {"rule-officers"},
    ),
    "a register that says a stranger is gone": (officers(lambda p: p[1]["says"].update(gone={"x": "x"})), {"rule-officers"}),
    "an officer gone who is appointed again": (
        officers(lambda p: p[1]["says"].update(gone={"wang": "x"})),
        {"rule-officers"},
    ),
    "one officer under two names": (
        officers(lambda p: p[1]["says"]["officers"].append(officer("other", LI))),
        {"rule-officers"},
    ),
    "two officers under one name": (
        officers(lambda p: p[1]["says"]["officers"].append(officer("li", STRANGER))),
        {"rule-officers"},
    ),
    "the bureau as an officer": (
        officers(lambda p: p[1]["says"]["officers"].append(officer("b", BUREAU))),
        {"rule-officers"},
    ),
    "a register that forgets a signed version": (
        {"officers": lambda p: p.append({"says": dict(p[1]["says"], rules={"T-1": [salt("v1")]}), "hands": [BUREAU, LI, WANG]})},
        {"rule-officers"},
    ),
    "a register with another number": (
        {"officers": lambda p: p[1]["says"].update(version=3),
         "edition": lambda p: p["says"]["register"].update(version=2)},
        {"rule-officers"},
    ),
    "a register that follows another one": (officers(lambda p: p[1]["says"].update(before="0" * 64)), {"rule-officers"}),
    # separation
    "separate roles, one person": (
        {"script": lambda s: holders_twice(step(s, "OPEN")[3]), "result": holders_twice},
        {"separation"},
    ),
    "separate roles, one key": (
        {"manifest": lambda m: m["keys"].update(chief=SITE.hex), "notes": lambda n: [
            x.update(chief=SITE) for x in n if x["chief"]]},
        {"separation", "orders"},
    ),
}  # fmt: skip


def test_an_honest_session_passes_every_check(tmp_path):
    verdict = judged(Maker().write(tmp_path))
    assert verdict[Status.FAILED] == set()
    # A seat fell silent, and the reboot moved time: said, not blamed.
    assert verdict[Status.ATTENTION] == {"alarms", "incidents", "seat-keys", "time"}
    assert verdict[Status.SKIPPED] == {"for-people", "ledger"}  # a package of before there was a ledger


def otherwise(change):
    """A session that went otherwise, and is told as it went."""

    class Changed(Maker):
        def _script(self):
            script = super()._script()
            change(script)
            return script

    return Changed()


def test_a_hand_in_opened_again_passes_and_what_follows_it_counts(tmp_path):
    def change(script):
        reopen(script)
        seq = step(script, "HAND_IN", 1)[3]["seq"]
        insert(script, 31_000, "ANSWER", "seat:1", **answer_fields(1, seq + 1, choice=()))
        step(script, "HAND_IN", 1, 1)[3]["seq"] = seq + 2

    assert judged(otherwise(change).write(tmp_path))[Status.FAILED] == set()
    assert rows(tmp_path)[0]["answered"] == rows(Maker().write(tmp_path / "honest"))[0]["answered"] - 1


@pytest.mark.parametrize("counts", [True, False])
def test_late_answers_count_where_the_chief_examiner_says_so(tmp_path, counts):
    words = order("LATE", c=2, counts=counts, n=1, reason="断网")
    maker = otherwise(lambda s: step(s, "LATE")[3].update(words))
    assert judged(maker.write(tmp_path))[Status.FAILED] == set()
    assert (rows(tmp_path)[1]["answered"], rows(tmp_path)[1]["late"]) == (5 if counts else 4, 1)


def test_a_record_of_before_late_answers_were_decided_upon_passes_and_is_said(tmp_path):
    def earlier(script):
        script.remove(step(script, "LATE"))
        del step(script, "CLOSE")[3]["late"]
        for sign_in in steps(script, "SIGN_IN"):
            del sign_in[3]["machine"]
        script.remove(step(script, "ADMIT"))

    verdict = judged(otherwise(earlier).write(tmp_path))
    assert verdict[Status.FAILED] == set()
    assert verdict[Status.ATTENTION] == {"alarms", "incidents", "orders", "seat-keys", "time"}
    assert rows(tmp_path)[1]["answered"] == 5


def rows(folder):
    return json.loads((folder / "result.json").read_bytes())["signed"]["candidates"]


def test_a_register_that_an_officer_could_not_sign_passes_and_is_said(tmp_path):
    def two_gone(plan):
        plan[1]["says"].update(
            gone={"zhang": "病故", "wang": "调离"}, officers=[officer("li", LI), officer("zhao", ZHAO)]
        )
        plan[1]["hands"] = [BUREAU, LI]

    verdict = judged(Maker(officers=two_gone, edition=lambda p: p.update(hands=[LI, ZHAO])).write(tmp_path))
    assert verdict[Status.FAILED] == set()
    assert verdict[Status.ATTENTION] == {"alarms", "incidents", "rule-officers", "seat-keys", "time"}


def cut_short(plan):
    """What the bureau and two officers can make who were dismissed: the chain ends before their successors."""
    under_the_first(plan)
    plan["registers"] = plan["registers"][:1]


def known(folder, **hooks):
    """The edition of another package of the same bureau."""
    return [Maker(**hooks).write(folder / "other") / "package" / "edition.json"]


def test_a_chain_cut_short_is_told_by_an_edition_that_the_auditor_knows(tmp_path):
    forged = Maker(edition=cut_short).write(tmp_path / "one")
    assert judged(forged)[Status.FAILED] == set()  # by itself it holds together
    verdict = judged(forged, known=known(tmp_path))
    assert verdict[Status.FAILED] == {"rule-signatures"} and "register_over" in verdict["codes"]
    honest = Maker().write(tmp_path / "two")
    assert judged(honest, known=known(tmp_path / "more"))[Status.FAILED] == set()


def test_a_version_that_was_over_on_the_day_is_told_by_the_edition_of_its_successor(tmp_path):
    honest = Maker().write(tmp_path / "one")
    of = honest / "package" / "edition.json"
    used = json.loads(of.read_bytes())["rule"]["signed"]
    for first, codes in (("2026-01-02", {"superseded"}), ("2099-01-01", set())):

        def successor(plan, first=first):
            text = plan["says"]["rule"] | {"version": used["rule"]["version"] + 1, "effective_from": first}
            plan["says"] |= {"rule": text, "sha256": h(jcs(text)).hex(), "supersedes": used["sha256"]}

        later = known(tmp_path / first, edition=successor)
        assert judged(honest, known=later)["codes"] == codes


def test_what_the_auditor_brings_is_checked_as_well(tmp_path):
    honest = Maker().write(tmp_path / "one")
    (tmp_path / "not").write_text("{")
    assert judged(honest, known=[tmp_path / "not"])["codes"] == {"not_json"}
    assert judged(honest, known=[tmp_path / "none"])["codes"] == {"not_json"}
    assert judged(honest, known=known(tmp_path / "a", edition=begun_anew))["codes"] == {"hash"}
    assert judged(honest, known=known(tmp_path / "b", edition=lambda p: p.update(hands=[LI])))["codes"] == {
        "officers_few"
    }


def test_a_name_that_could_write_lines_of_its_own_is_no_name(tmp_path):
    for name in ("王五\n规则负责人名单第 3 份", "王\x1b[2J", " 王", ""):
        forged = officers(lambda p, name=name: p[1]["says"]["officers"][0].update(name=name))
        assert judged(Maker(**forged).write(tmp_path / h(name.encode()).hex()))["codes"] >= {"shape"}


def test_why_two_officers_bear_one_name_may_stand_in_a_register(tmp_path):
    forged = officers(lambda p: p[1]["says"].update(namesakes="一科、二科各一人"))
    assert judged(Maker(**forged).write(tmp_path))[Status.FAILED] == set()


def test_a_version_signed_before_its_officers_left_stays_good(tmp_path):
    def replaced(plan):
        plan["says"]["register"] = {"version": 1, "sha256": OFFICERS}
        plan["hands"] = [ZHANG, WANG]
        kept = {"T-1": [salt("v1"), salt("v2"), plan["says"]["sha256"]]}
        second = registers()[1]
        plan["registers"] = chained([registers()[0], second | {"says": second["says"] | {"rules": kept}}])

    assert judged(Maker(edition=replaced).write(tmp_path))[Status.FAILED] == set()


def test_officers_who_only_vouch_for_themselves_are_not_ticked(tmp_path):
    verdict = judged(Maker().write(tmp_path), officers=None)
    assert verdict[Status.FAILED] == set()
    assert "rule-officers-first" in verdict[Status.SKIPPED]


def test_a_drill_may_use_a_rule_that_nobody_signed_and_this_is_said(tmp_path):
    def drill(manifest):
        manifest["session"]["mock"] = True
        unsigned(manifest)

    directory = Maker(manifest=drill).write(tmp_path)
    (directory / "package" / "edition.json").unlink()
    _, outcomes = checks.run(directory, BUREAU.public)
    said = {out.name: [skip.code for skip in out.skips] for out in outcomes if out.status is Status.SKIPPED}
    names = ("rule-edition", "rule-officers", "rule-officers-first", "rule-signatures")
    assert said == dict.fromkeys(names, ["unsigned_drill"]) | {"for-people": ["not_read"], "ledger": ["before_ledger"]}
    assert {out.name for out in outcomes if out.status is Status.FAILED} == set()


def test_a_session_that_counts_without_an_edition_is_not_believed(tmp_path):
    directory = Maker(manifest=unsigned).write(tmp_path)
    (directory / "package" / "edition.json").unlink()
    assert judged(directory)[Status.FAILED] == {"rule-edition"}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_fails_exactly_the_checks_it_concerns(lie, tmp_path):
    hooks, expected = LIES[lie]
    verdict = judged(Maker(**hooks).write(tmp_path))
    assert agrees(verdict[Status.FAILED], expected), verdict[Status.FAILED]
    assert "not_evaluated" not in verdict["codes"]


def edit(directory, name, change):
    path = directory / name
    before = path.read_bytes()
    after = change(before)
    assert after != before
    path.write_bytes(after)


def lines(change):
    def apply(data):
        all_lines = data.split(b"\n")[:-1]
        change(all_lines)
        return b"".join(line + b"\n" for line in all_lines)

    return apply


def flip_salt(all_lines):
    at = all_lines[30].index(b'"salt":"') + 8
    all_lines[30] = (
        all_lines[30][:at] + (b"0" if all_lines[30][at : at + 1] != b"0" else b"1") + all_lines[30][at + 1 :]
    )


def swap(all_lines):
    all_lines[31], all_lines[32] = all_lines[32], all_lines[31]


TAMPERED = {
    "a flipped byte of an entry": ("entries.jsonl", lines(flip_salt), {"chain", "checkpoints"}),
    "a dropped entry": (
        "entries.jsonl",
        lines(lambda x: x.pop(-6)),  # a tick
        {"entries", "chain", "checkpoints", "closing-checkpoint", "result-facts"},
    ),
    "swapped entries": ("entries.jsonl", lines(swap), {"entries", "chain", "checkpoints", "time"}),
    "a space in an entry": (
        "entries.jsonl",
        lines(lambda x: x.__setitem__(40, x[40].replace(b":", b": ", 1))),
        {"entries", "chain", "checkpoints"},
    ),
    "a field doubled in an entry": (
        "entries.jsonl",
        lines(lambda x: x.__setitem__(40, x[40].replace(b'{"actor"', b'{"actor":"server","actor"', 1))),
        {"entries", "chain", "checkpoints"},
    ),
    "a record cut at its end": (
        "entries.jsonl",
        lambda data: data[:-1],
        {"entries"},
    ),
    "another rule": (
        "package/rule.json",
        lambda data: data.replace("核验用规则".encode(), b"x"),
        {"rule", "result-facts"},
    ),
    "another pass mark": (
        "package/rule.json",
        lambda data: data.replace(b'"pass_points":60', b'"pass_points":90'),
        {"rule", "result-facts", "marks", "rates", "results-table", "rates-table"},
    ),
    "another answers file": (
        "answers.jsonl",
        lines(lambda x: x.__setitem__(0, x[0][:-3] + (b'0"}' if x[0][-3:-2] != b"0" else b'1"}'))),
        {"answers", "result-facts"},
    ),
    "an answer key dropped": ("answers.jsonl", lines(lambda x: x.pop()), frozenset({"answers", "result-facts"})),
    "another pool": ("pool.jsonl", lines(lambda x: x.__setitem__(0, x[0].replace(b'"rev":1', b'"rev":2'))), {"pool"}),
    "another name on the roster": (
        "roster.jsonl",
        lambda data: data.replace("考生1".encode(), "考生9".encode()),
        {"roster"},
    ),
    "a candidate struck from the roster": (
        "roster.jsonl",
        lines(lambda x: x.pop(2)),
        frozenset({"roster", "attendance", "marks"}),
    ),
    "another date of issue": (
        "package/manifest.json",
        lambda data: data.replace(b"2026-11-20T08", b"2026-11-20T09"),
        {"manifest-signature", "commitments", "result-facts"},
    ),
    "a manifest spaced otherwise": (
        "package/manifest.json",
        lambda data: data.replace(b'"signed":', b'"signed": '),
        {"commitments", "result-facts"},
    ),
    "another engine": (
        "result.json",
        lambda data: data.replace(b'"engine":"0.1.0"', b'"engine":"9"'),
        {"result-signature"},
    ),
    "no signature": (
        "result.json",
        lambda data: data[: data.index(b'"signatures"')] + b'"signatures":[],' + data[data.index(b'"signed"') :],
        {"result"},
    ),
    "a checkpoint of another session": (
        "checkpoints.txt",
        lambda data: data.replace(b"/S001\n", b"/S002\n"),
        {"checkpoints", "checkpoint-signatures", "cosignatures", "closing-checkpoint"},
    ),
    "a checkpoint with a fourth line": (
        "checkpoints.txt",
        lambda data: data.replace(b"\n\n", b"\nmore\n\n", 1),
        {"checkpoints", "cosignatures"},
    ),
    "a table in another encoding": ("results.csv", lambda data: data[3:].decode().encode("gb18030"), {"results-table"}),
}  # fmt: skip


@pytest.mark.parametrize("lie", TAMPERED)
def test_tampering_after_signing_fails_exactly_the_checks_it_concerns(lie, tmp_path):
    name, change, expected = TAMPERED[lie]
    directory = Maker().write(tmp_path)
    edit(directory, name, change)
    verdict = judged(directory)
    assert agrees(verdict[Status.FAILED], expected), verdict[Status.FAILED]
    assert "not_evaluated" not in verdict["codes"]


@pytest.mark.parametrize("name", sorted(Maker().build().files))
def test_a_missing_file_is_named(name, tmp_path):
    directory = Maker().write(tmp_path)
    (directory / name).unlink()
    _, outcomes = checks.run(directory, BUREAU.public)
    assert any(f.code == "file_missing" and f.place == name for out in outcomes for f in out.failures)
    assert "not_evaluated" not in {f.code for out in outcomes for f in out.failures}


def test_one_holder_needs_attention_and_is_never_ticked(tmp_path):
    one = {"bureau": "钱一", "chief": "钱一", "site": "钱一"}

    def admit(where):
        where.update(separated=False, holders=one)

    maker = Maker(script=lambda s: admit(step(s, "OPEN")[3]), result=admit)
    verdict = judged(maker.write(tmp_path))
    assert verdict[Status.FAILED] == set()
    assert "separation" in verdict[Status.ATTENTION]


def test_claiming_separation_that_the_record_denies_fails(tmp_path):
    verdict = judged(Maker(**body("OPEN", separated=False)).write(tmp_path))
    assert verdict[Status.FAILED] == {"result-facts"}


def test_a_silence_of_the_ticks_needs_attention(tmp_path):
    maker = Maker(script=lambda s: [s.remove(x) for x in steps(s, "TICK")[1:4]])
    verdict = judged(maker.write(tmp_path))
    assert verdict[Status.FAILED] == set()
    assert "ticks" in verdict[Status.ATTENTION]


def test_an_unknown_verdict_word_needs_attention(tmp_path):
    verdict = judged(Maker(tables=lambda t: t["results.csv"][1].__setitem__(6, "通过")).write(tmp_path))
    assert verdict[Status.FAILED] == set()
    assert "results-table" in verdict[Status.ATTENTION]


def asked_again(tmp_path, check, spoil):
    """The codes that `check` gives when what was established is spoilt beneath it."""
    case, _ = checks.run(Maker().write(tmp_path))
    spoil(case)
    out = Outcome(0, "")
    check(case, out)
    return {finding.code for finding in out.failures}


def test_the_rule_is_asked_of_each_form_without_regard_to_its_draw(tmp_path):
    def twice(case):
        case.forms[1].append(case.forms[1][0])

    def moved(case):
        form = case.forms[1]
        at = next(i for i, (id_, _) in enumerate(form) if case.pool[id_].type == "truefalse")
        form[at] = (form[at][0], (1, 0))

    def no_permutation(case):
        form = case.forms[1]
        at = next(i for i, (id_, _) in enumerate(form) if case.pool[id_].type == "multiple")
        form[at] = (form[at][0], (0, 0, 1, 2, 3))

    def enemies(case):
        for item in case.pool.values():
            object.__setattr__(item, "enemies", frozenset({"e"}))

    def untagged(case):
        for item in case.pool.values():
            object.__setattr__(item, "tags", frozenset())

    def easier(case):
        case.target = case.target + 10**6

    assert asked_again(tmp_path / "0", forms.form_rules, lambda case: None) == set()
    assert {"form_repeat", "form_cell"} <= asked_again(tmp_path / "1", forms.form_rules, twice)
    assert asked_again(tmp_path / "2", forms.form_rules, moved) == {"form_locked"}
    assert asked_again(tmp_path / "3", forms.form_rules, no_permutation) == {"form_locked"}
    assert asked_again(tmp_path / "4", forms.form_rules, enemies) == {"form_enemies"}
    assert asked_again(tmp_path / "5", forms.form_rules, untagged) == {"form_mandatory"}
    assert asked_again(tmp_path / "6", forms.form_rules, easier) == {"form_tolerance"}


def test_a_pool_that_cannot_fill_the_rule_is_named_and_gives_no_form(tmp_path):
    def short(case):
        case.pool = {id_: item for id_, item in case.pool.items() if item.type != "multiple"}

    assert asked_again(tmp_path / "1", forms.pool_fits_rule, short) == {"cell_short"}
    assert asked_again(tmp_path / "2", forms.forms, short) == {"no_form"}


def test_an_unknown_file_needs_attention(tmp_path):
    directory = Maker().write(tmp_path)
    (directory / "notes.txt").write_text("x")
    assert "files" in judged(directory)[Status.ATTENTION]


def test_a_signer_who_only_vouches_for_himself_is_not_ticked(tmp_path):
    verdict = judged(Maker().write(tmp_path), key=None)
    assert verdict[Status.FAILED] == set()
    assert "manifest-signer" in verdict[Status.SKIPPED]


def test_the_signer_is_checked_against_the_pinned_key(tmp_path):
    assert judged(Maker().write(tmp_path), key=CHIEF.public)[Status.FAILED] == {"manifest-signer"}


def test_all_failures_are_listed_with_their_places(tmp_path):
    def change(result):
        for row in result["candidates"]:
            row["points"] = 1

    directory = Maker(result=change).write(tmp_path)
    _, outcomes = checks.run(directory)
    failures = next(out for out in outcomes if out.name == "marks").failures
    assert [f.place for f in failures] == [f"result.json candidates[{i}] c={i + 1} points" for i in range(5)]


def test_a_wrong_result_still_signed_by_the_site_is_found_from_the_record_alone(tmp_path):
    """The lie that matters most: everything is signed again, only the arithmetic is not what the record gives."""
    directory = Maker(rows=lambda rows: rows[4].update(points=100, passed=True)).write(tmp_path)
    assert judged(directory)[Status.FAILED] == {"marks", "rates", "results-table", "rates-table"}
