"""What is selected: how many, of which classes and parts, and all of their pictures, which can be looked through."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from PySide6.QtCore import QPoint
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout

from explorer.core.errors import printable
from explorer.core.registry import register
from explorer.core.types import IntArray, frozen
from explorer.engine.events import DatasetOpened, SplitChanged
from explorer.ui.selection.share_list import ROW, ShareList
from explorer.ui.selection.shares import PARTS, class_shares, part_shares, parts_of
from explorer.ui.session.item_menu import ClassActions, item_menu, together_menu
from explorer.ui.session.panel import Area, Desk, Panel
from explorer.ui.widgets.icons import IconButton
from explorer.ui.widgets.item_grid import ItemGrid
from explorer.ui.widgets.text import PlainLabel, count, percent
from explorer.ui.widgets.theme import class_colours
from explorer.ui.widgets.tile_groups import tip_of

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset

HIGH, MOST_ROWS, FEW_ROWS = 560, 6, 3
"""From this height of the panel on so many classes are in sight, below it so few."""

ORDERS = {"data": "as in the data", "class": "by class"}


@register("panel", "selection")
class SelectionPanel(Panel):
    """The selection as a whole. What is taken out here stays in sight, faint, until something else is selected."""

    key: ClassVar[str] = "selection"
    title: ClassVar[str] = "Selection"
    tab = "Selected"
    area: ClassVar[Area] = "right"
    order: ClassVar[int] = 60
    beside: ClassVar[str] = "neighbours"
    empty_text: ClassVar[str] = (
        "Nothing is selected. Draw around points on the map with the lasso (L on the map), click a class in the list "
        "or in the legend, or select what a search found: its pictures appear here."
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._shown: IntArray = frozen([], np.int64)
        self._toggling = self._stale = False
        self._parts: IntArray = np.zeros(0, np.int64)
        self._classes = ClassActions(desk)
        self._build()
        self._place()
        self._connect()
        desk.commands.add("selection.show", "Show the selection", self.come_forward, shortcut="Ctrl+Alt+E",
                          menu="Edit", tip="Its classes, and all of its pictures")  # fmt: skip
        self._take()

    def _build(self) -> None:
        themes = self.desk.themes
        self.parts: list[QPushButton] = []
        for part in range(len(PARTS)):
            button = QPushButton()
            button.setProperty("kind", "link")
            button.clicked.connect(partial(self._narrow_to_part, part))
            self.parts.append(button)
        self.classes = ShareList(themes)
        self.order_by = QComboBox()
        self.order_by.addItems(list(ORDERS.values()))
        self.order_by.setAccessibleName("Order of the pictures")
        self.order_by.setToolTip("Order of the pictures")
        self.smaller = IconButton(themes, "smaller", "Smaller pictures  (−, or Ctrl+wheel)")
        self.larger = IconButton(themes, "larger", "Larger pictures  (+, or Ctrl+wheel)")
        self.grid = ItemGrid(themes, "Pictures of the selection")
        self.grid.describe(self._tip, lambda _item: "")

    def _place(self) -> None:
        parts = QHBoxLayout()
        parts.setContentsMargins(8, 6, 8, 2)
        parts.setSpacing(0)
        for button in self.parts:
            parts.addWidget(button)
        parts.addStretch(1)
        row = QHBoxLayout()
        row.setContentsMargins(12, 6, 8, 4)
        row.setSpacing(4)
        row.addWidget(PlainLabel("Order", role="muted"))
        row.addWidget(self.order_by, 1)
        row.addWidget(self.smaller)
        row.addWidget(self.larger)
        body = QVBoxLayout(self.body)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(0)
        body.addLayout(parts)
        body.addWidget(self.classes)
        body.addLayout(row)
        body.addWidget(self.grid, 1)

    def _connect(self) -> None:
        state, bridge = self.desk.state, self.desk.bridge
        state.selection_changed.connect(lambda _items: self._take())
        state.pins.changed.connect(self.grid.frame)
        for event in (DatasetOpened, SplitChanged):
            bridge.of(event).connect(lambda _event: self._take())
        self.classes.chosen.connect(self._narrow_to_class)
        self.classes.menu_asked.connect(self._show_class_menu)
        self.order_by.currentIndexChanged.connect(lambda _place: self._list())
        self.smaller.clicked.connect(lambda: self.grid.zoom(-1))
        self.larger.clicked.connect(lambda: self.grid.zoom(1))
        self.grid.hovered.connect(state.set_hover)
        self.grid.chosen.connect(lambda item, add: state.pins.choose(item, add=add))
        self.grid.toggled.connect(self._toggle)
        self.grid.menu_asked.connect(self._show_menu)

    # --- what the user does -------------------------------------------------------------------------------------------

    def _toggle(self, items: IntArray, out: bool) -> None:
        """Take items out of the selection, or put them back; what is shown stays."""
        self._toggling = True
        try:
            self.desk.state.select(items, "remove" if out else "add")
        finally:
            self._toggling = False

    def _narrow_to_class(self, label: int, mode: str) -> None:
        """Keep only a class of the selection, or with Alt take it out; with Ctrl all of the class joins."""
        dataset, state = self.desk.data.dataset, self.desk.state
        if dataset is None:
            return
        if mode == "add":
            self._classes.select(label, mode)
        else:
            state.select(np.flatnonzero(dataset.labels == label), "intersect" if mode == "replace" else mode)

    def _narrow_to_part(self, part: int) -> None:
        self.desk.state.select(np.flatnonzero(self._parts == part), "intersect")

    def _show_menu(self, item: int, at: QPoint) -> None:
        item_menu(self.desk, item, self).popup(at)

    def _show_class_menu(self, label: int, at: QPoint) -> None:
        together_menu(self.desk, self._classes.together(label), self).popup(at)

    # --- showing ------------------------------------------------------------------------------------------------------

    def _take(self) -> None:
        """Show what is selected now; where the panel is not in sight, once it is."""
        chosen = self.desk.state.selection
        if not self._toggling:
            self._shown = chosen
        self.set_status(f"{count(len(chosen))} selected" if len(chosen) else "")
        self._stale = not self.isVisible()
        if self.isVisible():
            self._show()

    def showEvent(self, event: QShowEvent) -> None:
        """Show what was selected meanwhile."""
        super().showEvent(event)
        if self._stale:
            self._stale = False
            self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the list of classes its share of the height."""
        super().resizeEvent(event)
        self._fit()

    def _show(self) -> None:
        dataset, chosen = self.desk.data.dataset, self.desk.state.selection
        shown = dataset is not None and len(self._shown) > 0
        if dataset is not None and shown:
            self._parts = parts_of(len(dataset), self.desk.data.split)
            self._show_classes(dataset, chosen)
            self._show_parts(chosen)
            self._list()
        else:
            self.grid.show_items(None, frozen([], np.int64))
        self.show_body(shown)

    def _show_classes(self, dataset: Dataset, chosen: IntArray) -> None:
        found = class_shares(dataset.labels, chosen)
        grey = np.array([self.desk.themes.current.rgb("muted")], np.uint8)  # last, which is that of -1
        table = np.concatenate([class_colours(len(dataset.class_names)).reshape(-1, 3), grey])
        labels = found.keys.tolist()
        names = [printable(dataset.class_names[label]) if label >= 0 else "unlabelled" for label in labels]
        self.classes.set_whole(len(chosen), int(found.counts.max(initial=1)))
        self.classes.classes.show_classes(labels, names, found.counts, table[found.keys])
        self._fit()

    def _fit(self) -> None:
        rows = min(self.classes.classes.rowCount(), MOST_ROWS if self.height() >= HIGH else FEW_ROWS)
        self.classes.setFixedHeight(rows * ROW)

    def _show_parts(self, chosen: IntArray) -> None:
        found = part_shares(self._parts, chosen)
        known = self.desk.data.split is not None
        for part, button in enumerate(self.parts):
            place = np.flatnonzero(found.keys == part)
            button.setVisible(known and len(place) > 0)
            if len(place):
                number = int(found.counts[place[0]])
                button.setText(f"{PARTS[part]} {count(number)} ({percent(number / len(chosen), 0)})")
                button.setToolTip(f"Only what is of this part stays selected: {PARTS[part]}")

    def _list(self) -> None:
        """Show the pictures in the order that was chosen; what was taken out is faint."""
        dataset = self.desk.data.dataset
        if dataset is None:
            return
        items = self._shown
        if list(ORDERS)[self.order_by.currentIndex()] == "class":
            items = items[np.argsort(dataset.labels[items], kind="stable")]
        chosen = np.zeros(len(dataset), np.bool_)
        chosen[self.desk.state.selection] = True
        self.grid.show_items(dataset, items, ~chosen[items])
        self.grid.frame(self.desk.state.pins.items)

    def _tip(self, item: int) -> str:
        dataset = self.desk.data.dataset
        return "" if dataset is None else tip_of(dataset, item, "", "")
