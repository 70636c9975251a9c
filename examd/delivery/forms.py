"""The forms of one session: each drawn once, shown, and asked what it offers.

Before: `bank.composing.assembly` draws, mostly ahead (`drawing`). After: `hall` sends them, `answers` holds choices
against them.
"""

from dataclasses import replace

from bank.composing.assembly import Assembler, Form, FormItem
from bank.content import ItemType
from examd.delivery import view
from examd.package.open import OpenItems, Package
from examd.protocol.messages import Answer, FormView


class Forms:
    def __init__(self, package: Package, items: OpenItems, seed: bytes) -> None:
        self._content = items.content
        self._facts = {f.id: f for f in items.facts}
        self.facts, self.rule, self.seed, self.session = items.facts, package.rule, seed, package.manifest.draw_session
        """What the draw is a function of, with a candidate's number."""
        self.assembler = Assembler(self.facts, self.rule, self.seed, self.session)
        self._drawn: dict[int, Form] = {}
        self._placed: dict[FormItem, FormItem] = {}

    def of(self, c: int) -> Form:
        """Candidate `c`'s form. Raises Denied("no-admissible-form") where no attempt of the draw was admissible."""
        if c not in self._drawn:
            self.keep(self.assembler.form(c))
        return self._drawn[c]

    def keep(self, form: Form) -> None:
        """Takes a form that was drawn; the first one of a candidate stays."""
        if form.ordinal not in self._drawn:
            # A thousand forms hold the same few thousand (item, order) pairs: one of each is kept.
            items = tuple(self._placed.setdefault(item, item) for item in form.items)
            self._drawn[form.ordinal] = replace(form, items=items)

    def view(self, c: int) -> FormView:
        return view.form_view(self.of(c), self._content, self._facts)

    def offers(self, c: int, message: Answer) -> bool:
        """The choice is one that the form offers at that place."""
        items = self.of(c).items
        if not 0 <= message.slot < len(items):
            return False
        content = self._content[items[message.slot].id]
        choice = message.choice
        if len(choice) > 1 and (content.type is not ItemType.MULTIPLE or list(choice) != sorted(set(choice))):
            return False
        return message.used_ms >= 0 and (not choice or (choice[0] >= 0 and choice[-1] < len(content.options)))
