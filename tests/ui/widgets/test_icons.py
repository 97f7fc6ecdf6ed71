from __future__ import annotations

from pytestqt.qtbot import QtBot

from explorer.ui.widgets.icons import _drawn, icon, pixmap
from explorer.ui.widgets.theme import DARK, LIGHT


def test_an_icon_is_in_the_colour_of_the_theme_and_as_fine_as_the_screen(qtbot: QtBot) -> None:
    for theme in (DARK, LIGHT):
        made = pixmap("fit", theme, "accent", 16, 2.0)
        assert made.width() == 32
        assert made.devicePixelRatio() == 2.0
        image = made.toImage()
        seen = {
            image.pixelColor(x, y).name() for x in range(32) for y in range(32) if image.pixelColor(x, y).alpha() == 255
        }
        assert theme.tokens["accent"] in seen


def test_an_icon_is_drawn_once_for_each_colour_and_size(qtbot: QtBot) -> None:
    for theme in (DARK, LIGHT):
        icon("folder", theme)
    before = _drawn.cache_info().misses
    for theme in (DARK, LIGHT, DARK):
        icon("folder", theme)
    assert _drawn.cache_info().misses == before
