"""The bank: what goes in comes out equal, twice in is once there, and answer keys come only when asked for."""

import dataclasses
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec import structs

from bank.authoring.review import State
from bank.content import TRUEFALSE_OPTIONS, Content, ItemType, Level, Option
from bank.item import AnswerKey, Item
from bank.refused import BadFile, BrokenStore, Denied
from bank.seal import passphrase as sealing
from bank.store import Bank, BankItem, Exposure

PASSPHRASE = "correct horse battery"
CANARY = "解析金丝雀"


def item(number=1, kind=ItemType.SINGLE, correct=(0,), **more):
    texts = TRUEFALSE_OPTIONS if kind is ItemType.TRUEFALSE else ("甲", "乙", "丙", "丁")
    given = {"chapter": "3.1", "level": Level.GRASP, "p4": 8_000, "explanation": CANARY, "basis": "条文"} | more
    media = given.pop("media", ())
    content = Content(kind, f"第 {number} 题（　）。", tuple(Option(text) for text in texts), media)
    return Item(content, AnswerKey(correct), **given)


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """Argon2id is dear by design: one empty bank, copied."""
    folder = tmp_path_factory.mktemp("bank") / "empty"
    Bank.create(folder, PASSPHRASE, sample=True).close()
    return folder


@pytest.fixture
def folder(empty, tmp_path):
    return Path(shutil.copytree(empty, tmp_path / "bank"))


@pytest.fixture
def bank(folder):
    with Bank.open(folder, PASSPHRASE) as bank:
        yield bank


ITEMS = (
    item(1),
    item(2, ItemType.MULTIPLE, (0, 2), enemies=("甲组", "乙组"), tags=("初训",), code="q2", source="自编"),
    item(3, ItemType.TRUEFALSE, (1,), chapter="3", locked=(0, 1), p4=None, level=Level.NONE),
    item(4, chapter="31", level=Level.MASTER, locked=(3,)),
)


def test_items_come_out_equal_and_in_the_order_they_went_in(bank):
    report = bank.drafts.add(ITEMS, approve_as_sample=True)
    assert report.added == tuple(each.id for each in ITEMS) and report.already == report.contradicting == ()
    assert list(bank.answer_keys.whole(bank.items.select())) == list(ITEMS)


def test_they_are_still_there_after_closing(folder):
    with Bank.open(folder, PASSPHRASE) as bank:
        bank.drafts.add(ITEMS, approve_as_sample=True)
    with Bank.open(folder, PASSPHRASE) as bank:
        assert list(bank.answer_keys.whole(bank.items.select())) == list(ITEMS)
        assert {each.state for each in bank.items.select()} == {State.APPROVED}


def test_adding_twice_adds_nothing(bank):
    bank.drafts.add(ITEMS, approve_as_sample=True)
    report = bank.drafts.add(ITEMS, approve_as_sample=True)
    assert report.added == () and len(report.already) == 4 and len(list(bank.items.select())) == 4


def test_a_repeat_within_one_call_is_added_once(bank):
    report = bank.drafts.add([ITEMS[0], ITEMS[0]], approve_as_sample=True)
    assert (len(report.added), len(report.already)) == (1, 1)


def test_another_answer_key_for_the_same_question_is_told_and_does_not_win(bank):
    bank.drafts.add(ITEMS, approve_as_sample=True)
    other = structs.replace(ITEMS[0], answer_key=AnswerKey((3,)))
    assert bank.drafts.add([other], approve_as_sample=True).contradicting == (other.id,)
    assert bank.answer_keys.of([other.id]) == {other.id: AnswerKey((0,))}


def test_weighing_says_what_adding_would_do_and_adds_nothing(bank):
    assert len(bank.drafts.weigh(ITEMS).added) == 4
    assert list(bank.items.select()) == []


def test_adding_is_all_or_nothing(bank):
    broken = structs.replace(ITEMS[3], p4=20_000)
    with pytest.raises(Exception, match="CHECK"):
        bank.drafts.add([*ITEMS[:3], broken], approve_as_sample=True)
    assert list(bank.items.select()) == [] and bank.vault.problems() == []


def test_listing_gives_nothing_that_reveals_an_answer(bank):
    bank.drafts.add(ITEMS, approve_as_sample=True)
    names = {field.name for field in dataclasses.fields(BankItem)}
    assert not names & {"answer_key", "correct", "explanation"}
    assert CANARY not in repr(list(bank.items.select()))


def test_answer_keys_and_explanations_stand_in_a_table_of_their_own(bank):
    bank.drafts.add(ITEMS, approve_as_sample=True)
    connection = bank.vault.connection
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    holding = [name for name in tables if CANARY in repr(connection.execute(f"SELECT * FROM {name}").fetchall())]
    assert holding == ["answer_keys"]


def test_an_answer_key_does_not_show_in_a_repr(bank):
    bank.drafts.add(ITEMS, approve_as_sample=True)
    assert "0" not in repr(list(bank.answer_keys.of([ITEMS[0].id]).values()))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, [1, 2, 3, 4]),
        ({"type": ItemType.SINGLE}, [1, 4]),
        ({"chapter": "3"}, [1, 2, 3]),
        ({"chapter": "3.1"}, [1, 2]),
        ({"chapter": "%"}, []),
        ({"level": Level.MASTER}, [4]),
        ({"search": "第 2 题"}, [2]),
        ({"search": "Q2"}, [2]),
        ({"search": "错误"}, [3]),
        ({"state": State.DRAFT}, []),
        ({"type": ItemType.SINGLE, "chapter": "3"}, [1]),
    ],
)
def test_items_are_chosen_by_type_chapter_level_and_words(bank, wanted, found):
    bank.drafts.add(ITEMS, approve_as_sample=True)
    assert [ITEMS.index(each) + 1 for each in bank.answer_keys.whole(bank.items.select(**wanted))] == found


def test_counts_are_by_type_chapter_and_level(bank):
    bank.drafts.add(ITEMS, approve_as_sample=True)
    counts = bank.items.count()
    assert counts[ItemType.TRUEFALSE, "3", Level.NONE] == 1 and sum(counts.values()) == 4


def test_pictures_are_kept_by_digest_and_only_where_an_item_shows_them(bank):
    digest, absent, stray = "ab" * 32, "cd" * 32, "ef" * 32
    bank.drafts.add([item(9, media=(digest, absent))], {digest: b"\xff\xd8\xffpicture", stray: b"stray"})
    assert bank.media.find(digest) == b"\xff\xd8\xffpicture"
    assert bank.media.find(absent) is None and bank.media.find(stray) is None
    assert bank.media.digests() == {digest}


def test_exposure_adds_up_over_sessions_and_correcting_it_does_not_double(bank):
    bank.drafts.add(ITEMS, approve_as_sample=True)
    one, two = ITEMS[0].id, ITEMS[1].id
    bank.exposure.add("s1", "site", {one: 20, two: 5})
    bank.exposure.add("s2", "site", {one: 10})
    bank.exposure.add("s1", "site", {one: 21})
    assert bank.exposure.totals() == {one: Exposure(2, 31), two: Exposure(1, 5)}


def test_a_wrong_passphrase_is_denied(folder):
    with pytest.raises(Denied, match="wrong-passphrase"):
        Bank.open(folder, PASSPHRASE + "x")


def test_a_place_without_a_bank_is_named(tmp_path):
    with pytest.raises(BadFile, match="bank-missing"):
        Bank.open(tmp_path, PASSPHRASE)
    with pytest.raises(BadFile, match="bank-missing"):
        Bank.open(tmp_path / "nowhere", PASSPHRASE)


def test_a_bank_is_never_made_over_another(folder):
    before = (folder / "bank.key").read_bytes()
    with pytest.raises(Denied, match="bank-exists"):
        Bank.create(folder, PASSPHRASE)
    assert (folder / "bank.key").read_bytes() == before


def test_a_short_passphrase_makes_no_bank(tmp_path):
    with pytest.raises(Denied, match="passphrase-short"):
        Bank.create(tmp_path / "bank", "short")
    assert list(tmp_path.iterdir()) == []


def test_a_bank_cannot_be_made_where_a_file_is(tmp_path):
    (tmp_path / "bank").write_bytes(b"")
    with pytest.raises(BadFile, match="bank-not-a-folder"):
        Bank.create(tmp_path / "bank", PASSPHRASE)


def test_only_the_owner_may_read_the_bank(folder):
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        "bank.db": 0o600,
        "bank.key": 0o600,
    }


def test_a_sealed_key_of_the_wrong_length_is_refused_by_name(folder):
    (folder / "bank.key").write_bytes(sealing.seal(bytes(31), PASSPHRASE, "bank-key"))
    with pytest.raises(Denied, match="vault-short-key"):
        Bank.open(folder, PASSPHRASE)


def test_the_key_file_of_another_bank_does_not_open_this_one(folder):
    (folder / "bank.key").write_bytes(sealing.seal(bytes(32), PASSPHRASE, "bank-key"))
    with pytest.raises(Denied, match="vault-wrong-key"):
        Bank.open(folder, PASSPHRASE)


def test_a_torn_database_is_damage_and_not_an_empty_bank(folder):
    (folder / "bank.db").write_bytes(b"")
    with pytest.raises(BrokenStore, match="store-damaged"):
        Bank.open(folder, PASSPHRASE)


def test_a_sealed_file_from_elsewhere_is_no_key_of_a_bank(folder):
    (folder / "bank.key").write_bytes(sealing.seal(bytes(32), PASSPHRASE, "other"))
    with pytest.raises(BadFile, match="sealed-for-other-purpose"):
        Bank.open(folder, PASSPHRASE)


def test_only_the_vault_loads_sqlcipher():
    program = "import sys, bank.formats, bank.seal.passphrase, bank.item; sys.exit('sqlcipher3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False, cwd=Path(__file__).parents[3]).returncode == 0


def test_what_a_reader_asks_for_is_what_listing_gives(tmp_path):
    """`numbers` finds by filters and search exactly what `items` lists."""
    from bank.store.listing import Lack, Wanted

    words = ("触电", "急救触电急救", "ABC def", '引"号\\', "ｆｕｌｌ 幅")
    with Bank.create(tmp_path / "listed", PASSPHRASE, sample=True) as bank:
        contents = [
            Content(ItemType.SINGLE, f"{word} 第{n}题", (Option("甲"), Option(f"text {n}")))
            for n, word in enumerate(words * 3)
        ]
        bank.drafts.add(
            Item(
                content, AnswerKey((0,)), f"{n % 3}.{n % 2}", basis="" if n % 2 else "通则", p4=None if n % 5 else 5_000
            )
            for n, content in enumerate(contents)
        )
        for search in (
            "",
            "触",
            "触电",
            "触电急",
            "急救触电",
            "abc",
            "abc d",
            '引"',
            '引"号',
            '引"号\\',
            "full",
            "te",
            "stem",
            "media",
        ):
            for chapter in ("", "1", "2.1"):
                listed = [item.number for item in bank.items.select(state=None, search=search, chapter=chapter or None)]
                assert bank.catalogue.find(Wanted(search=search, chapter=chapter)) == listed, (search, chapter)
        everything = bank.items.at(bank.catalogue.find(Wanted()))
        lacking = {item.number for item in everything if not item.basis}
        assert set(bank.catalogue.find(Wanted(lacks=Lack.BASIS))) == lacking
        lacking = {item.number for item in everything if item.expected_p4 is None}
        assert set(bank.catalogue.find(Wanted(lacks=Lack.DIFFICULTY))) == lacking
        assert sum(bank.catalogue.chapters().values()) == len(everything)
