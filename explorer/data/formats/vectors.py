"""Vectors on their way in: what arrays and columns are called, texts of what stands beside them, and float32 rows."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.text_column import TextColumn
from explorer.core.types import BoolArray, ByteArray, FloatArray, IntArray, Skipped, frozen
from explorer.data.formats.arrayfile import AnyArray, rows_of
from explorer.data.labels.label_column import plain_values
from explorer.data.labels.labelling import Labelling, labelling
from explorer.data.listing import Listing, Watch, digest
from explorer.data.names import several, told_again, unique

VECTOR_NAMES = ("vectors", "vector", "embeddings", "embedding", "features", "x", "data", "z", "arr_0")
ID_NAMES = ("id", "ids", "path", "paths", "file", "files", "filename", "filenames", "image", "key", "index", "name")
"""What arrays and columns are called, in small letters; the first that is there counts."""

LARGEST_DIMENSION = 1 << 17
MOST_ROWS = 100_000_000
NOT_FINITE = "holds a number that is not finite (NaN, infinity, or too large for float32)"
BLOCK_BYTES = 8 << 20
NUMBERS_AT_ONCE = 500_000


@dataclass(slots=True)
class Found:
    """What a file of vectors holds: ``vectors`` (N, D) of any real type, and one text an item for all else.

    ``labels`` and ``ids``: None where there are none. ``rows``: the names of the rows in the file, for the report;
    ``skipped`` and ``notes`` so far; ``thumbnails`` (N, h, w, C) uint8: how they look, where that is known.
    """

    vectors: AnyArray
    labels: Sequence[str] | None = None
    ids: Sequence[str] | None = None
    columns: dict[str, Sequence[str]] = field(default_factory=dict)
    rows: Sequence[int] | None = None
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    thumbnails: ByteArray | None = None


def first_named(names: Iterable[str], known: Sequence[str]) -> str | None:
    """Return the name that comes first among the known ones, whatever its capitals and blanks."""
    plain = {name.lower().strip().replace(" ", "_"): name for name in reversed(list(names))}
    return next((plain[name] for name in known if name in plain), None)


def ids_told(name: str | None) -> list[str]:
    """Return what is said of the column or array that names the items, where there is one."""
    return [] if name is None else [f"Ids are those of the column {printable(name)}"]


def safe(text: str) -> str:
    """Return text that can be written anywhere: half a character becomes its number."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def texts_of(array: AnyArray, what: str, *, label: bool = False) -> Sequence[str]:
    """Return (N,) or (N, 1) values as texts, empty where there is none.

    Raises
    ------
    UserError: if they are no values of this kind, or fractions as a ``label``; ``what`` says what they are.
    """
    flat = array.reshape(-1)
    if flat.dtype.kind == "S":
        return [value.decode("utf-8", "backslashreplace").strip() for value in flat.tolist()]
    if flat.dtype.kind == "U":
        try:
            return [safe(value).strip() for value in flat.tolist()]
        except (ValueError, SystemError) as error:  # the second of what is no character at all
            raise UserError(f"{what} hold text that is damaged", remedy="Save them again") from error
    if flat.dtype.kind not in "fiub":
        raise UserError(f"{what} are neither numbers nor text", remedy="Save numbers or text")
    if flat.dtype.kind != "f":
        return _texts_of_numbers(flat)
    whole = np.isfinite(flat) & (np.floor(flat) == flat)
    if label and not np.all(whole | np.isnan(flat)):
        raise UserError(f"{what} are fractions, and classes are whole numbers or text", remedy="Name another column")
    return [
        str(int(value)) if counts else "" if math.isnan(value) else repr(value)
        for value, counts in zip(flat.tolist(), whole.tolist(), strict=True)
    ]


def _texts_of_numbers(values: AnyArray) -> TextColumn:
    """Return whole numbers (N,) as texts; some at a time, so that nobody who waits for the interpreter waits long."""
    parts = [slice(start, start + NUMBERS_AT_ONCE) for start in range(0, len(values), NUMBERS_AT_ONCE)]
    different = np.unique(np.concatenate([values[:0], *(np.unique(values[part]) for part in parts)]))
    codes = np.empty(len(values), np.int64)
    for part in parts:
        codes[part] = np.searchsorted(different, values[part])
    return TextColumn.coded([str(value) for value in different.tolist()], codes)


def check_shape(what: str, shape: Sequence[int], dtype: np.dtype[np.generic]) -> None:
    """Refuse what cannot be a set of vectors, in one sentence that begins with ``what``.

    Raises
    ------
    UserError: if it is no (N, D) array of real numbers, is empty, or is larger than any use.
    """
    if dtype.kind not in "fiub":
        kind = "text" if dtype.kind in "US" else dtype.name
        raise UserError(f"{what} holds {kind}, not numbers", remedy="Save the vectors as float32, (N, D)")
    if len(shape) != 2:
        sizes = f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"
        raise UserError(f"{what} has the shape {sizes}, not (N, D): one vector a row", remedy="Reshape it to two axes")
    rows, width = shape
    if not rows:
        raise UserError(f"{what} is empty: it has no rows", remedy="Save it again, with a vector a row")
    if not width:
        raise UserError(f"{what} is empty: its rows have no numbers", remedy="Save it again, with a vector a row")
    if width > LARGEST_DIMENSION or rows > MOST_ROWS:
        raise UserError(
            f"{what} has {several(rows, 'row')} of {several(width, 'number')}; at most {MOST_ROWS:,} of "
            f"{LARGEST_DIMENSION:,} are opened",
            remedy="Turn it over if its rows and columns are swapped, or take a part of it",
        )


def check_memory(what: str, size: int) -> None:
    """Refuse what would take more than half of the memory.

    Raises
    ------
    UserError: if it would.
    """
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        memory = 16 << 30
    if size > memory // 2:
        raise UserError(
            f"{what} takes {size / 2**30:.1f} GB, more than half of the memory of this computer",
            remedy="Save it as float32 .npy, which is read from the disk, or take a part of it",
        )


def content_hash() -> hashlib.blake2b:
    """Return what the rows of a file are fed to, in their order, as float32."""
    return hashlib.blake2b(digest_size=16)


def content_of(rows: str, shape: Sequence[int], ids: Iterable[str]) -> str:
    """Return what stands for a listing of vectors: by the digest of its rows, their shape and the ids."""
    return digest(chain([rows, *map(str, shape)], ids))


def _finite_rows(source: AnyArray, watch: Watch, out: FloatArray | None) -> tuple[BoolArray, str]:
    """Return which rows are finite as float32 and a digest of those; they are written to ``out``, if any."""
    count, width = source.shape
    kept = np.empty(count, dtype=np.bool_)
    hashed = content_hash()
    step = max(1, BLOCK_BYTES // (4 * width))
    done = 0
    for start in range(0, count, step):
        watch.check()
        watch.progress("Reading vectors", start, count)
        with np.errstate(over="ignore", invalid="ignore"):
            block = np.ascontiguousarray(rows_of(source, start, start + step), dtype=np.float32)
        good = np.isfinite(block).all(axis=1)
        kept[start : start + step] = good
        rows = block if good.all() else block[good]
        hashed.update(rows.data)
        if out is not None:
            out[done : done + len(rows)] = rows
            done += len(rows)
    watch.progress("Reading vectors", count, count)
    return kept, hashed.hexdigest()


def float_rows(source: AnyArray, what: str, watch: Watch) -> tuple[FloatArray, BoolArray, str]:
    """Return the finite rows of ``source`` (N, D) as float32, read-only; which they are (N,); a digest of them.

    A large mapped file of float32 stays mapped, until it is copied into the cache when it is loaded.

    Raises
    ------
    UserError: if there is no memory for them; Cancelled: if the user cancels.
    """
    count, width = source.shape
    plain = source.dtype == np.dtype(np.float32) and source.flags.c_contiguous and source.flags.aligned
    if isinstance(source, np.memmap) and plain:
        kept, content = _finite_rows(source, watch, None)
        if kept.all():
            return source, kept, content
    check_memory(what, 4 * count * width)
    try:
        vectors = np.empty((count, width), dtype=np.float32)
    except MemoryError as error:
        raise UserError(f"There is not enough memory for {what}", remedy="Close other programs") from error
    kept, content = _finite_rows(source, watch, vectors)
    if not kept.all():
        vectors = vectors[: int(kept.sum())].copy()
    vectors.setflags(write=False)
    return vectors, kept, content


def listing_of(path: Path, found: Found, separator: str, watch: Watch) -> Listing:
    """Return the dataset of a file: rows that are not finite left out and told, labels made classes.

    Raises
    ------
    UserError: if no row is left; Cancelled: if the user cancels.
    """
    shown = printable(str(path))
    vectors, kept, content = float_rows(found.vectors, shown, watch)
    if not len(vectors):
        raise UserError(f"Every vector of {shown} {NOT_FINITE}", remedy="Save it again")
    numbers = np.arange(len(kept)) if found.rows is None else np.asarray(found.rows, np.int64)
    chosen = np.flatnonzero(kept)
    lost = [Skipped(f"{path.name}, row {row}", NOT_FINITE) for row in numbers[~kept].tolist()]
    ids = _ids(safe(path.stem), found, chosen, numbers)
    found.notes += [] if found.ids is None else told_again([name for name in _chosen(found.ids, chosen) if name])
    known = _labelling(found, chosen, separator)
    return Listing(
        name=safe(path.stem),
        uri=str(path),
        ids=ids,
        labels=known.labels,
        class_names=known.class_names,
        columns={name: TextColumn.of(plain_values(_chosen(values, chosen))) for name, values in found.columns.items()},
        modality="vectors",
        items=vectors,
        content=content_of(content, vectors.shape, ids),
        skipped=(*found.skipped, *lost),
        notes=tuple(found.notes),
        label_sets=known.label_sets,
        set_names=known.set_names,
        thumbnails=None if found.thumbnails is None else frozen(found.thumbnails[kept]),
    )


def _chosen(values: Sequence[str], chosen: IntArray) -> Sequence[str]:
    """Return the texts of some items (K,)."""
    if isinstance(values, TextColumn):
        return values if len(chosen) == len(values) else values.take(chosen)
    return [values[i] for i in chosen.tolist()]


def _ids(stem: str, found: Found, chosen: IntArray, numbers: IntArray) -> TextColumn:
    rows = numbers[chosen]
    if found.ids is None:  # no two rows have one number
        return TextColumn.numbered(f"{stem}[", rows, "]")
    own = _chosen(found.ids, chosen)
    return TextColumn.of(unique(name or f"row {row}" for name, row in zip(own, rows.tolist(), strict=True)))


def _labelling(found: Found, chosen: IntArray, separator: str) -> Labelling:
    if found.labels is None:
        found.notes.append("No labels found: the vectors are unlabelled")
        return labelling(TextColumn.repeated("", len(chosen)))
    texts = plain_values(_chosen(found.labels, chosen), label=True)
    if count := texts.count(""):
        found.notes.append(f"{several(count, 'vector')} without a label: unlabelled")
    return labelling(texts, separator)
