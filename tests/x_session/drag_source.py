"""A window of another program, out of which a folder can be dragged.

``python -m tests.x_session.drag_source FOLDER X Y``
"""

from __future__ import annotations

import sys

from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QDrag, QMouseEvent
from PySide6.QtWidgets import QApplication, QLabel


class Source(QLabel):
    """A field that gives a folder away as a file manager does."""

    def __init__(self, folder: str) -> None:
        super().__init__("Drag me")
        self._folder = folder
        self.setWindowTitle("Files of another program")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Begin to drag."""
        carried = QMimeData()
        carried.setUrls([QUrl.fromLocalFile(self._folder)])
        drag = QDrag(self)
        drag.setMimeData(carried)
        drag.exec(Qt.DropAction.CopyAction | Qt.DropAction.MoveAction)


def main() -> None:
    """Show the window until the program is ended."""
    application = QApplication(sys.argv[:1])
    source = Source(sys.argv[1])
    source.setGeometry(int(sys.argv[2]), int(sys.argv[3]), 200, 120)
    source.show()
    application.exec()


if __name__ == "__main__":
    main()
