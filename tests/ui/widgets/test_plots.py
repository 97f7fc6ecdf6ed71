from __future__ import annotations

import pytest
import shiboken6
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QGuiApplication, QWheelEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from explorer.ui.widgets.plot_axes import AXIS_PIXELS, OuterAxis, RoundAxis, powers, readable
from explorer.ui.widgets.plot_legend import PlotLegend
from explorer.ui.widgets.plots import Plot
from explorer.ui.widgets.text import ui_font
from explorer.ui.widgets.theme import ThemeManager
from tests.helpers.windows import wait_gone


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


@pytest.mark.parametrize("size", [18.0, 26.0, 31.0, 44.0, 60.0])
@pytest.mark.parametrize(("low", "high"), [(0.0, 0.22), (0.3, 1.0), (0.0, 1.0), (0.0, 7.0)])
def test_numbers_of_a_low_axis_do_not_touch_each_other(qtbot: QtBot, low: float, high: float, size: float) -> None:
    letters = QFontMetrics(ui_font(AXIS_PIXELS)).tightBoundingRect("0123456789").height()
    ((spacing, _),) = RoundAxis("left").tickSpacing(low, high, size)
    assert spacing / (high - low) * size >= letters + 2 or spacing >= high - low
    ((spacing, _),) = OuterAxis("right").tickSpacing(0.0, 1.0, size)
    assert spacing * size >= min(letters + 2, size)


def test_an_axis_without_an_extent_has_no_ticks(qtbot: QtBot) -> None:
    assert RoundAxis("left").tickSpacing(1.0, 1.0, 200.0) == []
    assert RoundAxis("left").tickSpacing(0.0, float("nan"), 200.0) == []


@pytest.mark.parametrize(
    ("value", "spacing", "text"),
    [
        (2500, 500, "2,500"),
        (0.1 + 0.2, 0.1, "0.3"),
        (1.5e6, 5e5, "1.5 M"),
        (3e-7, 1e-7, "3×10⁻⁷"),
        (1e-4, 0, "10⁻⁴"),
        (-1e-17, 0.1, "0"),
        (-20_000, 0, "-20,000"),
    ],
)
def test_a_tick_is_written_as_a_person_writes_it(value: float, spacing: float, text: str) -> None:
    assert readable(value, spacing) == text


def test_a_logarithmic_axis_has_ticks_at_powers_of_ten_and_between_where_these_are_few() -> None:
    assert powers(-3.2, 1.1, 20.0) == [-3, -2, -1, 0, 1]
    assert [round(10**place, 3) for place in powers(-1.1, 0.5, 20.0)] == [0.1, 0.2, 0.5, 1, 2]
    assert len(powers(-30, 0, 5.0)) <= 6


def test_titles_of_axes_stand_beside_their_ticks(qtbot: QtBot, themes: ThemeManager) -> None:
    plot = Plot(themes, "A line")
    qtbot.addWidget(plot)
    plot.set_titles(bottom="step", left="loss")
    plot.resize(400, 160)
    plot.show()
    assert plot.titles() == {"bottom": "step", "left": "loss"}
    axis = plot.getAxis("bottom")
    ((_, ticks),) = axis.tickValues(0.0, 1000.0, 300.0)
    assert 800 <= max(ticks) <= 1000 * (1 - axis.title_room / 300)


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


def test_a_plot_has_a_menu_that_shows_everything_and_copies_it_and_goes_with_it(
    qtbot: QtBot, themes: ThemeManager
) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    plot = Plot(themes, "A line", parent=window)
    window.setCentralWidget(plot)
    plot.plot([0, 10], [0, 1])
    window.resize(400, 300)
    window.show()
    for text in ("Show everything", "Copy as a picture", ""):
        plot.setXRange(2, 3)
        plot.follows = False
        at = plot.rect().center()
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, plot.mapToGlobal(at))
        QApplication.sendEvent(plot.viewport(), event)
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        if text:
            next(action for action in menu.actions() if action.text() == text).trigger()
            menu.close()
            assert plot.follows == (text == "Show everything")
            assert (plot.viewRange()[0][1] > 9) == (text == "Show everything")
        else:
            shiboken6.delete(plot)
        wait_gone(qtbot, menu)
    copied = QGuiApplication.clipboard().image()
    assert copied.width() >= 100
    assert copied.pixelColor(1, 1).alpha() == 255
    assert len({copied.pixel(x, y) for x in range(copied.width()) for y in range(copied.height())}) > 1


def turn_wheel(plot: Plot, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Turn the wheel over the middle of a plot, towards the person: out, or down the page."""
    at = QPointF(plot.viewport().rect().center())
    event = QWheelEvent(at, plot.viewport().mapToGlobal(at), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton, keys,
                        Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
    QApplication.sendEvent(plot.viewport(), event)


def test_the_wheel_scrolls_a_page_and_zooms_a_plot_in_it_with_ctrl(qtbot: QtBot, themes: ThemeManager) -> None:
    page, inside, plot = QScrollArea(), QWidget(), Plot(themes, "A line")
    box = QVBoxLayout(inside)
    for part in (plot, QWidget()):
        part.setFixedHeight(300)
        box.addWidget(part)
    page.setWidgetResizable(True)
    page.setWidget(inside)
    qtbot.addWidget(page)
    plot.plot([0.0, 10.0], [0.0, 1.0])
    page.resize(400, 320)
    page.show()
    qtbot.waitUntil(lambda: page.verticalScrollBar().maximum() > 0)
    page.setFocus()
    before = plot.plotItem.vb.viewRange()[0]
    turn_wheel(plot)
    assert page.verticalScrollBar().value() > 0
    assert plot.plotItem.vb.viewRange()[0] == before
    down = page.verticalScrollBar().value()
    turn_wheel(plot, Qt.KeyboardModifier.ControlModifier)
    assert page.verticalScrollBar().value() == down
    assert plot.plotItem.vb.viewRange()[0] != before


def test_zooming_out_ends_where_everything_is_seen(qtbot: QtBot, themes: ThemeManager) -> None:
    plot = Plot(themes, "Loss")
    qtbot.addWidget(plot)
    plot.resize(400, 200)
    plot.show()
    plot.plot([0.0, 50.0, 100.0], [1.0, 2.0, 1.5])
    for _ in range(30):
        turn_wheel(plot, Qt.KeyboardModifier.ControlModifier)
    low, high = plot.plotItem.vb.viewRange()[0]
    assert low == pytest.approx(-5, abs=0.5)
    assert high == pytest.approx(105, abs=0.5)
    plot.plotItem.vb.setXRange(40, 60, padding=0)
    plot.plotItem.vb.translateBy(x=500)
    plot.plotItem.vb.sigRangeChangedManually.emit([True, False])
    assert plot.plotItem.vb.viewRange()[0] == pytest.approx([85, 105], abs=0.5)
