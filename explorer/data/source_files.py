"""Which files and folders a dataset is read from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from explorer.data.formats.projector import CONFIGS, config_in, entries, sprite_beside
from explorer.data.labels.pair_files import TABLES
from explorer.data.names import PAIR_LIST


def source_files(spec: str) -> tuple[Path, ...]:
    """Return what a spec names and, of a file, what lies beside it and is read with it; none of what is built in."""
    from explorer.data.sources.vectors import labels_beside

    path = _place(spec)
    if path is None:
        return ()
    if not path.is_file():
        return (path,)
    config = path if path.name in CONFIGS else config_in(path.parent)
    sets = [one for one in entries(config) if path in (config, one.tensor)] if config else []
    named = [file for one in sets for file in (one.tensor, one.metadata, one.sprite, config)]
    beside = (labels_beside(path), sprite_beside(path)) if path.suffix.lower() == ".npy" else ()
    return (path, *(file for file in (*named, *beside) if file is not None), *_pairs_beside(path))


def _place(spec: str) -> Path | None:
    return None if spec.startswith("sample:") else Path(spec.removeprefix("file://")).expanduser().absolute()


def _pairs_beside(path: Path) -> list[Path]:
    """Return the files that are looked at as lists of pairs of the items of a table."""
    if path.suffix.lower() not in TABLES:
        return []
    with suppress(OSError):
        return [file for file in path.parent.iterdir() if PAIR_LIST.fullmatch(file.name)]
    return []


def item_files(spec: str, options: DataOptions) -> Iterator[str]:
    """Yield the paths of the items that a file names, which may lie anywhere; the file is read for that."""
    from explorer.data.opening import listing_of

    path = _place(spec)
    if path is None or not path.is_file():
        return
    with suppress(UserError):  # it is gone, or says other things by now: then there is nothing to keep
        items = listing_of(spec, options).items
        if hasattr(items, "path"):
            yield from map(items.path, range(len(items)))
