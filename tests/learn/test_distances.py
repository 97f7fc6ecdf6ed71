"""Distances against their formulas, the axioms they claim, and their gradients where they are delicate."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pytorch_metric_learning.distances import DotProductSimilarity, SNRDistance
from scipy.spatial.distance import mahalanobis
from torch import Tensor

from explorer.core.registry import Scalar, catalogue, create, validated
from explorer.learn.distances.base import Distance
from explorer.learn.distances.mahalanobis import Mahalanobis
from explorer.measure.lifts import lift
from tests.measure.formulas import formula

VARIANTS: dict[str, dict[str, Scalar]] = {
    "kullback_leibler:asymmetric": {"symmetric": False},
    "kullback_leibler:relu": {"share": "relu"},
    "bhattacharyya:relu": {"share": "relu"},
    "bhattacharyya:cold": {"temperature": 0.1},
    "mahalanobis:squared": {"squared": True, "form": "diagonal"},
    "hyperbolic:curved": {"curvature": 1.0, "clip": 1.0},
    "snr:plain": {"normalise": False},
    "dot:unit": {"normalise": True},
    "euclidean:plain": {"normalise": False},
}
NAMES = [*catalogue("distance"), *VARIANTS]
D = 5


def made(name: str, dimension: int = D) -> Distance:
    distance: Distance = create("distance", name.partition(":")[0], VARIANTS.get(name, {}), dimension=dimension)
    torch.manual_seed(7)
    for weight in distance.parameters():
        weight.data += 0.4 * torch.randn_like(weight)
    return distance.double()


def direct(distance: Distance, a: Tensor, b: Tensor) -> Tensor:
    """Return the distances of prepared rows by the words of their definition."""
    rows = [[formula(distance.lift, x, y) for y in b.tolist()] for x in a.tolist()]
    return torch.tensor(rows, dtype=torch.float64)


@pytest.mark.parametrize("name", NAMES)
def test_equals_its_formula(name: str) -> None:
    distance = made(name)
    torch.manual_seed(0)
    with torch.no_grad():
        a, b = (distance.prepare(torch.randn(n, D, dtype=torch.float64) * 4) for n in (6, 4))
        torch.testing.assert_close(distance.matrix(a, b), direct(distance, a, b))
        torch.testing.assert_close(distance.between(a[:4], b), direct(distance, a[:4], b).diagonal())
        wanted = direct(distance, a, a).fill_diagonal_(0)
        torch.testing.assert_close(distance.matrix(a), wanted, atol=1e-7, rtol=1e-7)


@pytest.mark.parametrize("name", NAMES)
def test_the_lift_gives_the_same_of_prepared_rows(name: str) -> None:
    distance = made(name, 12).float()
    torch.manual_seed(1)
    with torch.no_grad():
        rows = distance.prepare(torch.randn(40, 12))
        matrix = distance.matrix(rows, rows.clone()).numpy()
    known = lift(distance.lift)
    assert known.asymmetric == (not distance.symmetric)
    stored = rows.numpy()
    a, b = known.lift_query(stored), known.lift_item(stored)
    scores = ((a[:, None] - b[None]) ** 2).sum(-1) if known.metric == "l2" else a @ b.T
    away = ~np.eye(40, dtype=bool)
    np.testing.assert_allclose(known.to_distance(scores)[away], matrix[away], rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("name", NAMES)
def test_the_diagonal_is_exactly_zero(name: str) -> None:
    distance = made(name, 33).float()
    with torch.no_grad():
        matrix = distance.matrix(distance.prepare(torch.randn(50, 33) * 100))
    assert (matrix.diagonal() == 0).all()
    if distance.zero:
        assert (matrix >= 0).all()
    if distance.symmetric:
        torch.testing.assert_close(matrix, matrix.T)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [0.0, 1e-20, 1e-9, 1.0, 1e6])
def test_gradients_are_finite_where_embeddings_coincide_and_where_they_are_extreme(name: str, size: float) -> None:
    distance = made(name, 3).float()
    equal = torch.full((6, 3), size)
    torch.manual_seed(3)
    for z in (equal, torch.randn(6, 3) * size, equal + torch.tensor([[1e-7]] * 3 + [[0.0]] * 3) * size, -equal):
        z.requires_grad_()
        prepared = distance.prepare(z)
        matrix = distance.matrix(prepared)
        assert matrix.isfinite().all()
        (matrix.sum() + distance.between(prepared, prepared.flip(0)).sum()).backward()
        assert z.grad is not None
        assert z.grad.isfinite().all()
        assert all(w.grad is None or bool(w.grad.isfinite().all()) for w in distance.parameters())


@pytest.mark.parametrize("name", NAMES)
def test_gradcheck(name: str) -> None:
    distance = made(name, 4)
    torch.manual_seed(2)
    z = torch.randn(5, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: distance.matrix(distance.prepare(x)), (z,))


# --- axioms -----------------------------------------------------------------------------------------------------------

TRIANGLES = arrays(np.float64, (3, D), elements=st.floats(-6, 6))


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None, max_examples=60)
@given(z=TRIANGLES)
def test_the_axioms_it_claims_hold(name: str, z: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> None:
    distance = made(name)
    with torch.no_grad():
        rows = distance.prepare(torch.from_numpy(z))
        # rows without any length have no direction, and ``unit`` takes those below 1e-6 for such
        assume(bool(rows.abs().sum(dim=1).min() > 1e-3) and bool(np.linalg.norm(z, axis=1).min() > 1e-5))
        d = distance.matrix(rows, rows.clone())
    slack = 1e-6 * (1 + d.abs().max())  # a root near zero has half of the digits
    if distance.symmetric:
        assert ((d - d.T).abs() <= slack).all()
    if distance.zero:
        assert (d >= 0).all()
        assert (d.diagonal() <= slack).all()
    if distance.triangle:
        assert (d[:, None, :] <= d[:, :, None] + d[None, :, :] + slack).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_axioms_it_does_not_claim_have_counterexamples(name: str) -> None:
    distance = made(name)
    torch.manual_seed(3)
    with torch.no_grad():
        z = torch.randn(60, D, dtype=torch.float64)
        rows = distance.prepare(torch.cat((z, (z[:20] + z[20:40]) / 2)))
        d = distance.matrix(rows, rows.clone())
    assert bool((d - d.T).abs().max() < 1e-6) == distance.symmetric
    assert bool((d.min() >= 0) & (d.diagonal().abs().max() < 1e-6)) == distance.zero
    excess = d[:, None, :] - (d[:, :, None] + d[None, :, :])
    assert bool((excess <= 1e-6).all()) == distance.triangle


def test_every_axiom_that_fails_is_told_in_the_help() -> None:
    for name, entry in catalogue("distance").items():
        text = (entry.part.__doc__ or "").lower()
        distance = made(name)
        assert distance.triangle or "triangle inequality" in text
        assert distance.zero or "no metric" in text
        assert "metric" in text or "triangle inequality" in text


# --- one by one -------------------------------------------------------------------------------------------------------


def test_without_normalising_embeddings_stay_as_they_are() -> None:
    distance: Distance = create("distance", "euclidean", {"normalise": False})
    z = torch.tensor([[3.0, 0.0], [0.0, 4.0]])
    assert torch.equal(distance.prepare(z), z)
    assert distance.matrix(z)[0, 1] == 5.0


@pytest.mark.parametrize("normalise", [True, False])
def test_signal_to_noise_and_dot_product_equal_pytorch_metric_learning(normalise: bool) -> None:
    torch.manual_seed(0)
    z = torch.randn(7, 9, dtype=torch.float64)
    ours = create("distance", "snr", {"normalise": normalise})
    torch.testing.assert_close(
        ours.matrix(ours.prepare(z)), SNRDistance(normalize_embeddings=normalise)(z).fill_diagonal_(0)
    )
    ours = create("distance", "dot", {"normalise": normalise})
    theirs = -DotProductSimilarity(normalize_embeddings=normalise)(z)
    torch.testing.assert_close(ours.matrix(ours.prepare(z)), theirs.fill_diagonal_(0))


@pytest.mark.parametrize("form", ["full", "diagonal"])
def test_mahalanobis_begins_as_the_euclidean_distance_and_is_that_of_its_matrix(form: str) -> None:
    distance = create("distance", "mahalanobis", {"form": form, "normalise": False}, dimension=4)
    assert isinstance(distance, Mahalanobis)
    assert distance.weight is not None
    z = torch.randn(5, 4)
    assert torch.equal(distance.prepare(z), z)
    with torch.no_grad():
        distance.weight.add_(0.3 * torch.randn_like(distance.weight))
        weight = distance.weight.diag() if form == "diagonal" else distance.weight
        matrix = (weight.T @ weight).double().numpy()
        found = distance.matrix(distance.prepare(z))
    wanted = [[mahalanobis(a, b, matrix) for b in z.double().numpy()] for a in z.double().numpy()]
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)
    distance.matrix(distance.prepare(z)).sum().backward()
    assert distance.weight.grad is not None
    assert distance.weight.grad.abs().min() > 0


def test_distributions_sum_to_one_and_stay_above_the_floor() -> None:
    for share in ("softmax", "relu"):
        distance = create("distance", "matusita", {"share": share})
        z = torch.tensor([[1e4, 0.0, -1e4], [-1.0, -2.0, -3.0], [0.0, 0.0, 0.0], [1e-9, 0.0, 0.0]])
        p = distance.prepare(z)
        torch.testing.assert_close(p.sum(dim=1), torch.ones(4))
        assert p.min() >= 0.9e-8
    assert torch.allclose(distance.prepare(-torch.ones(1, 4)), torch.full((1, 4), 0.25))


def test_hyperbolic_points_stay_in_the_ball_and_near_the_rim_distances_are_right() -> None:
    distance = create("distance", "hyperbolic", {"curvature": 1.0, "clip": 10.0})
    z = torch.tensor([[50.0, 0.0], [0.0, 50.0], [50.0, 1e-3], [1e-6, 0.0], [2e-6, 0.0]], dtype=torch.float64)
    exact, single = distance.prepare(z), distance.prepare(z.float())
    assert (single.norm(dim=1) < 1).all()
    wanted = direct(distance, exact, exact).fill_diagonal_(0)
    torch.testing.assert_close(distance.matrix(exact), wanted, rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(distance.between(single[3:4], single[4:5]).double(), wanted[3, 4:5], rtol=1e-3, atol=0)


def test_what_depends_on_parameters_is_said_by_the_instance() -> None:
    sided = create("distance", "kullback_leibler", {"symmetric": False})
    both = create("distance", "kullback_leibler", {})
    assert (sided.symmetric, both.symmetric) == (False, True)
    assert (sided.lift, both.lift) == ("kullback_leibler", "jeffreys")
    assert validated("distance", "hyperbolic", {"curvature": 0.5})
    assert create("distance", "hyperbolic", {"curvature": 0.5}).lift == "hyperbolic:0.5"
    assert not create("distance", "mahalanobis", {"squared": True}, dimension=2).triangle
