"""The docks of a real window that is made smaller, as on another screen, and larger again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pytestqt.qtbot import QtBot

from explorer.ui.shell.dock_sizes import width_scale
from explorer.ui.shell.main_window import MainWindow
from tests.helpers.data import picture_folder
from tests.ui.shell.test_main_window import opened


def test_a_smaller_window_takes_from_the_docks_as_well(
    qtbot: QtBot, open_window: Callable[..., MainWindow], tmp_path: Path
) -> None:
    window = open_window()
    window.resize(2560, 1440)
    opened(qtbot, window, picture_folder(tmp_path / "fruit", {"apple": 4, "pear": 4}))
    docks, centre = window.workspace.docks, window.centre
    left, right, below = docks["data"], docks["neighbours"], docks["curves"]
    large = (left.width(), right.width(), below.height())
    window.resize(1280, 800)
    qtbot.waitUntil(lambda: left.width() < large[0] and below.height() < large[2])
    assert left.width() <= round(large[0] / 1.6) + 2
    recipe = docks["recipe"]
    assert recipe.height() > 0.4 * (recipe.height() + left.height())
    assert right.width() <= round(large[1] / 1.6) + 2
    assert abs(below.height() - large[2] * 800 / 1440) < 40
    assert centre.width() > 600
    window.resize(2560, 1440)
    qtbot.waitUntil(lambda: abs(left.width() - large[0]) <= 3)
    assert below.height() > 0.8 * large[2]


def test_docks_are_as_drawn_up_to_a_width_and_never_too_wide() -> None:
    assert (width_scale(960), width_scale(1440), width_scale(1800), width_scale(5000)) == (1.0, 1.0, 1.25, 1.6)
