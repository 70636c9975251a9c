"""A bank given to its keyholders: the first sharing, a new key for the same people, a holder replaced; one act.

Before: an open bank, or an Opening. After: `bank.custody.opening`, with the new shares.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bank.canonical import canonical
from bank.clock import wall_clock
from bank.custody import positions, unfinished
from bank.custody.holders import (
    NEXT,
    NEXT_DATABASE,
    SHARES,
    Custody,
    Holder,
    Offered,
    check_key,
    is_shared,
    rebuild,
    share_name,
)
from bank.custody.opening import Clock, Opening
from bank.custody.positions import Position, position_of
from bank.durable import make_folder, store_errors, sync_directory, write_atomically
from bank.journal import CLOSED, SHARED, Journal
from bank.refused import Denied
from bank.seal import shares, statements
from bank.seal.shares import Head, Share
from bank.store import DATABASE, Bank
from bank.vault import KEY_BYTES


@dataclass(frozen=True, slots=True)
class HandedOver:
    custody: Custody
    files: tuple[Path, ...]
    """The shares' files, in the order of the holders."""
    combinations: int
    """How many ways to rebuild the key were tried, from the files as written."""
    position: Position


def hand_over(
    opened: Opening | Bank,
    people: Sequence[tuple[str, str]],
    need: int,
    *,
    reason: str,
    shares_in: Path | None = None,
    clock: Clock = wall_clock,
) -> HandedOver:
    """A new key for the bank, shared among `people` (name, new passphrase). Ends `opened`: the bank is closed after.

    `opened` is an Opening, or a bank with a single passphrase, whose `bank.key` is destroyed. Until the new file takes
    the old one's place nothing has happened; from there on the next opening finishes what a power cut broke off.

    Raises Denied: when the bank is in shares already and no Opening was given, or these people cannot hold it.
    """
    bank = opened.bank if isinstance(opened, Opening) else opened
    directory = bank.directory
    try:
        check_people(people, need)
        if not isinstance(opened, Opening) and is_shared(directory):
            raise Denied("bank-is-shared", file=directory.name)
        generation = opened.custody.generation + 1 if isinstance(opened, Opening) else 1
        for leftover in (directory / NEXT, directory / NEXT_DATABASE):
            leftover.unlink(missing_ok=True)
        key = secrets.token_bytes(KEY_BYTES)
        signing = [Ed25519PrivateKey.generate() for _ in people]
        holders = tuple(
            Holder(index, name, statements.public_hex(signer))
            for index, ((name, _), signer) in enumerate(zip(people, signing, strict=True), 1)
        )
        proof = check_key(key)
        custody = Custody(bank.vault.name, generation, need, holders, statements.public_hex(proof), clock())
        share_files, tried = _write_shares(custody, key, people, signing, shares_in or directory / SHARES)
    except BaseException:
        _end(opened)
        raise
    try:
        journal = opened.journal if isinstance(opened, Opening) else Journal.read(directory)
        session = opened.session if isinstance(opened, Opening) else Ed25519PrivateKey.generate()
        facts = {"custody": custody.to_json(), "reason": reason, "session": statements.public_hex(session)}
        entry = journal.next(SHARED, clock(), facts)
        line = entry.line(session, {holder.index: key for holder, key in zip(holders, signing, strict=True)})
        epoch = position_of(journal).epoch
        bank.vault.copy_under(directory / NEXT_DATABASE, key)
        statement = statements.sign(custody.to_json(), proof, *signing)
        document = canonical({"custody": statement.decode(), "line": line.decode()})
        write_atomically(directory / NEXT, document, private=True)
        bank.close()
        (directory / NEXT_DATABASE).replace(directory / DATABASE)  # from here on the new key alone opens it
        sync_directory(directory)
        unfinished.settle(directory, journal, unfinished.Pending(custody, statement, line))
        with Bank.open_with_key(directory, key) as renewed:
            positions.note_in_vault(renewed, Position(epoch, journal.n, journal.head))
            closing = journal.next(CLOSED, clock(), {"contents": 0, "keys": 0, "reason": "shared"})
            journal.append(closing.line(session, {}))
            position = Position(epoch, journal.n, journal.head)
            positions.note_in_vault(renewed, position)
    except BaseException:
        bank.close()
        raise
    finally:
        del key
    witnesses = {positions.witness_file(share_files[0].parent, custody.bank), positions.own_witness(custody.bank)}
    positions.leave_witnesses(witnesses, custody.bank, position)
    return HandedOver(custody, share_files, tried, position)


def _end(opened: Opening | Bank) -> None:
    if isinstance(opened, Opening):
        opened.close("refused")
    else:
        opened.close()


def check_people(people: Sequence[tuple[str, str]], need: int) -> None:
    """Whether a bank can be given to these people (name, new passphrase).

    Raises Denied: when it cannot, or two have one passphrase.
    """
    shares.check_policy(need, len(people))
    check_names([name for name, _ in people])
    check_unlike(people)


def check_unlike(people: Sequence[tuple[str, str]]) -> None:
    """Whether each has a passphrase of their own. Raises Denied: when two have the same."""
    for index, (name, passphrase) in enumerate(people):
        if passphrase in (other for _, other in people[:index]):
            raise Denied("passphrase-shared", name=name)  # whoever knows the one then holds two shares


def check_names(names: Sequence[str]) -> None:
    """Whether these can be names of holders.

    Raises Denied: when one is empty, too long, not printable, a number, or there twice.
    """
    for name in names:
        if not (0 < len(name) <= shares.LONGEST_NAME and name.isprintable() and name == name.strip()):
            raise Denied("holder-name", name=name, most=shares.LONGEST_NAME)
        if name.isdecimal() or "=" in name:  # numbers stand for holders elsewhere
            raise Denied("holder-name", name=name, most=shares.LONGEST_NAME)
        if names.count(name) > 1:
            raise Denied("holder-twice", name=name)


def _write_shares(
    custody: Custody, key: bytes, people: Sequence[tuple[str, str]], signing: Sequence[Ed25519PrivateKey], place: Path
) -> tuple[tuple[Path, ...], int]:
    """Written, read back, unsealed with the passphrases just chosen, and every combination tried."""
    with store_errors(str(place)):
        make_folder(place, private=True)
    share_files = []
    of = len(people)
    for words, holder, (_, passphrase), signer in zip(
        shares.split(key, custody.need, of), custody.holders, people, signing, strict=True
    ):
        head = Head(custody.bank, custody.generation, custody.need, of, holder.index, holder.name)
        path = place / share_name(custody.generation, holder.index)
        write_atomically(path, shares.seal(Share(head, words, signer), passphrase), private=True)
        share_files.append(path)
    read_back = [
        Offered.read(path).unseal(passphrase) for path, (_, passphrase) in zip(share_files, people, strict=True)
    ]
    rebuild(custody, read_back)
    return tuple(share_files), shares.try_all([share.words for share in read_back], custody.need, key)
