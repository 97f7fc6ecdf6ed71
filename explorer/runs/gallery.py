"""``gallery.npz``: the identities that were enrolled with a run, one file that is replaced as a whole.

A zip archive, nothing in it compressed: ``embeddings.npy`` (M, D) float32, and ``gallery.json``, which says of which
weights they are and, identity by identity, in the order of the rows, where each picture is from.
"""

from __future__ import annotations

import io
import json
import zipfile
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.plain_json import parse_json
from explorer.core.types import FloatArray, IntArray, frozen
from explorer.runs.arrays import npy_bytes, parse_npy
from explorer.runs.atomic import write_file
from explorer.runs.lock import locked

GALLERY_NAME = "gallery.npz"
GALLERY_LOCK_NAME = "gallery.lock"

EMBEDDINGS, FACTS = "embeddings.npy", "gallery.json"

_DAMAGE = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, zipfile.BadZipFile, EOFError,
           NotImplementedError, RuntimeError)  # fmt: skip
"""What reading a damaged or hostile archive raises."""


@dataclass(frozen=True, slots=True)
class StoredGallery:
    """A gallery as its file holds it.

    ``step`` and ``weights``: which weights made the embeddings, for people and as a digest; ``distance``: the name of
    the lift they are compared by; ``names`` (K,); identity i has the pictures ``starts[i]`` up to ``starts[i + 1]``
    (K + 1,) of ``embeddings`` (M, D) and ``sources`` (M,).
    """

    step: int
    weights: str
    distance: str
    names: tuple[str, ...]
    starts: IntArray
    embeddings: FloatArray
    sources: tuple[str, ...]


def changing(folder: Path) -> AbstractContextManager[None]:
    """Keep others from changing the gallery of a run meanwhile; a run that is trained may have its gallery changed.

    Raises
    ------
    UserError: if another process changes it, or the folder cannot be written.
    """
    return locked(folder, GALLERY_LOCK_NAME)


def write_gallery(folder: Path, gallery: StoredGallery) -> None:
    """Write the gallery of the run in a folder, in place of an earlier one.

    Raises
    ------
    UserError: if it cannot be written; the earlier one is then as it was.
    """
    sources = [gallery.sources[a:b] for a, b in zip(gallery.starts[:-1], gallery.starts[1:], strict=True)]
    facts = {
        "step": gallery.step,
        "weights": gallery.weights,
        "distance": gallery.distance,
        "identities": [{"name": name, "pictures": own} for name, own in zip(gallery.names, sources, strict=True)],
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(FACTS), json.dumps(facts, indent=1))
        archive.writestr(zipfile.ZipInfo(EMBEDDINGS), b"".join(npy_bytes(gallery.embeddings)))
    write_file(folder / GALLERY_NAME, [packed.getbuffer()])


def read_gallery(folder: Path) -> StoredGallery | None:
    """Return the gallery of the run in a folder, or None if none was ever kept.

    Raises
    ------
    UserError: if it is damaged.
    """
    path = folder / GALLERY_NAME
    try:
        if not path.exists():
            return None
        with zipfile.ZipFile(path) as archive:
            facts = parse_json(_member(archive, FACTS, path.stat().st_size))
            embeddings = parse_npy(_member(archive, EMBEDDINGS, path.stat().st_size))
        return _gallery(facts, embeddings)
    except _DAMAGE as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UserError(
            f"The gallery {printable(str(path))} cannot be read: {reason or type(error).__name__}",
            remedy="Restore it from a copy of the run, or remove it and enrol again",
        ) from error


def _member(archive: zipfile.ZipFile, name: str, size: int) -> bytes:
    """Return a member of an archive of so many bytes; it cannot grow by being unpacked."""
    found = archive.getinfo(name)
    if found.compress_type != zipfile.ZIP_STORED or found.file_size > size:
        raise ValueError(f"{name} in it is compressed")
    return archive.read(found)


def _gallery(facts: Any, embeddings: FloatArray) -> StoredGallery:
    pictures = [tuple(map(_text, entry["pictures"])) for entry in facts["identities"]]
    names = tuple(_text(entry["name"]) for entry in facts["identities"])
    starts = np.cumsum([0, *map(len, pictures)])
    if len(set(names)) != len(names) or not all(names) or not all(pictures):
        raise ValueError("an identity has no name, no picture, or the name of another")
    if embeddings.ndim != 2 or embeddings.dtype != np.float32 or not np.isfinite(embeddings).all():
        raise ValueError("its embeddings are no rows of finite numbers")
    if len(embeddings) != starts[-1]:
        raise ValueError(f"it has {len(embeddings)} embeddings of {starts[-1]} pictures")
    sources = tuple(source for own in pictures for source in own)
    said = (int(facts["step"]), _text(facts["weights"]), _text(facts["distance"]))
    return StoredGallery(*said, names, frozen(starts, np.int64), frozen(embeddings), sources)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is not a text")
    return value
