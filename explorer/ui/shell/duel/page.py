"""The page of a duel: two runs of one dataset, their maps side by side under one camera."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QSplitter, QVBoxLayout, QWidget

from explorer.core.errors import printable
from explorer.core.help_pages import HELP_TOPIC
from explorer.ui.session.panel import Desk
from explorer.ui.shell.duel.changes import Changes
from explorer.ui.shell.duel.linked_steps import UNITS
from explorer.ui.shell.duel.morph import MorphBar
from explorer.ui.shell.layout.docks import CentrePanel
from explorer.ui.widgets.icons import IconButton
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.next_turn import next_turn
from explorer.ui.widgets.text import ElidedLabel, PlainLabel
from explorer.ui.widgets.text_size import scaled

CHANGES_HEIGHT = 190
"""How high what changed is at first, in pixels of the usual size."""


class DuelPage(QWidget):
    """Shows two maps, A at the left and B at the right.

    Signals
    -------
    left(): back to one run. swapped(): A is to be B. again(): the maps shall be laid over each other once more.
    branch_wanted(): B is to be trained as a branch of A. halted(): the run beside that of the window shall stop.
    """

    left = Signal()
    swapped = Signal()
    again = Signal()
    branch_wanted = Signal()
    halted = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        themes = desk.themes
        self.setObjectName("duel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(tr("Duel of two runs"))
        self.setProperty(HELP_TOPIC, "panels#Duel")
        self.back = IconButton(themes, "back", tr("Back to one run  (Esc)"))
        self.back.clicked.connect(self.left)
        self.said = ElidedLabel("", role="muted")
        self.swap = QPushButton(tr("Swap"))
        self.swap.setToolTip(tr("Let A be B, and B be A: what is fixed is broken then"))
        self.swap.clicked.connect(self.swapped)
        self.lay = QPushButton(tr("Lay over again"))
        self.lay.setToolTip(
            tr("Lay the map of the other run out anew, beginning where its items lie on the map of this window")
        )
        self.lay.clicked.connect(self.again)
        self.branch = QPushButton(tr("Make B from A…"))
        self.branch.setToolTip(
            tr("Train B as a branch of A: as A was after a kept step, with other live values from there on")
        )
        self.branch.clicked.connect(self.branch_wanted)
        self.halt = QPushButton(tr("Stop"))
        self.halt.setToolTip(tr("Stop the run beside that of the window, and save it"))
        self.halt.clicked.connect(self.halted)
        self.halt.hide()
        self.differences, self.verdict = ElidedLabel(""), ElidedLabel("", role="muted")
        self.verdict.about = tr("A is the first run, B the second")
        self.changes = Changes(desk)
        self.view, self.unit = QComboBox(), QComboBox()
        for choice, entries, name in (
            (self.view, {"both": tr("Side by side"), "morph": tr("Morph")}, tr("How both maps are shown")),
            (self.unit, {**UNITS, "": tr("each by itself")}, tr("Which steps of both are the same moment")),
        ):
            for key, words in entries.items():
                choice.addItem(words, key)
            choice.setAccessibleName(name)
            choice.setToolTip(name)
        self.bar = MorphBar(themes)
        self.bar.hide()
        self.maps = QSplitter(Qt.Orientation.Horizontal)
        self.maps.setChildrenCollapsible(False)
        self._even = True  # until a person draws the handle
        self.maps.splitterMoved.connect(lambda _at, _handle: self._leave_even())
        self._make()

    def _make(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(8, 6, 8, 4)
        head.setSpacing(8)
        head.addWidget(self.back)
        head.addWidget(PlainLabel(tr("Duel"), role="heading"))
        head.addStretch(1)
        for widget in (self.said, self.view, self.unit, self.halt, self.lay, self.branch, self.swap):
            head.addWidget(widget)
        self.parts = QSplitter(Qt.Orientation.Vertical)
        self.parts.addWidget(self.maps)
        self.parts.addWidget(self.changes)
        self.parts.setStretchFactor(0, 1)
        self.parts.setSizes([1000, scaled(CHANGES_HEIGHT)])
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(head)
        box.addWidget(self.differences)
        box.addWidget(self.verdict)
        box.addWidget(self.bar)
        box.addWidget(self.parts, 1)
        self.differences.setContentsMargins(12, 0, 12, 4)
        self.verdict.setContentsMargins(12, 0, 12, 6)
        self.verdict.hide()

    def say(self, verdict: str) -> None:
        """Say below the head what can be said of the two, or why nothing can."""
        self.verdict.setText(verdict)
        self.verdict.setVisible(bool(verdict))

    def show_sides(self, a: CentrePanel, b: CentrePanel) -> None:
        """Show these maps, in this order."""
        for place, side in enumerate((a, b)):
            self.maps.insertWidget(place, side)
        if self.view.currentData() == "both":
            a.show()
            b.show()
        self._share()

    def _leave_even(self) -> None:
        self._even = False

    def _share(self) -> None:
        """Give both maps the same width."""
        half = self.maps.width() // 2
        if self._even:
            self.maps.setSizes([half, half])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share another width among the maps."""
        super().resizeEvent(event)
        next_turn(self, self._share)  # once the splitter has it

    def name_sides(self, a: tuple[CentrePanel, str], b: tuple[CentrePanel, str]) -> None:
        """Say above each map which run it shows."""
        for letter, (side, name) in zip("AB", (a, b), strict=True):
            side.header.title.setText(printable(f"{letter}  {name}"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes back, where no map has use for it."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)
