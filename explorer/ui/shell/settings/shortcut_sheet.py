"""The sheet of shortcuts: every command by group with its keys, which can be changed, put back, or taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from explorer.ui.session.commands import Command, Commands, plain, usable
from explorer.ui.session.settings import Settings
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.letters import alike, sought_in
from explorer.ui.widgets.search_field import search_field
from explorer.ui.widgets.text import ElidedLabel, PlainLabel
from explorer.ui.widgets.text_size import open_large

if TYPE_CHECKING:
    from explorer.ui.shell.main_window import MainWindow

SIZE = (560, 640)
ID = int(Qt.ItemDataRole.UserRole)
HOLDING = (Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr)


class KeyEdit(QLineEdit):
    """A field that takes keys instead of letters. Tab leaves it, Escape gives up.

    Signals
    -------
    pressed(keys): these were pressed, as the settings keep them. left(): Escape was.
    """

    pressed = Signal(str)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setAccessibleName(tr("New keys of the command"))
        self.setPlaceholderText(tr("Press the new keys"))

    def event(self, event: QEvent) -> bool:
        """Keep the shortcuts of the window from acting while keys are chosen."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take the keys."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.key() not in HOLDING:
            self.pressed.emit(plain(QKeySequence(event.keyCombination()).toString()))


class ShortcutSheet(QDialog):
    """Every command by group. What is changed is in use at once, in all windows, and kept."""

    def __init__(self, commands: Commands, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("shortcuts-dialog")
        self.setWindowTitle(tr("Keyboard shortcuts"))
        self._commands, self._settings = commands, settings
        self._wanted = ""
        self.items: dict[str, QTreeWidgetItem] = {}
        self.search = search_field(tr("Find a command, or keys such as Ctrl+R"), tr("Find a command"))
        self.tree = QTreeWidget()
        self.tree.setAccessibleName(tr("Keyboard shortcuts"))
        self.tree.setHeaderLabels([tr("Command"), tr("Keys")])
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tree.header().setStretchLastSection(False)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.chosen = ElidedLabel("", role="title")
        self.keys = KeyEdit()
        self.none, self.default = QPushButton(tr("No keys")), QPushButton(tr("Default"))
        self.take, self.reset = QPushButton(tr("Take them")), QPushButton(tr("Reset all"))
        self.words = PlainLabel("", role="error")
        self.words.setWordWrap(True)
        self._fill()
        self._lay_out()
        self._connect()
        self.tree.setCurrentItem(next(iter(self.items.values())))
        self.search.setFocus()

    def _fill(self) -> None:
        groups: dict[str, QTreeWidgetItem] = {}
        for command in self._commands:
            if command.group not in groups:
                heading = groups[command.group] = QTreeWidgetItem([command.group])
                heading.setFlags(Qt.ItemFlag.ItemIsEnabled)
                self.tree.addTopLevelItem(heading)
            item = self.items[command.id] = QTreeWidgetItem([command.title, command.all_keys])
            item.setData(0, ID, command.id)
            groups[command.group].addChild(item)
        self.tree.expandAll()

    def _lay_out(self) -> None:
        change, buttons = QHBoxLayout(), QHBoxLayout()
        for part in (self.keys, self.none, self.default):
            change.addWidget(part, 1 if part is self.keys else 0)
        close = QPushButton(tr("Close"))
        close.clicked.connect(self.close)
        buttons.addWidget(self.reset)
        buttons.addStretch(1)
        buttons.addWidget(close)
        for button in (self.none, self.default, self.take, self.reset, close):
            button.setAutoDefault(False)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 16, 16, 16)
        box.setSpacing(10)
        box.addWidget(self.search)
        box.addWidget(self.tree, 1)
        box.addWidget(self.chosen)
        box.addLayout(change)
        box.addWidget(self.words)
        box.addWidget(self.take, 0, Qt.AlignmentFlag.AlignLeft)
        box.addLayout(buttons)
        open_large(self, *SIZE)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._narrow)
        self.tree.currentItemChanged.connect(lambda _now, _before: self._show_chosen())
        self.tree.itemClicked.connect(lambda item, _column: self._begin(item))
        self.tree.itemActivated.connect(lambda item, _column: self._begin(item))
        self.keys.pressed.connect(self.ask)
        self.keys.left.connect(self._give_up)
        self.none.clicked.connect(lambda: self._set(""))
        self.default.clicked.connect(self._set_default)
        self.take.clicked.connect(self._take)
        self.reset.clicked.connect(lambda: self._settings.set_shortcuts({}))
        self._commands.keys_changed.connect(self._follow)

    @property
    def command(self) -> Command | None:
        """The command that is chosen in the list."""
        item = self.tree.currentItem()
        id = item.data(0, ID) if item is not None else None
        return next((one for one in self._commands if one.id == id), None)

    def ask(self, keys: str) -> None:
        """Give the chosen command these keys, unless they cannot be used or belong to another: that is told."""
        if self.command is None:
            return
        self._wanted = keys
        owner, problem = self._commands.owner(keys), usable(keys)
        if problem:
            self._tell(f"{problem}.")
        elif owner is not None and owner.id != self.command.id:
            self._tell(
                tr(
                    "{keys} belongs to “{title}” ({group}), which would have none then.",
                    keys=keys,
                    title=owner.title,
                    group=owner.group,
                ),
                offer=True,
            )
        else:
            self._set(keys)

    def _take(self) -> None:
        owner = self._commands.owner(self._wanted)
        if owner is not None and self.command is not None:
            self._keep({owner.id: "", self.command.id: self._wanted})

    def _set_default(self) -> None:
        if self.command is not None:
            self.ask(self.command.default)

    def _set(self, keys: str) -> None:
        if self.command is not None:
            self._keep({self.command.id: keys})

    def _keep(self, changes: dict[str, str]) -> None:
        """Remember the changes; what is as at first need not be remembered."""
        defaults = {command.id: command.default for command in self._commands}
        wanted = self._settings.shortcuts | changes
        self._settings.set_shortcuts({id: keys for id, keys in wanted.items() if keys != defaults.get(id)})
        self._show_chosen()

    def _give_up(self) -> None:
        self._show_chosen()
        self.tree.setFocus(Qt.FocusReason.OtherFocusReason)

    def _begin(self, item: QTreeWidgetItem) -> None:
        if item.data(0, ID):
            self.tree.setCurrentItem(item)
            self.keys.setFocus(Qt.FocusReason.OtherFocusReason)

    def _follow(self) -> None:
        for command in self._commands:
            if command.id in self.items:
                self.items[command.id].setText(1, command.all_keys)
        self._show_chosen()

    def _show_chosen(self) -> None:
        command = self.command
        self.chosen.setText("" if command is None else f"{command.group}: {command.title}")
        self.keys.setText("" if command is None else command.shortcut)
        for part in (self.keys, self.none, self.default):
            part.setEnabled(command is not None)
        if command is not None:
            self.none.setEnabled(bool(command.shortcut))
            self.default.setEnabled(plain(command.action.shortcut().toString()) != command.default)
            self.default.setToolTip(
                tr("Back to {default}", default=command.default) if command.default else tr("Back to none")
            )
        self._tell("")

    def _tell(self, words: str, *, offer: bool = False) -> None:
        self.words.setText(words)
        self.words.setVisible(bool(words))
        self.take.setVisible(offer)

    def _narrow(self, words: str) -> None:
        parts = alike(words).split()
        for row in range(self.tree.topLevelItemCount()):
            heading = self.tree.topLevelItem(row)
            assert heading is not None
            children = [heading.child(place) for place in range(heading.childCount())]
            for child in filter(None, children):
                known = f"{alike(heading.text(0))} {sought_in(child.text(0))} {alike(child.text(1))}"
                child.setHidden(not all(part in known for part in parts))
            heading.setHidden(all(child is None or child.isHidden() for child in children))


def show_shortcuts(window: MainWindow) -> ShortcutSheet:
    """Show the sheet of shortcuts, or the one that is open."""
    sheet = window.findChild(ShortcutSheet)
    if not isinstance(sheet, ShortcutSheet):
        sheet = ShortcutSheet(window.commands, window.settings, window)
    sheet.show()
    sheet.raise_()
    sheet.activateWindow()
    return sheet
