"""InfoNCE, supervised contrastive and the pairwise sigmoid against other implementations and their formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from explorer.core.registry import create, validated
from explorer.core.types import UNLABELLED, FloatArray, StepMetrics
from explorer.learn.batch import Batch
from explorer.learn.device import generator
from explorer.learn.distances.base import unit
from tests.learn.losses.common import LABELS, batch_of, gradient, gradients_are_right, make_loss, rows
from tests.learn.tasks import halves, made_up, of, quick_recipe, run, task

NAMES = [
    "nt_xent", "supcon", "siglip", "smooth_ap", "fast_ap", "decoupled_contrastive", "sincere", "recall_at_k",
    "hyperbolic_contrastive",
]  # fmt: skip


@pytest.mark.parametrize(("name", "theirs"), [("nt_xent", "NTXentLoss"), ("supcon", "SupConLoss")])
@pytest.mark.parametrize("temperature", [0.07, 0.5])
def test_value_and_gradient_equal_pytorch_metric_learning(name: str, theirs: str, temperature: float) -> None:
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    loss, z = make_loss(name, temperature=temperature), rows()
    ours = loss(batch_of(loss, z), None).value
    other = getattr(losses, theirs)(temperature=temperature)(z, torch.tensor(LABELS))
    torch.testing.assert_close(ours, other, rtol=1e-7, atol=1e-9)
    torch.testing.assert_close(gradient(ours, z), gradient(other, z), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(("name", "theirs"), [("nt_xent", "NTXentLoss"), ("supcon", "SupConLoss")])
def test_a_miner_restricts_the_pairs(name: str, theirs: str) -> None:
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    loss, z = make_loss(name), rows()
    batch = batch_of(loss, z)
    mined = create("miner", "semi_hard", {})(batch, 0.2, generator(0)).compact()
    pairs = [torch.unique(torch.stack((mined.anchors, o)), dim=1) for o in (mined.positives, mined.negatives)]
    other = getattr(losses, theirs)(temperature=loss.params.temperature)(
        z, torch.tensor(LABELS), (pairs[0][0], pairs[0][1], pairs[1][0], pairs[1][1])
    )
    torch.testing.assert_close(loss(batch, mined).value, other, rtol=1e-6, atol=1e-9)


def test_the_sigmoid_loss_equals_its_formula() -> None:
    loss, z = make_loss("siglip", scale=5.0, bias=-2.0), rows()
    directions = unit(z)
    total = torch.zeros((), dtype=torch.float64)
    for i in range(len(z)):
        for j in range(len(z)):
            if i != j:
                sign = 1 if LABELS[i] == LABELS[j] else -1
                total = total - torch.nn.functional.logsigmoid(sign * (5.0 * directions[i] @ directions[j] - 2.0))
    torch.testing.assert_close(loss(batch_of(loss, z), None).value, total / len(z), rtol=1e-6, atol=0)


def test_scale_and_bias_are_weights_with_a_rate_of_their_own() -> None:
    loss = make_loss("siglip", scale=20.0, rate_scale=3.0)
    assert sorted(name for name, _ in loss.named_parameters()) == ["bias", "log_scale"]
    assert loss.log_scale.item() == pytest.approx(math.log(20.0))
    assert loss.rate_scale == 3.0


@pytest.mark.parametrize(
    "name",
    [
        "nt_xent",
        "supcon",
        "siglip",
        "smooth_ap",
        "hyperbolic_contrastive",
        "decoupled_contrastive",
        "sincere",
        "recall_at_k",
    ],
)
def test_gradients(name: str) -> None:
    loss = make_loss(name) if name == "siglip" else make_loss(name, temperature=0.3)
    assert gradients_are_right(loss)


@pytest.mark.parametrize("name", NAMES[:-1])
def test_remembered_rows_are_compared_with_but_judge_nothing(name: str) -> None:
    """A batch extended by rows equals the anchors' share of the loss of the whole batch."""
    loss, z = make_loss(name), rows()
    labels = torch.tensor(LABELS)
    extended = batch_of(loss, z[:6], LABELS[:6]).extended(z[6:], labels[6:])
    output = loss(extended, None)
    anchors = torch.arange(len(z)) < 6
    judged = Batch(z, labels, loss.distance, anchors=anchors)
    torch.testing.assert_close(output.value, loss(judged, None).value)
    whole = loss(batch_of(loss, z), None).value
    rest = loss(Batch(z, labels, loss.distance, anchors=~anchors), None).value
    counts = {"nt_xent": (12, 8), "decoupled_contrastive": (12, 8), "siglip": (6, 6)}.get(name, (6, 5))
    mean = (output.value * counts[0] + rest * counts[1]) / sum(counts)
    torch.testing.assert_close(mean, whole)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("views", "needs"), [("classes", {"labels"}), ("two views", {"views"}), ("both", {"labels", "views"})]
)
def test_views_say_what_a_batch_has_to_bring(name: str, views: str, needs: set[str]) -> None:
    loss = make_loss(name)
    assert type(loss).needs_of(validated("loss", name, {"views": views})) == needs


def cosines_of(z: torch.Tensor) -> FloatArray:
    rows = z.detach().numpy()
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows @ rows.T)


def sorts(a: int) -> tuple[list[int], list[int]]:
    """The positives and the negatives of a row."""
    others = [j for j in range(len(LABELS)) if j != a]
    return [j for j in others if LABELS[j] == LABELS[a]], [j for j in others if LABELS[j] != LABELS[a]]


@pytest.mark.parametrize("temperature", [0.07, 0.5])
def test_without_the_positive_below_the_fraction_it_is_decoupled(temperature: float) -> None:
    loss, z = make_loss("decoupled_contrastive", temperature=temperature), rows()
    e = np.exp(cosines_of(z) / temperature)
    terms = [-np.log(e[a, p] / sum(e[a, n] for n in sorts(a)[1])) for a in range(len(LABELS)) for p in sorts(a)[0]]
    assert loss(batch_of(loss, z), None).value.item() == pytest.approx(np.mean(terms), rel=1e-9)
    alone = loss(batch_of(loss, z[:3], LABELS[:3]), None)
    assert alone.value.item() == 0.0, "there is nothing to tell them from"


@pytest.mark.parametrize("temperature", [0.07, 0.5])
def test_sincere_has_no_positives_below_the_fraction_and_counts_anchors_alike(temperature: float) -> None:
    loss, z = make_loss("sincere", temperature=temperature), rows()
    e = np.exp(cosines_of(z) / temperature)
    anchors = []
    for a in range(len(LABELS)):
        positives, negatives = sorts(a)
        against = sum(e[a, n] for n in negatives)
        if positives:
            anchors.append(np.mean([-np.log(e[a, p] / (e[a, p] + against)) for p in positives]))
    assert loss(batch_of(loss, z), None).value.item() == pytest.approx(np.mean(anchors), rel=1e-9)
    even = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    nt_xent = make_loss("nt_xent", temperature=temperature)
    torch.testing.assert_close(loss(batch_of(loss, z, even)).value, nt_xent(batch_of(nt_xent, z, even)).value)


@pytest.mark.parametrize("name", ["nt_xent", "supcon"])
@pytest.mark.parametrize("hardness", [1.0, 9.0])
def test_hardness_weighs_negatives_by_their_cosine_and_has_no_gradient(name: str, hardness: float) -> None:
    loss, z = make_loss(name, temperature=0.3, hardness=hardness), rows()
    s = unit(z) @ unit(z).T
    e, weight = (s / 0.3).exp(), (hardness * s.detach()).exp()
    anchors = []
    for a in range(len(LABELS)):
        positives, negatives = sorts(a)
        against = torch.stack([weight[a, n] * e[a, n] for n in negatives]).sum()
        shared = sum(e[a, p] for p in positives)
        anchors.append([-(e[a, p] / (against + (shared if name == "supcon" else e[a, p]))).log() for p in positives])
    if name == "supcon":
        expected = torch.stack([torch.stack(terms).mean() for terms in anchors if terms]).mean()
    else:
        expected = torch.stack([term for terms in anchors for term in terms]).mean()
    output = loss(batch_of(loss, z), None)
    torch.testing.assert_close(output.value, expected)
    torch.testing.assert_close(gradient(output.value, z), gradient(expected, z))
    plain = make_loss(name, temperature=0.3)
    assert output.value > plain(batch_of(plain, z), None).value
    torch.testing.assert_close(output.active, plain(batch_of(plain, z), None).active)


@pytest.mark.parametrize("views", ["two views", "both"])
def test_two_views_train_and_need_no_classes(views: str) -> None:
    pixels, labels = made_up(items=80)
    if views == "two views":
        labels = labels * 0 + UNLABELLED
    recipe = quick_recipe("loss=nt_xent", f"loss.views={views}", epochs=1)
    events = run(task(recipe, pixels=pixels, labels=labels, split=halves(80, 20)))
    assert type(events[-1]).__name__ == "RunFinished", events[-1]
    assert of(StepMetrics, events)
