"""Negative class mining within a batch."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.learn.miners.mining import batch_of, label_lists, mine, pairs_of, rows


@settings(max_examples=60, deadline=None)
@given(label_lists, st.integers(0, 1000), st.integers(1, 3), st.booleans())
def test_negatives_are_of_the_nearest_classes(labels: list[int], seed: int, classes: int, uphill: bool) -> None:
    batch = batch_of(labels, seed, uphill=uphill)
    means = {c: batch.prepared[batch.labels == c].double().mean(dim=0) for c in set(labels)}
    near = {
        c: sorted(means.keys() - {c}, key=lambda o: float((means[c] - means[o]).norm()))[:classes] for c in set(labels)
    }
    mined = rows(mine("hard_class", batch, seed=seed, classes=classes))
    wanted = pairs_of(labels) if len(means) > 1 else set()
    assert sorted((a, p) for a, p, _ in mined) == sorted(wanted)
    assert all(labels[n] in near[labels[a]] for a, _, n in mined)


def test_every_image_of_these_classes_is_drawn() -> None:
    labels = [0, 0, 1, 1, 1, 2, 2, 3, 3]
    batch = batch_of(labels, seed=1)
    seen = {n for seed in range(200) for a, _, n in rows(mine("hard_class", batch, seed=seed, classes=2)) if a == 0}
    assert len({labels[n] for n in seen}) == 2
    assert seen == {n for n in range(9) if labels[n] in {labels[m] for m in seen}}
    assert torch.equal(mine("hard_class", batch, seed=3).negatives, mine("hard_class", batch, seed=3).negatives)
