"""``train DATA --out RUN``: the session of the window, without the window."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from explorer.cli.added_data import added_of, take_added
from explorer.cli.console import Console
from explorer.cli.ranked import Others, follow_first, is_ranked, rank_here, threads_here
from explorer.cli.recipes import recipe_of
from explorer.cli.told_history import tell_lost
from explorer.core.errors import UserError, printable
from explorer.core.events import RunFinished, RunStarted, Set
from explorer.core.given_tuples import KINDS, GivenKind
from explorer.core.live_change import check_changes
from explorer.core.recipe import PART_KINDS, Recipe
from explorer.core.words import clock, several

if TYPE_CHECKING:
    from explorer.engine.events import Role
    from explorer.engine.headless import Headless

HEADLINE = (
    *("recall@1", "recall@5", "map@r", "r_precision", "nmi"),
    *("text_to_picture_recall@1", "picture_to_text_recall@1"),
    *("mean_error", "relative_error", "spearman", "r2"),
)
"""The figures that training ends with; ``evaluate`` has more."""


def main(options: argparse.Namespace, console: Console) -> int:
    """Train, evaluate the held-out items, and write how it went."""
    from explorer.engine.headless import Headless
    from explorer.runs.header import is_run

    if is_ranked() and given_in(options)[0]:
        raise UserError("Several processes cannot share given pairs or triplets", remedy="Train in one process")
    out = Path(options.out)
    if rank_here():
        if (options.resume or options.resume_or_start) and is_run(out):
            take_added(out, options)
        return follow_first(options, sources_of(options), console)
    if given_in(options)[0] and (options.resume or options.origin):
        raise UserError(
            "A run goes on with the pairs or triplets that it began with, which lie in its folder",
            remedy="Leave out --pairs, --triplets and --must-link",
        )
    options.resume = options.resume or (options.resume_or_start and is_run(out))
    if options.origin and options.origin[0]:
        return _branch(Path(options.origin[0]), options.origin[1], out, options, console)
    step = options.origin[1] if options.origin else None
    recipe = recipe_of(options)
    before = None
    if options.resume:
        recipe, before = _going_on(out, step, options, recipe, console)
    elif step is not None:
        raise UserError(
            "--from goes on with a run that is there", remedy="Add --resume, or branch another run: --from RUN@STEP"
        )
    elif is_run(out):
        raise UserError(f"{printable(str(out))} already holds a run", remedy="Add --resume or choose another --out")
    _check_beforehand(out, options, recipe)
    others = Others(recipe_of(options), recipe)
    headless = Headless(console, threads=threads_here(options.threads))
    try:
        with interruptible(headless.interrupt), others.told(out, headless, console):
            headless.open_all(recipe, sources_of(options), whole=options.resume or others.there)
            if not options.resume:
                headless.give(*given_in(options))
            others.train_along(headless)
            if before is None:
                epochs = (options.epochs or 0) if options.resume else 0
                headless.train(out, resume=options.resume, epochs=epochs, step=step, changes=_changes(options))
            else:
                _check_data(out, headless, console)
                others.dismiss()
                headless.started, headless.finished = before
                more = f"--epochs {2 * before[1].epoch} trains it further"
                console.say(f"{printable(str(out))} has had all of its epochs, {before[1].epoch:,}; {more}")
            result = _result(out, headless, console)
    finally:
        headless.close()
        console.clear()
    _tell(result, options, console)
    return 0


def _branch(parent: Path, step: int, out: Path, options: argparse.Namespace, console: Console) -> int:
    """Train a new run that begins as another one was at a step."""
    if is_ranked():
        raise UserError(
            "A branch begins in one process", remedy="Start it without torchrun; --resume goes on with it on several"
        )
    from explorer.engine.branching import branch_of
    from explorer.engine.headless import Headless
    from explorer.runs.folder import RunFolder

    given = [key for key in ("recipe", "seed", "device", "precision") if getattr(options, key) not in (None, "")]
    for key in given + ["resume"] * options.resume:
        raise UserError(
            f"A branch has the recipe of its run: --{key} does not go with --from RUN@STEP",
            remedy="Say with --set what is another value from that step on",
        )
    branch = branch_of(parent, step, options.settings, options.epochs or 0)
    tell_lost([RunFolder.open(parent)], console)
    take_added(parent, options, console)
    _check_beforehand(out, options, branch.recipe)
    headless = Headless(console, threads=options.threads)
    try:
        with interruptible(headless.interrupt):
            headless.open_all(branch.recipe, sources_of(options), whole=True)
            assert headless.session.dataset is not None
            branch.write(out, headless.session.dataset)
            said = ", ".join(f"{key}={value}" for key, value in branch.values)
            console.say(f"Branched from {printable(str(parent))} at step {step:,}{f' with {said}' if said else ''}")
            headless.train(
                out, resume=True, epochs=branch.epochs, step=step, values=branch.values, changes=_changes(options)
            )
        result = _result(out, headless, console)
    finally:
        headless.close()
        console.clear()
    _tell(result, options, console)
    return 0


def _tell(result: dict[str, Any], options: argparse.Namespace, console: Console) -> None:
    """Write how it went."""
    if options.json:
        console.json(result)
    else:
        metrics = ", ".join(f"{name} {value:.4f}" for name, value in result["metrics"].items())
        done = f"{result['run']}: {several(result['steps'], 'step')} in {clock(result['seconds'])}"
        console.result(f"{done}; {metrics or 'no figures: no item with a class is held out'}")


def sources_of(options: argparse.Namespace) -> list[tuple[str, Role]]:
    """Return the specs and roles of all data that were named."""
    return [(options.data, "main"), *added_of(options)]


def given_in(options: argparse.Namespace) -> tuple[str, GivenKind]:
    """Return which file of pairs, triplets or must-link lists is given, empty where none is, and what it is."""
    named = ((getattr(options, kind), kind) for kind in KINDS)
    return next((said for said in named if said[0]), ("", "pairs"))


def _changes(options: argparse.Namespace) -> list[Set]:
    """Return which live values change at which steps."""
    return [Set(key, value, step) for step, key, value in options.changes]


def _check_beforehand(out: Path, options: argparse.Namespace, recipe: Recipe) -> None:
    """Check what needs no data to be known: the device, where the run goes, and that the data are there.

    Raises
    ------
    UserError: if one of them cannot be.
    """
    from explorer.runs.creation import check_free
    from explorer.runs.header import is_run

    if not options.resume:
        if is_run(out):
            raise UserError(
                f"{printable(str(out))} already holds a run", remedy="Continue it with --resume or choose another --out"
            )
        check_free(out)
    check_sources(out, options, recipe)
    check_changes(recipe, _changes(options))


def check_sources(out: Path, options: argparse.Namespace, recipe: Recipe) -> None:
    """Check that the data are there, that ``out`` lies in none of them, and that the device can train.

    Raises
    ------
    UserError: if one of them is not so.
    """
    from explorer.data.opening import check_there
    from explorer.engine.datasets.in_use import check_outside

    check_outside(out, [spec for spec, _role in sources_of(options)])
    for spec, _role in sources_of(options):
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
    held = _held(out)
    if dataset is None or split is None or not len(split.held_out) or (held and not dataset.labelled):
        return held
    if dataset.growing:
        console.say("stopped before all items were decoded: evaluate measures the run")
        return {}
    protocol = dataset.protocol
    seed, client = headless.session.recipe.seed, headless.session.analysis
    found = OfflineRun(out, console.progress).measure(protocol, {}, dataset, split, seed, client)
    console.clear()
    return held | {name: found.figures[name] for name in HEADLINE if name in found.figures}


def _held(out: Path) -> dict[str, float]:
    """Return the share of the kept-out given tuples that hold at the end; nothing where none are given."""
    from explorer.core.given_tuples import HELD
    from explorer.runs.folder import RunFolder

    found = [figures.metrics for figures in RunFolder.open(out).history().evaluations]
    return next(({HELD: figures[HELD]} for figures in reversed(found) if HELD in figures), {})


def _going_on(
    out: Path, step: int | None, options: argparse.Namespace, asked: Recipe, console: Console
) -> tuple[Recipe, tuple[RunStarted | None, RunFinished] | None]:
    """Return the recipe of the run that goes on, and how it has ended where there is nothing to train: ``_finished``.

    Raises
    ------
    UserError: if it cannot go on.
    """
    from explorer.runs.header import is_run, lacks_header, read_header
    from explorer.runs.lock import check_not_elsewhere

    if lacks_header(out):
        read_header(out)  # which says so
    if not is_run(out):
        raise UserError(
            f"{printable(str(out))} is not a run that could go on", remedy="Leave out --resume to begin one there"
        )
    recipe = _resumed(out, options, asked)
    take_added(out, options, console)
    if step is not None:
        _check_step(out, step, options.epochs)
    before = _finished(out, options.epochs) if step is None else None
    if before is None:  # before the data are read, which may take minutes
        check_not_elsewhere(out)
    return recipe, before


def _resumed(out: Path, options: argparse.Namespace, asked: Recipe) -> Recipe:
    """Return the recipe of the run; options that ask for another one are an error, equal ones are not."""
    from explorer.engine.datasets.requirements import suited
    from explorer.engine.run.saved_run import open_saved

    saved = open_saved(out)
    recipe, asked = saved.folder.recipe, suited(asked, saved.modality)
    guessed = ("white", "numbers", "categories", "left_out")  # as the run has them, where nobody asks for others
    kept = {key: getattr(recipe.data, key) for key in guessed if not getattr(asked.data, key)}
    asked = asked.model_copy(update={"data": asked.data.model_copy(update=kept)})
    parts = ("data", *PART_KINDS) if options.recipe or options.settings or options.target else ()
    said = [key for key in ("seed", "device") if parts or getattr(options, key) is not None]
    said += ["precision"] if asked.precision != "auto" else []  # auto is what was measured when the run began
    resolved, was = asked.resolved(), recipe.resolved()  # an older run may lack what parts have learned since
    for key in (*parts, *said):
        if getattr(resolved, key) != getattr(was, key):
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


def _check_data(out: Path, headless: Headless, console: Console) -> None:
    """Check that the data are those of a run that has had all of its epochs, and say what its history lacks.

    Raises
    ------
    UserError: if an item or a label is another one.
    """
    from explorer.engine.run.moved_data import check_and_remember
    from explorer.runs.folder import RunFolder

    assert headless.session.dataset is not None
    folder = RunFolder.open(out)
    if moved := check_and_remember(folder, headless.session.dataset, headless.session.sources):
        console.say(moved)
    tell_lost([folder], console)


def _check_step(out: Path, step: int, epochs: int | None) -> None:
    """Check that a run has a checkpoint of a step, and that there is something to train from there.

    Raises
    ------
    UserError: if it has not; those that it has are named. Or if it had had all of the epochs that were planned then.
    """
    from explorer.engine.run.new_run import last_plan
    from explorer.engine.run.saved_run import open_saved

    folder, shown = open_saved(out).folder, printable(str(out))
    steps = folder.checkpoint_steps()
    if step not in steps:
        raise UserError(
            f"{shown} has no checkpoint of step {step}",
            remedy=f"Choose one of {', '.join(map(str, steps))}" if steps else "Leave out --from: it has none yet",
        )
    checkpoint = folder.latest_checkpoint(step)
    planned = epochs or last_plan(folder.history(), step)
    if checkpoint is None or checkpoint.step < step or folder.recipe.fitter.name != "none":
        return  # what is wrong with it is said where it goes on
    if 0 < planned <= checkpoint.epoch:
        had = several(checkpoint.epoch, "epoch")
        raise UserError(
            f"{shown} had had {had} at step {step:,}"
            if epochs
            else f"{shown} had had all of its {had} at step {step:,}",
            remedy=f"Say how many in all, more than that: --epochs {2 * checkpoint.epoch}",
        )


@contextmanager
def interruptible(stop: Callable[[int, FrameType | None], None]) -> Iterator[None]:
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
