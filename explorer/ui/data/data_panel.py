"""Data: how much there is, in which classes, what is held out, and what was left out and why."""

from __future__ import annotations

from textwrap import shorten
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QMargins, QPoint
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from explorer.core.class_colours import class_colours
from explorer.core.errors import printable
from explorer.core.registry import catalogue, register
from explorer.core.types import UNLABELLED, JobStatus, Skipped, Split
from explorer.engine.events import DatasetComplete, DatasetOpened, GivenChanged, SplitChanged
from explorer.ui.data.given_files import GivenFiles
from explorer.ui.data.reading_options import ReadingOptions
from explorer.ui.data.skipped_files import SkippedFiles
from explorer.ui.session.item_menu import ClassActions, together_menu
from explorer.ui.session.panel import Desk, Panel
from explorer.ui.widgets.button_rows import ButtonRows
from explorer.ui.widgets.class_list import ROW_HEIGHT, ClassList
from explorer.ui.widgets.language import later, said, tr
from explorer.ui.widgets.search_field import search_field
from explorer.ui.widgets.setting_names import in_window
from explorer.ui.widgets.text import PART, WholeLabel, broken, count, counted, plain_tip
from explorer.ui.widgets.text_size import scaled, when_letters_change

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset

NOTED = 120
"""So many characters of what is to be said stand in the panel, three lines; all of it in the tool tip."""
LONGEST = 200
"""So many of the first thing alone."""

OTHER_PARTS = (
    ("test", later("{count} test")),
    ("gallery", later("{count} gallery")),
    ("query", later("{count} query")),
)
"""What is in neither part of the split by what the data call it, as the line below the classes says it."""

LEAST_CLASSES = 3
"""Classes that stay in sight however low the panel is: it scrolls to what is said below them."""

FLAT = {"folder": tr("Folder without classes"), "zip": tr("Zip without classes")}
"""What a source is called in which no class was found, by its name."""

SEARCH_FROM = 20
"""With more classes than this there is a search field."""


def split_line(split: Split | None, dataset: Dataset) -> str:
    """Return what trains, what is held out and what else there is, in one line; empty without a split."""
    if split is None:
        return ""
    kind = tr("of unseen classes") if split.unseen else tr("held out")
    parts = [tr("{train} train", train=count(len(split.train))), f"{count(len(split.held_out))} {kind}"]
    left = len(dataset) - len(split.train) - len(split.held_out)  # the two have no item in common
    called = dataset.columns.get("split")
    if left and called is not None:
        rest = np.ones(len(dataset), np.bool_)
        rest[split.train] = rest[split.held_out] = False
        for part, words in OTHER_PARTS:
            rows = called.rows_of(part)
            if among := int(rest[rows].sum()):
                parts.append(tr(words, count=count(among)))
                rest[rows] = False
                left -= among
    if left:
        parts.append(tr("{rest} neither", rest=count(left)))
    return PART.join(parts)


def _noted(text: str) -> str:
    """Return the parts of a text that stand in the panel, each whole: the first, and those that have room beside it."""
    first, *others = text.split(PART)
    shown = [shorten(first, LONGEST, placeholder=" …")]
    while others and len(PART.join((*shown, others[0]))) <= NOTED:
        shown.append(others.pop(0))
    left = [tr("{count} more…", count=count(len(others)))] if others else []
    return PART.join((*shown, *left))


@register("panel", "data")
class DataPanel(Panel):
    """What was opened."""

    key = "data"
    title = tr("Data")
    area = "left"
    order = 0
    empty_text = tr(
        "The classes of your data will be listed here.\nDrop a folder, a zip, a CSV or a file of vectors on the window."
    )

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._growing = False
        self.search = search_field(tr("Find a class"))
        self.list = ClassList(desk.themes)
        self.list.whole_rows = True
        self.search.textChanged.connect(self.list.classes.narrow)
        self.split = WholeLabel(role="muted")
        self.split.setToolTip(
            tr("Items that are trained on, and items held out, on which figures are measured; see Split")
        )
        self.note = WholeLabel(role="caption")
        self.left_out = QPushButton()
        self.left_out.setProperty("kind", "fold")
        self.skipped: tuple[Skipped, ...] = ()
        self.skipped_files: SkippedFiles | None = None
        self.reading = ReadingOptions(desk)
        self.given = GivenFiles(desk)
        self._classes = ClassActions(desk)
        self._lay_out()
        self._connect()
        if desk.data.dataset is not None:
            self.reading.take(desk.data.dataset)
            self._show(desk.data.dataset, desk.data.split)

    def _connect(self) -> None:
        desk = self.desk
        self.reading.fold.toggled.connect(self.wanted_changed)
        when_letters_change(self.list, self._keep_classes)
        self.left_out.clicked.connect(self._show_skipped)
        self.list.eye_clicked.connect(self._classes.toggle)
        self.list.isolated.connect(self._classes.isolate)
        self.list.chosen.connect(self._classes.select)
        self.list.menu_asked.connect(self._show_menu)
        desk.bridge.of(DatasetOpened).connect(self._on_opened)
        desk.bridge.of(SplitChanged).connect(self._on_split)
        desk.bridge.of(GivenChanged).connect(lambda _event: self.wanted_changed.emit())
        for cause in (JobStatus, DatasetComplete):
            desk.bridge.of(cause).connect(lambda _event: self._count_decoded())
        desk.state.hidden_classes_changed.connect(self.list.classes.set_hidden)

    def _lay_out(self) -> None:
        box = QVBoxLayout(self.body)
        box.setContentsMargins(0, 6, 0, 6)
        box.setSpacing(4)
        finder = QVBoxLayout()
        finder.setContentsMargins(12, 0, 12, 2)
        finder.addWidget(self.search)
        box.addLayout(finder)
        self._keep_classes()
        box.addWidget(self.list, 1)
        below = QVBoxLayout()
        below.setContentsMargins(12, 0, 12, 0)
        below.setSpacing(2)
        below.addWidget(self.split)
        below.addWidget(self.note)
        below.addWidget(self.given)
        below.addWidget(self.reading)
        below.addWidget(ButtonRows((self.left_out, self.given.button), QMargins(), wide=False))
        box.addLayout(below)

    def content_height(self) -> int | None:
        """Return the height at which the list has no scroll bar."""
        box = self.body.layout()
        if not self.body_shown or box is None:
            return None
        whole = box.totalHeightForWidth(self.width()) if box.hasHeightForWidth() else box.totalSizeHint().height()
        edges = 2 * self.list.frameWidth()
        return whole - self.list.sizeHint().height() + self.list.classes.rowCount() * scaled(ROW_HEIGHT) + edges

    def least_height(self) -> int:
        """Return the height at which what was unfolded is in sight below some classes."""
        return self.heightForWidth(self.width()) if self.reading.fold.isChecked() else 0

    def _keep_classes(self) -> None:
        """Keep some classes in sight, also where what was unfolded below them is read."""
        rows = min(LEAST_CLASSES, self.list.classes.rowCount())
        self.list.setMinimumHeight(max(1, rows) * scaled(ROW_HEIGHT) + 2 * self.list.frameWidth())

    def _on_opened(self, event: DatasetOpened) -> None:
        self._show(event.dataset, event.split)

    def _on_split(self, event: SplitChanged) -> None:
        dataset = self.desk.data.dataset
        if dataset is not None:
            self._show_split(event.split, dataset)

    def _show(self, dataset: Dataset, split: Split | None) -> None:
        found = len(dataset.class_names)
        counts, unlabelled = dataset.class_sizes[1:], int(dataset.class_sizes[0])
        names = [printable(name) for name in dataset.class_names]
        numbers = list(range(found))
        colours = class_colours(found)
        if unlabelled:
            grey = QColor(self.desk.themes.current.tokens["muted"])
            names.append(tr("unlabelled"))
            numbers.append(UNLABELLED)
            counts = np.append(counts, unlabelled)
            own = np.array([[grey.red(), grey.green(), grey.blue()]], np.uint8)
            colours = np.concatenate([colours.reshape(-1, 3), own])
        self.search.clear()
        self.search.setVisible(found > SEARCH_FROM)
        self.list.classes.show_classes(numbers, names, counts, colours)
        self._keep_classes()
        skipped = dataset.report.skipped
        self.skipped = tuple(skipped)
        modality = dataset.modality
        self.left_out.setText(tr("{skipped} left out, and why…", skipped=counted(len(skipped), modality.entry)))
        self.left_out.setVisible(bool(skipped))
        self._show_count(dataset)
        self.set_subtitle(f"{counted(found, 'class', 'classes')}" if found > SEARCH_FROM else "")
        self._show_split(split, dataset)
        self.show_body(True)
        self.wanted_changed.emit()

    def _show_count(self, dataset: Dataset) -> None:
        skipped = len(dataset.report.skipped)
        self._growing = not dataset.whole
        if dataset.growth is not None and self._growing:
            self.set_status(
                tr("{growth} of {dataset} decoded", growth=count(len(dataset.growth)), dataset=count(len(dataset)))
            )
            return
        status = counted(len(dataset), dataset.modality.noun, dataset.modality.plural)
        self.set_status(
            tr("{status} · {skipped} left out", status=status, skipped=count(skipped)) if skipped else status
        )

    def _count_decoded(self) -> None:
        dataset = self.desk.data.dataset
        if dataset is not None and self._growing:
            self._show_count(dataset)

    def _show_split(self, split: Split | None, dataset: Dataset) -> None:
        report = dataset.report
        self.split.setText(split_line(split, dataset))
        self.split.setVisible(split is not None)
        notes = [in_window(note) for note in (*(split.notes if split else ()), *report.notes)]
        source, _, seen = report.read_as.partition(": ")
        known = catalogue("source").get(source)
        name, seen = said(source if known is None else known.title), said(seen)
        if source in FLAT and not dataset.class_names:
            name = FLAT[source]
        short, long = (
            ([tr("read as {name}", name=name)], [tr("read as {name}: {seen}", name=name, seen=seen)])
            if name
            else ([], [])
        )
        text, whole = (printable(" · ".join((*first, *notes))) for first in (short, long))
        self.note.setText(_noted(text))
        self.note.setToolTip(plain_tip("\n".join(map(broken, whole.split(PART)))))
        self.note.setVisible(bool(notes))
        self.reading.read_as.setText("" if notes else printable(name))  # it stands beside "How it is read"
        self.reading.read_as.about = "" if notes else whole

    def _show_menu(self, label: int, at: QPoint) -> None:
        """Offer what can be done with a class."""
        together_menu(self.desk, self._classes.together(label), self).popup(at)

    def _show_skipped(self) -> None:
        """Open the list of what was left out."""
        title = self.left_out.text().removesuffix("…")
        self.skipped_files = SkippedFiles(title, self.skipped, self.window())
        self.skipped_files.finished.connect(self.skipped_files.deleteLater)
        self.skipped_files.open()
