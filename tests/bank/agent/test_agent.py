"""The agent: a Bank over a private line, for this user, until the hour, with its accounts kept."""

import ast
import contextlib
import dataclasses
import operator
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bank import agent, journal
from bank.agent import ACTS, Agent, channel
from bank.authoring.review import State
from bank.content import Content, ItemType, Level, Option
from bank.custody import Custody, Offered, Opening, hand_over
from bank.item import AnswerKey, Item
from bank.journal import Journal
from bank.refused import BrokenStore, Denied, Refused
from bank.store import Bank

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the Windows half of the line has not been tried")

PEOPLE = [("王强", "王强的密码句子一二三"), ("李丽", "李丽的密码句子一二三"), ("赵敏", "赵敏的密码句子一二三")]
CANARY = "答案金丝雀"


def item(number, **more):
    content = Content(ItemType.SINGLE, f"第 {number} 题 触电", (Option("甲"), Option("乙")))
    return Item(content, AnswerKey((number % 2,)), **{"chapter": "1", "explanation": CANARY} | more)


ITEMS = [item(n) for n in range(1_200)]


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("agent") / "bank"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_STATE_HOME", str(folder.parent / "state"))
        bank = Bank.create(folder, "correct horse battery", sample=True)
        bank.drafts.add(ITEMS, approve_as_sample=True)
        hand_over(bank, PEOPLE, 2, reason="share")
    return folder


@pytest.fixture
def folder(filled, tmp_path):
    return Path(shutil.copytree(filled, tmp_path / "bank"))


def files(folder, *indices):
    return [(folder / f"shares/share-1-{n}.json", PEOPLE[n - 1][1]) for n in indices]


class Hour:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@contextlib.contextmanager
def serving(folder, *, limit=50, hour=None):
    """The agent's own loop, in a thread of the test."""
    present = [(Offered.read(path), word) for path, word in files(folder, 1, 3)]
    opening = Opening.begin(folder, present, hours=1, limit=limit)
    listener = channel.listen(opening.custody.bank)
    server = Agent(opening, listener, 3600, hour or Hour(), [])
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        server.stop("test")
        thread.join(10)


@pytest.fixture
def remote(folder):
    with serving(folder), agent.connect(folder, "test") as bank:
        yield bank


def refusal(code, call, *args, **more):
    with pytest.raises(Refused) as caught:
        call(*args, **more)
    assert caught.value.code == code, caught.value
    return caught.value


def last(folder):
    return Journal.read(folder).lines[-1].entry


def test_it_answers_as_a_bank_does(remote, folder):
    assert [each.id for each in remote.items.select()] == [each.id for each in ITEMS]
    assert len(list(remote.items.select(search="第 7 题", limit=5))) == 1
    assert (
        list(remote.items.select(type=ItemType.MULTIPLE)) == [] and next(remote.items.select()).state is State.APPROVED
    )
    assert remote.items.count() == {(ItemType.SINGLE, "1", Level.NONE): len(ITEMS)}
    assert remote.sample is True and remote.media.digests() == frozenset() and remote.media.find("00") is None
    refusal("export-limit", remote.answer_keys.positions)
    assert remote.answer_keys.of([ITEMS[1].id]) == {ITEMS[1].id: AnswerKey((1,))}
    assert list(remote.answer_keys.whole(remote.items.select(limit=3))) == ITEMS[:3]
    assert remote.vault.problems() == [] and remote.vault.settings()["synchronous"] == 2
    assert remote.vault.name == Custody.read(folder).bank
    remote.exposure.add("s1", "site", {ITEMS[0].id: 30})
    assert remote.exposure.totals()[ITEMS[0].id].candidates == 30


BENEATH = {
    "answer_keys.unverified", "catalogue.line", "catalogue.lines", "drafts.revisable", "drafts.take", "history.note",
    "items.numbered", "items.revision", "meta.journal_position", "meta.note_journal_position", "meta.value",
    "meta.write", "near_duplicates.questions", "owners.known", "people.acting", "people.named", "people.strangers",
    "proof.check", "proof.kept", "proof.terms", "proof.verify", "provisions.read", "readings.require",
    "readings.take_away", "readings.who", "slices.weigh", "submissions.open",
}  # fmt: skip
"""What a bank's parts have for one another, and for whoever holds the bank open."""


def test_what_is_offered_are_methods_of_the_bank_and_no_others(remote):
    for act in ACTS:
        agent.acts.signature(act)
    public = {
        f"{name}.{method}"
        for name, part in agent.acts.PARTS.items()
        for method in vars(part)
        if not method.startswith("_") and callable(getattr(part, method))
    }
    offered = {act for act in public if not act.startswith("vault.")} - BENEATH
    assert offered | {"vault.problems", "vault.settings"} == set(ACTS)
    for act in (public | {"nonsense.nonsense", "vault.connection", "items"}) - ACTS.keys():
        with pytest.raises(Denied, match="agent-no-such-act"):
            remote._ask(act, {}, None)
        if act in public:
            with pytest.raises(Denied, match="agent-no-such-act"):
                operator.attrgetter(act)(remote)(1)


def test_no_caller_of_an_open_bank_asks_for_what_does_not_cross():
    """To mypy a remote part is the part itself; what is beneath is for those who hold the bank."""
    root = Path(agent.__file__).parents[2]
    holding = {root / "bank" / room for room in ("store", "agent", "custody")}
    asked = {
        f"{node.value.attr}.{node.attr}"
        for package in ("bank", "examd", "tools")
        for path in (root / package).rglob("*.py")
        if not holding & set(path.parents)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute)
    }
    assert "items.find" in asked and not asked & BENEATH


def test_nobody_on_the_line_can_have_rules_noted_that_officers_did_not_sign(remote):
    for brought in ('{"x":"00"}', '{"BK//9":"00"}', '{"officers":[],"rules":[]}', "", "[" * 100_000):
        refusal("statement-malformed", remote.rules.note, "BK", brought)
    assert remote.rules.noted() == {}


def test_refusals_of_the_bank_arrive_as_they_were_raised(remote):
    assert refusal("item-unknown", remote.items.newest, "00").facts["item"] == "00"


def test_items_are_added_with_their_pictures_and_progress_is_shown(remote, folder):
    seen = []
    report = remote.drafts.add([item(9_001), item(9_002)], {}, lambda done, total: seen.append((done, total)))
    assert len(report.added) == 2 and seen
    assert [line.entry.act for line in Journal.read(folder).lines][-1] == "add"


def test_answer_keys_leave_only_up_to_the_bound_and_each_leaving_is_written(folder):
    with serving(folder, limit=10), agent.connect(folder, "bank export") as remote:
        remote.answer_keys.of([each.id for each in ITEMS[:8]])
        entry = last(folder)
        assert (entry.act, entry.facts["items"], entry.facts["said"]) == ("answer_keys", 8, "bank export")
        refusal("export-limit", lambda: list(remote.answer_keys.whole(remote.items.select(limit=20))))
        assert last(folder).act == "refused" and last(folder).facts["what"] == "whole"
        remote.answer_keys.of([each.id for each in ITEMS[:10]])
        refusal("export-limit", remote.answer_keys.of, [ITEMS[11].id])
        assert remote.status()["keys_out"] == 10
        assert len(list(remote.items.select())) == len(ITEMS)  # contents are counted, not stopped
        assert last(folder).act == "read" and last(folder).facts["items"] >= len(ITEMS)
    assert last(folder).act == "closed" and last(folder).facts["keys"] == 10


def test_guessing_answer_keys_counts_as_learning_them(folder):
    """`weigh` and `add` say whether an answer key is the one the bank has: without a count, an oracle."""
    guesses = [item(n) for n in range(20)]
    with serving(folder, limit=10), agent.connect(folder) as remote:
        refusal("export-limit", remote.drafts.weigh, guesses)
        refusal("export-limit", remote.drafts.add, guesses)
        assert len(remote.drafts.weigh(guesses[:10]).already) == 10


def test_answer_keys_of_many_items_do_not_leave_under_the_name_of_one(folder):
    with serving(folder, limit=5), agent.connect(folder) as remote:
        listed = list(remote.items.select(limit=30))
        forged = [dataclasses.replace(listed[0], number=each.number, state=State.DRAFT) for each in listed]
        refusal("export-limit", lambda: list(remote.answer_keys.whole(forged)))


def test_where_the_journal_cannot_be_written_nothing_leaves(folder, monkeypatch):
    with serving(folder) as server, agent.connect(folder) as remote:

        def full(*_):
            raise BrokenStore("journal-io", file="journal.jsonl", error="No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(server.opening.journal, "append", full)
            refusal("journal-io", remote.answer_keys.of, [ITEMS[0].id])
            refusal("journal-io", lambda: list(remote.items.select()))
            refusal("journal-io", remote.drafts.add, [item(9_003)])
        assert sum(remote.items.count().values()) == len(ITEMS)
        assert remote.items.count_states().get(State.DRAFT, 0) == 0


def test_the_hour_ends_it_for_those_on_the_line_and_those_who_come(folder):
    hour = Hour()
    with serving(folder, hour=hour), agent.connect(folder) as remote:
        assert remote.status()["seconds_left"] == 3600
        hour.now = 3599.0
        remote.items.count()
        hour.now = 3600.0
        with pytest.raises(Refused) as caught:
            remote.items.count()
        assert caught.value.code in {"agent-closed", "agent-gone"}
        _until(lambda: agent.connect(folder) is None)
    assert last(folder).act == "closed" and last(folder).facts["reason"] == "hour"


def test_several_ask_at_once_and_each_gets_their_own_answer(folder):
    with serving(folder, limit=500):
        found = []

        def ask(n):
            with agent.connect(folder) as remote:
                for _ in range(5):
                    found.append(remote.answer_keys.of([ITEMS[n].id]) == {ITEMS[n].id: ITEMS[n].answer_key})

        threads = [threading.Thread(target=ask, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [True] * 30
    assert journal.check(Journal.read(folder).lines).findings == []


@pytest.mark.parametrize("rubbish", [b"\xff" * 40, b"\x00\x00\x00\x05hello", b"\xff\xff\xff\xff", b"\x00\x00\x00\x00"])
def test_rubbish_on_the_line_ends_that_line_alone(folder, rubbish):
    with serving(folder), agent.connect(folder) as remote:
        line = channel.dial(Custody.read(folder).bank)
        line.sendall(rubbish)
        line.close()
        assert sum(remote.items.count().values()) == len(ITEMS)


def test_an_ask_that_does_not_fit_the_method_is_refused(remote):
    refusal("agent-arguments", remote._ask, "answer_keys.of", {"ids": 7}, None)
    refusal("agent-fault", remote._ask, "answer_keys.of", {}, None)
    refusal("agent-no-such-act", remote._ask, "agent.nonsense", {}, None)
    refusal("agent-no-such-act", remote._ask, "answer_keys.unverified", {"ids": []}, None)
    remote.items.count()


def test_another_copy_of_the_bank_is_not_taken_for_the_open_one(folder, filled):
    with serving(folder):
        assert refusal("agent-other-copy", agent.connect, filled).facts["held"] == str(folder)


def test_there_is_one_agent_for_a_bank(folder):
    with serving(folder):
        refusal("agent-already", channel.listen, Custody.read(folder).bank)
        refused = refusal("vault-in-use", agent.start, folder, files(folder, 1, 2), hours=1, limit=1)
        assert refused.facts["file"] == "bank.db"


def test_lines_kept_idle_or_half_said_do_not_keep_out_whoever_closes_the_bank(folder):
    with serving(folder) as server, agent.connect(folder) as remote:
        name = Custody.read(folder).bank
        idle = [channel.dial(name) for _ in range(3 * agent.serving.MOST_LINES)]
        for line in idle:
            with contextlib.suppress(OSError):
                line.sendall(b"\x00\x00")
        with agent.connect(folder) as other:
            assert other.status()["limit"] == 50
        assert sum(remote.items.count().values()) == len(ITEMS)  # its line was taken: it dials again
        _until(lambda: len(server._idle_since) <= agent.serving.MOST_LINES)
        with agent.connect(folder) as other:
            other.close_agent()
        for line in idle:
            line.close()
    assert last(folder).act == "closed"


def test_whoever_asks_and_does_not_listen_holds_nobody_up_for_long(folder, monkeypatch):
    monkeypatch.setattr(agent.serving, "_ANSWER_SECONDS", 0.2)
    with serving(folder, limit=5_000), agent.connect(folder) as remote:
        deaf = channel.dial(Custody.read(folder).bank)
        ask = agent.frames.Ask(
            "items.select",
            {"state": agent.frames.msgspec.Raw(b"\xc0"), "verified": agent.frames.msgspec.Raw(b"\xc2")},
            "",
        )
        for _ in range(3):
            channel.send(deaf, agent.frames.encoder.encode(ask))
        assert remote.status()["limit"] == 5_000
        assert next(iter(remote.items.select(verified=False, state=None))).state is State.APPROVED
        hung_up = select.poll()
        hung_up.register(deaf, 0)
        _until(lambda: hung_up.poll(0))
        with pytest.raises(OSError):  # what was under way is not finished for whoever does not take it
            for _ in range(3):
                while agent.frames.msgspec.msgpack.decode(channel.receive(deaf))["type"] != "told":
                    pass
        deaf.close()


# ---- whom it lets in -----------------------------------------------------------------------------------------------


def test_the_socket_is_this_users_alone(folder):
    with serving(folder):
        path = channel.address(Custody.read(folder).bank)
        assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700


def test_a_process_that_listens_and_keeps_its_memory_to_itself_leaves_the_umask_as_it_was(folder):
    program = (
        "import os, sys; from bank import agent; from bank.agent import channel; os.umask(0o002); agent.harden();"
        " channel.listen(sys.argv[1]); print(oct(os.umask(0)), oct(channel.address(sys.argv[1]).stat().st_mode & 0o777))"
    )
    command = [sys.executable, "-c", program, Custody.read(folder).bank]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0o2", "0o600"]


def test_files_that_an_opening_writes_are_their_owners_alone_whatever_the_umask(folder, tmp_path):
    before = os.umask(0)
    try:
        with serving(folder):
            agent.connect(folder).backup(tmp_path / "backup")
    finally:
        os.umask(before)
    made = [path for place in (tmp_path / "backup", folder) for path in place.rglob("*") if path.is_file()]
    assert made and {path.stat().st_mode & 0o077 for path in made} == {0}


def test_another_user_who_reached_the_socket_is_turned_away(folder, monkeypatch):
    with serving(folder):
        monkeypatch.setattr(channel, "peer_uid", lambda _line: os.getuid() + 1)
        name = Custody.read(folder).bank
        assert channel.dial(name) is None  # and a caller does not talk to an agent of somebody else
        line = socket.socket(socket.AF_UNIX)
        line.connect(os.fspath(channel.address(name)))
        line.settimeout(5)
        assert line.recv(1) == b""


@pytest.mark.skipif(os.name == "nt" or os.getuid() != 0, reason="only root can become somebody else")
def test_the_system_keeps_another_user_from_the_socket(folder):
    program = "import os,socket,sys; os.setuid(65534); socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
    with serving(folder):
        path = os.fspath(channel.address(Custody.read(folder).bank))
        done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=False)
    assert "PermissionError" in done.stderr


def test_a_runtime_folder_too_long_for_a_socket_is_passed_over(monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/tmp/" + "x" * 100)
    assert len(os.fsencode(channel.address("ab" * 16))) < 104


def test_a_place_that_others_can_reach_into_is_refused():
    place = Path(os.environ["XDG_RUNTIME_DIR"]) / "examd"
    place.mkdir()
    place.chmod(0o755)
    refusal("agent-place-open", channel.place)


# ---- the process -----------------------------------------------------------------------------------------------------


@pytest.fixture
def started(folder):
    status = agent.start(folder, files(folder, 1, 2), hours=1, limit=20)
    try:
        yield status
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(status["pid"], signal.SIGKILL)


def _until(done, seconds=60.0):
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_one_process_keeps_it_open_and_close_ends_it(folder, started):
    assert started["holders"] == ["王强", "李丽"] and started["limit"] == 20
    with agent.connect(folder) as remote:
        assert remote.status()["pid"] == started["pid"] != os.getpid()
        remote.close_agent()
    _until(lambda: last(folder).act == "closed")
    assert agent.connect(folder) is None and journal.check(Journal.read(folder).lines).findings == []


def test_a_killed_agent_is_said_to_be_gone_and_the_bank_opens_again(folder, started):
    with agent.connect(folder) as remote:
        remote.items.count()
        os.kill(started["pid"], signal.SIGKILL)
        refusal("agent-gone", remote.items.count)
    assert agent.connect(folder) is None
    again = agent.start(folder, files(folder, 2, 3), hours=1, limit=20)
    try:
        assert last(folder).facts["unclosed"] is True
    finally:
        os.kill(again["pid"], signal.SIGTERM)
    _until(lambda: last(folder).act == "closed")
    assert last(folder).facts["reason"] == "signal"


def test_what_stops_an_opening_comes_back_from_the_process_by_name(folder):
    wrong = [files(folder, 1)[0], (files(folder, 2)[0][0], "nobody's passphrase")]
    assert refusal("wrong-passphrase", agent.start, folder, wrong, hours=1, limit=1).facts["file"] == "share-1-2.json"
    refusal("shares-too-few", agent.start, folder, files(folder, 1), hours=1, limit=1)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_no_passphrase_is_left_in_its_memory(started):
    """With a control: what must be there (the bank's number) is found the same way."""
    try:
        memory = Path(f"/proc/{started['pid']}/mem").open("rb", 0)
    except PermissionError:
        pytest.skip("the system keeps the memory of an agent even from this user, as it should")
    found = dict.fromkeys([started["bank"].encode(), *(word.encode() for _, word in PEOPLE[:2])], 0)
    with memory:
        for region in Path(f"/proc/{started['pid']}/maps").read_text().splitlines():
            span, rights = region.split()[:2]
            begin, end = (int(each, 16) for each in span.split("-"))
            if "r" not in rights or end - begin > 1 << 30:
                continue
            with contextlib.suppress(OSError, ValueError):
                memory.seek(begin)
                data = memory.read(end - begin)
                for needle in found:
                    found[needle] += data.count(needle)
    control, *passphrases = found.values()
    assert control > 0 and passphrases == [0, 0]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_no_passphrase_is_in_its_arguments_or_environment_and_its_memory_is_its_own(started):
    process = Path(f"/proc/{started['pid']}")
    words = b"".join((process / name).read_bytes() for name in ("cmdline", "environ"))
    assert not any(word.encode() in words for _, word in PEOPLE)
    assert {"no-core", "not-dumpable"} <= set(started["guards"])
    limits = (process / "limits").read_text()
    assert next(line for line in limits.splitlines() if "core file" in line).split()[4] == "0"
    assert process.stat().st_uid == 0  # not dumpable: its files belong to root, whoever runs it
