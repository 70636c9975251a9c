"""HTML that cannot be injected into: whatever is not markup by type is escaped.

`tag` is the only maker of `Html`; text from a result is plain `str` and so is always escaped, in content and in
attributes alike.
"""

import html

VOID = frozenset({"br", "meta", "wbr"})


class Html(str):
    """Markup, as opposed to text."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str) -> Html:
    """`tag("th", "A & B", class_="n", data_label="x")`: a trailing underscore is dropped, others become hyphens."""
    marked = "".join(
        f' {attribute.rstrip("_").replace("_", "-")}="{html.escape(value)}"' for attribute, value in attributes.items()
    )
    if name in VOID:
        return Html(f"<{name}{marked}>")
    return Html(f"<{name}{marked}>{join(*children)}</{name}>")


def join(*children: str) -> Html:
    return Html("".join(child if isinstance(child, Html) else html.escape(child) for child in children))
