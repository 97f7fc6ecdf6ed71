"""The lifted structure loss against its formula and against PyTorch Metric Learning 2.9.0."""

from __future__ import annotations

import pytest
import torch

from tests.learn.losses.batches import LABELS, agree, every_triplet, listed, made, of, pairs_of, rows

FORMS = [("pairs", "LiftedStructureLoss"), ("generalised", "GeneralizedLiftedStructureLoss")]


@pytest.mark.parametrize("case", list(LABELS))
@pytest.mark.parametrize("margins", [(1.0, 0.0), (0.6, 0.2)])
@pytest.mark.parametrize(("form", "other"), FORMS)
def test_values_and_gradients_equal_theirs(form: str, other: str, margins: tuple[float, float], case: str) -> None:
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    labels = LABELS[case]
    loss = made("lifted_structure", form=form, margin=margins[0], positive_margin=margins[1])
    theirs = getattr(losses, other)(neg_margin=margins[0], pos_margin=margins[1])
    for seed in range(3):
        z = rows(labels, seed)
        batch = of(loss, z, labels)
        agree(loss(batch, None).value, theirs(z, batch.labels), z)


@pytest.mark.parametrize(("form", "other"), FORMS)
def test_raw_squared_distances_equal_theirs(form: str, other: str) -> None:
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    distances = pytest.importorskip("pytorch_metric_learning.distances")
    labels = LABELS["unbalanced"]
    loss, z = made("lifted_structure", "squared_euclidean", normalise=False, form=form), rows(labels)
    batch = of(loss, z, labels)
    theirs = getattr(losses, other)(distance=distances.LpDistance(power=2, normalize_embeddings=False))
    agree(loss(batch, None).value, theirs(z, batch.labels), z)


@pytest.mark.parametrize(("form", "other"), FORMS)
def test_mined_pairs_give_theirs(form: str, other: str) -> None:
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    labels = LABELS["unbalanced"]
    loss, z = made("lifted_structure", form=form), rows(labels)
    batch, mined = of(loss, z, labels), every_triplet(labels)[::7]
    theirs = getattr(losses, other)()(z, batch.labels, pairs_of(mined))
    if form == "generalised":  # theirs is also over the rows that are no anchors, whose terms are zero
        theirs = theirs * len(labels) / len({a for a, _, _ in mined})
    agree(loss(batch, listed(mined)).value, theirs, z)


def test_a_lone_item_is_only_a_negative() -> None:
    """The logarithm of an empty sum is −∞: an anchor without a positive has no term."""
    labels = [0, 0, 1, 1, 1, 2]
    loss, z = made("lifted_structure", form="generalised"), rows(labels)
    batch = of(loss, z, labels)
    d = batch.distances
    terms = []
    for a in range(5):
        near = [d[a, p].exp() for p in range(6) if p != a and labels[p] == labels[a]]
        far = [(1 - d[a, n]).exp() for n in range(6) if labels[n] != labels[a]]
        terms.append(torch.relu(torch.stack(near).sum().log() + torch.stack(far).sum().log()))
    agree(loss(batch, None).value, torch.stack(terms).mean(), z)
