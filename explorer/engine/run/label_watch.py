"""What was decided about the labels of a run, for whoever trains or measures it; a run reads it before every epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from explorer.core.errors import UserError
from explorer.core.label_decisions import DecidedLabels, Decision
from explorer.core.types import frozen
from explorer.data.dataset import Dataset
from explorer.engine.events import Notice
from explorer.engine.lanes import Lanes
from explorer.runs.item_sets import read_sets, write_sets
from explorer.runs.label_file import read_decisions, write_decisions


class LabelWatch:
    """Called, it returns the labels as they are decided in the ``folder`` of a run, None where nothing has changed.

    The folder is asked for every time, since a run may be moved. Of a file that cannot be read the user is
    told; what was decided before holds until it can.
    """

    def __init__(self, folder: Callable[[], Path], dataset: Dataset, lanes: Lanes) -> None:
        self._folder, self._dataset, self._lanes = folder, dataset, lanes
        self._known: Mapping[int, Decision] = {}
        self._said = ""

    def __call__(self) -> DecidedLabels | None:
        """Look at the file."""
        dataset = self._dataset
        try:
            found = read_decisions(self._folder(), dataset.ids, dataset.class_names)
        except UserError as error:
            if str(error) != self._said:
                self._said = str(error)
                self._lanes.post(Notice(self._said, "error"))
            return None
        if found == self._known:
            return None
        self._known = found
        return DecidedLabels.of(dataset.labels, found)


def carry_decisions(before: Path, folder: Path, dataset: Dataset) -> None:
    """Let what was decided and named in the run ``before`` hold in that of ``folder``, both of the same data."""
    with suppress(UserError):
        sets = read_sets(before)
        if sets and before != folder:
            write_sets(folder, sets)
    with suppress(UserError):  # a file that is damaged, or a folder that is gone, holds up no training
        decided = read_decisions(before, dataset.ids, dataset.class_names)
        if decided and before != folder:
            write_decisions(folder, decided, dataset.ids, dataset.class_names)


def decided_dataset(dataset: Dataset, folder: Path | None) -> Dataset:
    """Return a dataset with the labels that were decided in the folder of a run; what is excluded has none.

    Raises
    ------
    UserError: if the file of the run is damaged.
    """
    decided = {} if folder is None else read_decisions(folder, dataset.ids, dataset.class_names)
    if not decided:
        return dataset
    return replace(dataset, labels=frozen(DecidedLabels.of(dataset.labels, decided).labels))
