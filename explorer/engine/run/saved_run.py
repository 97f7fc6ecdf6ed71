"""Opening a saved run: which data it needs, and what of it is shown first."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from explorer.core.current_snapshot import replaces
from explorer.core.errors import UserError, printable
from explorer.core.events import Checkpoint, RunStarted
from explorer.core.live_change import last_epochs
from explorer.core.recipe import Recipe
from explorer.core.types import LearnedMetric, Snapshot
from explorer.data.modalities.base import Modality, modality_named
from explorer.data.pictures import WHITE
from explorer.engine.datasets.loading import Opened
from explorer.engine.events import Role, RunGoesOn, RunOpened
from explorer.engine.run.run_files import check_same_items, split_of
from explorer.runs.folder import RunFolder
from explorer.runs.journal import History
from explorer.runs.lost_history import kept_until, lost
from explorer.runs.notes import read_notes


class DataMovedError(UserError):
    """The data of a run are not where they were; ``uri``: where that was."""

    def __init__(self, run: Path, uri: str) -> None:
        super().__init__(
            f"{printable(uri)}, on which {printable(run.name)} was trained, is not there any more",
            remedy="Put the data back, or say where they are now (--data)",
        )
        self.uri = uri


@dataclass(frozen=True, slots=True)
class SavedRun:
    """A run's folder, open for reading."""

    folder: RunFolder

    @property
    def run(self) -> str:
        """The id of the run."""
        return self.folder.run

    @property
    def modality(self) -> Modality:
        """What it was trained on.

        Raises
        ------
        UserError: if that is not installed.
        """
        return modality_named(self.folder.data.modality)

    @property
    def recipe(self) -> Recipe:
        """The recipe it was trained by, with the options that give its data the shape they had."""
        recipe = self.folder.recipe
        return recipe.model_copy(update={"data": self.modality.alike(recipe.data, self.folder.data.shape)})

    @property
    def white(self) -> int:
        """The value of 16-bit pictures that was white."""
        return self.folder.recipe.data.white or WHITE

    def sources(self, data: str = "") -> tuple[tuple[str, Role], ...]:
        """Return the specs and roles of its data; ``data``: where the main ones are now.

        Raises
        ------
        DataMovedError: if they are not where they were, and nobody says where they are.
        """
        record = self.folder.data
        if not data and Path(record.uri).is_absolute() and not Path(record.uri).exists():
            raise DataMovedError(self.folder.path, record.uri)
        added: list[tuple[str, Role]] = [(a.uri, "test" if a.role == "test" else "gallery") for a in record.added]
        return ((data or record.uri, "main"), *added)

    def is_of(self, opened: Opened) -> bool:
        """Return whether these are the data of the run, item by item, read as it reads them."""
        try:
            check_same_items(self.folder, opened.dataset)
        except UserError:
            return False
        return self._read_so(opened)

    def begins(self, opened: Opened) -> bool:
        """Return whether the first items are the data of the run, read as it reads them, and others come after them."""
        ids, dataset = self.folder.items.ids, opened.dataset
        alike = (dataset.modality.name, dataset.shape) == (self.folder.data.modality, self.folder.data.shape)
        return alike and len(ids) < len(dataset) and dataset.ids[: len(ids)] == ids and self._read_so(opened)

    def _read_so(self, opened: Opened) -> bool:
        read_as, dataset = opened.options, opened.dataset
        return (
            read_as is not None and self.modality.alike(dataset.read_alike(read_as), dataset.shape) == self.recipe.data
        )

    def with_split(self, opened: Opened) -> Opened:
        """Return the data with the split of the run.

        Raises
        ------
        UserError: if they are not the data of the run.
        """
        check_same_items(self.folder, opened.dataset)
        return replace(opened, split=split_of(self.folder), problem="", split_by=None)


def open_saved(path: Path) -> SavedRun:
    """Open a run for reading.

    Raises
    ------
    UserError: in one sentence, if it is none or cannot be read.
    """
    return SavedRun(RunFolder.open(path))


def shown_first(folder: RunFolder) -> tuple[Snapshot, ...]:
    """Return the newest exact snapshot, then the newest of those with the most items, unless that is the same."""
    exact: Snapshot | None = None
    whole: Snapshot | None = None
    for step in reversed(folder.snapshot_steps()):
        try:
            snapshot = folder.snapshot(step)
        except UserError:
            continue
        exact = exact or (snapshot if snapshot.exact else None)
        if whole is None or not replaces(whole, snapshot):  # the later one did not take its place
            whole = snapshot
        if exact is not None and len(whole.indices) == folder.data.items:
            break
    if exact is None or whole is exact:
        return (whole,) if whole is not None else ()
    return (exact, whole) if whole is not None else (exact,)


def known_at(folder: RunFolder | None, shown: Snapshot | None, checkpoint: Checkpoint | None) -> Snapshot | None:
    """Return the embeddings with which a run goes on from a checkpoint until it makes newer ones; None: it begins.

    Of those that its folder has and those that are ``shown``, which may be kept nowhere, the ones of the most items.
    """
    if folder is None or checkpoint is None:
        return None
    found = list(shown_first(folder)[-1:])
    if shown is not None and shown.run == folder.run and shown.step <= checkpoint.step:
        found.append(shown)
    return max(found, key=lambda one: (len(one.indices), one.step), default=None)


def may_have_metric(recipe: Recipe) -> bool:
    """Return whether a run by this recipe may have learned a matrix: told without torch."""
    return (
        recipe.encoder.name in ("linear", "kernel")
        or recipe.distance.name == "mahalanobis"
        or recipe.fitter.name != "none"
    )


def metric_of(folder: RunFolder) -> LearnedMetric | None:
    """Return the matrix that the newest whole checkpoint of a run holds, None where there is none of either.

    Raises
    ------
    UserError: if the checkpoint is not of this run.
    """
    checkpoint = folder.latest_checkpoint()
    if checkpoint is None:
        return None
    from explorer.learn.embedder import Embedder
    from explorer.learn.learned_metric import learned_metric

    made = Embedder(folder.recipe, folder.data.shape, checkpoint)
    return learned_metric(made.encoder, made.distance, folder.run, checkpoint.step)


def opened_run(folder: RunFolder) -> RunOpened:
    """Return what is said when a run is opened: its history."""
    until = kept_until(folder)
    history, name, script = folder.history(), "", folder.header.script
    with suppress(UserError):  # damaged notes are told where runs are listed
        name = read_notes(folder.path).name
    return RunOpened(
        folder.run,
        folder.path,
        folder.recipe,
        history.metrics,
        history.evaluations,
        history.changes,
        folder.snapshot_steps(),
        name,
        max(folder.snapshot_steps() if script else folder.checkpoint_steps(), default=0),
        script,
        _planned_steps(history),
        lost(folder, history, until),
        last_epochs(history.lifecycle),
    )


def goes_on(folder: RunFolder, step: int) -> RunGoesOn:
    """Return what is said when a run goes on after a step, to which its folder was taken back: its history."""
    past = folder.history()
    return RunGoesOn(folder.run, step, past.metrics, past.evaluations, past.changes)


def _planned_steps(history: History) -> int:
    """Return how many steps a run was to have that did not come to its end, 0 where it did."""
    began = [event.steps for event in history.lifecycle if isinstance(event, RunStarted)]
    ended = history.finished
    return 0 if not began or (ended is not None and ended.reason == "done") else began[-1]
