"""What makes the batches of a run half as large, where the memory of the device is too small for them."""

from __future__ import annotations

from explorer.core.recipe import Recipe
from explorer.core.registry import find

ORDER = ("items", "tuples", "queries", "classes", "ways", "groups", "images", "shots")
"""Parameters of samplers, in the order in which they are halved: pictures of a class are given up last."""


def half_as_large(recipe: Recipe) -> tuple[str, int, int] | None:
    """Return which key of the recipe to halve, what it is and what it becomes; None where batches are the smallest."""
    params = recipe.params("sampler")
    minima = {info.name: info.minimum for info in find("sampler", recipe.sampler.name).parameters}
    for name in ORDER:
        value, minimum = getattr(params, name, None), minima.get(name)
        if isinstance(value, int) and minimum is not None and value // 2 >= minimum:
            return f"sampler.{name}", value, value // 2
    return None
