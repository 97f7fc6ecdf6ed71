"""Saved runs in a list, each a button with its map, recipe, last recall and date: on the start page and in a window."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPixmap, QPolygonF
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from explorer.core.class_colours import class_colours
from explorer.core.errors import printable
from explorer.core.types import UNLABELLED
from explorer.engine.saved_runs import RunGlance, RunsFound
from explorer.ui.shell.run_bar import summary
from explorer.ui.widgets.text import ElidedLabel, PlainLabel, count, plain_tip
from explorer.ui.widgets.theme import Theme, ThemeManager

if TYPE_CHECKING:
    from explorer.engine.session.session import Session
    from explorer.ui.session.bridge import Bridge

THUMBNAIL = QSize(56, 40)
POINT = 2.0
"""Diameter of a point of a small map, in pixels of the screen."""

SAVED = "Every run is saved by itself, and listed here."


def titled(run: RunGlance) -> str:
    """Return what was trained on what, in one line: the recipe as it ended."""
    margin = run.recipe.loss.params.get("margin")
    return summary(run.recipe, printable(run.data), margin, mined=run.recipe.miner.name != "all")


def told(run: RunGlance) -> str:
    """Return how far a run came, and when: ``recall@1 0.952 · step 1,200 · 28 Nov 22:14``."""
    recall = "no recall yet" if run.recall is None else f"recall@1 {run.recall:.3f}"
    return f"{recall} · step {count(run.step)} · {time.strftime('%d %b %Y, %H:%M', time.localtime(run.seconds))}"


def small_map(run: RunGlance, theme: Theme, ratio: float) -> QPixmap:
    """Draw the last map of a run, whole, in the colours of its classes; empty where it has none."""
    drawn = QPixmap(THUMBNAIL * ratio)
    drawn.setDevicePixelRatio(ratio)
    drawn.fill(theme.colour("background"))
    if not len(run.points):
        return drawn
    low, high = run.points.min(axis=0), run.points.max(axis=0)
    inside = np.array([THUMBNAIL.width(), THUMBNAIL.height()]) - 8
    scale = float((inside / np.maximum(high - low, 1e-9)).min())
    places = (run.points - (low + high) / 2) * (scale, -scale) + (THUMBNAIL.width() / 2, THUMBNAIL.height() / 2)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for label, colour in _colours(run, theme):
        pen = painter.pen()
        pen.setColor(colour)
        pen.setWidthF(POINT)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawPoints(QPolygonF([QPointF(x, y) for x, y in places[run.labels == label].tolist()]))
    painter.end()
    return drawn


def _colours(run: RunGlance, theme: Theme) -> Iterator[tuple[int, QColor]]:
    colours = class_colours(int(run.labels.max(initial=0)) + 1)
    for label in np.unique(run.labels).tolist():
        yield label, theme.colour("muted") if label == UNLABELLED else QColor(*colours[label].tolist())


class RunRow(QPushButton):
    """One saved run; a click opens it."""

    def __init__(self, run: RunGlance, themes: ThemeManager) -> None:
        super().__init__()
        self.run = run
        self._themes = themes
        self.setProperty("kind", "row")
        self.setProperty("tall", True)  # by the style, which would take a height that is set for another
        self.setMinimumWidth(120)
        self.setAccessibleName(f"Open the run {titled(run)}")
        self.setAccessibleDescription(told(run))
        self.setToolTip(plain_tip(printable(str(run.path))))
        self.picture = PlainLabel()
        self.title, self.details = ElidedLabel(titled(run)), ElidedLabel(told(run), role="muted")
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        words.addWidget(self.title)
        words.addWidget(self.details)
        words.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 4, 6, 4)
        row.setSpacing(10)
        row.addWidget(self.picture)
        row.addLayout(words, 1)
        for label in (self.picture, self.title, self.details):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._draw()
        themes.changed.connect(self._draw)

    def _draw(self) -> None:
        self.picture.setPixmap(small_map(self.run, self._themes.current, self.devicePixelRatioF()))


class RunsList(QWidget):
    """The newest runs below each other, at most ``most`` of them.

    Signals
    -------
    chosen(path): the run that was clicked.
    """

    chosen = Signal(str)

    def __init__(self, themes: ThemeManager, most: int) -> None:
        super().__init__()
        self._themes, self._most = themes, most
        self.rows: list[RunRow] = []
        self.nothing = PlainLabel(SAVED, role="muted")
        self.nothing.setWordWrap(True)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)
        self._box.addWidget(self.nothing)
        self._box.addStretch(1)

    def show_runs(self, runs: Sequence[RunGlance]) -> None:
        """List these, newest first; rows that are there already stay, and with them the focus."""
        shown = runs[: self._most]
        if [row.run.path for row in self.rows] == [run.path for run in shown] and all(
            told(row.run) == told(run) for row, run in zip(self.rows, shown, strict=True)
        ):
            return
        for row in self.rows:
            self._box.removeWidget(row)
            row.deleteLater()
        self.rows = [RunRow(run, self._themes) for run in shown]
        for place, row in enumerate(self.rows):
            row.clicked.connect(lambda _=False, path=str(row.run.path): self.chosen.emit(path))
            self._box.insertWidget(place, row)
        self.nothing.setVisible(not self.rows)


class RunsDialog(QDialog):
    """All saved runs. It blocks nothing and closes when one is chosen.

    Signals
    -------
    chosen(path): the run to open.
    browse(): another folder shall be chosen.
    """

    chosen = Signal(str)
    browse = Signal()

    def __init__(self, session: Session, bridge: Bridge, themes: ThemeManager, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("runs-dialog")
        self.setWindowTitle("Saved runs")
        self.resize(620, 480)
        self.where = ElidedLabel(
            f"Saved by themselves in {printable(str(session.runs_folder))}",
            role="muted",
            mode=Qt.TextElideMode.ElideMiddle,
        )
        self.list = RunsList(themes, most=1000)
        self.list.chosen.connect(self._choose)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(self.list)
        self.list.setAutoFillBackground(False)
        scroll.viewport().setAutoFillBackground(False)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        other = buttons.addButton("In another folder…", QDialogButtonBox.ButtonRole.ActionRole)
        other.clicked.connect(self._browse)
        buttons.rejected.connect(self.close)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 16, 16, 16)
        box.setSpacing(10)
        box.addWidget(self.where)
        box.addWidget(scroll, 1)
        box.addWidget(buttons)
        bridge.of(RunsFound).connect(self.show_runs)

    def show_runs(self, found: RunsFound) -> None:
        """List what was found."""
        self.list.show_runs(found.runs)

    def _choose(self, path: str) -> None:
        self.close()
        self.chosen.emit(path)

    def _browse(self) -> None:
        self.close()
        self.browse.emit()
