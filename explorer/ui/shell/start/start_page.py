"""What is shown before there is data: a place to drop it, recent places and the shortcuts worth knowing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from explorer.core.errors import printable
from explorer.ui.shell.saved_runs.newest_runs import RunsList
from explorer.ui.shell.start.drop_zone import HEIGHT, DropZone
from explorer.ui.shell.start.example_cards import ExampleCards
from explorer.ui.shell.start.recent_places import RecentPlaces
from explorer.ui.widgets.icons import icon
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.local_paths import short_name
from explorer.ui.widgets.text import ELLIPSIS, PlainLabel, plain_tip
from explorer.ui.widgets.text_size import keep_size, scaled
from explorer.ui.widgets.theme import ThemeManager

if TYPE_CHECKING:
    from explorer.engine.saved_runs import RunGlance, RunsFound

WIDTH, WIDE = 840, 1120
LARGE = QSize(1800, 1100)
"""From this size on there is room for ``WIDE``, and for a higher place to drop on."""
NARROW = 620
"""In fewer pixels across, the examples and the lists stand below each other."""
LISTS = 228
"""Least height of the lists of runs and places: room for three rows and a button; nothing moves when they come."""

RUNS = 3
"""Saved runs that are listed; the command *Saved runs* lists all."""

NAME = 60
"""Letters of what was open last."""

START_COMMANDS = (
    ("file.open_folder", tr("Open a folder"), "Ctrl+O"),
    ("run.train", tr("Train, pause, go on"), "Ctrl+R"),
    ("run.stop", tr("Stop the run"), "Ctrl+."),
    ("view.toggle_theme", tr("Dark or light"), "Ctrl+Shift+T"),
    ("help.palette", tr("Every command"), "Ctrl+Shift+P"),
    ("help.shortcuts", tr("Every shortcut"), "Ctrl+/"),
)
"""The commands whose shortcuts are listed, in the words of the page, and the shortcuts that they come with."""
KEYS = {id: keys for id, _, keys in START_COMMANDS}

SAMPLE, PHOTOS = "sample:digits", "sample:photos"


class StartPage(QScrollArea):
    """The page before data.

    Signals
    -------
    open_spec(spec): one of the recent places, or what was open last. open_example(example): a ``StartExample``.
    all_runs(): list every saved run. tour(): begin the guided first run. left(): back to what is open.
    reopen_chosen(on): whether what was open last is opened at the next start.
    """

    open_spec = Signal(str)
    open_example = Signal(object)
    tour = Signal()
    all_runs = Signal()
    reopen_chosen = Signal(bool)
    left = Signal()

    def __init__(self, themes: ThemeManager, recents: Sequence[str]) -> None:
        super().__init__()
        self.setObjectName("start-page")
        self.setWidgetResizable(True)
        self.setAccessibleName(tr("Start page"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.themes = themes
        self.zone = DropZone(themes)
        self._runs: dict[str, RunGlance] = {}
        self._left_off = ""
        self.runs = RunsList(themes, RUNS)
        self.runs.chosen.connect(self.open_spec)
        self.all_button = QPushButton(tr("All saved runs…"))
        self.all_button.setProperty("kind", "link")
        self.all_button.clicked.connect(self.all_runs)
        policy = self.all_button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.all_button.setSizePolicy(policy)
        self.all_button.hide()
        runs = QVBoxLayout()
        runs.addWidget(self.runs)
        runs.addWidget(self.all_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.recents = RecentPlaces(themes)
        self.recents.chosen.connect(self.open_spec)
        self.examples = ExampleCards()
        self.examples.chosen.connect(self.open_example)
        places = QVBoxLayout()
        places.addWidget(self.recents)
        column = self._column = QWidget()
        column.setMaximumWidth(scaled(WIDTH))
        box = QVBoxLayout(column)
        box.setContentsMargins(0, 24, 0, 24)
        box.setSpacing(16)
        box.addStretch(1)
        self.back = QPushButton(tr("Back"))
        self.back.clicked.connect(self.left)
        self.back.hide()
        box.addWidget(self.back, 0, Qt.AlignmentFlag.AlignLeft)
        box.addWidget(PlainLabel(tr("Embedding Explorer"), role="heading"))
        about = PlainLabel(tr("Train an embedding on your data and watch the metric being learned."), role="muted")
        about.setWordWrap(True)
        box.addWidget(about)
        box.addWidget(self._going_on())
        box.addWidget(self.zone)
        box.addLayout(self._examples())
        self._below = below = QHBoxLayout()
        below.setSpacing(16)
        below.addWidget(self._card(tr("Saved runs"), runs, LISTS), 3)
        below.addWidget(self._card(tr("Recent"), places, LISTS), 2)
        box.addLayout(below)
        self._keys = [PlainLabel(role="key") for _ in START_COMMANDS]
        words = [words for _, words, _ in START_COMMANDS]
        box.addWidget(self._card(tr("Shortcuts"), _key_table(self._keys, words), 0))
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
        self._draw()
        themes.changed.connect(self._draw)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take more room where there is much."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        large = self.width() >= scaled(LARGE.width()) and self.height() >= scaled(LARGE.height())
        narrow, ways = self.width() < scaled(NARROW), QBoxLayout.Direction
        self.examples.stack(narrow)
        self._below.setDirection(ways.TopToBottom if narrow else ways.LeftToRight)
        self._column.setMaximumWidth(scaled(WIDE if large else WIDTH))
        self.zone.setMinimumHeight(scaled(HEIGHT + HEIGHT // 3 if large else HEIGHT))

    def _going_on(self) -> QWidget:
        """Return the row that offers what was open last, hidden until that is known."""
        self.left_off = QPushButton()
        keep_size(self.left_off, icon=16)
        self.left_off.clicked.connect(lambda: self.open_spec.emit(self._left_off))
        self.reopen = QCheckBox(tr("Open where I left off"))
        self.reopen.setToolTip(tr("At the next start, without asking"))
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

    def offer_way_back(self, name: str) -> None:
        """Offer to go back to the data of this name, which are open."""
        shown = name if len(name) <= NAME else name[: NAME - 1] + ELLIPSIS
        self.back.setText(tr("Back to {name}  (Esc)", name=shown))
        self.back.setAccessibleName(tr("Back to {name}", name=name))
        self._going_on_row.hide()  # what was open last is open
        self.back.show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes back, where there is something to go back to."""
        if event.key() == Qt.Key.Key_Escape and not self.back.isHidden():
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def show_keys(self, keys: Sequence[str]) -> None:
        """Show the shortcuts of the commands that are listed; one without is left blank."""
        for label, shown in zip(self._keys, keys, strict=True):
            label.setText(shown)
            label.setVisible(bool(shown))

    def show_left_off(self, spec: str, reopen: bool) -> None:
        """Offer to go on with what was open last, empty: with nothing; ``reopen``: it is opened at the next start."""
        self._left_off = spec
        name = self._called(spec)
        self.left_off.setText(tr("Continue: {name}", name=name if len(name) <= NAME else name[: NAME - 1] + ELLIPSIS))
        self.left_off.setToolTip(plain_tip(printable(spec)))
        self.left_off.setAccessibleName(tr("Continue with {name}", name=name))
        self.reopen.setChecked(reopen)
        self._going_on_row.setVisible(bool(spec) and self.back.isHidden())  # else it is open

    def _called(self, spec: str) -> str:
        if spec not in self._runs:
            return short_name(spec)
        from explorer.ui.shell.saved_runs.saved_runs import headed  # not before the first paint

        return headed(self._runs[spec])

    def show_recents(self, recents: Sequence[str]) -> None:
        """List the places that were opened before, newest first."""
        self.recents.show_places(recents)

    def show_runs(self, found: RunsFound) -> None:
        """List the newest saved runs; the place of the list is kept free before, so that nothing moves."""
        self.runs.show_runs(found.runs, reading=found.reading)
        self.all_button.setVisible(bool(found.runs))
        self._runs = {str(run.path): run for run in found.runs}
        self.recents.show_runs(self._runs)
        self.show_left_off(self._left_off, self.reopen.isChecked())

    def put_tour_forward(self, forward: bool) -> None:
        """Offer the guided first run by a button, or quietly to those who know it."""
        self.tour_button.setProperty("kind", "" if forward else "link")
        self.tour_button.style().unpolish(self.tour_button)
        self.tour_button.style().polish(self.tour_button)

    def _examples(self) -> QVBoxLayout:
        box = QVBoxLayout()
        box.setSpacing(8)
        self.tour_button = QPushButton(tr("Guided first run"))
        self.tour_button.setToolTip(tr("Seven short steps beside the map while a real training runs; Esc ends it"))
        self.tour_button.clicked.connect(self.tour)
        row = QHBoxLayout()
        row.addWidget(PlainLabel(tr("Or begin with an example"), role="section"))
        row.addStretch(1)
        row.addWidget(self.tour_button)
        box.addLayout(row)
        box.addWidget(self.examples)
        return box

    def _card(self, title: str, content: QVBoxLayout | QGridLayout, height: int) -> QFrame:
        card = QFrame()
        card.setObjectName("card")
        keep_size(card, least_height=height)
        box = QVBoxLayout(card)
        box.setContentsMargins(12, 10, 12, 10)
        box.setSpacing(8)
        box.addWidget(PlainLabel(title, role="section"))
        box.addLayout(content)
        box.addStretch(1)
        return card

    def _draw(self) -> None:
        self._fit()
        self.left_off.setIcon(icon("history", self.themes.current))


def _key_table(keys: Sequence[QWidget], shortcuts: Sequence[str]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(10)
    grid.setVerticalSpacing(6)
    for place, (key, what) in enumerate(zip(keys, shortcuts, strict=True)):
        row, column = divmod(place, 3)
        grid.addWidget(key, row, 2 * column, Qt.AlignmentFlag.AlignLeft)
        words = PlainLabel(what, role="muted")
        words.setWordWrap(True)
        grid.addWidget(words, row, 2 * column + 1)
        grid.setColumnStretch(2 * column + 1, 1)
    return grid
