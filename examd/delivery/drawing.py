"""The session's forms drawn ahead on another core: a process is told pool, rule and seed, and tells form after form.

A form is a pure function of these, so what comes back is what `Forms.of` would draw itself; it still does where a
candidate is faster than this process, or where the process fails. It never sees an answer key, as the server does not.

Before: a hall was opened. After: `forms` keeps what was drawn.
"""

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Sequence
from typing import Any

import msgspec

from bank.composing.assembly import Assembler, Form, FormItem
from bank.draw_facts import ItemFacts
from bank.hardening import harden
from bank.refused import Denied
from bank.rules import Rule
from examd.delivery.forms import Forms

LINE_BYTES = 1 << 20
"""The longest form on the wire between the two; one of 200 items takes 10 KiB."""


class _Order(msgspec.Struct, frozen=True):
    facts: list[dict[str, Any]]
    rule: dict[str, Any]
    seed: str
    session: str
    ordinals: list[int]


class _Drawn(msgspec.Struct, frozen=True, array_like=True):
    ordinal: int
    attempt: int
    items: list[tuple[str, str]]


async def draw_ahead(forms: Forms, ordinals: Sequence[int]) -> None:
    """Has the forms of these candidates drawn and puts them into `forms`. Cancelled, it ends its process."""
    order = _Order(
        [fact.to_json() for fact in forms.facts], forms.rule.to_json(), forms.seed.hex(), forms.session, list(ordinals)
    )
    process: asyncio.subprocess.Process | None = None
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "examd.delivery.drawing",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LINE_BYTES,
        )  # fmt: skip
        assert process.stdin is not None and process.stdout is not None  # both were asked for
        process.stdin.write(msgspec.json.encode(order))
        process.stdin.close()
        async for line in process.stdout:
            drawn = msgspec.json.decode(line, type=_Drawn)
            forms.keep(Form(drawn.ordinal, drawn.attempt, tuple(FormItem(*item) for item in drawn.items)))
        why: object = await process.wait()
    except (OSError, ValueError) as error:
        why = error
    finally:
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if why:
        logging.getLogger("examd.delivery").warning("forms are drawn as they are asked for (%s)", why)


def main() -> int:
    """Exit code of the process: 0 also where nobody reads any more."""
    harden(lock=False)
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=_Order)
    if hasattr(os, "nice"):
        os.nice(5)  # answers go first, on a machine with one core too
    facts = [ItemFacts.from_json(fact) for fact in order.facts]
    assembler = Assembler(facts, Rule.from_json(order.rule), bytes.fromhex(order.seed), order.session)
    with contextlib.suppress(BrokenPipeError):
        for ordinal in order.ordinals:
            with contextlib.suppress(Denied):  # the server meets it again when it draws this form, and says so
                form = assembler.form(ordinal)
                items = [(item.id, item.order) for item in form.items]
                sys.stdout.buffer.write(msgspec.json.encode(_Drawn(form.ordinal, form.attempt, items)) + b"\n")
                sys.stdout.buffer.flush()
        return 0
    os._exit(0)  # the server is gone: flushing what it never read would only fail again


if __name__ == "__main__":
    sys.exit(main())
