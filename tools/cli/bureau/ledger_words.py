"""The release ledger in words: what an entry says, where a package stands.

Before: `examd.bureau.ledger`, `standings`. After: `tools.cli.bureau.ledger`, `tools.cli.bureau.office`.
"""

from bank.seal import codes
from examd.bureau import ledger
from examd.bureau.ledger import Alarm, AnyEntry
from examd.bureau.standings import Where
from tools.cli.language import N_, _

WHERE = {
    Where.OPENED: N_("opened, not returned"),
    Where.TELEPHONE: N_("code 2 by telephone, signed closing missing"),
    Where.CLOSED: N_("closed, result missing"),
    Where.ISSUED: N_("issued, not opened"),
    Where.RETURNED: N_("returned"),
    Where.VOID: N_("void"),
}
_ALARMS = {
    "second-sitting": N_("code 1 was asked for with another commitment ({found}): a second sitting"),
    "other-package": N_("code 1 was given although package {found} of the same session was opened"),
    "other-closing": N_("another closing came than the one before ({found})"),
    "other-record": N_("a checkpoint came that is of another record ({found})"),
    "second-result": N_("a second, different result came ({found})"),
    "result-refused": N_("a signed result did not verify ({found})"),
}
_BY = {ledger.TELEPHONE: N_("by telephone"), ledger.CHECKPOINT: N_("signed")}


def alarm(entry: Alarm) -> str:
    return _(_ALARMS.get(entry.what, "{found}")).format(found=entry.found)


def entry(of: AnyEntry) -> str:
    """One line of the ledger."""
    match of:
        case ledger.Begin():
            return _("ledger begun; {n} packages were on file", n=of.packages)
        case ledger.Issue(on_file=True):
            return _("issued before the ledger: session {session}, site {site}, {date}",
                session=of.session, site=of.site, date=of.date)  # fmt: skip
        case ledger.Issue():
            return _("issued: session {session}, site {site}, {date}, number {n} for this site",
                session=of.session, site=of.site, date=of.date, n=of.counter)  # fmt: skip
        case ledger.Void():
            return _("void: {reason}", reason=of.reason or _("issued again as {package}", package=of.by))
        case ledger.Code1():
            return _("code 1, for the room {groups}", groups=codes.spoken_short(of.room, codes.Short.ROOM))
        case ledger.Checkpoint(what=ledger.OPENING):
            return _("checkpoint of the opening: {size} entries, root {root}", size=of.size, root=of.root)
        case ledger.Checkpoint():
            return _("checkpoint: {size} entries, root {root}", size=of.size, root=of.root)
        case ledger.Closing(by=ledger.CHECKPOINT):
            return _("signed closing: {size} entries, root {root}", size=of.size, root=of.root)
        case ledger.Closing(statement=""):
            return _("closing read out: root {root}", root=of.root)
        case ledger.Closing():
            return _("closing read out: {groups}", groups=codes.spoken_short(of.statement, codes.Short.CLOSING))
        case ledger.Code2():
            return _("code 2, {how}", how=_(_BY[of.by]))
        case ledger.Result():
            return _("result filed: SHA-256 {sha256}", sha256=of.sha256)
        case ledger.Alarm():
            return _("ALARM: {what}", what=alarm(of))
