"""Saved runs in words and with their small maps, and one as a button on the start page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout

from explorer.core.errors import printable
from explorer.core.figure_words import figure_words
from explorer.engine.saved_runs import RunGlance
from explorer.ui.session.run_names import recipe_line, told_apart
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.recipe_words import branched, of_step, summary
from explorer.ui.widgets.text import ElidedLabel, PlainLabel, broken, count, decimal, moment, plain_tip
from explorer.ui.widgets.text_size import scaled
from explorer.ui.widgets.theme import Theme, ThemeManager

if TYPE_CHECKING:
    from explorer.ui.shell.saved_runs.newest_runs import RunPictures

THUMBNAIL = QSize(56, 40)
ROUND = 4.0


def titled(run: RunGlance) -> str:
    """Return what was trained on what, in one line: the recipe as it ended, or the network of a script of its own."""
    if run.script:
        return tr("{network} by a script of its own on {data}", network=printable(run.script), data=printable(run.data))
    margin = run.recipe.loss.params.get("margin")
    return summary(run.recipe, printable(run.data), margin, mined=run.recipe.miner.name != "all")


def headed(run: RunGlance) -> str:
    """Return the name that a person gave a run, else what was trained on what."""
    return printable(run.notes.name) or titled(run)


def headed_apart(runs: Sequence[RunGlance]) -> list[str]:
    """Return what runs of a list are called; those that would be called the same also by what tells them apart."""
    heads = [headed(run) for run in runs]
    for head in {head for head in heads if heads.count(head) > 1}:
        places = [place for place, one in enumerate(heads) if one == head]
        recipes = [runs[place].recipe for place in places]
        for place, recipe, apart in zip(places, recipes, told_apart(recipes), strict=True):
            heads[place] += apart.removeprefix(recipe_line(recipe))
    return heads


def figure_told(run: RunGlance) -> str:
    """Return the figure by which a run is followed: recall@1, or the mean error of a number; if earlier, its step."""
    error = dict(run.metrics).get("mean_error")
    if run.recall is None and error is None:
        return tr("no recall yet")
    figure = tr("mean error {error:.3g}", error=error) if run.recall is None else f"recall@1 {decimal(run.recall)}"
    return of_step(figure, run.measured_before)


def told(run: RunGlance) -> str:
    """Return how far a run came, when, and whose branch it is: ``recall@1 0.952 · step 1,200 · 28 Nov 22:14``."""
    far = stopped_in(run) or tr("step {step}", step=count(run.step))
    return " · ".join(filter(None, (figure_told(run), far, dated(run), branched(run.parent))))


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


class RunRow(QPushButton):
    """One saved run; a click opens it."""

    def __init__(self, run: RunGlance, head: str, themes: ThemeManager, pictures: RunPictures) -> None:
        super().__init__()
        self.run = run
        self._themes, self._pictures = themes, pictures
        self.setProperty("kind", "row")
        self.setProperty("tall", True)  # by the style, which would take a height that is set for another
        self.setMinimumWidth(120)
        self.setAccessibleName(tr("Open the run {headed}", headed=head))
        self.setAccessibleDescription(told(run))
        about = broken(f"recall@1: {said(figure_words('recall@1'))}")
        self.setToolTip(plain_tip(f"{titled(run)}\n{printable(str(run.path))}\n{about}"))
        self.picture = PlainLabel()
        self.title, self.details = ElidedLabel(head), ElidedLabel(told(run), role="muted")
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
