"""What works in the background, as it reaches the window: the run, the map, the analysis, and every job."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from explorer.core.errors import printable
from explorer.core.types import JobStatus, Progress, Projection
from explorer.engine.events import UNDER_WAY, AnalysisUnderWay, AnalysisWork, DatasetOpened, StateChanged
from explorer.ui.map.frame_status import title_of
from explorer.ui.session.panel import Desk
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import count

TRAINING, LAYOUT = "training", "layout"
ANALYSIS: dict[AnalysisWork, str] = {
    "kernels": tr("First start: preparing what computes the map and the figures"),
    "evaluation": tr("Evaluation of the items"),
    "raw evaluation": tr("Evaluation of the raw data"),
    "histogram": tr("Distances of pairs"),
    "census": tr("Triplets of all items"),
    "values": tr("Colours of the map"),
    "neighbours": tr("Neighbours of the queries"),
    "map neighbours": tr("Neighbours of all items, for the map"),
}
"""What the work of the analysis process is called: it has no share that is done, and goes on by itself."""
SOONEST_SECONDS = 2.0
"""How long something has to be followed before it is said how long it will take."""
REST_MS = 1500
"""A map of which no frame came for so long is at rest."""


@dataclass(slots=True)
class Work:
    """One thing that works: its title, how far it is (None: unknown), and how it is cancelled (None: it is not).

    ``began``: when, in seconds (monotonic); ``left``: seconds until its end as it last got on, None where nobody knows.
    ``since``: from when on, and from which share, its share was followed: one that falls is of another part of it.
    ``moved``: when it last got on; ``longest``: the longest time between two such moments.
    """

    title: str
    began: float
    fraction: float | None = None
    left: float | None = None
    cancel: Callable[[], None] | None = None
    since: tuple[float, float] = (0.0, 0.0)
    moved: float = field(default_factory=time.monotonic)
    longest: float = 0.0

    def get_on(self, fraction: float | None, now: float) -> None:
        """Take how far it is, and say how long it will take at the pace that it had so far."""
        if fraction is None or self.fraction is None or fraction < self.fraction:
            self.since, self.moved, self.longest = (now, fraction or 0.0), now, 0.0
        elif fraction > self.fraction:
            self.longest, self.moved = max(self.longest, now - self.moved), now
        self.fraction, (begun, first) = fraction, self.since
        done = 0.0 if fraction is None else fraction - first
        known = fraction is not None and done > 0 and now - begun >= SOONEST_SECONDS
        self.left = (now - begun) / done * (1 - (fraction or 0.0)) if known else None

    def left_at(self, now: float) -> float | None:
        """Return the seconds until its end; None where nobody knows, or it stands for longer than its pace allows."""
        stands = now - self.moved
        if self.left is None or stands > max(SOONEST_SECONDS, 2 * self.longest) or stands > self.left > 0:
            return None
        return max(0.0, self.left - stands)


class WorkList(QObject):
    """Follows a session; ``changed`` comes when something begins, ends or gets on."""

    changed = Signal()

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.works: dict[int | str, Work] = {}
        self._rest = QTimer(self, interval=REST_MS, singleShot=True)
        self._rest.timeout.connect(lambda: self._end(LAYOUT))
        bridge = desk.bridge
        bridge.of(JobStatus).connect(self._on_job)
        bridge.of(StateChanged).connect(self._on_state)
        bridge.of(Progress).connect(self._on_progress)
        bridge.of(Projection).connect(self._on_frame)
        bridge.of(AnalysisUnderWay).connect(self._on_analysis)
        bridge.of(DatasetOpened).connect(lambda _event: self._end(LAYOUT))

    def _begin(self, key: int | str, title: str) -> Work:
        work = self.works.get(key)
        if work is None:
            work = self.works[key] = Work(title, time.monotonic())
        work.title = title
        return work

    def _end(self, key: int | str) -> None:
        if self.works.pop(key, None) is not None:
            self.changed.emit()

    def _on_job(self, status: JobStatus) -> None:
        if status.state != "running":
            self._end(status.id)
            return
        work = self._begin(status.id, printable(status.title))
        work.get_on(status.fraction, time.monotonic())
        work.cancel = partial(self._desk.session.cancel, status.id) if status.cancellable else None
        self.changed.emit()

    def _on_analysis(self, told: AnalysisUnderWay) -> None:
        """List what the analysis works at, each since it began; what is not told of any more has ended."""
        begun = {f"analysis {piece.work}": piece for piece in told.pieces}
        for key in [key for key in self.works if str(key).startswith("analysis ") and key not in begun]:
            del self.works[key]
        for key, piece in begun.items():
            self._begin(key, ANALYSIS[piece.work]).began = piece.began
        self.changed.emit()

    def _on_state(self, event: StateChanged) -> None:
        if event.state in UNDER_WAY:
            work = self._begin(TRAINING, tr("Training") if event.state == "training" else tr("Training, paused"))
            work.cancel = self._desk.session.stop
            self.changed.emit()
        else:
            self._end(TRAINING)

    def _on_progress(self, progress: Progress) -> None:
        work = self.works.get(TRAINING)
        if work is None:
            return
        done, whole = progress.last_pass or (progress.step, progress.steps)
        part = (
            tr("Training: embedding all items")
            if progress.last_pass
            else tr("Training: step {step}", step=count(progress.step))
        )
        work.title = part
        work.get_on(done / max(1, whole), time.monotonic())
        work.left = progress.seconds_left
        self.changed.emit()

    def _on_frame(self, frame: Projection) -> None:
        self._begin(LAYOUT, tr("Layout of the map: {title_of}", title_of=title_of(frame.method)))
        self._rest.start()
        self.changed.emit()
