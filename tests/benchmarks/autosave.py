"""What saving costs a training: ``python -m tests.benchmarks.autosave DATA --steps 400``.

Two trainings of the same steps take turns in one process, ``--block`` steps each: one saves nothing, the other is
saved as a run is: metrics as they come, a checkpoint at the ends of epochs and every ``--autosave`` seconds,
snapshots, by the recorder in its thread. What else the machine does meets both. Told are processor time (of all
threads) and wall time of both, block by block, with the interval in which the mean of the difference lies. The clock
of the autosave goes on while the other trains, so that it is saved twice as often as in a training of its own.
"""

from __future__ import annotations

import argparse
import math
import queue
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from explorer.core.events import Checkpoint, Command, RunFailed, Stop, Weights
from explorer.core.recipe import Recipe
from explorer.core.types import Evaluation, Snapshot, StepMetrics
from explorer.engine.datasets.loading import Opened
from explorer.engine.datasets.requirements import suited
from explorer.engine.run.recorder import Recorder
from explorer.engine.run.run_files import create_run
from explorer.engine.run.snapshot_policy import SnapshotPolicy
from explorer.engine.run.trainer_thread import torch_threads
from explorer.learn.trainer import Task, train
from tests.benchmarks.training import dataset_of

NEVER = float("inf")
AUTOSAVE_SECONDS = 30.0


class Training:
    """One training that goes on for some steps when told to."""

    def __init__(self, opened: Opened, recipe: Recipe, folder: Path | None, autosave: float) -> None:
        """``folder``: where it is saved meanwhile; None: nowhere."""
        assert opened.split is not None
        dataset, self._commands = opened.dataset, queue.SimpleQueue[Command]()
        self._recorder = None if folder is None else Recorder(create_run(folder, opened, recipe.resolved()), _refused)
        self._keeper = None if self._recorder is None else SnapshotPolicy(self._recorder, first=True)
        seconds = (NEVER, NEVER) if folder is None else (5.0, autosave)
        task = Task(
            "r", recipe, dataset.inputs, dataset.labels, opened.split, torch_threads(live=True),
            evaluate_share=0.0, modality=dataset.modality.name, columns=dataset.columns,
            checkpoint_seconds=seconds[0], autosave_seconds=seconds[1],
        )  # fmt: skip
        self._events = train(task, self._commands)
        self._step, self.saves = 0, 0
        self.processor: list[float] = []
        self.wall: list[float] = []

    def go_on(self, steps: int) -> None:
        """Train so many steps and note the seconds of processor and of wall that they took."""
        until = self._step + steps
        processor, wall = time.process_time(), time.perf_counter()
        while self._step < until:
            self._take(next(self._events))
        self.processor.append(time.process_time() - processor)
        self.wall.append(time.perf_counter() - wall)

    def _take(self, event: object) -> None:
        if isinstance(event, RunFailed):
            raise SystemExit(event.message)
        if isinstance(event, StepMetrics):
            self._step = event.step
        self.saves += isinstance(event, Checkpoint)
        if self._keeper is not None and isinstance(event, Snapshot):
            self._keeper.snapshot(event)
        elif self._recorder is not None and isinstance(event, StepMetrics | Evaluation | Checkpoint | Weights):
            self._recorder.put(event)

    def end(self) -> None:
        """Stop, with everything written."""
        self._commands.put(Stop(quick=True))
        for _ in self._events:
            pass
        if self._recorder is not None:
            self._recorder.close(60.0)


def _refused(problem: str) -> None:
    if problem:
        raise SystemExit(problem)


def told(bare: Training, saved: Training, steps: int) -> str:
    """Return what was found, in words; ``steps``: those of a block."""
    lines = [f"{len(bare.wall)} blocks of {steps} steps each, {saved.saves} checkpoints"]
    for name in ("processor", "wall"):
        without, with_ = (np.array(getattr(training, name)) for training in (bare, saved))
        share = (with_ - without) / without.mean()
        middle, error = 100 * share.mean(), 196 * share.std(ddof=1) / math.sqrt(len(share))
        lines.append(f"{name}: {1e3 * without.mean() / steps:.1f} → {1e3 * with_.mean() / steps:.1f} ms a step, "
                     f"{middle:+.2f} ± {error:.2f} %, median {100 * np.median(share):+.2f} %")  # fmt: skip
    return "\n".join(lines)


def main() -> None:
    """Train in turn, and tell."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--block", type=int, default=10)
    parser.add_argument("--autosave", type=float, default=AUTOSAVE_SECONDS)
    parser.add_argument("--set", nargs="*", default=[])
    options = parser.parse_args()
    recipe = Recipe(epochs=1000).with_settings(options.set)
    dataset, split = dataset_of(options.data, recipe)
    recipe = suited(recipe, dataset.modality)
    opened = Opened(dataset, split, "", ((options.data, "main"),), recipe.data)
    with tempfile.TemporaryDirectory() as place:
        bare = Training(opened, recipe, None, NEVER)
        saved = Training(opened, recipe, Path(place) / "run", options.autosave)
        for block in range(-1, options.steps // options.block):
            for training in (bare, saved) if block % 2 else (saved, bare):
                training.go_on(options.block)
        bare.end()
        saved.end()
    for training in (bare, saved):
        del training.processor[0], training.wall[0]  # what is made at the start
    sys.stdout.write(told(bare, saved, options.block) + "\n")


if __name__ == "__main__":
    main()
