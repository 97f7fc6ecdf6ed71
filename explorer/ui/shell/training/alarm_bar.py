"""A bar under the toolbar that says what goes wrong in a run, and mends it in one click."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from explorer.core.errors import printable
from explorer.engine.run.alarms import Alarm, Remedy
from explorer.ui.widgets.icons import IconButton, pixmap
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.text import ElidedLabel, PlainLabel, plain_tip
from explorer.ui.widgets.text_size import keep_size, scaled
from explorer.ui.widgets.theme import ThemeManager

HEIGHT = 40

TIPS = {
    "set": tr("Takes effect on the next step"),
    "rewind": tr("Stops, goes back to the last checkpoint before it went wrong, and trains on from there"),
    "restart": tr("Stops this run and starts another"),
    "save": tr("Writes what waits in memory; the run goes on when that has worked"),
    "save elsewhere": tr("Copies what was saved to another folder and goes on there"),
    "ask": tr("Asks the process that trains the run, through its folder"),
}


TOLD = {
    "collapse": tr("All embeddings fell together"),
    "line": tr("The embeddings lie on a line"),
    "dead": tr("Nothing is active"),
    "stuck": tr("Batches are as hard as at the start"),
    "below raw": tr("Recall is below the raw data"),
    "fallen": tr("Recall has fallen"),
    "lone": tr("No batch had two images of one class"),
    "one class": tr("All images of a batch are of one class"),
    "unsaved": tr("The run cannot be saved"),
    "elsewhere": tr("The run is written by another process"),
}
"""Which section of the help tells of an alarm."""


class AlarmBar(QFrame):
    """Shows the newest alarm of the run.

    ``chosen`` carries the remedy that was clicked; ``asked`` the topic of the help that tells of the alarm.
    """

    chosen = Signal(object)
    asked = Signal(str)

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("alarm-bar")
        keep_size(self, height=HEIGHT)
        self._themes = themes
        self.alarm: Alarm | None = None
        self.buttons: list[QPushButton] = []
        self._mark = PlainLabel()
        self.label = ElidedLabel(mode=Qt.TextElideMode.ElideRight)
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 8, 0)
        row.setSpacing(8)
        row.addWidget(self._mark)
        row.addWidget(self.label, 1)
        self.why = IconButton(themes, "help", tr("What this means, and what helps"))
        self.why.clicked.connect(self._explain)
        row.addWidget(self.why)
        close = IconButton(themes, "close", tr("Leave it as it is"))
        close.clicked.connect(self.hide)
        row.addWidget(close)
        themes.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    def _restyle(self) -> None:
        self._mark.setPixmap(pixmap("warning", self._themes.current, "semi_hard", scaled(16), self.devicePixelRatioF()))

    def show_alarm(self, alarm: Alarm) -> None:
        """Show an alarm, or take it away where it is over."""
        if not alarm.message:
            if self.alarm is not None and self.alarm.kind == alarm.kind:
                self.clear()
            return
        self.clear()
        self.alarm = alarm
        text = said(printable(alarm.message))
        self.label.setText(text)
        self.label.setToolTip(plain_tip(text))
        self.setAccessibleName(text)
        for remedy in alarm.remedies:
            self._offer(remedy)
        self.show()

    def clear(self) -> None:
        """Show nothing."""
        self.alarm = None
        for button in self.buttons:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self.buttons = []
        self.hide()

    def _offer(self, remedy: Remedy) -> None:
        button = QPushButton(said(remedy.title))
        changes = ", ".join(f"{path} = {value}" for path, value in remedy.changes)
        button.setToolTip(f"{TIPS[remedy.action]}: {changes}" if changes else TIPS[remedy.action])
        button.setAccessibleDescription(button.toolTip())
        button.clicked.connect(lambda: self._choose(remedy))
        self._row.insertWidget(self._row.count() - 2, button)
        self.buttons.append(button)

    def _explain(self) -> None:
        if self.alarm is not None:
            self.asked.emit(f"troubleshooting#{TOLD[self.alarm.kind]}")

    def _choose(self, remedy: Remedy) -> None:
        self.clear()
        self.chosen.emit(remedy)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape: leave it as it is."""
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)
