"""A bureau's folder: the key that signs packages, the archive's, and the release codes until they are given.

    bureau.key bureau.card.json    the issuing key, sealed to the issuing officer's passphrase; its public card
    archive.key archive.card.json  what every sealed part is also sealed to, so that it can be opened years later
    releases/<package>.age         the two codes of a package, sealed to the bureau
    releases/<package>.root        the closing root that code 2 was given against

Before: `bank.store`, `bank.blueprint`. After: `examd.package.issue`.
"""

import json
from pathlib import Path

from bank.canonical import canonical
from bank.refused import BadFile, Denied
from bank.seal import locks
from examd import holders
from examd.files import write_atomically
from examd.holders import Card, Holder
from examd.package.issue import Issued


class Office:
    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @classmethod
    def create(cls, directory: Path, bureau_id: str, name: str, passphrase: str) -> tuple["Office", Holder]:
        holder = holders.create(directory, "bureau", bureau_id, name, passphrase)
        holders.create(directory, "archive", bureau_id, name, passphrase)
        (directory / "releases").mkdir()
        return cls(directory), holder

    def unlock(self, passphrase: str) -> Holder:
        return holders.unlock(self.directory, "bureau", passphrase)

    def archive_age(self) -> str:
        return Card.read(self.directory / "archive.card.json", "archive").age

    def keep_codes(self, issued: Issued, bureau: Holder) -> None:
        plain = canonical({"1": issued.code_1, "2": issued.code_2})
        write_atomically(self._release(issued.package_id), locks.seal(plain, [bureau.card.age]), private=True)

    def code_1(self, package_id: str, bureau: Holder) -> str:
        return self._codes(package_id, bureau)["1"]

    def code_2(self, package_id: str, bureau: Holder, closing_root: str) -> str:
        """Given only against the closing root, which is written down first: answer keys cannot be had for a record
        that may still change. Raises Denied where another root was given before."""
        if len(closing_root) != 64 or not all(c in "0123456789abcdef" for c in closing_root):
            raise BadFile("root-malformed")
        codes = self._codes(package_id, bureau)
        kept = self._release(package_id).with_suffix(".root")
        if kept.exists() and kept.read_text() != closing_root:
            raise Denied("another-root", package=package_id, first=kept.read_text())
        write_atomically(kept, closing_root.encode())
        return codes["2"]

    def _release(self, package_id: str) -> Path:
        if len(package_id) != 32 or not all(c in "0123456789abcdef" for c in package_id):
            raise BadFile("package-id-malformed")
        return self.directory / "releases" / f"{package_id}.age"

    def _codes(self, package_id: str, bureau: Holder) -> dict[str, str]:
        try:
            sealed = self._release(package_id).read_bytes()
        except OSError:
            raise Denied("package-unknown", package=package_id) from None
        return dict(json.loads(locks.unseal(sealed, bureau.identity, what="release codes")))
