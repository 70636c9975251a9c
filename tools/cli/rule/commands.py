"""What each `examd rule …` command takes. Its module is imported when it runs.

Before: `tools.cli.rule`. After: `tools.cli.rule.check`, `try_`, `officers`, `reserve`.
"""

import argparse
from pathlib import Path

from tools.cli.base import Command, Commands, day, positive
from tools.cli.language import _


def declare(rule: Commands) -> None:
    """Adds the commands, in the order of a rule's life."""
    for commands in (_check, _try, _officers, _reserve):
        commands(rule)
    rule.arrange(
        {
            _("Proving"): "check try",
            _("Signing"): "officer appoint consent register sign history",
            _("In reserve"): "reserve",
        }
    )


def _check(rule: Commands) -> None:
    """Adds `examd rule check`."""
    check = rule.add(
        "check",
        "tools.cli.rule.check:run_check",
        _("find contradictions; with --bank, what the bank cannot fill"),
        _(
            "Exit code 0: in order; 1: a contradiction, demands that the bank cannot meet, or a rule that no session "
            "can use. Then the smallest sets of demands that make it impossible are named, with how many items each "
            "lacks. Nothing is ever relaxed."
        ),
        "examd rule check rule.toml --bank bank/ --candidates 300 --date 2026-12-05",
    )
    _takes_rule_and_bank(check)
    check.add_argument(
        "--candidates", type=positive, default=100, metavar="N",
        help=_("of a session: for the cap on candidates, and whether everybody gets a form (default: %(default)s)"),
    )  # fmt: skip


def _try(rule: Commands) -> None:
    """Adds `examd rule try`."""
    trial = rule.add(
        "try",
        "tools.cli.rule.try_:run_try",
        _("draw trial forms from a bank and measure how alike they are"),
        _(
            "Draws a session pool and forms from it, beside plain stratified draws from the same pool, and says at the "
            "end whether forms are equally fair. The borderline candidate passes with a chance of "
            "one half on average, under a three-parameter logistic model about the stated shares of right answers. "
            "Refused (exit code 1) where fewer draws are admissible than the rule's min_accept."
        ),
        "examd rule try rule.toml --bank bank/ --sessions 40 --candidates 200 --svg try.svg",
    )
    _takes_rule_and_bank(trial, rule=False)
    trial.add_argument("--forms", type=positive, default=2_000, help=_("how many forms (default: %(default)s)"))
    trial.add_argument("--sessions", type=positive, metavar="N", help=_("forecast a season of so many sessions"))
    trial.add_argument(
        "--candidates", type=positive, default=100, metavar="N",
        help=_("of a session, for the forecast (default: %(default)s)"),
    )  # fmt: skip
    trial.add_argument(
        "--every", type=positive, default=7, metavar="DAYS",
        help=_("from one session to the next, for the forecast (default: %(default)s)"),
    )  # fmt: skip
    trial.takes_file("--svg", _("write the picture here"))
    trial.takes_file("--out", _("write the proposed rule here, once it is whole, instead of printing it"))
    trial.add_argument(
        "--propose", type=Path, metavar="MARGINS",
        help=_("propose cells for a rule that has margins alone; print the whole rule, for people to read and sign"),
    )  # fmt: skip


def _officers(rule: Commands) -> None:
    """Adds the commands of rule officers."""
    officer = rule.add(
        "officer",
        "tools.cli.rule.officers:run_officer",
        _("make the keys of a rule officer"),
        _("The key file stays with the officer; the public card goes to the bureau."),
        "examd rule officer my-keys --id zhang --name 张三",
    )
    officer.add_argument("directory", type=Path, metavar=_("DIR"), help=_("a new folder for the keys"))
    officer.add_argument("--id", required=True, help=_("short name, for records"))
    officer.add_argument("--name", required=True, help=_("the officer's name"))

    appoint = rule.add(
        "appoint",
        "tools.cli.rule.officers:run_appoint",
        _("register who may sign rules for the bureau"),
        _(
            "Two officers at least, better three. The bureau alone signs the first register. From then on these and no "
            "others sign, what was signed stays signed, and two of them have to consent to the next register "
            "(examd rule consent)."
        ),
        "examd rule appoint office zhang/rule-officer.card.json li/rule-officer.card.json",
    )
    appoint.add_argument("office", type=Path, metavar=_("OFFICE"), help=_("the bureau's folder"))
    appoint.add_argument("cards", type=Path, nargs="+", metavar=_("CARD"), help=_("public cards of the officers"))
    appoint.add_argument(
        "--gone", action="append", default=[], type=_gone, metavar="ID=REASON",
        help=_("an officer of now who cannot consent, and why: stands in the register for ever (may be repeated)"),
    )  # fmt: skip
    appoint.add_argument(
        "--same-name", default="", metavar=_("REASON"),
        help=_("two officers bear one name and are two people: why, for the register"),
    )  # fmt: skip

    consent = rule.add(
        "consent",
        "tools.cli.rule.officers:run_consent",
        _("consent to the next register of rule officers"),
        _("Shows who comes and who goes, then signs. The next register is in force once two officers consented."),
        "examd rule consent office --officer my-keys",
    )
    consent.add_argument("office", type=Path, metavar=_("OFFICE"), help=_("the bureau's folder"))

    register = rule.add(
        "register",
        "tools.cli.rule.officers:run_register",
        _("list the registers of rule officers"),
        _(
            "Each with its officers, whose hands it bears and its hash. Publish the first one's hash: an auditor gives "
            "it to examd verify --rule-officers."
        ),
        "examd rule register office",
    )
    register.add_argument("office", type=Path, metavar=_("OFFICE"), help=_("the bureau's folder"))

    sign = rule.add(
        "sign",
        "tools.cli.rule.officers:run_sign",
        _("sign the next version of a rule, as one of two officers"),
        _(
            "Shows the whole rule and what changes against the version before, then signs. A version is in use once "
            "two officers have signed the same text; it is never replaced, only followed by the next."
        ),
        "examd rule sign rule.toml --office office --officer my-keys",
    )
    sign.add_argument("rule", type=Path, metavar=_("RULE"), help=_("the rule, a TOML file"))

    history = rule.add(
        "history",
        "tools.cli.rule.officers:run_history",
        _("list the signed versions of the bureau's rules"),
        _(
            "Checks every signature, the chain of versions, and that nothing is missing which a package was issued "
            "with or an officer has seen; says field by field what each version changed."
        ),
        "examd rule history SP-ELV-T --office office",
    )
    history.add_argument("rule", nargs="?", metavar=_("ID"), help=_("the rule's id; all rules if left out"))
    history.add_argument(
        "--against", type=Path, action="append", default=[], metavar="DIR",
        help=_("hold it against an officer's folder, a package or a result, too (may be repeated)"),
    )  # fmt: skip

    for command in (sign, history):
        command.add_argument("--office", type=Path, required=True, metavar="DIR", help=_("the bureau's folder"))
    for command in (sign, consent):
        command.add_argument(
            "--officer", type=Path, required=True, metavar="DIR", help=_("folder of the officer's keys")
        )
    for command in (officer, appoint, consent, sign):
        command.takes_file("--passphrase-file", _("read the passphrase from this file"))


def _reserve(rule: Commands) -> None:
    """Adds `examd rule reserve`."""
    reserve = rule.add(
        "reserve",
        "tools.cli.rule.reserve:run_reserve",
        _("make fixed reserve forms, with no item in common"),
        _(
            "Chooses items for reserve forms exactly as the rule says, by integer programming, and prints "
            "their ids. Items that rest or are capped stay out. With --keep the forms are entered in the bank's record "
            "of exposure: their items then rest like those of a session, and no session pool holds them for a year "
            "where others are left. Reserve forms are fixed and secret, not drawn: they do not replace the draw."
        ),
        "examd rule reserve rule.toml --bank bank/ --forms 3 --out reserve.json --keep",
    )
    _takes_rule_and_bank(reserve, bank=True)
    reserve.add_argument("--forms", type=positive, default=2, help=_("how many forms (default: %(default)s)"))
    reserve.takes_file("--out", _("write them here instead, for your eyes alone"))
    reserve.add_argument("--keep", action="store_true", help=_("enter them in the bank's record of exposure"))


def _takes_rule_and_bank(command: Command, *, rule: bool = True, bank: bool = False) -> None:
    """Of the two, those which `command` cannot do without are said to be so."""
    command.add_argument(
        "rule", type=Path, metavar=_("RULE"), nargs=None if rule else "?", help=_("the rule, a TOML file")
    )
    command.add_argument("--bank", type=Path, metavar="DIR", required=bank, help=_("the bank's folder"))
    command.takes_file("--passphrase-file", _("read the bank's passphrase here"))
    command.add_argument("--date", type=day, metavar="YYYY-MM-DD", help=_("for a session on this day (default: today)"))
    command.add_argument("--mock", action="store_true", help=_("for a drill (演练): items lent for drills count too"))


def _gone(text: str) -> tuple[str, str]:
    officer, _equals, reason = text.partition("=")
    if not officer or not reason.strip():
        raise argparse.ArgumentTypeError(_("ID=REASON is expected, such as li=退休"))
    return officer, reason.strip()
