"""What may be wrong with the data of a run: likely label errors, duplicates, and duplicates in both parts (leaks)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import starmap
from pathlib import Path
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from explorer.core.errors import UserError
from explorer.core.label_decisions import Decisions
from explorer.core.types import UNLABELLED, BoolArray, FloatArray, IntArray, Snapshot, Split
from explorer.data.dataset import Dataset
from explorer.engine.offline import OfflineRun
from explorer.engine.run.label_watch import decided_dataset
from explorer.engine.run.run_files import check_same_items
from explorer.runs.atomic import write_file
from explorer.runs.folder import RunFolder
from explorer.runs.items import safe_cell
from explorer.runs.own_files import refuse_own_file

MOST_STEPS = 4
"""By so many steps of a run labels are judged at most."""

MOST_PAIRS = 4_000_000_000
"""Of distances: where one step has as many as this or more, it is judged alone."""

HEADER = ("id", "class", "suspected", "score", "likely", "group", "leak", "part", "decision", "new_class")

ProgressCall = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Suspect:
    """An item whose label may be wrong: a ``score`` of 0 to 1, and the class that it seems to be of, by its number."""

    item: int
    score: float
    suspected: int
    likely: bool


class Suspects(Sequence[Suspect]):
    """Suspects in arrays (N,), each made when it is asked for: a panel shows few, and keeps all of 70,000 items."""

    def __init__(
        self, items: IntArray, scores: npt.NDArray[np.floating[Any]], suspected: IntArray, likely: BoolArray
    ) -> None:
        self._columns = items, scores, suspected, likely

    def __len__(self) -> int:
        return len(self._columns[0])

    @overload
    def __getitem__(self, index: int) -> Suspect: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Suspect, ...]: ...
    def __getitem__(self, index: int | slice) -> Suspect | tuple[Suspect, ...]:
        if isinstance(index, slice):
            return tuple(starmap(Suspect, zip(*(column[index].tolist() for column in self._columns), strict=True)))
        item, score, suspected, likely = (column[index].item() for column in self._columns)
        return Suspect(item, score, suspected, likely)

    def __iter__(self) -> Iterator[Suspect]:
        return iter(self[:])


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found at a step of a run, and at how many ``steps`` before it.

    ``suspects``: all items that could be judged, the most suspicious first; ``problem``: why none could. ``groups``:
    the items of each group of duplicates, the leaking groups first; ``leaking``: how many of these have items in both
    parts; ``copies``: of each item in a group the similarity to the one that is most like it, 1 where it is equal.
    """

    step: int
    exact: bool
    steps: int
    suspects: Sequence[Suspect]
    groups: tuple[tuple[int, ...], ...]
    leaking: int
    copies: dict[int, float]
    problem: str = ""

    @property
    def likely(self) -> int:
        """How many labels are likely wrong."""
        return sum(suspect.likely for suspect in self.suspects)


def find(
    dataset: Dataset,
    split: Split | None,
    snapshots: Sequence[Snapshot],
    progress: ProgressCall,
    cancelled: Callable[[], bool],
) -> Findings:
    """Look for wrong labels and duplicates among all items.

    ``snapshots``: of the run, the newest last; all but that one hold every item.

    Raises
    ------
    Cancelled: if ``cancelled()`` turns true.
    """
    newest = snapshots[-1]
    progress("label errors", 0, 0)
    try:
        suspects: Sequence[Suspect] = _suspects(dataset, snapshots, cancelled)
        problem = ""
    except UserError as error:
        suspects, problem = (), str(error)
    progress("duplicates", 0, 0)
    groups, leaking, copies = _duplicates(dataset, split, newest, cancelled)
    return Findings(newest.step, newest.exact, len(snapshots), suspects, groups, leaking, copies, problem)


def _suspects(dataset: Dataset, snapshots: Sequence[Snapshot], cancelled: Callable[[], bool]) -> Suspects:
    from explorer.evaluation.label_errors import find_label_errors  # numba: not at start-up
    from explorer.measure.lifts import lift

    items = snapshots[-1].indices
    steps = [_rows(snapshot, items) for snapshot in snapshots]
    found = find_label_errors(
        steps, np.asarray(dataset.labels)[items], lift(snapshots[-1].distance), cancelled=cancelled
    )
    order = np.lexsort((found.rows, -found.score))
    return Suspects(items[found.rows[order]], found.score[order], found.suspected[order], found.likely[order])


def _rows(snapshot: Snapshot, items: IntArray) -> FloatArray:
    return snapshot.embeddings if len(snapshot.indices) == len(items) else snapshot.embeddings[items]


def _duplicates(
    dataset: Dataset, split: Split | None, newest: Snapshot, cancelled: Callable[[], bool]
) -> tuple[tuple[tuple[int, ...], ...], int, dict[int, float]]:
    from explorer.evaluation.duplicates import equal_rows, find_duplicates
    from explorer.measure.lifts import lift

    dataset.check_all_there()
    inputs: Any = dataset.inputs
    if inputs.dtype == np.uint8:
        whole = len(newest.indices) == len(dataset)
        x, of = (newest.embeddings, lift(newest.distance)) if whole else (None, None)
        found = find_duplicates(inputs, x, of, cancelled=cancelled)
    else:
        found = equal_rows(inputs)
    train, held_out = _parts(len(dataset), split)
    leaks = found.leaks(train, held_out)
    members: dict[int, list[int]] = {}
    for item in np.flatnonzero(found.groups >= 0).tolist():
        members.setdefault(int(found.groups[item]), []).append(item)
    groups = sorted((tuple(group) for group in members.values()), key=lambda group: (not leaks[group[0]], group))
    copies: dict[int, float] = {}
    for pair, similarity in zip(found.pairs.tolist(), found.similarity.tolist(), strict=True):
        for item in pair:
            copies[item] = max(copies.get(item, 0.0), min(similarity, 1.0))
    return tuple(groups), sum(bool(leaks[list(group)].any()) for group in groups), copies


def _parts(count: int, split: Split | None) -> tuple[BoolArray, BoolArray]:
    """Return which items (N,) train and which are held out."""
    train, held_out = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    if split is not None:
        train[split.train], held_out[split.held_out] = True, True
    return train, held_out


def earlier_steps(folder: RunFolder, newest: Snapshot) -> list[Snapshot]:
    """Return the snapshots of all items beside the newest by which labels are judged, spread evenly over the run.

    Wrong labels are learned last: by the end of a long run a network may have learned them by heart.
    """
    count = len(newest.indices)
    room = min(MOST_STEPS, MOST_PAIRS // max(1, count * count)) - 1
    if room < 1 or count != folder.data.items:
        return []
    kept = [step for step in folder.snapshot_steps() if 0 < step < newest.step]
    found: list[Snapshot] = []
    for part in np.array_split(np.array(kept, np.int64), room):
        for step in part.tolist():
            with suppress(UserError):  # a damaged one is passed over
                snapshot = folder.snapshot(step)
                if len(snapshot.indices) == count:
                    found.append(snapshot)
                    break
    return found


def find_in_run(asked: OfflineRun, progress: ProgressCall) -> tuple[Dataset, Split, Findings]:
    """Return the data of a saved run with the labels that were decided, its split, and what was found.

    Raises
    ------
    UserError: if the run has no network, or its data are gone or changed.
    """
    dataset = asked.data()
    check_same_items(asked.saved.folder, dataset)
    split = asked.split(dataset)
    newest, folder = asked.everything(), asked.saved.folder
    snapshots = [*earlier_steps(folder, newest), newest]
    decided = decided_dataset(dataset, folder.path)
    return decided, split, find(decided, split, snapshots, progress, lambda: False)


def write_list(path: Path, dataset: Dataset, split: Split | None, findings: Findings, decisions: Decisions) -> int:
    """Write what was found and decided as CSV, one row for each item that is suspected, copied or decided on.

    Returns how many rows there are.

    Raises
    ------
    UserError: if it cannot be written.
    """
    refuse_own_file(path)
    suspects = {suspect.item: suspect for suspect in findings.suspects}
    order = [suspect.item for suspect in findings.suspects if suspect.likely]
    order += [item for group in findings.groups for item in group] + sorted(decisions)
    group_of = {item: number for number, group in enumerate(findings.groups) for item in group}
    train, held_out = _parts(len(dataset), split)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADER)
    rows = list(dict.fromkeys(order))
    for item in rows:
        suspect, group, decision = suspects.get(item), group_of.get(item), decisions.get(item)
        new = decision.label if decision is not None and decision.action == "relabel" else UNLABELLED
        cells = (
            dataset.ids[item],
            dataset.class_name(item),
            dataset.class_names[suspect.suspected] if suspect else "",
            f"{suspect.score:.4f}" if suspect else "",
            "yes" if suspect and suspect.likely else "",
            "" if group is None else str(group),
            "yes" if group is not None and group < findings.leaking else "",
            "train" if train[item] else "held-out" if held_out[item] else "",
            decision.action if decision else "",
            dataset.class_names[new] if new >= 0 else "",
        )
        writer.writerow([safe_cell(cell) for cell in cells])
    write_file(path, [text.getvalue().encode("utf-8", "surrogateescape")])
    return len(rows)
