"""``check DATA``: what would be imported, what is skipped, and why. Every picture is decoded."""

from __future__ import annotations

import argparse

from explorer.cli.console import Console
from explorer.cli.recipes import recipe_of


def main(options: argparse.Namespace, console: Console) -> int:
    """Write the report of an import."""
    from explorer.data.opening import check

    report = check(options.data, recipe_of(options).data, progress=console.progress)
    console.clear()
    if options.json:
        skipped = [{"path": item.path, "reason": item.reason} for item in report.skipped]
        console.json({"kept": report.kept, "classes": report.classes, "skipped": skipped})
        return 0
    lines = [f"{report.kept:,} kept, {report.classes:,} classes, {len(report.skipped):,} skipped", *report.notes]
    lines += [f"skipped {item.path}: {item.reason}" for item in report.skipped]
    console.result("\n".join(lines))
    return 0
