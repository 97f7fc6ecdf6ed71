"""Short messages in the lower right corner: they do not interrupt, and they go by themselves unless they are needed."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QGuiApplication
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QMainWindow, QPlainTextEdit, QPushButton, QWidget

from explorer.ui.widgets.icons import IconButton, pixmap
from explorer.ui.widgets.text import PlainLabel
from explorer.ui.widgets.theme import ThemeManager

Level = Literal["info", "warning", "error"]

STAY_MS = {"info": 4_000, "warning": 8_000, "error": 0}
"""How long a message stays without being hovered; an error stays until it is closed."""

WIDTH = 380
TEXT_WIDTH = WIDTH - 84
"""What the margins, the mark and the button leave for the sentence."""

MARGIN = 12
MOST = 4
"""How many messages are on screen at once; older ones go first."""

_TOKENS: dict[str, str] = {"info": "accent", "warning": "semi_hard", "error": "wrong"}


class Toast(QFrame):
    """One message: a sentence, and details that can be opened and copied."""

    gone = Signal()

    def __init__(
        self, themes: ThemeManager, text: str, level: Level, details: str, parent: QWidget, *, stay_ms: int
    ) -> None:
        super().__init__(parent)
        self.setObjectName("toast")
        self.setAccessibleName(f"{level}: {text}")
        self.text = text
        self.level = level
        self.setFixedWidth(WIDTH)
        self._grid = grid = QGridLayout(self)
        grid.setContentsMargins(12, 8, 8, 10)
        grid.setHorizontalSpacing(8)
        mark = PlainLabel()
        mark.setPixmap(pixmap(level, themes.current, _TOKENS[level], 16, self.devicePixelRatioF()))
        self.label = PlainLabel(text, selectable=True)
        self.label.setWordWrap(True)
        self.label.setFixedWidth(TEXT_WIDTH)
        self.label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        close = IconButton(themes, "close", "Close this message")
        close.setFixedSize(22, 20)
        close.clicked.connect(self.dismiss)
        mark.setContentsMargins(0, 1, 0, 0)
        grid.addWidget(mark, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.label, 0, 1, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(close, 0, 2, Qt.AlignmentFlag.AlignTop)
        grid.setColumnStretch(1, 1)
        if details:
            grid.addLayout(self._details(details), 1, 1, 1, 2)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.dismiss)
        self._stay = stay_ms
        if stay_ms:
            self._timer.start(stay_ms)

    def _details(self, details: str) -> QGridLayout:
        box = QGridLayout()
        row = QHBoxLayout()
        self.show_details = QPushButton("Details")
        self.show_details.setProperty("kind", "link")
        self.show_details.setCheckable(True)
        self.copy = copy = QPushButton("Copy")
        copy.setProperty("kind", "link")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(f"{self.text}\n\n{details}"))
        row.addWidget(self.show_details)
        row.addWidget(copy)
        row.addStretch(1)
        self.details = QPlainTextEdit(details)
        self.details.setReadOnly(True)
        self.details.setAccessibleName("Details")
        self.details.setFixedHeight(140)
        self.details.hide()
        self.show_details.toggled.connect(self._toggle_details)
        box.addLayout(row, 0, 0)
        box.addWidget(self.details, 1, 0)
        return box

    def _toggle_details(self, shown: bool) -> None:
        self._timer.stop()
        self._stay = 0
        self.details.setVisible(shown)
        self.gone.emit()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Stay while the pointer is on the message."""
        self._timer.stop()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Go a while after the pointer left."""
        if self._stay:
            self._timer.start(self._stay)
        super().leaveEvent(event)

    def fit(self) -> None:
        """Take the height that the text needs."""
        self.label.setFixedHeight(max(18, self.label.heightForWidth(TEXT_WIDTH)))
        self._grid.activate()
        self.resize(WIDTH, self._grid.minimumSize().height())

    def dismiss(self) -> None:
        """Close the message."""
        self._timer.stop()
        self.hide()
        self.setParent(None)
        self.gone.emit()
        self.deleteLater()


class Toasts(QObject):
    """The messages of a window, newest lowest."""

    def __init__(self, themes: ThemeManager, window: QWidget) -> None:
        super().__init__(window)
        self._themes = themes
        self._window = window
        self._bottom = MARGIN
        window.installEventFilter(self)
        if isinstance(window, QMainWindow):  # the dock of a chosen tab comes on top of everything
            window.tabifiedDockWidgetActivated.connect(lambda _dock: self.place())

    @property
    def shown(self) -> list[Toast]:
        """The messages on screen, oldest first."""
        return self._window.findChildren(Toast, options=Qt.FindChildOption.FindDirectChildrenOnly)

    def set_bottom(self, pixels: int) -> None:
        """Keep free the lowest pixels of the window, for the status bar."""
        self._bottom = pixels + MARGIN

    def show(self, text: str, level: Level = "info", details: str = "") -> Toast:
        """Show a message; the same message is not shown twice at a time."""
        for other in self.shown:
            if other.text == text:
                other.dismiss()
        for oldest in self.shown[: max(0, len(self.shown) - MOST + 1)]:
            oldest.dismiss()
        toast = Toast(self._themes, text, level, details, self._window, stay_ms=STAY_MS[level])
        toast.gone.connect(self.place)
        toast.move(self._window.rect().bottomRight())  # not under a pointer that would hold it before it has its place
        toast.show()
        self.place()
        return toast

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the size of the window."""
        if watched is self._window and event.type() == QEvent.Type.Resize:
            self.place()
        return super().eventFilter(watched, event)

    def place(self) -> None:
        """Put the messages in their corner, above everything else."""
        below = self._window.height() - self._bottom
        for toast in reversed(self.shown):
            toast.fit()
            below -= toast.height()
            toast.move(QPoint(self._window.width() - WIDTH - MARGIN, below))
            toast.raise_()
            below -= 8
