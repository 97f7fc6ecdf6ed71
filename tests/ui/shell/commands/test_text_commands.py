"""Larger and smaller text by keys and in Present; a window with large text stays within a small screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QAbstractButton, QLabel, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from explorer.ui.map.map_panel import MapPanel
from explorer.ui.shell.layout.docks import PanelTitle
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.widgets.text import ElidedLabel
from explorer.ui.widgets.text_size import USUAL, text_size
from explorer.ui.widgets.theme import ThemeManager
from tests.engine.conftest import SHORT
from tests.helpers.windows import ready_session
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


@pytest.mark.parametrize("percent", [pytest.param(100, marks=pytest.mark.full), 200])
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


def written(window: QWidget) -> list[QWidget]:
    """Return what is in sight and has words."""
    kinds = (QLabel, QAbstractButton)
    parts = [part for part in window.findChildren(QWidget) if isinstance(part, kinds) and part.isVisible()]
    return [part for part in parts if part.text()]


def across(window: QWidget) -> list[str]:
    """Return what has words and lies over other words beside it."""
    beside: dict[QObject | None, list[QWidget]] = {}
    for part in written(window):
        beside.setdefault(part.parent(), []).append(part)
    return [
        f"{one.text()} over {other.text()}"  # type: ignore[attr-defined]
        for parts in beside.values()
        for one, other in combinations(parts, 2)
        if one.geometry().intersects(other.geometry())
    ]


def floating_across(map_panel: MapPanel) -> list[str]:
    """Return what floats on the map and lies over something else that does, or past its edge."""
    canvas = map_panel.canvas
    boxes = canvas.floating()
    pairs = combinations(boxes, 2)
    found = [f"{one.accessibleName()} over {other.accessibleName()}" for one, other in pairs
             if one.geometry().intersects(other.geometry())]  # fmt: skip
    return found + [box.accessibleName() for box in boxes if not canvas.rect().contains(box.geometry())]


@pytest.mark.parametrize(
    "size", [pytest.param((1440, 900), marks=pytest.mark.full), (1024, 700)], ids=["usual", "small"]
)
def test_words_lie_over_no_others_while_text_grows_and_shrinks_again(
    qtbot: QtBot, open_window: Callable[..., MainWindow], size: tuple[int, int]
) -> None:
    window = open_window("sample:digits")
    session = ready_session(qtbot, window)
    window.resize(*size)
    window.workspace.reset()
    session.configure(SHORT)
    session.train()
    qtbot.waitUntil(lambda: session.state == "finished", timeout=LONG)
    curves, map_panel = window.workspace.panels["curves"], window.workspace.panels["map"]
    assert isinstance(map_panel, MapPanel)
    qtbot.waitUntil(lambda: curves.body_shown, timeout=LONG)

    def fits() -> None:
        assert (cut(window), across(window), floating_across(map_panel)) == ([], [], [])

    qtbot.waitUntil(fits, timeout=LONG)
    for _ in range(3):
        window.commands["view.text_larger"].trigger()
    qtbot.waitUntil(lambda: window.header.font().pixelSize() == round(13 * 1.5), timeout=LONG)
    qtbot.waitUntil(fits, timeout=LONG)
    window.commands["view.text_usual"].trigger()
    qtbot.waitUntil(lambda: window.header.font().pixelSize() == 13, timeout=LONG)
    qtbot.waitUntil(fits, timeout=LONG)
    shown = [title for title in window.findChildren(PanelTitle) if title.isVisible()]
    assert shown
    names = [one.title for one in shown]  # the status beside each has its room again, and the time line its track
    for label in (*names, map_panel.time_line.label):
        letters = label.fontMetrics().horizontalAdvance(label.text())
        assert label.sizeHint().width() <= letters + 4, label.text()


def test_recall_is_told_in_large_text_before_the_recipe(qtbot: QtBot, open_window: Callable[..., MainWindow]) -> None:
    window = open_window("sample:digits")
    qtbot.waitUntil(lambda: window.workspace.shown, timeout=LONG)
    bar = window.run_bar
    assert bar is not None
    window.resize(1440, 900)
    qtbot.waitUntil(bar.chip.isVisible)
    assert bar.recall1.isVisible()
    assert bar.chip.isVisible()
    window.settings.set_value("text", "200")
    qtbot.waitUntil(lambda: bar.recall1.isVisible() and bar.recall1.value.font().pixelSize() > 30, timeout=LONG)
    assert bar.width() <= 1440
