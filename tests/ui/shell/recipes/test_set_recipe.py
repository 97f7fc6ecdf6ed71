"""A recipe that a window is started with, as by a double click on its file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pytestqt.qtbot import QtBot

from explorer.core.recipe import Recipe
from explorer.engine.session.session import Session
from explorer.ui.app import build
from explorer.ui.session.settings import Settings
from tests.helpers.windows import close_window
from tests.ui.conftest import LONG


def test_a_recipe_without_data_says_what_it_waits_for_and_opens_nothing_else(
    qtbot: QtBot, tmp_path: Path, settings: Settings
) -> None:
    settings.set_reopen(True)
    settings.set_left_off("sample:digits")

    def session(doorbell: Callable[[], None]) -> Session:
        return Session(doorbell, live=True, cache_folder=tmp_path / "cache", runs_folder=tmp_path / "runs")

    window = build(None, Recipe(epochs=7), settings=settings, make_session=session)
    with qtbot.waitSignal(window.built, timeout=LONG):
        window.show()
    assert window.session is not None
    assert window.session.recipe.epochs == 7
    assert not window.start_page.zone.loading
    assert any("recipe is set" in message.text for message in window.toasts.log)
    window.opener.open("sample:digits")
    qtbot.waitUntil(lambda: window.session is not None and window.session.dataset is not None, timeout=LONG)
    assert window.session.recipe.epochs == 7
    close_window(qtbot, window)
