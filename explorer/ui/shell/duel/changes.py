"""What changed between the two runs of a duel: queries as pictures, neighbours, classes and every figure."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QTabWidget, QVBoxLayout, QWidget

from explorer.data.dataset import Dataset
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
        self._found: DuelFound | None = None
        self._pages: dict[QWidget, Callable[[DuelFound, Dataset], None]] = {
            self._first: self._show_queries,
            self.neighbours: self.neighbours.show_found,
            self.classes: self._show_classes,
            self.figures: self._show_figures,
        }
        self._behind: set[QWidget] = set()
        self.currentChanged.connect(self._show_page)
        self.classes.chosen.connect(self._choose_class)
        self.colour = QPushButton(tr("Colour the maps by it"))
        self.colour.setToolTip(tr("Fixed green, broken red, wrong in both yellow, right in both grey"))
        self.colour.setEnabled(False)
        self.colour.clicked.connect(lambda: desk.state.set_colour_by("fates"))
        self.colour.setStyleSheet("min-height: 0; padding: 2px 10px;")  # a corner of tabs is cut off at their height
        corner = QWidget()
        at_right = QHBoxLayout(corner)
        at_right.setContentsMargins(0, 0, 8, 0)
        at_right.addWidget(self.colour)
        self.setCornerWidget(corner)
        bar = self.tabBar()
        bar.setDrawBase(False)

    def say(self, text: str) -> None:
        """Say in place of what changed why it is not known."""
        if self.queries is None:
            self._said.setText(text)

    def show_found(self, found: DuelFound) -> None:
        """Show what was found on the page that is seen, and on another one once that is; queries come as pictures."""
        if self._desk.data.dataset is None or found.found.queries is None:
            return
        self.colour.setEnabled(True)
        self._found, self._behind = found, set(self._pages)
        self._show_page(self.currentIndex())

    def _show_page(self, place: int) -> None:
        """Bring a page up to date: a run that trains is compared again and again, and one page is seen at a time."""
        found, dataset, page = self._found, self._desk.data.dataset, self.widget(place)
        if found is not None and dataset is not None and page in self._behind:
            self._behind.remove(page)
            self._pages[page](found, dataset)

    def _show_queries(self, found: DuelFound, dataset: Dataset) -> None:
        items = (found.with_fate(FIXED), found.with_fate(BROKEN))
        if self.queries is not None:
            self.queries.show_queries(dataset, *items)
            return
        self._said.hide()
        words = (tr("Fixed: {queries}, right in B alone"), tr("Broken: {queries}, right in A alone"))
        self.queries = ChangedQueries(self._desk.themes, self._desk.state, dataset, *items, words=words)
        layout = self._first.layout()
        assert layout is not None
        layout.addWidget(self.queries)

    def _show_classes(self, found: DuelFound, _dataset: Dataset) -> None:
        assert found.found.queries is not None
        changed = [one for one in found.found.queries.classes if one.difference]
        self._labels = [one.label for one in changed]
        self.classes.show_rows([class_row(one, found.found.class_names) for one in changed])

    def _show_figures(self, found: DuelFound, _dataset: Dataset) -> None:
        self.figures.show_rows([figure_row(name, values) for name, values in found.found.metrics.items()])

    def _choose_class(self, row: int) -> None:
        dataset = self._desk.data.dataset
        if dataset is not None:
            labels, label = dataset.labels, self._labels[row]
            self._desk.state.select_found(lambda: np.flatnonzero(labels == label), len(labels), "replace")
