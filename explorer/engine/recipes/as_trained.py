"""The recipe by which a run ended: what was moved while it trained, and what was left to be chosen came to."""

from __future__ import annotations

from collections.abc import Iterable

from explorer.core.errors import UserError
from explorer.core.events import ParameterChanged, RunStarted
from explorer.core.live_change import in_one_go, recipe_after
from explorer.core.part_titles import part_title
from explorer.core.recipe import PART_KINDS, Recipe
from explorer.engine.recipes.differences import word_for_zero
from explorer.engine.run.saved_run import SavedRun
from explorer.runs.folder import RunFolder


def as_trained(saved: SavedRun, step: int | None = None) -> Recipe:
    """Return the recipe of a run as it ended: what was changed while it trained, and the epochs it was last told.

    ``step``: as it was after this one instead.
    """
    history = saved.folder.history()
    recipe = recipe_after(saved.recipe, (c for c in history.changes if step is None or c.step <= step))
    began = [event for event in history.lifecycle if isinstance(event, RunStarted)]
    if not began or recipe.fitter.name != "none":
        return recipe
    return recipe.model_copy(update={"epochs": began[-1].epochs})


def epochs_planned(folder: RunFolder) -> tuple[int, ...]:
    """Return for how many epochs a run was to be trained at first, and then whenever it was trained longer."""
    began = [event.epochs for event in folder.history().lifecycle if isinstance(event, RunStarted)]
    return tuple(epochs for place, epochs in enumerate(began) if began[place - 1 : place] != [epochs])


def with_dimension(recipe: Recipe, dimension: int) -> Recipe:
    """Return a recipe that says how long the embeddings are where its encoder was left to choose that."""
    encoder = recipe.encoder
    if recipe.fitter.name != "none":
        return recipe
    try:
        zero = getattr(recipe.params("encoder"), "dimension", None) == 0
    except UserError:  # a part that is not installed here
        return recipe
    if not zero:
        return recipe
    return recipe.model_copy(
        update={"encoder": encoder.model_copy(update={"params": {**encoder.params, "dimension": dimension}})}
    )


def changes_told(changes: Iterable[ParameterChanged]) -> tuple[str, ...]:
    """Return in a few words each what was changed while a run trained, from what to what and when, in its order."""
    return tuple(map(_told, in_one_go(tuple(changes))))


def _told(change: ParameterChanged) -> str:
    """Return a change in words: a part, such as the miner ``semi_hard``, by its title."""
    kind, _, name = change.path.partition(".")
    if name:
        return f"At step {change.step:,}: {name.replace('_', ' ')} of the {kind} {change.old} → {change.new}"
    old, new = (part_title(kind, str(value)) if kind in PART_KINDS else value for value in (change.old, change.new))
    return f"At step {change.step:,}: {kind.capitalize()} {old} → {new}"


def lines_of(recipe: Recipe) -> str:
    """Return a recipe as TOML whose zeros say what they stand for where they are no numbers: ``size = 0  # auto``."""
    lines, table = [], ""
    for line in recipe.to_toml().splitlines():
        if line.startswith("["):
            table = line.strip("[]")
        key, equals, value = line.partition(" = ")
        word = word_for_zero(f"{table}.{key}" if table else key, recipe) if equals and value in ("0", "0.0") else ""
        lines.append(f"{line}  # {word}" if word else line)
    return "\n".join(lines)
