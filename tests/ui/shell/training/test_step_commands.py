"""So many steps and then a pause, and a checkpoint now, in a real window with a real run."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.core.events import RunPaused
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.shell.training.step_commands import STEPPING, StepsDialog
from tests.ui.conftest import LONG


def typed(dialog: StepsDialog, text: str) -> None:
    dialog.steps.spin.selectAll()
    QTest.keyClicks(dialog.steps.spin.lineEdit(), text)
    QTest.keyClick(dialog.steps.spin, Qt.Key.Key_Return)


def test_steps_are_trained_one_by_one_and_a_checkpoint_is_written_and_told(
    qtbot: QtBot, open_window: Callable[..., MainWindow]
) -> None:
    window = open_window("sample:digits")
    session, bridge, commands = window.session, window.bridge, window.commands
    assert session is not None
    assert bridge is not None
    pauses: list[int] = []
    bridge.run_event.connect(lambda event: pauses.append(event.step) if isinstance(event, RunPaused) else None)
    qtbot.waitUntil(commands["run.step_1"].isEnabled, timeout=LONG)
    assert not commands["run.checkpoint"].isEnabled()
    session.set("encoder", "mlp")
    session.set("epochs", 2000)

    commands["run.step_1"].trigger()  # begins a run
    qtbot.waitUntil(lambda: pauses == [1] and session.state == "paused", timeout=LONG)
    commands["run.step_10"].trigger()
    qtbot.waitUntil(lambda: pauses == [1, 11], timeout=LONG)

    commands["run.step_n"].trigger()
    asked = window.findChild(StepsDialog)
    assert isinstance(asked, StepsDialog)
    typed(asked, "2.5")
    assert asked.isVisible()
    assert "“2.5” is not a whole number" in asked.problem.text()
    typed(asked, "3")
    qtbot.waitUntil(lambda: pauses == [1, 11, 14] and session.state == "paused", timeout=LONG)

    folder = session.run_folder
    assert folder is not None
    commands["run.checkpoint"].trigger()
    told = f"Checkpoint of step 14 written: checkpoints/00000014 of {folder.name}"
    qtbot.waitUntil(lambda: any(toast.text == told for toast in window.toasts.shown), timeout=LONG)
    assert (folder / "checkpoints" / "00000014").is_dir()

    session.stop()
    qtbot.waitUntil(lambda: str(session.state) == "finished", timeout=LONG)
    assert not any(commands[name].isEnabled() for name in (*STEPPING, "run.checkpoint"))
