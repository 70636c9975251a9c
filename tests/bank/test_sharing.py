"""What a province lends a city: used as permitted, never changed there, gone when it is taken back."""

import dataclasses
import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bank import life, people, review, sharing
from bank.content import Background, Content, ItemType, Level, Option
from bank.facts import facts_of
from bank.item import AnswerKey, Item, Number, Provenance
from bank.people import Role
from bank.refused import BadFile, BrokenStore, Denied
from bank.review import Act, State
from bank.seal import passphrase as sealing
from bank.seal import statements
from bank.seal.locks import Identity, seal
from bank.sharing import Body, Permission
from bank.store import Bank

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
                life.enrol(bank, signers["li"], "李明", frozenset({Role.AUTHOR}))
                life.enrol(bank, signers["wang"], "王芳", BOTH)
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


def lent(items=ITEMS, *, media=None, owner=PROVINCE, to=CITY, permission=EXAM, first=TODAY, until=END):
    return sharing.make(
        items, media or {}, owner=owner.body, key=owner.key, receiver=to.body, permission=permission, first=first,
        until=until, at="2026-11-21T08:00:00Z",
    )  # fmt: skip


def accept(bank, hand, slice_, receiver=CITY, owner=PROVINCE, at="2026-11-21T09:00:00Z", by="wang"):
    """As the command does it."""
    statement, sealed = slice_
    terms = sharing.read(statement)
    sharing.require_owner(terms, owner.body)
    lines = sharing.unseal(terms, sealed, receiver.lock)
    told = sharing.to_accept(bank.vault.name, terms, by, at)
    return bank.accept(statement, lines, statements.sign(told, hand[by].key))


def refused(call, *args, **more):
    with pytest.raises((Denied, BadFile, BrokenStore)) as caught:
        call(*args, **more)
    return caught.value.code


# ---- the way through ---------------------------------------------------------------------------------------------


def test_what_was_lent_is_in_force_at_once_and_says_whose_it_is(city, hand):
    slice_ = lent()
    terms = sharing.read(slice_[0])
    assert len(accept(city, hand, slice_).added) == 4
    held = list(city.whole(city.items(verify=True)))
    for one, sent in zip(held, ITEMS, strict=True):
        assert one.provenance == Provenance(sent.provenance.author, "SX", f"slice {terms.slice}")
        assert dataclasses.replace(one, provenance=sent.provenance) == sent
    assert city.answer_keys([ITEMS[1].id]) == {ITEMS[1].id: AnswerKey((2,))}
    assert city.findings() == []
    (known,) = city.slices()
    assert (known.owner, known.permission, known.until, known.items, known.accepted_by) == (
        "SX", (Permission.EXAM,), "2027-12-31", 4, "wang",
    )  # fmt: skip


def test_it_is_still_proved_after_closing(city, hand, reopen):
    accept(city, hand, lent())
    city.close()
    with reopen() as bank:
        assert len(list(bank.items(verify=True))) == 4 and bank.findings() == []


def test_the_citys_own_items_stand_beside_it_as_before(city, hand):
    city.add([item(9)], by="li")
    life.submit(city, list(city.items(state=State.DRAFT)), hand["li"])
    accept(city, hand, lent())
    life.approve(city, list(city.items(state=State.IN_REVIEW)), hand["wang"])
    assert [each.provenance.owner for each in city.items()] == ["", "SX", "SX", "SX", "SX"]


def test_what_the_city_has_already_stays_its_own_and_a_contradiction_is_named(city, hand):
    city.add([item(1), item(2)], by="li")
    report = accept(city, hand, lent(ITEMS))
    assert report.already == (ITEMS[0].id, ITEMS[1].id) and report.contradicting == (ITEMS[1].id,)
    assert len(report.added) == 2
    assert {each.provenance.owner for each in city.items(state=State.DRAFT)} == {""}


def test_pictures_travel_with_their_items(city, hand):
    import hashlib

    picture = b"\x89PNG not really"
    sha256 = hashlib.sha256(picture).hexdigest()
    content = Content(ItemType.SINGLE, "看图", (Option("甲"), Option("乙")), (sha256,))
    shown = Item(content, AnswerKey((0,)), "1")
    assert refused(lent, [shown]) == "slice-picture-missing"
    accept(city, hand, lent([shown], media={sha256: picture}))
    assert city.media(sha256) == picture


def test_the_statement_shows_nothing_of_the_items(city):
    statement, sealed = lent()
    for secret in ("验电", "省里的解析", ITEMS[0].id, "三十六"):
        assert secret.encode() not in statement and secret.encode() not in sealed
    # The same item in two slices: other salts, other digests.
    assert sharing.read(statement).digests.isdisjoint(sharing.read(lent()[0]).digests)


def test_the_period_and_the_permission_bound_what_a_session_may_use(city, hand):
    accept(city, hand, lent(first=date(2026, 12, 1)))
    ids = {one.id for one in ITEMS}

    def withheld(day, purpose=Permission.EXAM):
        return city.withheld(day, purpose)

    assert withheld("2026-11-30") == dict.fromkeys(ids, "slice-not-yet")
    assert withheld("2026-12-01") == withheld("2027-12-31") == {}
    assert withheld("2028-01-01") == dict.fromkeys(ids, "slice-over")
    assert withheld("2026-12-01", Permission.DRILL) == dict.fromkeys(ids, "slice-not-permitted")


def test_a_withdrawal_reaches_the_next_draw(city, hand):
    slice_ = lent()
    accept(city, hand, slice_)
    terms = sharing.read(slice_[0])
    assert city.withdraw(sharing.withdrawal(terms, PROVINCE.key, "2027-01-01T00:00:00Z", "泄露")) == 4
    assert list(city.items()) == [] and facts_of(city.items(), rule()) == []
    assert city.slices()[0].withdrawn_at == "2027-01-01T00:00:00Z"
    assert city.findings() == []
    history = city.events(next(city.items(state=State.RETIRED)).number)
    assert [event.act for event in history] == [Act.ACCEPT, Act.WITHDRAW]
    assert refused(accept, city, hand, slice_) == "slice-withdrawn"


def rule():
    from bank.blueprint import propose
    from bank.facts import tally
    from bank.store import BankItem

    blank = BankItem(
        "a" * 32, 1, State.APPROVED, ITEMS[0].content, "1", Level.KNOW, 7_000, "", (), (), (), "", ""
    )  # fmt: skip
    return propose(tally([blank] * 30), name="样卷")


# ---- confidential --------------------------------------------------------------------------------------------------


OPEN = item(5, tags=("公开",))


@pytest.mark.parametrize(
    ("tags", "expected"),
    [((), True), (("初训",), True), (("公开",), False), (("应知应会",), False), (("Open",), False),
     (("公开", "保密"), True), (("open", "Confidential"), True)],
)  # fmt: skip
def test_every_item_is_confidential_that_does_not_say_it_is_open(tags, expected):
    assert sharing.confidential(tags) is expected


def test_no_confidential_item_enters_an_open_bank_by_any_door(practice, hand):
    assert practice.practice
    for door in (practice.add, practice.weigh):
        with pytest.raises(Denied) as caught:
            door([OPEN, item(6)])
        assert (caught.value.code, caught.value.facts) == ("item-confidential", {"item": "p6", "found": 1})
    assert practice.add([OPEN], by="li").added
    draft = next(practice.items(state=State.DRAFT))
    assert refused(practice.revise, draft.lineage, item(7)) == "item-confidential"
    both = EXAM | {Permission.OPEN}
    assert refused(lent, ITEMS, permission=both) == "item-confidential"
    assert refused(accept, practice, hand, lent(ITEMS)) == "slice-not-open"
    # A province that says "open" of what it does not tag as open: only by signing around its own program.
    statement, sealed = lent(ITEMS)
    forged = json.loads(statement)["signed"] | {"permission": ["open"]}
    assert refused(accept, practice, hand, (statements.sign(forged, PROVINCE.key), sealed)) == "item-confidential"
    accept(practice, hand, lent([item(8, tags=("应知应会",))], permission=both))
    assert [each.code for each in practice.items()] == ["p8"]


# ---- the adversary's table -----------------------------------------------------------------------------------------


def signed_again(slice_, key=PROVINCE.key, **changes):
    return statements.sign(json.loads(slice_[0])["signed"] | changes, key), slice_[1]


def edit(city, hand):
    first = next(city.items())
    return city.revise(first.lineage, item(77))


def retire(city, hand):
    life.retire(city, [next(city.items())], hand["wang"], "不要了")


def approve_again(city, hand):
    life.approve(city, [next(city.items())], hand["wang"])


def lend_on(city, hand):
    return lent(list(city.whole(city.items())), owner=CITY, to=OTHER)


def foreign_withdrawal(city, hand):
    terms = sharing.Terms(**vars(sharing.read(ON_HAND["slice"][0])) | {"owner": CITY.body})
    city.withdraw(sharing.withdrawal(terms, CITY.key, "2027-01-01T00:00:00Z", "…"))


def withdrawal_of_another(city, hand):
    other = sharing.read(lent()[0])
    city.withdraw(sharing.withdrawal(other, PROVINCE.key, "2027-01-01T00:00:00Z", "…"))


def again(city, hand):
    accept(city, hand, ON_HAND["slice"])


ON_HAND = {}
ON_ACCEPTED = {
    "a city edits a province's item": (edit, "item-of-other-owner"),
    "a city retires a province's item": (retire, "item-of-other-owner"),
    "a city approves it as its own": (approve_again, "item-of-other-owner"),
    "a city lends it on": (lend_on, "item-of-other-owner"),
    "somebody else withdraws it": (foreign_withdrawal, "signature"),
    "a withdrawal of what is not here": (withdrawal_of_another, "slice-unknown"),
    "the same slice twice": (again, "slice-already"),
}


@pytest.mark.parametrize("trick", ON_ACCEPTED)
def test_what_the_holder_of_a_slice_tries(city, hand, trick):
    ON_HAND["slice"] = lent()
    accept(city, hand, ON_HAND["slice"])
    act, code = ON_ACCEPTED[trick]
    head = city.head()
    assert refused(act, city, hand) == code
    assert len(list(city.items(verify=True))) == 4 and city.head() == head


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
    "another receiver's, readdressed": lambda s: signed_again(lent(to=OTHER), receiver=CITY.body.record()),
    "other items inside": lambda s: (s[0], lent()[1]),
    "items that nobody signed": lambda s: (s[0], seal(b'{"x":1}\n', [CITY.lock.recipient])),
    "an item left out of the digests": lambda s: signed_again(s, items=[]),
    "nonsense inside, signed": _nonsense,
    "a package's manifest": lambda s: (statements.sign({"type": "examd-package"}, PROVINCE.key), s[1]),
    "no statement at all": lambda s: (b"{}", s[1]),
    "after its period": lambda s: lent(first=NEVER, until=NEVER),
}
REFUSALS = {
    "longer than it was lent": "signature",
    "for more than it was lent": "signature",
    "signed by another": "signature",
    "an owner who is not the one we know": "slice-other-owner",
    "for another receiver": "slice-other-receiver",
    "another receiver's, readdressed": "lock",
    "other items inside": "slice-altered",
    "items that nobody signed": "slice-altered",
    "an item left out of the digests": "slice-altered",
    "nonsense inside, signed": "slice-malformed",
    "a package's manifest": "statement-type",
    "no statement at all": "statement-malformed",
    "after its period": "slice-ended",
}


@pytest.mark.parametrize("trick", ON_ARRIVAL)
def test_what_a_courier_tries(city, hand, trick):
    assert refused(accept, city, hand, ON_ARRIVAL[trick](lent())) == REFUSALS[trick]
    assert list(city.items()) == [] and city.slices() == []


def test_only_a_reviewer_of_this_bank_accepts(city, hand):
    slice_ = lent()
    assert refused(accept, city, hand, slice_, by="li") == "person-lacks-role"
    statement, sealed = slice_
    terms, lines = sharing.read(statement), sharing.unseal(sharing.read(statement), sealed, CITY.lock)

    def tried(key=hand["wang"].key, **changes):
        told = sharing.to_accept(city.vault.name, terms, "wang", "2026-11-21T09:00:00Z") | changes
        return refused(city.accept, statement, lines, statements.sign(told, key))

    assert tried(by="nobody") == "person-unknown"
    assert tried(key=hand["li"].key) == "signature"
    assert tried(bank="another") == tried(statement="00" * 32) == tried(owner={}) == "slice-other-acceptance"
    city.end_person("wang", "2026-11-20")
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
        ("DELETE FROM acts WHERE act = 'accept' AND revision = 1", "acts-chain"),
    ],
)
def test_whoever_holds_the_banks_key_changes_nothing_unnoticed(city, hand, reopen, sql, code):
    accept(city, hand, lent())
    if "CAST" in sql:
        sql = sql.replace("replace(", "CAST(replace(").replace("'2037')", "'2037') AS BLOB)")
    city.vault.connection.execute(sql)
    city.close()
    with reopen() as bank:
        if code == "acts-chain":
            assert code in {found.code for found in bank.findings()}
        else:
            assert refused(lambda: list(bank.items(verify=True))) == code


def test_a_lent_item_may_be_calibrated_and_is_no_other_item_for_it(city, hand):
    accept(city, hand, lent())
    city.calibrate({ITEMS[0].id: (5_000, 300)})
    first = next(city.items(verify=True))
    assert first.expected_p4 == 5_000 and review.state_after(city.events(first.number)) is State.APPROVED
