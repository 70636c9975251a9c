"""The desk's canvas: its state is what `show` is given, in that order. Before: `terminal.widgets.canvas`."""

from typing import Any

from terminal.widgets.canvas import Canvas


class Board(Canvas[tuple[Any, ...]]):
    """Base of the desk's own drawn parts; each says what its state is."""

    state: tuple[Any, ...] = ()

    def show(self, *state: Any) -> None:
        """Draw this from now on."""
        super().show(state)
