"""What two recipes say differently."""

from __future__ import annotations

from explorer.core.recipe import Recipe
from explorer.core.registry import Scalar


def differences(a: Recipe, b: Recipe) -> dict[str, tuple[Scalar | None, Scalar | None]]:
    """Return what two recipes say where they differ, by key; what is left out has its default value.

    None where one of them has no such key, because its part of that kind is another one. Imports every kind.

    Raises
    ------
    UserError: if one names a part that there is not, or a value that is not allowed.
    """
    left, right = settings(a.resolved()), settings(b.resolved())
    keys = [*left, *(key for key in right if key not in left)]
    return {key: (left.get(key), right.get(key)) for key in keys if left.get(key) != right.get(key)}


def settings(recipe: Recipe) -> dict[str, Scalar]:
    """Return what a recipe says, by keys such as ``loss`` and ``loss.margin``, each part before its parameters."""
    found: dict[str, Scalar] = {}
    for key, value in recipe.model_dump().items():
        if not isinstance(value, dict):
            found[key] = value
        elif "params" in value:
            found[key] = value["name"]
            found |= {f"{key}.{name}": setting for name, setting in value["params"].items()}
        else:
            found |= {f"{key}.{name}": setting for name, setting in value.items()}
    return found
