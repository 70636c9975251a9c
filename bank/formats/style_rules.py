"""Style sheets, as far as they change what a text says: rules that hide, strike out, raise, or turn letters.

Only these are kept. Which element a rule means is found from the last part of its selector; what stands before it may
narrow that, so that a rule is rather taken to hold than missed. Neighbour: `markup` reads the elements.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_COMMENT = re.compile(r"/\*.*?\*/|<!--|-->", re.DOTALL)
_RULE = re.compile(r"([^{}@;]{1,2000})\{([^{}]{0,20000})\}")
"""Within @media, too: there it may hold."""
_DECLARED = re.compile(r"\s*([a-z-]{1,40})\s*:\s*([^;]{1,200})", re.IGNORECASE)
_LAST = re.compile(r"([^\s>+~]+)\s*$")
_PART = re.compile(r"([.#])(-?[\w\u0080-\uffff][\w\u0080-\uffff-]*)|\[[^\]]*\]|::?[\w-]+(?:\([^)]*\))?")
_TELLING = frozenset(
    """background background-color color content display font-family font-size list-style list-style-type opacity
    text-decoration text-decoration-line text-indent text-transform vertical-align visibility""".split()  # noqa: SIM905 - a list of words
)
_LONGEST = 200_000

Declared = dict[str, str]
"""Property -> value, both in small letters."""


def declared(text: str) -> Declared:
    """The declarations of one rule or of a style attribute."""
    return {name.lower(): value.strip().lower() for name, value in _DECLARED.findall(text)}


@dataclass(frozen=True, slots=True)
class Rule:
    tag: str
    classes: frozenset[str]
    names: frozenset[str]
    css: Declared

    def means(self, tag: str, classes: frozenset[str], name: str) -> bool:
        """Whether an element may be meant."""
        return self.tag in ("", "*", tag.lower()) and self.classes <= classes and self.names <= frozenset([name])


def rules(sheet: str) -> Iterator[Rule]:
    """Those of a style sheet that change what a text says."""
    for selectors, body in _RULE.findall(_COMMENT.sub(" ", sheet[:_LONGEST])):
        css = {name: value for name, value in declared(body).items() if name in _TELLING}
        for selector in selectors.split(",") if css else ():
            last = _LAST.search(selector)
            if last is not None:
                yield _rule(last[1], css)


def _rule(compound: str, css: Declared) -> Rule:
    parts = _PART.findall(compound)
    generated = re.search(r"::?(?:before|after)\b", compound) is not None
    kept = {name: value for name, value in css.items() if (name == "content") is generated}
    return Rule(
        _PART.sub("", compound).lower(),
        frozenset(name for sign, name in parts if sign == "."),
        frozenset(name for sign, name in parts if sign == "#"),
        kept,
    )


def of(sheet: tuple[Rule, ...], tag: str, attributes: Mapping[str, str | None]) -> Declared:
    """What holds for an element: of the rules that mean it, then of its own style attribute."""
    css: Declared = {}
    if sheet or "class" in attributes:
        classes = frozenset((attributes.get("class") or "").split())
        for name, means in _KNOWN.items():
            if name in classes:
                css |= means
        for rule in sheet:
            if rule.means(tag, classes, attributes.get("id") or ""):
                css |= rule.css
    said = attributes.get("style")
    return css | declared(said) if said else css


_HIDDEN = {"display": "none"}
_KNOWN: dict[str, Declared] = {
    **dict.fromkeys(
        ("d-none", "hidden", "hide", "invisible", "sr-only", "visually-hidden", "accesshide", "qti-hidden",
         "qti-visually-hidden", "qti-display-none"), _HIDDEN
    ),
    "text-decoration-line-through": {"text-decoration": "line-through"},
    "text-uppercase": {"text-transform": "uppercase"},
    "text-lowercase": {"text-transform": "lowercase"},
    "text-capitalize": {"text-transform": "capitalize"},
    "qti-text-transform-uppercase": {"text-transform": "uppercase"},
}  # fmt: skip
"""What classes mean that learning platforms bring along: no file that uses them says it."""
