"""A canary in every answer key: found in a process that holds answer keys, and nowhere in or around the serving one.

Explanations and bases of all items carry a mark, and each line of the answers part a random salt of its own. The serving
process is searched while candidates answer, and again after it has closed the session and signed its result.
"""

import asyncio
import json
import secrets
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from examd.package import layout
from examd.package import open as opening
from examd.protocol import messages as m
from tests.examd.served import hear, say, served
from tests.examd.toy_session import Staffed

ROOT = Path(__file__).parents[2]
FORBIDDEN = (
    "bank/item.py", "bank/store/__init__.py", "bank/store/answer_keys.py", "bank/composing/pool.py", "bank/formats/__init__.py",
    "examd/grading/mark.py", "examd/bureau/office.py", "examd/package/issue.py", "examd/grading/result.py",
)  # fmt: skip
LOADED = ("examd/delivery/hall.py", "examd/record/writer.py", "bank/composing/assembly.py")
CHUNK = 1 << 22


def test_what_is_searched_for_is_there_to_be_loaded():
    """A file that was moved would never be found, and so never missed."""
    assert [path for path in (*FORBIDDEN, *LOADED) if not (ROOT / path).is_file()] == []


def forms_of(text: str) -> list[bytes]:
    """The ways a Python process may hold this text: as it is; beside Chinese, in wider characters; as what it encodes."""
    if set(text) <= set("0123456789abcdef"):
        return [text.encode(), bytes.fromhex(text)]
    return [text.encode(), *([text.encode("utf-16-le")] if "CANARY" in text else [])]


def found_in(pid: int, needles: Iterable[str]) -> set[str]:
    """Those of the needles that the memory of this process holds in any form."""
    wanted = {form: needle for needle in needles for form in forms_of(needle)}
    longest, found = max(map(len, wanted)), set()
    try:
        memory = Path(f"/proc/{pid}/mem").open("rb", buffering=0)  # noqa: SIM115
    except PermissionError:
        pytest.skip("reading another process's memory takes root here")
    with memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            place, rights, *_rest = line.split()
            if not rights.startswith("r") or line.endswith(("[vvar]", "[vsyscall]", "[vvar_vclock]")):
                continue
            start, end = (int(edge, 16) for edge in place.split("-"))
            tail = b""
            for at in range(start, end, CHUNK):
                try:
                    memory.seek(at)
                    data = tail + memory.read(min(CHUNK, end - at))
                except OSError:
                    break  # a mapping of a device, or one that has just gone
                found |= {needle for form, needle in wanted.items() if form in data}
                tail = data[-longest:]
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    if not Path("/proc/self/mem").exists():
        pytest.skip("no /proc/PID/mem on this system")
    mark = f"CANARY-{secrets.token_hex(8)}-"
    with served(Staffed(tmp_path_factory.mktemp("canary"), mark=mark, candidates=3)) as site:
        asyncio.run(site.open())
        yield site


def canaries(toy) -> list[str]:
    package = toy.read()
    answers = opening.answers_plaintext(package, toy.unlock(package, layout.ANSWERS))
    return [toy.mark, *(json.loads(line)["salt"] for line in answers.splitlines())]


def test_a_process_that_holds_the_answer_keys_is_found_by_the_same_search(site):
    """The control: without it, an empty search would prove nothing."""
    toy = site.toy
    package = toy.read()
    answers = opening.answers_plaintext(package, toy.unlock(package, layout.ANSWERS))
    script = (
        f"import sys, json; sys.path.insert(0, {str(ROOT)!r}); import examd.grading.result\n"
        "held = [json.loads(line) for line in sys.stdin.buffer.read().splitlines()]\n"
        "print('holding', flush=True); import time; time.sleep(60)"
    )
    lines = answers + json.dumps({"explanation": toy.items[0].explanation}, ensure_ascii=False).encode() + b"\n"
    control = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        control.stdin.write(lines)
        control.stdin.close()
        assert control.stdout.readline() == b"holding\n"
        needles = canaries(toy)
        paths = [str(ROOT / path) for path in FORBIDDEN]
        found = found_in(control.pid, [*needles, *paths])
    finally:
        control.kill()
        control.wait()
    assert set(needles) <= found
    assert {str(ROOT / "examd/grading/mark.py"), str(ROOT / "bank/item.py")} <= found


async def a_sitting(site) -> list[str]:
    """A candidate sits, the session is closed and graded. Everything that the server said on the way."""
    toy, wire = site.toy, []

    class Listening:
        """A socket that keeps what it hears."""

        def __init__(self, socket):
            self.socket = socket

        async def send_str(self, text):
            await self.socket.send_str(text)

        async def receive_str(self):
            wire.append(await self.socket.receive_str())
            return wire[-1]

    async with site.socket() as raw, site.desk() as desk:
        socket, line = Listening(raw), toy.roster[0]
        await say(socket, m.SignIn(line.admission_no, line.id_tail))
        await hear(socket, m.Welcome)
        await say(socket, m.Ready())
        while (await desk.command("status"))["ready"] < 1:
            await asyncio.sleep(0.02)
        await desk.command("start")
        form = await hear(socket, m.FormView)
        for seq, item in enumerate(form.items, 1):
            await say(socket, m.Answer(seq, item.slot, (0,), seq))
            await hear(socket, m.Ack)
        searched(site)
        await say(socket, m.HandIn(len(form.items) + 1))
        await hear(socket, m.Receipt)
        wire.append(json.dumps(await desk.command("status")))
        result = await site.close_and_grade(desk, [])
        wire.append(json.dumps(await desk.command("answers-lock")))
    assert (result / "result.json").exists()
    return wire


def searched(site) -> None:
    needles, forbidden, loaded = canaries(site.toy), *([str(ROOT / p) for p in paths] for paths in (FORBIDDEN, LOADED))
    stems = [site.toy.items[0].content.stem]
    found = found_in(site.pid, [*needles, *forbidden, *loaded, *stems])
    assert set(loaded) <= found, "the search does not see this process"
    assert found - set(loaded) - set(stems) == set()


def test_no_canary_is_on_the_wire_in_the_modules_or_in_the_memory_of_the_serving_process(site):
    wire = asyncio.run(a_sitting(site))
    searched(site)
    said = "\n".join(wire)
    assert "第" in said
    assert "选项甲" in said
    for canary in canaries(site.toy):
        assert canary not in said
    for word in ("correct", "explanation", "basis", "answer_key", "解析", "依据"):
        assert word not in said
    assert site.starts == 1
