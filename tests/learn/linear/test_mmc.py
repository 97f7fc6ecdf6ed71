"""MMC against a general solver, by its upper bound, and on pairs that are given."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from explorer.core.errors import UserError
from explorer.core.events import Checkpoint, RunFinished
from explorer.core.types import StepMetrics
from explorer.learn.device import generator
from explorer.learn.linear.base import GivenPairs, Problem
from explorer.learn.linear.mmc import MMC, Spread, on_the_spectrahedron
from tests.learn.linear.problems import Doubles, accuracy, blobs, fitted
from tests.learn.tasks import of, run, same_weights
from tests.learn.test_fit_trainer import recipe
from tests.learn.test_given import on


def ratio(metric: Doubles, same: Doubles, different: Doubles) -> float:
    """What Xing et al. minimise: the mean squared distance of same pairs, where different ones are 1 apart."""
    near = np.einsum("pi,ij,pj->p", same, metric, same)
    far = np.sqrt(np.einsum("pi,ij,pj->p", different, metric, different))
    return float(near.mean() / far.mean() ** 2)


def given() -> tuple[Problem, Doubles, Doubles]:
    """Sixty pairs of three classes in three dimensions, and their differences."""
    x, labels = blobs(30, 3, 3)
    rows = torch.stack([torch.randperm(30, generator=generator(seed))[:2] for seed in range(60)])
    same = labels[rows[:, 0]] == labels[rows[:, 1]]
    v = (x[rows[:, 0]] - x[rows[:, 1]]).numpy()
    problem = Problem(x, labels, 3, generator(0), pairs=GivenPairs(rows, same))
    return problem, v[same.numpy()], v[~same.numpy()]


def test_it_finds_what_a_general_solver_finds() -> None:
    problem, same, different = given()
    state: dict[str, torch.Tensor] = {}
    fitter = MMC(MMC.Params(tolerance=0.0, iterations=500))
    iterates = [found for found in fitter.fit(problem, state) if found is not None]
    map = state["map"].double().numpy()
    ours = ratio(map.T @ map, same, different)
    assert iterates[-1].loss == pytest.approx(ours, rel=1e-6)

    def value(flat: Doubles) -> float:
        root = flat.reshape(3, 3)
        return ratio(root.T @ root, same, different)

    tries = [minimize(value, np.random.default_rng(seed).normal(size=9), method="BFGS") for seed in range(4)]
    best = min(tries, key=lambda found: found.fun)
    assert ours == pytest.approx(best.fun, rel=1e-5)
    other = best.x.reshape(3, 3).T @ best.x.reshape(3, 3)
    metric = map.T @ map
    np.testing.assert_allclose(metric / metric.trace(), other / other.trace(), atol=5e-3)


def test_the_gap_bounds_what_is_left_and_the_gradient_is_its_finite_difference() -> None:
    draw = np.random.default_rng(0)
    goal = Spread(torch.from_numpy(draw.normal(size=(50, 4))))
    drawn = [on_the_spectrahedron(torch.from_numpy(draw.normal(size=(4, 4)))) for _ in range(20)]
    for metric in drawn:
        assert float(metric.trace()) == pytest.approx(1.0)
        assert float(torch.linalg.eigvalsh(metric)[0]) > -1e-12
    metric = on_the_spectrahedron(torch.eye(4, dtype=torch.float64) + 0.1 * drawn[0])
    value, gradient = goal.slope(metric)
    assert value == pytest.approx(goal.value(metric))
    assert max(map(goal.value, drawn)) <= value + goal.gap(metric, gradient)
    shift = torch.zeros(4, 4, dtype=torch.float64)
    shift[1, 2] = shift[2, 1] = 1e-6
    slope = (goal.value(metric + shift) - goal.value(metric - shift)) / 2e-6
    assert slope == pytest.approx(2 * float(gradient[1, 2]), rel=1e-6)


def test_the_nearest_matrix_of_the_spectrahedron_is_found() -> None:
    draw = np.random.default_rng(1)
    matrix = draw.normal(size=(3, 3))
    matrix += matrix.T
    near = on_the_spectrahedron(torch.from_numpy(matrix)).numpy()
    best = np.square(near - matrix).sum()
    for _ in range(300):
        root = draw.normal(size=(3, 3))
        other = root @ root.T / np.square(root).sum()
        assert np.square(0.95 * near + 0.05 * other - matrix).sum() > best


def test_it_ends_where_little_is_left_to_gain_and_finds_the_directions_that_count() -> None:
    draw = np.random.default_rng(0)
    y = np.arange(400) % 3
    x = np.concatenate([np.eye(3, 2)[y] * 4 + draw.normal(size=(400, 2)), draw.normal(size=(400, 8)) * 5], axis=1)
    map, iterates = fitted("mmc", x[:200], y[:200], pairs=400)
    assert len(iterates) < 50
    assert iterates[-1].loss < iterates[0].loss
    before = accuracy(x[:200], y[:200], x[200:], y[200:])
    assert accuracy(x[:200] @ map.T, y[:200], x[200:] @ map.T, y[200:]) > 0.9 > 0.7 > before
    np.testing.assert_array_equal(fitted("mmc", x[:200], y[:200], pairs=400)[0], map)


def test_a_run_learns_from_given_pairs_without_a_class_and_goes_on_exactly() -> None:
    chosen = recipe("fitter=mmc", "fitter.iterations=6", "fitter.tolerance=0", "encoder=mlp", "encoder.dimension=6")
    events = run(on("pairs", chosen))
    assert isinstance(events[-1], RunFinished), events[-1]
    losses = [step.loss for step in of(StepMetrics, events)]
    assert losses[-1] < losses[0]
    whole = of(Checkpoint, events)
    again = run(on("pairs", chosen, resume=next(found for found in whole if found.step == 3)))
    assert same_weights(of(Checkpoint, again)[-1], whole[-1])
    assert [step.loss for step in of(StepMetrics, again)] == losses[3:]


@pytest.mark.parametrize("sort", [True, False])
def test_pairs_that_say_nothing_are_refused_in_words(sort: bool) -> None:
    x = torch.zeros(4, 2, dtype=torch.float64)
    x[2, 0], x[3, 1] = 1.0, 1.0
    rows = torch.tensor([[0, 1], [2, 3]]) if sort else torch.tensor([[0, 2], [0, 3]])
    pairs = GivenPairs(rows, torch.tensor([True, False]))
    problem = Problem(x - x.mean(dim=0), torch.zeros(4, dtype=torch.int64), 2, generator(0), pairs=pairs)
    with pytest.raises(UserError, match="are alike" if sort else "where no same pair does"):
        list(MMC(MMC.Params()).fit(problem, {}))
