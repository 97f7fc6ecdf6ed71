"""The map of triplets alone: its gradient, and that it finds again where the items lay."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import check_grad, minimize

from explorer.core.errors import Cancelled
from explorer.core.types import IntArray
from explorer.projection.align import registration
from explorer.projection.methods.still import never
from explorer.projection.triplet_map import Doubles, held_share, t_ste, triplet_map


def told_of(xy: Doubles, count: int, seed: int = 0) -> IntArray:
    """Triplets of points as somebody would tell them who knows where these lie."""
    draw = np.random.default_rng(seed)
    drawn = np.array([draw.permutation(len(xy))[:3] for _ in range(count)])
    near, far = (np.square(xy[drawn[:, 0]] - xy[drawn[:, at]]).sum(axis=1) for at in (1, 2))
    return np.where((near < far)[:, None], drawn, drawn[:, [0, 2, 1]])


@pytest.mark.parametrize("alpha", [1.0, 7.0])
def test_the_gradient_is_its_finite_difference_and_the_value_a_loop(alpha: float) -> None:
    xy = np.random.default_rng(1).normal(size=(9, 2))
    triplets = told_of(xy[::-1], 30)

    def kernel(a: int, b: int) -> float:
        return float((1 + np.square(xy[a] - xy[b]).sum() / alpha) ** (-(alpha + 1) / 2))

    each = [kernel(i, j) / (kernel(i, j) + kernel(i, k)) for i, j, k in triplets.tolist()]
    value, _ = t_ste(xy.ravel(), triplets, alpha)
    assert value == pytest.approx(-np.mean(np.log(each)))
    off = check_grad(
        lambda x: t_ste(x, triplets, alpha)[0], lambda x: t_ste(x, triplets, alpha)[1], xy.ravel(), epsilon=1e-6
    )
    assert off < 1e-6
    far, slope = t_ste(xy.ravel() * 1e150, triplets, alpha)
    assert np.isfinite(far)
    assert np.isfinite(slope).all()


def test_a_known_configuration_is_found_again_though_a_tenth_of_the_answers_are_wrong() -> None:
    draw = np.random.default_rng(0)
    xy = draw.uniform(-1, 1, size=(30, 2))
    told = told_of(xy, 3000)
    wrong = told.copy()
    wrong[::10] = wrong[::10][:, [0, 2, 1]]
    for triplets, off in ((told, 0.25), (wrong, 0.2)):
        found = triplet_map(triplets, 30, 1.0, 0, never)
        known = minimize(t_ste, 5 * xy.ravel(), (triplets, 1.0), jac=True, method="L-BFGS-B")
        assert t_ste(found.ravel(), triplets, 1.0)[0] < known.fun + 1e-3  # no worse than what the truth leads to
        assert held_share(found, told_of(xy, 2000, seed=5)) > 0.91
        scaled = found * np.sqrt(np.square(xy - xy.mean(axis=0)).sum() / np.square(found).sum())
        laid = registration(scaled.astype(np.float32), xy.astype(np.float32))(scaled.astype(np.float32))
        assert np.sqrt(np.square(laid - xy).sum(axis=1).mean()) < off  # of a square of side 2
    np.testing.assert_array_equal(triplet_map(told, 30, 1.0, 0, never), triplet_map(told, 30, 1.0, 0, never))


def test_it_can_be_cancelled() -> None:
    triplets = told_of(np.random.default_rng(0).normal(size=(9, 2)), 50)
    asked = iter([False, False, True])
    with pytest.raises(Cancelled):
        triplet_map(triplets, 9, 1.0, 0, lambda: next(asked))
