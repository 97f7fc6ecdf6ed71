"""The recipe that learns from data without classes, where the one that is set needs some."""

from __future__ import annotations

from explorer.core.errors import UserError
from explorer.core.examples import examples
from explorer.core.recipe import Part, Recipe
from explorer.data.dataset import Dataset
from explorer.engine.datasets.requirements import needs_of

EXAMPLE = "without-labels"
OF_PICTURES = "pictures"


def without_labels(dataset: Dataset, recipe: Recipe) -> Recipe | None:
    """Return the recipe with a loss of two views of each item; None where no class lacks, or views do not help.

    Encoder, distance, optimiser and split stay. Pictures are changed as the example recipe changes them, others as
    their kind is.
    """
    try:
        needs = needs_of(recipe, wait=False)
    except UserError:
        return None
    if dataset.labelled or needs is None or "labels" not in needs:
        return None
    by_views = Recipe.load(next(one.path for one in examples() if one.name == EXAMPLE))
    if by_views.loss.name not in dataset.modality.when_unlabelled:
        return None
    taken = {"fitter": Part(name="none"), "loss": by_views.loss, "sampler": by_views.sampler}
    taken["augment"] = by_views.augment if dataset.modality.name == OF_PICTURES else Part(name="auto")
    return recipe.model_copy(update=taken)
