"""The runs that were saved, newest first, each with what tells it from the others: name, recipe, last recall, size."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from explorer.core.errors import UserError, printable
from explorer.core.events import RunFailed, RunFinished, RunStarted
from explorer.core.live_change import last_epochs, recipe_after
from explorer.core.recipe import Recipe
from explorer.core.result_kinds import result
from explorer.core.types import CROSS_MODAL, PIXELS_RUN, REGRESSION, RETRIEVAL
from explorer.engine.run_trash import Deleted
from explorer.runs.disk_use import bytes_below
from explorer.runs.folder import RunFolder
from explorer.runs.header import HEADER_NAME, is_run, lacks_header
from explorer.runs.journal import METRICS_NAME, History, read_history
from explorer.runs.lost_history import kept_until, lost
from explorer.runs.manifest import is_untouched
from explorer.runs.notes import NOTES_NAME, RunNotes, read_notes
from explorer.runs.parent import parent_told, seconds_before
from explorer.runs.sign_of_life import ALIVE_NAME, SignOfLife, read_sign

PLAN_NAME = "sweep.json"
"""What says in the folder of a sweep what it is to train; see ``sweep/kept_plan``."""

MOST = 100
"""Runs that are looked at where not all are asked for; of more the newest."""

TOGETHER = 500
"""After so many more runs those that were read are told."""

FIRST = (1, 3, 20)
"""After so many runs they are told as well where none was known before: somebody waits for the first list."""


NO_NOTES = RunNotes()

FOLLOWED = (RETRIEVAL, CROSS_MODAL, REGRESSION)
"""The protocols of which one stands beside every run."""


@dataclass(frozen=True, slots=True)
class RunGlance:
    """What a list says of a saved run.

    ``data``: name of what it was trained on; ``recipe``: as it ended; ``step``: the last one that something is kept of;
    ``epochs``: how many it had when it last ended, None before; ``planned``: how many it was to have where it was
    stopped before, else None; ``recall``: the last recall@1 of held-out items, None
    before any; ``metrics``: all that was measured with it; ``trained``: seconds of training, so far where it trains, of
    a branch with those of its parent, None where that is not known; ``seconds``: since the epoch, when it was last
    written to; ``size``: bytes on disk;
    ``notes``: what a person said of it; ``problem``: why these cannot be read, and what of its history is lost, empty
    where all is well.
    ``queries``: by how many of them the metrics were measured; ``device``: on what it trained last, empty where that is
    not known; ``state``: ``done``, ``stopped``, ``failed``, or ``unfinished`` where it trains or was cut off;
    ``parent``: the run and the step from which it was branched, as ``RUN@STEP``, empty where it was not; ``script``:
    what the network was called that a script of its own trained, empty where the recipe was; ``dimension``: how many
    numbers its embeddings have where the recipe left that open, None where it did not or none are kept. ``measured``:
    the step of the metrics, which may be an earlier one than ``step``; None before any.
    """

    path: Path
    data: str
    recipe: Recipe
    step: int
    epochs: int | None
    recall: float | None
    metrics: tuple[tuple[str, float], ...]
    trained: float | None
    seconds: float
    size: int
    notes: RunNotes = NO_NOTES
    problem: str = ""
    planned: int | None = None
    queries: int = 0
    device: str = ""
    state: str = "unfinished"
    parent: str = ""
    script: str = ""
    dimension: int | None = None
    measured: int | None = None

    @property
    def name(self) -> str:
        """How it is called: by a person, or by its folder."""
        return self.notes.name or self.path.name

    @property
    def measured_before(self) -> int | None:
        """Of which step the metrics are where the run went on after it unmeasured, None where they are of its last."""
        return earlier(self.measured, self.step)


@dataclass(frozen=True, slots=True)
class DeletedRun:
    """A run that can be brought back; ``glance``: what a list says of it, None where it cannot be read."""

    lying: Deleted
    glance: RunGlance | None

    @property
    def name(self) -> str:
        """How it is called: by a person, or by its folder."""
        return self.glance.name if self.glance is not None else self.lying.moved.name


@result("latest", "session")
@dataclass(frozen=True, slots=True)
class RunsFound:
    """The saved runs, newest first. ``folder``: where they are kept that were given no other place.

    ``left``: how many more there are that were not read; ``reading``: they are read now. ``deleted``: those that can be
    brought back, that which was deleted last first.
    """

    folder: Path
    runs: tuple[RunGlance, ...]
    left: int = 0
    reading: bool = False
    deleted: tuple[DeletedRun, ...] = ()


def earlier(measured: int | None, step: int) -> int | None:
    """Return the step of figures that are of an earlier one than ``step``, None of those that are of it."""
    return measured if measured is not None and measured < step else None


def run_paths(folder: Path, also: Iterable[Path] = ()) -> list[Path]:
    """Return the runs in a folder, those of the sweeps in it, and those of ``also`` that are runs, newest first.

    Those that were copied in part are among them, to be told as ones that cannot be read. A folder that is a run is the
    only one.
    """
    paths = {path.absolute() for path in also if path.is_absolute() and is_run(path)}
    with suppress(OSError):
        for path in [folder] if is_run(folder) else folder.iterdir():
            if is_run(path) or lacks_header(path):
                paths.add(path.absolute())
            elif (path / PLAN_NAME).is_file():
                paths.update(run.absolute() for run in path.iterdir() if is_run(run))
    return sorted(paths, key=lambda path: (written_at(path), path), reverse=True)


def saved_runs(folder: Path, also: Iterable[Path] = (), most: int | None = MOST) -> tuple[RunGlance, ...]:
    """Return the newest saved runs, None: all of them; what cannot be read is left out.

    They are read and never changed, so that one that still trains can be among them.
    """
    return tuple(found for path in run_paths(folder, also)[:most] if (found := glance_of(path)) is not None)


class RunReader:
    """Reads what a list says of runs, and of those that did not change since only once. For one thread at a time."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[object, RunGlance | None]] = {}
        self._new = False

    def found(self, folder: Path, paths: list[Path], most: int | None, tell: Callable[[RunsFound], None]) -> None:
        """Read the newest of ``paths``, None: all, and tell what was read, again and again until it is all."""
        wanted = paths[:most]
        read: list[RunGlance] = []
        early = () if self._known else FIRST
        for number, path in enumerate(wanted, start=1):
            if (glance := self.glance(path)) is not None:
                read.append(glance)
            if number == len(wanted) or number in early or (number % TOGETHER == 0 and self._new):
                self._new = False
                tell(RunsFound(folder, tuple(read), len(paths) - number, reading=number < len(wanted)))
        if not wanted:
            tell(RunsFound(folder, ()))

    def glance(self, path: Path) -> RunGlance | None:
        """Return what is said of a run, None where it cannot be read."""
        stamp = tuple(_stamp(path / name) for name in (HEADER_NAME, METRICS_NAME, NOTES_NAME, ALIVE_NAME, "snapshots"))
        known = self._known.get(path)
        if known is None or known[0] != stamp:
            self._new = True
            known = self._known[path] = (stamp, glance_of(path))
        return known[1]


def glance_of(path: Path) -> RunGlance | None:
    """Return what is said of a saved run, None where it cannot be read."""
    try:
        run = RunFolder.open(path)
        until = kept_until(run)
        history = read_history(path / METRICS_NAME, steps=False, untouched=is_untouched(path, METRICS_NAME))
    except UserError:
        return None
    recalls = [
        found
        for found in history.evaluations
        if found.run != PIXELS_RUN and found.part == "held-out" and found.protocol in FOLLOWED
    ]
    notes, unread = _noted(path)
    ended, state = _ended(history), _state(history)
    sign = read_sign(path) if state == "unfinished" else None
    return RunGlance(
        path=path,
        data=run.data.name,
        recipe=recipe_after(run.recipe, history.changes, last_epochs(history.lifecycle)),
        step=max((until, *(found.step for found in recalls[-1:]), *((sign.step,) if sign else ()))),
        epochs=ended.epoch if ended else None,
        recall=recalls[-1].metrics.get("recall@1") if recalls else None,
        metrics=tuple(recalls[-1].metrics.items()) if recalls else (),
        trained=_trained(path, ended, sign),
        seconds=written_at(path),
        size=bytes_below(path),
        notes=notes,
        problem=". ".join(filter(None, (unread, lost(run, history, until)))),
        planned=_planned(history),
        queries=recalls[-1].items - recalls[-1].lone if recalls else 0,
        device=next((event.device for event in reversed(history.lifecycle) if isinstance(event, RunStarted)), ""),
        state=state,
        parent=parent_told(path),
        script=run.header.script,
        dimension=run.dimension() if run.recipe.encoder.params.get("dimension") == 0 else None,
        measured=recalls[-1].step if recalls else None,
    )


def _noted(path: Path) -> tuple[RunNotes, str]:
    """Return what a person said of a run, and why that cannot be read."""
    try:
        return read_notes(path), ""
    except UserError as error:
        return NO_NOTES, str(error)


def branch_words(parent: str) -> str:
    """Return ``branch of NAME at step N`` of a ``parent`` as a glance says it, ``NAME@N``; empty without one."""
    name, _, step = parent.rpartition("@")
    return f"branch of {printable(name)} at step {int(step):,}" if parent else ""


def why_unread(path: Path) -> str:
    """Return in a sentence why nothing can be said of a run, empty where it can be read by now."""
    try:
        RunFolder.open(path)
        read_history(path / METRICS_NAME, steps=False)
    except UserError as error:
        return str(error)
    return ""


def _state(history: History) -> str:
    """Return how a run ended last."""
    last = [event for event in history.lifecycle if isinstance(event, RunStarted | RunFinished | RunFailed)][-1:]
    match last:
        case [RunFinished() as ended]:
            return ended.reason
        case [RunFailed()]:
            return "failed"
    return "unfinished"


def _ended(history: History) -> RunFinished | None:
    """Return how a run ended last, None where it never did."""
    return next((event for event in reversed(history.lifecycle) if isinstance(event, RunFinished)), None)


def _trained(path: Path, ended: RunFinished | None, sign: SignOfLife | None) -> float | None:
    """Return for how long a run was trained, None where that is not known, as of a branch whose parent did not say."""
    if seconds_before(path) is None:
        return None
    return max(ended.seconds if ended else 0.0, sign.seconds if sign else 0.0) or None


def _planned(history: History) -> int | None:
    """Return how many epochs a run was to have that was stopped before its end, None where it was not."""
    match [event for event in history.lifecycle if isinstance(event, RunStarted | RunFinished)][-2:]:
        case [RunStarted() as began, RunFinished(reason="stopped")]:
            return began.epochs
    return None


def written_at(path: Path) -> float:
    """Return when a run was last written to, in seconds since the epoch, 0 where that is unknown."""
    for name in (METRICS_NAME, HEADER_NAME):
        with suppress(OSError):
            return (path / name).stat().st_mtime
    return 0.0


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
