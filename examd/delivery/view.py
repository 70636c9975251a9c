"""What a candidate is shown, built by naming each allowed field from types that have no place for an answer key.

Before: `bank.composing.assembly` (the form), the opened items. After: the terminal's screen.
"""

from collections.abc import Mapping

from bank.composing.assembly import Form
from bank.content import OPTION_LETTERS, Content
from bank.draw_facts import ItemFacts
from bank.rules import Rule
from examd.package.layout import Manifest, RosterLine
from examd.protocol.messages import Candidate, FormView, ItemView, OptionView, Sitting


def form_view(form: Form, content: Mapping[str, Content], facts: Mapping[str, ItemFacts]) -> FormView:
    return FormView(
        digest=form.digest,
        items=tuple(
            ItemView(
                slot=slot,
                type=content[placed.id].type.value,
                stem=content[placed.id].stem,
                options=tuple(
                    OptionView(content[placed.id].options[OPTION_LETTERS.index(letter)].text) for letter in placed.order
                ),
                points=facts[placed.id].points,
            )
            for slot, placed in enumerate(form.items)
        ),
    )


def candidate(line: RosterLine) -> Candidate:
    return Candidate(line.admission_no, line.name, line.id_masked, line.institution)


def sitting(manifest: Manifest, rule: Rule) -> Sitting:
    return Sitting(
        session=manifest.session.name,
        exam=rule.name,
        site=manifest.session.site_name,
        mock=manifest.session.mock,
        minutes=rule.minutes,
        n_items=rule.items,
        total_points=rule.total_points,
        pass_points=rule.pass_points,
    )
