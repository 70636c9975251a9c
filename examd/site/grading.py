"""Grading a closed session: the server's lock, the bureau's code 2, a process that marks, the site's signature.

Before: `examd.site.closing`. After: a signed result (`examd.documents.report`).
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from examd.grading import request
from examd.holders import Holder
from examd.site.chief import Chief, by_device_to_grade, chief_of
from examd.site.replies import AnswersLock
from examd.site.staff_client import StaffClient


async def grade_session(
    client: StaffClient, chief: Chief | Holder | None, code_2: str | Callable[[], Awaitable[str]]
) -> Path:
    """Grades in a process of its own, which alone sees the answer keys, and has the site sign. The result folder.

    `chief` is None where their device has answered the closing: it took its layer off the lock then. `code_2` may be
    who is asked for it: that the session is closed is known before. Raises the refusal of the server or of the grading
    process.
    """
    lock = await client.ask("answers-lock", AnswersLock)
    identity, answers = by_device_to_grade(lock) if chief is None else chief_of(chief).to_grade(lock)
    code = code_2 if isinstance(code_2, str) else await code_2()
    asked = request.Request(identity, code, answers, lock.package, lock.result)
    await asyncio.to_thread(request.run, asked)
    await client.command("sign-result")
    return Path(lock.result)
