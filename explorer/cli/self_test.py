"""``self-test``: opens the real window, trains the digits sample, clicks, queries, closes."""

from __future__ import annotations

import argparse
import os
from dataclasses import asdict
from pathlib import Path

from explorer.cli.console import Console
from explorer.cli.desktop import has_display, require_window
from explorer.core.errors import UserError, printable


def main(options: argparse.Namespace, console: Console) -> int:
    """Run the self-test, on the display or, where there is none, offscreen."""
    if not has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    require_window()
    screenshots = Path(options.screenshots) if options.screenshots else None
    if screenshots is not None:
        try:
            screenshots.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"{printable(str(screenshots))} cannot be made: {error.strerror or error}") from error
    from explorer.ui.self_test import self_test

    findings = self_test(screenshots, console.say)
    if options.json:
        console.json(asdict(findings))
    else:
        console.result(f"passed: recall@1 {findings.recall['trained']:.4f}, {findings.frames} frames of the map")
    return 0
