"""What was moved while a run trained is told below its recipe."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from explorer.core.events import ParameterChanged, RunStarted
from explorer.core.recipe import Recipe
from explorer.engine.events import RunOpened
from explorer.ui.recipe.changed_live import ChangedLive
from explorer.ui.session.bridge import Bridge


def changed(step: int, path: str, old: float | str, new: float | str) -> ParameterChanged:
    return ParameterChanged("r", step, path, old, new)


def test_a_run_tells_what_was_moved_from_where_to_where_and_when(qtbot: QtBot) -> None:
    bridge = Bridge()
    label = ChangedLive(bridge)
    qtbot.addWidget(label)
    assert label.isHidden()
    changes = [
        changed(90, "loss.margin", 0.2, 0.6),
        changed(168, "loss.margin", 0.6, 1.25),
        changed(1210, "miner", "all", "semi_hard"),
    ]
    bridge.of(RunOpened).emit(RunOpened("r", Path("r"), Recipe(), changes=changes))
    assert label.text() == "Changed live: margin 0.2 → 0.6 → 1.25 at step 168, miner all → semi-hard at step 1,210"
    assert label.toolTip().splitlines() == [
        "margin 0.2 → 0.6 at step 90",
        "margin 0.6 → 1.25 at step 168",
        "miner all → semi-hard at step 1,210",
    ]
    bridge.of(ParameterChanged).emit(changed(1300, "loss.margin", 1.25, 0.2))
    assert label.text() == "Changed live: miner all → semi-hard at step 1,210"  # the margin is back
    bridge.of(ParameterChanged).emit(changed(1400, "loss.margin", 0.2, 0.3))
    assert label.text().endswith("margin 0.2 → … → 0.2 → 0.3 at step 1,400"), "what it was last before"
    bridge.run_event.emit(RunStarted("r", 100, 400, 2, "cpu", 1, 9))  # it was taken back to there
    assert label.text() == "Changed live: margin 0.2 → 0.6 at step 90"
    bridge.run_event.emit(RunStarted("r2", 0, 400, 2, "cpu", 1, 9))
    assert label.isHidden()
    bridge.close()
