"""The loss of CLIP against cross-entropy as it is written in the paper, and against the formula with many positives."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from explorer.core.registry import Scalar, create
from explorer.learn.batch import Batch
from explorer.learn.distances.base import unit
from explorer.learn.losses.base import Loss
from tests.learn.losses.common import gradient

PAIRS = 6


def loss_of(name: str = "clip", **params: Scalar) -> Loss:
    distance = create("distance", "euclidean", {})
    made: Loss = create("loss", name, params, distance=distance, classes=PAIRS, dimension=5, channels=0)
    return made.double()


def rows(count: int = 2 * PAIRS) -> torch.Tensor:
    torch.manual_seed(0)
    return torch.randn(count, 5, dtype=torch.float64, requires_grad=True)


def batch_of(loss: Loss, z: torch.Tensor, labels: list[int], texts: list[int]) -> Batch:
    return Batch(z, torch.tensor(labels), loss.distance, texts=torch.tensor(texts))


def plain(loss: Loss, z: torch.Tensor) -> Batch:
    """Pictures, and behind them a caption of each."""
    return batch_of(loss, z, [*range(PAIRS), *range(PAIRS)], [*[-1] * PAIRS, *range(PAIRS)])


def test_of_single_pairs_it_is_the_symmetric_cross_entropy() -> None:
    loss, z = loss_of(temperature=0.1), rows()
    ours = loss(plain(loss, z), None).value
    logits = unit(z[:PAIRS]) @ unit(z[PAIRS:]).T / 0.1
    target = torch.arange(PAIRS)
    theirs = (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2
    torch.testing.assert_close(ours, theirs, rtol=1e-7, atol=1e-9)
    torch.testing.assert_close(gradient(ours, z), gradient(theirs, z), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("relevant", ["pairs", "classes"])
def test_all_captions_of_a_picture_and_those_that_say_the_same_are_positives(relevant: str) -> None:
    loss, z = loss_of(temperature=0.2, relevant=relevant), rows(9)
    # the pictures 0, 1 and 2; two captions of 0, one of 1, three of 2, of which the second says what one of 0 says
    labels, texts = [0, 1, 2, 0, 0, 1, 2, 2, 2], [-1, -1, -1, 0, 1, 2, 3, 1, 4]
    right = {(0, 3), (0, 4), (0, 7), (1, 5), (2, 6), (2, 7), (2, 8), (2, 4)}
    logits = unit(z) @ unit(z).T / 0.2
    sides = []
    for anchors, others in ((range(3), range(3, 9)), (range(3, 9), range(3))):
        terms = []
        for a in anchors:
            good = [o for o in others if (a, o) in right or (o, a) in right]
            bad = torch.stack([logits[a, o].exp() for o in others if o not in good]).sum()
            terms.append(torch.stack([-(logits[a, p].exp() / (logits[a, p].exp() + bad)).log() for p in good]).mean())
        sides.append(torch.stack(terms).mean())
    ours = loss(batch_of(loss, z, labels, texts), None).value
    torch.testing.assert_close(ours, sum(sides) / 2, rtol=1e-7, atol=1e-9)


def test_two_items_of_one_side_are_never_compared() -> None:
    loss, z = loss_of(), rows()
    batch = plain(loss, z)
    captions = torch.arange(2 * PAIRS) >= PAIRS
    across = captions[:, None] != captions[None]
    assert not ((batch.same | batch.different) & ~across).any()
    assert bool((batch.same | batch.different)[across].all())


def test_the_temperature_is_learned_and_never_below_a_hundredth() -> None:
    loss, z = loss_of(temperature=0.005), rows()
    assert isinstance(loss.log_scale, torch.Tensor)
    assert loss.log_scale.item() == pytest.approx(math.log(200.0))
    at_most = loss_of(temperature=0.01)
    values = [one(plain(one, z), None).value for one in (loss, at_most)]
    torch.testing.assert_close(*values)
    half = loss_of(temperature=0.5)
    half(plain(half, z), None).value.backward()
    assert isinstance(half.log_scale, torch.Tensor)
    assert half.log_scale.grad is not None
    assert half.log_scale.grad.abs() > 0


@pytest.mark.parametrize("name", ["siglip", "nt_xent", "supcon"])
def test_other_losses_over_pairs_compare_across_the_sides_too(name: str) -> None:
    params: dict[str, Scalar] = {"scale": 5.0, "bias": -2.0} if name == "siglip" else {"temperature": 0.2}
    loss, z = loss_of(name, views="pairs", **params), rows()
    ours = loss(plain(loss, z), None).value
    cosines = unit(z[:PAIRS]) @ unit(z[PAIRS:]).T
    if name == "siglip":
        sign = 2 * torch.eye(PAIRS) - 1
        theirs = -F.logsigmoid(sign * (5.0 * cosines - 2.0)).sum() / PAIRS
    else:
        target = torch.arange(PAIRS)
        theirs = (F.cross_entropy(cosines / 0.2, target) + F.cross_entropy(cosines.T / 0.2, target)) / 2
    torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-9)


def test_a_batch_of_one_side_and_a_collapsed_one_have_a_loss() -> None:
    loss = loss_of()
    z = rows(4)
    alone = loss(batch_of(loss, z, [0, 1, 2, 3], [-1] * 4), None)
    assert (alone.value.item(), alone.active.item()) == (0.0, 0.0)
    same = torch.ones(2 * PAIRS, 5, dtype=torch.float64, requires_grad=True)
    found = loss(plain(loss, same), None)
    assert found.value.item() == pytest.approx(math.log(PAIRS))
    assert found.active.item() == 1.0
