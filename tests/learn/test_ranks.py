"""Several processes learn what one does: losses, counts and weights, in float64, whatever is trained on how many."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from explorer.core.errors import UserError
from explorer.core.events import Checkpoint
from explorer.core.registry import catalogue, create
from explorer.learn.augments.transforms import Draws
from explorer.learn.device import generator
from explorer.learn.global_norms import normalise_over_ranks
from explorer.learn.ranks import Ranks
from tests.helpers.rank_processes import Case, Found, compare, trained_on
from tests.learn.test_contracts import COMBINATIONS

CNN = ("encoder=cnn", "encoder.width=4")
CASES = {
    "triplet, photographs": Case((*CNN, "augment=natural")),
    "in parts": Case((*CNN, "sampler.chunk=4", "augment=digits")),
    "proxies": Case(("loss=proxy_anchor",)),
    "memory across batches": Case(("loss=cross_batch_memory", "loss.start=1", "loss.size=20")),
    "random pick": Case(("miner=semi_hard", "miner.pick=random")),
    "mined from memory": Case(("miner=hard_memory",)),
    "weights of loss and distance": Case(("loss=triplet + 0.1*softmax", "distance=mahalanobis")),
    "episodes": Case(("loss=prototypical", "sampler=episodic", "sampler.ways=4", "sampler.queries=3")),
    "two views": Case(("loss=nt_xent", "loss.views=two views", "augment=corrupted")),
}


def every(losses: Sequence[tuple[str, str, str]]) -> list[Case]:
    """Return a case of each loss, distance and miner; a loss over feature maps has an encoder that has some."""
    encoders = {"part_based": CNN}
    return [
        Case((*encoders.get(loss, ()), f"loss={loss}", f"distance={distance}", f"miner={miner}"))
        for loss, distance, miner in losses
        if _fits(catalogue("loss")[loss].part, catalogue("distance")[distance].part)
    ]


def _fits(loss: Any, distance: Any) -> bool:
    """Return whether a loss learns from pictures by a distance: of captions or the numbers of a layer it does not."""
    needs = loss.needs_of(loss.Params())
    return "sides" not in needs and not ("hidden" in needs and distance.learned)


def assert_alike(alone: Found, ranked: Found, case: object) -> None:
    assert alone.end == ranked.end == "RunFinished", (case, alone.end, ranked.end)
    np.testing.assert_allclose(ranked.losses, alone.losses, rtol=1e-10, atol=1e-12, err_msg=str(case))
    assert ranked.census == alone.census, case
    assert alone.checkpoint is not None
    assert ranked.checkpoint is not None
    assert apart(alone.checkpoint, ranked.checkpoint) < 1e-10, case
    for name in ("random.sampler", "random.device"):
        np.testing.assert_array_equal(ranked.checkpoint.tensors[name], alone.checkpoint.tensors[name])


def apart(a: Checkpoint, b: Checkpoint) -> float:
    """Return how far all weights, buffers and moments are apart, as a share of their length."""
    assert set(a.tensors) == set(b.tensors)
    names = [name for name in a.tensors if not name.startswith("random")]
    flat = [np.concatenate([np.ravel(made.tensors[name]).astype(np.float64) for name in names]) for made in (a, b)]
    return float(np.linalg.norm(flat[0] - flat[1]) / np.linalg.norm(flat[0]))


@pytest.fixture(scope="module")
def pairs() -> dict[str, tuple[Found, Found]]:
    return dict(zip(CASES, compare(2, list(CASES.values())), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_two_ranks_learn_what_one_process_does(name: str, pairs: dict[str, tuple[Found, Found]]) -> None:
    alone, ranked = pairs[name]
    assert_alike(alone, ranked, name)
    np.testing.assert_allclose(ranked.embeddings, alone.embeddings, atol=1e-6)  # kept in float32


@pytest.mark.full
@pytest.mark.parametrize("part", range(8))
def test_every_loss_and_miner_learns_the_same_on_two_ranks(part: int) -> None:
    cases = every(COMBINATIONS)[part::8]
    for case, (alone, ranked) in zip(cases, compare(2, cases), strict=True):
        assert_alike(alone, ranked, case)


@pytest.mark.full
def test_every_loss_learns_the_same_on_three_ranks() -> None:
    cases = [*CASES.values(), *every([c for c in COMBINATIONS if c[1:] == ("euclidean", "all")])]
    for case, (alone, ranked) in zip(cases, compare(3, cases), strict=True):
        assert_alike(alone, ranked, case)


@pytest.mark.full
@pytest.mark.parametrize("name", ["triplet, photographs", "memory across batches", "mined from memory", "in parts"])
def test_a_checkpoint_goes_on_with_any_number_of_ranks(name: str) -> None:
    case = CASES[name]
    whole = trained_on(1, case, None)
    first = trained_on(2, replace(case, stop_at=1), None)
    second = trained_on(1, replace(case, stop_at=2), first.checkpoint)
    third = trained_on(3, case, second.checkpoint)
    parts = [first, second, third]
    losses = [loss for part in parts for loss in part.losses]
    census = [counts for part in parts for counts in part.census]
    assert_alike(whole, replace(third, losses=losses, census=census), name)


@pytest.fixture
def _double() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("_double")
@pytest.mark.parametrize("momentum", [0.1, None])
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("shape", [(6, 3), (6, 3, 5), (6, 3, 4, 4)])
def test_a_normalisation_over_ranks_is_that_of_torch(
    shape: tuple[int, ...], affine: bool, momentum: float | None
) -> None:
    kind = nn.BatchNorm2d if len(shape) == 4 else nn.BatchNorm1d
    torch.manual_seed(0)
    one = nn.Sequential(kind(3, affine=affine, momentum=momentum))
    other = copy.deepcopy(one)
    normalise_over_ranks(other, Ranks())
    assert isinstance(other[0], kind)
    made = []
    for net in (one, other):
        torch.manual_seed(1)
        x = (torch.randn(shape) * 3 + 1).requires_grad_()
        out = [net(x) for _ in range(2)][-1]
        (out * torch.randn(shape)).sum().backward()
        made.append((out, x.grad, *[w.grad for w in net.parameters()], *net.buffers(), net.eval()(x)))
    for a, b in zip(*made, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)


def test_a_normalisation_that_does_more_is_refused() -> None:
    class Activated(nn.BatchNorm1d):
        pass

    with pytest.raises(UserError, match="Activated"):
        normalise_over_ranks(nn.Sequential(Activated(3)), Ranks())


BY_ROWS = [name for name, entry in catalogue("augment").items() if entry.available]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", BY_ROWS)
def test_rows_are_changed_as_in_the_whole_batch(name: str, channels: int) -> None:
    augment = create("augment", name, {}, shape=(16, 16, channels), images_per_class=5.0)
    if not augment.by_rows:
        return
    pictures = torch.rand(7, channels, 16, 16, generator=generator(1))
    whole = augment(pictures, generator(2))
    own = slice(2, 5)
    random = generator(2)
    some = augment.of_rows(pictures[own], Draws(pictures[own], random, rows=7, own=own))
    torch.testing.assert_close(some, whole[own])
    other = generator(2)
    augment(pictures, other)
    assert torch.equal(random.get_state(), other.get_state())  # the next batch is drawn alike too


def test_shards_are_disjoint_and_whole() -> None:
    ranks = Ranks()
    for count in (0, 1, 2, 7, 128):
        for ranks.size in (1, 2, 3, 5):
            rows = [row for rank in range(ranks.size) for row in range(count)[ranks.shard_of(rank, count)]]
            assert rows == list(range(count))
