"""The commands that make all text larger or smaller; in the layout Present that of Present alone."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from explorer.ui.session.preferences import Preferences
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text_size import text_size

if TYPE_CHECKING:
    from explorer.ui.shell.main_window import MainWindow

COMMANDS = (
    ("larger", tr("Larger text"), "Ctrl++", tr("All text, rows and buttons a step larger, up to 200 %")),
    ("smaller", tr("Smaller text"), "Ctrl+-", tr("All text, rows and buttons a step smaller, down to the usual size")),
    ("usual", tr("Usual size of text"), "Ctrl+0", tr("All text in its usual size again")),
)

WORDS = tr("font letters zoom bigger size")


def add_text_commands(window: MainWindow) -> None:
    """Add the three commands to the menu View."""
    for name, title, keys, tip in COMMANDS:
        slot = partial(_change, window, name)
        action = window.commands.add(f"view.text_{name}", title, slot, shortcut=keys, menu="View", tip=tip, words=WORDS)
        action.setProperty("begins_group", name == "larger")


def _change(window: MainWindow, how: str) -> None:
    """Set the next size, in the setting that is in use."""
    name = "present_text" if window.state.presenting else "text"
    info = next(one for one in Preferences.described() if one.name == name)
    sizes, now = [int(choice) for choice in info.choices], text_size().percent
    if how == "larger":
        wanted = min((size for size in sizes if size > now), default=now)
    elif how == "smaller":
        wanted = max((size for size in sizes if size < now), default=now)
    else:
        wanted = int(info.default)
    window.settings.set_value(name, str(wanted))
