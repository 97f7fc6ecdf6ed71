"""The queries that one of two runs answers rightly and the other does not, as pictures: fixed ones and broken ones."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from explorer.core.errors import printable
from explorer.core.types import IntArray
from explorer.data.dataset import Dataset
from explorer.ui.session.view_state import ViewState
from explorer.ui.widgets.item_grid import ItemGrid
from explorer.ui.widgets.item_picture import class_name
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import ElidedLabel, NothingLabel, count
from explorer.ui.widgets.theme import ThemeManager

WORDS = (
    tr("Fixed: {queries}, right in the second run alone"),
    tr("Broken: {queries}, right in the first run alone"),
)
NONE = tr("No query")


class ChangedQueries(QWidget):
    """Both lists side by side; a click on a picture selects its item on the map, as a button does with all of them.

    ``words``: what stands above either; ``{queries}`` are how many.
    """

    def __init__(
        self,
        themes: ThemeManager,
        state: ViewState,
        dataset: Dataset,
        fixed: IntArray,
        broken: IntArray,
        words: tuple[str, str] = WORDS,
    ) -> None:
        super().__init__()
        self._state, self._words = state, words
        self.fixed = ItemGrid(themes, tr("Pictures of the queries that were fixed"))
        self.broken = ItemGrid(themes, tr("Pictures of the queries that were broken"))
        self.every: list[QPushButton] = []
        self._told: list[ElidedLabel] = []
        self.nothing = (NothingLabel(NONE), NothingLabel(NONE))
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(8)
        for grid, nothing in zip((self.fixed, self.broken), self.nothing, strict=True):
            box.addLayout(self._column(grid, nothing), 1)
        self.show_queries(dataset, fixed, broken)

    def show_queries(self, dataset: Dataset, fixed: IntArray, broken: IntArray) -> None:
        """Show others; a list that is the same stays where it is."""
        for place, (grid, items) in enumerate(((self.fixed, fixed), (self.broken, broken))):
            grid.show_items(dataset, items)
            grid.describe(
                lambda item: printable(f"{class_name(dataset, item)} #{item}\n{dataset.ids[item]}"), lambda _: ""
            )
            self._told[place].setText(self._words[place].format(queries=count(len(items))))
            self.every[place].setEnabled(bool(len(items)))
            grid.setVisible(bool(len(items)))
            self.nothing[place].setVisible(not len(items))

    def _column(self, grid: ItemGrid, nothing: NothingLabel) -> QVBoxLayout:
        grid.setStatusTip(
            tr("Click: select it on the map · Ctrl+click or Space: add it to the selection · Ctrl+wheel: size")
        )
        grid.chosen.connect(lambda item, add: self._state.select([item], "add" if add else "replace"))
        grid.toggled.connect(lambda some, _out: self._state.select(some, "add"))
        grid.hovered.connect(self._state.set_hover)
        every = QPushButton(tr("Select all"))
        every.setToolTip(tr("Select all of these on the map"))
        every.clicked.connect(lambda: self._state.set_selection(grid.items))
        self.every.append(every)
        self._told.append(ElidedLabel(""))
        head = QHBoxLayout()
        head.addWidget(self._told[-1], 1)
        head.addWidget(every)
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(grid, 1)
        column.addWidget(nothing, 1)
        return column
