"""What a command says of a run whose history is damaged, before it answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from explorer.cli.console import Console
from explorer.core.errors import UserError

if TYPE_CHECKING:
    from explorer.runs.folder import RunFolder


def tell_lost(folders: Iterable[RunFolder], console: Console) -> None:
    """Say of each run what its journal lacks, where it lacks anything or cannot be read: the rest is whole."""
    from explorer.runs.lost_history import lost_of

    for folder in folders:
        try:
            told = lost_of(folder)
        except UserError as error:
            told = str(error)
        if told:
            console.say(f"warning: {told}")
