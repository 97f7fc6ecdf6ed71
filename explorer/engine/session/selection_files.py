"""The selected items out of the window: a table or a list of them, with all that is known, or copies of their files."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.label_decisions import Decision
from explorer.core.name_lists import names_out
from explorer.core.types import FloatArray, IntArray
from explorer.core.words import several
from explorer.data.dataset import Dataset
from explorer.engine.datasets.loading import Opened
from explorer.engine.events import Notice
from explorer.engine.export.pictures_by_class import copy_by_class
from explorer.engine.export.selected_items import write_selected
from explorer.engine.item_sets import found_in, sets_of
from explorer.engine.jobs import Control, Jobs
from explorer.engine.paths import check_folder_of
from explorer.engine.session.selection_order import SelectionOrder
from explorer.engine.session.state import SessionState
from explorer.runs.label_file import read_decisions


class SelectionFiles:
    """Writes files of selected items in the background; every method returns the id of a job."""

    def __init__(self, session: SessionState, jobs: Jobs, order: SelectionOrder) -> None:
        self._session, self._jobs, self._order = session, jobs, order

    def save_list(self, path: Path, items: IntArray, queries: Sequence[int] = (), among: IntArray | None = None) -> int:
        """Write items in their order: to a .txt the paths, to a .csv all that is known of each.

        ``queries``: from the nearest of which the distance is told. ``among``: only those that are in these.
        """
        work = partial(self._save_list, path, items, tuple(queries), among)
        return self._jobs.start("Save the selected items", work, writes=path.name)

    def copy(self, dest: Path, items: IntArray) -> int:
        """Copy the files of items into a new folder, in one folder a class."""
        return self._jobs.start("Copy the pictures", partial(self._copy, dest, items), writes=dest.name)

    def _opened(self) -> tuple[Opened, Path | None]:
        with self._session.lock:
            opened, folder = self._session.opened, self._session.run_path
        if opened is None:
            raise UserError("Nothing is open", remedy="Open pictures or vectors first")
        return opened, folder

    def _save_list(
        self, path: Path, items: IntArray, queries: tuple[int, ...], among: IntArray | None, control: Control
    ) -> None:
        opened, folder = self._opened()
        if among is not None:
            items = items[np.isin(items, among)]
        check_folder_of(path)
        known = {"tags": _tags(opened.dataset, folder, items), "decision": _decisions(opened.dataset, folder, items)}
        figures = {} if path.suffix.lower() == ".txt" else self._order.figures(items, queries, control)
        known |= {name: _texts(values) for name, values in figures.items()}
        write_selected(path, opened.dataset, opened.split, items, known)
        self._tell(f"{several(len(items), 'item')} written to {printable(path.name)}", path.parent)

    def _copy(self, dest: Path, items: IntArray, control: Control) -> None:
        opened, _ = self._opened()
        number = copy_by_class(dest, opened.dataset, items, control)
        self._tell(f"{several(number, 'file')} copied to {printable(dest.name)}", dest)

    def _tell(self, text: str, folder: Path) -> None:
        self._session.lanes.post(Notice(text, folder=folder.absolute()))


def _texts(values: FloatArray) -> list[str]:
    return ["" if np.isnan(value) else f"{value:.6g}" for value in values.tolist()]


def _tags(dataset: Dataset, folder: Path | None, items: IntArray) -> list[str]:
    """Return of each item the names of the sets that it is in, one after the other."""
    tags: list[list[str]] = [[] for _ in range(len(items))]
    with suppress(UserError):  # a damaged file holds up no list
        for one in found_in(sets_of(folder, dataset.uri), dataset.ids):
            for row in np.flatnonzero(np.isin(items, one.items)).tolist():
                tags[row].append(one.name)
    return [names_out(names, " ") for names in tags]


def _decisions(dataset: Dataset, folder: Path | None, items: IntArray) -> list[str]:
    """Return what was decided about each item: keep, exclude, or relabel with its new class."""
    if folder is None:
        return [""] * len(items)
    decided = read_decisions(folder, dataset.ids, dataset.class_names)
    return [_said(dataset, decided.get(item)) for item in items.tolist()]


def _said(dataset: Dataset, decision: Decision | None) -> str:
    if decision is None:
        return ""
    return f"relabel: {dataset.class_names[decision.label]}" if decision.action == "relabel" else decision.action
