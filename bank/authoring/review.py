"""Who may do what with a revision of an item, what they sign, and what proves it afterwards. Pure: no table, no file.

    draft -> in review -> approved -> retired          in review -> draft, with remarks

Nobody approves what their own hands wrote, whatever name they used: it is the public key that counts, and a wording
whose writer no signature proves is approved by nobody. The author signs when writing (`bank.authoring.authorship`) and
when submitting a revision, the reviewer when approving it; all of these cover what the candidate sees, the answer key
with the explanation, and all that is said about the item. A revision that anyone submitted is never written again: a
change makes the next revision of the same lineage (the item through all its revisions).

Before: `bank.item`. After: `bank.store` keeps revisions and acts and asks `verify` before it gives out an approved one;
`bank.authoring.lifecycle` does the acts.
"""

import difflib
import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bank.authoring.people import Person, Role, first
from bank.canonical import digest
from bank.content import OPTION_LETTERS, Background, Content
from bank.item import NOWHERE, Basis, Item, Provenance, Translation
from bank.refused import BadFile, BrokenStore, Denied
from bank.seal import statements

KIND = "examd-revision"
IN = " in "
"""Before the language in the name of a translated field."""


class State(StrEnum):
    DRAFT = "draft"
    IN_REVIEW = "in-review"
    APPROVED = "approved"
    RETIRED = "retired"


class Act(StrEnum):
    WRITE = "write"
    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"
    RETIRE = "retire"
    SUPERSEDE = "supersede"
    """A later revision took its place."""
    SAMPLE = "approve-as-sample"
    """Approved by nobody; stands only in a bank that was made for samples and can serve no real session."""
    CARRY = "carry-over"
    """Stood in a bank from before reviews; nobody signed it."""
    ACCEPT = "accept"
    """Came in a slice of another body (`bank.lending.slices`), approved by two people of its owner's bank."""
    RECEIVE = "receive"
    """Came in such a slice without their signatures: it waits for a reviewer of ours."""
    WITHDRAW = "withdraw"
    """Its owner took it back."""
    RESUME = "resume"
    """What its owner had put in its place was taken back."""
    READ = "read"
    """A reviewer had it before them (`bank.authoring.reading`). It leads nowhere, and stands apart from the others."""


LENT = frozenset({Act.ACCEPT, Act.RECEIVE})
"""How an item of another body begins here."""

SIGNED = frozenset({Act.SUBMIT, Act.APPROVE, Act.RETURN, Act.RETIRE})
LEADS = {
    (None, Act.WRITE): State.DRAFT,
    (None, Act.CARRY): State.DRAFT,
    (State.DRAFT, Act.WRITE): State.DRAFT,
    (State.DRAFT, Act.SUBMIT): State.IN_REVIEW,
    (State.DRAFT, Act.SAMPLE): State.APPROVED,
    (State.IN_REVIEW, Act.RETURN): State.DRAFT,
    (State.IN_REVIEW, Act.APPROVE): State.APPROVED,
    (State.APPROVED, Act.RETIRE): State.RETIRED,
    (State.DRAFT, Act.RETIRE): State.RETIRED,
    (State.APPROVED, Act.SUPERSEDE): State.RETIRED,
    (State.DRAFT, Act.SUPERSEDE): State.RETIRED,
}
LENT_LEADS = {
    (None, Act.ACCEPT): State.APPROVED,
    (None, Act.RECEIVE): State.IN_REVIEW,
    (State.IN_REVIEW, Act.APPROVE): State.APPROVED,
    (State.IN_REVIEW, Act.RETURN): State.RETIRED,
    (State.IN_REVIEW, Act.SUPERSEDE): State.RETIRED,
    (State.IN_REVIEW, Act.WITHDRAW): State.RETIRED,
    (State.APPROVED, Act.SUPERSEDE): State.RETIRED,
    (State.APPROVED, Act.WITHDRAW): State.RETIRED,
    (State.RETIRED, Act.WITHDRAW): State.RETIRED,
    (State.RETIRED, Act.RESUME): State.APPROVED,
}
"""Of what another body lent (`bank.lending.loans`). Apart: none of these brings an item of one's own back, unsigned.
What a reviewer returns is turned down for good: its words are the owner's to mend."""


@dataclass(frozen=True, slots=True)
class Event:
    """One act on one revision, as the bank keeps it."""

    act: Act
    who: str
    """Id of a person; for what is not signed, ids joined by commas, or "" where the keyholder named nobody."""
    at: str
    """RFC 3339, UTC."""
    remarks: str = ""
    statement: bytes = b""


@dataclass(frozen=True, slots=True)
class Seal:
    """What two signatures are put to."""

    content: str
    answer_key: str
    about: str

    def digest(self) -> str:
        """All three as one: by this a writer signs a wording (`bank.authoring.authorship`)."""
        return hashlib.sha256(f"{self.content}{self.answer_key}{self.about}".encode()).hexdigest()


def seal(item: Item, salt: str) -> Seal:
    """Three digests, so that a swap can be named. Salted where the possible values are few: an answer key of four."""
    key = {"answer": item.answer_key.to_json(), "explanation": item.explanation, "salt": salt}
    return Seal(item.content.sha256(), digest(key), digest(about(item)))


def about(item: Item) -> dict[str, Any]:
    """Everything that an author states and that neither is seen nor answers. What is measured later stands outside."""
    said: dict[str, Any] = {
        "bases": [basis.to_json() for basis in item.bases],
        "basis": item.basis,
        "chapter": item.chapter,
        "code": item.code,
        "enemies": list(item.enemies),
        "level": item.level.value,
        "locked": list(item.locked),
        "p4": item.p4,
        "place": item.place,
        "provenance": item.provenance.to_json(),
        "source": item.source,
        "tags": list(item.tags),
        "translations": [translation.to_json() for translation in item.translations],
    }
    # Left out where empty: what was signed before items had subjects keeps its digest.
    return said | {"subject": item.subject} if item.subject else said


def read_about(said: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of an Item, by name, from what `about` made of them: all but subject, chapter, level, share and code."""
    return {
        "bases": tuple(map(Basis.from_json, said["bases"])), "basis": said["basis"], "enemies": tuple(said["enemies"]),
        "locked": tuple(said["locked"]), "place": said["place"],
        "provenance": Provenance.from_json(said["provenance"]) if said["provenance"] else NOWHERE,
        "source": said["source"], "tags": tuple(said["tags"]),
        "translations": tuple(map(Translation.from_json, said["translations"])),
    }  # fmt: skip


def statement(act: Act, lineage: str, rev: int, sealed: Seal, event: Event, before: Sequence[Event]) -> dict[str, Any]:
    """What the person of `event` signs. `over` ties it to the last signed act, so that none can be left out."""
    return {
        "type": KIND,
        "v": 1,
        "about": sealed.about,
        "act": act.value,
        "answer_key": sealed.answer_key,
        "at": event.at,
        "by": event.who,
        "content": sealed.content,
        "hands": sorted({each.who for each in before if each.act is Act.WRITE}),
        "item": lineage,
        "over": _over(before),
        "remarks": event.remarks,
        "rev": rev,
    }


def state_after(events: Iterable[Event]) -> State | None:
    """Where a revision's acts lead it. Raises Denied: when an act cannot follow the one before it."""
    state: State | None = None
    leads, over = LEADS, True
    for event in events:
        if state is None and event.act in LENT:
            leads = LENT_LEADS
        following = None if over and event.act is Act.RESUME else leads.get((state, event.act))
        # What nobody approved comes back as little as what its owner took back.
        over = event.act is Act.WITHDRAW or (over and following is not State.APPROVED)
        if following is None:
            raise Denied("act-not-possible", act=event.act.value, state=state.value if state else "")
        state = following
    return state


def check_act(act: Act, person: Person, events: Sequence[Event], people: Mapping[str, Person]) -> State:
    """The state that `act` of `person` leads to.

    Raises Denied: when the act is not possible now, or not theirs to do.
    """
    state = state_after(events)
    waits_here = events and events[0].act is Act.RECEIVE and state is State.IN_REVIEW
    if not (waits_here and act in (Act.APPROVE, Act.RETURN)):
        require_own(events)
    following = (LENT_LEADS if waits_here else LEADS).get((state, act))
    if following is None:
        raise Denied("act-not-possible", act=act.value, state=state.value if state else "")
    person.require(Role.AUTHOR if act is Act.SUBMIT else Role.REVIEWER)
    if act in (Act.APPROVE, Act.RETURN) and first(person, people).sign in _keys(hands(events), people):
        raise Denied("own-item", name=person.name)
    return following


def check_writer(act: Act, item: str, person: Person, events: Sequence[Event], signed_by: Collection[str]) -> None:
    """Nothing goes through review whose writer is not known by their key: who wrote it might review it.

    Raises Denied: when the writer is not.
    """
    if is_lent(events):  # written at its owner's, who signed it
        return
    if act in (Act.SUBMIT, Act.APPROVE) and not writers([*events, Event(act, person.id, "")], signed_by):
        raise Denied("writer-unknown", item=item)


def require_own(events: Sequence[Event]) -> None:
    """Another body's item is used here, and written or retired there.

    Raises Denied: when the item is another body's.
    """
    if is_lent(events):
        raise Denied("item-of-other-owner", owner=events[0].remarks.partition(" ")[0])


def is_lent(events: Sequence[Event]) -> bool:
    """Whether a revision came in another body's slice."""
    return bool(events) and events[0].act in LENT


def verify(
    lineage: str,
    rev: int,
    sealed: Seal,
    events: Sequence[Event],
    people: Mapping[str, Person],
    *,
    sample: bool,
    signed_by: Collection[str] = (),
) -> None:
    """Raises BrokenStore unless `events` prove that two people approved exactly what `sealed` is of.

    `signed_by` is whose statements (`bank.authoring.authorship`) list this very wording.
    """
    where = {"item": lineage[:8], "rev": rev}
    try:
        state = state_after(events)
    except Denied:
        raise BrokenStore("revision-history", **where) from None
    if state is not State.APPROVED:
        raise BrokenStore("revision-state", **where, found=state.value if state else "", expected=State.APPROVED.value)
    if events[-1].act is Act.SAMPLE:
        if not sample:
            raise BrokenStore("revision-unsigned", **where)
        return
    verify_signed(lineage, rev, sealed, events, people)
    if Role.REVIEWER not in people[events[-1].who].roles:
        raise BrokenStore("revision-signer-unknown", **where, name=events[-1].who)
    if is_lent(events):
        return
    wrote = writers(events, signed_by)
    if not wrote:
        raise BrokenStore("revision-writer-unknown", **where)
    # By key, not by name; and whose statement lists the wording wrote it, whatever the bank's rows say.
    if first(people[events[-1].who], people).sign in _keys(hands(events) | wrote, people):
        raise BrokenStore("revision-own-approval", **where)


def verify_signed(lineage: str, rev: int, sealed: Seal, events: Sequence[Event], people: Mapping[str, Person]) -> None:
    """Raises BrokenStore unless every act that is signed was signed on exactly what `sealed` is of."""
    for number, event in enumerate(events):
        withdrawn_before_reviews = number == 1 and events[0].act is Act.CARRY and not event.statement
        if event.act in SIGNED and not withdrawn_before_reviews:
            verify_event(event, lineage, rev, sealed, events[:number], people)


def read(signed: bytes) -> dict[str, Any]:
    """A statement, its shape checked and its signature not. Raises BadFile: when it has another shape."""
    said = statements.read(signed, KIND, name="")
    shape = {"act": str, "at": str, "by": str, "item": str, "remarks": str, "rev": int}
    if not all(isinstance(said.get(name), kind) for name, kind in shape.items()) or said["act"] not in SIGNED:
        raise BadFile("statement-malformed", file="")
    return said


def verify_event(
    event: Event, lineage: str, rev: int, sealed: Seal, before: Sequence[Event], people: Mapping[str, Person]
) -> None:
    """Raises BrokenStore unless the person of `event` signed exactly this act on exactly this revision."""
    where = {"item": lineage[:8], "rev": rev}
    expected = statement(event.act, lineage, rev, sealed, event, before)
    person = people.get(event.who)
    if person is None:
        raise BrokenStore("revision-signer-unknown", **where, name=event.who)
    if not event.statement:
        raise BrokenStore("revision-unsigned", **where)
    try:
        signed = statements.read(event.statement, KIND, name="")
        statements.verify(event.statement, person.sign, name="")
    except (BadFile, Denied):
        raise BrokenStore("revision-signature", **where, name=person.name) from None
    for name, code in (
        ("item", "revision-swapped"),
        ("rev", "revision-swapped"),
        ("content", "revision-content-changed"),
        ("answer_key", "revision-answer-key-changed"),
        ("about", "revision-about-changed"),
    ):
        if signed.get(name) != expected[name]:
            raise BrokenStore(code, **where)
    if signed != expected:
        raise BrokenStore("revision-history", **where)


def hands(events: Iterable[Event]) -> set[str]:
    """Ids of everyone who wrote or submitted the revision; several may have written one draft."""
    wrote = (event.who.split(",") for event in events if event.act in (Act.WRITE, Act.SUBMIT))
    return {who for each in wrote for who in each if who}


def writers(events: Iterable[Event], signed_by: Collection[str]) -> set[str]:
    """Ids of those whom a signature proves to have written it: by a statement of their own, or by submitting, in
    their own name, what the bank says they wrote."""
    events = list(events)
    named = {who for event in events if event.act is Act.WRITE for who in event.who.split(",")}
    return {*signed_by, *(event.who for event in events if event.act is Act.SUBMIT and event.who in named)}


def parted(event: Event, signed_by: Collection[str]) -> tuple[list[str], list[str]]:
    """Whose act it is, and who had a hand in the wording before and did not write this one."""
    who = event.who.split(",")
    own = [each for each in who if each in signed_by]
    return (own, [each for each in who if each not in own]) if event.act is Act.WRITE and own else (who, [])


def is_signed(event: Event, signed_by: Collection[str]) -> bool:
    """Whether a signature proves the act: its own, or that of its writer on the very wording (`signed_by`)."""
    return bool(event.statement) or (event.act is Act.WRITE and not set(signed_by).isdisjoint(event.who.split(",")))


def _keys(ids: Iterable[str], people: Mapping[str, Person]) -> set[str]:
    """Their public keys, those they were first enrolled with."""
    return {first(people[who], people).sign for who in ids if who in people}


def _over(events: Sequence[Event]) -> str:
    last = next((event for event in reversed(events) if event.statement), None)
    return "" if last is None else hashlib.sha256(last.statement).hexdigest()


@dataclass(frozen=True, slots=True)
class Change:
    field: str
    """A field's name; `option B` for one option, `option B in en` for the same in a translation."""
    before: str
    after: str

    def pieces(self) -> list[tuple[str, str]]:
        """("=" | "-" | "+", text): the change letter by letter, for a reader."""
        found: list[tuple[str, str]] = []
        matcher = difflib.SequenceMatcher(None, self.before, self.after, autojunk=False)
        for kind, a, b, c, d in matcher.get_opcodes():
            if kind == "equal":
                found.append(("=", self.before[a:b]))
                continue
            found += [(sign, text) for sign, text in (("-", self.before[a:b]), ("+", self.after[c:d])) if text]
        return found


def changes(before: Item, after: Item) -> tuple[Change, ...]:
    """What a reader of two revisions must look at, in the order of the item."""
    old, new = fields_of(before), fields_of(after)
    names = [*old, *(name for name in new if name not in old)]
    pairs = ((name, old.get(name, ""), new.get(name, "")) for name in names)
    return tuple(Change(name, was, now) for name, was, now in pairs if was != now)


def fields_of(item: Item) -> dict[str, str]:
    """Every field as text."""
    fields = {"type": item.content.type.value} | _seen(item.content)
    key = item.answer_key
    fields["answer key"] = "".join(OPTION_LETTERS[index] for index in key.correct) + " / ".join(key.accepted)
    if key.number is not None:
        fields["number"] = f"{key.number.value} ± {key.number.tolerance} {' / '.join(key.number.units)}".rstrip()
    fields["explanation"] = item.explanation
    fields |= _background(item.background)
    for name, value in about(item).items():
        if name == "translations":
            for each in item.translations:
                seen = _seen(each.content) | _background(each.background)
                fields |= {f"{field}{IN}{each.lang}": text for field, text in seen.items()}
        elif name == "bases":
            fields[name] = "\n".join(" ".join(basis.to_json().values()) for basis in item.bases)
        elif isinstance(value, list):
            fields[name] = " ".join(map(str, value))
        elif isinstance(value, dict):
            fields[name] = " ".join(value.values())
        else:
            fields[name] = "" if value is None else str(value)
    return fields


def _seen(content: Content) -> dict[str, str]:
    fields = {"stem": content.stem, "pictures": " ".join(content.media)}
    for letter, option in zip(OPTION_LETTERS, content.options, strict=False):
        fields[f"option {letter}"] = " ".join((option.text, *option.media))
    return fields


def _background(background: Background | None) -> dict[str, str]:
    return {} if background is None else {"background": " ".join((background.text, *background.media))}
