"""What is done with a selection is told, and no more once it was taken back."""

from __future__ import annotations

from explorer.ui.session.acts import Act
from explorer.ui.shell.main_window import MainWindow


def test_what_was_taken_back_is_told_no_more(start: MainWindow) -> None:
    done: list[str] = []
    start.state.acted.emit(Act("2 items are excluded", lambda: done.append("undo"), lambda: done.append("redo")))
    assert [toast.text for toast in start.toasts.shown] == ["2 items are excluded"]
    start.commands["edit.undo"].trigger()
    assert done == ["undo"]
    assert [toast.text for toast in start.toasts.shown] == ["Taken back, and no longer so: 2 items are excluded"]
