"""The pictures of an item that moves: made once, gone through in both directions, and let go of."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from explorer.core.recipe import DataOptions
from explorer.data.opening import open_dataset
from explorer.ui.widgets.moving_pictures import MovingPictures
from tests.helpers.data import picture_folder
from tests.helpers.shapes import shape_folder

pytest.importorskip("trimesh")


def test_a_shape_is_turned_all_around_and_let_go_of(qtbot: QtBot, tmp_path: Path) -> None:
    root = shape_folder(tmp_path / "solids", 2, 1, families=("chair",))
    dataset = open_dataset(str(root), DataOptions(points=64), cache_folder=tmp_path / "cache")
    parent = QObject()
    moving = MovingPictures(parent)
    assert moving.face is None
    moving.move(1.0)
    with qtbot.waitSignal(moving.changed):
        moving.show(dataset, 0, play=False)
    first = moving.face
    assert first is not None
    assert first.image is not None
    moving.move(1.0)
    assert moving.face is not first
    moving.move(-1.0)
    assert moving.face is first
    moving.move(24.0)
    assert moving.face is first, "all around"
    moving.show(dataset, 0, play=False)
    assert moving.face is first, "made once"
    with qtbot.waitSignal(moving.changed):
        moving.show(dataset, 0, play=True)
    moving.show(dataset, -1, play=True)
    assert moving.face is None


def test_a_picture_does_not_move(qtbot: QtBot, tmp_path: Path) -> None:
    dataset = open_dataset(str(picture_folder(tmp_path / "data", {"a": 2})), cache_folder=tmp_path / "cache")
    parent = QObject()
    moving = MovingPictures(parent)
    moving.show(dataset, 0, play=True)
    assert moving.item == -1
    assert not moving.ready
