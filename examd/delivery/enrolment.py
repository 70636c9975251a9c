"""A terminal says which machine it is, or asks to become one of the site's. Nothing else is heard before that.

Before: `seats`. After: `examd.terminals`, the site's list; staff confirm (`commands.terminals`).
"""

from bank.refused import Denied
from examd.delivery.hall import Connection
from examd.delivery.room import Room
from examd.protocol.messages import PROTOCOL, Enrolled, Pair, Present, Refusal
from examd.protocol.reasons import Reason
from examd.terminals import machine_id


def greet(room: Room, connection: Connection, message: Present | Pair) -> str:
    """Knows the machine from here on, or refuses.

    Returns which machine it is, also where it waits for staff; "" for any other.
    """
    if message.protocol != PROTOCOL:
        connection.drop(Refusal(Reason.MALFORMED, facts={"protocol": PROTOCOL}, fatal=True))
        return ""
    if isinstance(message, Pair):
        now_ms = room.clock.now().mono_ms
        try:
            room.terminals.pair(message.code, message.name, message.key, message.sign, connection.address, now_ms)
        except Denied as denied:
            connection.send(Refusal(Reason(denied.code), facts=denied.facts))
            return ""
    if (machine := room.terminals.find(message.key, message.sign)) is not None:
        connection.machine, connection.terminal = machine.id, machine.name
        connection.send(Enrolled(machine.name, machine.check, kept=True))
        return machine.id
    id_ = machine_id(message.key)
    if (waiting := room.terminals.waiting().get(id_)) is not None and waiting.machine.sign == message.sign:
        connection.send(Enrolled(waiting.machine.name, waiting.machine.check, kept=False))
        return id_
    connection.send(Refusal(Reason.NOT_ENROLLED))
    return ""
