"""The place of the start page that invites a drop, says what it would do, and shows how far the reading is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QStackedLayout, QVBoxLayout, QWidget

from explorer.core.errors import printable
from explorer.ui.widgets.icons import pixmap
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.local_paths import short_name
from explorer.ui.widgets.text import ElidedLabel, PlainLabel
from explorer.ui.widgets.text_size import keep_size, scaled
from explorer.ui.widgets.theme import ThemeManager

if TYPE_CHECKING:
    from explorer.core.types import JobStatus

HEIGHT = 168
LOOKING = tr("Looking at what it is…")
INVITATION = tr("Drop a folder, a zip, a CSV or vectors here")
KINDS = tr("Folders, zips or tables of pictures, recordings, clips, texts or shapes; vectors, known sets, saved runs")


def opening(spec: str) -> str:
    """Return what is said while a place is opened."""
    return tr("Opening {short_name}", short_name=short_name(spec))


class DropZone(QFrame):
    """Invites a drop, reacts to a drag, and then shows how far the reading is."""

    open_folder = Signal()
    open_file = Signal()
    cancel = Signal()

    def __init__(self, themes: ThemeManager) -> None:
        super().__init__()
        self.setObjectName("drop-zone")
        keep_size(self, least_height=HEIGHT)
        self._themes = themes
        self.title = PlainLabel(INVITATION, role="heading")
        self.hint = PlainLabel(KINDS, role="muted")
        for label in (self.title, self.hint):
            label.setWordWrap(True)
        self.error = PlainLabel(role="error", selectable=True)
        self.error.setWordWrap(True)
        self.mark = PlainLabel()
        self.folder_button = QPushButton(tr("Open folder…"))
        self.file_button = QPushButton(tr("Open file…"))
        self.folder_button.setProperty("kind", "primary")
        self.folder_button.clicked.connect(self.open_folder)
        self.file_button.clicked.connect(self.open_file)
        self.stage = ElidedLabel(mode=Qt.TextElideMode.ElideMiddle)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Progress of reading"))
        self.cancel_button = QPushButton(tr("Cancel"))
        self.cancel_button.clicked.connect(self.cancel)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._invitation())
        self._pages.addWidget(self._loading())
        self._draw()
        themes.changed.connect(self._draw)

    def _invitation(self) -> QWidget:
        page = QWidget()
        box = QVBoxLayout(page)
        box.setContentsMargins(24, 12, 24, 12)
        box.setSpacing(8)
        box.addStretch(1)
        for label in (self.mark, self.title, self.hint, self.error):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            box.addWidget(label)
        self.error.hide()
        box.addSpacing(8)
        box.addLayout(_centred(self.folder_button, self.file_button))
        box.addStretch(1)
        return page

    def _loading(self) -> QWidget:
        page = QWidget()
        box = QVBoxLayout(page)
        box.setContentsMargins(120, 12, 120, 12)
        box.setSpacing(12)
        box.addStretch(1)
        self.stage.setAlignment(Qt.AlignmentFlag.AlignCenter)
        box.addWidget(self.stage)
        box.addWidget(self.bar)
        box.addLayout(_centred(self.cancel_button))
        box.addStretch(1)
        return page

    def show_dragging(self, text: str, details: str = "") -> None:
        """React to a drag over the window, with what is seen in it; empty: it left."""
        self.title.setText(text or INVITATION)
        self.hint.setText(details if text else KINDS)
        self.setProperty("dragging", bool(text))
        self.style().unpolish(self)
        self.style().polish(self)

    def show_loading(self, text: str) -> None:
        """Show that something is being read."""
        self.error.hide()
        self.stage.setText(text)
        self.bar.setRange(0, 0)
        self.cancel_button.setEnabled(False)
        self._pages.setCurrentIndex(1)

    def show_job(self, status: JobStatus) -> None:
        """Show how far the reading is."""
        self.stage.setText(said(printable(status.title)))
        self.bar.setRange(0, status.total)
        self.bar.setValue(status.done)
        self.cancel_button.setEnabled(status.cancellable)

    def show_invitation(self, error: str = "") -> None:
        """Invite again, after a cancel or with what went wrong."""
        self.error.setText(error)
        self.error.setVisible(bool(error))
        self._pages.setCurrentIndex(0)

    @property
    def loading(self) -> bool:
        """Whether something is being read."""
        return self._pages.currentIndex() == 1

    def _draw(self) -> None:
        self.mark.setPixmap(pixmap("drop", self._themes.current, "accent", scaled(32), self.devicePixelRatioF()))


def _centred(*buttons: QPushButton) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    row.addStretch(1)
    for button in buttons:
        row.addWidget(button)
    row.addStretch(1)
    return row
