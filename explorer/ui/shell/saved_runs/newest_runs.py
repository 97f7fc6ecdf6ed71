"""The newest saved runs as buttons on the start page, and the small maps of runs, read in the background."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QVBoxLayout, QWidget

from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import PlainLabel

if TYPE_CHECKING:
    from explorer.core.types import ByteArray
    from explorer.engine.saved_runs import RunGlance
    from explorer.engine.session.session import Session
    from explorer.ui.session.bridge import Bridge
    from explorer.ui.shell.saved_runs.saved_runs import RunRow
    from explorer.ui.widgets.theme import ThemeManager

MOST_PICTURES = 2_000
"""Small maps that are kept in memory, 80 kB each; of more those that were asked for first go."""
AT_ONCE = 16
"""Small maps that are read together: what came into sight last is read first."""

SAVED = tr("Every run is saved by itself, and listed here.")
READING = tr("Looking for saved runs…")


class RunPictures(QObject):
    """The small maps of runs, read in the background when they are asked for.

    Signals
    -------
    arrived(): some that were asked for can be painted now.
    """

    arrived = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._session: Session | None = None
        self._known: dict[Path, tuple[float, QPixmap | None]] = {}
        self._wanted: dict[Path, float] = {}
        self._reading: dict[Path, float] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._ask)

    def attach(self, session: Session, bridge: Bridge) -> None:
        """Read by this session."""
        from explorer.engine.session.saved_runs import RunThumbnails  # not before the first paint

        self._session = session
        bridge.of(RunThumbnails).connect(lambda found: self._take(found.pictures))
        self._timer.start(0)

    def picture(self, run: RunGlance) -> QPixmap | None:
        """Return the small map of a run; None where it has none or was not read yet: it is asked for then.

        Of a run that was written to since it is the one before, until the new one is there.
        """
        seconds, known = self._known.get(run.path, (None, None))
        if seconds != run.seconds and self._reading.get(run.path) != run.seconds:
            self._wanted.pop(run.path, None)
            self._wanted[run.path] = run.seconds  # the last one
            if not self._timer.isActive():
                self._timer.start(0)
        return known

    def _ask(self) -> None:
        if self._session is None or self._reading or not self._wanted:
            return
        newest = list(self._wanted)[-AT_ONCE:][::-1]
        self._reading = {path: self._wanted[path] for path in newest}
        self._wanted = {}  # what is still in sight is asked for again when it is painted
        self._session.runs.read_thumbnails(newest)

    def _take(self, pictures: Sequence[tuple[Path, ByteArray | None]]) -> None:
        for path, pixels in pictures:
            if path in self._reading:
                self._known[path] = (self._reading[path], None if pixels is None else _pixmap(pixels))
        while len(self._known) > MOST_PICTURES:
            del self._known[next(iter(self._known))]
        self._reading = {}
        self.arrived.emit()
        if self._wanted:
            self._timer.start(0)


def _pixmap(pixels: ByteArray) -> QPixmap:
    height, width = pixels.shape[:2]
    content = pixels.tobytes()
    return QPixmap.fromImage(QImage(content, width, height, 4 * width, QImage.Format.Format_RGBA8888))


class RunsList(QWidget):
    """The newest runs below each other, at most ``most`` of them.

    Signals
    -------
    chosen(path): the run that was clicked.
    """

    chosen = Signal(str)

    def __init__(self, themes: ThemeManager, most: int) -> None:
        super().__init__()
        self._themes, self._most = themes, most
        self.pictures = RunPictures(self)
        self.rows: list[RunRow] = []
        self.nothing = PlainLabel(READING, role="muted")
        self.nothing.setWordWrap(True)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)
        self._box.addWidget(self.nothing)
        self._box.addStretch(1)

    def show_runs(self, runs: Sequence[RunGlance], *, reading: bool = False) -> None:
        """List these, newest first; rows that are there already stay, and with them the focus.

        ``reading``: there may be more, so that no run does not mean that there is none.
        """
        from explorer.ui.shell.saved_runs.saved_runs import RunRow, headed_apart, told  # not before the first paint

        shown = runs[: self._most]
        self.nothing.setText(READING if reading else SAVED)
        heads = headed_apart(shown)
        if [(row.run.path, row.title.text(), told(row.run)) for row in self.rows] == [
            (run.path, head, told(run)) for run, head in zip(shown, heads, strict=True)
        ]:
            return
        for row in self.rows:
            self._box.removeWidget(row)
            row.deleteLater()
        self.rows = [RunRow(run, head, self._themes, self.pictures) for run, head in zip(shown, heads, strict=True)]
        for place, row in enumerate(self.rows):
            row.clicked.connect(lambda _=False, path=str(row.run.path): self.chosen.emit(path))
            self._box.insertWidget(place, row)
        self.nothing.setVisible(not self.rows)
