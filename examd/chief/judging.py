"""A request held against what the device remembers and against the record itself: refused, or what to ask a person.

Refused is what no honest site asks: another record than the one signed before, entries that contradict each other, a
package of another bureau or for another key. What is unusual is named, and a person decides.

Before: `examd.chief.messages`. After: `examd.chief.signing`, once the person has said yes.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import msgspec

from bank.canonical import canonical
from bank.merkle import Tree, is_consistent, leaf_hash
from bank.refused import BadFile, Denied
from bank.rules import Rule
from bank.seal import locks, statements
from bank.seal.locks import Identity
from examd.chief import messages
from examd.chief.memory import Memory, Person, Remembered, Signed
from examd.chief.messages import Answer, Head, Order, PackageParts, Request
from examd.chief.sitting import Sitting
from examd.clock import Instant
from examd.holders import Holder
from examd.package import layout
from examd.package import open as opening
from examd.record import notes, orders
from examd.record.entries import Kind
from examd.record.limits import Limits, added_in_all
from examd.record.snapshot import FOLD
from examd.record.state import ROOM, SessionState

CLOCK_APART_S = 600
"""How far two clocks may be apart unasked: a stick is carried, and a person looks for their glasses."""
WALL_MOVED_S = 60
SILENT_S = 900
"""So long without a signature is asked about."""


class Step(StrEnum):
    """What a request is for, as a person knows it."""

    UNLOCK = "unlock"
    OPENING = "opening"
    INTERIM = "interim"
    ORDERS = "orders"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something unusual that the person who signs must know of."""

    code: str
    facts: dict[str, str | int]

    @property
    def key(self) -> str:
        return canonical([self.code, self.facts]).decode()


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, in the figures that the device itself counted."""

    step: Step
    to: str
    """Name of the request."""
    request: Request
    head: Head
    before: Signed | None
    """What was signed last of this record."""
    record: Remembered
    """What will be remembered, once `examd.chief.signing` signs."""
    sitting: Sitting
    entries: int
    """New ones."""
    read: bool
    """The entries came along; else the proof alone says that the record only grew."""
    apart: bool
    """The device is another machine than the server."""
    oddities: tuple[Oddity, ...]
    """All of them at opening and closing; in between those that were not asked about before."""
    roster: Identity | None = None
    items_lock: bytes = b""
    answers_lock: bytes = b""

    def __repr__(self) -> str:
        return f"Question({self.step}, …)"


def judge(file: bytes, holder: Holder, memory: Memory, now: Instant, today: date) -> Question | Answer:
    """What to ask of a person; or the answer that asks for entries which are missing, as nothing can be said without.

    Raises BadFile: the request is malformed. Raises Denied: nobody should sign this.
    """
    request = messages.read(file, Request)
    head, to = messages.head_of(request), messages.name_of(file)
    known = memory.records.get(head.origin)
    before = None if known is None else known.signed
    if known is not None:
        _same_record(request, head, known)
    roster, items_lock = None, b""
    if request.package is not None:
        # Who is asked twice gives the same twice; the record below must be the one that was signed.
        found, roster, items_lock = _package(request.package, request, head, holder, memory, now)
        known = known or found
    if known is None:
        raise Denied("chief-package-unknown", session=head.origin)
    if not _signed_by_site(request, known):
        raise Denied("signature", file=messages.REQUEST)
    if before is not None and now.wall_s < before.at.wall_s:
        raise Denied("chief-clock-back")
    size, edge, sitting = known.read()
    if request.entries and request.since > size:
        return Answer(messages.ANSWER_TYPE, messages.VERSION, to, since=size)
    if request.since + len(request.entries) not in ({head.size} if request.entries else {head.size, request.since}):
        raise BadFile("chief-message-malformed", file=messages.REQUEST)
    was_open, read = sitting.state.opened is not None, bool(request.entries) or head.size == size
    tree, added = Tree.of(size, edge), request.entries[size - request.since :] if read else ()
    if read:
        _reads(added, tree, sitting, before, known, holder)
    if not _grew(request, head, before, tree if read else None):
        raise _rewritten(request, head, known)
    if not read and (request.orders or request.answers_lock or not was_open):
        return Answer(messages.ANSWER_TYPE, messages.VERSION, to, since=size)
    step, apart = _step(request, sitting, was_open), sitting.last is None or sitting.last.boot != now.boot
    if step is Step.OPENING:
        _opening(sitting, known, holder, apart=apart)
    if sitting.state.closed and len(sitting.state.seats) + len(sitting.state.absent) != len(known.people):
        raise Denied("record-contradicts", idx=head.size - 1, contradiction="close-counts")
    _orders(request.orders, sitting)
    t_ms = sitting.last.t_ms if read and sitting.last is not None else -1
    signed = Signed(head.size, head.root, now, t_ms)
    odd = tuple(_oddities(step, sitting, known, before, now, today))
    asked_before = known.told if step in (Step.INTERIM, Step.ORDERS) else frozenset[str]()
    told = tuple(each for each in odd if each.key not in asked_before)
    record = msgspec.structs.replace(
        known, signed=signed, size=tree.size, edge=tree.edge, sitting=msgspec.msgpack.encode(sitting), fold=FOLD,
        told=known.told | {each.key for each in odd}, times=known.times + (before is not None),
        first=signed if before is None else known.first,
    )  # fmt: skip
    answers_lock = b""
    if request.answers_lock:
        if not sitting.state.closed:
            raise Denied("not-closed")
        answers_lock = opening.inner_lock(_unpacked(request.answers_lock), layout.ANSWERS, holder.identity)
    return Question(
        step, to, request, head, before, record, sitting, head.size - (before.size if before else 0), read, apart, told,
        roster, items_lock, answers_lock,
    )  # fmt: skip


# ---- the record ---------------------------------------------------------------------------------------------------


def _same_record(request: Request, head: Head, known: Remembered) -> None:
    if request.package_id != known.package_id:
        raise Denied("chief-other-package", session=known.session.id, first=known.package_id, found=request.package_id)
    if head.size < known.signed.size or (head.size == known.signed.size and head.root != known.signed.root):
        raise _rewritten(request, head, known)
    if _closed(known) and head.size != known.signed.size:
        raise Denied("chief-closed-otherwise", session=known.session.id, size=known.signed.size)


def _closed(known: Remembered) -> bool:
    return known.size == known.signed.size and known.read()[2].state.closed


def _rewritten(request: Request, head: Head, known: Remembered) -> Denied:
    """One opening and one closing a package; and what was signed is never signed otherwise."""
    session, size = known.session.id, known.signed.size
    if _closed(known):
        return Denied("chief-closed-otherwise", session=session, size=size)
    if request.package is not None:
        return Denied("chief-opened-otherwise", session=session, size=size)
    return Denied("chief-record-rewritten", session=session, size=size, found=head.size)


def _reads(
    lines: Iterable[str], tree: Tree, sitting: Sitting, before: Signed | None, known: Remembered, holder: Holder
) -> None:
    for line in lines:
        if before is not None and tree.size == before.size and tree.root() != before.root:
            raise Denied("chief-record-rewritten", session=known.session.id, size=before.size, found=before.size)
        entry = sitting.read(line)
        sitting.add(entry, known.limits)
        tree.append(leaf_hash(line.encode()))
        if entry.type is Kind.PREPARE:
            expected = {"manifest_sha256": known.manifest_sha256, "package_id": known.package_id}
            if any(entry.body[name] != value for name, value in expected.items()):
                raise Denied("record-contradicts", idx=entry.idx, contradiction="other-package")
        over = entry.type in (Kind.ADD_TIME, Kind.RESUME) and "sig" in entry.body
        if over or entry.type in (Kind.LATE, Kind.REOPEN, Kind.RESTORE):
            words = {name: value for name, value in entry.body.items() if name != "sig"}
            if not orders.is_signed(entry.type, known.package_id, words, str(entry.body.get("sig")), holder.card.sign):
                raise Denied("record-contradicts", idx=entry.idx, contradiction="order-unsigned")


def _grew(request: Request, head: Head, before: Signed | None, tree: Tree | None) -> bool:
    """The new head is over what was signed, by the entries where they came, and by the proof where it begins there."""
    if tree is not None and (tree.size, tree.root()) != (head.size, head.root):
        return False
    if before is None or request.since != before.size:
        return tree is not None
    try:
        proof = [bytes.fromhex(each) for each in request.proof]
    except ValueError:
        return False
    return is_consistent(before.size, before.root, head.size, head.root, proof)


def _step(request: Request, sitting: Sitting, was_open: bool) -> Step:
    if sitting.state.closed:
        return Step.CLOSING
    if sitting.state.opened is None:
        return Step.UNLOCK
    if not was_open:
        return Step.OPENING
    return Step.ORDERS if request.orders else Step.INTERIM


def _opening(sitting: Sitting, known: Remembered, holder: Holder, *, apart: bool) -> None:
    """The opening that is signed is one that nobody has started yet, in this person's name, and says truly whether the
    device is a machine of its own."""
    if sitting.state.started_ms is not None:
        raise Denied("record-contradicts", idx=sitting.state.opened_idx, contradiction="start-before-opening")
    if sitting.state.prepared is None:
        raise Denied("record-contradicts", idx=sitting.state.opened_idx, contradiction="no-commitment")
    if sitting.opened("separated") is not apart:
        raise Denied("chief-separation-untrue", session=known.session.id)
    every_s = sitting.opened("cosign_s")
    if type(every_s) is not int or not 0 < every_s <= SILENT_S:
        raise Denied("record-contradicts", idx=sitting.state.opened_idx, contradiction="no-interval")
    holders = sitting.opened("holders")
    if not isinstance(holders, dict) or holders.get("chief") != holder.card.name:
        raise Denied("chief-other-name", name=holder.card.name)


def _orders(asked: Iterable[Order], sitting: Sitting) -> None:
    """Each is of a candidate who is there, and says of them what the record says."""
    for order in asked:
        if not _is_true(order, sitting.state) or not str(order.words.get("reason", "")).strip():
            raise Denied("chief-order-untrue", c=int(order.words.get("c", 0)))


def _is_true(order: Order, state: SessionState) -> bool:
    c = int(order.words.get("c", 0))
    seat = state.seats.get(c)
    if order.kind in (Kind.ADD_TIME, Kind.RESUME):
        tables = [each.timetable for each in state.running(c)] if c == ROOM or seat is not None else []
        if order.kind == Kind.ADD_TIME:
            return bool(tables) and order.words.get("before_ms") == added_in_all(tables, 0)
        since = state.paused_since_ms if c == ROOM else tables[0].paused_since_ms if tables else None
        return since is not None and order.words.get("since_ms") == since
    if seat is None:
        return False
    if order.kind == Kind.LATE:
        return order.words.get("n") == seat.late and bool(seat.late_answers)
    if order.kind == Kind.RESTORE:
        return bool(order.words.get("answers")) and bool(order.words.get("journal"))
    return order.kind == Kind.REOPEN and order.words.get("hand_in") == seat.hand_in_idx >= 0


# ---- the package --------------------------------------------------------------------------------------------------


def _package(
    parts: PackageParts, request: Request, head: Head, holder: Holder, memory: Memory, now: Instant
) -> tuple[Remembered, Identity, bytes]:
    """What is remembered of it, the roster's identity, and the items' lock with this device's layer off."""
    if memory.bureau is None:
        raise Denied("chief-bureau-unknown")
    file = parts.manifest.encode()
    signed = statements.read(file, layout.KIND, name=layout.MANIFEST)
    statements.verify(file, memory.bureau.sign, name=layout.MANIFEST)
    manifest = layout.read_manifest(signed)
    if manifest.keys.bureau != memory.bureau.sign:
        raise Denied("signature", file=layout.MANIFEST)
    if (manifest.keys.chief, manifest.keys.chief_age) != (holder.card.sign, holder.card.age):
        raise Denied("chief-other-key", session=manifest.session.id)
    if manifest.package_id != request.package_id:
        raise BadFile("chief-message-malformed", file=messages.REQUEST)
    if head.origin != notes.origin(manifest.session.site_id, manifest.session.id):
        raise BadFile("chief-message-malformed", file=messages.REQUEST)
    try:
        rule = Rule.from_json(json.loads(parts.rule))
    except (ValueError, TypeError, KeyError, RecursionError):
        raise BadFile("part-malformed", what=layout.RULE) from None
    if rule.sha256 != manifest.rule.sha256:
        raise Denied("rule-hash", expected=manifest.rule.sha256, found=rule.sha256)
    roster = locks.identity_in(
        opening.inner_lock(_unpacked(parts.roster_lock), layout.ROSTER, holder.identity), what=layout.ROSTER
    )
    plain = locks.unseal(_unpacked(parts.roster), roster, what=layout.ROSTER)
    if hashlib.sha256(plain).hexdigest() != manifest.roster.sha256:
        raise Denied("part-commitment", what=layout.ROSTER)
    people = tuple(Person(line.admission_no, line.name) for line in layout.read_roster(plain))
    items_lock = opening.inner_lock(_unpacked(parts.items_lock), layout.ITEMS, holder.identity)
    nothing = Signed(0, b"", now, 0)
    remembered = Remembered(
        manifest.package_id, hashlib.sha256(file).hexdigest(), manifest.session, manifest.keys.site,
        manifest.keys.site_age, rule.minutes, Limits.of(rule), people, nothing, nothing, 0, (),
        msgspec.msgpack.encode(Sitting()),
    )  # fmt: skip
    return remembered, roster, items_lock


def _unpacked(text: str) -> bytes:
    try:
        return opening.decode_lock(text)
    except ValueError:
        raise BadFile("chief-message-malformed", file=messages.REQUEST) from None


def _signed_by_site(request: Request, known: Remembered) -> bool:
    return notes.is_signed(request.note, f"site/{known.session.site_id}", known.site_key)


# ---- what is unusual ----------------------------------------------------------------------------------------------


def _oddities(
    step: Step, sitting: Sitting, known: Remembered, before: Signed | None, now: Instant, today: date
) -> Iterator[Oddity]:
    if step in (Step.UNLOCK, Step.OPENING) and known.session.date != today.isoformat():
        yield Oddity("other-date", {"date": known.session.date, "today": today.isoformat()})
    for c, ms in sitting.added_ms.items():
        if ms > known.limits.added_ms:
            yield _of(known, "added", c, minutes=ms // 60_000, most=known.limits.added_ms // 60_000)
    for c, reason in sitting.waived.items():
        yield _of(known, "waived", c, reason=reason)
    for c, seat in sitting.late.items():
        counts = "undecided" if seat.late_answers else "decided" if seat.late_decided else "replaced"
        yield _of(known, "late", c, n=seat.late, seconds=seat.late_ms // 1000, counts=counts)
    for alarm in dict.fromkeys(sitting.state.alarms):
        yield _of(known, "alarm", alarm.c, what=alarm.what)
    if sitting.reboots:
        yield Oddity("reboots", {"n": sitting.reboots})
    if sitting.wall_moved_s > WALL_MOVED_S:
        yield Oddity("wall-moved", {"seconds": sitting.wall_moved_s})
    last = sitting.last
    if last is not None and abs(last.wall_s - now.wall_s) > CLOCK_APART_S:
        yield Oddity("wall-apart", {"minutes": (last.wall_s - now.wall_s) // 60})
    if last is None or before is None:
        return
    apart_ms = last.t_ms - known.first.t_ms - _elapsed_ms(known.first.at, now)
    if abs(apart_ms) > CLOCK_APART_S * 1000:
        yield Oddity("clock-apart", {"minutes": int(apart_ms / 60_000)})
    silent_s = _elapsed_ms(before.at, now) // 1000
    if silent_s > SILENT_S and sitting.state.started_ms is not None and step is not Step.UNLOCK:
        yield Oddity("silent", {"minutes": silent_s // 60})


def _of(known: Remembered, code: str, c: int, **facts: str | int) -> Oddity:
    person = known.name_of(c)
    return Oddity(code, {"admission_no": person.admission_no, "name": person.name, **facts})


def _elapsed_ms(since: Instant, now: Instant) -> int:
    """By the device's boot clock, within one boot."""
    return now.mono_ms - since.mono_ms if now.boot == since.boot else (now.wall_s - since.wall_s) * 1000
