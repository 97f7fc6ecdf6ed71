"""Values with a gradient in closed form against autograd."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from explorer.core.registry import create
from explorer.learn.batch import Batch, between_classes, chosen_positives
from explorer.learn.slopes import both_ways, one_plus_sum_exp, product, with_slope


@pytest.mark.parametrize("scale", [1e-3, 1.0, 300.0])
def test_one_plus_sum_exp_and_its_gradient(scale: float) -> None:
    torch.manual_seed(0)
    terms = (scale * torch.randn(7, 9, dtype=torch.float64)).index_fill_(0, torch.tensor(3), -1e30).requires_grad_()
    expected = F.softplus(terms.logsumexp(dim=1), threshold=1e9)
    value, slope = one_plus_sum_exp(terms.detach().clone())
    torch.testing.assert_close(value[[0, 1, 2, 4, 5, 6]], expected[[0, 1, 2, 4, 5, 6]])
    assert value[3] == 0
    assert not slope[3].any()
    torch.testing.assert_close(slope, torch.autograd.grad(expected[[0, 1, 2, 4, 5, 6]].sum(), terms)[0])


def test_products_are_those_of_matrices_and_slopes_become_gradients() -> None:
    torch.manual_seed(0)
    a, slope = torch.randn(40, 16, requires_grad=True), torch.randn(40, 40)
    torch.testing.assert_close(product(a.detach(), a.detach()), a.detach() @ a.detach().T)
    expected = torch.autograd.grad((slope * (a @ a.T)).sum(), a)[0]
    value = with_slope(a, torch.tensor(2.0), both_ways(slope.clone(), a.detach()))
    assert value == 2
    torch.testing.assert_close(torch.autograd.grad(3 * value, a)[0], 3 * expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("two_sides", [False, True])
def test_few_pairs_are_visited_and_yet_all_are_told_apart(two_sides: bool) -> None:
    labels, texts = torch.tensor([0, 0, 1, 1, 2, 2, 0]), torch.tensor([-1, 4, -1, 5, -1, 4, -1])
    distance = create("distance", "cosine", {})
    batch = Batch(torch.randn(7, 3), labels, distance, texts=texts if two_sides else None)
    columns, real = chosen_positives(batch)
    same = torch.zeros(7, 7, dtype=torch.bool).scatter_(1, columns, real)
    assert torch.equal(same, batch.same)
    assert torch.equal(between_classes(torch.ones(7, 7, dtype=torch.bool), batch, False), batch.different)


def test_captions_that_say_the_same_belong_to_the_pictures_of_either() -> None:
    """Two pictures whose captions say the same: neither caption is a negative of the other picture."""
    torch.manual_seed(0)
    labels = torch.tensor([0, 0, 1, 1, 2, 2, -1, 0, 3])
    texts = torch.tensor([-1, 7, -1, 7, -1, 9, 9, 9, -1])
    batch = Batch(torch.randn(9, 3), labels, create("distance", "cosine", {}), texts=texts)
    captions = texts >= 0
    for i in range(9):
        for j in range(9):
            picture, caption = (j, i) if captions[i] else (i, j)
            two = bool(captions[i] != captions[j]) and labels[i] >= 0 and labels[j] >= 0
            said = {int(texts[c]) for c in range(9) if captions[c] and labels[c] == labels[picture]}
            assert bool(batch.same[i, j]) == bool(two and int(texts[caption]) in said), (i, j)
            assert bool(batch.different[i, j]) == bool(two and int(texts[caption]) not in said), (i, j)
