"""``evaluate RUN``: how good the embedding of a run is at retrieval."""

from __future__ import annotations

import argparse
from pathlib import Path

from explorer.cli.console import Console
from explorer.core.errors import UserError
from explorer.core.recipe import Recipe

ALLOWED = ("split", "data", "seed")


def main(options: argparse.Namespace, console: Console) -> int:
    """Write protocol, split, number of items and classes, and the metrics."""
    from explorer.engine.asking import Asked

    asked = Asked(Path(options.run), console.progress)
    recipe = _recipe(asked.saved.folder.recipe, options.settings)
    splits = any(setting.partition("=")[0].partition(".")[0] in ("split", "seed") for setting in options.settings)
    dataset = asked.data(options.data, recipe.data)
    split = asked.split(dataset, recipe if splits else None)
    found = asked.evaluate(dataset, split)
    console.clear()
    if options.json:
        console.json(
            {
                "protocol": options.protocol,
                "split": split.kind,
                "items": found.items,
                "classes": found.classes,
                "metrics": dict(found.metrics),
            }
        )
        return 0
    held = "held-out items of classes never trained on" if split.unseen else "held-out items"
    held = "items" if split.kind == "all" else held
    lines = [f"{options.protocol}: {found.items:,} {held} of {found.classes:,} classes, each against the others"]
    if found.lone:
        lines.append(f"{found.lone:,} of them have no other item of their class, and are not asked")
    console.result("\n".join([*lines, *(f"{name:12} {value:.4f}" for name, value in found.metrics.items())]))
    return 0


def _recipe(recipe: Recipe, settings: list[str]) -> Recipe:
    """Return the run's recipe with another split or other columns; what was trained cannot be set any more."""
    for setting in settings:
        key = setting.partition("=")[0].strip()
        if key.partition(".")[0] not in ALLOWED:
            raise UserError(f"{key} was decided when the run was trained", remedy="Here: split…, data…_column and seed")
    return recipe.with_settings(settings)
