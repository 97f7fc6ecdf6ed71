"""Prototypical networks against their formula."""

from __future__ import annotations

import pytest
import torch

from explorer.learn.distances.base import unit
from tests.learn.losses.common import LABELS, batch_of, gradients_are_right, make_loss, rows

SUPPORT = torch.tensor([True, True, False] * 3 + [True, False, False])
"""Two of three rows, one of two, and none of the class with one row."""


def test_an_episode_classifies_its_queries_by_the_means_of_the_support() -> None:
    loss, z = make_loss("prototypical"), rows()
    labels = torch.tensor(LABELS)
    prototypes = torch.stack([z[SUPPORT & (labels == k)].mean(dim=0) for k in range(4)])
    queries = ~SUPPORT & (labels < 4)
    logits = -(z[queries][:, None] - prototypes[None]).square().sum(dim=2)
    output = loss(batch_of(loss, z, support=SUPPORT), None)
    torch.testing.assert_close(output.value, torch.nn.functional.cross_entropy(logits, labels[queries]))
    wrong = (logits.argmax(dim=1) != labels[queries]).float().mean()
    torch.testing.assert_close(output.active, wrong)


@pytest.mark.parametrize("geometry", ["euclidean", "recipe"])
def test_without_an_episode_each_row_is_left_out_of_its_own_mean(geometry: str) -> None:
    loss, z = make_loss("prototypical", distance="cosine", geometry=geometry, temperature=0.5), rows()
    terms = []
    for i, label in enumerate(LABELS):
        means = []
        for k in range(5):
            members = [j for j, other in enumerate(LABELS) if other == k and j != i]
            means.append(z[members].mean(dim=0) if members else None)
        if means[label] is None:
            continue
        known = [k for k in range(5) if means[k] is not None]
        chosen = torch.stack([mean for mean in means if mean is not None])
        d = (z[i] - chosen).square().sum(dim=1) if geometry == "euclidean" else 1 - unit(chosen) @ unit(z[i])
        terms.append(-torch.log_softmax(-d / 0.5, dim=0)[known.index(label)])
    assert len(terms) == 11
    torch.testing.assert_close(loss(batch_of(loss, z), None).value, torch.stack(terms).mean())


def test_lengths_matter_in_the_geometry_of_the_paper_only() -> None:
    z = rows()
    for geometry, alike in (("euclidean", False), ("recipe", True)):
        loss = make_loss("prototypical", geometry=geometry)
        values = [loss(batch_of(loss, z * factor), None).value for factor in (1.0, 3.0)]
        assert torch.allclose(*values) == alike


def test_an_episode_without_support_has_nothing_to_learn_from() -> None:
    loss, z = make_loss("prototypical"), rows()
    output = loss(batch_of(loss, z, support=torch.zeros(len(z), dtype=torch.bool)), None)
    output.value.backward()
    assert output.value.item() == output.active.item() == 0
    assert z.grad is not None
    assert not z.grad.any()


@pytest.mark.parametrize("geometry", ["euclidean", "recipe"])
@pytest.mark.parametrize("support", [None, SUPPORT])
def test_gradients(geometry: str, support: torch.Tensor | None) -> None:
    loss = make_loss("prototypical", geometry=geometry, learned=True, temperature=2.0)
    assert gradients_are_right(loss, support=support)
