"""``list [KIND [NAME]]``: every part that a recipe can be made of, from the registry."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from explorer.cli.console import Console
from explorer.cli.kept_list import kept
from explorer.core.errors import UserError

if TYPE_CHECKING:
    from explorer.core.registry import Entry, ParameterInfo

UNLISTED = frozenset({"panel", "map_picture"})
"""Kinds shown only when asked for: they need the libraries of the window."""


FURTHER = (
    "",
    "list KIND tells the parameters of each, as list loss; list KIND NAME those of one, as list loss triplet.",
)
"""What stands below the names of all parts."""


def main(options: argparse.Namespace, console: Console) -> int:
    """Write the catalogue of one kind, or of all: as it was written before, while nothing has changed since.

    Without a kind people get the names with a sentence each, as all parameters are more than a thousand lines.
    """
    asked, name = (text.strip().lower().replace("-", "_") for text in (options.kind, options.name))
    key = " ".join(part for part in (asked, name) if part)
    if options.json:
        plain = kept(f"{key} as JSON", lambda: _made(asked, name, lambda found: [_plain(entry) for entry in found]))
        console.json(plain)
    else:
        console.result("\n".join(kept(f"{key} as text", lambda: _made(asked, name, _lines if asked else _overview))))
    return 0


def _made(asked: str, name: str, told: Callable[[list[Entry]], list[Any]]) -> tuple[list[Any], bool]:
    """Return what is told of the parts of a kind, one of them, or of all, and whether all of them are ours."""
    from explorer.core.extensions import problems
    from explorer.core.registry import catalogue, kinds, no_such_part

    chosen = [_kind(asked)] if asked else [kind for kind in kinds() if kind not in UNLISTED]
    entries = [entry for kind in chosen for entry in catalogue(kind).values() if name in ("", entry.name)]
    if not entries:
        raise no_such_part(chosen[0], name)
    ours = all(entry.part.__module__.startswith("explorer.") for entry in entries)
    return told(entries), ours and not problems()


def _kind(asked: str) -> str:
    """Return a kind by its singular or plural."""
    from explorer.core.registry import kinds

    named = {name: kind for kind in kinds() for name in (kind, kind + ("es" if kind.endswith("s") else "s"))}
    if asked not in named:
        raise UserError(f"There is no kind {asked!r}", remedy=f"Choose one of: {', '.join(kinds())}")
    return named[asked]


def _plain(entry: Entry) -> dict[str, Any]:
    return {
        "kind": entry.kind,
        "name": entry.name,
        "summary": entry.summary,
        "reference": entry.reference,
        "available": entry.available,
        "parameters": [_plain_parameter(parameter) for parameter in entry.parameters],
    }


def _plain_parameter(parameter: ParameterInfo) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "name": parameter.name,
        "type": parameter.type,
        "default": parameter.default,
        "minimum": parameter.minimum,
        "maximum": parameter.maximum,
        "help": parameter.help,
    }
    if parameter.choices:
        plain["choices"] = list(parameter.choices)
    return plain


def _overview(entries: list[Entry]) -> list[str]:
    """Return names with a sentence each, what a recipe is made of first."""
    from explorer.core.recipe import PART_KINDS

    places = {kind: place for place, kind in enumerate(PART_KINDS)}
    ordered = sorted(entries, key=lambda entry: places.get(entry.kind, len(places)))  # else in the order of before
    return [*_named(ordered, lambda entry: []), *FURTHER]


def _lines(entries: list[Entry]) -> list[str]:
    return _named(entries, _details)


def _named(entries: list[Entry], details: Callable[[Entry], list[str]]) -> list[str]:
    lines: list[str] = []
    kind = ""
    for entry in entries:
        if entry.kind != kind:
            kind = entry.kind
            lines += [*([""] if lines else []), kind]
        missing = "" if entry.available else f"  [needs {entry.missing}]"
        lines += [*_wrapped(f"{entry.name}{missing}: {entry.summary}", 2), *details(entry)]
    return lines


def _details(entry: Entry) -> list[str]:
    lines: list[str] = []
    if entry.reference:
        lines += _wrapped(entry.reference, 6)
    for parameter in entry.parameters:
        lines += _wrapped(_describe(parameter), 6)
    return lines


def _describe(parameter: ParameterInfo) -> str:
    low, high = parameter.minimum, parameter.maximum
    if parameter.choices:
        allowed = f", one of {', '.join(parameter.choices)}"
    elif low is not None and high is not None:
        allowed = f", {low:g} to {high:g}"
    elif low is not None:
        allowed = f", at least {low:g}"
    elif high is not None:
        allowed = f", at most {high:g}"
    else:
        allowed = ""
    live = "; may change while it trains" if parameter.live else ""
    return f"{parameter.name} = {parameter.default!r} ({parameter.type}{allowed}{live}): {parameter.help}"


def _wrapped(text: str, indent: int) -> list[str]:
    return textwrap.wrap(text, 110, initial_indent=" " * indent, subsequent_indent=" " * (indent + 4))
