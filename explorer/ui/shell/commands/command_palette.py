"""The command palette: type a few letters of any command, or of what it is about, and press Enter."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QPointF, QRect, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QPainter, QPalette, QTextLayout
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from explorer.ui.session.commands import Command, Commands, Place
from explorer.ui.session.settings import Settings
from explorer.ui.shell.commands.typed_words import NEARLY, fit, matched, name_meant, named_by, score
from explorer.ui.widgets.language import in_english, said, tr
from explorer.ui.widgets.letters import alike
from explorer.ui.widgets.text import SEMI_BOLD, elided, plain_tip
from explorer.ui.widgets.text_size import scaled, when_letters_change

WIDTH = 460
ROWS = 12
GAP = 16
NOTHING = tr("Nothing found: try another word")
NAMED = 200
"""The score of what is known by another name as well, such as the format that it writes: as good as within a title."""
FOUND = 26
"""The least score of what was found by its name: more than of words that stand somewhere in what is said of others."""
SHORTCUT = int(Qt.ItemDataRole.UserRole) + 1


class Line(QStyledItemDelegate):
    """Paints a command, the letters that fit in bold, and at the right end its shortcut or what else it is known by."""

    words = ""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint what lists do below the title, then title and shortcut."""
        shown = QStyleOptionViewItem(option)
        self.initStyleOption(shown, index)
        title, shown.text = shown.text, ""
        style = shown.widget.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, shown, painter, shown.widget)
        rect = QRect(shown.rect).adjusted(8, 0, -10, 0)
        palette, right = QPalette(shown.palette), str(index.data(SHORTCUT) or "")
        painter.setFont(shown.font)
        painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), right)
        enabled = bool(shown.state & QStyle.StateFlag.State_Enabled)
        group = QPalette.ColorGroup.Active if enabled else QPalette.ColorGroup.Disabled
        painter.setPen(palette.color(group, QPalette.ColorRole.Text))
        taken = shown.fontMetrics.horizontalAdvance(right) + GAP if right else 0
        self._paint_title(painter, title, rect.adjusted(0, 0, -taken, 0), shown.font)

    def _paint_title(self, painter: QPainter, title: str, rect: QRect, font: QFont) -> None:
        layout = QTextLayout(elided(title, font, rect.width()), font)
        layout.setFormats([_bold(at, length) for at, length in matched(self.words, title)])
        layout.beginLayout()
        line = layout.createLine()
        layout.endLayout()
        if line.isValid():
            layout.draw(painter, QPointF(rect.left(), rect.top() + (rect.height() - line.height()) / 2))


def _bold(at: int, length: int) -> QTextLayout.FormatRange:
    found = QTextLayout.FormatRange()
    found.start, found.length = at, length
    found.format.setFontWeight(SEMI_BOLD)
    found.format.setFontUnderline(True)
    return found


class CommandPalette(QFrame):
    """A list of every command, narrowed by what is typed; Escape or a click elsewhere closes it.

    ``places`` are listed as well once something is typed: there are many, and a first look is for commands. So is what
    ``show_found`` brings later. What is called just as was typed comes first, then what begins so, then what fits best;
    of what fits as well, what was chosen last.

    Signals
    -------
    typed(words): something else is sought, or nothing any more.
    """

    typed = Signal(str)

    def __init__(
        self,
        commands: Commands,
        parent: QWidget,
        places: Callable[[], Sequence[Place]] = list,
        settings: Settings | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._found: list[Place] = []
        self.setObjectName("palette")
        self.setAccessibleName(tr("Command palette"))
        self._commands = commands
        self._places = places
        self._listed: list[Command | Place] = []
        self.field = QLineEdit()
        self.field.setPlaceholderText(tr("A command, a setting such as margin, a class or a file"))
        self.field.setAccessibleName(tr("Command"))
        self.field.textChanged.connect(self._narrow)
        self.field.installEventFilter(self)
        self.list = QListWidget()
        self._line = Line(self.list)
        self.list.setItemDelegate(self._line)
        self.list.setAccessibleName(tr("Commands"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(self._run)
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 8, 8, 8)
        box.setSpacing(6)
        box.addWidget(self.field)
        box.addWidget(self.list)
        self._corner = QPoint()
        when_letters_change(self.field, self._fit)

    def open_at(self, corner: QPoint) -> None:
        """Show the palette with its top right corner at a point of the window, and take the focus."""
        self.field.clear()
        self._narrow("")
        self._corner = corner
        self._fit()
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def _fit(self) -> None:
        """Take the size that the text needs by now."""
        window, corner = self.window().size(), self._corner
        width = min(scaled(WIDTH), window.width())
        self.resize(width, min(scaled(60 + ROWS * 27), window.height() - corner.y()))
        self.move(max(0, corner.x() - width), corner.y())

    def dismiss(self) -> None:
        """Close the palette and give the focus back to the window."""
        self.hide()
        self.typed.emit("")
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
        self._found = []
        self._list(words)
        self.list.setCurrentRow(0)
        self.typed.emit(words)

    def show_found(self, words: str, places: Sequence[Place]) -> None:
        """List what was found meanwhile, unless something else is typed by now; what is marked stays marked."""
        if words != self.field.text().strip() or not self.isVisible():
            return
        marked = self._listed[self.list.currentRow()] if self._listed else None
        self._found = list(places)
        self._list(words)
        self.list.setCurrentRow(next((row for row, one in enumerate(self._listed) if one is marked), 0))

    def _list(self, words: str) -> None:
        places = self._places() if words.strip() else []
        everything: list[Command | Place] = [*self._commands, *places]
        fitting = [(_points(words, one), one) for one in everything]
        least = NEARLY if max((points for points, _ in fitting), default=0) > NEARLY else 0
        fitting = [(points, one) for points, one in fitting if points > least]
        fitting += [(max(_points(words, one), FOUND), one) for one in self._found]
        lately = {name: place for place, name in enumerate(self._settings.palette if self._settings else ())}
        fitting.sort(key=lambda pair: (
            _rank(words, pair[1]), -pair[0], _is_off(pair[1]), lately.get(_name(pair[1]), len(lately))
        ))  # fmt: skip
        self._listed = [one for _, one in fitting]
        self._line.words = words
        self.list.clear()
        for one in self._listed:
            self._add(one) if isinstance(one, Command) else self._add_place(one)
        if not self._listed:
            nothing = QListWidgetItem(NOTHING)
            nothing.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(nothing)

    def _add_place(self, place: Place) -> None:
        item = QListWidgetItem(place.title)
        item.setData(SHORTCUT, "" if score(self._line.words, place.title) else _english_meant(self._line.words, place))
        item.setToolTip(plain_tip(place.tip))
        self.list.addItem(item)

    def _add(self, command: Command) -> None:
        menu = f"{said(command.menu)}: " if command.menu else ""
        item = QListWidgetItem(f"{menu}{command.label}")
        words, named = self._line.words, ""
        if not score(words, f"{menu}{command.title}"):
            named = named_by(words, command.words) or _english_meant(words, command)
        item.setData(SHORTCUT, named or command.shortcut)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{menu}{command.title} {named or command.shortcut}")
        item.setToolTip(command.action.toolTip())
        if not command.action.isEnabled():
            item.setFlags(Qt.ItemFlag.NoItemFlags)
        self.list.addItem(item)

    def _run(self, item: QListWidgetItem | None) -> None:
        if item is None or not item.flags() & Qt.ItemFlag.ItemIsEnabled:
            return
        chosen = self._listed[self.list.row(item)]
        self.dismiss()
        if self._settings is not None:
            self._settings.add_to_palette(_name(chosen))
        if isinstance(chosen, Command):
            named = name_meant(self._line.words, chosen.words) if chosen.by_name is not None else ""
            chosen.by_name(named) if chosen.by_name is not None and named else chosen.action.trigger()
        else:
            chosen.go()


def _name(one: Command | Place) -> str:
    return one.id if isinstance(one, Command) else one.title


def _is_off(one: Command | Place) -> bool:
    return isinstance(one, Command) and not one.action.isEnabled()


def _english(one: Command | Place) -> str:
    """Return what something is called in English where the window speaks another language; empty where it does not."""
    known = one.english if isinstance(one, Place) else ""
    return known or in_english(one.title) or in_english(f"{one.title}…")


def _english_meant(words: str, one: Command | Place) -> str:
    """Return what something is called in English where it was found by that."""
    english = _english(one)
    return english if score(words, english) > NEARLY else ""


def _rank(words: str, one: Command | Place) -> int:
    """Return 0 for what is called just as was typed, 1 for what can be chosen and begins so, 2 for all else."""
    typed, title = alike(words).strip(), alike(one.title)
    if typed == title:
        return 0
    behind = one.behind if isinstance(one, Place) else _is_off(one)
    return 1 if title.startswith(typed) and not behind else 2


def _points(words: str, one: Command | Place) -> int:
    tip = one.tip if isinstance(one, Place) else one.action.toolTip().partition("  (")[0]  # the keys are no words
    if isinstance(one, Place):
        named, title, about = 0, one.title, one.words
    else:
        named = NAMED if named_by(words, one.words) or named_by(words, in_english(one.words)) else 0
        title = f"{said(one.menu)} {one.title}".strip()
        about = f"{one.id.replace('.', ' ').replace('_', ' ')} {tip} {one.words}"
    points = max(named, fit(words, title, about))
    if english := _english(one):
        points = max(points, fit(words, english, f"{in_english(one.words)} {in_english(tip)}") - 1)
    behind = isinstance(one, Place) and one.behind and points > NEARLY
    return points // 5 if behind else points
