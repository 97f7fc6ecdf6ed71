"""A device on which a batch does not fit: every forward pass of too many pictures ends as torch ends it there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch.nn.modules.module import register_module_forward_pre_hook

from explorer.core.events import Checkpoint, ParameterChanged, RunFailed, RunFinished
from explorer.core.recipe import Recipe
from explorer.core.types import Snapshot, StepMetrics
from explorer.learn.encoders.base import Encoder
from explorer.learn.smaller_batches import half_as_large
from tests.learn.tasks import of, quick_recipe, run, task

Room = Callable[[int], None]


@pytest.fixture
def room() -> Iterator[Room]:
    """Return a function that says how many pictures fit."""
    most = [1 << 30]

    def refuse(module: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        if isinstance(module, Encoder) and len(inputs[0]) > most[0]:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")

    hook = register_module_forward_pre_hook(refuse)
    yield lambda pictures: most.__setitem__(0, pictures)
    hook.remove()


def test_batches_are_halved_until_they_fit_and_the_run_goes_on_to_its_end(room: Room) -> None:
    room(5)
    events = run(task(quick_recipe(epochs=2)))
    changes = of(ParameterChanged, events)
    assert [(change.path, change.old, change.new) for change in changes] == [
        ("sampler.classes", 4, 2),
        ("sampler.images", 4, 2),
    ]
    finished = events[-1]
    assert isinstance(finished, RunFinished), finished
    assert finished.epoch == 2
    steps = [metrics.step for metrics in of(StepMetrics, events)]
    assert steps == list(range(1, finished.step + 1))
    assert finished.step == 2 * 12, "48 pictures train, 4 a batch"
    assert len(of(Snapshot, events)[-1].indices) == 60, "an evaluation is made by as many as fit"


def test_it_goes_on_with_the_smaller_batches_bit_for_bit_and_where_there_is_room_again(room: Room) -> None:
    room(8)
    whole = run(task(quick_recipe(epochs=3)))
    first = of(Checkpoint, whole)[0]
    room(1 << 30)
    again = run(task(quick_recipe(epochs=3), resume=first))
    assert not of(ParameterChanged, again)
    last, resumed = of(Checkpoint, whole)[-1], of(Checkpoint, again)[-1]
    assert (last.step, last.scalars) == (resumed.step, resumed.scalars)
    assert all(np.array_equal(last.tensors[name], resumed.tensors[name]) for name in last.tensors)


def test_where_nothing_fits_the_run_ends_with_what_to_do(room: Room) -> None:
    room(1)
    failed = run(task(quick_recipe()))[-1]
    assert isinstance(failed, RunFailed)
    assert "The GPU ran out of memory at step 1" in failed.message
    assert not failed.traceback


@pytest.mark.parametrize("name", ["pk", "shuffled", "balanced", "episodic", "hierarchical", "class_mining", "given"])
def test_the_batches_of_every_sampler_can_be_halved(name: str) -> None:
    recipe = Recipe().with_value("sampler", name)
    half = half_as_large(recipe)
    assert half is not None
    path, old, new = half
    assert new == old // 2
    assert recipe.with_value(path, new).params("sampler") != recipe.params("sampler")
