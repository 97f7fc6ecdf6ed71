"""The table of all saved runs: ten thousand scroll, as rows are painted and small maps read once they are in sight."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QHeaderView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView, QWidget

from explorer.core.errors import printable
from explorer.engine.run_rows import RunRow, glance_again
from explorer.engine.run_table import RunTable
from explorer.engine.saved_runs import RunGlance
from explorer.ui.shell.saved_runs.newest_runs import RunPictures
from explorer.ui.shell.saved_runs.run_columns import TAGS, Column
from explorer.ui.shell.saved_runs.runs_model import RUN, TRAINS, Group, RunsModel
from explorer.ui.shell.saved_runs.saved_runs import headed, paint_small_map, titled
from explorer.ui.widgets.context_menu import context_menu, entry
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.row_table import Index
from explorer.ui.widgets.text import elided, ui_font
from explorer.ui.widgets.text_size import scaled, text_size
from explorer.ui.widgets.theme import ThemeManager

ROW_HEIGHT, GROUP_HEIGHT, EDGE = 46, 26, 8
PICTURE = QSize(52, 38)
TITLE_ROOM = 14
CELL_EDGE = 7
MOST_GLANCES = 256
"""Rows of which all is kept that details and small maps need; of more those that were asked for first go."""


class Glances:
    """What a list says of the run of a row, made when somebody looks at it."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[RunRow, RunGlance]] = {}

    def of(self, row: RunRow) -> RunGlance:
        """Return it; of an equal row the same."""
        known = self._known.get(row.path)
        if known is None or known[0] is not row:
            same = known is not None and known[0] == row
            known = self._known[row.path] = (row, known[1] if known is not None and same else glance_again(row))
            while len(self._known) > MOST_GLANCES:
                del self._known[next(iter(self._known))]
        return known[1]


class RunDelegate(QStyledItemDelegate):
    """Paints the first cell of a run: small map, name, recipe or folder."""

    def __init__(self, themes: ThemeManager, pictures: RunPictures, glances: Glances, parent: RunsView) -> None:
        super().__init__(parent)
        self._themes, self._pictures, self._glances, self._runs = themes, pictures, glances, parent.runs

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint a run; the line of a group as any text."""
        row = index.data(RUN)
        if not isinstance(row, RunRow):
            super().paint(painter, option, index)
            return
        theme, rect = self._themes.current, QRect(option.rect)
        run = self._glances.of(row)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, theme.colour("selected"))
        side = QSize(scaled(PICTURE.width()), scaled(PICTURE.height()))
        top = rect.top() + (rect.height() - side.height()) // 2
        box = QRectF(rect.left() + 4, top, side.width(), side.height())
        paint_small_map(painter, theme, self._pictures.picture(run), box)
        left = round(box.right()) + EDGE
        width, height = rect.right() - EDGE - left, scaled(18)
        below = titled(run) if run.notes.name else printable(run.path.name)
        trains = row.path in self._runs.training
        below = f"{TRAINS} · {below}" if trains else below
        first = rect.top() + (rect.height() - 2 * height) // 2
        for place, (font, token, text) in enumerate(
            ((ui_font(13, bold=True), "text", headed(run)), (ui_font(11), "accent" if trains else "muted", below))
        ):
            painter.setFont(font)
            painter.setPen(theme.colour(token))
            line = QRect(left, first + place * height, width, height)
            painter.drawText(
                line, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), elided(text, font, width)
            )
        painter.restore()


class CellDelegate(QStyledItemDelegate):
    """Paints all other cells of a run: the style would look up its sheet for each of the hundreds of a page."""

    def __init__(self, themes: ThemeManager, runs: RunsModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._themes, self._runs = themes, runs

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint what a column says of a run; the line of a group as any text."""
        line, column = self._runs.lines[index.row()], self._runs.columns[index.column()]
        if not isinstance(line, RunRow):
            super().paint(painter, option, index)
            return
        theme, text = self._themes.current, column.text(line)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, theme.colour("selected"))
        if text:
            font, box = self._runs.font(column), option.rect.adjusted(CELL_EDGE, 0, -CELL_EDGE, 0)
            painter.save()
            painter.setFont(font)
            painter.setPen(theme.colour("text"))
            painter.drawText(box, self._runs.side(column).value, elided(text, font, box.width()))
            painter.restore()


class RunsView(QTableView):
    """All saved runs; one is chosen, and several may be marked.

    Signals
    -------
    opened(run), deleted(runs): by Return or a double-click, and by Delete, all that are marked.
    renamed(): F2. chosen(run): another one is, None where none is.
    marked(runs): others are marked, rows in the order of the table.
    columns_chosen(chosen): which columns are in the table and which are not, by their keys, of those that were chosen.
    """

    opened = Signal(object)
    deleted = Signal(object)
    renamed = Signal()
    chosen = Signal(object)
    marked = Signal(object)
    columns_chosen = Signal(object)

    def __init__(self, themes: ThemeManager, pictures: RunPictures, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.runs, self._glances = RunsModel(self), Glances()
        self._path, self._row, self._restoring = "", 0, False
        self._awaited = ""  # the run to be chosen once it is there
        self._marked: set[str] = set()
        self._columns, self._widths = dict[str, bool](), dict[str, int]()
        self._small: list[int] = []
        self._laid: tuple[Column, ...] = ()
        self.setModel(self.runs)
        self.setItemDelegate(CellDelegate(themes, self.runs, self))
        self.setItemDelegateForColumn(0, RunDelegate(themes, pictures, self._glances, self))
        self._dress()
        self.runs.modelReset.connect(self._after_reset)
        self.selectionModel().currentRowChanged.connect(lambda now, _before: self._on_current(now))
        self.selectionModel().selectionChanged.connect(lambda _new, _old: self._on_marked())
        self.doubleClicked.connect(self._on_double)
        self.clicked.connect(lambda index: self.runs.fold(index.row()))
        themes.changed.connect(self.viewport().update)
        pictures.arrived.connect(self.viewport().update)
        text_size().changed.connect(self._lay_out)
        self._lay_out()

    def _dress(self) -> None:
        self.setObjectName("runs-table")
        self.setAccessibleName(tr("Saved runs"))
        self.setStatusTip(tr("Return opens · F2 renames · Delete moves to the trash · Ctrl+Z brings back"))
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.sectionClicked.connect(self._sort)
        header.sectionResized.connect(self._on_resized)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._choose_columns)

    # --- columns ----------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        """Give rows and columns their sizes, and show those columns that are chosen."""
        self.verticalHeader().setDefaultSectionSize(scaled(ROW_HEIGHT))
        self._lay_out_columns()

    def _lay_out_columns(self) -> None:
        with self._quietly():
            for place, column in enumerate(self.runs.columns):
                self.setColumnWidth(place, self._widths.get(column.key) or self._width(column))
                self.setColumnHidden(place, not self.is_shown(column.key))
        self._laid = self.runs.columns

    def _width(self, column: Column) -> int:
        """Return how wide a column is that nobody has made so: its title has room, with the sign of the order."""
        title = self.horizontalHeader().fontMetrics().horizontalAdvance(f"{column.title} ▾")
        return max(scaled(column.width), title + scaled(TITLE_ROOM))

    def is_shown(self, key: str) -> bool:
        """Return whether a column is in the table."""
        usual = any(column.usual and column.key == key for column in self.runs.columns)
        return self._columns.get(key, usual)

    def show_column(self, key: str, shown: bool) -> None:
        """Put a column into the table, or take it out."""
        self._columns[key] = shown
        self._lay_out_columns()
        self.columns_chosen.emit(dict(self._columns))

    def choose_columns(self, chosen: Mapping[str, bool]) -> None:
        """Put columns into the table or take them out, as somebody has chosen before."""
        self._columns = dict(chosen)
        self._lay_out_columns()

    def column_menu(self, at: QPoint) -> None:
        """Offer the columns, those in the table with a tick."""
        menu = context_menu(self)
        for column in self.runs.columns[1:]:
            action = entry(menu, column.title, tip=column.tip)
            action.setCheckable(True)
            action.setChecked(self.is_shown(column.key))
            action.toggled.connect(lambda on, key=column.key: self.show_column(key, on))
        menu.popup(at)

    def _choose_columns(self, at: QPoint) -> None:
        self.column_menu(self.horizontalHeader().mapToGlobal(at))

    def _on_resized(self, section: int, _old: int, new: int) -> None:
        if not self._restoring and new and section < len(self.runs.columns):
            self._widths[self.runs.columns[section].key] = new

    def _sort(self, section: int) -> None:
        """Sort by a column; by one that has it already the other way round. Numbers begin with the largest."""
        now, backwards = self.runs.sorted_by
        column = self.runs.columns[section]
        first = column.number if column.key != now else not backwards
        self.runs.sort(section, Qt.SortOrder.DescendingOrder if first else Qt.SortOrder.AscendingOrder)

    # --- rows -------------------------------------------------------------------------------------------------------

    @property
    def run(self) -> RunGlance | None:
        """The chosen run."""
        found = self.currentIndex().data(RUN)
        return self._glances.of(found) if isinstance(found, RunRow) else None

    @property
    def marked_rows(self) -> list[RunRow]:
        """The marked runs in the order of the table."""
        return [row for row in self.runs.runs if row.path in self._marked]

    def glance(self, row: RunRow) -> RunGlance:
        """Return what a list says of the run of a row."""
        return self._glances.of(row)

    def show_table(self, table: RunTable) -> None:
        """Show these; the chosen one and the marked ones stay so, and the place in the table."""
        at, across = self.verticalScrollBar().value(), self.horizontalScrollBar().value()
        self.runs.show_table(table)
        self.doItemsLayout()
        self.verticalScrollBar().setValue(at)
        self.horizontalScrollBar().setValue(across)

    def choose(self, path: str) -> None:
        """Choose a run, and mark it alone."""
        if (place := self.runs.place_of(path)) >= 0:
            self.selectRow(place)

    def selectRow(self, row: int) -> None:
        """Choose the run of a row, and mark it alone: Ctrl, which may be held after Ctrl+Z, means clicks alone."""
        index, flag = self.runs.index(row, 0), QItemSelectionModel.SelectionFlag
        self.selectionModel().setCurrentIndex(index, flag.NoUpdate)
        self.selectionModel().select(index, flag.ClearAndSelect | flag.Rows)

    def choose_once_there(self, path: str) -> None:
        """Choose a run, and mark it alone, now or as soon as it is among those that are shown."""
        self._awaited = path
        self._choose_awaited()

    def _choose_awaited(self) -> None:
        if self._awaited and self.runs.place_of(self._awaited) >= 0:
            path, self._awaited = self._awaited, ""
            self.choose(path)

    def point_at(self, path: str) -> None:
        """Choose a run and bring it into sight; what is marked stays."""
        if (place := self.runs.place_of(path)) >= 0:
            index = self.runs.index(place, 0)
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.scrollTo(index)

    def mark(self, paths: Iterable[str]) -> None:
        """Mark these runs and no others."""
        self._marked = set(paths)
        self._mark_again()
        self.marked.emit(self.marked_rows)

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        self._restoring = True
        try:
            yield
        finally:
            self._restoring = False

    def _after_reset(self) -> None:
        if [column.key for column in self._laid] != [column.key for column in self.runs.columns]:
            self._lay_out_columns()
        self._show_groups()
        if self.runs.rowCount():
            self._choose_again()
        self._choose_awaited()
        self.chosen.emit(self.run)
        self.marked.emit(self.marked_rows)

    def _show_groups(self) -> None:
        """Let the lines of groups go over all columns and be low."""
        self.clearSpans()
        for row in self._small:
            self.setRowHeight(row, scaled(ROW_HEIGHT))
        self._small = [row for row, line in enumerate(self.runs.lines) if isinstance(line, Group)]
        for row in self._small:
            self.setSpan(row, 0, 1, len(self.runs.columns))
            self.setRowHeight(row, scaled(GROUP_HEIGHT))

    def _choose_again(self) -> None:
        """Choose the run that was chosen, or the one that has its place, and mark those that were marked."""
        place = self.runs.place_of(self._path)
        gone = place < 0
        if gone:
            place = min(self._row, self.runs.rowCount() - 1)
        index = self.runs.index(place, 0)
        if gone and not self._marked.intersection(row.path for row in self.runs.runs):
            self.selectRow(place)
            return
        with self._quietly():
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
        self._mark_again()

    def _mark_again(self) -> None:
        selection, last = QItemSelection(), len(self.runs.columns) - 1
        rows = [
            place
            for place, line in enumerate(self.runs.lines)
            if isinstance(line, RunRow) and line.path in self._marked
        ]
        for first, end in _ranges(rows):
            selection.select(self.runs.index(first, 0), self.runs.index(end, last))
        with self._quietly():
            self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def _on_current(self, index: QModelIndex) -> None:
        row = index.data(RUN)
        if isinstance(row, RunRow):
            self._path, self._row = row.path, index.row()
            if not self._restoring:
                self.chosen.emit(self.run)

    def _on_marked(self) -> None:
        if self._restoring:
            return
        found = (self.runs.lines[index.row()] for index in self.selectionModel().selectedRows(0))
        self._marked = {line.path for line in found if isinstance(line, RunRow)}
        self.marked.emit(self.marked_rows)

    # --- hands ------------------------------------------------------------------------------------------------------

    def _on_double(self, index: QModelIndex) -> None:
        if not isinstance(index.data(RUN), RunRow):
            return
        if self.runs.columns[index.column()].key == TAGS:
            self.edit(index)
        else:
            self.opened.emit(self.run)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return opens, Delete deletes, F2 renames; Return folds the line of a group."""
        run, enter = self.run, event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if run is None and enter and self.currentIndex().isValid():
            self.runs.fold(self.currentIndex().row())
        elif run is not None and enter:
            self.opened.emit(run)
        elif run is not None and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.deleted.emit([self._glances.of(row) for row in self.marked_rows] or [run])
        elif run is not None and event.key() == Qt.Key.Key_F2:
            self.renamed.emit()
        else:
            super().keyPressEvent(event)


def _ranges(rows: list[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of rows that follow each other."""
    begin = 0
    for place in range(1, len(rows) + 1):
        if place == len(rows) or rows[place] != rows[place - 1] + 1:
            yield rows[begin], rows[place - 1]
            begin = place
