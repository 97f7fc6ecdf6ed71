"""``train DATA --out RUN``: the session of the window, without the window."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from explorer.cli.console import Console
from explorer.cli.recipes import recipe_of
from explorer.core.errors import Cancelled, UserError, printable
from explorer.core.events import ItemsReady, RunFailed, RunFinished, RunStarted
from explorer.core.recipe import PART_KINDS, Recipe
from explorer.core.types import PIXELS_RUN, Evaluation, JobStatus, Progress, StepMetrics
from explorer.core.words import several

if TYPE_CHECKING:
    from explorer.engine.session.session import Session

TICK_SECONDS = 0.25
HEADLINE = (
    *("recall@1", "recall@5", "map@r", "r_precision", "nmi"),
    *("text_to_picture_recall@1", "picture_to_text_recall@1"),
)
"""The figures that training ends with; ``evaluate`` has more."""


class TrainingFault(Exception):
    """Training ended with a fault of ours; the text is the traceback of its thread."""


class Headless:
    """Drives a session until something has happened, and shows on the console what goes on meanwhile."""

    def __init__(self, console: Console) -> None:
        from explorer.engine.session.session import Session

        self._console = console
        self._bell = threading.Event()
        self._interrupts = 0
        self.session: Session = Session(self._bell.set, live=False)
        threading.Thread(target=_load_torch, name="load torch", daemon=True).start()
        self.started: RunStarted | None = None
        self.finished: RunFinished | None = None
        self._loss = ""
        self._recall = ""

    def open(self, spec: str, role: Any, *, whole: bool = False) -> None:
        """Open data and wait for it; of large data for the first items, unless it is asked for the ``whole``."""
        from explorer.engine.events import DatasetComplete, DatasetFailed, DatasetOpened

        self.session.open(spec, role=role)
        for value in self._values():
            if isinstance(value, DatasetFailed):
                raise UserError(value.message)
            if isinstance(value, DatasetOpened | DatasetComplete) and not (whole and value.dataset.growing):
                report = value.dataset.report
                kind = value.dataset.modality
                kept = several(report.kept, kind.noun, kind.plural)
                text = f"{value.dataset.name}: {kept}, {several(report.classes, 'class', 'classes')}"
                self._console.say(f"{text}, {len(report.skipped):,} skipped" if report.skipped else text)
                for note in self.session.split.notes if self.session.split is not None else ():
                    self._console.say(note)
                return

    def train(self, out: Path, *, resume: bool, epochs: int = 0, step: int | None = None) -> None:
        """Train to the end, or until interrupted; then everything is saved. ``step``: of the checkpoint to go on from.

        Raises
        ------
        UserError, TrainingFault: if it failed.
        """
        from explorer.engine.run.alarms import Remedy

        back = None if step is None else Remedy("Go back", "rewind", step=step)
        self.session.train(out, resume=resume, epochs=epochs, back=back)
        for value in self._values():
            if isinstance(value, RunStarted):
                self.started = value
                self._console.say(f"Training on {value.device}, {several(value.parameters, 'parameter')}")
            elif isinstance(value, RunFailed):
                raise TrainingFault(value.traceback) if value.traceback else UserError(value.message)
            elif isinstance(value, RunFinished):
                self.finished = value
                return

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
            if self._interrupts and self.session.state not in ("training", "paused"):
                raise Cancelled

    def _show(self, value: object) -> None:
        if isinstance(value, Progress):
            left = "" if value.seconds_left is None else f"{_clock(value.seconds_left)} left"
            items = self.session.dataset.modality.plural if self.session.dataset else "items"
            rate = f"{value.images_per_second:,.0f} {items}/s"
            detail = "  ".join(text for text in (self._loss, self._recall, rate, left) if text)
            fitted = self.session.recipe.fitter.name != "none" and value.steps == value.epochs
            epoch = f"epoch {min(value.epoch + 1, value.epochs)} of {value.epochs}"
            self._console.progress("fit" if fitted else epoch, value.step, value.steps, detail)
        elif isinstance(value, JobStatus) and value.state == "running" and self.started is None:
            self._console.progress(value.title, value.done, value.total)

    def _tell(self, value: object) -> None:
        from explorer.engine.events import Notice
        from explorer.engine.run.alarms import Alarm

        if isinstance(value, ItemsReady):
            coming = "" if value.ready == value.items else ", the others are still being decoded"
            self._console.say(
                f"step {value.step:,}: training on {value.ready:,} of {several(value.items, 'item')}{coming}"
            )
        elif isinstance(value, Notice):
            self._console.say(f"{value.level}: {value.text}" if value.level != "info" else value.text)
        elif isinstance(value, Alarm) and value.message and value.kind != "unsaved":  # that one ends the run
            changes = [f"--set {path}={new}" for remedy in value.remedies[:1] for path, new in remedy.changes]
            self._console.say(f"warning: {value.message}{' Try ' + ' '.join(changes) if changes else ''}")
        elif isinstance(value, Evaluation) and value.part == "held-out" and "recall@1" in value.metrics:
            recall = value.metrics["recall@1"]
            if value.run == PIXELS_RUN:
                dataset = self.session.dataset
                raw = "raw pixels" if dataset is None else dataset.modality.raw
                self._console.say(f"{raw}: recall@1 {recall:.4f}")
            else:
                self._recall = f"recall@1 {recall:.4f}"
                self._console.say(f"step {value.step:,}: {self._recall}")


def main(options: argparse.Namespace, console: Console) -> int:
    """Train, evaluate the held-out items, and write how it went."""
    from explorer.runs.header import is_run

    out = Path(options.out)
    recipe = recipe_of(options)
    before = None
    if options.resume:
        if not is_run(out):
            raise UserError(
                f"{printable(str(out))} is not a run that could go on", remedy="Leave out --resume to begin one there"
            )
        recipe = _resumed(out, options, recipe)
        if options.step is not None:
            _check_step(out, options.step)
        else:
            before = _finished(out, options.epochs)
    elif options.step is not None:
        raise UserError("--from goes on with a run that is there", remedy="Add --resume")
    elif is_run(out):
        raise UserError(f"{printable(str(out))} already holds a run", remedy="Add --resume or choose another --out")
    _check_beforehand(out, options, recipe)
    headless = Headless(console)
    try:
        with _interruptible(headless.interrupt):
            headless.session.configure(recipe)
            headless.open(options.data, "main", whole=options.resume)
            if options.test:
                headless.open(options.test, "test")
            if before is None:
                epochs = (options.epochs or 0) if options.resume else 0
                headless.train(out, resume=options.resume, epochs=epochs, step=options.step)
            else:
                _check_data(out, headless)
                headless.started, headless.finished = before
                more = f"--epochs {2 * before[1].epoch} trains it further"
                console.say(f"{printable(str(out))} has had all of its epochs, {before[1].epoch:,}; {more}")
    finally:
        headless.close()
        console.clear()
    result = _result(out, headless, console)
    if options.json:
        console.json(result)
    else:
        metrics = ", ".join(f"{name} {value:.4f}" for name, value in result["metrics"].items())
        done = f"{result['run']}: {several(result['steps'], 'step')} in {_clock(result['seconds'])}"
        console.result(f"{done}; {metrics or 'no figures: no item with a class is held out'}")
    return 0


def _load_torch() -> None:
    """Load what training needs while the data are read; where it cannot be loaded, training says why."""
    with suppress(Exception):
        import_module("explorer.learn.trainer")
        from explorer.learn.optimisers import warm_up

        warm_up()


def _check_beforehand(out: Path, options: argparse.Namespace, recipe: Recipe) -> None:
    """Check what needs no data to be known: the device, where the run goes, and that the data are there.

    Raises
    ------
    UserError: if one of them cannot be.
    """
    from explorer.data.opening import check_there
    from explorer.runs.creation import check_free
    from explorer.runs.header import is_run

    if not options.resume:
        if is_run(out):
            raise UserError(
                f"{printable(str(out))} already holds a run", remedy="Continue it with --resume or choose another --out"
            )
        check_free(out)
    for spec in (options.data, options.test):
        if spec:
            check_there(spec, recipe.data)
    if recipe.device not in ("auto", "cpu"):
        from explorer.learn.device import choose_device  # torch

        choose_device(recipe.device)


def _result(out: Path, headless: Headless, console: Console) -> dict[str, Any]:
    finished, started = headless.finished, headless.started
    assert finished is not None
    return {
        "run": str(out),
        "steps": finished.step,
        "epochs": finished.epoch,
        "seconds": finished.seconds,
        "images_per_second": finished.images_per_second,
        "device": started.device if started else "",
        "metrics": _metrics(out, headless, console),
    }


def _metrics(out: Path, headless: Headless, console: Console) -> dict[str, float]:
    """Return the main figures of the last checkpoint, as ``evaluate`` has them; empty where nothing is held out."""
    from explorer.engine.offline import OfflineRun

    dataset, split = headless.session.dataset, headless.session.split
    if dataset is None or split is None or not len(split.held_out):
        return {}
    if dataset.growing:
        console.say("stopped before all items were decoded: evaluate measures the run")
        return {}
    protocol = dataset.modality.protocol
    found = OfflineRun(out, console.progress).measure(protocol, {}, dataset, split, headless.session.recipe.seed)
    console.clear()
    return {name: found.figures[name] for name in HEADLINE if name in found.figures}


def _resumed(out: Path, options: argparse.Namespace, asked: Recipe) -> Recipe:
    """Return the recipe of the run; options that ask for another one are an error, equal ones are not."""
    from explorer.engine.datasets.requirements import suited
    from explorer.engine.run.saved_run import open_saved

    saved = open_saved(out)
    recipe, asked = saved.folder.recipe, suited(asked, saved.modality)
    guessed = ("white", "numbers", "categories", "left_out")  # as the run has them, where nobody asks for others
    kept = {key: getattr(recipe.data, key) for key in guessed if not getattr(asked.data, key)}
    asked = asked.model_copy(update={"data": asked.data.model_copy(update=kept)})
    parts = ("data", *PART_KINDS) if options.recipe or options.settings else ()
    said = [key for key in ("seed", "device") if parts or getattr(options, key) is not None]
    resolved = asked.resolved()
    for key in (*parts, *said):
        if getattr(resolved, key) != getattr(recipe, key):
            raise UserError(
                f"{printable(str(out))} was trained with another {key}: {getattr(recipe, key)}",
                remedy="With --resume leave out the recipe, or start a new run",
            )
    return recipe


def _finished(out: Path, epochs: int | None) -> tuple[RunStarted | None, RunFinished] | None:
    """Return how a run began and ended that has had all of its epochs, as many as are asked for; None: it goes on.

    So a command that trains with ``--resume`` may be given again and again until it is done, and once more.

    Raises
    ------
    UserError: if it has had more epochs than are asked for.
    """
    from explorer.engine.run.saved_run import open_saved

    folder = open_saved(out).folder
    checkpoint, history = folder.latest_checkpoint(), folder.history()
    if checkpoint is None or folder.recipe.fitter.name != "none":
        return None
    if epochs is not None and epochs < checkpoint.epoch:
        raise UserError(
            f"{printable(str(out))} has had {several(checkpoint.epoch, 'epoch')} already",
            remedy=f"Say how many in all, more than that: --epochs {2 * checkpoint.epoch}",
        )
    ended = history.finished
    if ended is None or ended.reason != "done" or (epochs is not None and epochs > ended.epoch):
        return None
    began = [event for event in history.lifecycle if isinstance(event, RunStarted)]
    return (began[-1] if began else None), ended


def _check_data(out: Path, headless: Headless) -> None:
    """Check that the data are those of a run that has had all of its epochs.

    Raises
    ------
    UserError: if an item or a label is another one.
    """
    from explorer.engine.run.run_files import check_same_data
    from explorer.runs.folder import RunFolder

    assert headless.session.dataset is not None
    check_same_data(RunFolder.open(out), headless.session.dataset)


def _check_step(out: Path, step: int) -> None:
    """Check that a run has a checkpoint of a step.

    Raises
    ------
    UserError: if it has not; those that it has are named.
    """
    from explorer.engine.run.saved_run import open_saved

    steps = open_saved(out).folder.checkpoint_steps()
    if step not in steps:
        raise UserError(
            f"{printable(str(out))} has no checkpoint of step {step}",
            remedy=f"Choose one of {', '.join(map(str, steps))}" if steps else "Leave out --from: it has none yet",
        )


@contextmanager
def _interruptible(stop: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Let Ctrl+C and a request to terminate stop the run and save it, instead of ending the process."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signals = [signal.SIGINT, signal.SIGTERM] + ([signal.SIGHUP] if sys.platform != "win32" else [])
    before = {number: signal.signal(number, stop) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
