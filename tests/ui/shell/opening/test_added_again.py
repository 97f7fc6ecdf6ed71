"""What was added to data is there again after a start, with what was selected among it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pytestqt.qtbot import QtBot

from explorer.ui.shell.commands.actions import TESTS_TIP
from explorer.ui.shell.main_window import MainWindow
from tests.helpers.data import picture_folder
from tests.ui.conftest import LONG


def test_what_was_added_to_what_was_open_last_is_added_again(
    qtbot: QtBot, tmp_path: Path, open_window: Callable[..., MainWindow]
) -> None:
    first, more, other = (picture_folder(tmp_path / name, {"a": 6, "b": 6}) for name in ("one", "more", "other"))

    def shown(window: MainWindow, items: int) -> None:
        qtbot.waitUntil(lambda: window.dataset is not None and len(window.dataset) == items, timeout=LONG)

    window = open_window()
    window.opener.open(str(first))
    shown(window, 12)
    window.opener.open(str(more), "test")
    shown(window, 24)
    qtbot.waitUntil(lambda: window.settings.added == ((str(more), "test"),), timeout=LONG)
    train = window.commands["run.train"]
    qtbot.waitUntil(lambda: train.isEnabled() and TESTS_TIP in " ".join(train.toolTip().split()), timeout=LONG)
    assert window.settings.recents[:2] == (str(more), str(first))
    window.state.set_selection([13, 20])
    window.close()
    again = open_window()
    again.start_page.left_off.click()
    shown(again, 24)
    qtbot.waitUntil(lambda: again.state.selection.tolist() == [13, 20], timeout=LONG)
    again.opener.open(str(other))
    shown(again, 12)
    qtbot.waitUntil(lambda: again.settings.added == ())
    again.opener.open(str(first))
    qtbot.waitUntil(lambda: again.session is not None and again.session.sources[0][0] == str(first), timeout=LONG)
    shown(again, 12)
    assert again.settings.added == (), "only a start goes on with it"
