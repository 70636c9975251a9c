"""A site's folder: its secrets, whom it trusts, the people on duty, its sessions.

    site.key site.card.json   the site's secrets (sealed to the administrator's passphrase) and public card
    bureau.card.json          the bureau whose packages this site accepts
    staff.db                  people on duty (`examd.staff`)
    root.pem tls.pem tls.age  what terminals trust; the server's certificate and its key, sealed to the site
    terminals.json            the enrolled terminals (`examd.terminals`)
    rules.seen.json           the bureau's registers of rule officers and its rules, as packages brought them
    packages.seen.json        the packages that were opened here
    address                   where staff found the server last: host and port
    current                   id of the session being held
    supervisor.pid server.pid who serves the site now; each holds a lock on its own
    sessions/<id>/            package/ record.db secrets.age, and result/ once closed

The folder and each session's are their owner's alone.

Everything a restarted server needs is sealed to the site key, so the administrator's passphrase is enough after a
power cut; codes and chief examiner are needed once.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

try:
    import fcntl
except ImportError:  # Windows: the record's exclusive lock is what keeps two servers apart
    fcntl = None  # type: ignore[assignment]

from bank.canonical import canonical
from bank.durable import private_folder, read_bytes, sync_directory, write_atomically
from bank.refused import BadFile, Denied
from bank.seal import locks
from bank.seal.locks import Identity
from bank.vault import Vault
from examd import holders, staff
from examd.holders import Card, Holder
from examd.package import layout
from examd.package import open as opening
from examd.result import RESULT
from examd.site.packages_seen import PackagesSeen
from examd.site.rules_seen import RulesSeen

STAFF_APPLICATION = "examd-staff"
STAFF = "staff.db"


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
        """Makes the folder with the site's keys, where `examd.site.commissioning` has seen that there is none, and
        remembers the bureau.

        Raises BadFile: when the number is not letters, digits, - and _.
        """
        layout.require_plain(site_id)
        private_folder(directory)
        holder = holders.make(directory, "site", site_id, name, passphrase)
        bureau.write(directory)
        path, key = directory / STAFF, holder.vault_key
        Vault.create(path, key, application=STAFF_APPLICATION, version=staff.VERSION, schema=staff.SCHEMA).close()
        private_folder(directory / "sessions")
        return cls(directory), holder

    @property
    def address(self) -> str:
        """host:port. Raises OSError: when nobody ever served."""
        return (self.directory / "address").read_text().strip()

    def note_address(self, host: str, port: int) -> None:
        """Writes where staff find the server; not again after each restart, for the disk may be full by then."""
        path, said = self.directory / "address", f"{host}:{port}\n"
        if not path.exists() or path.read_text() != said:
            write_atomically(path, said.encode())

    def unlock(self, passphrase: str) -> Holder:
        return holders.unlock(self.directory, "site", passphrase)

    def bureau(self) -> Card:
        return Card.read(self.directory / "bureau.card.json", "bureau")

    def staff(self, holder: Holder) -> staff.StaffBook:
        """Who is on duty here."""
        vault = Vault.open(
            self.directory / STAFF, holder.vault_key, application=STAFF_APPLICATION, version=staff.VERSION,
            wipe_memory=False,  # one switch for the whole process: it would slow the record beside it
            migrate=staff.migrate,
        )  # fmt: skip
        return staff.StaffBook(vault)

    @contextlib.contextmanager
    def held(self, by: str = "supervisor") -> Iterator[None]:
        """One supervisor a site, and one server: two would write two records. Raises Denied: when there is one.

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
        """Its folder. Raises BadFile: when that is no number of a session, and might lead out of ours."""
        layout.require_plain(session_id)
        return self.directory / "sessions" / session_id

    def result(self, session_id: str = "") -> Path:
        """The graded result of a session that was held here, the current one where none is named.

        Raises Denied: when there is no such session, or it is not graded yet.
        """
        wanted = session_id or self.current
        if wanted is None:
            raise Denied("no-session", site=str(self.directory))
        # By its name among those that are there: a number with dots and slashes would lead out of the folder.
        held = sorted(path.name for path in (self.directory / "sessions").glob("*") if path.is_dir())
        if wanted not in held:
            raise Denied("session-unknown", session=wanted, held=held or ["–"])
        folder = self.session(wanted) / "result"
        if not (folder / RESULT).exists():
            raise Denied("not-graded", folder=str(folder))
        return folder

    def adopt(self, package: opening.Package, session_id: str) -> Path:
        """Copies a verified package into its session's folder.

        Raises Denied: when the session was held before, or the package's rule is not one that this site can take
        (`examd.site.rules_seen`).
        """
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
        """A drill counts for nothing, and teaches nothing."""
        if package.proof is None or package.manifest.session.mock:
            return
        path = self.directory / "rules.seen.json"
        try:
            seen = msgspec.json.decode(path.read_bytes(), type=RulesSeen) if path.exists() else RulesSeen()
        except msgspec.DecodeError:
            raise BadFile("part-malformed", what=path.name) from None
        seen.see(package.proof, package.manifest.session.date)
        write_atomically(path, canonical(msgspec.to_builtins(seen)))

    def packages_seen(self) -> PackagesSeen:
        """The packages that were opened here. Raises BadFile: when the memory of them is damaged."""
        path = self.directory / "packages.seen.json"
        try:
            return msgspec.json.decode(path.read_bytes(), type=PackagesSeen) if path.exists() else PackagesSeen()
        except msgspec.DecodeError:
            raise BadFile("part-malformed", what=path.name) from None

    def remember_opened(self, manifest: layout.Manifest) -> None:
        """Enters a package that is being opened, before it is open."""
        seen = self.packages_seen().with_opened(manifest)
        write_atomically(self.directory / "packages.seen.json", canonical(msgspec.to_builtins(seen)))

    def make_current(self, session_id: str) -> None:
        write_atomically(self.directory / "current", session_id.encode())

    def write_secrets(self, folder: Path, secrets: SessionSecrets, site: Holder) -> None:
        """Seals them to the site, in the session's folder."""
        plain = canonical(msgspec.to_builtins(_OnDisk.of(secrets)))
        write_atomically(folder / "secrets.age", locks.seal(plain, [site.card.age]), private=True)

    def read_secrets(self, folder: Path, site: Holder) -> SessionSecrets:
        """Unseals them. Raises BadFile: when there are none, or none of ours."""
        sealed = read_bytes(folder / "secrets.age", named="secrets.age")
        try:
            plain = locks.unseal(sealed, site.identity, what="secrets.age")
            return msgspec.json.decode(plain, type=_OnDisk).secrets()
        except (msgspec.DecodeError, ValueError):
            raise BadFile("part-malformed", what="secrets.age") from None


class _OnDisk(msgspec.Struct, frozen=True):
    items: str
    """"" until the session is opened."""
    record_key: str
    room_r: str
    roster: str

    @classmethod
    def of(cls, secrets: SessionSecrets) -> "_OnDisk":
        items, roster = (identity.text if identity else "" for identity in (secrets.items, secrets.roster))
        return cls(items, secrets.record_key.hex(), secrets.room_r.hex(), roster)

    def secrets(self) -> SessionSecrets:
        roster, items = (Identity.from_text(text) if text else None for text in (self.roster, self.items))
        return SessionSecrets(bytes.fromhex(self.record_key), bytes.fromhex(self.room_r), roster, items)
