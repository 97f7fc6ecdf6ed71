"""The losses with weights for every class against PyTorch Metric Learning 2.9.0 and against their formulas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from explorer.core.registry import Scalar, create
from explorer.learn.batch import Batch
from explorer.learn.losses.base import Loss
from explorer.learn.optimisers import weight_groups
from tests.learn.losses.common import LABELS, batch_of, gradients_are_right, rows

NAMES = (
    "softmax", "normalised_softmax", "proxy_nca", "proxy_anchor", "soft_triple", "cosface", "arcface",
    "sub_center_arcface", "triplet_center", "center",
)  # fmt: skip

THEIRS: dict[str, tuple[str, dict[str, Any], dict[str, Scalar]]] = {
    "normalised_softmax": ("NormalizedSoftmaxLoss", {"temperature": 0.07}, {"temperature": 0.07}),
    "proxy_nca": ("ProxyNCALoss", {"softmax_scale": 9}, {}),
    "proxy_anchor": ("ProxyAnchorLoss", {"margin": 0.15, "alpha": 20}, {"margin": 0.15, "alpha": 20.0}),
    "soft_triple": ("SoftTripleLoss", {"centers_per_class": 3}, {"centres": 3, "merge": 0.0}),
    "cosface": ("CosFaceLoss", {}, {}),
    "arcface": ("ArcFaceLoss", {}, {}),
    "sub_center_arcface": ("SubCenterArcFaceLoss", {"sub_centers": 3}, {}),
}


def made(name: str, params: dict[str, Scalar] | None = None, *, classes: int = 5, dimension: int = 5) -> Any:
    distance = create("distance", "euclidean", {})
    loss = create("loss", name, params or {}, distance=distance, classes=classes, dimension=dimension)
    return loss.double()


def compare(name: str, loss: Loss, z: Tensor, **more: Any) -> None:
    """Value and gradients equal those of the other library with the same weights; of six classes one is not there."""
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    title, params, _ = THEIRS[name]
    theirs = getattr(losses, title)(num_classes=6, embedding_size=5, **params, **more)
    batch, ours, weights = batch_of(loss, z), next(loss.parameters()), next(theirs.parameters())
    across = weights.shape != ours.shape
    weights.data = (ours.T if across else ours).detach().clone()
    value, expected = loss(batch, None).value, theirs(z, batch.labels)
    torch.testing.assert_close(value, expected, rtol=1e-6, atol=1e-9)
    mine = torch.autograd.grad(value, (z, ours))
    their_z, their_w = torch.autograd.grad(expected, (z, weights))
    torch.testing.assert_close(mine[0], their_z, rtol=1e-6, atol=1e-8)
    torch.testing.assert_close(mine[1], their_w.T if across else their_w, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", THEIRS)
@pytest.mark.parametrize("seed", range(3))
def test_value_and_gradients_equal_theirs(name: str, seed: int) -> None:
    loss, z = made(name, THEIRS[name][2], classes=6), rows(seed=seed)
    torch.nn.init.normal_(next(loss.parameters()))
    compare(name, loss, z)


def test_the_centres_of_a_class_merge_as_theirs() -> None:
    regularizers = pytest.importorskip("pytorch_metric_learning.regularizers")
    loss = made("soft_triple", {"centres": 3, "merge": 0.7}, classes=6)
    merging = regularizers.SparseCentersRegularizer(6, 3)
    compare("soft_triple", loss, rows(), weight_regularizer=merging, weight_reg_weight=0.7)


def test_arcface_is_monotonous_beyond_the_turn() -> None:
    loss = made("arcface", classes=2, dimension=2)
    theirs_z = torch.tensor([[-1.0, 0.05], [-1.0, 0.3], [0.9, 0.1]], dtype=torch.float64, requires_grad=True)
    weight = next(loss.parameters())
    weight.data = torch.tensor([[1.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    theirs = losses.ArcFaceLoss(num_classes=2, embedding_size=2)
    theirs.W.data = weight.detach().T.clone()
    labels = [0, 0, 0]
    batch = batch_of(loss, theirs_z, labels)
    torch.testing.assert_close(loss(batch, None).value, theirs(theirs_z, batch.labels), rtol=1e-6, atol=1e-9)


def cross_entropy(logits: Tensor) -> Tensor:
    terms = [torch.log(torch.exp(row - row[y]).sum()) for row, y in zip(logits, LABELS, strict=True)]
    return torch.stack(terms).mean()


def logits_of(loss: Any, z: Tensor) -> Tensor:
    return torch.stack([z @ w + b for w, b in zip(loss.linear.weight, loss.linear.bias, strict=True)], 1)


def softmax(loss: Any, z: Tensor) -> Tensor:
    return cross_entropy(logits_of(loss, z))


def center(loss: Any, z: Tensor) -> Tensor:
    apart: Tensor = torch.stack([(f - loss.centres[y]).square().sum() for f, y in zip(z, LABELS, strict=True)])
    return softmax(loss, z) + float(loss.params.weight) / 2 * apart.mean()


def triplet_center(loss: Any, z: Tensor) -> Tensor:
    terms = []
    for f, y in zip(z, LABELS, strict=True):
        d = [(f - c).square().sum() / 2 for c in loss.proxies]
        nearest = min(d[k] for k in range(5) if k != y)
        terms.append(torch.clamp(d[y] + loss.params.margin - nearest, min=0))
    return torch.stack(terms).mean()


@pytest.mark.parametrize(
    ("name", "formula", "params"),
    [
        ("softmax", softmax, {}),
        ("center", center, {"weight": 0.4}),
        ("triplet_center", triplet_center, {"margin": 0.8}),
    ],
)
def test_value_and_gradient_are_the_formula(
    name: str, formula: Callable[[Any, Tensor], Tensor], params: dict[str, Scalar]
) -> None:
    loss, z = made(name, params), rows()
    loss.eval()
    if name == "center":
        torch.nn.init.normal_(loss.centres)
    value, expected = loss(batch_of(loss, z), None).value, formula(loss, z)
    torch.testing.assert_close(value, expected, rtol=1e-9, atol=1e-12)
    weights = (z, *loss.parameters())
    torch.testing.assert_close(torch.autograd.grad(value, weights), torch.autograd.grad(expected, weights))


def test_centres_follow_their_rows_as_in_the_paper() -> None:
    loss = made("center", {"alpha": 0.5})
    z = rows()
    torch.nn.init.normal_(loss.centres)
    expected = loss.centres.clone()
    for k in range(5):
        own = [z[i].detach() for i, y in enumerate(LABELS) if y == k]
        if own:
            expected[k] -= 0.5 * torch.stack([expected[k] - f for f in own]).sum(dim=0) / (1 + len(own))
    loss(batch_of(loss, z), None)
    torch.testing.assert_close(loss.centres, expected)
    loss.eval()
    loss(batch_of(loss, z), None)
    torch.testing.assert_close(loss.centres, expected)


@pytest.mark.parametrize("name", NAMES)
def test_gradients_equal_finite_differences(name: str) -> None:
    params: dict[str, Scalar] = {"scale": 8.0} if "face" in name else {"centres": 2} if name == "soft_triple" else {}
    assert gradients_are_right(made(name, params).eval(), LABELS[:7])


@pytest.mark.parametrize("name", NAMES)
def test_a_row_without_a_label_counts_for_nothing(name: str) -> None:
    loss, z = made(name).eval(), rows()
    with_it = Batch(z, torch.tensor([*LABELS[:-1], -1]), loss.distance)
    without = Batch(z[:-1], torch.tensor(LABELS[:-1]), loss.distance)
    one, two = loss(with_it, None), loss(without, None)
    torch.testing.assert_close(one.value, two.value)
    torch.testing.assert_close(one.active, two.active)


@pytest.mark.parametrize("name", NAMES)
def test_it_learns_faster_than_the_encoder_does(name: str) -> None:
    loss = made(name, {"proxy_rate": 7.0})
    assert {group["scale"] for group in weight_groups({"loss": loss}, 0.1)} == {7.0}
    assert not any(group["weight_decay"] for group in weight_groups({"loss": loss}, 0.1))


@pytest.mark.parametrize("name", NAMES)
def test_descent_classifies_every_row(name: str) -> None:
    """Few steps down the gradient take rows and weights to where no row, or next to none, is active."""
    params: dict[str, Scalar] = {"weight": 0.0} if name == "center" else {}
    loss, z = made(name, params), rows()
    optimiser = torch.optim.Adam([z, *loss.parameters()], lr=0.1)
    first = last = loss(batch_of(loss, z), None)
    for _ in range(100):
        optimiser.zero_grad()
        last = loss(batch_of(loss, z), None)
        last.value.backward()
        optimiser.step()
    assert last.value < 0.5 * first.value
    assert float(last.active) <= (0.35 if name == "proxy_anchor" else 0.1)
