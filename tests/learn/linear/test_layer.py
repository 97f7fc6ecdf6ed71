"""A linear layer by a loss: against the optimiser of torch, and what it reaches."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from explorer.core.errors import UserError
from explorer.core.registry import Scalar, create
from explorer.learn.batch import Batch
from explorer.learn.device import generator
from explorer.learn.distances.base import Distance
from explorer.learn.linear.base import Fitter, Iterate, Problem
from explorer.learn.linear.lbfgs import State
from explorer.learn.losses.base import Loss
from explorer.learn.seeding import seeded
from tests.learn.linear.problems import accuracy, blobs, halves_of_digits


def fit(problem: Problem, state: State, **params: Scalar) -> list[Iterate]:
    """Fit as a run does, whose iterations are taken without gradients."""
    fitter: Fitter = create("fitter", "layer", params)
    with torch.inference_mode():
        return [found for found in fitter.fit(problem, state) if found is not None]


def problem_of(x: torch.Tensor, targets: torch.Tensor, dimension: int, distance: str = "euclidean") -> Problem:
    made: Distance = create("distance", distance, {})
    return Problem(x, targets, dimension, generator(3), made)


@pytest.mark.parametrize("loss", ["triplet", "softmax", "nt_xent", "0.5*triplet + proxy_nca"])
def test_its_steps_are_those_of_adam(loss: str) -> None:
    x, targets = blobs(60)
    problem, state = problem_of(x, targets, 4), State()
    assert problem.distance is not None
    found = fit(problem, state, loss=loss, iterations=2, steps=3, classes=2, images=5, axes=0)
    random = generator(3)
    terms: dict[str, Scalar]
    name, terms = ("sum", {"terms": loss}) if "+" in loss else (loss, {})
    with seeded(random.initial_seed() % 2**31):
        made: Loss = create("loss", name, terms, distance=problem.distance, classes=3, dimension=4)
    made = made.double()
    basis = state["basis"].clone()
    y = x @ basis.T
    map = torch.nn.Parameter(torch.eye(5, dtype=torch.float64)[:4].clone())
    typical = float(map.detach().square().mean().sqrt())
    optimiser = torch.optim.Adam([{"params": [map]}, {"params": list(made.parameters())}], eps=1e-12)
    values = []
    for iteration in range(2):
        rate = 0.01 * (1 - iteration / 2)
        optimiser.param_groups[0]["lr"], optimiser.param_groups[1]["lr"] = rate * typical, rate
        for _ in range(3):
            classes = torch.randperm(3, generator=random)[:2].tolist()
            rows = torch.cat(
                [(targets == c).nonzero()[:, 0][torch.randperm(20, generator=random)[:5]] for c in classes]
            )
            value = made(Batch(y[rows] @ map.T, targets[rows], problem.distance, indices=rows), None).value
            optimiser.zero_grad()
            value.backward()
            optimiser.step()
            values.append(float(value.detach()))
    torch.testing.assert_close(state["map"], (map @ basis).detach(), atol=1e-7, rtol=1e-6)
    np.testing.assert_allclose([each.loss for each in found], np.mean(np.reshape(values, (2, 3)), axis=1), rtol=1e-6)


def test_it_goes_on_exactly_where_it_was() -> None:
    x, targets = blobs(60)
    whole, halves = State(), State()
    chosen: dict[str, Scalar] = {"loss": "proxy_anchor", "steps": 2, "classes": 3}
    fit(problem_of(x, targets, 4), whole, iterations=6, **chosen)
    fitter: Fitter = create("fitter", "layer", {"iterations": 6, **chosen})
    for found in fitter.fit(problem_of(x, targets, 4), halves):
        if found is not None and int(halves["iteration"]) == 3:
            break
    fit(problem_of(x, targets, 4), halves, iterations=6, **chosen)
    assert torch.equal(whole["map"], halves["map"])


@pytest.mark.parametrize("loss", ["triplet", "nt_xent", "multi_similarity", "softmax"])
def test_digits_are_told_apart_better_than_without_it(loss: str) -> None:
    train, test, labels, answers = halves_of_digits()
    features = torch.from_numpy(train - train.mean(axis=0)).float()
    state = State()
    found = fit(problem_of(features, torch.from_numpy(labels), 16), state, loss=loss, classes=10, iterations=30)
    map = state["map"].double().numpy()
    raw = accuracy(train, labels, test, answers)
    projected = [(rows - train.mean(axis=0)) @ map.T for rows in (train, test)]
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in projected]
    assert accuracy(unit[0], labels, unit[1], answers) > raw - 0.02
    assert found[-1].loss < found[0].loss


def test_a_loss_that_needs_more_than_embeddings_is_refused() -> None:
    x, targets = blobs(30)
    with pytest.raises(UserError, match="needs more than embeddings"):
        fit(problem_of(x, targets, 4), State(), loss="part_based")
