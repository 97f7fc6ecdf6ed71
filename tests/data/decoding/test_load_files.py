"""Files to inputs and thumbnails, in the cache; numbers in text files stand for a kind of items."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from explorer.core.types import frozen
from explorer.data.cache import PixelCache, joined
from explorer.data.decoding.load_files import Decoded, Decoding, load_files
from explorer.data.listing import Listing, Watch
from explorer.data.pictures import FilePictures, PictureError


def _listing(root: Path, texts: list[str]) -> Listing:
    names = tuple(f"{i}.txt" for i in range(len(texts)))
    for name, text in zip(names, texts, strict=True):
        (root / name).write_text(text, "utf-8")
    labels = frozen(np.zeros(len(texts), dtype=np.int64))
    return Listing("n", str(root), names, labels, ("a",), {}, "pictures", FilePictures(str(root), names), "content")


def _numbers(decoded: list[bytes]) -> Decoding:
    def decode(encoded: bytes) -> Decoded:
        decoded.append(encoded)
        try:
            value = float(encoded)
        except ValueError as error:
            raise PictureError("no number") from error
        return Decoded(
            np.full((1, 2, 3), value, np.float32),
            np.full((2, 2, 1), int(value), np.uint8),
            "of zero" if not value else "",
        )

    return Decoding(decode, (1, 2, 3), "float32", (2, 2, 1), ("numbers 1",), "Reading numbers")


def test_files_become_inputs_and_thumbnails_once(tmp_path: Path) -> None:
    decoded: list[bytes] = []
    listing = _listing(tmp_path, ["1.5", "none", "0", "250", "0"])
    for _ in range(2):
        loaded = load_files(listing, _numbers(decoded), Watch(), tmp_path / "cache")
        assert loaded.inputs.dtype == np.float32
        assert loaded.inputs[:, 0, 0, 0].tolist() == [1.5, 0.0, 250.0, 0.0]
        assert loaded.thumbnails is not None
        assert loaded.thumbnails[:, 0, 0, 0].tolist() == [1, 0, 250, 0]
        assert loaded.skipped == {1: "no number"}
        assert loaded.notes == ("2 files of zero, such as 2.txt",), "kept in the cache too"
        assert not loaded.inputs.flags.writeable
        assert not loaded.thumbnails.flags.writeable
    assert len(decoded) == 5, "the second time they come from the cache"


def test_where_none_can_be_read_nothing_stays_in_the_cache(tmp_path: Path) -> None:
    loaded = load_files(_listing(tmp_path, ["none"]), _numbers([]), Watch(), tmp_path / "cache")
    assert len(loaded.inputs) == 0
    assert loaded.skipped == {0: "no number"}
    assert list((tmp_path / "cache" / "pixels").iterdir()) == []


def test_two_sets_are_joined_in_the_cache_whatever_they_are_made_of(tmp_path: Path) -> None:
    first, second = np.ones((2, 1, 2, 3), np.float32), np.full((1, 1, 2, 3), 0.5, np.float32)
    for _ in range(2):
        both = joined(first, second, "both", tmp_path)
        np.testing.assert_array_equal(both.pixels, np.concatenate([first, second]))
        assert both.pixels.dtype == np.float32
    found = PixelCache(tmp_path).load("both")
    assert found is not None
    assert len(found.pixels) == 3
