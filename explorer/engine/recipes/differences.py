"""What two recipes say differently."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from contextlib import suppress

from explorer.core.errors import UserError
from explorer.core.recipe import PART_KINDS, DataOptions, Recipe
from explorer.core.registry import ParameterInfo, Scalar, find, validated

LEFT_OPEN = frozenset(
    f"data.{info.name}" for info in DataOptions.described() if info.zero == "auto" or "auto" in info.choices
)
"""The keys of how data are read that can be left to be chosen by what these are."""


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


def telling_differences(a: Recipe, b: Recipe) -> dict[str, tuple[Scalar | None, Scalar | None]]:
    """Return the differences that tell something, part by part.

    Where two parts are not the same one, what only one of them has and nobody has changed says nothing.

    Raises
    ------
    UserError: as ``differences``.
    """
    found = differences(a, b)
    if "auto" in found.get("precision", ()):  # it came to the other one, or may
        del found["precision"]
    kinds = ("data", *PART_KINDS)
    order = [*(key for key in found if key.partition(".")[0] not in kinds)]
    order = [*(key for kind in PART_KINDS for key in found if key.partition(".")[0] == kind), *order]
    order += [key for key in found if key.startswith("data.")]
    return {key: found[key] for key in order if None not in found[key] or _chosen(key, a, b)}


def _chosen(key: str, a: Recipe, b: Recipe) -> bool:
    """Return whether the recipe that alone has a parameter says something else of it than its part does by default."""
    kind, _, name = key.partition(".")
    for recipe in (a.resolved(), b.resolved()):
        part = recipe.part(kind)
        if name in part.params:
            return bool(part.params[name] != getattr(validated(kind, part.name, {}), name))
    return False


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


def said_otherwise(key: str, values: Iterable[Hashable]) -> set[Hashable]:
    """Return the values of a key of which recipes of runs say different ones; runs differ in it where there are two.

    The size of pictures and the like can be left open, and came to what they are: no value that differs from others.
    """
    left_open = (0, "auto") if key in LEFT_OPEN else ()
    return {value for value in values if value not in left_open}


def word_for_zero(key: str, recipe: Recipe) -> str:
    """Return what 0 means of a key, such as ``auto``; empty where it is a number like others, or the part is not known.

    Imports the kind of the key.
    """
    kind = key.partition(".")[0]
    return zero_of_part(key, recipe.part(kind).name if kind in PART_KINDS else "")


def zero_of_part(key: str, part: str) -> str:
    """Return what 0 means of a key of a part of this name, as ``word_for_zero`` does."""
    kind, _, name = key.partition(".")
    if key == "epochs":
        return "auto"
    infos: Iterable[ParameterInfo] = DataOptions.described() if kind == "data" else ()
    if kind in PART_KINDS and name:
        with suppress(UserError):
            infos = find(kind, part).parameters
    return next((info.zero for info in infos if info.name == name), "")
