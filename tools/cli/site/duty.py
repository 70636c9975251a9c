"""`examd site present | lapse | passphrase`: people at their posts. Neighbour: `tools.cli.site.session`."""

import argparse

from tools.cli.language import _
from tools.cli.output import report
from tools.cli.secrets import ask_secret
from tools.cli.site.session import signed_in


def run_present(args: argparse.Namespace) -> int:
    with signed_in(args) as attended:
        facts = attended.run(attended.client.command("on-duty"))
    return report(args, facts, _("{name} is at their post; it stands in the record.", name=args.person))


def run_lapse(args: argparse.Namespace) -> int:
    with signed_in(args) as attended:
        facts = attended.run(attended.client.command("duty-lapse", name=args.name, what=args.what, reason=args.reason))
    return report(args, facts, _("Done; it stands in the record."))


def run_passphrase(args: argparse.Namespace) -> int:
    with signed_in(args) as attended:
        prompt = _("New passphrase of {name}", name=args.person)
        new = ask_secret("new", prompt, file=args.new_passphrase_file, confirm=True)
        facts = attended.run(attended.client.command("new-passphrase", new=new))
    return report(args, facts, _("{name} has a new passphrase; the codes stay as they are.", name=args.person))
