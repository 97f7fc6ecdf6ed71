"""A set of pictures or of vectors, ready to be shown and trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypedDict

import numpy as np

from explorer.core.errors import UserError
from explorer.core.types import UNLABELLED, BoolArray, ByteArray, FloatArray, IntArray, Report, frozen
from explorer.data import names
from explorer.data.cache import PixelCache
from explorer.data.listing import digest
from explorer.data.pictures import JoinedPictures, PictureError, Pictures
from explorer.data.quiet import quiet_decoders

Role = Literal["test", "gallery"]
SPLIT_COLUMN = "split"
COPIED_AT_ONCE = 4096


class _Sets(TypedDict):
    label_sets: BoolArray | None
    set_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """Items with labels, further columns and decoded pixels, or vectors in place of these.

    Attributes
    ----------
    uri: what opens it again: an absolute path, or ``sample:NAME``.
    ids: a relative path each (of vectors: what the file calls them, else file and row), unique, in a stable order.
    labels: (N,) int64 into ``class_names``; -1 where unlabelled.
    columns: one text per item for each further column: split, level1, writer, …
    fingerprint: stands for the pictures, how they are decoded, and what the labels and columns say.
    pixels: (N, S, S, C) uint8, read-only, mapped from the cache; C is 1 or 3. None for vector data.
    vectors: (N, D) float32, read-only and finite, for vector data, else None.
    pictures: where the original pictures are read from.
    label_sets: (N, S) bool, read-only: which of ``set_names`` an item has, where the source gives several an item.
    """

    name: str
    uri: str
    ids: tuple[str, ...]
    labels: IntArray
    class_names: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    fingerprint: str
    report: Report
    pixels: ByteArray | None = None
    vectors: FloatArray | None = None
    pictures: Pictures | None = None
    label_sets: BoolArray | None = None
    set_names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of every picture; (1, 1, D) for vectors."""
        if self.pixels is not None:
            _, height, width, channels = self.pixels.shape
            return height, width, channels
        return 1, 1, 0 if self.vectors is None else self.vectors.shape[1]

    @property
    def inputs(self) -> ByteArray | FloatArray:
        """What an encoder reads: (N, H, W, C) uint8 pixels, or the vectors as a view (N, 1, 1, D) float32."""
        if self.pixels is not None:
            return self.pixels
        assert self.vectors is not None
        return self.vectors.reshape(len(self), 1, 1, -1)

    @property
    def noun(self) -> str:
        """What one item is called, in the singular: ``picture`` or ``vector``."""
        return "picture" if self.vectors is None else "vector"

    @property
    def labelled(self) -> bool:
        """Whether any item has a class."""
        return bool(np.any(self.labels != UNLABELLED))

    def class_name(self, index: int) -> str:
        """Return the name of an item's class, empty where it has none."""
        label = int(self.labels[index])
        return self.class_names[label] if label >= 0 else ""

    def path(self, index: int) -> str:
        """Return where the original of an item lies, for people to read."""
        return self.ids[index] if self.pictures is None else self.pictures.path(index)

    def picture(self, index: int) -> ByteArray:
        """Return the (H, W, C) pixels of an item: a row of the cache, never decoded, safe on the GUI thread."""
        if self.pixels is None:
            raise ValueError(f"{self.name} holds vectors, not pictures")
        row: ByteArray = np.asarray(self.pixels[index])
        return row

    def full_picture(self, index: int) -> ByteArray:
        """Decode the original of an item to (H, W, 3) uint8, at most 512 pixels a side; not for the GUI thread.

        Raises
        ------
        UserError: if the file is gone, or cannot be decoded any more.
        """
        from explorer.data import decode_picture  # Pillow is loaded when the first picture is opened, not at start-up

        if self.pictures is None:
            raise UserError(f"{self.name} holds vectors, not pictures")
        quiet_decoders()
        try:
            with self.pictures.reading() as read:
                return decode_picture.full(read(index))
        except PictureError as error:
            raise UserError(f"{self.path(index)}: {error.reason}") from error

    def combined(self, other: Dataset, role: Role, *, cache_folder: Path | None = None) -> Dataset:
        """Return this dataset followed by ``other`` as its test or gallery part; classes are joined by name.

        The column ``split`` says ``role`` for the items of ``other``; items of this dataset without one say ``train``.

        Raises
        ------
        UserError: if the two were decoded to different shapes, or the cache cannot be written.
        """
        _check_alike(self, other)
        class_names, labels = _joined_classes(self, other)
        columns = _joined_columns(self, other, role)
        fingerprint = digest([self.fingerprint, other.fingerprint, role])
        return Dataset(
            name=f"{self.name} + {other.name}",
            uri=self.uri,
            ids=names.unique((*self.ids, *(f"{role}/{name}" for name in other.ids))),
            labels=labels,
            class_names=class_names,
            columns=columns,
            fingerprint=fingerprint,
            report=_joined_report(self, other, role, len(class_names)),
            pixels=_joined_pixels(self.pixels, other.pixels, fingerprint, cache_folder),
            vectors=_joined_vectors(self.vectors, other.vectors),
            pictures=JoinedPictures(self.pictures, other.pictures) if self.pictures and other.pictures else None,
            **_joined_sets(self, other),
        )


def _check_alike(first: Dataset, second: Dataset) -> None:
    """Raise a ``UserError`` where two datasets cannot stand in one."""
    if first.noun != second.noun:
        raise UserError(
            f"{second.name} holds {second.noun}s, {first.name} {first.noun}s", remedy="Add data of the same kind"
        )
    if first.shape == second.shape:
        return
    if first.vectors is not None:
        raise UserError(
            f"{second.name} has vectors of {second.shape[2]} numbers, {first.name} of {first.shape[2]}",
            remedy="Add vectors that were made in the same way",
        )
    raise UserError(
        f"{second.name} has pictures of {second.shape}, {first.name} of {first.shape}",
        remedy="Open the second one with the size and colour of the first",
    )


def _joined_classes(first: Dataset, second: Dataset) -> tuple[tuple[str, ...], IntArray]:
    known = {name: i for i, name in enumerate(first.class_names)}
    new = [name for name in second.class_names if name not in known]
    number = known | {name: len(known) + i for i, name in enumerate(new)}
    # One more at the end, so that -1 (unlabelled) stays -1.
    renumbered = np.array([*(number[name] for name in second.class_names), UNLABELLED], dtype=np.int64)
    labels = np.concatenate([first.labels, renumbered[second.labels]])
    return (*first.class_names, *new), frozen(labels)


def _joined_columns(first: Dataset, second: Dataset, role: Role) -> dict[str, tuple[str, ...]]:
    columns = {
        name: (
            *first.columns.get(name, ("",) * len(first)),
            *second.columns.get(name, ("",) * len(second)),
        )
        for name in dict.fromkeys([*first.columns, *second.columns])
    }
    own = first.columns.get(SPLIT_COLUMN, ("",) * len(first))
    columns[SPLIT_COLUMN] = (*(value or "train" for value in own), *((role,) * len(second)))
    return columns


def _joined_report(first: Dataset, second: Dataset, role: Role, classes: int) -> Report:
    notes = (*first.report.notes, *(f"{role}: {note}" for note in second.report.notes))
    skipped = (*first.report.skipped, *second.report.skipped)
    return Report(first.report.kept + second.report.kept, classes, skipped, notes)


def _joined_sets(first: Dataset, second: Dataset) -> _Sets:
    """Return the sets of labels of both, joined by name; none where one of them has none."""
    if first.label_sets is None or second.label_sets is None:
        return {"label_sets": None, "set_names": ()}
    set_names = (*first.set_names, *(name for name in second.set_names if name not in first.set_names))
    sets = np.zeros((len(first) + len(second), len(set_names)), dtype=np.bool_)
    sets[: len(first), : len(first.set_names)] = first.label_sets
    sets[len(first) :, [set_names.index(name) for name in second.set_names]] = second.label_sets
    return {"label_sets": frozen(sets), "set_names": set_names}


def _joined_vectors(first: FloatArray | None, second: FloatArray | None) -> FloatArray | None:
    if first is None or second is None:
        return None
    joined: FloatArray = np.concatenate([first, second])
    joined.setflags(write=False)
    return joined


def _joined_pixels(
    first: ByteArray | None, second: ByteArray | None, key: str, cache_folder: Path | None
) -> ByteArray | None:
    if first is None or second is None:
        return None
    cache = PixelCache(cache_folder)
    entry = cache.load(key)
    if entry is not None and len(entry.pixels) == len(first) + len(second):
        return entry.pixels
    _, height, width, channels = first.shape
    with cache.write(key, (height, width, channels)) as writer:
        for part in (first, second):
            for start in range(0, len(part), COPIED_AT_ONCE):
                writer.append(part[start : start + COPIED_AT_ONCE])
        return writer.commit({}).pixels
