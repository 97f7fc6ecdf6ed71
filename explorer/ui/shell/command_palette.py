"""The command palette: type a few letters of any command, or of what it is about, and press Enter."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from explorer.ui.session.commands import Command, Commands, Place
from explorer.ui.widgets.text import plain_tip

WIDTH = 460
ROWS = 12
IN_ORDER = 20
"""The score of letters that are only in their order; used where nothing fits better."""
SHORTCUT = int(Qt.ItemDataRole.UserRole) + 1


def score(words: str, text: str) -> int:
    """Return how well typed ``words`` fit ``text``; 0: not at all, higher is better.

    What begins a word first, then what is in one, then words that begin so in any order, then letters in order.
    """
    needle, hay = words.casefold().strip(), text.casefold()
    if not needle:
        return 1
    if (at := f" {hay}".find(f" {needle}")) >= 0:
        return max(300 - at, 201)
    if needle in hay:
        return max(200 - hay.index(needle), 101)
    if all(any(word.startswith(part) for word in hay.split()) for part in needle.split()):
        return 100
    rest = iter(hay)
    return IN_ORDER if all(letter in rest for letter in needle.replace(" ", "")) else 0


def fit(words: str, title: str, about: str) -> int:
    """Return how well words fit something with a title, and with more that is said ``about`` it.

    What is said counts for less, and only by whole beginnings of words: letters in their order are in any sentence.
    """
    by_title, by_words = score(words, title), score(words, about)
    told = by_words // 4 if by_words > IN_ORDER else 0
    return max(by_title, told)


class Line(QStyledItemDelegate):
    """Paints a command with its shortcut at the right end."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint the title as lists do, then the shortcut."""
        super().paint(painter, option, index)
        rect = QRect(option.rect).adjusted(0, 0, -10, 0)
        palette = QPalette(option.palette)
        painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), index.data(SHORTCUT))


class CommandPalette(QFrame):
    """A list of every command, narrowed by what is typed; Escape or a click elsewhere closes it.

    ``places`` are listed as well once something is typed: there are many, and a first look is for commands.
    """

    def __init__(self, commands: Commands, parent: QWidget, places: Callable[[], Sequence[Place]] = list) -> None:
        super().__init__(parent)
        self.setObjectName("palette")
        self.setAccessibleName("Command palette")
        self._commands = commands
        self._places = places
        self._listed: list[Command | Place] = []
        self.field = QLineEdit()
        self.field.setPlaceholderText("Type a command, or a setting such as margin")
        self.field.setAccessibleName("Command")
        self.field.textChanged.connect(self._narrow)
        self.field.installEventFilter(self)
        self.list = QListWidget()
        self.list.setItemDelegate(Line(self.list))
        self.list.setAccessibleName("Commands")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(self._run)
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 8, 8, 8)
        box.setSpacing(6)
        box.addWidget(self.field)
        box.addWidget(self.list)

    def open_at(self, corner: QPoint) -> None:
        """Show the palette with its top right corner at a point of the window, and take the focus."""
        self.field.clear()
        self._narrow("")
        self.resize(WIDTH, 60 + ROWS * 27)
        self.move(max(0, corner.x() - WIDTH), corner.y())
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def dismiss(self) -> None:
        """Close the palette and give the focus back to the window."""
        self.hide()
        self.window().setFocus(Qt.FocusReason.PopupFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Move through the list with the arrow keys, run with Enter, close with Escape or when the focus goes."""
        if watched is self.field and event.type() == QEvent.Type.FocusOut and self.isVisible():
            self.hide()
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
                self._step(1 if event.key() == Qt.Key.Key_Down else -1)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._run(self.list.currentItem())
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.dismiss()
                return True
        return super().eventFilter(watched, event)

    def _step(self, by: int) -> None:
        if self.list.count():
            self.list.setCurrentRow((self.list.currentRow() + by) % self.list.count())

    def _narrow(self, words: str) -> None:
        everything: list[Command | Place] = [*self._commands, *(self._places() if words.strip() else ())]
        fitting = [(_points(words, one), one) for one in everything]
        least = IN_ORDER if max((points for points, _ in fitting), default=0) > IN_ORDER else 0
        fitting = [(points, one) for points, one in fitting if points > least]
        fitting.sort(key=lambda pair: (-pair[0], isinstance(pair[1], Command) and not pair[1].action.isEnabled()))
        self._listed = [one for _, one in fitting]
        self.list.clear()
        for one in self._listed:
            self._add(one) if isinstance(one, Command) else self._add_place(one)
        self.list.setCurrentRow(0)

    def _add_place(self, place: Place) -> None:
        item = QListWidgetItem(place.title)
        item.setData(SHORTCUT, "")
        item.setToolTip(plain_tip(place.tip))
        self.list.addItem(item)

    def _add(self, command: Command) -> None:
        menu = f"{command.menu}: " if command.menu else ""
        item = QListWidgetItem(f"{menu}{command.title}")
        item.setData(SHORTCUT, command.shortcut)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{menu}{command.title} {command.shortcut}")
        item.setToolTip(command.action.toolTip())
        if not command.action.isEnabled():
            item.setFlags(Qt.ItemFlag.NoItemFlags)
        self.list.addItem(item)

    def _run(self, item: QListWidgetItem | None) -> None:
        if item is None or not item.flags() & Qt.ItemFlag.ItemIsEnabled:
            return
        chosen = self._listed[self.list.row(item)]
        self.dismiss()
        chosen.action.trigger() if isinstance(chosen, Command) else chosen.go()


def _points(words: str, one: Command | Place) -> int:
    if isinstance(one, Place):
        points = fit(words, one.title, one.words)
        return points // 5 if one.behind and points > IN_ORDER else points
    about = f"{one.id.replace('.', ' ').replace('_', ' ')} {one.action.toolTip()}"
    return fit(words, f"{one.menu} {one.title}".strip(), about)
