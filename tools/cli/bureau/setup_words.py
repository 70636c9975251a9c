"""What is said of each step of `examd bureau setup`: its title, what is asked of those who sit down, what they bring.

Before: `examd.bureau.setup`. After: `tools.cli.bureau.setup` and `tools.cli.bureau.checklist`.
"""

from examd.bureau.setup import Stage, Standing, Step
from tools.cli.language import N_, _, joined

TITLES = {
    Step.PLAN: N_("Who does what"),
    Step.OFFICE: N_("The bureau's keys"),
    Step.BANK: N_("The item bank, in shares from the start"),
    Step.CARDS: N_("Share cards on paper"),
    Step.SHARES: N_("Each share onto its holder's stick"),
    Step.PEOPLE: N_("Authors and reviewers enrolled"),
    Step.OFFICERS: N_("Keys of the rule officers"),
    Step.REGISTER: N_("Register of rule officers"),
    Step.SITE: N_("The site: its card for the bureau's"),
    Step.CHIEF: N_("The chief examiner's card"),
    Step.ITEMS: N_("Items imported and handed in"),
    Step.REVIEW: N_("Items reviewed"),
    Step.RULE: N_("Rule checked and signed by two officers"),
    Step.ISSUE: N_("First package issued"),
    Step.CLOSE: N_("Bank closed"),
}

ASKED = {
    Step.PLAN: N_("Names and numbers of all who take part; nothing secret. They may be corrected until you say yes."),
    Step.OFFICE: N_("The issuing officer chooses a passphrase and types it twice. Others look away."),
    Step.BANK: N_(
        "All keyholders are present. Each chooses a passphrase of their own and types it twice, others look away. "
        "Nobody ever has a passphrase that opens the bank alone."
    ),
    Step.CARDS: N_(
        "A page for each keyholder, with the sealed share as a QR code: it restores a lost stick. Print, hand out, "
        "keep apart from the sticks."
    ),
    Step.SHARES: N_("One keyholder after the other puts in a stick of their own; the share is moved there."),
    Step.PEOPLE: N_(
        "One ceremony: the keyholders open the bank and vouch for the first two, typing their passphrase once. Then "
        "each author and reviewer chooses a passphrase and types it twice; their key goes onto their own stick."
    ),
    Step.OFFICERS: N_("Each rule officer puts in a stick of their own, chooses a passphrase and types it twice."),
    Step.REGISTER: N_("The issuing officer types the passphrase. Publish the hash that is shown, today."),
    Step.SITE: N_(
        "Put in a stick: the bureau's card goes onto it, to the site. There, on the site's own machine, the site is "
        "made; bring back its card."
    ),
    Step.CHIEF: N_("Made on the chief examiner's own machine, with a stick of their own; the card alone comes here."),
    Step.ITEMS: N_("The author names the file of items, reads the report, and signs once for writing and handing in."),
    Step.REVIEW: N_("The reviewer goes through the items at the desk and signs; as long as it takes, on several days."),
    Step.RULE: N_(
        "The rule is held against the bank. Then two officers, one after the other: each reads the whole rule, says "
        "yes, and types their passphrase."
    ),
    Step.ISSUE: N_(
        "The issuing officer names roster and session and types the passphrase. The package goes onto a stick."
    ),
    Step.CLOSE: N_("The key is forgotten. Note the position."),
}

AT_THE_SITE = (
    N_("examd site init site --id {id} --name {name} --bureau USB/bureau.card.json --staff NAME"),
    N_("copy site/site.card.json onto the stick and bring it back; site/root.pem goes to every terminal"),
)
AT_THE_CHIEF = (
    "examd chief init chief --name {name} --bureau USB/bureau.card.json",
    N_("copy chief/chief.card.json onto the stick and bring it back; key and memory stay on that machine"),
)


def who(stage: Stage) -> str:
    """Who sits down."""
    return joined(stage.who) or _("whoever leads through this")


def standing(stage: Stage) -> str:
    """In a word or two, for a table."""
    if stage.standing is Standing.DONE:
        return "✓"
    parts = f"{stage.done}/{stage.of}" if stage.of > 1 else ""
    if stage.standing is Standing.LATER:
        numbers = _(", ").join(str(list(Step).index(each) + 1) for each in stage.waits_for)
        return _("after step {numbers}", numbers=numbers)
    return f"▸ {parts}".rstrip()
