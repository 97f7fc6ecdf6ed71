"""The gallery of the run that is shown: who was enrolled, who is in a picture, and undo; in the background."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.item_rows import rows_of
from explorer.core.result_kinds import result
from explorer.core.types import FloatArray, IntArray, Snapshot
from explorer.data.dataset import Dataset
from explorer.engine.datasets.loading import Opened
from explorer.engine.gallery import ITEM, OfflineEmbeds, RunGallery, kept_gallery, places_of
from explorer.engine.jobs import AlreadyReported, Control, Jobs
from explorer.engine.offline import OfflineRun
from explorer.engine.session.shown_run import ChangeHistory, ShownRun, needed_run, shown_run
from explorer.engine.session.state import SessionState
from explorer.retrieval.gallery import Gallery, Identification
from explorer.runs.folder import RunFolder

MOST_UNDONE = 20

MOST_ENROLLED = 1_000
"""Items that can be enrolled at a time: a slip of the lasso is no identity."""

GROUP = "gallery"

FAULT = "It cannot be said who this is: there was a fault"


@result("latest", "run")
@dataclass(frozen=True, slots=True)
class GalleryChanged:
    """Who is enrolled with a run: names (K,) and how many pictures each has; whether a change can be undone."""

    run: str
    names: tuple[str, ...]
    images: tuple[int, ...]
    undoable: bool


@result("latest", "run")
@dataclass(frozen=True, slots=True)
class Identified:
    """Who an item is, by the embeddings of one step; ``how``: where the threshold is from, or why there is none."""

    run: str
    step: int
    exact: bool
    item: int
    found: Identification
    how: str


@result("latest", "run")
@dataclass(frozen=True, slots=True)
class NotIdentified:
    """Why it could not be said who an item is, in words."""

    run: str
    item: int
    problem: str


class ShownEmbeds:
    """Embeds items by a snapshot, and pictures from files by the checkpoint of its step."""

    def __init__(self, snapshot: Snapshot, dataset: Dataset, folder: Path) -> None:
        self._snapshot, self._dataset, self._folder = snapshot, dataset, folder

    @property
    def step(self) -> int:
        """The step of the snapshot."""
        return self._snapshot.step

    @property
    def weights(self) -> str:
        """The run and the step of the snapshot: not a digest, so that a saved run embeds anew by its own weights."""
        shown = self._snapshot
        return f"{shown.run} {shown.step} {'exact' if shown.exact else 'approximate'}"

    @property
    def distance(self) -> str:
        """The name of the lift by which its embeddings are compared."""
        return self._snapshot.distance

    @property
    def dimension(self) -> int:
        """How many numbers an embedding has."""
        return int(self._snapshot.embeddings.shape[1])

    def embedded(self, sources: Sequence[str]) -> FloatArray:
        """Return the embeddings (M, D) of pictures.

        Raises
        ------
        UserError: if an item is not embedded yet, or a picture is from a file and there is no checkpoint of the step.
        """
        embeddings = np.empty((len(sources), self.dimension), np.float32)
        items = [row for row, source in enumerate(sources) if source.startswith(ITEM)]
        files = [row for row, source in enumerate(sources) if not source.startswith(ITEM)]
        if items:
            embeddings[items] = self.of_items(places_of(self._dataset.ids, [sources[row] for row in items]))
        if files:
            saved = OfflineEmbeds(OfflineRun(self._folder))
            if saved.step != self.step:
                raise UserError(
                    f"{printable(sources[files[0]])} was enrolled from a file, and is not embedded while a run trains",
                    remedy="Let the run end, or stop it",
                )
            embeddings[files] = saved.embedded([sources[row] for row in files])
        return embeddings

    def of_items(self, items: IntArray) -> FloatArray:
        """Return the embeddings (M, D) of items; UserError: one has none yet."""
        rows = rows_of(self._snapshot.indices, items)
        if (rows < 0).any():
            name = printable(self._dataset.ids[int(items[rows < 0][0])])
            raise UserError(f"{name} has no embedding yet", remedy="Wait for the next evaluation of the run")
        return self._snapshot.embeddings[rows]


def _embeds(shown: ShownRun) -> ShownEmbeds:
    """Return what embeds the pictures; UserError: nothing is embedded yet."""
    if shown.snapshot is None:
        raise UserError("Nothing is embedded yet", remedy="Wait for the first snapshot of the run")
    return ShownEmbeds(shown.snapshot, shown.dataset, shown.folder)


def _source(shown: ShownRun, item: int) -> str:
    """Return where an item is from: the items of the run, or a file that was added beside them.

    Raises
    ------
    UserError: if it was added and is no file of its own, so that it could not be found again.
    """
    dataset = shown.dataset
    if item < RunFolder.open(shown.folder).data.items:
        return ITEM + dataset.ids[item]
    path = Path(dataset.originals.path(item)) if dataset.originals else None
    if path is None or not path.is_file():
        raise UserError(
            f"{printable(dataset.ids[item])} is neither an item of the run nor a file of its own",
            remedy="Add the pictures as a folder",
        )
    return str(path.absolute())


class SessionGallery:
    """Changes and asks the gallery of the run that is shown. Every method returns at once, most with the id of a job.

    What comes of it is ``GalleryChanged``, and ``Identified`` or ``NotIdentified``.
    """

    def __init__(self, session: SessionState, jobs: Jobs) -> None:
        self._session, self._jobs = session, jobs
        self._history: ChangeHistory[Gallery] = ChangeHistory(MOST_UNDONE)
        self._threshold: tuple[tuple[object, ...], tuple[float | None, str]] = ((), (None, ""))

    def look(self) -> None:
        """Tell who is enrolled with the run that is shown."""
        self._jobs.start("Read the gallery", self._look, quiet=True, group=GROUP)

    def enrol(self, name: str, items: Sequence[int] | IntArray) -> int:
        """Add items to an identity, new or known."""
        chosen = [int(item) for item in items]

        def change(shown: ShownRun, gallery: RunGallery) -> Gallery:
            if len(chosen) > MOST_ENROLLED:
                raise UserError(f"{len(chosen):,} are too many pictures of one identity", remedy="A few are enough")
            return gallery.enrol(name, [_source(shown, item) for item in chosen])

        return self._start("Enrol", change)

    def remove(self, name: str) -> int:
        """Forget an identity."""
        return self._start("Remove an identity", lambda _shown, gallery: gallery.remove(name))

    def rename(self, old: str, new: str) -> int:
        """Give an identity another name."""
        return self._start("Rename an identity", lambda _shown, gallery: gallery.rename(old, new))

    def undo(self) -> int:
        """Take the last change back."""
        return self._jobs.start("Undo a change of the gallery", self._undo, group=GROUP)

    def identify(self, item: int, k: int = 5) -> int:
        """Say who an item is, as it is embedded now."""
        return self._jobs.start("Identify", partial(self._identify, item, k), group=GROUP, quiet=True)

    def _start(self, title: str, change: Callable[[ShownRun, RunGallery], Gallery]) -> int:
        return self._jobs.start(title, partial(self._change, change), group=GROUP)

    def _shown(self) -> ShownRun | None:
        shown = shown_run(self._session)
        if shown is not None:
            self._history.follow(shown.run)
        return shown

    def _needed(self) -> ShownRun:
        shown = needed_run(self._session, "a gallery is")
        self._history.follow(shown.run)
        return shown

    def _look(self, _control: Control) -> None:
        shown = self._shown()
        if shown is not None:
            self._tell(shown, kept_gallery(shown.folder))

    def _change(self, change: Callable[[ShownRun, RunGallery], Gallery], _control: Control) -> None:
        shown = self._needed()
        gallery = RunGallery(shown.folder, _embeds(shown))
        before = kept_gallery(shown.folder)
        after = change(shown, gallery)
        self._history.add(before, after)
        self._tell(shown, after)

    def _undo(self, _control: Control) -> None:
        shown = self._needed()
        if not self._history:
            return
        before, after = self._history.take()
        self._tell(shown, RunGallery(shown.folder, _embeds(shown)).put_back(before, after))

    def _tell(self, shown: ShownRun, gallery: Gallery) -> None:
        told = GalleryChanged(shown.run, gallery.names, gallery.counts, bool(self._history))
        self._session.results.post(told, shown.generation)

    def _identify(self, item: int, k: int, _control: Control) -> None:
        shown = self._needed()
        try:
            told = self._identified(shown, item, k)
        except UserError as error:
            self._session.results.post(NotIdentified(shown.run, item, str(error)), shown.generation)
            raise AlreadyReported from error
        except Exception:  # a fault, which is told where it is told of every job
            self._session.results.post(NotIdentified(shown.run, item, FAULT), shown.generation)
            raise
        self._session.results.post(told, shown.generation)

    def _identified(self, shown: ShownRun, item: int, k: int) -> Identified:
        embeds = _embeds(shown)
        threshold, how = self._threshold_of(shown, embeds)
        embedding = embeds.of_items(np.array([item], np.int64))
        found = RunGallery(shown.folder, embeds).identify(embedding, k, threshold)
        assert shown.snapshot is not None
        return Identified(shown.run, shown.snapshot.step, shown.snapshot.exact, item, found, how)

    def _threshold_of(self, shown: ShownRun, embeds: ShownEmbeds) -> tuple[float | None, str]:
        """Return the threshold that the held-out items choose by the embeddings that are shown, and how."""
        key = (shown.generation, embeds.weights)
        if self._threshold[0] != key:
            try:
                self._threshold = (key, _chosen(shown.opened, embeds, self._session.recipe.seed))
            except UserError as error:
                self._threshold = (key, (None, str(error)))
        return self._threshold[1]


def _chosen(opened: Opened, embeds: ShownEmbeds, seed: int) -> tuple[float | None, str]:
    from explorer.engine.threshold import threshold_on  # numba: not at start-up

    dataset, split = opened.dataset, opened.split
    items = np.empty(0, np.int64) if split is None else split.held_out
    chosen = threshold_on(
        np.asarray(dataset.labels, np.int64)[items],
        {name: texts.take(items) for name, texts in dataset.columns.items()},
        embeds.of_items(items),
        distance=embeds.distance,
        seed=seed,
        step=embeds.step,
    )
    return chosen.distance, chosen.split
