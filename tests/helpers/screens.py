"""The screens and states of the window, one after the other, for a look at each and for what has to hold on all."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QLabel, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from explorer.core.types import Evaluation
from explorer.ui.map.map_panel import MapPanel
from explorer.ui.shell.commands.command_palette import CommandPalette
from explorer.ui.shell.help.help_dialogs import LicenceTable
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.shell.messages.message_log import MessageLog
from explorer.ui.shell.recipes.recipe_book import ALONE
from explorer.ui.shell.saved_runs.newest_runs import READING
from explorer.ui.shell.saved_runs.runs_page import LOOKING
from explorer.ui.widgets.theme import ThemeChoice
from tests.helpers.windows import LONG

Screen = tuple[str, QWidget]
TABS = (
    "triplets",
    "curves",
    "distances",
    "class_pairs",
    "clusters",
    "metric",
    "miner_bench",
    "neighbours",
    "evaluate",
    "gallery",
    "find_more",
    "cleaning",
    "selection",
)
DIALOGS = (
    "edit.settings",
    "help.shortcuts",
    "help.about",
    "help.guide",
    "help.palette",
    "help.messages",
    "recipe.book",
)
COMING = (READING, LOOKING, ALONE, "searching…")
"""What stands where something will be in a moment."""


def dialogs(qtbot: QtBot, window: MainWindow) -> Iterator[Screen]:
    """Yield each dialog while it is open, and a tooltip."""
    for name in DIALOGS:
        if name in window.commands and window.commands[name].isEnabled():
            before = set(_opened(window))
            window.commands[name].trigger()
            new = partial(_new, window, before)
            qtbot.waitUntil(lambda new=new: len(new()) > 0, timeout=20_000)  # type: ignore[misc]
            opened = new()[0]
            there(qtbot, opened)
            yield name, opened
            opened.close()
            QApplication.processEvents()
    QToolTip.showText(window.mapToGlobal(QPoint(40, 40)), "What a figure says, its unit and what is good", window)
    yield "tooltip", next(top for top in QApplication.topLevelWidgets() if top.inherits("QTipLabel"))
    QToolTip.hideText()


def _opened(window: MainWindow) -> list[QWidget]:
    """Return the windows and what lies over the main one."""
    over = [*window.findChildren(CommandPalette), *window.findChildren(MessageLog)]
    return [found for found in (*QApplication.topLevelWidgets(), *over) if found.isVisible() and found is not window]


def _new(window: MainWindow, before: set[QWidget]) -> list[QWidget]:
    return [found for found in _opened(window) if found not in before]


def panels(window: MainWindow, state: str) -> Iterator[Screen]:
    """Yield the window with each of the panels that are tabs in front."""
    for key in TABS:
        panel = window.workspace.panels.get(key)
        if panel is not None:
            panel.come_forward()
            QApplication.processEvents()
            yield f"{state}-{key}", window


def trained(qtbot: QtBot, window: MainWindow) -> None:
    """Train on the digits until there is an evaluation, stop, and let every panel measure what it can."""
    qtbot.waitUntil(lambda: window.session is not None and window.commands["run.train"].isEnabled(), timeout=LONG)
    session, bridge = window.session, window.bridge
    assert session is not None
    assert bridge is not None
    found: list[Evaluation] = []
    bridge.of(Evaluation).connect(lambda event: found.append(event) if event.step > 0 else None)
    session.set("encoder", "mlp")
    session.set("epochs", 6)
    window.state.pins.choose(7)
    window.commands["run.train"].trigger()
    qtbot.waitUntil(lambda: len(found) > 1 and window.commands["run.train"].isEnabled(), timeout=LONG)
    window.state.set_selection(list(range(20, 60)))
    for name in ("class_pairs.run", "clusters.run", "miners.bench", "evaluate.run"):
        action: QAction = window.commands[name]
        qtbot.waitUntil(action.isEnabled, timeout=LONG)
        action.trigger()
        panel = window.workspace.panels[{"miners": "miner_bench"}.get(name.split(".")[0], name.split(".")[0])]
        qtbot.waitUntil(lambda panel=panel: panel.status not in ("", "measuring…", "comparing…"), timeout=LONG)  # type: ignore[misc]


def shown(qtbot: QtBot, window: MainWindow, size: tuple[int, int], theme: ThemeChoice) -> None:
    """Let a window have a size and a theme, and wait until its map is drawn so."""
    window.resize(*size)
    window.themes.choose(theme)
    panel = window.workspace.panels["map"]
    assert isinstance(panel, MapPanel)
    canvas = panel.canvas

    def drawn() -> bool:
        picture = canvas.picture
        if picture is None or not picture.in_sight or not canvas.laid_out:
            return False
        return picture.view == canvas.navigator.view and picture.view.width == canvas.width()

    qtbot.waitUntil(lambda: drawn() and not canvas.navigator.gliding, timeout=LONG)
    qtbot.waitUntil(window.updatesEnabled, timeout=LONG)
    there(qtbot, window)


def there(qtbot: QtBot, widget: QWidget) -> None:
    """Wait until nothing that is seen says that it is still to come, and no table is empty that never stays so."""

    def come() -> bool:
        labels = [label for label in widget.findChildren(QLabel) if label.isVisible()]
        tables = [table for table in widget.findChildren(LicenceTable) if table.isVisible()]
        return not any(label.text() in COMING for label in labels) and all(table.complete for table in tables)

    qtbot.waitUntil(come, timeout=LONG)
    QApplication.processEvents()


def saved(widget: QWidget, folder: Path, name: str) -> Path:
    """Save a picture of a window under a name."""
    path = folder / f"{name}.png"
    assert widget.grab().save(str(path))
    return path
