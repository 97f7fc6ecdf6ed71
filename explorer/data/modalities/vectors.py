"""Vectors that were computed elsewhere: they come as they are, and have no picture."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions, Part
from explorer.core.registry import register
from explorer.core.types import FloatArray
from explorer.core.words import several
from explorer.data.cache import Entry, PixelCache
from explorer.data.formats.arrayfile import open_npy, rows_of
from explorer.data.formats.decimal_commas import parted_by, pointed
from explorer.data.formats.vectors import content_hash, content_of
from explorer.data.listing import Listing, Watch
from explorer.data.modalities.base import Inputs, Loaded, Modality, Shape
from explorer.data.pictures import WHITE

COPIED_BYTES = 8 << 20
LARGEST_ROW = 16 << 20
"""Bytes of a file that holds one row."""


@register("modality", "vectors", title="Vectors")
class Vectors(Modality):
    """Rows of numbers: an item of D numbers is a picture of one pixel with D channels, float32."""

    name = "vectors"
    noun = "vector"
    plural = "vectors"
    raw = "raw vectors"
    from_files = False
    asked_by = frozenset({".npy", ".csv", ".tsv", ".txt"})
    encoder = Part(name="mlp")
    encoder_reads = frozenset({"pictures", "vectors"})
    other_encoders = ("linear",)
    when_unlabelled = (
        "put labels beside them (an array y in the .npz, NAME_labels.npy or NAME.csv beside NAME.npy, a column label "
        "in the table), or train without: the loss InfoNCE / NT-Xent (nt_xent) with two views, and the "
        "augmentation Corrupted numbers (corrupted)"
    )

    def described(self, shape: Shape) -> str:
        """Return what data of this shape are."""
        return f"vectors of {several(shape[2], 'number')}"

    def unlike(self, name: str, shape: Shape, main: str, main_shape: Shape) -> UserError:
        """Return why vectors of another length cannot be added."""
        return UserError(
            f"{name} has vectors of {several(shape[2], 'number')}, {main} of {main_shape[2]}",
            remedy="Add vectors that were made in the same way",
        )

    def read(self, path: Path, shape: Shape, white: int = WHITE) -> Inputs:
        """Read one row of numbers: an array of NumPy, or a text of numbers apart by commas, tabs or spaces."""
        shown = printable(str(path))
        try:
            if path.stat().st_size > LARGEST_ROW:
                raise UserError(f"{shown} is too large for one row of numbers", remedy="Give a file of one row")
            numbers = _numbers(path)
        except OSError as error:
            raise UserError(f"{shown} cannot be read: {error.strerror or error}", remedy="Give another file") from error
        except ValueError as error:
            raise UserError(f"{shown} is not one row of numbers", remedy="Give a .npy, or a text of numbers") from error
        if numbers.size != shape[2] or not np.isfinite(numbers).all():
            found = several(numbers.size, "number") if numbers.size != shape[2] else "numbers that are not finite"
            raise UserError(
                f"{shown} has {found}, and an item has {shape[2]:,}", remedy="Give a row made as those were"
            )
        return numbers.reshape(1, 1, 1, -1)

    def load(self, listing: Listing, options: DataOptions, watch: Watch, cache_folder: Path | None) -> Loaded:
        """Take the vectors of a listing, which were read with it; those of a mapped file are copied into the cache.

        Who writes over a mapped file ends the process, and nobody writes over what is in the cache.

        Raises
        ------
        UserError: if the cache cannot be written, or the file has changed since it was listed.
        """
        if not isinstance(listing.items, np.memmap):
            inputs = listing.items.reshape(len(listing), 1, 1, -1)
            return Loaded(inputs, listing.content, {}, thumbnails=listing.thumbnails)
        cache = PixelCache(cache_folder)
        entry = cache.load(listing.content, watch)
        if entry is None or len(entry.pixels) != len(listing):
            entry = _copied(listing, cache, watch)
        return Loaded(entry.pixels, listing.content, {}, notes=cache.notes(self.plural), thumbnails=listing.thumbnails)


def _copied(listing: Listing, cache: PixelCache, watch: Watch) -> Entry:
    """Copy the rows (N, D) of a mapped file into the cache."""
    vectors = listing.items
    count, width = vectors.shape
    step = max(1, COPIED_BYTES // (4 * width))
    hashed = content_hash()
    with cache.write(listing.content, (1, 1, width), "float32") as writer:
        for start in range(0, count, step):
            watch.check()
            watch.progress("Copying vectors", start, count)
            block = np.ascontiguousarray(rows_of(vectors, start, start + step), np.float32)
            hashed.update(block.data)
            writer.append(block.reshape(-1, 1, 1, width))
        if content_of(hashed.hexdigest(), vectors.shape, listing.ids) != listing.content:
            raise UserError(f"{printable(listing.uri)} changed while it was read", remedy="Open it again")
        return writer.commit({})


def _numbers(path: Path) -> FloatArray:
    """Return the numbers of a file in one row, float32; ValueError: it has others."""
    if path.suffix.lower() == ".npy":
        numbers = open_npy(path)[1]
    else:
        text = path.read_text("utf-8").strip()
        decimal = parted_by(text.splitlines(), ";\t ")
        words = re.split(r"[;\s]+" if decimal else r"[,;\s]+", text)
        numbers = np.array([float(pointed(word) if decimal else word) for word in words])
    row: FloatArray = np.asarray(numbers, np.float32).reshape(-1)
    return row
