"""The thread that styles points, so that the window does not wait for a million of them."""

from __future__ import annotations

import threading

from PySide6.QtCore import QObject, Qt, Signal

from explorer.core.priority import step_back
from explorer.ui.map.point_style import PointStyles, StyledPoints, StyleRequest
from explorer.ui.widgets.from_thread import emit_from_thread


class PointStyler(QObject):
    """Styles points in the background; of several requests only the last one counts.

    Signals
    -------
    styled(styles, styled_points): on the thread of this object.
    """

    styled = Signal(object, object)
    _rung = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._changed = threading.Condition()
        self._request: tuple[PointStyles, StyleRequest] | None = None
        self._done: tuple[PointStyles, StyledPoints] | Exception | None = None
        self._closing = False
        self._thread: threading.Thread | None = None
        self._rung.connect(self._collect, Qt.ConnectionType.QueuedConnection)
        self.destroyed.connect(lambda: self.shut())

    def ask(self, styles: PointStyles, request: StyleRequest) -> None:
        """Style the points of a dataset; returns at once."""
        with self._changed:
            if self._closing:
                return
            self._request = (styles, request)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="point styles", daemon=True)
                self._thread.start()
            self._changed.notify()

    def shut(self, deadline: float = 5.0) -> None:
        """End the thread and wait for it; nothing is styled afterwards."""
        with self._changed:
            self._closing = True
            self._request = self._done = None
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(deadline)

    def _run(self) -> None:
        step_back()
        while True:
            with self._changed:
                while self._request is None and not self._closing:
                    self._changed.wait()
                if self._closing or self._request is None:
                    return
                (styles, request), self._request = self._request, None
            try:
                done: tuple[PointStyles, StyledPoints] | Exception = (styles, styles.styled(request))
            except Exception as error:  # noqa: BLE001  raised again on the window's thread, which reports it
                done = error
            with self._changed:
                if self._closing:
                    return
                self._done = done
                emit_from_thread(self._rung.emit)  # under the lock: not while the object is being shut

    def _collect(self) -> None:
        with self._changed:
            done, self._done = self._done, None
        if isinstance(done, Exception):
            raise done
        if done is not None:
            self.styled.emit(*done)
