"""A recipe in one line, the same wherever a run is named after what it trains."""

from __future__ import annotations

from explorer.core.errors import printable
from explorer.core.recipe import Recipe
from explorer.ui.widgets.language import localised, said, tr
from explorer.ui.widgets.text import count


def summary(recipe: Recipe, name: str, margin: object = None, mined: bool = True) -> str:
    """Return the recipe in one line: ``fashion · triplet 0.20 · semi-hard``, or what is fitted: ``fashion · lmnn``.

    ``mined``: the loss follows the miner.
    """
    if recipe.fitter.name != "none":
        of = "" if recipe.encoder.name == "pixels" else tr(" of {name}", name=recipe.encoder.name)
        fitted = tr("as it is") if recipe.fitter.name == "identity" else recipe.fitter.name
        return " · ".join(part for part in (name, fitted + of) if part)
    loss = recipe.loss.name.replace("_", " ") + (localised(f" {margin:.2f}") if isinstance(margin, int | float) else "")
    miner = said(recipe.miner.name.replace("_", "-")) if mined else ""
    return " · ".join(part for part in (name, loss, miner) if part)


def branched(parent: str) -> str:
    """Return ``branch of NAME at step N`` of what a glance at a run says, ``NAME@N``; empty where it is no branch."""
    name, _, step = parent.rpartition("@")
    return tr("branch of {name} at step {step}", name=printable(name), step=count(int(step))) if parent else ""
