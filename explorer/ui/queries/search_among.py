"""Among which items neighbours are sought: all, a part of the split, the selection, a class, or a value of a column."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QComboBox, QCompleter, QWidget

from explorer.core.errors import printable
from explorer.core.types import IntArray
from explorer.data.dataset import Dataset
from explorer.engine.events import DatasetOpened, SplitChanged
from explorer.ui.session.panel import Desk
from explorer.ui.widgets.fields.choice import Combo
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import counted

EVERYTHING = tr("among all")
MOST_VALUES = 2_000
"""Classes, or different values of a column, that are offered: the first ones."""

Items = Callable[[], IntArray | None]


class SearchAmong(Combo):
    """A list in which one types to find: ``class: 3``, ``camera: 2``, ``held-out items``.

    Signals
    -------
    chosen(items or None): the items of what was chosen, None for all; again whenever the split changes.
    """

    chosen = Signal(object)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._items: list[Items] = []
        self._complete = False
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setMinimumContentsLength(8)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setAccessibleName(tr("Among which items neighbours are sought"))
        self.setToolTip(tr("Seek neighbours only among these: type to find a class, a split or a value of a column"))
        completer = self.completer()
        assert completer is not None  # an editable list has one
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.activated.connect(lambda _place: self._tell())
        edit = self.lineEdit()
        assert edit is not None
        edit.editingFinished.connect(self._settle)
        desk.bridge.of(DatasetOpened).connect(lambda _event: self.begin())
        desk.bridge.of(SplitChanged).connect(lambda _event: self._tell())
        self.begin()

    def begin(self) -> None:
        """Offer what the open data have, and seek among everything."""
        with QSignalBlocker(self):
            self.clear()
            self._items = []
            self._offer(EVERYTHING, lambda: None)
            dataset = self._desk.data.dataset
            if dataset is not None:
                self._offer_parts(dataset)
            self.setCurrentIndex(0)
        self._complete = False
        self._tell()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Offer the columns too, as soon as somebody is about to choose: to look through them may take a moment."""
        self._offer_columns()
        super().focusInEvent(event)

    def showPopup(self) -> None:
        """Open the list, with the columns."""
        self._offer_columns()
        super().showPopup()

    def _offer_columns(self) -> None:
        dataset = self._desk.data.dataset
        if dataset is None or self._complete:
            return
        self._complete = True
        for column, texts in dataset.columns.items():
            _, values = texts.codes()
            for value in values[:MOST_VALUES] if len(values) > 1 else ():
                self._offer(f"{printable(column)}: {printable(value)}", partial(texts.rows_of, value))

    def _offer(self, name: str, items: Items) -> None:
        self.addItem(name)
        self._items.append(items)

    def _offer_parts(self, dataset: Dataset) -> None:
        self._offer(tr("training items"), lambda: self._part("train"))
        self._offer(tr("held-out items"), lambda: self._part("held_out"))
        self._offer(tr("selected items"), lambda: self._desk.state.selection)
        for label, name in enumerate(dataset.class_names[:MOST_VALUES]):
            self._offer(tr("class: {name}", name=printable(name)), partial(_of_class, dataset, label))

    def _part(self, name: str) -> IntArray:
        split = self._desk.data.split
        part: IntArray = np.empty(0, np.int64) if split is None else getattr(split, name)
        return part

    def _settle(self) -> None:
        """Go back to what was chosen where what was typed is none of the choices; take it where it is one."""
        place = self.findText(self.currentText(), Qt.MatchFlag.MatchFixedString)
        if place < 0:
            self.setEditText(self.itemText(self.currentIndex()))
        elif place != self.currentIndex():
            self.setCurrentIndex(place)
            self._tell()

    def _tell(self) -> None:
        self._desk.state.once_selected(self._tell_chosen)

    def _tell_chosen(self) -> None:
        place = self.currentIndex()
        if place >= 0:
            items = self._items[place]()
            found = "" if items is None else f"\n{counted(len(items), 'item')}"
            self.setToolTip(
                tr("Seek neighbours only among these: type to find a class, a split or a value{found}", found=found)
            )
            edit = self.lineEdit()
            assert edit is not None
            edit.setCursorPosition(0)  # the beginning is seen where there is little room
            self.chosen.emit(items)


def _of_class(dataset: Dataset, label: int) -> IntArray:
    return np.flatnonzero(np.asarray(dataset.labels) == label)
