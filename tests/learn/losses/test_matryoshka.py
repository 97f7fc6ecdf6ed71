"""A loss over the beginnings of the embeddings."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from explorer.core.errors import UserError
from explorer.core.events import RunFinished
from explorer.core.registry import Scalar, create, validated
from explorer.learn.batch import Batch
from explorer.learn.device import generator
from explorer.learn.losses.matryoshka import nested
from tests.learn.losses.common import LABELS, batch_of, gradient, gradients_are_right, make_loss, rows
from tests.learn.tasks import quick_recipe, run, task


@pytest.mark.parametrize(
    ("dimension", "smallest", "lengths"),
    [(64, 8, (64, 32, 16, 8)), (64, 9, (64, 32, 16)), (6, 8, (6,)), (5, 1, (5, 2, 1)), (1, 1, (1,))],
)
def test_each_beginning_is_half_of_the_one_before(dimension: int, smallest: int, lengths: tuple[int, ...]) -> None:
    assert nested(dimension, smallest) == lengths


@pytest.mark.parametrize("distance", ["euclidean", "cosine", "squared_euclidean", "snr"])
@pytest.mark.parametrize("of", ["triplet(margin=0.4)", "nt_xent + 0.5*contrastive"])
def test_it_is_the_mean_of_the_losses_of_the_beginnings(of: str, distance: str) -> None:
    loss: Any = make_loss("matryoshka", of=of, smallest=2, dimension=8, distance=distance)
    inner = make_loss("sum", terms=of, dimension=8, distance=distance)
    z = rows(dimension=8)
    mined = create("miner", "semi_hard", {})(batch_of(loss, z), 0.2, generator(0))
    for triplets in (None, mined):
        parts = [inner(batch_of(inner, z[:, :d]), triplets) for d in (8, 4, 2)]
        expected = torch.stack([part.value for part in parts]).mean()
        output = loss(batch_of(loss, z), triplets)
        torch.testing.assert_close(output.value, expected)
        torch.testing.assert_close(gradient(output.value, z), gradient(expected, z))
        torch.testing.assert_close(output.active, torch.stack([part.active for part in parts]).mean())
        if parts[0].census is not None:
            assert torch.equal(output.census, parts[0].census)


def test_each_beginning_has_weights_of_its_own() -> None:
    loss: Any = make_loss("matryoshka", smallest=2, dimension=8)
    assert [tuple(weight.shape) for weight in loss.parameters()] == [(5, 8), (5, 4), (5, 2)]
    assert not loss.mined
    learned: Any = make_loss("matryoshka", of="triplet", smallest=2, dimension=8, distance="mahalanobis")
    assert [tuple(weight.shape) for weight in learned.parameters()] == [(4, 4), (2, 2)]
    assert learned.mined


@pytest.mark.parametrize("of", ["normalised_softmax", "triplet(form=soft) + softmax"])
def test_gradients(of: str) -> None:
    assert gradients_are_right(make_loss("matryoshka", of=of, smallest=2))


def test_live_parameters_reach_every_beginning_and_other_losses_are_refused() -> None:
    loss: Any = make_loss("matryoshka", of="triplet", smallest=2, dimension=8)
    inner = make_loss("triplet", margin=0.7, dimension=8)
    loss.update(validated("loss", "matryoshka", {"of": "triplet(margin=0.7)", "smallest": 2}))
    z = rows(dimension=8)
    expected = torch.stack([inner(batch_of(inner, z[:, :d]), None).value for d in (8, 4, 2)]).mean()
    torch.testing.assert_close(loss(batch_of(loss, z), None).value, expected)
    assert loss.census_margin == 0.7
    with pytest.raises(UserError, match="while a run trains"):
        loss.update(validated("loss", "matryoshka", {"of": "contrastive"}))


@pytest.mark.parametrize("name", ["part_based", "magnet", "hierarchical_triplet"])
def test_a_loss_that_looks_at_more_than_the_embeddings_is_refused(name: str) -> None:
    with pytest.raises(UserError, match=f"The loss {name} "):
        validated("loss", "matryoshka", {"of": name})


def test_a_short_embedding_is_better_than_one_that_was_cut_off() -> None:
    labels = torch.tensor(LABELS)
    values = {}
    given: dict[str, dict[str, Scalar]] = {"normalised_softmax": {}, "matryoshka": {"smallest": 2}}
    for name, params in given.items():
        torch.manual_seed(0)
        loss = create("loss", name, params, distance=create("distance", "euclidean", {}), classes=5, dimension=8)
        z = torch.randn(len(LABELS), 8, generator=generator(1)).requires_grad_()
        optimiser = torch.optim.Adam([z, *loss.parameters()], lr=0.05)
        for _ in range(250):
            optimiser.zero_grad()
            loss(Batch(z, labels, loss.distance), None).value.backward()
            optimiser.step()
        judge = make_loss("triplet", dimension=2)
        values[name] = float(judge(Batch(z[:, :2].double(), labels, judge.distance), None).active.detach())
    assert values["matryoshka"] < 0.5 * values["normalised_softmax"]


def test_a_run_trains_with_it() -> None:
    of = "loss.of=triplet + 0.1*softmax"
    recipe = quick_recipe("loss=matryoshka", of, "loss.smallest=2", "miner=semi_hard", epochs=1)
    assert isinstance(run(task(recipe))[-1], RunFinished)
