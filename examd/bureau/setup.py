"""From an empty folder to the first issued package: who is to do what, what is done, who sits down next.

Nothing is done here, and next to nothing is remembered: how far things have come is read off what lies there, so
whoever was broken off goes on. Only what an open bank alone can tell, and what people said they did, is noted.

    setup.json   the plan (names and numbers, no secret) and these notes
    cards/       public cards that came here: rule officers', the chief examiner's, the site's

Before: an empty folder. After: `tools.cli.bureau.setup` asks and has each step done by the workflow it belongs to.
"""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from pathlib import Path

import msgspec

from bank.authoring import people
from bank.authoring.people import VOUCHERS, plain
from bank.authoring.review import State
from bank.canonical import canonical
from bank.custody import SHARES, Custody, is_shared, share_name, sticks
from bank.custody.handing_over import check_names
from bank.durable import is_founded, make_folder, read_bytes, write_atomically
from bank.refused import BadFile, Denied
from bank.rules.signed_rule import NEEDED, SignedRule
from bank.seal.shares import check_policy
from bank.store import OpenBank
from examd.bureau.office import Office
from examd.bureau.rulebook import ROLE
from examd.holders import Card

NOTES, CARDS = "setup.json", "cards"


class Named(msgspec.Struct, frozen=True):
    id: str
    name: str


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is to do what. An empty field was not asked yet."""

    bureau: Named = Named("", "")
    issuing_officer: str = ""
    keyholders: tuple[str, ...] = ()
    need: int = 0
    """So many keyholders open the bank."""
    authors: tuple[Named, ...] = ()
    reviewers: tuple[Named, ...] = ()
    rule_officers: tuple[Named, ...] = ()
    chief: str = ""
    site: Named = Named("", "")

    @property
    def people(self) -> tuple[Named, ...]:
        """Those who are enrolled in the bank; the first two are vouched for by the keyholders."""
        return (*self.authors[:1], *self.reviewers[:1], *self.authors[1:], *self.reviewers[1:])

    @property
    def missing(self) -> str:
        """The first field that is still to be asked; "" where all are there."""
        empty = Plan()
        return next((name for name in self.__struct_fields__ if getattr(self, name) == getattr(empty, name)), "")

    def checked(self) -> "Plan":
        """The plan, as far as it goes. Whatever a later step would refuse is refused here, before anybody is called.

        Raises BadFile: when a number cannot be one.
        Raises Denied: when people are too few, or one is to do what takes two.
        """
        for each in (self.bureau, self.site):
            if each.id and not (each.id.isascii() and each.id.replace("-", "").replace("_", "").isalnum()):
                raise BadFile("session-name", found=each.id)
        check_names(list(self.keyholders))
        if self.need:
            check_policy(self.need, len(self.keyholders))
        for group in (self.people, self.rule_officers):
            for each in group:
                people.identity(Path(f"{each.id}.key"))
            if len({each.id for each in group}) < len(group) or len({plain(each.name) for each in group}) < len(group):
                raise Denied("setup-same-person")
        for each in self.people:
            if self.keyholders and sum(plain(name) != plain(each.name) for name in self.keyholders) < VOUCHERS:
                raise Denied("setup-no-vouchers", name=each.name, need=VOUCHERS)
        if self.rule_officers and len(self.rule_officers) < NEEDED:
            raise Denied("rules-too-few-officers", needed=NEEDED, found=len(self.rule_officers))
        return self


class Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of the bank, when it was open last."""

    people: tuple[str, ...] = ()
    """Ids."""
    drafts: int = 0
    waiting: int = 0
    approved: int = 0


class Notes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    plan: Plan = Plan()
    seen: Seen = Seen()
    agreed: bool = False
    """The plan was shown whole, and is right."""
    cards_printed: bool = False
    """The shares' cards were printed, or nobody wants them."""
    sent: tuple[str, ...] = ()
    """Whom the bureau's card was given to: "site"."""
    bank: str = ""
    """Its folder."""

    @classmethod
    def read(cls, directory: Path) -> "Notes":
        """Those of the folder; new ones where there are none. Raises BadFile: when they cannot be read."""
        path = directory / NOTES
        if not path.exists():
            return cls()
        try:
            return msgspec.json.decode(read_bytes(path), type=cls)
        except msgspec.DecodeError:
            raise BadFile("setup-notes-malformed", file=str(path)) from None

    def keep(self, directory: Path) -> "Notes":
        """Writes them into the folder of the setup, whole or not at all."""
        make_folder(directory)
        write_atomically(directory / NOTES, canonical(msgspec.to_builtins(self)))
        return self

    def of_bank(self, bank: OpenBank) -> "Notes":
        """What the open bank tells."""
        count = bank.items.count_states()
        told = (count.get(state, 0) for state in (State.DRAFT, State.IN_REVIEW, State.APPROVED))
        return msgspec.structs.replace(self, seen=Seen(tuple(bank.people.all()), *told))


class Step(StrEnum):
    """In the order in which they are proposed."""

    PLAN = "plan"
    OFFICE = "office"
    BANK = "bank"
    CARDS = "cards"
    SHARES = "shares"
    PEOPLE = "people"
    OFFICERS = "officers"
    REGISTER = "register"
    SITE = "site"
    CHIEF = "chief"
    ITEMS = "items"
    REVIEW = "review"
    RULE = "rule"
    ISSUE = "issue"
    CLOSE = "close"


AFTER = {
    Step.PLAN: (),
    Step.OFFICE: (Step.PLAN,),
    Step.BANK: (Step.PLAN,),
    Step.CARDS: (Step.BANK,),
    Step.SHARES: (Step.CARDS,),
    Step.PEOPLE: (Step.SHARES,),
    Step.OFFICERS: (Step.PLAN,),
    Step.REGISTER: (Step.OFFICE, Step.OFFICERS),
    Step.SITE: (Step.OFFICE,),
    Step.CHIEF: (Step.OFFICE,),
    Step.ITEMS: (Step.PEOPLE,),
    Step.REVIEW: (Step.ITEMS,),
    Step.RULE: (Step.REGISTER, Step.ITEMS),
    Step.ISSUE: (Step.RULE, Step.SITE, Step.CHIEF),
    Step.CLOSE: (Step.ISSUE,),
}
"""What must be done before a step can be. A rule that the bank can fill may be signed, and a session issued, while more
items wait for review."""


class Standing(Enum):
    DONE = "done"
    NOW = "now"
    LATER = "later"
    """It waits for other steps."""


@dataclass(frozen=True, slots=True)
class Stage:
    step: Step
    standing: Standing
    who: tuple[str, ...]
    """Names of those who sit down for it; empty where it is whoever leads through the setup."""
    done: int = 0
    of: int = 0
    """Parts of the step, where it has some."""
    waits_for: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Packaged:
    id: str
    session: str
    date: str


@dataclass(frozen=True, slots=True)
class Survey:
    """Everything that lies there."""

    notes: Notes
    office: Path
    bank: Path
    bureau: Card | None
    custody: Custody | None
    shares_here: tuple[str, ...]
    """Names of holders whose share is not on their stick yet."""
    officers: tuple[Card, ...]
    register: str
    """Hash of the first register; "" before."""
    signed_rules: tuple[SignedRule, ...]
    """The newest of each rule: whole, or with one signature."""
    chief: Card | None
    site: Card | None
    packages: tuple[Packaged, ...]
    is_open: bool

    @classmethod
    def of(cls, office: Path, bank: Path, *, is_open: bool) -> "Survey":
        """Raises BadFile, Denied or BrokenStore: when something lies there and does not hold."""
        notes = Notes.read(office)
        custody = Custody.read(bank) if is_shared(bank) else None
        bureau = Card.read(office / "bureau.card.json", "bureau") if is_founded(office / "bureau.key") else None
        book = Office(office).checked_rulebook() if bureau is not None else None
        histories = [book.history(rule) for rule in book.rules()] if book is not None and book.kept else []
        cards = [_card(office, ROLE, each.id) for each in notes.plan.rule_officers]
        issued = Office(office).packages(bureau) if bureau is not None else []
        return cls(
            notes,
            office,
            bank,
            bureau,
            custody,
            _shares_here(bank, custody),
            tuple(card for card in cards if card is not None),
            book.registers()[0].sha256 if book is not None and book.kept else "",
            tuple(each[-1] for each in histories if each),
            _card(office, "chief"),
            _card(office, "site"),
            tuple(Packaged(number, session.id, session.date) for number, session in issued),
            is_open,
        )

    @property
    def plan(self) -> Plan:
        return self.notes.plan

    def stages(self) -> list[Stage]:
        """All steps, each with where it stands."""
        stages: dict[Step, Stage] = {}
        for step in Step:
            done, of, who = self._parts(step)
            waits = tuple(each for each in AFTER[step] if stages[each].standing is not Standing.DONE)
            standing = Standing.LATER if waits else Standing.DONE if done >= of else Standing.NOW
            stages[step] = Stage(step, standing, who, done, of, waits)
        return list(stages.values())

    @property
    def fixed(self) -> frozenset[str]:
        """Fields of the plan that hold already: what was made by them would have to be made anew."""
        by = {
            "bureau": self.bureau, "keyholders": self.custody, "need": self.custody, "authors": self.notes.seen.people,
            "reviewers": self.notes.seen.people, "rule_officers": self.officers, "chief": self.chief, "site": self.site,
        }  # fmt: skip
        return frozenset(field for field, made in by.items() if made)

    @property
    def to_enrol(self) -> list[Named]:
        """Who is not one of the bank's people yet."""
        return [each for each in self.plan.people if each.id not in self.notes.seen.people]

    def everybody(self, step: Step) -> tuple[str, ...]:
        """Names of all whom the step takes, also when it is done."""
        plan = self.plan
        groups = {
            Step.BANK: plan.keyholders, Step.CARDS: plan.keyholders, Step.SHARES: plan.keyholders,
            Step.PEOPLE: (*plan.keyholders, *(each.name for each in plan.people)),
            Step.OFFICERS: tuple(each.name for each in plan.rule_officers),
        }  # fmt: skip
        return groups.get(step) or self._parts(step)[2]

    def _parts(self, step: Step) -> tuple[int, int, tuple[str, ...]]:
        """How many parts are done, of how many, and who sits down for the rest."""
        plan, seen = self.plan, self.notes.seen
        match step:
            case Step.PLAN:
                return int(self.notes.agreed and not plan.missing), 1, ()
            case Step.OFFICE:
                return int(self.bureau is not None), 1, (plan.issuing_officer,)
            case Step.BANK:
                return int(self.custody is not None), 1, plan.keyholders
            case Step.CARDS:
                return int(self.notes.cards_printed), 1, plan.keyholders
            case Step.SHARES:
                return len(plan.keyholders) - len(self.shares_here), len(plan.keyholders), self.shares_here
            case Step.PEOPLE:
                new = tuple(each.name for each in self.to_enrol)
                return len(plan.people) - len(new), len(plan.people), (*plan.keyholders, *new)
            case Step.OFFICERS:
                here = {card.id for card in self.officers}
                left = tuple(each.name for each in plan.rule_officers if each.id not in here)
                return len(here), len(plan.rule_officers), left
            case Step.REGISTER:
                return int(bool(self.register)), 1, (plan.issuing_officer,)
            case Step.SITE:
                return int("site" in self.notes.sent) + int(self.site is not None), 2, (plan.site.name,)
            case Step.CHIEF:
                return int(self.chief is not None), 1, (plan.chief,)
            case Step.ITEMS:
                there = bool(seen.waiting + seen.approved)  # a draft may be one that a reviewer returned
                return int(there), 1, tuple(each.name for each in plan.authors)
            case Step.REVIEW:
                return seen.approved, seen.approved + seen.waiting or 1, tuple(each.name for each in plan.reviewers)
            case Step.RULE:
                signed = max((min(len(each.signed_by), NEEDED) for each in self.signed_rules), default=0)
                return signed, NEEDED, tuple(each.name for each in plan.rule_officers)
            case Step.ISSUE:
                return int(bool(self.packages)), 1, (plan.issuing_officer,)
            case Step.CLOSE:
                return int(not self.is_open), 1, ()


def whose(plan: Plan, stick: Path) -> tuple[str, ...]:
    """Names of those who keep something on the stick: a share, a key."""
    names = [each.head.holder for each in sticks.shares_on([stick])]
    names += [each.name for each in plan.people if (stick / f"{each.id}.key").exists()]
    names += [
        card.name for role in (ROLE, "chief") if (stick / f"{role}.key").exists() for card in _cards([stick], role)
    ]
    return tuple(dict.fromkeys(names))


def require_own(plan: Plan, stick: Path, name: str) -> None:
    """That nobody else keeps anything on it. Raises Denied: when somebody does: whoever found it would be two."""
    for other in whose(plan, stick):
        if plain(other) != plain(name):
            raise Denied("stick-of-another", stick=str(stick), name=name, other=other)


def keep_card(office: Path, card: Card) -> None:
    """Keeps a card that came here. Raises Denied: when another one of this role and number is here already."""
    before = _card(office, card.role, card.id if card.role == ROLE else "")
    if before is not None and before != card:
        raise Denied("card-here-already", role=card.role, name=before.name)
    place = _place(office, card.role, card.id if card.role == ROLE else "")
    make_folder(place)
    card.write(place)


def cards_on(places: Iterable[Path], role: str, wanted: str) -> list[Card]:
    """Cards of that role and number, or name, that lie on sticks."""
    found = {card.sign: card for card in _cards(places, role) if wanted in (card.id, card.name)}
    return list(found.values())


def _cards(places: Iterable[Path], role: str) -> Iterator[Card]:
    """What only looks like a card is passed over."""
    for place in places:
        for path in (place / f"{role}.card.json", *sorted(place.glob(f"*/{role}.card.json"))):
            if path.exists():
                with contextlib.suppress(BadFile):
                    yield Card.read(path, role)


def unsigned(survey: Survey, rule_id: str) -> Sequence[str]:
    """Names of the officers who did not sign the newest version of the rule yet; nobody where it is whole."""
    of_rule = [each for each in survey.signed_rules if each.rule.id == rule_id]
    if of_rule and of_rule[-1].complete:
        return ()
    signed = {officer.id for each in of_rule for officer in each.signed_by}
    return [each.name for each in survey.plan.rule_officers if each.id not in signed]


def _place(office: Path, role: str, number: str = "") -> Path:
    return office / CARDS / number if role == ROLE else office / CARDS


def _card(office: Path, role: str, number: str = "") -> Card | None:
    path = _place(office, role, number) / f"{role}.card.json"
    return Card.read(path, role) if path.exists() else None


def card_file(office: Path, role: str, number: str = "") -> Path:
    """Where a card that came here is kept."""
    return _place(office, role, number) / f"{role}.card.json"


def _shares_here(bank: Path, custody: Custody | None) -> tuple[str, ...]:
    if custody is None:
        return ()
    shares = bank / SHARES
    return tuple(
        each.name for each in custody.holders if (shares / share_name(custody.generation, each.index)).exists()
    )
