"""The few settings that make the default recipe another one, for a command line or a script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from explorer.core.recipe import PART_KINDS, Part, Recipe
from explorer.core.registry import Scalar, validated
from explorer.data.modalities.base import Modality
from explorer.engine.datasets.requirements import suited
from explorer.engine.recipes.differences import settings

How = Literal["what differs", "every part", "everything"]
ORDER = ("fitter", *(kind for kind in PART_KINDS if kind != "fitter"))
"""A fitter brings an encoder and a distance of its own, and therefore comes first."""


def chosen_settings(recipe: Recipe, modality: Modality | None = None) -> dict[str, Scalar]:
    """Return settings that make the default recipe this one, in the order in which they are to be made.

    As few as will do: whether they do is tried. ``modality``: of the data, which brings an encoder and perhaps a loss
    of its own where nobody names one. Imports every kind.

    Raises
    ------
    UserError: if the recipe names a part that there is not, or a value that is not allowed.
    """
    wanted = recipe.resolved()
    tries: tuple[How, ...] = ("what differs", "every part", "everything")
    for how in tries:
        found = dict(_settings(wanted, _suited(Recipe(), modality), how))
        if _suited(with_settings(Recipe(), found), modality).resolved() == wanted:
            break
    return found


def with_settings(recipe: Recipe, values: Mapping[str, Scalar]) -> Recipe:
    """Return a recipe with settings made in their order.

    Raises
    ------
    UserError: if there is no such key or a value is not allowed.
    """
    for path, value in values.items():
        recipe = recipe.with_value(path, value)
    return recipe


def _suited(recipe: Recipe, modality: Modality | None) -> Recipe:
    return recipe if modality is None else suited(recipe, modality)


def _settings(wanted: Recipe, usual: Recipe, how: How) -> Iterator[tuple[str, Scalar]]:
    for kind in ORDER:
        part: Part = wanted.part(kind)
        usually = usual.part(kind)
        if how != "what differs" or part.name != usually.name:
            yield kind, part.name
            usually = Part(name=part.name)
        given = validated(kind, usually.name, usually.params).model_dump()
        for name, value in part.params.items():
            if how == "everything" or value != given[name]:
                yield f"{kind}.{name}", value
    plain = settings(usual)
    for path, value in settings(wanted).items():
        if path.partition(".")[0] not in PART_KINDS and value != plain[path]:
            yield path, value
