"""What a simulated terminal keeps that has no journal: its candidate's chain of acts, and the signatures asked of it.

Before: `tools.bench.fleet`, and tests that speak the protocol by hand. After: `examd.protocol.acts`.
"""

import msgspec

from examd.protocol import acts
from examd.protocol.messages import Answer, Flag, FormView, HandIn, Message, Sign, Signed, Welcome


class SeatChain:
    def __init__(self, signer: acts.Signer) -> None:
        self.signer = signer
        self._welcome: Welcome | None = None
        self._form = ""
        self._since = 0
        self._heads: list[bytes] = []
        self._checkpoint = 0, ""

    def hear(self, message: Message) -> Signed | None:
        """Takes in what the server says; what is to be answered where that asks for a signature."""
        if isinstance(message, Welcome):
            self._welcome, at = message, message.durable_seq - self._since
            if 0 <= at < len(self._heads) and self._heads[at].hex() == message.acts:
                del self._heads[at + 1 :]
            else:  # somebody went on elsewhere: what came meanwhile is not this terminal's own
                self._since = message.durable_seq
                self._heads = [bytes.fromhex(message.acts)] if message.acts else []
        elif isinstance(message, FormView):
            self._form = message.digest
            if not self._heads and self._welcome is not None:
                self._heads = [acts.first(self._welcome.package_id, self._welcome.c, message.digest)]
        elif isinstance(message, Sign) and self._since <= message.seq < self._since + len(self._heads):
            self._checkpoint = message.size, message.root
            return self._signed(message.seq)
        return None

    def act(self, act: Answer | Flag | HandIn) -> Answer | Flag | HandIn:
        """The next act, as it is sent."""
        if not self._heads or not 0 < act.seq - self._since <= len(self._heads):
            return act
        del self._heads[act.seq - self._since :]  # a number that was refused is given again
        head = self._heads[-1]
        if isinstance(act, Answer):
            self._heads.append(acts.answered(head, act.seq, act.slot, act.choice, act.used_ms))
        elif isinstance(act, Flag):
            self._heads.append(acts.flagged(head, act.seq, act.slot, act.on))
        else:
            self._heads.append(acts.handed_in(head, act.seq))
            return msgspec.structs.replace(act, signed=self._signed(act.seq))
        return act

    def _signed(self, seq: int) -> Signed | None:
        if self._welcome is None:
            return None
        head, (size, root) = self._heads[seq - self._since].hex(), self._checkpoint
        seat = self._welcome
        said = acts.Vouched(seat.package_id, seat.c, self._form, self._since, seq, head, size, root)
        return Signed(self._since, seq, head, size, root, said.signed_by(self.signer))
