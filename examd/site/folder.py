"""A site's folder: its secrets, whom it trusts, the people on duty, its sessions.

    site.key site.card.json   the site's secrets (sealed to the administrator's passphrase) and public card
    bureau.card.json          the bureau whose packages this site accepts
    staff.db                  people on duty (`examd.staff`)
    root.pem tls.pem tls.age  what terminals trust; the server's certificate and its key, sealed to the site
    rules.seen.json           the bureau's registers of rule officers and its rules, as packages brought them
    current                   id of the session being held
    supervisor.pid server.pid who serves the site now; each holds a lock on its own
    sessions/<id>/            package/ record.db secrets.age, and result/ once closed

The folder and each session's are their owner's alone.

Everything a restarted server needs is sealed to the site key, so the administrator's passphrase is enough after a
power cut; codes and chief examiner are needed once.
"""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # Windows: the record's exclusive lock is what keeps two servers apart
    fcntl = None  # type: ignore[assignment]

from bank.canonical import canonical
from bank.durable import private_folder, sync_directory, write_atomically
from bank.refused import BadFile, Denied
from bank.rules import signed_rule as signed_rules
from bank.seal import locks
from bank.seal.locks import Identity
from bank.vault import Vault
from examd import holders
from examd.holders import Card, Holder
from examd.package import open as opening
from examd.staff import SCHEMA, StaffBook

STAFF_APPLICATION = "examd-staff"


@dataclass(frozen=True, slots=True)
class SessionSecrets:
    """What the server must have again after a restart; on disk only as `secrets.age`, sealed to the site."""

    record_key: bytes
    room_r: bytes
    """The room's share of the seed: committed in the record before the bureau's share can be read."""
    roster: Identity | None = None
    items: Identity | None = None

    def __repr__(self) -> str:
        return "SessionSecrets(…)"


class SiteFolder:
    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @classmethod
    def create(
        cls, directory: Path, site_id: str, name: str, passphrase: str, bureau: Card
    ) -> tuple["SiteFolder", Holder]:
        """Commissions a site: makes its keys, remembers the bureau. The card goes to the bureau."""
        if not site_id.isascii() or not site_id or not all(ch.isalnum() or ch in "-_" for ch in site_id):
            raise BadFile("session-name", found=site_id)
        holder = holders.create(directory, "site", site_id, name, passphrase)
        fields = {field: getattr(bureau, field) for field in ("role", "id", "name", "age", "sign")}
        write_atomically(directory / "bureau.card.json", json.dumps(fields, ensure_ascii=False, indent=1).encode())
        Vault.create(directory / "staff.db", holder.vault_key, application=STAFF_APPLICATION, schema=SCHEMA).close()
        private_folder(directory)
        private_folder(directory / "sessions")
        return cls(directory), holder

    def unlock(self, passphrase: str) -> Holder:
        return holders.unlock(self.directory, "site", passphrase)

    def bureau(self) -> Card:
        return Card.read(self.directory / "bureau.card.json", "bureau")

    def staff(self, holder: Holder) -> StaffBook:
        # Wiping page buffers is one switch for the whole process, and would slow the record beside it.
        path = self.directory / "staff.db"
        return StaffBook(Vault.open(path, holder.vault_key, application=STAFF_APPLICATION, wipe_memory=False))

    @contextlib.contextmanager
    def held(self, by: str = "supervisor") -> Iterator[None]:
        """One supervisor a site, and one server: two would write two records. Raises Denied("site-busy").

        The server holds its own lock, for it goes on where its supervisor was killed; the operating system takes the
        lock back when the process ends, however it ends.
        """
        path = self.directory / f"{by}.pid"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if fcntl is not None:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    raise Denied("site-busy", pid=path.read_text().strip()) from None
            with contextlib.suppress(OSError):  # a full disk must not keep the server out: the lock counts
                os.ftruncate(descriptor, os.write(descriptor, b"%d\n" % os.getpid()))
            yield
        finally:
            os.close(descriptor)

    # ---- sessions ---------------------------------------------------------------------------------------------

    @property
    def current(self) -> str | None:
        try:
            return (self.directory / "current").read_text().strip() or None
        except FileNotFoundError:
            return None

    def session(self, session_id: str) -> Path:
        return self.directory / "sessions" / session_id

    def adopt(self, package: opening.Package, session_id: str) -> Path:
        """Copies a verified package into its session's folder. Raises Denied where the session was held before."""
        folder = self.session(session_id)
        if (folder / "record.db").exists():
            raise Denied("session-exists", session=session_id)
        self._remember_rule(package)
        if folder.exists():  # an adoption that a power cut ended before the record began
            shutil.rmtree(folder)
        private_folder(folder)
        opening.copy(package, folder / "package")
        sync_directory(folder)
        return folder

    def _remember_rule(self, package: opening.Package) -> None:
        """The first package that counts shows who this bureau's rule officers are. From then on no other register and
        no other text of a version is taken: with its own key a bureau could begin a register anew, with officers whom
        nobody knows. An older package, opened later, brings a beginning of the chain; its rule is then held against the
        longest chain that this site knows, or officers who were dismissed could sign as long as nobody else is shown.
        """
        if package.proof is None or package.manifest.session.mock:
            return
        path = self.directory / "rules.seen.json"
        empty: dict[str, Any] = {"begins": {}, "officers": [], "over": [], "rules": {}}
        seen = empty | (json.loads(path.read_bytes()) if path.exists() else {})
        chain, used = package.proof.registers, package.proof.signed_rule
        registers = [register.sha256 for register in chain]
        known = len(seen["officers"])
        for version, (known_sha256, brought) in enumerate(zip(seen["officers"], registers, strict=False), 1):
            if known_sha256 != brought:
                raise Denied("rules-other-register", version=version)
        rule = used.rule
        if used.register < len(seen["over"]):
            signed_rules.require_in(used, seen["over"][used.register].get(rule.id, ()))
        texts = {rule.id: {str(rule.version): rule.sha256}}
        if rule.version > 1:
            texts[rule.id][str(rule.version - 1)] = used.supersedes
        for name, hashes in chain[-1].rules.items():
            texts.setdefault(name, {}).update({str(version): sha256 for version, sha256 in enumerate(hashes, 1)})
        for name, versions in texts.items():
            known_versions = seen["rules"].setdefault(name, {})
            for version_, sha256 in versions.items():
                if known_versions.setdefault(version_, sha256) != sha256:
                    raise Denied("rules-other-text", rule=name, version=version_)
        begins = seen["begins"].setdefault(rule.id, {})
        for version_, first in begins.items():  # what has begun is not taken back
            if int(version_) > rule.version and first <= package.manifest.session.date:
                raise Denied("rule-superseded", rule=rule.id, version=rule.version, newer=int(version_), day=first)
        begins[str(rule.version)] = rule.effective_from.isoformat()
        if len(registers) >= known:
            over = [{name: list(hashes) for name, hashes in register.rules.items()} for register in chain]
            seen |= {"officers": registers, "over": over}
        write_atomically(path, canonical(seen))

    def make_current(self, session_id: str) -> None:
        write_atomically(self.directory / "current", session_id.encode())

    def write_secrets(self, folder: Path, secrets: SessionSecrets, site: Holder) -> None:
        plain = canonical(
            {
                "items": secrets.items.text if secrets.items else "",
                "record_key": secrets.record_key.hex(),
                "room_r": secrets.room_r.hex(),
                "roster": secrets.roster.text if secrets.roster else "",
            }
        )
        write_atomically(folder / "secrets.age", locks.seal(plain, [site.card.age]), private=True)

    def read_secrets(self, folder: Path, site: Holder) -> SessionSecrets:
        try:
            sealed = (folder / "secrets.age").read_bytes()
        except OSError as error:
            raise BadFile("file-unreadable", file="secrets.age", why=error.strerror) from None
        fields = json.loads(locks.unseal(sealed, site.identity, what="secrets.age"))
        return SessionSecrets(
            bytes.fromhex(fields["record_key"]),
            bytes.fromhex(fields["room_r"]),
            Identity.from_text(fields["roster"]) if fields["roster"] else None,
            Identity.from_text(fields["items"]) if fields["items"] else None,
        )
