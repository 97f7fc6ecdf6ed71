"""A branch of the run that is shown: asked for by a command or on the time line, trained in the same window."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from explorer.runs.folder import RunFolder
from explorer.runs.parent import read_parent
from explorer.ui.shell.commands.typed_words import fit
from explorer.ui.shell.duel.branch_dialog import last_until
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.widgets.fields.choice import Combo
from tests.engine.conftest import SHORT
from tests.helpers.windows import LONG, ready_session


@pytest.mark.parametrize(
    ("step", "place"), [(-1, 2), (30, 2), (29, 1), (20, 1), (5, 0), (99, 2)], ids=lambda value: str(value)
)
def test_the_last_checkpoint_until_a_step_is_proposed(step: int, place: int) -> None:
    assert last_until((10, 20, 30), step) == place


def test_a_branch_of_what_is_shown_is_trained_and_the_run_stays(
    qtbot: QtBot, open_window: Callable[..., MainWindow]
) -> None:
    window = open_window("sample:digits")
    session = ready_session(qtbot, window)
    command = window.commands["run.branch"]
    assert not command.isEnabled()
    assert fit("branch", command.text(), command.toolTip()) > 200
    session.configure(SHORT)
    session.train()
    qtbot.waitUntil(lambda: session.state == "finished", timeout=LONG)
    first = session.run_folder
    assert first is not None
    qtbot.waitUntil(command.isEnabled)
    (*_, step) = RunFolder.open(first).checkpoint_steps()
    command.setData(step + 3)  # as the menu of the time line does
    command.trigger()
    qtbot.waitUntil(lambda: window.branching.dialog is not None, timeout=LONG)
    dialog = window.branching.dialog
    assert dialog is not None
    assert (dialog.step.currentData(), dialog.note.isVisible()) == (step, True)
    margin, miner = dialog.values["loss.margin"], dialog.values["miner"]
    assert isinstance(margin, QLineEdit)
    assert isinstance(miner, Combo)
    margin.setText("abc")
    dialog.take.click()
    assert dialog.problem.isVisible()
    assert not any("A branch of" in said.text for said in window.toasts.log)
    margin.setText("0.45")
    miner.setCurrentText("Semi-hard")
    dialog.take.click()
    qtbot.waitUntil(lambda: session.run_folder != first and session.state == "finished", timeout=LONG)
    assert session.run_folder is not None
    qtbot.waitUntil(lambda: any("A branch of" in said.text for said in window.toasts.log))
    parent = read_parent(session.run_folder)
    assert parent is not None
    assert (parent.name, parent.step) == (first.name, step)
    changes = {
        change.path: (change.new, change.step) for change in RunFolder.open(session.run_folder).history().changes
    }
    assert changes == {"loss.margin": (0.45, step + 1), "miner": ("semi_hard", step + 1)}
    assert RunFolder.open(first).checkpoint_steps()[-1] == step
    qtbot.waitUntil(lambda: bool(session.replay.steps))
    assert min(kept.step for kept in session.replay.steps) >= step
