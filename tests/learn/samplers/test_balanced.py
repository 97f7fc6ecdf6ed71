"""The same number of images of every class."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.learn.samplers.balanced import even_shares
from tests.learn.samplers.drawing import epoch_of, made


def test_a_large_class_gets_no_more_than_a_small_one() -> None:
    labels = np.array([0] * 900 + [1] * 60 + [2] * 40)
    sampler = made("balanced", labels.tolist(), items=60)
    batches = epoch_of(sampler)
    assert len(batches) == 17
    assert all(np.bincount(labels[batch]).tolist() == [20, 20, 20] for batch in batches)
    drawn = np.bincount(np.concatenate(batches), minlength=1000)
    for c in range(3):  # nobody again before everybody of the class
        assert np.ptp(drawn[labels == c]) <= 1


def test_many_classes_take_turns_in_pairs() -> None:
    labels = np.array([c for c in range(50) for _ in range(c % 7 + 2)])
    sampler = made("balanced", labels.tolist(), items=20, images=2)
    seen: list[int] = []
    for batch in epoch_of(sampler):
        classes, counts = np.unique(labels[batch], return_counts=True)
        assert counts.tolist() == [2] * 10
        seen += classes.tolist()
    assert set(seen[:50]) == set(range(50))


def test_a_class_of_one_image_is_only_a_negative() -> None:
    sampler = made("balanced", [0] * 5 + [1] * 5 + [2], items=8)
    assert sampler.notes == ("1 class with one image serves as negatives only",)
    assert all(10 in batch for batch in epoch_of(sampler))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-1, 8), min_size=4, max_size=90), st.integers(4, 40), st.integers(2, 4), st.integers(0, 99))
def test_batches_are_full_and_as_even_as_can_be(labels: list[int], items: int, images: int, seed: int) -> None:
    sizes = np.bincount([c for c in labels if c >= 0], minlength=9)
    if (sizes > 0).sum() < 2 or sizes.max() < 2:
        return
    sampler = made("balanced", labels, seed, items=items, images=images)
    for batch in epoch_of(sampler):
        assert len(batch) == sampler.batch == min(items, sizes.sum())
        counts = np.bincount(np.array(labels)[batch], minlength=9)
        able = counts[(counts > 0) & (counts < sizes)]  # who could give more gives as much as anybody
        assert not len(able) or able.min() >= counts.max() - 1


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=12), st.data())
def test_shares_are_those_of_dealing_one_by_one(sizes: list[int], data: st.DataObject) -> None:
    total = data.draw(st.integers(0, sum(sizes)))
    dealt = [0] * len(sizes)
    while sum(dealt) < total:
        for i, size in enumerate(sizes):
            if dealt[i] < size and sum(dealt) < total:
                dealt[i] += 1
    assert even_shares(np.array(sizes), total).tolist() == dealt
