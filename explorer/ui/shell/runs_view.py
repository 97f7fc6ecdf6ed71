"""The list of all saved runs: ten thousand scroll, as rows are painted and small maps read once they are in sight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from explorer.core.errors import printable
from explorer.core.figure_words import words_in
from explorer.engine.saved_runs import RunGlance
from explorer.ui.shell.saved_runs import RunPictures, headed, paint_small_map, titled, told_whole
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.text import broken, elided, number_font, plain_tip, ui_font
from explorer.ui.widgets.text_size import scaled
from explorer.ui.widgets.theme import ThemeManager

Index = QModelIndex | QPersistentModelIndex
RUN = int(Qt.ItemDataRole.UserRole)
ROW_HEIGHT, EDGE = 76, 10
PICTURE = QSize(84, 60)

SORTS: dict[str, Callable[[RunGlance], object]] = {
    tr("Newest first"): lambda run: -run.seconds,
    tr("Name"): lambda run: headed(run).casefold(),
    tr("Best recall first"): lambda run: -(run.recall if run.recall is not None else -1.0),
    tr("Most steps first"): lambda run: -run.step,
    tr("Largest first"): lambda run: -run.size,
}
"""What runs are sorted by, in words."""


class RunsModel(QAbstractListModel):
    """The runs that hold all words of a text, in an order."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._all: tuple[RunGlance, ...] = ()
        self._texts: dict[Path, tuple[RunGlance, str]] = {}
        self._words: tuple[str, ...] = ()
        self._sort = next(iter(SORTS))
        self.runs: list[RunGlance] = []

    def show_runs(self, runs: Sequence[RunGlance]) -> None:
        """Show these."""
        self._all = tuple(runs)
        known, self._texts = self._texts, {}
        for run in self._all:
            before = known.get(run.path)
            self._texts[run.path] = before if before is not None and before[0] is run else (run, _searched(run))
        self._arrange()

    def filter(self, text: str) -> None:
        """Show those alone that hold all words of a text: in name, tags, note, recipe, data or folder."""
        self._words = tuple(text.casefold().split())
        self._arrange()

    def sort_by(self, sort: str) -> None:
        """Show them in an order of ``SORTS``."""
        self._sort = sort
        self._arrange()

    def _arrange(self) -> None:
        shown = [run for run in self._all if all(word in self._texts[run.path][1] for word in self._words)]
        shown.sort(key=SORTS[self._sort])  # type: ignore[arg-type]  # each gives values of one type
        self.beginResetModel()
        self.runs = shown
        self.endResetModel()

    def refresh(self, run: RunGlance) -> None:
        """Show what is said of one of these runs now; the order stays until they are all found again."""
        if run.path not in self._texts:
            return
        self._all = tuple(run if other.path == run.path else other for other in self._all)
        self._texts[run.path] = (run, _searched(run))
        if (place := self.place_of(run.path)) >= 0:
            self.runs[place] = run
            self.dataChanged.emit(self.index(place), self.index(place))

    def place_of(self, path: Path | None) -> int:
        """Return the row of a run, -1 where it is not shown."""
        return next((place for place, run in enumerate(self.runs) if run.path == path), -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - the signature of Qt
        """Return how many runs are shown."""
        return 0 if parent.isValid() else len(self.runs)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        """Return the name of a run, the run itself, and all that is said of it for tips and screen readers."""
        if not index.isValid():
            return None
        run = self.runs[index.row()]
        if role == RUN:
            return run
        if role == int(Qt.ItemDataRole.DisplayRole):
            return headed(run)
        if role == int(Qt.ItemDataRole.AccessibleTextRole):
            return ", ".join(part for part in (headed(run), titled(run), told_whole(run), _tags(run)) if part)
        if role == int(Qt.ItemDataRole.ToolTipRole):
            about = map(broken, said(words_in(told_whole(run))).splitlines())
            return plain_tip("\n".join(filter(None, (printable(str(run.path)), printable(run.notes.note), *about))))
        return None


def _tags(run: RunGlance) -> str:
    return " · ".join(printable(tag) for tag in run.notes.tags)


def _searched(run: RunGlance) -> str:
    parts = (run.path.name, run.notes.name, *run.notes.tags, run.notes.note, titled(run), run.recipe.encoder.name)
    return " ".join(parts).casefold()


class RunDelegate(QStyledItemDelegate):
    """Paints one run: small map, name, recipe, how far it came, tags."""

    def __init__(self, themes: ThemeManager, pictures: RunPictures, parent: QWidget) -> None:
        super().__init__(parent)
        self._themes, self._pictures = themes, pictures

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return the size of a row; the same for all."""
        return QSize(200, scaled(ROW_HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint a run."""
        run: RunGlance = index.data(RUN)
        theme, rect = self._themes.current, QRect(option.rect)
        painter.save()
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, theme.colour("raised" if chosen else "hover"))
        if chosen:
            focused = bool(option.state & QStyle.StateFlag.State_Active)
            painter.fillRect(
                QRect(rect.left(), rect.top(), 3, rect.height()), theme.colour("accent" if focused else "muted")
            )
        line_height = scaled(20)
        top = rect.top() + (rect.height() - 3 * line_height) // 2
        box = QRectF(rect.left() + EDGE + 2, top, scaled(PICTURE.width()), scaled(PICTURE.height()))
        paint_small_map(painter, theme, self._pictures.picture(run), box)
        left = round(box.right()) + 12
        width = rect.right() - EDGE - left
        recipe = titled(run) if run.notes.name else printable(run.path.name)
        tags = _tags(run)
        lines = (
            (ui_font(13, bold=True), "text", headed(run)),
            (ui_font(12), "muted", f"{recipe}   {tags}" if tags else recipe),
            (number_font(12), "muted", told_whole(run)),
        )
        for place, (font, token, text) in enumerate(lines):
            painter.setFont(font)
            painter.setPen(theme.colour(token))
            line = QRect(left, top + place * line_height, width, line_height)
            shown = elided(text, font, width, Qt.TextElideMode.ElideRight)
            painter.drawText(line, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown)
        painter.setPen(theme.colour("line"))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        painter.restore()


class RunsView(QListView):
    """All saved runs; one is chosen.

    Signals
    -------
    opened(run), deleted(run): by Return or a double-click, and by Delete.
    renamed(): F2. taken_back(): Ctrl+Z. chosen(run): another one is, None where none is.
    """

    opened = Signal(object)
    deleted = Signal(object)
    renamed = Signal()
    taken_back = Signal()
    chosen = Signal(object)

    def __init__(self, themes: ThemeManager, pictures: RunPictures, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.runs = RunsModel(self)
        self._path: Path | None = None
        self.setModel(self.runs)
        self.setItemDelegate(RunDelegate(themes, pictures, self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.verticalScrollBar().setSingleStep(scaled(ROW_HEIGHT) // 2)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(tr("Saved runs"))
        self.setStatusTip(tr("Return opens · F2 renames · Delete moves to the trash · Ctrl+Z brings back"))
        self.runs.modelReset.connect(self._choose_again)
        self.selectionModel().currentRowChanged.connect(lambda now, _before: self._on_current(now))
        self.doubleClicked.connect(lambda index: self.opened.emit(index.data(RUN)))
        themes.changed.connect(self.viewport().update)
        pictures.arrived.connect(self.viewport().update)

    @property
    def run(self) -> RunGlance | None:
        """The chosen run."""
        found = self.currentIndex().data(RUN)
        return found if isinstance(found, RunGlance) else None

    def show_runs(self, runs: Sequence[RunGlance]) -> None:
        """Show these; the chosen one stays chosen, and the place in the list."""
        at = self.verticalScrollBar().value()
        self.runs.show_runs(runs)
        self.doItemsLayout()
        self.verticalScrollBar().setValue(at)

    def _choose_again(self) -> None:
        place = self.runs.place_of(self._path)
        if place < 0 and self.runs.runs:
            place = min(max(0, self._row), len(self.runs.runs) - 1)
        if place >= 0:
            self.setCurrentIndex(self.runs.index(place))
        self.chosen.emit(self.run)

    _row = 0

    def _on_current(self, index: QModelIndex) -> None:
        run = index.data(RUN)
        if isinstance(run, RunGlance):
            self._path, self._row = run.path, index.row()
            self.chosen.emit(run)

    def event(self, event: QEvent) -> bool:
        """Let Ctrl+Z bring a run back here, and not a selection on the map."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.matches(QKeySequence.StandardKey.Undo)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return opens, Delete deletes, F2 renames, Ctrl+Z brings back."""
        run = self.run
        if event.matches(QKeySequence.StandardKey.Undo):
            self.taken_back.emit()
        elif run is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(run)
        elif run is not None and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.deleted.emit(run)
        elif run is not None and event.key() == Qt.Key.Key_F2:
            self.renamed.emit()
        else:
            super().keyPressEvent(event)
