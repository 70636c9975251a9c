"""What the seats vouch for: terminals' keys, each candidate's chain of acts with its signatures, receipts.

Whoever runs the site writes the record; the keys by which terminals sign are on the terminals, and the record named
them before it was opened. So answers that were changed, added, dropped or moved have no signature here.
"""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass, field
from typing import Any

from . import canonical, notes
from .case import RECORD_LIMIT, Case
from .outcome import Outcome
from .record import FILE, Entry, chained_all, leaves_of
from .tables import RESULTS

OWED_MS = 5 * 60_000
"""Acts of one candidate that nobody vouches for lie nearer together: a server asks for a signature every minute."""
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RECEIPT_COLUMN = 12


def seat_keys(case: Case, out: Outcome) -> None:
    """Every terminal where somebody signed in was named with its key before that; who came after the opening."""
    record = case.record
    if not record.keys and not record.of("TERMINALS"):
        if case.manifest.get("seats_sign"):
            out.fail("terminals_missing", FILE)
        else:
            out.attend("terminals_none", FILE)
        return
    opened = min((entry.idx for entry in record.of("OPEN")), default=0)
    if case.manifest.get("seats_sign") and all(entry.idx > opened for entry in record.of("TERMINALS")):
        out.fail("terminals_missing", FILE)
    named: dict[str, tuple[Entry, str, str]] = {}
    keys: dict[str, str] = {}
    for entry, each in record.keys:
        machine, name, key = each["machine"], each["name"], each["key"]
        if machine in named and named[machine][2] != key:
            out.fail("key_changed", entry.place, name=name)
        if keys.setdefault(key, machine) != machine:
            out.fail("key_shared", entry.place, name=name, other=named[keys[key]][1])
        named.setdefault(machine, (entry, name, key))
    sat: dict[str, set[int]] = {}
    for entry in record.of("SIGN_IN"):
        machine = entry.body.get("machine", "")
        if machine not in named or named[machine][0].idx > entry.idx:
            out.fail("key_unnamed", entry.place, c=entry.c, terminal=entry.body["terminal"])
        sat.setdefault(machine, set()).add(entry.c)
    late = [(machine, entry, name) for machine, (entry, name, _) in named.items() if entry.idx > opened]
    for machine, entry, name in late:
        out.attend("key_late", entry.place, name=name, candidates=sorted(sat.get(machine, set())))
    out.note("keys", n=len(named), before=len(named) - len(late))


@dataclass
class _Seat:
    """One candidate's chain, as far as the walk has come."""

    c: int
    form: str
    machine: str
    heads: list[bytes]
    signer: str = ""
    acts: list[Entry] = field(default_factory=list)
    vouched: set[int] = field(default_factory=set)
    """Numbers of acts that a terminal vouches for."""


def seat_chains(case: Case, out: Outcome) -> None:
    """Each candidate's acts lead to the heads that terminals signed; every act is vouched for, or said not to be."""
    record = case.record
    if not record.of("TERMINALS") and not record.of("SIGNED"):
        out.note("chains_none")
        return
    keys = {each["machine"]: bytes.fromhex(each["key"]) for _, each in record.keys}
    roots: dict[int, bytes] = {}
    signatures = 0
    for start in record.starts():
        seat = _Seat(start.c, start.body["form"], "", [first(case.manifest["package_id"], start.c, start.body["form"])])
        for entry in record.by_candidate[start.c]:
            if entry.type == "SIGN_IN":
                seat.machine = entry.body.get("machine", "")
            elif entry.type in ("ANSWER", "FLAG"):
                _act(seat, entry, out)
            elif entry.type == "HAND_IN" and entry.body["by"] == "server":
                _by_server(seat, entry, out)
            elif entry.type in ("SIGNED", "HAND_IN"):
                if entry.type == "HAND_IN":
                    _act(seat, entry, out)
                signatures += _signed(case, seat, entry, keys, roots, out)
        _unsigned(seat, out)
        _late(case, seat, out)
    out.note("signatures", n=signatures, c=sum(1 for _ in record.starts()))


def _act(seat: _Seat, entry: Entry, out: Outcome) -> None:
    seat.heads.append(after(seat.heads[-1], entry))
    seat.acts.append(entry)
    if not seat.signer or seat.signer != seat.machine:
        out.fail("act_unsworn", entry.place, c=seat.c, what=_named(entry))


def _by_server(seat: _Seat, entry: Entry, out: Outcome) -> None:
    out.compare("acts_differ", entry.place, entry.body.get("acts"), seat.heads[-1].hex(), c=seat.c)
    out.compare("differs", f"{entry.place} form", entry.body.get("form"), seat.form)


def _signed(
    case: Case, seat: _Seat, entry: Entry, keys: dict[str, bytes], roots: dict[int, bytes], out: Outcome
) -> int:
    body = entry.body
    if any(name not in body for name in ("acts", "since", "size", "root", "sig")):
        out.fail("hand_in_unsigned", entry.place, c=seat.c)
        return 0
    seq, since, size = body["seq"], body["since"], body["size"]
    if seq >= len(seat.heads) or since > seq:
        out.fail("signed_ahead", entry.place, c=seat.c, seq=seq, acts=len(seat.heads) - 1)
        return 0
    good = True
    if entry.type == "HAND_IN" and body.get("form") != seat.form:
        out.fail("differs", f"{entry.place} form", found=body.get("form"), expected=seat.form)
        good = False
    if body["acts"] != seat.heads[seq].hex():
        out.fail("acts_differ", entry.place, c=seat.c, found=body["acts"], expected=seat.heads[seq].hex())
        good = False
    if size > entry.idx:
        out.fail("signed_root", entry.place, c=seat.c, size=size)
        good = False
    else:
        if size not in roots:
            roots[size] = case.tree.root(size)
        if roots[size].hex() != body["root"]:
            out.fail("signed_root", entry.place, c=seat.c, size=size)
            good = False
    said = {name: body[name] for name in ("acts", "c", "root", "seq", "since", "size")}
    said.update({"form": seat.form, "package_id": case.manifest["package_id"], "type": "examd-acts", "v": 1})
    key = keys.get(seat.machine, b"")
    if not notes.verified(key, bytes.fromhex(body["sig"]), canonical.encode(said)):
        out.fail("seat_signature", entry.place, c=seat.c, machine=seat.machine)
        return 1
    seat.signer = seat.machine  # that terminal was there, whatever became of what it signed
    if good:
        seat.vouched.update(range(since + 1, seq + 1))
    return 1


def _unsigned(seat: _Seat, out: Outcome) -> None:
    """Runs of acts that no terminal vouches for: a few, of the last minute; named by item."""
    run: list[Entry] = []
    for entry in [*seat.acts, None]:
        if entry is not None and entry.body["seq"] not in seat.vouched:
            run.append(entry)
            continue
        if run:
            spread = run[-1].t_ms - run[0].t_ms
            facts: dict[str, Any] = {"c": seat.c, "n": len(run), "s": spread // 1000}
            facts["items"] = sorted({each.body["slot"] + 1 for each in run if "slot" in each.body})
            tell = out.fail if spread > OWED_MS else out.attend
            tell("unsigned_long" if spread > OWED_MS else "unsigned", run[0].place, **facts)
            run = []


def _late(case: Case, seat: _Seat, out: Outcome) -> None:
    """Between what a late answer lies: after the record that its terminal had signed before, before the next
    checkpoint that the chief examiner signed. Nearer than that nobody can date it."""
    late = [entry for entry in seat.acts if entry.type == "ANSWER" and entry.body["late"]]
    if not late:
        return
    before = 0
    for entry in case.record.candidate(seat.c, "SIGNED"):
        if entry.idx < late[0].idx:
            before = entry.body["size"]
    chief = bytes.fromhex(case.manifest["keys"]["chief"])
    cosigned = [point.size for _, point in case.checkpoints if point.cosigned_by("chief", chief)]
    behind = min((size for size in cosigned if size > late[-1].idx), default=0)
    out.attend("late_bracket", late[0].place, c=seat.c, n=len(late), after=before, before=behind)


def first(package_id: str, c: int, form: str) -> bytes:
    """The head of a candidate's chain before any act."""
    said = canonical.encode({"c": c, "form": form, "package_id": package_id})
    return hashlib.sha256(b"examd/acts/v1" + said).digest()


def after(head: bytes, entry: Entry) -> bytes:
    """The head after the act of this entry, as the terminal sent it."""
    body = entry.body
    if entry.type == "ANSWER":
        said = {name: body[name] for name in ("choice", "seq", "slot", "used_ms")}
    elif entry.type == "FLAG":
        said = {name: body[name] for name in ("on", "seq", "slot")}
    else:
        said = {"hand_in": True, "seq": body["seq"]}
    return hashlib.sha256(head + canonical.encode(said)).digest()


def _named(entry: Entry) -> str:
    return f"#{entry.body['seq']}" + (f" ({entry.body['slot'] + 1})" if "slot" in entry.body else "")


# ---- receipts --------------------------------------------------------------------------------------------------------


def receipts(case: Case, out: Outcome) -> None:
    """The codes that candidates copied, made anew; the score sheet's, and the one that was asked for."""
    data = case.bytes_of(FILE, out, RECORD_LIMIT)
    if data is None:
        return
    leaves = leaves_of(data)
    chain = chained_all(leaves)
    codes: dict[int, str] = {}
    every: dict[int, list[str]] = {}
    for entry in case.record.of("HAND_IN", "REOPEN"):
        if entry.type == "HAND_IN":
            every.setdefault(entry.c, []).append(code_of(entry, chain[entry.idx], leaves[entry.idx]))
    for c in every:
        ends = case.record.candidate(c, "HAND_IN", "REOPEN")
        if ends[-1].type == "HAND_IN":
            codes[c] = every[c][-1]
    _on_paper(case, codes, out)
    out.note("receipts", n=len(codes))
    if case.asked.receipt:
        _asked(case, every, codes, out)


def _on_paper(case: Case, codes: dict[int, str], out: Outcome) -> None:
    if case.size_of(RESULTS) is None:
        return
    data = case.bytes_of(RESULTS, out)
    try:
        text = (data or b"").decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))[1:]
    except (UnicodeDecodeError, csv.Error):
        return  # said where the tables are compared
    for line, cells in enumerate(rows, 2):
        if len(cells) <= RECEIPT_COLUMN:
            if case.record.of("TERMINALS"):
                out.fail("columns", f"{RESULTS}:{line}", found=len(cells), expected=RECEIPT_COLUMN + 1)
            return
        c = int(cells[0]) if cells[0].isascii() and cells[0].isdigit() and len(cells[0]) < 9 else 0
        out.compare("differs", f"{RESULTS}:{line} [{RECEIPT_COLUMN + 1}]", cells[RECEIPT_COLUMN], codes.get(c, ""))


def _asked(case: Case, every: dict[int, list[str]], codes: dict[int, str], out: Outcome) -> None:
    code, number = read_code(case.asked.receipt), case.asked.candidate
    if code is None:
        out.fail("receipt_mistyped", "--receipt", receipt=case.asked.receipt)
        return
    line = next((each for each in case.roster.values() if each["admission_no"] == number), None)
    if line is None:
        out.fail("receipt_stranger", "--candidate", number=number)
        return
    owner = next((c for c, written in every.items() if code in written), 0)
    entries = case.record.candidate(line["c"], "HAND_IN")
    if codes.get(line["c"]) == code:
        out.note("receipt_found", entries[-1].place, number=number, receipt=code)
    elif code in every.get(line["c"], []):
        out.attend("receipt_before", entries[0].place, number=number, receipt=code)
    elif owner:
        out.fail("receipt_others", FILE, number=number, receipt=code)
    else:
        out.fail("receipt_not_here", FILE, number=number, receipt=code)


def code_of(entry: Entry, chain: bytes, leaf: bytes) -> str:
    """The receipt of a HAND_IN entry: of its chain value, or in earlier records of its leaf alone."""
    if "acts" in entry.body:
        value = int.from_bytes(hashlib.sha256(b"examd/receipt/v2" + chain).digest()[:10], "big")
        return _written(value, 16) + "-" + _symbols(value % 1021, 2)
    value = int.from_bytes(leaf[:8], "big") >> 4
    return _written(value, 12) + "-" + (ALPHABET + "*~$=U")[value % 37]


def read_code(typed: str) -> str | None:
    """As it is written; None where the check symbols disagree."""
    symbols = typed.upper().replace("-", "").replace(" ", "")
    n = {18: 16, 13: 12}.get(len(symbols), 0)
    alike = str.maketrans("ILO", "110")
    body, check = symbols[:n].translate(alike), symbols[n:]
    if not n or any(symbol not in ALPHABET for symbol in body):
        return None
    value = 0
    for symbol in body:
        value = value << 5 | ALPHABET.index(symbol)
    right = _symbols(value % 1021, 2) if n == 16 else (ALPHABET + "*~$=U")[value % 37]
    good = right == (check.translate(alike) if n == 16 else check)
    return _written(value, n) + "-" + right if good else None


def _symbols(value: int, n: int) -> str:
    return "".join(ALPHABET[(value >> shift) & 31] for shift in range(5 * (n - 1), -1, -5))


def _written(value: int, n: int) -> str:
    symbols = _symbols(value, n)
    return "-".join(symbols[at : at + 4] for at in range(0, n, 4))
