"""The one way in which panels draw plots: quiet axes, horizontal grid lines, colours of the theme."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent
from PySide6.QtCore import QCoreApplication, QEvent, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QGuiApplication,
    QImage,
    QMouseEvent,
    QPainter,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QGraphicsSimpleTextItem, QMenu, QWidget

from explorer.ui.widgets.context_menu import context_menu, entry
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.plot_axes import AXIS_PIXELS, OuterAxis, PercentAxis, RoundAxis, ThousandsAxis
from explorer.ui.widgets.text import count, ui_font
from explorer.ui.widgets.text_size import scaled
from explorer.ui.widgets.theme import ThemeManager
from explorer.ui.widgets.unsaved_steps import UnsavedSteps

TITLE_PIXELS, TITLE_ROOM = 10, 16
"""The letters of the titles of axes, and the room that those of the upright ones have above the plot."""

PLOT_HEIGHT = 96
"""What a panel leaves to a plot with its axis and titles, in pixels of the usual size, before its key has more rows."""

NUMBERS, LINE = 38, 20
"""The width of an upright axis with its numbers, and the height of the one below the plot."""

BESIDE = 0.05
"""Which share of what is drawn may be seen empty beside it."""

NOT_MEASURED = "–"
"""What stands for a figure that there is none of at a step."""


class Plot(pg.PlotWidget):
    """A plot in the colours of the theme. Wheel and drag zoom and pan; a double click shows everything again.

    Signals
    -------
    pointed(object): the x under the pointer as a float, None when the pointer left.
    clicked(float): the plot was clicked at this x, without a drag.
    """

    pointed = Signal(object)
    clicked = Signal(float)

    outer: OuterAxis | None = None
    """The axis right of the others, where there is one."""

    offers: Callable[[QMenu], object] | None = None
    """What adds further entries to the menu at the pointer."""

    follows: bool
    """Whether the x range follows the newest point; a wheel or a drag ends that, a double click begins it again."""

    def __init__(
        self,
        themes: ThemeManager,
        name: str,
        *,
        percent: bool = False,
        axes: Mapping[str, pg.AxisItem] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """Make an empty plot; ``percent``: y is a share. ``axes``: others by their side, such as ``left``."""
        left = PercentAxis("left") if percent else RoundAxis("left")
        items = {"bottom": ThousandsAxis("bottom"), "left": left, "right": RoundAxis("right"), **(axes or {})}
        super().__init__(parent=parent, axisItems=items, background=None, enableMenu=False)
        self.hideAxis("right")  # until there is a scale for it
        self.setAccessibleName(name)
        self.setFrameShape(pg.QtWidgets.QFrame.Shape.NoFrame)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.setMouseEnabled(x=True, y=False)
        self.setMinimumSize(120, 48)
        self.setMouseTracking(True)
        self.scene().sigMouseClicked.connect(self._on_clicked)
        self._clicked_at = 0.0
        self._click = QTimer(self, interval=QGuiApplication.styleHints().mouseDoubleClickInterval(), singleShot=True)
        self._click.timeout.connect(lambda: self.clicked.emit(self._clicked_at))
        self._themes = themes
        self._scales: list[pg.ViewBox] = []
        self.follows = True
        self.plotItem.vb.sigRangeChangedManually.connect(self._leave)
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._cursor.setVisible(False)
        self.addItem(self._cursor, ignoreBounds=True)
        self._shown = pg.InfiniteLine(angle=90, movable=False)
        self._shown.setVisible(False)
        self.addItem(self._shown, ignoreBounds=True)
        self._unsaved = UnsavedSteps(self)
        self._titles: dict[str, QGraphicsSimpleTextItem] = {}
        themes.changed.connect(self.restyle)
        self.restyle()

    def _size_axes(self) -> None:
        """Give axes and titles their fonts and the room for them, in the present size of text."""
        font = ui_font(AXIS_PIXELS)
        for side in ("left", "bottom", "right"):
            axis = self.getAxis(side)
            axis.setStyle(tickFont=font, tickLength=0, tickTextOffset=6, autoExpandTextSpace=False, maxTickLevel=0)
            axis.enableAutoSIPrefix(False)
        self.getAxis("left").setWidth(scaled(NUMBERS))
        self.getAxis("bottom").setHeight(scaled(LINE))
        if self._scales:
            self.getAxis("right").setWidth(scaled(NUMBERS))
        if self.outer is not None:
            self.outer.style_as(font, scaled(NUMBERS), self._themes.current.colour("muted"))
        for title in self._titles.values():
            title.setFont(ui_font(TITLE_PIXELS))
        above = scaled(TITLE_ROOM) if {"left", "right"} & self._titles.keys() else 6
        self.plotItem.layout.setContentsMargins(2, above, 10, 0)
        if "bottom" in self._titles:
            width = self._titles["bottom"].boundingRect().width()
            self.getAxis("bottom").title_room = width + 2 * scaled(TITLE_PIXELS)

    def set_titles(self, **titles: str) -> None:
        """Say what the axes ``bottom``, ``left``, ``right`` and ``outer`` measure, and in which unit."""
        if not self._titles:
            self.plotItem.vb.sigResized.connect(self._place_titles)
        for side, text in titles.items():
            if side not in self._titles:
                self._titles[side] = QGraphicsSimpleTextItem(self.plotItem)
            self._titles[side].setText(text)
        self.restyle()

    def titles(self) -> dict[str, str]:
        """Return what the axes are called, by their sides."""
        return {side: title.text() for side, title in self._titles.items()}

    def _place_titles(self, _box: object = None) -> None:
        inside = self.plotItem.mapRectFromScene(self.plotItem.vb.sceneBoundingRect())
        for side, title in self._titles.items():
            shape = title.boundingRect()
            beyond = self.outer.width() if self.outer is not None and self.outer.isVisible() else 0
            right = self.plotItem.rect().width() - 4 - (0 if side == "outer" else beyond)
            left = 4.0 if side == "left" else right - shape.width()
            if side == "bottom":
                title.setPos(inside.right() - shape.width(), inside.bottom() + 5)
            else:
                title.setPos(left, inside.top() - shape.height() - 3)

    def restyle(self) -> None:
        """Take the colours of the current theme, and the present size of text."""
        self._size_axes()
        theme = self._themes.current
        quiet = QPen(theme.colour("line"))
        for side in ("left", "bottom", "right"):
            axis = self.getAxis(side)
            axis.setPen(QPen(Qt.PenStyle.NoPen))
            axis.setTextPen(theme.colour("muted"))
            axis.setTickPen(quiet)
        self.getAxis("left").setGrid(110)
        for title in self._titles.values():
            title.setBrush(theme.colour("muted"))
        self._cursor.setPen(QPen(theme.colour("muted"), 0))
        mark = QPen(theme.colour("accent"), 1.5)
        mark.setCosmetic(True)
        self._shown.setPen(mark)
        self._unsaved.restyle(self.colour("panel", 170), self.colour("muted"))
        self._place_titles()

    def colour(self, token: str, alpha: int = 255) -> QColor:
        """Return a colour of the theme, more or less opaque."""
        colour = QColor(self._themes.current.colour(token))
        colour.setAlpha(alpha)
        return colour

    def add_scale(self, *, axis: bool) -> pg.ViewBox:
        """Return a view box that shares x and has its own y scale, shown at the right if ``axis``."""
        box = pg.ViewBox(enableMenu=False)
        box.setMouseEnabled(x=True, y=False)
        self.plotItem.scene().addItem(box)
        if axis:
            self.plotItem.showAxis("right")
            self.getAxis("right").linkToView(box)
            self.getAxis("right").setWidth(scaled(NUMBERS))
        box.setXLink(self.plotItem)
        self.plotItem.vb.sigResized.connect(self._follow)
        self._scales.append(box)
        self._follow()
        return box

    def add_outer_axis(self, box: pg.ViewBox, title: str) -> None:
        """Show the scale of a view box as shares, right of the others; ``show_outer_axis`` takes it away."""
        self.outer = OuterAxis("right")
        self.outer.linkToView(box)
        self.plotItem.layout.addItem(self.outer, 2, 3)
        self.set_titles(outer=title)
        self.show_outer_axis(False)

    def show_outer_axis(self, shown: bool) -> None:
        """Show the axis at the very right, or give its room to the plot."""
        if self.outer is not None:
            self.outer.setVisible(shown)
            self.outer.setWidth(scaled(NUMBERS) if shown else 0)
            self._titles["outer"].setVisible(shown)
            self._place_titles()

    def show_left(self, shown: bool) -> None:
        """Show what the axis at the left says, where any line goes by it; its room stays."""
        if shown != self._titles["left"].isVisible():
            self.getAxis("left").setStyle(showValues=shown)
            self._titles["left"].setVisible(shown)

    def show_step(self, step: int) -> None:
        """Mark the step of the run that is shown with a line; −1: the newest one is, which needs none."""
        self._shown.setVisible(step >= 0)
        if step >= 0:
            self._shown.setPos(step)

    def show_unsaved(self, after: int | None) -> None:
        """Veil the steps after one: they were measured and not saved; None: all were."""
        self._unsaved.show_after(after)

    @property
    def unsaved(self) -> str:
        """What has to be said below a picture of the plot where not all of its steps were saved, else nothing."""
        after = self._unsaved.after
        return "" if after is None else tr("saved up to step {step}", step=count(int(after)))

    @property
    def shown_step(self) -> float | None:
        """Where the line of the shown step stands, else the last step that was saved, None where that is the newest."""
        return float(self._shown.value()) if self._shown.isVisible() else self._unsaved.after

    def _on_clicked(self, event: MouseClickEvent) -> None:
        at = event.scenePos()
        left = event.button() == Qt.MouseButton.LeftButton and not event.double()
        if left and self.plotItem.vb.sceneBoundingRect().contains(at):
            self._clicked_at = float(self.plotItem.vb.mapSceneToView(at).x())
            self._click.start()  # it may be the first half of a double click

    def _leave(self, _changed: object) -> None:
        self.follows = False
        self._keep_in_sight()

    def _keep_in_sight(self) -> None:
        """Keep what is shown within what is drawn: beyond it nothing is to be seen, and few find back."""
        box = self.plotItem.vb
        drawn, (low, high) = box.childrenBounds()[0], box.viewRange()[0]
        if drawn is None or not drawn[1] > drawn[0]:
            return
        room = (drawn[1] - drawn[0]) * BESIDE
        first, last = drawn[0] - room, drawn[1] + room
        width = min(high - low, last - first)
        start = min(max(low, first), last - width)
        if (start, start + width) != (low, high):
            box.setXRange(start, start + width, padding=0)

    def _follow(self) -> None:
        for box in self._scales:
            box.setGeometry(self.plotItem.vb.sceneBoundingRect())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom; in a page that scrolls only with Ctrl, or once the plot was clicked: else the page would not scroll."""
        asked = self.hasFocus() or bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        page = None if asked else self._page()
        if page is None:
            super().wheelEvent(event)
        else:
            QCoreApplication.sendEvent(page.verticalScrollBar(), event)
            event.accept()

    def _page(self) -> QAbstractScrollArea | None:
        """Return what holds the plot and can be scrolled up or down."""
        above = self.parentWidget()
        while above is not None:
            if isinstance(above, QAbstractScrollArea) and above.verticalScrollBar().maximum() > 0:
                return above
            above = above.parentWidget()
        return None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the pointer with a line and tell the x under it."""
        super().mouseMoveEvent(event)
        inside = self.plotItem.vb.sceneBoundingRect().contains(self.mapToScene(event.position().toPoint()))
        x = float(self.plotItem.vb.mapSceneToView(self.mapToScene(event.position().toPoint())).x()) if inside else None
        self._point(x)

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the pointer."""
        super().leaveEvent(event)
        self._point(None)

    def _point(self, x: float | None) -> None:
        self.show_pointer(x)
        self.pointed.emit(x)

    def show_pointer(self, x: float | None) -> None:
        """Draw the line of the pointer at ``x``: this plot's own, or that of another one over the same steps."""
        self._cursor.setVisible(x is not None)
        if x is not None:
            self._cursor.setPos(x)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show everything again, and follow what comes."""
        self._click.stop()
        self.show_everything()
        event.accept()

    def show_everything(self) -> None:
        """Show everything again, and follow what comes."""
        self.follows = True
        self.plotItem.autoRange()

    def copy_picture(self) -> None:
        """Put the plot as it is on screen, without the line under the pointer, on the clipboard."""
        self._point(None)
        drawn = self.grab()
        picture = QImage(drawn.size(), QImage.Format.Format_RGB32)
        picture.setDevicePixelRatio(drawn.devicePixelRatio())
        picture.fill(self._themes.current.colour("panel"))
        painter = QPainter(picture)
        painter.drawPixmap(0, 0, drawn)
        painter.end()
        QGuiApplication.clipboard().setImage(picture)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be done with the plot."""
        menu = context_menu(self)
        for text, slot, tip in (
            (tr("Show everything"), self.show_everything, tr("As a double click does")),
            (tr("Copy as a picture"), self.copy_picture, tr("As it is on screen")),
        ):
            entry(menu, text, slot, tip=tip)
        if self.offers is not None:
            menu.addSeparator()
            self.offers(menu)
        self.destroyed.connect(menu.close)
        menu.popup(event.globalPos())
