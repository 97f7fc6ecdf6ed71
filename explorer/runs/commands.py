"""``commands/``: what others tell a run that trains, one small JSON file a command, taken in the order of their names.

Whoever may write into the folder of a run may command it. A file says which command it is and its values, for example
``{"command": "set", "path": "loss.margin", "value": 0.3}``; nothing of it is ever executed, and what is not exactly
such an object is refused. This works over every way to share a folder, since files are only created and removed.
"""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from math import isfinite
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from explorer.core.errors import UserError, printable
from explorer.core.events import Command, Pause, Resume, Save, Set, Stop
from explorer.core.plain_json import parse_json
from explorer.core.words import several
from explorer.runs.atomic import write_file

COMMANDS_NAME = "commands"
ENDING = ".json"
LARGEST = 1 << 16
"""Bytes that the file of a command may have."""
LONGEST_SET = 1000
"""Characters of a value and its name, at most: they are shown to whoever looks on."""
MOST_STEPS = 1 << 31
MOST = 100
"""How many files are looked at in one go."""

KINDS: dict[str, type[Command]] = {"pause": Pause, "resume": Resume, "stop": Stop, "save": Save, "set": Set}
_NAMES = {kind: name for name, kind in KINDS.items()}
_FIELDS = {name: frozenset(field.name for field in fields(kind)) for name, kind in KINDS.items()}
_ADAPTERS: dict[str, TypeAdapter[Any]] = {name: TypeAdapter(kind) for name, kind in KINDS.items()}


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that was taken out of the folder: its ``command``, or None and why it was refused."""

    name: str
    command: Command | None
    problem: str = ""


def give(folder: Path, command: Command) -> Path:
    """Put a command into the folder of a run, and return its file, which is gone once the run has taken it.

    Raises
    ------
    UserError: if the folder cannot be written.
    """
    place = folder / COMMANDS_NAME
    try:
        place.mkdir(exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{printable(str(folder))} cannot be written, and so nothing can be asked of the run: "
            f"{error.strerror or error}",
            remedy="Mend the permissions, or command it where it trains",
        ) from error
    path = place / f"{time.time_ns():020d}-{os.getpid()}{ENDING}"
    write_file(path, [json.dumps({"command": _NAMES[type(command)], **asdict(command)}).encode()])
    return path


def take(folder: Path) -> list[Taken]:
    """Take what waits out of the folder of a run, in order; a file that cannot be removed is left and not obeyed."""
    return [taken for path in _waiting(folder) if (taken := _taken(path)) is not None]


def forget(folder: Path) -> None:
    """Remove what was meant for a training that has ended."""
    for path in _waiting(folder):
        path.unlink(missing_ok=True)


def _waiting(folder: Path) -> Iterator[Path]:
    place = folder / COMMANDS_NAME
    try:
        if not stat.S_ISDIR(os.lstat(place).st_mode):  # through a link the files of others would be removed
            return
        names = sorted(name for name in os.listdir(place) if name.endswith(ENDING) and not name.startswith("."))
    except OSError:
        return
    for name in names[:MOST]:
        yield place / name


def _taken(path: Path) -> Taken | None:
    try:
        data = _read(path)
        path.unlink()
    except OSError:  # it is not there any more, is no file, or may not be removed, and would come again and again
        return None
    try:
        return Taken(path.name, decode(data))
    except UserError as error:
        return Taken(path.name, None, str(error))


def _read(path: Path) -> bytes:
    """Return the bytes of a file, one more than allowed at most; nothing is read through a link or from a device."""
    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise OSError
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    with open(descriptor, "rb") as file:
        return file.read(LARGEST + 1)


def words(command: Command) -> str:
    """Return a command in words, for a message: ``set loss.margin = 0.3``."""
    if isinstance(command, Set):
        return f"set {command.path} = {command.value}"
    if isinstance(command, Pause) and command.after:
        return f"pause after {several(command.after, 'step')}"
    return _NAMES[type(command)]


def _allowed(command: Command) -> bool:
    """Return whether the values of a command can mean something, and are short enough to be shown."""
    if isinstance(command, Pause):
        return 0 <= command.after <= MOST_STEPS
    if not isinstance(command, Set):
        return True
    finite = not isinstance(command.value, float) or isfinite(command.value)
    return finite and len(command.path) + len(str(command.value)) <= LONGEST_SET and 0 <= command.step <= MOST_STEPS


def decode(data: bytes) -> Command:
    """Return the command that the bytes of a file say.

    Raises
    ------
    UserError: if they say none.
    """
    problem = "A command to the run was refused"
    if len(data) > LARGEST:
        raise UserError(f"{problem}: its file has more than {LARGEST:,} bytes")
    try:
        said = parse_json(data)
        name = said.pop("command")
        if not said.keys() <= _FIELDS[name]:
            raise KeyError(name)
        command: Command = _ADAPTERS[name].validate_json(json.dumps(said), strict=True)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        why = "a value is not allowed" if isinstance(error, ValidationError) else "it is none that a run knows"
        raise UserError(f"{problem}: {why}", remedy=f"Send one of {', '.join(KINDS)}") from None
    if not _allowed(command):
        raise UserError(f"{problem}: a value is not allowed", remedy=f"Send one of {', '.join(KINDS)}")
    return command
