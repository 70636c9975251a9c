"""Each trap of SQLCipher is tried: what would have gone quietly wrong is refused by name."""

import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2

from bank.refused import BadFile, BrokenStore, Denied, Refused
from bank.vault import SETTINGS, Vault

ROOT = Path(__file__).parents[2]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}
KEY = bytes(range(32))
SCHEMA = "CREATE TABLE entries (seq INTEGER PRIMARY KEY, entry BLOB NOT NULL) STRICT"
CANARY = "答案金丝雀-" + "q7f3k1" * 4


@pytest.fixture
def path(tmp_path):
    return tmp_path / "test.db"


@pytest.fixture
def vault(path):
    with Vault.create(path, KEY, application="test", schema=SCHEMA) as vault:
        yield vault


def filled(path, rows=200):
    with Vault.create(path, KEY, application="test", schema=SCHEMA) as vault, vault.transaction() as connection:
        connection.executemany("INSERT INTO entries (entry) VALUES (?)", [(CANARY.encode() * 20,)] * rows)


def refusal(code, call, *args, **more):
    with pytest.raises(Refused) as caught:
        call(*args, **more)
    assert caught.value.code == code
    return caught.value


def test_what_was_committed_is_there_after_closing_and_opening(path):
    filled(path)
    with Vault.open(path, KEY, application="test") as vault:
        assert vault.connection.execute("SELECT count(*) FROM entries").fetchone() == (200,)
        assert vault.problems() == []


def test_every_setting_reads_back_as_asked_for_on_creating_and_on_opening(path, vault):
    expected = {name: value for name, _, value in SETTINGS}
    assert expected["synchronous"] == 2 and expected["temp_store"] == 2 and expected["journal_mode"] == "wal"
    assert vault.settings().items() >= expected.items()
    vault.close()
    with Vault.open(path, KEY, application="test") as again:
        assert again.settings().items() >= expected.items()
        assert again.settings()["cipher_version"] and again.settings()["cipher_provider"]
        assert str(again.settings()["cipher_memory_security"]) == "1"


def test_the_record_may_go_without_wiping_of_pages_but_cannot_take_it_from_a_bank(path):
    program = """
from pathlib import Path
from bank.vault import Vault
for name, wipe in (("a", False), ("b", True), ("c", False)):
    with Vault.create(Path(name), bytes(32), application="test", wipe_memory=wipe) as vault:
        print(vault.settings()["cipher_memory_security"])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, cwd=path.parent, env=ENVIRONMENT, capture_output=True, text=True
    )
    assert done.stdout.split() == ["0", "1", "1"], done.stderr


def test_another_process_is_kept_out_and_a_second_look_from_this_one_does_not_let_it_in(path, vault):
    """Closing any handle of the file would take this process's POSIX locks away: two writers, and a damaged vault."""
    program = f"""
from pathlib import Path
from bank.vault import Vault
try:
    Vault.open(Path({str(path)!r}), bytes(range(32)), application="test")
except Exception as refused:
    print(refused.code)
"""

    def other():
        command = [sys.executable, "-c", program]
        return subprocess.run(command, check=False, env=ENVIRONMENT, capture_output=True, text=True).stdout.split()

    assert other() == ["vault-in-use"]
    refusal("vault-in-use", Vault.open, path, KEY, application="test")
    assert other() == ["vault-in-use"]
    vault.close()
    assert other() == []


def test_a_copy_holds_everything_and_under_another_key_opens_with_that_alone(path, tmp_path):
    filled(path)
    other = bytes(32)
    with Vault.open(path, KEY, application="test") as vault:
        vault.copy(tmp_path / "same.db")
        vault.copy_under(tmp_path / "other.db", other)
        refusal("vault-exists", vault.copy, path)
        refusal("vault-exists", vault.copy_under, path, other)
        refusal("vault-short-key", vault.copy_under, tmp_path / "short.db", bytes(31))
        name = vault.name
    for file, key in ((tmp_path / "same.db", KEY), (tmp_path / "other.db", other)):
        with Vault.open(file, key, application="test") as copied:
            assert copied.name == name and copied.problems() == []
            assert copied.connection.execute("SELECT count(*) FROM entries").fetchone() == (200,)
        assert CANARY.encode() not in file.read_bytes()
    refusal("vault-wrong-key", Vault.open, tmp_path / "other.db", KEY, application="test")


def test_nothing_of_it_is_on_the_disk_in_clear_while_it_is_open_or_after(path, vault):
    with vault.transaction() as connection:
        connection.execute("INSERT INTO entries (entry) VALUES (?)", (CANARY.encode(),))
    for _ in ("open", "closed"):
        for file in path.parent.iterdir():
            data = file.read_bytes()
            assert CANARY.encode() not in data and b"CREATE TABLE" not in data and b"SQLite format 3" not in data
        vault.close()
    assert [file.name for file in path.parent.iterdir()] == [path.name]  # and no log or shared memory is left behind


def test_a_canary_in_a_plain_database_is_found_by_the_same_look(path):
    with sqlite3.connect(path) as plain:
        plain.execute("CREATE TABLE t (a)")
        plain.execute("INSERT INTO t VALUES (?)", (CANARY.encode(),))
    plain.close()
    assert CANARY.encode() in path.read_bytes()


def test_a_plaintext_database_is_refused_by_name(path):
    with sqlite3.connect(path) as plain:
        plain.execute("CREATE TABLE t (a)")
    plain.close()
    assert isinstance(refusal("vault-plaintext", Vault.open, path, KEY, application="test"), BadFile)


@pytest.mark.parametrize("length", [0, 16, 31, 33, 48, 64])
def test_a_key_of_any_other_length_is_refused_before_the_library_takes_it_for_a_passphrase(path, length):
    filled(path, 1)
    found = refusal("vault-short-key", Vault.open, path, bytes(length), application="test")
    assert found.facts == {"expected": 32, "found": length}
    refusal("vault-short-key", Vault.create, path.with_name("new.db"), bytes(length), application="test")
    assert not path.with_name("new.db").exists()


def test_a_wrong_key_is_denied_at_once_and_prints_nothing(path, capfd):
    filled(path, 1)
    error = refusal("vault-wrong-key", Vault.open, path, secrets.token_bytes(32), application="test")
    assert isinstance(error, Denied)
    assert capfd.readouterr() == ("", "")
    with Vault.open(path, KEY, application="test"):
        pass


def test_no_refusal_and_no_repr_holds_the_key(path, vault):
    texts = [repr(vault), str(vars(vault))]
    error = refusal(
        "vault-wrong-key", Vault.open, shutil.copy(path, path.with_name("b.db")), KEY[::-1], application="x"
    )
    texts += [str(error), repr(error), repr(error.__context__), repr(error.__cause__)]
    assert not any(KEY[::-1].hex() in text or KEY.hex() in text for text in texts)


@pytest.mark.parametrize("content", [b"", b"short"])
def test_an_empty_or_cut_file_is_damage_and_not_a_new_database(path, content):
    path.write_bytes(content)
    refusal("store-damaged", Vault.open, path, KEY, application="test")
    assert path.read_bytes() == content


def test_a_missing_file_is_named_and_not_made(path):
    refusal("vault-missing", Vault.open, path, KEY, application="test")
    assert not path.exists()


def test_creating_never_touches_a_file_that_is_there(path):
    path.write_bytes(b"something")
    refusal("vault-exists", Vault.create, path, KEY, application="test")
    assert path.read_bytes() == b"something"


def test_a_failed_creation_leaves_nothing_behind(path):
    with pytest.raises(dbapi2.OperationalError):
        Vault.create(path, KEY, application="test", schema="CREATE TABLE entries (; ")
    assert list(path.parent.iterdir()) == []


def test_only_the_owner_may_read_the_file(path, vault):
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_vault_of_another_application_is_never_opened_as_this_one(path):
    filled(path, 1)
    assert isinstance(refusal("vault-other-application", Vault.open, path, KEY, application="bank"), BadFile)


def test_a_vault_of_another_version_is_refused_with_both_numbers(path):
    filled(path, 1)
    assert refusal("vault-version", Vault.open, path, KEY, application="test", version=2).facts["found"] == 1


def test_an_encrypted_file_without_our_sentinel_is_refused(path, vault):
    vault.connection.set_authorizer(None)
    vault.connection.execute("DELETE FROM vault")
    vault.close()
    refusal("vault-no-sentinel", Vault.open, path, KEY, application="test")


def test_two_vaults_have_two_names_and_keep_them(path):
    with Vault.create(path, KEY, application="test") as one:
        name = one.name
    with Vault.create(path.with_name("other.db"), KEY, application="test") as other:
        assert other.name != name
    with Vault.open(path, KEY, application="test") as again:
        assert again.name == name


@pytest.mark.parametrize(
    "statement",
    [
        "ATTACH DATABASE '{other}' AS plain KEY ''",
        "ATTACH DATABASE ':memory:' AS plain",
        "SELECT sqlcipher_export('main')",
        "SELECT load_extension('/tmp/x.so')",
        "PRAGMA rekey = 'x'",
        "PRAGMA key = 'x'",
        "PRAGMA temp_store = 1",
        "PRAGMA temp_store = FILE",
        "PRAGMA temp_store_directory = '/tmp'",
        "PRAGMA synchronous = OFF",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA locking_mode = NORMAL",
        "PRAGMA foreign_keys = OFF",
        "PRAGMA trusted_schema = ON",
        "PRAGMA writable_schema = ON",
        "PRAGMA cipher_log = '/tmp/log'",
        "PRAGMA cipher_plaintext_header_size = 32",
        "PRAGMA user_version = 9",
        "PRAGMA mmap_size = 1000000",
    ],
)
def test_nothing_that_would_undo_the_settings_or_copy_in_clear_is_allowed_afterwards(path, vault, statement):
    before = vault.settings()
    with pytest.raises(dbapi2.DatabaseError, match="not authorized|prohibited"):
        vault.connection.execute(statement.format(other=path.with_name("plain.db"))).fetchall()
    assert vault.settings() == before
    assert not path.with_name("plain.db").exists()


def test_a_backup_into_a_database_without_a_key_fails(vault):
    with pytest.raises(dbapi2.Error):
        vault.connection.backup(dbapi2.connect(":memory:"))


def test_a_second_program_is_told_that_the_vault_is_in_use(path, vault, monkeypatch):
    monkeypatch.setattr("bank.vault.LOCK_WAIT_SECONDS", 0.05)
    refusal("vault-in-use", Vault.open, path, KEY, application="test")


@pytest.mark.parametrize("place", [100, 4096 * 3 + 50, -200])
def test_one_flipped_bit_is_found(path, place):
    filled(path)
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)

    def look():
        with Vault.open(path, KEY, application="test") as vault:
            if vault.problems():
                raise BrokenStore("store-damaged")
            with vault.reading() as connection:
                connection.execute("SELECT sum(length(entry)) FROM entries").fetchall()

    with pytest.raises(Refused) as caught:
        look()
    assert caught.value.code in ("store-damaged", "vault-wrong-key")


def test_damage_met_while_reading_is_told_in_our_words_and_ends_the_use_of_the_vault(path):
    filled(path)
    data = bytearray(path.read_bytes())
    for page in range(3, len(data) // 4096):
        data[page * 4096 + 100] ^= 1
    path.write_bytes(data)
    with Vault.open(path, KEY, application="test") as vault:

        def read():
            with vault.reading() as connection:
                connection.execute("SELECT sum(length(entry)) FROM entries").fetchall()

        def write():
            with vault.transaction() as connection:
                connection.execute("INSERT INTO entries (entry) VALUES (x'00')")

        refusal("store-damaged", read)
        refusal("store-damaged", write)


def test_an_exception_inside_a_transaction_undoes_all_of_it(vault):
    with pytest.raises(ZeroDivisionError), vault.transaction() as connection:
        connection.execute("INSERT INTO entries (entry) VALUES (x'00')")
        _ = 1 / 0
    assert not vault.connection.in_transaction
    assert vault.connection.execute("SELECT count(*) FROM entries").fetchone() == (0,)


def test_a_full_disk_is_named_and_leaves_everything_as_it_was(vault):
    vault.connection.set_authorizer(None)
    vault.connection.execute("PRAGMA max_page_count = 20")

    def write(bytes_):
        with vault.transaction() as connection:
            connection.execute("INSERT INTO entries (entry) VALUES (?)", (bytes(bytes_),))

    write(100)
    assert isinstance(refusal("store-full", write, 1_000_000), BrokenStore)
    write(100)  # a full disk is clean after the rollback: what fits still goes in
    assert vault.connection.execute("SELECT count(*) FROM entries").fetchone() == (2,)
    assert vault.problems() == []


FAILING_COMMIT = """
import resource, signal, sys
from pathlib import Path
from bank.refused import Refused
from bank.vault import Vault
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
vault = Vault.open(Path(sys.argv[1]), bytes(range(32)), application="test")
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
codes = []
for size in (100, 400_000, 100):
    try:
        with vault.transaction() as connection:
            connection.execute("INSERT INTO entries (entry) VALUES (?)", (bytes(size),))
        codes.append("committed")
    except Refused as refused:
        codes.append(refused.code)
print(*codes)
"""


def test_a_write_error_out_of_commit_is_reported_and_never_retried(path):
    filled(path, 1)
    done = subprocess.run(
        [sys.executable, "-c", FAILING_COMMIT, str(path)], check=False, capture_output=True, text=True, env=ENVIRONMENT
    )
    assert done.stdout.split() == ["committed", "store-io", "store-io"], done.stderr
    with Vault.open(path, KEY, application="test") as vault:
        assert vault.problems() == []
        assert vault.connection.execute("SELECT count(*) FROM entries").fetchone() == (2,)


KILLED = """
import sys
from pathlib import Path
from bank.vault import Vault
vault = Vault.open(Path(sys.argv[1]), bytes(range(32)), application="test", wipe_memory=False)
number = 0
while True:
    with vault.transaction() as connection:
        number = connection.execute("INSERT INTO entries (entry) VALUES (x'01')").lastrowid
    print(number, flush=True)
"""


def test_what_was_committed_before_kill_9_is_there_and_the_lock_is_gone(path):
    filled(path, 1)
    for _ in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
        )
        last = 0
        for line in child.stdout:
            last = int(line)
            if last % 50 == 0:
                break
        child.kill()
        rest = child.stdout.read().split("\n")
        child.wait()
        last = max([last, *(int(line) for line in rest[:-1] if line)])
        with Vault.open(path, KEY, application="test") as vault:
            (found,) = vault.connection.execute("SELECT max(seq) FROM entries").fetchone()
            assert found >= last
            assert vault.problems() == []


def test_another_thread_may_write(vault):
    def write():
        with vault.transaction() as connection:
            connection.executemany("INSERT INTO entries (entry) VALUES (?)", [(b"x",)] * 10)

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()
    assert vault.connection.execute("SELECT count(*) FROM entries").fetchone() == (10,)


def test_a_library_that_ignores_a_setting_is_found_out(path, monkeypatch):
    monkeypatch.setattr("bank.vault.SETTINGS", (*SETTINGS, ("synchronous", "NORMAL", 2)))
    assert refusal("vault-setting", Vault.create, path, KEY, application="test").facts["setting"] == "synchronous"
    assert list(path.parent.iterdir()) == []


def test_a_library_with_the_old_log_race_is_refused(path, monkeypatch):
    monkeypatch.setattr("bank.vault.OLDEST_SQLITE", (99, 0, 0))
    refusal("vault-old-library", Vault.create, path, KEY, application="test")


def test_a_library_that_does_not_encrypt_is_refused(path, monkeypatch):
    from bank import vault as module

    plain = module._read
    monkeypatch.setattr(module, "_read", lambda c, name: None if name == "cipher_version" else plain(c, name))
    refusal("vault-not-encrypting", Vault.create, path, KEY, application="test")
    assert list(path.parent.iterdir()) == []


def test_the_library_s_own_errors_are_no_subclass_of_the_standard_module_s():
    """Why callers must catch Refused and never sqlite3.Error."""
    assert not issubclass(dbapi2.Error, sqlite3.Error)
