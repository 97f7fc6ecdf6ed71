"""What a drop would open, told while it is still dragged: a look at names and first bytes, in the background."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from explorer.core.result_kinds import result
from explorer.data.bids import LAST, bids_for
from explorer.data.opening import check_there
from explorer.engine.jobs import Control
from explorer.engine.lanes import Lanes
from explorer.engine.saved_runs import glance_of
from explorer.runs.header import is_run


@result("latest", "session")
@dataclass(frozen=True, slots=True)
class DropTold:
    """What is seen in ``spec``: ``a folder with 81 class folders``. ``read``: whether it will most likely be read."""

    spec: str
    words: str
    read: bool


def drop_told(spec: str) -> DropTold:
    """Return what is seen in a path, without listing it."""
    if is_run(Path(spec)):
        return _run_told(spec)
    try:
        check_there(spec)
    except UserError as error:
        return DropTold(spec, str(error), read=False)
    winner = bids_for(spec, DataOptions())[0].bid
    known = f"{winner.known}: " if winner.known else ""
    return DropTold(spec, f"{known}{winner.reason}", read=winner.score > LAST)


def _run_told(spec: str) -> DropTold:
    run = glance_of(Path(spec))
    if run is None:
        return DropTold(spec, "a saved run that cannot be read", read=False)
    name = f" called “{run.notes.name}”" if run.notes.name else ""
    return DropTold(spec, f"a saved run of {run.data}{name}, at step {run.step:,}", read=True)


def post_drop(lanes: Lanes, spec: str, _job: Control) -> None:
    """Tell what is seen in a path: ``DropTold``."""
    lanes.post(drop_told(spec))
