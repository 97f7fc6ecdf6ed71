"""Settings of a recipe by the names of their parameters alone: ``margin=0.2`` where only one part has a margin."""

from __future__ import annotations

from collections.abc import Mapping

from explorer.api.given import recipe_value
from explorer.core.errors import UserError, shown, suggestion
from explorer.core.recipe import GENERAL, PART_KINDS, Recipe
from explorer.core.registry import find

_PARTS = tuple(dict.fromkeys(("fitter", *PART_KINDS, *GENERAL)))
"""Names of whole parts of a recipe, in the order in which they are set."""


def with_all(recipe: Recipe, settings: Mapping[str, object] | None, values: Mapping[str, object]) -> Recipe:
    """Return the recipe with the named parts of ``values``, then with ``settings`` by whole keys, then with the others.

    A part that is named holds against a setting of the same key.

    Raises
    ------
    UserError: as ``with_keys`` and ``with_named``.
    """
    named = {name: value for name, value in values.items() if name in _PARTS}
    recipe = with_named(recipe, named)
    if isinstance(settings, Mapping):
        settings = {path: value for path, value in settings.items() if path not in named}
    recipe = with_keys(recipe, {} if settings is None else settings)
    return with_named(recipe, {name: value for name, value in values.items() if name not in named})


def with_keys(recipe: Recipe, settings: Mapping[str, object]) -> Recipe:
    """Return the recipe with values by their whole keys, such as ``loss.margin``, set in their order.

    Raises
    ------
    UserError: if they are no such mapping, there is no such key, or a value is not allowed.
    """
    if not isinstance(settings, Mapping):
        raise UserError(
            f"Settings stand in a dictionary, and {shown(settings)} is no dictionary",
            remedy='For example: {"loss.margin": 0.3}',
        )
    for path, value in settings.items():
        recipe = recipe.with_value(str(path), recipe_value(recipe, path, value))
    return recipe


def with_named(recipe: Recipe, values: Mapping[str, object]) -> Recipe:
    """Return the recipe with parts, such as ``loss``, and then with parameters, such as ``margin``.

    Raises
    ------
    UserError: if no part of the recipe has such a parameter, or several have, or a value is not allowed.
    """
    parts = [name for name in _PARTS if name in values]
    for name in parts:
        recipe = recipe.with_value(name, recipe_value(recipe, name, values[name]))
    for name, value in values.items():
        if name not in parts:
            path = _path(recipe, name)
            recipe = recipe.with_value(path, recipe_value(recipe, path, value))
    return recipe


def _path(recipe: Recipe, name: str) -> str:
    """Return the key of a parameter, such as ``loss.margin``, of the parts that the recipe has."""
    paths: dict[str, list[str]] = {}
    for kind in PART_KINDS:
        for info in find(kind, recipe.part(kind).name).parameters:
            paths.setdefault(info.name, []).append(f"{kind}.{info.name}")
    for option in type(recipe.data).model_fields:
        paths.setdefault(option, []).append(f"data.{option}")
    found = paths.get(name, [])
    if len(found) == 1:
        return found[0]
    if found:
        wanted = " or ".join(f"settings={{{path!r}: …}}" for path in found)
        raise UserError(f"{name} may be {' or '.join(found)}", remedy=f"Say which: {wanted}")
    known = [*PART_KINDS, *GENERAL, *paths]
    remedy = suggestion(name, known, f"Its parameters: {', '.join(sorted(paths))}")
    raise UserError(f"This recipe has no {name}", remedy=remedy)
