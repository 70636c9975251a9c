"""The command: exit codes, both languages, independence, and calm before whatever stands in the directory."""

import ast
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.verify.maker import BUREAU, SITE, Maker, h, jcs
from tools.verify import checks, report
from tools.verify.text import SENTENCES, plain, text

PACKAGE = Path(checks.__file__).parent


def run(*args, cwd=PACKAGE.parents[1], module="tools.verify", **env):
    command = [sys.executable, "-X", "utf8", "-m", module, *map(str, args)]
    return subprocess.run(
        command,
        cwd=cwd,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | env,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    return Maker().write(tmp_path_factory.mktemp("honest"))


@pytest.fixture(scope="module")
def lying(tmp_path_factory):
    maker = Maker(result=lambda r: r["candidates"][0].update(points=1))
    return maker.write(tmp_path_factory.mktemp("lying"))


def test_an_honest_directory_exits_0_in_chinese_by_default(honest):
    done = run(honest, "--bureau-key", BUREAU.hex, EXAMD_LANG="")
    assert (done.returncode, done.stderr) == (0, "")
    assert "成绩重算一致" in done.stdout
    assert "未通过 0" in done.stdout


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (["package/manifest.json", "package/items.age"], "is a sealed package"),
        (["s/site.card.json", "s/sessions/S-1/result/result.json"], "a site's folder"),
        (["S-1/record.db", "S-1/result/result.json"], "a session's folder"),
        (["office/bureau.card.json", "office/bureau.key"], "a bureau's folder"),
        (["stick/chief.card.json"], "folder of keys"),
        (["bank/bank.db"], "an item bank"),
    ],
)
def test_a_folder_of_another_kind_is_told_what_it_is(tmp_path, files, said):
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    place = tmp_path / files[0].split("/")[0]
    done = run(place, "--lang", "en", "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    for result in place.glob("**/result"):
        assert f"examd verify {result}" in done.stderr
    assert re.search(r"[\u4e00-\u9fff]", run(place).stderr)


def test_a_lie_exits_1_and_is_told_with_its_place(lying):
    done = run(lying, "--lang", "en")
    assert (done.returncode, done.stderr) == (1, "")
    assert "✗ 45 marks recomputed  [FAILED]" in done.stdout
    assert "result.json candidates[0] c=1 points: is 1, should be 80" in done.stdout


def test_json_names_each_check_finding_and_recomputed_rate(lying):
    done = run(lying, "--json", "--lang", "en")
    told = json.loads(done.stdout)
    assert done.returncode == 1
    assert not told["passed"]
    failed = [check for check in told["checks"] if check["status"] == "failed"]
    assert [(check["number"], check["check"]) for check in failed] == [(45, "marks")]
    assert failed[0]["findings"][0]["place"] == "result.json candidates[0] c=1 points"
    assert told["rates"][-1]["passed"] == 2


@pytest.mark.parametrize("args", [["/nowhere/at/all"], ["."], []])
def test_what_is_no_directory_is_a_usage_error(args, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    args = [file if arg == "." else arg for arg in args]
    done = run(*args)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr


def test_a_key_is_taken_as_it_was_printed_and_a_slip_in_it_is_called_one(honest):
    groups = "-".join(BUREAU.hex[at : at + 8].upper() for at in range(0, 64, 8))
    for typed in (groups, groups.replace("-", " "), f" {BUREAU.hex} "):
        assert run(honest, "--bureau-key", typed).returncode == 0
    mistyped = BUREAU.hex[:9] + ("0" if BUREAU.hex[9] != "0" else "1") + BUREAU.hex[10:]
    done = run(honest, "--bureau-key", mistyped, "--lang", "en")
    assert done.returncode == 1 and "differs in 1 digits" in done.stdout and "probably mistyped" in done.stdout


def test_a_key_that_is_none_is_a_usage_error(honest):
    done = run(honest, "--bureau-key", "abc")
    assert done.returncode == 2
    assert "--bureau-key" in done.stderr


def test_an_empty_directory_fails_and_says_what_is_missing(tmp_path):
    done = run(tmp_path, "--lang", "en")
    assert done.returncode == 1
    assert "package/manifest.json: file missing" in done.stdout


def test_the_folder_stands_alone(honest, tmp_path):
    """Copied away from the project, isolated from installed packages of ours, it verifies all the same."""
    shutil.copytree(PACKAGE, tmp_path / "verify", ignore=shutil.ignore_patterns("__pycache__"))
    done = run(honest, cwd=tmp_path, module="verify")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_running_verifier_holds_no_module_of_what_it_checks(honest):
    program = (
        "import runpy, sys\n"
        "sys.argv = ['verify', sys.argv[1], '--json']\n"
        "try: runpy.run_module('tools.verify', run_name='__main__')\n"
        "except SystemExit as done: assert done.code == 0, done.code\n"
        "print(*sorted(sys.modules), sep='\\n', file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(honest)],
        cwd=PACKAGE.parents[1],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    modules = done.stderr.split()
    ours = {name for name in modules if name.split(".")[0] in ("bank", "examd", "terminal")}
    assert ours == set()
    assert {name for name in modules if name.startswith("tools.") and not name.startswith("tools.verify")} == set()
    assert "cryptography" in {name.split(".")[0] for name in modules}


def test_its_source_imports_the_standard_library_and_cryptography_only():
    for path in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            assert all(n.split(".")[0] in sys.stdlib_module_names | {"cryptography"} for n in names), (path, names)
            assert not (isinstance(node, ast.ImportFrom) and node.level > 1), path


def test_every_code_has_a_sentence_in_both_languages_that_names_the_same_facts():
    used = set()
    for path in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                used.add(node.value)
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if (
                named
                and node.func.attr in ("fail", "compare", "attend", "skip", "note")
                and isinstance(node.args[0], ast.Constant)
            ):
                assert node.args[0].value in SENTENCES, (path.name, node.lineno)
    assert {"check_" + name for name, _ in checks.CHECKS} <= SENTENCES.keys()
    for code, (chinese, english) in SENTENCES.items():
        fields = [set(re.findall(r"\{(\w+)\}", sentence)) for sentence in (chinese, english)]
        assert fields[0] == fields[1] or code.startswith("verdict"), code
        assert code in used or code.startswith(("check_", "status_")), f"{code} is said by nobody"


def test_facts_from_an_archive_cannot_write_on_the_terminal():
    assert plain("a\x1b[2Jb\n\u202e") == "a\\u{1b}[2Jb\\u{a}\\u{202e}"
    assert len(plain("x" * 10_000)) < 400
    assert "{" not in text("differs", "en", found="{expected.__class__}", expected=1).replace("{expected", "")


# hostile directories

FILES = ("package/manifest.json", "package/rule.json", "roster.jsonl", "answers.jsonl", "pool.jsonl",
         "entries.jsonl", "checkpoints.txt", "result.json", "results.csv", "rates.csv")  # fmt: skip

HORRORS = {
    "empty": b"",
    "a newline": b"\n",
    "garbage": random.Random(1).randbytes(5000),
    "null": b"null\n",
    "a list": b"[]\n",
    "a number past reading": b"1" * 6000 + b"\n",
    "a bomb of brackets": b"[" * 300_000,
    "nested objects": b'{"a":' * 50_000,
    "a float": b'{"signed":1.5,"signatures":[]}\n',
    "a surrogate": b'{"signed":{"type":"\\ud800"},"signatures":[]}\n',
    "blank lines": b"\n\n\n\n",
    "tildes": b"~\n~\n~",
    "quotes": b'"\n"",,\n' * 10,
}


def outcome_of(directory):
    case, outcomes = checks.run(directory, BUREAU.public)
    codes = {finding.code for out in outcomes for finding in out.failures}
    assert "not_evaluated" not in codes, [f for out in outcomes for f in out.failures if f.code == "not_evaluated"]
    for language in ("zh", "en"):
        report.as_text(case, outcomes, language).encode()
        json.loads(report.as_json(case, outcomes, language))
    return outcomes


@pytest.mark.parametrize("horror", HORRORS)
@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_a_failed_check_with_its_place(name, horror, tmp_path):
    directory = Maker().write(tmp_path)
    (directory / name).write_bytes(HORRORS[horror])
    outcomes = outcome_of(directory)
    assert any(name in finding.place for out in outcomes for finding in out.failures)


@pytest.mark.parametrize("name", FILES)
def test_a_huge_file_is_refused_unread(name, tmp_path):
    directory = Maker().write(tmp_path)
    os.truncate(directory / name, 3 << 30)  # sparse
    began = time.process_time()
    outcomes = outcome_of(directory)
    assert any(f.code == "file_huge" and f.place == name for out in outcomes for f in out.failures)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_what_is_no_regular_file_is_missing(kind, tmp_path):
    directory = Maker().write(tmp_path / "d")
    path = directory / "roster.jsonl"
    path.rename(tmp_path / "elsewhere")
    {"link": lambda: path.symlink_to(tmp_path / "elsewhere"), "folder": path.mkdir, "pipe": lambda: os.mkfifo(path)}[
        kind
    ]()
    assert any(f.code == "file_missing" and f.place == "roster.jsonl" for f in outcome_of(directory)[0].failures)


WRONG = (None, True, -1, 0, 2**53 - 1, "", "x", "\u202e", [], [None], {}, {"a": 1}, "0" * 64, [0, 0, 99])


def replace_somewhere(value, pick, wrong):
    """`value` with one thing in it, anywhere, exchanged."""
    if isinstance(value, dict) and value and pick.random() < 0.9:
        name = pick.choice(sorted(value))
        if pick.random() < 0.05:
            return {k: v for k, v in value.items() if k != name}
        return value | {name: replace_somewhere(value[name], pick, wrong)}
    if isinstance(value, list) and value and pick.random() < 0.9:
        at = pick.randrange(len(value))
        return [*value[:at], replace_somewhere(value[at], pick, wrong), *value[at + 1 :]]
    return wrong


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(FILES[:-3]), st.sampled_from(WRONG), st.integers(0, 2**32))
def test_any_value_in_any_place_is_judged_without_a_fault(honest, tmp_path_factory, name, wrong, seed):
    if name == "checkpoints.txt":
        return
    pick = random.Random(seed)
    directory = tmp_path_factory.mktemp("fuzz")
    shutil.copytree(honest, directory, dirs_exist_ok=True)
    path = directory / name
    if name.endswith(".jsonl"):
        records = path.read_bytes().splitlines()
        at = pick.randrange(len(records))
        records[at] = jcs(replace_somewhere(json.loads(records[at]), pick, wrong))
        path.write_bytes(b"".join(record + b"\n" for record in records))
    else:
        path.write_bytes(jcs(replace_somewhere(json.loads(path.read_bytes()), pick, wrong)))
    outcome_of(directory)
    shutil.rmtree(directory)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(FILES[:-2]), st.integers(0, 2**32), st.integers(0, 7))
def test_no_bit_of_what_is_hashed_or_signed_can_be_flipped_unseen(honest, tmp_path_factory, name, at, bit):
    directory = tmp_path_factory.mktemp("flip")
    shutil.copytree(honest, directory, dirs_exist_ok=True)
    data = bytearray((directory / name).read_bytes())
    data[at % len(data)] ^= 1 << bit
    (directory / name).write_bytes(data)
    assert not checks.passed(outcome_of(directory))
    shutil.rmtree(directory)


def test_a_rule_that_admits_nothing_does_not_keep_the_auditor_waiting(tmp_path, monkeypatch):
    maker = Maker().build()
    maker.rule["difficulty"] = {"tolerance": "0", "target": "1"}
    maker.rule["attempts"] = 10_000
    data = jcs(maker.rule)
    maker.manifest["rule"]["sha256"] = h(data).hex()
    maker.files |= {"package/rule.json": data, "package/manifest.json": BUREAU.statement(maker.manifest)}
    for name, content in maker.files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    monkeypatch.setattr("tools.verify.draw.BUDGET", 50_000)
    codes = {finding.code for out in outcome_of(tmp_path) for finding in out.failures}
    assert "no_form" in codes


def test_a_fault_of_the_verifier_itself_is_a_failed_check(honest, monkeypatch):
    def broken(case, out):
        raise ZeroDivisionError

    monkeypatch.setattr(checks, "CHECKS", (*checks.CHECKS, ("broken", broken)))
    _, outcomes = checks.run(honest, None)
    assert [finding.code for finding in outcomes[-1].failures] == ["not_evaluated"]


def test_a_check_that_wants_what_nobody_missed_is_a_failure(honest, monkeypatch):
    only = [(name, check) for name, check in checks.CHECKS if name == "marks"]
    monkeypatch.setattr(checks, "CHECKS", tuple(only))
    _, outcomes = checks.run(honest, None)
    assert not checks.passed(outcomes)


def test_the_signature_is_over_canonical_bytes_so_spacing_changes_nothing(tmp_path):
    directory = Maker().write(tmp_path)
    path = directory / "result.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()), indent=2))
    assert checks.passed(outcome_of(directory))
    assert SITE.hex in (directory / "package/manifest.json").read_text()
