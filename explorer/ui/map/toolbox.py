"""The tools of the map, always in sight, and what they do to the selection."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QGridLayout, QWidget

from explorer.ui.map.floating_box import Floating
from explorer.ui.session.selections import SelectionMode
from explorer.ui.widgets.icons import IconButton
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text_size import keep_tool
from explorer.ui.widgets.theme import ThemeManager

TOOLS = (
    ("pointer", tr("Point and pan  (V)")),
    ("lasso", tr("Select with a lasso  (L)")),
    ("rectangle", tr("Select with a rectangle  (R)")),
    ("brush", tr("Select with a brush  (B)\n[ and ] or Ctrl+wheel change its size")),
    ("polygon", tr("Select with a polygon  (P)\nEnter or a double click closes it")),
)
MODES: tuple[tuple[SelectionMode, str], ...] = (
    ("replace", tr("Select anew")),
    ("add", tr("Add to the selection  (Shift)")),
    ("remove", tr("Remove from the selection  (Alt)")),
    ("intersect", tr("Keep what is in both  (Shift+Alt)")),
)
SIDE = 26


class ToolBox(Floating):
    """The tools, one below the other; below them, while one that selects is chosen, the ways to select.

    Signals
    -------
    tool_chosen(name), mode_chosen(name): see ``selection_tools``. fit_asked(): show everything.
    """

    tool_chosen = Signal(str)
    mode_chosen = Signal(str)
    fit_asked = Signal()

    def __init__(self, themes: ThemeManager, parent: QWidget) -> None:
        super().__init__(themes, parent, tr("Tools of the map"))
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(4, 4, 4, 4)
        self._grid.setSpacing(4)
        self._rows, self._tool = 0, "pointer"
        self._tools = self._group(TOOLS, "", self.tool_chosen.emit)
        self.fit = IconButton(themes, "fit", tr("Show everything  (O)"), self, token="text")
        keep_tool(self.fit, SIDE)
        self.fit.clicked.connect(self.fit_asked)
        self._line = QFrame(self)
        self._line.setObjectName("line")
        self._line.setFixedHeight(1)
        self._modes = self._group(MODES, "mode-", self.mode_chosen.emit)
        self._parts: tuple[QWidget, ...] = (*self._tools.values(), self.fit, self._line, *self._modes.values())
        self.set_room(self._needed())
        self.show_mode("replace")
        self.show_tool("pointer")

    def _group(
        self, entries: Sequence[tuple[str, str]], prefix: str, chosen: Callable[[str], None]
    ) -> dict[str, IconButton]:
        """Make buttons of which one is down."""
        group, buttons = QButtonGroup(self), dict[str, IconButton]()
        for name, label in entries:
            button = IconButton(self._themes, prefix + name, label, self, token="text")
            button.setCheckable(True)
            keep_tool(button, SIDE)
            button.clicked.connect(lambda _on=False, name=name: chosen(name))
            group.addButton(button)
            buttons[name] = button
        return buttons

    def _needed(self) -> int:
        """Return the height of all in one column."""
        return len(self._parts) * (self.fit.height() + self._grid.spacing()) + 8

    def set_room(self, height: int) -> None:
        """Stay within a height: in as many columns as that takes."""
        rows = max(1, min(len(self._parts), (height - 8) // (self.fit.height() + self._grid.spacing())))
        if rows == self._rows:
            return
        self._rows, shown = rows, [part for part in self._parts if rows >= len(self._parts) or part is not self._line]
        self._grid.removeWidget(self._line)
        for place, part in enumerate(shown):
            self._grid.addWidget(part, place % rows, place // rows)
        self._show_ways()

    def show_tool(self, tool: str) -> None:
        """Show which tool is chosen."""
        self._tools[tool].setChecked(True)
        self._tool = tool
        self._show_ways()

    def _show_ways(self) -> None:
        """Show the ways to select while a tool is chosen that selects."""
        selects = self._tool != "pointer"
        for button in self._modes.values():
            button.setVisible(selects)
        self._line.setVisible(selects and self._rows >= len(self._parts))
        self._grid.activate()
        self.adjustSize()

    def show_mode(self, mode: str) -> None:
        """Show what becomes of the selection."""
        self._modes[mode].setChecked(True)

    def button(self, name: str) -> IconButton:
        """Return the button of a tool or a mode."""
        return self._tools.get(name) or self._modes[name]
