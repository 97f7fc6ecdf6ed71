"""The key of a plot: one button a line, with its colour, name and newest value; a click shows or hides the line."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractButton, QMenu, QSizePolicy, QToolButton, QWidget

from explorer.core.figure_words import figure_words
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.text import broken, elided, plain_tip
from explorer.ui.widgets.text_size import scaled, when_letters_change
from explorer.ui.widgets.theme import ThemeManager

ROW = 20
GAP = 12
SWATCH = 10
DASHED, DOTTED = (2.0, 1.0), (1.0, 1.0)
"""The swatch of a dashed line and that of a dotted one, in widths of the line: two dashes, three dots."""


class LegendEntry(QAbstractButton):
    """One entry: swatch, name, value. ``dashes``: those of the line, in its widths; of a solid one a square stands."""

    def __init__(
        self, themes: ThemeManager, name: str, token: str, *, dashes: Sequence[float], told: str, parent: QWidget
    ) -> None:
        super().__init__(parent)
        told = self._told = told or said(figure_words(name))
        self._themes, self._token, self._dashes = themes, token, dashes
        self.name, self.value = name, ""
        self._shown = said(name)
        self.setCheckable(True)
        self.setChecked(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(tr("Show {name}", name=self._shown))
        self.setAccessibleDescription(told)
        self._tell()

    @property
    def shown(self) -> str:
        """The name that is shown."""
        return self._shown

    def rename(self, shown: str) -> None:
        """Show another name; the width is settled by the row."""
        self.name = self._shown = shown
        self.setAccessibleName(tr("Show {shown}", shown=shown))
        self._tell()
        self.update()

    def set_value(self, value: str) -> None:
        """Show the newest value; the width is settled by the row."""
        if value != self.value:
            self.value = value
            self._tell()
            self.update()

    def _tell(self) -> None:
        """Say in the tip what the line is, also before it has a value."""
        told = f"\n{broken(self._told)}" if self._told else ""
        tip = tr("{name} {value}{told}\nClick to show or hide", name=self._shown, value=self.value, told=told)
        self.setToolTip(plain_tip(tip))

    def sizeHint(self) -> QSize:
        """Return the width of swatch, name and value."""
        metrics = QFontMetrics(self.font())
        value = metrics.horizontalAdvance(self.value) + 5 if self.value else 0
        return QSize(scaled(SWATCH) + 6 + metrics.horizontalAdvance(self._shown) + value + 2, scaled(ROW))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the entry; faded when its line is hidden."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self._themes.current
        painter.setOpacity(1.0 if self.isChecked() else 0.4)
        self._paint_swatch(painter, theme.colour(self._token))
        left = scaled(SWATCH) + 6
        painter.setPen(theme.colour("muted"))
        baseline = self.rect().adjusted(left, 0, 0, 0)
        metrics = QFontMetrics(self.font())
        value = elided(self.value, self.font(), (self.width() - left) // 2)
        beside = metrics.horizontalAdvance(value) + 5 if value else 0
        name = elided(self._shown, self.font(), self.width() - left - beside)
        painter.drawText(baseline, Qt.AlignmentFlag.AlignVCenter, name)
        left += metrics.horizontalAdvance(name) + 5
        painter.setPen(theme.colour("text"))
        value = elided(self.value, self.font(), self.width() - left)
        painter.drawText(self.rect().adjusted(left, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, value)
        if self.hasFocus():
            painter.setPen(QPen(theme.colour("accent"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)  # else the frame is filled as the swatch was, over name and value
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 1.5, -0.5, -1.5), 3, 3)

    def _paint_swatch(self, painter: QPainter, colour: QColor) -> None:
        middle = self.height() / 2
        if self._dashes:
            pen = QPen(colour, 2)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            pen.setDashPattern(self._dashes)
            painter.setPen(pen)
            painter.drawLine(0, int(middle), scaled(SWATCH), int(middle))
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            side = scaled(8)
            painter.drawRoundedRect(QRectF(0, middle - side / 2, side, side), 2, 2)


class PlotLegend(QWidget):
    """Entries that flow over as many rows as they need, or as there is room for: what is left is in a menu.

    Signals
    -------
    toggled(str, bool): the entry of that name was shown or hidden.
    """

    toggled = Signal(str, bool)

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._keys: dict[str, LegendEntry] = {}
        self._offered: set[str] = set()
        self._usual: set[str] = set()
        self._room: tuple[QWidget, int] | None = None
        self._laying = False
        self._begun = False  # not before it is first laid out, for every entry that is made
        self.rest = QToolButton(self)
        self.rest.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.rest.setStyleSheet("QToolButton { padding: 0 4px; } QToolButton::menu-indicator { image: none; }")
        self.rest.setMenu(QMenu(self.rest))
        self.rest.setAccessibleName(tr("Further keys of the plot"))
        self.rest.menu().setToolTipsVisible(True)
        self.rest.menu().aboutToShow.connect(self._fill_rest)
        self.rest.hide()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(scaled(ROW))
        themes.changed.connect(self._flow)
        when_letters_change(self, self._flow)

    def leave(self, within: QWidget, height: int) -> None:
        """Take no more rows of the widget ``within`` than leave so many pixels of the usual size to what is below."""
        self._room = within, height
        within.installEventFilter(self)
        self._flow()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Flow anew where there is another height."""
        if event.type() == QEvent.Type.Resize:
            self._flow()
        return super().eventFilter(watched, event)

    def add(self, name: str, token: str, *, dashes: Sequence[float] = (), shown: bool = True, told: str = "") -> None:
        """Add an entry in the colour ``token`` of the theme; not ``shown`` until it has a value; ``told``: its tip.

        ``dashes``: ``DASHED`` or ``DOTTED``, as its line is; nothing: the line is solid.
        """
        key = LegendEntry(self._themes, name, token, dashes=dashes, told=told, parent=self)
        key.toggled.connect(lambda on: self.toggled.emit(name, on))
        self._keys[name] = key
        when_letters_change(key, self._flow)  # it may be dressed after the row was
        self._keep(name, shown)

    def _keep(self, name: str, shown: bool) -> None:
        (self._usual.add if shown else self._usual.discard)(name)
        self._offer(name, shown)

    def _offer(self, name: str, shown: bool) -> None:
        (self._offered.add if shown else self._offered.discard)(name)
        if self._begun:
            self._flow()

    def set_value(self, name: str, value: str) -> None:
        """Show the newest value of an entry, and the entry itself if it was waiting for one."""
        key = self._keys[name]
        wider = key.sizeHint().width()
        key.set_value(value)
        if name not in self._offered or key.sizeHint().width() != wider:
            self._offer(name, True)

    def rename(self, name: str, shown: str) -> None:
        """Show an entry under another name."""
        key = self._keys[name]
        key.rename(shown)
        self._flow()

    def set_shown(self, name: str, shown: bool) -> None:
        """Take an entry out of the row, or put it back, its line shown."""
        self._keys[name].setChecked(True)
        self._keep(name, shown)

    def entry(self, name: str) -> LegendEntry:
        """Return an entry."""
        return self._keys[name]

    def value(self, name: str) -> str:
        """Return what an entry shows."""
        return self._keys[name].value

    def reset(self) -> None:
        """Take every value away, and the entries that wait for one."""
        for key in self._keys.values():
            key.set_value("")
        self._offered &= self._usual
        self._flow()

    def showEvent(self, event: QShowEvent) -> None:
        """Flow the entries that were made before."""
        super().showEvent(event)
        self._flow()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Flow the entries anew."""
        super().resizeEvent(event)
        before, self._laying = self._laying, True  # all around is being laid out, and will be again for another height
        self._flow()
        self._laying = before

    def _most_rows(self) -> int:
        """Return for how many rows there is room."""
        if self._room is None:
            return len(self._keys) + 1
        within, height = self._room
        return max(1, (within.height() - scaled(height)) // scaled(ROW))

    def _flow(self, _theme: object = None) -> None:
        self._begun = True
        shown = [key for name, key in self._keys.items() if name in self._offered]
        row, placed = scaled(ROW), self._places(shown, 0)
        if placed and placed[-1].y() >= self._most_rows() * row:
            self.rest.setText(f"+{len(shown)}")
            placed = self._places(shown, self.rest.sizeHint().width() + GAP)
        for key, place in zip(shown, placed, strict=False):
            key.setGeometry(place)
        for key in self._keys.values():
            key.setVisible(key in shown[: len(placed)])
        self._place_rest(len(shown) - len(placed), placed)
        height = (placed[-1].y() if placed else 0) + row
        if self.height() != height:
            self.setFixedHeight(height)
            if not self._laying:
                self._make_way()
        self.update()

    def _make_way(self) -> None:
        """Lay out what is around at once: until a later turn of a busy window the plot would lie over the new row."""
        around = self.parentWidget()
        layout = None if around is None else around.layout()
        if layout is not None and layout.isEnabled():
            layout.activate()

    def _places(self, shown: Sequence[LegendEntry], kept: int) -> list[QRect]:
        """Return where entries go; ``kept``: pixels of the last row that is allowed, for which the others make way."""
        x = y = 0
        row, last = scaled(ROW), (self._most_rows() - 1) * scaled(ROW)
        places: list[QRect] = []
        for key in shown:
            wanted = key.sizeHint().width()
            if x and x + wanted > self.width() - (kept if y == last else 0):
                x, y = 0, y + row
            if kept and y > last:
                break
            width = min(wanted, max(self.width() - (kept if y == last else 0), 1))
            places.append(QRect(x, y, width, row))
            x += width + GAP
        return places

    def _place_rest(self, left: int, placed: Sequence[QRect]) -> None:
        """Show the button of what has no room, if there is anything."""
        self.rest.setVisible(left > 0)
        if left <= 0:
            return
        self.rest.setText(f"+{left}")
        names = ", ".join(key.shown for key in self._left())
        words = tr("{count} more lines: {names}", count=left, names=names)
        self.rest.setToolTip(plain_tip(broken(words)))
        self.rest.setAccessibleName(words)
        end = placed[-1] if placed else QRect()
        width = self.rest.sizeHint().width()
        self.rest.setGeometry(min(end.right() + 1 + GAP, max(self.width() - width, 0)), end.y(), width, scaled(ROW))

    def _left(self) -> list[LegendEntry]:
        return [key for name, key in self._keys.items() if name in self._offered and key.isHidden()]

    def _fill_rest(self) -> None:
        """List the entries that have no room, with their values, to be shown or hidden as by a click on them."""
        menu = self.rest.menu()
        menu.clear()
        for key in self._left():
            action = menu.addAction(f"{key.shown}  {key.value}".rstrip())
            action.setCheckable(True)
            action.setChecked(key.isChecked())
            action.setToolTip(key.toolTip())
            action.toggled.connect(key.setChecked)
