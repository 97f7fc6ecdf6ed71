"""Which of what is dropped or pasted is a query: pictures, one by one, while pictures are open; folders are data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QMimeData
from PySide6.QtGui import QImage

from explorer.data.names import suffix
from explorer.ui.widgets.local_paths import dropped_paths

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset


def pictures_among(paths: Sequence[str], dataset: Dataset | None) -> list[Path]:
    """Return dropped files by which the open data are asked: all of them, or none where one is not such a file.

    Rows of numbers are none of them: such a file may as well be data.
    """
    found = [] if dataset is None or not dataset.modality.from_files else _askable(paths, dataset)
    return found if len(found) == len(paths) else []


def _askable(paths: Sequence[str], dataset: Dataset) -> list[Path]:
    return [Path(path) for path in paths if suffix(path) in dataset.modality.asked_by and Path(path).is_file()]


def pasted_picture(mime: QMimeData) -> bytes | None:
    """Return the picture on a clipboard as PNG; None where there is none."""
    image = mime.imageData() if mime.hasImage() else None
    if not isinstance(image, QImage) or image.isNull():
        return None
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stubs know names of files alone
    return bytes(data.data())


def pasted_files(mime: QMimeData, dataset: Dataset | None) -> list[Path]:
    """Return the files on a clipboard by which the open data can be asked; others beside them are left out."""
    return [] if dataset is None else _askable(dropped_paths(mime), dataset)
