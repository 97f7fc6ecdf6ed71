"""What changed between the two runs of a duel: queries as pictures, neighbours, classes and every figure."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QTabWidget, QVBoxLayout, QWidget

from explorer.core.errors import printable
from explorer.engine.session.duel import BROKEN, FIXED, DuelFound
from explorer.ui.metrics.changed_queries import ChangedQueries
from explorer.ui.metrics.compare_runs import CLASS_TITLES, CLASS_WIDTHS, TITLES, WIDTHS, class_row, figure_row
from explorer.ui.session.panel import Desk
from explorer.ui.shell.duel.neighbours import ChangedNeighbours
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.simple_table import SimpleTable
from explorer.ui.widgets.text import PlainLabel

NOTHING = tr("The runs are being compared, on what both hold out…")


class Changes(QTabWidget):
    """One tab each; what is clicked is selected on both maps."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.setDocumentMode(True)
        self.setAccessibleName(tr("What changed between the runs"))
        self.queries: ChangedQueries | None = None
        self.neighbours = ChangedNeighbours(desk)
        self.classes = SimpleTable(tr("Classes that gained or lost"), CLASS_TITLES, CLASS_WIDTHS)
        self.figures = SimpleTable(tr("Figures of both runs"), ("", "A", "B", *TITLES[3:]), WIDTHS)
        self._labels: list[int] = []
        self._said = PlainLabel(NOTHING, role="empty")
        self._said.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._said.setWordWrap(True)
        self._first = QWidget()
        box = QVBoxLayout(self._first)
        box.setContentsMargins(8, 6, 8, 6)
        box.addWidget(self._said)
        self.addTab(self._first, tr("Fixed and broken"))
        self.addTab(self.neighbours, tr("Neighbours"))
        self.addTab(self.classes, tr("Classes"))
        self.addTab(self.figures, tr("Figures"))
        self.classes.chosen.connect(self._choose_class)
        self.colour = QPushButton(tr("Colour the maps by it"))
        self.colour.setToolTip(tr("Fixed green, broken red, wrong in both yellow, right in both grey"))
        self.colour.setEnabled(False)
        self.colour.clicked.connect(lambda: desk.state.set_colour_by("fates"))
        self.setCornerWidget(self.colour)
        bar = self.tabBar()
        bar.setDrawBase(False)

    def say(self, text: str) -> None:
        """Say in place of what changed why it is not known."""
        if self.queries is None:
            self._said.setText(text)

    def show_found(self, found: DuelFound) -> None:
        """Show what was found; queries come as pictures."""
        dataset, changes = self._desk.data.dataset, found.found.queries
        if dataset is None or changes is None:
            return
        if self.queries is not None:
            self.queries.deleteLater()
        self._said.hide()
        self.colour.setEnabled(True)
        words = (tr("Fixed: {queries}, right in B alone"), tr("Broken: {queries}, right in A alone"))
        items = (found.with_fate(FIXED), found.with_fate(BROKEN))
        self.queries = ChangedQueries(self._desk.themes, self._desk.state, dataset, *items, words=words)
        layout = self._first.layout()
        assert layout is not None
        layout.addWidget(self.queries)
        self.neighbours.show_found(found, changes, dataset)
        changed = [one for one in changes.classes if one.difference]
        self._labels = [one.label for one in changed]
        self.classes.show_rows([class_row(one, found.found.class_names) for one in changed])
        self.figures.show_rows([figure_row(printable(name), values) for name, values in found.found.metrics.items()])

    def _choose_class(self, row: int) -> None:
        dataset = self._desk.data.dataset
        if dataset is not None:
            self._desk.state.set_selection((dataset.labels == self._labels[row]).nonzero()[0])
