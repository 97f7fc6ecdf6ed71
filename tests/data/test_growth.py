"""Large sets that are used before all of their pictures are decoded: small ones, with small limits."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import Cancelled, UserError
from explorer.core.types import BoolArray
from explorer.data import growth
from explorer.data.dataset import Dataset
from explorer.data.growth import Growth, enough, ready_of, spread_order
from explorer.data.opening import open_dataset
from tests.helpers.data import picture, picture_folder, save_picture

FIRST = 16


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "GROWS_FROM", 60)
    monkeypatch.setattr(growth, "GROWS_UNWATCHED", 60)
    monkeypatch.setattr(growth, "FIRST", FIRST)
    monkeypatch.setattr(growth, "TOGETHER", 4)
    monkeypatch.setattr(growth, "WORTH_SECONDS", 0.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return 80 grey pictures of 5 classes, some of them broken in one class or another."""
    root: Path = tmp_path_factory.mktemp("growing") / "set"
    picture_folder(root, {f"class {i}": 16 for i in range(5)}, channels=1)
    return root


@pytest.fixture
def broken(folder: Path, tmp_path: Path) -> Path:
    """Return the same pictures, two of them broken and one empty."""
    root = shutil.copytree(folder, tmp_path / "set")
    files = sorted(root.rglob("*.png"))
    for file in (files[3], files[40]):
        file.write_bytes(file.read_bytes()[:60])
    files[79].write_bytes(b"")
    return root


def opened(root: Path, cache: Path) -> tuple[Dataset, list[tuple[Dataset, BoolArray]]]:
    """Return a dataset, and as what it was begun with."""
    seen: list[tuple[Dataset, BoolArray]] = []

    def begun(some: Dataset) -> None:
        assert some.growth is not None
        seen.append((some, some.growth.ready.copy()))

    return open_dataset(str(root), cache_folder=cache, begun=begun), seen


def same(one: Dataset, other: Dataset) -> bool:
    return (
        np.array_equal(one.inputs, other.inputs)
        and np.array_equal(one.labels, other.labels)
        and (one.ids, one.class_names, one.fingerprint, one.report, dict(one.columns))
        == (other.ids, other.class_names, other.fingerprint, other.report, dict(other.columns))
    )


@pytest.mark.parametrize("packed", [False, True])
def test_it_is_the_same_set_as_at_once(folder: Path, tmp_path: Path, packed: bool) -> None:
    root = Path(shutil.make_archive(str(tmp_path / "set"), "zip", folder)) if packed else folder
    at_once = open_dataset(str(root), cache_folder=tmp_path / "one")
    grown, ((some, ready),) = opened(root, tmp_path / "two")
    assert same(at_once, grown)
    assert same(at_once, some)  # by now
    assert grown.growth is None
    assert some.growth is not None
    assert not some.growing
    assert some.growth.mask() is None
    assert FIRST <= ready.sum() < len(at_once)
    assert enough(some.labels, ready)
    again, begun = opened(root, tmp_path / "two")
    assert same(at_once, again)
    assert not begun  # nothing grows that is in the cache


def test_what_is_broken_leaves_in_the_end(broken: Path, tmp_path: Path) -> None:
    at_once = open_dataset(str(broken), cache_folder=tmp_path / "one")
    grown, ((some, _),) = opened(broken, tmp_path / "two")
    assert len(at_once.report.skipped) == 3
    assert same(at_once, grown)
    assert len(some) == 80
    assert some.growth is not None
    assert some.growth.over
    assert len(some.growth) == 77
    mask = some.growth.mask()
    assert mask is not None
    assert np.array_equal(some.inputs[mask], grown.inputs)
    assert not some.inputs[~mask].any()
    assert len(list(tmp_path.glob("two/pixels/*.pixels"))) == 1
    assert same(at_once, opened(broken, tmp_path / "two")[0])


def test_an_item_that_is_not_there_is_shown_by_its_words(folder: Path, tmp_path: Path) -> None:
    shown: list[tuple[object, object]] = []

    def begun(some: Dataset) -> None:
        assert some.growth is not None
        here, coming = (int(np.flatnonzero(some.growth.ready == there)[0]) for there in (True, False))
        shown.append((some.preview(here), some.preview(coming)))
        with pytest.raises(UserError, match="of 80 pictures are decoded as yet"):
            some.check_all_there()

    open_dataset(str(folder), cache_folder=tmp_path, begun=begun)
    ((here, coming),) = shown
    assert isinstance(here, np.ndarray)
    assert here.any()
    assert isinstance(coming, str)


def test_cancel_leaves_nothing_half_written(folder: Path, tmp_path: Path) -> None:
    seen: list[Dataset] = []
    with pytest.raises(Cancelled):
        open_dataset(str(folder), cache_folder=tmp_path, begun=seen.append, cancelled=lambda: bool(seen))
    (some,) = seen
    assert some.growth is not None
    assert some.growth.over
    assert some.growth.cancelled
    assert list(tmp_path.rglob("*.*")) == []
    assert some.inputs[some.growth.ready].any()  # still to be read by who trains
    with pytest.raises(UserError, match="Open the data again"):
        some.check_all_there()


def test_colour_that_is_found_late_begins_anew(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from explorer.data.decoding import decode_all

    monkeypatch.setattr(decode_all, "COLOURS_SAMPLED", 2)
    root = shutil.copytree(folder, tmp_path / "set")
    order = spread_order(np.repeat(np.arange(5), 16), together=4)
    late = sorted(root.rglob("*.png"))[next(i for i in order[::-1].tolist() if i not in (0, 79))]
    save_picture(late, picture(1))
    at_once = open_dataset(str(root), cache_folder=tmp_path / "one")
    grown, seen = opened(root, tmp_path / "two")
    assert [some.shape[2] for some, _ in seen] == [1, 3]
    assert seen[0][0].growth is not None
    assert seen[0][0].growth.cancelled
    assert same(at_once, grown)


def test_small_sets_and_callers_that_do_not_wait_for_it_see_nothing_of_it(folder: Path, tmp_path: Path) -> None:
    small = tmp_path / "small"
    picture_folder(small, {"a": 20, "b": 20})
    assert not opened(small, tmp_path / "one")[1]
    assert open_dataset(str(folder), cache_folder=tmp_path / "two").growth is None


def test_where_somebody_looks_on_smaller_sets_begin_early(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growth, "GROWS_UNWATCHED", 1000)
    monkeypatch.setattr(growth, "FIRST_SOON", 20)
    seen: list[int] = []

    def begun(some: Dataset) -> None:
        assert some.growth is not None
        seen.append(int(some.growth.ready.sum()))

    assert not opened(folder, tmp_path / "one")[1]
    open_dataset(str(folder), cache_folder=tmp_path / "two", begun=begun, soon=True)
    assert len(seen) == 1
    assert 20 <= seen[0] < 80


def test_one_does_not_begin_where_the_rest_takes_no_time(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growth, "WORTH_SECONDS", 3600.0)
    grown, begun = opened(folder, tmp_path / "one")
    assert not begun
    assert same(grown, open_dataset(str(folder), cache_folder=tmp_path / "two"))


def test_every_beginning_of_the_order_spreads_over_the_classes() -> None:
    labels = np.sort(np.random.default_rng(0).integers(-1, 40, 2000))
    order = spread_order(labels, together=4)
    assert sorted(order.tolist()) == list(range(2000))
    first = labels[order[:400]]
    assert len(np.unique(first)) > 30
    assert np.bincount(first[first >= 0]).max() < 40
    assert np.count_nonzero(np.diff(first)) < 130  # side by side, four of them
    assert np.array_equal(order, spread_order(labels, together=4))
    assert not len(spread_order(np.empty(0, np.int64), together=4))


def test_one_can_begin_with_two_classes_of_two_or_without_classes() -> None:
    labels = np.array([0, 0, 1, 1, 2])
    assert not enough(labels, np.array([True, True, True, False, True]))
    assert enough(labels, np.array([True, True, True, True, False]))
    assert enough(np.full(3, -1), np.array([True, False, False]))
    assert not enough(np.array([-1, 0, 0]), np.array([True, False, False]))


def test_what_is_ready_is_told_until_all_is() -> None:
    growing = Growth(3)
    asked = ready_of(growing)
    growing.add(1)
    mask = asked()
    assert mask is not None
    assert mask.tolist() == [False, True, False]
    growing.add(0)
    growing.add(2)
    assert mask.tolist() == [False, True, False]
    assert asked() is not None  # the file is not finished
    growing.end()
    assert asked() is None
    assert len(growing) == 3
    assert ready_of(None)() is None
