"""``check DATA``: what would be imported, by which source, what is skipped, and why. Every picture is decoded."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from explorer.cli.console import Console
from explorer.cli.recipes import recipe_of
from explorer.core.errors import printable
from explorer.core.types import Report
from explorer.core.words import several

if TYPE_CHECKING:
    from explorer.data.opening import Check

SHOWN, REASONS = 5, 3
"""How many files that are skipped are named, and how many reasons of the others; with --json all are."""


def main(options: argparse.Namespace, console: Console) -> int:
    """Write the report of an import; UserError behind it where nothing would be imported."""
    from explorer.data.opening import check

    recipe = recipe_of(options)
    found = check(options.data, recipe.data, split=recipe.split, progress=console.progress)
    console.clear()
    if options.json:
        console.json(_plain(found))
    else:
        console.result("\n".join(_lines(found)))
    if found.refusal is not None:
        raise found.refusal
    return 0


def _plain(found: Check) -> dict[str, Any]:
    report = found.report
    return {
        "kept": report.kept,
        "classes": report.classes,
        "skipped": [{"path": item.path, "reason": item.reason} for item in report.skipped],
        "source": found.bids[0].source,
        "reason": found.bids[0].bid.reason,
        "bids": [{"source": one.source, "score": one.bid.score, "reason": one.bid.reason} for one in found.bids],
        "class_names": list(found.classes),
        "class_sizes": list(found.classes.values()),
        "unlabelled": found.unlabelled,
        "shape": list(found.shape),
        "items": found.described,
        "splits": dict(found.splits),
        "columns": list(found.columns),
        "pairs": dict(found.pairs),
        "notes": [*report.notes, *found.split_notes],
    }


def _lines(found: Check) -> Iterator[str]:
    from explorer.data.bids import told

    report = found.report
    yield from (_counts(report), found.described)
    if found.classes:
        unlabelled = f"; unlabelled: {found.unlabelled:,}" if found.unlabelled else ""
        yield f"classes: {_counted(found.classes)}{unlabelled}"
    if found.splits:
        yield f"split: {_counted(found.splits)}"
    yield from (*told(found.bids), *report.notes, *found.split_notes)
    yield from _skipped(report)


def _counts(report: Report) -> str:
    return f"{report.kept:,} kept, {several(report.classes, 'class', 'classes')}, {len(report.skipped):,} skipped"


def _skipped(report: Report) -> Iterator[str]:
    """Yield the first files that are skipped, each with its reason, and of the others how many have which reason."""
    for item in report.skipped[:SHOWN]:
        yield f"skipped {item.path}: {item.reason}"
    if others := report.skipped[SHOWN:]:
        reasons = Counter(item.reason for item in others).most_common(REASONS)
        named = "; ".join(f"{reason} ({count:,})" for reason, count in reasons)
        yield f"skipped {several(len(others), 'more file')}: {named}; --json lists all"


def _counted(sizes: Mapping[str, int]) -> str:
    """Return how many items each class or part has, in words."""
    from explorer.data.names import listed

    return listed([f"{printable(name)} {size:,}" for name, size in sizes.items()])
