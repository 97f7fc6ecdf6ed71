"""A recipe in one line, the same wherever a run is named after what it trains."""

from __future__ import annotations

from explorer.core.recipe import Recipe
from explorer.ui.widgets.language import localised, tr


def summary(recipe: Recipe, name: str, margin: object = None, mined: bool = True) -> str:
    """Return the recipe in one line: ``fashion · triplet 0.20 · semi-hard``, or what is fitted: ``fashion · lmnn``.

    ``mined``: the loss follows the miner.
    """
    if recipe.fitter.name != "none":
        of = "" if recipe.encoder.name == "pixels" else tr(" of {name}", name=recipe.encoder.name)
        fitted = tr("as it is") if recipe.fitter.name == "identity" else recipe.fitter.name
        return " · ".join(part for part in (name, fitted + of) if part)
    loss = recipe.loss.name.replace("_", " ") + (localised(f" {margin:.2f}") if isinstance(margin, int | float) else "")
    return " · ".join(part for part in (name, loss, recipe.miner.name.replace("_", "-") if mined else "") if part)
