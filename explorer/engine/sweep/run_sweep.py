"""Training the runs of a sweep one after the other, in one process and on data that are opened once.

What was done is told by the folders of the runs and by the queue beside them, so that the same call goes on after any
end, also one without warning: a run that was begun goes on from its last checkpoint.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path

from explorer.core.errors import Cancelled, UserError, printable
from explorer.core.events import RunFinished
from explorer.core.recipe import Recipe
from explorer.core.words import several
from explorer.data.dataset import Dataset
from explorer.engine.datasets.requirements import suited
from explorer.engine.events import Role
from explorer.engine.headless import Headless, Teller, TrainingFault
from explorer.engine.saved_runs import glance_of
from explorer.engine.sweep.halving import Halving
from explorer.engine.sweep.plan import PlannedRun
from explorer.engine.sweep.queue import Entry, SweepQueue
from explorer.runs.creation import remove_new
from explorer.runs.folder import RunFolder
from explorer.runs.header import is_run


@dataclass(frozen=True, slots=True)
class Budget:
    """How long each run trains, where its recipe does not say: the same for all.

    ``pictures``: about so many, in whole epochs; ``minutes``: at most so many; 0: not by that. ``halving``: only the
    better half of the combinations goes on, again and again.
    """

    pictures: int = 0
    minutes: float = 0.0
    halving: bool = False


class Sweep:
    """The runs of a sweep in a folder. ``train`` once; ``interrupt`` from any thread or a signal.

    Parameters
    ----------
    sources: what is opened, as ``Headless.open_all`` takes it. teller: is told what goes on.
    threads: of torch on the CPU, 0: all cores. retry: runs that failed are tried again.
    """

    def __init__(
        self,
        folder: Path,
        runs: Sequence[PlannedRun],
        sources: Sequence[tuple[str, Role]],
        teller: Teller,
        *,
        budget: Budget,
        threads: int = 0,
        retry: bool = False,
    ) -> None:
        self._folder, self._runs, self._sources, self._teller = folder, runs, sources, teller
        self._budget, self._threads, self._retry = budget, threads, retry
        self._headless: Headless | None = None
        self._data: Recipe | None = None
        self._interrupted = False

    def interrupt(self, *_: object) -> None:
        """Stop the run that trains and save it, and begin no other; the second time at once."""
        self._interrupted = True
        if self._headless is not None:
            self._headless.interrupt()

    def train(self) -> tuple[Entry, ...]:
        """Train what was not trained yet, and return what became of every run, in the order of the plan.

        Raises
        ------
        UserError: if the data cannot be opened, another sweep writes the folder, or the folder holds other runs.
        Cancelled: if it was interrupted; what was trained is kept.
        """
        queue = SweepQueue(self._folder)
        try:
            halving = Halving(self._runs, halves=self._budget.halving)
            last: dict[str, Entry] = {}
            while runs := halving.left:
                for number, run in enumerate(runs, start=1):
                    title = f"{number} of {several(len(runs), 'run')}{halving.words}"
                    last[run.name] = self._one(run, halving, queue, title)
                halving.halve(last)
            return tuple(last[run.name] for run in self._runs)
        finally:
            queue.close()
            self._close()

    def _one(self, run: PlannedRun, halving: Halving, queue: SweepQueue, title: str) -> Entry:
        """Return what became of a run in a rung, which is trained where it was not."""
        known = queue.of(run.name, halving.rung)
        path = self._folder / run.name
        if known is not None and known.state == "failed" and not self._retry:
            self._teller.say(f"{title}: {run.name} failed before: {known.message}")
            return known
        if known is not None and known.state == "done" and is_run(path):
            return known
        if self._interrupted:
            raise Cancelled
        queue.append(Entry(run.name, "started", halving.rung))
        try:
            finished = self._trained(run, path, halving, title)
        except (UserError, TrainingFault) as error:
            entry = Entry(run.name, "failed", halving.rung, message=_reason(error))
            self._teller.say(f"{title}: {run.name} failed: {entry.message}")
        else:
            if self._interrupted and finished.reason == "stopped":
                raise Cancelled
            entry = _measured(run.name, halving.rung, path)
            score = "" if entry.score is None else f": recall@1 {entry.score:.4f}"
            self._teller.say(f"{title}: {run.name}{score}")
        queue.append(entry)
        return entry

    def _trained(self, run: PlannedRun, path: Path, halving: Halving, title: str) -> RunFinished:
        """Train a run to the end of its rung, or find that it was, and return how it ended."""
        headless, dataset = self._opened(run.recipe, title)
        recipe = suited(run.recipe, dataset.modality)
        headless.session.configure(recipe)
        epochs = self._epochs(recipe, headless)
        until = halving.epochs(epochs)
        ended = _ended(path, dataset)
        if ended is not None and (ended.epoch >= until or (self._budget.minutes and ended.reason == "stopped")):
            return ended
        if path.exists() and (self._budget.minutes or not is_run(path)):
            remove_new(path)  # what a time had cut off would train longer than the others
        if epochs:
            headless.session.configure(recipe.with_value("epochs", epochs))
        timer = threading.Timer(self._budget.minutes * 60, headless.session.stop)
        timer.daemon = True
        if self._budget.minutes:
            timer.start()
        try:
            headless.train(path, resume=is_run(path), epochs=epochs, until=until if until < epochs else 0)
        finally:
            timer.cancel()
        assert headless.finished is not None
        return headless.finished

    def _opened(self, recipe: Recipe, title: str) -> tuple[Headless, Dataset]:
        """Return a session with the data open as a recipe reads them: the one before where it reads them alike."""
        if self._headless is None or self._data is None or self._data.data != recipe.data:
            self._close()
            self._headless, self._data = Headless(_RunTeller(self._teller), threads=self._threads), recipe
            self._headless.open_all(recipe, self._sources, whole=True)
        teller = self._headless.teller
        assert isinstance(teller, _RunTeller)
        teller.title = title
        assert self._headless.session.dataset is not None
        return self._headless, self._headless.session.dataset

    def _epochs(self, recipe: Recipe, headless: Headless) -> int:
        """Return the epochs of a run; 0 for one that is fitted in closed form."""
        from explorer.learn.task import planned_epochs

        split = headless.session.split
        if recipe.fitter.name != "none" or split is None or not len(split.train):
            return 0
        if self._budget.pictures:
            return max(1, round(self._budget.pictures / len(split.train)))
        return planned_epochs(recipe, len(split.train))

    def _close(self) -> None:
        headless, self._headless = self._headless, None
        if headless is not None:
            headless.close()


class _RunTeller:
    """Passes on how far the run of a sweep is, with the ``title`` of the run, and of what is said only the trouble."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self.title = ""

    def say(self, text: str) -> None:
        """Hear of something in one sentence."""
        if text.startswith(("warning", "error")):
            self._teller.say(text)

    def progress(self, title: str, done: int, total: int, detail: str = "") -> None:
        """Hear how far something is."""
        self._teller.progress(f"{self.title}, {title}" if self.title else title, done, total, detail)


def _ended(path: Path, dataset: Dataset) -> RunFinished | None:
    """Return how the run in a folder ended, None where it did not or there is none.

    Raises
    ------
    UserError: if it was trained on other data.
    """
    if not is_run(path):
        return None
    folder = RunFolder.open(path)
    if folder.data.fingerprint != dataset.fingerprint:
        raise UserError(
            f"{printable(path.name)} was trained on other data", remedy="Sweep into another folder, or delete that run"
        )
    return folder.history().finished


def _measured(run: str, rung: int, path: Path) -> Entry:
    """Return what a run measured last, as its folder says it."""
    entry = Entry(run, "done", rung)
    glance = glance_of(path)
    if glance is None:
        return entry
    return replace(entry, score=glance.recall, figures={name: v for name, v in glance.metrics if isfinite(v)})


def _reason(error: UserError | TrainingFault) -> str:
    lines = str(error).strip().splitlines()
    with suppress(IndexError):
        return lines[-1] if isinstance(error, TrainingFault) else lines[0]
    return type(error).__name__
