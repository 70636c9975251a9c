"""What is written is whole or absent, and nobody else's link or folder decides where it goes or who reads it."""

import os
import stat

import pytest

from bank import durable
from bank.durable import make_folder, private_folder, write_atomically, write_new
from bank.refused import BrokenStore


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
    synced.clear()
    make_folder(tmp_path / "a" / "b")
    assert synced == []


def test_a_private_folder_is_so_also_where_it_was_there_before(tmp_path):
    (tmp_path / "old").mkdir(mode=0o755)
    for folder in (tmp_path / "old", tmp_path / "new"):
        private_folder(folder)
        assert mode(folder) == 0o700
    (tmp_path / "others").mkdir(mode=0o755)
    make_folder(tmp_path / "others", private=True)
    assert mode(tmp_path / "others") == 0o755
