from __future__ import annotations

from pytestqt.qtbot import QtBot

from explorer.ui.shell.help_dialogs import LicenceTable, show_about
from explorer.ui.shell.main_window import MainWindow


def test_about_lists_the_licences_of_everything(qtbot: QtBot, start: MainWindow) -> None:
    dialog = show_about(start)
    table = dialog.findChild(LicenceTable)
    assert isinstance(table, LicenceTable)
    qtbot.waitUntil(lambda: table.complete)
    names = {item.text(0) for row in range(table.topLevelItemCount()) if (item := table.topLevelItem(row)) is not None}
    assert {"torch", "Inter", "numpy"} <= names
    dialog.close()
