"""Making a package: items + rule + roster -> session pool -> sealed package. The bureau's side; never loaded by a site.

The two release codes come back to the caller and stand nowhere in the package. Chance and time come in with the call;
only one-off keys and codes are made where they always are (`bank.seal`).

Before: `examd.bureau.issuing`, which knows whether it may be. After: `examd.package.open` at the site.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bank.canonical import canonical
from bank.composing import draw
from bank.composing.assembly import Assembler, Progress
from bank.composing.exposure import Ledger, meeting
from bank.composing.pool import facts_of
from bank.composing.pool_selection import alike, session_pool
from bank.content import Content, ItemType
from bank.draw_facts import ItemFacts, pool_root
from bank.durable import folder_at_once, write_atomically
from bank.item import AnswerKey
from bank.leaks import watermarks
from bank.leaks.cost import Leakage, leakage
from bank.refused import BadFile, Denied
from bank.rules import CASE, Rule
from bank.rules.signed_rule import unpack
from bank.seal import codes, locks, statements
from bank.store import ItemOutline
from examd.holders import Card, Holder
from examd.package import layout
from examd.package.layout import RosterLine

RandomBytes = Callable[[int], bytes]
"""So many bytes that nobody can foresee: `secrets.token_bytes`."""


@dataclass(frozen=True, slots=True)
class Issued:
    directory: Path
    package_id: str
    manifest: bytes
    """The file, signed."""
    code_1: str
    """Opens the items; read out on the day."""
    code_2: str
    """Opens the answer keys; given against the closing root."""
    pool_size: int
    acceptance: int
    """Of 2,000 trial draws from this very pool, how many were admissible at the first attempt."""
    meeting: Mapping[str, int]
    """For each item that travels, how many candidates can be expected to meet it: for the bank's ledger."""
    leakage: Leakage
    """What it would cost if the site leaked the pool."""
    watermarks: tuple[str, ...]
    """Items to be kept out of other packages, so that a leak names this one: for the bank's ledger, too."""
    watermark_chance: float
    """That one form shows at least one of them."""

    def __repr__(self) -> str:
        return f"Issued({self.package_id}, …)"


def issue(
    out: Path,
    *,
    session: layout.Session,
    rule: Rule,
    items: Sequence[ItemOutline],
    contents: Callable[[Collection[str]], Mapping[str, Content]],
    answer_keys: Callable[[Collection[str]], Mapping[str, AnswerKey]],
    roster: Sequence[RosterLine],
    bureau: Holder,
    site: Card,
    chief: Card,
    archive_age: str,
    issued_at: datetime,
    random_bytes: RandomBytes,
    ledger: Ledger | None = None,
    signed_rule: bytes | None = None,
    progress: Progress | None = None,
    with_watermarks: bool = True,
    counter: int = 0,
    window: layout.Window | None = None,
    keep: Callable[[Issued], None] = lambda _issued: None,
) -> Issued:
    """Writes `PKG-<id>` under `out`. `contents`, `answer_keys`: asked once, in this order, for the items that travel,
    when nothing refuses any more. `progress`: of the trial draws.

    `keep` is called when the package is whole and before it is under its name: what must be on file by then, such as
    its codes. `signed_rule`: the rule as its officers signed it (`Rulebook.travelling`); only a drill may do without.
    `with_watermarks`: items are to be kept apart for this package. `counter`: the office's running number for the site;
    `window`: the days on which the package may be opened.

    Raises BadFile: when session or roster cannot be what they are said to be.
    Raises Denied: when rule, roster and items do not fit together, or the rule is not signed.
    """
    _check_fit(session, rule, roster)
    _check_signed(session, rule, signed_rule, bureau)

    def salt() -> str:
        return random_bytes(32).hex()

    package_id = random_bytes(16).hex()
    # The pool's key is random and thrown away: which items travel shall not be predictable, the forms shall be
    # recomputable from the pool alone.
    facts, key = facts_of(items, rule, salt), random_bytes(32)
    pool = session_pool(facts, rule, key, ledger)
    marked = [] if ledger is None or not with_watermarks else watermarks.choose(pool, facts, rule, ledger, key)
    rule.require_unlike(alike(pool, rule))
    root, roster_part = pool_root(f.to_json() for f in pool), layout.lines(line.to_json() for line in roster)
    draw_session = f"{session.id}/{hashlib.sha256(roster_part).hexdigest()}"
    assembler = Assembler(pool, rule, random_bytes(32), draw_session)
    trial = assembler.acceptance(progress=progress)
    assembler.require_enough_attempts(len(roster), trial)

    # From here on nothing refuses: what is not issued takes no question out of the bank.
    travelling = [f.id for f in pool]
    shown, keys = contents(travelling), answer_keys(travelling)
    bureau_r = random_bytes(32)
    plaintexts = {
        layout.ROSTER: roster_part,
        layout.ITEMS: _items_part(pool, shown, bureau_r),
        layout.ANSWERS: layout.lines({"correct": list(keys[f.id].correct), "id": f.id, "salt": salt()} for f in pool),
    }
    sha256 = {part: hashlib.sha256(plaintext).hexdigest() for part, plaintext in plaintexts.items()}
    rule_hash = bytes.fromhex(rule.sha256)
    commit = draw.commit("bureau", draw_session, bytes.fromhex(root), rule_hash, bureau_r)

    spoken = {layout.ITEMS: codes.new_code(), layout.ANSWERS: codes.new_code()}
    files = {layout.RULE: canonical(rule.to_json())}
    if signed_rule is not None:
        files[layout.SIGNED_RULE] = signed_rule
    for part, plaintext in plaintexts.items():
        one_off = locks.Identity.generate()
        holders = [site.age, chief.age]
        if part in spoken:
            number = 1 if part == layout.ITEMS else 2
            holders.append(codes.code_identity(spoken[part], package_id, number).recipient)
        files[layout.part_name(part)] = locks.seal(plaintext, [one_off.recipient, archive_age])
        files[layout.lock_name(part)] = locks.lock(one_off, holders)

    manifest = layout.Manifest(
        type=layout.KIND,
        v=1,
        package_id=package_id,
        session=session,
        rule=layout.RuleRef(rule.id, rule.version, rule.sha256),
        pool=layout.PoolRef(root, len(pool)),
        roster=layout.RosterRef(sha256[layout.ROSTER], len(roster)),
        items=layout.PlaintextRef(sha256[layout.ITEMS]),
        answers=layout.PlaintextRef(sha256[layout.ANSWERS]),
        seed_commit={"bureau": commit.hex()},
        keys=layout.Keys(bureau.card.sign, chief.sign, site.sign, site.age, chief.age, archive_age),
        parts=[_part(name, files[name]) for name in sorted(files, key=str.encode)],
        issued_at=issued_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        counter=counter,
        window=window,
        seats_sign=True,
    )
    files[layout.MANIFEST] = statements.sign(msgspec.to_builtins(manifest), bureau.signing_key)
    directory, exposed = out / f"PKG-{package_id}", meeting(pool, rule, len(roster))
    issued = Issued(
        directory, package_id, files[layout.MANIFEST], spoken[layout.ITEMS], spoken[layout.ANSWERS], len(pool), trial,
        exposed, leakage(pool, facts, rule, ledger), tuple(marked), float(watermarks.on_a_form(marked, pool, rule)),
    )  # fmt: skip
    with folder_at_once(directory) as begun:
        for name, data in files.items():
            write_atomically(begun / name, data)
        keep(issued)
    return issued


def _check_signed(session: layout.Session, rule: Rule, signed_rule: bytes | None, bureau: Holder) -> None:
    if signed_rule is None:
        if not session.mock:
            raise Denied("rule-not-signed", rule=rule.id)
        return
    signed = unpack(signed_rule, bureau.card.sign, name=layout.SIGNED_RULE).signed_rule.rule
    layout.require_signed(rule, signed)


def _check_fit(session: layout.Session, rule: Rule, roster: Sequence[RosterLine]) -> None:
    try:
        day = datetime.strptime(session.date, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise BadFile("session-date", found=session.date) from None
    rule.require_in_force(day)
    if not session.mock:
        rule.require_subjects()
    require_showable(rule)
    if not roster:
        raise BadFile("roster-empty")
    layout.require_names(session)
    seen: set[str] = set()
    for line in roster:
        if line.admission_no in seen:
            raise Denied("roster-twice", admission_no=line.admission_no)
        seen.add(line.admission_no)


def require_showable(rule: Rule) -> None:
    """A background that is not shown, or an answer that cannot be typed, would cost every candidate those points.

    Raises Denied: when a cell asks for such items.
    """
    for cell in rule.cells:
        if cell.type in (CASE, ItemType.FILL):
            raise Denied("screen-cannot-show", cell=cell.stratum)


def _items_part(pool: Sequence[ItemFacts], shown: Mapping[str, Content], bureau_r: bytes) -> bytes:
    head = {"r": bureau_r.hex(), "type": "bureau-share"}
    # Content has no field for an answer key, so none can travel in this part.
    body = [{"content": shown[f.id].to_json(), "facts": f.to_json()} for f in pool]
    return layout.lines([head, *body])


def _part(name: str, data: bytes) -> layout.Part:
    return layout.Part(name, len(data), hashlib.sha256(data).hexdigest())
