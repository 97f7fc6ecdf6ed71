"""P classes × K images."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.core.errors import UserError
from explorer.core.registry import Scalar, create
from explorer.learn.device import generator
from explorer.learn.samplers.base import Sampler


def pk(labels: list[int], seed: int = 0, **params: Scalar) -> Sampler:
    sampler: Sampler = create("sampler", "pk", params, np.array(labels, dtype=np.int64), generator(seed))
    return sampler


def test_classes_times_images() -> None:
    labels = [c for c in range(20) for _ in range(10)]
    sampler = pk(labels, classes=5, images=4)
    batches = list(sampler.epoch())
    assert len(batches) == sampler.length == 10
    for batch in batches:
        _, counts = np.unique(np.array(labels)[batch], return_counts=True)
        assert counts.tolist() == [4] * 5
        assert len(set(batch.tolist())) == 20
    drawn = np.bincount(np.concatenate(batches), minlength=200).reshape(20, 10)
    assert (drawn.max(axis=1) - drawn.min(axis=1) <= 1).all()  # nobody again before everybody of the class
    assert sorted(drawn.sum(axis=1).tolist()) == [8] * 10 + [12] * 10


def test_fewer_classes_give_more_images_each() -> None:
    labels = np.array([0] * 100 + [1] * 100 + [2] * 100)
    for batch in pk(labels.tolist(), classes=32, images=4).epoch():
        assert len(batch) == 128
        assert np.bincount(labels[batch]).min() >= 128 // 3 - 1


def test_small_classes_leave_their_room_to_further_ones() -> None:
    labels = np.array([c for c in range(40) for _ in range(2)])
    for batch in pk(labels.tolist(), classes=4, images=4).epoch():
        assert len(batch) == 16
        assert len(np.unique(labels[batch])) == 8


def test_lone_images_are_left_out_and_counted() -> None:
    labels = [0] * 10 + [1] * 10 + [2] + [3] + [-1] * 5
    sampler = pk(labels, classes=2, images=4)
    drawn = set(np.concatenate(list(sampler.epoch()) * 3).tolist())
    assert drawn <= set(range(20))
    assert sampler.notes == ("2 classes with one image left out of training",)
    kept = pk(labels, classes=4, images=4, lone="keep")
    assert {20, 21} <= set(np.concatenate([b for _ in range(3) for b in kept.epoch()]).tolist())


def test_batch_larger_than_the_data() -> None:
    labels = [0, 0, 1, 1, 1]
    (batch,) = pk(labels).epoch()
    assert sorted(batch.tolist()) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("labels", "words"),
    [([0] * 9, "same class"), ([-1] * 9, "has a class"), ([], "has a class"), ([0, 1, 2], "single image")],
)
def test_says_why_there_is_nothing_to_learn(labels: list[int], words: str) -> None:
    with pytest.raises(UserError, match=words):
        pk(labels)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=4, max_size=60), st.integers(2, 8), st.integers(2, 6), st.integers(0, 99))
def test_every_epoch_repeats_from_its_random_state(labels: list[int], classes: int, images: int, seed: int) -> None:
    counts = np.bincount(labels)
    if (counts >= 2).sum() < 2:
        return
    sampler = pk(labels, seed, classes=classes, images=images)
    list(sampler.epoch())
    state = sampler.generator.get_state()
    second = list(sampler.epoch())
    sampler.generator.set_state(state)
    assert [b.tolist() for b in sampler.epoch()] == [b.tolist() for b in second]
    for batch in second:
        assert len(set(batch.tolist())) == len(batch) == sampler.batch
        assert (counts[np.array(labels)[batch]] >= 2).all()
