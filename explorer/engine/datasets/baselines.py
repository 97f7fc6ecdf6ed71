"""What an embedding is measured beside: the raw data by two distances, and its own encoder before any training."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from explorer.core.comparisons import linear_on_frozen
from explorer.core.errors import Cancelled, UserError
from explorer.core.events import RunFailed
from explorer.core.recipe import Part, Recipe
from explorer.core.registry import find
from explorer.core.types import BoolArray, FloatArray, IntArray, Progress, Snapshot, Split
from explorer.data.dataset import Dataset
from explorer.engine.analysis.raw_baseline import RAW_DISTANCE
from explorer.engine.datasets.samples import raw_sample_of, sample_of
from explorer.evaluation.protocol import Measured, Sample
from explorer.measure.lifts import lift

if TYPE_CHECKING:
    from explorer.learn.embedder import Embedder

LINEAR_METRIC = "frozen features, linear metric"
"""How one linear metric on the features of a pretrained encoder is called."""
CHUNK = 256
"""Items embedded between two looks at whether somebody still wants them."""

RAW = {RAW_DISTANCE: "cosine", "euclidean": "Euclidean"}
"""The distances that raw data are compared by, and how these baselines are called after them."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a protocol found of something simpler than the embedding; or ``problem``, why it was not measured."""

    name: str
    found: Measured | None
    problem: str = ""


def raw_baselines(
    dataset: Dataset, items: IntArray, seen: BoolArray | None, measure: Callable[[Sample], Measured]
) -> Iterator[Baseline]:
    """Measure some items of a dataset as they are before any training, by the cosine and by the Euclidean distance."""
    for distance in RAW:
        yield Baseline(raw_name(dataset, distance), measure(raw_sample_of(dataset, items, seen, distance)))


def raw_name(dataset: Dataset, distance: str) -> str:
    """Return how raw data are called that are compared by a distance: ``raw pixels cosine``."""
    return f"{dataset.modality.raw} {RAW[distance]}"


def as_it_begins(recipe: Recipe) -> tuple[str, Recipe]:
    """Return what the encoder of a recipe is called before any training, and the recipe of it; torch is imported here.

    A pretrained encoder is taken without the layer at its end, which begins at random; so is any under a linear metric.
    """
    part: type = find("encoder", recipe.encoder.name).part
    params = dict(recipe.encoder.params)
    pretrained = part.from_files and params.get("weights") != "random"  # type: ignore[attr-defined]
    if pretrained:
        params |= {"mode": "frozen", "dimension": 0}
    changes = {"encoder": Part(name=recipe.encoder.name, params=params)}
    if recipe.fitter.name != "none":
        changes["fitter"] = Part(name="identity")
    name = "frozen features" if pretrained or recipe.fitter.name != "none" else "untrained encoder"
    return name, recipe.model_copy(update=changes)


class FirstFeatures:
    """Embeds items of a dataset by the encoder of a recipe before any training.

    ``name``: what it is called; ``train``: the items that it takes mean and deviation from, all where there are none.

    Raises
    ------
    UserError: if it is built from files that are not there.
    """

    def __init__(self, dataset: Dataset, train: IntArray, recipe: Recipe) -> None:
        from explorer.learn.embedder import Embedder

        dataset.check_all_there()
        self.name, first = as_it_begins(recipe)
        self._dataset = dataset
        looked_at = train if len(train) else np.arange(len(dataset))
        device = "auto" if recipe.device.startswith("cuda") else recipe.device
        self._embedder: Embedder = Embedder.before_training(first, dataset.inputs, looked_at, device=device)

    def sample(
        self,
        items: IntArray,
        seen: BoolArray | None,
        progress: Callable[[str, int, int], None],
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Sample:
        """Return some items, embedded, as a protocol measures them.

        Raises
        ------
        Cancelled: if ``cancelled()`` turned true.
        """
        inputs: npt.NDArray[Any] = self._dataset.inputs
        parts: list[FloatArray] = []
        for start in range(0, len(items), CHUNK):
            if cancelled():
                raise Cancelled
            progress(self.name, start, len(items))
            parts.append(self._embedder.embed(np.asarray(inputs[items[start : start + CHUNK]])))
        return sample_of(self._dataset, items, np.concatenate(parts), lift(self._embedder.lift), seen)


def linear_sample(
    dataset: Dataset,
    items: IntArray,
    train: IntArray,
    recipe: Recipe,
    seen: BoolArray | None,
    progress: Callable[[str, int, int], None],
    cancelled: Callable[[], bool] = lambda: False,
) -> Sample | None:
    """Return some items by one linear metric that is fitted to frozen features of the ``train`` items.

    None where the encoder of the recipe is not pretrained, or what the recipe trains is such a metric itself.

    Raises
    ------
    UserError: if it cannot be fitted. Cancelled: if ``cancelled()`` turned true.
    """
    if as_it_begins(recipe)[0] != "frozen features" or recipe.fitter.name != "none" or not len(train):
        return None
    import torch

    from explorer.learn.trainer import Task
    from explorer.learn.trainer import train as trained

    dataset.check_all_there()
    task = Task(
        run="",
        recipe=linear_on_frozen(recipe),
        pixels=dataset.inputs,
        labels=dataset.labels,
        split=Split("", train, items, unseen=False),
        threads=torch.get_num_threads(),
        modality=dataset.modality.name,
        live=False,
    )
    found: Snapshot | None = None
    for event in trained(task, queue.SimpleQueue()):
        if cancelled():
            raise Cancelled
        if isinstance(event, Progress):
            progress(LINEAR_METRIC, event.step, event.steps)
        elif isinstance(event, RunFailed):
            raise UserError(event.message)
        elif isinstance(event, Snapshot):
            found = event
    assert found is not None
    return sample_of(dataset, items, found.embeddings[items], lift(found.distance), seen)


def encoder_baseline(
    dataset: Dataset,
    items: IntArray,
    train: IntArray,
    recipe: Recipe,
    seen: BoolArray | None,
    measure: Callable[[Sample], Measured],
    progress: Callable[[str, int, int], None],
    cancelled: Callable[[], bool] = lambda: False,
) -> Baseline:
    """Measure some items as the encoder of a recipe embeds them before any training, if what it is made of is there.

    Raises
    ------
    Cancelled: if ``cancelled()`` turned true.
    """
    try:
        features = FirstFeatures(dataset, train, recipe)
        return Baseline(features.name, measure(features.sample(items, seen, progress, cancelled)))
    except UserError as error:
        return Baseline(as_it_begins(recipe)[0], None, str(error))
