"""Which files and folders a dataset is read from."""

from __future__ import annotations

from pathlib import Path

from explorer.data.formats.projector import CONFIGS, config_in, entries, sprite_beside


def source_files(spec: str) -> tuple[Path, ...]:
    """Return what a spec names and, of a file, what lies beside it and is read with it; none of what is built in."""
    from explorer.data.sources.vectors import labels_beside

    if spec.startswith("sample:"):
        return ()
    path = Path(spec.removeprefix("file://")).expanduser().absolute()
    if not path.is_file():
        return (path,)
    config = path if path.name in CONFIGS else config_in(path.parent)
    sets = [one for one in entries(config) if path in (config, one.tensor)] if config else []
    named = [file for one in sets for file in (one.tensor, one.metadata, one.sprite, config)]
    beside = (labels_beside(path), sprite_beside(path)) if path.suffix.lower() == ".npy" else ()
    return (path, *(file for file in (*named, *beside) if file is not None))
