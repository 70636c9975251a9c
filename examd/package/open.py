"""Opening: a package directory is verified before anything in it is believed, then unlocked holder by holder.

A stick may hold anything: a pipe that never answers, a link to a device without an end. Only ordinary files are read,
and no more of them than a limit.

Order: signature of the manifest, size and digest of every part (and no file beside them), the rule officers' hands
under the rule, then locks, then each plaintext against the commitment in the manifest. Nothing is decrypted that was
not issued; nothing decrypted is used that was not committed to.

Before: `examd.package.issue`. After: `examd.delivery` (items, roster), `examd.grading.mark` (answer keys, another
process).
"""

import base64
import errno
import hashlib
import json
import os
import stat
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bank.content import Content
from bank.draw_facts import ItemFacts, pool_root
from bank.durable import make_folder, write_atomically
from bank.refused import BadFile, Denied
from bank.rules import Rule
from bank.rules import signed_rule as signed_rules
from bank.rules.signed_rule import SignatureProof
from bank.seal import locks, statements
from bank.seal.locks import Identity
from examd.package import layout
from examd.package.layout import Manifest, RosterLine

MAX_MANIFEST_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Package:
    """A package whose every file is what the manifest says."""

    directory: Path
    manifest: Manifest
    manifest_sha256: str
    rule: Rule
    proof: SignatureProof | None = None
    """Who signed the rule; None for a drill under an unsigned one."""


@dataclass(frozen=True, slots=True)
class OpenItems:
    """The items part in clear."""

    bureau_r: bytes
    facts: tuple[ItemFacts, ...]
    content: dict[str, Content]


def read(directory: Path, bureau_key: str) -> Package:
    """Verifies the package against the bureau's public key.

    Raises BadFile: when files are missing, too many, or malformed.
    Raises Denied: when something was altered, or signed by nobody who may.
    """
    data = _read(directory / layout.MANIFEST, MAX_MANIFEST_BYTES)
    signed = statements.read(data, layout.KIND, name=layout.MANIFEST)
    statements.verify(data, bureau_key, name=layout.MANIFEST)
    manifest = layout.read_manifest(signed)
    if manifest.keys.bureau != bureau_key:
        raise Denied("signature", file=layout.MANIFEST)
    _check_parts(directory, manifest)
    try:
        rule = Rule.from_json(json.loads(_read(directory / layout.RULE, layout.MAX_PART_BYTES)))
    except ValueError:
        raise BadFile("part-malformed", what=layout.RULE) from None
    if rule.sha256 != manifest.rule.sha256:
        raise Denied("rule-hash", expected=manifest.rule.sha256, found=rule.sha256)
    if (rule.id, rule.version) != (manifest.rule.id, manifest.rule.version):  # what people are shown
        raise BadFile("part-malformed", what=layout.MANIFEST)
    signed_rule = None
    if any(part.name == layout.SIGNED_RULE for part in manifest.parts):
        signed_rule = _read(directory / layout.SIGNED_RULE, layout.MAX_PART_BYTES)
    proof = rule_proof(signed_rule, manifest, rule)
    return Package(directory, manifest, hashlib.sha256(data).hexdigest(), rule, proof)


def rule_proof(file: bytes | None, manifest: Manifest, rule: Rule) -> SignatureProof | None:
    """What two rule officers signed, held against the rule of the package. Only a drill may do without.

    Raises BadFile: when the session has no date.
    Raises Denied: when nothing is signed, or something else, or not for that day.
    """
    if file is None:
        if not manifest.session.mock:
            raise Denied("rule-not-signed", rule=manifest.rule.id)
        return None
    proof = signed_rules.unpack(file, manifest.keys.bureau, name=layout.SIGNED_RULE)
    signed = proof.signed_rule.rule
    layout.require_signed(rule, signed)
    try:
        signed.require_in_force(date.fromisoformat(manifest.session.date))
    except ValueError:
        raise BadFile("session-date", found=manifest.session.date) from None
    return proof


def copy(package: Package, to: Path) -> None:
    """Writes the files that the manifest lists, and no other, into the new folder `to`."""
    make_folder(to)
    for name in (layout.MANIFEST, *(part.name for part in package.manifest.parts)):
        write_atomically(to / name, _read(package.directory / name, layout.MAX_PART_BYTES))


def middle_lock(package: Package, part: str, site: Identity) -> bytes:
    """A part's lock with the site's layer off: what the chief examiner's device receives."""
    sealed = _read(layout.lock_path(package.directory, part), layout.MAX_PART_BYTES)
    return locks.unseal(sealed, site, what=f"{part}/site")


def inner_lock(lock: bytes, part: str, chief: Identity) -> bytes:
    """A part's lock with the chief examiner's layer off as well: what is left is the code's, where there is one."""
    return locks.unseal(lock, chief, what=f"{part}/chief")


def unlock(lock: bytes, part: str, chief: Identity | None, code: Identity | None) -> Identity:
    """Takes the chief examiner's layer off, where it is still on, then the code's where there is one: the part's own
    identity."""
    opened = lock if chief is None else inner_lock(lock, part, chief)
    if code is not None:
        opened = locks.unseal(opened, code, what=f"{part}/code")
    return locks.identity_in(opened, what=part)


def roster(package: Package, identity: Identity) -> list[RosterLine]:
    return layout.read_roster(_plaintext(package, layout.ROSTER, identity, package.manifest.roster.sha256))


def items(package: Package, identity: Identity) -> OpenItems:
    """The items part in clear, each item held against what the pool commits to.

    Raises BadFile: when it is malformed.
    Raises Denied: when it is not what was committed to.
    """
    plaintext = _plaintext(package, layout.ITEMS, identity, package.manifest.items.sha256)
    records = layout.records_in(plaintext, what=layout.ITEMS)
    try:
        head, *body = records
        facts = tuple(ItemFacts.from_json(record["facts"]) for record in body)
        content = {f.id: Content.from_json(record["content"]) for f, record in zip(facts, body, strict=True)}
        bureau_r = bytes.fromhex(head["r"])
    except (KeyError, TypeError, ValueError):
        raise BadFile("part-malformed", what=layout.ITEMS) from None
    if pool_root(f.to_json() for f in facts) != package.manifest.pool.root:
        raise Denied("pool-root")
    for f in facts:
        if content[f.id].sha256() != f.content:
            raise Denied("item-content", item=f.id)
    return OpenItems(bureau_r, facts, content)


def answers_plaintext(package: Package, identity: Identity) -> bytes:
    """The answer keys, for the grading process alone."""
    return _plaintext(package, layout.ANSWERS, identity, package.manifest.answers.sha256)


def encode_lock(lock: bytes) -> str:
    return base64.b64encode(lock).decode()


def decode_lock(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _plaintext(package: Package, part: str, identity: Identity, sha256: str) -> bytes:
    sealed = _read(layout.part_path(package.directory, part), layout.MAX_PART_BYTES)
    plaintext = locks.unseal(sealed, identity, what=part)
    if hashlib.sha256(plaintext).hexdigest() != sha256:
        raise Denied("part-commitment", what=part)
    return plaintext


def _check_parts(directory: Path, manifest: Manifest) -> None:
    found = {path.name for path in directory.iterdir()}
    listed = {part.name for part in manifest.parts} | {layout.MANIFEST}
    needed = {layout.RULE} | {f"{p}.{suffix}" for p in layout.SEALED_PARTS for suffix in ("age", "lock")}
    for name in sorted(needed - listed):
        raise BadFile("part-unlisted", file=name)
    for name in sorted(listed - found):
        raise BadFile("part-missing", file=name)
    for name in sorted(found - listed):
        raise BadFile("part-extra", file=name)
    for part in manifest.parts:
        data = _read(directory / part.name, layout.MAX_PART_BYTES)
        if len(data) != part.bytes or hashlib.sha256(data).hexdigest() != part.sha256:
            raise Denied("part-altered", file=part.name)


_PLAINLY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""Not through a link, and without waiting for somebody at the other end of a pipe."""
_IRREGULAR = (errno.ELOOP, errno.EISDIR, errno.ENXIO)
"""What opening a link, a folder or a socket in this way gives."""


def _read(path: Path, limit: int) -> bytes:
    try:
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | _PLAINLY)) as stream:
            found = os.fstat(stream.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise BadFile("file-irregular", file=path.name)
            if found.st_size > limit:
                raise BadFile("file-too-large", file=path.name, most=limit)
            return stream.read(found.st_size)  # what is added meanwhile was not issued
    except OSError as error:
        if error.errno in _IRREGULAR:
            raise BadFile("file-irregular", file=path.name) from None
        raise BadFile("file-unreadable", file=str(path), why=error.strerror) from None
    except ValueError:  # a NUL in the path
        raise BadFile("file-unreadable", file=str(path), why="") from None
