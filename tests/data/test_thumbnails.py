from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explorer.data.opening import open_dataset
from explorer.data.thumbnails import atlas, resized, thumbnails
from tests.helpers.data import picture, picture_folder


def test_the_same_size_is_exact() -> None:
    pixels = np.stack([picture(i, 16, 16) for i in range(3)])
    assert np.array_equal(resized(pixels, 16), pixels)
    grey = pixels[..., :1]
    assert np.array_equal(resized(grey, 16), np.repeat(grey, 3, axis=3))


@pytest.mark.parametrize("side", [1, 7, 16, 40, 64])
def test_flat_colours_stay_and_rows_stay_rows(side: int) -> None:
    flat = np.full((2, 28, 28, 3), (10, 100, 200), dtype=np.uint8)
    assert (resized(flat, side) == (10, 100, 200)).all()
    top = np.zeros((1, 28, 28, 1), dtype=np.uint8)
    top[:, :14] = 200
    small = resized(top, side)
    assert small.shape == (1, side, side, 3)
    if side > 1:
        assert (small[0, 0] == 200).all()
        assert (small[0, -1] == 0).all()


def test_thumbnails_and_atlas_of_a_dataset(tmp_path: Path, cache: Path) -> None:
    dataset = open_dataset(str(picture_folder(tmp_path, {"a": 3, "b": 4}, side=28)), cache_folder=cache)
    chosen = np.array([5, 0, 3, 3, 1])
    small = thumbnails(dataset, chosen, 28)
    assert np.array_equal(small[0], dataset.picture(5))
    sheet = atlas(dataset, chosen, 28, columns=2)
    assert sheet.shape == (3 * 28, 2 * 28, 3)
    assert np.array_equal(sheet[28:56, 28:], dataset.picture(3))
    assert (sheet[56:, 28:] == 0).all()
    assert thumbnails(dataset, np.array([], dtype=np.int64), 20).shape == (0, 20, 20, 3)
