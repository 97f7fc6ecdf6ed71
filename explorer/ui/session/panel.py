"""What every panel is: a body with a title, a status at the end of its header, and words for when it is empty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QDockWidget, QStackedLayout, QVBoxLayout, QWidget

from explorer.core.help_pages import HELP_TOPIC
from explorer.ui.session.item_menu import item_menu
from explorer.ui.widgets.text import NothingLabel
from explorer.ui.widgets.tiles import Tile

if TYPE_CHECKING:
    from explorer.engine.session.session import Session
    from explorer.ui.session.bridge import Bridge
    from explorer.ui.session.commands import Commands, Place
    from explorer.ui.session.heard_data import HeardData
    from explorer.ui.session.settings import Settings
    from explorer.ui.session.view_state import ViewState
    from explorer.ui.widgets.theme import ThemeManager

Area = Literal["left", "centre", "right", "bottom"]


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything a panel may know; what is open is asked of ``data``, for the session may be further already."""

    session: Session
    bridge: Bridge
    state: ViewState
    themes: ThemeManager
    settings: Settings
    commands: Commands
    data: HeardData


class Panel(QWidget):
    """A dock's inside.

    A panel class sets ``key`` (the name under which it is registered), ``title``, ``area``, ``order`` (first is left or
    top), where it shall be a tab with another panel ``beside`` (the key of that), ``tab`` (what the tab says where the
    title is long), and ``empty_text`` (what will appear here, and how), builds its widgets in ``self.body``, and calls
    ``show_body(True)`` when it has something to show. ``status`` and ``subtitle`` appear in the header of its dock, and
    so do ``header_tools``, which are read once, when the dock is made, and a button that asks for help on the panel.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    area: ClassVar[Area]
    order: ClassVar[int] = 0
    beside: ClassVar[str] = ""
    tab: ClassVar[str] = ""
    empty_text: ClassVar[str] = ""

    status_changed = Signal(str)
    subtitle_changed = Signal(str)
    help_wanted = Signal()
    wanted_changed = Signal()
    """It has more or less to show than before."""
    came_forward = Signal()
    """Its dock was asked for, and is shown before those that are tabs beside it."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self._status = ""
        self._subtitle = ""
        self.header_tools: list[QWidget] = []
        self.found_by_name: list[Place] = []
        """What the list of commands finds of it besides itself, such as a way to save what it shows."""
        self.setObjectName(f"panel-{self.key}")
        self.setAccessibleName(self.title)
        self.setProperty(HELP_TOPIC, f"panels#{self.title}")
        self.body = QWidget()
        self._empty = NothingLabel(self.empty_text)
        self._pages = QStackedLayout(self)
        self._pages.setContentsMargins(0, 0, 0, 0)
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self.body)

    @property
    def status(self) -> str:
        """What the right end of the header says, for example the step that is shown."""
        return self._status

    def set_status(self, text: str) -> None:
        """Say something at the right end of the header."""
        if text != self._status:
            self._status = text
            self.status_changed.emit(text)

    @property
    def subtitle(self) -> str:
        """What stands beside the title, for example ``UMAP live``."""
        return self._subtitle

    def set_subtitle(self, text: str) -> None:
        """Say something beside the title."""
        if text != self._subtitle:
            self._subtitle = text
            self.subtitle_changed.emit(text)

    def set_empty_text(self, text: str) -> None:
        """Change what the panel says while it has nothing to show."""
        self._empty.setText(text)

    def add_to_empty(self, offer: QWidget) -> None:
        """Offer something below what the panel says while it has nothing to show."""
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        self._pages.removeWidget(self._empty)
        column.addStretch(1)
        column.addWidget(self._empty)
        column.addWidget(offer, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        self._pages.insertWidget(0, page)
        self._pages.setCurrentIndex(0)
        self._empty.show()

    def show_body(self, shown: bool) -> None:
        """Show the body, or the words for an empty panel."""
        self._pages.setCurrentIndex(1 if shown else 0)

    @property
    def body_shown(self) -> bool:
        """Whether the panel has something to show."""
        return self._pages.currentIndex() == 1

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be done with the item of the tile at the pointer, or of the one that has the focus."""
        dataset = self.desk.data.dataset
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        asked = QApplication.focusWidget() if by_key else self.childAt(event.pos())
        if isinstance(asked, Tile) and dataset is not None and 0 <= asked.item < len(dataset):
            item_menu(self.desk, asked.item, self).popup(event.globalPos())
        else:
            event.ignore()

    def heightForWidth(self, width: int) -> int:
        """Return the least height at which all has its place: below that the dock scrolls.

        Qt's own counts every list at its full height, so that a dock scrolled a list that could be smaller itself.
        """
        page = self._pages.currentWidget()
        within = None if page is None else page.layout()
        if within is None:
            return -1 if page is None else page.heightForWidth(width)
        tall = within.hasHeightForWidth()
        return within.totalMinimumHeightForWidth(width) if tall else within.totalMinimumSize().height()

    def content_height(self) -> int | None:
        """Return the height in pixels at which all that it has is shown; None: it can use any."""
        return None

    def least_height(self) -> int:
        """Return the height in pixels at which what is needed most is in sight; 0: any will do."""
        return 0

    def hear_height(self, pixels: int) -> None:
        """Hear how many pixels of height are in sight: what is worth less gives way before the panel scrolls."""

    def come_forward(self) -> None:
        """Show the dock of the panel, before those that are tabs beside it."""
        around = self.parentWidget()
        while around is not None and not isinstance(around, QDockWidget):
            around = around.parentWidget()
        if around is not None:
            around.show()
            around.raise_()
            self.came_forward.emit()

    @property
    def raw(self) -> str:
        """What the data are before any training."""
        return self.desk.data.raw

    def shut(self) -> None:
        """End what the panel has in the background; called once, before the window goes. Most have nothing."""
