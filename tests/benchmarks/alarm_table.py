"""How long before recall falls the alarm is given, and how often for nothing: ten failing and ten healthy runs.

``python -m tests.benchmarks.alarm_table DATA.zip [--seeds 1 2 3] [--processes 2]``, with Fashion-MNIST; about 12 s of
one core a run. Each run is short: the digits of the sample, or 4,000 pictures of DATA. Every ``EVERY`` steps the
held-out items are embedded. Recall has **visibly fallen** at the first of three looks in a row at which recall@1 is
lower than the best so far by more than 0.1 (one alone may be the normalisation, which settles in the first steps);
where it never does and never comes above that of the raw pixels, that is seen at the end of the run. A failing run in
which neither happens did not fail, and is counted as healthy. A run that stops because its loss is no number counts as
told at that step.
"""

from __future__ import annotations

import argparse
import json
import queue
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explorer.core.events import Command, RunFailed
from explorer.core.recipe import Recipe
from explorer.core.types import PIXELS_RUN, Evaluation, FloatArray, IntArray, Split, StepMetrics, frozen
from tests.benchmarks.training import RESULTS, dataset_of, save, side_by_side

EVERY = 10
FALL = 0.1
LOOKS = 3
ITEMS = 4000
CLOTHES, DIGITS = "clothes", "digits"


@dataclass(frozen=True, slots=True)
class Case:
    """One run: ``labels`` of the training items are as they are, ``random``, or two items a class."""

    name: str
    data: str
    settings: tuple[str, ...]
    labels: str = ""


FREE = "distance.normalise=false"
STILL = "schedule=constant"
FAILING = (
    Case("hardest negatives from scratch, SGD", CLOTHES, ("miner=hard", FREE, "optimiser=sgd", "optimiser.rate=1")),
    Case("hardest negatives from scratch, rate 0.1", DIGITS, ("miner=hard", FREE, "optimiser.rate=0.1", STILL)),
    Case("no normalisation, SGD at 10", DIGITS, (FREE, "optimiser=sgd", "optimiser.rate=10")),
    Case("no normalisation, contrastive, rate 0.3", CLOTHES, ("loss=contrastive", FREE, "optimiser.rate=0.3", STILL)),
    Case("a classifier, SGD at 10", CLOTHES, ("loss=softmax", "optimiser=sgd", "optimiser.rate=10", STILL)),
    Case("weight decay 1 at rate 0.3", CLOTHES, ("optimiser.decay=1", "optimiser.rate=0.3", STILL)),
    Case("every label wrong", CLOTHES, (), "random"),
    Case("frozen encoder", CLOTHES, ("optimiser=sgd", "optimiser.rate=1e-6")),
    Case("margin 0, easy triplets", CLOTHES, ("loss.margin=0", "miner=easy")),
    Case("batches without pairs", CLOTHES, ("sampler=shuffled", "sampler.items=16"), "pairs"),
)
HEALTHY = (
    Case("the recipe as it comes", CLOTHES, ()),
    Case("the recipe as it comes, digits", DIGITS, ()),
    Case("semi-hard", CLOTHES, ("miner=semi_hard",)),
    Case("hardest negatives, small rate", DIGITS, ("miner=hard", "optimiser.rate=0.0005")),
    Case("SupCon", CLOTHES, ("loss=supcon",)),
    Case("Proxy Anchor", CLOTHES, ("loss=proxy_anchor",)),
    Case("softmax", DIGITS, ("loss=softmax",)),
    Case("contrastive, no normalisation", CLOTHES, ("loss=contrastive", "loss.margin=1", FREE)),
    Case("two views without labels", CLOTHES, ("loss=nt_xent", "loss.views=two views")),
    Case("small rate", CLOTHES, ("optimiser.rate=0.0002",)),
)


@dataclass(slots=True)
class Watched:
    """What was seen of a run: recall@1 by step, and the steps and kinds of its alarms."""

    recall: list[tuple[int, float]] = field(default_factory=list)
    alarms: list[tuple[int, str]] = field(default_factory=list)
    steps: int = 0


def seen_step(recall: Sequence[tuple[int, float]], raw: float) -> int | None:
    """Return the step at which it is visible that a run has failed, None where it has not."""
    best, low = 0.0, list[int]()
    for step, value in recall:
        low = [*low, step] if value < best - FALL else []
        if len(low) == LOOKS:
            return low[0]
        best = max(best, value)
    return None if best > raw else recall[-1][0]


def recall_of(embeddings: FloatArray, labels: IntArray, lift_name: str) -> float:
    """Return recall@1 of some items among each other."""
    from explorer.evaluation import retrieval
    from explorer.measure.lifts import lift

    if not np.isfinite(embeddings).all():
        return 0.0
    return float(retrieval.evaluate(embeddings, labels, lift(lift_name)).metrics["recall@1"])


def evaluation(run: str, step: int, recall: float) -> Evaluation:
    """Return what the window would say of the held-out items."""
    return Evaluation(run, step, "held-out", {"recall@1": recall}, 0, 0, unseen=False)


def watch(task: Any, labels: IntArray, raw: float) -> Watched:
    """Train, and look at the held-out items every ``EVERY`` steps; ``raw``: recall@1 of them by raw pixels."""
    from explorer.engine.run.alarms import AlarmWatch
    from explorer.learn.trainer import Trainer

    commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
    trainer, watching, found = Trainer(task, commands), AlarmWatch(task.recipe), Watched()
    held_out, learner, due = task.split.held_out, trainer.state.learner, 0

    def look() -> None:
        step, rows = trainer.state.step, learner.embed(held_out).numpy()
        recall = recall_of(rows, labels[held_out], learner.distance.lift)
        found.recall.append((step, recall))
        beside = (evaluation(task.run, step, recall), evaluation(PIXELS_RUN, 0, raw))
        found.alarms += [(a.step, a.kind) for a in watching.evaluated(*beside) if a.message]

    for event in events_of(trainer, task):
        if isinstance(event, RunFailed):
            found.alarms.append((event.step, "no number"))
        elif isinstance(event, StepMetrics):
            found.alarms += [(a.step, a.kind) for a in watching.look(event) if a.message]
        if trainer.state.step >= due:
            look()
            due = trainer.state.step + EVERY
    look()
    found.alarms += [(alarm.step, alarm.kind) for alarm in watching.end()]
    found.steps = trainer.state.step
    return found


def events_of(trainer: Any, task: Any) -> Iterator[Any]:
    """Yield the events of a run; one that cannot go on says so last."""
    try:
        yield from trainer.events()
    except ValueError as error:
        yield RunFailed(task.run, trainer.state.step, str(error), "")


def run(data: str, name: str, settings: Sequence[str], labels: str, seed: int, epochs: int) -> dict[str, Any]:
    """Train one case and return when it was told and when it was visible."""
    from explorer.learn.trainer import Task

    recipe = Recipe(seed=seed, epochs=epochs, device="cpu").with_settings(list(settings)).resolved()
    dataset, split = dataset_of(data, recipe)
    random = np.random.default_rng(seed)
    train, held_out = (
        np.sort(random.permutation(rows)[:most]) for rows, most in ((split.train, ITEMS), (split.held_out, ITEMS // 2))
    )
    kept = np.concatenate((train, held_out))
    inputs, right = dataset.inputs[kept], dataset.labels[kept]
    given, count = right.copy(), len(train)
    if labels == "random":
        given[:count] = random.permutation(given[:count])
    elif labels == "pairs":
        given[:count] = np.arange(count) // 2
    rows = np.arange(len(kept))
    task = Task(
        "r", recipe, inputs, frozen(given, np.int64), Split("items", rows[:count], rows[count:], False), 1,
        evaluate_share=0.0, checkpoint_seconds=float("inf"), autosave_seconds=float("inf"), live=False,
        modality=dataset.modality.name,
    )  # fmt: skip
    raw = recall_of(inputs[count:].reshape(len(held_out), -1).astype(np.float32), right[count:], "euclidean")
    found = watch(task, right, raw)
    seen = seen_step(found.recall, raw)
    told = found.alarms[0] if found.alarms else None
    return {
        "steps": found.steps, "raw": raw, "recall": found.recall[-1][1], "best": max(r for _, r in found.recall),
        "curve": [(step, round(value, 4)) for step, value in found.recall],
        "seen": seen, "told": told and told[0], "kind": told and told[1],
    }  # fmt: skip


def told_of(rows: Sequence[dict[str, Any]]) -> str:
    """Return in one line how many failing runs were told before they were visible, and the false alarms."""
    failing, healthy = ([row for row in rows if (row["seen"] is not None) is bad] for bad in (True, False))
    told = [row for row in failing if row["told"] is not None]
    ahead = sorted(row["seen"] - row["told"] for row in told)
    false = sum(row["told"] is not None for row in healthy)
    middle = ahead[len(ahead) // 2] if ahead else 0
    return (
        f"{len(told)} of {len(failing)} failing runs told, {sum(a >= 0 for a in ahead)} of them no later than visible, "
        f"median {middle} steps before (from {min(ahead, default=0)} to {max(ahead, default=0)}); "
        f"false alarms {false} of {len(healthy)}"
    )


def main() -> None:
    """Train all of it, print one line, and save the rows beside those of earlier calls."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--processes", type=int, default=0)
    parser.add_argument("--name", default="alarms", help="of the file of results")
    parser.add_argument("--part", choices=("all", "failing", "healthy"), default="all")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    options = parser.parse_args()
    places = {CLOTHES: options.data, DIGITS: "sample:digits"}
    jobs = [
        {"data": places[case.data], "name": case.name, "settings": case.settings, "labels": case.labels, "seed": seed}
        | {"epochs": options.epochs * (2 if case.data == DIGITS else 1)}
        for case in {"failing": FAILING, "healthy": HEALTHY}.get(options.part, (*FAILING, *HEALTHY))
        for seed in options.seeds
        if options.only in case.name
    ]
    rows = side_by_side(run, jobs, options.processes, partial=options.name)
    for row in rows:
        row["data"] = row["data"].rpartition("/")[2]
    path, new = RESULTS / f"{options.name}.json", {(row["name"], row["seed"]) for row in rows}
    kept = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    rows = [row for row in kept if (row["name"], row["seed"]) not in new] + rows
    print(told_of(rows))  # noqa: T201
    save(options.name, f"{ITEMS:,} pictures at most, {options.epochs} epochs; visible: see alarm_table.py", rows)


if __name__ == "__main__":
    main()
