"""What was opened last, on the start page: names with what tells them apart, and runs in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from explorer.core.errors import printable
from explorer.data.names import DATA_ENDINGS, SAMPLE_PREFIX
from explorer.ui.widgets.icons import pixmap
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.local_paths import places_apart, short_name
from explorer.ui.widgets.text import ElidedLabel, PlainLabel, plain_tip
from explorer.ui.widgets.text_size import scaled
from explorer.ui.widgets.theme import ThemeManager

if TYPE_CHECKING:
    from explorer.engine.saved_runs import RunGlance
    from explorer.ui.shell.opening.open_data import Opener

MOST = 6
NOTHING = tr("What you open will be listed here.")


class RecentRow(QPushButton):
    """One place; a click opens it. Its name keeps its room; where it is lacks the middle, and figures their end."""

    def __init__(self, spec: str, where: str, themes: ThemeManager) -> None:
        super().__init__()
        self.spec, self._where, self._themes = spec, where, themes
        self._icon = _icon_of(spec)
        self.setProperty("kind", "row")
        self.setMinimumWidth(80)
        self._whole = short_name(spec) if spec.startswith(SAMPLE_PREFIX) else printable(spec)
        self.setToolTip(plain_tip(self._whole))
        self.picture, self.name = PlainLabel(), ElidedLabel(mode=Qt.TextElideMode.ElideMiddle)
        self.where = ElidedLabel(role="muted", mode=Qt.TextElideMode.ElideMiddle)
        self.where.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(8)
        row.addWidget(self.picture)
        row.addWidget(self.name)
        row.addWidget(self.where, 1)
        for label in (self.picture, self.name, self.where):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.show_run(None)

    def show_run(self, run: RunGlance | None) -> None:
        """Say what was trained and how well, where the place is a run; None: what the place is called."""
        if run is None:
            self._say(_icon_of(self.spec), short_name(self.spec), self._where)
        else:
            from explorer.ui.shell.saved_runs.saved_runs import headed, told  # not before the first paint

            self._say("history", headed(run), told(run))

    def _say(self, icon: str, name: str, where: str) -> None:
        self._icon = icon
        ends = icon == "history"
        self.where.set_mode(Qt.TextElideMode.ElideRight if ends else Qt.TextElideMode.ElideMiddle)
        self.name.setText(name)
        self.where.setText(where)
        self.setAccessibleName(tr("Open {name}", name=self.name.text()))
        self.setAccessibleDescription(self._whole)
        self.draw()

    def draw(self) -> None:
        """Draw the icon in the colours of the theme."""
        self.picture.setPixmap(pixmap(self._icon, self._themes.current, "muted", scaled(16), self.devicePixelRatioF()))


class RecentPlaces(QWidget):
    """The places that were opened last, newest first.

    Signals
    -------
    chosen(spec): the place that was clicked.
    """

    chosen = Signal(str)

    def __init__(self, themes: ThemeManager) -> None:
        super().__init__()
        self._themes = themes
        self.rows: list[RecentRow] = []
        self._runs: Mapping[str, RunGlance] = {}
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)
        self.nothing = PlainLabel(NOTHING, role="muted")
        self.nothing.setWordWrap(True)
        self._box.addWidget(self.nothing)
        self._box.addStretch(1)
        themes.changed.connect(self._draw)

    def show_places(self, specs: Sequence[str]) -> None:
        """List these."""
        for old in self.rows:
            self._box.removeWidget(old)
            old.deleteLater()
        shown = list(specs[:MOST])
        self.rows = [
            RecentRow(spec, where, self._themes) for spec, where in zip(shown, places_apart(shown), strict=True)
        ]
        for place, row in enumerate(self.rows):
            row.clicked.connect(lambda _=False, spec=row.spec: self.chosen.emit(spec))
            self._box.insertWidget(place, row)
        self.nothing.setVisible(not self.rows)
        self.show_runs(self._runs)

    def show_runs(self, runs: Mapping[str, RunGlance]) -> None:
        """Tell of the places that are one of these runs what was trained there."""
        self._runs = runs
        for row in self.rows:
            row.show_run(runs.get(row.spec))

    def _draw(self) -> None:
        for row in self.rows:
            row.draw()


def _icon_of(spec: str) -> str:
    # by the name alone: a look at a network drive that is away would hold the first paint up
    is_file = spec.lower().endswith(DATA_ENDINGS)
    return "sample" if spec.startswith(SAMPLE_PREFIX) else "file" if is_file else "folder"


def fill_recents(menu: QMenu, runs: Sequence[RunGlance], recents: Sequence[str], opener: Opener) -> None:
    """Fill a menu with the newest ``runs``, then what was opened last, each by its name with what tells it apart."""
    from explorer.ui.shell.saved_runs.saved_runs import headed, told  # not before the first paint

    menu.clear()
    for run in runs:
        action = menu.addAction(f"{headed(run)}   {told(run)}".replace("&", "&&"))
        action.setToolTip(plain_tip(printable(str(run.path))))
        action.triggered.connect(lambda _=False, path=str(run.path): opener.open(path))
    if runs:
        menu.addAction(tr("All saved runs…")).triggered.connect(opener.all_runs)
        menu.addSeparator()
    for spec, where in zip(recents, places_apart(recents), strict=True):
        action = menu.addAction((short_name(spec) + (f"   {where}" if where else "")).replace("&", "&&"))
        action.setToolTip(plain_tip(printable(spec)))
        action.triggered.connect(lambda _=False, spec=spec: opener.open_or_ask(spec))
    if not recents:
        menu.addAction(tr("Nothing yet")).setEnabled(False)
