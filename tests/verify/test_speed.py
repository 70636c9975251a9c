"""A large room: a thousand candidates with a hundred items each, verified while one waits."""

import time

import pytest

from tests.verify.maker import Maker
from tools.verify import checks
from tools.verify.draw import Draw, Item
from tools.verify.rules import rule_of


class Room(Maker):
    """Every candidate answers every item. The forms come from the verifier: its correctness is tested elsewhere."""

    def form(self, c):
        if not hasattr(self, "_draw"):
            items = [Item.of(facts, line) for line, facts in enumerate(self.facts, 1)]
            self._draw = Draw(rule_of(self.rule), items, self.seed, self.session_string.decode())
            self._facts = {facts["id"]: facts for facts in self.facts}
        attempt, form = self._draw.form(c)
        return attempt, [(self._facts[id_], "".join("ABCDEFGHIJ"[i] for i in order)) for id_, order in form]

    def _script(self):
        everyone, self.candidates = self.candidates, 5
        script = [step for step in super()._script() if not step[3].get("c")]
        self.candidates = everyone
        self.forms = {c: self.form(c) for c in range(1, everyone + 1)}
        for c, (attempt, form) in self.forms.items():
            seat, start = f"seat:{c}", {"form": self.digest(form), "attempt": attempt, "limit_ms": 60_000}
            script.append(
                [500, "SIGN_IN", "server", {"c": c, "token_sha256": "0" * 64, "terminal": "", "again": False}]
            )
            script.append([10_000, "START", "server", {"c": c} | start])
            for slot in range(len(form)):
                choice = self.right(c, slot) if (c + slot) % 3 else [0]
                answer = {"c": c, "seq": slot + 1, "slot": slot, "choice": choice, "used_ms": 1, "late": False}
                script.append([11_000 + slot, "ANSWER", seat, answer])
            script.append([30_000, "HAND_IN", seat, {"c": c, "seq": len(form) + 1, "by": "candidate"}])
        close = next(step for step in script if step[1] == "CLOSE")
        close[3].update(present=everyone, absent=0, handed_in=everyone, waived=0, late=0)
        script.sort(key=lambda step: step[0])
        return script

    def grade(self, entries):
        mine, everyone, rows = {}, self.roster, []
        for entry in entries:
            mine.setdefault(entry["body"].get("c"), []).append(entry)
        for person in everyone:
            self.roster = [person]
            rows += super().grade(mine.get(person["c"], []))
        self.roster = everyone
        return rows


@pytest.mark.campaign
def test_a_thousand_candidates_are_verified_in_seconds(tmp_path):
    directory = Room(candidates=1000, drawn=17).write(tmp_path)
    began = time.process_time()
    case, outcomes = checks.run(directory)
    assert checks.passed(outcomes)
    assert len(case.record.of("ANSWER")) == 102_000
    assert time.process_time() - began < 30  # 5.3 s on one core of a small machine


def test_a_room_of_thirty_passes(tmp_path):
    assert checks.passed(checks.run(Room(candidates=30, drawn=2).write(tmp_path))[1])
