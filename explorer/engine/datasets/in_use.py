"""Keeping data as they are while somebody reads them: what is exported goes elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from explorer.core.data_in_use import keep_whole
from explorer.data.source_files import source_files

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset
    from explorer.runs.header import DataRecord


def keep_data(owner: object, specs: Iterable[str], dataset: Dataset | None = None) -> None:
    """Let nothing be written over the data of ``specs``, nor over the files of a ``dataset``, while ``owner`` lives."""
    originals = None if dataset is None else dataset.originals

    def items() -> Iterator[str]:
        return iter(()) if originals is None else map(originals.path, range(len(originals)))

    keep_whole(owner, [file for spec in specs for file in source_files(spec)], items)


def specs_of(data: DataRecord, moved: str = "") -> tuple[str, ...]:
    """Return what a run was trained on and, where its main data are now, that too."""
    return tuple(filter(None, (data.uri, moved, *(added.uri for added in data.added))))
