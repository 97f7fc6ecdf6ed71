"""``check DATA``: what would be imported, by which source, what is skipped, and why. Every picture is decoded."""

from __future__ import annotations

import argparse

from explorer.cli.console import Console
from explorer.cli.recipes import recipe_of


def main(options: argparse.Namespace, console: Console) -> int:
    """Write the report of an import."""
    from explorer.data.bids import told
    from explorer.data.opening import check

    found = check(options.data, recipe_of(options).data, progress=console.progress)
    report = found.report
    console.clear()
    if options.json:
        winner = found.bids[0]
        console.json(
            {
                "kept": report.kept,
                "classes": report.classes,
                "skipped": [{"path": item.path, "reason": item.reason} for item in report.skipped],
                "source": winner.source,
                "reason": winner.bid.reason,
                "bids": [
                    {"source": one.source, "score": one.bid.score, "reason": one.bid.reason} for one in found.bids
                ],
                "splits": dict(found.splits),
                "columns": list(found.columns),
                "notes": list(report.notes),
            }
        )
        return 0
    lines = [f"{report.kept:,} kept, {report.classes:,} classes, {len(report.skipped):,} skipped"]
    lines += [*told(found.bids), *report.notes]
    lines += [f"skipped {item.path}: {item.reason}" for item in report.skipped]
    console.result("\n".join(lines))
    return 0
