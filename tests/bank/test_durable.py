"""What is written is whole or absent, and nobody else's link or folder decides where it goes or who reads it."""

import os
import stat

import pytest

from bank import durable
from bank.durable import make_folder, private_folder, write_atomically, write_new
from bank.refused import BadFile, BrokenStore, Denied


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def usual_umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def guessed(monkeypatch):
    """Somebody knows under which name a file is begun."""
    monkeypatch.setattr(os, "urandom", bytes)


@pytest.fixture
def synced(monkeypatch):
    """Folders whose names were made to survive a power cut."""
    seen = []
    real = durable.sync_directory
    monkeypatch.setattr(durable, "sync_directory", lambda place: (seen.append(place), real(place)))
    return seen


@pytest.mark.parametrize(("private", "expected"), [(True, 0o600), (False, 0o644)])
def test_a_file_is_for_its_owner_alone_where_it_is_private(tmp_path, private, expected, synced):
    write_atomically(tmp_path / "x", b"1", private=private)
    write_atomically(tmp_path / "x", b"22", private=private)
    write_new(tmp_path / "y", [b"3", b"3"], private=private)
    assert [(tmp_path / name).read_bytes() for name in "xy"] == [b"22", b"33"]
    assert [mode(tmp_path / name) for name in "xy"] == [expected, expected]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x", "y"]
    assert synced == [tmp_path] * 3


@pytest.mark.parametrize("planted", ["x.part", ".x.00000000"])
@pytest.mark.parametrize("write", [write_atomically, write_new])
def test_a_link_that_waits_where_the_file_is_begun_is_not_followed(tmp_path, write, planted, guessed):
    victim = tmp_path / "victim"
    victim.write_bytes(b"theirs")
    (tmp_path / planted).symlink_to(victim)
    write(tmp_path / "x", b"secret", private=True)
    assert victim.read_bytes() == b"theirs"
    assert not (tmp_path / "x").is_symlink()


def test_a_file_that_somebody_lays_at_the_last_moment_is_not_written_into(tmp_path, monkeypatch):
    def laid(_count):
        (tmp_path / ".x.00000000").symlink_to(tmp_path / "victim")
        return bytes(4)

    monkeypatch.setattr(os, "urandom", laid)
    with pytest.raises(FileExistsError):
        write_atomically(tmp_path / "x", b"secret", private=True)
    assert not (tmp_path / "victim").exists()


def test_what_a_killed_try_left_open_to_all_goes(tmp_path):
    for name in (".x.0123abcd", ".x.kept"):
        (tmp_path / name).write_bytes(b"half")
        (tmp_path / name).chmod(0o666)
    write_atomically(tmp_path / "x", b"secret", private=True)
    assert mode(tmp_path / "x") == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == [".x.kept", "x"]


def test_a_link_in_the_file_s_place_is_replaced_not_followed(tmp_path):
    victim = tmp_path / "victim"
    victim.write_bytes(b"theirs")
    (tmp_path / "x").symlink_to(victim)
    write_atomically(tmp_path / "x", b"ours")
    assert (victim.read_bytes(), (tmp_path / "x").read_bytes()) == (b"theirs", b"ours")


def test_a_new_file_is_never_written_over_another_nor_through_a_link(tmp_path):
    (tmp_path / "x").write_bytes(b"theirs")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("x", "link"):
        with pytest.raises(FileExistsError):
            write_new(tmp_path / name, b"ours")
    assert (tmp_path / "x").read_bytes() == b"theirs"
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("write", [write_atomically, write_new])
def test_a_disk_that_fails_leaves_everything_as_it_was(tmp_path, write, monkeypatch):
    def full(_handle):
        raise OSError(28, "No space left on device")

    if write is write_atomically:
        (tmp_path / "x").write_bytes(b"before")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BrokenStore) as refused, durable.store_errors("x"):
        write(tmp_path / "x", b"after")
    assert (refused.value.code, refused.value.facts["file"]) == ("store-io", "x")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_what_is_appended_takes_the_place_of_what_a_power_cut_tore(tmp_path, synced):
    durable.append(tmp_path / "x", b"1\n")
    assert mode(tmp_path / "x") == 0o600 and synced == [tmp_path]
    (tmp_path / "x").write_bytes(b"1\nha")
    durable.append(tmp_path / "x", b"2\n", torn=2)
    assert (tmp_path / "x").read_bytes() == b"1\n2\n"


def test_what_cannot_be_appended_was_not_tried(tmp_path, monkeypatch):
    def failing(_handle):
        raise OSError(5, "Input/output error")

    (tmp_path / "x").write_bytes(b"1\n")
    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(OSError, match="Input/output"):
        durable.append(tmp_path / "x", b"2\n")
    assert (tmp_path / "x").read_bytes() == b"1\n"


def test_destroying_a_link_leaves_what_it_names(tmp_path):
    victim = tmp_path / "victim"
    victim.write_bytes(b"theirs")
    (tmp_path / "x").symlink_to(victim)
    (tmp_path / "y").write_bytes(b"secret")
    os.link(tmp_path / "y", tmp_path / "same-block")
    for name in ("x", "y", "never there"):
        durable.destroy(tmp_path / name)
    assert victim.read_bytes() == b"theirs"
    assert (tmp_path / "same-block").read_bytes() == bytes(6)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["same-block", "victim"]


def test_new_folders_are_there_after_a_power_cut(tmp_path, synced):
    make_folder(tmp_path / "a" / "b" / "c")
    assert set(synced) == {tmp_path, tmp_path / "a", tmp_path / "a" / "b"}
    assert [mode(tmp_path / name) for name in ("a", "a/b", "a/b/c")] == [0o700] * 3
    synced.clear()
    make_folder(tmp_path / "a" / "b")
    assert synced == []


def test_a_private_folder_is_so_also_where_it_was_there_before(tmp_path):
    (tmp_path / "old").mkdir(mode=0o755)
    for folder in (tmp_path / "old", tmp_path / "new"):
        private_folder(folder)
        assert mode(folder) == 0o700
    (tmp_path / "others").mkdir(mode=0o755)
    make_folder(tmp_path / "others")
    assert mode(tmp_path / "others") == 0o755


def test_what_is_made_is_its_owners_alone_whatever_the_umask(tmp_path):
    os.umask(0)
    write_atomically(tmp_path / "a", b"1")
    write_new(tmp_path / "b", b"1")
    make_folder(tmp_path / "c" / "d")
    with durable.folder_at_once(tmp_path / "e") as begun:
        write_atomically(begun / "x", b"1")
    assert [mode(tmp_path / name) for name in ("a", "b", "c", "c/d", "e", "e/x")] == [
        0o600, 0o600, 0o700, 0o700, 0o700, 0o600
    ]  # fmt: skip


def test_settling_writes_every_byte_once_more_and_syncs_before_it_reads_back(tmp_path, monkeypatch):
    data = os.urandom(3 << 20) + b"end"
    (tmp_path / "x").write_bytes(data)
    done, calls = bytearray(len(data)), []
    real_write, real_sync = os.pwrite, os.fsync

    def pwrite(handle, piece, at):
        done[at : at + len(piece)] = piece
        calls.append("write")
        return real_write(handle, piece, at)

    monkeypatch.setattr(os, "pwrite", pwrite)
    monkeypatch.setattr(os, "fsync", lambda handle: (calls.append("sync"), real_sync(handle)))
    durable.settle(tmp_path / "x")
    assert (bytes(done), (tmp_path / "x").read_bytes()) == (data, data)
    assert calls[-1] == "sync" and calls.count("sync") == 1


def test_settling_is_refused_where_the_disk_gives_back_something_else(tmp_path, monkeypatch):
    (tmp_path / "x").write_bytes(b"whole")
    monkeypatch.setattr(os, "fsync", lambda handle: os.ftruncate(handle, 2))  # what the cache held never got there
    with pytest.raises(OSError, match="Input/output"):
        durable.settle(tmp_path / "x")


def test_a_folder_shows_itself_whole_or_not_at_all(tmp_path):
    with pytest.raises(ZeroDivisionError), durable.folder_at_once(tmp_path / "x") as begun:
        (begun / "half").write_bytes(b"")
        assert not (tmp_path / "x").exists()
        1 / 0  # noqa: B018
    assert list(tmp_path.iterdir()) == []
    with durable.folder_at_once(tmp_path / "x") as begun:
        (begun / "whole").write_bytes(b"")
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["whole"]
    with pytest.raises(FileExistsError), durable.folder_at_once(tmp_path / "x"):
        pass


def founding(folder, taken="taken"):
    return durable.founding(folder, ("key", "more"), Denied(taken))


def test_what_is_founded_is_there_whole_or_not_at_all_and_once(tmp_path):
    with pytest.raises(ZeroDivisionError), founding(tmp_path):
        (tmp_path / "key").write_bytes(b"half")
        with pytest.raises(BadFile, match="init-unfinished"):
            durable.require_founded(tmp_path / "key")
        1 / 0  # noqa: B018
    assert list(tmp_path.iterdir()) == []
    with founding(tmp_path):
        (tmp_path / "key").write_bytes(b"whole")
    durable.require_founded(tmp_path / "key")
    with pytest.raises(Denied, match="taken"), founding(tmp_path):
        pass
    assert (tmp_path / "key").read_bytes() == b"whole"


def test_of_two_who_found_the_same_one_is_refused_and_the_other_loses_nothing(tmp_path):
    with founding(tmp_path):
        (tmp_path / "key").write_bytes(b"first")
        with pytest.raises(Denied, match="second"), founding(tmp_path, "second"):
            pass
        assert (tmp_path / "key").read_bytes() == b"first"
    assert (tmp_path / "key").read_bytes() == b"first"
