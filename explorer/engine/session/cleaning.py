"""Label errors and duplicates of the run that is shown, and what is decided about them, with undo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.label_decisions import Action, Decision, Decisions
from explorer.core.result_kinds import result
from explorer.core.types import UNLABELLED, IntArray
from explorer.core.words import several
from explorer.engine.cleaning import Findings, earlier_steps, find, write_list
from explorer.engine.datasets.loading import scene_of
from explorer.engine.events import Notice
from explorer.engine.jobs import Control, Jobs
from explorer.engine.run.label_watch import decided_dataset
from explorer.engine.session.patches import Patches, patched
from explorer.engine.session.shown_run import ShownRun, needed_run, shown_run
from explorer.engine.session.state import SessionState
from explorer.runs.folder import RunFolder
from explorer.runs.label_file import changing_labels, read_decisions, write_decisions

GROUP = "cleaning"

MOST_UNDONE = 100


@result("latest", "run")
@dataclass(frozen=True, slots=True)
class CleaningFound:
    """What may be wrong with the data, by the embeddings of a run."""

    run: str
    found: Findings


@result("latest", "run")
@dataclass(frozen=True, slots=True)
class DecisionsChanged:
    """What was decided about the labels of a run's items, and whether the last change can be undone.

    ``classes``: so many of the classes of the data, the first, are those of the run, which its items can be of; None:
    all of them.
    """

    run: str
    decisions: Decisions
    undoable: bool
    classes: int | None = None


class SessionCleaning:
    """Finds, and keeps decisions in the folder of the run that is shown. Every method returns at once.

    What comes of it is ``CleaningFound`` and ``DecisionsChanged``; a run that trains goes by decisions from its next
    epoch on, evaluations at once.
    """

    def __init__(self, session: SessionState, jobs: Jobs) -> None:
        self._session, self._jobs = session, jobs
        self._history: Patches[int, Decision] = Patches(MOST_UNDONE)

    def look(self) -> None:
        """Tell what was decided in the run that is shown."""
        self._jobs.start("Read decisions", self._look, quiet=True, group=GROUP)

    def find(self) -> int:
        """Look for wrong labels and duplicates."""
        return self._jobs.start("Find label errors and duplicates", self._find, group="find label errors")

    def decide(self, items: Sequence[int] | IntArray, action: Action, label: int = UNLABELLED) -> int:
        """Decide about items: they keep their label, are of the class ``label`` from now on, or are left out.

        Returns the number of the change, for ``take_back``.
        """
        decision = Decision(action, label if action == "relabel" else UNLABELLED)
        return self._start(items, decision)

    def forget(self, items: Sequence[int] | IntArray) -> int:
        """Let items be again as they came, whatever was decided about them; return the number of the change."""
        return self._start(items, None)

    def undo(self) -> int:
        """Take the last decision back."""
        return self._jobs.start("Undo a decision", self._undo, group=GROUP, quiet=True)

    def take_back(self, number: int, *, again: bool = False) -> None:
        """Take a change back by its number, or do it again after that."""
        work = partial(self._take_back, number, again)
        self._jobs.start("Undo a decision", work, group=GROUP, quiet=True)

    def _start(self, items: Sequence[int] | IntArray, decision: Decision | None) -> int:
        number, chosen = self._history.number(), np.array(items, np.int64)
        work = partial(self._decide, number, chosen, decision)
        self._jobs.start("Decide about labels", work, group=GROUP, quiet=True)
        return number

    def export(self, path: Path, found: Findings) -> int:
        """Write the list of what was found and decided as CSV."""
        return self._jobs.start("Export the list", partial(self._export, path, found), group=GROUP, writes=path.name)

    def _shown(self) -> ShownRun | None:
        shown = shown_run(self._session)
        if shown is not None:
            self._history.follow(shown.run)
        return shown

    def _needed(self) -> ShownRun:
        shown = needed_run(self._session, "decisions are")
        self._history.follow(shown.run)
        return shown

    def _look(self, _control: Control) -> None:
        shown = self._shown()
        if shown is not None:
            self._tell(shown, decisions_of(shown))

    def _find(self, control: Control) -> None:
        shown, session = self._needed(), self._session
        every = np.arange(len(shown.dataset))
        newest = session.measured(every)
        if newest is None:
            raise UserError("Nothing is embedded yet", remedy="Wait for the first snapshot of the run")
        snapshots = [*earlier_steps(RunFolder.open(shown.folder), newest), newest]
        decided = decided_dataset(shown.dataset, shown.folder)
        found = find(decided, shown.opened.split, snapshots, control.progress, control.cancelled)
        session.results.post(CleaningFound(shown.run, found), shown.generation)

    def _decide(self, number: int, items: IntArray, decision: Decision | None, _control: Control) -> None:
        shown, chosen = self._needed(), dict.fromkeys(items.tolist(), decision)
        if decision is not None and decision.action == "relabel":
            check_of_run(shown, decision.label)
        with changing_labels(shown.folder):
            before = decisions_of(shown)
            after = patched(before, chosen)
            self._write(shown, after)
        self._history.add(number, before, chosen)
        self._tell(shown, after)

    def _undo(self, control: Control) -> None:
        self._needed()
        self._take_back(self._history.newest(), False, control)

    def _take_back(self, number: int, again: bool, _control: Control) -> None:
        shown = self._needed()
        with changing_labels(shown.folder):
            after = self._history.taken_back(number, decisions_of(shown), again=again)
            if after is not None:
                self._write(shown, after)
        if after is not None:
            self._tell(shown, after)

    def _write(self, shown: ShownRun, decisions: Decisions) -> None:
        write_decisions(shown.folder, decisions, shown.dataset.ids, shown.dataset.class_names)

    def _tell(self, shown: ShownRun, decisions: dict[int, Decision]) -> None:
        """Post the decisions, and let live evaluations go by them."""
        session = self._session
        told = DecisionsChanged(shown.run, decisions, bool(self._history), classes_of_run(shown))
        session.results.post(told, shown.generation)
        decided = replace(shown.opened, dataset=decided_dataset(shown.dataset, shown.folder))
        with session.lock:
            if (session.generation, session.run) == (shown.generation, shown.run):
                session.analysis.begin(scene_of(decided, shown.generation, shown.run))

    def _export(self, path: Path, found: Findings, _control: Control) -> None:
        shown = self._needed()
        rows = write_list(path, shown.dataset, shown.opened.split, found, decisions_of(shown))
        self._session.lanes.post(Notice(f"{several(rows, 'item is', 'items are')} listed in {path.name}", "info"))


def classes_of_run(shown: ShownRun) -> int:
    """Return how many of the classes of the data are those of the run; those of what was added beside it come after.

    Raises
    ------
    UserError: if the run cannot be read.
    """
    return len(RunFolder.open(shown.folder).data.class_names)


def check_of_run(shown: ShownRun, label: int) -> None:
    """Refuse a class that the run does not have.

    Raises
    ------
    UserError: if there is none, or it is one of what was added beside the run.
    """
    if label >= classes_of_run(shown):
        raise UserError(
            f"{printable(shown.dataset.class_names[label])} is a class of what was added beside the run, and none of "
            "the run: nothing was relabelled",
            remedy="Choose one of the others, or train anew with these data",
        )


def decisions_of(shown: ShownRun) -> dict[int, Decision]:
    """Return what was decided about the labels of a run.

    Raises
    ------
    UserError: if the file is damaged.
    """
    return read_decisions(shown.folder, shown.dataset.ids, shown.dataset.class_names)
