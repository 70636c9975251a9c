"""A bureau's folder: the key that signs packages, the archive's, and the release codes until they are given.

    bureau.key bureau.card.json    the issuing key, sealed to the issuing officer's passphrase; its public card
    archive.key archive.card.json  what every sealed part is also sealed to, so that it can be opened years later
    releases/<package>.age            the two codes of a package, sealed to the bureau
    releases/<package>.manifest.json  the package's manifest: its session, and whose signatures close it
    releases/<package>.edition.json   the rule that it was issued under, as its officers signed it
    releases/<package>.root           the closing root that code 2 was given against, as it was read out
    releases/<package>.checkpoints    the signed checkpoints that code 2 was given against
    rules/                            the signed composition rules (`examd.bureau.rulebook`)

Before: `bank.store`, `bank.rules`. After: `examd.package.issue`.
"""

from pathlib import Path

import msgspec

from bank.canonical import canonical
from bank.durable import make_folder, write_atomically
from bank.refused import BadFile, Denied
from bank.rules.signed_rule import unpack
from bank.seal import locks, statements
from examd import holders
from examd.bureau import closing
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
        for path in sorted(self._releases.glob("*.edition.json")):
            where = f"PKG-{path.name.removesuffix('.edition.json')}"
            book.hold_against_package(unpack(path.read_bytes(), book.bureau.sign, name=path.name), where)
        return book

    def archive_age(self) -> str:
        return Card.read(self.directory / "archive.card.json", "archive").age

    def keep_codes(self, issued: Issued, signed_rule: bytes | None, bureau: Holder) -> None:
        """Keeps what is needed to give them: the codes sealed to the bureau, the signed rule, the manifest; this last,
        for with it the package counts as issued."""
        plain = canonical(msgspec.to_builtins(_Codes(issued.code_1, issued.code_2)))
        write_atomically(self._release(issued.package_id, "age"), locks.seal(plain, [bureau.card.age]))
        if signed_rule is not None:
            write_atomically(self._release(issued.package_id, "edition.json"), signed_rule)
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

    def code_1(self, package_id: str, bureau: Holder) -> str:
        """What opens the items; read out on the day."""
        return self._codes(package_id, bureau).first

    def code_2(self, package_id: str, bureau: Holder, closing_root: str) -> str:
        """Given only against the closing root, which is written down first: answer keys cannot be had for a record
        that may still change.

        Raises BadFile: when that is no root.
        Raises Denied: when another root was given before.
        """
        if len(closing_root) != 64 or not all(c in "0123456789abcdef" for c in closing_root):
            raise BadFile("root-malformed")
        codes = self._codes(package_id, bureau)
        kept = self._release(package_id, "root")
        first = self._verified_root(package_id, bureau) or (kept.read_text() if kept.exists() else closing_root)
        if first != closing_root:
            raise Denied("another-root", package=package_id, first=first)
        write_atomically(kept, closing_root.encode())
        return codes.second

    def code_2_by_checkpoints(self, package_id: str, bureau: Holder, checkpoints: bytes, *, file: str) -> str:
        """Given against the signed closing checkpoint. It overrules a root that was read out; both stay on file.

        `file` names it to people. Raises Denied: when another signed closing was given before. And as
        `examd.bureau.closing.root_of` does.
        """
        root = closing.root_of(checkpoints, self.manifest(package_id, bureau.card), file=file)
        codes = self._codes(package_id, bureau)
        first = self._verified_root(package_id, bureau)
        if first not in (None, root):
            raise Denied("two-closings", package=package_id, first=first)
        write_atomically(self._release(package_id, "checkpoints"), checkpoints)
        return codes.second

    def _verified_root(self, package_id: str, bureau: Holder) -> str | None:
        kept = self._release(package_id, "checkpoints")
        if not kept.exists():
            return None
        return closing.root_of(kept.read_bytes(), self.manifest(package_id, bureau.card), file=kept.name)

    @property
    def _releases(self) -> Path:
        return self.directory / "releases"

    def _release(self, package_id: str, kind: str) -> Path:
        if len(package_id) != 32 or not all(c in "0123456789abcdef" for c in package_id):
            raise BadFile("package-id-malformed")
        return self._releases / f"{package_id}.{kind}"

    def _codes(self, package_id: str, bureau: Holder) -> "_Codes":
        try:
            sealed = self._release(package_id, "age").read_bytes()
        except OSError:
            raise Denied("package-unknown", package=package_id) from None
        return msgspec.json.decode(locks.unseal(sealed, bureau.identity, what="release codes"), type=_Codes)


class _Codes(msgspec.Struct, frozen=True):
    first: str = msgspec.field(name="1")
    second: str = msgspec.field(name="2")
