"""``report RUN DEST``: a saved run on one page, on paper, or its figures as JSON or CSV."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.cli.console import Console
from explorer.cli.destination import keep_data_of

if TYPE_CHECKING:
    from explorer.engine.report.pieces import Piece


def _on_paper(title: str, pieces: Sequence[Piece]) -> bytes:
    """Lay pieces out on pages: Qt is imported here, and needs no display."""
    from explorer.ui.shell.reports.paper import on_paper, prepare

    application = prepare()
    assert application is not None  # and lives as long as there is text to lay out
    return on_paper(title, pieces)


def main(options: argparse.Namespace, console: Console) -> int:
    """Measure the run by every protocol and write the file."""
    from explorer.engine.report.findings import gather
    from explorer.engine.report.page import check, looking, write

    dest = Path(options.dest)
    keep_data_of(options.run, console, options.data)
    check(dest)
    findings = gather(Path(options.run), looking(dest, console.progress), data=options.data)
    write(dest, findings, _on_paper)
    console.clear()
    for warning in filter(None, (findings.lost, *findings.gone)):
        console.say(f"warning: {warning}")
    if findings.unlabelled:
        console.say(findings.unlabelled)
    if options.json:
        console.json({"out": str(dest), "step": findings.step, "protocols": findings.numbers})
    else:
        console.say(f"{dest} written: {sum(p.found is not None for p in findings.protocols)} protocols")
    return 0
