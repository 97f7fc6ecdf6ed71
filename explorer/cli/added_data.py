"""What is trained beside: ``--test`` and ``--gallery``, and what a run says of them that goes on without these."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.cli.console import Console
from explorer.core.errors import UserError, printable

if TYPE_CHECKING:
    from explorer.engine.events import Role

ROLES: tuple[Role, ...] = ("test", "gallery")


def added_of(options: argparse.Namespace) -> list[tuple[str, Role]]:
    """Return the specs and roles of what was named beside the main data, or was taken from a run."""
    named: list[tuple[str, Role]] = [(spec, role) for role in ROLES for spec in getattr(options, role)]
    return [*named, *getattr(options, "taken", ())]


def take_added(run: Path, options: argparse.Namespace, console: Console | None = None) -> None:
    """Add to the options what the run in a folder says that it was trained beside, where they name none of that role.

    It comes in the order in which it was added. ``console``: is told of it.

    Raises
    ------
    UserError: if the run cannot be read, or that is not where it was.
    """
    from explorer.engine.run.saved_run import open_saved

    named = {role for role in ROLES if getattr(options, role)}
    saved, taken = open_saved(run), []
    for spec, role in saved.sources(options.data)[1:]:
        if role in named:
            continue
        name, shown = printable(saved.folder.path.name), printable(spec)
        if os.path.isabs(spec) and not os.path.exists(spec):
            raise UserError(
                f"{name} was trained with {shown} beside its data, which is not there any more",
                remedy=f"Say where it is now: --{role} {role.upper()}",
            )
        if console is not None:
            console.say(f"{name} was trained with {shown} beside its data: --{role} {shown}")
        taken.append((spec, role))
    options.taken = taken
