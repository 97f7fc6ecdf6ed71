"""The triplet and contrastive losses against PyTorch Metric Learning 2.9.0, in every distance.

Their ``AvgNonZeroReducer`` is the mean over the violating triplets, ``MeanReducer`` that over all. A cosine distance is
one minus their cosine similarity, so that the difference of two of them is the same.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.learn.losses.batches import LABELS, agree, every_triplet, listed, made, of, rows

DISTANCES: list[tuple[str, bool, str, dict[str, Any]]] = [
    ("euclidean", True, "LpDistance", {}),
    ("euclidean", False, "LpDistance", {"normalize_embeddings": False}),
    ("squared_euclidean", True, "LpDistance", {"power": 2}),
    ("squared_euclidean", False, "LpDistance", {"power": 2, "normalize_embeddings": False}),
    ("cosine", True, "CosineSimilarity", {}),
]


@pytest.mark.parametrize("case", list(LABELS))
@pytest.mark.parametrize(("form", "mean"), [("hinge", "violating"), ("hinge", "all"), ("soft", "all")])
@pytest.mark.parametrize(("distance", "normalise", "other", "options"), DISTANCES)
def test_triplet_equals_theirs(
    distance: str, normalise: bool, other: str, options: dict[str, Any], form: str, mean: str, case: str
) -> None:
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    distances = pytest.importorskip("pytorch_metric_learning.distances")
    reducers = pytest.importorskip("pytorch_metric_learning.reducers")
    labels = LABELS[case]
    loss = made("triplet", distance, normalise=normalise, form=form, mean=mean, margin=0.3)
    theirs = losses.TripletMarginLoss(
        margin=0.3,
        smooth_loss=form == "soft",
        distance=getattr(distances, other)(**options),
        reducer=reducers.MeanReducer() if mean == "all" else reducers.AvgNonZeroReducer(),
    )
    z, mined = rows(labels), every_triplet(labels)[::5]
    batch = of(loss, z, labels)
    agree(loss(batch, None).value, theirs(z, batch.labels), z)
    agree(loss(batch, listed(mined)).value, theirs(z, batch.labels, tuple(torch.tensor(mined).T)), z)


@pytest.mark.parametrize("case", list(LABELS))
@pytest.mark.parametrize(("distance", "normalise", "other", "options"), DISTANCES)
def test_contrastive_equals_theirs(
    distance: str, normalise: bool, other: str, options: dict[str, Any], case: str
) -> None:
    """The linear form; for cosine similarities their margins are one minus ours."""
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    distances = pytest.importorskip("pytorch_metric_learning.distances")
    labels, near, far = LABELS[case], 0.1, 1.2
    loss = made("contrastive", distance, normalise=normalise, form="linear", positive_margin=near, margin=far)
    margins = (1 - near, 1 - far) if distance == "cosine" else (near, far)
    theirs = losses.ContrastiveLoss(*margins, distance=getattr(distances, other)(**options))
    z = rows(labels)
    batch = of(loss, z, labels)
    agree(loss(batch, None).value, theirs(z, batch.labels), z)


@pytest.mark.parametrize("case", list(LABELS))
@pytest.mark.parametrize(("distance", "normalise"), [(row[0], row[1]) for row in DISTANCES])
def test_textbook_contrastive_is_the_mean_over_every_pair(distance: str, normalise: bool, case: str) -> None:
    """y d² + (1 − y) max(0, m − d)², every pair once."""
    labels, margin = LABELS[case], 1.5
    loss, z = made("contrastive", distance, normalise=normalise, form="textbook", margin=margin), rows(labels)
    d = of(loss, z, labels).distances
    terms = []
    for i in range(len(labels)):
        for j in range(i):
            y = int(labels[i] == labels[j])
            terms.append(y * d[i, j] ** 2 + (1 - y) * torch.clamp(margin - d[i, j], min=0) ** 2)
    agree(loss(of(loss, z, labels), None).value, torch.stack(terms).mean(), z)


@pytest.mark.parametrize(("distance", "normalise"), [(row[0], row[1]) for row in DISTANCES])
def test_squared_contrastive_is_its_formula(distance: str, normalise: bool) -> None:
    labels = LABELS["unbalanced"]
    loss, z = made("contrastive", distance, normalise=normalise, margin=1.5), rows(labels)
    batch = of(loss, z, labels)
    d = batch.distances
    pushed = torch.relu(1.5 - d[batch.different])
    expected = d[batch.same].square().mean() / 2
    if pushed.any():
        expected = expected + pushed[pushed > 0].square().mean() / 2
    agree(loss(batch, None).value, expected, z)
