"""How much room a run takes on the disk, by what policy, and what of it can be given up."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from explorer.runs.checkpoints import EARLY, KEPT
from explorer.runs.folder import WEIGHTS, Part, RunFolder
from explorer.runs.retention import DEFAULT

PARTS: tuple[Part, ...] = ("checkpoints", "weights", "snapshots")

FOLDERS: Mapping[Part, tuple[str, ...]] = {
    "checkpoints": ("checkpoints",),
    "weights": ("weights",),
    "snapshots": ("snapshots", "projections"),
}
POLICIES: Mapping[Part, str] = {
    "checkpoints": (
        f"the newest {KEPT} are kept, the best, what was asked for, and of the earlier ones at most {EARLY.count} "
        f"or {EARLY.budget / 1e6:,.0f} MB"
    ),
    "weights": f"networks of kept steps, at most {WEIGHTS.budget / 1e6:,.0f} MB or {WEIGHTS.count} steps",
    "snapshots": f"with their maps, at most {DEFAULT.budget / 1e6:,.0f} MB or {DEFAULT.count} steps, and pauses",
}
GIVEN_UP: Mapping[Part, str] = {
    "checkpoints": "all but the newest checkpoint: the run cannot go back to a step before it",
    "weights": "the networks of earlier steps: a query from outside is embedded by the newest one alone",
    "snapshots": "all steps of the time line but the first and the newest, with their networks",
}
"""What is lost when a part is given up, in words."""


@dataclass(frozen=True, slots=True)
class PartUse:
    """One part of a run: how many steps it has, their bytes, and how many steps and bytes could be given up.

    ``spare_weights``: those of the spare bytes that stand among the weights, as a snapshot goes with its network.
    """

    part: Part
    steps: int
    size: int
    spare: tuple[int, ...]
    spare_size: int
    spare_weights: int = 0


@dataclass(frozen=True, slots=True)
class RunUse:
    """What a run takes: ``size`` bytes in all, of which the ``parts`` are those that grow with its steps."""

    size: int
    parts: tuple[PartUse, ...]


def run_use(run: RunFolder) -> RunUse:
    """Return what a run takes on the disk; it may be written meanwhile."""
    return RunUse(bytes_below(run.path), tuple(_part_use(run, part) for part in PARTS))


def give_up(run: RunFolder, part: Part) -> int:
    """Remove for good what of a part can be given up, from a run that is open for writing; return the bytes.

    Raises
    ------
    UserError: if the run is not open for writing, or its folder cannot be written.
    """
    use = _part_use(run, part)
    run.forget(part, use.spare)
    return use.spare_size


def bytes_below(folder: Path) -> int:
    """Return the bytes of all files below a folder, links not followed; 0 where there is none."""
    total, waiting = 0, [os.fspath(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
        except OSError:  # it went meanwhile
            continue
    return total


def _part_use(run: RunFolder, part: Part) -> PartUse:
    steps = run.steps_of(part)
    kept = _kept(run, part, steps)
    spare = tuple(step for step in steps if step not in kept)
    size = sum(bytes_below(run.path / folder) for folder in FOLDERS[part])
    own = _bytes_of(run, FOLDERS[part], spare)
    networks = _bytes_of(run, FOLDERS["weights"], spare) if part == "snapshots" else 0
    return PartUse(part, len(steps), size, spare, own + networks, networks)


def _kept(run: RunFolder, part: Part, steps: tuple[int, ...]) -> set[int]:
    """Return the steps that are never given up: with them the run can be shown, measured and gone on with."""
    if part == "weights" or not steps:
        return set()
    if part == "checkpoints":
        whole = run.latest_checkpoint()
        return {step for step in steps if whole is None or step >= whole.step}
    exact = [step for step in steps if run.is_exact(step)]
    return {steps[0], steps[-1], *exact[-1:]}


def _bytes_of(run: RunFolder, folders: Iterable[str], steps: Iterable[int]) -> int:
    """Return the bytes of some steps in folders of a run: of files whose names begin with the step in eight digits."""
    wanted, total = {f"{step:08d}" for step in steps}, 0
    for name in folders:
        try:
            entries = list((run.path / name).iterdir())
        except OSError:
            continue
        for entry in entries:
            if entry.name.partition(".")[0].partition("-")[0] in wanted:
                total += bytes_below(entry) if entry.is_dir() else entry.stat().st_size
    return total
