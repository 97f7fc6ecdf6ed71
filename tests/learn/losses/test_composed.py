"""Losses made of others: weighted sums, stripes of the picture, a memory across batches."""

from __future__ import annotations

import queue
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from explorer.core.errors import UserError
from explorer.core.events import Checkpoint, Event, ParameterChanged, RunFailed, RunFinished, Set
from explorer.core.registry import Scalar, create, validated
from explorer.core.types import StepMetrics
from explorer.learn.batch import Batch
from explorer.learn.device import generator
from explorer.learn.losses.base import Loss
from explorer.learn.losses.cross_batch_memory import adapted
from explorer.learn.optimisers import weight_groups
from explorer.learn.run_state import RunState
from tests.learn.losses.common import LABELS, batch_of, gradient, gradients_are_right, make_loss, rows
from tests.learn.tasks import halves, made_up, of, quick_recipe, run, task
from tests.learn.test_checkpoints import compare_resumed

TERMS = "0.7*triplet(margin=0.3, form=soft) + 0.3*center(weight=0.01) + 2*contrastive"


def change(loss: Loss, name: str, **params: Scalar) -> None:
    loss.update(validated("loss", name, params))


# --- sums ---------------------------------------------------------------------------------------------------------


def test_a_sum_is_its_weighted_parts() -> None:
    loss: Any = make_loss("sum", terms=TERMS).eval()
    z = rows()
    batch = batch_of(loss, z)
    output = loss(batch, None)
    parts = [part(batch, None) for part in loss.terms.parts]
    expected = 0.7 * parts[0].value + 0.3 * parts[1].value + 2 * parts[2].value
    torch.testing.assert_close(output.value, expected)
    torch.testing.assert_close(gradient(output.value, z), gradient(expected, z))
    torch.testing.assert_close(torch.stack(loss.last), torch.stack([part.value.detach() for part in parts]))
    active = (0.7 * parts[0].active + 0.3 * parts[1].active + 2 * parts[2].active) / 3
    torch.testing.assert_close(output.active, active)
    assert output.census is not None
    assert torch.equal(output.census, batch.triplets.census(0.3))
    assert gradients_are_right(loss)


def test_only_those_that_follow_the_miner_see_its_triplets() -> None:
    loss: Any = make_loss("sum", terms="triplet + softmax").eval()
    assert loss.mined
    assert not loss.pairwise
    batch = batch_of(loss, rows())
    mined = create("miner", "hard", {})(batch, loss.census_margin, generator(0))
    triplet, softmax = loss.terms.parts
    expected = triplet(batch, mined).value + softmax(batch, None).value
    torch.testing.assert_close(loss(batch, mined).value, expected)
    alone: Any = make_loss("sum", terms="arcface + softmax")
    assert not alone.mined
    assert make_loss("sum", terms="triplet + contrastive").pairwise


@pytest.mark.parametrize(
    ("terms", "margin"),
    [
        ("softmax + triplet(margin=0.4)", 0.4),
        ("softmax(census_margin=0.6) + contrastive", 0.6),
        ("arcface(census_margin=0.1)", 0.1),
    ],
)
def test_triplets_are_counted_at_the_first_margin_between_distances(terms: str, margin: float) -> None:
    assert make_loss("sum", terms=terms).census_margin == margin


def test_a_sum_needs_what_its_parts_need() -> None:
    loss = make_loss("sum")
    params = validated("loss", "sum", {"terms": "triplet + part_based + cross_batch_memory(of=nt_xent(views=both))"})
    assert loss.needs_of(params) == {"labels", "maps", "views"}


def test_two_views_are_those_of_a_picture_beside_a_loss_of_classes_too() -> None:
    loss: Any = make_loss("sum", terms='softmax + nt_xent(views="two views")').eval()
    alone = make_loss("nt_xent", views="two views")
    z, items = rows(12), torch.arange(6).repeat(2)
    classes = torch.tensor([0, 0, 1, 1, 2, 2]).repeat(2)
    expected = alone(Batch(z, items, alone.distance, indices=items), None).value
    loss(Batch(z, classes, loss.distance, indices=items), None)
    torch.testing.assert_close(loss.last[1], expected.detach())
    events = run(task(quick_recipe("loss=sum", 'loss.terms=triplet + nt_xent(views="two views")', epochs=1)))
    assert isinstance(events[-1], RunFinished)


def test_weights_and_live_parameters_change_and_weights_of_the_parts_stay() -> None:
    loss: Any = make_loss("sum", terms="triplet + softmax").eval()
    weights = {name: weight.clone() for name, weight in loss.state_dict().items()}
    batch = batch_of(loss, rows())
    softmax = loss.terms.parts[1](batch, None).value
    change(loss, "sum", terms="0*triplet(margin=0.9) + 3*softmax")
    torch.testing.assert_close(loss(batch, None).value, 3 * softmax)
    assert loss.census_margin == 0.9
    assert all(torch.equal(weights[name], weight) for name, weight in loss.state_dict().items())
    with pytest.raises(UserError, match="while a run trains"):
        change(loss, "sum", terms="triplet + center")
    assert loss.census_margin == 0.9


def test_the_parts_of_a_sum_learn_at_their_own_rates() -> None:
    loss = make_loss("sum", terms="softmax(proxy_rate=2) + arcface(proxy_rate=30) + part_based(of=cosface)")
    assert {group["scale"] for group in weight_groups({"loss": loss}, 0.0)} == {1.0, 2.0, 10.0, 30.0}


def test_a_change_of_the_losses_of_a_run_is_refused_and_one_of_weights_taken() -> None:
    recipe = quick_recipe("loss=sum", epochs=3)
    state = RunState(task(recipe))
    with pytest.raises(UserError, match="cannot change from"):
        state.learner.change("loss.terms", "triplet")
    assert state.learner.recipe == recipe

    def tell(event: Event, commands: queue.SimpleQueue[object]) -> None:
        if isinstance(event, Checkpoint) and event.epoch == 1:
            commands.put(Set("loss.terms", "triplet"))
            commands.put(Set("loss.terms", "triplet(margin=0.4) + softmax"))

    events = run(task(recipe), on=tell)  # type: ignore[arg-type]
    refused, taken = of(ParameterChanged, events)
    assert refused.old == refused.new == "triplet + 0.1*softmax"
    assert taken.new == "triplet(margin=0.4) + softmax"
    census = of(StepMetrics, events)[-1].census
    assert census is not None
    assert census.margin == 0.4
    assert isinstance(events[-1], RunFinished)
    middle = next(c for c in of(Checkpoint, events) if c.epoch == 2)
    compare_resumed(events, run(task(recipe, resume=middle)))


# --- parts --------------------------------------------------------------------------------------------------------


def with_maps(loss: Loss, z: Tensor, maps: Tensor) -> Batch:
    return Batch(z, torch.tensor(LABELS), loss.distance, maps=maps)


def part_based(**params: Scalar) -> Any:
    loss = create(
        "loss", "part_based", params, distance=create("distance", "euclidean", {}), classes=5, dimension=5, channels=7
    )
    return loss.double()


def test_each_stripe_and_the_embedding_have_their_own_loss() -> None:
    loss, z = part_based(parts=3, width=4, whole=0.5), rows()
    maps = torch.randn(len(z), 7, 6, 2, dtype=torch.float64, requires_grad=True)
    expected = 0.5 * loss.whole.parts[0](batch_of(loss, z), None).value
    for k in range(3):
        described = maps[:, :, 2 * k : 2 * k + 2].mean(dim=(2, 3)) @ loss.weight[k].T
        linear = loss.stripes[k].parts[0].linear
        expected = expected + F.cross_entropy(linear(described), torch.tensor(LABELS)) / 3
    value = loss(with_maps(loss, z, maps), None).value
    torch.testing.assert_close(value, expected)
    torch.testing.assert_close(torch.autograd.grad(value, (z, maps)), torch.autograd.grad(expected, (z, maps)))


@pytest.mark.parametrize("side", [1, 2, 3, 7])
def test_stripes_fit_maps_of_any_size(side: int) -> None:
    loss, z = part_based(of="triplet(form=soft) + 0.2*softmax"), rows()
    assert loss.mined
    maps = torch.randn(len(z), 7, side, side, dtype=torch.float64)
    batch = with_maps(loss, z, maps)
    assert loss.described(maps).shape == (6, len(z), 64)
    mined = create("miner", "hard", {})(batch, loss.census_margin, generator(0))
    for triplets in (None, mined):
        assert loss(batch, triplets).value.isfinite()
    change(loss, "part_based", of="2*triplet(form=soft, margin=0.5) + softmax", whole=0.0)
    assert loss.census_margin == 0.5
    with pytest.raises(UserError, match="while a run trains"):
        change(loss, "part_based", of="contrastive")


def test_gradients_of_the_stripes_equal_finite_differences() -> None:
    loss, z = part_based(parts=2, width=3), rows(6)

    def value(z: Tensor, maps: Tensor, *_: Tensor) -> Tensor:
        result: Tensor = loss(Batch(z, torch.tensor(LABELS[:6]), loss.distance, maps=maps), None).value
        return result

    maps = torch.randn(6, 7, 3, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(value, (z, maps, *loss.parameters()))


def test_an_encoder_without_feature_maps_is_refused() -> None:
    (failed,) = run(task(quick_recipe("loss=sum", "loss.terms=triplet + part_based")))
    assert isinstance(failed, RunFailed)
    assert "feature maps" in failed.message


# --- memory -------------------------------------------------------------------------------------------------------


def test_the_memory_is_compared_with_the_batch_and_the_oldest_are_replaced() -> None:
    loss: Any = make_loss("cross_batch_memory", size=20, start=0, of="contrastive(margin=1.5)")
    inner = make_loss("contrastive", margin=1.5)
    seen, labels = torch.zeros(0, 5, dtype=torch.float64), torch.zeros(0, dtype=torch.int64)
    for step in range(5):
        z = rows(seed=step)
        batch = batch_of(loss, z)
        expected = inner(batch.extended(seen, labels), None)
        output = loss(batch, None)
        torch.testing.assert_close(output.value, expected.value)
        torch.testing.assert_close(gradient(output.value, z), gradient(expected.value, z))
        seen, labels = torch.cat((seen, z.detach()))[-20:], torch.cat((labels, batch.labels))[-20:]
        assert loss.filled == len(seen)
        kept = sorted(map(tuple, loss.rows[: loss.filled].tolist()))
        assert kept == sorted(map(tuple, seen.tolist()))


def test_an_adapted_memory_has_the_mean_and_the_deviation_of_the_batch() -> None:
    loss: Any = make_loss("cross_batch_memory", size=30, start=0, adapt=True)
    inner = make_loss("contrastive")
    drifted = 3.0 * rows(seed=1).detach() + 5.0
    loss(batch_of(loss, drifted), None)
    z = rows(seed=2)
    batch = batch_of(loss, z)
    now = z.detach()
    expected = (drifted - drifted.mean(0)) / drifted.std(0) * now.std(0) + now.mean(0)
    value = loss(batch, None).value
    torch.testing.assert_close(value, inner(batch.extended(expected, batch.labels), None).value)
    assert torch.equal(loss.rows[:12], drifted), "they are remembered as they were"
    still = torch.ones(4, 5, dtype=torch.float64)
    torch.testing.assert_close(adapted(still, now), now.mean(0).expand(4, -1))


def test_the_memory_joins_in_late_and_stands_still_out_of_training() -> None:
    loss: Any = make_loss("cross_batch_memory", start=2)
    inner = make_loss("contrastive")
    values = [(loss(batch_of(loss, rows(seed=s)), None), inner(batch_of(inner, rows(seed=s)), None)) for s in (1, 2, 3)]
    alone = [torch.equal(ours.value, batch.value) for ours, batch in values]
    assert alone == [True, True, False]
    loss.eval()
    before = {name: tensor.clone() for name, tensor in loss.state_dict().items()}
    loss(batch_of(loss, rows()), None)
    assert all(torch.equal(before[name], tensor) for name, tensor in loss.state_dict().items())
    assert gradients_are_right(loss)


def test_a_batch_larger_than_the_memory_leaves_its_last_rows() -> None:
    loss: Any = make_loss("cross_batch_memory", size=5, start=0)
    z = rows()
    for _ in range(2):
        loss(batch_of(loss, z), None)
    assert sorted(map(tuple, loss.rows.tolist())) == sorted(map(tuple, z.detach()[-5:].tolist()))


def test_a_memory_is_read_back_with_its_place() -> None:
    loss: Any = make_loss("cross_batch_memory", size=30, start=0)
    for step in range(4):
        loss(batch_of(loss, rows(seed=step)), None)
    copy: Any = make_loss("cross_batch_memory", size=30, start=0)
    copy.load_state_dict(loss.state_dict())
    for step in range(4, 8):
        batch = batch_of(loss, rows(seed=step))
        assert torch.equal(loss(batch, None).value, copy(batch, None).value)
    assert torch.equal(loss.rows, copy.rows)


@pytest.mark.parametrize("name", ["softmax", "prototypical", "center", "part_based", "cross_batch_memory"])
def test_a_loss_that_compares_no_rows_is_refused_by_name(name: str) -> None:
    with pytest.raises(UserError, match=f"The loss {name} ") as told:
        validated("loss", "cross_batch_memory", {"of": name})
    assert "contrastive" in told.value.remedy
    assert name not in told.value.remedy.removeprefix("Choose one of: ").split(", ")


RESUMED = {
    "memory": ("loss=cross_batch_memory", "loss.size=50", "loss.start=2"),
    "memory in a sum": ("loss=sum", "loss.terms=cross_batch_memory(size=20, start=0) + 0.5*center + arcface"),
    "a running mean": ("loss=curricularface",),
    "running lengths": ("loss=adaface",),
    "beginnings": ("loss=matryoshka", "loss.of=triplet + 0.1*softmax", "loss.smallest=2", "miner=n_hard"),
    "stripes": ("loss=part_based", "loss.of=cross_batch_memory(size=20, start=1)", "encoder=cnn", "encoder.width=4"),
}


@pytest.mark.parametrize("case", RESUMED)
def test_a_run_that_goes_on_is_the_run_that_never_stopped(case: str) -> None:
    recipe = quick_recipe(*RESUMED[case], epochs=3)
    pixels, labels = made_up(side=16)
    kwargs = {"pixels": pixels, "labels": labels, "split": halves(60, 12), "evaluate_share": 0.0}
    whole = run(task(recipe, **kwargs))  # type: ignore[arg-type]
    middle = next(c for c in of(Checkpoint, whole) if c.epoch == 1)
    compare_resumed(whole, run(task(recipe, resume=middle, **kwargs)))  # type: ignore[arg-type]


def test_a_memory_that_was_spoilt_is_not_kept() -> None:
    state = RunState(task(quick_recipe("loss=cross_batch_memory", "loss.size=30")))
    loss: Any = state.learner.loss
    loss(Batch(torch.ones(4, 8), torch.zeros(4, dtype=torch.int64), loss.distance), None)
    state.keep_buffers()
    loss(Batch(torch.full((4, 8), torch.nan), torch.zeros(4, dtype=torch.int64), loss.distance), None)
    assert loss.rows.isnan().any()
    state.restore_buffers()
    assert loss.rows.isfinite().all()
    assert loss.counts.tolist() == [4, 4, 1]


@pytest.mark.parametrize("batches", [1, 7, 20])
def test_a_memory_goes_back_however_many_rows_were_replaced(batches: int) -> None:
    loss: Any = RunState(task(quick_recipe("loss=cross_batch_memory", "loss.size=30"))).learner.loss
    own = torch.Generator().manual_seed(0)

    def remember(count: int) -> None:
        for _ in range(count):
            loss(Batch(torch.rand(4, 8, generator=own), torch.randint(0, 3, (4,), generator=own), loss.distance), None)

    remember(9)  # more than it holds
    loss.keep()
    before = {name: value.clone() for name, value in loss.state_dict().items()}
    for _ in range(2):
        remember(batches)
        assert not torch.equal(loss.rows, before["rows"])
        loss.put_back()
        assert all(torch.equal(value, before[name]) for name, value in loss.state_dict().items())
    remember(1)
    assert loss.counts.tolist() == [10, 30, 10]
