"""The person said yes: the signatures, and what is remembered of them.

Before: `examd.chief.judging`. After: `examd.chief.device` writes the memory down, then lets the answer go.
"""

import base64

import msgspec

from bank.refused import Denied
from bank.seal import locks
from examd.chief import messages
from examd.chief.judging import Question, Step
from examd.chief.memory import Memory
from examd.chief.messages import Answer
from examd.holders import Holder
from examd.record import notes, orders
from examd.record.entries import Kind


def sign(question: Question, holder: Holder, memory: Memory) -> tuple[Answer, Memory]:
    """The answer, and the memory to be written before it leaves.

    Raises Denied: something else of this record was signed since it was judged.
    """
    known = memory.records.get(question.head.origin)
    if (None if known is None else known.signed) != question.before:
        raise Denied("chief-judged-before", session=question.record.session.id)
    signed, record = question.record.signed, question.record
    names = (notes.CHIEF, notes.CLOSING) if question.step is Step.CLOSING else (notes.CHIEF,)
    lines = tuple(notes.cosign(question.request.body, name, holder.signing_key, signed.at.wall_s) for name in names)
    ordered = tuple(
        orders.sign(Kind(each.kind), record.package_id, each.words, holder.signing_key)
        for each in question.request.orders
    )
    roster = ""
    if question.roster is not None:
        roster = _text(locks.seal(question.roster.text.encode(), [record.site_age]))
    answer = Answer(
        messages.ANSWER_TYPE, messages.VERSION, question.to, name=holder.card.name, apart=question.apart, lines=lines,
        orders=ordered, roster=roster, items_lock=_text(question.items_lock), answers_lock=_text(question.answers_lock),
    )  # fmt: skip
    return answer, msgspec.structs.replace(memory, records={**memory.records, question.head.origin: record})


def _text(lock: bytes) -> str:
    return base64.b64encode(lock).decode()
