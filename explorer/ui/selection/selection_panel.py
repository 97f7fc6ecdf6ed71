"""What is selected: how many, of which classes and parts, and all of their pictures, which can be looked through."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

import numpy as np
from PySide6.QtCore import QMargins, QPoint
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from explorer.core.class_colours import class_colours
from explorer.core.errors import printable
from explorer.core.registry import register
from explorer.core.types import PIXELS_RUN, BoolArray, IntArray, frozen
from explorer.engine.events import DatasetOpened, SplitChanged
from explorer.engine.session.cleaning import DecisionsChanged
from explorer.engine.session.selection_order import ItemsOrdered, OrderBy
from explorer.ui.selection.decision_bar import DecisionBar
from explorer.ui.selection.set_box import SetBox
from explorer.ui.selection.share_list import ROW, ShareList
from explorer.ui.selection.shares import PARTS, Counted, Shares, counted_in_pieces, items_of_part
from explorer.ui.session.item_menu import ClassActions, add_commands, item_menu, together_menu
from explorer.ui.session.panel import Area, Desk, Panel
from explorer.ui.session.save_of_data import ask_save
from explorer.ui.session.selections import are_in
from explorer.ui.widgets.button_rows import ButtonRows
from explorer.ui.widgets.context_menu import entry
from explorer.ui.widgets.fields.choice import LEAST_CHOICE, Combo
from explorer.ui.widgets.icons import IconButton
from explorer.ui.widgets.item_grid import ItemGrid
from explorer.ui.widgets.language import localised, tr
from explorer.ui.widgets.next_turn import next_turn
from explorer.ui.widgets.setting_names import in_window
from explorer.ui.widgets.text import ElidedLabel, NothingLabel, PlainLabel, count, percent
from explorer.ui.widgets.text_size import keep_size, scaled
from explorer.ui.widgets.tile_groups import tip_of

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset

ROOM = ((620, 6, 4), (420, 3, 2), (0, 2, 1))
"""From a height of the panel on, how many classes and how many sets are in sight."""

ORDERS = {
    "data": tr("as in the data"), "class": tr("by class"), "name": tr("by name"), "loss": tr("by loss, largest first"),
    "violation": tr("by violations, most first"), "distance": tr("by distance to the query"),
}  # fmt: skip
MEASURED = ("loss", "violation", "distance")
NOTHING = tr("Nothing is selected: click a set to get it back, or draw around points on the map.")
NO_QUERY = tr("Click a picture or a point: the others are ordered by their distance to it.")
WAITING = tr("Being measured …")

AT_ONCE = 100_000
"""Items that are put in the order of their classes at once; more in the background."""


@register("panel", "selection")
class SelectionPanel(Panel):
    """The selection as a whole. What is taken out here stays in sight, faint, until something else is selected."""

    key: ClassVar[str] = "selection"
    title: ClassVar[str] = tr("Selection")
    area: ClassVar[Area] = "right"
    order: ClassVar[int] = 15
    beside: ClassVar[str] = "neighbours"
    empty_text: ClassVar[str] = tr(
        "Nothing is selected. Draw around points on the map with the lasso (L on the map), click a class in the list "
        "or in the legend, or select what a search found: its pictures appear here."
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._shown: IntArray = frozen([], np.int64)
        self._ordered: IntArray = self._shown
        self._stale = False
        self._counting: Iterator[Counted | None] = iter(())
        self._classes = ClassActions(desk)
        self._build()
        self._place()
        self._connect()
        desk.commands.add("selection.show", tr("Show the selection"), self.come_forward, shortcut="Ctrl+Alt+E",
                          menu="Edit", tip=tr("Its classes, and all of its pictures")
                          ).setProperty("begins_group", True)  # fmt: skip
        self._take()

    def _build(self) -> None:
        themes = self.desk.themes
        self.parts: list[QPushButton] = []
        for part in range(len(PARTS)):
            button = QPushButton(PARTS[part])
            button.setProperty("kind", "link")
            button.clicked.connect(partial(self._narrow_to_part, part))
            self.parts.append(button)
        self.classes = ShareList(themes)
        self.order_by = Combo()
        self.order_by.addItems(list(ORDERS.values()))
        self.order_by.setAccessibleName(tr("Order of the pictures"))
        self.order_by.setToolTip(tr("Order of the pictures"))
        keep_size(self.order_by, least_width=LEAST_CHOICE)
        self.smaller = IconButton(themes, "smaller", tr("Smaller pictures  (−, or Ctrl+wheel)"))
        self.larger = IconButton(themes, "larger", tr("Larger pictures  (+, or Ctrl+wheel)"))
        self.note = ElidedLabel("", role="caption")
        self.note.hide()
        self.grid = ItemGrid(themes, tr("Pictures of the selection"))
        self.decided = ElidedLabel("", role="caption")
        self.nothing = NothingLabel(NOTHING)
        self.nothing.hide()
        self.sets = SetBox(self.desk)
        self.bar = DecisionBar(self.desk, self.sets, self._fill_export)
        self.grid.describe(self._tip, self.bar.mark)

    def _place(self) -> None:
        self.head = QWidget()
        row = QHBoxLayout()
        row.setContentsMargins(12, 6, 8, 4)
        row.setSpacing(4)
        row.addWidget(PlainLabel(tr("Order"), role="muted"))
        row.addWidget(self.order_by, 1)
        row.addWidget(self.smaller)
        row.addWidget(self.larger)
        noting = QHBoxLayout()
        noting.setContentsMargins(12, 0, 12, 2)
        noting.setSpacing(12)
        noting.addWidget(self.note, 1)
        noting.addWidget(self.decided)
        head = QVBoxLayout(self.head)
        head.setContentsMargins(0, 0, 0, 0)
        head.setSpacing(0)
        head.addWidget(ButtonRows(self.parts, QMargins(8, 6, 8, 2), spacing=0, wide=False))
        head.addWidget(self.classes)
        head.addLayout(row)
        head.addLayout(noting)
        body = QVBoxLayout(self.body)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(0)
        body.addWidget(self.head)
        body.addWidget(self.grid, 1)
        body.addWidget(self.nothing, 1)
        body.addWidget(self.sets)
        body.addWidget(self.bar)

    def _connect(self) -> None:
        state, bridge = self.desk.state, self.desk.bridge
        state.selection_changed.connect(lambda _items: self._take())
        state.pins.changed.connect(self._on_pinned)
        bridge.of(ItemsOrdered).connect(self.show_order)
        for event in (DatasetOpened, SplitChanged):
            bridge.of(event).connect(lambda _event: self._take())
        self.classes.chosen.connect(self._narrow_to_class)
        self.classes.menu_asked.connect(self._show_class_menu)
        self.order_by.currentIndexChanged.connect(lambda _place: self._order())
        self.smaller.clicked.connect(lambda: self.grid.zoom(-1))
        self.larger.clicked.connect(lambda: self.grid.zoom(1))
        self.sets.listed.connect(lambda _sets: self._take())
        bridge.of(DecisionsChanged).connect(lambda _event: self._show_decided())
        self.grid.hovered.connect(state.set_hover)
        self.grid.chosen.connect(self._ask)
        self.grid.toggled.connect(self._toggle)
        self.grid.menu_asked.connect(self._show_menu)

    # --- what the user does -------------------------------------------------------------------------------------------

    def _ask(self, item: int, add: bool) -> None:
        """Show the neighbours of a picture, which may be a tab behind; where it is read here or pinned, stay."""
        pins = self.desk.state.pins
        pins.choose(item, add=add)
        if not add and self.by != "distance":
            pins.wanted.emit()

    def _toggle(self, items: IntArray, out: bool) -> None:
        """Take items out of the selection, or put them back; what is shown stays."""
        self.desk.state.select(items, "remove" if out else "add", cause=self)

    def _narrow_to_class(self, label: int, mode: str) -> None:
        """Keep only a class of the selection, or with Alt take it out; with Ctrl all of the class joins."""
        dataset, state = self.desk.data.dataset, self.desk.state
        if dataset is None:
            return
        if mode == "add":
            self._classes.select(label, mode)
        else:
            labels, among = dataset.labels, "intersect" if mode == "replace" else mode
            state.select_found(lambda: np.flatnonzero(labels == label), len(labels), among)

    def _narrow_to_part(self, part: int) -> None:
        self.desk.state.once_selected(partial(self._keep_part, part))

    def _keep_part(self, part: int) -> None:
        state, split = self.desk.state, self.desk.data.split
        chosen = state.selection
        state.select_found(lambda: items_of_part(split, part, chosen), len(chosen), "replace")

    def _show_menu(self, item: int, at: QPoint) -> None:
        item_menu(self.desk, item, self).popup(at)

    def _show_class_menu(self, label: int, at: QPoint) -> None:
        together_menu(self.desk, self._classes.together(label), self).popup(at)

    def _fill_export(self, menu: QMenu) -> None:
        """Offer ways to take the selected items away."""
        entry(menu, tr("List with all that is known of each…"), partial(self._ask_list, tr("Tables (*.csv)"), "csv"))
        entry(menu, tr("List of their paths…"), partial(self._ask_list, tr("Texts (*.txt)"), "txt"))
        entry(menu, tr("Copies of their files…"), self._ask_copies, tip=tr("In a new folder, in one folder a class"))
        add_commands(menu, self.desk, ("edit.copy_selection",))

    def _ask_list(self, filters: str, ending: str) -> None:
        def save(path: Path) -> None:
            state = self.desk.state
            self.desk.session.selection_files.save_list(path, self._ordered, state.pins.items, state.selection)

        ask_save(self, tr("Save the selected items"), filters, ending, "selected", save)

    def _ask_copies(self) -> None:
        def save(path: Path) -> None:
            state = self.desk.state
            state.once_selected(lambda: self.desk.session.selection_files.copy(path, state.selection))

        dialog = ask_save(self, tr("Copy the files"), tr("A new folder (*)"), "", "selected", save)
        dialog.setLabelText(QFileDialog.DialogLabel.FileName, tr("New folder:"))
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)  # what is there stays, and is told afterwards

    # --- showing ------------------------------------------------------------------------------------------------------

    def _take(self) -> None:
        """Show what is selected now; where the panel is not in sight, once it is."""
        chosen = self.desk.state.selection
        toggled = self.desk.state.cause is self
        if not toggled:
            self._shown = chosen
        self.set_status(tr("{chosen} selected", chosen=count(len(chosen))) if len(chosen) else "")
        self._stale = not self.isVisible()
        if self.isVisible():
            self._show(toggled=toggled)

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

    def _show(self, *, toggled: bool = False) -> None:
        dataset, chosen = self.desk.data.dataset, self.desk.state.selection
        if dataset is not None and len(chosen) and chosen[-1] >= len(dataset):
            return  # items of a dataset that comes in a moment
        shown = dataset is not None and len(self._shown) > 0
        if dataset is not None and shown:
            self._counting = counted_in_pieces(dataset.labels, self.desk.data.split, chosen)
            self._count(dataset, self._counting)
            self._show_decided()
            self._list() if toggled else self._order()
        else:
            self.grid.show_items(None, frozen([], np.int64))
        self.head.setVisible(shown)
        self.grid.setVisible(shown)
        self.bar.setVisible(shown)
        self.nothing.setVisible(not shown)
        self.show_body(shown or bool(self.sets.sets))

    def _count(self, dataset: Dataset, counting: Iterator[Counted | None]) -> None:
        """Go on counting unless something else is selected by now; millions take some turns of the event loop."""
        if counting is not self._counting:
            return
        found = next(counting)
        if found is None:
            next_turn(self, lambda: self._count(dataset, counting))
            return
        chosen = int(found.parts.counts.sum())
        self._show_classes(dataset, found.classes, chosen)
        self._show_parts(found.parts, chosen)

    def _show_classes(self, dataset: Dataset, found: Shares, chosen: int) -> None:
        grey = np.array([self.desk.themes.current.rgb("muted")], np.uint8)  # last, which is that of -1
        table = np.concatenate([class_colours(len(dataset.class_names)).reshape(-1, 3), grey])
        labels = found.keys.tolist()
        names = [printable(dataset.class_names[label]) if label >= 0 else tr("unlabelled") for label in labels]
        self.classes.set_whole(chosen, int(found.counts.max(initial=1)))
        self.classes.classes.show_classes(labels, names, found.counts, table[found.keys])
        self._fit()

    def _fit(self) -> None:
        classes, sets = next((classes, sets) for height, classes, sets in ROOM if self.height() >= height)
        self.classes.setFixedHeight(min(self.classes.classes.rowCount(), classes) * scaled(ROW))
        self.sets.table.fit(sets)

    def _show_decided(self) -> None:
        """Say what was decided about the selected items."""
        summary = self.bar.summary(self.desk.state.selection)
        self.decided.setText(summary)
        self.decided.setVisible(bool(summary))
        self.grid.viewport().update()

    def _show_parts(self, found: Shares, chosen: int) -> None:
        known = self.desk.data.split is not None
        for part, button in enumerate(self.parts):
            place = np.flatnonzero(found.keys == part)
            button.setVisible(known and len(place) > 0)
            if len(place):
                number = int(found.counts[place[0]])
                button.setText(f"{PARTS[part]} {count(number)} ({percent(number / chosen, 0)})")
                button.setToolTip(tr("Only what is of this part stays selected: {part}", part=PARTS[part]))

    # --- the order ----------------------------------------------------------------------------------------------------

    @property
    def by(self) -> str:
        """What the pictures are ordered by, one of ``ORDERS``."""
        return list(ORDERS)[self.order_by.currentIndex()]

    def _order(self) -> None:
        """Put the pictures in the order that was chosen, at once or when it is known."""
        dataset, pinned = self.desk.data.dataset, self.desk.state.pins.items
        if dataset is None or not len(self._shown):
            return
        self._ordered = self._shown
        at_once = self.by == "class" and len(self._shown) <= AT_ONCE
        if at_once:
            self._ordered = self._shown[np.argsort(dataset.labels[self._shown], kind="stable")]
        lacks = self.by == "distance" and not pinned
        self._say(NO_QUERY if lacks else WAITING if self.by in MEASURED else "")
        order = self.desk.session.selection_order
        if self.by == "data" or at_once or lacks:
            order.end()
        else:
            order.ask(self._shown, cast(OrderBy, self.by), pinned if self.by == "distance" else ())
        self.grid.show_captions(None)
        self._list()

    def _on_pinned(self, pinned: tuple[int, ...]) -> None:
        self.grid.frame(pinned)
        if self.by == "distance" and self.isVisible():
            self._order()

    def show_order(self, found: ItemsOrdered) -> None:
        """Show an order that was asked for; one of other items, or by something else, came too late."""
        if found.of is not self._shown or found.by != self.by:
            return
        self._ordered = found.items
        if found.figures is not None:
            of, figures = found.of, found.figures
            self.grid.show_captions(lambda item: _figure(float(figures[np.searchsorted(of, item)])))
        step = self.raw if found.run == PIXELS_RUN else tr("step {step}", step=count(found.step))
        measured = f"{step}{'' if found.exact else ' ≈'}"
        self._say(in_window(printable(found.problem)) or (measured if found.by in MEASURED else ""))
        self._list()

    def _say(self, text: str) -> None:
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def _list(self) -> None:
        """Show the pictures in their order; what was taken out is faint."""
        dataset = self.desk.data.dataset
        if dataset is None:
            return
        self.grid.show_items(dataset, self._ordered, self._taken_out)
        self.grid.frame(self.desk.state.pins.items)

    def _taken_out(self, items: IntArray) -> BoolArray:
        """Return which of some items that are shown are not selected any more."""
        return ~are_in(items, self.desk.state.selection)

    def _tip(self, item: int) -> str:
        dataset = self.desk.data.dataset
        if dataset is None:
            return ""
        tags = ", ".join(one.name for one in self.sets.sets if item in one.items)
        return tip_of(dataset, item, "", " · ".join(filter(None, (self.bar.words(item), printable(tags)))))


def _figure(value: float) -> str:
    return "–" if math.isnan(value) else localised(f"{value:.3f}")
