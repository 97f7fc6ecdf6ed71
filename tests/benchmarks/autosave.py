"""What saving costs a training: ``python -m tests.benchmarks.autosave DATA --steps 400 --pairs 3``.

The same steps are trained in turn without any saving and as a run is saved: metrics as they come, a checkpoint at the
ends of epochs and every ``--autosave`` seconds, snapshots, by the recorder in its thread. Told are processor time (of
all threads) and wall time of both. What is saved goes by the clock and not by steps: on a busy machine, where steps
take longer, trust the share of a core that all saving took, and the processor time of one save.
"""

from __future__ import annotations

import argparse
import queue
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from explorer.core.events import Checkpoint, Command, RunFailed, RunStarted, Stop, Weights
from explorer.core.recipe import Recipe
from explorer.core.types import Evaluation, Snapshot, StepMetrics
from explorer.engine.datasets.loading import Opened
from explorer.engine.datasets.requirements import suited
from explorer.engine.run.recorder import Recorder
from explorer.engine.run.run_files import create_run
from explorer.engine.run.snapshot_policy import SnapshotPolicy
from explorer.engine.run.trainer_thread import torch_threads
from explorer.learn.trainer import Task, train
from explorer.runs.checkpoints import CheckpointStore
from tests.benchmarks.training import dataset_of

NEVER = float("inf")
AUTOSAVE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Leg:
    """One training: seconds of processor and of wall, how often it was saved, and processor seconds of all saves."""

    processor: float
    wall: float
    saves: int
    saving: float


def trained(opened: Opened, recipe: Recipe, steps: int, folder: Path | None, autosave: float) -> Leg:
    """Train so many steps; ``folder``: where it is saved meanwhile, None: nowhere."""
    assert opened.split is not None
    dataset, commands = opened.dataset, queue.SimpleQueue[Command]()
    recorder = None if folder is None else Recorder(create_run(folder, opened, recipe.resolved()), _refused)
    keeper = None if recorder is None else SnapshotPolicy(recorder, first=True)
    task = Task(
        "r", recipe, dataset.inputs, dataset.labels, opened.split, torch_threads(live=True),
        evaluate_share=0.0, modality=dataset.modality.name, columns=dataset.columns,
        checkpoint_seconds=NEVER if recorder is None else 5.0, autosave_seconds=NEVER if recorder is None else autosave,
    )  # fmt: skip
    begun, wall, saves, saving, again = 0.0, 0.0, 0, 0.0, 0.0
    events = train(task, commands)
    while True:
        before = time.thread_time()
        event = next(events)
        if isinstance(event, RunStarted):
            begun, wall = time.process_time(), time.perf_counter()
        elif isinstance(event, RunFailed):
            raise SystemExit(event.message)
        elif isinstance(event, StepMetrics) and event.step >= steps:
            break
        if isinstance(event, Checkpoint) and event.step:
            captured, began = time.thread_time() - before, time.perf_counter()
            writing = _written_again(event, folder)
            saves, saving, again = saves + 1, saving + captured + writing, again + writing
            wall += time.perf_counter() - began
        if keeper is not None and isinstance(event, Snapshot):
            keeper.snapshot(event)
        elif recorder is not None and isinstance(event, StepMetrics | Evaluation | Checkpoint | Weights):
            recorder.put(event)
    leg = Leg(time.process_time() - begun - again, time.perf_counter() - wall, saves, saving)
    commands.put(Stop(quick=True))
    for _ in events:
        pass
    if recorder is not None:
        recorder.close(60.0)
    return leg


def _written_again(checkpoint: Checkpoint, folder: Path | None) -> float:
    """Write a checkpoint once more, in this thread, and return the processor seconds that took."""
    if folder is None:
        return 0.0
    beside = CheckpointStore(folder.parent / f"{folder.name}-again")
    beside.folder.mkdir(exist_ok=True)
    began = time.thread_time()
    beside.write(checkpoint)
    return time.thread_time() - began


def _refused(problem: str) -> None:
    if problem:
        raise SystemExit(problem)


def told(bare: Sequence[Leg], saved: Sequence[Leg], steps: int) -> str:
    """Return what was found, in words."""
    lines = []
    for name in ("processor", "wall"):
        without, with_ = (median(getattr(leg, name) for leg in legs) for legs in (bare, saved))
        each = ", ".join(f"{getattr(b, name):.1f} → {getattr(a, name):.1f}" for b, a in zip(bare, saved, strict=True))
        lines.append(f"{name}: {1e3 * without / steps:.1f} → {1e3 * with_ / steps:.1f} ms a step, "
                     f"{100 * (with_ / without - 1):+.2f} % ({each} s)")  # fmt: skip
    more = sum(leg.processor for leg in saved) - sum(leg.processor for leg in bare)
    busy = 100 * more / sum(leg.wall for leg in saved)
    lines.append(f"{busy:.2f} % of a core for all that is saved: the extra processor seconds by the wall time")
    saves = sum(leg.saves for leg in saved)
    one = sum(leg.saving for leg in saved) / max(saves, 1)
    share = f"{100 * one / AUTOSAVE_SECONDS:.2f} % of a core with one in {AUTOSAVE_SECONDS:.0f} seconds"
    lines.append(f"{saves} saves, {1e3 * one:.0f} ms of processor each: {share}")
    return "\n".join(lines)


def main() -> None:
    """Train in turn, and tell."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--autosave", type=float, default=AUTOSAVE_SECONDS)
    parser.add_argument("--set", nargs="*", default=[])
    options = parser.parse_args()
    recipe = Recipe(epochs=1000).with_settings(options.set)
    dataset, split = dataset_of(options.data, recipe)
    recipe = suited(recipe, dataset.modality)
    opened = Opened(dataset, split, "", ((options.data, "main"),), recipe.data)
    bare, saved = [], []
    with tempfile.TemporaryDirectory() as place:
        for pair in range(options.pairs):
            bare.append(trained(opened, recipe, options.steps, None, NEVER))
            saved.append(trained(opened, recipe, options.steps, Path(place) / str(pair), options.autosave))
    sys.stdout.write(told(bare, saved, options.steps) + "\n")


if __name__ == "__main__":
    main()
