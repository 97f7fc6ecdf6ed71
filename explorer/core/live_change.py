"""A change of the recipe of a run that trains: what is allowed, and the recipe that comes of it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from explorer.core.errors import UserError
from explorer.core.events import ParameterChanged
from explorer.core.formula import same_losses
from explorer.core.recipe import Recipe
from explorer.core.registry import Scalar, catalogue, find


def with_live_value(recipe: Recipe, path: str, value: Scalar) -> Recipe:
    """Return the recipe that a run goes on with when one value changes before its next step.

    The session asks whether that is possible, so that the user is told why not; the trainer does it, and sends what
    came of it with ``ParameterChanged``.

    Raises
    ------
    UserError: if there is no such key, the value is not allowed, or it cannot change while a run trains.
    """
    changed = recipe.with_value(path, value)
    kind, _, name = path.partition(".")
    if recipe.fitter.name != "none" or (kind != "miner" and not _is_live(recipe, kind, name)):
        raise UserError(f"{path} cannot change while a run trains", remedy="Stop the run and start another")
    check_change(recipe, changed)
    return changed


def _is_live(recipe: Recipe, kind: str, name: str) -> bool:
    if kind not in ("loss", "optimiser") or not name:
        return False
    return any(info.live for info in find(kind, recipe.part(kind).name).parameters if info.name == name)


def check_change(before: Recipe, after: Recipe) -> None:
    """Check that a change of live values while a run trains leaves the losses of every formula what they are.

    Raises
    ------
    UserError: if it adds, removes or exchanges one, or changes a parameter that is not live.
    """
    part = before.loss
    if part.name != after.loss.name:
        return
    old, new = (recipe.params("loss").model_dump() for recipe in (before, after))
    for info in catalogue("loss")[part.name].parameters:
        if info.syntax and old[info.name] != new[info.name] and not same_losses(old[info.name], new[info.name]):
            raise UserError(
                f"loss.{info.name} cannot change from {old[info.name]!r} to {new[info.name]!r} while a run trains",
                remedy="Change only weights and parameters that are live, or stop the run and start another",
            )


def recipe_after(recipe: Recipe, changes: Iterable[ParameterChanged]) -> Recipe:
    """Return the recipe by which a run ended that began by ``recipe``: with what was moved while it trained.

    No part is looked up, so that nothing has to be imported; a change that no recipe can hold is passed over.
    """
    for change in changes:
        with suppress(UserError):
            recipe = recipe.with_value(change.path, change.new)
    return recipe
