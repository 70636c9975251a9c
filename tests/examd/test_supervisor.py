"""The supervisor: back within seconds after a kill, and no endless starting where starting cannot help."""

import asyncio
import threading
import time

import pytest

from bank.refused import Denied
from bank.vault import Vault
from examd.delivery import supervisor
from examd.delivery.supervisor import Supervisor
from examd.record.writer import APPLICATION
from tests.examd.drill import Staffed, holder
from tests.examd.served import Served, served


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
    assert time.monotonic() - began < 5
    assert site.port == port
    assert site.pid != pid


def test_told_to_stop_it_stops_and_starts_nothing_more(staffed):
    with served(staffed) as site:
        site.stop()
    assert site.supervisor.process.poll() == 0
    assert site.starts == 1


def test_a_second_server_on_the_same_site_is_refused_by_name(site):
    assert refused(site.toy).code == "vault-in-use"
    with site.toy.folder.held():
        with pytest.raises(Denied) as caught, site.toy.folder.held():
            pass
    assert caught.value.code == "site-busy"


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
