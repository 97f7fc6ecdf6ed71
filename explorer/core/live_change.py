"""A change of the recipe of a run that trains: what is allowed, and the recipe that comes of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from explorer.core.errors import UserError
from explorer.core.events import ParameterChanged, RunStarted, Set
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


def check_changes(recipe: Recipe, changes: Iterable[Set]) -> None:
    """Check that live values can change as they are to, one after the other by their steps.

    Raises
    ------
    UserError: if one cannot; it is named.
    """
    for change in sorted(changes, key=lambda change: change.step):
        recipe = with_live_value(recipe, change.path, change.value)


def live_differences(before: Recipe, after: Recipe) -> tuple[tuple[str, Scalar], ...]:
    """Return the live values, and the miner, that are others ``after``: what a run by ``before`` can be asked to take.

    None where another loss or optimiser is chosen, whose values are others', or a part is not known here.
    """
    found: list[tuple[str, Scalar]] = []
    with suppress(UserError):
        if before.miner.name != after.miner.name:
            found.append(("miner", after.miner.name))
        for kind in ("loss", "optimiser"):
            if before.part(kind).name != after.part(kind).name:
                continue
            old, new = before.params(kind).model_dump(), after.params(kind).model_dump()
            live = [info.name for info in find(kind, after.part(kind).name).parameters if info.live]
            found += [(f"{kind}.{name}", new[name]) for name in live if old[name] != new[name]]
    return tuple(found)


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


def recipe_after(recipe: Recipe, changes: Iterable[ParameterChanged], epochs: int = 0) -> Recipe:
    """Return the recipe by which a run ended that began by ``recipe``: with what was moved while it trained.

    No part is looked up, so that nothing has to be imported; a change that no recipe can hold is passed over.
    ``epochs``: see ``last_epochs``.
    """
    for change in changes:
        with suppress(UserError):
            recipe = recipe.with_value(change.path, change.new)
    if epochs and recipe.fitter.name == "none":
        return recipe.model_copy(update={"epochs": epochs})
    return recipe


def last_epochs(lifecycle: Iterable[object]) -> int:
    """Return how many epochs a run was to have at last, where these are others than when it began; else 0."""
    began = [event.epochs for event in lifecycle if isinstance(event, RunStarted)]
    return began[-1] if began and began[-1] != began[0] else 0


def recipe_at(recipe: Recipe, changes: Iterable[ParameterChanged], step: int) -> Recipe:
    """Return the recipe by which a run that began by ``recipe`` goes on after ``step``, without later ``changes``."""
    return recipe_after(recipe, (change for change in changes if change.step <= step))


def changes_at(
    step: int, run: str, recipe: Recipe, before: Iterable[ParameterChanged], values: Iterable[tuple[str, Scalar]]
) -> tuple[ParameterChanged, ...]:
    """Return the changes with which a run goes on after ``step`` with other ``values``, by path.

    ``recipe``: what it began by; ``before``: what was changed since, of which that after ``step`` was taken back.
    """
    recipe, found = recipe_at(recipe, before, step), []
    for path, new in values:
        kind, _, name = path.partition(".")
        old = getattr(recipe.params(kind), name) if name else recipe.part(kind).name
        found.append(ParameterChanged(run, step + 1, path, old, new))
        recipe = recipe.with_value(path, new)
    return tuple(found)


CLOSE = 10
"""Steps between two changes of one value that a hand made in one go."""
HELD = 3
"""Steps for which a value may stand where a hand turns and goes back; one that stood longer was meant."""


def in_one_go(changes: Sequence[ParameterChanged]) -> list[ParameterChanged]:
    """Return changes in order of steps, those of one drag of a slider as one: from its first value to its last."""
    found: list[ParameterChanged] = []
    latest: dict[str, int] = {}  # where in ``found`` the last change of a path is
    for change in changes:
        at = latest.get(change.path)
        if at is not None and change.step - found[at].step <= (HELD if _turns(found[at], change) else CLOSE):
            found[at] = replace(change, old=found[at].old)
        else:
            latest[change.path] = len(found)
            found.append(change)
    return sorted((change for change in found if change.old != change.new), key=lambda change: change.step)


def _turns(before: ParameterChanged, change: ParameterChanged) -> bool:
    """Return whether a number goes back from where it was moved to."""
    first, turned, last = before.old, before.new, change.new
    if isinstance(first, str) or isinstance(turned, str) or isinstance(last, str):
        return False
    return (turned - first) * (last - turned) < 0
