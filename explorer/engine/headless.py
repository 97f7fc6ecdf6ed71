"""A session without a window: it is driven until something has happened, and what goes on meanwhile is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from explorer.core.errors import Cancelled, UserError
from explorer.core.events import ItemsReady, RunFailed, RunFinished, RunStarted, Scalar, Set
from explorer.core.figure_words import main_figure
from explorer.core.given_tuples import HELD, WORDS, GivenKind, read_given
from explorer.core.recipe import Recipe
from explorer.core.threads import check_threads
from explorer.core.types import PIXELS_RUN, Evaluation, JobStatus, Progress, StepMetrics
from explorer.core.words import clock, several
from explorer.engine.analysis.raw_baseline import RAW_DISTANCE
from explorer.engine.datasets.baselines import raw_name
from explorer.engine.events import UNDER_WAY, DatasetComplete, DatasetFailed, DatasetOpened, Notice, Role
from explorer.engine.run.alarms import Alarm, Remedy
from explorer.engine.session.session import Session

TICK_SECONDS = 0.25


class Teller(Protocol):
    """Is told what goes on."""

    def say(self, text: str) -> None:
        """Hear of something in one sentence."""

    def progress(self, title: str, done: int, total: int, detail: str = "") -> None:
        """Hear how far something is; ``total`` 0: not known."""


class TrainingFault(Exception):
    """Training ended with a fault of ours; the text is the traceback of its thread."""


class Headless:
    """Drives a session until something has happened, and tells what goes on meanwhile.

    ``threads``: of torch on the CPU, 0: all cores; ``UserError``: so many cannot train.
    """

    def __init__(self, teller: Teller, *, threads: int = 0) -> None:
        check_threads(threads)
        self.teller = teller
        self._bell = threading.Event()
        self._interrupts = 0
        self.session: Session = Session(self._bell.set, live=False, threads=threads)
        threading.Thread(target=_load_torch, name="load torch", daemon=True).start()
        self.started: RunStarted | None = None
        self.finished: RunFinished | None = None
        self._loss = ""
        self._recall = ""

    def open_all(self, recipe: Recipe, sources: Sequence[tuple[str, Role]], *, whole: bool = False) -> None:
        """Open data, as the recipe reads them, and what is added to them; ``whole``: see ``open``."""
        self.session.configure(recipe)
        for spec, role in sources:
            self.open(spec, role, whole=whole and role == "main")

    def give(self, path: str, kind: GivenKind) -> None:
        """Train on a file of pairs, triplets or must-link lists in place of classes; an empty ``path``: on classes.

        Raises
        ------
        UserError: if it cannot be read, or a line of it is wrong.
        """
        dataset, split = self.session.dataset, self.session.split
        if not path or dataset is None:
            return
        given = read_given(Path(path), kind, dataset.ids)
        self.session.given.take(given)
        if split is not None:
            self.teller.say(given.told(split.train, len(dataset)))

    def open(self, spec: str, role: Role, *, whole: bool = False) -> None:
        """Open data and wait for it; of large data for the first items, unless it is asked for the ``whole``.

        Raises
        ------
        UserError: if they cannot be opened.
        """
        self.session.open(spec, role=role)
        for value in self._values():
            if isinstance(value, DatasetFailed):
                raise UserError(value.message)
            if isinstance(value, DatasetOpened | DatasetComplete) and not (whole and value.dataset.growing):
                report = value.dataset.report
                kind = value.dataset.modality
                kept = several(report.kept, kind.noun, kind.plural)
                text = f"{value.dataset.name}: {kept}, {several(report.classes, 'class', 'classes')}"
                self.teller.say(f"{text}, {len(report.skipped):,} skipped" if report.skipped else text)
                for note in self.session.split.notes if self.session.split is not None else ():
                    self.teller.say(note)
                return

    def train(
        self,
        out: Path | None,
        *,
        resume: bool,
        epochs: int = 0,
        step: int | None = None,
        changes: Sequence[Set] = (),
        values: Sequence[tuple[str, Scalar]] = (),
        until: int = 0,
    ) -> None:
        """Train to the end, or until interrupted; then everything is saved. ``step``: of the checkpoint to go on from.

        ``values``: the live ones that are others from there on, by their keys. ``until``: stop after so many epochs
        of those that are planned; 0: after all. ``changes``: see ``Session.train``; ``out``: None: a new folder under
        the user's runs. The session can train again when this returns.

        Raises
        ------
        UserError, TrainingFault: if it failed.
        """
        back = None if step is None else Remedy("Go back", "rewind", tuple(values), step)
        self.session.train(out, resume=resume, epochs=epochs, back=back, changes=changes, until=until)
        for value in self._values():
            if isinstance(value, RunStarted):
                self.started = value
                self.teller.say(f"Training on {value.device}, {several(value.parameters, 'parameter')}")
            elif isinstance(value, RunFailed):
                self._wait_for_rest()
                raise TrainingFault(value.traceback) if value.traceback else UserError(value.message)
            elif isinstance(value, RunFinished):
                self.finished = value
                self._tell_of(changes, value.step)
                self._wait_for_rest()
                return

    def _wait_for_rest(self) -> None:
        """Wait until the thread that told of its end has let the session go."""
        while self.session.state in UNDER_WAY:
            self._bell.wait(TICK_SECONDS)
            self._bell.clear()

    def _tell_of(self, changes: Sequence[Set], steps: int) -> None:
        """Say which changes were not made, since the run has ended before their step, or was beyond it already."""
        from explorer.runs.folder import RunFolder  # not before the first step

        began = self.started.step if self.started is not None else 0
        early = [change for change in changes if change.step <= began]
        folder = self.session.run_folder
        made = RunFolder.open(folder).history().changes if early and folder is not None else ()
        known = {(change.step, change.path) for change in made}
        for change in early:
            if (change.step, change.path) not in known:  # else the same command was given before
                had, key, value = several(began, "step"), change.path, change.value
                self.teller.say(f"The run had {had} already: {key} = {value} at step {change.step:,} was not set")
        for late in changes:
            if late.step > steps:
                had = several(steps, "step")
                self.teller.say(f"The run had {had}: {late.path} = {late.value} at step {late.step:,} was not set")

    def interrupt(self, *_: object) -> None:
        """Stop and save; the second time at once."""
        self._interrupts += 1
        if self._interrupts > 1:
            raise Cancelled
        self.session.stop()
        self._bell.set()

    def close(self) -> None:
        """End threads and processes."""
        self.session.close()

    def _values(self) -> Iterator[Any]:
        """Yield lifecycle values for ever; progress and notices are shown on the way."""
        while True:
            self._bell.wait(TICK_SECONDS)
            self._bell.clear()
            batch = self.session.lanes.drain()
            for metrics in batch.appended:
                if isinstance(metrics, StepMetrics):
                    self._loss = f"loss {metrics.loss:.4f}"
            for value in batch.latest.values():
                self._show(value)
            for value in batch.sent:
                self._tell(value)
                yield value
            if self._interrupts and self.session.state not in UNDER_WAY:
                raise Cancelled

    def _show(self, value: object) -> None:
        if isinstance(value, Progress):
            left = "" if value.seconds_left is None else f"{clock(value.seconds_left)} left"
            items = self.session.dataset.modality.plural if self.session.dataset else "items"
            rate = f"{value.images_per_second:,.0f} {items}/s"
            detail = "  ".join(text for text in (self._loss, self._recall, rate, left) if text)
            fitted = self.session.recipe.fitter.name != "none" and value.steps == value.epochs
            epoch = f"epoch {min(value.epoch + 1, value.epochs)} of {value.epochs}"
            self.teller.progress("fit" if fitted else epoch, value.step, value.steps, detail)
        elif isinstance(value, JobStatus) and value.state == "running" and self.started is None:
            self.teller.progress(value.title, value.done, value.total)

    def _tell(self, value: object) -> None:
        if isinstance(value, ItemsReady):
            coming = "" if value.ready == value.items else ", the others are still being decoded"
            self.teller.say(
                f"step {value.step:,}: training on {value.ready:,} of {several(value.items, 'item')}{coming}"
            )
        elif isinstance(value, Notice):
            self.teller.say(f"{value.level}: {value.text}" if value.level != "info" else value.text)
        elif isinstance(value, Alarm) and value.message and value.kind != "unsaved":  # that one ends the run
            changes = [f"--set {path}={new}" for remedy in value.remedies[:1] for path, new in remedy.changes]
            self.teller.say(f"warning: {value.message}{' Try ' + ' '.join(changes) if changes else ''}")
        elif isinstance(value, Evaluation) and HELD in value.metrics:
            given = self.session.given.tuples
            kept_out = several(value.items, f"kept-out {WORDS[given.kind] if given is not None else 'tuple'}")
            self.teller.say(f"step {value.step:,}: {value.metrics[HELD]:.1%} of {kept_out} hold")
        elif isinstance(value, Evaluation) and value.part == "held-out" and (told := main_figure(value.metrics)):
            if value.run == PIXELS_RUN:
                dataset = self.session.dataset
                raw = "raw pixels" if dataset is None else raw_name(dataset, RAW_DISTANCE)
                self.teller.say(f"{raw}: {told}")
            else:
                self._recall = told
                self.teller.say(f"step {value.step:,}: {told}")


def _load_torch() -> None:
    """Load what training needs while the data are read; where it cannot be loaded, training says why."""
    with suppress(Exception):
        import_module("explorer.learn.trainer")
