"""Shares on the sticks of their holders: carried there once, and found there by themselves ever after.

No stick holds the shares of two people: whoever found it would be two keyholders.

Before: `bank.custody.founding` and `handing_over` leave shares in the bank's folder. After: `bank.custody.opening`.
"""

import contextlib
import getpass
import os
import string
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bank.custody.holders import SHARES, Custody, Holder, Offered, share_name
from bank.durable import copy_new, destroy, make_folder, store_errors
from bank.refused import BadFile, BrokenStore, Denied

PATTERN = "share-*.json"


def mounted(among: Sequence[Path] = ()) -> list[Path]:
    """The sticks in this machine; those in the folders `among`, where this system mounts them nowhere usual."""
    if among:
        return sorted(each for place in among for each in _folders(place))
    if os.name == "nt":
        drives = [Path(f"{letter}:\\") for letter in string.ascii_uppercase[3:]]
        return [drive for drive in drives if drive.exists()]
    user = getpass.getuser()
    usual = ("/Volumes",) if sys.platform == "darwin" else (f"/media/{user}", f"/run/media/{user}", "/media", "/mnt")
    return sorted({each for place in usual for each in _folders(Path(place)) if each.is_mount()})


def _folders(place: Path) -> Iterator[Path]:
    try:
        yield from (each for each in place.iterdir() if each.is_dir() and os.access(each, os.R_OK | os.X_OK))
    except OSError:
        return


def shares_on(places: Iterable[Path]) -> Iterator[Offered]:
    """Whatever share lies on them, of whichever bank. What only looks like one is passed over."""
    for place in places:
        try:
            files = sorted(place.glob(PATTERN))
        except OSError:  # taken out at this moment
            continue
        for file in files:
            yield from _readable(file)


def found_on(places: Iterable[Path], custody: Custody) -> list[Offered]:
    """The shares in force of this bank, one a holder, in the order of the holders."""
    found: dict[int, Offered] = {}
    for each in shares_on(places):
        if (each.head.bank, each.head.generation) == (custody.bank, custody.generation):
            found.setdefault(each.head.index, each)
    return [found[index] for index in sorted(found)]


def carry(directory: Path, custody: Custody, holder: Holder, stick: Path) -> Path:
    """Moves the holder's share from the bank's folder to their stick, read back there before it goes here.

    Done again, after it was broken off, it goes on. Raises Denied: when somebody else's share is on the stick, or the
    stick is the bank's own folder. Raises BrokenStore: when the stick does not give back what was written.
    """
    kept = directory / SHARES / share_name(custody.generation, holder.index)
    if directory.resolve() in (stick.resolve(), *stick.resolve().parents):
        raise Denied("stick-is-the-bank", stick=str(stick))
    there = list(shares_on([stick]))
    for each in there:
        if each.head.holder != holder.name:
            raise Denied("stick-of-another", stick=str(stick), name=holder.name, other=each.head.holder)
    if (carried := _of(there, custody, holder)) is not None and not list(_readable(kept)):
        destroy(kept)  # half destroyed already
        return carried.path
    data = Offered.read(kept).data
    target = stick / kept.name
    if any(each.path == target and each.head.bank != custody.bank for each in there):  # they hold two banks
        target = stick / f"{kept.stem}-{custody.bank[:8]}.json"
    with store_errors(str(target)):
        make_folder(stick)
        if not (target.exists() and target.read_bytes() == data):
            target.unlink(missing_ok=True)
            copy_new(kept, target)
    if Offered.read(target).data != data:
        raise BrokenStore("store-io", file=str(target), error="read back")
    destroy(kept)
    return target


def _of(offered: Iterable[Offered], custody: Custody, holder: Holder) -> Offered | None:
    wanted = (custody.bank, custody.generation, holder.index)
    return next((each for each in offered if (each.head.bank, each.head.generation, each.head.index) == wanted), None)


def _readable(file: Path) -> Iterator[Offered]:
    with contextlib.suppress(BadFile, Denied):
        yield Offered.read(file)
