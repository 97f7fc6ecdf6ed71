"""What a run measured, by step: for whoever shows figures of a step that is past."""

from __future__ import annotations

from bisect import bisect_right

from PySide6.QtCore import QObject

from explorer.core.events import RunStarted
from explorer.core.types import CROSS_MODAL, PIXELS_RUN, REGRESSION, RETRIEVAL, Evaluation, StepMetrics
from explorer.engine.events import DatasetOpened, RunGoesOn, RunOpened
from explorer.ui.session.bridge import Bridge
from explorer.ui.widgets.series import Series


def is_followed(found: Evaluation) -> bool:
    """Return whether these are the figures of held-out items by which a run is followed: recalls, or the mean error."""
    return found.protocol in (RETRIEVAL, CROSS_MODAL, REGRESSION) and found.part == "held-out"


class RunHistory(QObject):
    """Loss, triplet counts and held-out figures of the run that is shown, each as it stood at any step."""

    def __init__(self, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._loss = Series()
        self._counts = Series(columns=2)  # violated and all triplets of a batch
        self._evaluations: list[Evaluation] = []
        self._saved: int | None = None
        bridge.metrics.connect(self._add_metrics)
        bridge.of(Evaluation).connect(self._add_evaluation)
        bridge.run_event.connect(self._on_run_event)
        bridge.of(RunOpened).connect(self._on_run_opened)
        bridge.of(RunGoesOn).connect(self._take)
        bridge.of(DatasetOpened).connect(lambda _opened: self._forget())

    @property
    def newest(self) -> int:
        """The last step that was measured, 0 before any; of a run that was cut off the last that was saved."""
        last = self._loss.last
        return self._saved if self._saved is not None else int(last[0]) if last else 0

    def loss(self, step: int) -> float | None:
        """Return the loss of a step, or of the last one before it that was measured."""
        row = self._loss.before(step)
        return row[1] if row else None

    def violated(self, step: int) -> float | None:
        """Return the share of violated triplets of a batch, or of the last one before it that was counted."""
        row = self._counts.before(step)
        return row[1] / row[2] if row else None

    def evaluation(self, step: int) -> Evaluation | None:
        """Return the retrieval figures of the held-out items at a step, or the last ones before it."""
        place = bisect_right(self._evaluations, step, key=lambda found: found.step)
        return self._evaluations[place - 1] if place else None

    def _add_metrics(self, metrics: list[StepMetrics]) -> None:
        self._saved = None
        for step in metrics:
            self._loss.append(step.step, step.loss)
            if step.census is not None and step.census.total:
                self._counts.append(step.step, step.census.violated, step.census.total)

    def _add_evaluation(self, found: Evaluation) -> None:
        if is_followed(found) and found.run != PIXELS_RUN:
            self._evaluations = [other for other in self._evaluations if other.step < found.step] + [found]

    def _on_run_event(self, event: object) -> None:
        if isinstance(event, RunStarted):
            if event.step == 0:
                self._forget()
            self._evaluations = [found for found in self._evaluations if found.step <= event.step]

    def _on_run_opened(self, opened: RunOpened) -> None:
        self._take(opened)
        self._saved = opened.cut_off

    def _take(self, past: RunOpened | RunGoesOn) -> None:
        """Know what a run measured, and nothing of the one before."""
        self._forget()
        self._add_metrics(list(past.metrics))
        for found in past.evaluations:
            self._add_evaluation(found)

    def _forget(self) -> None:
        self._loss.clear()
        self._counts.clear()
        self._evaluations = []
        self._saved = None
