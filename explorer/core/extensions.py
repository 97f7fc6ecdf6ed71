"""Parts that other packages bring by entry points ``embedding_explorer.KIND``, loaded one by one.

One that cannot be loaded is left out and remembered with the reason: the rest goes on without it. What fails later in
the code of an extension, or comes out of it as nothing that can be used, is told as its fault and not as one of ours.
"""

from __future__ import annotations

import importlib.metadata
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path

from explorer.core.errors import UserError, printable

GROUP = "embedding_explorer."
"""What the name of the group of an entry point begins with; a kind of parts follows."""

OURS = __name__.partition(".")[0]
ELSE = "Tell its author, or choose another part in the recipe"


@dataclass(frozen=True, slots=True)
class Extension:
    """An entry point of another package. ``problem``: why what it brings is missing, in one sentence; empty: it is not.

    ``version`` of the package, empty where it does not say.
    """

    kind: str
    name: str
    version: str = ""
    problem: str = ""


_PACKAGES: set[str] = set()
_FOUND: dict[tuple[str, str, str], Extension] = {}
_LOCK = threading.Lock()


def points(kind: str) -> tuple[importlib.metadata.EntryPoint, ...]:
    """Return where other packages bring parts of a kind."""
    return tuple(importlib.metadata.entry_points(group=f"{GROUP}{kind}"))


def package_of(point: importlib.metadata.EntryPoint) -> str:
    """Return the package that an entry point names."""
    return point.value.partition(":")[0].strip().partition(".")[0]


def loaded(kind: str, point: importlib.metadata.EntryPoint, check: Callable[[str], None]) -> Extension:
    """Load what another package brings, and remember how that went.

    ``check`` is called with the name of the package and looks at what it has brought; it may raise anything.
    """
    found = _loaded(kind, point, check)
    with _LOCK:
        _FOUND[kind, found.name, point.name] = found
    return found


def _loaded(kind: str, point: importlib.metadata.EntryPoint, check: Callable[[str], None]) -> Extension:
    package = package_of(point)
    name, version = package, ""
    if point.dist is not None:
        with suppress(Exception):  # its METADATA may be anything
            name, version = str(point.dist.name or package), str(point.dist.version or "")
    _PACKAGES.add(package)
    try:
        with redirect_stdout(sys.stderr):  # what a command writes is read by programs
            point.load()
        check(package)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  (whatever it is, it is none of ours)
        said = printable(f"{type(error).__name__}: {error}".strip().partition("\n")[0].strip(": "))
        problem = UserError(
            f"The extension {printable(name)} cannot be loaded ({said}) and is left out",
            remedy="Update it, or remove it",
        )
        return Extension(kind, name, version, str(problem))
    return Extension(kind, name, version)


def known() -> tuple[Extension, ...]:
    """Return the extensions that were met so far, by kind and name."""
    with _LOCK:
        return tuple(_FOUND[key] for key in sorted(_FOUND))


def problems() -> tuple[str, ...]:
    """Return what is said of the extensions that could not be loaded so far, each once."""
    return tuple(dict.fromkeys(extension.problem for extension in known() if extension.problem))


def kinds_of_others() -> tuple[str, ...]:
    """Return the kinds of which some installed package says that it brings parts; nothing is loaded for that."""
    groups = importlib.metadata.entry_points().groups
    return tuple(sorted(group.removeprefix(GROUP) for group in groups if group.startswith(GROUP)))


def extension_of(module: str) -> str:
    """Return the package of other people that a module is of, which brings parts by an entry point; empty: none."""
    package = module.partition(".")[0]
    return package if package in _PACKAGES and package != OURS else ""


def failed_in(error: BaseException, step: int = 0) -> UserError | None:
    """Return what to say where an extension was running when an error was raised, None where none was.

    ``step``: of the run, from 1 on; 0: of none.
    """
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        if extension := printable(extension_of(str(frame.f_globals.get("__name__", "")))):
            file, said = printable(Path(frame.f_code.co_filename).name), f"{type(error).__name__}: {error}"
            said = printable(said.partition("\n")[0])
            if step:
                told = f"The extension {extension} failed at step {step}, in line {line} of {file}: {said}"
            else:
                told = f"The extension {extension} failed in line {line} of {file}: {said}"
            return UserError(told, remedy=ELSE)
    return None


def faulty(kind: str, part: object, does: str) -> UserError:
    """Return what to say of a part of an extension, or one of its classes, that ``does`` what no such part may."""
    made = part if isinstance(part, type) else type(part)
    extension = printable(extension_of(made.__module__))
    return UserError(f"The {kind} {printable(made.__name__)} of the extension {extension} {does}", remedy=ELSE)
