"""The agent's own process: how it is started, how it keeps its memory to itself, and its life from first to last line.

Before: `bank.custody` opens. After: `bank.agent.serving`.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from bank.agent import channel
from bank.agent.frames import No
from bank.agent.serving import Agent
from bank.clock import since_boot
from bank.custody import Custody, Offered, Opening, check_offered
from bank.hardening import harden
from bank.refused import BrokenStore, Refused
from bank.seal.shares import from_clear, in_clear


def start(
    directory: Path, present: Sequence[tuple[Path, str]], *, hours: int, limit: int, accept_loss: str = ""
) -> dict[str, Any]:
    """Starts the agent and hands it the opened shares through a pipe; its status once the bank is open.

    The passphrases stay in this process, which ends soon: in one that lives for hours, copies of them would be left in
    memory that nobody can wipe.

    Raises BrokenStore: when the process says nothing. Raises Refused: what stopped it from opening the bank.
    """
    offered = [Offered.read(path) for path, _ in present]
    check_offered(Custody.read(directory), offered)
    opened = [each.unseal(passphrase) for each, (_, passphrase) in zip(offered, present, strict=True)]
    order = {
        "accept_loss": accept_loss,
        "directory": str(directory.resolve()),
        "hours": hours,
        "limit": limit,
        "present": [[str(each.path.resolve()), in_clear(share)] for each, share in zip(offered, opened, strict=True)],
    }
    root = os.fspath(Path(__file__).parents[2])
    path = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH", "")) if part)
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "bank.agent"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": path},
        start_new_session=True,
    )
    assert process.stdin is not None and process.stdout is not None
    with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
        pipe.write(json.dumps(order).encode())
    with process.stdout as pipe:
        told = pipe.readline()
    if not told:
        raise BrokenStore("agent-did-not-start", exit=process.wait())
    answer = json.loads(told)
    if "code" in answer:
        process.wait()
        raise No(**answer).refusal()
    return dict(answer)


def main() -> int:
    """The agent's own process: one order on stdin, one line on stdout, then only the socket."""
    guards = harden()
    order = json.loads(sys.stdin.buffer.read())
    try:
        directory = Path(order["directory"])
        offered = [(Offered.read(Path(path)), clear) for path, clear in order.pop("present")]
        present = [(each, from_clear(each.head, clear.split())) for each, clear in offered]
        os.chdir(directory)  # a folder in use is not unmounted unnoticed
        opening = Opening.begin(
            directory, present, hours=order["hours"], limit=order["limit"], accept_loss=order["accept_loss"]
        )
        del offered, present
        try:
            listener = channel.listen(opening.custody.bank)
        except BaseException:
            opening.close("refused")
            raise
    except Refused as refusal:
        _say(msgspec.to_builtins(No.of(refusal), enc_hook=str))
        return 3
    agent = Agent(opening, listener, order["hours"] * 3600, since_boot, guards)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: agent.stop("signal"))
    _say(agent.status())
    agent.serve()
    return 0


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps({k: v for k, v in answer.items() if k != "type"}) + "\n")
    sys.stdout.flush()
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
