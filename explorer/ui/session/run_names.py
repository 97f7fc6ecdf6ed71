"""What tells saved runs from each other: their recipes in one line, and further settings in which they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from explorer.core.errors import printable
from explorer.core.recipe import PART_KINDS, Recipe
from explorer.core.registry import Scalar, catalogue, find, loaded
from explorer.engine.recipes.differences import said_otherwise, settings, word_for_zero
from explorer.ui.widgets.forms import kind_title, parameter_title
from explorer.ui.widgets.language import localised, said, small, tr
from explorer.ui.widgets.recipe_words import summary

MOST = 3
"""Settings that are named beside the line; of more the first, and an ellipsis."""
TOLD = frozenset({"loss", "loss.margin", "miner", "fitter", "encoder", "precision", "device"})
"""What the line says, where it tells anything, and what comes to the same."""


def recipe_line(recipe: Recipe) -> str:
    """Return a recipe in one line, without what it was trained on: ``triplet 0.20 · all``."""
    return printable(summary(recipe, "", _settings(recipe).get("loss.margin"), _mined(recipe)))


def told_apart(recipes: Sequence[Recipe]) -> list[str]:
    """Return what tells each of several runs from the others: ``triplet 0.61 · all · seed 2``.

    Settings that only some of them have, because their parts differ, are left out: the parts are named.
    """
    lines = [recipe_line(recipe) for recipe in recipes]
    said_of = [_settings(recipe) for recipe in recipes]
    common = [key for key in (said_of[0] if said_of else ()) if all(key in one for one in said_of)]
    differing = [key for key in common if len(said_otherwise(key, (one[key] for one in said_of))) > 1]
    if not all(_told(recipe) for recipe in recipes):
        differing = [key for key in differing if key not in ("loss", "miner")]  # a fitter has no use for them
    further = [key for key in differing if key not in TOLD or (key == "encoder" and all(map(_told, recipes)))]
    return [
        " · ".join((line, *settings_named({key: one[key] for key in further}, recipe)))
        for line, one, recipe in zip(lines, said_of, recipes, strict=True)
    ]


def setting_words(key: str, value: object, recipe: Recipe | None = None) -> str:
    """Return a value of a recipe as the forms call it: a part by its title, and a 0 by its word where it has one.

    ``recipe``: that of the value; None: which parts it has is not known, and the usual ones are taken for them.
    """
    of = key.partition(".")[0]
    known = of not in PART_KINDS or loaded(of)  # nothing is imported here
    if known and value == 0 and not isinstance(value, bool) and (word := word_for_zero(key, recipe or Recipe())):
        return said(word)
    if isinstance(value, str) and key in PART_KINDS and loaded(key) and (entry := catalogue(key).get(value)):
        return said(entry.title)
    return "–" if value is None else localised(str(value)) if isinstance(value, float) else str(value)


def setting_title(key: str, *, kind: bool = True) -> str:
    """Return what a key of a recipe is called in the forms, with its ``kind`` where that is wanted."""
    of, _, name = key.partition(".")
    if not name:
        return kind_title(of)
    return f"{kind_title(of)}: {parameter_title(of, name)}" if kind else parameter_title(of, name)


def settings_named(values: Mapping[str, Scalar | None], recipe: Recipe | None = None) -> list[str]:
    """Return some settings in words, such as ``margin 0.61``; of more than ``MOST`` the first, and an ellipsis.

    ``recipe``: as of ``setting_words``.
    """
    said_of = [(key, value) for key, value in values.items() if value is not None]
    words = [
        f"{small(setting_title(key, kind=False))} {setting_words(key, value, recipe)}" for key, value in said_of[:MOST]
    ]
    return [printable(one) for one in words] + ["…"] * (len(said_of) > MOST)


def differences_told(
    found: Mapping[str, tuple[Scalar | None, Scalar | None]], recipes: tuple[Recipe, Recipe] | None = None
) -> str:
    """Return what the recipes of two runs say differently, the first run first, or that they say the same.

    ``found``: both values by key; ``recipes``: see ``setting_words``.
    """
    a, b = recipes or (None, None)
    parts = [
        f"{setting_title(key)}: {setting_words(key, one, a)} → {setting_words(key, two, b)}"
        for key, (one, two) in found.items()
    ]
    words = tr("Recipes: {differences}", differences="; ".join(parts)) if parts else tr("Their recipes are the same")
    return printable(words)


def _settings(recipe: Recipe) -> dict[str, Scalar]:
    """Return what a recipe says, with the defaults of its parts where these are loaded: nothing is imported here."""
    found = settings(recipe)
    for kind in PART_KINDS:
        part = recipe.part(kind)
        if loaded(kind) and (entry := catalogue(kind).get(part.name)) is not None:
            found |= {f"{kind}.{one.name}": one.default for one in entry.parameters if one.name not in part.params}
    return found


def _told(recipe: Recipe) -> bool:
    """Return whether the line names the loss."""
    return recipe.fitter.name == "none"


def _mined(recipe: Recipe) -> bool:
    return bool(getattr(find("loss", recipe.loss.name).part, "mined", True)) if loaded("loss") else True
