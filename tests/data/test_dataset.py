from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from explorer.data.opening import open_beside, open_dataset
from tests.helpers.data import picture, picture_folder, save_picture


def test_pictures_small_and_full(tmp_path: Path, cache: Path) -> None:
    big = picture(0, 700, 1000)
    save_picture(tmp_path / "a" / "1.png", big)
    save_picture(tmp_path / "b" / "1.png", picture(1, 30, 40))
    dataset = open_dataset(str(tmp_path), cache_folder=cache)
    assert dataset.inputs[0].shape == dataset.shape == (64, 64, 3)
    assert dataset.full_picture(0).shape == (358, 512, 3)
    assert np.array_equal(dataset.full_picture(1), picture(1, 30, 40))
    assert [dataset.class_name(i) for i in range(2)] == ["a", "b"]
    assert dataset.path(0) == str(tmp_path / "a" / "1.png")
    assert dataset.labelled


def test_a_picture_that_is_gone_says_so(tmp_path: Path, cache: Path) -> None:
    picture_folder(tmp_path, {"a": 2})
    dataset = open_dataset(str(tmp_path), cache_folder=cache)
    (tmp_path / "a" / "001.png").unlink()
    assert dataset.inputs[1].shape == dataset.shape
    with pytest.raises(UserError, match=r"001\.png: the file is no longer there"):
        dataset.full_picture(1)


def test_options_set_size_and_colour(tmp_path: Path, cache: Path) -> None:
    picture_folder(tmp_path, {"a": 2})
    for options, shape in (
        (DataOptions(size=48, colour="grey"), (48, 48, 1)),
        (DataOptions(size=20), (20, 20, 3)),
        (DataOptions(colour="grey"), (28, 28, 1)),
    ):
        assert open_dataset(str(tmp_path), options, cache_folder=cache).shape == shape


def test_grey_sets_have_one_channel(tmp_path: Path, cache: Path) -> None:
    picture_folder(tmp_path, {"a": 3, "b": 3}, channels=1)
    assert open_dataset(str(tmp_path), cache_folder=cache).shape == (28, 28, 1)


def test_a_second_folder_is_joined_by_class_name(tmp_path: Path, cache: Path) -> None:
    main = open_dataset(str(picture_folder(tmp_path / "main", {"cat": 2, "dog": 2})), cache_folder=cache)
    picture_folder(tmp_path / "more", {"ant": 1, "dog": 2}, side=90, channels=1)
    save_picture(tmp_path / "more" / "loose.png", picture(3))
    both = open_beside(main, str(tmp_path / "more"), "test", cache_folder=cache)
    assert both.class_names == ("cat", "dog", "ant")
    assert both.labels.tolist() == [0, 0, 1, 1, 2, 1, 1, -1]
    assert both.columns["split"] == ("train",) * 4 + ("test",) * 4
    assert both.ids[4] == "test/ant/000.png"
    assert both.shape == main.shape
    assert (both.report.kept, both.report.classes) == (8, 3)
    assert np.array_equal(both.inputs[:4], main.inputs)
    assert both.full_picture(4).shape == (90, 90, 3)
    assert both.full_picture(1).shape == (12, 12, 3)
    again = open_beside(main, str(tmp_path / "more"), "test", cache_folder=cache)
    assert again.fingerprint == both.fingerprint != main.fingerprint
    gallery = open_beside(both, str(tmp_path / "more"), "gallery", cache_folder=cache)
    assert gallery.columns["split"] == ("train",) * 4 + ("test",) * 4 + ("gallery",) * 4
    assert len(set(gallery.ids)) == 12


def test_sets_of_other_shapes_are_not_joined(tmp_path: Path, cache: Path) -> None:
    path = str(picture_folder(tmp_path, {"a": 2, "b": 2}))
    one = open_dataset(path, DataOptions(size=32), cache_folder=cache)
    two = open_dataset(path, DataOptions(size=48), cache_folder=cache)
    with pytest.raises(UserError, match="size and colour of the first"):
        one.combined(two, "test", cache_folder=cache)
