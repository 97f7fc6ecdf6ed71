"""The pictures of the finding that is framed, larger than a row has room for, and what each of them is."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.core.errors import printable
from explorer.core.types import UNLABELLED, Split
from explorer.data.dataset import Dataset
from explorer.ui.data.findings import MOST_PICTURES, Row
from explorer.ui.widgets.item_part import part_of
from explorer.ui.widgets.item_picture import ItemPicture, class_name, item_picture, paint_item_picture
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import elided, plain_tip, ui_font
from explorer.ui.widgets.text_size import growth, scaled, text_size
from explorer.ui.widgets.theme import ThemeManager

SIDE, LEAST, SHARE = 120, 56, 0.22
"""The side of a picture in pixels, the least one, and the share of the panel's height that it takes of a low one."""
EDGE, GAP, CORNER = 12, 8, 5.0
LETTERS = 12


class FindingPicture(QWidget):
    """One item beside what it is, or several over it; names that are too long lack their middle, but not in the tip."""

    def __init__(self, themes: ThemeManager) -> None:
        super().__init__()
        self._themes = themes
        self._shown: tuple[tuple[ItemPicture, tuple[str, ...]], ...] = ()
        self._side = SIDE
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.hide()
        themes.changed.connect(self.update)
        text_size().changed.connect(self.updateGeometry)

    def show_row(self, dataset: Dataset | None, split: Split | None, row: Row | None) -> None:
        """Show the items of a finding, None: nothing."""
        items = row.items[:MOST_PICTURES] if row is not None and dataset is not None else ()
        if row is None or dataset is None:
            self._shown = ()
        else:
            self._shown = tuple((item_picture(dataset, item), _words(dataset, split, row, item)) for item in items)
        told = ["\n".join(filter(None, words)) for _, words in self._shown]
        self.setAccessibleName(tr("The framed finding, in large: {items}", items="; ".join(told)) if told else "")
        self.setToolTip(plain_tip("\n\n".join(told)))
        self.setVisible(bool(told))
        self.update()

    def fit(self, room: int) -> None:
        """Take no more than a part of so many pixels of height."""
        side = max(LEAST, min(SIDE, round(room * SHARE / growth())))
        if side != self._side:
            self._side = side
            self.updateGeometry()

    @property
    def lines(self) -> Sequence[str]:
        """What is said of the items, whole, a line each."""
        return [line for _, words in self._shown for line in words if line]

    def sizeHint(self) -> QSize:
        """Return the height of a picture; the width is that of the panel."""
        return QSize(scaled(2 * SIDE), scaled(self._side) + EDGE)

    def minimumSizeHint(self) -> QSize:
        """Be as high as a picture."""
        return QSize(scaled(LEAST), scaled(self._side) + EDGE)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the pictures from the left, and what they are."""
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        line = QFontMetrics(ui_font(LETTERS)).height()
        alone = len(self._shown) == 1
        width = (self.width() - 2 * EDGE + GAP) / max(len(self._shown), 1) - GAP
        height = self.height() - EDGE - (0 if alone else 2 * line)
        side = min(height, width / 2 if alone else width)
        left = float(EDGE)
        for picture, words in self._shown:
            paint_item_picture(painter, self._themes.current, picture, QRectF(left, EDGE / 2, side, side), CORNER)
            beside = QRectF(left + side + GAP, EDGE / 2, width - side - GAP, side)
            below = QRectF(left, EDGE / 2 + side, width, 2 * line)
            self._write(painter, words if alone else words[:1] + words[-1:], beside if alone else below, line)
            left += width + GAP
        painter.end()

    def _write(self, painter: QPainter, words: Sequence[str], box: QRectF, line: int) -> None:
        """Write lines from the top of a box, the first one bold."""
        for place, text in enumerate(filter(None, words)):
            top = box.top() + place * line
            if top + line > box.bottom() + 1:
                return
            font = ui_font(LETTERS, bold=place == 0)
            painter.setFont(font)
            painter.setPen(self._themes.current.colour("text" if place == 0 else "muted"))
            shown = elided(text, font, int(box.width()), Qt.TextElideMode.ElideMiddle)
            painter.drawText(QRectF(box.left(), top, box.width(), line), Qt.AlignmentFlag.AlignVCenter, shown)


def _words(dataset: Dataset, split: Split | None, row: Row, item: int) -> tuple[str, ...]:
    """Return what is said of an item: its class, the suspected one, what it is called, and in which part it is."""
    suspected = "" if row.suspected == UNLABELLED else f"→ {printable(dataset.class_names[row.suspected])}"
    return class_name(dataset, item), suspected, printable(dataset.ids[item]), part_of(dataset, split, item)
