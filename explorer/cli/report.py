"""``report RUN DEST``: a saved run on one page, or its figures as JSON."""

from __future__ import annotations

import argparse
from pathlib import Path

from explorer.cli.console import Console


def main(options: argparse.Namespace, console: Console) -> int:
    """Measure the run by every protocol and write the file."""
    from explorer.engine.report.findings import gather
    from explorer.engine.report.page import check, write

    dest = Path(options.dest)
    check(dest)
    findings = gather(Path(options.run), console.progress, data=options.data)
    write(dest, findings)
    console.clear()
    if options.json:
        console.json({"out": str(dest), "step": findings.step, "protocols": findings.numbers})
    else:
        console.say(f"{dest} written: {sum(p.found is not None for p in findings.protocols)} protocols")
    return 0
