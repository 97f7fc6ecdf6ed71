from __future__ import annotations

from functools import partial

import pytest
from pytestqt.qtbot import QtBot

from explorer.ui.app import PARTS
from explorer.ui.session.settings import Settings
from explorer.ui.session.start_values import StartValues
from explorer.ui.shell import loading
from explorer.ui.shell.loading import Loading
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.widgets.theme import ThemeManager


def test_it_begins_after_the_first_paint_and_tells_what_cannot_be_loaded(
    qtbot: QtBot, themes: ThemeManager, settings: Settings
) -> None:
    window = MainWindow(themes, StartValues.of(settings))
    done: list[str] = []
    Loading(window, [((name,), partial(done.append, name)) for name in ("json", "explorer.gone", "csv")])
    with qtbot.waitSignal(window.failed) as told:
        window.show()
        assert not done
    assert isinstance(told.args[0], ModuleNotFoundError)
    assert done == ["json"]
    window.close()
    window.deleteLater()


def test_a_window_that_is_never_painted_is_loaded_all_the_same(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, themes: ThemeManager, settings: Settings
) -> None:
    monkeypatch.setattr(loading, "UNSEEN_MS", 1)
    window = MainWindow(themes, StartValues.of(settings))
    Loading(window, [(PARTS, lambda: window.complete(settings))])
    with qtbot.waitSignal(window.completed):
        pass
    assert window.whole
    window.close()
    window.deleteLater()


def test_a_window_that_was_closed_is_loaded_no_further(qtbot: QtBot, themes: ThemeManager, settings: Settings) -> None:
    window = MainWindow(themes, StartValues.of(settings))
    done: list[str] = []
    made = Loading(window, [(("json",), lambda: done.append("then"))])
    window.show()
    window.close()
    made.begin()
    made.wait()
    assert not done
    window.deleteLater()
