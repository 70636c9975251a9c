"""A terminal says which machine it is, or asks to become one of the site's. Nothing else is heard before that.

Before: `seats`. After: `examd.terminals`, the site's list; staff confirm (`commands.terminals`).
"""

from bank.refused import Denied
from examd.delivery.hall import Connection
from examd.delivery.room import Room
from examd.protocol.messages import PROTOCOL, Enrolled, Pair, Present, Refusal
from examd.protocol.reasons import Reason
from examd.terminals import machine_id


def greet(room: Room, connection: Connection, message: Present | Pair) -> None:
    """Knows the machine from here on, or refuses."""
    if message.protocol != PROTOCOL:
        return connection.drop(Refusal(Reason.MALFORMED, facts={"protocol": PROTOCOL}, fatal=True))
    if isinstance(message, Pair):
        now_ms = room.clock.now().mono_ms
        try:
            room.terminals.pair(message.code, message.name, message.key, connection.address, now_ms)
        except Denied as denied:
            return connection.send(Refusal(Reason(denied.code), facts=denied.facts))
    if (machine := room.terminals.find(message.key)) is not None:
        connection.machine, connection.terminal = machine.id, machine.name
        return connection.send(Enrolled(machine.name, machine.check, kept=True))
    if (waiting := room.terminals.waiting().get(machine_id(message.key))) is not None:
        return connection.send(Enrolled(waiting.machine.name, waiting.machine.check, kept=False))
    return connection.send(Refusal(Reason.NOT_ENROLLED))
