"""Which kinds of parts mean something with a recipe, so that forms can hide the rest."""

from __future__ import annotations

from typing import Any

from explorer.core.errors import UserError
from explorer.core.recipe import Recipe
from explorer.core.registry import find
from explorer.ui.widgets.language import tr

STEPS_ONLY = frozenset({"loss", "miner", "sampler", "augment", "optimiser", "schedule"})
"""Kinds that mean something only where the encoder is trained by gradient steps: a fitter has no use for them."""

UNMINED = tr("This loss looks at every pair of its batch, or at none, and does not follow a miner")


def loss_follows(recipe: Recipe) -> tuple[bool, bool]:
    """Return whether the loss of a recipe follows the miner, and whether it needs classes; the losses are loaded."""
    try:
        part: Any = find("loss", recipe.loss.name).part
        return part.mined is not False, "labels" in part.needs_of(recipe.params("loss"))
    except UserError:
        return True, True
