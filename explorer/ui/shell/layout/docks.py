"""Docks with quiet headers: title, subtitle and the panel's status in one row of 30 pixels."""

from __future__ import annotations

from PySide6.QtCore import QChildEvent, QEvent, QObject, QPoint, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QComboBox,
    QDockWidget,
    QHBoxLayout,
    QMainWindow,
    QSizePolicy,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from explorer.core.figure_words import words_in
from explorer.ui.session.panel import Area, Panel
from explorer.ui.shell.layout.panel_scroll import PanelScroll
from explorer.ui.widgets.icons import IconButton
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.return_key import press_by_return
from explorer.ui.widgets.text import ELLIPSIS, PART, ElidedLabel, PartsLabel
from explorer.ui.widgets.text_size import barred, keep_bar, keep_tool, scaled, when_letters_change

TITLE_HEIGHT = 30
EDGE, SPACING = 12, 8
LEAST_BELOW = 96
"""How low, in pixels, a panel below the map may become, which scrolls then: what one of them shows shall not make the
whole row higher."""
LEAST_CHOICE = 56
"""How narrow, in pixels, a choice in a header may become."""
LEAST_SUBTITLE = 56
"""A subtitle that would be narrower, in pixels, is left out."""

AREAS: dict[Area, Qt.DockWidgetArea] = {
    "left": Qt.DockWidgetArea.LeftDockWidgetArea,
    "right": Qt.DockWidgetArea.RightDockWidgetArea,
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
}


STEP = tr("step {step}", step="")
"""With what the part of a header begins that says of which step the panel is."""


class PanelTitle(QWidget):
    """The header of a panel; a dock is dragged by it, floats with a double click, and has a menu there.

    Of a dock that floats it is the title bar of that window, with buttons that put it back and close it.

    Signals
    -------
    menu_wanted(at): the menu of the dock is asked for, at a place on the screen.
    back_wanted(), close_wanted(): the dock that floats shall go back into the window, or out of sight.
    """

    menu_wanted = Signal(QPoint)
    back_wanted = Signal()
    close_wanted = Signal()

    def __init__(self, panel: Panel, dock: QDockWidget | None = None) -> None:
        super().__init__()
        self._dock = dock
        self.setObjectName("dock-title" if dock else "centre-title")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        keep_bar(self, TITLE_HEIGHT)
        self.title = ElidedLabel(panel.title, role="title")
        self.title.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.subtitle = ElidedLabel(panel.subtitle, role="muted")
        self.status = PartsLabel(panel.status, role="muted")
        self.status.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        # what it would like to say makes no choice beside it say less
        self.status.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.subtitle.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        panel.status_changed.connect(self._on_status)
        panel.subtitle_changed.connect(self._on_subtitle)
        row = QHBoxLayout(self)
        row.setContentsMargins(EDGE, 0, EDGE, 0)
        row.setSpacing(SPACING)
        row.addWidget(self.title)
        row.addWidget(self.subtitle)
        row.addWidget(self.status, 1)
        help_button = IconButton(
            panel.desk.themes, "help", tr("What {title} shows, and how to read it", title=panel.title)
        )
        keep_tool(help_button)
        help_button.clicked.connect(panel.help_wanted)
        self._tools = [*panel.header_tools, help_button]
        self.window_buttons: list[IconButton] = []
        if dock is not None:
            self._tools.append(self._more(panel))
            self.window_buttons = self._of_window(panel)
            dock.topLevelChanged.connect(self._show_window_buttons)
        self._tools += self.window_buttons
        for tool in self._tools:
            row.addWidget(tool)
            for choice in (tool, *tool.findChildren(QComboBox)):
                if isinstance(choice, QComboBox):  # shortens what it says
                    choice.setMinimumWidth(LEAST_CHOICE)
        self._begin(panel)

    def _begin(self, panel: Panel) -> None:
        """Say what the panel says now, and share the room anew whenever the letters are others."""
        for words in (self.title, self.subtitle, self.status):
            when_letters_change(words, self._make_room)
        self._say(panel.status)
        self._on_subtitle(panel.subtitle)

    def _more(self, panel: Panel) -> IconButton:
        """Return the button of the menu."""
        more = IconButton(panel.desk.themes, "more", tr("Move, float or close {title}", title=panel.title))
        keep_tool(more)
        more.clicked.connect(lambda: self.menu_wanted.emit(more.mapToGlobal(more.rect().bottomLeft())))
        return more

    def _of_window(self, panel: Panel) -> list[IconButton]:
        """Return the buttons of a dock that is a window of its own, which stay away until it is one."""
        buttons = []
        for name, words, signal in (
            ("dock", tr("Put {title} back into the window", title=panel.title), self.back_wanted),
            ("close", tr("Close {title}; menu View, Panels, brings it back", title=panel.title), self.close_wanted),
        ):
            button = IconButton(panel.desk.themes, name, words)
            button.setFixedSize(22, 22)
            button.clicked.connect(signal)
            button.hide()
            buttons.append(button)
        return buttons

    def _show_window_buttons(self, floating: bool) -> None:
        for button in self.window_buttons:
            button.setVisible(floating)
        self._make_room()

    def _on_status(self, text: str) -> None:
        self._say(text)
        self._make_room()

    def _say(self, text: str) -> None:
        last = text.split(PART)[-1]
        self.status.end = last if last.startswith(STEP) else ""  # else the words before it would be of no step
        self.status.setText(text)
        self.status.about = said(words_in(text))
        self.status.update()

    def _on_subtitle(self, text: str) -> None:
        self.subtitle.setText(text)
        self.subtitle.about = said(words_in(text)) if "≈" in text else ""
        self._make_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the new width among the texts."""
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        """Let the subtitle take what the status leaves, and go where that is next to nothing."""
        others = [self.title, *(tool for tool in self._tools if not tool.isHidden())]
        taken = sum(one.sizeHint().width() if one is self.title else one.width() for one in others)
        room = self.width() - 2 * EDGE - taken - SPACING * (len(others) + 1)
        room -= self.status.fontMetrics().horizontalAdvance(self.status.text())
        self.title.keep_width(min(self.title.sizeHint().width(), max(self.width() // 2, 1)))
        if self._dock is None:  # beside another map a long title leaves the step that is shown its room
            first, letters = self.status.text().split(PART)[0], self.status.fontMetrics()
            kept = letters.horizontalAdvance(f"{first} {ELLIPSIS}") + 2 if first else 0
            self.status.keep_width(kept)
            free = room + letters.horizontalAdvance(self.status.text()) + self.title.sizeHint().width()
            self.title.setMaximumWidth(max(free - kept, self.title.least_width()))
        self.subtitle.setMaximumWidth(max(room, 0))
        self.subtitle.setVisible(bool(self.subtitle.text()) and room >= scaled(LEAST_SUBTITLE))

    def minimumSizeHint(self) -> QSize:
        """Ask for a few letters of title and status: the room that they keep in this width is no reason for it."""
        hint = super().minimumSizeHint()
        kept = (max(one.kept_width - one.least_width(), 0) for one in (self.title, self.status))
        return QSize(hint.width() - sum(kept), hint.height())

    def sizeHint(self) -> QSize:
        """Return the height that a dock leaves for it."""
        return QSize(super().sizeHint().width(), barred(TITLE_HEIGHT))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of the dock."""
        if self._dock is not None:
            self.menu_wanted.emit(event.globalPos())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Let the desktop move a dock that floats, where no window may place itself."""
        handle, dock = self.window().windowHandle(), self._dock
        held = dock is not None and dock.isFloating() and bool(event.buttons() & Qt.MouseButton.LeftButton)
        if held and handle is not None and QGuiApplication.platformName().startswith("wayland"):
            handle.startSystemMove()
        else:
            super().mouseMoveEvent(event)


class PanelDock(QDockWidget):
    """A dock around a panel."""

    def __init__(self, panel: Panel, parent: QWidget) -> None:
        super().__init__(panel.tab or panel.title, parent)
        self.setObjectName(f"dock-{panel.key}")
        self.panel = panel
        panel.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setWidget(PanelScroll(panel, LEAST_BELOW if panel.area == "bottom" else 0))
        self.title = PanelTitle(panel, self)
        self.setTitleBarWidget(self.title)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Give one that floats its ground and a frame: without a title bar of the desktop it has none."""
        super().paintEvent(event)
        if self.isFloating():
            painter, theme = QPainter(self), self.panel.desk.themes.current
            painter.setPen(theme.colour("outline"))
            painter.setBrush(theme.colour("panel"))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
            painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Press the button that has the focus by Return, as the window does: a dock that floats is one of its own."""
        if not press_by_return(event, self.focusWidget()):
            super().keyPressEvent(event)


class CentrePanel(QWidget):
    """The panel in the middle, with the same header but always there."""

    def __init__(self, panel: Panel) -> None:
        super().__init__()
        self.panel, self.header = panel, PanelTitle(panel)
        panel.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.header)
        box.addWidget(panel, 1)


class TabBars(QObject):
    """Lets the tabs of docks scroll where a window has no room: of names that are cut short two may read alike."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See to each bar as the window makes it."""
        if isinstance(event, QChildEvent) and event.type() == QEvent.Type.ChildPolished:
            bar = event.child()
            if isinstance(bar, QTabBar):
                bar.setUsesScrollButtons(True)
                bar.setElideMode(Qt.TextElideMode.ElideNone)
        return super().eventFilter(watched, event)
