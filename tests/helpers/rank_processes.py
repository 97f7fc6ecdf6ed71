"""Runs on several ranks beside the same runs in one process, all in float64; started as processes of their own."""

from __future__ import annotations

import faulthandler
import multiprocessing
import queue
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np

from explorer.core.events import Checkpoint, Command, Event, RunFailed, Stop
from explorer.core.targets import Target
from explorer.core.types import StepMetrics

LIMIT, STUCK = 240.0, 210.0
"""Seconds for which a result is waited for, and after which a process still at one case says where it stands."""


@dataclass(frozen=True, slots=True)
class Case:
    """One run: settings of its recipe, and after which step it is stopped; 0: not."""

    settings: tuple[str, ...] = ()
    stop_at: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """What a run has shown: losses and counts of its steps, its last checkpoint, its end in words."""

    losses: list[float]
    census: list[tuple[int, int, int]]
    checkpoint: Checkpoint | None
    embeddings: Any
    end: str


def compare(size: int, cases: Sequence[Case]) -> Iterator[tuple[Found, Found]]:
    """Yield what each case shows in one process, and on so many ranks."""
    found = _started(size, [(case, None, alone) for case in cases for alone in (True, False)])
    return zip(found, found, strict=True)


def trained_on(size: int, case: Case, resume: Checkpoint | None) -> Found:
    """Return what a case shows on so many ranks, from a checkpoint on."""
    return next(_started(size, [(case, resume, size == 1)]))


Job = tuple[Case, Checkpoint | None, bool]
"""A case, where it goes on from, and whether the first process does it alone."""


def _started(size: int, jobs: list[Job]) -> Iterator[Found]:
    context = multiprocessing.get_context("spawn")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    results: Any = context.Queue()
    made = [context.Process(target=_main, args=(rank, size, port, jobs, results)) for rank in range(size)]
    for process in made:
        process.start()
    try:
        for _ in jobs:
            yield results.get(timeout=LIMIT)
    finally:
        for process in made:
            process.join(10)
            process.kill()


def _main(rank: int, size: int, port: int, jobs: list[Job], results: Any) -> None:
    import torch
    from torch.distributed import TCPStore  # type: ignore[attr-defined]

    from explorer.learn.ranks import Ranks
    from explorer.learn.torch_ranks import TorchRanks
    from tests.helpers.in_double import compute_in_double

    torch.set_num_threads(1)
    compute_in_double()
    store = TCPStore("127.0.0.1", port, size, rank == 0, timeout=timedelta(seconds=LIMIT))
    for case, resume, alone in jobs:
        faulthandler.dump_traceback_later(STUCK, exit=False)  # where it stands, before who waits for it gives up
        if rank == 0:
            results.put(trained(case, Ranks() if alone else TorchRanks(store, rank, size), resume))
        elif not alone:
            follow_once(store, rank, size, case)
    faulthandler.cancel_dump_traceback_later()


def trained(case: Case, ranks: Any, resume: Checkpoint | None) -> Found:
    """Train a case on these ranks, of which this process is the first."""
    from explorer.learn.trainer import train

    commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
    events: list[Event] = []
    for event in train(replace(task_of(case), ranks=ranks, resume=resume), commands):
        events.append(event)
        if isinstance(event, StepMetrics) and event.step == case.stop_at:
            commands.put(Stop(quick=True))
    metrics = [event for event in events if isinstance(event, StepMetrics)]
    last = [event for event in events if isinstance(event, Checkpoint)]
    shown = [event for event in events if type(event).__name__ == "Snapshot"]
    failed = [event.message + event.traceback for event in events if isinstance(event, RunFailed)]
    return Found(
        [m.loss for m in metrics],
        [(m.census.easy, m.census.semi_hard, m.census.hard) for m in metrics if m.census is not None],
        last[-1] if last else None,
        np.array(shown[-1].embeddings) if shown else None,  # type: ignore[union-attr]
        failed[0] if failed else type(events[-1]).__name__,
    )


def follow_once(store: Any, rank: int, size: int, case: Case) -> None:
    """Follow one run."""
    from explorer.learn.follow import follow, taken_over
    from explorer.learn.torch_ranks import TorchRanks

    ranks = TorchRanks(store, rank, size)
    share = taken_over(ranks)
    follow(replace(task_of(case), recipe=share.recipe, split=share.split, resume=share.resume, ranks=ranks), ranks)


def task_of(case: Case) -> Any:
    """Return the task of a case on made-up data."""
    from tests.learn.tasks import halves, made_up, quick_recipe, task

    size = ["sampler.images=3", "sampler.classes=5"] if not any("sampler=" in s for s in case.settings) else []
    recipe = quick_recipe(*size, *case.settings, epochs=1)
    pixels: Any
    pixels, labels = made_up(60, 6, side=16 if "cnn" in recipe.encoder.name else 8, channels=3)
    sets = np.zeros((60, 9), np.bool_)
    sets[np.arange(60), labels] = sets[np.arange(60), 8 - labels % 2] = True
    columns = {"level1": [str(label % 2) for label in labels]}
    target = Target("size", np.sqrt(labels + 1.0))
    made = task(recipe, pixels=pixels / 255.0, labels=labels, split=halves(60, 12), label_sets=sets, columns=columns)
    return replace(made, target=target)
