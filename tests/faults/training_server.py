"""Trains in forked children, one after the other, so that none of them has to load torch; each tells what it saves.

Each line that is read is a training in JSON: the arguments of the command line. Lines that are written: ``child PID``;
from the child ``began STEP``, ``measured STEP LOSS``, ``saving STEP SHA256`` before a checkpoint, ``saved STEP`` once
it is on the disk, ``shown STEP SHA256`` before a snapshot; ``ended STATUS`` when it has. The analysis process is left
out, which saves nothing and takes seconds to start.
"""

from __future__ import annotations

import functools
import gc
import hashlib
import json
import os
import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

from explorer.cli.main import run
from explorer.core.events import Checkpoint, RunStarted
from explorer.core.recipe import PART_KINDS
from explorer.core.registry import catalogue
from explorer.core.types import Snapshot, StepMetrics
from explorer.engine.analysis.client import AnalysisClient
from explorer.runs.folder import RunFolder

AUTOSAVE_SECONDS = 0.5
RUNS = ("engine.run.trainer_thread", "engine.run.run_files")
BEFORE = ("learn.trainer", "engine.session.session", "engine.offline", "cli.train")
"""What is loaded before anything is forked: modules alone, which start no thread."""


class TellingFolder(RunFolder):
    """A run folder that says what it is given before it writes that, and when it is on the disk."""

    def append(self, entries: Iterable[Any]) -> None:
        """Say what a training begins with and what it measured."""
        entries = list(entries)
        super().append(entries)
        for entry in entries:
            if isinstance(entry, RunStarted):
                say(f"began {entry.step}")
            elif isinstance(entry, StepMetrics):
                say(f"measured {entry.step} {entry.loss!r}")

    def write_checkpoint(self, checkpoint: Checkpoint) -> Path:
        """Say what is saved, and once it is."""
        say(f"saving {checkpoint.step} {digest(checkpoint)}")
        path = super().write_checkpoint(checkpoint)
        say(f"saved {checkpoint.step}")
        return path

    def write_snapshot(self, snapshot: Snapshot, *, key: bool = False) -> None:
        """Say what is shown."""
        say(f"shown {snapshot.step} {rounded(snapshot)}")
        super().write_snapshot(snapshot, key=key)


def digest(checkpoint: Checkpoint) -> str:
    """Return a SHA-256 of the weights, moments and random states."""
    found = hashlib.sha256()
    for name in sorted(checkpoint.tensors):
        found.update(name.encode() + checkpoint.tensors[name].tobytes())
    return found.hexdigest()


def rounded(snapshot: Snapshot) -> str:
    """Return a SHA-256 of the embeddings as they are kept, in half precision."""
    return hashlib.sha256(snapshot.embeddings.astype("float16").tobytes()).hexdigest()


def say(text: str) -> None:
    """Write a line in one piece, whichever process writes others."""
    os.write(1, f"{text}\n".encode())


def _change(trainer: Any, thread: Any, files: Any) -> None:
    """Let every training of this process save often, on one thread, and say so."""
    often = {"autosave_seconds": AUTOSAVE_SECONDS, "checkpoint_seconds": AUTOSAVE_SECONDS}
    trainer.Task = functools.partial(trainer.Task, **often)
    thread.torch_threads = lambda live: 1
    files.RunFolder = TellingFolder
    AnalysisClient.start = lambda self: None  # type: ignore[method-assign]
    AnalysisClient.settle = lambda *_: True  # type: ignore[method-assign]


def main() -> None:
    for name in BEFORE:
        import_module(f"explorer.{name}")
    for kind in (*PART_KINDS, "modality", "protocol"):
        catalogue(kind)
    _change(*(import_module(f"explorer.{name}") for name in ("learn.trainer", *RUNS)))
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            os._exit(run(json.loads(line)))
        say(f"child {child}")
        say(f"ended {os.waitpid(child, 0)[1]}")


if __name__ == "__main__":
    main()
