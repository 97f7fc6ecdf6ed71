"""A saved run beside what is simpler: the raw data, and its own encoder before any training."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from explorer.core.errors import UserError
from explorer.core.recipe import Part
from explorer.core.types import Split
from explorer.data.dataset import Dataset
from explorer.engine.datasets.baselines import (
    LINEAR_METRIC,
    Baseline,
    encoder_baseline,
    linear_sample,
    raw_baselines,
)
from explorer.engine.offline import OfflineRun, ProgressCall, analysis


def baselines(
    asked: OfflineRun, protocol: Part, dataset: Dataset, split: Split, seed: int, progress: ProgressCall
) -> Iterator[Baseline]:
    """Measure the held-out items of a dataset by a protocol as a saved run never saw them.

    Raises
    ------
    UserError: if the items do not allow the protocol. RuntimeError: if the analysis failed.
    """
    items, seen = split.held_out, asked.seen(dataset)
    with analysis() as client:
        measure = partial(client.measure, protocol, seed=seed)
        progress("raw data", 0, 0)
        yield from raw_baselines(dataset, items, seen, measure)
        if asked.saved.folder.header.script:  # of whose network nothing is known
            return
        recipe = asked.saved.recipe
        yield encoder_baseline(dataset, items, split.train, recipe, seen, measure, progress)
        try:
            linear = linear_sample(dataset, items, split.train, recipe, seen, progress)
        except UserError as error:
            yield Baseline(LINEAR_METRIC, None, str(error))
        else:
            if linear is not None:
                yield Baseline(LINEAR_METRIC, measure(linear))
