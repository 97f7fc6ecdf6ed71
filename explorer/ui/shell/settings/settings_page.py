"""The page of settings, made from the model of them: each with one sentence, its default and a way back to that."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from explorer.core.registry import ParameterInfo, Scalar
from explorer.ui.session.commands import Place
from explorer.ui.session.preferences import TITLES, Preferences
from explorer.ui.session.settings import Settings
from explorer.ui.widgets.fields.base import Column, Field
from explorer.ui.widgets.fields.choice import ChoiceField
from explorer.ui.widgets.fields.field_of import field_for
from explorer.ui.widgets.icons import IconButton
from explorer.ui.widgets.language import LANGUAGE, LANGUAGES, language_by, said, tr
from explorer.ui.widgets.letters import alike, sought_in
from explorer.ui.widgets.search_field import search_field
from explorer.ui.widgets.text import PlainLabel
from explorer.ui.widgets.text_size import keep_size, open_large
from explorer.ui.widgets.theme import ThemeManager

if TYPE_CHECKING:
    from explorer.ui.shell.main_window import MainWindow

SIZE = (600, 660)
FIELD_WIDTH = 180
NONE_FOUND = tr("No setting has all of these words")


class SettingRow(QWidget):
    """One setting: title, field and reset, and below what it does and its default.

    Signals
    -------
    chosen(value): it shall have this value.
    """

    chosen = Signal(object)

    def __init__(self, info: ParameterInfo, title: str, themes: ThemeManager) -> None:
        super().__init__()
        self.info, self.title = info, title
        self.field = _field(info)
        self.field.name(title, info.help)
        self.field.changed.connect(self.chosen)
        keep_size(self.field, width=FIELD_WIDTH)
        default = value_words(info, info.default)
        self.reset = IconButton(themes, "reset", tr("{title}: back to {default}", title=title, default=default))
        self.reset.clicked.connect(lambda: self.chosen.emit(info.default))
        self.problem = PlainLabel(role="error")
        self.problem.hide()
        self.field.invalid.connect(self._tell)
        unbroken = default.replace(" %", "\u00a0%")
        self.words = PlainLabel(tr("{help} Default: {default}.", help=info.help, default=unbroken), role="muted")
        self.words.setWordWrap(True)
        self.note = PlainLabel(role="hint")
        self.note.setWordWrap(True)
        self.note.hide()
        row = QHBoxLayout()
        row.addWidget(PlainLabel(title), 1)
        row.addWidget(self.field)
        row.addWidget(self.reset)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 6, 0, 6)
        box.setSpacing(2)
        box.addLayout(row)
        box.addWidget(self.words)
        box.addWidget(self.note)
        box.addWidget(self.problem)

    def show_value(self, value: Scalar) -> None:
        """Show what is set."""
        self.field.set_value(value)
        self.reset.setEnabled(value != self.info.default)
        self._tell("")

    def remark(self, words: str) -> None:
        """Say below the setting what its value needs to be in use; empty: nothing."""
        self.note.setText(words)
        self.note.setVisible(bool(words))

    def fits(self, words: str, group: str) -> bool:
        """Return whether all of some words are in what is said of the setting."""
        known = " ".join((group, *map(sought_in, (self.title, self.words.text())), *self.info.choices))
        return all(word in alike(known) for word in alike(words).split())

    def _tell(self, problem: str) -> None:
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))


class SettingsPage(QDialog):
    """All settings by group, narrowed by what is typed; each is in use at once, and follows where else it changes."""

    def __init__(self, settings: Settings, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("settings-page")
        self.setWindowTitle(tr("Settings"))
        self._settings = settings
        self.rows: dict[str, SettingRow] = {}
        self._groups: dict[str, QWidget] = {}
        self.search = search_field(tr("Find a setting"))
        self.search.textChanged.connect(self._narrow)
        self.none = PlainLabel(NONE_FOUND, role="empty")
        self.none.hide()
        self.reset = QPushButton(tr("Reset all"))
        self.reset.setToolTip(tr("Every setting on this page back to its default"))
        self.reset.clicked.connect(self._reset_all)
        self._lay_out(themes)
        settings.changed.connect(self._show)
        for name in self.rows:
            self._show(name)
        self.search.setFocus()

    def _lay_out(self, themes: ThemeManager) -> None:
        inside = Column(12)
        inside.box.setContentsMargins(16, 4, 16, 4)
        known = {info.name: info for info in Preferences.described()}
        for group, titles in TITLES.items():
            column = self._groups[group] = Column(0)
            column.box.addWidget(PlainLabel(group, role="section"))
            for name, title in titles.items():
                row = self.rows[name] = SettingRow(known[name], title, themes)
                row.chosen.connect(partial(self._choose, name))
                column.box.addWidget(row)
            inside.box.addWidget(column)
        inside.box.addWidget(self.none)
        inside.box.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inside)
        for part in (inside, scroll.viewport()):
            part.setAutoFillBackground(False)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        close = QPushButton(tr("Close"))
        close.clicked.connect(self.close)
        buttons = QHBoxLayout()
        buttons.addWidget(self.reset)
        buttons.addStretch(1)
        buttons.addWidget(close)
        for button in (self.reset, close):
            button.setAutoDefault(False)  # Enter in a field takes the value
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 16, 16, 16)
        box.setSpacing(12)
        box.addWidget(self.search)
        box.addWidget(scroll, 1)
        box.addLayout(buttons)
        open_large(self, *SIZE)

    def go_to(self, name: str) -> None:
        """Show a setting and give its field the focus."""
        self.search.clear()
        self.rows[name].field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _choose(self, name: str, value: Scalar) -> None:
        self._settings.set_value(name, value)
        self._show(name)

    def _show(self, name: str) -> None:
        if name in self.rows:
            self.rows[name].show_value(self._settings.value(name))
        if name == "language":
            same = language_by(str(self._settings.value(name))) == LANGUAGE
            self.rows[name].remark("" if same else tr("Close Embedding Explorer and start it again to change to it."))

    def _reset_all(self) -> None:
        for name, row in self.rows.items():
            self._choose(name, row.info.default)

    def _narrow(self, words: str) -> None:
        for group, titles in TITLES.items():
            fitting = [name for name in titles if self.rows[name].fits(words, group)]
            for name in titles:
                self.rows[name].setVisible(name in fitting)
            self._groups[group].setVisible(bool(fitting))
        self.none.setVisible(all(group.isHidden() for group in self._groups.values()))


def value_words(info: ParameterInfo, value: Scalar) -> str:
    """Return a value of a setting in words: ``On``, ``150 %``, ``Until closed``, ``Deutsch``."""
    if isinstance(value, bool):
        return tr("On") if value else tr("Off")
    words = LANGUAGES.get(str(value)) or said(str(value).replace("_", " ").capitalize())
    return f"{words} {info.unit}" if info.unit else words


def _field(info: ParameterInfo) -> Field:
    if not info.choices:
        return field_for(info)
    field = ChoiceField([(choice, value_words(info, choice), "", True) for choice in info.choices])
    field.set_value(info.default)
    return field


def show_settings(window: MainWindow, name: str = "") -> SettingsPage:
    """Show the page of settings, or the one that is open; ``name``: the setting that gets the focus."""
    page = window.findChild(SettingsPage)
    if not isinstance(page, SettingsPage):
        page = SettingsPage(window.settings, window.themes, window)
    page.show()
    page.raise_()
    page.activateWindow()
    if name:
        page.go_to(name)
    return page


def setting_places(window: MainWindow) -> list[Place]:
    """Return the settings for the palette."""
    known = {info.name: info for info in Preferences.described()}
    return [
        Place(
            tr("Setting: {title}", title=title),
            f"{group} {name} · {known[name].help}",
            known[name].help,
            partial(show_settings, window, name),
        )
        for group, titles in TITLES.items()
        for name, title in titles.items()
    ]
