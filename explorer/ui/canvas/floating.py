"""What floats on the canvas: the tool bar at the left, the colour choice above, the legend at the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QActionGroup, QColor, QFontMetrics, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from explorer.ui.text import PlainLabel, elided, ui_font
from explorer.ui.theme import ThemeManager

ROW = 22
NAME_WIDTH = 132
ISOLATE = "Click to hide or show, double-click to see only this class"


class Floating(QWidget):
    """A rounded, slightly transparent box."""

    def __init__(self, themes: ThemeManager, parent: QWidget, name: str) -> None:
        super().__init__(parent)
        self._themes = themes
        self.setAccessibleName(name)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        themes.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the box."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        path = QPainterPath()
        path.addRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.fillPath(path, self._themes.current.colour("panel", 242))
        painter.strokePath(path, QPen(self._themes.current.colour("line"), 1))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Keep clicks beside the buttons from reaching the map."""
        event.accept()


class ColourChoice(Floating):
    """What the points are coloured by.

    Signals
    -------
    chosen(name): class, split or a column of the dataset.
    """

    chosen = Signal(str)

    def __init__(self, themes: ThemeManager, parent: QWidget) -> None:
        super().__init__(themes, parent, "Colour of the points")
        self._button = QPushButton(self)
        self._button.setProperty("kind", "fold")
        self._button.setToolTip("What the points are coloured by")
        self._menu = QMenu(self._button)
        self._button.clicked.connect(
            lambda: self._menu.popup(self._button.mapToGlobal(self._button.rect().bottomLeft()))
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 1, 4, 1)
        row.addWidget(self._button)

    def offer(self, names: Sequence[str], chosen: str) -> None:
        """Offer these, with one chosen."""
        self._menu.clear()
        group = QActionGroup(self._menu)
        for name in names:
            action = self._menu.addAction(name.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(name == chosen)
            action.triggered.connect(lambda _on=False, name=name: self.chosen.emit(name))
            group.addAction(action)
        self._button.setText(f"Colour: {chosen.replace('&', '&&')} ▾")
        self._button.setEnabled(len(names) > 1)
        self.adjustSize()

    @property
    def menu(self) -> QMenu:
        """The choices."""
        return self._menu


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One line of the legend; ``key`` is what it stands for, ``hidden`` whether its points are not drawn."""

    key: int
    name: str
    colour: tuple[int, int, int]
    hidden: bool = False


class LegendRow(QAbstractButton):
    """A colour and its name. ``isolated`` is emitted by a double click."""

    isolated = Signal(int)

    def __init__(self, themes: ThemeManager, parent: QWidget) -> None:
        super().__init__(parent)
        self._themes = themes
        self.entry = LegendEntry(-1, "", (0, 0, 0))
        self.setFixedHeight(ROW)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def show_entry(self, entry: LegendEntry, *, active: bool) -> None:
        """Show an entry; an ``active`` one can be clicked."""
        self.entry = entry
        self.setEnabled(active)
        self.setCursor(Qt.CursorShape.PointingHandCursor if active else Qt.CursorShape.ArrowCursor)
        self.setToolTip(f"{entry.name}\n{ISOLATE}" if active else entry.name)
        self.setAccessibleName(f"{entry.name}, hidden" if entry.hidden else entry.name)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return the width of swatch and name."""
        width = QFontMetrics(ui_font(12)).horizontalAdvance(self.entry.name)
        return QSize(26 + min(width, NAME_WIDTH) + 8, ROW)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw swatch and name, faint when hidden."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self._themes.current
        painter.setOpacity(0.38 if self.entry.hidden else 1.0)
        colour = QColor(*self.entry.colour)
        painter.setPen(QPen(colour, 1.4))
        painter.setBrush(Qt.BrushStyle.NoBrush if self.entry.hidden else colour)
        painter.drawEllipse(QRectF(7, ROW / 2 - 4, 8, 8))
        lit = self.isEnabled() and (self.underMouse() or self.hasFocus())
        painter.setPen(theme.colour("text" if lit else "muted"))
        font = ui_font(12)
        painter.setFont(font)
        name = elided(self.entry.name, font, self.width() - 30, Qt.TextElideMode.ElideMiddle)
        painter.drawText(self.rect().adjusted(24, 0, -4, 0), Qt.AlignmentFlag.AlignVCenter, name)
        painter.end()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """See only this class."""
        if self.isEnabled() and event.button() == Qt.MouseButton.LeftButton:
            self.isolated.emit(self.entry.key)


class Legend(Floating):
    """The colours on the map, at most ``MOST`` of them.

    Signals
    -------
    toggled(key): hide or show. isolated(key): show only this one, or all again.
    """

    MOST = 12
    toggled = Signal(int)
    isolated = Signal(int)

    def __init__(self, themes: ThemeManager, parent: QWidget) -> None:
        super().__init__(themes, parent, "Legend")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(4, 6, 4, 6)
        self._column.setSpacing(0)
        self.rows: list[LegendRow] = []
        self._more = PlainLabel("", self, role="caption")
        self._more.setIndent(8)
        self._column.addWidget(self._more)

    def show_entries(self, entries: Sequence[LegendEntry], *, more: str = "", active: bool = True) -> None:
        """Show entries, and below them in words what else there is."""
        while len(self.rows) < len(entries):
            row = LegendRow(self._themes, self)
            row.clicked.connect(lambda _on=False, row=row: self.toggled.emit(row.entry.key))
            row.isolated.connect(self.isolated)
            self._column.insertWidget(len(self.rows), row)
            self.rows.append(row)
        for place, row in enumerate(self.rows):
            row.setVisible(place < len(entries))
            if place < len(entries):
                row.show_entry(entries[place], active=active)
        self._more.setText(more)
        self._more.setVisible(bool(more))
        self.setVisible(bool(entries))
        self.adjustSize()
