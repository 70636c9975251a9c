"""Commissioning: a site gets its keys and its TLS root, its people get passphrases and one-time codes.

Before: the bureau's card. After: `examd.site.serving`; the site's card goes to the bureau, its root to every terminal.
"""

from dataclasses import dataclass
from pathlib import Path

import pyotp

from bank.refused import Denied
from examd import holders
from examd.delivery import tls
from examd.holders import Card, Holder
from examd.site.folder import STAFF, SiteFolder
from examd.staff import Role

STAFF_FILES = (STAFF, f"{STAFF}-wal", f"{STAFF}-journal")


def commission(directory: Path, site_id: str, name: str, passphrase: str, bureau: Card) -> tuple[SiteFolder, Holder]:
    """Makes a site's folder with everything a server needs, as one act.

    Raises BadFile: when there is a site already. And as `SiteFolder.create` does.
    """
    with holders.founded(directory, "site", *STAFF_FILES, *tls.FILES):
        folder, holder = SiteFolder.create(directory, site_id, name, passphrase, bureau)
        tls.ensure(directory, holder)
    return folder, holder


@dataclass(frozen=True, slots=True)
class OneTimeCodes:
    """What a person's app makes codes from; shown once."""

    secret: str
    """Base 32."""
    uri: str

    def __repr__(self) -> str:
        return "OneTimeCodes(…)"


def note_employer(folder: SiteFolder, site: Holder, name: str, employer: str) -> bool:
    """Notes whose employee a person is who was entered before; False where nobody of that name was."""
    book = folder.staff(site)
    try:
        book.change_employer(name, employer)
    except Denied:
        return False
    finally:
        book.close()
    return True


def enter_person(
    folder: SiteFolder, site: Holder, name: str, role: Role, passphrase: str, employer: str = ""
) -> OneTimeCodes:
    """Enters a person on duty. Raises Denied as `StaffBook.add` does: where the name is taken."""
    book = folder.staff(site)
    try:
        secret = book.add(name, role, passphrase, employer)
    finally:
        book.close()
    return OneTimeCodes(secret, pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=f"examd {site.card.id}"))
