"""Parts of the window that several tests need."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from explorer.ui.shell.saved_runs.newest_runs import RunPictures
from explorer.ui.shell.saved_runs.runs_page import RunsPage
from explorer.ui.widgets.theme import ThemeManager


@pytest.fixture
def page(qtbot: QtBot, themes: ThemeManager) -> RunsPage:
    made = RunsPage(themes, RunPictures(themes))
    qtbot.addWidget(made)
    made.resize(1024, 640)
    made.show()
    return made
