"""A small session, quickly: a bank of thirty items, a rule of ten, five candidates, and every part of it the real one.

Holders are made without passphrases (each would cost an Argon2id); `tests/walk` takes the long way round. The people
of `Staffed` have one, so they are made once for a whole run of tests.
"""

import functools
import secrets
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pyotp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bank.authoring.review import State
from bank.content import TRUEFALSE_OPTIONS, Content, ItemType, Level, Option
from bank.item import AnswerKey, Item
from bank.rules import Rule
from bank.seal import codes
from bank.seal.locks import Identity
from bank.seal.statements import public_hex
from bank.store import BankItem, ItemOutline
from bank.vault import Vault
from examd.clock import Instant
from examd.holders import Card, Holder
from examd.package import layout
from examd.package import open as opening
from examd.package.issue import Issued, issue
from examd.package.layout import RosterLine, Session
from examd.site.folder import STAFF_APPLICATION, SiteFolder
from examd.staff import SCHEMA, VERSION, Role, StaffBook

MINUTES = 30
N_ITEMS = 10


def toy_items(mark: str = "") -> list[Item]:
    """Thirty items; what reveals an answer carries `mark`, so that a search can tell where it got to."""
    items = []
    for n in range(30):
        kind = (ItemType.TRUEFALSE, ItemType.SINGLE, ItemType.MULTIPLE)[n % 3]
        texts = TRUEFALSE_OPTIONS if kind is ItemType.TRUEFALSE else tuple(f"第{n}题选项{x}" for x in "甲乙丙丁")
        right = (n % 2,) if kind is ItemType.TRUEFALSE else (n % 4,) if kind is ItemType.SINGLE else (0, 1 + n % 3)
        content = Content(kind, f"第{n}题：下列说法是否正确？", tuple(map(Option, texts)))
        items.append(
            Item(content, AnswerKey(right), "1", Level.KNOW, 7_000, f"{mark}解析{n}", f"{mark}依据{n}", locked=())
        )
    return items


def toy_rule(**changes: object) -> Rule:
    return Rule.from_json(
        {
            "id": "TOY", "version": 1, "name": "小规则", "source": "tests", "effective_from": "2026-01-01",
            "subjects": ["SP-ELV"], "pool": {"multiple": 1, "alike": {"share": "1", "reason": "演练"}},
            "grading": "site", "minutes": MINUTES, "total_points": 12, "pass_points": 7,
            "difficulty": {"tolerance": "0.5"},
            "types": {
                "truefalse": {"count": 4, "points": 1}, "single": {"count": 4, "points": 1},
                "multiple": {"count": 2, "points": 2},
            },
            "chapters": {"1": {"name": "一", "points": 12}},
            "levels": {"know": 12},
            "cells": [
                {"type": "truefalse", "chapter": "1", "level": "know", "count": 4, "points": 1},
                {"type": "single", "chapter": "1", "level": "know", "count": 4, "points": 1},
                {"type": "multiple", "chapter": "1", "level": "know", "count": 2, "points": 2},
            ],
        }
        | changes
    )  # fmt: skip


def bank_items(items: list[Item]) -> list[ItemOutline]:
    return [
        BankItem(
            i.id,
            1,
            State.APPROVED,
            i.content,
            i.chapter,
            i.level,
            i.p4,
            i.basis,
            i.enemies,
            i.locked,
            i.tags,
            "",
            "",
            subject="SP-ELV",
        ).outline
        for i in items
    ]


def toy_roster(n: int = 5) -> list[RosterLine]:
    return [
        RosterLine(c, f"2026{c:04}", f"考生{c}", f"{c:05}X", f"1406**********{c:05}X", "甲校" if c % 2 else "乙校")
        for c in range(1, n + 1)
    ]


def holder(role: str, name: str = "某某", holder_id: str = "H-1") -> Holder:
    identity, key = Identity.generate(), Ed25519PrivateKey.generate()
    return Holder(
        Card(role, holder_id, name, identity.recipient, public_hex(key)), identity, key, secrets.token_bytes(32)
    )


@dataclass
class Toy:
    """A package issued to one site, and everybody's secrets."""

    work: Path
    mark: str = ""
    candidates: int = 5
    rule: Rule = field(default_factory=toy_rule)
    bureau: Holder = field(default_factory=lambda: holder("bureau", "某局", "B-1"))
    site: Holder = field(default_factory=lambda: holder("site", "某考点", "S-1"))
    chief: Holder = field(default_factory=lambda: holder("chief", "某主考", "C-1"))
    archive: Identity = field(default_factory=Identity.generate)
    session_id: str = "T-1"

    def __post_init__(self) -> None:
        self.items = toy_items(self.mark)
        self.answer_keys = {item.id: item.answer_key for item in self.items}
        self.roster = toy_roster(self.candidates)
        self.issued: Issued = self.issue(self.session_id)

    def issue(self, session_id: str) -> Issued:
        return issue(
            self.work / "stick",
            session=Session(session_id, "演练场次", "2026-11-21", self.site.card.id, "某考点", True),
            rule=self.rule,
            items=bank_items(self.items),
            contents=lambda ids: {i.id: i.content for i in self.items if i.id in set(ids)},
            answer_keys=lambda ids: {i: self.answer_keys[i] for i in ids},
            roster=self.roster,
            bureau=self.bureau,
            site=self.site.card,
            chief=self.chief.card,
            archive_age=self.archive.recipient,
            issued_at=datetime.now(UTC),
            random_bytes=secrets.token_bytes,
        )

    @property
    def directory(self) -> Path:
        return self.issued.directory

    def read(self) -> opening.Package:
        return opening.read(self.directory, self.bureau.card.sign)

    def unlock(self, package: opening.Package, part: str) -> Identity:
        """Site, then chief examiner, then the code: everyone in turn."""
        middle = opening.middle_lock(package, part, self.site.identity)
        spoken = {layout.ITEMS: (self.issued.code_1, 1), layout.ANSWERS: (self.issued.code_2, 2)}.get(part)
        code = codes.code_identity(spoken[0], package.manifest.package_id, spoken[1]) if spoken else None
        return opening.unlock(middle, part, self.chief.identity, code)

    def right(self, stem: str) -> frozenset[str]:
        """Texts of the right options of the item with this stem: what a candidate who learned it knows."""
        item = next(i for i in self.items if i.content.stem == stem)
        return frozenset(item.content.options[n].text for n in item.answer_key.correct)


PASSPHRASE = "一个够长的口令 of some length"


@functools.cache
def on_duty() -> tuple[list[tuple[object, ...]], dict[str, str]]:
    """Rows of a staff book, and the secret of each one's codes."""
    people = {
        "admin": Role.ADMINISTRATOR, "deputy": Role.ADMINISTRATOR, "closer": Role.ADMINISTRATOR,
        "helper": Role.ADMINISTRATOR, "watcher": Role.INVIGILATOR,
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        vault = Vault.create(
            Path(folder) / "staff.db", bytes(32), application=STAFF_APPLICATION, version=VERSION, schema=SCHEMA
        )
        book = StaffBook(vault)
        secret = {name: book.add(name, role, PASSPHRASE) for name, role in people.items()}
        with vault.reading() as connection:
            rows = connection.execute("SELECT * FROM staff").fetchall()
        book.close()
    return rows, secret


class Staffed(Toy):
    """A toy with a site folder, an administrator and an invigilator."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.site_folder = self.work / "site"
        (self.site_folder / "sessions").mkdir(parents=True)
        self.bureau.card.write(self.site_folder)
        rows, secret = on_duty()
        with (
            Vault.create(
                self.site_folder / "staff.db",
                self.site.vault_key,
                application=STAFF_APPLICATION,
                version=VERSION,
                schema=SCHEMA,
            ) as vault,
            vault.transaction() as connection,
        ):
            connection.executemany(f"INSERT INTO staff VALUES ({', '.join('?' * len(rows[0]))})", rows)
        self.totp = {name: pyotp.TOTP(each) for name, each in secret.items()}

    @property
    def folder(self) -> SiteFolder:
        return SiteFolder(self.site_folder)


@dataclass
class HandClock:
    """A clock that a test moves: within a boot, or to another one."""

    mono_ms: int = 1_000_000
    boot: str = "aa" * 16
    wall_s: int = 1_790_000_000

    def now(self) -> Instant:
        return Instant(self.boot, self.mono_ms, self.wall_s)

    def run(self, ms: int) -> None:
        self.mono_ms += ms
