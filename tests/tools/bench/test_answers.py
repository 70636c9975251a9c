"""The load run on a small room: what must hold whatever the machine's speed."""

import json
from pathlib import Path

import pytest

from tools.bench import answers
from tools.bench.answers import _look_up
from tools.bench.fleet import planned
from tools.cli import main
from tools.drill.session import made_up_roster, sample_rule

TERMINALS, SECONDS = 10, 2


@pytest.mark.slow
@pytest.mark.xdist_group("load")
def test_every_acknowledged_answer_of_a_small_room_is_in_the_record_once(capfd, monkeypatch):
    monkeypatch.setattr(answers, "ROUNDS", 1)
    code = main.main(["bench", "answers", "--terminals", str(TERMINALS), "--seconds", str(SECONDS), "--json"])
    figures = json.loads(capfd.readouterr().out)
    assert code == 0
    assert figures["start"]["forms"] == TERMINALS
    assert figures["paced"]["acked"] == figures["paced"]["sent"] == TERMINALS * SECONDS
    assert figures["paced"]["refused"] == {}
    assert figures["hand_in"]["receipts"] == TERMINALS
    record = figures["record"]
    assert record["missing"] == record["twice"] == record["different"] == 0
    assert record["acknowledged"] > TERMINALS * (SECONDS + 1)
    for name in ("ours", "bare"):
        assert figures["saturated"][name]["per_s"] > 0
    assert figures["loop"]["rows_per_s"] > 0


def _result(directory: Path, acts: list[tuple[int, int]]) -> Path:
    """An exported record of one candidate's answers: (seq, displayed position chosen)."""
    rule = sample_rule()
    (directory / "package").mkdir()
    (directory / "package" / "rule.json").write_text(json.dumps(rule.to_json()))
    entries = []
    for seq, chosen in acts:
        body = {"c": 1, "seq": seq, "slot": planned(seq, rule.items).slot, "choice": [chosen], "used_ms": seq}
        entries.append(json.dumps({"type": "ANSWER", "body": body}))
    (directory / "entries.jsonl").write_text("\n".join(entries) + "\n")
    return directory


def test_an_answer_that_is_missing_doubled_or_changed_is_seen(tmp_path):
    people = made_up_roster(1)
    result = _result(tmp_path, [(1, 1), (1, 1), (3, 0)])
    found = _look_up(result, people, {people[0].admission_no: 3})
    assert (found["acknowledged"], found["missing"], found["twice"], found["different"]) == (3, 1, 1, 1)
