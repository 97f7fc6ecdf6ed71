"""Short trainings without a window, one core each, for the tables of figures: train, embed, measure."""

from __future__ import annotations

import json
import os
import queue
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from explorer.core.events import Checkpoint, Command, RunFailed, Stop
from explorer.core.recipe import Recipe
from explorer.core.types import BoolArray, FloatArray, IntArray, Split
from explorer.data.dataset import Dataset
from explorer.data.opening import open_dataset
from explorer.data.split import make_split

RESULTS = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True, slots=True)
class Trained:
    """Embeddings of the held-out items after training: (M, D), prepared for the distance named ``lift``."""

    embeddings: FloatArray
    lift: str
    held_out: IntArray
    steps: int
    seconds: float


def dataset_of(spec: str, recipe: Recipe) -> tuple[Dataset, Split]:
    """Open a dataset and split it as the recipe says."""
    dataset = open_dataset(spec, recipe.data)
    return dataset, make_split(recipe.split.name, recipe.split.params, dataset, recipe.seed)


def fit(dataset: Dataset, split: Split, recipe: Recipe, *, items: int = 0, threads: int = 1) -> Trained:
    """Train on the training part, or on a random ``items`` of it, and embed the held-out part once.

    Raises
    ------
    RuntimeError: if the run failed.
    """
    from explorer.learn.embedder import Embedder
    from explorer.learn.trainer import Task, train

    chosen = split.train
    if items and items < len(chosen):
        chosen = np.sort(np.random.default_rng(recipe.seed).permutation(chosen)[:items])
    every = np.arange(len(chosen))
    columns = {name: [texts[i] for i in chosen.tolist()] for name, texts in dataset.columns.items()}
    task = Task(
        "r",
        recipe.resolved(),
        dataset.inputs[chosen],
        dataset.labels[chosen],
        Split("all", every, every[:0], False),
        threads,
        evaluate_share=0.0,
        checkpoint_seconds=float("inf"),
        autosave_seconds=float("inf"),
        live=False,
        modality=dataset.modality.name,
        columns=columns,
        label_sets=label_sets_of(dataset.labels[chosen]) if recipe.loss.name == "ml2" else None,
        target=None if dataset.target is None else dataset.target.of(chosen),
    )
    commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
    last: Checkpoint | None = None
    started = time.perf_counter()
    for event in train(task, commands):
        if isinstance(event, RunFailed):
            raise RuntimeError(f"{event.message}\n{event.traceback}")
        if isinstance(event, Checkpoint):
            last = event
            commands.put(Stop(quick=True))  # the training items need not be embedded at the end
    seconds = time.perf_counter() - started
    assert last is not None
    embedder = Embedder(task.recipe, dataset.shape, last, threads=threads)
    embeddings = embedder.embed(dataset.inputs[split.held_out])
    return Trained(embeddings, embedder.lift, split.held_out, last.step, seconds)


def label_sets_of(labels: IntArray) -> BoolArray:
    """Return (N, S) bool: each item has the one label of its class, for losses that compare sets of labels."""
    codes = np.unique(labels, return_inverse=True)[1]
    return np.eye(int(codes.max()) + 1, dtype=np.bool_)[codes]


def side_by_side(
    work: Callable[..., dict[str, Any]], jobs: Sequence[Mapping[str, Any]], processes: int = 0, partial: str = ""
) -> list[dict[str, Any]]:
    """Do jobs in processes of one thread each; return what they return, with what they were given, in their order.

    ``partial`` names a file among the results to which every finished job is added: those in it are not done again, so
    that what was stopped goes on by the same command; without that file it begins anew.
    """
    os.environ["OMP_NUM_THREADS"] = "1"
    done_before = partial_rows(partial)
    found = {number: done_before[key] for number, job in enumerate(jobs) if (key := key_of(job)) in done_before}
    count = processes or os.cpu_count() or 1
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(work, **job): number for number, job in enumerate(jobs) if number not in found}
        for done in as_completed(waiting):
            number = waiting[done]
            found[number] = {**jobs[number], **done.result()}
            keep_partial(partial, jobs[number], found[number])
            sys.stderr.write(f"{len(found)} of {len(jobs)}: {found[number]}\n")
    return [found[number] for number in sorted(found)]


def key_of(job: Mapping[str, Any]) -> str:
    """Return what tells a job from others, wherever its data lie."""
    return json.dumps({**job, "data": Path(str(job.get("data", ""))).name}, sort_keys=True, default=str)


def partial_rows(name: str) -> dict[str, dict[str, Any]]:
    """Return what was kept of finished jobs in the file of that name, by their keys; no name: nothing."""
    path = RESULTS / f"{name}.partial.jsonl"
    if not name or not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    return {kept["key"]: kept["row"] for kept in map(json.loads, lines)}


def keep_partial(name: str, job: Mapping[str, Any], row: Mapping[str, Any]) -> None:
    """Add a finished job to the file of that name; no name: do nothing."""
    if name:
        RESULTS.mkdir(exist_ok=True)
        with (RESULTS / f"{name}.partial.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": key_of(job), "row": row}, default=str) + "\n")


def save(name: str, about: str, rows: Iterable[Mapping[str, Any]]) -> Path:
    """Write the results of a table, from which ``tables.py`` makes what stands in ``README.md``."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps({"about": about, "rows": list(rows)}, indent=1) + "\n", encoding="utf-8")
    return path


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the mean and half of its 95 % interval (Student's t); NaN for a single value."""
    from scipy import stats

    if len(values) < 2:
        return float(np.mean(values)), float("nan")
    error = float(np.std(values, ddof=1) / np.sqrt(len(values)))
    return float(np.mean(values)), float(stats.t.ppf(0.975, len(values) - 1)) * error
