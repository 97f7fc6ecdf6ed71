"""The N-pair loss against its formula and against PyTorch Metric Learning 2.9.0."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.learn.losses.batches import LABELS, agree, every_triplet, listed, made, of, rows


@pytest.mark.parametrize("length", [0.0, 0.02])
@pytest.mark.parametrize("case", ["pairs", "unbalanced"])
def test_first_equals_theirs(case: str, length: float) -> None:
    """Of each class they too take the first two items; the length is only comparable where that is all of them."""
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    distances = pytest.importorskip("pytorch_metric_learning.distances")
    regularizers = pytest.importorskip("pytorch_metric_learning.regularizers")
    other = losses.NPairsLoss(
        distance=distances.DotProductSimilarity(normalize_embeddings=False),
        embedding_regularizer=regularizers.LpRegularizer(power=2),
        embedding_reg_weight=length,
    )
    labels = LABELS[case]
    loss = made("n_pair", form="first", length=length)
    for seed in range(3):
        z = rows(labels, seed)
        batch = of(loss, z, labels)
        agree(loss(batch, None).value, other(z, batch.labels), z)


def formula(z: Tensor, triplets: list[tuple[int, int, int]], length: float) -> Tensor:
    negatives: dict[int, set[int]] = {}
    for a, _, n in triplets:
        negatives.setdefault(a, set()).add(n)
    terms = [
        torch.log1p(torch.stack([(z[a] @ z[n] - z[a] @ z[p]).exp() for n in sorted(negatives[a])]).sum())
        for a, p in sorted({(a, p) for a, p, _ in triplets})
    ]
    return torch.stack(terms).mean() + length * z.square().sum(dim=1).mean()


@pytest.mark.parametrize("case", list(LABELS))
def test_all_is_its_formula(case: str) -> None:
    labels = LABELS[case]
    loss, z = made("n_pair", length=0.01), rows(labels)
    triplets = every_triplet(labels)
    agree(loss(of(loss, z, labels), None).value, formula(z, triplets, 0.01), z)
    agree(loss(of(loss, z, labels), listed(triplets[::5])).value, formula(z, triplets[::5], 0.01), z)


def test_all_does_not_depend_on_the_order_where_first_does() -> None:
    labels = LABELS["balanced"]
    z, order = rows(labels), torch.arange(len(labels)).flip(0)
    for form, same in (("all", True), ("first", False)):
        loss = made("n_pair", form=form)
        values = [
            loss(of(loss, z[rearranged], torch.tensor(labels)[rearranged].tolist())).value
            for rearranged in (torch.arange(len(labels)), order)
        ]
        assert torch.isclose(*values).item() is same
