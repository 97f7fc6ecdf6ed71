"""The threshold of a saved run: up to which distance two items are the same. Chosen once, then kept with the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from explorer.core.errors import UserError
from explorer.core.item_rows import rows_of
from explorer.core.types import FloatArray, IntArray
from explorer.engine.offline import OfflineRun
from explorer.evaluation.comparison import Comparison, told_apart
from explorer.evaluation.threshold import choose, divided
from explorer.evaluation.verification import GENUINE_COLUMN
from explorer.measure.lifts import lift
from explorer.runs.threshold import Threshold, read_threshold, write_threshold


def run_threshold(asked: OfflineRun, target: float | None = None) -> Threshold:
    """Return the threshold that a run keeps for its newest network; choose and keep one where it has none.

    It is chosen on held-out items, never on those that trained the network, whose pairs lie closer than any new ones:
    on the items that the column ``split`` calls val, valid or validation, where there are any beside others; else on
    half of the held-out classes, drawn by the seed of the recipe. Its FMR and FNMR are those of the other held-out
    items, which had no part in the choice; ``Threshold.split`` says which way it was.

    Parameters
    ----------
    target: the share of different pairs accepted (FMR) that it is chosen for; 0: where both errors are equal; None: as
        the one that is kept, otherwise 0.

    Raises
    ------
    UserError: if the run has no network, holds out too little to choose on, or its ``threshold.json`` is damaged.
    """
    folder = asked.saved.folder
    step = asked.step
    kept = read_threshold(folder.path)
    if kept is not None and kept.step == step and target in (None, kept.target):
        return kept
    chosen = _chosen(asked, target or 0.0)
    with suppress(UserError):  # a run that lies where nothing can be written is answered all the same
        write_threshold(folder.path, chosen)
    return chosen


def _chosen(asked: OfflineRun, target: float) -> Threshold:
    items, everything = asked.saved.folder.items, asked.everything()
    held_out = items.indices("held-out")
    return threshold_on(
        items.labels[held_out],
        {name: texts.take(held_out) for name, texts in items.columns.items()},
        everything.embeddings[rows_of(everything.indices, held_out)],
        distance=asked.compared_by,
        seed=asked.saved.recipe.seed,
        step=asked.step,
        target=target,
    )


def threshold_on(
    labels: IntArray,
    columns: Mapping[str, Sequence[str]],
    embeddings: FloatArray,
    *,
    distance: str,
    seed: int,
    step: int,
    target: float = 0.0,
) -> Threshold:
    """Return the threshold that held-out items choose; see ``run_threshold``.

    Parameters
    ----------
    labels: (M,) classes of the held-out items, -1 where unlabelled.
    columns: M texts each, by name: ``split`` says what part an item belongs to, ``genuine`` which are no forgeries, see
        ``evaluation.comparison.told_apart``; either may be missing.
    embeddings: (M, D) by the network of ``step``, compared by the lift ``distance``.

    Raises
    ------
    UserError: if too little is held out to choose on.
    """
    compared = Comparison(embeddings, told_apart(labels, columns.get(GENUINE_COLUMN)), lift(distance), seed=seed)
    found = choose(compared, divided(labels, columns.get("split"), seed), target)
    return Threshold(
        distance=found.distance,
        fmr=found.fmr,
        fnmr=found.fnmr,
        step=step,
        target=target,
        same_pairs=found.same_pairs,
        different_pairs=found.different_pairs,
        split=found.how,
    )
