"""Where a window appears: where it was left, and never where nobody sees it."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from explorer.ui.session.settings import Settings
from explorer.ui.widgets.theme import ThemeManager
from tests.helpers.windows import whole_window


def test_a_window_that_was_left_off_the_screen_is_on_it_again(
    qtbot: QtBot, themes: ThemeManager, settings: Settings
) -> None:
    far = QWidget()
    far.setGeometry(20_000, 20_000, 1000, 700)
    settings.set_window(bytes(far.saveGeometry().data()), {}, "")
    window = whole_window(themes, settings)
    window.show()
    seen = window.screen().availableGeometry().intersected(window.frameGeometry())
    assert seen.width() >= 600
    assert seen.height() >= 400
    window.close()
    window.deleteLater()
    far.deleteLater()
