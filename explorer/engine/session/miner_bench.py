"""The miner bench: all miners on one frozen batch, with their counts, their overlap and the pictures they pick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from explorer.core.errors import Cancelled, UserError
from explorer.core.item_rows import rows_of
from explorer.core.recipe import Recipe
from explorer.core.registry import find
from explorer.core.result_kinds import result
from explorer.core.types import PIXELS_RUN, FloatArray, IntArray, Snapshot, frozen
from explorer.engine.datasets.loading import Opened, raw_rows
from explorer.engine.jobs import Control

if TYPE_CHECKING:
    from explorer.engine.session.state import SessionState
    from explorer.learn.miner_choices import Bench, Choice

EXAMPLES = 24
"""Triplets of each miner that are shown, from the hardest to the easiest."""

REMEMBERED, REMEMBERED_BYTES = 20_000, 128 << 20
"""The most training items that take part, and their embeddings in bytes."""


@dataclass(frozen=True, slots=True)
class Example:
    """A chosen triplet: the items of the dataset, d_ap and d_an."""

    anchor: int
    positive: int
    negative: int
    near: float
    far: float


@dataclass(frozen=True, slots=True)
class MinerFigures:
    """What a miner has chosen of the batch.

    ``triplets``: how many, and ``share``: as a share of all triplets of the batch; ``violating``: the share of them
    with d_an < d_ap + m; ``hardness``: the mean of d_ap − d_an + m; ``near`` and ``far``: the means of d_ap and d_an;
    these are None where it has chosen none. ``remembered``: triplets whose negative is not of the batch.
    """

    name: str
    title: str
    triplets: int
    share: float
    violating: float | None
    hardness: float | None
    near: float | None
    far: float | None
    remembered: int
    examples: tuple[Example, ...]


@result("latest", "run", raw=True)
@dataclass(frozen=True, slots=True)
class MinerBench:
    """All miners on one batch of the embeddings of a step.

    ``overlap`` (M, M) float32: of the triplets that either of two miners has chosen, the share that both have (Jaccard;
    zero where neither has any). ``items``: rows of the batch; ``classes``: how many it has; ``triplets``: how many
    there are in it; ``sampler``: the title of what drew it; ``miner``: that of the recipe. ``run`` is
    ``PIXELS_RUN`` where the embeddings are raw pixels.
    """

    run: str
    step: int
    exact: bool
    sampler: str
    miner: str
    margin: float
    items: int
    classes: int
    triplets: int
    miners: tuple[MinerFigures, ...]
    overlap: FloatArray


def compare_miners(opened: Opened, recipe: Recipe, snapshot: Snapshot | None, control: Control) -> MinerBench:
    """Return what every miner chooses of one batch, drawn with the sampler and the seed of the recipe.

    ``snapshot``: the embeddings; None: raw pixels. Torch is imported here.

    Raises
    ------
    UserError: if there is nothing to draw a batch from. Cancelled: if the job was cancelled.
    """
    control.progress("", 0, 0)
    bench, items = drawn_batch(opened, recipe, snapshot)
    dataset = opened.dataset
    choices = list(bench.choices(control.progress, control.cancelled))
    if control.cancelled():
        raise Cancelled
    return MinerBench(
        PIXELS_RUN if snapshot is None else snapshot.run,
        0 if snapshot is None else snapshot.step,
        snapshot is None or snapshot.exact,
        find("sampler", recipe.sampler.name).title,
        recipe.miner.name,
        bench.margin,
        len(bench.positions),
        len(np.unique(dataset.labels[items[bench.positions]])),
        bench.total,
        tuple(_figures(choice, bench, items) for choice in choices),
        _overlap(choices, bench, len(items)),
    )


def drawn_batch(opened: Opened, recipe: Recipe, snapshot: Snapshot | None) -> tuple[Bench, IntArray]:
    """Return a batch drawn with the sampler and the seed of the recipe, and the items that its positions mean.

    ``snapshot``: the embeddings; None: raw pixels. Torch is imported here.

    Raises
    ------
    UserError: if there is nothing to draw a batch from.
    """
    if opened.split is None:
        raise UserError(opened.problem or "there are no training items")
    from explorer.learn.miner_choices import Bench
    from explorer.learn.parts import make_distance

    items, embeddings = embedded(opened, snapshot, recipe.seed)
    if not len(items):
        raise UserError("No training item has an embedding yet", remedy="Wait for the first snapshot of the run")
    lift = make_distance(recipe, embeddings.shape[1]).lift
    dataset = opened.dataset
    columns = {name: values.take(items) for name, values in dataset.columns.items()}
    prepared = snapshot is not None and snapshot.distance == lift
    return Bench(recipe, embeddings, np.asarray(dataset.labels, np.int64)[items], columns, prepared=prepared), items


def bench_miners(session: SessionState, control: Control) -> None:
    """Compare the miners on what is shown and put the ``MinerBench`` on the lanes: the work of a job.

    Raises
    ------
    UserError: if there is nothing to compare them on. Cancelled: if the job was cancelled.
    """
    with session.lock:
        opened, recipe, snapshot, generation = session.opened, session.recipe, session.newest(), session.generation
    if opened is None:
        raise UserError("There are no data", remedy="Open pictures or vectors first")
    found = compare_miners(opened, recipe, snapshot, control)
    session.results.post(found, generation)


def embedded(opened: Opened, snapshot: Snapshot | None, seed: int) -> tuple[IntArray, FloatArray]:
    """Return the training items that take part, and their embeddings: all that have one, or as many as are allowed."""
    assert opened.split is not None
    items: IntArray = opened.split.train
    if snapshot is not None:
        items = np.intersect1d(items, snapshot.indices)
    numbers = int(np.prod(opened.dataset.shape)) if snapshot is None else snapshot.embeddings.shape[1]
    most = min(REMEMBERED, max(256, REMEMBERED_BYTES // (4 * numbers)))
    if len(items) > most:
        items = np.sort(np.random.default_rng(seed).choice(items, most, replace=False))
    if snapshot is None:
        return items, raw_rows(opened.dataset, items).astype(np.float32)
    return items, snapshot.embeddings[rows_of(snapshot.indices, items)]


def _figures(choice: Choice, bench: Bench, items: IntArray) -> MinerFigures:
    count = choice.count
    some = count > 0
    inside = np.isin(choice.negatives, bench.positions)
    hardness = choice.mean_near - choice.mean_far + bench.margin
    return MinerFigures(
        choice.name,
        find("miner", choice.name).title,
        count,
        count / bench.total if bench.total else 0.0,
        choice.violating / count if some else None,
        hardness if some else None,
        choice.mean_near if some else None,
        choice.mean_far if some else None,
        int((~inside).sum()),
        _examples(choice, items),
    )


def _examples(choice: Choice, items: IntArray) -> tuple[Example, ...]:
    """Return some of the triplets, evenly from the hardest to the easiest."""
    by_hardness = np.argsort(choice.far - choice.near, kind="stable")
    if not len(by_hardness):
        return ()
    picked = by_hardness[np.unique(np.linspace(0, len(by_hardness) - 1, EXAMPLES).round().astype(np.int64))]
    triplets = (items[rows[picked]].tolist() for rows in (choice.anchors, choice.positives, choice.negatives))
    distances = (d[picked].tolist() for d in (choice.near, choice.far))
    return tuple(Example(*values) for values in zip(*triplets, *distances, strict=True))


def _overlap(choices: list[Choice], bench: Bench, items: int) -> FloatArray:
    """Return the Jaccard overlap of what every two miners have chosen; a miner of everything has it all unlisted."""
    place = np.zeros(items, np.int64)
    place[bench.positions] = np.arange(len(bench.positions))
    codes = [
        np.unique((place[c.anchors] * len(bench.positions) + place[c.positives]) * items + c.negatives) for c in choices
    ]
    inside = [int(np.isin(c.negatives, bench.positions).sum()) for c in choices]
    overlap = np.eye(len(choices))
    for i, one in enumerate(choices):
        overlap[i, i] = float(one.count > 0)
        for j, other in enumerate(choices[:i]):
            if one.listed and other.listed:
                both = len(np.intersect1d(codes[i], codes[j], assume_unique=True))
            elif one.listed or other.listed:
                both = inside[i] if one.listed else inside[j]
            else:
                both = bench.total
            either = one.count + other.count - both
            overlap[i, j] = overlap[j, i] = both / either if either else 0.0
    return frozen(overlap, np.float32)
