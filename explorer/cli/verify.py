"""``verify RUN A B``: whether two pictures show the same, by the threshold that the run keeps."""

from __future__ import annotations

import argparse
from pathlib import Path

from explorer.cli.console import Console


def main(options: argparse.Namespace, console: Console) -> int:
    """Write whether they are the same, their distance, and the threshold with its errors."""
    from explorer.engine.offline import OfflineRun
    from explorer.engine.verify import verified

    found = verified(
        OfflineRun(Path(options.run), console.progress, moved=options.data, tell=console.say), options.a, options.b
    )
    kept = found.threshold
    console.clear()
    if options.json:
        console.json({"same": found.same, "distance": found.distance, "threshold": kept.distance})
        return 0
    told = "same" if found.same else "different"
    console.result(f"{told}  (distance {found.distance:.4f}, threshold {kept.distance:.4f} chosen on {kept.split})")
    console.say(
        f"On other held-out items it accepts {kept.fmr:.2%} of different pairs and refuses {kept.fnmr:.2%} of same"
    )
    return 0
