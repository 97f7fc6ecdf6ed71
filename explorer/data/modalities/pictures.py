"""Pictures: decoded once to one size and kept in a cache; their pixels are compared before any training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions, Part
from explorer.core.registry import register
from explorer.core.types import ByteArray, IntArray
from explorer.data.cache import Entry, PixelCache
from explorer.data.decoding.quiet import quiet_decoders
from explorer.data.growth import Growth
from explorer.data.listing import Listing, Watch, digest, kept_under
from explorer.data.modalities.base import Inputs, Loaded, Modality, Shape
from explorer.data.names import READ
from explorer.data.pictures import WHITE, PictureError

if TYPE_CHECKING:
    from explorer.data.decoding.decode_all import Shape as DecodedShape
    from explorer.data.decoding.decode_together import Result

DECODER_VERSION = 4
"""Raised when the same file would become other pixels, so that old caches are not used."""

LARGEST_PICTURE = 512 << 20

SIDE = 32
"""Longer side of the pictures whose pixels are compared before any training."""

PAPER = 160
"""Mean of grey pictures above which they are drawings on light paper."""


@register("modality", "pictures", title="Pictures")
class Pictures(Modality):
    """Pictures of one size (N, S, S, C) uint8, C 1 or 3, mapped from the cache."""

    name = "pictures"
    noun = "picture"
    plural = "pictures"
    raw = "raw pixels"
    from_files = True
    asked_by = READ
    options = ("crop", "size", "colour", "white")
    encoder = Part(name="cnn")
    encoder_reads = frozenset({"pictures"})
    other_encoders = ("resnet", "mlp")
    when_unlabelled = (
        "put each class in a folder of its own, or train without: the loss VICReg (vicreg), or InfoNCE / NT-Xent "
        "(nt_xent) with two views"
    )

    def described(self, shape: Shape) -> str:
        """Return what pictures of this size and colour are."""
        height, width, channels = shape
        return f"pictures of {width} × {height} pixels, {'grey' if channels == 1 else 'colour'}"

    def opened_alike(self, shape: Shape) -> str:
        """Return with what options other data get this shape."""
        return "the size and colour of the first"

    def alike(self, options: DataOptions, shape: Shape) -> DataOptions:
        """Return the options with the size and colour of a shape."""
        size, _, channels = shape
        return options.model_copy(update={"size": size, "colour": "grey" if channels == 1 else "rgb"})

    def load(self, listing: Listing, options: DataOptions, watch: Watch, cache_folder: Path | None) -> Loaded:
        """Decode the pictures of a listing, or find their pixels in the cache."""
        cache = PixelCache(cache_folder)
        key = _key(listing, options)
        entry = whole_entry(listing, cache, kept_under(key, listing), watch)
        if entry is None:
            entry = _decoded(listing, options, watch, cache, key)
        return _loaded(listing, cache, key, entry)

    def read(self, path: Path, shape: Shape, white: int = WHITE) -> Inputs:
        """Decode one picture file as those of a dataset of that ``shape`` are."""
        shown = printable(str(path))
        try:
            if not path.is_file():
                raise UserError(f"{shown} is not a file", remedy="Give one picture")
            if path.stat().st_size > LARGEST_PICTURE:
                raise UserError(f"{shown} is too large for a picture")
            return self.decoded(path.read_bytes(), shape, str(path), white)
        except OSError as error:
            raise UserError(f"{shown} cannot be read: {error.strerror or error}") from error

    def decoded(self, encoded: bytes, shape: Shape, name: str, white: int = WHITE) -> Inputs:
        """Decode the content of one picture file as those of a dataset of that ``shape`` are."""
        from explorer.data.decoding.decode_apart import Decoders

        quiet_decoders()
        try:
            with Decoders() as decoders:
                return decoders.decode(encoded, shape[0], shape[2], white)[np.newaxis]
        except PictureError as error:
            raise UserError(
                f"{printable(name)} cannot be read: {error.reason}", remedy="Give another picture"
            ) from error

    def rows(self, inputs: Inputs, items: IntArray | None = None, *, like: Inputs | None = None) -> Inputs:
        """Return the pixels as rows (N, P) uint8, the longer side of a picture at most ``SIDE``.

        Larger ones are shrunk by a whole factor, by the mean of each block. Grey drawings on light paper are turned to
        light on dark: a cosine should compare the strokes, not the paper. Whether they are is seen in the pictures
        ``like`` them, if there are such.
        """
        pixels = np.asarray(inputs if items is None else inputs[items], np.uint8)
        rows = shrunk(pixels)
        if pixels.shape[3] == 1 and _on_paper(rows if like is None else shrunk(_sample(like))):
            np.subtract(255, rows, out=rows)
        return rows

    def previews(self, inputs: Inputs) -> ByteArray | None:
        """Return the pictures themselves."""
        return inputs  # type: ignore[return-value]  # of this modality they are uint8

    def full_picture(self, encoded: bytes, white: int = WHITE) -> ByteArray:
        """Decode a picture to at most 512 pixels a side."""
        from explorer.data.decoding.decode_apart import (
            Decoders,  # Pillow is loaded with the first picture, not at start-up
        )

        with Decoders() as decoders:
            return decoders.full(encoded, white=white)


def _key(listing: Listing, options: DataOptions) -> str:
    said = (str(options.size), options.colour, str(options.white), f"pixels {DECODER_VERSION}")
    return digest([listing.content, *listing.ids, *said])


def whole_entry(listing: Listing, cache: PixelCache, kept: str, watch: Watch) -> Entry | None:
    """Return what the cache has of all items of a listing under a key; None where it has not."""
    entry = cache.load(kept, watch)
    return entry if entry is not None and len(entry.pixels) + len(entry.skipped) == len(listing) else None


def as_chosen(options: DataOptions, shape: DecodedShape) -> DataOptions:
    """Return the options with the size, colour and white that were chosen: as a run of these data asks for them."""
    colour = "grey" if shape.channels == 1 else "rgb"
    return options.model_copy(update={"size": shape.size, "colour": colour, "white": shape.white})


def _loaded(listing: Listing, cache: PixelCache, key: str, entry: Entry) -> Loaded:
    how = f"The greatest value of 16-bit pictures is {entry.white:,}, which is white: data.white sets another"
    notes = ((how,) if entry.white != WHITE else ()) + entry.notes + cache.notes("pictures")
    return Loaded(entry.pixels, key, entry.skipped, listing.items, entry.white, notes)


def _decoded(listing: Listing, options: DataOptions, watch: Watch, cache: PixelCache, key: str) -> Entry:
    from explorer.data.decoding import (  # Pillow is loaded with the first set that is not cached
        decode_all,
        decode_growing,
        decode_picture,
    )

    shape = decode_all.choose_shape(listing.items, options, watch)
    kept = kept_under(_key(listing, as_chosen(options, shape)), listing)
    begun = watch.begun
    try:
        entry = whole_entry(listing, cache, kept, watch)
        if entry is None and begun is not None and decode_growing.grows(listing, soon=watch.soon):

            def some(entry: Entry, growth: Growth) -> None:
                begun(replace(_loaded(listing, cache, key, entry), growth=growth))

            entry = decode_growing.decode_growing(listing, shape, watch, cache, kept, some)
        elif entry is None:
            entry = _written(listing, shape, watch, cache, kept)
    except decode_picture.ColourFoundError:  # in few pictures, and in none of the sample
        return _decoded(listing, options.model_copy(update={"colour": "rgb"}), watch, cache, key)
    cache.link(kept_under(key, listing), kept)
    return entry


def _written(listing: Listing, shape: DecodedShape, watch: Watch, cache: PixelCache, key: str) -> Entry:
    """Decode all pictures into the cache."""
    from explorer.data.decoding import decode_all

    reasons: dict[int, str] = {}
    lasting = True
    with cache.write(key, (shape.size, shape.size, shape.channels)) as writer:

        def sink(index: int, result: Result) -> None:
            nonlocal lasting
            if isinstance(result, PictureError):
                reasons[index] = result.reason
                lasting = lasting and result.lasting
            else:
                writer.append(result)

        decode_all.decode_all(listing.items, shape, sink, watch)
        if len(reasons) == len(listing):
            return Entry(np.empty((0, shape.size, shape.size, shape.channels), dtype=np.uint8), reasons)
        return writer.commit(reasons, lasting=lasting, white=shape.white, notes=shape.notes)


def _sample(rows: Inputs) -> ByteArray:
    """Return about a thousand of them, spread evenly."""
    return np.asarray(rows[:: max(1, -(-len(rows) // 1000))], np.uint8)


def _on_paper(rows: Inputs) -> bool:
    """Return whether grey pictures are drawings on light paper."""
    return bool(len(rows)) and float(_sample(rows).mean()) > PAPER


def shrunk(pixels: ByteArray) -> ByteArray:
    """Return pictures (N, H, W, C) as rows, the longer side at most ``SIDE``, by the mean of whole blocks."""
    count, height, width, channels = pixels.shape
    factor = -(-max(height, width) // SIDE)
    if factor == 1:
        return np.array(pixels.reshape(count, -1))
    rows, columns = height // factor, width // factor
    shrunk = np.empty((count, rows * columns * channels), np.uint8)
    for start in range(0, count, 1024):
        part = np.asarray(pixels[start : start + 1024, : rows * factor, : columns * factor])
        blocks = part.reshape(len(part), rows, factor, columns, factor, channels)
        total = np.zeros((len(part), rows, columns, channels), np.uint32)
        for down in range(factor):
            for right in range(factor):
                total += blocks[:, :, down, :, right]
        shrunk[start : start + len(part)] = (total // (factor * factor)).reshape(len(part), -1)
    return shrunk
