"""The staff's connection: sign-in with passphrase and one-time code, then one command at a time.

Commands are messages to the running server; each leaves a STAFF entry where a record exists. Who may give which is the
table in `examd.staff`, what each does is a function of `commands`.
"""

import asyncio
import contextlib
import functools
import logging
from collections.abc import Awaitable, Callable

from aiohttp import WSMsgType, web

from bank.refused import BadFile, BrokenStore, Denied, Refused
from examd.delivery import disk
from examd.delivery.commands import Facts, closing, duty, opening, restoring, sitting, terminals, witnessing
from examd.delivery.door import Guest
from examd.delivery.room import Room
from examd.protocol.messages import MALFORMED, Refusal, StaffCommand, StaffReply, StaffSignIn, decode_from_staff, encode
from examd.protocol.reasons import Reason
from examd.staff import TRIES, Act, Person

MAX_STAFF_MESSAGE_BYTES = 256 * 1024
STAFF_BYTES, STAFF_BYTES_PER_S = 4 << 20, 1 << 20

COMMANDS: dict[Act, Callable[[Room, Person, Facts], Awaitable[Facts]]] = {
    Act.STATUS: sitting.status,
    Act.ON_DUTY: duty.on_duty,
    Act.DUTY_LAPSE: duty.lapse,
    Act.NEW_PASSPHRASE: duty.new_passphrase,
    Act.PAIR: terminals.pair,
    Act.TERMINALS: terminals.listed,
    Act.ENROL: terminals.enrol,
    Act.REMOVE: terminals.remove,
    Act.RELEASE: terminals.release,
    Act.ADMIT: sitting.admit,
    Act.REOPEN: sitting.reopen,
    Act.HELD: restoring.held,
    Act.RESTORE: restoring.restore,
    Act.PREPARE: opening.prepare,
    Act.OPEN: opening.open_,
    Act.COSIGN: witnessing.cosign,
    Act.CHECKPOINT: witnessing.made,
    Act.ASK_CHIEF: witnessing.ask_chief,
    Act.CHIEF_ANSWER: witnessing.chief_answer,
    Act.START: sitting.start,
    Act.PAUSE: sitting.pause,
    Act.RESUME: sitting.resume,
    Act.ADD_TIME: sitting.add_time,
    Act.CLOSE: closing.close,
    Act.ANSWERS_LOCK: closing.answers_lock,
    Act.SIGN_RESULT: closing.sign_result,
}


class StaffSocket:
    """Everyone on duty who is connected to this room."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._signing_in = asyncio.Lock()
        self._changing = asyncio.Lock()
        """Held by the one command that is changing something."""

    async def serve(self, request: web.BaseRequest) -> web.WebSocketResponse:
        """One connection, to its end. Raises HTTPNotFound: it came through no door."""
        guest = request.protocol
        if not isinstance(guest, Guest):
            raise web.HTTPNotFound
        socket = web.WebSocketResponse(max_msg_size=MAX_STAFF_MESSAGE_BYTES, compress=False, heartbeat=20.0)
        await socket.prepare(request)
        guest.stay(nbytes=STAFF_BYTES, per_s=STAFF_BYTES_PER_S)  # a person is looking for passphrase and code
        person: Person | None = None
        tries = 0
        async for frame in socket:
            if frame.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                break
            reply: StaffReply | Refusal
            try:
                message = decode_from_staff(frame.data)
            except MALFORMED:
                await socket.send_str(encode(Refusal(Reason.MALFORMED)).decode())
                continue
            try:
                if isinstance(message, StaffSignIn):
                    tries += 1
                    if tries > TRIES:  # each costs 64 MiB and half a second: nobody may order them wholesale
                        break
                    person = await self._sign_in(message)
                    reply = StaffReply("sign-in", {"name": person.name, "role": person.role.value})
                elif person is None:
                    raise Denied("bad-staff")
                else:
                    reply = await self._obey(person, message)
            except Refused as refused:
                reply = _refusal(refused)
            except Exception:
                logging.getLogger("examd.delivery").exception("a staff command failed")
                reply = Refusal(Reason.REFUSED, facts={"code": "internal-error"})
            await socket.send_str(encode(reply).decode())
        return socket

    async def _sign_in(self, message: StaffSignIn) -> Person:
        room, at = self._room, self._room.clock.now()
        # Argon2id takes a good part of a second: in a thread, so that answers go on being acknowledged.
        async with self._signing_in:
            sign_in = functools.partial(room.staff.sign_in, message.name, message.passphrase, message.code, at)
            try:
                person = await asyncio.to_thread(sign_in)
            except BrokenStore as broken:
                if broken.code != "store-full":
                    raise
                if room.session is not None:
                    disk.release_reserve(room.session.folder)  # who cannot sign in, which writes, cannot close
                person = await asyncio.to_thread(sign_in)
        if room.session is not None:
            room.session.note(person, "sign-in")
        return person

    async def _obey(self, person: Person, command: StaffCommand) -> StaffReply:
        try:
            act = Act(command.act)
        except ValueError:
            raise Denied("unknown-act", act=command.act[:40]) from None
        person.require(act)
        if (hall := self._room.hall) is not None:
            person.require_impartial({line.institution for line in hall.roster})
        try:
            # Two people may not open, start or close the same session between them.
            async with contextlib.nullcontext() if act in (Act.STATUS, Act.TERMINALS, Act.HELD) else self._changing:
                facts = await COMMANDS[act](self._room, person, command.facts)
        except KeyError as missing:
            raise BadFile("command-fact-missing", act=act.value, fact=str(missing.args[0])) from None
        return StaffReply(act.value, dict(facts))


def _refusal(refused: Refused) -> Refusal:
    plain = {k: v if isinstance(v, int | str | list) else str(v) for k, v in refused.facts.items()}
    family = "denied" if isinstance(refused, Denied) else "broken" if isinstance(refused, BrokenStore) else "bad-file"
    return Refusal(Reason.REFUSED, facts={**plain, "code": refused.code, "family": family})
