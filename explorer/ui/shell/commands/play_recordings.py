"""Space plays the recording that is pointed at, pinned or selected, and again is silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QApplication, QComboBox

from explorer.core.errors import UserError
from explorer.ui.widgets.from_thread import emit_from_thread
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.sound_output import RATE, SoundOutput, encoded_for_output, load_output

if TYPE_CHECKING:
    from explorer.engine.jobs import Control
    from explorer.ui.shell.main_window import MainWindow

PLAY = tr("Play the recording")


class PlayRecordings(QObject):
    """The command that plays one, and who else is given the Space key: whatever has the focus and uses it."""

    _read = Signal(int, bytes)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.output = SoundOutput(self)
        self.item = -1
        self._asked = -1
        self.command = window.commands.add(
            "item.play",
            PLAY,
            self.toggle,
            shortcut="Space",
            menu="View",
            tip=tr("Play the recording under the pointer, else the one pinned last or selected; again: stop"),
        )
        self._read.connect(self._play, Qt.ConnectionType.QueuedConnection)
        self.output.ended.connect(self._on_ended)
        window.state.about_to_reset.connect(self.stop)
        window.installEventFilter(self)

    def follow(self) -> None:
        """Switch the command on where the items can be heard."""
        dataset = self._window.dataset
        self.command.setEnabled(dataset is not None and dataset.modality.sounds)

    def chosen(self) -> int:
        """Return the item that would be played, -1: none."""
        state = self._window.state
        if state.hover >= 0:
            return state.hover
        if state.pins.items:
            return state.pins.items[-1]
        return int(state.selection[0]) if len(state.selection) else -1

    def toggle(self) -> None:
        """Play the chosen recording; stop where it is playing, or where none is chosen."""
        self._window.state.once_selected(self._toggle)

    def _toggle(self) -> None:
        item, session, dataset = self.chosen(), self._window.session, self._window.dataset
        was = self.item if self.output.playing else -1
        self.stop()
        if item == was or session is None or dataset is None:
            return
        if item < 0:
            self._window.toasts.show(tr("Point at a recording, or pin one, to play it."))
            return
        self._asked = item

        def work(_control: Control) -> None:
            load_output()
            encoded = encoded_for_output(dataset.wave(item, RATE))
            emit_from_thread(self._read.emit, item, encoded)

        session.start(tr("Read the recording"), work, quiet=True)

    def stop(self) -> None:
        """Be silent, and play nothing that is still being read."""
        self._asked = -1
        self.output.stop()

    def _play(self, item: int, encoded: bytes) -> None:
        if item != self._asked:
            return
        self._asked = -1
        try:
            self.output.play(encoded)
        except UserError as error:
            self._window.toasts.show(str(error), "error")
            return
        self.item = item
        self.command.setText(tr("Stop the recording"))

    def _on_ended(self) -> None:
        self.item = -1
        self.command.setText(PLAY)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave Space to what has the focus and uses it: a button, a list, the time line."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            focus = QApplication.focusWidget()
            uses = isinstance(focus, QAbstractButton | QAbstractItemView | QComboBox)
            if event.key() == Qt.Key.Key_Space and focus is not None and (uses or focus.property("uses_space")):
                event.accept()
                return True
        return super().eventFilter(watched, event)
