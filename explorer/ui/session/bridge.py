"""The one door through which results of workers reach the window, on its thread and at most 30 times a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal, SignalInstance, Slot

from explorer.core.events import RunFailed, RunFinished, RunPaused, RunResumed, RunStarted
from explorer.core.result_kinds import kind_of
from explorer.engine.lanes import Lanes
from explorer.ui.widgets.from_thread import emit_from_thread

INTERVAL_MS = 33
"""Least time between two drains: 30 a second."""

HURRY_MS, HURRY_SECONDS = 8, 0.3
"""The same while somebody waits for an answer, and for how long after they asked."""

_RunEvent = RunStarted | RunPaused | RunResumed | RunFinished | RunFailed


class _Channel(QObject):
    """The signal of one kind of value."""

    received = Signal(object)


class Bridge(QObject):
    """Turns what a session put on its lanes into typed signals on the GUI thread.

    Give ``doorbell`` to the session and the session's lanes to ``attach``. Workers never emit towards a widget: they
    ring the doorbell, which carries nothing and is queued. Within one drain, what began comes before the metrics and
    what ended (paused, finished, failed) after them, so that a panel has everything of a run when it hears of its end.

    ``of(type)`` is the signal of one kind of value, as ``core.result_kinds`` declares them.

    Signals
    -------
    metrics(list of StepMetrics): all that came since the last drain.
    run_event(event): a run started, paused, resumed, finished or failed.
    """

    metrics = Signal(object)
    run_event = Signal(object)

    _rung = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lanes: Lanes | None = None
        self._early: tuple[Lanes, Sequence[type]] | None = None
        self._channels: dict[type, _Channel] = {}
        self._open = True
        self._lock = threading.Lock()
        self._drained_at = float("-inf")
        self._hurried_at = float("-inf")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._drain)
        self._rung.connect(self._on_rung, Qt.ConnectionType.QueuedConnection)

    def of(self, kind: type) -> SignalInstance:
        """Return the signal that carries every value of a type, on the GUI thread.

        Raises
        ------
        TypeError: if values of this type do not travel on the lanes.
        """
        kind_of(kind)
        if kind not in self._channels:
            self._channels[kind] = _Channel(self)
        return self._channels[kind].received

    def attach_early(self, lanes: Lanes, kinds: Sequence[type]) -> None:
        """Deliver values of these types before ``attach``, which waits until everybody is there to hear the rest."""
        self._early = lanes, kinds
        self.doorbell()

    def attach(self, lanes: Lanes) -> None:
        """Drain these lanes from now on, and at once what already waits on them."""
        self._lanes, self._early = lanes, None
        self.doorbell()

    def doorbell(self) -> None:
        """Say that something waits; from any thread, at any time, also after ``close``."""
        with self._lock:
            if self._open:
                emit_from_thread(self._rung.emit)

    def hurry(self) -> None:
        """Deliver what comes in the next moments almost at once: somebody has clicked and waits for the answer."""
        self._hurried_at = time.monotonic()
        if self._timer.isActive():
            self._timer.stop()
            self._on_rung()

    def close(self) -> None:
        """Deliver what waits, then nothing more."""
        with self._lock:
            self._open = False
        self._timer.stop()
        self._drain()
        self._lanes = self._early = None

    @Slot()
    def _on_rung(self) -> None:
        if self._early is not None:
            self._deliver_early(*self._early)
        if self._lanes is None or self._timer.isActive():
            return
        now = time.monotonic()
        waited = (now - self._drained_at) * 1000.0
        interval = HURRY_MS if now - self._hurried_at < HURRY_SECONDS else INTERVAL_MS
        if waited >= interval:
            self._drain()
        else:
            self._timer.start(max(1, round(interval - waited)))

    @Slot()
    def _drain(self) -> None:
        assert QThread.currentThread() is self.thread(), "lanes are drained on the GUI thread only"
        if self._lanes is None:
            return
        batch = self._lanes.drain()
        began, ended = _parted(batch.sent)
        for value in began:
            self._deliver(value)
        if batch.appended:
            self.metrics.emit(list(batch.appended))
        for value in batch.latest.values():
            self._deliver(value)
        for value in ended:
            self._deliver(value)
        self._drained_at = time.monotonic()

    def _deliver_early(self, lanes: Lanes, kinds: Sequence[type]) -> None:
        batch = lanes.take(kinds)
        for value in (*batch.sent, *batch.latest.values()):
            self._deliver(value)

    def _deliver(self, value: object) -> None:
        if isinstance(value, _RunEvent):
            self.run_event.emit(value)
        channel = self._channels.get(type(value))
        if channel is not None:
            channel.received.emit(value)


def _parted(sent: Sequence[object]) -> tuple[Sequence[object], Sequence[object]]:
    """Part the events before the last end of a run from that end and what follows it, unless a run began after it."""
    for place in range(len(sent) - 1, -1, -1):
        if isinstance(sent[place], RunStarted | RunResumed):
            break
        if isinstance(sent[place], RunFinished | RunFailed | RunPaused):
            return sent[:place], sent[place:]
    return sent, ()
