from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from explorer.engine.crash_watch import Crash
from explorer.ui.shell.messages.toasts import Toasts
from explorer.ui.shell.opening.recovery import offer_recovery
from explorer.ui.widgets.theme import ThemeManager
from tests.helpers.runs import checkpoint, new_run


def test_after_a_crash_the_run_is_offered_with_what_was_saved(qtbot: QtBot, tmp_path: Path) -> None:
    with new_run(tmp_path / "saved") as run:
        run.write_checkpoint(checkpoint(1240))
    new_run(tmp_path / "young").close()
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 700)
    toasts, opened = Toasts(ThemeManager("dark"), window), list[str]()
    crashes = [
        Crash(tmp_path / "saved", "Fatal Python error: Segmentation fault"),
        Crash(tmp_path / "young", ""),
        Crash(tmp_path / "gone", ""),
        Crash(None, ""),
    ]
    offer_recovery(crashes, toasts, opened.append)
    saved, young, gone = (toast.text for toast in toasts.shown)
    assert "ended unexpectedly while saved trained. Saved up to step 1,240, on " in saved
    assert "What crashed was written to" in saved
    assert "before it was saved for the first time" in young
    assert "cannot be read any more" in gone
