"""The pictures of an item that moves: made once, gone through in both directions, and let go of."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from explorer.core.recipe import DataOptions
from explorer.data.opening import open_dataset
from explorer.ui.widgets import moving_pictures
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


def test_only_one_item_is_made_at_a_time_and_none_that_nobody_looks_at(qtbot: QtBot, tmp_path: Path) -> None:
    root = shape_folder(tmp_path / "solids", 4, 1, families=("chair",))
    dataset = open_dataset(str(root), DataOptions(points=64), cache_folder=tmp_path / "cache")
    parents = [QObject() for _ in range(4)]
    moving = [MovingPictures(parent) for parent in parents]
    with moving_pictures._making:  # as while another item is made
        for item, one in enumerate(moving):
            one.show(dataset, item, play=False)
            one._make()
        for parent in parents[:2]:
            shiboken6.delete(parent)
        moving[2].show(dataset, -1, play=False)
    with qtbot.waitSignal(moving[3].changed):
        pass
    qtbot.waitUntil(lambda: not any(thread.name == "moving pictures" for thread in threading.enumerate()))
    assert moving[3].ready
    assert not moving[2].ready
