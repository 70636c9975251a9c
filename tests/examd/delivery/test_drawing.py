"""Forms drawn ahead by another process: the same as the server's own, none lost when that process fails."""

import asyncio
import os
import subprocess
import sys

import msgspec
import pytest

from examd.delivery import drawing
from examd.delivery.drawing import draw_ahead
from examd.delivery.forms import Forms
from examd.package import layout
from examd.package import open as opening

SEED = bytes(range(32))
CANDIDATES = range(1, 6)


@pytest.fixture
def forms(issued):
    def new():
        package = issued.read()
        return Forms(package, opening.items(package, issued.unlock(package, layout.ITEMS)), SEED)

    return new


def drawn(forms):
    return {c: form.to_json() for c, form in forms._drawn.items()}


async def test_every_form_drawn_ahead_is_the_one_the_server_would_draw(forms):
    ahead, itself = forms(), forms()
    await draw_ahead(ahead, CANDIDATES)
    assert drawn(ahead) == {c: itself.of(c).to_json() for c in CANDIDATES}
    assert [ahead.of(c).attempt for c in CANDIDATES] == [itself.of(c).attempt for c in CANDIDATES]
    assert [ahead.of(c).digest for c in CANDIDATES] == [itself.of(c).digest for c in CANDIDATES]


async def test_a_form_that_was_shown_is_never_drawn_over(forms):
    shown = forms()
    first = shown.of(3)
    await draw_ahead(shown, CANDIDATES)
    assert shown.of(3) is first


@pytest.mark.parametrize("what", ["ended", "nonsense", "no-such-program"])
async def test_where_the_process_fails_the_server_draws_itself_and_says_so(forms, monkeypatch, tmp_path, caplog, what):
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\n" + ("echo nonsense\n" if what == "nonsense" else "exit 3\n"))
    program.chmod(0o700)
    missing = tmp_path / "missing"
    monkeypatch.setattr(drawing.sys, "executable", str(missing if what == "no-such-program" else program))
    ahead = forms()
    await draw_ahead(ahead, CANDIDATES)
    monkeypatch.undo()
    assert not drawn(ahead)
    assert ahead.of(2).to_json() == forms().of(2).to_json()
    assert "drawn as they are asked for" in caplog.text


async def test_cancelled_it_leaves_no_process(forms, monkeypatch):
    started = []
    real = asyncio.create_subprocess_exec

    async def noted(*words, **more):
        started.append(await real(*words, **more))
        return started[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", noted)
    task = asyncio.create_task(draw_ahead(forms(), range(1, 100_000)))
    while not started:
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert started[0].returncode is not None


@pytest.mark.skipif(sys.platform == "win32", reason="broken pipes are POSIX's")
def test_it_ends_by_itself_when_its_server_was_killed(forms):
    one = forms()
    order = drawing._Order(
        [fact.to_json() for fact in one.facts], one.rule.to_json(), SEED.hex(), one.session, list(range(1, 200_000))
    )
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "examd.delivery.drawing"], stdin=subprocess.PIPE, stdout=writing
    )
    os.close(writing)
    process.stdin.write(msgspec.json.encode(order))
    process.stdin.close()
    os.read(reading, 1)
    os.close(reading)  # what the system does with a killed server's end
    assert process.wait(60) == 0
