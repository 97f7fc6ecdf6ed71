"""What a saved run holds beside its maps, for exports: its network, its data, and the embeddings of its items."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from explorer.core.errors import UserError
from explorer.core.item_rows import rows_of
from explorer.core.types import FloatArray, IntArray, Snapshot, frozen
from explorer.engine.datasets.loading import Opened
from explorer.engine.export.base import Subject
from explorer.engine.jobs import Control, progress_of
from explorer.engine.offline import OfflineRun

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset
    from explorer.learn.embedder import Embedder


class Contents:
    """What of a run is exported, loaded when it is asked for; every step tells its progress and can be cancelled.

    ``offline``: the run with the network of the chosen step, where that is kept, else that of the newest checkpoint.
    ``full``: whether the embeddings that were asked for have all their digits, and not the 16 bits that are kept.
    """

    def __init__(self, subject: Subject, control: Control) -> None:
        run = subject.run
        if run is None:
            raise UserError("Only what is kept of a run can be exported this way", remedy="Train, or open a saved run")
        self.subject = subject
        self.progress = progress_of(control)
        self._run = run
        outline = OfflineRun(run.path)
        own = subject.chosen in outline.saved.folder.network_steps()
        at = subject.chosen if own else run.step
        self.offline = OfflineRun(run.path, self.progress, at=at, moved=run.moved)
        self._own, self.full = own, False

    @cached_property
    def embedder(self) -> Embedder:
        """The network.

        Raises
        ------
        UserError: if there is none.
        """
        return self.offline.embedder()

    @cached_property
    def dataset(self) -> Dataset:
        """The data of the run, item by item as it was trained.

        Raises
        ------
        UserError: if they are gone or changed.
        """
        dataset = self._run.dataset if self._run.dataset is not None else self.offline.data()
        self.offline.saved.with_split(Opened(dataset, None, "", ()))
        return dataset

    @cached_property
    def embedded(self) -> Snapshot:
        """The items that are taken and their embeddings (M, D) float32, prepared as the distance of the run wants them.

        They are embedded anew where network and data of that step are there, else as the run keeps them, in 16 bits.

        Raises
        ------
        UserError: if neither is there.
        """
        folder, step = self.offline.saved.folder, self.subject.chosen
        if self._own:
            with suppress(UserError):  # the network is damaged, or the data are gone
                wanted = self._selected(np.arange(len(self.subject.items), dtype=np.int64))
                embeddings = self.offline.embed(self.dataset, wanted)
                self.full = True
                return Snapshot(folder.run, step, wanted, embeddings, True, self.embedder.lift)
        kept = folder.snapshot(step)
        wanted = self._selected(kept.indices)
        embeddings = frozen(kept.embeddings[rows_of(kept.indices, wanted)], np.float32)
        return Snapshot(kept.run, step, wanted, embeddings, kept.exact, kept.distance)

    def _selected(self, known: IntArray) -> IntArray:
        """Return which of the items that are known are wanted, ascending."""
        chosen = self.subject.selected
        wanted: IntArray = known if chosen is None else np.intersect1d(known, chosen)
        if not len(wanted):
            raise UserError("None of the items that are asked for has an embedding", remedy="Choose other items")
        return wanted

    def places(self) -> FloatArray:
        """Return where the items that are taken are on the map (M, 2), NaN where one has no place."""
        frame = self.subject.frame(self.subject.chosen)
        places = np.full((len(self.subject.items), 2), np.nan, np.float32)
        places[frame.indices] = frame.xy
        taken: FloatArray = places[self.embedded.indices]
        return taken
