"""The quadruplet loss against loops over triplets and quadruplets."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from explorer.learn.batch import Batch
from tests.learn.losses.batches import LABELS, agree, every_triplet, listed, made, of, rows


def formula(
    d: Tensor,
    labels: list[int],
    triplets: list[tuple[int, int, int]],
    margins: tuple[float, float],
    *,
    mean: str,
    anchors: int | None = None,
    every: bool = False,
) -> Tensor:
    n = len(labels)
    first = [torch.relu(d[i, j] - d[i, k] + margins[0]) for i, j, k in triplets]
    second = []
    for i, j in sorted({(i, j) for i, j, _ in triplets}):
        others = [
            d[m, k]
            for m in range(n if anchors is None else anchors)
            for k in range(n)
            if labels[m] != labels[k] and labels[i] not in (labels[m], labels[k])
        ]
        if every:
            second += [torch.relu(d[i, j] - other + margins[1]) for other in others]
        elif others:
            second.append(torch.relu(d[i, j] - torch.stack(others).min() + margins[1]))
    value = d.sum() * 0
    for terms in (first, second):
        kept = [t for t in terms if mean != "violating" or t > 0]
        if kept:
            value = value + (torch.stack(kept).sum() if mean == "sum" else torch.stack(kept).mean())
    return value


@pytest.mark.parametrize("case", list(LABELS))
@pytest.mark.parametrize("mean", ["violating", "all"])
@pytest.mark.parametrize("distance", ["euclidean", "squared_euclidean", "cosine"])
def test_it_is_its_formula(case: str, mean: str, distance: str) -> None:
    labels = LABELS[case]
    loss = made("quadruplet", distance, mean=mean, margin=0.8, second=0.5)
    triplets = every_triplet(labels)
    for seed in range(3):
        z = rows(labels, seed)
        batch = of(loss, z, labels)
        for chosen, mined in ((triplets, None), (triplets[::5], listed(triplets[::5]))):
            expected = formula(batch.distances, labels, chosen, (0.8, 0.5), mean=mean)
            agree(loss(batch, mined).value, expected, z)


@pytest.mark.parametrize("case", list(LABELS))
@pytest.mark.parametrize("mean", ["violating", "all", "sum"])
@pytest.mark.parametrize("distance", ["squared_euclidean", "cosine"])
def test_all_pairs_of_other_classes_count_as_in_the_paper(case: str, mean: str, distance: str) -> None:
    labels = LABELS[case]
    loss = made("quadruplet", distance, mean=mean, others="all", margin=0.8, second=0.5)
    triplets = every_triplet(labels)
    z = rows(labels, 1)
    batch = of(loss, z, labels)
    for chosen, mined in ((triplets, None), (triplets[::5], listed(triplets[::5]))):
        expected = formula(batch.distances, labels, chosen, (0.8, 0.5), mean=mean, every=True)
        agree(loss(batch, mined).value, expected, z)


@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_all_pairs_count_among_ties_and_in_single_precision(spread: float) -> None:
    """Coordinates are whole numbers, so that most distances are equal to others."""
    labels = LABELS["unbalanced"]
    loss = made("quadruplet", "squared_euclidean", normalise=False, others="all", mean="sum", margin=1.0, second=2.0)
    z = (rows(labels).detach().round() * spread).float().requires_grad_()
    batch = of(loss, z, labels)
    expected = formula(batch.distances, labels, every_triplet(labels), (1.0, 2.0), mean="sum", every=True)
    torch.testing.assert_close(loss(batch).value, expected)
    found, wanted = (torch.autograd.grad(value, z, retain_graph=True)[0] for value in (loss(batch).value, expected))
    torch.testing.assert_close(found, wanted)


def test_the_hardest_pair_is_found_whichever_class_it_touches() -> None:
    """The nearest two rows of two classes are those of classes 0 and 1, which need another pair."""
    labels = [0, 0, 1, 1, 2, 2, 3, 3]
    loss, z = made("quadruplet", normalise=False, margin=0.0, second=4.0, mean="all"), rows(labels)
    moved = z.detach().clone()
    moved[2] = moved[0] + 0.01
    moved.requires_grad_()
    batch = of(loss, moved, labels)
    agree(loss(batch).value, formula(batch.distances, labels, every_triplet(labels), (0.0, 4.0), mean="all"), moved)


@pytest.mark.parametrize("case", list(LABELS))
def test_adaptive_margins_are_the_gap_between_the_means(case: str) -> None:
    labels = LABELS[case]
    loss, z = made("quadruplet", "squared_euclidean", normalise=False, margins="adaptive"), rows(labels)
    batch = of(loss, z, labels)
    d = batch.distances.detach()
    gap = float(d[batch.different].mean() - d[batch.same].mean())
    assert gap > 0
    expected = formula(batch.distances, labels, every_triplet(labels), (gap, gap / 2), mean="violating")
    agree(loss(batch).value, expected, z)


def test_adaptive_margins_are_never_negative() -> None:
    labels = [0, 1, 0, 1]
    loss = made("quadruplet", "squared_euclidean", normalise=False, margins="adaptive")
    z = torch.tensor([[0.0], [0.1], [5.0], [5.1]], dtype=torch.float64, requires_grad=True)
    batch = of(loss, z, labels)
    agree(loss(batch).value, formula(batch.distances, labels, every_triplet(labels), (0.0, 0.0), mean="violating"), z)


def test_fixed_margins_bring_their_census() -> None:
    labels = LABELS["unbalanced"]
    loss, z = made("quadruplet", margin=0.3), rows(labels)
    batch = of(loss, z, labels)
    census = loss(batch).census
    assert census is not None
    assert torch.equal(census, batch.triplets.census(0.3))
    assert loss.census_margin == 0.3
    assert made("quadruplet", margins="adaptive")(batch).census is None


def test_remembered_rows_are_compared_but_never_anchors() -> None:
    own, others = LABELS["balanced"], [0, 1, 5, 5]
    loss, z, remembered = made("quadruplet"), rows(own), rows(others, seed=3).detach()
    batch: Batch = of(loss, z, own).extended(remembered, torch.tensor(others))
    triplets = every_triplet(own + others, anchors=len(own))
    expected = formula(batch.distances, own + others, triplets, (0.2, 0.1), mean="violating", anchors=len(own))
    agree(loss(batch).value, expected, z)
    whole = made("quadruplet", others="all")
    batch = of(whole, z, own).extended(remembered, torch.tensor(others))
    expected = formula(
        batch.distances, own + others, triplets, (0.2, 0.1), mean="violating", anchors=len(own), every=True
    )
    agree(whole(batch).value, expected, z)
