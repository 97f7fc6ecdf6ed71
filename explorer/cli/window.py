"""The window, empty, with data or with a saved run."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from explorer.cli.arguments import COMMANDS
from explorer.cli.console import Console
from explorer.cli.desktop import require_window
from explorer.core.errors import UserError, printable
from explorer.core.recipe import Recipe


def main(options: argparse.Namespace, _: Console) -> int:
    """Open the window and return when it is closed."""
    data = str(options.data)
    if data and not data.startswith("sample:") and not os.path.lexists(Path(data).expanduser()):
        raise UserError(
            f"{printable(data)} is neither data nor a run nor a command",
            remedy=f"Give a folder, a zip, a CSV, vectors or sample:digits, or a command: {', '.join(COMMANDS)}",
        )
    recipe = Recipe.load(Path(options.recipe)) if options.recipe else None
    require_window()
    from explorer.ui.app import run

    return run(data or None, recipe)
