from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from explorer.engine.saved_runs import run_paths
from explorer.engine.sweep.background import SweepEnded, SweepsLeft
from explorer.engine.sweep.kept_plan import MAIN_LOSSES
from explorer.engine.sweep.summary import Combination
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.shell.sweep.sweep_dialog import AskedSweep
from tests.helpers.windows import ready_session
from tests.ui.conftest import LONG


def test_what_is_asked_comes_from_the_field_and_what_was_found_is_one_click_away(
    qtbot: QtBot, open_window: Callable[..., MainWindow]
) -> None:
    window = open_window("sample:digits")
    ready_session(qtbot, window)
    qtbot.waitUntil(window.commands["run.losses"].isEnabled, timeout=LONG)
    panel = window.actions_of_window.recipe_panel
    assert panel is not None
    panel.several_wanted.emit("optimiser.rate")
    dialog = window.sweeps.dialog
    assert dialog is not None
    window.commands["run.sweep"].trigger()
    assert window.sweeps.dialog is dialog
    assert [row.chosen.key for row in dialog.rows] == ["optimiser.rate", "loss"]
    dialog.reject()
    window.commands["run.losses"].trigger()
    suggested = window.sweeps.dialog
    assert suggested is not None
    assert suggested.windowTitle() == "Which loss for my data"
    assert suggested.train.text() == "Train 20 runs"
    (over,) = suggested.asked().over
    assert set(over.removeprefix("loss=").split(",")) == set(MAIN_LOSSES)
    suggested.reject()
    assert window.sweeps.dialog is None
    session = window.session
    assert session is not None
    session.configure(session.recipe.with_settings(["encoder=text_transformer"]))  # of which Train is off as well
    qtbot.waitUntil(lambda: not window.commands["run.sweep"].isEnabled(), timeout=LONG)
    assert window.commands["run.sweep"].toolTip().startswith(session.why_not()[:30])
    panel.several_wanted.emit("loss")
    assert window.sweeps.dialog is None
    one = Combination((("loss", "triplet"),), {0: 0.9}, 0.9, 0.8, 0.95, 0, whole=True)
    assert window.bridge is not None
    window.bridge.of(SweepEnded).emit(SweepEnded(Path("/r"), "d", 1, 0, 0, (one,), "It is so.", stopped=False))
    toast = next(toast for toast in window.toasts.shown if toast.text == "It is so.")
    toast.offer.click()
    assert window.sweeps.results is not None
    assert window.sweeps.results.isVisible()
    window.bridge.of(SweepEnded).emit(SweepEnded(Path("/r"), "d", 1, 1, 0, (one,), "", stopped=True))
    assert any(
        toast.text.startswith("Stopped: 1 run trained to the end, 1 kept where it was stopped.")
        for toast in window.toasts.shown
    )


@pytest.mark.full
def test_a_sweep_survives_the_end_of_its_window_and_its_runs_come_into_the_table(
    qtbot: QtBot, open_window: Callable[..., MainWindow], tmp_path: Path
) -> None:
    window = open_window("sample:digits")
    session = ready_session(qtbot, window)
    session.configure(session.recipe.with_settings(["encoder=mlp", "epochs=1"]))
    window.sweeps._start(AskedSweep(("loss=triplet,supcon,nt_xent", "optimiser.rate=0.001,0.01")))
    qtbot.waitUntil(lambda: len(run_paths(tmp_path / "runs")) > 1, timeout=LONG)
    with qtbot.waitSignal(window.closed, timeout=LONG):
        window.close()
    trained = len(run_paths(tmp_path / "runs"))
    again = open_window("sample:digits")
    ready_session(qtbot, again)
    again.commands["file.runs"].trigger()
    page = again.runs.page
    assert page is not None
    qtbot.waitUntil(lambda: len(page.view.runs.runs) == trained, timeout=LONG)
    assert again.bridge is not None
    qtbot.waitUntil(again.commands["run.sweep"].isEnabled, timeout=LONG)
    with qtbot.waitSignal(again.bridge.of(SweepsLeft), timeout=LONG) as found:
        again.commands["run.sweep"].trigger()
    (left,) = found.args[0].sweeps
    assert (left.name, left.runs) == ("digits", 6)
    assert again.sweeps.dialog is not None
    with qtbot.waitSignal(again.bridge.of(SweepEnded), timeout=2 * LONG) as ended:
        again.sweeps.dialog._take_left(left)
    assert (ended.args[0].runs, ended.args[0].failed) == (6, 0)
    qtbot.waitUntil(lambda: len(page.view.runs.runs) == 6, timeout=LONG)
