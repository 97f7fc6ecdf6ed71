from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from explorer.core.errors import Cancelled
from explorer.core.types import ByteArray
from explorer.evaluation.duplicates import SAME, bands, equal_rows, find_duplicates, joined
from explorer.measure.lifts import lift


def photographs(count: int, side: int = 40, seed: int = 0) -> ByteArray:
    """Return pictures (count, side, side, 3) of smooth random shapes under fine grain."""
    generator = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        coarse = Image.fromarray(generator.integers(0, 256, (9, 9, 3), np.uint8)).resize((side, side), 3)
        grain = generator.integers(-12, 13, (side, side, 3))
        made.append(np.clip(np.asarray(coarse, np.int64) + grain, 0, 255).astype(np.uint8))
    return np.stack(made)


def pixels_of(picture: Image.Image) -> ByteArray:
    found: ByteArray = np.asarray(picture, np.uint8)
    return found


def copied(pixels: ByteArray, how: str) -> ByteArray:
    picture = Image.fromarray(pixels)
    width, height = picture.size
    if how == "jpeg":
        packed = io.BytesIO()
        picture.save(packed, "JPEG", quality=75)
        return pixels_of(Image.open(packed))
    if how == "resize":
        small = picture.resize((width * 3 // 4, height * 3 // 4), Image.Resampling.BICUBIC)
        return pixels_of(small.resize((width, height), Image.Resampling.BICUBIC))
    if how == "bright":
        brighter: ByteArray = np.clip(pixels * 1.1, 0, 255).astype(np.uint8)
        return brighter
    if how == "crop":
        cut = picture.crop((1, 1, width - 1, height - 1))
        return pixels_of(cut.resize((width, height), Image.Resampling.BICUBIC))
    return np.array(pixels, np.uint8)


@pytest.mark.parametrize("how", ["exact", "jpeg", "resize", "bright", "crop"])
def test_finds_a_copy_and_nothing_else(how: str) -> None:
    pictures = photographs(60)
    every = np.concatenate([pictures, [copied(pictures[i], how) for i in range(20)]])
    found = find_duplicates(every)
    assert found.pairs.tolist() == [[i, 60 + i] for i in range(20)]
    assert found.exact.all() == (how == "exact")
    assert (found.groups[:20] == found.groups[60:]).all()
    assert (found.groups[20:60] == -1).all()


def test_similar_pictures_are_no_duplicates_even_where_their_embeddings_collapsed() -> None:
    generator = np.random.default_rng(1)
    base = photographs(1)[0].astype(np.int64)
    shapes = np.stack([np.asarray(Image.fromarray(generator.integers(0, 256, (8, 8, 3), np.uint8)).resize((40, 40), 3))
                       for _ in range(30)]).astype(np.int64)  # fmt: skip
    alike = ((7 * base + 3 * shapes) // 10).astype(np.uint8)  # the same thing, photographed again
    found = find_duplicates(alike, np.ones((30, 4), np.float32), lift("cosine"))
    assert not len(found.pairs)


def test_a_group_holds_all_copies_and_says_which_leak() -> None:
    pictures = photographs(12)
    every = np.concatenate([pictures, pictures[:1], [copied(pictures[0], "jpeg")], pictures[5:6]])
    found = find_duplicates(every)
    assert found.groups[[0, 12, 13]].tolist() == [0, 0, 0]
    assert found.groups[[5, 14]].tolist() == [1, 1]
    train = np.zeros(15, np.bool_)
    train[:12] = True
    held_out = ~train
    held_out[14] = False  # in neither part
    assert np.flatnonzero(found.leaks(train, held_out)).tolist() == [0, 12, 13]


def test_the_embedding_proposes_what_the_coarse_picture_misses() -> None:
    pictures = photographs(40)
    copies = np.stack([copied(pictures[i], "jpeg") for i in range(5)])
    x = np.random.default_rng(0).normal(size=(45, 8)).astype(np.float32)
    x[40:] = x[:5]
    found = find_duplicates(np.concatenate([pictures, copies]), x, lift("euclidean"))
    assert found.pairs.tolist() == [[i, 40 + i] for i in range(5)]


def test_a_picture_of_one_colour_is_like_none_but_its_equal() -> None:
    blank = np.full((3, 20, 20, 1), 40, np.uint8)
    blank[2] = 90
    assert not bands(blank, 16).any()
    assert find_duplicates(blank).pairs.tolist() == [[0, 1]]
    assert find_duplicates(blank[:1]).groups.tolist() == [-1]


def test_a_band_is_that_of_the_picture_at_any_size() -> None:
    small, large = photographs(4, 40), np.repeat(np.repeat(photographs(4, 40), 2, axis=1), 2, axis=2)
    assert (np.einsum("ij,ij->i", bands(small, 32), bands(large, 32)) > SAME).all()


def test_rows_that_are_no_pictures_are_compared_number_by_number() -> None:
    found = equal_rows(np.array([[1.0, 2], [3, 4], [1, 2], [1, 2.001], [1, 2]], np.float32))
    assert found.pairs.tolist() == [[0, 2], [0, 4]]
    assert found.groups.tolist() == [0, -1, 0, -1, 0]
    assert joined(np.empty((0, 2), np.int64), 3).tolist() == [-1, -1, -1]


def test_it_stops_when_it_is_told() -> None:
    with pytest.raises(Cancelled):
        find_duplicates(photographs(4), cancelled=lambda: True)
