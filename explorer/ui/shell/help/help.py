"""Opens the help: at a topic, at what has the focus, or from the palette."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget

from explorer.core.help_pages import HELP_TOPIC, pages
from explorer.ui.session.commands import Place
from explorer.ui.widgets.language import LANGUAGE, said, tr

if TYPE_CHECKING:
    from explorer.ui.shell.help.help_window import HelpWindow
    from explorer.ui.shell.main_window import MainWindow

FIRST = "first_steps"


def topic_of(widget: QWidget | None) -> str:
    """Return what of the help tells of a widget, or of the nearest one around it; of none the first page."""
    while widget is not None:
        if topic := widget.property(HELP_TOPIC):
            return str(topic)
        widget = widget.parentWidget()
    return FIRST


class Help(QObject):
    """The help of one window; ``window`` is there from when it was first asked for until it is closed."""

    def __init__(self, owner: MainWindow) -> None:
        super().__init__(owner)
        self._owner = owner
        self._window: HelpWindow | None = None

    @property
    def window(self) -> HelpWindow | None:
        """The window of the help, where it is open."""
        return self._window if self._window is not None and shiboken6.isValid(self._window) else None

    def show(self, topic: str) -> None:
        """Open the help at a topic; one that is open already comes forward."""
        from explorer.ui.shell.help.help_window import HelpWindow  # not before somebody asks

        window = self.window
        if window is None:
            window = self._window = HelpWindow(self._owner.themes, self._owner)
        window.open(topic)
        window.show()
        window.raise_()
        window.activateWindow()

    def on_focus(self) -> None:
        """Open the help at what has the focus."""
        self.show(topic_of(QApplication.focusWidget()))

    def places(self) -> list[Place]:
        """Return the sections of the help for the palette."""
        sections = [(said(page.title), section) for page in pages(LANGUAGE) for section in page.sections]
        commands = [one.title for one in self._owner.commands if one.menu == "Help"]  # they are listed as Help: too
        often = Counter([*commands, *(section.title for _, section in sections)])
        return [
            Place(
                tr("Help: {title}{page}", title=section.title, page=f' ({page})' if often[section.title] > 1 else ''),
                tr("help {page}", page=page), page, partial(self.show, section.topic), behind=True, english=section.key,
            )
            for page, section in sections
        ]  # fmt: skip
