"""What all losses over pairs and triplets keep."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from explorer.core.registry import Scalar
from explorer.learn.batch import Batch
from tests.learn.losses.batches import LABELS, build, every_triplet, listed, of, rows

FORMS: list[tuple[str, dict[str, Scalar]]] = [
    ("triplet", {"mean": "all"}),
    ("contrastive", {}),
    ("contrastive", {"form": "linear"}),
    ("contrastive", {"form": "textbook"}),
    ("quadruplet", {"mean": "all"}),
    ("quadruplet", {"mean": "all", "others": "all"}),
    ("quadruplet", {"mean": "sum", "others": "all", "second": 0.4}),
    ("angular", {}),
    ("n_pair", {}),
    ("n_pair", {"form": "first"}),
    ("lifted_structure", {}),
    ("lifted_structure", {"form": "generalised"}),
    ("histogram", {}),
    ("multi_similarity", {}),
    ("margin", {}),
    ("margin", {"learned": "class"}),
    ("circle", {}),
    ("tuplet_margin", {}),
    ("ranked_list", {}),
    ("ranked_list", {"pull": 3.0}),
]


def but(*names: str) -> list[tuple[str, dict[str, Scalar]]]:
    """Return the forms of all other losses."""
    return [form for form in FORMS if form[0] not in names]


@pytest.mark.parametrize("distance", ["euclidean", "squared_euclidean", "cosine"])
@pytest.mark.parametrize(("name", "params"), but("circle"))
def test_gradients_are_those_of_the_value(name: str, params: dict[str, Scalar], distance: str) -> None:
    """Not of the circle loss, which takes its weights as constants."""
    labels = [0, 0, 1, 1, 1, 2, 2, 3]
    loss, z = build(name, params, distance), rows(labels, seed=7, dimension=3)
    assert torch.autograd.gradcheck(lambda x: loss(of(loss, x, labels), None).value, (z,))
    mined = listed(every_triplet(labels)[::3])
    assert torch.autograd.gradcheck(lambda x: loss(of(loss, x, labels), mined).value, (z,))


@pytest.mark.parametrize(("name", "params"), FORMS)
def test_all_triplets_as_a_list_are_no_miner(name: str, params: dict[str, Scalar]) -> None:
    labels = LABELS["unbalanced"]
    loss, z = build(name, params), rows(labels)
    batch = of(loss, z, labels)
    whole, mined = loss(batch, None), loss(batch, listed(every_triplet(labels)))
    torch.testing.assert_close(whole.value, mined.value)
    torch.testing.assert_close(whole.active, mined.active)
    gradients = [torch.autograd.grad(output.value, z, retain_graph=True)[0] for output in (whole, mined)]
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize(("name", "params"), but("quadruplet", "n_pair"))
def test_a_miner_restricts_the_pairs(name: str, params: dict[str, Scalar]) -> None:
    """Rows in no mined triplet get no gradient, but where the loss looks at the whole batch as well."""
    labels = LABELS["balanced"]
    loss, z = build(name, params), rows(labels)
    mined = [t for t in every_triplet(labels) if all(row < 10 for row in t)][::2]
    (gradient,) = torch.autograd.grad(loss(of(loss, z, labels), listed(mined)).value, z)
    touched = sorted({row for triplet in mined for row in triplet})
    assert gradient[touched].any()
    assert not gradient[[row for row in range(len(labels)) if row not in touched]].any()


@pytest.mark.parametrize(("name", "params"), but("quadruplet"))
def test_remembered_rows_are_compared_but_never_anchors(name: str, params: dict[str, Scalar]) -> None:
    """The loss of a batch with a memory is that of all triplets whose anchors are in the batch."""
    own, others = LABELS["unbalanced"], [0, 1, 5, 5, 2, 2]
    if name == "n_pair":
        params = params | {"length": 0.0}
    loss, z, remembered = build(name, params), rows(own), rows(others, seed=3).detach()
    extended = of(loss, z, own).extended(remembered, torch.tensor(others))
    listing = listed(every_triplet(own + others, anchors=len(own)))
    whole = of(loss, torch.cat((z, remembered)), own + others)
    expected: Tensor = loss(whole, listing).value
    if name in ("multi_similarity", "ranked_list"):  # a mean over anchors, of which there are more without a memory
        expected = expected * len(whole) / len(own)
    value = loss(extended, None).value
    torch.testing.assert_close(value, expected)
    gradients = [torch.autograd.grad(found, z, retain_graph=True)[0] for found in (value, expected)]
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("labels", [[0], [0, 1, 2, 3], [0, 0, 0]])
@pytest.mark.parametrize(("name", "params"), but("contrastive", "multi_similarity", "ranked_list"))
def test_without_a_triplet_there_is_nothing_to_learn(name: str, params: dict[str, Scalar], labels: list[int]) -> None:
    """The others pull and push pairs by themselves."""
    if name == "n_pair":
        params = params | {"length": 0.0}
    loss, z = build(name, params), rows(labels)
    output = loss(of(loss, z, labels), None)
    assert output.value.item() == 0
    assert output.active.item() == 0
    output.value.backward()
    assert z.grad is not None
    assert not z.grad.any()


@pytest.mark.parametrize(("name", "params"), FORMS)
@pytest.mark.parametrize("spread", [0.0, 1e-9, 1.0, 1e6])
@pytest.mark.parametrize("normalise", [True, False])
def test_float32_stays_finite(name: str, params: dict[str, Scalar], spread: float, normalise: bool) -> None:
    labels = LABELS["unbalanced"]
    loss = build(name, params, "squared_euclidean", normalise=normalise)
    z = (rows(labels).detach().float() * spread).requires_grad_()
    output = loss(Batch(z, torch.tensor(labels), loss.distance), None)
    output.value.backward()
    assert output.value.isfinite()
    assert z.grad is not None
    assert z.grad.isfinite().all()
