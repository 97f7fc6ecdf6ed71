"""Where a command may write: never over the data that it is about."""

from __future__ import annotations

from pathlib import Path

from explorer.cli.console import Console


def keep_data_of(run: str, console: Console, data: str = "") -> None:
    """Let nothing be written over the data of a run, nor over other ``data``, until the command has ended.

    Raises
    ------
    UserError: if it is no run.
    """
    from explorer.engine.datasets.in_use import keep_data, specs_of
    from explorer.runs.folder import RunFolder

    folder = RunFolder.open(Path(run))
    keep_data(console, specs_of(folder.data, data), options=folder.recipe.data)
