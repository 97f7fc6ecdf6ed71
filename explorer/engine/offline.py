"""Asking a saved run without a session: measure it, embed with it, query it by a picture or by an item."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from explorer.core.dimensions import check_beginning, shortened
from explorer.core.errors import UserError, printable
from explorer.core.events import Checkpoint
from explorer.core.item_rows import rows_of
from explorer.core.recipe import DataOptions, Part, Recipe
from explorer.core.registry import Scalar, validated
from explorer.core.sides import CAPTION, KIND, sides_of
from explorer.core.types import BoolArray, FloatArray, IntArray, Snapshot, Split, frozen
from explorer.engine.analysis.client import AnalysisClient
from explorer.engine.datasets.added_data import (
    Gone,
    check_added_there,
    is_without_added,
    left_out,
    told_of_added,
    with_added,
)
from explorer.engine.datasets.in_use import keep_data, specs_of
from explorer.engine.datasets.loading import Opened
from explorer.engine.datasets.samples import check_protocol, sample_of
from explorer.engine.item_places import place_of
from explorer.engine.run.changed_data import split_on
from explorer.engine.run.label_watch import decided_dataset
from explorer.engine.run.moved_data import remember
from explorer.engine.run.run_files import trained_by_script
from explorer.engine.run.same_inputs import as_called_in
from explorer.engine.run.saved_run import SavedRun, open_saved
from explorer.evaluation.protocol import Measured, Sample
from explorer.measure.lifts import lift
from explorer.runs.folder import RunFolder
from explorer.runs.lock import writer_of

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset
    from explorer.data.modalities.base import Inputs
    from explorer.learn.embedder import Embedder
    from explorer.measure.index import Index

ProgressCall = Callable[[str, int, int], None]

CHUNK, EMBED = 2048, "Embed the items"


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An item near a query: its id, where its picture lies (for people), its class (empty: none), the distance.

    ``words``: what it says, where it is a caption.
    """

    id: str
    path: str
    label: str
    distance: float
    words: str = ""


NAMED_ANEW = {
    *("path_column", "label_column", "label_separator", "partition", "target_column", "target_period"),
}
"""The data options that may be others than those of the run."""


class OfflineRun:
    """A saved run, and what it needs to answer. ``progress``: called with what is done, how many, of how many.

    ``moved``: where its data are now, if they are not where they were; they have to be the same items.
    ``at``: the step of the network that is asked; None: that of the newest checkpoint. ``tell``: called with one
    sentence where a newer checkpoint cannot be used, or the run is still written. ``dimensions``: it measures and
    searches by so many of the first numbers of its embeddings; 0: by all.
    """

    def __init__(
        self,
        path: Path,
        progress: ProgressCall = lambda title, done, total: None,
        *,
        at: int | None = None,
        moved: str = "",
        dimensions: int = 0,
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.saved: SavedRun = open_saved(path)
        keep_data(self, specs_of(self.saved.folder.data, moved), options=self.saved.recipe.data)
        if (writer := writer_of(self.saved.folder.path)) is not None:
            tell(f"{printable(str(path))} is being written by {writer}: it is read as it is now")
        self._at, self._moved, self._dimensions = at, moved, dimensions
        self._tell = tell
        self._progress = progress
        self._embedder: Embedder | None = None
        self._recorded: Snapshot | None = None
        self._step = 0
        self._own = False
        self.found_by: Index | None = None

    def data(
        self, spec: str = "", options: DataOptions | None = None, gone: Gone | None = None, *, alone: bool = False
    ) -> Dataset:
        """Open the data of the run, or ``spec`` in the size and colour of the run's pictures.

        Where they are those of the run, and were moved there, that is kept with it.
        ``gone``: told of added data that cannot be read, and why: they are left out then; None: that is an error.
        ``alone``: where ``spec`` is what the run was trained on, without what was added to that.

        Raises
        ------
        UserError: if they cannot be opened.
        """
        from explorer.data.opening import open_dataset

        chosen, folder, self._own = self._options(options), self.saved.folder, not spec
        (main, _), *added = self.saved.sources(spec or self._moved)
        if not spec and gone is None:
            check_added_there(folder)
        dataset = open_dataset(main, chosen, progress=self._progress)
        if spec and (alone or not is_without_added(folder, dataset)):
            added = []
        elif spec:
            self._tell(told_of_added((uri for uri, _ in added), folder.path.name))
            gone = gone or left_out(folder.path.name, self._tell)
        called = as_called_in(folder, with_added(folder, dataset, added, chosen, self._progress, gone))
        if spec or self._moved:
            remember(folder, called, ((main, "main"), *added), self._tell)
        return called

    def _options(self, options: DataOptions | None) -> DataOptions:
        """Return the data options of the run; columns of a table may be named anew, size and colour may not."""
        own = self.saved.recipe.data
        if options is None:
            return own
        named = options.model_dump(include=NAMED_ANEW)
        return own.model_copy(update={key: value for key, value in named.items() if value})

    def split(self, dataset: Dataset, recipe: Recipe | None = None) -> Split:
        """Return which items are held out: by ``recipe``, else as the run did, else all that have a class.

        Data that have changed since are still those of the run, and nothing is measured but what was held out; see
        ``split_on``.

        Raises
        ------
        UserError: if the data cannot be split that way, or nothing that was held out is there any more.
        """
        from explorer.data.split import make_split, taking_part

        if recipe is not None:
            return make_split(recipe.split.name, recipe.split.params, dataset, recipe.seed)
        folder = self.saved.folder
        of_run = split_on(folder, dataset, self._own, self._tell)
        if of_run is not None:
            return of_run
        known: IntArray = frozen(np.flatnonzero(taking_part(dataset)), np.int64)
        return Split("all", frozen([], np.int64), known, not self.seen(dataset)[known].any())

    def seen(self, dataset: Dataset) -> BoolArray:
        """Return of which items (N,) of a dataset the class, by its name, was trained on."""
        run = self.saved.folder
        trained = {run.data.class_names[i] for i in np.unique(run.items.labels[run.items.indices("train")]) if i >= 0}
        of_class = np.array([name in trained for name in dataset.class_names] + [False])  # -1, the last: unlabelled
        seen: BoolArray = of_class[dataset.labels]
        return seen

    def embedder(self) -> Embedder:
        """Return the network of the newest whole checkpoint, or of that of the step that is asked.

        Raises
        ------
        UserError: if the run has none.
        """
        if script := self.saved.folder.header.script:
            raise UserError(trained_by_script(script), remedy="Ask about the items that were recorded with it")
        if self._embedder is None:
            self._progress("Load the network", 0, 0)
            from explorer.learn.embedder import Embedder

            folder = self.saved.folder
            checkpoint = self._checkpoint()
            device = folder.recipe.device
            device = "auto" if device.startswith("cuda") else device
            self._embedder = Embedder(folder.recipe, folder.data.shape, checkpoint, device=device)
            self._step = checkpoint.step
        return self._embedder

    def _checkpoint(self) -> Checkpoint:
        folder = self.saved.folder
        if self._at is not None:
            checkpoint = folder.network(self._at)
            if checkpoint is None:
                raise UserError(
                    f"{printable(str(folder.path))} has no whole network of step {self._at}",
                    remedy=f"Steps: {', '.join(map(str, folder.network_steps()[-10:])) or 'none yet'}",
                )
            return checkpoint
        checkpoint, passed = folder.search_checkpoint()
        if checkpoint is None:
            raise _without_checkpoint(folder, passed)
        if passed:
            self._tell(passed)
        return checkpoint

    def recorded(self) -> Snapshot | None:
        """Return all items as they were recorded last, where a script of its own trained the network; else None.

        Raises
        ------
        UserError: if nothing whole was recorded.
        """
        folder = self.saved.folder
        if folder.header.script and self._recorded is None:
            steps = [step for step in reversed(folder.snapshot_steps()) if self._at in (None, step)]
            found = (folder.snapshot(step) for step in steps)
            whole = next((shot for shot in found if shot.exact and len(shot.indices) == folder.data.items), None)
            if whole is None:
                raise UserError(f"Nothing whole was recorded in {printable(str(folder.path))} yet")
            self._recorded, self._step = whole, whole.step
        return self._recorded

    @property
    def compared_by(self) -> str:
        """The name of the distance that the embeddings are compared by.

        Raises
        ------
        UserError: if the run has no network.
        """
        recorded = self.recorded()
        return self.embedder().lift if recorded is None else recorded.distance

    @property
    def step(self) -> int:
        """The step of the network that ``embedder`` loads.

        Raises
        ------
        UserError: if the run has none.
        """
        if self.recorded() is None:
            self.embedder()
        return self._step

    def embed(self, dataset: Dataset, items: IntArray | None = None) -> FloatArray:
        """Return the embeddings (M, D) of some items, or of all; unit length where the distance is between directions.

        Raises
        ------
        UserError: if the run cannot read them.
        """
        if (recorded := self.recorded()) is not None:
            self.saved.with_split(Opened(dataset, None, "", ()))
            return recorded.embeddings if items is None else frozen(recorded.embeddings[items], np.float32)
        embedder = self.embedder()
        self._check_shape(dataset)
        dataset.check_all_there()
        inputs: npt.NDArray[Any] = dataset.inputs
        every = np.arange(len(dataset)) if items is None else items
        parts = []
        for start in range(0, len(every), CHUNK):
            self._progress(EMBED, start, len(every))
            parts.append(embedder.embed(np.asarray(inputs[every[start : start + CHUNK]])))
        self._progress(EMBED, len(every), len(every))
        embeddings: FloatArray = frozen(np.concatenate(parts), np.float32)
        return embeddings

    def _check_shape(self, dataset: Dataset) -> None:
        trained = self.saved.folder.data.shape
        if dataset.shape == trained and self.saved.modality.name == dataset.modality.name:
            return
        wanted, found = self.saved.modality.described(trained), dataset.modality.described(dataset.shape)
        raise UserError(
            f"{printable(dataset.name)} holds {found}, and this run was trained on {wanted}",
            remedy="Give data of the kind it was trained on",
        )

    def measure(
        self,
        protocol: str,
        values: dict[str, Scalar],
        dataset: Dataset,
        split: Split,
        seed: int,
        client: AnalysisClient | None = None,
    ) -> Measured:
        """Measure the held-out items by a protocol with the parameters ``values``, in an analysis process.

        ``client``: whose process that is; None: one of its own, which takes a second to start.

        Raises
        ------
        UserError: if nothing is held out, a parameter is not allowed, or the items do not allow the protocol.
        RuntimeError: if the analysis failed.
        """
        validated("protocol", protocol, values)
        if not len(split.held_out):
            raise nothing_to_measure(dataset)
        check_protocol(Part(name=protocol, params=values), dataset, split.held_out)
        sample = self.sample(dataset, split.held_out)
        with analysis() if client is None else nullcontext(client) as used:
            self._progress("Evaluate", 0, 0)
            return used.measure(Part(name=protocol, params=values), sample, seed=seed)

    def sample(self, dataset: Dataset, items: IntArray) -> Sample:
        """Return some items of a dataset as a protocol measures them, with the labels that were decided in the run."""
        decided = decided_dataset(dataset, self.saved.folder.path)
        x = self._short(self.embed(dataset, items))
        return sample_of(decided, items, x, lift(self.compared_by), self.seen(dataset))

    def _short(self, x: FloatArray) -> FloatArray:
        """Return the numbers of embeddings (M, D) that are looked at."""
        count = self._dimensions
        if not count:
            return x
        check_beginning(x, count, self.compared_by)
        return shortened(x, count)

    def query(
        self, image: Path, k: int, *, text: str = "", kind: str = "", exact: bool | None = None
    ) -> list[Neighbour]:
        """Return the ``k`` nearest items of a picture file, nearest first, among all items that the run has embedded.

        Where items are rows of a file, such as vectors, a file of one row can be given, or one of them by its id or its
        number, which is not among its neighbours then. One that the data call a query asks their gallery alone.
        ``text``: what is asked by instead of a file, where items can be typed; ``kind``: ``picture`` or ``caption``,
        where the items are both and only those are asked for. ``exact``: compare every item, or search by codes that
        are made once and kept; None: exact up to a million items. ``found_by`` says how it was then.

        Raises
        ------
        UserError: if the file cannot be read, there is no such item, or the run has no checkpoint.
        """
        from explorer.data.split import query_and_gallery
        from explorer.measure.kept_codes import kept_index

        modality, shape = self.saved.modality, self.saved.folder.data.shape
        row = image.suffix.lower() in modality.asked_by and image.is_file()
        named = not modality.from_files or (not image.exists() and str(image) in self.saved.folder.items.ids)
        own = self.item(str(image)) if named and not (row or text) else -1
        read = None
        if text:
            read = self._typed(text)
        elif own < 0:
            read = modality.read(image, shape, self.saved.white)
        snapshot = self.everything() if modality.from_files else self.in_full()
        asked = snapshot.embeddings[snapshot.indices == own] if read is None else self.embedder().embed(read)
        self._progress("Search", 0, len(snapshot.indices))
        index = kept_index(self._short(snapshot.embeddings), lift(self.compared_by), exact=exact)
        self.found_by = index
        queries, gallery = query_and_gallery(self.saved.folder.items.columns)
        among = rows_of(snapshot.indices, gallery) if own in queries else None
        if kind:
            among = rows_of(snapshot.indices, self._of_kind(kind))
        rows, distances = index.search(self._short(asked), min(k + 1, len(index)), among=among)
        found = rows[0] >= 0  # a gallery may hold fewer
        items = zip(snapshot.indices[rows[0][found]].tolist(), distances[0][found].tolist(), strict=True)
        return [self.neighbour(item, at) for item, at in items if item != own][:k]

    def _of_kind(self, kind: str) -> IntArray:
        """Return the items that are pictures, or captions."""
        columns = self.saved.folder.items.columns
        if sides_of(columns) is None:
            plural = self.saved.modality.plural
            raise UserError(
                f"All items of this run are {plural}: there is no kind to choose", remedy="Ask without a kind"
            )
        return columns[KIND].rows_of(kind)

    def _typed(self, text: str) -> Inputs:
        """Return the input that a text becomes."""
        modality = self.saved.modality
        if not modality.typed:
            raise UserError(
                f"This run was trained on {modality.plural}, which cannot be typed", remedy="Give a file instead"
            )
        return modality.decoded(text.encode("utf-8", "replace"), self.saved.folder.data.shape, "the text")

    def item(self, name: str) -> int:
        """Return the position of an item of the run, by its id or its number.

        Raises
        ------
        UserError: if there is none.
        """
        ids = self.saved.folder.items.ids
        if name in ids:
            return ids.index(name)
        if name.isdecimal() and int(name) < len(ids):
            return int(name)
        raise UserError(
            f"This run was trained on {self.saved.modality.plural}, and {printable(name)} is none of its items",
            remedy=f"Give the id of an item, such as {printable(ids[0])}, or a number from 0 to {len(ids) - 1}",
        )

    def everything(self) -> Snapshot:
        """Return all items as the newest checkpoint embeds them: as the run kept them, else embedded again.

        Raises
        ------
        UserError: if the run has no checkpoint, or its data are gone or changed.
        """
        if (recorded := self.recorded()) is not None:
            return recorded
        distance = self.embedder().lift
        folder = self.saved.folder
        if self._step in folder.snapshot_steps():
            with suppress(UserError):  # a damaged snapshot can be made again
                snapshot = folder.snapshot(self._step)
                if snapshot.exact and len(snapshot.indices) == folder.data.items:
                    return snapshot
        dataset = self.data()
        self.saved.with_split(Opened(dataset, None, "", ()))
        every = np.arange(len(dataset), dtype=np.int64)
        return Snapshot(self.saved.run, self._step, every, self.embed(dataset), True, distance)

    def in_full(self) -> Snapshot:
        """Return all items embedded anew, because a kept snapshot has three digits; that where the data are gone.

        Raises
        ------
        UserError: if the run has no checkpoint, or neither its data nor a whole snapshot are there.
        """
        if (recorded := self.recorded()) is not None:
            return recorded
        try:
            dataset = self.data()
            self.saved.with_split(Opened(dataset, None, "", ()))
        except UserError:
            return self.everything()
        every = np.arange(len(dataset), dtype=np.int64)
        return Snapshot(self.saved.run, self._step, every, self.embed(dataset), True, self.embedder().lift)

    def neighbour(self, item: int, distance: float) -> Neighbour:
        """Return an item of the run as a neighbour at a distance."""
        folder = self.saved.folder
        name, label = folder.items.ids[item], int(folder.items.labels[item])
        main, is_file = self._moved or folder.data.uri, self.saved.modality.from_files
        where = place_of(folder, item, main, is_file=is_file)
        columns = folder.items.columns
        said = {KIND, CAPTION} <= set(columns) and columns[KIND][item] == CAPTION
        words = columns[CAPTION][item] if said else ""
        return Neighbour(name, where, folder.data.class_names[label] if label >= 0 else "", distance, words)


@contextmanager
def analysis() -> Iterator[AnalysisClient]:
    """Give an analysis process without a session, which ends with the block; what it said last stands in an error."""
    said: list[object] = []
    client = AnalysisClient(lambda _, value: said.append(value), live=False, threads=os.cpu_count() or 1)
    client.start()
    try:
        yield client
    except RuntimeError as error:
        raise RuntimeError(f"{error}: {said}") from error
    finally:
        client.close(10.0)


def nothing_to_measure(dataset: Dataset) -> UserError:
    """Return why no item of a dataset can be measured: nothing has a class, or nothing of that is held out."""
    if not dataset.measurable:
        return UserError(
            f"None of the {dataset.modality.plural} of {printable(dataset.name)} has a class to be measured by",
            remedy="Measure data with classes",
        )
    return UserError(
        "No items with a class are held out",
        remedy="Measure other data, or train anew on classes large enough to hold out some of each",
    )


def _without_checkpoint(folder: RunFolder, passed: str) -> UserError:
    """Return why a run has no network: it is too young, its checkpoints are gone, or they are damaged."""
    shown, copy = printable(str(folder.path)), "Restore its folder checkpoints from a copy, or train it anew"
    if passed:
        return UserError(f"{shown}: {passed[:1].lower()}{passed[1:]}", remedy=copy)
    if folder.history().finished is not None:
        return UserError(f"{shown} has lost its checkpoints", remedy=copy)
    return UserError(f"{shown} has no whole checkpoint yet", remedy="Let it train to the end of an epoch")
