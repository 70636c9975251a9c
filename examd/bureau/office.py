"""A bureau's folder: the key that signs packages, the archive's, and the release codes until they are given.

    bureau.key bureau.card.json    the issuing key, sealed to the issuing officer's passphrase; its public card
    archive.key archive.card.json  what every sealed part is also sealed to, so that it can be opened years later
    releases/<package>.age            the two codes of a package, sealed to the bureau
    releases/<package>.manifest.json  the package's manifest: its session, and whose signatures close it
    releases/<package>.edition.json   the rule that it was issued under, as its officers signed it
    releases/<package>.checkpoints    the signed checkpoints that came last
    releases/<package>.head           head of the release ledger after the newest entry of this package
    ledger.jsonl                      the release ledger (`examd.bureau.ledger`)
    results/<package>/                the result, filed (`examd.bureau.receiving`)
    rules/                            the signed composition rules (`examd.bureau.rulebook`)

Before: `bank.store`, `bank.rules`. After: `examd.bureau.releasing`, which gives the codes.
"""

import hashlib
from pathlib import Path

import msgspec

from bank.canonical import canonical
from bank.durable import make_folder, read_bytes, write_atomically
from bank.refused import BadFile, Denied
from bank.rules.signed_rule import unpack
from bank.seal import locks, statements
from examd import holders
from examd.bureau.ledger import Ledger
from examd.bureau.rulebook import Rulebook
from examd.holders import Card, Holder
from examd.package import layout
from examd.package.issue import Issued
from examd.package.layout import Manifest, Session


class Office:
    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @classmethod
    def create(cls, directory: Path, bureau_id: str, name: str, passphrase: str) -> tuple["Office", Holder]:
        """Founds a bureau: makes its keys and the archive's, both under the issuing officer's passphrase.

        Raises BadFile: when the number is not letters, digits, - and _, or there is a bureau already.
        """
        layout.require_plain(bureau_id)
        with holders.founded(directory, "bureau", "archive.key"):
            holder = holders.make(directory, "bureau", bureau_id, name, passphrase)
            holders.make(directory, "archive", bureau_id, name, passphrase)
            make_folder(directory / "releases")
        return cls(directory), holder

    def unlock(self, passphrase: str) -> Holder:
        return holders.unlock(self.directory, "bureau", passphrase)

    def rulebook(self) -> Rulebook:
        return Rulebook(self.directory / "rules", Card.read(self.directory / "bureau.card.json", "bureau"))

    def checked_rulebook(self) -> Rulebook:
        """The register of rules, held against the rule of every package that was ever issued here."""
        book = self.rulebook()
        for path in self.editions():
            where = f"PKG-{path.name.removesuffix('.edition.json')}"
            book.hold_against_package(unpack(path.read_bytes(), book.bureau.sign, name=path.name), where)
        return book

    def archive_age(self) -> str:
        return Card.read(self.directory / "archive.card.json", "archive").age

    def ledger(self, bureau: Card, *, every_signature: bool = False) -> Ledger:
        """The release ledger, held against the head that each package's files remember.

        Raises Denied: when it is older than one of these, or another.
        Raises BrokenStore: when it was edited.
        """
        ledger = Ledger.read(self.directory, bureau, every_signature=every_signature)
        for path in sorted(self._releases.glob("*.head")):
            ledger.hold(read_bytes(path).decode(errors="replace"), f"releases/{path.name}")
        return ledger

    def keep_head(self, package_id: str, head: str) -> None:
        """Remembers, beside a package's other files, how far the ledger had come."""
        write_atomically(self._release(package_id, "head"), head.encode())

    def keep_codes(self, issued: Issued, signed_rule: bytes | None, bureau: Card) -> None:
        """Keeps what is needed to give them: the codes sealed to the bureau, and the signed rule."""
        plain = canonical(msgspec.to_builtins(Codes(issued.code_1, issued.code_2)))
        write_atomically(self._release(issued.package_id, "age"), locks.seal(plain, [bureau.age]))
        if signed_rule is not None:
            write_atomically(self._release(issued.package_id, "edition.json"), signed_rule)

    def keep_manifest(self, issued: Issued) -> None:
        """Keeps the manifest: with it the package counts as issued."""
        write_atomically(self._release(issued.package_id, "manifest.json"), issued.manifest)

    def issued(self, package_id: str) -> bool:
        """Whether a package of this number was issued here."""
        return self._release(package_id, "manifest.json").exists()

    def manifest(self, package_id: str, bureau: Card) -> Manifest:
        """The manifest of a package that was issued here. Raises Denied: when it was not."""
        path = self._release(package_id, "manifest.json")
        try:
            file = path.read_bytes()
        except OSError:
            raise Denied("package-unknown", package=package_id) from None
        statements.verify(file, bureau.sign, name=path.name)
        return layout.read_manifest(statements.read(file, layout.KIND, name=path.name))

    def packages(self, bureau: Card) -> list[tuple[str, Session]]:
        """All packages that were issued here, each with its session."""
        numbers = sorted(path.name.removesuffix(".manifest.json") for path in self._releases.glob("*.manifest.json"))
        return [(number, self.manifest(number, bureau).session) for number in numbers]

    def issued_for(self, session_id: str, site_id: str, bureau: Holder) -> list[str]:
        """Numbers of the packages that were issued for this session of this site."""
        wanted = (session_id, site_id)
        return [number for number, session in self.packages(bureau.card) if (session.id, session.site_id) == wanted]

    def manifest_sha256(self, package_id: str) -> str:
        """Of the manifest's file, as it was issued. Raises BadFile: when it cannot be read."""
        return hashlib.sha256(read_bytes(self._release(package_id, "manifest.json"))).hexdigest()

    def editions(self) -> list[Path]:
        """The signed rule of each package that was issued here."""
        return sorted(self._releases.glob("*.edition.json"))

    def codes(self, package_id: str, bureau: Holder) -> "Codes":
        """Both codes of a package: for `examd.bureau.releasing` alone, which writes down for what each is given.

        Raises Denied: when it was not issued here.
        """
        try:
            sealed = self._release(package_id, "age").read_bytes()
        except OSError:
            raise Denied("package-unknown", package=package_id) from None
        return msgspec.json.decode(locks.unseal(sealed, bureau.identity, what="release codes"), type=Codes)

    def keep_checkpoints(self, package_id: str, checkpoints: bytes) -> None:
        """Keeps the newest signed checkpoints that came."""
        write_atomically(self._release(package_id, "checkpoints"), checkpoints)

    def told_before(self, package_id: str) -> tuple[str, bytes]:
        """What an office of before the ledger wrote down: the closing root that was read out, and the checkpoints that
        code 2 was given against; empty where there is none."""
        kept = self._release(package_id, "root"), self._release(package_id, "checkpoints")
        root, checkpoints = (read_bytes(path) if path.exists() else b"" for path in kept)
        return root.decode(errors="replace").strip(), checkpoints

    def result(self, package_id: str) -> Path:
        """The folder in which a result is filed."""
        return self.directory / "results" / package_id

    @property
    def _releases(self) -> Path:
        return self.directory / "releases"

    def _release(self, package_id: str, kind: str) -> Path:
        if len(package_id) != 32 or not all(c in "0123456789abcdef" for c in package_id):
            raise BadFile("package-id-malformed")
        return self._releases / f"{package_id}.{kind}"


class Codes(msgspec.Struct, frozen=True):
    """The two release codes of a package."""

    first: str = msgspec.field(name="1")
    second: str = msgspec.field(name="2")

    def __repr__(self) -> str:
        return "Codes(…)"
