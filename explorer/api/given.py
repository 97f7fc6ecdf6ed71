"""What a script gives: checked where it comes in, so that what is wrong is said in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike, fspath

import numpy as np

from explorer.core.errors import UserError, shown
from explorer.core.events import Set
from explorer.core.name_lists import names_out
from explorer.core.recipe import PART_KINDS, WANTED, DataOptions, Recipe
from explorer.core.registry import ParameterInfo, Scalar, allowed, catalogue
from explorer.core.threads import check_threads

Number = bool | int | float | str
Value = Number | PathLike[str] | Sequence[Number] | np.generic | np.ndarray
"""What may be written for a parameter of a recipe or of a protocol."""


def place(given: object, what: str) -> str:
    """Return a path that was given as a text; ``what``: what it is of, for people.

    Raises
    ------
    UserError: if it is no path.
    """
    found = fspath(given) if isinstance(given, str | PathLike) else None
    if not isinstance(found, str) or "\0" in found:
        raise UserError(f"{shown(given)} is no place of {what}", remedy="Give a path, as a text or a Path")
    return found


def places(given: object, what: str) -> list[str]:
    """Return one path, or several, as texts; see ``place``."""
    several = isinstance(given, Iterable) and not isinstance(given, str | bytes | PathLike)
    return [place(one, what) for one in (given if several and isinstance(given, Iterable) else [given])]


def count(given: object) -> int:
    """Return how many items are asked for.

    Raises
    ------
    UserError: if it is not a whole number of at least 1.
    """
    if not isinstance(given, int | np.integer) or isinstance(given, bool) or given < 1:
        raise UserError(f"The number of items asked for, {shown(given)}, is not a whole number of at least 1")
    return int(given)


def whole(given: object) -> object:
    """Return a whole number of numpy as one of Python; what is something else is checked by who takes it."""
    return int(given) if isinstance(given, np.integer) else given


def threads(given: object) -> int:
    """Return how many threads may compute, 0 for as many as suit.

    Raises
    ------
    UserError: see ``check_threads``.
    """
    number = whole(given)
    check_threads(number)
    assert isinstance(number, int)
    return number


def sayer(given: object) -> None:
    """Check what is to be told what goes on.

    Raises
    ------
    UserError: if it cannot be called.
    """
    if given is not None and not callable(given):
        raise UserError(f"What is to be told, {shown(given)}, cannot be called", remedy="Give a function: tell=print")


def recipe_value(recipe: Recipe, path: str, given: object) -> Scalar:
    """Return a value as a recipe holds it under a key; see ``value``. Of an unknown key it is looked at no further.

    Raises
    ------
    UserError: if no recipe can hold it.
    """
    kind, _, field = str(path).partition(".")
    if kind in ("epochs", "seed") and isinstance(given, bool):
        raise UserError(f"{path} = {shown(given)} is not {WANTED[kind]}")
    infos: Iterable[ParameterInfo] = DataOptions.described() if kind == "data" else ()
    if kind in PART_KINDS and field and (entry := catalogue(kind).get(recipe.part(kind).name)) is not None:
        infos = entry.parameters
    info = next((one for one in infos if one.name == field), None)
    return value(given, str(path), info)


def protocol_values(protocol: object, values: Mapping[str, object]) -> tuple[str, dict[str, Scalar]]:
    """Return the name of a protocol, which may be written with ``-``, and its parameters; see ``value``.

    Raises
    ------
    UserError: if one of them is nothing that a protocol can have.
    """
    name = protocol.replace("-", "_") if isinstance(protocol, str) else ""
    known = catalogue("protocol")
    if not name:
        raise UserError(f"{shown(protocol)} is no name of a protocol", remedy=f"Choose one of: {', '.join(known)}")
    infos = {info.name: info for info in known[name].parameters} if name in known else {}
    return name, {key: value(given, f"protocol.{key}", infos.get(key)) for key, given in values.items()}


def value(given: object, name: str, info: ParameterInfo | None) -> Scalar:
    """Return what was given for the parameter ``info``, called ``name``, as a text, a number or a truth value.

    Where a text is wanted, such as ``"1,5,10"``, a number will do, or several in a list, and a path.

    Raises
    ------
    UserError: if it is none of these.
    """
    plain = given.tolist() if isinstance(given, np.generic | np.ndarray) else given
    if info is not None and info.type == "str":
        several = list(plain) if isinstance(plain, list | tuple | range) else [plain]
        texts = [text for one in several if (text := _text(one)) is not None]
        if len(texts) == len(several) > 0:
            return texts[0] if several == [plain] else names_out(texts)
    if isinstance(plain, bool | int | float | str):
        return plain
    raise UserError(f"{name} = {shown(given)} is not {allowed(info) if info else 'a number, a text, true or false'}")


def _text(given: object) -> str | None:
    """Return a number, a text or a path as a text, None for anything else."""
    if isinstance(given, bool | bytes):
        return None
    if isinstance(given, float) and given.is_integer():
        return str(int(given))
    if isinstance(given, int | float):
        return str(given)
    return str(fspath(given)) if isinstance(given, str | PathLike) else None


def changes(given: object) -> list[Set]:
    """Return live values that change on the way, each a ``(step, key, value)``.

    Raises
    ------
    UserError: if one is something else.
    """
    if not isinstance(given, Iterable) or isinstance(given, str):
        given = [given]
    return [_change(one) for one in given]


def _change(given: object) -> Set:
    if isinstance(given, tuple | list) and len(given) == 3:
        step, key, value = given
        counted = isinstance(step, int | np.integer) and not isinstance(step, bool)
        value = value.item() if isinstance(value, np.generic) else value
        if counted and step >= 0 and isinstance(key, str) and isinstance(value, bool | int | float | str):
            return Set(key, value, int(step))
    raise UserError(
        f"{shown(given)} is no change of a live value",
        remedy='Give a step, a key and a value, such as (168, "loss.margin", 0.5)',
    )
