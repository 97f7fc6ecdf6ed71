"""``evaluate RUN``: how good the embedding of a run is at retrieval."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.cli.console import Console
from explorer.core.errors import UserError
from explorer.core.recipe import Recipe
from explorer.core.registry import Scalar

if TYPE_CHECKING:
    from explorer.core.types import Split
    from explorer.data.dataset import Dataset
    from explorer.engine.offline import OfflineRun

ALLOWED = ("split", "data", "seed")
PROTOCOL = "protocol"


def main(options: argparse.Namespace, console: Console) -> int:
    """Write protocol, split, number of items and classes, and the metrics."""
    from explorer.engine.offline import OfflineRun

    asked = OfflineRun(Path(options.run), console.progress)
    own = [setting for setting in options.settings if setting.partition(".")[0].strip() == PROTOCOL]
    settings = [setting for setting in options.settings if setting not in own]
    recipe = _recipe(asked.saved.folder.recipe, settings)
    splits = any(setting.partition("=")[0].partition(".")[0] in ("split", "seed") for setting in settings)
    dataset = asked.data(options.data, recipe.data)
    split = asked.split(dataset, recipe if splits else None)
    if options.protocol != "retrieval":
        return _measure(options, console, asked, dataset, split, own, recipe.seed)
    if own:
        raise UserError(
            f"the protocol retrieval has no {own[0].partition('=')[0]}", remedy="Choose --protocol few-shot"
        )
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


def _measure(
    options: argparse.Namespace,
    console: Console,
    asked: OfflineRun,
    dataset: Dataset,
    split: Split,
    settings: list[str],
    seed: int,
) -> int:
    """Write the figures of another protocol than retrieval."""
    values: dict[str, Scalar] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise UserError(f"{setting!r} is not KEY=VALUE", remedy="For example: --set protocol.ways=5")
        values[key.partition(".")[2].strip()] = value.strip()
    figures = asked.measure(options.protocol.replace("-", "_"), values, dataset, split, seed)
    classes = len({int(label) for label in dataset.labels[split.held_out] if label >= 0})
    console.clear()
    if options.json:
        console.json(
            {
                "protocol": options.protocol,
                "split": split.kind,
                "items": len(split.held_out),
                "classes": classes,
                "metrics": figures,
            }
        )
        return 0
    lines = [f"{options.protocol}: {len(split.held_out):,} items of {classes:,} classes"]
    for name, value in figures.items():
        if isinstance(value, dict):
            accuracy, ci95 = value["accuracy"], value["ci95"]
            lines.append(f"{name:16} {accuracy:.4f} ± {ci95:.4f}  ({value['episodes']:,} episodes)")
        else:
            lines.append(f"{name:16} {value:,}" if isinstance(value, int) else f"{name:16} {value:.4f}")
    console.result("\n".join(lines))
    return 0


def _recipe(recipe: Recipe, settings: list[str]) -> Recipe:
    """Return the run's recipe with another split or other columns; what was trained cannot be set any more."""
    for setting in settings:
        key = setting.partition("=")[0].strip()
        if key.partition(".")[0] not in ALLOWED:
            raise UserError(f"{key} was decided when the run was trained", remedy="Here: split…, data…_column and seed")
    return recipe.with_settings(settings)
