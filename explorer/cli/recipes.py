"""The recipe that the options of a command ask for."""

from __future__ import annotations

import argparse

from explorer.core.examples import load_recipe
from explorer.core.recipe import Recipe


def recipe_of(options: argparse.Namespace) -> Recipe:
    """Return the default recipe or that of ``--recipe``, changed by ``--set``, ``--epochs``, ``--seed``, ``--device``.

    Raises
    ------
    UserError: if the file cannot be read, there is no such key, or a value is not allowed.
    """
    file = getattr(options, "recipe", "")
    recipe = load_recipe(file) if file else Recipe()
    recipe = recipe.with_settings(getattr(options, "settings", ()))
    for key in ("epochs", "seed", "device"):
        value = getattr(options, key, None)
        if value is not None:
            recipe = recipe.with_value(key, value)
    return recipe
