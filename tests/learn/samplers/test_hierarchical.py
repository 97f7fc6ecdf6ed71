"""Classes of few super-classes at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.core.errors import UserError
from explorer.learn.samplers.hierarchical import Hierarchical
from tests.learn.samplers.drawing import epoch_of, made


def test_super_classes_times_classes_times_images() -> None:
    labels = np.array([c for c in range(24) for _ in range(10)])
    level1 = [f"g{c // 6}" for c in labels]
    sampler = made("hierarchical", labels.tolist(), 0, {"level1": level1}, groups=2, classes=3, images=4)
    batches = epoch_of(sampler)
    assert len(batches) == 10
    for batch in batches:
        classes, counts = np.unique(labels[batch], return_counts=True)
        assert counts.tolist() == [4] * 6
        assert np.unique(classes // 6, return_counts=True)[1].tolist() == [3, 3]
    drawn = np.bincount(np.concatenate(batches), minlength=240)
    assert np.ptp(drawn.reshape(24, 10), axis=1).max() <= 1


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.integers(-1, 9), min_size=6, max_size=90),
    st.integers(1, 3),
    st.integers(1, 4),
    st.integers(2, 4),
    st.integers(0, 99),
)
def test_no_class_gives_more_than_its_images(
    labels: list[int], groups: int, classes: int, images: int, seed: int
) -> None:
    sizes = np.bincount([c for c in labels if c >= 0], minlength=10)
    if (sizes > 1).sum() < 2:
        return
    columns = {"kind": [str(c % 3) for c in labels]}
    sampler = made("hierarchical", labels, seed, columns, groups=groups, classes=classes, images=images, column="kind")
    for batch in epoch_of(sampler):
        drawn = np.bincount(np.array(labels)[batch], minlength=10)
        assert drawn.max() <= images
        assert (sizes[drawn > 0] > 1).all()
        assert max(np.count_nonzero(drawn[kind::3]) for kind in range(3)) <= classes


def column_of(columns: dict[str, list[str]], labels: list[int]) -> str:
    sampler = made("hierarchical", labels, 0, columns)
    assert isinstance(sampler, Hierarchical)
    return sampler.column


def test_it_finds_the_column_of_super_classes() -> None:
    labels = [0, 0, 1, 1, 2, 2, 3, 3]
    level = [str(c // 2) for c in labels]
    mixed = ["a", "b"] * 4
    assert column_of({"half": level, "level1": level}, labels) == "level1"
    assert column_of({"level1": ["top"] * 8, "level2": level}, labels) == "level2"
    assert column_of({"writer": mixed, "file": [str(i) for i in range(8)], "half": level}, labels) == "half"
    three = ["x", "x", "x", "x", "y", "y", "z", "z"]
    assert column_of({"three": three, "two": level}, labels) == "two"


def test_the_commonest_value_counts() -> None:
    labels = [0, 0, 0, 1, 1, 1, 2]
    sampler = made("hierarchical", labels, 0, {"camera": ["a", "a", "b", "b", "b", "b", "b"]}, column="camera")
    assert sampler.notes == (
        "1 class with one image left out of training",
        "1 class has several values of camera, the commonest counts",
    )
    assert {tuple(sorted(batch.tolist())) for batch in epoch_of(sampler)} == {(0, 1, 2, 3, 4, 5)}


def test_it_says_where_super_classes_come_from() -> None:
    labels = [0, 0, 1, 1]
    with pytest.raises(UserError, match="No column puts the classes into super-classes") as failure:
        made("hierarchical", labels, 0, {"writer": ["a", "b", "a", "b"], "level1": ["top"] * 4})
    assert "sampler=pk" in failure.value.remedy
    with pytest.raises(UserError, match="no column 'kind'") as failure:
        made("hierarchical", labels, 0, {"writer": ["a"] * 4, "medium": ["b"] * 4}, column="kind")
    assert "medium, writer" in failure.value.remedy
