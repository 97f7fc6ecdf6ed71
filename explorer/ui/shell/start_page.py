"""What is shown before there is data: a place to drop it, recent places and the shortcuts worth knowing."""

from __future__ import annotations

import os
from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from explorer.core.errors import printable
from explorer.core.types import JobStatus
from explorer.data.names import DATA_ENDINGS, SAMPLE_PREFIX
from explorer.engine.saved_runs import RunsFound
from explorer.ui.shell.saved_runs import RunsList, headed
from explorer.ui.widgets.icons import icon, pixmap
from explorer.ui.widgets.local_paths import short_name
from explorer.ui.widgets.text import ELLIPSIS, ElidedLabel, PlainLabel, plain_tip
from explorer.ui.widgets.theme import ThemeManager

LONGEST_PLACE = 48
"""Letters of the folder of a recent place: its end."""
WIDTH = 840
RUNS = 3
"""Saved runs that are listed; the command *Saved runs* lists all."""

NAME = 60
"""Letters of what was open last."""

SAMPLE = "sample:digits"
INVITATION = "Drop a folder, a zip, a CSV or vectors here"
KINDS = "Folders, zips or tables of pictures, recordings, clips, texts or shapes; vectors, known sets, saved runs"


class DropZone(QFrame):
    """Invites a drop, reacts to a drag, and then shows how far the reading is."""

    open_folder = Signal()
    open_file = Signal()
    open_sample = Signal()
    cancel = Signal()

    def __init__(self, themes: ThemeManager) -> None:
        super().__init__()
        self.setObjectName("drop-zone")
        self.setMinimumHeight(200)
        self._themes = themes
        self.title = PlainLabel(INVITATION, role="heading")
        self.hint = PlainLabel(KINDS, role="muted")
        self.error = PlainLabel(role="error", selectable=True)
        self.error.setWordWrap(True)
        self.mark = PlainLabel()
        self.folder_button = QPushButton("Open folder…")
        self.file_button = QPushButton("Open file…")
        self.sample_button = QPushButton("Try the digits sample")
        self.folder_button.setProperty("kind", "primary")
        self.folder_button.clicked.connect(self.open_folder)
        self.file_button.clicked.connect(self.open_file)
        self.sample_button.clicked.connect(self.open_sample)
        self.stage = ElidedLabel(mode=Qt.TextElideMode.ElideMiddle)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of reading")
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.clicked.connect(self.cancel)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._invitation())
        self._pages.addWidget(self._loading())
        self._draw()
        themes.changed.connect(self._draw)

    def _invitation(self) -> QWidget:
        page = QWidget()
        box = QVBoxLayout(page)
        box.setContentsMargins(24, 20, 24, 20)
        box.setSpacing(8)
        box.addStretch(1)
        for label in (self.mark, self.title, self.hint, self.error):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            box.addWidget(label)
        self.error.hide()
        box.addSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        for button in (self.folder_button, self.file_button, self.sample_button):
            row.addWidget(button)
        row.addStretch(1)
        box.addLayout(row)
        box.addStretch(1)
        return page

    def _loading(self) -> QWidget:
        page = QWidget()
        box = QVBoxLayout(page)
        box.setContentsMargins(120, 20, 120, 20)
        box.setSpacing(12)
        box.addStretch(1)
        self.stage.setAlignment(Qt.AlignmentFlag.AlignCenter)
        box.addWidget(self.stage)
        box.addWidget(self.bar)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.cancel_button)
        row.addStretch(1)
        box.addLayout(row)
        box.addStretch(1)
        return page

    def show_dragging(self, text: str) -> None:
        """React to a drag over the window; empty: it left."""
        self.title.setText(text or INVITATION)
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
        self.stage.setText(printable(status.title))
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
        self.mark.setPixmap(pixmap("drop", self._themes.current, "accent", 32, self.devicePixelRatioF()))


class StartPage(QScrollArea):
    """The page before data.

    Signals
    -------
    open_spec(spec): one of the recent places, or what was open last. all_runs(): list every saved run.
    reopen_chosen(on): whether what was open last is opened at the next start.
    """

    open_spec = Signal(str)
    all_runs = Signal()
    reopen_chosen = Signal(bool)

    def __init__(self, themes: ThemeManager, recents: Sequence[str], shortcuts: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.setObjectName("start-page")
        self.setWidgetResizable(True)
        self.setAccessibleName("Start page")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.themes = themes
        self.recent_rows: list[QPushButton] = []
        self.zone = DropZone(themes)
        self._names: dict[str, str] = {}
        self._left_off = ""
        self.runs = RunsList(themes, RUNS)
        self.runs.chosen.connect(self.open_spec)
        self.all_button = QPushButton("All saved runs…")
        self.all_button.setProperty("kind", "link")
        self.all_button.clicked.connect(self.all_runs)
        self.all_button.hide()
        runs = QVBoxLayout()
        runs.addWidget(self.runs)
        runs.addWidget(self.all_button, 0, Qt.AlignmentFlag.AlignLeft)
        self._recents = QVBoxLayout()
        self._recents.setSpacing(0)
        column = QWidget()
        column.setMaximumWidth(WIDTH)
        box = QVBoxLayout(column)
        box.setContentsMargins(0, 24, 0, 24)
        box.setSpacing(16)
        box.addStretch(1)
        box.addWidget(PlainLabel("Embedding Explorer", role="heading"))
        box.addWidget(PlainLabel("Train an embedding on your data and watch the metric being learned.", role="muted"))
        box.addWidget(self._going_on())
        box.addWidget(self.zone)
        below = QHBoxLayout()
        below.setSpacing(16)
        below.addWidget(self._card("Saved runs", runs, 232), 3)
        below.addWidget(self._card("Recent", self._recents, 232), 2)
        box.addLayout(below)
        box.addWidget(self._card("Shortcuts", _key_table(shortcuts), 0))
        box.addStretch(2)
        page = QWidget()
        page.setObjectName("start-page")
        page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        centred = QHBoxLayout(page)
        centred.addStretch(1)
        centred.addWidget(column, 100)
        centred.addStretch(1)
        self.setWidget(page)
        page.setAutoFillBackground(False)
        self.show_recents(recents)
        themes.changed.connect(self._draw)

    def _going_on(self) -> QWidget:
        """Return the row that offers what was open last, hidden until that is known."""
        self.left_off = QPushButton()
        self.left_off.setIconSize(QSize(16, 16))
        self.left_off.clicked.connect(lambda: self.open_spec.emit(self._left_off))
        self.reopen = QCheckBox("Open where I left off")
        self.reopen.setToolTip("At the next start, without asking")
        self.reopen.clicked.connect(self.reopen_chosen)
        self._going_on_row = QWidget()
        row = QHBoxLayout(self._going_on_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(self.left_off)
        row.addWidget(self.reopen)
        row.addStretch(1)
        self._going_on_row.hide()
        return self._going_on_row

    def show_left_off(self, spec: str, reopen: bool) -> None:
        """Offer to go on with what was open last, empty: with nothing; ``reopen``: it is opened at the next start."""
        self._left_off = spec
        name = self._names.get(spec) or short_name(spec)
        self.left_off.setText(f"Continue: {name if len(name) <= NAME else name[: NAME - 1] + ELLIPSIS}")
        self.left_off.setToolTip(plain_tip(printable(spec)))
        self.left_off.setAccessibleName(f"Continue with {name}")
        self.reopen.setChecked(reopen)
        self._going_on_row.setVisible(bool(spec))

    def show_recents(self, recents: Sequence[str]) -> None:
        """List the places that were opened before, newest first."""
        while (item := self._recents.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        self.recent_rows = []
        for spec in recents[:6]:
            row = QPushButton(f"{short_name(spec)}   {_where(spec)}")
            row.setProperty("kind", "row")
            row.setIconSize(QSize(16, 16))
            whole = short_name(spec) if spec.startswith(SAMPLE_PREFIX) else printable(spec)
            row.setToolTip(plain_tip(whole))
            row.setAccessibleName(f"Open {whole}")
            row.setMinimumWidth(80)
            row.clicked.connect(lambda _=False, spec=spec: self.open_spec.emit(spec))
            row.setProperty("spec", spec)
            self._recents.addWidget(row)
            self.recent_rows.append(row)
        if not recents:
            self._recents.addWidget(PlainLabel("What you open will be listed here.", role="muted"))
        self._recents.addStretch(1)
        self._draw()

    def show_runs(self, found: RunsFound) -> None:
        """List the newest saved runs; the place of the list is kept free before, so that nothing moves."""
        self.runs.show_runs(found.runs)
        self.all_button.setVisible(bool(found.runs))
        self._names = {str(run.path): headed(run) for run in found.runs}
        self.show_left_off(self._left_off, self.reopen.isChecked())
        self._draw()

    def _card(self, title: str, content: QVBoxLayout | QGridLayout, height: int) -> QFrame:
        card = QFrame()
        card.setObjectName("card")
        card.setMinimumHeight(height)
        box = QVBoxLayout(card)
        box.setContentsMargins(12, 10, 12, 10)
        box.setSpacing(8)
        box.addWidget(PlainLabel(title, role="section"))
        box.addLayout(content)
        box.addStretch(1)
        return card

    def _draw(self) -> None:
        self.left_off.setIcon(icon("history", self.themes.current))
        for row in self.recent_rows:
            spec = str(row.property("spec"))
            # by the name alone: a look at a network drive that is away would hold the first paint up
            is_file = spec.lower().endswith(DATA_ENDINGS)
            name = "sample" if spec.startswith("sample:") else "file" if is_file else "folder"
            name = "history" if spec in self._names else name
            row.setIcon(icon(name, self.themes.current, "muted"))


def _where(spec: str) -> str:
    home = os.path.expanduser("~")
    folder = os.path.dirname(spec)
    shown = "~" + folder[len(home) :] if folder.startswith(home + os.sep) else folder
    shown = printable(shown)
    return shown if len(shown) <= LONGEST_PLACE else f"{ELLIPSIS}{shown[1 - LONGEST_PLACE :]}"


def _key_table(shortcuts: Sequence[tuple[str, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(10)
    grid.setVerticalSpacing(6)
    for place, (key, what) in enumerate(shortcuts):
        row, column = divmod(place, 3)
        grid.addWidget(PlainLabel(key, role="key"), row, 2 * column, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(PlainLabel(what, role="muted"), row, 2 * column + 1)
        grid.setColumnStretch(2 * column + 1, 1)
    return grid
