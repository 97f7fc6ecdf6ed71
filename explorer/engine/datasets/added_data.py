"""What was added to the data of a run, test data and a gallery, opened beside them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions
from explorer.engine.events import Role
from explorer.runs.folder import RunFolder

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset
    from explorer.data.dataset import Role as Beside

Gone = Callable[[str, UserError], None]
"""Is told of what cannot be read, and why."""


class AddedGoneError(UserError):
    """What was added to the data of a run cannot be read.

    ``main``: where its main data were; ``held_out``: whether the run held out others as well.
    """

    def __init__(self, folder: RunFolder, uri: str, role: Role, error: UserError | None = None) -> None:
        shown, name = printable(uri), printable(folder.path.name)
        why = "it is not there any more" if error is None or _is_gone(uri) else error.message
        told = f"{shown}, the gallery of {name}, cannot be read: {why}"
        if role == "test":
            told = f"{shown}, the test data of {name}, cannot be read: {why}"
        super().__init__(told, remedy="Put it back")
        self.main = folder.data.uri
        ids, held_out = folder.items.ids, folder.items.indices("held-out")
        self.held_out = any(not ids[item].startswith(f"{role}/") for item in held_out.tolist())


def _is_gone(uri: str) -> bool:
    return os.path.isabs(uri) and not os.path.lexists(uri)


@contextmanager
def added_to(folder: RunFolder, uri: str, role: Role) -> Iterator[None]:
    """Say of what cannot be opened within the block whose it is, where it was added to the data of a run.

    Raises
    ------
    AddedGoneError: if it cannot be opened.
    """
    try:
        yield
    except UserError as error:
        if role == "main":
            raise
        raise AddedGoneError(folder, uri, role, error) from error


def check_added_there(folder: RunFolder) -> None:
    """Look for what was added to the data of a run, before these are read, which may take long.

    Raises
    ------
    AddedGoneError: if something is not where it was.
    """
    for added in folder.data.added:
        if _is_gone(added.uri):
            raise AddedGoneError(folder, added.uri, "test" if added.role == "test" else "gallery")


def with_added(
    folder: RunFolder,
    dataset: Dataset,
    added: Iterable[tuple[str, Role]],
    options: DataOptions,
    progress: Callable[[str, int, int], None],
    gone: Gone | None,
) -> Dataset:
    """Return data of a run with others beside them, as ``options`` read them.

    ``gone``: None: what cannot be read is an error.

    Raises
    ------
    AddedGoneError: if something cannot be opened, and nobody is told of that.
    """
    from explorer.data.opening import open_beside

    for uri, role in added:
        try:
            called: Beside = "test" if role == "test" else "gallery"
            dataset = open_beside(dataset, uri, called, options, progress=progress)
        except UserError as error:
            if gone is None:
                raise AddedGoneError(folder, uri, role, error) from error
            gone(uri, error)
    return dataset


def is_without_added(folder: RunFolder, dataset: Dataset) -> bool:
    """Return whether data are those of a run but for what was added to them."""
    ids, roles = folder.items.ids, tuple(f"{added.role}/" for added in folder.data.added)
    count = len(dataset)
    if not roles or count >= len(ids) or ids[:count] != dataset.ids:
        return False
    return all(name.startswith(roles) for name in ids[count:])


def told_of_added(uris: Iterable[str], name: str) -> str:
    """Return in a sentence what is measured beside the data that were named, those of the run ``name``."""
    return f"These are the data that {printable(name)} was trained on: with them goes {', '.join(map(printable, uris))}"


def left_out(name: str, tell: Callable[[str], None]) -> Gone:
    """Return what says that something that was added to the data of a run is left out."""
    return lambda uri, error: tell(
        f"warning: {printable(uri)}, which was added to the data of {printable(name)}, is left out: {error}"
    )
