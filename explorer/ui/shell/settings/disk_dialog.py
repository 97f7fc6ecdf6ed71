"""What is kept on the disk, in megabytes: of the run that is shown and by the program, with a way to free it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QPushButton, QVBoxLayout, QWidget

from explorer.core.errors import printable
from explorer.engine.disk_use import Row, megabytes
from explorer.engine.session.disk_use import DiskUseFound
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.question import Asks, offer_removal, question_box
from explorer.ui.widgets.text import ElidedLabel, PlainLabel
from explorer.ui.widgets.text_size import keep_size

if TYPE_CHECKING:
    from explorer.engine.session.session import Session
    from explorer.ui.session.bridge import Bridge

WIDTH = 620
PARTS = {
    "checkpoints": tr("checkpoints"),
    "weights": tr("weights"),
    "snapshots": tr("snapshots"),
    "runs": tr("runs"),
    "trash": tr("trash"),
    "cache": tr("cache"),
    "reports": tr("reports"),
}
"""What the lines are of, which the rooms below call in one word."""


class DiskDialog(QDialog, Asks):
    """A table of what is kept; it blocks nothing, follows what is freed, and asks before anything is given up."""

    def __init__(self, session: Session, bridge: Bridge, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("disk-dialog")
        self.setWindowTitle(tr("On the disk"))
        self._session = session
        self.buttons: dict[str, QPushButton] = {}
        self.lines: list[tuple[str, str, str]] = []
        self.run = ElidedLabel(tr("Adding up…"), role="heading", mode=Qt.TextElideMode.ElideMiddle)
        keep_size(self.run, width=WIDTH)
        self._table = QWidget()
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 16, 16, 16)
        box.setSpacing(12)
        box.addWidget(self.run)
        box.addWidget(self._table)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.close)
        box.addWidget(close)
        box.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
        bridge.of(DiskUseFound).connect(self.show_use)
        session.disk.look()

    def show_use(self, found: DiskUseFound) -> None:
        """Show what is kept now."""
        run = found.run
        title = tr("No run is shown") if run is None else f"{printable(run.folder.name)}: {said(megabytes(run.size))}"
        self.run.setText(title)
        table = QWidget()
        grid = QGridLayout(table)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setColumnStretch(2, 1)
        self.buttons, self.lines = {}, []
        if run is not None:
            self._add(grid, run.rows)
        grid.addWidget(PlainLabel(tr("The program"), role="title"), grid.rowCount(), 0, 1, 4)
        self._add(grid, found.places)
        layout = self.layout()
        assert layout is not None
        layout.replaceWidget(self._table, table)
        self._table.deleteLater()
        self._table = table

    def _add(self, grid: QGridLayout, rows: Sequence[Row]) -> None:
        for row in rows:
            place = grid.rowCount()
            policy = PlainLabel(said(row.policy), role="muted")
            policy.setWordWrap(True)
            size = PlainLabel(said(megabytes(row.size)), role="number")
            size.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
            grid.addWidget(PlainLabel(_title(row.title)), place, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(size, place, 1)
            grid.addWidget(policy, place, 2, Qt.AlignmentFlag.AlignTop)
            self.lines.append((row.title, size.text(), row.policy))
            if row.free:
                button = QPushButton(
                    free_words(row, tr("Free {megabytes}…"), tr("Free {megabytes} and {weights} of weights…"))
                )
                button.setToolTip(tr("Gives up {lost}", lost=said(row.lost)))
                button.clicked.connect(self._asker(row))
                grid.addWidget(button, place, 3, Qt.AlignmentFlag.AlignTop)
                self.buttons[row.free] = button

    def _asker(self, row: Row) -> Callable[[], None]:
        return lambda: self._ask(row)

    def _ask(self, row: Row) -> None:
        """Ask before something is given up for good; Escape keeps it."""
        text, details = (
            tr("Give up {free}, {spare_told}?", free=said(row.free), spare_told=said(row.spare_told)),
            tr("This removes {lost}. It cannot be undone.", lost=said(row.lost)),
        )
        box = question_box(self, tr("Free room on the disk"), text, details)
        words = free_words(row, tr("Free {megabytes}"), tr("Free {megabytes} and {weights} of weights"))
        give_up = offer_removal(box, words, tr("Keep it"))
        give_up.clicked.connect(lambda: self._session.disk.free(row.free))
        self.open_question(box)


def free_words(row: Row, own: str, with_weights: str) -> str:
    """Return how much a button frees of its line, and apart from it how much of the line of the weights."""
    words = with_weights if row.spare_weights else own
    weights = said(megabytes(row.spare_weights))
    return words.format(megabytes=said(megabytes(row.spare - row.spare_weights)), weights=weights)


def _title(title: str) -> str:
    """Return what a line is of, in the language of the window: a part, and where it is of a run its steps."""
    part, comma, steps = title.partition(", ")
    return f"{PARTS[part]}{comma}{said(steps)}" if part in PARTS else said(title)
