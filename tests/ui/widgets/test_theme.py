from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDockWidget,
    QLabel,
    QLineEdit,
    QMainWindow,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from explorer.core.class_colours import class_colours
from explorer.ui.map.time_line_track import Track
from explorer.ui.metrics.miner_table import MinerTable
from explorer.ui.metrics.protocol_curves import ProtocolCurves
from explorer.ui.session.settings import Settings
from explorer.ui.widgets import dresser
from explorer.ui.widgets.dresser import THEME
from explorer.ui.widgets.heat_map import HeatMap
from explorer.ui.widgets.icons import icon, pixmap
from explorer.ui.widgets.plot_legend import PlotLegend
from explorer.ui.widgets.theme import DARK, LIGHT, Theme, ThemeManager
from tests.helpers.contrast import contrast

TEXTS = ("text", "muted", "accent", "right", "semi_hard", "wrong")
SURFACES = ("background", "panel", "raised")


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
def test_every_text_can_be_read_on_every_surface(theme: Theme) -> None:
    for text in TEXTS:
        for surface in SURFACES:
            assert contrast(theme.colour(text), theme.colour(surface)) >= 4.5, (text, surface)
    assert contrast(theme.colour("on_accent"), theme.colour("accent")) >= 4.5
    assert contrast(theme.colour("text"), theme.colour("selected")) >= 4.5
    assert contrast(theme.colour("text"), theme.colour("hover")) >= 4.5


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
def test_the_style_sheet_is_filled_in_and_names_files_that_exist(theme: Theme) -> None:
    sheet = theme.qss()
    assert "@" not in sheet
    files = [part.partition(")")[0] for part in sheet.split("url(")[1:]]
    assert files
    assert all(Path(name).is_file() for name in files)


def test_a_toggle_dresses_the_application_and_tells(qtbot: QtBot, themes: ThemeManager) -> None:
    with qtbot.waitSignal(themes.changed) as told:
        themes.toggle()
    assert told.args == [LIGHT]
    assert themes.choice == "light"
    with qtbot.assertNotEmitted(themes.changed):
        themes.choose("light")
    themes.toggle()
    assert themes.current is DARK


def test_a_changed_window_looks_like_one_that_began_so(qtbot: QtBot, themes: ThemeManager) -> None:
    """Every sort of widget, pixel by pixel: the sheet of the window stands above that of the application."""

    def window() -> QMainWindow:
        made = QMainWindow()
        column = QVBoxLayout(body := QWidget())
        edit, check, combo = QLineEdit("text"), QCheckBox("check"), QComboBox()
        combo.addItem("choice")
        muted, primary = QLabel("muted"), QPushButton("Train")
        muted.setProperty("role", "muted")
        primary.setProperty("kind", "primary")
        for widget in (QLabel("words"), muted, QPushButton("press"), primary, edit, check, combo, QSpinBox()):
            widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the frame of the focus is not meant
            column.addWidget(widget)
        made.setCentralWidget(body)
        themes.dress(made)
        qtbot.addWidget(made)
        made.show()
        return made

    first = window()
    dark = first.grab().toImage()
    themes.toggle()
    qtbot.waitUntil(
        lambda: first.updatesEnabled() and first.grab().toImage() != dark
    )  # where there is another window, one after the other
    changed, new = first.grab().toImage(), window()
    assert new.grab().toImage() == changed, "one that is opened afterwards looks the same"
    themes.toggle()
    qtbot.waitUntil(lambda: first.grab().toImage() == dark)
    qtbot.waitUntil(lambda: new.grab().toImage() == dark)
    themes.toggle()
    begun = ThemeManager("light")
    begun.apply()
    qtbot.waitUntil(lambda: first.grab().toImage() == changed)
    themes.apply()


def test_what_wears_the_look_already_is_not_dressed_again(qtbot: QtBot, themes: ThemeManager) -> None:
    """Another window of the process begins by it, and each widget of those before it would be dressed anew."""
    before, dressed = QLabel("words"), []
    qtbot.addWidget(before)
    before.changeEvent = lambda event: dressed.append(event.type())  # type: ignore[method-assign]
    ThemeManager("dark").apply()
    assert QEvent.Type.StyleChange not in dressed
    ThemeManager("light").apply()
    assert QEvent.Type.StyleChange in dressed
    themes.apply()


def test_a_window_that_had_something_to_paint_is_painted_on_once_it_is_dressed(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A map that moves has noted a picture, after which Qt painted nothing any more until the window was resized."""
    monkeypatch.setattr(dresser, "TURN_SECONDS", 0.0)  # a turn for each part
    window, parts, painted, held = QMainWindow(), [QWidget() for _ in range(3)], [], list[bool]()
    parts[-1].changeEvent = lambda _event: held.append(not window.updatesEnabled())  # type: ignore[method-assign]
    parts[0].paintEvent = lambda _event: painted.append(parts[0].styleSheet())  # type: ignore[method-assign]
    window.setCentralWidget(QWidget())
    for place, part in enumerate(parts):
        part.setParent(window)
        part.setGeometry(20 * place, 0, 20, 20)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    qtbot.waitUntil(lambda: bool(painted))
    made = dresser.Dresser(window)
    monkeypatch.setattr(dresser, "HOLD_SECONDS", -1.0)
    made.dress("dark", "QLabel { }")
    qtbot.waitUntil(lambda: bool(held) and window.updatesEnabled())
    assert not any(held), "one change after the other holds nothing up for long"
    monkeypatch.setattr(dresser, "HOLD_SECONDS", 60.0)
    held.clear()
    for sheet in ("QLabel { color: red; }", "QLabel { color: blue; }"):
        parts[0].update()
        made.dress("dark", sheet)
        qtbot.waitUntil(lambda sheet=sheet: painted[-1] == sheet)  # type: ignore[misc]
        painted.append("")
        parts[0].update()
        qtbot.waitUntil(lambda sheet=sheet: painted[-1] == sheet)  # type: ignore[misc]
    assert all(held)


def test_a_dock_that_floats_while_its_window_is_dressed_is_painted_as_well(qtbot: QtBot) -> None:
    window, dock = QMainWindow(), QDockWidget()
    painted: list[bool] = []
    inside = QWidget()
    inside.paintEvent = lambda _event: painted.append(dock.isFloating())  # type: ignore[method-assign]
    dock.setWidget(inside)
    window.setCentralWidget(QWidget())
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    dresser.Dresser(window).dress("dark", "QLabel { }")
    assert not window.updatesEnabled()
    dock.setFloating(True)
    qtbot.waitUntil(lambda: window.updatesEnabled() and dock.updatesEnabled())
    qtbot.waitUntil(lambda: True in painted)


def test_of_changes_that_come_faster_than_a_window_is_dressed_the_last_one_is(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the keys of larger text are held: each of them dressed some parts, and began a row of turns."""
    monkeypatch.setattr(dresser, "TURN_SECONDS", 0.0)  # a turn for each part
    window, worn = QMainWindow(), []

    class Part(QWidget):
        def changeEvent(self, event: QEvent) -> None:
            if event.type() == QEvent.Type.StyleChange:
                worn.append(self.styleSheet())
            super().changeEvent(event)

    parts = [Part(window) for _ in range(3)]
    qtbot.addWidget(window)
    made = dresser.Dresser(window)
    sheets = [f"QLabel {{ padding: {size}px; }}" for size in range(5)]
    for sheet in sheets:
        made.dress("dark", sheet)
    qtbot.waitUntil(lambda: all(part.styleSheet() == sheets[-1] for part in parts))
    assert worn == [sheets[0]] + [sheets[-1]] * 3


def test_a_closed_window_is_dressed_no_more(qtbot: QtBot, themes: ThemeManager) -> None:
    """It may be taken apart already, which ended the process in Qt."""
    closed, shown, never = QMainWindow(), QMainWindow(), QMainWindow()
    parts = [QLabel("words") for _ in range(3)]
    for window, part in zip((closed, shown, never), parts, strict=True):
        window.setCentralWidget(part)
        qtbot.addWidget(window)
    closed.show()
    shown.show()
    closed.close()
    themes.toggle()
    qtbot.waitUntil(lambda: [part.styleSheet() for part in parts] == ["", LIGHT.qss(), LIGHT.qss()])


def test_system_is_dark_where_the_desktop_does_not_say(qtbot: QtBot) -> None:
    assert ThemeManager("system").current is DARK


def test_class_colours_differ_and_go_on_for_ever() -> None:
    colours = class_colours(300)
    assert colours.shape == (300, 3)
    assert colours.dtype == np.uint8
    assert not colours.flags.writeable
    assert len(np.unique(colours[:256], axis=0)) == 256
    assert np.array_equal(colours[:44], colours[256:])
    assert np.array_equal(class_colours(8), colours[:8])
    assert class_colours(0).shape == (0, 3)
    first = colours[:12].astype(int)
    apart = np.linalg.norm(first[:, None] - first[None], axis=2)[np.triu_indices(12, 1)]
    assert apart.min() > 50


def test_icons_take_the_colour_of_the_theme(qtbot: QtBot) -> None:
    image = pixmap("stop", LIGHT, "wrong", 32).toImage()
    assert image.pixelColor(16, 16).name() == LIGHT.tokens["wrong"]
    assert not icon("play", DARK).isNull()


def test_the_choice_is_remembered(settings: Settings) -> None:
    settings.set_theme("light")
    assert Settings(settings.path).theme == "light"


@pytest.mark.parametrize(
    "make",
    [
        PlotLegend,
        ProtocolCurves,
        lambda themes: HeatMap(themes, "matrix"),
        lambda themes: Track(themes, str),
        lambda themes: MinerTable(themes, lambda _place: None),
    ],
    ids=["legend", "curves", "heat map", "time line", "miners"],
)
def test_what_was_closed_hears_no_more_of_the_theme(qtbot: QtBot, make: Callable[[ThemeManager], QWidget]) -> None:
    themes = ThemeManager("light")  # of the application: a window beside goes and it stays
    shiboken6.delete(make(themes))
    themes.toggle()


def test_a_window_is_dressed_in_parts_and_what_comes_later_too(qtbot: QtBot, themes: ThemeManager) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    docks = [QDockWidget(f"dock {number}") for number in range(3)]
    for dock in docks:
        dock.setWidget(QLabel("words"))
        window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
    window.setCentralWidget(QLabel("middle"))
    themes.dress(window)
    window.show()
    docks[2].setFloating(True)
    themes.toggle()
    qtbot.waitUntil(lambda: all(dock.styleSheet() == LIGHT.qss() for dock in docks))
    qtbot.waitUntil(window.updatesEnabled)
    assert window.styleSheet() == "", "which would dress all of it in one go"
    later = QLabel("later", window)
    later.show()
    qtbot.waitUntil(lambda: later.styleSheet() == LIGHT.qss())
    assert window.grab().toImage().pixelColor(window.width() - 2, 2).name() == LIGHT.tokens["panel"]
    themes.toggle()
    qtbot.waitUntil(lambda: all(widget.styleSheet() == DARK.qss() for widget in (*docks, later)))
    assert window.property(THEME) == "dark"
