"""Larger and smaller text by keys and in Present; a window with large text stays within a small screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtWidgets import QAbstractButton, QLabel, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from explorer.ui.map.map_panel import MapPanel
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.widgets.text import ElidedLabel
from explorer.ui.widgets.text_size import USUAL, text_size
from explorer.ui.widgets.theme import ThemeManager
from tests.ui.conftest import LONG


@pytest.fixture(autouse=True)
def usual_size(themes: ThemeManager) -> Iterator[None]:
    """Give text its usual size back, while there is a theme that dresses what is there."""
    yield
    text_size().choose(USUAL)


def test_commands_go_from_size_to_size_and_the_setting_follows(start: MainWindow) -> None:
    for size in (110, 125, 150, 175, 200, 200):
        start.commands["view.text_larger"].trigger()
        assert (text_size().percent, start.settings.value("text")) == (size, str(size))
    start.commands["view.text_smaller"].trigger()
    assert text_size().percent == 175
    start.commands["view.text_usual"].trigger()
    assert (text_size().percent, start.settings.value("text")) == (100, "100")


def cut(window: QWidget) -> list[str]:
    """Return the words of what is in sight and has no room for them."""
    found = []
    for part in window.findChildren(QWidget):
        if not part.isVisible() or isinstance(part, ElidedLabel):
            continue
        if isinstance(part, QLabel):
            lines = [] if part.wordWrap() else part.text().splitlines()
        elif isinstance(part, QAbstractButton) and not (isinstance(part, QToolButton) and not part.icon().isNull()):
            lines = [part.text().replace("&&", "&")] if type(part).__module__.startswith("PySide6") else []
        else:
            continue
        needed = max((part.fontMetrics().horizontalAdvance(line) for line in lines), default=0)
        if needed > part.width() + 1:
            found.append(f"{type(part).__name__} {lines[0]}: {needed} > {part.width()}")
    return found


@pytest.mark.parametrize("percent", [100, 200])
def test_large_text_stays_in_a_small_window_and_presents_for_a_while(
    qtbot: QtBot, open_window: Callable[..., MainWindow], percent: int
) -> None:
    window = open_window("sample:digits")
    qtbot.waitUntil(lambda: window.workspace.shown, timeout=LONG)
    window.resize(1024, 700)
    window.settings.set_value("text", str(percent))
    qtbot.waitUntil(lambda: window.header.font().pixelSize() == round(13 * percent / 100), timeout=LONG)

    def fits() -> None:
        least = window.minimumSizeHint()
        assert least.width() <= 1024 and least.height() <= 700  # noqa: PT018 - one size
        assert cut(window) == []

    qtbot.waitUntil(fits, timeout=LONG)  # and says what does not, where it never does
    assert (window.width(), window.height()) == (1024, 700)

    map_panel = window.workspace.panels["map"]
    assert isinstance(map_panel, MapPanel)
    window.commands["layout.present"].trigger()
    assert text_size().percent == max(percent, 150)
    qtbot.waitUntil(lambda: map_panel._canvas.picture is not None, timeout=LONG)
    assert window.settings.enlarged(presenting=window.state.presenting) == 1.5
    window.commands["layout.train"].trigger()
    assert text_size().percent == percent
