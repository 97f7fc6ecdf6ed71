"""One query, a pinned item or a picture from outside, and the strip of its nearest neighbours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from textwrap import shorten

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from explorer.core.errors import printable
from explorer.core.types import PIXELS_RUN, IntArray, Split
from explorer.data.dataset import Dataset
from explorer.retrieval.pinned import Move, Ranking
from explorer.ui.queries.first_right_line import FirstRightLine
from explorer.ui.widgets.icons import IconButton
from explorer.ui.widgets.item_part import part_of
from explorer.ui.widgets.item_picture import ItemPicture, class_name, item_picture
from explorer.ui.widgets.language import localised, tr
from explorer.ui.widgets.moving_pictures import MovingTile
from explorer.ui.widgets.query_colours import QueryNumber, query_token
from explorer.ui.widgets.text import ElidedLabel, PlainLabel, WholeLabel, count
from explorer.ui.widgets.text_size import keep_size, scaled, text_size
from explorer.ui.widgets.theme import ThemeManager
from explorer.ui.widgets.tiles import Tile, TileText

HEAD, MOVING = 52, 84
BUTTON = 22
MARGIN = 12
GAP = 6
PER_ROW = 4
SMALLEST, LARGEST = 40, 96
"""Sides of the pictures of neighbours."""
PART_TIP = tr(
    "Whether the query was trained on: only of what was held out do neighbours say how well new ones are found"
)
PIN_TIP = tr("Keep this query: a click on another item replaces it otherwise")
SENTENCE = 240
"""Letters of a text that are shown on its card."""
ARROWS = {"up": ("▲", "right"), "down": ("▼", "wrong"), "new": (tr("new"), "accent"), "same": ("·", "muted")}


@dataclass(frozen=True, slots=True)
class CardHead:
    """What a card is about: its ``key``, the ``item`` (-1: it is none), how it looks and is called, what closes it.

    ``part``: whether it was trained on, or held out; empty for what is of no part.
    """

    key: int
    item: int
    face: ItemPicture
    title: str
    tip: str
    close: str
    part: str = ""


def pinned_head(dataset: Dataset, item: int, split: Split | None) -> CardHead:
    """Return the head of the card of a pinned item."""
    name = class_name(dataset, item)
    title = f"{name}  #{item}"
    tip = tr(
        "{name}, the query{sounds}",
        name=name,
        sounds=tr("; Space plays it, and again stops it") if dataset.modality.sounds else "",
    )
    return CardHead(
        item,
        item,
        item_picture(dataset, item),
        title,
        tip,
        tr("Unpin {name} #{item}", name=name, item=item),
        part_of(dataset, split, item),
    )


class QueryCard(QFrame):
    """A query: how it looks, how many neighbours are right, and its top-k as tiles.

    Signals
    -------
    closed(int): the card of this key was closed.
    chosen(int, bool): a neighbour was clicked; True: to be pinned beside the others.
    hovered(int): the pointer is over an item, -1: over none.
    kept(int): it shall stay when another item is looked at.
    play_asked(int): the recording of the query shall be heard, or be heard no longer.
    """

    closed = Signal(int)
    chosen = Signal(int, bool)
    hovered = Signal(int)
    kept = Signal(int)
    play_asked = Signal(int)

    def __init__(
        self, themes: ThemeManager, dataset: Dataset, head: CardHead, room: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._themes, self._dataset, self.item = themes, dataset, head.item
        self._room = room
        self.tiles: list[Tile] = []
        self.gone: list[Tile] = []
        self._add = False
        self._across = self._columns()
        self.setObjectName("query-card")
        self._build(head)
        text_size().changed.connect(self._fit)

    def _head(self) -> Tile:
        """Return the tile of the query, a larger one where it moves."""
        if self.item >= 0 and self._dataset.modality.moves:
            return MovingTile(self._themes, self._dataset, MOVING, self)
        return Tile(self._themes, HEAD, caption=False, parent=self)

    def _button(self, sign: str, words: str, slot: Callable[[], None]) -> QToolButton:
        button = QToolButton(self)
        button.setText(sign)
        keep_size(button, width=BUTTON, height=BUTTON)
        button.setToolTip(words)
        button.setAccessibleName(words)
        button.clicked.connect(slot)
        return button

    def _top(self, about: CardHead) -> QHBoxLayout:
        """Return the row of how the query looks, what is said of it, and its buttons."""
        self.picture = head = self._head()
        head.show_item(self.item, about.face, "", TileText(tip=about.tip))
        head.hovered.connect(lambda over: self.hovered.emit(self.item if over else -1))
        self.title = ElidedLabel(about.title, self, role="title", mode=Qt.TextElideMode.ElideMiddle)
        self.title.end = f"  #{self.item}" if self.item >= 0 else ""
        self.part = PlainLabel("", self, role="caption")
        self.part.setToolTip(PART_TIP)
        self.show_part(about.part)
        # of what is no item it names the class, which may be one long word
        self.summary = (WholeLabel if self.item >= 0 else ElidedLabel)(tr("searching…"), self)
        self.movement = WholeLabel("", self, role="muted")
        self.close_button = self._button("×", about.close, lambda: self.closed.emit(about.key))
        self.pin_button = IconButton(self._themes, "pin", PIN_TIP, self)
        keep_size(self.pin_button, width=BUTTON, height=BUTTON)
        self.pin_button.clicked.connect(lambda: self.kept.emit(about.key))
        self.pin_button.hide()
        words, buttons = QVBoxLayout(), QVBoxLayout()
        words.setSpacing(1)
        buttons.setSpacing(4)
        named = QHBoxLayout()
        named.setSpacing(6)
        self.number = QueryNumber(self._themes, self)
        named.addWidget(self.number)
        named.addWidget(self.title)
        named.addWidget(self.part)
        named.addStretch(1)
        named.addWidget(self.pin_button)
        words.addLayout(named)
        for label in (self.summary, self.movement):
            words.addWidget(label)
        buttons.addWidget(self.close_button)
        if self.item >= 0 and self._dataset.modality.sounds:
            tip = tr("Play the recording, or stop it  (Space)")
            buttons.addWidget(self._button("▶", tip, lambda: self.play_asked.emit(self.item)))
        buttons.addStretch(1)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(head)
        top.addLayout(words, 1)
        top.addLayout(buttons)
        return top

    def show_number(self, number: int) -> None:
        """Show the number of the query and give what is of it its colour."""
        self.number.show_number(number)
        self.history.show_colour(query_token(number))

    def show_looked_at(self, looked_at: bool) -> None:
        """Offer to keep a query that the next click replaces."""
        self.pin_button.setVisible(looked_at)

    def show_part(self, part: str) -> None:
        """Say whether the query was trained on."""
        self.part.setText(part)
        self.part.setVisible(bool(part))

    def _build(self, about: CardHead) -> None:
        self._grid = QGridLayout()
        self._grid.setSpacing(GAP)
        self._grid.setColumnStretch(PER_ROW, 1)
        self.history = FirstRightLine(self._themes, self)
        self.history.hide()
        self._gone_words = PlainLabel("", self, role="caption")
        self._gone_grid = QGridLayout()
        self._gone_grid.setSpacing(GAP)
        self._gone_grid.setColumnStretch(PER_ROW, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(MARGIN, 8, MARGIN, 8)
        whole.setSpacing(8)
        self._head_row = self._top(about)
        whole.addLayout(self._head_row)
        if about.face.sentence:
            sentence = PlainLabel(shorten(about.face.sentence, SENTENCE, placeholder=" …"), self, selectable=True)
            sentence.setWordWrap(True)
            whole.addWidget(sentence)
        whole.addWidget(self.history)
        whole.addLayout(self._grid)
        whole.addWidget(self._gone_words)
        whole.addLayout(self._gone_grid)
        self._gone_words.hide()

    def _tile(self, tiles: list[Tile], grid: QGridLayout, place: int) -> Tile:
        """Return the tile at a place of the neighbours, or of those that are gone; it is made when it is needed."""
        while len(tiles) <= place:
            tile = Tile(self._themes, self._tile_side(), caption=True, parent=self)
            tile.installEventFilter(self)
            tile.clicked.connect(lambda _checked=False, tile=tile: self.chosen.emit(tile.item, self._add))
            tile.hovered.connect(lambda over, tile=tile: self.hovered.emit(tile.item if over else -1))
            grid.addWidget(tile, len(tiles) // self._across, len(tiles) % self._across)
            tiles.append(tile)
        return tiles[place]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Remember whether Ctrl or Shift was held when a tile was clicked."""
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonRelease:
            held = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
            self._add = bool(event.modifiers() & held)
        return super().eventFilter(watched, event)

    @property
    def pointed(self) -> bool:
        """Whether the pointer is on one of the neighbours."""
        return any(tile.underMouse() for tile in (*self.tiles, *self.gone) if tile.isVisible())

    def _tile_side(self) -> int:
        columns = self._columns()
        free = self._room - 2 * MARGIN - (columns - 1) * GAP
        return max(scaled(SMALLEST), min(scaled(LARGEST), free // columns))

    def _columns(self) -> int:
        """Return how many tiles stand beside each other: fewer where large text needs large ones."""
        return max(1, min(PER_ROW, (self._room - 2 * MARGIN + GAP) // (scaled(SMALLEST) + GAP)))

    def minimumSizeHint(self) -> QSize:
        """Ask for the width of the head, or of one small tile: tiles that fill a wide panel let it become narrow."""
        least = max(self._head_row.minimumSize().width(), scaled(SMALLEST)) + 2 * MARGIN
        return QSize(least, super().minimumSizeHint().height())

    def set_room(self, width: int) -> None:
        """Let the tiles fill a width, in pixels.

        It is told and not taken from the card's own: that depends on whether there is a scroll bar, which depends on
        the height of the tiles, and the two could chase each other without an end.
        """
        self._room = width
        self._fit()

    def _fit(self) -> None:
        side, columns = self._tile_side(), self._columns()
        for tile in (*self.tiles, *self.gone):
            tile.set_side(side)
        if columns != self._across:
            self._across = columns
            for tiles, grid in ((self.tiles, self._grid), (self.gone, self._gone_grid)):
                for place, tile in enumerate(tiles):
                    grid.addWidget(tile, place // columns, place % columns)

    def use(self, dataset: Dataset) -> None:
        """Show items of these data: those that are open, since others were added to them."""
        self._dataset = dataset

    def show_picture(self) -> None:
        """Show how the query looks, which is known only once it is decoded."""
        self.picture.show_item(self.item, item_picture(self._dataset, self.item), "", self.picture.text_shown)

    def show_ranking(self, now: Ranking, before: Ranking, *, where: str, summary: str = "", gone: bool = False) -> None:
        """Show a ranking, and what moved since ``before``; ``where`` says in words which one that is.

        ``summary``: what is said of it; empty: how many are right. ``gone``: show what was near before as well.
        """
        by = tr("by the cosine, whatever is trained by") if now.run == PIXELS_RUN else ""
        compared = (before.run, before.step) != (now.run, now.step) and min(len(before.indices), len(now.indices)) > 0
        for place, (item, distance, right, move) in enumerate(
            zip(now.indices, now.distances, now.right, now.moves_since(before), strict=True)
        ):
            frame = ("right" if right else "wrong") if now.labelled else "outline"
            self._show_tile(place, int(item), float(distance), frame, move, by, compared=compared)
        for tile in self.tiles[len(now.indices) :]:
            tile.setVisible(False)
        if summary:
            self.summary.setText(summary)
        elif not len(now.indices):
            self.summary.setText(tr("not embedded yet"))
        elif now.labelled:
            first = (
                tr(" · first at #{first_right}", first_right=now.first_right)
                if now.first_right
                else tr(" · none right")
            )
            self.summary.setText(
                tr("{rights} of {indices} right{first}", rights=now.rights, indices=len(now.indices), first=first)
            )
        else:
            self.summary.setText(
                tr("{indices} nearest {plural}", indices=len(now.indices), plural=tr(self._dataset.modality.plural))
            )
        arrived = sum(move.kind == "new" for move in now.moves_since(before))
        left = now.gone_since(before)
        moved = tr("{arrived} in, {left} out {where}", arrived=arrived, left=len(left), where=where) if compared else ""
        unknown = (
            ""
            if len(before.indices) or not len(now.indices) or before.step == now.step  # embedded since then
            else tr("it was not embedded at step {step}", step=count(before.step))
        )
        self.movement.setText(moved or unknown)
        self._show_gone(before, left[: len(left) * (gone and compared)], where)

    def _show_gone(self, before: Ranking, places: IntArray, where: str) -> None:
        """Show the neighbours at some places of another ranking, which are none any more."""
        for tile in self.gone[len(places) :]:
            tile.setVisible(False)
        self._gone_words.setVisible(bool(len(places)))
        self._gone_words.setText(tr("Gone {where}", where=where))
        for at, place in enumerate(places.tolist()):
            item, distance, right = int(before.indices[place]), float(before.distances[place]), before.right[place]
            frame = ("right" if right else "wrong") if before.labelled else "outline"
            tip = tr(
                "{class_name} #{item} · was number {place}, at distance {distance:.4g}",
                class_name=class_name(self._dataset, item),
                item=item,
                place=place + 1,
                distance=distance,
            )
            tile = self._tile(self.gone, self._gone_grid, at)
            tile.setVisible(True)
            text = TileText(localised(f"{distance:.3f}"), f"#{place + 1}", "muted", tip)
            tile.show_item(item, item_picture(self._dataset, item), frame, text)

    def _show_tile(
        self, place: int, item: int, distance: float, frame: str, move: Move, by: str, *, compared: bool
    ) -> None:
        """Show a neighbour; ``by``: what is to be said of its distance."""
        arrow, token = ARROWS[move.kind] if compared else ("", "muted")
        moved = f"{arrow}{move.places}" if arrow and move.places else arrow
        name = class_name(self._dataset, item)
        judged = {"right": tr("same class"), "wrong": tr("other class")}.get(frame, tr("unlabelled"))
        tip = tr(
            "{name} #{item} · distance {distance:.4g} · {judged}\n{ids}",
            name=name,
            item=item,
            distance=distance,
            judged=judged,
            ids=printable(self._dataset.ids[item]),
        )
        tip = "\n".join(filter(None, (tip, by)))
        tile = self._tile(self.tiles, self._grid, place)
        tile.setVisible(True)
        tile.show_item(
            item, item_picture(self._dataset, item), frame, TileText(localised(f"{distance:.3f}"), moved, token, tip)
        )
