"""What is trained beside: ``--test`` and ``--gallery``, and what is said of a run that goes on or is asked without."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
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
    """Add to the options what the run in a folder says that it was trained beside, where they do not name it.

    What is named of a role in other places stands for as much of that role that is not where it was.
    It comes in the order in which it was added. ``console``: is told of it.

    Raises
    ------
    UserError: if the run cannot be read, or that is not where it was.
    """
    from explorer.engine.run.saved_run import open_saved

    saved, taken = open_saved(run), []
    recorded = saved.sources(options.data)[1:]
    known = {(_whole(spec), role) for spec, role in recorded}
    other = [(spec, role) for role in ROLES for spec in getattr(options, role) if (_whole(spec), role) not in known]
    for spec, role in recorded:
        if any(_whole(spec) == _whole(one) for one in getattr(options, role)):
            taken.append((spec, role))
            continue
        instead = next((one for one in other if one[1] == role), None)
        if instead is not None and os.path.isabs(spec) and not os.path.exists(spec):
            other.remove(instead)
            taken.append(instead)
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
    options.taken = [*taken, *other]
    options.test, options.gallery = [], []  # which are among these, in the order of the run


@contextmanager
def measured_elsewhere() -> Iterator[None]:
    """Say how a run is measured all the same that was trained beside data that are gone: by a command with ``--data``.

    Raises
    ------
    UserError: if something that was added to its data is gone.
    """
    from explorer.engine.datasets.added_data import AddedGoneError

    try:
        yield
    except AddedGoneError as error:
        without = f", or go on without it: --data {printable(error.main)}" if error.held_out else ""
        remedy = f"{error.remedy}, or measure on it where it is now: --data DATA{without}"
        raise UserError(error.message, remedy=remedy) from error


def _whole(spec: str) -> str:
    """Return a place of data so that it is the same one from whatever folder it is named; samples stay as they are."""
    return os.path.realpath(spec) if os.path.exists(spec) else spec
