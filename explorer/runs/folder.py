"""A run on disk: safe to copy, readable without this program, whole after any crash.

::

    run.json            schema version, recipe, which dataset (written once)
    items.csv           id, class and part of every item; of millions ``items.arrow``, where pyarrow is there
    inputs.json         a digest of what the encoder reads of some items, to tell whether data are still the same
    checksums.json      sizes and SHA-256 of these two, compared when the run is opened
    data.npz            the items of a run that a script of its own trained on what it had in memory
    metrics.jsonl       steps, evaluations, changes; a checksum a line
    checkpoints/N/      safetensors, scalars, SHA-256
    weights/N/          the same of small networks alone, for the steps that have a snapshot
    snapshots/          float16 npy and a record with SHA-256 each
    projections/        float16 npy and a record each: the map as it was shown with the snapshot of that step
    summary.json        how the run ended
    gallery.npz         identities that were enrolled, with their embeddings; changed by ``runs.gallery``
    labels.csv          what was decided about labels: keep, relabel, exclude; changed by ``runs.label_file``
    threshold.json      the distance up to which two items are the same, once it was asked for
    notes.json          name, tags and a note that a person gave it
    given.json, given/  the pairs, triplets or must-link lists that it is trained on, under the hash of their file
    parent.json         the run and the step from which it was branched, where it was
    sets.json           sets of its items that a person has named; changed by ``runs.item_sets``
    places.json         where its data lie by now, where they were moved; changed by ``runs.places``
    map.png             its last map, small; drawn again where it is missing
    manifest.json       sizes and SHA-256 of all of it but what may change later, written last
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, TypeVar

from explorer.core.data_in_use import refuse_data
from explorer.core.errors import UserError, printable
from explorer.core.events import Checkpoint, RunFailed, RunFinished, Weights
from explorer.core.map_values import KeptStep
from explorer.core.recipe import Recipe
from explorer.core.types import Projection, Snapshot
from explorer.runs.arrow_items import ARROW_NAME, mapped_in, read_arrow_items
from explorer.runs.atomic import flush_folder, gone, saving, sweep
from explorer.runs.checkpoints import CheckpointStore
from explorer.runs.checksums import check_written
from explorer.runs.creation import check_free, copy_readable, new_header, replace_items, write_new
from explorer.runs.frames import ProjectionStore, SnapshotStore, showable
from explorer.runs.header import HEADER_NAME, DataRecord, RunHeader, read_header
from explorer.runs.items import ITEMS_NAME, RunItems, read_items
from explorer.runs.journal import METRICS_NAME, Entry, History, Journal, goodness, read_history
from explorer.runs.lock import WriterLock
from explorer.runs.manifest import MANIFEST_NAME, verify, write_manifest
from explorer.runs.retention import DEFAULT, Kept, Retention, surplus
from explorer.runs.summary import read_summary, write_summary
from explorer.runs.threshold import forget_threshold

T = TypeVar("T")

Part = Literal["checkpoints", "weights", "snapshots"]
"""What grows with the steps of a run."""

WEIGHTS = Retention(budget=128 << 20)
"""How much room the weights beside the checkpoints may take."""


class RunFolder:
    """One run. Made by ``create`` or ``open``; methods may be called from several threads.

    Opened for reading it follows a run that is still written: every call looks at what is committed by then.
    """

    def __init__(self, path: Path, header: RunHeader, *, lock: WriterLock | None, retention: Retention) -> None:
        self.path = path
        self.header = header
        self._lock = lock
        self._retention = retention
        self._guard = threading.RLock()
        self._checkpoints = CheckpointStore(path / "checkpoints")
        self._weights = CheckpointStore(path / "weights", kept=None)
        self._snapshots = SnapshotStore(path / "snapshots", header.data.items)
        self._projections = ProjectionStore(path / "projections", header.data.items)
        self._items: RunItems | None = None
        self._journal: Journal | None = None
        self._measured: dict[int, float] | None = None  # how good each step was found to be, once it is asked for
        if lock is not None:
            self._recover()
            self._journal = Journal(path / METRICS_NAME)

    @classmethod
    def create(
        cls,
        path: Path,
        recipe: Recipe,
        data: DataRecord,
        items: RunItems,
        *,
        run: str = "",
        retention: Retention = DEFAULT,
        script: str = "",
    ) -> RunFolder:
        """Make a new run, open for writing.

        Parameters
        ----------
        recipe: resolved, so that later defaults cannot change it.
        run: its id; made up when empty.
        script: see ``RunHeader``.

        Raises
        ------
        UserError: if something is in the way, or the folder cannot be written.
        """
        path = path.expanduser().absolute()
        check_free(path)
        header = new_header(run, recipe, data, script)
        lock = write_new(path, header, items)
        created_run = cls(path, header, lock=lock, retention=retention)
        created_run._items = items
        return created_run

    @classmethod
    def open(cls, path: Path, *, writable: bool = False, retention: Retention = DEFAULT) -> RunFolder:
        """Open a run by its folder or its ``run.json``. Only a ``writable`` one takes the lock and cleans up.

        Raises
        ------
        UserError: in one sentence: it is no run, is damaged, needs a newer version, or is being written.
        """
        path = path.expanduser().absolute()
        path = path.parent if path.name == HEADER_NAME else path
        header = read_header(path)
        check_written(path, HEADER_NAME)
        lock = WriterLock(path) if writable else None
        try:
            return cls(path, header, lock=lock, retention=retention)
        except BaseException:
            if lock is not None:
                lock.release()
            raise

    def copied_to(self, path: Path) -> RunFolder:
        """Return the same run in a new folder, open for writing, with everything of this one that can be read.

        Raises
        ------
        UserError: if something is in the way there, it lies in data in use, or it cannot be written.
        """
        path = path.expanduser().absolute()
        check_free(path)
        refuse_data(path)
        items = self.items
        lock = write_new(path, self.header, items)
        try:
            copy_readable(self.path, path)
            made = RunFolder(path, self.header, lock=lock, retention=self._retention)
        except BaseException:
            lock.release()
            raise
        made._items = items
        return made

    def _recover(self) -> None:
        with saving(self.path):
            sweep(self.path)
            for store in (self._checkpoints, self._weights, self._snapshots, self._projections):
                store.sweep()
            (self.path / MANIFEST_NAME).unlink(missing_ok=True)  # it describes the run as it was last finished
            flush_folder(self.path)

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def run(self) -> str:
        """The id of the run, which all of its values carry."""
        return self.header.run

    @property
    def recipe(self) -> Recipe:
        """The resolved recipe."""
        return self.header.recipe

    @property
    def data(self) -> DataRecord:
        """Which dataset it was trained on."""
        return self.header.data

    @property
    def items(self) -> RunItems:
        """Id, class and part of every item; read, or mapped, when first asked for."""
        with self._guard:
            if self._items is None:
                data = self.header.data
                arrow = mapped_in(self.path, data.items)
                name, read = (ARROW_NAME, read_arrow_items) if arrow else (ITEMS_NAME, read_items)
                check_written(self.path, name)
                self._items = read(self.path / name, expected=data.items, classes=len(data.class_names))
            return self._items

    def append(self, entries: Iterable[Entry]) -> None:
        """Append metrics and events; they reach the disk within a second of the next call, or at ``sync``."""
        entries = tuple(entries)
        self._writer().append(entries)
        with self._guard:
            if self._measured is not None:
                self._measured.update(goodness(entries))

    def sync(self) -> None:
        """Force the metrics to the disk now; cheap when there is nothing new."""
        self._writer().sync()

    def history(self) -> History:
        """Return everything that was measured."""
        return read_history(self.path / METRICS_NAME)

    def history_bytes(self) -> int:
        """Return how long the journal is, so that what has not grown need not be read again; 0 where there is none."""
        try:
            return (self.path / METRICS_NAME).stat().st_size
        except OSError:
            return 0

    def write_checkpoint(self, checkpoint: Checkpoint) -> Path:
        """Save a checkpoint durably and return its folder.

        The newest three are kept, the best of those that were measured, those that were asked for, and some others.
        """
        self._writer().sync()
        with self._guard:
            return self._checkpoints.write(checkpoint, self._best())

    def _best(self) -> int:
        """Return the step of the best checkpoint by what was measured, -1 where none was."""
        found = self._goodness()
        return max((step for step in self._checkpoints.steps() if step in found), key=found.__getitem__, default=-1)

    def _goodness(self) -> dict[int, float]:
        """Return how good each step was found to be; read once, and kept in step from then on."""
        if self._measured is None:
            self._measured = {}
            with suppress(UserError):  # nobody knows then which is best
                self._measured = goodness(read_history(self.path / METRICS_NAME, steps=False).evaluations)
        return self._measured

    def checkpoint_steps(self) -> tuple[int, ...]:
        """Return the steps that have a checkpoint, ascending."""
        return self._checkpoints.steps()

    def latest_checkpoint(self, until: int | None = None) -> Checkpoint | None:
        """Return the newest checkpoint, up to the step ``until``, that is whole and finite."""
        return self._checkpoints.latest(until)

    def search_checkpoint(self, until: int | None = None) -> tuple[Checkpoint | None, str]:
        """Return what ``latest_checkpoint`` does, and one sentence about newer ones that cannot be used, or nothing."""
        return self._checkpoints.search(until)

    def write_weights(self, weights: Weights) -> None:
        """Save the weights of a step that has a snapshot, and thin the older ones as snapshots are thinned."""
        self._writer()
        with self._guard:
            self._weights.write(Checkpoint(weights.run, weights.step, 0, weights.tensors, {}))
            kept = [Kept(step, self._weights.size(step), True, False) for step in self._weights.steps()]
            for step in surplus(kept, WEIGHTS):
                self._weights.remove(step)

    def network_steps(self) -> tuple[int, ...]:
        """Return the steps whose weights are there, ascending, with or without what is needed to go on."""
        return tuple(sorted({*self._checkpoints.steps(), *self._weights.steps()}))

    def network(self, step: int) -> Checkpoint | None:
        """Return the weights of a step, enough to embed with; None where they are not kept, or damaged."""
        for store in (self._weights, self._checkpoints):
            found = store.latest(step)
            if found is not None and found.step == step:
                return found
        return None

    def write_snapshot(self, snapshot: Snapshot, *, key: bool = False) -> None:
        """Save a snapshot in half precision and thin the older ones; ``key`` ones are never thinned.

        An approximate snapshot never replaces an exact one of the same step.
        """
        self._writer()
        with self._guard:
            if not snapshot.exact and self._snapshots.is_exact(snapshot.step):
                return
            self._snapshots.save(snapshot, key=key)
            for step in surplus(self._snapshots.kept(), self._retention):
                self._drop(step)

    def _drop(self, step: int) -> None:
        with saving(self.path):
            for store in (self._snapshots, self._projections, self._weights):
                if step in store.steps():
                    store.remove(step)

    def is_exact(self, step: int) -> bool:
        """Return whether there is an exact snapshot of a step."""
        return self._snapshots.is_exact(step)

    def steps_of(self, part: Part) -> tuple[int, ...]:
        """Return the steps of which a part is kept, ascending."""
        if part == "snapshots":
            return self._snapshots.steps()
        return (self._checkpoints if part == "checkpoints" else self._weights).steps()

    def forget(self, part: Part, steps: Iterable[int]) -> None:
        """Remove what is kept of some steps for good; of a snapshot its map and its weights as well."""
        self._writer()
        with self._guard:
            for step in steps:
                if part == "snapshots":
                    self._drop(step)
                else:
                    (self._checkpoints if part == "checkpoints" else self._weights).remove(step)
            summary, last = self.summary(), self.history().lifecycle[-1:]
            if summary is not None and isinstance(last[0] if last else None, RunFinished | RunFailed):
                self.finish(summary)  # the manifest names what is there

    def mark_key(self, step: int) -> None:
        """Let the snapshot of a step never be thinned."""
        self._writer()
        with self._guard:
            self._snapshots.mark_key(step)

    def kept_steps(self) -> tuple[KeptStep, ...]:
        """Return the steps that can be shown again, ascending: those whose snapshot and map are there."""
        return showable(self.run, self._snapshots, self._projections)

    def snapshot_steps(self) -> tuple[int, ...]:
        """Return the steps that have a snapshot, ascending."""
        return self._snapshots.steps()

    def dimension(self) -> int | None:
        """Return how many numbers the newest embeddings have that are kept, None where none are."""
        return self._snapshots.dimension()

    def snapshot_bytes(self) -> int:
        """Return how much room the snapshots take."""
        return sum(kept.size for kept in self._snapshots.kept())

    def kept_bytes(self) -> int:
        """Return how much room the snapshots and their maps take."""
        return self.snapshot_bytes() + self._projections.bytes()

    def snapshot(self, step: int) -> Snapshot:
        """Return the snapshot of a step, in float32; UserError if there is none or it is damaged."""
        return self._snapshots.load(self.run, step)

    def write_projection(self, projection: Projection) -> None:
        """Save the map as it was shown at a step, in place of an earlier frame of that step."""
        self._writer()
        with self._guard:
            self._projections.save(projection)

    def projection_steps(self) -> tuple[int, ...]:
        """Return the steps that have a map, ascending."""
        return self._projections.steps()

    def projection(self, step: int) -> Projection:
        """Return the map of a step; UserError if there is none or it is damaged."""
        return self._projections.load(self.run, step)

    def last_projection(self) -> Projection | None:
        """Return the newest map that is whole, or None."""
        return _newest(self.projection_steps(), self.projection)

    def rewind(self, step: int) -> None:
        """Forget the threshold, and all that was kept after ``step``, from which the run is about to be continued.

        The metrics after it are passed over by ``history`` once the next ``RunStarted`` with that step is appended.
        """
        self._writer()
        with self._guard:
            for later in {s for s in (*self.snapshot_steps(), *self.projection_steps()) if s > step}:
                self._drop(later)
            for store in (self._checkpoints, self._weights):
                for later in store.steps():
                    if later > step:
                        store.remove(later)
            self._measured = {measured: good for measured, good in self._goodness().items() if measured <= step}
            with saving(self.path):
                forget_threshold(self.path)

    def keep_items(self, data: DataRecord, items: RunItems) -> None:
        """Make this, on the disk, the same run of some of its items; closes it. Snapshots and maps go.

        Raises
        ------
        UserError: if it cannot be written; it is then as it was.
        """
        self.close()
        with self._guard:
            replace_items(self.path, self.header.model_copy(update={"data": data}), items)

    def finish(self, summary: Mapping[str, Any]) -> None:
        """Write how the run ended, then the manifest of everything. It can still be continued later."""
        with self._guard:
            self.sync()
            write_summary(self.path, summary)
            write_manifest(self.path, {**self._snapshots.written(), **self._projections.written()})

    def summary(self) -> dict[str, Any] | None:
        """Return how the run ended, or None if it has not (or its summary is damaged)."""
        return read_summary(self.path)

    def verify(self) -> tuple[str, ...] | None:
        """Return the files that are not as the manifest says; None where the run was never finished."""
        return verify(self.path)

    def close(self) -> None:
        """Sync, close and give the lock back; doing so twice is harmless."""
        journal, self._journal = self._journal, None
        lock, self._lock = self._lock, None
        try:
            if journal is not None:
                journal.close()
        finally:
            if lock is not None:
                lock.release()

    def check_there(self) -> None:
        """Look whether the folder can still be found; cheap.

        Raises
        ------
        UserError: if it was deleted, moved or unmounted.
        """
        self._writer()

    def _writer(self) -> Journal:
        """Return the journal of a folder that is open for writing and still there.

        A file that was deleted can still be written, and nobody would find what is in it.
        """
        if self._journal is None:
            raise UserError(
                f"{printable(str(self.path))} is open for reading only", remedy="Continue the run to write to it"
            )
        if not (self.path / HEADER_NAME).exists():
            raise gone(self.path)
        return self._journal


def _newest(steps: tuple[int, ...], load: Callable[[int], T]) -> T | None:
    for step in reversed(steps):
        try:
            return load(step)
        except UserError:
            continue
    return None
