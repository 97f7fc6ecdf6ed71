"""Items that move: the frames of a clip are played, a shape is turned; their pictures are made in a thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from explorer.core.errors import UserError
from explorer.core.types import ByteArray
from explorer.ui.widgets.from_thread import emit_from_thread
from explorer.ui.widgets.item_picture import ItemPicture, picture_image
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.theme import ThemeManager
from explorer.ui.widgets.tiles import Tile, TileText

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset

WAIT = 150
"""Milliseconds that the pointer rests on an item before its pictures are made."""
EVERY = 125
DRAGGED = 6.0
"""Pixels of a drag for one picture."""


_making = threading.Lock()
"""Pictures are made of one item at a time: each takes a core for a while, and what nobody looks at any more none."""


class MovingPictures(QObject):
    """The pictures of one item, one after the other; ``face`` is the one that is shown now, None where there are none.

    Signals
    -------
    changed: there is another picture to be shown.
    """

    changed = Signal()
    _made = Signal(int, object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._dataset: Dataset | None = None
        self.item = -1
        self._wanted = [0]  # outlives the object, for the thread that looks at it
        self._faces: list[ItemPicture] = []
        self._at = 0.0
        self._rest, self._timer = QTimer(self), QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._make)
        self._timer.timeout.connect(lambda: self.move(1.0))
        self._made.connect(self._take, Qt.ConnectionType.QueuedConnection)
        wanted = self._wanted
        self.destroyed.connect(lambda: wanted.__setitem__(0, -1))

    @property
    def face(self) -> ItemPicture | None:
        """How the item looks now."""
        return self._faces[int(self._at) % len(self._faces)] if self._faces else None

    @property
    def ready(self) -> bool:
        """Whether the pictures are there."""
        return bool(self._faces)

    @property
    def playing(self) -> bool:
        """Whether they follow each other by themselves."""
        return self._timer.isActive()

    def show(self, dataset: Dataset | None, item: int, *, play: bool) -> None:
        """Make the pictures of an item, -1: of none, unless they are there; ``play``: one after the other by itself."""
        if dataset is None or item < 0 or not dataset.modality.moves:
            self.stop()
            self._dataset, self.item, self._faces = None, -1, []
            self._wanted[0] += 1
            return
        if (dataset, item) != (self._dataset, self.item):
            self._dataset, self.item, self._faces, self._at = dataset, item, [], 0.0
            self._wanted[0] += 1
            self._rest.start(WAIT)
        if play:
            self._timer.start(EVERY)

    def stop(self) -> None:
        """Hold the picture that is shown."""
        self._rest.stop()
        self._timer.stop()

    def move(self, pictures: float) -> None:
        """Go on by so many pictures, backwards where it is negative; behind the last comes the first."""
        if self._faces:
            self._at = (self._at + pictures) % len(self._faces)
            self.changed.emit()

    def _make(self) -> None:
        dataset, item, wanted = self._dataset, self.item, self._wanted
        turn = wanted[0]

        def work() -> None:
            assert dataset is not None
            with _making:
                if wanted[0] != turn:
                    return
                try:
                    made: ByteArray | None = dataset.moving(item)
                except (UserError, OSError):
                    made = None
            emit_from_thread(self._made.emit, turn, made)

        threading.Thread(target=work, name="moving pictures", daemon=True).start()

    def _take(self, turn: int, made: ByteArray | None) -> None:
        if turn == self._wanted[0] and made is not None and self.item >= 0:
            self._faces = [ItemPicture(picture_image(picture)) for picture in made]
            self.changed.emit()


class MovingTile(Tile):
    """A tile of an item that moves: a clip plays while the pointer is on it, a shape is turned by a drag or ← and →."""

    def __init__(self, themes: ThemeManager, dataset: Dataset, side: int, parent: QWidget | None = None) -> None:
        super().__init__(themes, side, caption=False, parent=parent)
        self._dataset = dataset
        self._plays = dataset.modality.moves == "plays"
        self.pictures = MovingPictures(self)
        self.pictures.changed.connect(self._show_next)
        self._held: float | None = None
        if not self._plays:
            self.setCursor(Qt.CursorShape.SizeHorCursor)

    def show_item(self, item: int, face: ItemPicture | None, frame: str, text: TileText) -> None:
        """Show an item, at rest."""
        how = tr("point at it to play it, or press Space") if self._plays else tr("drag to turn it")
        tip = TileText(text.left, text.right, text.token, f"{text.tip}\n{how}" if text.tip else how)
        super().show_item(item, face, frame, tip)

    def _show_next(self) -> None:
        if self.pictures.face is not None:
            self._face = self.pictures.face
            self.update()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Make the pictures, and play them where they are of a clip."""
        super().enterEvent(event)
        self.pictures.show(self._dataset, self.item, play=self._plays)

    def leaveEvent(self, event: QEvent) -> None:
        """Hold the picture."""
        super().leaveEvent(event)
        self.pictures.stop()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to turn."""
        super().mousePressEvent(event)
        self._held = event.position().x()
        self.pictures.show(self._dataset, self.item, play=self._plays)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Turn by as far as the pointer is dragged."""
        super().mouseMoveEvent(event)
        if self._held is not None and not self._plays:
            self.pictures.move((event.position().x() - self._held) / DRAGGED)
            self._held = event.position().x()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        super().mouseReleaseEvent(event)
        self._held = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Turn by one picture with ← and →; play a clip, or hold it, with Space."""
        if self._plays and event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            if self.pictures.playing:
                self.pictures.stop()
            else:
                self.pictures.show(self._dataset, self.item, play=True)
            return
        step = {Qt.Key.Key_Left: -1.0, Qt.Key.Key_Right: 1.0}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        if not self.pictures.ready:
            self.pictures.show(self._dataset, self.item, play=False)
        self.pictures.move(step)
