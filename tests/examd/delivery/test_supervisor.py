"""The supervisor: back within seconds after a kill, and no endless starting where starting cannot help."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from bank.refused import Denied
from bank.vault import Vault
from examd.delivery import supervisor
from examd.delivery.supervisor import Supervisor
from examd.record.writer import APPLICATION
from tests.examd.served import Served, served
from tests.examd.toy_session import Staffed, holder


@pytest.fixture
def site(staffed):
    with served(staffed) as site:
        yield site


def refused(toy, **changes):
    """What a supervisor for this site says when its server cannot start."""
    events = []
    second = Supervisor(
        toy.site_folder, changes.get("site", toy.site), "127.0.0.1", changes.get("port", 0), lambda *e: events.append(e)
    )
    refusals = []

    def run():
        try:
            second.run()
        except Denied as denied:
            refusals.append(denied)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(20)
    second.stop()
    assert events == []
    return refusals[0]


def test_a_killed_server_is_back_on_the_same_port_within_seconds(site):
    port, pid = site.port, site.pid
    began = time.monotonic()
    site.kill()
    assert time.monotonic() - began < 4 + 2 * site.start_s  # a busy machine starts every process late
    assert site.port == port
    assert site.pid != pid


def test_told_to_stop_it_stops_and_starts_nothing_more(staffed):
    with served(staffed) as site:
        site.stop()
    assert site.supervisor.process.poll() == 0
    assert site.starts == 1


def test_a_second_server_on_the_same_site_is_refused_by_name(site):
    before = fingerprint(site.toy.site_folder)
    refusal = refused(site.toy)
    assert (refusal.code, refusal.facts["pid"]) == ("site-busy", str(site.pid))
    assert fingerprint(site.toy.site_folder) == before
    with site.toy.folder.held():
        with pytest.raises(Denied) as caught, site.toy.folder.held():
            pass
    assert (caught.value.code, caught.value.facts["pid"]) == ("site-busy", str(os.getpid()))


SUPERVISOR = """
import sys
from pathlib import Path
from examd.delivery.supervisor import Supervisor
from examd.holders import Holder
site = Holder.from_secret_bytes(sys.stdin.buffer.readline())
Supervisor(Path(sys.argv[1]), site, "127.0.0.1", 0, lambda *event: print(*event, flush=True)).run()
"""


def test_a_server_whose_supervisor_was_killed_goes_on_and_keeps_a_second_one_out(staffed):
    command = [sys.executable, "-c", SUPERVISOR, str(staffed.site_folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as supervising:
        supervising.stdin.write(staffed.site.secret_bytes() + b"\n")
        supervising.stdin.flush()
        assert [supervising.stdout.readline().split()[0] for _ in range(3)] == [b"places", b"desk", b"ready"]
        server = int((staffed.site_folder / "server.pid").read_text())
        supervising.kill()
    try:
        refusal = refused(staffed)
        assert (refusal.code, refusal.facts["pid"]) == ("site-busy", str(server))
    finally:
        os.kill(server, signal.SIGTERM)  # what the refusal tells the operator to do
    wait_for_the_lock(staffed.folder)
    with served(staffed) as site:
        assert site.pid != server


def wait_for_the_lock(folder, patience_s=60):
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        with contextlib.suppress(Denied), folder.held("server"):
            return
        time.sleep(0.05)
    raise TimeoutError("the server did not end")


def fingerprint(folder):
    """Every file of a site, and when it was last written."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_a_port_that_is_taken_is_refused_before_the_record_hears_of_a_start(staffed, tmp_path):
    other = Staffed(tmp_path / "other")
    with served(staffed) as site:
        asyncio.run(site.open())
    record = staffed.folder.session(staffed.session_id) / "record.db"
    before = record.read_bytes()
    with served(other) as site:
        assert refused(staffed, port=site.port).code == "port-unavailable"
    assert record.read_bytes() == before


@pytest.mark.parametrize("port", [70_000, 1 << 40])
def test_a_port_that_no_machine_has_is_refused(staffed, port):
    assert refused(staffed, port=port).code == "port-unavailable"


def test_the_console_hears_of_the_disk_and_of_an_alarm(tmp_path, monkeypatch):
    events = []
    talking = Supervisor(tmp_path, holder("site"), "127.0.0.1", 0, lambda *event: events.append(event))
    lines = "low-disk 200\nalarm 3\nnonsense\nalarm x\nsomething 4\ndisk-ok 300\n"
    monkeypatch.setattr(talking, "_command", [sys.executable, "-c", f"print({lines!r})"])
    assert talking.run() == 0
    assert events == [("low-disk", 200), ("alarm", 3), ("disk-ok", 300), ("stopped", 0)]


def test_a_port_that_is_taken_is_named(site, tmp_path):
    other = Staffed(tmp_path / "other")
    refusal = refused(other, port=site.port)
    assert (refusal.code, refusal.facts["port"]) == ("port-unavailable", site.port)


def test_another_sites_secrets_are_refused(staffed):
    assert refused(staffed, site=holder("site")).code == "vault-wrong-key"


def test_a_record_that_was_doctored_while_the_server_was_down_is_refused_and_not_served(staffed):
    with served(staffed) as site:
        asyncio.run(site.open())
    folder = staffed.folder.session(staffed.session_id)
    key = staffed.folder.read_secrets(folder, staffed.site).record_key
    with Vault.open(folder / "record.db", key, application=APPLICATION, wipe_memory=False) as vault:
        with vault.transaction() as connection:
            connection.execute("DROP TRIGGER ev_keeps")
            connection.execute("DELETE FROM ev WHERE idx = 3")
    assert refused(staffed).code == "record-chain-broken"


def test_a_server_that_dies_again_and_again_is_given_up(staffed, monkeypatch):
    monkeypatch.setattr(supervisor, "HOPELESS_STARTS", 3)
    site = Served(staffed)
    caught = []

    def supervise():
        try:
            site.supervisor.run()
        except Denied as denied:
            caught.append(denied.code)

    site._thread = threading.Thread(target=supervise, daemon=True)
    site.start()
    for start in (2, 3):
        site.supervisor.process.kill()
        site.wait(start)
    site.supervisor.process.kill()
    site._thread.join(10)
    assert caught == ["server-keeps-dying"]


def dying(tmp_path, monkeypatch, events, script):
    """A supervisor of a server that ends as `script` says."""
    monkeypatch.setattr(supervisor, "HOPELESS_STARTS", 3)
    monkeypatch.setattr(supervisor, "LONGEST_WAIT_S", 0.2)
    dying = Supervisor(tmp_path, holder("site"), "127.0.0.1", 0, lambda *event: events.append(event))
    monkeypatch.setattr(dying, "_command", [sys.executable, "-c", script])
    return dying


def test_a_server_that_its_disk_ended_is_tried_until_the_disk_is_back(tmp_path, monkeypatch):
    events = []
    script = f"""
import pathlib, sys
seen = pathlib.Path({str(tmp_path / "starts")!r})
n = len(seen.read_text()) + 1 if seen.exists() else 1
seen.write_text("x" * n)
print("refused store-io {{}}") if n % 2 else None
sys.exit(0 if n > 8 else 74)
"""
    assert dying(tmp_path, monkeypatch, events, script).run() == 0
    assert events == [("restarting", 74)] * 8 + [("stopped", 0)]


def test_waiting_for_a_disk_ends_when_told_to_stop(tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "RESTART_S", 60)
    events = []
    waiting = dying(tmp_path, monkeypatch, events, "import sys; sys.exit(74)")
    monkeypatch.setattr(supervisor, "LONGEST_WAIT_S", 60)
    thread = threading.Thread(target=waiting.run, daemon=True)
    thread.start()
    while not events:
        time.sleep(0.01)
    waiting.stop()
    thread.join(20)
    assert not thread.is_alive()


def test_a_record_that_the_disk_refuses_to_give_is_no_reason_to_give_up(staffed):
    """A folder that a disk has gone from answers so; the server ends with the code of the disk, not of its folder."""
    with served(staffed) as site:
        asyncio.run(site.open())
    database = staffed.folder.session(staffed.session_id) / "record.db"
    other = database.rename(database.with_name("away"))
    database.mkdir()  # reading it gives an error of the operating system
    events = []
    waiting = Supervisor(staffed.site_folder, staffed.site, "127.0.0.1", 0, lambda *event: events.append(event))
    thread = threading.Thread(target=waiting.run, daemon=True)
    thread.start()
    while events.count(("restarting", 74)) < 2:
        assert thread.is_alive()
        time.sleep(0.05)
    database.rmdir()
    other.rename(database)
    while not any(event == "ready" for event, _ in events):
        assert thread.is_alive()
        time.sleep(0.05)
    waiting.stop()
    thread.join(60)
