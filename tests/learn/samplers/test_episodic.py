"""N-way K-shot episodes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.core.errors import UserError
from tests.learn.samplers.drawing import epoch_of, made
from tests.learn.tasks import quick_recipe, run, task


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.integers(-1, 6), min_size=8, max_size=80),
    st.integers(2, 8),
    st.integers(1, 3),
    st.integers(1, 4),
    st.integers(0, 99),
)
def test_the_support_comes_first_class_by_class(
    labels: list[int], ways: int, shots: int, queries: int, seed: int
) -> None:
    counts = np.bincount([c for c in labels if c >= 0], minlength=7)
    enough = set(np.flatnonzero(counts >= shots + queries).tolist())
    if len(enough) < 2:
        return
    sampler = made("episodic", labels, seed, ways=ways, shots=shots, queries=queries)
    n = min(ways, len(enough))
    assert (sampler.batch, sampler.support) == (n * (shots + queries), n * shots)
    assert sampler.length == max(1, sum(counts[c] for c in enough) // sampler.batch)
    for batch in epoch_of(sampler):
        classes = np.array(labels)[batch]
        support, rest = classes[: sampler.support].reshape(n, shots), classes[sampler.support :].reshape(n, queries)
        assert (support == support[:, :1]).all()
        assert (rest == support[:, :1]).all()
        assert len(set(support[:, 0].tolist())) == n
        assert set(support[:, 0].tolist()) <= enough


def test_classes_and_images_are_drawn_uniformly() -> None:
    labels = [c for c in range(6) for _ in range(5)]
    sampler = made("episodic", labels, ways=2, shots=1, queries=1)
    drawn = np.bincount(np.concatenate([b for _ in range(300) for b in sampler.epoch()]), minlength=30)
    expected = drawn.sum() / 30
    assert np.abs(drawn - expected).max() < 5 * expected**0.5


def test_it_says_what_it_leaves_out() -> None:
    sampler = made("episodic", [0] * 6 + [1] * 6 + [2] * 5)
    assert sampler.notes == (
        "1 class with fewer than 6 images left out of training",
        "Episodes have 2 classes, there are no more",
    )
    with pytest.raises(UserError, match="1 of 2 training classes have the 6 images") as failure:
        made("episodic", [0] * 6 + [1] * 5)
    assert "sampler.queries" in failure.value.remedy


def test_prototypes_learn_from_episodes() -> None:
    recipe = quick_recipe("sampler=episodic", "sampler.ways=4", "sampler.queries=3", "loss=prototypical")
    assert type(run(task(recipe))[-1]).__name__ == "RunFinished"
