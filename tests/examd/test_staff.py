"""People on duty: three things must be right at once, a code serves once, and who may do what is one table."""

import contextlib
import runpy
import time
import unicodedata
from pathlib import Path
from unittest import mock

import pyotp
import pytest

from bank.refused import Denied
from bank.vault import Vault
from examd import staff
from examd.clock import Instant
from examd.site.folder import STAFF_APPLICATION
from examd.staff import LOCK_S, MAY, SCHEMA, TRIES, VERSION, Act, Person, Role, StaffBook
from tests.examd.toy_session import PASSPHRASE

ROOT = Path(__file__).parents[2]
NOW = 1_790_000_010  # in the middle of a step
KEY = bytes(32)


def at(wall_s, mono_ms=None, boot="aa"):
    """A moment; both clocks run together where nothing is said."""
    return Instant(boot, (wall_s - NOW + 1_000) * 1000 if mono_ms is None else mono_ms, wall_s)


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """(file of a book with two people in it, their one-time codes): an Argon2id each, so made once."""
    path = tmp_path_factory.mktemp("staff") / "staff.db"
    book = StaffBook(Vault.create(path, KEY, application=STAFF_APPLICATION, version=VERSION, schema=SCHEMA))
    totp = {
        name: pyotp.TOTP(book.add(name, role, PASSPHRASE))
        for name, role in (("李娜", Role.ADMINISTRATOR), ("watcher", Role.INVIGILATOR))
    }
    book.close()
    return path, totp


@pytest.fixture
def book(people, tmp_path):
    path = tmp_path / "staff.db"
    path.write_bytes(people[0].read_bytes())
    opened = StaffBook(Vault.open(path, KEY, application=STAFF_APPLICATION, version=VERSION))
    yield opened
    opened.close()


@pytest.fixture
def totp(people):
    return people[1]


@pytest.fixture
def quick(monkeypatch):
    """A cheap stretch for tests that try often: the book calls it by this name for every try alike."""
    real = staff.Argon2id
    monkeypatch.setattr(
        staff, "Argon2id", lambda *, salt, length, iterations, lanes, memory_cost: real(
            salt=salt, length=length, iterations=1, lanes=1, memory_cost=8
        )
    )  # fmt: skip


def code_of(function, *args):
    with pytest.raises(Denied) as caught:
        function(*args)
    return caught.value.code


def test_passphrase_and_code_together_let_a_person_in(book, totp):
    assert book.sign_in("李娜", PASSPHRASE, totp["李娜"].at(NOW), at(NOW)) == Person("李娜", Role.ADMINISTRATOR)


def test_a_code_serves_once_even_for_another_process_after_a_restart(book, totp, tmp_path):
    code = totp["李娜"].at(NOW)
    book.sign_in("李娜", PASSPHRASE, code, at(NOW))
    assert code_of(book.sign_in, "李娜", PASSPHRASE, code, at(NOW)) == "stale-code"
    book.close()
    again = StaffBook(Vault.open(tmp_path / "staff.db", KEY, application=STAFF_APPLICATION, version=VERSION))
    assert code_of(again.sign_in, "李娜", PASSPHRASE, code, at(NOW + 5)) == "stale-code"
    assert again.sign_in("李娜", PASSPHRASE, totp["李娜"].at(NOW + 30), at(NOW + 30)).name == "李娜"
    again.close()
    book._vault = Vault.open(tmp_path / "staff.db", KEY, application=STAFF_APPLICATION, version=VERSION)


def test_a_code_older_than_the_last_one_used_is_refused_though_its_window_is_open(book, totp):
    book.sign_in("李娜", PASSPHRASE, totp["李娜"].at(NOW + 30), at(NOW + 30))
    assert code_of(book.sign_in, "李娜", PASSPHRASE, totp["李娜"].at(NOW), at(NOW + 30)) == "stale-code"


def test_one_step_of_drift_is_forgiven_and_two_are_not(book, totp):
    assert code_of(book.sign_in, "李娜", PASSPHRASE, totp["李娜"].at(NOW - 60), at(NOW)) == "bad-staff"
    assert code_of(book.sign_in, "李娜", PASSPHRASE, totp["李娜"].at(NOW + 60), at(NOW)) == "bad-staff"
    assert book.sign_in("李娜", PASSPHRASE, totp["李娜"].at(NOW - 30), at(NOW))
    assert book.sign_in("李娜", PASSPHRASE, totp["李娜"].at(NOW + 30), at(NOW))


def test_a_wrong_name_passphrase_or_code_are_refused_in_the_same_words(book, totp):
    code = totp["李娜"].at(NOW)
    wrong = "000000" if code != "000000" else "111111"
    for name, passphrase, given in (
        ("谁", PASSPHRASE, code), ("李娜", PASSPHRASE + "x", code), ("李娜", PASSPHRASE, wrong),
        ("watcher", PASSPHRASE, code), ("", "", ""),
    ):  # fmt: skip
        with pytest.raises(Denied) as caught:
            book.sign_in(name, passphrase, given, at(NOW))
        assert (caught.value.code, caught.value.facts) == ("bad-staff", {})


def test_a_code_in_full_width_or_with_anything_about_it_is_no_code(people, totp, quick, tmp_path):
    code = totp["李娜"].at(NOW)
    full_width = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    assert unicodedata.normalize("NFKC", full_width) == code
    for typed in (full_width, code + " ", " " + code, code[:5], code + "0", "٠١٢٣٤٥", code[:3] + "\n" + code[4:], ""):
        assert staff._step_of(typed, totp["李娜"].secret, NOW) is None
    assert staff._step_of(code, totp["李娜"].secret, NOW) == NOW // 30


def test_wrong_tries_lock_the_name_for_a_while_and_the_right_words_do_not_help(people, quick, tmp_path, totp):
    book = StaffBook(
        Vault.create(tmp_path / "s.db", KEY, application=STAFF_APPLICATION, version=VERSION, schema=SCHEMA)
    )
    clock = pyotp.TOTP(book.add("李娜", Role.ADMINISTRATOR, PASSPHRASE))
    for _ in range(TRIES):
        assert code_of(book.sign_in, "李娜", "wrong words", clock.at(NOW), at(NOW)) == "bad-staff"
    with pytest.raises(Denied) as caught:
        book.sign_in("李娜", PASSPHRASE, clock.at(NOW), at(NOW))
    assert (caught.value.code, caught.value.facts) == ("too-many-tries", {"wait_s": LOCK_S})
    after = NOW + LOCK_S
    assert book.sign_in("李娜", PASSPHRASE, clock.at(after), at(after)).name == "李娜"
    for _ in range(TRIES - 1):  # a right sign-in forgives what came before it
        assert code_of(book.sign_in, "李娜", "wrong words", clock.at(after), at(after)) == "bad-staff"
    assert book.sign_in("李娜", PASSPHRASE, clock.at(after + 30), at(after + 30))
    book.close()


def test_a_wall_clock_put_right_moves_no_lock(people, quick, tmp_path):
    """It was three hours fast while somebody tried; put right, it kept the staff of a site out for three hours."""
    fast = NOW + 3 * 3600
    book = StaffBook(
        Vault.create(tmp_path / "s.db", KEY, application=STAFF_APPLICATION, version=VERSION, schema=SCHEMA)
    )
    clock = pyotp.TOTP(book.add("李娜", Role.ADMINISTRATOR, PASSPHRASE))
    for _ in range(TRIES):
        assert code_of(book.sign_in, "李娜", PASSPHRASE, clock.at(NOW), at(fast, 500_000)) == "bad-staff"
    right = [(NOW + 60, 560_000), (NOW + 240, 799_999), (fast + 9_999_999, 799_999), (0, 799_999)]
    for wall_s, mono_ms in right:  # no clock set forth or back ends it sooner, or later
        with pytest.raises(Denied) as caught:
            book.sign_in("李娜", PASSPHRASE, clock.at(wall_s), at(wall_s, mono_ms))
        assert caught.value.facts == {"wait_s": -(-(800_000 - mono_ms) // 1000)}
    assert book.sign_in("李娜", PASSPHRASE, clock.at(NOW + 240), at(NOW + 240, 800_000)).name == "李娜"
    book.close()


def test_a_reboot_begins_a_lock_anew_and_ends_none(people, quick, tmp_path):
    book = StaffBook(
        Vault.create(tmp_path / "s.db", KEY, application=STAFF_APPLICATION, version=VERSION, schema=SCHEMA)
    )
    clock = pyotp.TOTP(book.add("李娜", Role.ADMINISTRATOR, PASSPHRASE))
    for _ in range(TRIES):
        assert code_of(book.sign_in, "李娜", "wrong words", "000000", at(NOW, 9_000_000)) == "bad-staff"
    for mono_ms in (20_000, LOCK_S * 1000 - 1):
        assert code_of(book.sign_in, "李娜", PASSPHRASE, clock.at(NOW), at(NOW, mono_ms, "bb")) == "too-many-tries"
    assert book.sign_in("李娜", PASSPHRASE, clock.at(NOW), at(NOW, LOCK_S * 1000, "bb"))
    book.close()


@pytest.mark.parametrize("version", [1, 2])
def test_a_book_of_before_opens_with_its_people_and_without_its_locks_of_the_wall_clock(
    people, totp, quick, tmp_path, version
):
    before = SCHEMA.replace(", employer TEXT NOT NULL DEFAULT ''", "")
    until = "locked_until_ms"
    if version == 1:
        until = "locked_until_s"
        before = before.replace("locked_until_ms", until).replace(",\n  locked_boot TEXT NOT NULL DEFAULT ''", "")
    with sqlite_of(people[0]) as there:
        row = there.execute("SELECT name, role, totp FROM staff WHERE name = '李娜'").fetchone()
    vault = Vault.create(tmp_path / "s.db", KEY, application=STAFF_APPLICATION, version=version, schema=before)
    salt = bytes(16)
    with vault.transaction() as connection:
        connection.execute(
            f"INSERT INTO staff(name, role, totp, salt, verifier, misses, {until}) VALUES (?, ?, ?, ?, ?, 2, ?)",
            (*row, salt, staff._stretched(PASSPHRASE, salt), (NOW + 10_000) * (1 if version == 1 else 0)),
        )
    vault.close()
    book = StaffBook(
        Vault.open(tmp_path / "s.db", KEY, application=STAFF_APPLICATION, version=VERSION, migrate=staff.migrate)
    )
    assert book.sign_in("李娜", PASSPHRASE, totp["李娜"].at(NOW), at(NOW)) == Person("李娜", Role.ADMINISTRATOR)
    book.change_employer("李娜", "某学院")
    assert book.sign_in("李娜", PASSPHRASE, totp["李娜"].at(NOW + 60), at(NOW + 60)).employer == "某学院"
    assert code_of(book.change_employer, "谁", "某学院") == "staff-unknown"
    book.close()


@contextlib.contextmanager
def sqlite_of(path):
    """A connection to a book."""
    vault = Vault.open(path, KEY, application=STAFF_APPLICATION, version=VERSION)
    with vault.reading() as connection:
        yield connection
    vault.close()


def test_an_unknown_name_costs_the_same_work_as_a_known_one(book, totp):
    def work(name):
        with mock.patch.object(staff, "Argon2id", wraps=staff.Argon2id) as stretch:
            began = time.process_time()
            code_of(book.sign_in, name, "wrong words", "000000", at(NOW))
            took = time.process_time() - began
        assert stretch.call_count == 1
        return stretch.call_args.kwargs | {"salt": None}, took

    (known, known_s), (unknown, unknown_s) = work("李娜"), work("谁")
    assert known == unknown
    assert 1 / 3 < known_s / unknown_s < 3


def test_a_passphrase_typed_in_another_composition_is_the_same_passphrase(tmp_path, quick):
    book = StaffBook(
        Vault.create(tmp_path / "s.db", KEY, application=STAFF_APPLICATION, version=VERSION, schema=SCHEMA)
    )
    clock = pyotp.TOTP(book.add("x", Role.ADMINISTRATOR, "Mühlenstraße 12 é"))
    assert book.sign_in("x", unicodedata.normalize("NFD", "Mühlenstraße 12 é"), clock.at(NOW), at(NOW))
    assert code_of(book.add, "x", Role.INVIGILATOR, PASSPHRASE) == "staff-exists"
    assert code_of(book.add, "y", Role.INVIGILATOR, "short") == "passphrase-short"
    book.close()


def test_who_may_do_what():
    administrator = Person("a", Role.ADMINISTRATOR)
    for act in Act:
        administrator.require(act)
        for looks in (Person("i", Role.INVIGILATOR), Person("p", Role.INSPECTOR)):
            if act in (Act.STATUS, Act.TERMINALS, Act.ON_DUTY, Act.DUTY_LAPSE, Act.NEW_PASSPHRASE):
                looks.require(act)
            else:
                assert code_of(looks.require, act) == "not-allowed"
    assert set(MAY) == set(Role)


def test_the_page_of_roles_is_printed_from_the_table():
    printer = runpy.run_path(str(ROOT / ".ci/roles"))
    assert (ROOT / "docs/roles.md").read_text() == printer["table"](), "run .ci/roles"
    assert set(printer["NAMES"]) == set(Role) == set(MAY)
