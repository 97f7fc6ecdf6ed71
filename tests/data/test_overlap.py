from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explorer.data.opening import open_beside, open_dataset
from explorer.data.overlap import Overlap, overlap, overlap_told
from tests.helpers.data import picture_folder


def test_data_that_are_added_to_themselves_are_no_test(tmp_path: Path) -> None:
    folder = picture_folder(tmp_path / "fruit", {"apple": 4, "pear": 5})
    main = open_dataset(str(folder), cache_folder=tmp_path / "cache")
    both = open_beside(main, str(folder), "test", cache_folder=tmp_path / "cache")
    assert overlap(both, len(main)) == Overlap(9, 9, 9)
    assert overlap_told(both, 9, "fruit", "fruit", "test") == (
        "All 9 pictures of fruit are in fruit as well: figures measured on what was trained on are no test"
    )
    assert overlap_told(both, 9, "fruit", "fruit", "gallery").endswith("a query among them finds its own copy first")


def test_a_test_folder_that_is_added_twice_is_not_trained_on(tmp_path: Path) -> None:
    main = open_dataset(str(picture_folder(tmp_path / "fruit", {"apple": 4, "pear": 5})))
    test = str(picture_folder(tmp_path / "more", {"a": 0, "b": 0, "fig": 3}))
    once = open_beside(main, test, "test")
    twice = open_beside(once, test, "test")
    assert overlap_told(once, 9, "fruit", "more", "test", np.arange(7)) == ""
    assert overlap(twice, 12, np.arange(7)) == Overlap(3, 3, 0)
    assert overlap_told(twice, 12, "fruit", "more", "test", np.arange(7)) == (
        "All 3 pictures of more are in fruit as well: none of these is trained on, and what is there twice counts twice"
    )


def test_some_copies_are_counted_and_other_pictures_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tmp_path / "one.npy", tmp_path / "two.npy"
    rows = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    np.save(first, rows[:30])
    np.save(second, np.concatenate([rows[28:], rows[:3] + 1]))
    both = open_beside(open_dataset(str(first)), str(second), "test")
    assert overlap(both, 30) == Overlap(2, 15, 2)
    told = overlap_told(both, 30, "one", "two", "test")
    assert told.startswith("2 of 15 vectors of two are in one as well")
    monkeypatch.setattr("explorer.data.overlap.MOST_ADDED", 5)
    assert overlap_told(both, 30, "one", "two", "test").startswith("1 of 5 vectors that were looked at of two")
    monkeypatch.setattr("explorer.data.overlap.LEAST_SHARE", 0.5)
    assert overlap_told(both, 30, "one", "two", "test") == ""
    monkeypatch.setattr("explorer.data.overlap.LEAST_SHARE", 0.0)
    assert " of two is in one as well" in overlap_told(both, 30, "one", "two", "test")
