"""`examd bank share|open|close|…`: a bank in the hands of several keyholders."""

import argparse
import contextlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bank.custody import Custody, HandedOver, Holder, Offered


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the custody commands to `examd bank`."""
    from tools.arguments import help_formatter, positive
    from tools.say import _

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str, more: str, example: str) -> Any:
        parser = commands.add_parser(
            name,
            help=text,
            description=more,
            epilog=_("Example: {example}").format(example=example),
            formatter_class=help_formatter(),
        )
        parser.set_defaults(run=run)
        parser.add_argument("bank", type=Path, metavar="DIR", help=_("the bank's folder"))
        return parser

    sharing = command(
        "share",
        run_share,
        _("give the bank to keyholders: from now on several must be present to open it"),
        _(
            "The bank gets a new key, and the key is split: any K of the holders open the bank, fewer learn nothing. "
            "Each holder types a passphrase of their own. Every combination is tried before this ends; then the single "
            "passphrase is destroyed, and what it opened is opened by nothing."
        ),
        "examd bank share bank/ --need 2 --holder 王强 --holder 李丽 --holder 赵敏",
    )
    sharing.add_argument("--need", type=int, default=2, metavar="K", help=_("how many must be present (default: 2)"))
    sharing.add_argument("--passphrase-file", type=Path, metavar="FILE", help=_("read the bank's passphrase here"))

    cards = command(
        "cards",
        run_cards,
        _("print the shares as cards with a QR code (PDF)"),
        _(
            "One page a holder. The QR code is the sealed share; it needs the holder's passphrase. With --words a "
            "holder's 33 words are printed in clear, against a forgotten passphrase: they belong in a sealed envelope."
        ),
        "examd bank cards bank/ cards.pdf",
    )
    cards.add_argument("out", type=Path, metavar="PDF", help=_("the file to write"))
    cards.add_argument(
        "--words", action="append", default=[], metavar="NAME[=FILE]",
        help=_("print this holder's words in clear (asks the passphrase, or reads it from FILE)"),
    )  # fmt: skip

    checking = command(
        "verify-shares",
        run_verify,
        _("check shares by recombining them; nothing is opened"),
        _("Rebuilds the key from every combination of the shares present, and compares it with the bank's."),
        "examd bank verify-shares bank/ --holder 王强 --holder 李丽 --holder 赵敏",
    )
    opening = command(
        "open",
        run_open,
        _("open a shared bank for stated hours; its keyholders must be present"),
        _(
            "Starts one agent that keeps the bank open for this user on this machine. All other commands use it. It "
            "ends with “bank close” or the hour. Every opening, bulk read and export is written into the bank's "
            "journal."
        ),
        "examd bank open bank/ --hours 4 --holder 王强 --holder 赵敏",
    )
    opening.add_argument("--hours", type=positive, required=True, metavar="H", help=_("how long, at most 24"))
    opening.add_argument("--export-limit", type=int, metavar="N", default=2_000,
                         help=_("of how many items the answer keys may leave (default: %(default)s)"))  # fmt: skip

    command(
        "close",
        run_close,
        _("close a shared bank now"),
        _("Ends the agent; the key is gone."),
        "examd bank close bank/",
    )
    status = command(
        "status",
        run_status,
        _("who holds the bank, and whether it is open"),
        _("Needs no passphrase."),
        "examd bank status bank/",
    )
    rekey = command(
        "rekey",
        run_rekey,
        _("give the bank a new key; all its holders must be present"),
        _("Old shares, old cards and the old key open nothing any more. Old copies of the bank keep their old key."),
        "examd bank rekey bank/",
    )
    replacing = command(
        "replace-holder",
        run_replace,
        _("put one keyholder in another's place; all others must be present"),
        _("The bank gets a new key and everyone a new share. The share of who left opens nothing any more."),
        "examd bank replace-holder bank/ 李丽 周杰",
    )
    replacing.add_argument("old", metavar=_("LEAVES"), help=_("who leaves: name or number"))
    replacing.add_argument("new", metavar=_("COMES[=FILE]"), help=_("who comes; FILE holds the new passphrase"))

    passphrase = command(
        "new-passphrase",
        run_passphrase,
        _("give one holder's share a new passphrase"),
        _(
            "Asks for the old passphrase; where it or the file is lost, --words asks for the words in clear instead, "
            "as “bank cards --words” printed them: 33 words, then 8 groups of digits and letters."
        ),
        "examd bank new-passphrase bank/ 王强",
    )
    passphrase.add_argument("name", metavar=_("NAME[=FILE]"), help=_("the holder; FILE holds the new passphrase"))
    passphrase.add_argument("--old", type=Path, metavar="FILE", help=_("read the old passphrase here"))
    passphrase.add_argument("--words", nargs="?", type=Path, const=Path(), metavar="FILE",
                            help=_("from the words in clear: asked for, or one line of FILE"))  # fmt: skip

    backing = command(
        "backup",
        run_backup,
        _("write an encrypted copy of an open shared bank"),
        _("The copy holds no share: it opens with the same holders as the bank does now."),
        "examd bank backup bank/ /media/stick/bank-2026-11",
    )
    backing.add_argument("out", type=Path, metavar="OUT", help=_("an empty or new folder"))

    restoring = command(
        "restore",
        run_restore,
        _("put a backup's files into a new folder"),
        _("DIR is the new folder. An older copy than its holders have seen opens only with --accept-loss."),
        "examd bank restore bank/ /media/stick/bank-2026-11",
    )
    restoring.add_argument("backup", type=Path, metavar="BACKUP", help=_("the folder that “bank backup” wrote"))

    journal = command(
        "journal",
        run_journal,
        _("check and show who opened the bank and what left it"),
        _("Recomputes chain and signatures. Needs no passphrase. Exit code 0: sound; 1: something is wrong."),
        "examd bank journal bank/",
    )
    journal.add_argument("--custody", metavar="DIGITS", help=_("the custody fingerprint on the first cards"))
    journal.add_argument("--position", metavar="DIGITS", help=_("a position printed at an earlier opening or closing"))
    journal.add_argument("--last", type=positive, default=40, metavar="N", help=_("show the last N (default: 40)"))

    for parser in (opening, rekey, replacing):
        parser.add_argument("--accept-loss", metavar="REASON", default="",
                            help=_("use an older copy knowingly; the reason goes into the journal"))  # fmt: skip
    for parser in (sharing, checking, opening, rekey, replacing):
        parser.add_argument(
            "--holder", action="append", default=[], metavar="NAME[=FILE]",
            help=_("a holder who is present; FILE holds the passphrase, else it is asked for"),
        )  # fmt: skip
    for parser in (checking, opening, rekey, replacing, cards, passphrase):
        parser.add_argument("--share", action="append", type=Path, default=[], metavar="FILE",
                            help=_("a share's file, e.g. on its holder's stick"))  # fmt: skip
    for parser in (sharing, rekey, replacing):
        parser.add_argument("--shares-in", type=Path, metavar="DIR", help=_("where new shares go, if not DIR/shares"))
    for parser in (opening, status, journal, backing):
        parser.add_argument("--json", action="store_true", help=_("print the report as JSON"))


# ---- who is here -----------------------------------------------------------------------------------------------


def _custody(args: argparse.Namespace) -> "Custody":
    from bank.custody import Custody

    return Custody.read(args.bank)


def _split(said: str) -> tuple[str, Path | None]:
    name, equals, file = said.partition("=")
    return name, Path(file) if equals else None


def _passphrase(name: str, file: Path | None) -> str:
    from tools.say import _
    from tools.secrets import ask_secret

    return ask_secret("holder", _("Passphrase of {name}").format(name=name), file)


def _new_passphrase(name: str, file: Path | None) -> str:
    from bank.seal.passphrase import check_passphrase
    from tools.say import _
    from tools.secrets import ask_secret

    passphrase = ask_secret("holder", _("New passphrase of {name}").format(name=name), file, confirm=True)
    check_passphrase(passphrase)
    return passphrase


def _find(args: argparse.Namespace, custody: "Custody", holder: "Holder") -> "Offered":
    """The holder's share: among those named, or where they are made."""
    from bank.custody import SHARES, Offered
    from bank.refused import BadFile

    name = f"share-{custody.generation}-{holder.index}.json"
    for path in args.share:
        offered = Offered.read(path)
        if offered.head.index == holder.index:
            return offered
    path = args.bank / SHARES / name
    if not path.exists():
        raise BadFile("share-missing", holder=holder.name, file=name)
    return Offered.read(path)


def _present(args: argparse.Namespace, custody: "Custody") -> "list[tuple[Offered, str]]":
    """Shares and passphrases of those present. Whether the shares can do it is said before anyone types."""
    from bank.custody import Offered, check_offered

    files: dict[int, Path | None] = {}
    if args.holder or not args.share:
        said = args.holder or _ask_who(custody)
        offered = []
        for each in said:
            name, file = _split(each)
            holder = custody.holder(name)
            files[holder.index] = file
            offered.append(_find(args, custody, holder))
    else:
        offered = [Offered.read(path) for path in args.share]
    check_offered(custody, offered)
    return [(each, _passphrase(each.head.holder, files.get(each.head.index))) for each in offered]


def _ask_who(custody: "Custody") -> list[str]:
    from bank.refused import Denied
    from tools.say import _

    if not sys.stdin.isatty():
        raise Denied("holders-not-named", need=custody.need)
    for holder in custody.holders:
        print(f"  {holder.index}  {holder.name}", file=sys.stderr)
    print(_("Who is here? Numbers of at least {need}, e.g. 1 3: ").format(need=custody.need), end="", file=sys.stderr)
    sys.stderr.flush()
    return sys.stdin.readline().replace(",", " ").replace("，", " ").split()


# ---- making, re-keying, replacing -------------------------------------------------------------------------------


def run_share(args: argparse.Namespace) -> int:
    from bank import agent, custody
    from bank.refused import Denied
    from bank.seal.shares import check_policy
    from tools.open_bank import open_bank

    if custody.is_shared(args.bank):
        raise Denied("bank-is-shared", file=args.bank.name)
    check_policy(args.need, len(args.holder))
    agent.harden()
    bank = open_bank(args)
    try:
        people = [(name, _new_passphrase(name, file)) for name, file in map(_split, args.holder)]
    except BaseException:
        bank.close()
        raise
    _print_handed_over(custody.hand_over(bank, people, args.need, reason="share", shares_in=args.shares_in))
    return 0


def run_rekey(args: argparse.Namespace) -> int:
    return _hand_over_anew(args, "rekey", leaves=None, comes=None)


def run_replace(args: argparse.Namespace) -> int:
    return _hand_over_anew(args, "replace-holder", leaves=_custody(args).holder(args.old), comes=_split(args.new))


def _hand_over_anew(
    args: argparse.Namespace, reason: str, *, leaves: "Holder | None", comes: tuple[str, Path | None] | None
) -> int:
    """Each of those who stay opens their old share, and the new one is sealed to the passphrase that did it."""
    from bank import agent
    from bank.custody import Opening, hand_over
    from bank.refused import Denied

    custody = _custody(args)
    if (remote := agent.connect(args.bank)) is not None:
        remote.close()
        raise Denied("bank-open-now", file=args.bank.name)
    agent.harden()
    staying = [holder for holder in custody.holders if holder != leaves]
    files = {custody.holder(name).index: file for name, file in map(_split, args.holder)}
    args.holder = [
        str(holder.index) + (f"={files[holder.index]}" if files.get(holder.index) else "") for holder in staying
    ]
    present = _present(args, custody)
    people = {each.head.index: (each.head.holder, passphrase) for each, passphrase in present}
    if leaves is not None and comes is not None:
        people[leaves.index] = (comes[0], _new_passphrase(*comes))
    opening = Opening.begin(args.bank, present, hours=1, limit=0, accept_loss=args.accept_loss)
    done = hand_over(
        opening,
        [people[index] for index in sorted(people)],
        custody.need,
        reason=reason,
        shares_in=args.shares_in,
    )
    _print_handed_over(done)
    return 0


def _print_handed_over(done: "HandedOver") -> None:
    from tools.say import _

    custody = done.custody
    line = _("The bank has a new key. {need} of {of} holders open it; all {n} combinations were tried.")
    print(line.format(need=custody.need, of=len(custody.holders), n=done.combinations))
    for holder, file in zip(custody.holders, done.files, strict=True):
        print(f"  {holder.index}  {holder.name}  {file}")
    print(_("Custody fingerprint: {digits}").format(digits=custody.fingerprint))
    print(_("Position: {position}").format(position=done.position.spoken))
    print(_("Next: print the cards (examd bank cards), then move each share to its holder's own stick."))
    print(_("Backups of before open only with the shares of before, if anyone kept them: make a new backup."))


def run_cards(args: argparse.Namespace) -> int:
    from bank.custody import check_offered
    from bank.refused import BrokenStore
    from bank.seal.shares import in_clear
    from tools.cards import print_cards
    from tools.say import _

    custody = _custody(args)
    offered = [_find(args, custody, holder) for holder in custody.holders]
    check_offered(custody, offered)
    words = {}
    for name, file in map(_split, args.words):
        holder = custody.holder(name)
        share = next(each for each in offered if each.head.index == holder.index)
        words[holder.index] = in_clear(share.unseal(_passphrase(holder.name, file)))
    printed = print_cards(custody, offered, words)
    if not printed.font:
        print(_("No font of this machine shows Chinese: the cards are in English."), file=sys.stderr)
    if printed.missing:
        line = _("These characters cannot be shown; the holder's number stands in their place: {missing}")
        print(line.format(missing=printed.missing), file=sys.stderr)
    try:
        args.out.touch(mode=0o600)
        args.out.write_bytes(printed.pdf)
    except OSError as error:
        raise BrokenStore("store-io", file=str(args.out), error=error.strerror) from None
    print(_("{n} cards: {file}").format(n=len(offered), file=args.out))
    if words:
        print(_("It holds words in clear: print it, seal them, then delete the file."), file=sys.stderr)
    return 0


def run_passphrase(args: argparse.Namespace) -> int:
    from bank.custody import SHARES, reseal
    from tools.say import _
    from tools.secrets import ask_secret

    custody = _custody(args)
    name, file = _split(args.name)
    holder = custody.holder(name)
    opened: Any
    if args.words is not None:
        from_file = args.words if args.words.name else None
        opened = ask_secret("words", _("Words of {name}").format(name=holder.name), from_file)
        place = args.share[0] if args.share else args.bank / SHARES / f"share-{custody.generation}-{holder.index}.json"
    else:
        offered = _find(args, custody, holder)
        opened, place = offered.unseal(_passphrase(holder.name, args.old)), offered.path
    print(_("The share of {name} has a new passphrase: {file}").format(
        name=holder.name, file=reseal(custody, holder, opened, _new_passphrase(holder.name, file), place)
    ))  # fmt: skip
    print(_("Cards printed before open with the old passphrase: print a new one, destroy the old."), file=sys.stderr)
    return 0


def run_verify(args: argparse.Namespace) -> int:
    from bank import agent
    from bank.custody import verify_shares
    from tools.say import _

    custody = _custody(args)
    agent.harden()
    present = [each.unseal(passphrase) for each, passphrase in _present(args, custody)]
    tried = verify_shares(custody, present)
    print(_("{n} shares, {tried} combinations: each rebuilds the bank's key.").format(n=len(present), tried=tried))
    return 0


# ---- open and close ---------------------------------------------------------------------------------------------


def run_open(args: argparse.Namespace) -> int:
    from bank import agent
    from bank.refused import Denied
    from tools.say import _

    custody = _custody(args)
    if (remote := agent.connect(args.bank)) is not None:
        remote.close()
        raise Denied("agent-already")
    present = [(each.path, passphrase) for each, passphrase in _present(args, custody)]
    status = agent.start(
        args.bank, present, hours=args.hours, limit=args.export_limit, accept_loss=args.accept_loss
    )
    if args.json:
        print(json.dumps(status, ensure_ascii=False))
        return 0
    print(_("The bank is open until {time}, opened by {names}.").format(
        time=_time(status["until"]), names=_names(status["holders"])
    ))  # fmt: skip
    print(_("Answer keys of at most {n} items may leave.").format(n=status["limit"]))
    print(_("Position: {position}").format(position=status["position"]))
    return 0


def run_close(args: argparse.Namespace) -> int:
    from bank import agent
    from bank.custody import position_of
    from bank.journal import CLOSED, Journal
    from bank.refused import BrokenStore
    from tools.say import _

    remote = agent.connect(args.bank, "bank close")
    if remote is None:
        print(_("The bank is not open."))
        return 0
    with remote:
        status = remote.close_agent()
    for _attempt in range(100):
        journal = Journal.read(args.bank)
        if journal.lines and journal.lines[-1].entry.act == CLOSED:
            print(_("Closed. Answer keys of {n} items left the bank in this opening.").format(n=status["keys_out"]))
            print(_("Position: {position}").format(position=position_of(journal).spoken))
            return 0
        time.sleep(0.1)
    raise BrokenStore("agent-did-not-close", pid=status["pid"])


def run_status(args: argparse.Namespace) -> int:
    from bank import agent
    from bank.custody import position_of
    from bank.journal import Journal
    from tools.say import _

    custody = _custody(args)
    remote = agent.connect(args.bank, "bank status")
    status: dict[str, Any] | None = None
    if remote is not None:
        with remote, contextlib.suppress(Exception):
            status = remote.status()
    position = position_of(Journal.read(args.bank))
    if args.json:
        record = {"custody": custody.record(), "fingerprint": custody.fingerprint, "open": status}
        print(json.dumps(record | {"position": position.spoken}, ensure_ascii=False))
        return 0
    print(_("{need} of these {of} open the bank (generation {generation}):").format(
        need=custody.need, of=len(custody.holders), generation=custody.generation
    ))  # fmt: skip
    for holder in custody.holders:
        print(f"  {holder.index}  {holder.name}")
    print(_("Custody fingerprint: {digits}").format(digits=custody.fingerprint))
    print(_("Position: {position}").format(position=position.spoken))
    if status is None:
        print(_("The bank is not open."))
    else:
        print(_("The bank is open until {time}, opened by {names}.").format(
            time=_time(status["until"]), names=_names(status["holders"])
        ))  # fmt: skip
        print(_("Answer keys of {used} items have left, of at most {limit}.").format(
            used=status["keys_out"], limit=status["limit"]
        ))  # fmt: skip
    return 0


def _time(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def _names(names: Sequence[str]) -> str:
    from tools.say import _

    return _(", ").join(names)


# ---- copies and the journal -------------------------------------------------------------------------------------


def run_backup(args: argparse.Namespace) -> int:
    from bank import agent
    from bank.custody import Position
    from bank.refused import Denied
    from tools.say import _

    remote = agent.connect(args.bank, "bank backup")
    if remote is None:
        raise Denied("bank-not-open", file=str(args.bank), need=_custody(args).need)
    with remote:
        position = Position(**remote.backup(args.out))
    if args.json:
        print(json.dumps(position.record()))
        return 0
    print(_("An encrypted copy is in {place}.").format(place=args.out))
    print(_("Position: {position}").format(position=position.spoken))
    print(_("It holds no share: keep the holders' sticks and cards apart from it."), file=sys.stderr)
    return 0


def run_restore(args: argparse.Namespace) -> int:
    from bank.custody import restore
    from tools.say import _

    position = restore(args.backup, args.bank)
    print(_("The copy is in {place}, every file as it was written.").format(place=args.bank))
    print(_("Position: {position}").format(position=position.spoken))
    print(_("If the bank was opened after this backup, the copy opens only if its holders accept the loss."))
    return 0


def run_journal(args: argparse.Namespace) -> int:
    from bank.canonical import digest
    from bank.custody import position_of, spoken
    from bank.journal import Journal, check
    from tools.say import _
    from tools.sentences import told

    journal = Journal.read(args.bank)
    checked = check(journal.lines)
    findings = list(checked.findings)
    first = spoken(digest(dict(checked.first_custody))) if checked.first_custody else ""
    if args.custody is not None and _digits(args.custody) != _digits(first):
        findings.append((1, "journal-other-custody"))
    if args.position is not None and _digits(args.position.rpartition(":")[2]) not in {
        _digits(spoken(line.entry.hash)) for line in journal.lines
    }:
        findings.append((journal.n, "journal-position-unknown"))
    if args.json:
        record = {
            "ok": not findings, "findings": findings, "notes": checked.notes, "custody": first,
            "position": position_of(journal).spoken,
            "entries": [
                {"n": e.n, "at": e.at, "act": e.act, "facts": e.facts} for e in (line.entry for line in journal.lines)
            ],
        }  # fmt: skip
        print(json.dumps(record, ensure_ascii=False))
        return 1 if findings else 0
    for line in journal.lines[-args.last :]:
        entry = line.entry
        print(f"{entry.n:>5}  {_time(entry.at)}  {_entry(entry.act, entry.facts)}")
    for number, code in checked.notes:
        print(f"{number:>5}  {told(code, {})}", file=sys.stderr)
    for number, code in findings:
        print(f"{number:>5}  ✗ {told(code, {})}", file=sys.stderr)
    print(_("Custody fingerprint of the first entry: {digits}").format(digits=first or "–"))
    print(_("Position: {position}").format(position=position_of(journal).spoken))
    if findings:
        print(_("The journal is NOT sound: {n} findings.").format(n=len(findings)))
        return 1
    print(_("Sound: {n} entries, chain and all signatures hold.").format(n=journal.n))
    return 0


def _digits(said: str) -> str:
    return "".join(c for c in said if c.isdecimal())


def _entry(act: str, facts: Any) -> str:
    from tools.say import sentence
    from tools.sentences.custody import ACTS, REASONS

    shown = dict(facts)
    if facts.get("reason") in REASONS:
        shown["reason"] = sentence(facts["reason"], {}, REASONS)
    if act == "opened":
        shown["names"] = _names([holder["name"] for holder in facts["holders"]])
        shown["time"] = _time(facts["until"])
    if act == "shared":
        shown["names"] = _names([holder["name"] for holder in facts["custody"]["holders"]])
        shown["need"] = facts["custody"]["need"]
    text = sentence(act, shown, ACTS)
    return text + (f"  [{facts['said']}]" if facts.get("said") else "")
