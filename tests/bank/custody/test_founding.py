"""A bank founded in shares was never anybody's alone; a share lies on its holder's stick, and on no other's."""

import os
import shutil
from collections import Counter

import pytest

from bank import custody
from bank.authoring import people
from bank.authoring.enrolment import Applicant, enrol_together
from bank.authoring.people import Keeper, Role
from bank.custody import Custody, Offered, Opening, found, sticks
from bank.journal import Journal
from bank.refused import BrokenStore, Denied
from bank.store import KEY_FILE, Bank
from tests.faults.killed import killed_before_each_write

PEOPLE = {name: f"{name}的密码句子一二三" for name in ("王强", "李丽", "赵敏")}
pytestmark = pytest.mark.skipif(os.name == "nt", reason="no fork")


@pytest.fixture(autouse=True)
def apart(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def founded(directory, names=tuple(PEOPLE), need=2):
    return found(directory, names, need, PEOPLE.__getitem__)


def opened(directory, *names):
    holders = Custody.read(directory)
    offered = [custody.find_share(directory, holders, holders.holder(name), []) for name in names]
    return Opening.begin(directory, [(each, PEOPLE[each.head.holder]) for each in offered], hours=1)


def test_a_founded_bank_opens_with_any_two_and_no_key_ever_opened_it_alone(tmp_path):
    done = founded(tmp_path / "new/bank")
    assert done.combinations == 3 and all(file.exists() for file in done.files)
    assert not (tmp_path / "new/bank" / KEY_FILE).exists()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["bank"]
    for pair in (("王强", "李丽"), ("李丽", "赵敏")):
        with opened(tmp_path / "new/bank", *pair) as opening:
            assert not opening.bank.sample
    journal = Journal.read(tmp_path / "new/bank")
    assert journal.lines[0].entry.facts["reason"] == "found" and journal.unsound() is None


def test_what_cannot_be_founded_is_refused_before_the_second_is_asked(tmp_path):
    asked = []

    def same(name):
        asked.append(name)
        return "correct horse battery"

    for names, need, code in ((("王强",), 2, "shares-need-above"), (("王强", "王强"), 2, "holder-twice")):
        with pytest.raises(Denied) as refused:
            found(tmp_path / "bank", names, need, same)
        assert refused.value.code == code and not asked
    with pytest.raises(Denied) as refused:
        found(tmp_path / "bank", ("王强", "李丽", "赵敏"), 2, same)
    assert refused.value.code == "passphrase-shared" and asked == ["王强", "李丽"]
    Bank.create(tmp_path / "bank", "correct horse battery").close()
    with pytest.raises(Denied) as refused:
        founded(tmp_path / "bank")
    assert refused.value.code == "bank-exists"
    Bank.open(tmp_path / "bank", "correct horse battery").close()  # untouched


def test_a_founding_killed_before_any_write_is_begun_again_or_done(tmp_path):
    (tmp_path / "place").mkdir()
    deaths = 0
    for broken in killed_before_each_write(tmp_path / "place", lambda at: founded(at / "bank")):
        deaths += 1
        if not custody.is_shared(broken / "bank"):
            assert not (broken / "bank").exists()  # nothing half made stands in its place
            founded(broken / "bank")
        with opened(broken / "bank", "李丽", "赵敏"):
            pass
        assert {path.name for path in broken.iterdir()} == {"bank", "bank-backups"}  # nothing half made beside them
        shutil.rmtree(broken)
    assert deaths > 15


# -- sticks ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def place(tmp_path):
    founded(tmp_path / "place/bank")
    for name in PEOPLE:
        (tmp_path / "place/media" / name).mkdir(parents=True)
    return tmp_path / "place"


def carried(place, name, stick=""):
    holders = Custody.read(place / "bank")
    return sticks.carry(place / "bank", holders, holders.holder(name), place / "media" / (stick or name))


def test_shares_are_moved_to_sticks_and_found_there(place):
    for name in PEOPLE:
        carried(place, name)
    assert not list((place / "bank/shares").glob("share-*"))
    found_ = sticks.found_on(sticks.mounted([place / "media"]), Custody.read(place / "bank"))
    assert [each.head.holder for each in found_] == ["王强", "李丽", "赵敏"]
    with Opening.begin(place / "bank", [(each, PEOPLE[each.head.holder]) for each in found_[:2]], hours=1):
        pass
    assert list((place / "media/王强").glob("seen-*"))  # the holder takes the position along


def test_no_stick_takes_the_shares_of_two(place):
    carried(place, "王强")
    with pytest.raises(Denied) as refused:
        carried(place, "李丽", "王强")
    assert refused.value.code == "stick-of-another" and refused.value.facts["other"] == "王强"
    with pytest.raises(Denied) as refused:
        holders = Custody.read(place / "bank")
        sticks.carry(place / "bank", holders, holders.holder("李丽"), place / "bank/shares")
    assert refused.value.code == "stick-is-the-bank"
    assert (place / "bank/shares/share-1-2.json").exists()


def test_a_holder_of_two_banks_keeps_both_shares(place):
    founded(place / "other")
    first = carried(place, "王强")
    holders = Custody.read(place / "other")
    second = sticks.carry(place / "other", holders, holders.holder("王强"), place / "media/王强")
    assert first != second
    for directory in ("bank", "other"):
        held = sticks.found_on([place / "media/王强"], Custody.read(place / directory))
        assert [each.head.bank for each in held] == [Custody.read(place / directory).bank]


def test_a_share_killed_on_its_way_is_in_one_place_or_both_and_never_lost(place):
    deaths = 0
    for broken in killed_before_each_write(place, lambda at: carried(at, "王强")):
        deaths += 1
        there = [*(broken / "bank/shares").glob("share-1-1.json"), *(broken / "media/王强").glob("share-*.json")]
        whole = [path for path in there if path.stat().st_size and b"\0" not in path.read_bytes()]
        assert any(Offered.read(path).unseal(PEOPLE["王强"]) for path in whole)
        if (broken / "bank/shares/share-1-1.json").exists():
            carried(broken, "王强")
        assert [path.name for path in (broken / "media/王强").glob("*")] == ["share-1-1.json"]
        shutil.rmtree(broken)
    assert deaths >= 4


def test_a_stick_that_gives_back_something_else_keeps_no_share_from_its_place(place, monkeypatch):
    monkeypatch.setattr(sticks, "copy_new", lambda _source, target: target.write_bytes(b"{}"))
    with pytest.raises(Exception) as refused:
        carried(place, "王强")
    assert isinstance(refused.value, BrokenStore) or refused.value.code == "share-malformed"
    assert Offered.read(place / "bank/shares/share-1-1.json").unseal(PEOPLE["王强"])


# -- one ceremony for all who come -----------------------------------------------------------------------------------------


def test_keyholders_are_asked_once_for_the_first_two_and_those_two_vouch_for_the_third(tmp_path):
    founded(tmp_path / "bank")
    asked = Counter()

    def applicant(name, identity, role):
        def signer(is_new):
            asked[name, is_new] += 1
            key = tmp_path / f"{identity}.key"
            return people.create(key, PEOPLE["王强"]) if is_new else people.unlock(key, PEOPLE["王强"])

        return Applicant(tmp_path / f"{identity}.key", name, frozenset({role}), signer)

    everybody = [
        applicant("李明", "liming", Role.AUTHOR), applicant("王芳", "wangfang", Role.REVIEWER),
        applicant("陈刚", "chen", Role.AUTHOR),
    ]  # fmt: skip
    holders = Custody.read(tmp_path / "bank")
    shares = [custody.find_share(tmp_path / "bank", holders, holders.holder(name), []) for name in ("王强", "赵敏")]

    def keepers():
        asked["keepers"] += 1
        opened_ = [each.unseal(PEOPLE[each.head.holder]) for each in shares]
        return [Keeper(each.head.holder, each.signing_key) for each in opened_]

    with Opening.begin(tmp_path / "bank", [(each, PEOPLE[each.head.holder]) for each in shares], hours=1) as opening:
        first = enrol_together(opening.bank, everybody[:1], keepers)
        assert [each.person.vouched for each in first] == [("王强", "赵敏")]
        rest = enrol_together(opening.bank, everybody, keepers)  # broken off after the first
        assert [each.person.id for each in rest] == ["wangfang", "chen"]
        assert rest[0].person.vouched == ("王强", "赵敏") and rest[1].person.vouched == ("李明", "王芳")
        assert enrol_together(opening.bank, everybody, keepers) == []
    assert asked == {("李明", True): 1, ("李明", False): 1, ("王芳", True): 1, ("陈刚", True): 1, "keepers": 2}
