"""What each `examd bureau …` command takes. Its module is imported when it runs.

Before: `tools.cli.bureau`. After: `tools.cli.bureau.office`, `roster`, `issue`, `ledger`, `receive`.
"""

from pathlib import Path

from tools.cli.base import Command, Commands
from tools.cli.language import _


def declare(bureau: Commands) -> None:
    """Adds the commands."""
    _setup(bureau)
    init = bureau.add(
        "init",
        "tools.cli.bureau.office:run_init",
        _("make the bureau's keys"),
        _(
            "Makes the folder with the keys, sealed to the issuing officer's passphrase, and bureau.card.json, the "
            "public card with which sites are commissioned."
        ),
        "examd bureau init office --id SX-0349 --name 某市应急管理局",
    )
    init.add_argument("directory", type=Path, metavar=_("DIR"), help=_("a new folder for the keys"))
    init.add_argument("--id", required=True, help=_("the bureau's number"))
    init.add_argument("--name", required=True, help=_("the bureau's name, as it stands on bulletins"))

    template = bureau.add(
        "template",
        "tools.cli.bureau.office:run_template",
        _("write an empty roster to fill in"),
        _(
            "A workbook with the headings that “bureau issue” reads, all columns formatted as text. A file that exists "
            "is never written over."
        ),
        "examd bureau template roster.xlsx",
    )
    template.add_argument("file", type=Path, metavar="FILE", help=_("the workbook to write (.xlsx)"))

    roster = bureau.add(
        "roster",
        "tools.cli.bureau.roster:run_roster",
        _("check a list of candidates"),
        _(
            "Reads all sheets of the list as “bureau issue” does and names every row that cannot be taken, with the "
            "reason, and all that was not read. Columns: admission number, name, ID number, training institution; "
            "and the kind of document, where a number alone does not say it. The package holds the "
            "last six characters of the number and a masked form, not the kind. "
            "Exit code 0: all rows can be taken; 1: some row cannot; 2: the file could not be read."
        ),
        "examd bureau roster check roster.xlsx",
    )
    roster.add_argument("act", choices=("check",), help=_("what to do"))
    roster.add_argument("file", type=Path, metavar="FILE", help=_("the list: .xlsx or .csv"))

    _issue(bureau)

    code = bureau.add(
        "code",
        "tools.cli.bureau.office:run_code",
        _("read out a release code"),
        _(
            "Code 1 opens the items, for the room whose commitment is read out: to another it is never given again. "
            "Code 2 opens the answer keys and is given only against the closing: the exported checkpoints.txt, whose "
            "signatures are checked, or the closing as the site reads it out, which stays open in the ledger until the "
            "signed one comes. What a code was given for stands in the release ledger first."
        ),
        "examd bureau code office PKG-0123…cdef 1 --commit GROUP GROUP GROUP GROUP",
    )
    code.add_argument("directory", type=Path, metavar=_("DIR"), help=_("the bureau's folder"))
    _takes_package(code)
    code.add_argument("number", type=int, choices=(1, 2), metavar="1|2", help=_("which code"))
    against = code.add_mutually_exclusive_group()
    against.add_argument(
        "--commit", nargs="+", default=[], metavar=_("GROUP"),
        help=_("the room's commitment that the site reads out: four groups of nine (for code 1)"),
    )  # fmt: skip
    against.add_argument(
        "--checkpoint", type=Path, metavar="FILE", help=_("checkpoints.txt of the closed session (for code 2)")
    )
    against.add_argument(
        "--closing", nargs="+", default=[], metavar=_("GROUP"),
        help=_("the closing that the site reads out: four groups of nine (for code 2)"),
    )  # fmt: skip
    _ledger(bureau)
    _receive(bureau)
    void = bureau.add(
        "void",
        "tools.cli.bureau.ledger:run_void",
        _("take a package back"),
        _("No code is given for it any more, and no result of it is filed. It stays in the ledger, with the reason."),
        "examd bureau void office PKG-0123…cdef --reason 改期",
    )
    void.add_argument("directory", type=Path, metavar=_("DIR"), help=_("the bureau's folder"))
    _takes_package(void)
    void.add_argument("--reason", required=True, help=_("why; it stands in the ledger"))
    for command in (init, code, void):
        command.takes_file("--passphrase-file", _("read the officer's passphrase from this file"))


def _takes_package(command: Command) -> None:
    command.add_argument("package", metavar=_("PACKAGE"), help=_("package: its number, PKG-number, or its folder"))


def _ledger(bureau: Commands) -> None:
    ledger = bureau.add(
        "ledger",
        "tools.cli.bureau.ledger:run_ledger",
        _("what was issued, opened, returned; why codes were given"),
        _(
            "list: every package, alarms first; what was opened and never returned stays on it, with its age. "
            "show PACKAGE: its entries. "
            "extract PACKAGE --out FILE: what the ledger says of its session, with proofs, for examd verify. "
            "note PACKAGE --checkpoint FILE: checkpoints that came while a session runs; its record can then only go "
            "on from there. "
            "head: how far it has come, short enough to print and to be read to a second body. "
            "check: every signature; against printed heads (--head) and extracts (--against). "
            "Exit code of list and check: 1 where there is an alarm."
        ),
        "examd bureau ledger office list",
    )
    ledger.add_argument("directory", type=Path, metavar=_("DIR"), help=_("the bureau's folder"))
    ledger.add_argument(
        "act", nargs="?", default="list", choices=("list", "show", "extract", "note", "head", "check"),
        help=_("what to do (default: %(default)s)"),
    )  # fmt: skip
    ledger.add_argument(
        "package", nargs="?", metavar=_("PACKAGE"), help=_("package: its number, PKG-number, or its folder")
    )
    ledger.add_argument("--out", type=Path, metavar="FILE", help=_("where to write the extract"))
    ledger.add_argument("--checkpoint", type=Path, metavar="FILE", help=_("checkpoints.txt of the session (note)"))
    ledger.add_argument(
        "--head", nargs="+", default=[], metavar=_("GROUP"), help=_("a printed head: number and four groups (check)")
    )
    ledger.add_argument(
        "--against", type=Path, action="append", default=[], metavar="FILE",
        help=_("an extract that was given out earlier (check); may be repeated"),
    )  # fmt: skip
    ledger.takes_file("--passphrase-file", _("read the officer's passphrase from this file (extract, note)"))


def _receive(bureau: Commands) -> None:
    receive = bureau.add(
        "receive",
        "tools.cli.bureau.receive:run_receive",
        _("verify results and file them, or refuse them"),
        _(
            "Verifies each result folder whole, with this bureau's key and ledger, recomputes forms, marks and rates, "
            "and files a copy in the bureau's folder, with the ledger's extract in it. Where a check fails it is named "
            "and nothing is filed. The same result again does no harm; another one of a session is an alarm."
        ),
        "examd bureau receive office /media/stick/result",
    )
    receive.add_argument("directory", type=Path, metavar=_("DIR"), help=_("the bureau's folder"))
    receive.add_argument("results", type=Path, nargs="+", metavar="RESULT", help=_("folders of results"))
    receive.takes_file("--passphrase-file", _("read the officer's passphrase from this file"))


def _setup(bureau: Commands) -> None:
    setup = bureau.add(
        "setup",
        "tools.cli.bureau.setup:run_setup",
        _("lead through all of it, up to the first package"),
        _(
            "Says who sits down next, what is asked of them and what to write down; runs the single commands, and "
            "three ceremonies that spare passphrases. Stop it anywhere, run it again: it goes on. After each step it "
            "writes checklist.pdf, with all fingerprints. With --status or --json it only says how far things are."
        ),
        "examd bureau setup office",
    )
    setup.add_argument("directory", type=Path, metavar=_("DIR"), help=_("the bureau's folder; it need not be there"))
    setup.add_argument("--bank", type=Path, metavar="DIR", help=_("the bank's folder (default: bank, beside it)"))
    setup.add_argument(
        "--sticks", type=Path, action="append", default=[], metavar="DIR",
        help=_("the folder in which sticks are mounted, where it is none of the usual ones; may be repeated"),
    )  # fmt: skip
    setup.add_argument("--status", action="store_true", help=_("say how far things are, ask nothing"))


def _issue(bureau: Commands) -> None:
    issue = bureau.add(
        "issue",
        "tools.cli.bureau.issue:run_issue",
        _("draw a session pool and seal it for one site"),
        _(
            "Bank + rule + roster -> a sealed package for one session at one site. "
            "Needs the issuing officer's passphrase and the bank keyholder's. "
            "The two release codes stay with the bureau (examd bureau code). "
            "Columns of the roster: admission number, name, ID number, training institution. "
            "What is wrong with it is told beforehand by: examd bureau roster check"
        ),
        "examd bureau issue office --bank bank --rule rule.toml --roster roster.xlsx --site site.card.json "
        "--chief chief.card.json --session 20261121-01 --name 低压电工理论第1场 --date 2026-11-21 --out stick",
    )
    issue.add_argument("directory", type=Path, metavar=_("DIR"), help=_("the bureau's folder"))
    for name, text in (
        ("--bank", _("folder of the bank")),
        ("--roster", _("candidates: .xlsx or .csv with admission number, name, ID number, training institution")),
        ("--site", _("the site's public card")),
        ("--chief", _("the chief examiner's public card")),
        ("--out", _("where to put the package (a stick)")),
    ):
        issue.add_argument(name, type=Path, required=True, help=text)
    issue.add_argument(
        "--rule", required=True, metavar=_("RULE"),
        help=_("id of a rule in the bureau's register, or its file; an unsigned file is for drills (--mock) only"),
    )  # fmt: skip
    issue.add_argument("--session", required=True, help=_("session number: letters, digits, - and _"))
    issue.add_argument("--name", required=True, help=_("the session's name for people"))
    issue.add_argument("--date", required=True, help=_("day of the exam, YYYY-MM-DD"))
    issue.add_argument(
        "--until", default="", metavar="DATE",
        help=_("last day on which the package may be opened, YYYY-MM-DD (default: the day of the exam)"),
    )  # fmt: skip
    issue.add_argument("--mock", action="store_true", help=_("a drill (演练): marked on every screen and paper"))
    issue.add_argument("--again", action="store_true", help=_("although this session has a package already"))
    issue.takes_signers(_("key file of a person of the bank: two sign where it issues for another bureau than before"))
    issue.takes_file("--bank-passphrase-file", _("read the bank's passphrase here"))
    issue.takes_file("--passphrase-file", _("read the officer's passphrase from this file"))
