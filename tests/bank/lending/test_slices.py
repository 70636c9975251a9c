"""What a province lends a city: used as permitted, never changed there, gone when it is taken back."""

import dataclasses
import functools
import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import structs

from bank.authoring import lifecycle, people, review
from bank.authoring.people import Person, Role
from bank.authoring.review import Act, State
from bank.composing.availability import availability
from bank.composing.pool import facts_of
from bank.content import Background, Content, ItemType, Level, Option
from bank.item import AnswerKey, Item, Number, Provenance
from bank.lending import approvals, exchange, loans, owners, slices
from bank.lending.slices import Body, Permission
from bank.refused import BadFile, BrokenStore, Denied
from bank.seal import passphrase as sealing
from bank.seal import statements
from bank.seal.locks import Identity, seal
from bank.store import Bank
from tests.reviewing import approve

PASSPHRASE = "correct horse battery"
BOTH = frozenset(Role)
TODAY, END = date(2026, 11, 21), date(2027, 12, 31)
EXAM = frozenset({Permission.EXAM})
NEVER = date(2020, 1, 1)


class Bureau:
    def __init__(self, identity, name):
        self.key, self.lock = Ed25519PrivateKey.generate(), Identity.generate()
        self.body = Body(identity, name, statements.public_hex(self.key), self.lock.recipient)


PROVINCE, CITY, OTHER = Bureau("SX", "某省应急管理厅"), Bureau("SX-0349", "某市应急管理局"), Bureau("SX-0352", "邻市局")
CASE = Background("某班组在 10 kV 线路上作业。")


def item(number=1, correct=(0,), **more):
    content = Content(ItemType.SINGLE, f"第 {number} 题：先做什么？", tuple(map(Option, ("验电", "合闸", "离开"))))
    given = {"chapter": "1", "level": Level.KNOW, "p4": 7_000, "explanation": "省里的解析", "code": f"p{number}"}
    return Item(content, AnswerKey(correct), **(given | more))


ITEMS = (
    item(1, provenance=Provenance(author="李明"), enemies=("甲组",), tags=("初训",), basis="条文"),
    item(2, (2,), calibrated_p4=6_543, locked=(2,)),
    Item(Content(ItemType.FILL, "安全电压为____V。", ()), AnswerKey(accepted=("三十六",), number=Number("36", units=("V",))), "1"),
    Item(Content(ItemType.SINGLE, "他先做什么？", (Option("验电"), Option("合闸")), case=CASE.sha256()), AnswerKey((0,)), "1",
         background=CASE, place=1),
)  # fmt: skip


def vouch(bank, hand, bureau, by):
    told = owners.to_sign(bank.vault.name, bureau.body, by, "2026-11-20T08:00:00Z")
    return bank.owners.vouch(statements.sign(told, hand[by].key))


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Argon2id is dear by design: an empty bank of each kind, and two people, once."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sealing, "MEMORY_KIB", 64)
        folder = tmp_path_factory.mktemp("sharing")
        for name in ("li", "wang"):
            people.create(folder / f"{name}.key", PASSPHRASE)
        signers = {name: people.unlock(folder / f"{name}.key", PASSPHRASE) for name in ("li", "wang")}
        for name, practice in (("exam", False), ("open", True)):
            with Bank.create(folder / name, PASSPHRASE, practice=practice) as bank:
                lifecycle.enrol(bank, signers["li"], "李明", frozenset({Role.AUTHOR}))
                lifecycle.enrol(bank, signers["wang"], "王芳", BOTH)
                for person in signers:
                    vouch(bank, signers, PROVINCE, person)
        keys = {name: sealing.unseal((folder / name / "bank.key").read_bytes(), PASSPHRASE, "bank-key")
                for name in ("exam", "open")}  # fmt: skip
    return folder, signers, keys


@pytest.fixture
def hand(made, tmp_path):
    return {name: dataclasses.replace(s, seen=tmp_path / f"{name}.seen.json") for name, s in made[1].items()}


@pytest.fixture
def reopen(made, tmp_path):
    folder = Path(shutil.copytree(made[0] / "exam", tmp_path / "city"))
    return lambda: Bank.open_with_key(folder, made[2]["exam"])


@pytest.fixture
def city(reopen):
    with reopen() as bank:
        yield bank


@pytest.fixture
def practice(made, tmp_path):
    folder = Path(shutil.copytree(made[0] / "open", tmp_path / "open"))
    with Bank.open_with_key(folder, made[2]["open"]) as bank:
        yield bank


PROVINCIAL = {name: Ed25519PrivateKey.generate() for name in ("zhang", "chen")}
"""Two people of the province's bank: who hands in, and who approves."""


def approval(whole, *, submits="zhang", approves="chen", other=None, roles=BOTH):
    """How the province's bank approved an item; `other` is what its people really signed."""
    salt, events = f"{whole.id[:16]:0<32}", [review.Event(Act.WRITE, submits, "2026-11-01T08:00:00Z")]
    sealed = review.seal(other or whole, salt)
    for act, who in ((Act.SUBMIT, submits), (Act.APPROVE, approves)):
        event = review.Event(act, who, "2026-11-02T08:00:00Z")
        told = review.statement(act, whole.id, 1, sealed, event, events)
        events.append(dataclasses.replace(event, statement=statements.sign(told, PROVINCIAL[who])))
    known = {who: Person(who, f"省里的{who}", statements.public_hex(key), roles) for who, key in PROVINCIAL.items()}
    return approvals.of(whole, salt, whole.id, 1, events, known)


def lent(items=ITEMS, *, media=None, owner=PROVINCE, to=CITY, permission=EXAM, first=TODAY, until=END, at="08:00:00",
         approved=approval):  # fmt: skip
    """A slice of items that the province's people approved; `approved`: how, or None for items that nobody did."""
    return slices.make(
        [(each, approved(each) if approved else None) for each in items], media or {}, owner=owner.body, key=owner.key,
        receiver=to.body, permission=permission, first=first, until=until, at=f"2026-11-21T{at}Z",
    )  # fmt: skip


def accept(bank, hand, slice_, receiver=CITY, at="2026-11-21T09:00:00Z", by="wang"):
    """As the command does it."""
    statement, sealed = slice_
    terms = slices.read(statement)
    lines = slices.unseal(terms, sealed, receiver.lock)
    told = slices.to_accept(bank.vault.name, terms, by, at)
    return bank.slices.accept(statement, lines, statements.sign(told, hand[by].key))


def refused(call, *args, **more):
    with pytest.raises((Denied, BadFile, BrokenStore)) as caught:
        call(*args, **more)
    return caught.value.code


# ---- the way through ---------------------------------------------------------------------------------------------


def test_what_was_lent_is_in_force_at_once_and_says_whose_it_is(city, hand):
    slice_ = lent()
    terms = slices.read(slice_[0])
    assert len(accept(city, hand, slice_).added) == 4
    held = list(city.answer_keys.whole(city.items.select()))
    for one, sent in zip(held, ITEMS, strict=True):
        assert one.provenance == Provenance(sent.provenance.author, "SX", f"slice {terms.slice}")
        assert structs.replace(one, provenance=sent.provenance) == sent
    assert city.answer_keys.of([ITEMS[1].id]) == {ITEMS[1].id: AnswerKey((2,))}
    assert city.audit.findings() == []
    (known,) = city.slices.all()
    assert (known.owner, known.permission, known.until, known.items, known.accepted_by) == (
        "SX", (Permission.EXAM,), "2027-12-31", 4, "wang",
    )  # fmt: skip


def test_it_is_still_proved_after_closing(city, hand, reopen):
    accept(city, hand, lent())
    city.close()
    with reopen() as bank:
        assert len(list(bank.items.select())) == 4 and bank.audit.findings() == []


def test_the_citys_own_items_stand_beside_it_as_before(city, hand):
    lifecycle.add(city, [item(9)], hand["li"])
    lifecycle.submit(city, list(city.items.select(state=State.DRAFT)), hand["li"])
    accept(city, hand, lent())
    approve(city, list(city.items.select(state=State.IN_REVIEW)), hand["wang"])
    assert [each.provenance.owner for each in city.items.select()] == ["", "SX", "SX", "SX", "SX"]


def test_what_the_city_has_already_stays_its_own_and_a_contradiction_is_named(city, hand):
    lifecycle.add(city, [item(1), item(2)], hand["li"])
    report = accept(city, hand, lent(ITEMS))
    assert report.already == (ITEMS[0].id, ITEMS[1].id) and report.contradicting == (ITEMS[1].id,)
    assert len(report.added) == 2
    assert {each.provenance.owner for each in city.items.select(state=State.DRAFT)} == {""}


def test_pictures_travel_with_their_items(city, hand):
    import hashlib

    picture = b"\x89PNG not really"
    sha256 = hashlib.sha256(picture).hexdigest()
    content = Content(ItemType.SINGLE, "看图", (Option("甲"), Option("乙")), (sha256,))
    shown = Item(content, AnswerKey((0,)), "1")
    assert refused(lent, [shown]) == "slice-picture-missing"
    accept(city, hand, lent([shown], media={sha256: picture}))
    assert city.media.find(sha256) == picture


def test_the_statement_shows_nothing_of_the_items(city):
    statement, sealed = lent()
    for secret in ("验电", "省里的解析", ITEMS[0].id, "三十六"):
        assert secret.encode() not in statement and secret.encode() not in sealed
    # The same item in two slices: other salts, other digests.
    assert slices.read(statement).digests.isdisjoint(slices.read(lent()[0]).digests)


def test_the_period_and_the_permission_bound_what_a_session_may_use(city, hand):
    accept(city, hand, lent(first=date(2026, 12, 1)))
    ids = {one.id for one in ITEMS}

    def withheld(day, purpose=Permission.EXAM):
        return city.slices.withheld(day, purpose)

    assert withheld("2026-11-30") == dict.fromkeys(ids, "slice-not-yet")
    assert withheld("2026-12-01") == withheld("2027-12-31") == {}
    assert withheld("2028-01-01") == dict.fromkeys(ids, "slice-over")
    assert withheld("2026-12-01", Permission.DRILL) == dict.fromkeys(ids, "slice-not-permitted")


def test_what_a_session_may_use_leaves_out_what_was_lent_for_something_else(city, hand):
    accept(city, hand, lent(ITEMS[:2], first=date(2026, 12, 1)))
    for day, kind, reasons in (
        (date(2026, 11, 30), Permission.EXAM, {"slice-not-yet": 2}),
        (date(2026, 12, 1), Permission.EXAM, {}),
        (date(2026, 12, 1), Permission.DRILL, {"slice-not-permitted": 2}),
        (date(2028, 1, 1), Permission.EXAM, {"slice-over": 2}),
    ):
        found = availability(city, day, kind)
        assert (found.reasons, len(found.items)) == (reasons, 0 if reasons else 2)


def test_a_withdrawal_reaches_the_next_draw(city, hand):
    slice_ = lent()
    accept(city, hand, slice_)
    terms = slices.read(slice_[0])
    done = city.slices.withdraw(slices.withdrawal(terms, PROVINCE.key, "2027-01-01T00:00:00Z", "泄露"))
    assert (done.owner, done.here, done.retired, done.standing) == (PROVINCE.body.name, True, 4, 0)
    assert list(city.items.select()) == [] and facts_of(city.items.outlines(), rule()) == []
    assert city.slices.all()[0].withdrawn_at == "2027-01-01T00:00:00Z"
    assert city.audit.findings() == []
    history = city.history.events(next(city.items.select(state=State.RETIRED)).number)
    assert [event.act for event in history] == [Act.ACCEPT, Act.WITHDRAW]
    assert refused(accept, city, hand, slice_) == "slice-withdrawn"


def rule():
    from bank.composing.pool import tally
    from bank.rules import propose
    from bank.store import BankItem

    blank = BankItem(
        "a" * 32, 1, State.APPROVED, ITEMS[0].content, "1", Level.KNOW, 7_000, "", (), (), (), "", ""
    )  # fmt: skip
    return propose(tally([blank.outline] * 30), name="样卷")


# ---- confidential --------------------------------------------------------------------------------------------------


OPEN = item(5, tags=("公开",))


@pytest.mark.parametrize(
    ("tags", "expected"),
    [((), True), (("初训",), True), (("公开",), False), (("应知应会",), False), (("Open",), False),
     (("公开", "保密"), True), (("open", "Confidential"), True)],
)  # fmt: skip
def test_every_item_is_confidential_that_does_not_say_it_is_open(tags, expected):
    assert slices.confidential(tags) is expected


def test_no_confidential_item_enters_an_open_bank_by_any_door(practice, hand):
    assert practice.practice
    for door in (lambda items: lifecycle.add(practice, items, hand["li"]), practice.drafts.weigh):
        with pytest.raises(Denied) as caught:
            door([OPEN, item(6)])
        assert (caught.value.code, caught.value.facts) == ("item-confidential", {"item": "p6", "found": 1})
    assert lifecycle.add(practice, [OPEN], hand["li"]).added
    draft = next(practice.items.select(state=State.DRAFT))
    assert refused(lifecycle.write, practice, draft.lineage, item(7), hand["li"]) == "item-confidential"
    both = EXAM | {Permission.OPEN}
    assert refused(lent, ITEMS, permission=both) == "item-confidential"
    assert refused(accept, practice, hand, lent(ITEMS)) == "slice-not-open"
    # A province that says "open" of what it does not tag as open: only by signing around its own program.
    statement, sealed = lent(ITEMS)
    forged = json.loads(statement)["signed"] | {"permission": ["open"]}
    assert refused(accept, practice, hand, (statements.sign(forged, PROVINCE.key), sealed)) == "item-confidential"
    accept(practice, hand, lent([item(8, tags=("应知应会",))], permission=both))
    assert [each.code for each in practice.items.select()] == ["p8"]


# ---- the adversary's table -----------------------------------------------------------------------------------------


def signed_again(slice_, key=PROVINCE.key, **changes):
    return statements.sign(json.loads(slice_[0])["signed"] | changes, key), slice_[1]


def edit(city, hand):
    first = next(city.items.select())
    return lifecycle.write(city, first.lineage, item(77), hand["li"])


def retire(city, hand):
    lifecycle.retire(city, [next(city.items.select())], hand["wang"], "不要了")


def approve_again(city, hand):
    approve(city, [next(city.items.select())], hand["wang"])


def lend_on(city, hand):
    return lent(list(city.answer_keys.whole(city.items.select())), owner=CITY, to=OTHER)


def foreign_withdrawal(city, hand):
    terms = slices.Terms(**vars(slices.read(ON_HAND["slice"][0])) | {"owner": CITY.body})
    city.slices.withdraw(slices.withdrawal(terms, CITY.key, "2027-01-01T00:00:00Z", "…"))


def withdrawal_by_a_stranger(city, hand):
    other = slices.read(lent(owner=OTHER)[0])
    city.slices.withdraw(slices.withdrawal(other, OTHER.key, "2027-01-01T00:00:00Z", "…"))


def a_slice_as_withdrawal(city, hand):
    city.slices.withdraw(ON_HAND["slice"][0])


def again(city, hand):
    accept(city, hand, ON_HAND["slice"])


ON_HAND = {}
ON_ACCEPTED = {
    "a city edits a province's item": (edit, "item-of-other-owner"),
    "a city retires a province's item": (retire, "item-of-other-owner"),
    "a city approves it as its own": (approve_again, "item-of-other-owner"),
    "a city lends it on": (lend_on, "item-of-other-owner"),
    "somebody else withdraws it": (foreign_withdrawal, "withdrawal-signature"),
    "a stranger withdraws what is not here": (withdrawal_by_a_stranger, "withdrawal-signature"),
    "another statement than a withdrawal": (a_slice_as_withdrawal, "withdrawal-no-statement"),
    "the same slice twice": (again, "slice-already"),
}


@pytest.mark.parametrize("trick", ON_ACCEPTED)
def test_what_the_holder_of_a_slice_tries(city, hand, trick):
    ON_HAND["slice"] = lent()
    accept(city, hand, ON_HAND["slice"])
    act, code = ON_ACCEPTED[trick]
    head = city.history.head()
    assert refused(act, city, hand) == code
    assert len(list(city.items.select())) == 4 and city.history.head() == head


def _nonsense(slice_):
    import hashlib

    lines = b'{"content":7,"salt":"","about":{}}\n'
    statement, _ = signed_again(slice_, lines=hashlib.sha256(lines).hexdigest())
    return statement, seal(lines, [CITY.lock.recipient])


ON_ARRIVAL = {
    "longer than it was lent": lambda s: (s[0].replace(b"2027-12-31", b"2037-12-31"), s[1]),
    "for more than it was lent": lambda s: (s[0].replace(b'["exam"]', b'["drill","exam"]'), s[1]),
    "signed by another": lambda s: signed_again(s, OTHER.key),
    "an owner who is not the one we know": lambda s: lent(owner=OTHER),
    "for another receiver": lambda s: lent(to=OTHER),
    "another receiver's, readdressed": lambda s: signed_again(lent(to=OTHER), receiver=CITY.body.to_json()),
    "other items inside": lambda s: (s[0], lent()[1]),
    "items that nobody signed": lambda s: (s[0], seal(b'{"x":1}\n', [CITY.lock.recipient])),
    "an item left out of the digests": lambda s: signed_again(s, items=[]),
    "nonsense inside, signed": _nonsense,
    "a package's manifest": lambda s: (statements.sign({"type": "examd-package"}, PROVINCE.key), s[1]),
    "no statement at all": lambda s: (b"{}", s[1]),
    "a day of signing that is none": lambda s: signed_again(s, at="9999"),
    "one item twice, with two answer keys": lambda s: lent([item(1), item(1, (1,))]),
    "after its period": lambda s: lent(first=NEVER, until=NEVER),
}
REFUSALS = {
    "longer than it was lent": "slice-signature",
    "for more than it was lent": "slice-signature",
    "signed by another": "slice-signature",
    "an owner who is not the one we know": "owner-unknown",
    "for another receiver": "slice-other-receiver",
    "another receiver's, readdressed": "lock",
    "other items inside": "slice-altered",
    "items that nobody signed": "slice-altered",
    "an item left out of the digests": "slice-altered",
    "nonsense inside, signed": "slice-malformed",
    "a package's manifest": "slice-no-statement",
    "no statement at all": "slice-no-statement",
    "a day of signing that is none": "slice-no-statement",
    "one item twice, with two answer keys": "slice-malformed",
    "after its period": "slice-ended",
}


@pytest.mark.parametrize("trick", ON_ARRIVAL)
def test_what_a_courier_tries(city, hand, trick):
    assert refused(accept, city, hand, ON_ARRIVAL[trick](lent())) == REFUSALS[trick]
    assert list(city.items.select()) == [] and city.slices.all() == []


def test_only_a_reviewer_of_this_bank_accepts(city, hand):
    slice_ = lent()
    assert refused(accept, city, hand, slice_, by="li") == "person-lacks-role"
    statement, sealed = slice_
    terms, lines = slices.read(statement), slices.unseal(slices.read(statement), sealed, CITY.lock)

    def tried(key=hand["wang"].key, **changes):
        told = slices.to_accept(city.vault.name, terms, "wang", "2026-11-21T09:00:00Z") | changes
        return refused(city.slices.accept, statement, lines, statements.sign(told, key))

    assert tried(by="nobody") == "person-unknown"
    assert tried(key=hand["li"].key) == "signature"
    assert tried(bank="another") == tried(statement="00" * 32) == tried(owner={}) == "slice-other-acceptance"
    lifecycle.end(city, "wang", (hand["wang"],))
    assert refused(accept, city, hand, slice_) == "person-ended"


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("UPDATE answer_keys SET record = '{\"correct\":[1]}' WHERE revision = 1", "slice-item-changed"),
        ("UPDATE answer_keys SET explanation = 'x' WHERE revision = 1", "slice-item-changed"),
        ("UPDATE revisions SET chapter = '9' WHERE number = 1", "slice-item-changed"),
        ("UPDATE slices SET acceptance = statement", "slice-forged"),
        ("UPDATE slices SET statement = replace(CAST(statement AS TEXT), '2027', '2037')", "slice-forged"),
        ("DELETE FROM slices", "slice-forged"),
        ("UPDATE acts SET act = 'x' WHERE act = 'owner'", "slice-of-stranger"),
        ("UPDATE acts SET statement = replace(statement, '某省', '某县') WHERE act = 'owner'", "owner-forged"),
        ("DELETE FROM acts WHERE act = 'accept' AND revision = 1", "acts-chain"),
    ],
)
def test_whoever_holds_the_banks_key_changes_nothing_unnoticed(city, hand, reopen, sql, code):
    accept(city, hand, lent())
    if "某县" in sql:
        sql = sql.replace("replace(statement, '某省', '某县')",
                          "CAST(replace(CAST(statement AS TEXT), '某省', '某县') AS BLOB)")  # fmt: skip
    elif "CAST" in sql:
        sql = sql.replace("replace(", "CAST(replace(").replace("'2037')", "'2037') AS BLOB)")
    city.vault.connection.execute(sql)
    city.close()
    with reopen() as bank:
        if code == "acts-chain":
            assert code in {found.code for found in bank.audit.findings()}
        else:
            assert refused(lambda: list(bank.items.select())) == code


def test_a_lent_item_may_be_calibrated_and_is_no_other_item_for_it(city, hand):
    accept(city, hand, lent())
    city.calibrations.add({ITEMS[0].id: (5_000, 300)})
    first = next(city.items.select())
    assert first.expected_p4 == 5_000 and review.state_after(city.history.events(first.number)) is State.APPROVED


# ---- whose items are taken in ------------------------------------------------------------------------------------------


def test_an_owner_that_one_person_alone_names_is_not_taken_from(city, hand):
    """Anybody can make a bureau of any name: its items would be in force at once."""
    assert refused(accept, city, hand, lent(owner=OTHER)) == "owner-unknown"
    first = vouch(city, hand, OTHER, "wang")
    assert (first.known, first.by) == (False, ("wang",))
    assert refused(accept, city, hand, lent(owner=OTHER)) == "owner-half-signed"
    assert refused(vouch, city, hand, OTHER, "wang") == "owner-signed-already"
    second = vouch(city, hand, OTHER, "li")
    assert second.known and second.by == ("wang", "li")
    assert not second.separated  # nobody but the bank's one holder vouched for these two
    vouched = {name: dataclasses.replace(each, vouched=("甲", "乙")) for name, each in city.people.all().items()}
    files = [statements.sign(owners.to_sign(city.vault.name, OTHER.body, by, "x"), hand[by].key) for by in hand]
    (known,) = owners.listed(city.vault.name, files, vouched, needed=2)
    assert known.separated
    assert len(accept(city, hand, lent(owner=OTHER)).added) == 4
    assert city.audit.findings() == []


def test_only_this_banks_people_sign_an_owners_card(city, hand):
    def tried(key=hand["li"].key, **changes):
        told = owners.to_sign(city.vault.name, OTHER.body, "li", "2026-11-20T08:00:00Z") | changes
        return refused(city.owners.vouch, statements.sign(told, key))

    assert tried(by="nobody") == tried(key=hand["wang"].key) == tried(bank="another") == "owner-signature"
    assert tried(owner={}) == tried(owner=OTHER.body.to_json() | {"id": "a b"}) == tried(type="x") == "owner-signature"
    lifecycle.end(city, "li", (hand["li"],))
    assert tried() == "person-ended"
    assert [each.body for each in city.owners.all()] == [PROVINCE.body]


def test_a_new_card_of_an_owner_replaces_the_old_one_for_new_slices_only(city, hand):
    accept(city, hand, lent(ITEMS[:2]))
    renewed = Bureau("SX", "某省应急管理厅")
    for name in hand:
        vouch(city, hand, renewed, name)
    assert [each.current for each in city.owners.all()] == [False, True]
    assert refused(accept, city, hand, lent(ITEMS[2:])) == "owner-card-replaced"
    assert len(accept(city, hand, lent(ITEMS, owner=renewed, at="08:30:00")).added) == 2
    assert len(list(city.items.select())) == 4 and city.audit.findings() == []


def test_a_bank_of_samples_does_with_one_signature_and_says_so(made, hand, tmp_path, monkeypatch):
    monkeypatch.setattr(sealing, "MEMORY_KIB", 64)
    with Bank.create(tmp_path / "sample", PASSPHRASE, sample=True) as bank:
        lifecycle.enrol(bank, hand["wang"], "王芳", BOTH)
        owner = vouch(bank, hand, PROVINCE, "wang")
        assert owner.known and not owner.separated
        assert len(accept(bank, hand, lent(ITEMS[:2])).added) == 2
        assert accept(bank, hand, unread(ITEMS[2:])).waiting == ()  # nothing is reviewed here
        assert len(list(bank.items.select())) == 4


# ---- approved by whom ------------------------------------------------------------------------------------------------


def unread(items=ITEMS, **more):
    return lent(items, approved=None, **more)


def waiting(bank):
    return list(bank.items.select(verified=False, state=State.IN_REVIEW))


def test_what_two_people_of_the_owner_approved_is_in_force_and_says_who_did(city, hand, reopen):
    done = accept(city, hand, lent())
    assert done.approved_by == ("省里的chen",) and done.waiting == ()
    first = next(city.items.select())
    (event,) = city.history.events(first.number)
    kept = approvals.kept(event.statement)
    assert (kept.handed_in_by, kept.approved_by) == ("省里的zhang", "省里的chen")
    assert review.is_signed(event, ())


def test_what_nobody_approved_waits_here_until_a_reviewer_has_read_it(city, hand, reopen):
    done = accept(city, hand, unread())
    assert set(done.waiting) == {each.id for each in ITEMS} and done.approved_by == ()
    assert list(city.items.select()) == [] and availability(city, TODAY, Permission.EXAM).items == []
    items = waiting(city)
    assert [each.id for each in items] == [each.id for each in ITEMS]
    (one,) = city.slices.all()
    assert (one.items, one.in_force, one.waiting) == (4, 0, 4)
    assert city.audit.findings() == []
    assert refused(lifecycle.approve, city, items[:1], hand["wang"]) == "approve-unread"
    assert refused(approve, city, items[:1], hand["li"]) == "person-lacks-role"
    assert refused(lifecycle.write, city, items[0].lineage, item(77), hand["li"]) == "item-of-other-owner"
    assert refused(lifecycle.retire, city, items[:1], hand["wang"], "…") == "item-of-other-owner"
    approve(city, items[:3], hand["wang"])
    assert len(list(city.items.select())) == 3 and city.audit.findings() == []
    assert (city.slices.all()[0].in_force, city.slices.all()[0].waiting) == (3, 1)
    city.close()
    with reopen() as bank:
        assert len(list(bank.answer_keys.whole(bank.items.select()))) == 3 and bank.audit.findings() == []
        (held,) = [e for e in bank.items.select() if e.id == ITEMS[1].id]
        assert [e.act for e in bank.history.events(held.number)] == [Act.RECEIVE, Act.APPROVE]
        assert refused(lifecycle.retire, bank, [held], hand["wang"], "…") == "item-of-other-owner"


def test_a_slice_that_an_earlier_version_made_waits_as_well(city, hand):
    done = accept(city, hand, signed_again(unread(), v=1))
    assert len(done.waiting) == 4 and list(city.items.select()) == []


def test_what_an_earlier_version_took_in_stays_in_force(city, hand, reopen, monkeypatch):
    """Its reviewer signed that the slice is in force: version 1 of an acceptance."""

    def by_word(bank, slice_):
        statement, sealed = slice_
        terms = slices.read(statement)
        told = slices.to_accept(bank.vault.name, terms, "wang", "2026-11-21T09:00:00Z", version=1)
        signed = statements.sign(told, hand["wang"].key)
        return bank.slices.accept(statement, slices.unseal(terms, sealed, CITY.lock), signed)

    with monkeypatch.context() as before:
        before.setattr(slices, "check_acceptance", functools.partial(slices.check_acceptance, version=1))
        before.setattr(type(city.meta), "sample", lambda self: True)  # it asked for no approval
        by_word(city, signed_again(unread(), v=1))
    city.close()
    with reopen() as bank:
        assert len(list(bank.items.select())) == 4 and bank.audit.findings() == []
        assert bank.slices.all()[0].in_force == 4
        assert refused(by_word, bank, unread()) == "slice-other-acceptance"  # no more


@pytest.mark.parametrize(
    ("trick", "how"),
    {
        "other words were approved": {"other": item(7)},
        "another answer key was approved": {"other": item(1, (2,))},
        "another explanation was approved": {"other": item(1, explanation="…")},
        "one person both handed in and approved": {"submits": "chen"},
        "who approved may not": {"roles": frozenset({Role.AUTHOR})},
    }.items(),
)
def test_an_approval_that_is_none_lets_nothing_in(city, hand, trick, how):
    slice_ = lent([item(1), item(2)], approved=lambda each: approval(each, **(how if each.code == "p1" else {})))
    assert refused(accept, city, hand, slice_) == "slice-approval"
    assert city.slices.all() == [] and waiting(city) == []


def test_signatures_of_strangers_cut_short_or_without_end_are_no_approval(city, hand):
    good = approval(item(1))
    zhang, chen = good.people[1], good.people[0]
    assert (zhang.id, chen.id) == ("zhang", "chen")
    for changes in (
        {"events": good.events[:2]},
        {"events": (good.events[0], good.events[2])},
        {"events": (*good.events[:2], dataclasses.replace(good.events[2], statement=b""))},
        {"people": (chen,)},
        {"people": (dataclasses.replace(zhang, was="chen"), dataclasses.replace(chen, was="zhang"))},
        {"people": (zhang, dataclasses.replace(chen, sign=zhang.sign))},
        {"people": (zhang, dataclasses.replace(chen, was="zhang"))},
        {"salt": "00" * 16},
        {"rev": 2},
    ):
        forged = dataclasses.replace(good, **changes)
        assert refused(accept, city, hand, lent([item(1)], approved=lambda _, it=forged: it)) == "slice-approval", (
            changes
        )
    assert city.slices.all() == []


def test_what_waits_leaves_the_older_in_force_until_it_is_approved(city, hand):
    old, new = lent([item(2, (1,))], **EARLY), unread([item(2, (2,))], **LATE)
    accept(city, hand, old)
    report = accept(city, hand, new)
    assert report.renewed == report.corrected == report.waiting == (ITEMS[1].id,)
    assert city.answer_keys.of([ITEMS[1].id]) == {ITEMS[1].id: AnswerKey((1,))}
    (held,) = waiting(city)
    assert city.items.find("p2").number == held.number
    approve(city, [held], hand["wang"])
    assert city.answer_keys.of([ITEMS[1].id]) == {ITEMS[1].id: AnswerKey((2,))}
    assert city.audit.findings() == []
    assert city.slices.withdraw(out(new)).retired == 0
    assert city.answer_keys.of([ITEMS[1].id]) == {ITEMS[1].id: AnswerKey((1,))}
    assert city.audit.findings() == []


def test_what_a_reviewer_turns_down_is_out_and_the_older_goes_on(city, hand):
    accept(city, hand, lent([item(2, (1,))], **EARLY))
    accept(city, hand, unread([item(2, (2,)), item(3)], **LATE))
    lifecycle.send_back(city, waiting(city), hand["wang"], "答案可疑")
    assert waiting(city) == [] and [each.code for each in city.items.select()] == ["p2"]
    assert city.answer_keys.of([ITEMS[1].id]) == {ITEMS[1].id: AnswerKey((1,))}
    assert city.items.find("p2").state is State.APPROVED and city.items.find("p3").state is State.RETIRED
    assert [(each.in_force, each.waiting) for each in city.slices.all()] == [(1, 0), (0, 0)]
    assert city.audit.findings() == []


def test_what_waits_gives_way_to_a_newer_slice_and_never_comes_back_unread(city, hand):
    first, newest = unread([item(2, (1,))], **EARLY), lent([item(2, (2,))], **LATE)
    accept(city, hand, first)
    accept(city, hand, newest)
    assert waiting(city) == [] and city.answer_keys.of([ITEMS[1].id]) == {ITEMS[1].id: AnswerKey((2,))}
    assert city.slices.withdraw(out(newest)).retired == 1
    assert list(city.items.select()) == [] == waiting(city) and city.audit.findings() == []
    later = unread([item(2, (0,))], at="11:00:00")
    accept(city, hand, later)
    assert accept(city, hand, unread([item(2, (1,))], at="10:30:00")).waiting
    (held,) = waiting(city)  # the newer of the two that nobody read
    assert held.provenance.origin == slices.read(later[0]).origin
    assert city.slices.withdraw(out(later)).retired == 1
    assert waiting(city) == [] and city.audit.findings() == []


def test_an_older_slice_that_was_approved_is_in_force_beside_a_newer_that_waits(city, hand):
    accept(city, hand, unread([item(2, (2,))], **LATE))
    accept(city, hand, lent([item(2, (1,))], **EARLY))
    assert city.answer_keys.of([ITEMS[1].id]) == {ITEMS[1].id: AnswerKey((1,))}
    (held,) = waiting(city)
    assert city.items.find("p2").number == held.number
    approve(city, [held], hand["wang"])
    assert city.answer_keys.of([ITEMS[1].id]) == {ITEMS[1].id: AnswerKey((2,))} and city.audit.findings() == []


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("UPDATE revisions SET state = 'approved' WHERE number = 1", "revision-history"),
        ("UPDATE acts SET act = 'accept' WHERE act = 'receive';"
         " UPDATE revisions SET state = 'approved' WHERE number = 1", "slice-item-unread"),
    ],
)  # fmt: skip
def test_whoever_holds_the_banks_key_approves_nothing_by_it(city, hand, reopen, sql, code):
    accept(city, hand, unread())
    for each in sql.split(";"):
        city.vault.connection.execute(each)
    city.close()
    with reopen() as bank:
        assert refused(lambda: list(bank.items.select())) == code


def test_an_approval_is_proved_each_time_and_cannot_be_taken_off(city, hand, reopen):
    accept(city, hand, lent(ITEMS[:1]))
    city.vault.connection.execute("UPDATE acts SET statement = x'' WHERE act = 'accept' AND revision = 1")
    city.close()
    with reopen() as bank:
        assert refused(lambda: list(bank.items.select())) == "slice-item-changed"


def test_what_a_bank_lends_carries_how_its_people_approved_it(city, hand, reopen, made, tmp_path):
    """One bank lends, another takes in, by the functions that the commands call."""
    lifecycle.add(city, [item(21), item(22)], hand["li"])
    lifecycle.submit(city, list(city.items.select(state=State.DRAFT)), hand["li"])
    approve(city, list(city.items.select(state=State.IN_REVIEW)), hand["wang"])
    made_out = exchange.lend(
        city, PROVINCE.body, PROVINCE.key, CITY.body, tmp_path / "stick", permission=EXAM, first=TODAY, until=END,
        signers=[hand["li"]],
    )  # fmt: skip
    statement, sealed = ((made_out.folder / name).read_bytes() for name in (slices.STATEMENT, slices.ITEMS))
    with Bank.open_with_key(Path(shutil.copytree(made[0] / "exam", tmp_path / "other")), made[2]["exam"]) as bank:
        lines = slices.unseal(slices.read(statement), sealed, CITY.lock)
        taken = exchange.accept(bank, statement, lines, dataclasses.replace(hand["wang"], seen=tmp_path / "o.json"))
        assert (taken.done.approved_by, taken.done.waiting) == (("王芳",), ())
        assert [each.code for each in bank.items.select()] == ["p21", "p22"] and bank.audit.findings() == []


# ---- several slices of one owner ---------------------------------------------------------------------------------------


EARLY, LATE = {"at": "08:00:00"}, {"at": "10:00:00"}
DRILL = frozenset({Permission.DRILL})


def out(slice_, day="2027-01-01"):
    return slices.withdrawal(slices.read(slice_[0]), PROVINCE.key, f"{day}T00:00:00Z", "…")


def test_a_newer_slice_renews_widens_and_moves_the_period(city, hand):
    accept(city, hand, lent(until=date(2026, 12, 31), **EARLY))
    report = accept(city, hand, lent(permission=EXAM | DRILL, until=END, **LATE))
    assert (len(report.renewed), report.added, report.corrected, report.already) == (4, (), (), ())
    assert (
        city.slices.withheld("2027-06-01", Permission.EXAM)
        == city.slices.withheld("2027-06-01", Permission.DRILL)
        == {}
    )
    assert [(each.items, each.in_force) for each in city.slices.all()] == [(4, 0), (4, 4)]
    assert len(list(city.items.select())) == 4 and city.audit.findings() == []
    old, new = city.items.revisions(ITEMS[0].id)
    assert [event.act for event in city.history.events(old.number)] == [Act.ACCEPT, Act.SUPERSEDE]
    assert [event.act for event in city.history.events(new.number)] == [Act.ACCEPT]
    assert old.provenance.origin != new.provenance.origin


def test_a_newer_slice_narrows_and_shortens_too(city, hand):
    accept(city, hand, lent(permission=EXAM | DRILL, **EARLY))
    accept(city, hand, lent(ITEMS[:1], permission=DRILL, until=date(2026, 12, 1), **LATE))
    assert city.slices.withheld("2026-11-25", Permission.EXAM) == {ITEMS[0].id: "slice-not-permitted"}
    assert city.slices.withheld("2027-01-01", Permission.DRILL) == {ITEMS[0].id: "slice-over"}


def test_a_slice_that_begins_later_leaves_the_older_in_force_until_then(city, hand):
    accept(city, hand, lent(until=date(2026, 12, 31), **EARLY))
    accept(city, hand, lent(first=date(2027, 1, 1), permission=DRILL, **LATE))
    assert city.slices.withheld("2026-12-31", Permission.EXAM) == {}
    assert set(city.slices.withheld("2027-01-01", Permission.EXAM).values()) == {"slice-not-permitted"}
    assert city.slices.withheld("2027-01-01", Permission.DRILL) == {}


def test_an_answer_key_is_corrected_by_a_newer_slice_at_once(city, hand):
    accept(city, hand, lent([item(2, (1,))], **EARLY))
    assert accept(city, hand, lent([item(2, (2,))], **LATE)).corrected == (ITEMS[1].id,)
    assert city.answer_keys.of([ITEMS[1].id]) == {ITEMS[1].id: AnswerKey((2,))}
    assert city.audit.findings() == []


@pytest.mark.parametrize("also", [False, True])
def test_an_older_slice_brought_later_moves_nothing(city, hand, also):
    """A courier keeps a slice back, or somebody finds it on an old stick."""
    old = lent([item(2, (1,)), *([item(9)] if also else [])], permission=EXAM | DRILL, **EARLY)
    accept(city, hand, lent([item(2, (2,))], **LATE))
    report = accept(city, hand, old)
    assert report.older == (ITEMS[1].id,) and len(report.added) == also
    assert city.answer_keys.of([ITEMS[1].id]) == {ITEMS[1].id: AnswerKey((2,))}
    assert city.slices.withheld("2026-12-01", Permission.DRILL) == {ITEMS[1].id: "slice-not-permitted"}
    assert city.items.newest(ITEMS[1].id).state is State.APPROVED and city.audit.findings() == []


def test_withdrawing_the_older_slice_leaves_the_newer_in_force(city, hand):
    old, new = lent(**EARLY), lent(ITEMS[:3], **LATE)
    accept(city, hand, old)
    accept(city, hand, new)
    done = city.slices.withdraw(out(old))
    assert (done.retired, done.standing) == (1, 3)
    assert len(list(city.items.select())) == 3 and city.audit.findings() == []


def test_withdrawing_the_newer_slice_lets_the_older_rule_again_unless_it_was_withdrawn_too(city, hand):
    old, new = lent([item(2, (1,))], **EARLY), lent([item(2, (2,))], **LATE)
    accept(city, hand, old)
    accept(city, hand, new)
    assert city.slices.withdraw(out(new)).retired == 0
    assert city.answer_keys.of([ITEMS[1].id]) == {ITEMS[1].id: AnswerKey((1,))}
    assert [e.act for e in city.history.events(city.items.newest(ITEMS[1].id).number)] == [
        Act.ACCEPT,
        Act.SUPERSEDE,
        Act.RESUME,
    ]
    assert city.audit.findings() == []
    assert city.slices.withdraw(out(old)).retired == 1
    assert list(city.items.select()) == [] and city.audit.findings() == []


def test_what_was_withdrawn_comes_back_with_a_new_slice(city, hand):
    first = lent(**EARLY)
    accept(city, hand, first)
    city.slices.withdraw(out(first))
    report = accept(city, hand, lent([item(2, (0,)), *ITEMS[2:]], **LATE))
    assert len(report.renewed) == 3 and report.corrected == (ITEMS[1].id,)
    assert len(list(city.items.select())) == 3 and city.audit.findings() == []


def test_an_item_of_another_owner_is_taken_only_after_its_owner_withdrew_it(city, hand):
    for name in hand:
        vouch(city, hand, OTHER, name)
    first = lent(ITEMS[:2])
    accept(city, hand, first)
    assert accept(city, hand, lent([item(2, (0,))], owner=OTHER, **LATE)).contradicting == (ITEMS[1].id,)
    city.slices.withdraw(out(first))
    assert accept(city, hand, lent(ITEMS[:1], owner=OTHER, **LATE)).renewed == (ITEMS[0].id,)
    assert [each.provenance.owner for each in city.items.select()] == [OTHER.body.id] and city.audit.findings() == []


def test_a_withdrawal_that_comes_first_keeps_its_slice_out(city, hand, reopen):
    slice_ = lent()
    done = city.slices.withdraw(out(slice_))
    assert (done.owner, done.here, done.retired) == (PROVINCE.body.name, False, 0)
    head = city.history.head()
    assert not city.slices.withdraw(out(slice_)).here and city.history.head() == head  # brought twice, kept once
    city.close()
    with reopen() as bank:
        assert refused(accept, bank, hand, slice_) == "slice-withdrawn"
        assert len(accept(bank, hand, lent()).added) == 4


def test_another_owners_withdrawal_keeps_no_slice_of_this_one_out(city, hand):
    for name in hand:
        vouch(city, hand, OTHER, name)
    slice_ = lent()
    stolen = dataclasses.replace(slices.read(slice_[0]), owner=OTHER.body)
    city.slices.withdraw(slices.withdrawal(stolen, OTHER.key, "2027-01-01T00:00:00Z", "…"))
    assert len(accept(city, hand, slice_).added) == 4


def test_a_withdrawn_revision_is_not_brought_back_by_an_act_of_whoever_holds_the_bank(city, hand):
    slice_ = lent(ITEMS[:1])
    accept(city, hand, slice_)
    city.slices.withdraw(out(slice_))
    forged = review.Event(Act.RESUME, "", "2027-01-02T00:00:00Z", "SX")
    with city.vault.transaction() as connection:
        city.history.note(connection, 1, forged, State.APPROVED)
    assert {found.code for found in city.audit.findings()} == {"revision-history"}


def test_an_own_item_is_not_brought_back_by_an_act_that_nobody_signs(city, hand):
    events = [review.Event(act, "wang", "") for act in (Act.WRITE, Act.SUBMIT, Act.APPROVE, Act.RETIRE, Act.RESUME)]
    assert refused(review.state_after, events) == "act-not-possible"


def test_what_was_measured_here_goes_on_under_a_new_slice_with_the_same_answer_key(city, hand):
    accept(city, hand, lent(ITEMS[:1] + (item(2, (1,)),), **EARLY))
    city.calibrations.add({ITEMS[0].id: (5_000, 300), ITEMS[1].id: (2_000, 300)})
    accept(city, hand, lent(ITEMS[:1] + (item(2, (2,)),), **LATE))
    assert [each.calibrated_p4 for each in city.items.select()] == [5_000, None]


def test_the_newest_slice_is_by_the_owners_day_and_then_by_arrival():
    class Terms:
        def __init__(self, at, first):
            self.at, self.first = at, first

    first, second = (loans.Loan(n, Terms("a", date(2026, 1, n)), n, False) for n in (1, 2))
    older = loans.Loan(3, Terms("0", date(2026, 1, 1)), 3, False)
    assert loans.in_force([first, second, older]) is second
    assert loans.ruling([first, second, older], date(2026, 1, 1)) is first
    assert loans.ruling([second], date(2025, 1, 1)) is second
    assert loans.in_force([dataclasses.replace(second, withdrawn=True)]) is None


# ---- out and in by other doors -----------------------------------------------------------------------------------------


def test_what_came_in_a_slice_is_no_item_of_ones_own_by_any_other_door(city, hand):
    accept(city, hand, lent(ITEMS[:1]))
    (held,) = city.answer_keys.whole(city.items.select())
    strange = structs.replace(item(9), provenance=held.provenance)
    assert refused(city.drafts.weigh, [strange]) == "item-came-in-a-slice"
    assert refused(lifecycle.add, city, [strange], hand["li"]) == "item-came-in-a-slice"


# ---- through the keyholders' agent -------------------------------------------------------------------------------------


@pytest.fixture
def shared(made, hand, tmp_path, monkeypatch):
    """The city's bank in the hands of two keyholders, open in an agent that lets two answer keys out."""
    import tempfile
    import threading

    from bank.agent import Agent, channel, connect
    from bank.custody import Offered, Opening, hand_over

    holders = [(name, f"{name}的密码句子一二三") for name in ("王强", "赵敏")]
    with tempfile.TemporaryDirectory(prefix="examd-") as run:
        monkeypatch.setattr(sealing, "MEMORY_KIB", 64)
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
        monkeypatch.setenv("XDG_RUNTIME_DIR", run)
        folder = Path(shutil.copytree(made[0] / "exam", tmp_path / "shared"))
        bank = Bank.open_with_key(folder, made[2]["exam"])
        lifecycle.add(bank, [item(n) for n in range(10, 20)], hand["li"])
        hand_over(bank, holders, 2, reason="share")
        present = [(Offered.read(folder / f"shares/share-1-{n}.json"), word) for n, (_, word) in enumerate(holders, 1)]
        opening = Opening.begin(folder, present, hours=1, limit=2)
        agent = Agent(opening, channel.listen(opening.custody.bank), 3600, lambda: 0.0, [])
        thread = threading.Thread(target=agent.serve)
        thread.start()
        try:
            with connect(folder, "test") as remote:
                yield remote, opening
        finally:
            agent.stop("test")
            thread.join(10)


@pytest.mark.skipif(__import__("os").name == "nt", reason="the Windows half of the line has not been tried")
def test_slices_owners_and_marks_cross_the_line_to_the_agent(shared, hand):
    remote, opening = shared
    assert refused(accept, remote, hand, lent(owner=OTHER)) == "owner-unknown"
    assert not vouch(remote, hand, OTHER, "li").known and vouch(remote, hand, OTHER, "wang").known
    first, second = lent(**EARLY), lent([item(2, (1,))], **LATE)
    assert len(accept(remote, hand, first).added) == 4
    assert accept(remote, hand, second).corrected == (ITEMS[1].id,)
    remote.exposure.add("S1", "site", {ITEMS[0].id: 9}, "2026-11-22")
    remote.watermarks.add([ITEMS[0].id], "a" * 32, "S1", "site", "2027-11-22")
    assert [(mark.item, mark.session) for mark in remote.watermarks.all()] == [(ITEMS[0].id, "S1")]
    assert remote.slices.withheld("2028-01-01", Permission.EXAM).keys() == {one.id for one in ITEMS}
    assert remote.slices.withdraw(out(first)).standing == 1
    assert [each.in_force for each in remote.slices.all()] == [0, 1]
    assert [each.body.id for each in remote.owners.all()] == ["SX", "SX-0352"]
    assert opening.answer_keys_out == 0


@pytest.mark.skipif(__import__("os").name == "nt", reason="the Windows half of the line has not been tried")
def test_guesses_in_a_slice_count_as_answer_keys_that_leave(shared, hand):
    """Whoever can sign as an owner could ask for each of the city's own items whether A is right, then B …"""
    remote, opening = shared
    guesses = [item(n, (1,)) for n in range(10, 20)]
    assert refused(accept, remote, hand, lent(guesses)) == "export-limit"
    assert remote.slices.all() == [] and opening.answer_keys_out == 0
    assert len(accept(remote, hand, lent(guesses[:2])).contradicting) == 2 and opening.answer_keys_out == 2
