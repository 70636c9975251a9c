"""Which packages a site has opened, `packages.seen.json`: the memory that says when another one comes too late.

Wall clocks are advice, and a site's may be years wrong; what was opened here is not. A package is not taken where a
later one of the same session was opened, where one for a later day was, so that its own days are over, or where it was
opened itself and its record is gone.

Before: a verified package (`examd.package.open`). After: `examd.site.folder` keeps it,
`examd.delivery.commands.opening` asks.
"""

import msgspec

from bank.refused import Denied
from examd.package.layout import Manifest


class Opened(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    package: str
    session: str
    counter: int
    first: str
    """The first day on which it could be opened."""


class PackagesSeen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    opened: tuple[Opened, ...] = ()

    def require(self, manifest: Manifest, *, begun: bool) -> None:
        """`begun`: its record is here. Packages of before there were windows are held against themselves alone.

        Raises Denied: when what was opened here tells that this one's time is over.
        """
        for each in self.opened:
            if each.package == manifest.package_id:
                if not begun:
                    raise Denied("package-opened-before", package=each.package)
                continue
            if each.session == manifest.session.id and each.counter > manifest.counter:
                raise Denied("package-superseded", package=manifest.package_id, newer=each.package)
            if manifest.window is not None and each.first > manifest.window.last:
                raise Denied("package-day-over", last=manifest.window.last, newer=each.package, day=each.first)

    def with_opened(self, manifest: Manifest) -> "PackagesSeen":
        """The memory with this one in it, once."""
        if any(each.package == manifest.package_id for each in self.opened):
            return self
        first = manifest.window.first if manifest.window is not None else ""
        session = manifest.session.id
        return PackagesSeen((*self.opened, Opened(manifest.package_id, session, manifest.counter, first)))
