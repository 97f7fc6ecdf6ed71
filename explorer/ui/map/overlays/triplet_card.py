"""A triplet of the last batch in pictures and figures: what it is, and what the margin makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QGridLayout, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from explorer.core.errors import printable
from explorer.ui.map.floating_box import Floating
from explorer.ui.map.overlays.triplet_layer import EASY, HARD, Triplet
from explorer.ui.widgets.item_picture import class_name, item_picture
from explorer.ui.widgets.language import localised, tr
from explorer.ui.widgets.text import ElidedLabel, PlainLabel
from explorer.ui.widgets.text_size import scaled, text_size
from explorer.ui.widgets.theme import ThemeManager
from explorer.ui.widgets.tiles import Tile, TileText
from explorer.ui.widgets.triplet_strip import ROLES

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset

SIDE = 76
BETWEEN = 10
EDGE = 12
HEAD_GAP = 8
AWAY = 18
"""Logical pixels between the card and the pointer that opened it."""

TITLES = (tr("Hard triplet"), tr("Semi-hard triplet"), tr("Easy triplet"))


def figure(value: float, *, sign: bool = False) -> str:
    """Return a distance with three digits after the point, or fewer where it is large."""
    text = localised(f"{value:+.3f}") if sign else localised(f"{value:.3f}")
    if abs(value) >= 10:
        text = localised(f"{value:+.4g}") if sign else localised(f"{value:.4g}")
    return text.replace("-", "−")


def verdict(triplet: Triplet) -> str:
    """Return in words where the negative is, and how far that is from what the margin asks for."""
    gap, margin = triplet.far - triplet.near, triplet.margin
    if triplet.sort != EASY and abs(gap) < 0.0005:  # as the card shows it: +0.000
        return tr(
            "The negative is as far as the positive: {margin:.3f} is missing to the margin of {margin:.3g}.",
            margin=margin,
        )
    if triplet.sort == HARD:
        return tr(
            "The negative is nearer than the positive: {missing:.3f} is missing to the margin of {margin:.3g}.",
            missing=margin - gap,
            margin=margin,
        )
    if triplet.sort == EASY:
        return tr(
            "The negative is further than the positive by the margin of {margin:.3g}, and {gap:.3f} more.",
            margin=margin,
            gap=gap - margin,
        )
    return tr(
        "The negative is further than the positive, but {missing:.3f} is missing to the margin of {margin:.3g}.",
        missing=margin - gap,
        margin=margin,
    )


def card_place(size: QSize, area: QRectF, at: QPointF, spots: list[QPointF]) -> QPoint:
    """Return where a card goes: inside the area, near a position, and over as few of the spots as possible."""
    width, height = size.width(), size.height()
    wanted = [
        (at.x() + AWAY, at.y() - height - AWAY), (at.x() + AWAY, at.y() + AWAY),
        (at.x() - width - AWAY, at.y() - height - AWAY), (at.x() - width - AWAY, at.y() + AWAY),
        (area.left(), area.top()), (area.right() - width, area.top()),
        (area.left(), area.bottom() - height), (area.right() - width, area.bottom() - height),
    ]  # fmt: skip
    best, fewest = QPoint(), len(spots) + 1
    for left, top in wanted:
        left = max(area.left(), min(left, area.right() - width))
        top = max(area.top(), min(top, area.bottom() - height))
        box = QRect(QPoint(round(left), round(top)), size)
        around = QRectF(box).adjusted(-EDGE, -EDGE, EDGE, EDGE)
        covered = sum(around.contains(spot) for spot in spots)
        if covered < fewest:
            best, fewest = box.topLeft(), covered
    return best


def _width(label: PlainLabel) -> int:
    """Return the width of all that a label says, in the letters that it will have."""
    label.ensurePolished()
    return label.sizeHint().width()


class TripletCard(Floating):
    """Anchor, positive and negative with their classes, d_ap, d_an and the gap. Esc closes it.

    Signals
    -------
    chosen(item): a picture was clicked. closed(): the person closed the card.
    """

    chosen = Signal(int)
    closed = Signal()

    def __init__(self, themes: ThemeManager, canvas: QWidget) -> None:
        super().__init__(themes, canvas, tr("Triplet of the last batch"))
        self.title = PlainLabel("", role="title")
        self.step = PlainLabel("", role="caption")
        self.close_button = QToolButton()
        self.close_button.setText("✕")
        self.close_button.setAutoRaise(True)
        self.close_button.setAccessibleName(tr("Close"))
        self.close_button.setToolTip(tr("Close  (Esc)"))
        self.close_button.clicked.connect(self.close_card)
        self.tiles = [Tile(themes, SIDE, caption=False, parent=self) for _ in ROLES]
        self.classes = [ElidedLabel("", self) for _ in ROLES]
        self.near, self.far, self.gap = (PlainLabel("", role="number") for _ in ROLES)
        self.gap.setToolTip(tr("d_an − d_ap: how much further the negative is than the positive"))
        self.words = PlainLabel("", role="muted")
        self.words.setWordWrap(True)
        for tile in self.tiles:
            tile.clicked.connect(lambda _on=False, tile=tile: self.chosen.emit(tile.item))
        self._build()
        self._keep_width()
        text_size().changed.connect(self._keep_width)
        self.hide()

    def _keep_width(self) -> None:
        """Give the card room for three pictures, and for its numbers and its title in whichever language."""
        side = scaled(SIDE)
        wide = max(side, *(_width(one) for one in (self.near, self.far, self.gap)))
        head = _width(self.title) + _width(self.step) + self.close_button.sizeHint().width() + 2 * HEAD_GAP
        self.setFixedWidth(max(3 * wide + 2 * BETWEEN, head) + 2 * EDGE)
        for tile, label in zip(self.tiles, self.classes, strict=True):
            tile.set_side(side)
            label.setFixedWidth(wide)

    def _build(self) -> None:
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(EDGE, 6, EDGE, EDGE)
        self._column.setSpacing(6)
        head = QHBoxLayout()
        head.setSpacing(HEAD_GAP)
        head.addWidget(self.title)
        head.addWidget(self.step, 1)
        head.addWidget(self.close_button)
        grid = QGridLayout()
        grid.setHorizontalSpacing(BETWEEN)
        grid.setVerticalSpacing(2)
        for column, (tile, label, (role, _)) in enumerate(zip(self.tiles, self.classes, ROLES, strict=True)):
            grid.addWidget(PlainLabel(role, role="caption"), 0, column)
            grid.addWidget(tile, 1, column)
            grid.addWidget(label, 2, column)
        for column, number in enumerate((self.gap, self.near, self.far)):
            grid.addWidget(number, 3, column)
        self._column.addLayout(head)
        self._column.addLayout(grid)
        self._column.addWidget(self.words)

    def show_triplet(self, dataset: Dataset, triplet: Triplet, step: str) -> None:
        """Fill the card; ``step`` says whose triplet it is."""
        self.title.setText(TITLES[triplet.sort])
        self.step.setText(step)
        facts = ("", tr(" · d_ap {near:.4g}", near=triplet.near), tr(" · d_an {far:.4g}", far=triplet.far))
        for tile, label, item, fact, (role, token) in zip(
            self.tiles, self.classes, triplet[:3], facts, ROLES, strict=True
        ):
            name = class_name(dataset, item)
            label.setText(name)
            tip = tr(
                "{role}: {name} #{item}{fact}\n{ids}\nClick to pin it",
                role=role,
                name=name,
                item=item,
                fact=fact,
                ids=printable(dataset.ids[item]),
            )
            tile.show_item(item, item_picture(dataset, item), token, TileText(tip=tip))
        self.gap.setText(tr("gap {far}", far=figure(triplet.far - triplet.near, sign=True)))
        self.near.setText(tr("d_ap {near}", near=figure(triplet.near)))
        self.far.setText(tr("d_an {far}", far=figure(triplet.far)))
        self.words.setText(verdict(triplet))
        self._keep_width()
        self.take_size()

    def take_size(self) -> None:
        """Take the height that the words need."""
        self._column.activate()
        self.resize(self.width(), self._column.totalHeightForWidth(self.width()))

    def close_card(self) -> None:
        """Close the card, and give the focus back to the map."""
        if not self.isHidden():
            focused = QApplication.focusWidget()
            within = focused is not None and self.isAncestorOf(focused)
            self.hide()
            parent = self.parentWidget()
            if within and parent is not None:
                parent.setFocus(Qt.FocusReason.OtherFocusReason)
            self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close with Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_card()
        else:
            super().keyPressEvent(event)
