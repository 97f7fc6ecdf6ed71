"""Brings the settings into use, at the start and whenever one changes: in this window, and in those beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication

from explorer.ui.session.preferences import Preferences
from explorer.ui.shell.layout.layouts import BY_NAME
from explorer.ui.shell.start.start_page import KEYS
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text_size import text_size

if TYPE_CHECKING:
    from explorer.ui.shell.main_window import MainWindow

EFFECTS = (
    Qt.UIEffect.UI_AnimateMenu,
    Qt.UIEffect.UI_FadeMenu,
    Qt.UIEffect.UI_AnimateCombo,
    Qt.UIEffect.UI_AnimateTooltip,
    Qt.UIEffect.UI_FadeTooltip,
    Qt.UIEffect.UI_AnimateToolBox,
)
"""What Qt lets slide or fade where the desktop wants that."""


class SettingsInUse(QObject):
    """What belongs to the window as a whole; panels follow the settings that are theirs."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._language = window.settings.value("language")
        self._effects = [effect for effect in EFFECTS if QApplication.isEffectEnabled(effect)]
        window.settings.changed.connect(self.follow)
        for name in Preferences.model_fields:
            if name != "theme":  # a window is dressed before it is made
                self.follow(name)
        window.commands.keys_changed.connect(self._show_keys)
        window.workspace.layouts.chosen.connect(self._on_layout)
        window.state.presenting_changed.connect(self._on_presenting)
        self._show_keys()

    def follow(self, name: str) -> None:
        """Bring one setting into use."""
        window, settings = self._window, self._window.settings
        match name:
            case "theme":
                window.themes.choose(settings.theme)
                window.commands[f"view.theme_{settings.theme}"].setChecked(True)
            case "text" | "present_text":
                text_size().choose(settings.text_percent(presenting=window.beside.presenting()))
            case "reduced_motion":
                for effect in self._effects:
                    QApplication.setEffectEnabled(effect, not settings.reduced_motion)
            case "language" if settings.value("language") != self._language:
                window.toasts.show(tr("The window speaks another language from its next start on"))
            case "messages":
                window.toasts.patience = settings.messages
            case "shortcuts":
                window.commands.use(settings.shortcuts)
            case "reopen":
                window.commands["file.reopen"].setChecked(settings.reopen)
                window.start_page.show_left_off(settings.left_off, settings.reopen)
            case "autosave" if window.session is not None:
                window.session.autosave(settings.autosave)

    def _on_layout(self, name: str) -> None:
        self._window.state.set_presenting(BY_NAME[name].presents)

    def _on_presenting(self, _presenting: bool) -> None:
        self.follow("text")

    def _show_keys(self) -> None:
        """Name the shortcuts that are in use where the window does."""
        commands = {command.id: command for command in self._window.commands}
        self._window.start_page.show_keys([commands[id].shortcut for id in KEYS])
        self._window.header.show_search_key(commands["help.palette"].shortcut)
