"""One picture on the whole window: as much of it as fits, or point by point, moved about with the arrow keys.

Before: `tools.author_desk.gallery` has it open. After: Esc goes back to the item.
"""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from terminal.row import Row
from terminal.theme import RED
from terminal.widgets.bars import Key, KeyBar
from tools.author_desk.board import Board
from tools.author_desk.drawing import picture_rows
from tools.author_desk.gallery import Gallery
from tools.author_desk.widgets import Top
from tools.cli.language import _
from tools.cli.pictures import cells, fitted, told

SCALES = (0.5, 1.0, 2.0, 4.0)
"""Points of the picture for one that is shown, but for "all of it"."""


class Sheet(Board):
    can_focus = True

    def __init__(self, gallery: Gallery) -> None:
        super().__init__(id="picture")
        self._gallery = gallery

    def rows(self, width: int, height: int) -> list[Row]:
        """state: digest, scale (0: all of it), left, top: the corner of what is seen, in points."""
        digest, scale, left, top = self.state
        picture = self._gallery.picture(digest)
        if picture is None:
            return [Row(width), Row(width).at(2).put(_("This picture cannot be shown."), RED)]
        if not scale:
            return picture_rows(width, cells(picture, *fitted(picture, width, height)), 0)
        across, down = round(width * scale), round(2 * height * scale)
        box = (left, top, min(picture.width, left + across), min(picture.height, top + down))
        size = max(1, round((box[2] - box[0]) / scale)), max(1, round((box[3] - box[1]) / scale))
        return picture_rows(width, cells(picture, *size, box), 0)


class PictureView(ModalScreen[None], inherit_bindings=False):
    AUTO_FOCUS = "#picture"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,p,P,q,Q", "leave"),
        Binding("space,enter,n,N", "next"),
        Binding("plus,equals_sign", "zoom(-1)"),
        Binding("minus", "zoom(1)"),
        Binding("left", "move(-1,0)"),
        Binding("right", "move(1,0)"),
        Binding("up", "move(0,-1)"),
        Binding("down", "move(0,1)"),
    ]

    def __init__(self, gallery: Gallery, digests: Sequence[str]) -> None:
        super().__init__()
        self.gallery, self.digests = gallery, digests
        self.place = 0
        self.scale = 0.0
        self.left = self.top_edge = 0

    def compose(self) -> ComposeResult:
        yield Top(id="top")
        yield Sheet(self.gallery)
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        self.draw()

    def draw(self) -> None:
        """Shows the picture of this place at this scale."""
        digest = self.digests[self.place]
        count = _("picture {place} of {total}", place=self.place + 1, total=len(self.digests))
        self.query_one(Top).show(told(digest, self.gallery.data.get(digest)), count, "", "")
        self.query_one(Sheet).show(digest, self.scale, self.left, self.top_edge)
        keys = [Key("Esc", _("Back"), "screen.leave", main=True), Key("+ −", _("Larger, smaller"), "screen.zoom(-1)")]
        keys.append(Key("↑↓←→", _("Move"), on=bool(self.scale)))
        if len(self.digests) > 1:
            keys.append(Key("␣", _("Next picture"), "screen.next"))
        self.query_one(KeyBar).show(tuple(keys))

    def action_zoom(self, step: int) -> None:
        """Larger (-1) or smaller (1) by one scale; the smallest is all of it."""
        picture = self.gallery.picture(self.digests[self.place])
        if picture is None:
            return
        all_of_it = picture.width / fitted(picture, *self._cells())[0]
        scales = [each for each in SCALES if each < all_of_it]
        at = scales.index(self.scale) if self.scale in scales else len(scales)
        at = max(0, at + step)
        self.scale = scales[at] if at < len(scales) else 0.0
        self.action_move(0, 0)

    def action_move(self, across: int, down: int) -> None:
        """By half a window, as far as there is more."""
        picture = self.gallery.picture(self.digests[self.place])
        if picture is not None and self.scale:
            columns, lines = self._cells()
            seen = round(columns * self.scale), round(2 * lines * self.scale)
            self.left = max(0, min(self.left + across * seen[0] // 2, picture.width - seen[0]))
            self.top_edge = max(0, min(self.top_edge + down * seen[1] // 2, picture.height - seen[1]))
        else:
            self.left = self.top_edge = 0
        self.draw()

    def _cells(self) -> tuple[int, int]:
        size = self.query_one(Sheet).size
        return max(1, size.width), max(1, size.height)

    def action_next(self) -> None:
        self.place, self.scale = (self.place + 1) % len(self.digests), 0.0
        self.action_move(0, 0)

    def action_leave(self) -> None:
        self.dismiss()
