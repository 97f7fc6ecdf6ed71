"""A saved run as scripts and notebooks use it: embeddings, classes, figures, neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from os import PathLike
from pathlib import Path

import numpy as np

from explorer.api.given import Value, count, place, places, protocol_values, whole
from explorer.api.trained import Change, Tell, trained
from explorer.core.errors import UserError, printable, shown
from explorer.core.recipe import WANTED, Recipe
from explorer.core.types import FloatArray, IntArray, Snapshot
from explorer.core.words import several
from explorer.data.dataset import Dataset
from explorer.engine.compared_runs import ComparedRuns, compared_runs
from explorer.engine.datasets.added_data import check_added_there
from explorer.engine.offline import Neighbour, OfflineRun
from explorer.engine.recipes.command_line import command_lines
from explorer.engine.recipes.how_trained import HowTrained, how_trained
from explorer.engine.recipes.plan import plan_of_run
from explorer.engine.recipes.python_lines import python_lines
from explorer.measure.index import Index, build_index
from explorer.measure.lifts import lift

Place = str | PathLike[str]


class Run:
    """A saved run. What it is asked is read, or computed, when it is asked first.

    ``path``: its folder, which the window opens as well. ``data``: where its data are now, if they were moved.
    """

    def __init__(self, path: Place, *, data: Place = "") -> None:
        self.path = Path(place(path, "a run"))
        self._moved = place(data, "data")
        self._offline = OfflineRun(self.path, moved=self._moved)

    def __repr__(self) -> str:
        return f"<run {str(self.path)!r}: {several(len(self.ids), 'item')}, {self.recipe.loss}>"

    @property
    def recipe(self) -> Recipe:
        """The recipe as the run ended, with what was changed while it trained."""
        return self.how_trained.ended_by

    @cached_property
    def how_trained(self) -> HowTrained:
        """By what it was trained, on what, and what changed on the way; the data where they are now."""
        how = how_trained(self._offline.saved.folder)
        return replace(how, sources=((self._moved, "main"), *how.sources[1:])) if self._moved else how

    @property
    def ids(self) -> tuple[str, ...]:
        """The name of every item, N of them: for pictures its path within the data."""
        return tuple(self._offline.saved.folder.items.ids)

    @property
    def labels(self) -> IntArray:
        """The class of every item (N,) as a position in ``class_names``, −1 where it has none."""
        return self._offline.saved.folder.items.labels

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes."""
        return self._offline.saved.folder.data.class_names

    @property
    def train(self) -> IntArray:
        """Which items it was trained on, ascending."""
        return self._offline.saved.folder.items.indices("train")

    @property
    def held_out(self) -> IntArray:
        """Which items were held out, ascending."""
        return self._offline.saved.folder.items.indices("held-out")

    @property
    def embeddings(self) -> FloatArray:
        """The embeddings (N, D) float32 of all items, by the newest checkpoint.

        Raises
        ------
        UserError: if the run has no checkpoint, or its data are gone and it kept no whole snapshot.
        """
        return self._snapshot.embeddings

    @cached_property
    def _snapshot(self) -> Snapshot:
        return self._offline.in_full()

    @cached_property
    def _index(self) -> Index:
        return build_index(self.embeddings, lift(self._snapshot.distance), exact=True)

    @cached_property
    def _dataset(self) -> Dataset:
        return self._offline.data()

    @cached_property
    def figures(self) -> dict[str, float]:
        """How well held-out items are found: recall@k, MAP@R, …, as ``evaluate`` gives them; empty: none is held out.

        Raises
        ------
        UserError: if the data of the run are gone.
        """
        if not len(self.held_out):
            return {}
        found = self.evaluate(self._dataset.protocol)
        return {name: float(value) for name, value in found.items() if isinstance(value, int | float)}

    def evaluate(self, protocol: str = "retrieval", data: Place = "", **values: Value) -> dict[str, object]:
        """Measure the held-out items, or other ``data``, by a protocol with its parameters: ``ks=[1, 5]``.

        Raises
        ------
        UserError: if there is no such protocol or parameter, or the items do not allow it.
        """
        name, chosen = protocol_values(protocol, values)
        dataset = self._offline.data(place(data, "data")) if data else self._dataset
        split = self._offline.split(dataset)
        return dict(self._offline.measure(name, chosen, dataset, split, self._offline.saved.recipe.seed).figures)

    def neighbours(self, item: int | str, k: int = 10) -> list[Neighbour]:
        """Return the ``k`` nearest of the other items, nearest first; ``item``: its number or its id.

        Raises
        ------
        UserError: if there is no such item, or ``k`` is less than 1.
        """
        k = count(k)
        own = self._offline.item(str(item))
        row = int(np.flatnonzero(self._snapshot.indices == own)[0])
        rows, distances = self._index.search(self.embeddings[row : row + 1], min(k + 1, len(self._index)))
        items = zip(self._snapshot.indices[rows[0]].tolist(), distances[0].tolist(), strict=True)
        return [self._offline.neighbour(other, distance) for other, distance in items if other != own][:k]

    def query(self, file: Place, k: int = 10) -> list[Neighbour]:
        """Return the ``k`` items nearest to a file, such as a picture, that need not be of the data.

        Raises
        ------
        UserError: if it cannot be read.
        """
        return self._offline.query(Path(place(file, "a file")), count(k))

    def embed(self, files: Place | Sequence[Place]) -> FloatArray:
        """Return the embeddings (M, D) float32 of files, in their order; or of data, such as a folder, by one path.

        Raises
        ------
        UserError: if one cannot be read, or is not what the run was trained on.
        """
        named = places(files, "a file")
        if isinstance(files, str | PathLike) and not Path(files).is_file():
            return self._offline.embed(self._offline.data(named[0], alone=True))
        if not named:
            raise UserError("No files were named", remedy="Give the path of one, or of several in a list")
        saved = self._offline.saved
        if not saved.modality.from_files:
            rows = saved.modality.plural.capitalize()
            raise UserError(f"{rows} are rows of a file", remedy="Give the path of a file of them")
        shape = saved.folder.data.shape
        inputs = np.concatenate([saved.modality.read(Path(file), shape, saved.white) for file in named])
        return np.asarray(self._offline.embedder().embed(inputs), np.float32)

    def resume(
        self, *, epochs: int = 0, changes: Sequence[Change] = (), threads: int = 0, tell: Tell | None = None
    ) -> Run:
        """Go on from the last checkpoint, to so many ``epochs`` in all, and return the run as it is then.

        0: those of its recipe, or as many again where it has had them. Otherwise as ``explorer.train``.

        Raises
        ------
        UserError: if its data are gone or changed, or it cannot go on; TrainingFault: a fault of ours.
        """
        saved = self._offline.saved
        epochs = self._checked_epochs(whole(epochs))
        sources = saved.sources(self._moved)
        check_added_there(saved.folder)
        trained(
            self.path, saved.recipe, sources, changes=changes, threads=threads, tell=tell, resume=True, epochs=epochs
        )
        return Run(self.path, data=self._moved)

    def _checked_epochs(self, epochs: object) -> int:
        """Return to how many epochs in all it shall be trained: to fewer than it has had it cannot be."""
        if isinstance(epochs, bool) or not isinstance(epochs, int) or not 0 <= epochs <= 100_000:
            raise UserError(f"{shown(epochs)} is no number of epochs", remedy=f"Give {WANTED['epochs']}")
        checkpoint = self._offline.saved.folder.latest_checkpoint()
        if epochs and checkpoint is not None and epochs < checkpoint.epoch:
            raise UserError(
                f"{printable(str(self.path))} has had {several(checkpoint.epoch, 'epoch')} already",
                remedy=f"Say how many in all, more than that: epochs={2 * checkpoint.epoch}",
            )
        return epochs

    def command_line(self, out: Place = "") -> str:
        """Return the command that trains this run again, into ``out``; what it cannot repeat stands in a comment."""
        return command_lines(plan_of_run(self.how_trained), self._again(out))

    def python(self, out: Place = "") -> str:
        """Return lines of Python that train this run again, into ``out``."""
        return python_lines(plan_of_run(self.how_trained), self._again(out))

    def _again(self, out: Place) -> Path:
        return Path(out) if out else self.path.with_name(f"{self.path.name}-again")


def open_run(folder: Place, *, data: Place = "") -> Run:
    """Return a saved run by its folder; ``data``: where its data are now, if they were moved.

    Raises
    ------
    UserError: if there is no run, or it cannot be read.
    """
    return Run(folder, data=data)


def compare(a: Run | Place, b: Run | Place, protocol: str = "retrieval", **values: Value) -> ComparedRuns:
    """Ask two runs the same about items that both held out: ``metrics`` with intervals, ``differences`` of recipes.

    Raises
    ------
    UserError: if they held out no common items, or the protocol compares nothing.
    """
    first, second = (run if isinstance(run, Run) else Run(run) for run in (a, b))
    return compared_runs(first._offline, second._offline, *protocol_values(protocol, values))
