"""The messages so far: a button in the status bar, and the list that it opens."""

from __future__ import annotations

from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explorer.ui.shell.messages.corner_popup import CornerPopup
from explorer.ui.shell.messages.toasts import Message, Toasts
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import PlainLabel, counted
from explorer.ui.widgets.text_size import keep_bar, open_large, when_letters_change

SIZE = (460, 300)
EDGE = 8


def in_words(message: Message) -> str:
    """Return a message as a line of the list, with its details below it."""
    times = f" (×{message.times})" if message.times > 1 else ""
    details = "".join(f"\n    {line}" for line in message.details.splitlines())
    return f"{message.at}  {message.level}: {message.text}{times}{details}"


class MessageLog(CornerPopup):
    """The list of what was said, newest first."""

    def __init__(self, toasts: Toasts, parent: QWidget) -> None:
        super().__init__(tr("Messages"), parent)
        self._toasts = toasts
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName(tr("Messages, newest first"))
        copy, clear = QPushButton(tr("Copy")), QPushButton(tr("Clear"))
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text.toPlainText()))
        clear.clicked.connect(self._clear)
        row = QHBoxLayout()
        row.addWidget(PlainLabel(tr("Messages"), role="title"))
        row.addStretch(1)
        row.addWidget(copy)
        row.addWidget(clear)
        box = QVBoxLayout(self)
        box.addLayout(row)
        box.addWidget(self.text, 1)
        self._end = QPoint()
        when_letters_change(self.text, self._fit)

    def open_above(self, place: QPoint) -> None:
        """Open the list with its lower right corner at a place in the window."""
        self.text.setPlainText("\n".join(map(in_words, reversed(self._toasts.log))) or tr("Nothing was said yet."))
        self._end = place
        self._fit()
        self.show()
        self.raise_()
        self.text.setFocus()

    def _fit(self) -> None:
        """Take the size that the text needs by now."""
        open_large(self, *SIZE)
        self.end_at(self._end)

    def _clear(self) -> None:
        self._toasts.log.clear()
        self._toasts.logged.emit()
        self.hide()


class MessageButton(QToolButton):
    """Says how many messages there were, and opens their list; hidden while there were none."""

    def __init__(self, toasts: Toasts, window: QWidget) -> None:
        super().__init__()
        self._toasts, self._window = toasts, window
        self._log: MessageLog | None = None
        self.setObjectName("messages")
        keep_bar(self, 20)
        self.setToolTip(tr("Read the messages again"))
        self.setAutoRaise(True)
        self.clicked.connect(self.open)
        toasts.logged.connect(self._follow)
        self._follow()

    def open(self) -> None:
        """Open the list, or close it."""
        self._log = self._log or MessageLog(self._toasts, self._window)
        if self._log.isVisible():
            self._log.hide()
            return
        for toast in self._toasts.shown:
            toast.dismiss()
        self._log.open_above(QPoint(self._window.width() - EDGE, self._window.height() - EDGE - self.height()))

    def _follow(self) -> None:
        count = len(self._toasts.log)
        self.setText(counted(count, "message"))
        self.setAccessibleName(tr("{messages}: read them again", messages=self.text()))
        self.setVisible(count > 0)
