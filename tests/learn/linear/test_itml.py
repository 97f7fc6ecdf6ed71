"""ITML against a general solver, by its dual problem, and on pairs that are given."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from explorer.core.errors import UserError
from explorer.core.events import Checkpoint, RunFailed, RunFinished
from explorer.core.part_titles import part_title
from explorer.core.types import StepMetrics
from explorer.learn.linear.base import GivenPairs, Problem
from explorer.learn.linear.itml import Projections
from explorer.learn.linear.learned_pairs import learned_pairs
from tests.learn.linear.problems import Doubles, accuracy, blobs, fitted, halves_of_digits
from tests.learn.tasks import of, run, same_weights
from tests.learn.test_fit_trainer import recipe
from tests.learn.test_given import on


def projections(prior: Doubles | None = None, gamma: float = 1.0) -> Projections:
    """Forty pairs of three classes in three dimensions, whose bounds are not all to be had."""
    x, labels = (values.numpy() for values in blobs(30, 3, 3))
    rows = np.array([np.random.default_rng(seed).permutation(30)[:2] for seed in range(40)])
    same = labels[rows[:, 0]] == labels[rows[:, 1]]
    bounds = np.where(same, 1.0, 20.0)
    v, sign = x[rows[:, 0]] - x[rows[:, 1]], np.where(same, 1.0, -1.0)
    return Projections(v, sign, bounds, gamma, np.ones(3) if prior is None else prior)


def objective(root: torch.Tensor, work: Projections) -> torch.Tensor:
    """The objective of M = RᵀR as the paper writes it, with the best slacks: a loop over the pairs."""
    metric, prior = root.T @ root, torch.from_numpy(work.prior)
    moved = (metric / prior).trace() - torch.logdet(metric / prior) - len(prior)
    total = moved
    for v, sign, bound in zip(torch.from_numpy(work.v), work.sign, work.bounds, strict=True):
        d = v @ metric @ v
        slack = torch.clamp(d, min=bound) if sign > 0 else torch.clamp(d, max=bound)
        total = total + work.gamma * (slack / bound - torch.log(slack / bound) - 1)
    return total


@pytest.mark.parametrize(("prior", "gamma"), [((1.0, 1.0, 1.0), 1.0), ((0.3, 2.0, 5.0), 0.1)])
def test_it_finds_what_a_general_solver_finds(prior: tuple[float, ...], gamma: float) -> None:
    work = projections(np.array(prior), gamma)

    def value(flat: Doubles) -> tuple[float, Doubles]:
        root = torch.from_numpy(flat.reshape(3, 3)).requires_grad_()
        found = objective(root, work)
        (slope,) = torch.autograd.grad(found, root)
        return float(found.detach()), slope.numpy().ravel()

    other = minimize(value, np.diag(work.prior**0.5).ravel(), jac=True, method="BFGS", options={"gtol": 1e-7})
    for _ in range(400):
        assert list(work.cycle()) == []
    root = other.x.reshape(3, 3)
    assert work.judge()[0] == pytest.approx(other.fun, rel=1e-6)
    np.testing.assert_allclose(work.metric, root.T @ root, rtol=1e-3, atol=1e-4)


def test_the_dual_rises_to_the_objective_and_the_metric_stays_positive() -> None:
    work = projections()
    duals = []
    for _ in range(300):
        list(work.cycle())
        value, dual, _, norm = work.judge()
        duals.append(dual)
        assert dual <= value + 1e-9
        assert np.linalg.eigvalsh(work.metric)[0] > 0
    assert (np.diff(duals) > -1e-9).all()
    assert value - dual < 1e-6 * value
    assert norm < 1e-2
    inverse = np.eye(3) + work.v.T @ ((work.sign * work.multipliers)[:, None] * work.v)
    np.testing.assert_allclose(np.linalg.inv(work.metric), inverse, rtol=1e-6, atol=1e-9)
    assert float(objective(torch.from_numpy(np.linalg.cholesky(work.metric).T), work)) == pytest.approx(value)


def test_bounds_that_can_be_kept_are_kept_where_the_pairs_weigh_much() -> None:
    v, sign = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([1.0, -1.0])
    work = Projections(v, sign, np.array([0.5, 3.0]), 1e6, np.ones(2))
    for _ in range(50):
        list(work.cycle())
    np.testing.assert_allclose(work.metric, [[0.5, 0.0], [0.0, 3.0]], rtol=1e-3)


def test_it_mends_neighbours_on_digits_and_a_seed_gives_the_same() -> None:
    x, test, y, answers = halves_of_digits()
    chosen = {"pairs": 400, "iterations": 15, "dimension": 9}
    map, iterates = fitted("itml", x, y, **chosen)
    assert iterates[-1].loss < iterates[0].loss
    assert iterates[-1].items <= 800
    plain, _ = fitted("pca", x, y, whiten=False, dimension=9)
    assert accuracy(x @ map.T, y, test @ map.T, answers) > accuracy(x @ plain.T, y, test @ plain.T, answers) - 0.02
    np.testing.assert_array_equal(fitted("itml", x, y, **chosen)[0], map)


def test_it_ends_where_little_is_left_to_gain() -> None:
    x, labels = (values.numpy() for values in blobs(60, 4, 3))
    few = len(fitted("itml", x, labels, tolerance=0.05, iterations=300)[1])
    many = len(fitted("itml", x, labels, tolerance=0.002, iterations=300)[1])
    assert few < many < 300


def test_pairs_are_drawn_from_the_classes_each_once() -> None:
    _, labels = blobs(31, 2, 4)
    problem = Problem(torch.zeros(31, 2), labels, 2, torch.Generator().manual_seed(0))
    pairs = learned_pairs(problem, 5000)  # so many draws that each pair there is was among them
    assert bool((labels[pairs.rows[:, 0]] == labels[pairs.rows[:, 1]]).eq(pairs.same).all())
    assert bool((pairs.rows[:, 0] < pairs.rows[:, 1]).all())
    assert len(pairs.rows) == len(pairs.rows.unique(dim=0)) == 31 * 30 // 2
    auto = learned_pairs(problem, 0)
    assert 0 < int(auto.same.sum()) <= 240
    one_sort = replace(problem, pairs=GivenPairs(pairs.rows, torch.ones(len(pairs.rows), dtype=torch.bool)))
    with pytest.raises(UserError, match="None of the given pairs to train on is different"):
        learned_pairs(one_sort, 0)


def test_a_run_learns_from_given_pairs_without_a_class_and_goes_on_exactly() -> None:
    chosen = recipe("fitter=itml", "fitter.iterations=6", "fitter.tolerance=0", "encoder=mlp", "encoder.dimension=6")
    events = run(on("pairs", chosen))
    assert isinstance(events[-1], RunFinished), events[-1]
    losses = [step.loss for step in of(StepMetrics, events)]
    assert losses[-1] < losses[0]
    whole = of(Checkpoint, events)
    middle = next(found for found in whole if found.step == 3)
    again = run(on("pairs", chosen, resume=middle))
    assert same_weights(of(Checkpoint, again)[-1], whole[-1])
    assert [step.loss for step in of(StepMetrics, again)] == losses[3:]


@pytest.mark.parametrize(
    ("name", "kind"), [("itml", "triplets"), ("mmc", "triplets"), ("lmnn", "pairs"), ("pca", "pairs")]
)
def test_what_a_fitter_does_not_learn_from_is_refused(name: str, kind: str) -> None:
    (failed,) = of(RunFailed, run(on(kind, recipe(f"fitter={name}"))))  # type: ignore[arg-type]
    assert f"The fitter {part_title('fitter', name)} learns from classes, and {kind} are given" in failed.message
    assert ("choose the fitter itml or mmc" in failed.message) == (kind == "pairs")
