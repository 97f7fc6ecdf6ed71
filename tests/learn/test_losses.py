"""Losses against their formulas and against PyTorch Metric Learning."""

from __future__ import annotations

import pytest
import torch

from explorer.core.registry import Scalar, create
from explorer.learn.batch import Batch, Triplets
from explorer.learn.device import generator
from explorer.learn.losses.base import Loss

LABELS = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4]


def setting(name: str, **params: Scalar) -> tuple[Loss, Batch, torch.Tensor]:
    torch.manual_seed(0)
    z = torch.randn(len(LABELS), 5, requires_grad=True)
    distance = create("distance", "euclidean", {})
    loss: Loss = create("loss", name, params, distance=distance, classes=5, dimension=5)
    return loss, Batch(z, torch.tensor(LABELS), distance), z


@pytest.mark.parametrize("miner", ["semi_hard", "hard", "random"])
def test_mined_triplets_give_the_mean_of_their_violations(miner: str) -> None:
    loss, batch, _ = setting("triplet", margin=0.3)
    mined = create("miner", miner, {})(batch, 0.3, generator(0)).compact()
    d = batch.distances.detach()
    hinges = [
        max(0.0, float(d[a, p] - d[a, n]) + 0.3)
        for a, p, n in zip(mined.anchors, mined.positives, mined.negatives, strict=True)
    ]
    violating = [h for h in hinges if h > 0]
    output = loss(batch, mined)
    assert output.value.item() == pytest.approx(sum(violating) / len(violating), abs=1e-6)
    assert float(output.active) == pytest.approx(len(violating) / len(hinges))


def test_forms_and_means_of_the_triplet_loss_agree_with_their_mined_selves() -> None:
    """The mean over all triplets as one list equals the exact path, for each form."""
    n = len(LABELS)
    listed = torch.tensor(
        [
            (a, p, k)
            for a in range(n)
            for p in range(n)
            for k in range(n)
            if a != p and LABELS[a] == LABELS[p] != LABELS[k]
        ]
    )
    everything = Triplets(listed[:, 0], listed[:, 1], listed[:, 2], torch.ones(len(listed), dtype=torch.bool))
    for form in ("hinge", "soft"):
        for mean in ("violating", "all"):
            loss, batch, _ = setting("triplet", form=form, mean=mean)
            exact, mined = loss(batch, None), loss(batch, everything)
            torch.testing.assert_close(exact.value, mined.value)
            torch.testing.assert_close(exact.active, mined.active)
            assert exact.census.sum() == len(listed)


def test_linear_contrastive_equals_pytorch_metric_learning() -> None:
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    loss, batch, z = setting("contrastive", form="linear", margin=1.2, positive_margin=0.1)
    theirs = losses.ContrastiveLoss(pos_margin=0.1, neg_margin=1.2)(z, batch.labels)
    ours = loss(batch, None).value
    torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-6)
    gradients = [torch.autograd.grad(value, z, retain_graph=True)[0] for value in (ours, theirs)]
    torch.testing.assert_close(*gradients, atol=1e-6, rtol=1e-5)


def test_squared_contrastive_equals_its_formula() -> None:
    loss, batch, _ = setting("contrastive", margin=1.5)
    d, n = batch.distances.detach(), len(LABELS)
    pairs = [(i, j) for i in range(n) for j in range(n) if i != j]
    pull = [float(d[i, j]) ** 2 / 2 for i, j in pairs if LABELS[i] == LABELS[j]]
    push = [(1.5 - float(d[i, j])) ** 2 / 2 for i, j in pairs if LABELS[i] != LABELS[j] and d[i, j] < 1.5]
    assert loss(batch, None).value.item() == pytest.approx(sum(pull) / len(pull) + sum(push) / len(push), rel=1e-5)


def test_contrastive_takes_only_the_pairs_of_the_mined_triplets() -> None:
    loss, batch, z = setting("contrastive")
    mined = create("miner", "hard", {})(batch, 0.2, generator(0))
    (gradient,) = torch.autograd.grad(loss(batch, mined).value, batch.distances)
    kept = mined.compact()
    allowed = {
        (int(a), int(o))
        for others in (kept.positives, kept.negatives)
        for a, o in zip(kept.anchors, others, strict=True)
    }
    assert {(int(i), int(j)) for i, j in gradient.nonzero()} <= allowed
    assert z.grad is None


@pytest.mark.parametrize("form", ["hinge", "soft"])
def test_triplet_loss_passes_gradcheck(form: str) -> None:
    torch.manual_seed(7)
    distance = create("distance", "euclidean", {})
    loss = create("loss", "triplet", {"form": form, "mean": "all"}, distance=distance, classes=3, dimension=3)
    z = torch.randn(7, 3, dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([0, 0, 1, 1, 2, 2, 2])
    assert torch.autograd.gradcheck(lambda x: loss(Batch(x, labels, distance), None).value, (z,))
