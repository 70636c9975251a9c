"""A result that was sat is drawn again, form by form, before anybody is named."""

import json

import pytest

from bank.authoring.fragments import Seen
from bank.leaks import trace
from bank.refused import BadFile, Denied
from examd.bureau import tracing
from tests.verify.maker import Maker


@pytest.fixture
def result(tmp_path):
    made = Maker(rule=lambda rule: [chapter.update(name="一") for chapter in rule["chapters"].values()])
    made.write(tmp_path / "result")
    return made, tmp_path / "result"


def test_a_photo_of_each_form_names_its_candidate(result):
    _, folder = result
    sat = tracing.sitting(folder)
    assert sat.candidates
    roster = {
        line["c"]: line["admission_no"] for line in map(json.loads, (folder / "roster.jsonl").read_bytes().splitlines())
    }
    for candidate in sat.candidates:
        assert roster[candidate.c] == candidate.admission_no
        traced = trace.trace([Seen(item.id, item.order) for item in candidate.form.items], [sat])
        assert candidate.c in {match.candidate.c for match in traced.fits[0].matches}


def test_the_record_says_where_each_candidate_sat_and_moved_to():
    from examd.record.entries import Kind

    def line(kind, t_ms, **body):
        return json.dumps(
            {
                "actor": "",
                "body": body,
                "boot": "",
                "epoch": 1,
                "idx": 0,
                "mono_ms": 0,
                "salt": "",
                "t_ms": t_ms,
                "wall_s": 0,
                "type": kind,
                "v": 1,
            }
        ).encode()

    entries = [line(Kind.SIGN_IN, 60_000, c=7, terminal="A-17"), line(Kind.SIGN_IN, 61_000, c=7, terminal="A-17"),
               line(Kind.SIGN_IN, 2_400_000, c=7, terminal="B-02"), line(Kind.SIGN_IN, 1, c=8)]  # fmt: skip
    seats = tracing._seats(b"\n".join(entries), 120_000)
    assert [(sat.terminal, sat.minute) for sat in seats[7]] == [("A-17", -1), ("B-02", 38)] and seats[8] == []


def test_forms_are_those_that_the_record_says_were_shown(result):
    _, folder = result
    text = (folder / "entries.jsonl").read_text()
    form = tracing.sitting(folder).candidates[0].form.digest
    (folder / "entries.jsonl").write_text(text.replace(form, "0" * 64))
    with pytest.raises(Denied, match="form-is-another"):
        tracing.sitting(folder)


@pytest.mark.parametrize(
    ("name", "code"),
    [("pool.jsonl", "pool-root"), ("roster.jsonl", "part-commitment"), ("package/rule.json", "pool-root")],
)
def test_a_result_that_contradicts_its_package_names_nobody(result, name, code):
    _, folder = result
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(
        data.replace(b'"minutes":', b'"minutes":1') if "rule" in name else data[: data.rindex(b"\n", 0, -1) + 1]
    )
    with pytest.raises((Denied, BadFile), match=code):
        tracing.sitting(folder)


def test_a_folder_that_is_no_result_is_refused(tmp_path):
    with pytest.raises(BadFile, match="file-unreadable"):
        tracing.sitting(tmp_path)
