"""The window, empty, with data or with a saved run."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.cli.arguments import COMMANDS
from explorer.cli.console import Console
from explorer.cli.desktop import require_window
from explorer.core.errors import UserError, printable

if TYPE_CHECKING:
    from explorer.core.recipe import Recipe

RUN_FILE = "run.json"
"""``runs.header.HEADER_NAME``, whose module takes long to import."""


def main(options: argparse.Namespace, _: Console) -> int:
    """Open the window and return when it is closed."""
    data, recipe_file = _meant(str(options.data), str(options.recipe))
    if data and not data.startswith("sample:") and not os.path.lexists(Path(data).expanduser()):
        raise UserError(
            f"{printable(data)} is neither data nor a run nor a command",
            remedy=f"Give a folder, a zip, a CSV, vectors or sample:digits, or a command: {', '.join(COMMANDS)}",
        )
    recipe = _recipe(recipe_file) if recipe_file else None
    require_window()
    from explorer.ui.app import run

    return run(data or None, recipe)


def _recipe(spec: str) -> Recipe:
    from explorer.cli.recipes import found  # what reads recipes would hold the first paint up

    return found(spec)


def _meant(data: str, recipe_file: str) -> tuple[str, str]:
    """Return the data or run and the recipe file.

    The one word may be a recipe, or the file in a run that says what it is: a file manager hands over any file.
    """
    path = Path(data).expanduser()
    if path.name == RUN_FILE and path.is_file():
        return str(path.parent), recipe_file
    if path.suffix.lower() == ".toml" and path.is_file() and not recipe_file:
        return "", str(path)
    return data, recipe_file
