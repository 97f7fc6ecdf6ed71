"""What was added to the data of a run, test data and a gallery, opened beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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


def with_added(
    dataset: Dataset,
    added: Iterable[tuple[str, Role]],
    options: DataOptions,
    progress: Callable[[str, int, int], None],
    gone: Gone | None,
) -> Dataset:
    """Return data with others beside them, as ``options`` read them; ``gone``: None: what cannot be read is an error.

    Raises
    ------
    UserError: if something cannot be opened, and nobody is told of that.
    """
    from explorer.data.opening import open_beside

    for uri, role in added:
        try:
            called: Beside = "test" if role == "test" else "gallery"
            dataset = open_beside(dataset, uri, called, options, progress=progress)
        except UserError as error:
            if gone is None:
                raise
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
