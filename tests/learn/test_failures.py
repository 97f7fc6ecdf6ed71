"""A part of somebody else that fails is no fault of ours: what is said names the extension, and what to do."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from pathlib import Path

import pytest

from explorer.core import extensions, registry
from explorer.core.events import RunFailed
from explorer.core.recipe import Part, Recipe
from explorer.learn.trainer import train
from tests.helpers.extensions import bring, forget
from tests.learn.tasks import task

CODE = """
import torch
from explorer.core.registry import Parameters, register
from explorer.learn.batch import LossOutput
from explorer.learn.losses.base import Loss


def other_loss(name, judge):
    @register("loss", name, title=name)
    class Other(Loss):
        '''A loss of somebody else.'''

        class Params(Parameters):
            '''None.'''

        def forward(self, batch, triplets=None):
            return judge(batch)


def breaks(batch):
    raise KeyError("x")


def leaves(batch):
    raise SystemExit(3)


nothing = torch.tensor(0.0)
other_loss("leaves", leaves)
other_loss("breaks", breaks)
other_loss("none", lambda batch: None)
other_loss("rows", lambda batch: LossOutput(batch.embeddings.sum(dim=1), nothing))
other_loss("constant", lambda batch: LossOutput(torch.tensor(1.0), nothing))
other_loss("no_number", lambda batch: LossOutput(batch.embeddings.sum() * float("nan"), nothing))
"""

JUNK = """
import numpy as np
import torch
from explorer.core.registry import register
from explorer.learn.augments.base import Augment
from explorer.learn.batch import Triplets
from explorer.learn.distances.base import Distance
from explorer.learn.encoders.base import Encoder
from explorer.learn.miners.base import Miner
from explorer.learn.samplers.base import Sampler


def other(kind, name, base, **members):
    register(kind, name)(type("Other", (base,), {"__doc__": "Junk.", "__module__": __name__, **members}))


def triplets(row, count=2, kind=torch.int64):
    rows = torch.full((2,), row, dtype=kind)
    return Triplets(rows, rows[:count], rows, torch.ones(2, dtype=torch.bool))


def prepare(self):
    self.batch, self.length = 4, 3


other("miner", "junk_list", Miner, __call__=lambda self, batch, margin, generator: [1, 2])
other("miner", "junk_rows", Miner, __call__=lambda self, batch, margin, generator: triplets(5000))
other("miner", "junk_lengths", Miner, __call__=lambda self, batch, margin, generator: triplets(0, count=1))
other("miner", "junk_floats", Miner, __call__=lambda self, batch, margin, generator: triplets(0, kind=torch.float32))
other("sampler", "junk_nothing", Sampler)
other("sampler", "junk_none", Sampler, prepare=prepare, epoch=lambda self: None)
other("sampler", "junk_positions", Sampler, prepare=prepare, epoch=lambda self: iter([np.array([10**6])]))
other("sampler", "junk_floats", Sampler, prepare=prepare, epoch=lambda self: iter([np.array([0.5])]))
other("sampler", "junk_empty", Sampler, prepare=prepare, epoch=lambda self: iter([np.array([], dtype=np.int64)]))
made = {"dimension": 3, "__init__": lambda self, params, *, shape: (
    Encoder.__init__(self, params, shape=shape), setattr(self, "scale", torch.nn.Parameter(torch.ones(3))))[0]}
other("encoder", "junk_list", Encoder, **made, forward=lambda self, pictures: [1.0])
other("encoder", "junk_shape", Encoder, **made, forward=lambda self, pictures: self.scale * pictures.mean())
other("encoder", "junk_nan", Encoder, **made, forward=lambda self, p: self.scale * p.mean((1, 2, 3))[:, None] / 0)
other("distance", "junk_shape", Distance, lift="euclidean", matrix=lambda self, a, b=None: a.sum(dim=1))
other("distance", "junk_no_lift", Distance)
other("augment", "junk_shape", Augment, __call__=lambda self, pictures, generator: pictures[:1])
register("miner", "junk_class")(type("Other", (), {"__doc__": "Junk.", "__module__": __name__,
                                                  "__init__": lambda self, params: None}))
register("miner", "junk_call")(type("Other", (Miner,), {"__doc__": "Junk.", "__module__": __name__,
                                                       "__init__": lambda self: None}))
"""

NO_OUTPUT = "The loss Other of the extension losses_of_others returns no"


KINDS = ("augment", "distance", "encoder", "loss", "miner", "sampler")


@pytest.fixture
def _others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two packages of somebody else, where Python finds them."""
    for name in KINDS:
        registry.catalogue(name)  # ours stay as they are
    monkeypatch.setattr(extensions, "_PACKAGES", set())
    monkeypatch.setattr(extensions, "_FOUND", {})
    bring(tmp_path, "losses_of_others", CODE, ("loss",))
    bring(tmp_path, "junk_of_others", JUNK, [kind for kind in KINDS if kind != "loss"])
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(registry, "_LOADED", registry._LOADED - set(KINDS))
    yield
    for package in ("losses_of_others", "junk_of_others"):
        forget(package)


@pytest.mark.usefixtures("_others")
@pytest.mark.parametrize(
    ("loss", "told"),
    [
        (
            "breaks",
            "The extension losses_of_others failed at step 1, in line 21 of losses_of_others.py: KeyError: 'x'.",
        ),
        *(
            (name, "The loss Other of the extension losses_of_others returns no")
            for name in ("none", "rows", "constant")
        ),
        (
            "no_number",
            "The loss Other of the extension losses_of_others returns nan for embeddings that are finite",
        ),
    ],
)
def test_a_loss_of_an_extension_that_fails_is_told_as_such(loss: str, told: str) -> None:
    recipe = Recipe(device="cpu").with_settings([f"loss={loss}", "epochs=1"])
    (failed,) = [event for event in train(task(recipe), queue.SimpleQueue()) if isinstance(event, RunFailed)]
    assert failed.message.startswith(told)
    assert failed.message.endswith("Tell its author, or choose another part in the recipe")
    assert failed.traceback == ""


@pytest.mark.usefixtures("_others")
@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("miner=junk_list", "returns a list in place of Triplets"),
        ("miner=junk_rows", "returns rows that a batch of "),
        ("miner=junk_lengths", "returns triplets whose parts have different lengths"),
        ("miner=junk_floats", "returns triplets whose rows are not int64"),
        ("miner=junk_class", "is no Miner of explorer.learn.miners.base"),
        ("miner=junk_call", "cannot be made ("),
        ("sampler=junk_nothing", "does not say in batch and length"),
        ("sampler=junk_none", "gives a NoneType in place of an iterator"),
        ("sampler=junk_positions", "gives positions that no training item has"),
        ("sampler=junk_floats", "gives 1 float64 in place of a row of whole numbers"),
        ("sampler=junk_empty", "gives a batch without items"),
        ("encoder=junk_list", "returns a list in place of numbers"),
        ("encoder=junk_shape", "returns 3 torch.float32 in place of "),
        ("encoder=junk_nan", "returns numbers that are not finite, and its weights are"),
        ("distance=junk_shape", "returns 3 torch.float32 or no finite numbers as the distances of 3 rows"),
        ("distance=junk_no_lift", "does not name in lift how it is searched"),
        ("augment=junk_shape", "returns 1 × "),
    ],
)
def test_what_an_extension_returns_that_cannot_be_used_is_its_fault(setting: str, told: str) -> None:
    kind, _, name = setting.partition("=")
    part = Part(name=name)
    recipe = Recipe(device="cpu", epochs=1).model_copy(update={kind: part})
    (failed,) = [event for event in train(task(recipe), queue.SimpleQueue()) if isinstance(event, RunFailed)]
    assert failed.message.startswith(f"The {kind} Other of the extension junk_of_others {told}")
    assert failed.message.endswith("Tell its author, or choose another part in the recipe")
    assert failed.traceback == ""
