from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from explorer.ui.widgets.plot_legend import PlotLegend
from explorer.ui.widgets.plots import Plot, RoundAxis
from explorer.ui.widgets.theme import ThemeManager


@pytest.mark.parametrize("size", [60.0, 220.0, 900.0])
@pytest.mark.parametrize(("low", "high"), [(0.0, 1.99), (0.31, 0.43), (-0.2, 0.1), (0.0, 1700.0), (0.0, 3e-7)])
def test_an_axis_has_ticks_at_round_numbers_and_room_for_each(
    qtbot: QtBot, low: float, high: float, size: float
) -> None:
    ((spacing, start),) = RoundAxis("bottom").tickSpacing(low, high, size)
    assert start == 0.0
    assert f"{spacing:e}"[0] in "125"
    between = (high - low) / spacing
    assert 1.2 <= between <= max(3.0, size / 64) / 0.75 + 1e-6


def test_an_axis_without_an_extent_has_no_ticks(qtbot: QtBot) -> None:
    assert RoundAxis("left").tickSpacing(1.0, 1.0, 200.0) == []
    assert RoundAxis("left").tickSpacing(0.0, float("nan"), 200.0) == []


def test_the_key_of_a_line_says_what_it_is(qtbot: QtBot, themes: ThemeManager) -> None:
    keys = PlotLegend(themes)
    qtbot.addWidget(keys)
    keys.add("loss", "accent", told="A mean of what violates")
    keys.set_value("loss", "0.2")
    assert "A mean of what violates" in keys.entry("loss").toolTip()
    assert keys.entry("loss").accessibleDescription() == "A mean of what violates"


def test_a_plot_has_an_axis_at_the_right_once_something_has_a_scale_there(qtbot: QtBot, themes: ThemeManager) -> None:
    plot = Plot(themes, "A line")
    qtbot.addWidget(plot)
    plot.show()
    assert not plot.getAxis("right").isVisible()
    plot.add_scale(axis=True)
    assert plot.getAxis("right").isVisible()
