"""What is done at each step of `examd bureau setup`: those who sit there are asked, a workflow of the core does it.

Where a single command does the same for the same people, that very command is run, and shown. Three ceremonies have
none, since they spare passphrases: the bank founded in shares, shares onto sticks, people enrolled together.

Before: `tools.cli.bureau.setup` says whose turn it is. After: `examd.bureau.setup` sees what has changed.
"""

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from types import MappingProxyType

import msgspec

from bank import agent
from bank.agent import keeping
from bank.authoring import enrolment, people
from bank.authoring.enrolment import Applicant
from bank.authoring.people import VOUCHERS, Keeper, Role, Signer, plain
from bank.custody import SHARES, Custody, Offered, check_offered, is_shared, sticks
from bank.custody.opening import DEFAULT_LIMIT, MOST_HOURS
from bank.durable import destroy
from bank.refused import BadFile, Denied, Refused
from bank.rules import Rule, parse
from bank.seal.shares import Share
from bank.store import KEY_FILE
from examd.bureau import setup
from examd.bureau.rulebook import ROLE
from examd.bureau.setup import Named, Notes, Plan, Step, Survey
from examd.holders import Card
from tools.cli.bureau import asking, setup_words
from tools.cli.bureau.asking import Later, tell
from tools.cli.bureau.setup_questions import QUESTIONS, told
from tools.cli.files import read_file
from tools.cli.language import _, joined
from tools.cli.sentences import said

HOURS = 8
LARGEST_RULE = 1 << 20
INTERRUPTED = 130
Command = Callable[[Sequence[str]], int]


class Guide:
    """Leads through the steps of one bureau."""

    def __init__(self, office: Path, bank: Path, among: Sequence[Path], command: Command) -> None:
        """`among`: folders in which sticks are mounted, where not in the usual ones. `command` runs `examd …`."""
        self.office, self.bank = office, bank
        self._among = among
        self._command = command
        self._steps = {
            Step.PLAN: self.plan, Step.OFFICE: self.keys, Step.BANK: self.found, Step.CARDS: self.cards,
            Step.SHARES: self.shares, Step.PEOPLE: self.people, Step.OFFICERS: self.officers,
            Step.REGISTER: self.register, Step.SITE: self.site, Step.CHIEF: self.chief, Step.ITEMS: self.items,
            Step.REVIEW: self.review, Step.RULE: self.rule, Step.ISSUE: self.issue, Step.CLOSE: self.close,
        }  # fmt: skip

    def survey(self) -> Survey:
        """What lies there now; of an open bank, what it tells is noted."""
        remote = self._remote()
        if remote is not None:
            with remote:
                notes = self._notes
                if (fresh := notes.of_bank(remote)) != notes:
                    fresh.keep(self.office)
        return Survey.of(self.office, self.bank, is_open=remote is not None)

    def _remote(self) -> agent.RemoteBank | None:
        return agent.connect(self.bank, "bureau setup") if is_shared(self.bank) else None

    @property
    def is_open(self) -> bool:
        """Whether the bank is."""
        if (remote := self._remote()) is not None:
            remote.close()
        return remote is not None

    def do(self, step: Step) -> None:
        """Goes through the step, or through what is left of it. Raises Later: when they put it off."""
        self._steps[step]()

    # -- who does what -------------------------------------------------------------------------------------------------

    def plan(self) -> None:
        """Asks for what the plan lacks, shows it, and has it agreed to or corrected."""
        while True:
            while field := self._notes.plan.missing:
                self._ask(field)
            self._show_plan()
            fields = Plan.__struct_fields__
            wrong = asking.number(_("All right? 0 yes, else the number of the line to correct"), 0, len(fields), 0)
            if not wrong:
                self._note(agreed=True)
                return
            if fields[wrong - 1] in self.survey().fixed:
                tell("✗ " + said(Denied("setup-fixed")))
            else:
                self._ask(fields[wrong - 1])

    def _ask(self, field: str) -> None:
        question = QUESTIONS[field]

        def read(typed: str) -> Plan:
            return msgspec.structs.replace(self._notes.plan, **{field: question.reads(typed)}).checked()

        prompt = _("{asks}, e.g. {example}", asks=_(question.asks), example=question.example)
        plan = asking.answer(prompt, read)
        msgspec.structs.replace(self._notes, plan=plan).keep(self.office)

    def _show_plan(self) -> None:
        for n, field in enumerate(Plan.__struct_fields__, 1):
            tell(f"  {n}  {_(QUESTIONS[field].asks)}  {told(getattr(self._notes.plan, field))}")

    @property
    def _notes(self) -> Notes:
        return Notes.read(self.office)

    def _note(self, **changes: object) -> None:
        msgspec.structs.replace(self._notes, **changes).keep(self.office)

    # -- the bureau ----------------------------------------------------------------------------------------------------

    def keys(self) -> None:
        """Founds the bureau's folder and keys."""
        bureau = self._notes.plan.bureau
        self._run("bureau", "init", str(self.office), "--id", bureau.id, "--name", bureau.name)

    def officers(self) -> None:
        """Each rule officer makes a key on a stick of their own.

        Raises Denied: when the card on the stick is of somebody else.
        """
        plan = self._notes.plan
        here = {card.id for card in self.survey().officers}
        for officer in (each for each in plan.rule_officers if each.id not in here):
            stick = self._stick_of(officer.name)
            if not (stick / f"{ROLE}.key").exists():
                self._run("rule", "officer", str(stick), "--id", officer.id, "--name", officer.name)
            card = Card.read(stick / f"{ROLE}.card.json", ROLE)
            if (card.id, card.name) != (officer.id, officer.name):
                raise Denied("card-of-another", file=str(stick), name=card.name, id=card.id, wanted=told(officer))
            setup.keep_card(self.office, card)

    def register(self) -> None:
        """The bureau appoints the rule officers."""
        cards = [setup.card_file(self.office, ROLE, each.id) for each in self._notes.plan.rule_officers]
        self._run("rule", "appoint", str(self.office), *map(str, cards))
        tell(_("Publish this hash today, together with the bureau's public key: {hash}", hash=self.survey().register))

    def site(self) -> None:
        """Hands the bureau's card to the site, and takes the site's in."""
        plan, survey = self._notes.plan, self.survey()
        if "site" not in survey.notes.sent and survey.bureau is not None:
            stick = self._any_stick(_("a stick for the site"))
            survey.bureau.write(stick)
            self._note(sent=(*survey.notes.sent, "site"))
            tell(_("The bureau's card is on {stick}. Fingerprint, to be read out to the site: {digits}",
                stick=stick, digits=survey.bureau.fingerprint))  # fmt: skip
        tell(_("On the site's own machine:"))
        for each in setup_words.AT_THE_SITE:
            tell("  " + _(each, id=shlex.quote(plan.site.id), name=shlex.quote(plan.site.name)))
        self._receive("site", plan.site.id)

    def chief(self) -> None:
        """Takes the chief examiner's card in."""
        plan = self._notes.plan
        tell(_("On the chief examiner's own machine:"))
        for each in setup_words.AT_THE_CHIEF:
            tell("  " + _(each, name=shlex.quote(plan.chief)))
        self._receive("chief", plan.chief)

    def _receive(self, role: str, wanted: str) -> None:
        """Takes in the card of that number or name, from a stick or a file."""
        while True:
            here = {card.fingerprint: card for card in setup.cards_on(self._sticks(), role, wanted)}
            if here:
                card = here[self._choose(_("Which card"), list(here))]
            else:
                tell(_("{file} is on no stick here.", file=f"{role}.card.json"))
                typed = asking.line(
                    _("Put the stick in and press Enter, or name the file; l: later"), may_be_empty=True
                )
                if typed.lower() == "l":
                    raise Later
                if not typed:
                    continue
                try:
                    card = Card.read(Path(typed).expanduser(), role)
                    if wanted not in (card.id, card.name):
                        raise Denied("card-of-another", file=typed, name=card.name, id=card.id, wanted=wanted)
                except Refused as refusal:
                    tell("✗ " + said(refusal))
                    continue
            *first, last = card.fingerprint.split()
            digits = " ".join([*first, "?" * len(last)])  # only whoever hears them can type the last
            tell(_("{name} ({id}). Fingerprint: {digits}", name=card.name, id=card.id, digits=digits))
            tell(_("Whoever made the card reads its fingerprint out, by telephone or in person; compare all of it."))
            if not (heard := asking.line(_("The last five digits that you heard; Enter: later"), may_be_empty=True)):
                raise Later
            if heard != last:
                raise Denied("card-fingerprint-differs", name=card.name)
            setup.keep_card(self.office, card)
            return

    # -- the bank ------------------------------------------------------------------------------------------------------

    def found(self) -> None:
        """The keyholders found the bank in shares, each with a passphrase of their own."""
        plan = self._notes.plan
        if (self.bank / KEY_FILE).exists():  # a bank that somebody holds alone
            holders = [word for name in plan.keyholders for word in ("--holder", name)]
            self._run("bank", "share", str(self.bank), "--need", str(plan.need), *holders)
            return
        chosen: dict[str, str] = {}
        while True:
            try:
                done = keeping.found(
                    self.bank, plan.keyholders, plan.need, lambda n: chosen.get(n) or _choose(chosen, n)
                )
            except Denied as refusal:
                if refusal.code != "passphrase-shared":
                    raise
                tell("✗ " + said(refusal))
                del chosen[str(refusal.facts["name"])]
                continue
            break
        tell(_("The bank is founded. {need} of {of} holders open it; all {n} combinations were tried.",
            need=plan.need, of=len(plan.keyholders), n=done.combinations))  # fmt: skip
        tell(_("Custody fingerprint: {digits}").format(digits=done.custody.fingerprint))
        self._write_down(done.position.spoken)

    def cards(self) -> None:
        """Prints the cards of the shares, if wanted, and destroys the file."""
        if asking.yes(_("Print the share cards now?")):
            out = self.office / "share-cards.pdf"
            self._run("bank", "cards", str(self.bank), str(out))
            tell(_("Print {file} and give each holder their card.", file=out))
            asking.line(_("Press Enter when it is printed: the file is then destroyed"), may_be_empty=True)
            destroy(out)
        self._note(cards_printed=True)

    def shares(self) -> None:
        """Carries each share to its holder's stick."""
        custody = Custody.read(self.bank)
        for name in self.survey().shares_here:
            path = sticks.carry(self.bank, custody, custody.holder(name), self._stick_of(name))
            tell(_("The share of {name} is on {file} and nowhere else.", name=name, file=path))

    def people(self) -> None:
        """Authors and reviewers are enrolled in one ceremony."""
        plan = self._notes.plan
        new = self.survey().to_enrol
        roles = {each: frozenset({Role.AUTHOR}) for each in plan.authors}
        roles |= {each: frozenset({Role.REVIEWER}) for each in plan.reviewers}
        tell(_("The keyholders who sit here vouch for: {names}", names=joined(each.name for each in new)))
        here = [] if self.is_open else self._open()
        keys: dict[Path, str] = {}
        here_too = plan.people if len(plan.people) > VOUCHERS else new  # the first two vouch for whoever comes after
        for each in here_too:
            keys[self._key_of(each, keys)] = each.name
        applicants = [
            Applicant(key, each.name, roles[each], partial(_signer, key, each.name))
            for key, each in zip(keys, here_too, strict=True)
        ]
        with agent.require(self.bank, "bureau setup") as bank:
            for done in enrolment.enrol_together(bank, applicants, lambda: here or self._keepers()):
                who = done.person
                tell(_("{name} is enrolled; vouched for by {names}.", name=who.name, names=joined(who.vouched)))
            self._notes.of_bank(bank).keep(self.office)

    def _key_of(self, person: Named, taken: Mapping[Path, str] = MappingProxyType({})) -> Path:
        """`taken`: keys that are about to be made, each with whose it is."""
        here = (stick / f"{person.id}.key" for stick in self._sticks())
        known = next((key for key in here if key.exists()), None)
        others = {key.parent: name for key, name in taken.items()}
        return known or self._stick_of(person.name, others) / f"{person.id}.key"

    def _open(self) -> list[Keeper]:
        """Opens the bank with those who are here; they may vouch afterwards without typing again."""
        custody = Custody.read(self.bank)
        here: list[tuple[Offered, str, Share]] = []

        def present(custody: Custody, _wanted: object) -> list[tuple[Offered, str]]:
            here.extend(self._unsealed(self._offered(custody)))
            return [(offered, passphrase) for offered, passphrase, _share in here]

        tell(_("The bank is opened by {need} of its keyholders: {names}",
            need=custody.need, names=joined(holder.name for holder in custody.holders)))  # fmt: skip
        hours = asking.number(_("For how many hours"), 1, MOST_HOURS, HOURS)
        limit = asking.number(
            _("Of how many items may answer keys leave (review and issuing count)"), 0, 10**6, DEFAULT_LIMIT
        )
        status = keeping.open_shared(self.bank, present, hours=hours, limit=limit)
        self._write_down(str(status["position"]))
        return [Keeper(share.head.holder, share.signing_key) for _offered, _passphrase, share in here]

    def _keepers(self) -> list[Keeper]:
        """Of a bank that is open: those who opened it, asked anew."""
        custody, standing = Custody.read(self.bank), keeping.standing(self.bank)
        names = standing.status["holders"] if standing.status is not None else []
        offered = self._offered(custody, [str(name) for name in names])
        return [Keeper(share.head.holder, share.signing_key) for _offered, _word, share in self._unsealed(offered)]

    def _offered(self, custody: Custody, names: Sequence[str] = ()) -> list[Offered]:
        """The shares on the sticks that are in, or still in the bank's folder: enough of them, or of those named."""
        while True:
            places = [*self._sticks(), self.bank / SHARES]
            found_ = [each for each in sticks.found_on(places, custody) if not names or each.head.holder in names]
            try:
                check_offered(custody, found_)
            except Refused as refusal:
                tell("✗ " + said(refusal))
            else:
                if set(names) <= {each.head.holder for each in found_}:
                    return found_ if names or len(found_) == custody.need else self._who_opens(custody, found_)
            wanted = joined(names) or _("any {need} keyholders", need=custody.need)
            asks = _("Put in the sticks of {names} and press Enter; l: later", names=wanted)
            if asking.line(asks, may_be_empty=True).lower() == "l":
                raise Later

    @staticmethod
    def _who_opens(custody: Custody, here: Sequence[Offered]) -> list[Offered]:
        """Of more sticks than it takes."""
        for each in here:
            tell(f"  {each.head.index}  {each.head.holder}")

        def chosen(typed: str) -> list[Offered]:
            wanted = [each for each in here if str(each.head.index) in re.split(r"[\s,，、]+", typed)]
            check_offered(custody, wanted)
            return wanted

        first = " ".join(str(each.head.index) for each in here[: custody.need])
        return asking.answer(_("Who opens it? Numbers of at least {need}", need=custody.need), chosen, first)

    @staticmethod
    def _unsealed(offered: Sequence[Offered]) -> list[tuple[Offered, str, Share]]:
        return [(each, *asking.unlocked(each.head.holder, each.unseal)) for each in offered]

    def _need_open(self) -> None:
        if not self.is_open:
            self._open()

    def items(self) -> None:
        """An author's file is read, imported and handed in."""
        self._need_open()
        author = self._one_of(self._notes.plan.authors)
        key = self._key_of(author)
        file = asking.answer(_("File of items (xlsx, docx, QTI, Moodle …)"), _existing)
        more = []
        if subject := asking.line(_("Subject of rows that state none, code or name; Enter: none"), may_be_empty=True):
            more = ["--subject", subject]
        if asking.yes(_("Read it first without adding anything?")):
            self._run("bank", "import", str(self.bank), str(file), *more, "--dry-run", good=(0, 1))
            if not asking.yes(_("Import it now, and hand it in for review?")):
                raise Later
        self._run("bank", "import", str(self.bank), str(file), *more, "--submit", "--as", str(key), good=(0, 1))

    def review(self) -> None:
        """A reviewer reads what waits, at the desk."""
        self._need_open()
        reviewer = self._one_of(self._notes.plan.reviewers)
        self._run("bank", "browse", str(self.bank), "--as", str(self._key_of(reviewer)))
        seen = self.survey().notes.seen
        tell(_("{n} items are approved, {left} wait.", n=seen.approved, left=seen.waiting))
        if seen.waiting:
            raise Later

    def rule(self) -> None:
        """The rule is checked against the bank and signed by the officers."""
        file = asking.answer(_("File of the rule (.toml)"), _existing)
        rule = _rule(file)
        self._need_open()
        self._run("rule", "check", str(file), "--bank", str(self.bank))
        while left := setup.unsigned(self.survey(), rule.id):
            officer = self._choose(_("Which officer signs now"), left)
            stick = self._stick_of(officer)
            self._run("rule", "sign", str(file), "--office", str(self.office), "--officer", str(stick))

    def issue(self) -> None:
        """Roster, day and session are asked for, and the package is issued."""
        survey = self.survey()
        rules = [each.rule.id for each in survey.signed_rules if each.complete]
        rule = self._choose(_("Which rule"), rules)
        roster = asking.answer(_("Roster of candidates (xlsx, csv)"), _existing)
        self._run("bureau", "roster", "check", str(roster))
        day = asking.answer(_("Day of the exam (YYYY-MM-DD)"), _day)
        number = asking.line(_("Session number"), f"{day:%Y%m%d}-01")
        name = asking.line(_("Name of the session, as it stands on papers"))
        stick = self._any_stick(_("a stick for the package"))
        self._need_open()
        cards = [str(setup.card_file(self.office, role)) for role in ("site", "chief")]
        self._run(
            "bureau", "issue", str(self.office), "--bank", str(self.bank), "--rule", rule, "--roster", str(roster),
            "--site", cards[0], "--chief", cards[1], "--session", number, "--name", name, "--date", day.isoformat(),
            "--out", str(stick),
        )  # fmt: skip
        line = _("Carry the stick to the site. On the day: examd bureau code {office} PACKAGE 1, by telephone.")
        tell(line.format(office=self.office))

    def close(self) -> None:
        """Closes the bank."""
        self._run("bank", "close", str(self.bank))

    # -- sticks and commands -------------------------------------------------------------------------------------------

    def _sticks(self) -> list[Path]:
        return sticks.mounted(self._among)

    def _stick_of(self, name: str, taken: Mapping[Path, str] = MappingProxyType({})) -> Path:
        """The stick of that person: the one with something of theirs, else one with nothing of anybody else's."""
        plan = self._notes.plan
        own = [each for each in self._sticks() if set(map(plain, setup.whose(plan, each))) == {plain(name)}]
        if len(own) == 1:
            return own[0]

        def take(stick: Path) -> Path:
            setup.require_own(plan, stick, name)
            if stick in taken:
                raise Denied("stick-of-another", stick=str(stick), name=name, other=taken[stick])
            return stick

        return self._pick(_("the stick of {name}", name=name), take, name)

    def _any_stick(self, what: str) -> Path:
        def take(stick: Path) -> Path:
            if owners := setup.whose(self._notes.plan, stick):
                tell(_("It is the stick of {names}.", names=joined(owners)))
                if not asking.yes(_("Use it all the same?"), default=False):
                    raise Denied("setup-another-stick")
            return stick

        return self._pick(what, take)

    def _pick(self, what: str, take: Callable[[Path], Path], name: str = "") -> Path:
        """What `take` makes of the folder they choose. Where one stick alone is free for `name`, Enter is that one."""
        while True:
            here = {stick: setup.whose(self._notes.plan, stick) for stick in self._sticks()}
            for n, (stick, owners) in enumerate(here.items(), 1):
                tell(f"  {n}  {stick}" + (f"  {'、'.join(owners)}" if owners else ""))
            free = [str(n) for n, owners in enumerate(here.values(), 1) if set(owners) <= {name}]
            default = free[0] if len(free) == 1 else ""
            asks = _("Put in {what}: its number, or a folder; Enter looks again; l: later", what=what)
            if default:
                asks = _("Put in {what}: its number, or a folder; l: later", what=what)
            typed = asking.line(asks, default, may_be_empty=True)
            if typed.lower() == "l":
                raise Later
            if not typed:
                continue
            by_number = dict(zip(map(str, range(1, len(here) + 1)), here, strict=True))
            chosen = by_number.get(typed) or Path(typed).expanduser()
            try:
                if not chosen.is_dir():
                    raise BadFile("stick-missing", stick=str(chosen))
                if chosen.stat().st_dev == self.office.stat().st_dev:
                    tell(_("! {stick} is on the disk of the bureau's folder: no stick to take away.", stick=chosen))
                return take(chosen)
            except Refused as refusal:
                tell("✗ " + said(refusal))

    def _one_of(self, group: Sequence[Named]) -> Named:
        name = self._choose(_("Who sits here"), [each.name for each in group])
        return next(each for each in group if each.name == name)

    def _choose(self, prompt: str, names: Sequence[str]) -> str:
        if len(names) == 1:
            return names[0]
        for n, name in enumerate(names, 1):
            tell(f"  {n}  {name}")
        return names[asking.number(prompt, 1, len(names), 1) - 1]

    def _run(self, *words: str, good: Sequence[int] = (0,)) -> None:
        """The single command, shown and run; again as long as it is refused and they wish."""
        while True:
            tell("$ examd " + shlex.join(words))
            code = self._command(words)
            if code in good:
                return
            if code == INTERRUPTED:
                raise KeyboardInterrupt
            if not asking.again():
                raise Later

    def _write_down(self, position: str) -> None:
        tell(_("Write down in the register, with date and names:"), _("  Position: {position}", position=position))


def _choose(chosen: dict[str, str], name: str) -> str:
    chosen[name] = asking.new_passphrase(name)
    return chosen[name]


def _signer(key: Path, name: str, is_new: bool) -> Signer:
    if is_new:
        return people.create(key, asking.new_passphrase(name))
    return asking.unlocked(name, partial(people.unlock, key))[1]


def _existing(typed: str) -> Path:
    path = Path(typed.strip("'\"")).expanduser()
    if not path.is_file():
        raise BadFile("file-missing", file=str(path))
    return path


def _rule(file: Path) -> Rule:
    return parse(read_file(file, LARGEST_RULE))


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise BadFile("session-date", found=typed) from None
