"""What is written is whole or absent, and nobody else's link or folder decides where it goes or who reads it."""

import os

import pytest

from examd.files import private_folder, write_atomically


@pytest.mark.parametrize(("private", "mode"), [(True, 0o600), (False, 0o644)])
def test_a_file_is_for_its_owner_alone_where_it_is_private(tmp_path, private, mode):
    before = os.umask(0o022)
    try:
        _written_twice(tmp_path, private, mode)
    finally:
        os.umask(before)


def _written_twice(tmp_path, private, mode):
    write_atomically(tmp_path / "x", b"1", private=private)
    write_atomically(tmp_path / "x", b"22", private=private)
    assert (tmp_path / "x").read_bytes() == b"22"
    assert (tmp_path / "x").stat().st_mode & 0o777 == mode
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_link_that_waits_where_the_file_is_begun_is_not_followed(tmp_path):
    victim = tmp_path / "victim"
    victim.write_bytes(b"theirs")
    (tmp_path / "x.part").symlink_to(victim)
    write_atomically(tmp_path / "x", b"secret", private=True)
    assert victim.read_bytes() == b"theirs"
    assert not (tmp_path / "x").is_symlink()


def test_what_an_earlier_try_left_open_to_all_does_not_stay_so(tmp_path):
    (tmp_path / "x.part").write_bytes(b"half")
    (tmp_path / "x.part").chmod(0o666)
    write_atomically(tmp_path / "x", b"secret", private=True)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o600


def test_a_private_folder_is_so_also_where_it_was_there_before(tmp_path):
    (tmp_path / "old").mkdir(mode=0o755)
    for folder in (tmp_path / "old", tmp_path / "new"):
        private_folder(folder)
        assert folder.stat().st_mode & 0o777 == 0o700
