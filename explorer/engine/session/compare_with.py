"""The run that is shown against another saved one: what is better, by how much, and whether that may be chance."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from explorer.core.recipe import Part
from explorer.core.result_kinds import result
from explorer.engine.compared_runs import ComparedRuns, compared_runs
from explorer.engine.jobs import Control, progress_of
from explorer.engine.offline import OfflineRun
from explorer.engine.session.shown_run import needed_run
from explorer.engine.session.state import SessionState


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class RunsCompared:
    """What a ``protocol`` found of two runs, by their names; a difference is that of ``second``, which is shown."""

    protocol: Part
    first: str
    second: str
    found: ComparedRuns


def post_comparison(session: SessionState, other: Path, protocol: Part, control: Control) -> None:
    """Measure another run and the one that is shown on what both held out, and post it: the work of a job.

    Each by its newest checkpoint.

    Raises
    ------
    UserError: if there is no run, one of them cannot be read, or the protocol compares nothing.
    Cancelled: if the job was cancelled.
    """
    shown, progress = needed_run(session, "What is compared is"), progress_of(control)
    first, second = OfflineRun(other, progress), OfflineRun(shown.folder, progress)
    found = compared_runs(first, second, protocol.name, dict(protocol.params), cancelled=control.cancelled)
    session.results.post(RunsCompared(protocol, other.name, shown.folder.name, found), shown.generation)
