"""What batches hold where the data have fewer classes than the recipe asks for."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from explorer.core.recipe import Recipe
from explorer.core.types import Split
from explorer.data.dataset import Dataset
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import count

MOST_LOOKED_AT = 1_000_000
"""Of more training items the classes are not counted for this: it would hold up the window."""


class DrawnBatch:
    """Knows how many items of each class are trained on, of the data and the split that it was asked about last."""

    def __init__(self) -> None:
        self._of: tuple[Dataset, Split] | None = None
        self._sizes: npt.NDArray[np.int64] = np.empty(0, np.int64)

    def words(self, recipe: Recipe, dataset: Dataset | None, split: Split | None) -> str:
        """Return how many classes, and items of each, batches hold; empty where it is what the recipe says."""
        if dataset is None or split is None or recipe.sampler.name != "pk" or len(split.train) > MOST_LOOKED_AT:
            return ""
        if self._of is None or self._of[0] is not dataset or self._of[1] is not split:
            self._of = dataset, split
            self._sizes = np.bincount(np.asarray(dataset.labels)[split.train] + 1)[1:]
        pair = recipe.params("sampler").model_dump()
        sizes = self._sizes[self._sizes > (0 if pair["lone"] == "keep" else 1)]
        if not len(sizes) or len(sizes) >= pair["classes"]:
            return ""
        classes, images = count(len(sizes)), count(images_of_each(sizes, pair["classes"], pair["images"]))
        return tr("Only {classes} to train on: {classes} × {images} are drawn", classes=classes, images=images)


def images_of_each(sizes: npt.NDArray[np.int64], classes: int, images: int) -> int:
    """Return how many items a class gives at most, so that a batch is as large as was asked; see the sampler P × K.

    ``sizes``: how many items each class has, (C,) for fewer than the ``classes`` of a batch.
    """
    batch = min(classes * images, int(sizes.sum()))
    while np.minimum(sizes, images).sum() < batch:
        images += 1
    return images
