"""A small honest session, written from docs/formats.md and docs/draw.md with code of its own, and places to lie in it.

`Maker(**hooks).write(directory)` makes a result directory. A hook is a function that may change one stage in place,
before all that depends on it is hashed and signed again: so a lie is as well told as a dishonest site could tell it.
"""

import base64
import copy
import csv
import hashlib
import hmac
import json
import math
import struct
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

T = TypeVar("T")
Facts = dict[str, Any]
"""One JSON object. Its types are what the verifier checks, so they are not ours to promise here."""

STAGES = (
    "facts",
    "correct",
    "answers",
    "rule",
    "roster",
    "officers",
    "edition",
    "manifest",
    "script",
    "entries",
    "notes",
    "rows",
    "result",
    "tables",
)
HOLDERS = {"bureau": "钱一", "chief": "孙二", "site": "李三"}


def jcs(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def h(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def lp(data: bytes) -> bytes:
    return struct.pack(">Q", len(data)) + data


def mth(leaves: Sequence[bytes]) -> bytes:
    n = len(leaves)
    if n == 0:
        return h(b"")
    if n == 1:
        return h(b"\0", leaves[0])
    k = 1
    while 2 * k < n:
        k *= 2
    return h(b"\1", mth(leaves[:k]), mth(leaves[k:]))


class Drbg:
    def __init__(self, key: bytes, label: str) -> None:
        self.x = hashlib.shake_256(lp(b"exam-drbg-v1") + lp(key) + lp(label.encode()))
        self.at = 0

    def below(self, n: int) -> int:
        while True:
            self.at += 8
            x = int.from_bytes(self.x.digest(self.at)[-8:], "big")
            if x >= (1 << 64) % n:
                return x % n

    def sample(self, things: Iterable[T], k: int) -> list[T]:
        a = list(things)
        for i in range(k):
            j = i + self.below(len(a) - i)
            a[i], a[j] = a[j], a[i]
        return a[:k]


def salt(*names: object, n: int = 32) -> str:
    return hashlib.shake_256("/".join(map(str, names)).encode()).hexdigest(n)


class Key:
    def __init__(self, name: str) -> None:
        self.private = Ed25519PrivateKey.from_private_bytes(h(b"key of the test: ", name.encode()))
        self.public = self.private.public_key().public_bytes_raw()
        self.hex = self.public.hex()

    def signature(self, signed: object) -> Facts:
        return {"keyid": h(self.public).hex(), "sig": self.private.sign(jcs(signed)).hex()}

    def statement(self, signed: object) -> bytes:
        return jcs({"signed": signed, "signatures": [self.signature(signed)]})

    def line(self, name: str, kind: int, text: bytes, time: int = 1_790_000_000) -> bytes:
        key_id = h(name.encode(), b"\n", bytes([kind]), self.public)[:4]
        if kind == 1:
            blob = self.private.sign(text)
        else:
            blob = struct.pack(">Q", time) + self.private.sign(b"cosignature/v1\ntime %d\n" % time + text)
        return f"— {name} {base64.b64encode(key_id + blob).decode()}\n".encode()


PACKAGE_ID = "0123456789abcdef" * 2
BUREAU, CHIEF, SITE, STRANGER = Key("bureau"), Key("chief"), Key("site"), Key("stranger")
ZHANG, LI, WANG, ZHAO = Key("张"), Key("李"), Key("王"), Key("赵")


def order(kind: str, key: Key = CHIEF, **words: object) -> Facts:
    """The body of what the chief examiner alone may say, with their signature."""
    signed = {"order": words, "package_id": PACKAGE_ID, "type": f"examd-{kind.lower()}", "v": 1}
    return {**words, "sig": key.private.sign(jcs(signed)).hex()}


def officer(id_: str, key: Key) -> Facts:
    return {"id": id_, "name": id_, "sign": key.hex}


def registers() -> list[Facts]:
    """Two registers of rule officers: what each says, and who signs it."""
    first = {"officers": [officer("zhang", ZHANG), officer("li", LI), officer("wang", WANG)], "gone": {}, "rules": {}}
    second = {
        "officers": [officer("li", LI), officer("wang", WANG), officer("zhao", ZHAO)],
        "gone": {},
        "rules": {"T-1": [salt("v1"), salt("v2")]},
    }
    return [{"says": first, "hands": [BUREAU]}, {"says": second, "hands": [BUREAU, ZHANG, LI]}]


def chained(plan: Iterable[Facts]) -> list[Facts]:
    """The statements of a plan such as `registers` makes; each names the one before it."""
    made: list[Facts] = []
    before = ""
    for version, each in enumerate(plan, 1):
        signed = {"type": "examd-rule-officers", "v": 1, "version": version, "before": before} | each["says"]
        made.append({"signed": signed, "signatures": [key.signature(signed) for key in each["hands"]]})
        before = h(jcs(signed)).hex()
    return made


OFFICERS = h(jcs(chained(registers())[0]["signed"])).hex()
"""What an auditor knows of the first register."""


class Maker:
    def __init__(self, candidates: int = 5, drawn: int = 1, **hooks: Callable[[Any], object]) -> None:
        assert set(hooks) <= set(STAGES), hooks
        self.hooks = hooks
        self.candidates = candidates
        self.scale = drawn

    def _stage(self, name: str, value: T) -> T:
        if name in self.hooks:
            self.hooks[name](value)
        return value

    # what the bureau issues

    def _issue(self) -> None:
        kinds = (("single", "1.1", "know", 4, 7), ("multiple", "2", "none", 5, 4), ("truefalse", "1", "grasp", 2, 4))
        self.facts: list[Facts] = []
        self.correct: dict[str, list[int]] = {}
        for kind, chapter, level, options, n in kinds:
            for i in range(n * self.scale):
                id_ = salt("item", kind, i, n=16)
                stratum = {"single": "single/1/any", "multiple": "multiple/any/any", "truefalse": "truefalse/1/grasp"}
                self.facts.append(
                    {
                        "id": id_,
                        "rev": 1,
                        "stratum": stratum[kind],
                        "type": kind,
                        "chapter": chapter,
                        "level": level,
                        "points": {"single": 10, "multiple": 30, "truefalse": 20}[kind],
                        "p4": 6000 + 300 * (i % 7),
                        "options": options,
                        "locked": [3] if kind == "single" and i % 2 else [],
                        "enemies": ["e"] if kind == "single" and i in (0, 1) else [],
                        "tags": ["t"] if kind == "single" and i % 2 else [],
                        "content": salt("content", id_),
                        "salt": salt("salt", id_),
                    }
                )
                self.correct[id_] = {"single": [i % 4], "multiple": [0, 2, 4], "truefalse": [i % 2]}[kind]
        self.facts.sort(key=lambda facts: facts["id"].encode())
        self._stage("facts", self.facts)
        self._stage("correct", self.correct)
        cells: list[Facts] = [
            {"type": "multiple", "chapter": "any", "level": "any", "count": 1, "points": 30},
            {"type": "single", "chapter": "1", "level": "any", "count": 3, "points": 10},
            {"type": "truefalse", "chapter": "1", "level": "grasp", "count": 2, "points": 20},
        ]
        for cell in cells:
            cell["count"] *= self.scale  # a longer form from a larger pool, for measuring speed
        self.rule: Facts = self._stage(
            "rule",
            {
                "id": "T-1",
                "version": 3,
                "draw": 1,
                "name": "核验用规则",
                "source": "测试",
                "effective_from": "2026-01-01",
                "grading": "site",
                "min_accept": "0.01",
                "minutes": 1,
                "total_points": 100 * self.scale,
                "pass_points": 60,
                "cells": cells,
                "scoring": {"multiple": "partial"},
                "shuffle": {"items": "within-type", "type_order": ["truefalse", "single", "multiple"], "options": True},
                "attempts": 1000,
                "difficulty": {"tolerance": "1.5"},
                "mandatory": {"t": 1},
                "pool": {"multiple": 4},
                "types": {cell["type"]: {"count": cell["count"], "points": cell["points"]} for cell in cells},
                "chapters": {
                    "1": {"name": "一", "points": 70 * self.scale},
                    "any": {"name": "", "points": 30 * self.scale},
                },
                "levels": {"any": 60 * self.scale, "grasp": 40 * self.scale},
            },
        )
        self.roster: list[Facts] = self._stage(
            "roster",
            [
                {
                    "c": c,
                    "admission_no": f"2026{c:06}",
                    "name": f"考生{c}",
                    "id_tail": f"{c:06}",
                    "id_masked": f"************{c:06}",
                    "institution": "甲校" if c % 2 else "乙校",
                }
                for c in range(1, self.candidates + 1)
            ],
        )

    def _manifest(self) -> None:
        def lines(records: Iterable[Facts]) -> bytes:
            return b"".join(jcs(record) + b"\n" for record in records)

        answers = [{"id": f["id"], "correct": self.correct[f["id"]], "salt": salt("a", f["id"])} for f in self.facts]
        self._stage("answers", answers)
        self.files = {
            "package/rule.json": jcs(self.rule),
            "roster.jsonl": lines(self.roster),
            "answers.jsonl": lines(answers),
            "pool.jsonl": lines(self.facts),
        }
        sha256 = {name: h(data).hex() for name, data in self.files.items()}
        self.root, self.rule_hash = mth([jcs(f) for f in self.facts]), h(jcs(self.rule))
        self.session: Facts = {"id": "S001", "name": "低压电工 理论", "date": "2026-11-21"}
        self.session |= {"site_id": "K07", "site_name": "第七考点", "mock": False}
        self.session_string = f"S001/{sha256['roster.jsonl']}".encode()
        self.shares = {"bureau": bytes.fromhex(salt("bureau")), "room": bytes.fromhex(salt("room"))}
        self.commits = {
            party: h(lp(b"exam-commit-v1"), lp(self.session_string), lp(party.encode()), lp(self.root),
                     lp(self.rule_hash), lp(share))
            for party, share in self.shares.items()
        }  # fmt: skip
        told = [lp(p.encode()) + lp(self.commits[p]) + lp(self.shares[p]) for p in ("bureau", "room")]
        self.seed = h(lp(b"exam-seed-v1"), lp(self.session_string), lp(self.root), lp(self.rule_hash), *told)
        rule, edition = self.files["package/rule.json"], self._edition()
        self.files["package/edition.json"] = edition
        self.manifest: Facts = self._stage(
            "manifest",
            {
                "type": "examd-package",
                "v": 1,
                "package_id": PACKAGE_ID,
                "session": self.session,
                "rule": {"id": "T-1", "version": 3, "sha256": self.rule_hash.hex()},
                "pool": {"root": self.root.hex(), "n": len(self.facts)},
                "roster": {"sha256": sha256["roster.jsonl"], "n": len(self.roster)},
                "items": {"sha256": salt("items")},
                "answers": {"sha256": sha256["answers.jsonl"]},
                "seed_commit": {"bureau": self.commits["bureau"].hex()},
                "keys": {
                    "bureau": BUREAU.hex,
                    "chief": CHIEF.hex,
                    "site": SITE.hex,
                    "site_age": "age1s",
                    "chief_age": "age1c",
                    "archive_age": "age1a",
                },
                "parts": [
                    {"name": "edition.json", "bytes": len(edition), "sha256": h(edition).hex()},
                    {"name": "rule.json", "bytes": len(rule), "sha256": h(rule).hex()},
                ],
                "issued_at": "2026-11-20T08:00:00Z",
            },
        )
        self.files["package/manifest.json"] = BUREAU.statement(self.manifest)

    def _edition(self) -> bytes:
        made = chained(self._stage("officers", registers()))
        newest = made[-1]["signed"]
        plan: Facts = {
            "says": {
                "type": "examd-rule",
                "v": 1,
                "rule": self.rule,
                "sha256": self.rule_hash.hex(),
                "supersedes": salt("v2"),
                "register": {"version": newest["version"], "sha256": h(jcs(newest)).hex()},
            },
            "hands": [LI, WANG],
            "registers": made,
        }
        self._stage("edition", plan)
        signed = plan["says"]
        signatures = [key.signature(signed) for key in plan["hands"]]
        return jcs({"officers": plan["registers"], "rule": {"signed": signed, "signatures": signatures}})

    # the draw

    def form(self, c: int) -> tuple[int, list[tuple[Facts, str]]]:
        strata = {"/".join((x["type"], x["chapter"], x["level"])): x["count"] for x in self.rule["cells"]}
        pools = {s: self._units([f for f in self.facts if f["stratum"] == s]) for s in strata}
        # No tie at one half here: floor(x + 1/2) over exact integers with a common denominator.
        denominator = math.prod(len(pool) for pool in pools.values())
        mean = sum(
            strata[s] * sum(f["points"] * f["p4"] for unit in pool for f in unit) * (denominator // len(pool))
            for s, pool in pools.items()
        )
        target = (2 * mean + denominator) // (2 * denominator)
        tolerance = round(float(self.rule["difficulty"]["tolerance"]) * 10_000)
        for attempt in range(self.rule["attempts"]):
            message = lp(b"paper") + lp(self.session_string) + lp(struct.pack(">Q", c)) + lp(struct.pack(">Q", attempt))
            key = hmac.new(self.seed, message, "sha256").digest()
            units: list[list[Facts]] = []
            for stratum in sorted(strata, key=str.encode):
                units += Drbg(key, f"select/{stratum}").sample(pools[stratum], strata[stratum])
            picked = [f for unit in units for f in unit]
            if abs(sum(f["points"] * f["p4"] for f in picked) - target) > tolerance:
                continue
            if sum("e" in f["enemies"] for f in picked) > 1 or sum("t" in f["tags"] for f in picked) < 1:
                continue
            order: list[list[Facts]] = []
            for kind in self.rule["shuffle"]["type_order"]:
                same = [unit for unit in units if ("case" if "case" in unit[0] else unit[0]["type"]) == kind]
                order += Drbg(key, f"order/{kind}").sample(same, len(same))
            return attempt, [(f, self._letters(key, f)) for unit in order for f in unit]
        raise AssertionError("no form")

    @staticmethod
    def _units(facts: Iterable[Facts]) -> list[list[Facts]]:
        groups: dict[str, list[Facts]] = {}
        for f in facts:
            groups.setdefault(str(f.get("case", f["id"])), []).append(f)
        return [sorted(groups[name], key=lambda f: f.get("place") or 0) for name in sorted(groups, key=str.encode)]

    @staticmethod
    def _letters(key: bytes, f: Facts) -> str:
        letters = "ABCDEFGHIJ"[: f["options"]]
        if f["type"] == "truefalse":
            return letters
        free = iter(Drbg(key, f"options/{f['id']}").sample([x for i, x in enumerate(letters) if i not in f["locked"]],
                                                           len(letters) - len(f["locked"])))  # fmt: skip
        return "".join(x if i in f["locked"] else next(free) for i, x in enumerate(letters))

    @staticmethod
    def digest(form: Iterable[tuple[Facts, str]]) -> str:
        return h(jcs([[f["id"], letters] for f, letters in form])).hex()

    def right(self, c: int, slot: int) -> list[int]:
        """The displayed positions of the right options."""
        f, letters = self.forms[c][1][slot]
        return sorted(letters.index("ABCDEFGHIJ"[i]) for i in self.correct[f["id"]] if i < len(letters))

    # the course of the session

    def _script(self) -> list[list[Any]]:
        """(t, type, actor, body); t in milliseconds of session time."""
        self.forms = {c: self.form(c) for c in range(1, self.candidates + 1)}
        script: list[list[Any]] = []

        def say(t: int, type_: str, actor: str, **body: object) -> None:
            script.append([t, type_, actor, body])

        def start(t: int, c: int) -> None:
            attempt, form = self.forms[c]
            say(t, "START", "server", c=c, form=self.digest(form), attempt=attempt, limit_ms=60_000)

        def answer(t: int, c: int, seq: int, slot: int, choice: list[int], late: bool = False) -> None:
            say(t, "ANSWER", f"seat:{c}", c=c, seq=seq, slot=slot, choice=choice, used_ms=1000, late=late)

        def sign_in(t: int, c: int, at: int, again: bool = False) -> None:
            say(t, "SIGN_IN", "server",
                c=c, token_sha256=salt("t", c), terminal=f"T{at}", machine=f"{at:032}", again=again)  # fmt: skip

        say(0, "BOOT", "server", version="0.1.0")
        say(10, "STAFF", "staff:孙二", name="孙二", role="chief", act="open")
        prepare = {"package_id": self.manifest["package_id"], "room_commit": self.commits["room"].hex()}
        manifest_sha256 = h(self.files["package/manifest.json"]).hex()
        say(20, "PREPARE", "server", manifest_sha256=manifest_sha256, **prepare)
        say(
            30,
            "OPEN",
            "server",
            bureau_r=self.shares["bureau"].hex(),
            room_r=self.shares["room"].hex(),
            seed=self.seed.hex(),
            pool_root=self.manifest["pool"]["root"],
            rule_sha256=self.manifest["rule"]["sha256"],
            roster_sha256=self.manifest["roster"]["sha256"],
            holders=dict(HOLDERS),
            separated=True,
        )
        for c in (1, 2, 4, 5):
            sign_in(100 * c, c, c)
        say(590, "ADMIT", "staff:孙二", c=2, terminal="T9", reason="换机")
        sign_in(600, 2, 9, again=True)
        say(700, "READY", "seat:1", c=1)
        say(1_000, "SESSION_START", "staff:孙二")
        for c in (1, 2, 5):
            start(10_000, c)
        slots = len(self.forms[1][1])
        for slot in range(slots):  # candidate 1: first all wrong, then right, one left empty
            answer(11_000 + slot, 1, slot + 1, slot, [])
        for slot in range(slots):
            answer(12_000 + slot, 1, slots + slot + 1, slot, self.right(1, slot) if slot != 1 else [])
        say(12_900, "FLAG", "seat:1", c=1, seq=2 * slots + 1, slot=0, on=True)
        answer(14_000, 2, 1, 0, self.right(2, 0))
        last = slots - 1  # the multiple-answer item: two of three right options, for partial marks
        answer(14_100, 2, 2, last, self.right(2, last)[:2])
        answer(14_200, 5, 1, 0, [0])
        say(20_000, "PAUSE", "staff:孙二", c=0, reason="停电")
        say(21_000, "PAUSE", "staff:孙二", c=2, reason="同时")
        say(23_000, "RESUME", "staff:孙二", c=2, reason="同时")
        say(24_000, "RESUME", "staff:孙二", c=0, reason="来电")
        say(26_000, "ADD_TIME", "staff:孙二", c=2, ms=5_000, reason="补时")
        say(30_000, "HAND_IN", "seat:1", c=1, seq=2 * slots + 2, by="candidate")
        say(41_000, "BOOT", "server", version="0.1.0")
        say(47_000, "ALARM", "server", c=5, what="offline", facts={"ms": 5000})
        # Candidate 2's deadline: 10 + 60, 4 paused (the second pause lay within the first), 5 added: 79 s.
        answer(78_500, 2, 3, 1, self.right(2, 1))
        answer(81_900, 2, 4, 2, self.right(2, 2))  # within the slack of 3 s
        answer(85_000, 2, 5, 3, self.right(2, 3), late=True)
        say(85_500, "HAND_IN", "seat:2", c=2, seq=6, by="clock")
        say(85_900, "LATE", "staff:孙二", **order("LATE", c=2, counts=True, n=1, reason="断网"))
        say(86_000, "WAIVE", "staff:孙二", c=5, reason="终端故障")
        say(86_500, "ABSENT", "server", c=3)
        say(87_000, "CLOSE", "staff:孙二", present=4, absent=1, handed_in=2, waived=1, late=1)
        script += [[t, "TICK", "server", {}] for t in range(5_000, 87_000, 5_000)]
        script.sort(key=lambda step: step[0])
        return script

    def _entries(self, script: list[list[Any]]) -> list[Facts]:
        entries: list[Facts] = []
        epoch, mono_off = 0, 5_000_000
        for idx, (t, type_, actor, body) in enumerate(script):
            if type_ == "BOOT":
                epoch += 1
                mono_off = 5_000_000 if epoch == 1 else 40_000 - t  # a reboot begins its clock anew
            entries.append(
                {
                    "v": 1,
                    "idx": idx,
                    "type": type_,
                    "t_ms": t,
                    "mono_ms": t + mono_off,
                    "boot": salt("boot", epoch % 2, n=16),
                    "epoch": epoch,
                    "wall_s": 1_790_000_000 + t // 1000,
                    "actor": actor,
                    "salt": salt("entry", idx, n=16),
                    "body": body,
                }
            )
        return entries

    # what is made of it

    def grade(self, entries: list[Facts]) -> list[Facts]:
        rows = []
        for person in self.roster:
            c: int = person["c"]
            row: Facts = {"c": c, "admission_no": person["admission_no"], "institution": person["institution"]}
            row |= {"status": "absent", "form": "", "answered": 0, "points": 0, "passed": False, "late": 0}
            mine = [e for e in entries if e["body"].get("c") == c]
            if any(e["type"] == "SIGN_IN" for e in mine):
                row["status"] = "present"
            if any(e["type"] == "START" for e in mine):
                form = self.forms[c][1]
                row["form"] = self.digest(form)
                row["late"] = sum(e["body"]["late"] for e in mine if e["type"] == "ANSWER")
                last = {e["body"]["slot"]: e["body"] for e in mine if e["type"] == "ANSWER" and not e["body"]["late"]}
                closes = [e["body"] for e in entries if e["type"] == "CLOSE"]
                if any(e["body"]["counts"] for e in mine if e["type"] == "LATE") or not any(
                    "late" in b for b in closes
                ):
                    last |= {e["body"]["slot"]: e["body"] for e in mine if e["type"] == "ANSWER" and e["body"]["late"]}
                for slot, body in last.items():
                    if not body["choice"] or slot >= len(form):
                        continue
                    f, letters = form[slot]
                    chosen = {"ABCDEFGHIJ".index(letters[q]) for q in body["choice"] if q < len(letters)}
                    right = set(self.correct[f["id"]])
                    row["answered"] += 1
                    if chosen == right:
                        row["points"] += f["points"]
                    elif f["type"] == "multiple" and not chosen - right:
                        row["points"] += f["points"] * len(chosen) // len(right)
                row["passed"] = row["points"] >= self.rule["pass_points"]
            rows.append(row)
        return rows

    @staticmethod
    def rate(name: str, rows: list[Facts]) -> Facts:
        present = sum(row["status"] == "present" for row in rows)
        return {
            "institution": name,
            "enrolled": len(rows),
            "present": present,
            "passed": sum(row["passed"] for row in rows),
        }

    def build(self) -> "Maker":
        self._issue()
        self._manifest()
        honest = self._script()
        script = self._stage("script", copy.deepcopy(honest))
        entries = self._stage("entries", self._entries(script))
        leaves = [jcs(entry) for entry in entries]
        self.files["entries.jsonl"] = b"".join(leaf + b"\n" for leaf in leaves)
        chain = bytes(32)
        for leaf in leaves:
            chain = h(b"examd/chain/v1", chain, h(b"\0", leaf))
        opening = next((i for i, e in enumerate(entries) if e["type"] == "OPEN"), 0) + 1
        notes: list[Facts] = [
            {"size": n, "root": mth(leaves[:n]), "site": SITE, "chief": None} for n in (opening, 20, len(leaves))
        ]
        notes[0]["chief"] = notes[-1]["chief"] = CHIEF
        self._stage("notes", notes)
        self.files["checkpoints.txt"] = b"~\n".join(map(self.note, notes))
        rows = self._stage("rows", self.grade(self._entries(honest) if self.hooks.keys() & {"script", "entries"} and not
                                              getattr(self, "regrade", False) else entries))  # fmt: skip
        names = sorted({row["institution"] for row in rows}, key=str.encode)
        rates = [self.rate(name, [row for row in rows if row["institution"] == name]) for name in names]
        result: Facts = {
            "type": "examd-result",
            "v": 1,
            "engine": "0.1.0",
            "package_id": self.manifest["package_id"],
            "session": self.session,
            "hashes": {
                "manifest": h(self.files["package/manifest.json"]).hex(),
                "rule": self.rule_hash.hex(),
                "pool_root": self.root.hex(),
                "answers": h(self.files["answers.jsonl"]).hex(),
                "closing_root": mth(leaves).hex(),
                "closing_chain": chain.hex(),
            },
            "entries": len(entries),
            "separated": True,
            "holders": dict(HOLDERS),
            "candidates": rows,
            "rates": rates,
            "total": self.rate("", rows),
        }
        tables = self._stage("tables", {"results.csv": self._results(rows), "rates.csv": self._rates(result)})
        self._stage("result", result)
        self.files["result.json"] = SITE.statement(result)
        for name, table in tables.items():
            self.files[name] = b"\xef\xbb\xbf" + "".join(",".join(map(str, row)) + "\r\n" for row in table).encode()
        self.files |= {"report.xlsx": b"-", "bulletin.html": b"-"}
        return self

    def note(self, note: Facts) -> bytes:
        text = f"examd/K07/S001\n{note['size']}\n{base64.b64encode(note['root']).decode()}\n".encode()
        site: Key = note["site"]
        chief: Key | None = note["chief"]
        signed = text + b"\n" + site.line("site/K07", 1, text)
        return signed + (chief.line("chief", 4, text) if chief is not None else b"")

    def _results(self, rows: list[Facts]) -> list[list[object]]:
        head: list[object] = [
            "序号",
            "准考证号",
            "姓名",
            "培训机构",
            "作答题数",
            "得分",
            "结论",
            "迟到作答",
            "试卷摘要",
            "场次",
            "性质",
        ]
        table = [head]
        for row, person in zip(rows, self.roster, strict=False):
            there = row["status"] == "present"
            verdict = "缺考" if not there else "合格" if row["passed"] else "不合格"
            marks = (row["answered"], row["points"]) if there else ("", "")
            late = row["late"] if there else ""
            table.append([row["c"], row["admission_no"], person["name"], row["institution"], *marks, verdict, late,
                          row["form"], "S001", "正式"])  # fmt: skip
        return table

    def _rates(self, result: Facts) -> list[list[object]]:
        table: list[list[object]] = [
            ["培训机构", "在册", "到考", "缺考", "合格", *(["率", "低", "高"] * 2), "注", "场次", "性质"]
        ]
        for rate in [*result["rates"], result["total"] | {"institution": "合计"}]:
            n, present, passed = rate["enrolled"], rate["present"], rate["passed"]
            shares = [f"{x:.6f}" for total in (n, present) for x in (passed / total, *self.wilson(passed, total))]
            table.append([rate["institution"], n, present, n - present, passed, *shares, "", "S001", "正式"])
        return table

    @staticmethod
    def wilson(x: int, n: int, z: float = 1.959963984540054) -> tuple[float, float]:
        """As the roots of (p̂ − p)² = z² p (1 − p) / n: another road to the same interval."""
        a, b, c = n + z * z, -(2 * x + z * z), x * x / n
        root = math.sqrt(max(0.0, b * b - 4 * a * c))
        return (max(0.0, (-b - root) / (2 * a)), min(1.0, (-b + root) / (2 * a)))

    def write(self, directory: Path) -> Path:
        self.build()
        for name, data in self.files.items():
            path = Path(directory) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return Path(directory)


def read_csv(path: Path) -> list[list[str]]:
    return list(csv.reader(path.read_text("utf-8-sig").splitlines()))
