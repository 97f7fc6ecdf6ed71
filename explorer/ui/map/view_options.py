"""What is chosen about the look of the points, in one row above the map: colours, shapes, and what others add."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QMenu, QPushButton, QWidget

from explorer.ui.map.floating_box import Floating
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import elided, ui_font
from explorer.ui.widgets.text_size import scaled
from explorer.ui.widgets.theme import ThemeManager

NAME_WIDTH = 150
MENU_WIDTH = 360


class Option(NamedTuple):
    """Something that can be chosen: its name, and its title on screen."""

    name: str
    title: str


class Choice(QPushButton):
    """A button that says what is chosen and opens a menu of groups, each with a heading; long menus scroll.

    Signals
    -------
    chosen(name): something was chosen.
    """

    chosen = Signal(str)

    def __init__(self, label: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = label
        self._shown: object = None
        self._actions: dict[str, QAction] = {}
        self.choices = QMenu(self)
        self.choices.setToolTipsVisible(True)
        self.setProperty("kind", "fold")
        self.setToolTip(tip)
        self.clicked.connect(self.open)

    def open(self) -> None:
        """Open the menu below the button."""
        self.choices.popup(self.mapToGlobal(QPoint(0, self.height() + 2)))

    def offer(self, groups: Sequence[tuple[str, Sequence[Option]]], chosen: str) -> None:
        """Offer these groups ``(heading, options)``, with one option chosen; an empty heading is not shown."""
        if self._shown != (shown := tuple((heading, tuple(options)) for heading, options in groups)):
            self._shown = shown
            self._fill(groups)
        if chosen in self._actions:
            self._actions[chosen].setChecked(True)
        title = next((option.title for _, options in groups for option in options if option.name == chosen), chosen)
        text = f"{self._label}: {elided(title, ui_font(12), scaled(NAME_WIDTH)).replace('&', '&&')} ▾"
        self.setText(text)
        self.setAccessibleName(f"{self._label}: {title}")

    def _fill(self, groups: Sequence[tuple[str, Sequence[Option]]]) -> None:
        self.choices.clear()
        self._actions.clear()
        group = QActionGroup(self.choices)
        for heading, options in groups:
            if heading and options:
                if not self.choices.isEmpty():
                    self.choices.addSeparator()
                self.choices.addAction(heading).setEnabled(False)
            for option in options:
                action = self.choices.addAction(
                    elided(option.title, ui_font(13), scaled(MENU_WIDTH)).replace("&", "&&")
                )
                action.setCheckable(True)
                action.triggered.connect(lambda _on=False, name=option.name: self.chosen.emit(name))
                group.addAction(action)
                self._actions[option.name] = action

    def action(self, name: str) -> QAction:
        """Return the line of the menu for an option."""
        return self._actions[name]

    def names(self) -> list[str]:
        """Return what is offered."""
        return list(self._actions)


class Switches(QPushButton):
    """A button that opens a menu of things of which each can be on or off, and says what is on."""

    def __init__(self, label: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = label
        self.choices = QMenu(self)
        self.choices.setToolTipsVisible(True)
        self.setProperty("kind", "fold")
        self.setToolTip(tip)
        self.clicked.connect(self.open)

    def open(self) -> None:
        """Open the menu below the button."""
        self.choices.popup(self.mapToGlobal(QPoint(0, self.height() + 2)))

    def offer(self, actions: Sequence[QAction]) -> None:
        """Offer these checkable actions; they stay whose they are, so that a shortcut is shown beside each."""
        self.choices.clear()
        self.choices.addActions(list(actions))

    def say(self, what: str) -> None:
        """Say what is on; empty: nothing that is worth a word."""
        text = f"{self._label}: {what}" if what else self._label
        self.setText(f"{text.replace('&', '&&')} ▾")
        self.setAccessibleName(text)


class ViewOptions(Floating):
    """The row of choices; whoever draws something on the map may add one.

    On a map that is too small for them, all are submenus of a single button.
    """

    def __init__(self, themes: ThemeManager, parent: QWidget) -> None:
        super().__init__(themes, parent, tr("What the points show"))
        self._room = (1 << 24) - 1
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(4, 1, 4, 1)
        self._row.setSpacing(2)
        self._offered: dict[Choice | Switches, bool] = {}
        self._further: list[tuple[Callable[[], str], Callable[[], None]]] = []
        self.whole = QPushButton(f"{tr('View')} ▾", self)
        self.whole.setProperty("kind", "fold")
        self.whole.setToolTip(tr("What the points show, and how they are laid out"))
        self.whole.hide()
        self.menu = QMenu(self)
        self.whole.clicked.connect(self._open)
        self._row.addWidget(self.whole)
        self.colours = self.add(tr("Colour"), tr("What the colours of the points tell"))
        self.shapes = self.add(tr("Shape"), tr("What the shapes of the points tell"))

    def add(self, label: str, tip: str) -> Choice:
        """Add a choice at the right end."""
        choice = Choice(label, tip, self)
        self._row.addWidget(choice)
        self.show_choice(choice, True)
        return choice

    def add_switches(self, label: str, tip: str) -> Switches:
        """Add a menu of what can be on or off at the right end."""
        switches = Switches(label, tip, self)
        self._row.addWidget(switches)
        self.show_choice(switches, True)
        return switches

    def show_choice(self, choice: Choice | Switches, shown: bool) -> None:
        """Offer a choice, or not."""
        self._offered[choice] = shown
        choice.setVisible(shown and not self.folded)

    def add_further(self, title: Callable[[], str], chosen: Callable[[], None]) -> None:
        """Add a line below the submenus of the single button: what it says now, and what it does."""
        self._further.append((title, chosen))

    @property
    def folded(self) -> bool:
        """Whether a single button stands for all."""
        return not self.whole.isHidden()

    def fold(self, folded: bool) -> None:
        """Let a single button stand for all, or show each."""
        if folded != self.folded:
            self.whole.setVisible(folded)
            for choice, shown in self._offered.items():
                choice.setVisible(shown and not folded)
            self.settle()

    def _open(self) -> None:
        self.menu.clear()
        for choice, shown in self._offered.items():
            if shown:
                choice.choices.setTitle(choice.text().removesuffix(" ▾"))
                self.menu.addMenu(choice.choices)
        for title, chosen in self._further:
            self.menu.addAction(title().removesuffix(" ▾")).triggered.connect(chosen)
        self.menu.popup(self.whole.mapToGlobal(QPoint(0, self.whole.height() + 2)))

    def set_room(self, width: int) -> None:
        """Stay within a width: where it is too narrow the choices stand below each other."""
        self._room = width
        self.settle()

    def take_size(self) -> None:
        """Take the size that the words need."""
        self.settle()

    def settle(self) -> None:
        """Take the size that the words need."""
        choices = self.findChildren(QPushButton, options=Qt.FindChildOption.FindDirectChildrenOnly)
        shown = [choice.sizeHint().width() for choice in choices if not choice.isHidden()]
        across = sum(shown) + self._row.spacing() * len(shown) + 8
        ways = QBoxLayout.Direction
        self._row.setDirection(ways.LeftToRight if across <= self._room else ways.TopToBottom)
        self._row.activate()
        self.adjustSize()
