"""A recipe by whatever names one: a file, an example, one that was saved under a name, or a run."""

from __future__ import annotations

from pathlib import Path

from explorer.core.errors import UserError, printable, suggestion
from explorer.core.examples import examples
from explorer.core.recipe import Recipe
from explorer.engine.paths import recipes_folder
from explorer.engine.recipes.how_trained import how_trained
from explorer.runs.folder import RunFolder
from explorer.runs.header import is_run

DEFAULT = "default"
"""The name of the recipe that nobody has changed."""


def found_recipe(spec: str) -> Recipe:
    """Return the recipe that ``spec`` names: of a run, as it ended; ``default``: that with which everybody begins.

    Raises
    ------
    UserError: if there is none, or it cannot be read.
    """
    path = Path(spec)
    if is_run(path):
        return how_trained(RunFolder.open(path)).ended_by
    if path.exists() or path.suffix:
        return Recipe.load(path)
    if spec == DEFAULT:
        return Recipe()
    known = {example.name: example.path for example in examples()} | {file.stem: file for file in saved_recipes()}
    if spec not in known:
        others = f"Recipes that come along or were saved: {', '.join(sorted(known))}"
        raise UserError(
            f"{printable(spec)} is neither a recipe file nor the name of one", remedy=suggestion(spec, known, others)
        )
    return Recipe.load(known[spec])


def saved_recipes() -> tuple[Path, ...]:
    """Return the files of the recipes that were saved under a name, by their names."""
    return tuple(sorted(recipes_folder().glob("*.toml"), key=lambda path: path.stem.casefold()))
