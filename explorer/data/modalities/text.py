"""Texts: a cell of a table or a file each, as UTF-8 bytes; their n-grams of characters are compared before training."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions, Part
from explorer.core.registry import register
from explorer.core.types import ByteArray, IntArray
from explorer.data.cache import Entry, PixelCache
from explorer.data.decoding.decode_each import decode_each
from explorer.data.decoding.load_files import remarks_told
from explorer.data.decoding.text_bytes import (
    LATIN,
    chosen_length,
    count_cut,
    decoded_text,
    marked_or_utf_8,
    not_text,
    padded,
    plain_bytes,
    text_of,
)
from explorer.data.listing import Listing, Watch, digest, kept_under
from explorer.data.modalities.base import Inputs, Loaded, Modality, Shape, short_id
from explorer.data.names import several
from explorer.data.pictures import WHITE, PictureError

LARGEST_TEXT = 64 << 20
NOT_TEXT = "holds bytes that no text has: not a text, or UTF-16 without its mark"
VERSION = 2
"""Raised when the same file would become other bytes."""


@register("modality", "text", title="Texts")
class Text(Modality):
    """Texts (N, 1, L, 1) uint8: UTF-8 padded with zeros."""

    name = "text"
    noun = "text"
    plural = "texts"
    raw = "character n-grams"
    from_files = True
    asked_by = frozenset({".txt"})
    beside_others = True
    typed = True
    encoder = Part(name="ngrams")
    encoder_reads = frozenset({"text"})
    other_encoders = ("text_transformer", "sentence")
    augment = "words"
    options = ("text_column", "length")
    when_unlabelled = (
        "name a column with data.label_column, or train without: the loss InfoNCE / NT-Xent (nt_xent) with two views"
    )

    def described(self, shape: Shape) -> str:
        """Return what texts of this length are."""
        return f"texts of at most {shape[1]:,} bytes"

    def opened_alike(self, shape: Shape) -> str:
        """Return with what options other data get this shape."""
        return f"data.length={shape[1]}"

    def alike(self, options: DataOptions, shape: Shape) -> DataOptions:
        """Return the options with the length of a shape."""
        return options.model_copy(update={"length": shape[1]})

    def load(self, listing: Listing, options: DataOptions, watch: Watch, cache_folder: Path | None) -> Loaded:
        """Read the texts of a listing into rows of one length, or find them in the cache."""
        cache = PixelCache(cache_folder)
        key = _key(listing, options)
        entry = cache.load(kept_under(key, listing))
        if entry is None or len(entry.pixels) + len(entry.skipped) != len(listing):
            entry = _written(listing, options.length, watch, cache, kept_under(key, listing))
            alike = self.alike(options, (1, entry.pixels.shape[2], 1))
            cache.link(kept_under(_key(listing, alike), listing), kept_under(key, listing))
        rows = np.asarray(entry.pixels, np.uint8)
        cut = count_cut(rows[:, 0, :, 0]) if len(rows) else 0
        told = f"{several(cut, 'text is', 'texts are')} cut to {rows.shape[2]:,} bytes: data.length sets another number"
        return Loaded(rows, key, entry.skipped, listing.items, notes=(*entry.notes, *(told,) * bool(cut)))

    def read(self, path: Path, shape: Shape, white: int = WHITE) -> Inputs:
        """Read one file of text."""
        shown = printable(str(path))
        try:
            if not path.is_file():
                raise UserError(f"{shown} is not a file", remedy="Give a file of text")
            if path.stat().st_size > LARGEST_TEXT:
                raise UserError(f"{shown} is too large for a text", remedy="Give a shorter one")
            return self.decoded(path.read_bytes(), shape, str(path), white)
        except OSError as error:
            raise UserError(f"{shown} cannot be read: {error.strerror or error}", remedy="Give another file") from error

    def decoded(self, encoded: bytes, shape: Shape, name: str, white: int = WHITE) -> Inputs:
        """Return the input that the content of a file, or a text as UTF-8, becomes."""
        text = b"" if not_text(encoded) else plain_bytes(decoded_text(encoded))
        if not text:
            raise UserError(f"{printable(name)} holds no text", remedy="Give another one")
        return padded(text, shape[1]).reshape(1, *shape)

    def rows(self, inputs: Inputs, items: IntArray | None = None, *, like: Inputs | None = None) -> Inputs:
        """Return the n-grams of 2 to 5 characters of every text, as TF-IDF (N, P) uint8.

        They stand within a word and are hashed into P buckets; a row counts each, times log((1 + N) / (1 + n)) + 1, n:
        the texts of N that have it, and has one length. Measured on ``like``, or on all of the inputs.
        """
        from explorer.measure.ngrams import NGrams, tf_idf  # numba is loaded with the first texts, not at start-up

        texts = _bytes_of(inputs)
        chosen = texts if items is None else texts[items]
        return tf_idf(NGrams(), chosen, texts if like is None else _bytes_of(like))

    def words(self, name: str, input: Inputs | None = None) -> str:
        """Return the text itself, in one line."""
        if input is None:
            return short_id(name)
        return " ".join(text_of(np.asarray(input, np.uint8).reshape(-1)).split())


def _key(listing: Listing, options: DataOptions) -> str:
    return digest([listing.content, *listing.ids, f"text {VERSION}", str(options.length)])


def _bytes_of(inputs: Inputs) -> ByteArray:
    return np.asarray(inputs, np.uint8).reshape(len(inputs), inputs.shape[2])


def _written(listing: Listing, length: int, watch: Watch, cache: PixelCache, key: str) -> Entry:
    """Read all texts into the cache."""
    texts: list[bytes] = []
    reasons: dict[int, str] = {}
    remarks: dict[str, list[str]] = {}
    lasting = True

    def sink(index: int, result: tuple[bytes, str] | PictureError) -> None:
        nonlocal lasting
        if isinstance(result, PictureError):
            reasons[index] = result.reason
            lasting = lasting and result.lasting
            return
        texts.append(result[0])
        if result[1]:
            remarks.setdefault(result[1], []).append(listing.ids[index])

    decode_each(listing.items, _decoded, sink, watch, "Reading texts")
    length = length or chosen_length([len(text) for text in texts])
    if not texts:
        return Entry(np.empty((0, 1, length, 1), np.uint8), reasons)
    with cache.write(key, (1, length, 1)) as writer:
        for text in texts:
            writer.append(padded(text, length).reshape(1, length, 1))
        return writer.commit(reasons, lasting=lasting, notes=remarks_told(remarks, "text", "texts"))


def _decoded(encoded: bytes) -> tuple[bytes, str]:
    """Return a text as UTF-8, and what is to be said of it."""
    if not_text(encoded):
        raise PictureError(NOT_TEXT)
    text = plain_bytes(decoded_text(encoded))
    if not text:
        raise PictureError("there is no text in it")
    return text, "" if marked_or_utf_8(encoded) else LATIN
