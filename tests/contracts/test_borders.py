"""Who may know whom: as declared, and as found in processes that have really loaded what they run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("bank", "examd", "terminal", "tools")


def loaded(*imports: str) -> set[str]:
    """The modules that a fresh interpreter holds after these imports."""
    script = f"import {', '.join(imports)}, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-P", "-c", script], capture_output=True, check=True, cwd=ROOT)
    return set(done.stdout.decode().split())


def ours(modules: set[str]) -> set[str]:
    return {name for name in modules if name.split(".")[0] in OURS}


def under(modules: set[str], *packages: str) -> set[str]:
    return {name for name in modules if any(name == p or name.startswith(p + ".") for p in packages)}


def test_the_declared_borders_are_kept():
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint], capture_output=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout.decode()


def test_the_serving_process_loads_nothing_that_holds_or_reads_answer_keys():
    modules = loaded("examd.delivery.serve")
    forbidden = under(
        modules, "bank.item", "bank.store", "bank.composing.pool", "bank.formats", "examd.grading.mark", "examd.bureau",
        "examd.package.issue", "examd.grading.result", "examd.rates", "examd.documents", "terminal", "tools",
    )  # fmt: skip
    assert forbidden == set()
    assert {"examd.delivery.hall", "examd.record.writer", "bank.composing.assembly"} <= modules


def test_the_terminal_loads_the_protocol_and_nothing_else_of_ours():
    modules = ours(loaded("terminal.app", "terminal.client", "terminal.outbox"))
    assert under(modules, "bank", "tools") == set()
    assert under(modules, "examd") - under(modules, "examd.protocol") <= {"examd"}
    assert "terminal.app" in modules


def test_the_protocol_needs_nothing_but_msgspec():
    modules = loaded(
        "examd.protocol.messages", "examd.protocol.phase", "examd.protocol.receipt", "examd.protocol.reasons"
    )
    assert ours(modules) <= {"examd", *under(modules, "examd.protocol")}
    assert under(modules, "aiohttp", "textual", "sqlcipher3", "numpy", "cryptography", "pyrage") == set()


def test_the_bank_knows_nothing_of_exams():
    modules = ours(
        loaded(
            "bank.store",
            "bank.agent",
            "bank.formats",
            "bank.composing.assembly",
            "bank.rules",
            "bank.seal.locks",
            "bank.composing.pool",
        )
    )
    assert under(modules, "examd", "terminal", "tools") == set()


def test_the_verifier_shares_no_code_with_what_it_checks():
    modules = loaded("tools.verify.command", "tools.verify.course")
    assert under(modules, "bank", "examd", "terminal", "msgspec", "numpy", "pyrage", "sqlcipher3") == set()
    assert ours(modules) <= {"tools", *under(modules, "tools.verify")}


def test_the_first_paint_of_the_terminal_waits_for_no_network_library():
    assert under(loaded("terminal.app"), "aiohttp") == set()


def test_these_are_all_the_rooms_there_are():
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages == set(OURS)


@pytest.mark.parametrize("package", ["bank", "examd"])
def test_one_module_reads_the_time(package):
    reading = re.compile(
        r"\btime\.(time|monotonic|perf_counter|clock_gettime|localtime|gmtime)|datetime\.(now|utcnow)|\.today\("
    )
    readers = {path.name for path in (ROOT / package).rglob("*.py") if reading.search(path.read_text("utf-8"))}
    assert readers == {"clock.py"}


@pytest.mark.parametrize("package", ["terminal", "tools"])
def test_no_edge_asks_its_machine_for_the_day(package):
    reading = re.compile(r"\blocaltime\(|\.today\(|utcnow\(|datetime\.now\(|date\.fromtimestamp\(")
    files = [path for path in (ROOT / package).rglob("*.py") if "bench" not in path.parts]
    assert [str(path) for path in files if reading.search(path.read_text("utf-8"))] == []
