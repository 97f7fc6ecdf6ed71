"""A loss of somebody else that fails is no fault of ours: what is said names the extension, and what to do."""

from __future__ import annotations

import queue
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from explorer.core import registry
from explorer.core.errors import UserError
from explorer.core.events import RunFailed
from explorer.core.recipe import Recipe
from explorer.learn.trainer import train
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
"""

NO_OUTPUT = "The loss Other of the extension losses_of_others returns no"


def installed(folder: Path, name: str, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a package with a loss where Python finds it."""
    about = folder / f"{name}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[embedding_explorer.loss]\nx = {name}\n")
    (folder / f"{name}.py").write_text(code)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(registry, "_LOADED", registry._LOADED - {"loss"})


@pytest.fixture
def _other_losses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(registry, "_EXTENSIONS", set())
    installed(tmp_path, "losses_of_others", CODE, monkeypatch)
    yield
    for name in ("breaks", "leaves", "none", "rows", "constant"):
        registry._ENTRIES.pop(("loss", name), None)
    sys.modules.pop("losses_of_others", None)


@pytest.mark.usefixtures("_other_losses")
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
    ],
)
def test_a_loss_of_an_extension_that_fails_is_told_as_such(loss: str, told: str) -> None:
    recipe = Recipe(device="cpu").with_settings([f"loss={loss}", "epochs=1"])
    (failed,) = [event for event in train(task(recipe), queue.SimpleQueue()) if isinstance(event, RunFailed)]
    assert failed.message.startswith(told)
    assert failed.message.endswith("Tell its author, or choose another part in the recipe")
    assert failed.traceback == ""


@pytest.mark.parametrize("code", ["import nothing_like_that", "def x(:"])
def test_an_extension_that_cannot_be_loaded_is_named(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_EXTENSIONS", set())
    installed(tmp_path, "broken_losses", code, monkeypatch)
    with pytest.raises(UserError, match=r"The extension broken_losses cannot be loaded .*Error: .*Update it"):
        registry.catalogue("loss")
