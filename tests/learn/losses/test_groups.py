"""Losses over classes and their triplets: deep NCA, GE2E, selectively contrastive and mean-field contrastive."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from explorer.core.registry import create
from explorer.core.types import FloatArray
from explorer.learn.batch import Batch, Triplets
from explorer.learn.device import generator
from tests.learn.losses.common import LABELS, batch_of, gradient, gradients_are_right, make_loss, rows

N = len(LABELS)


def unit_rows(z: Tensor) -> FloatArray:
    f = z.detach().numpy()
    return np.asarray(f / np.linalg.norm(f, axis=1, keepdims=True))


def value_of(loss: Any, z: Tensor) -> float:
    return float(loss(batch_of(loss, z), None).value.detach())


def sigmoid(x: float) -> float:
    return float(1 / (1 + np.exp(-x)))


# --- deep NCA -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_nca_equals_pytorch_metric_learning(temperature: float) -> None:
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    loss, z = make_loss("deep_nca", temperature=temperature), rows()
    ours, theirs = loss(batch_of(loss, z), None).value, losses.NCALoss(1 / temperature)(z, torch.tensor(LABELS))
    torch.testing.assert_close(ours, theirs, rtol=1e-7, atol=1e-9)
    torch.testing.assert_close(gradient(ours, z), gradient(theirs, z), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("form", ["log", "expected"])
def test_nca_is_how_likely_a_neighbour_of_the_class_is(form: str) -> None:
    loss, z = make_loss("deep_nca", form=form, temperature=0.3), rows()
    f = unit_rows(z)
    terms, wrong = [], []
    for a in range(N):
        e = {i: np.exp(-((f[a] - f[i]) ** 2).sum() / 0.3) for i in range(N) if i != a}
        own = sum(value for i, value in e.items() if LABELS[i] == LABELS[a])
        if own:
            q = own / sum(e.values())
            terms.append(-np.log(q) if form == "log" else 1 - q)
            wrong.append(q < 0.5)
    output = loss(batch_of(loss, z), None)
    assert output.value.item() == pytest.approx(np.mean(terms), rel=1e-9)
    assert output.active.item() == pytest.approx(np.mean(wrong))


# --- GE2E ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["softmax", "contrast"])
def test_each_row_is_compared_with_the_means_and_its_own_without_it(form: str) -> None:
    loss, z = make_loss("ge2e", form=form, scale=6.0, bias=-2.0), rows()
    f = unit_rows(z)
    terms, wrong = [], []
    for i, y in enumerate(LABELS):
        similarities = {}
        for k in sorted(set(LABELS)):
            members = [j for j in range(N) if LABELS[j] == k and j != i]
            if members:
                mean = f[members].mean(axis=0)
                similarities[k] = 6.0 * float(f[i] @ mean) / float(np.linalg.norm(mean)) - 2.0
        if y not in similarities:
            continue
        others = [value for k, value in similarities.items() if k != y]
        if form == "softmax":
            terms.append(-similarities[y] + np.log(sum(np.exp(value) for value in similarities.values())))
        else:
            terms.append(1 - sigmoid(similarities[y]) + max(map(sigmoid, others)))
        wrong.append(max(others) >= similarities[y])
    output = loss(batch_of(loss, z), None)
    assert output.value.item() == pytest.approx(np.mean(terms), rel=1e-6)
    assert output.active.item() == pytest.approx(np.mean(wrong))
    assert sorted(name for name, _ in loss.named_parameters()) == ["bias", "log_scale"]


# --- selectively contrastive --------------------------------------------------------------------------------------


@pytest.mark.parametrize("push", [0.0, 0.5, 1.0])
def test_hard_negatives_are_only_pushed(push: float) -> None:
    loss, z = make_loss("selectively_contrastive", push=push), rows()
    f = unit_rows(z)
    s, terms, hard = f @ f.T, [], []
    for a in range(N):
        for p in range(N):
            for n in range(N):
                if a != p and LABELS[a] == LABELS[p] != LABELS[n]:
                    hard.append(s[a, n] > s[a, p])
                    easy = -np.log(np.exp(s[a, p] / 0.1) / (np.exp(s[a, p] / 0.1) + np.exp(s[a, n] / 0.1)))
                    terms.append(push * s[a, n] if hard[-1] else easy)
    output = loss(batch_of(loss, z), None)
    assert output.value.item() == pytest.approx(np.mean(terms), rel=1e-9)
    assert output.active.item() == pytest.approx(np.mean(hard))


def test_mined_triplets_give_what_all_of_them_give() -> None:
    loss, z = make_loss("selectively_contrastive"), rows()
    batch = batch_of(loss, z)
    mined = create("miner", "n_hard", {"positives": 9, "negatives": 99})(batch, 0.2, generator(0))
    every, listed = loss(batch, None), loss(batch, mined)
    torch.testing.assert_close(every.value, listed.value)
    torch.testing.assert_close(every.active, listed.active)
    torch.testing.assert_close(gradient(every.value, z), gradient(listed.value, z))


def test_a_hard_triplet_does_not_move_its_positive() -> None:
    angles = torch.tensor([0.0, 90.0, 10.0], dtype=torch.float64).deg2rad()
    z = torch.stack((angles.cos(), angles.sin()), dim=1).requires_grad_()
    loss = make_loss("selectively_contrastive", classes=2, dimension=2)
    anchor = Batch(z, torch.tensor([0, 0, 1]), loss.distance, anchors=torch.tensor([True, False, False]))
    moved = gradient(loss(anchor, None).value, z).norm(dim=1)
    assert moved[1] == 0
    assert moved[0] > 0.1
    assert moved[2] > 0.1


# --- mean field ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("repulsion", [0.0, 0.7])
def test_rows_are_compared_with_the_fields_of_the_classes(repulsion: float) -> None:
    loss, z = make_loss("mean_field_contrastive", margin=0.9, positive_margin=0.1, repulsion=repulsion), rows()
    f, fields = unit_rows(z), unit_rows(loss.proxies)
    terms = []
    for i, y in enumerate(LABELS):
        d = 1 - f[i] @ fields.T
        terms.append(sum(max(0.0, d[k] - 0.1) if k == y else max(0.0, 0.9 - d[k]) for k in range(5)))
    between = [
        sum(max(0.0, 0.9 - (1 - fields[k] @ fields[other])) ** 2 for other in range(5) if other != k) for k in range(5)
    ]
    assert value_of(loss, z) == pytest.approx(np.mean(terms) + repulsion * np.mean(between), rel=1e-9)


# --- several positives and negatives ------------------------------------------------------------------------------


@pytest.mark.parametrize(("positives", "negatives"), [(1, 1), (2, 3), (3, 0), (0, 0), (50, 50)])
def test_mixed_compares_the_mean_of_some_of_each_sort(positives: int, negatives: int) -> None:
    loss, z = make_loss("mixed", positives=positives, negatives=negatives, margin=0.3), rows()
    f = unit_rows(z)
    terms = []
    for a in range(N):
        d = {i: float(np.sqrt(((f[a] - f[i]) ** 2).sum())) for i in range(N) if i != a}
        near = sorted((v for i, v in d.items() if LABELS[i] == LABELS[a]), reverse=True)[: positives or None]
        far = sorted(v for i, v in d.items() if LABELS[i] != LABELS[a])[: negatives or None]
        if near and far:
            terms.append(max(0.0, 0.3 + sum(near) / len(near) - sum(far) / len(far)))
    output = loss(batch_of(loss, z), None)
    assert output.value.item() == pytest.approx(np.mean(terms), rel=1e-9)
    assert output.active.item() == pytest.approx(np.mean([term > 0 for term in terms]))


def test_mixed_with_one_of_each_is_the_triplet_loss_of_the_hardest() -> None:
    loss, z = make_loss("mixed", positives=1, negatives=1, margin=2.0), rows()
    triplet = make_loss("triplet", margin=2.0, mean="all")
    labels = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    batch = batch_of(loss, z, labels)
    d = batch.distances.detach()
    far = d.masked_fill(~batch.same, -torch.inf).argmax(dim=1)
    near = d.masked_fill(~batch.different, torch.inf).argmin(dim=1)
    listed = Triplets(torch.arange(N), far, near, torch.ones(N, dtype=torch.bool))
    ours, theirs = loss(batch, None).value, triplet(batch_of(triplet, z, labels), listed).value
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(loss(batch, listed).value, theirs)  # those of a miner are no others
    torch.testing.assert_close(gradient(ours, z), gradient(theirs, z))


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("deep_nca", {}),
        ("mixed", {}),
        ("mixed", {"positives": 0, "negatives": 0, "margin": 1.0}),
        ("deep_nca", {"form": "expected"}),
        ("ge2e", {}),
        ("ge2e", {"form": "contrast"}),
        ("selectively_contrastive", {}),
        ("mean_field_contrastive", {"repulsion": 0.5}),
    ],
)
def test_gradients(name: str, params: dict[str, Any]) -> None:
    assert gradients_are_right(make_loss(name, **params))


@pytest.mark.parametrize("name", ["deep_nca", "selectively_contrastive", "mixed"])
def test_remembered_rows_are_compared_with_but_judge_nothing(name: str) -> None:
    loss, z = make_loss(name), rows()
    labels = torch.tensor(LABELS)
    extended = batch_of(loss, z[:6], LABELS[:6]).extended(z[6:], labels[6:])
    judged = Batch(z, labels, loss.distance, anchors=torch.arange(N) < 6)
    torch.testing.assert_close(loss(extended, None).value, loss(judged, None).value)
