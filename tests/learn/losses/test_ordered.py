"""Losses that learn a number, against plain loops over a batch."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from explorer.core.errors import UserError
from explorer.core.registry import create
from explorer.core.targets import Target
from explorer.core.types import StepMetrics
from explorer.learn.batch import Batch, BatchTarget
from explorer.learn.losses.base import Loss
from explorer.learn.run_state import RunState
from tests.learn.losses.common import make_loss, rows
from tests.learn.tasks import made_up, of, quick_recipe, run, task

VALUES = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0]
PERIODS = [0.0, 7.0]
LOSSES = ["rank_n_contrast", "log_ratio", "ordinal_triplet"]


def batch_of(loss: Loss, z: Tensor, period: float = 0.0, scale: float = 1.0) -> Batch:
    values = torch.tensor(VALUES[: len(z)], dtype=torch.float32) * scale
    return Batch(z, torch.arange(len(z)), loss.distance, target=BatchTarget(values, period * scale))


def apart(a: int, b: int, period: float) -> float:
    found = abs(VALUES[a] - VALUES[b])
    return found if period == 0 else min(found % period, period - found % period)


def distances(loss: Loss, z: Tensor) -> Tensor:
    return loss.distance.matrix(loss.distance.prepare(z))


@pytest.mark.parametrize("period", PERIODS)
def test_rank_n_contrast_tells_each_row_from_all_that_are_as_far(period: float) -> None:
    loss, z = make_loss("rank_n_contrast", temperature=0.5), rows(8)
    d = (distances(loss, z) / 0.5).tolist()
    terms = []
    for a in range(8):
        for p in range(8):
            if p != a:
                far = [n for n in range(8) if n != a and apart(a, n, period) >= apart(a, p, period)]
                terms.append(d[a][p] + math.log(sum(math.exp(-d[a][n]) for n in far)))
    assert loss(batch_of(loss, z, period)).value.item() == pytest.approx(sum(terms) / len(terms), rel=1e-9)


@pytest.mark.parametrize("period", PERIODS)
def test_log_ratio_compares_every_two_rows_of_an_anchor(period: float) -> None:
    loss, z = make_loss("log_ratio"), rows(8)
    d, anchors = distances(loss, z).tolist(), []
    for a in range(8):
        others = [i for i in range(8) if i != a and apart(a, i, period) > 0]
        off = {i: math.log(d[a][i]) - math.log(apart(a, i, period)) for i in others}
        pairs = [(off[i] - off[j]) ** 2 for i in others for j in others if i != j]
        anchors.append(sum(pairs) / len(pairs))
    assert loss(batch_of(loss, z, period)).value.item() == pytest.approx(sum(anchors) / 8, rel=1e-6)


@pytest.mark.parametrize("period", PERIODS)
def test_the_ordinal_triplet_loss_compares_ranks_that_are_powers_of_two_apart(period: float) -> None:
    loss, z = make_loss("ordinal_triplet", margin=0.7), rows(8)
    d = distances(loss, z).tolist()
    largest = max(apart(a, b, period) for a in range(8) for b in range(8))
    terms = []
    for a in range(8):
        order = sorted((i for i in range(8) if i != a), key=lambda i, a=a: (apart(a, i, period), d[a][i]))  # type: ignore[misc]
        for near in range(7):
            for step in (1, 2, 4):
                if near + step < 7:
                    i, j = order[near], order[near + step]
                    gap = apart(a, j, period) - apart(a, i, period)
                    terms.append(max(0.0, d[a][i] - d[a][j] + 0.7 * gap / largest) if gap > 0 else 0.0)
    violating = [term for term in terms if term > 0]
    output = loss(batch_of(loss, z, period))
    assert output.value.item() == pytest.approx(sum(violating) / len(violating), rel=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_are_those_of_finite_differences(name: str) -> None:
    loss = make_loss(name)
    assert torch.autograd.gradcheck(lambda z: loss(batch_of(loss, z, 7.0)).value, (rows(8),))


@pytest.mark.parametrize("name", LOSSES)
def test_the_unit_of_the_number_means_nothing(name: str) -> None:
    loss, z = make_loss(name), rows(8)
    values = [loss(batch_of(loss, z, 7.0, scale)).value.item() for scale in (1.0, 1024.0)]
    assert values[0] == pytest.approx(values[1], rel=1e-6)


def test_items_in_their_order_on_an_arc_have_nothing_to_learn_from_the_ordinal_loss() -> None:
    loss = make_loss("ordinal_triplet", margin=0.0)
    angle = torch.tensor(VALUES, dtype=torch.float64) / 9
    z = torch.stack((angle.cos(), angle.sin()), dim=1).requires_grad_()
    assert loss(batch_of(loss, z)).value.item() == 0.0
    assert loss(batch_of(loss, z.flip(0))).value.item() > 0.0


@pytest.mark.parametrize("name", LOSSES)
def test_the_margin_or_temperature_is_live_and_steps_repeat_by_seed(name: str) -> None:
    pixels, labels = made_up(40)
    target = Target("size", labels.astype(float), 0.0)
    the_task = task(quick_recipe(f"loss={name}", epochs=2), pixels=pixels, labels=labels, target=target)
    losses = [[m.loss for m in of(StepMetrics, run(the_task))] for _ in range(2)]
    assert losses[0] == losses[1]
    live = [info.name for info in type(make_loss(name).params).described() if info.live]
    assert live


def test_batches_are_spread_and_items_without_a_number_are_left_out() -> None:
    pixels, labels = made_up(60)
    values = labels.astype(float)
    values[:7] = float("nan")
    the_task = task(quick_recipe("loss=log_ratio"), pixels=pixels, target=Target("size", values))
    learner = RunState(the_task).learner
    assert not set(learner.train.tolist()) & set(range(7))
    assert type(learner.sampler).__name__ == "Spread"


def test_without_a_target_it_is_said_what_to_choose() -> None:
    with pytest.raises(UserError, match="learns a number, and none was chosen"):
        RunState(task(quick_recipe("loss=rank_n_contrast")))


def test_every_batch_of_the_sampler_holds_the_whole_range() -> None:
    ranks = torch.randperm(90, generator=torch.Generator().manual_seed(0)).numpy()
    sampler = create("sampler", "spread", {"items": 10}, ranks, torch.Generator().manual_seed(1))
    batches = list(sampler.epoch())
    assert len(batches) == sampler.length == 9
    assert sorted(item for batch in batches for item in batch.tolist()) == list(range(90))
    assert all(sorted(ranks[batch] // 9) == list(range(10)) for batch in batches)
