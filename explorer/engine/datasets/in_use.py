"""Keeping data as they are while somebody reads them: what is exported goes elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.core.data_in_use import keep_whole, refuse_within
from explorer.core.recipe import DataOptions
from explorer.data.source_files import item_files, source_files

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset
    from explorer.runs.header import DataRecord


def keep_data(
    owner: object, specs: Iterable[str], dataset: Dataset | None = None, options: DataOptions | None = None
) -> None:
    """Let nothing be written over the data of ``specs``, nor over the files of their items, while ``owner`` lives.

    ``dataset``: what they hold, where they are open; else that is read, as ``options`` say, once it is asked for.
    """
    known = tuple(specs)

    def items() -> Iterator[str]:
        if dataset is None:
            for spec in known:
                yield from item_files(spec, options or DataOptions())
        elif dataset.originals is not None:
            yield from map(dataset.originals.path, range(len(dataset.originals)))

    keep_whole(owner, [file for spec in known for file in source_files(spec)], items)


def check_outside(folder: Path, specs: Iterable[str]) -> None:
    """Check that what is to be written in ``folder`` lies in none of the data of ``specs``.

    Raises
    ------
    UserError: it does.
    """
    refuse_within(folder, [file for spec in specs for file in source_files(spec)])


def specs_of(data: DataRecord, moved: str = "") -> tuple[str, ...]:
    """Return what a run was trained on and, where its main data are now, that too."""
    return tuple(filter(None, (data.uri, moved, *(added.uri for added in data.added))))
