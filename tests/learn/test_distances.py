"""Distances against their formulas, and their gradients where they are delicate."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from explorer.core.registry import catalogue, create
from explorer.learn.distances.base import Distance

NAMES = sorted(catalogue("distance"))


def reference(name: str, a: Tensor, b: Tensor) -> Tensor:
    gap = a[:, None] - b[None]
    table = {
        "euclidean": lambda: gap.square().sum(-1).sqrt(),
        "squared_euclidean": lambda: gap.square().sum(-1),
        "cosine": lambda: 1 - torch.nn.functional.cosine_similarity(a[:, None], b[None], dim=-1),
    }
    return table[name]()


@pytest.mark.parametrize("name", NAMES)
def test_equals_its_formula(name: str) -> None:
    distance: Distance = create("distance", name, {})
    torch.manual_seed(0)
    a, b = (distance.prepare(torch.randn(n, 5, dtype=torch.float64) * 4) for n in (6, 4))
    torch.testing.assert_close(distance.matrix(a, b), reference(name, a, b))
    torch.testing.assert_close(distance.between(a[:4], b), reference(name, a[:4], b).diagonal())
    torch.testing.assert_close(distance.matrix(a), reference(name, a, a).fill_diagonal_(0), atol=1e-7, rtol=0)


@pytest.mark.parametrize("name", NAMES)
def test_distance_to_itself_is_exactly_zero(name: str) -> None:
    distance: Distance = create("distance", name, {})
    matrix = distance.matrix(distance.prepare(torch.randn(50, 33) * 100))
    assert (matrix.diagonal() == 0).all()
    assert (matrix >= 0).all()
    if distance.symmetric:
        torch.testing.assert_close(matrix, matrix.T)


@pytest.mark.parametrize("name", NAMES)
def test_coincident_embeddings_have_finite_gradients(name: str) -> None:
    distance: Distance = create("distance", name, {})
    for z in (torch.ones(6, 3), torch.zeros(6, 3), torch.full((6, 3), 1e-20)):
        z.requires_grad_()
        prepared = distance.prepare(z)
        (distance.matrix(prepared).sum() + distance.between(prepared, prepared).sum()).backward()
        assert z.grad is not None
        assert z.grad.isfinite().all()
        z.grad = None


@pytest.mark.parametrize("name", NAMES)
def test_gradcheck(name: str) -> None:
    distance: Distance = create("distance", name, {})
    torch.manual_seed(2)
    z = torch.randn(5, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: distance.matrix(distance.prepare(x)), (z,))


def test_without_normalising_embeddings_stay_as_they_are() -> None:
    distance: Distance = create("distance", "euclidean", {"normalise": False})
    z = torch.tensor([[3.0, 0.0], [0.0, 4.0]])
    assert torch.equal(distance.prepare(z), z)
    assert distance.matrix(z)[0, 1] == 5.0


@pytest.mark.parametrize("name", NAMES)
def test_triangle_inequality_is_claimed_only_where_it_holds(name: str) -> None:
    distance: Distance = create("distance", name, {})
    torch.manual_seed(3)
    d = distance.matrix(distance.prepare(torch.randn(40, 2, dtype=torch.float64)))
    excess = d[:, None, :] - (d[:, :, None] + d[None, :, :])
    assert bool((excess <= 1e-9).all()) == distance.triangle
