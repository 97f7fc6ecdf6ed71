from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from explorer.data.dataset import Dataset
from explorer.data.modalities.base import modality_named
from explorer.ui.shell.opening.outside_pictures import pasted_files, pasted_picture, pictures_among
from tests.helpers.blobs import CLOTHES, blobs, dataset_of


@pytest.fixture
def pictures() -> Dataset:
    return dataset_of(blobs(50, 10)[1], CLOTHES)


@pytest.fixture
def vectors(pictures: Dataset) -> Dataset:
    inputs = np.zeros((50, 1, 1, 4), np.float32)
    return replace(pictures, modality=modality_named("vectors"), inputs=inputs)


def test_pictures_are_queries_while_pictures_are_open_and_nothing_else_is(
    tmp_path: Path, pictures: Dataset, vectors: Dataset
) -> None:
    paths = [str(tmp_path / name) for name in ("a.png", "b.JPG")]
    for path in paths:
        Image.new("L", (8, 8)).save(path, "PNG")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "table.csv").write_text("path,label\n")
    assert pictures_among(paths, pictures) == [Path(path) for path in paths]
    assert pictures_among(paths, None) == []
    assert pictures_among(paths, vectors) == []
    for other in ("folder.png", "table.csv", "gone.png"):
        assert pictures_among([*paths, str(tmp_path / other)], pictures) == []
    assert pictures_among([str(tmp_path / "table.csv")], vectors) == [], "it may as well be data"


def test_what_is_on_the_clipboard_is_a_file_or_a_picture(
    qtbot: QtBot, tmp_path: Path, pictures: Dataset, vectors: Dataset
) -> None:
    mime = QMimeData()
    assert pasted_picture(mime) is None
    mime.setImageData(QImage(3, 2, QImage.Format.Format_RGB32))
    encoded = pasted_picture(mime)
    assert encoded is not None
    assert encoded.startswith(b"\x89PNG")
    np.save(tmp_path / "row.npy", np.zeros(4))
    row = QMimeData()
    row.setUrls([QUrl.fromLocalFile(str(tmp_path / "row.npy"))])
    assert pasted_files(row, vectors) == [tmp_path / "row.npy"]
    assert pasted_files(row, pictures) == []
    row.setUrls([QUrl.fromLocalFile(str(tmp_path / name)) for name in ("row.npy", "notes.txt", "absent.npy")])
    assert pasted_files(row, vectors) == [tmp_path / "row.npy"]  # the others do not take it away
    assert pasted_files(row, None) == []
