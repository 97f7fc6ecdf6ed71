"""A process that trains a run along with the first one: it reads the data, and does what that one says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from explorer.core.recipe import Recipe
from explorer.engine.datasets.loading import Opened, load
from explorer.engine.events import Role
from explorer.engine.run.new_run import task_data

if TYPE_CHECKING:
    from explorer.learn.torch_ranks import TorchRanks


class _Quiet:
    """The control of a job that nobody watches or ends."""

    def progress(self, stage: str, done: int, total: int) -> None:
        """Tell nobody."""

    def cancelled(self) -> bool:
        """Nobody asks."""
        return False


def open_whole(recipe: Recipe, sources: Sequence[tuple[str, Role]]) -> Opened:
    """Open data as a recipe reads them, with what is added to them.

    Raises
    ------
    UserError: if they cannot be opened.
    """
    opened: Opened | None = None
    for spec, role in sources:
        opened = load(spec, role, opened, recipe, _Quiet(), None)
    assert opened is not None
    return opened


def follow_run(opened: Opened, ranks: TorchRanks, threads: int) -> None:
    """Train along with the first process until that has ended.

    Raises
    ------
    UserError: if what it trains cannot be made here; RankLostError: if another process is lost.
    """
    import torch

    from explorer.learn.follow import follow, taken_over
    from explorer.learn.task import Task

    torch.set_num_threads(threads)
    share = taken_over(ranks)
    task = Task(
        run=share.run,
        recipe=share.recipe,
        **task_data(opened.dataset, share.recipe),
        split=share.split,
        threads=threads,
        precision=share.precision,
        resume=share.resume,
        ranks=ranks,
    )
    follow(task, ranks)
