"""The key of the triplets on the map: whose they are, how many of each sort, and what the edges mean."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QVBoxLayout, QWidget

from explorer.ui.map.floating_box import Floating
from explorer.ui.map.overlays.triplet_layer import SORTS
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import PlainLabel, count, number_font, ui_font
from explorer.ui.widgets.text_size import scaled
from explorer.ui.widgets.theme import ThemeManager

MEANINGS = (
    tr("The negative is nearer to the anchor than the positive"),
    tr("The negative is further away than the positive, but by less than the margin"),
    tr("The negative is further away than the positive by the margin or more"),
)
HOW = tr("Solid: from the anchor to the positive; dashed: to the negative.\nClick an edge to look at its triplet.")
SWATCH = 14
PAD = 6


class SortButton(QAbstractButton):
    """One sort of triplets with its colour and its count; a click hides or shows its edges."""

    def __init__(self, themes: ThemeManager, sort: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._themes = themes
        name, self._token = SORTS[sort]
        self._name = tr(name)
        self._meaning = MEANINGS[sort]
        self._count = "0"
        self.setCheckable(True)
        self.setChecked(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.show_count(0)

    def show_count(self, number: int) -> None:
        """Say how many triplets are of this sort."""
        self._count = count(number)
        self.setAccessibleName(tr("{name} triplets: {count}", name=self._name, count=self._count))
        self.setToolTip(tr("{meaning}\nClick to hide or show them", meaning=self._meaning))
        self.updateGeometry()
        self.update()

    @property
    def count_shown(self) -> str:
        """The count as it is written."""
        return self._count

    def sizeHint(self) -> QSize:
        """Return the room of colour, name and count."""
        name = QFontMetrics(ui_font(12)).horizontalAdvance(self._name)
        number = QFontMetrics(number_font(12)).horizontalAdvance(max(self._count, "000", key=len))
        return QSize(scaled(SWATCH) + name + number + 4 * PAD, scaled(22))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a piece of an edge, the name and the count; faint while they are hidden."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, box = self._themes.current, QRectF(self.rect())
        if self.underMouse() or self.hasFocus():
            painter.setPen(QPen(theme.colour("accent"), 1) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("hover"))
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        middle = box.center().y()
        painter.setPen(QPen(theme.colour(self._token, 255 if self.isChecked() else 70), 2.5))
        painter.drawLine(PAD, round(middle), PAD + scaled(SWATCH), round(middle))
        painter.setPen(theme.colour("text" if self.isChecked() else "disabled"))
        painter.setFont(ui_font(12))
        words = box.adjusted(2 * PAD + scaled(SWATCH), 0, -PAD, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self._name)
        painter.setPen(theme.colour("muted" if self.isChecked() else "disabled"))
        painter.setFont(number_font(12))
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self._count)
        painter.end()


class TripletLegend(Floating):
    """Stands in the lower left corner of the map while triplets are shown.

    Signals
    -------
    hidden_changed(sorts): the sorts that are not to be drawn, a frozenset.
    """

    hidden_changed = Signal(object)

    def __init__(self, themes: ThemeManager, canvas: QWidget) -> None:
        super().__init__(themes, canvas, tr("Triplets of the last batch"))
        self.head = PlainLabel("", self, role="small")
        self.sorts = [SortButton(themes, sort, self) for sort in range(len(SORTS))]
        self.setToolTip(HOW)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(10, 5, 10, 4)
        self._column.setSpacing(1)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.setContentsMargins(-PAD, 0, -PAD, 0)
        for button in self.sorts:
            row.addWidget(button)
            button.toggled.connect(lambda _on=False: self.hidden_changed.emit(self.hidden))
        self._column.addWidget(self.head)
        self._column.addLayout(row)
        self.hide()

    @property
    def hidden(self) -> frozenset[int]:
        """The sorts that are not to be drawn."""
        return frozenset(sort for sort, button in enumerate(self.sorts) if not button.isChecked())

    def say(self, head: str, counts: tuple[int, int, int] | None) -> None:
        """Say whose triplets are shown, and how many of each sort; None: there are none, and ``head`` says why."""
        self.head.setText(head)
        for sort, button in enumerate(self.sorts):
            button.setVisible(counts is not None)
            if counts is not None:
                button.show_count(counts[sort])
        self._column.activate()
        self.adjustSize()
