from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from explorer.core.events import RunFinished, RunPaused, RunStarted
from explorer.core.types import Progress, Projection, StepMetrics
from explorer.engine.events import Notice
from explorer.engine.lanes import Lanes
from explorer.ui.session import bridge as bridges
from explorer.ui.session.bridge import HURRY_MS, INTERVAL_MS, Bridge
from tests.helpers.clocks import ERA

POSTS = 4_000


def projection(step: int) -> Projection:
    return Projection("r", step, np.zeros(0, np.int64), np.zeros((0, 2), np.float32), 0, "pca", True)


def metrics(step: int) -> StepMetrics:
    return StepMetrics("r", step, 0, 0.1, 0.5, 1.0, 1e-3, 100.0)


def test_a_flood_is_thinned_where_it_may_be_and_nowhere_else(qtbot: QtBot) -> None:
    bridge = Bridge()
    lanes = Lanes(bridge.doorbell)
    shown: list[tuple[int, float]] = []
    steps: list[int] = []
    told: list[str] = []
    threads: set[int] = set()

    def on_projection(value: Projection) -> None:
        shown.append((value.step, time.monotonic()))
        threads.add(threading.get_ident())
        busy_until = time.monotonic() + 0.002
        while time.monotonic() < busy_until:
            pass

    bridge.of(Projection).connect(on_projection)
    bridge.metrics.connect(lambda batch: steps.extend(value.step for value in batch))
    bridge.of(Notice).connect(lambda notice: told.append(notice.text))
    bridge.attach(lanes)
    posted: list[float] = []

    def flood() -> None:
        for step in range(POSTS):
            lanes.latest("projection", projection(step))
            lanes.append(metrics(step))
            if step % 40 == 0:
                lanes.send(Notice(str(step)))
        posted.append(time.monotonic())

    worker = threading.Thread(target=flood)
    worker.start()
    qtbot.waitUntil(lambda: bool(shown) and shown[-1][0] == POSTS - 1, timeout=20_000)
    worker.join()

    assert shown[-1][1] - posted[0] < 0.5
    assert len(shown) < POSTS / 4
    assert [step for step, _ in shown] == sorted(step for step, _ in shown)
    assert steps == list(range(POSTS))
    assert told == [str(step) for step in range(0, POSTS, 40)]
    assert threads == {threading.get_ident()}
    bridge.close()


def test_what_comes_first_is_delivered_at_once(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridges, "INTERVAL_MS", ERA)
    bridge = Bridge()
    lanes = Lanes(lambda: None)  # what waits already rings no more
    lanes.append(metrics(1))
    with qtbot.waitSignal(bridge.metrics, timeout=20_000):
        bridge.attach(lanes)
    bridge.close()


def test_drains_are_at_least_an_interval_apart(qtbot: QtBot) -> None:
    bridge = Bridge()
    lanes = Lanes(bridge.doorbell)
    times: list[float] = []
    bridge.of(Progress).connect(lambda _: times.append(time.monotonic()))
    bridge.attach(lanes)
    stop = threading.Event()

    def ring() -> None:
        step = 0
        while not stop.wait(0.001):
            step += 1
            lanes.latest("progress", Progress("r", step, 10, 0, 1, 0.0, None, 0.0))

    worker = threading.Thread(target=ring)
    worker.start()
    qtbot.waitUntil(lambda: len(times) >= 8, timeout=20_000)
    stop.set()
    worker.join()
    bridge.close()
    assert min(np.diff(times[:8])) * 1000 > INTERVAL_MS * 0.6


def test_a_run_begins_before_its_metrics_and_ends_after_them(qtbot: QtBot) -> None:
    bridge = Bridge()
    lanes = Lanes(lambda: None)
    order: list[str] = []
    signals = {"run_event": bridge.run_event, "metrics": bridge.metrics, "projection": bridge.of(Projection)}
    for name, signal in signals.items():
        signal.connect(lambda value, name=name: order.append(f"{name} {type(value).__name__}"))
    lanes.send(RunStarted("r", 0, 10, 1, "cpu", 1, 100))
    lanes.append(metrics(1))
    lanes.latest("projection", projection(1))
    lanes.send(RunFinished("r", 10, 1, "done", 1.0, 10.0))
    bridge.attach(lanes)
    qtbot.waitUntil(lambda: len(order) == 4)
    assert order == ["run_event RunStarted", "metrics list", "projection Projection", "run_event RunFinished"]
    bridge.close()


def test_a_run_that_begins_after_an_end_is_not_held_back(qtbot: QtBot) -> None:
    bridge = Bridge()
    lanes = Lanes(lambda: None)
    seen: list[Any] = []
    bridge.run_event.connect(seen.append)
    lanes.send(RunPaused("a", 1))
    lanes.send(RunStarted("b", 0, 1, 1, "cpu", 1, 1))
    bridge.attach(lanes)
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert [event.run for event in seen] == ["a", "b"]
    bridge.close()


def test_closing_delivers_what_waits_and_nothing_later(qtbot: QtBot) -> None:
    bridge = Bridge()
    lanes = Lanes(bridge.doorbell)
    told: list[str] = []
    bridge.of(Notice).connect(lambda notice: told.append(notice.text))
    bridge.attach(lanes)
    lanes.send(Notice("last"))
    bridge.close()
    assert told == ["last"]
    lanes.send(Notice("too late"))
    bridge.doorbell()
    with qtbot.assertNotEmitted(bridge.of(Notice), wait=50):
        pass
    assert told == ["last"]


def test_an_answer_that_somebody_waits_for_is_not_held_back(qtbot: QtBot) -> None:
    bridge = Bridge()
    lanes = Lanes(bridge.doorbell)
    told: list[str] = []
    bridge.of(Notice).connect(lambda notice: told.append(notice.text))
    bridge.attach(lanes)
    lanes.send(Notice("first"))
    qtbot.waitUntil(lambda: len(told) == 1)
    lanes.send(Notice("second"))  # would wait for the rest of the interval
    qtbot.waitUntil(lambda: bridge._timer.isActive() or len(told) == 2)
    bridge.hurry()
    assert told == ["first", "second"] or bridge._timer.interval() <= HURRY_MS
    qtbot.waitUntil(lambda: len(told) == 2)
    bridge.close()
