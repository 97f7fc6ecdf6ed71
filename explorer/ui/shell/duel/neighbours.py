"""The queries of a duel whose neighbours changed most, and the neighbours of the chosen one in both runs."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from explorer.core.errors import printable
from explorer.core.types import IntArray
from explorer.data.dataset import Dataset
from explorer.engine.session.duel import DuelFound
from explorer.ui.session.panel import Desk
from explorer.ui.widgets.item_grid import ItemGrid
from explorer.ui.widgets.item_picture import class_name
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.simple_table import SimpleTable
from explorer.ui.widgets.text import ElidedLabel, count

MOST = 500
"""So many queries are listed, those of which most neighbours changed."""
TITLES = (tr("Query"), tr("other neighbours"), "A", "B")
WIDTHS = (0, 120, 56, 56)


class ChangedNeighbours(QWidget):
    """A table of queries beside two rows of pictures; what is new or gone is framed."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._dataset: Dataset | None = None
        self._queries: IntArray = np.empty(0, np.int64)
        self._nearest: tuple[IntArray, IntArray] = (np.empty((0, 0), np.int64),) * 2
        self.table = SimpleTable(tr("Queries whose neighbours changed most"), TITLES, WIDTHS)
        self.grids = tuple(ItemGrid(desk.themes, words) for words in (tr("Nearest in A"), tr("Nearest in B")))
        self.words = (ElidedLabel("", role="muted"), ElidedLabel("", role="muted"))
        box = QHBoxLayout(self)
        box.setContentsMargins(8, 6, 8, 6)
        box.setSpacing(8)
        box.addWidget(self.table, 2)
        for grid, words in zip(self.grids, self.words, strict=True):
            column = QVBoxLayout()
            column.setSpacing(4)
            column.addWidget(words)
            column.addWidget(grid, 1)
            box.addLayout(column, 1)
            grid.setStatusTip(tr("Click: select it on the map"))
            grid.chosen.connect(lambda item, add: desk.state.select([item], "add" if add else "replace"))
            grid.hovered.connect(desk.state.set_hover)
        self.table.chosen.connect(self._choose)

    def show_found(self, found: DuelFound, dataset: Dataset) -> None:
        """List the queries, that with most new neighbours first."""
        changes = found.found.queries
        assert changes is not None
        share = changes.neighbours_changed
        order = np.argsort(-share, kind="stable")[:MOST]
        order = order[share[order] > 0]
        self._dataset, self._queries = dataset, found.items[changes.queries[order]]
        self._nearest = (_items(found, changes.nearest_a[order]), _items(found, changes.nearest_b[order]))
        right = (changes.right_a[order], changes.right_b[order])
        kept = (self._nearest[0] >= 0).sum(axis=1)
        gone = np.rint(share[order] * kept).astype(int)
        self.table.show_rows(
            [
                (_called(dataset, int(item)), tr("{gone} of {all}", gone=count(int(out)), all=count(int(of))), *marks)
                for item, out, of, marks in zip(self._queries, gone, kept, map(_marks, *right), strict=True)
            ]
        )
        for grid, words, title in zip(self.grids, self.words, (tr("Nearest in A"), tr("Nearest in B")), strict=True):
            grid.show_items(dataset, np.empty(0, np.int64))
            words.setText(title)
        if len(self._queries):
            self.table.selectRow(0)
            self._show(0)

    def _choose(self, row: int) -> None:
        item = int(self._queries[row])
        self._desk.state.pins.choose(item)
        self._desk.state.set_selection([item])
        self._show(row)

    def _show(self, row: int) -> None:
        """Show the neighbours of a query in both runs; those that only one has are framed."""
        near = [items[row][items[row] >= 0] for items in self._nearest]
        dataset, words = self._dataset, (tr("Nearest in A"), tr("Nearest in B"))
        if dataset is None:
            return
        label = dataset.labels[int(self._queries[row])]
        for place, (grid, said) in enumerate(zip(self.grids, self.words, strict=True)):
            grid.show_items(dataset, near[place])
            grid.frame(np.setdiff1d(near[place], near[1 - place]).tolist())
            grid.describe(lambda item: _called(dataset, item), lambda _item: "")
            right = int(np.count_nonzero(dataset.labels[near[place]] == label))
            all = len(near[place])
            said.setText(tr("{title}: {right} of {all} of its class", title=words[place], right=right, all=all))


def _items(found: DuelFound, rows: IntArray) -> IntArray:
    return np.where(rows < 0, -1, found.items[rows])


def _called(dataset: Dataset, item: int) -> str:
    return printable(f"{class_name(dataset, item)} #{item}")


def _marks(a: np.bool_, b: np.bool_) -> tuple[str, str]:
    return tuple("✓" if right else "✗" for right in (a, b))  # type: ignore[return-value]
