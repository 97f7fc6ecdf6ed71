"""With which step what is shown is compared: as it was when it was pinned, or a kept step of the run."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QWidget

from explorer.core.map_values import KeptStep
from explorer.engine.events import DatasetOpened, RunShown
from explorer.ui.session.panel import Desk
from explorer.ui.widgets.fields.choice import Combo
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import count

WHEN_PINNED = tr("as pinned")


class CompareSteps(Combo):
    """The kept steps of the run that is shown.

    Signals
    -------
    chosen(int): a step, -1 for when each query was pinned.
    """

    chosen = Signal(int)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setAccessibleName(tr("The step with which neighbours are compared"))
        self.setToolTip(tr("Compare what is shown with this kept step: which neighbours came, went and moved"))
        self.setMinimumContentsLength(8)
        self.setSizeAdjustPolicy(self.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.addItem(WHEN_PINNED, -1)
        self.currentIndexChanged.connect(lambda _place: self.chosen.emit(self.step))
        desk.bridge.of(KeptStep).connect(lambda _step: self.offer())
        for cause in (RunShown, DatasetOpened):
            desk.bridge.of(cause).connect(lambda _event: self.begin())
        self.offer()

    @property
    def step(self) -> int:
        """The step that is compared with, -1 for when each query was pinned."""
        return int(self.currentData())

    def begin(self) -> None:
        """Compare with no step of the run before."""
        before = self.step
        with QSignalBlocker(self):
            self.setCurrentIndex(0)
        self.offer()
        if before >= 0:
            self.chosen.emit(-1)

    def offer(self) -> None:
        """Offer the steps that are kept now; the one that was chosen stays, also where it was thinned away."""
        chosen = self.step
        steps = sorted({kept.step for kept in self._desk.session.replay.steps} | ({chosen} - {-1}))
        if [self.itemData(place) for place in range(1, self.count())] == steps:
            return
        with QSignalBlocker(self):
            self.clear()
            self.addItem(WHEN_PINNED, -1)
            for step in steps:
                self.addItem(tr("since step {step}", step=count(step)), step)
            self.setCurrentIndex(self.findData(chosen))
