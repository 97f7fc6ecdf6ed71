"""The real window on the digits, in folders of its own, closed at the end of a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from explorer.ui.shell.main_window import MainWindow
from tests.helpers.windows import LONG as LONG
from tests.helpers.windows import close_window, shown_window

PER_CLASS = 30
"""Pictures of a class in the folder of digits."""


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    """A folder of real pictures: hand-written digits as PNG, a folder a class, and one file that is no picture."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    folder = tmp_path / "digits"
    for label in range(10):
        (folder / f"digit {label}").mkdir(parents=True)
        for number, image in enumerate(images[labels == label][:PER_CLASS]):
            picture = Image.fromarray((image.reshape(8, 8) * 15.9).astype(np.uint8)).resize((28, 28))
            picture.save(folder / f"digit {label}" / f"{number:03d}.png")
    (folder / "digit 3" / "broken.png").write_bytes(b"no picture at all")
    return folder


def drop(window: MainWindow, *paths: Path) -> None:
    """Drop folders or files on the middle of the window, as a file manager does."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    drop_mime(window, mime)


def drop_mime(window: MainWindow, mime: QMimeData) -> None:
    """Drop what is dragged from elsewhere on the middle of the window."""
    where = QPointF(window.rect().center())
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entered = QDragEnterEvent(where.toPoint(), Qt.DropAction.CopyAction, mime, buttons, keys)
    QApplication.sendEvent(window, entered)
    assert entered.isAccepted()
    QApplication.sendEvent(window, QDropEvent(where, Qt.DropAction.CopyAction, mime, buttons, keys))


@pytest.fixture
def spec() -> str:
    """What is opened at once: the digits; a module with another beginning has a fixture of this name."""
    return "sample:digits"


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, spec: str | None) -> Iterator[MainWindow]:
    made = shown_window(qtbot, spec, tmp_path)
    yield made
    close_window(qtbot, made)
