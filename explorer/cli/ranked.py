"""``train`` as torchrun starts it: the first process trains, and the others do what it says."""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.cli.console import Console
from explorer.cli.recipes import recipe_of
from explorer.core.errors import UserError, printable
from explorer.core.recipe import Recipe

if TYPE_CHECKING:
    from explorer.engine.events import Role
    from explorer.engine.headless import Headless
    from explorer.learn.ranks import Ranks


def rank_here() -> int:
    """Return which process of those that torchrun has started this is, 0 for the first or the only one."""
    return _number("RANK", 0) if is_ranked() else 0


def is_ranked() -> bool:
    """Return whether torchrun, or what sets the same variables, has started several processes."""
    return "MASTER_ADDR" in os.environ and _number("WORLD_SIZE", 1) > 1


def threads_here(asked: int) -> int:
    """Return how many threads compute in this process, 0 for all cores: those of a machine are divided."""
    from explorer.engine.run.trainer_thread import available_cores

    return asked or (max(1, available_cores() // _number("LOCAL_WORLD_SIZE", 1)) if is_ranked() else 0)


class Others:
    """The other processes, as the first one deals with them; where it is alone nothing is done.

    Raises
    ------
    UserError: if the recipe is none that several processes can train.
    """

    def __init__(self, asked: Recipe, recipe: Recipe) -> None:
        """``asked``: the recipe of the command; ``recipe``: that of the run, which may be there already."""
        self.there = is_ranked()
        if not self.there:
            return
        if recipe.fitter.name != "none":
            raise UserError(
                "A fitter takes no steps that could be divided among processes", remedy="Start it without torchrun"
            )
        from explorer.learn.torch_ranks import Meeting

        self._meeting = Meeting()
        self._meeting.begin(recipe.to_toml())
        self._same = _same(asked)

    def train_along(self, headless: Headless) -> None:
        """Let them read the data, which are decoded, and train what is trained from now on."""
        if self.there:
            self._meeting.read()
            headless.session.train_on_ranks(self._join)

    def _join(self, data: str) -> Ranks:
        ranks = self._meeting.join(self._same + data)
        assert ranks is not None
        return ranks

    @contextmanager
    def told(self, out: Path, headless: Headless, console: Console) -> Iterator[None]:
        """End this process too where the training fails that they take part in; all of it is on the disk then.

        What asks it to end is not followed meanwhile: torchrun does so as soon as it has seen that another one ended.
        """
        try:
            yield
        except UserError as error:
            if not self.there:
                raise
            heed_nobody()
            headless.close()
            console.clear()
            console.error(with_checkpoint(error, out))
            leave(2)

    def dismiss(self) -> None:
        """Let them end: there is nothing to train."""
        if self.there:
            self._meeting.dismiss()


def follow_first(options: argparse.Namespace, sources: Sequence[tuple[str, Role]], console: Console) -> int:
    """Train along with the first process until that has ended; return the exit status."""
    from explorer.engine.run.rank_follower import follow_run, open_whole
    from explorer.learn.torch_ranks import Meeting

    meeting = Meeting()
    recipe = Recipe.from_toml(meeting.recipe())
    first_here = _number("LOCAL_RANK", 0) == 0
    if not first_here:
        meeting.await_read()
    opened = open_whole(recipe, sources)
    if first_here:
        meeting.read()
    ranks = meeting.join(
        _same(recipe_of(options)) + opened.dataset.fingerprint,
        lambda error: console.error(f"process {rank_here()}: {with_checkpoint(error, Path(options.out))}"),
    )
    if ranks is None:
        return 0
    heed_nobody()  # the first one saves, and then says that it ends
    try:
        follow_run(opened, ranks, threads_here(options.threads))
    except UserError as error:
        console.error(f"process {rank_here()}: {with_checkpoint(error, Path(options.out))}")
        leave(1)
    return 0


def with_checkpoint(error: UserError, out: Path) -> str:
    """Return why a training ended and which checkpoint there is to go on from, whichever process was lost.

    The first one writes them, by time as well: where it is lost the newest whole one on the disk is what there is.
    Nothing is said of it where the folder of the run is not seen from here, as on another machine.
    """
    from explorer.runs.folder import RunFolder
    from explorer.runs.header import is_run

    try:
        found = RunFolder.open(out).latest_checkpoint() if is_run(out) else None
    except UserError:
        found = None
    if found is None:
        return str(error)
    kept = f"The last whole checkpoint so far is of step {found.step:,}, in {printable(str(out))}"
    return str(UserError(str(error), remedy=kept))


def heed_nobody() -> None:
    """Do not end when asked to any more."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)


def leave(status: int) -> None:
    """End at once: what talks to a process that is lost would be waited for."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _same(asked: Recipe) -> str:
    """Return what stands for a recipe that all processes have to be asked for."""
    return hashlib.sha256(asked.to_toml().encode()).hexdigest()


def _number(name: str, default: int) -> int:
    value = os.environ.get(name, "")
    return int(value) if value.isdigit() else default
