"""Saved runs in words and with their small maps, and the newest of them as buttons on the start page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPainter, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from explorer.core.errors import printable
from explorer.core.figure_words import figure_words
from explorer.core.types import ByteArray
from explorer.engine.disk_use import megabytes
from explorer.engine.saved_runs import RunGlance
from explorer.ui.shell.run_bar import summary
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.text import ElidedLabel, PlainLabel, broken, count, counted, moment, plain_tip
from explorer.ui.widgets.text_size import scaled
from explorer.ui.widgets.theme import Theme, ThemeManager

if TYPE_CHECKING:
    from explorer.engine.session.session import Session
    from explorer.ui.session.bridge import Bridge

THUMBNAIL = QSize(56, 40)
ROUND = 4.0
MOST_PICTURES = 2_000
"""Small maps that are kept in memory, 80 kB each; of more those that were asked for first go."""
AT_ONCE = 16
"""Small maps that are read together: what came into sight last is read first."""

SAVED = tr("Every run is saved by itself, and listed here.")
READING = tr("Looking for saved runs…")


def titled(run: RunGlance) -> str:
    """Return what was trained on what, in one line: the recipe as it ended, or the network of a script of its own."""
    if run.script:
        return tr("{network} by a script of its own on {data}", network=printable(run.script), data=printable(run.data))
    margin = run.recipe.loss.params.get("margin")
    return summary(run.recipe, printable(run.data), margin, mined=run.recipe.miner.name != "all")


def headed(run: RunGlance) -> str:
    """Return the name that a person gave a run, else what was trained on what."""
    return printable(run.notes.name) or titled(run)


def figure_told(run: RunGlance) -> str:
    """Return the figure by which a run is followed: recall@1, or the mean error of a number."""
    error = dict(run.metrics).get("mean_error")
    if run.recall is None and error is not None:
        return tr("mean error {error:.3g}", error=error)
    return tr("no recall yet") if run.recall is None else tr("recall@1 {recall:.3f}", recall=run.recall)


def told(run: RunGlance) -> str:
    """Return how far a run came, and when: ``recall@1 0.952 · step 1,200 · 28 Nov 22:14``."""
    return f"{figure_told(run)} · {stopped_in(run) or tr('step {step}', step=count(run.step))} · {dated(run)}"


def told_whole(run: RunGlance) -> str:
    """Return what ``told`` does, with the epochs and the room on the disk."""
    epochs = () if run.epochs is None else (stopped_in(run) or counted(run.epochs, "epoch"),)
    step, size = tr("step {step}", step=count(run.step)), said(megabytes(run.size))
    return " · ".join((figure_told(run), step, *epochs, size, dated(run)))


def stopped_in(run: RunGlance) -> str:
    """Return in which epoch of how many a run was stopped, empty where it was not."""
    if run.planned is None or run.epochs is None:
        return ""
    unit = tr("epoch") if run.recipe.fitter.name == "none" else tr("step")
    return tr(
        "stopped in {unit} {epochs} of {planned}",
        unit=unit,
        epochs=count(min(run.epochs + 1, run.planned)),
        planned=count(run.planned),
    )


def dated(run: RunGlance) -> str:
    """Return when a run was last written to."""
    return moment(run.seconds)


def paint_small_map(painter: QPainter, theme: Theme, picture: QPixmap | None, box: QRectF) -> None:
    """Paint the small map of a run on the background of a map; None: the background alone."""
    painter.save()
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour("background"))
    painter.drawRoundedRect(box, ROUND, ROUND)
    if picture is not None:
        painter.drawPixmap(box, picture, QRectF(picture.rect()))
    painter.restore()


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


class RunRow(QPushButton):
    """One saved run; a click opens it."""

    def __init__(self, run: RunGlance, themes: ThemeManager, pictures: RunPictures) -> None:
        super().__init__()
        self.run = run
        self._themes, self._pictures = themes, pictures
        self.setProperty("kind", "row")
        self.setProperty("tall", True)  # by the style, which would take a height that is set for another
        self.setMinimumWidth(120)
        self.setAccessibleName(tr("Open the run {headed}", headed=headed(run)))
        self.setAccessibleDescription(told(run))
        about = broken(f"recall@1: {said(figure_words('recall@1'))}")
        self.setToolTip(plain_tip(f"{titled(run)}\n{printable(str(run.path))}\n{about}"))
        self.picture = PlainLabel()
        self.title, self.details = ElidedLabel(headed(run)), ElidedLabel(told(run), role="muted")
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        words.addWidget(self.title)
        words.addWidget(self.details)
        words.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 4, 6, 4)
        row.setSpacing(10)
        row.addWidget(self.picture)
        row.addLayout(words, 1)
        for label in (self.picture, self.title, self.details):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._draw()
        themes.changed.connect(self._draw)
        pictures.arrived.connect(self._draw)

    def _draw(self) -> None:
        ratio = self.devicePixelRatioF()
        side = QSize(scaled(THUMBNAIL.width()), scaled(THUMBNAIL.height()))
        drawn = QPixmap(side * ratio)
        drawn.setDevicePixelRatio(ratio)
        drawn.fill(Qt.GlobalColor.transparent)
        painter = QPainter(drawn)
        box = QRectF(0, 0, side.width(), side.height())
        paint_small_map(painter, self._themes.current, self._pictures.picture(self.run), box)
        painter.end()
        self.picture.setPixmap(drawn)


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
        shown = runs[: self._most]
        self.nothing.setText(READING if reading else SAVED)
        if [(row.run.path, headed(row.run), told(row.run)) for row in self.rows] == [
            (run.path, headed(run), told(run)) for run in shown
        ]:
            return
        for row in self.rows:
            self._box.removeWidget(row)
            row.deleteLater()
        self.rows = [RunRow(run, self._themes, self.pictures) for run in shown]
        for place, row in enumerate(self.rows):
            row.clicked.connect(lambda _=False, path=str(row.run.path): self.chosen.emit(path))
            self._box.insertWidget(place, row)
        self.nothing.setVisible(not self.rows)
