"""Losses over cosines against PyTorch Metric Learning 2.9.0: multi-similarity, circle, histogram, tuplet margin."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from explorer.core.registry import Scalar
from tests.learn.losses.batches import LABELS, agree, build, every_triplet, listed, made, of, pairs_of, rows

THEIRS: list[tuple[str, dict[str, Scalar], str, dict[str, Any]]] = [
    ("multi_similarity", {}, "MultiSimilarityLoss", {}),
    (
        "multi_similarity",
        {"alpha": 5.0, "beta": 20.0, "base": 0.1},
        "MultiSimilarityLoss",
        {"alpha": 5, "beta": 20, "base": 0.1},
    ),
    ("circle", {}, "CircleLoss", {}),
    ("circle", {"relaxation": 0.25, "scale": 16.0}, "CircleLoss", {"m": 0.25, "gamma": 16}),
    ("histogram", {"bins": 128}, "HistogramLoss", {"n_bins": 128}),  # their nodes are float32, so powers of two
    ("histogram", {"bins": 16}, "HistogramLoss", {"n_bins": 16}),
    ("tuplet_margin", {}, "TupletMarginLoss", {}),
    ("tuplet_margin", {"slack": 20.0, "scale": 8.0}, "TupletMarginLoss", {"margin": 20, "scale": 8}),
]


@pytest.mark.filterwarnings("ignore:Using a non-tuple sequence")  # in their HistogramLoss
@pytest.mark.parametrize("case", list(LABELS))
@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
@pytest.mark.parametrize(("name", "params", "other", "options"), THEIRS)
def test_values_and_gradients_equal_theirs(
    name: str, params: dict[str, Scalar], other: str, options: dict[str, Any], distance: str, case: str
) -> None:
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    labels = LABELS[case]
    loss = build(name, params, distance)
    for seed in range(3):
        z = rows(labels, seed)
        batch = of(loss, z, labels)
        agree(loss(batch, None).value, getattr(losses, other)(**options)(z, batch.labels), z)


@pytest.mark.filterwarnings("ignore:Using a non-tuple sequence")  # in their HistogramLoss
@pytest.mark.parametrize(("name", "params", "other", "options"), THEIRS)
def test_mined_pairs_give_theirs(name: str, params: dict[str, Scalar], other: str, options: dict[str, Any]) -> None:
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    labels = LABELS["unbalanced"]
    loss, z = build(name, params), rows(labels)
    batch, mined = of(loss, z, labels), every_triplet(labels)[::7]
    found = tuple(torch.tensor(mined).T) if name == "histogram" else pairs_of(mined)
    agree(loss(batch, listed(mined)).value, getattr(losses, other)(**options)(z, batch.labels, found), z)


def test_a_lone_item_only_pushes_in_multi_similarity() -> None:
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    labels = [0, 0, 1, 1, 1, 2, 3]
    loss, z = made("multi_similarity"), rows(labels)
    batch = of(loss, z, labels)
    agree(loss(batch, None).value, losses.MultiSimilarityLoss()(z, batch.labels), z)


def test_anchors_without_both_sorts_of_pairs_do_not_count_in_circle() -> None:
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    labels = [0, 0, 1, 1, 1, 2, 3]
    loss, z = made("circle"), rows(labels)
    batch = of(loss, z, labels)
    agree(loss(batch, None).value, losses.CircleLoss()(z, batch.labels), z)


@pytest.mark.filterwarnings("ignore:Using a non-tuple sequence")
@pytest.mark.parametrize("case", list(LABELS))
def test_histogram_is_its_formula_and_theirs_but_for_their_rounding(case: str) -> None:
    """A histogram of hats: 1 − |s − t| / Δ around each node t."""
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    labels, loss = LABELS[case], made("histogram")
    z, upper = rows(labels), torch.ones(len(labels), len(labels)).triu(diagonal=1).bool()
    batch, x = of(loss, z, labels), torch.nn.functional.normalize(z, dim=1)
    nodes = torch.linspace(-1, 1, 101, dtype=torch.float64)
    hats = torch.relu(1 - ((x @ x.T)[..., None] - nodes).abs() / 0.02)
    alike, unlike = hats[batch.same & upper].mean(dim=0), hats[batch.different & upper].mean(dim=0)
    value = loss(batch, None).value
    agree(value, (unlike * alike.cumsum(dim=0)).sum(), z)
    torch.testing.assert_close(value, losses.HistogramLoss(n_bins=100)(z, batch.labels), rtol=1e-5, atol=0)


@pytest.mark.parametrize("bins", [10, 100])
def test_histogram_is_the_probability_of_a_wrong_order(bins: int) -> None:
    """With cosines at the nodes it is the share of wrong orders; equal cosines are wrong."""
    labels, loss = [0, 0, 1, 1], made("histogram", bins=bins)
    apart = torch.tensor([[1.0, 0], [1.0, 0], [-1.0, 0], [-1.0, 0]], dtype=torch.float64)
    assert loss(of(loss, apart, labels), None).value.item() == pytest.approx(0, abs=1e-12)
    assert loss(of(loss, apart[[0, 2, 0, 2]], labels), None).value.item() == pytest.approx(1)
    one_of_two = apart[[0, 0, 0, 2]]
    assert loss(of(loss, one_of_two, [0, 0, 1, 2]), None).value.item() == pytest.approx(2 / 5)
    assert loss(of(loss, torch.ones(4, 2), labels), None).value.item() == pytest.approx(1)


def test_tuplet_margin_leaves_pairs_within_the_slack_alone() -> None:
    """Pulling stops at the slack: there the gradient by the angle changes its sign."""
    loss, labels = made("tuplet_margin", slack=20.0, scale=8.0), [0, 0, 1]

    def slope(degrees: float) -> float:
        angle = torch.tensor(degrees, dtype=torch.float64).deg2rad().requires_grad_()
        z = torch.stack(
            (
                torch.tensor([1.0, 0, 0], dtype=torch.float64),
                torch.stack((angle.cos(), angle.sin(), angle * 0)),
                torch.tensor([0, 0, 1.0], dtype=torch.float64),
            )
        )
        (gradient,) = torch.autograd.grad(loss(of(loss, z, labels), None).value, angle)
        return float(gradient)

    assert slope(30.0) > 0 > slope(10.0)
