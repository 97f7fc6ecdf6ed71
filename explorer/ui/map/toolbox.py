"""The tools of the map, always in sight, and what they do to the selection."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QVBoxLayout, QWidget

from explorer.ui.map.floating_box import Floating
from explorer.ui.session.selections import SelectionMode
from explorer.ui.widgets.icons import IconButton
from explorer.ui.widgets.language import tr
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
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(4, 4, 4, 4)
        self._column.setSpacing(4)
        self._tools = self._group(TOOLS, self._column, "", self.tool_chosen.emit)
        self.fit = IconButton(themes, "fit", tr("Show everything  (O)"), self, token="text")
        self.fit.setFixedSize(SIDE, SIDE)
        self.fit.clicked.connect(self.fit_asked)
        self._column.addWidget(self.fit)
        self._ways = QWidget(self)
        ways = QVBoxLayout(self._ways)
        ways.setContentsMargins(0, 0, 0, 0)
        ways.setSpacing(4)
        line = QFrame(self._ways)
        line.setObjectName("line")
        line.setFixedHeight(1)
        ways.addWidget(line)
        self._modes = self._group(MODES, ways, "mode-", self.mode_chosen.emit)
        self._column.addWidget(self._ways)
        self.show_mode("replace")
        self.show_tool("pointer")

    def _group(
        self, entries: Sequence[tuple[str, str]], box: QVBoxLayout, prefix: str, chosen: Callable[[str], None]
    ) -> dict[str, IconButton]:
        """Add a column of buttons of which one is down."""
        group, buttons = QButtonGroup(self), dict[str, IconButton]()
        for name, label in entries:
            button = IconButton(self._themes, prefix + name, label, self, token="text")
            button.setCheckable(True)
            button.setFixedSize(SIDE, SIDE)
            button.clicked.connect(lambda _on=False, name=name: chosen(name))
            group.addButton(button)
            buttons[name] = button
            box.addWidget(button)
        return buttons

    def show_tool(self, tool: str) -> None:
        """Show which tool is chosen."""
        self._tools[tool].setChecked(True)
        self._ways.setVisible(tool != "pointer")
        self._column.activate()
        self.adjustSize()

    def show_mode(self, mode: str) -> None:
        """Show what becomes of the selection."""
        self._modes[mode].setChecked(True)

    def button(self, name: str) -> IconButton:
        """Return the button of a tool or a mode."""
        return self._tools.get(name) or self._modes[name]
