"""What all ranks but the first do: they repeat what that one announces."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from explorer.core.events import Checkpoint
from explorer.core.label_decisions import DecidedLabels
from explorer.core.recipe import Recipe
from explorer.core.types import IntArray, Split
from explorer.learn.guarded_optimiser import NotFiniteError
from explorer.learn.learner import Learner
from explorer.learn.run_state import RunState
from explorer.learn.task import Task

if TYPE_CHECKING:
    from explorer.learn.torch_ranks import TorchRanks  # not every build of torch has what it takes

CHECKPOINT = "checkpoint."


@dataclass(frozen=True, slots=True)
class Share:
    """What the first rank tells the others of a task: all but the data, which each of them has read."""

    run: str
    recipe: Recipe
    precision: str
    split: Split
    resume: Checkpoint | None


def hand_over(task: Task) -> None:
    """Tell the other ranks, if there are any, what is trained from where on."""
    split, resume, ranks = task.split, task.resume, task.ranks
    if ranks.size == 1:
        return
    arrays: dict[str, npt.NDArray[Any]] = {"train": split.train, "held_out": split.held_out}
    if resume is not None:
        arrays |= {CHECKPOINT + name: array for name, array in resume.tensors.items()}
    ranks.say(
        "task",
        run=task.run,
        recipe=task.recipe.to_toml(),
        precision=task.precision,
        split=split.kind,
        unseen=split.unseen,
        resume=None if resume is None else [resume.step, resume.epoch, dict(resume.scalars)],
    )
    ranks.send(arrays)


def taken_over(ranks: TorchRanks) -> Share:
    """Wait for what the first rank hands over."""
    order, _ = ranks.hear()
    arrays = ranks.receive()
    resume = None
    if order["resume"] is not None:
        step, epoch, scalars = order["resume"]
        tensors = {name.removeprefix(CHECKPOINT): a for name, a in arrays.items() if name.startswith(CHECKPOINT)}
        resume = Checkpoint(order["run"], step, epoch, tensors, scalars)
    split = Split(order["split"], arrays["train"], arrays["held_out"], order["unseen"])
    return Share(order["run"], Recipe.from_toml(order["recipe"]), order["precision"], split, resume)


def follow(task: Task, ranks: TorchRanks) -> None:
    """Train along until the first rank has ended.

    Raises
    ------
    RankLostError: if another one is lost.
    """
    try:
        _follow(RunState(task).learner, ranks)
    finally:
        ranks.close()


def _follow(learner: Learner, ranks: TorchRanks) -> None:
    orders: dict[str, Callable[..., object]] = {
        "advance": lambda rows, factor: _advance(learner, rows, factor),
        "embed": lambda rows, remember: learner.embed(rows, remember=remember),
        "begin_epoch": lambda rows: learner.begin_epoch(),
        "change": lambda rows, path, value: learner.change(path, value),
        "relabel": lambda rows, excluded: learner.relabel(_decided(rows, excluded)),
    }
    while True:
        order, rows = ranks.hear()
        op = order.pop("op")
        if op == "stop":
            return
        orders[op](rows, **order)


def _advance(learner: Learner, positions: IntArray, factor: float) -> None:
    with suppress(NotFiniteError):  # the first has seen the same, and decides
        learner.advance(positions, factor)


def _decided(labels: IntArray, excluded: list[int]) -> DecidedLabels:
    out = np.zeros(len(labels), np.bool_)
    out[excluded] = True
    return DecidedLabels(labels, out)
