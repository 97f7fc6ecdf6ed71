"""Vectors as TEXMEX ships them (SIFT1M, GIST1M, BIGANN): ``.fvecs``, ``.bvecs`` and ``.ivecs``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions
from explorer.core.registry import Parameters, register
from explorer.core.text_column import TextColumn
from explorer.core.types import FloatArray, Skipped
from explorer.data.bids import LAST, SEEN, Bid
from explorer.data.formats.arrayfile import AnyArray
from explorer.data.formats.vectors import (
    BLOCK_BYTES,
    LARGEST_DIMENSION,
    Found,
    check_memory,
    check_shape,
    listing_of,
    safe,
)
from explorer.data.labels.part_names import SPLIT_COLUMN
from explorer.data.listing import Listing, Watch
from explorer.data.names import listed, several

KINDS: dict[str, np.dtype[np.generic]] = {
    ".fvecs": np.dtype("<f4"),
    ".bvecs": np.dtype(np.uint8),
    ".ivecs": np.dtype("<i4"),
}
"""What the numbers of a row are, by the ending; before them stands how many there are, as four bytes."""
PARTS = {"learn": "train", "base": "gallery", "query": "query"}
"""What the files beside each other are of the split, in the order in which they are read."""
_PART = re.compile(r"(?P<name>.*?)[_.-]?(?P<part>learn|base|query|queries)", re.IGNORECASE)
_TRUTH = re.compile(r"(groundtruth|ground_truth|gnd|idx_\d+m|dis_\d+m)", re.IGNORECASE)
PEEKED_ENTRIES = 4096
HEAD = 4


@dataclass(frozen=True, slots=True)
class VectorFile:
    """One file: which ``part`` it is (empty: the whole set), the numbers of a row and how many rows are whole."""

    path: Path
    part: str
    dimension: int
    rows: int
    rest: int

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """What a number of it is."""
        return KINDS[self.path.suffix.lower()]

    def mapped(self) -> tuple[AnyArray, AnyArray]:
        """Return the sizes (N,) that its rows say they have, and the rows (N, D) where these are right; both mapped."""
        stride = HEAD + self.dimension * self.dtype.itemsize
        raw = np.memmap(self.path, np.uint8, "r", 0, (self.rows, stride))
        return raw[:, :HEAD].view("<i4")[:, 0], raw[:, HEAD:].view(self.dtype)


def opened(path: Path, part: str = "") -> VectorFile:
    """Return what the first row and the size of a file say.

    Raises
    ------
    UserError: if it is no file of vectors.
    """
    shown, dtype = printable(str(path)), KINDS[path.suffix.lower()]
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError as error:
        raise UserError(f"{shown} cannot be read: {error.strerror}", remedy="Check its permissions") from error
    dimension = int.from_bytes(head, "little", signed=True) if len(head) == HEAD else 0
    stride = HEAD + dimension * dtype.itemsize
    if not 1 <= dimension <= LARGEST_DIMENSION or size < stride:
        raise UserError(f"{shown} does not begin with a vector", remedy="Download it again, unpacked")
    check_shape(shown, (size // stride, dimension), dtype)
    return VectorFile(path, part, dimension, size // stride, size % stride)


@register("source", "texmex", title="Vectors of TEXMEX")
class TexmexSource:
    """Vectors in .fvecs, .bvecs or .ivecs; ``NAME_base``, ``NAME_query`` and ``NAME_learn`` beside each other are one.

    What is learned from trains, the base is the gallery, and the queries are held out. The true neighbours
    (``NAME_groundtruth.ivecs``) are no data. Opened by the folder or by any of the files.
    """

    def __init__(self, params: Parameters) -> None:
        self.params = params

    @classmethod
    def bid(cls, spec: str, options: DataOptions) -> Bid | None:
        """Bid for such a file, or for a folder with a base among such files; see ``listing.Source``."""
        path = Path(spec)
        if path.suffix.lower() in KINDS and path.is_file():
            return _bid_for_file(path)
        base = _base_in(path) if os.path.isdir(spec) else None
        return None if base is None else Bid(SEEN + 0.1, _told(_set_of(base)))

    def listing(self, spec: str, options: DataOptions, watch: Watch) -> Listing:
        """List such a file with those beside it; see ``listing.Source``."""
        path = Path(spec).absolute()
        base = _base_in(path) if path.is_dir() else path
        if base is None or _is_truth(base):
            raise UserError(
                f"{printable(str(path))} holds the true neighbours of queries, which are no data",
                remedy="Open the file of the base, NAME_base.fvecs",
            )
        files = [opened(file, part) for part, file in _set_of(base).items()]
        return listing_of(path, _found(files, base, watch), options.label_separator, watch)


def _is_truth(path: Path) -> bool:
    return path.suffix.lower() == ".ivecs" and _TRUTH.search(path.stem) is not None


def _bid_for_file(path: Path) -> Bid:
    if _is_truth(path):
        return Bid(LAST, "the true neighbours of queries, which are no data")
    try:
        file = opened(path)
    except UserError:
        return Bid(LAST, "a file with the ending of vectors that does not begin with one")
    files = _set_of(path)
    return Bid(SEEN, _told(files) if len(files) > 1 else f"vectors of {several(file.dimension, 'number')}")


def _told(files: dict[str, Path]) -> str:
    return f"vectors in {listed([printable(file.name) for file in files.values()])}"


def _base_in(folder: Path) -> Path | None:
    """Return the one base in a folder, or nothing."""
    found = [
        file
        for file in _files_in(folder)
        if not _is_truth(file) and (parts := _PART.fullmatch(file.stem)) and parts["part"].lower() == "base"
    ]
    return found[0] if len(found) == 1 else None


def _files_in(folder: Path) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            for count, entry in enumerate(entries):
                if Path(entry.name).suffix.lower() in KINDS and entry.is_file():
                    yield Path(entry.path)
                if count > PEEKED_ENTRIES:
                    return
    except OSError:
        return


def _set_of(path: Path) -> dict[str, Path]:
    """Return the files that are one set with this one, by their parts; where it stands alone, it with no part."""
    own = _PART.fullmatch(path.stem)
    if own is None:
        return {"": path}
    found: dict[str, Path] = {}
    for file in sorted(_files_in(path.parent)):
        other = _PART.fullmatch(file.stem)
        if other is None or _is_truth(file) or other["name"].lower() != own["name"].lower():
            continue
        part = PARTS["query" if other["part"].lower() == "queries" else other["part"].lower()]
        if file == path or part not in found:
            found[part] = file
    return {part: found[part] for part in PARTS.values() if part in found} if len(found) > 1 else {"": path}


def _found(files: list[VectorFile], base: Path, watch: Watch) -> Found:
    dimension = files[0].dimension
    for file in files:
        if file.dimension != dimension:
            raise UserError(
                f"{printable(file.path.name)} has vectors of {several(file.dimension, 'number')}, and "
                f"{printable(files[0].path.name)} of {dimension:,}",
                remedy="Move those of another set to another folder",
            )
    count = sum(file.rows for file in files)
    check_shape(printable(str(base)), (count, dimension), np.dtype(np.float32))
    check_memory(printable(str(base)), 8 * count * dimension)
    vectors = np.empty((count, dimension), np.float32)
    start = 0
    for file in files:
        _copy(file, vectors[start : start + file.rows], watch)
        start += file.rows
    found = Found(vectors)
    found.skipped = [
        Skipped(f"{file.path.name}, row {file.rows}", f"is cut off: the file ends {file.rest:,} bytes behind its start")
        for file in files
        if file.rest
    ]
    found.notes.append(_told({file.part: file.path for file in files}))
    if truth := [file for file in _files_in(base.parent) if _is_truth(file)]:
        found.notes.append(f"{listed([printable(file.name) for file in sorted(truth)])}: true neighbours, not read")
    if len(files) > 1:
        found.columns[SPLIT_COLUMN] = TextColumn.of(file.part for file in files for _ in range(file.rows))
        found.ids = TextColumn.of(f"{safe(file.path.stem)}[{i}]" for file in files for i in range(file.rows))
    return found


def _copy(file: VectorFile, out: FloatArray, watch: Watch) -> None:
    """Copy the rows of a file, each of which must say the size of the first."""
    try:
        sizes, rows = file.mapped()
    except (OSError, ValueError) as error:
        raise UserError(f"{printable(str(file.path))} cannot be read: {error}", remedy="Check the file") from error
    step = max(1, BLOCK_BYTES // (HEAD + file.dimension * file.dtype.itemsize))
    for start in range(0, file.rows, step):
        watch.check()
        watch.progress("Reading vectors", start, file.rows)
        wrong = np.flatnonzero(np.asarray(sizes[start : start + step]) != file.dimension)
        if len(wrong):
            row = start + int(wrong[0])
            raise UserError(
                f"Row {row:,} of {printable(str(file.path))} says that it has {int(sizes[row]):,} numbers where the "
                f"first has {file.dimension:,}",
                remedy="Download it again: it is damaged, or no file of vectors",
            )
        out[start : start + step] = rows[start : start + step]
