"""The rows of the table of saved runs: filtered, sorted, and in groups of one value of the recipe."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from PySide6.QtCore import QAbstractTableModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QWidget

from explorer.core.errors import printable
from explorer.core.figure_words import words_in
from explorer.core.registry import Scalar
from explorer.engine.run_rows import RunRow, glance_again
from explorer.engine.run_table import RunTable
from explorer.ui.shell.saved_runs.run_columns import NAME, TAGS, Column, columns_of, said_setting, title_of, worded
from explorer.ui.shell.saved_runs.saved_runs import titled
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.recipe_words import of_step
from explorer.ui.widgets.row_table import Index
from explorer.ui.widgets.text import broken, counted, decimal, number_font, plain_tip, ui_font
from explorer.ui.widgets.text_size import text_size

RUN = int(Qt.ItemDataRole.UserRole)
METRIC = "recall@1"
TRAINS = tr("trains now")
DISPLAY, EDIT, TIP, SPOKEN, SIDE, FONT = (
    int(role)
    for role in (
        Qt.ItemDataRole.DisplayRole,
        Qt.ItemDataRole.EditRole,
        Qt.ItemDataRole.ToolTipRole,
        Qt.ItemDataRole.AccessibleTextRole,
        Qt.ItemDataRole.TextAlignmentRole,
        Qt.ItemDataRole.FontRole,
    )
)
ANSWERED = frozenset({RUN, DISPLAY, EDIT, TIP, SPOKEN, SIDE, FONT})
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
MARKED = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
TYPED = MARKED | Qt.ItemFlag.ItemIsEditable
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class Group:
    """A line above the runs that say one ``value``."""

    value: Scalar | None
    runs: int
    words: str


class RunsModel(QAbstractTableModel):
    """The runs of a table that hold all words of a text, ``sorted_by`` a key, backwards or not.

    ``lines``: what the rows are; ``runs``: those in sight, ``found`` counts also those below folded lines.
    ``training``: the paths of those that train.

    Signals
    -------
    tagged(run, text): the tags of a run were typed anew; whoever keeps them decides.
    """

    tagged = Signal(object, str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.table = RunTable(())
        self.columns = columns_of(self.table)
        self.lines: list[RunRow | Group] = []
        self.runs: list[RunRow] = []
        self.found = 0
        self.training: Collection[str] = ()
        self._text, self._group, self._folded = "", "", set[Scalar | None]()
        self._among: Collection[str] | None = None
        self._take_fonts()
        text_size().changed.connect(self._take_fonts)
        self.sorted_by: tuple[str, bool] = ("written", True)

    # --- what is shown ----------------------------------------------------------------------------------------------

    def show_table(self, table: RunTable) -> None:
        """Show the runs of another table; text, order and groups stay."""
        self.table, self.columns = table, columns_of(table)
        self._arrange()

    def filter(self, text: str) -> None:
        """Show those alone of which all words of a text hold; see ``RunTable.matching``."""
        self._text = text
        self._arrange()

    def narrow(self, paths: Collection[str] | None) -> None:
        """Show those alone that are among these, beside what a text asks for; None: all."""
        if paths != self._among:
            self._among = paths
            self._arrange()

    def group_by(self, key: str) -> None:
        """Show together those that say the same of a key of the recipe, with a line above them; empty: as they come."""
        self._group, self._folded = key, set()
        self._arrange()

    def fold(self, row: int) -> None:
        """Hide the runs below the line of a group, or show them again."""
        line = self.lines[row]
        if isinstance(line, Group):
            self._folded ^= {line.value}
            self._arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Show them in the order of a column."""
        if 0 <= column < len(self.columns):
            self.sorted_by = self.columns[column].key, order == Qt.SortOrder.DescendingOrder
            self._arrange()

    def matching(self) -> list[RunRow]:
        """Return the runs that the text asks for, whether their values are among those that are brushed or not."""
        return list(self.table.matching(self._text))

    def _arrange(self) -> None:
        runs = self.matching()
        if self._among is not None:
            runs = [run for run in runs if run.path in self._among]
        self.found = len(runs)
        key, backwards = self.sorted_by
        column = next((column for column in self.columns if column.key == key), None)
        if column is not None and not (key == "written" and backwards):  # as they come
            found = [run for run in runs if column.order(run)[0] < 2]
            found.sort(key=column.order, reverse=backwards)
            runs = found + [run for run in runs if column.order(run)[0] == 2]
        self.beginResetModel()
        self.lines = list(self._grouped(runs)) if self._group else list(runs)
        self.runs = [line for line in self.lines if isinstance(line, RunRow)] if self._group else runs
        self.endResetModel()

    def _grouped(self, runs: Sequence[RunRow]) -> Iterator[RunRow | Group]:
        groups: dict[Scalar | None, list[RunRow]] = {}
        for run in runs:
            groups.setdefault(worded(self._group, run), []).append(run)
        order = Column(self._group, "", "", lambda row: "").order
        for value, some in sorted(groups.items(), key=lambda group: order(group[1][0])):
            yield Group(value, len(some), self._words(value, some))
            if value not in self._folded:
                yield from some

    def _words(self, value: Scalar | None, runs: Sequence[RunRow]) -> str:
        """Return what the line of a group says: its value, how many there are, and their figures."""
        title = next((column.title for column in self.columns if column.key == self._group), title_of(self._group))
        sign = "▸" if value in self._folded else "▾"
        head = f"{sign} {title}: {said_setting(self._group, value) or '–'} · {counted(len(runs), 'run')}"
        scores = [run.metrics[METRIC] for run in runs if METRIC in run.metrics]
        if not scores:
            return head
        figures = tr("mean {mean}, best {best}", mean=decimal(fmean(scores)), best=decimal(max(scores)))
        return f"{head} · {METRIC} {figures}"

    def refresh(self, row: RunRow) -> None:
        """Show what is said of one of these runs now; the order stays until they are all found again."""
        place = self.place_of(row.path)
        self.table.refresh(row)
        if place >= 0:
            self.lines[place] = row
            self.runs = [line for line in self.lines if isinstance(line, RunRow)]
            self.dataChanged.emit(self.index(place, 0), self.index(place, len(self.columns) - 1))

    def follow_training(self, paths: Collection[str]) -> None:
        """Mark the runs that train."""
        if paths != self.training:
            self.training = paths
            if self.lines:
                self.dataChanged.emit(self.index(0, 0), self.index(len(self.lines) - 1, 0))

    def place_of(self, path: str) -> int:
        """Return the line of a run, -1 where it is not shown."""
        lines = enumerate(self.lines)
        return next((place for place, line in lines if isinstance(line, RunRow) and line.path == path), -1)

    def column_of(self, key: str) -> int:
        """Return the place of a column, -1 where there is none."""
        return next((place for place, column in enumerate(self.columns) if column.key == key), -1)

    # --- what Qt asks -----------------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - the signature of Qt
        """Return how many lines there are, those of groups among them."""
        return 0 if parent.isValid() else len(self.lines)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - the signature of Qt
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = DISPLAY) -> object:
        """Return the title of a column, with the sign of the order, and what it says."""
        if orientation == Qt.Orientation.Vertical:
            return None
        column = self.columns[section]
        if role == DISPLAY:
            key, backwards = self.sorted_by
            return f"{column.title} {'▾' if backwards else '▴'}" if key == column.key else column.title
        if role == TIP:
            return plain_tip("\n".join((column.tip, tr("Click to sort · right click chooses columns"))))
        return self.side(column) if role == SIDE else None

    def font(self, column: Column) -> QFont:
        """Return the font of the cells of a column."""
        return self._fonts[column.number]

    @staticmethod
    def side(column: Column) -> Qt.AlignmentFlag:
        """Return the side at which a column has its texts."""
        return RIGHT if column.number else LEFT

    def data(self, index: Index, role: int = DISPLAY) -> object:
        """Return what a cell says, the run of its line, and all that is said of it for tips and screen readers."""
        if role not in ANSWERED or not index.isValid():
            return None
        line, place = self.lines[index.row()], index.column()
        if isinstance(line, Group):
            return _of_group(line, role) if place == 0 else None
        if role == RUN:
            return line
        column = self.columns[place]
        if role == DISPLAY:
            return column.text(line)
        if role == SIDE:
            return self.side(column)
        if role == FONT:
            return self.font(column)
        if role == SPOKEN:
            return self._spoken(line) if column.key == NAME else f"{column.title}: {column.text(line)}"
        return ", ".join(line.tags) if role == EDIT else self._tip(line, column)

    def _take_fonts(self) -> None:
        self._fonts = ui_font(12), number_font(11)

    def _spoken(self, row: RunRow) -> str:
        told = (f"{column.title}: {text}" for column in self.columns[1:] if (text := column.text(row)))
        trains = (TRAINS,) if row.path in self.training else ()
        return ", ".join((printable(row.name), *trains, titled(glance_again(row)), *told))

    def _tip(self, row: RunRow, column: Column) -> str:
        if column.key == NAME:
            return plain_tip("\n".join(filter(None, (printable(row.path), broken(printable(row.note))))))
        text = column.text(row)
        if column.key in row.metrics:
            text = of_step(text, row.measured_before)
        about = broken(said(words_in(f"{column.key}: {text}"))) if column.key in row.metrics else column.tip
        return plain_tip("\n".join(filter(None, (broken(text), about)))) if text else ""

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Let runs be marked, and their tags be typed; lines of groups are only folded."""
        if not index.isValid() or isinstance(self.lines[index.row()], Group):
            return Qt.ItemFlag.ItemIsEnabled
        return TYPED if self.columns[index.column()].key == TAGS else MARKED

    def setData(self, index: Index, value: object, role: int = EDIT) -> bool:
        """Tell which tags were typed; the row changes when they are kept."""
        line = self.lines[index.row()]
        if isinstance(line, RunRow) and str(value) != ", ".join(line.tags):
            self.tagged.emit(line, str(value))
        return False


def _of_group(group: Group, role: int) -> object:
    if role in (DISPLAY, SPOKEN):
        return group.words
    if role == FONT:
        return ui_font(12, bold=True)
    return tr("Click to fold these runs, or to show them again") if role == TIP else None
