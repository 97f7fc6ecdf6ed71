"""Training single runs of a sweep on one device, in one session on data that are opened once."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Protocol

from explorer.core.errors import Cancelled, UserError, printable
from explorer.core.events import RunFinished
from explorer.core.given_tuples import GivenKind, GivenTuples
from explorer.core.recipe import Recipe
from explorer.data.dataset import Dataset
from explorer.engine.datasets.requirements import suited
from explorer.engine.events import Role
from explorer.engine.headless import Headless, Teller, TrainingFault
from explorer.engine.run.trainer_thread import available_cores
from explorer.engine.saved_runs import glance_of
from explorer.engine.sweep.plan import PlannedRun
from explorer.engine.sweep.queue import Entry
from explorer.runs.creation import remove_new
from explorer.runs.folder import RunFolder
from explorer.runs.given_file import read_record
from explorer.runs.header import is_run


@dataclass(frozen=True, slots=True)
class Budget:
    """How long each run trains, where its recipe does not say: the same for all.

    ``pictures``: about so many, in whole epochs; ``minutes``: at most so many; 0: not by that.
    """

    pictures: int = 0
    minutes: float = 0.0


@dataclass(frozen=True, slots=True)
class Task:
    """What all runs of a sweep have in common.

    ``sources``: what is opened, as ``Headless.open_all`` takes it. ``given``: a file of pairs or the like that is
    trained on in place of classes, and of which kind it is; an empty name: none. ``threads``: of torch on the CPU.
    """

    sources: tuple[tuple[str, Role], ...]
    budget: Budget = Budget()
    given: tuple[str, GivenKind] = ("", "pairs")
    threads: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """A run that is to be trained into ``path``, to its end or a part of it.

    ``halved``: how often the epochs are halved, of successive halving; ``rung``: of that. ``title``: which of how many.
    """

    run: PlannedRun
    path: Path
    title: str
    rung: int = 0
    halved: int = 0

    def until(self, epochs: int) -> int:
        """Return how many epochs the run has at the end of this, of so many in all."""
        return max(min(1, epochs), epochs >> self.halved)


class Trainer(Protocol):
    """Trains runs on a ``device``, one at a time; an empty one: that of the recipe."""

    device: str

    def train(self, job: Job) -> Entry:
        """Return what became of a run, which is trained to its end.

        Raises
        ------
        Cancelled: if it was interrupted; what was trained is kept.
        """

    def interrupt(self) -> None:
        """Stop the run that trains and save it; the second time at once."""

    def close(self) -> None:
        """End threads and processes."""


class TrainHere:
    """Trains runs in this process."""

    def __init__(self, task: Task, teller: Teller, device: str = "") -> None:
        self.device, self._task, self._teller = device, task, teller
        self._headless: Headless | None = None
        self._data: Recipe | None = None
        self._interrupted = False

    def interrupt(self) -> None:
        """Stop the run that trains and save it; the second time at once."""
        self._interrupted = True
        if self._headless is not None:
            self._headless.interrupt()

    def train(self, job: Job) -> Entry:
        """Return what became of a run, which is trained to its end."""
        try:
            finished = self._trained(job)
        except (UserError, TrainingFault) as error:
            entry = Entry(job.run.name, "failed", job.rung, message=_reason(error))
            self._teller.say(f"{job.title}: {job.run.name} failed: {entry.message}")
            return entry
        if self._interrupted and finished.reason == "stopped":
            raise Cancelled
        entry = _measured(job)
        score = "" if entry.score is None else f": recall@1 {entry.score:.4f}"
        self._teller.say(f"{job.title}: {job.run.name}{score}")
        return entry

    def _trained(self, job: Job) -> RunFinished:
        """Train a run to the end of its rung, or find that it was, and return how it ended."""
        budget, path = self._task.budget, job.path
        headless, dataset = self._opened(job.run.recipe, job.title)
        recipe = suited(job.run.recipe, dataset.modality)
        headless.session.configure(recipe)
        epochs = self._epochs(recipe, headless)
        until = job.until(epochs)
        ended = _ended(path, dataset, headless.session.given.tuples)
        if ended is not None and (ended.epoch >= until or (budget.minutes and ended.reason == "stopped")):
            return ended
        if path.exists() and (budget.minutes or not is_run(path)):
            remove_new(path)  # what a time had cut off would train longer than the others
        if epochs:
            recipe = recipe.with_value("epochs", epochs)
        headless.session.configure(recipe.with_value("device", self.device) if self.device else recipe)
        timer = threading.Timer(budget.minutes * 60, headless.session.stop)
        timer.daemon = True
        if budget.minutes:
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
            self.close()
            self._headless, self._data = Headless(_RunTeller(self._teller), threads=self._task.threads), recipe
            self._headless.open_all(recipe, self._task.sources, whole=True)
            self._headless.give(*self._task.given)
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
        if self._task.budget.pictures:
            return max(1, round(self._task.budget.pictures / len(split.train)))
        return planned_epochs(recipe, len(split.train))

    def close(self) -> None:
        """End threads and processes."""
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


def _ended(path: Path, dataset: Dataset, given: GivenTuples | None) -> RunFinished | None:
    """Return how the run in a folder ended, None where it did not or there is none.

    Raises
    ------
    UserError: if it was trained on other data, or something else was given.
    """
    if not is_run(path):
        return None
    folder, record = RunFolder.open(path), read_record(path)
    other = "data" if folder.data.fingerprint != dataset.fingerprint else ""
    if (record.digest if record is not None else "") != (given.digest if given is not None else ""):
        other = other or "pairs, triplets or classes"
    if other:
        raise UserError(
            f"{printable(path.name)} was trained on other {other}",
            remedy="Sweep into another folder, or delete that run",
        )
    return folder.history().finished


def _measured(job: Job) -> Entry:
    """Return what a run measured last, as its folder says it."""
    entry = Entry(job.run.name, "done", job.rung)
    glance = glance_of(job.path)
    if glance is None:
        return entry
    return replace(entry, score=glance.recall, figures={name: v for name, v in glance.metrics if isfinite(v)})


def _reason(error: UserError | TrainingFault) -> str:
    lines = str(error).strip().splitlines()
    with suppress(IndexError):
        return lines[-1] if isinstance(error, TrainingFault) else lines[0]
    return type(error).__name__


def shared_threads(threads: int, workers: int) -> int:
    """Return how many threads of torch each of some workers gets: an equal part of the cores, or as many as asked."""
    return threads or (max(1, available_cores() // workers) if workers > 1 else 0)
