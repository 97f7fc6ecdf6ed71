"""Pictures and their captions, in one set: two sides of one item, of which an encoder makes one space."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions, Part
from explorer.core.registry import register
from explorer.core.sides import sides_of
from explorer.core.types import CROSS_MODAL, ByteArray, IntArray
from explorer.data.cache import Entry, PixelCache
from explorer.data.decoding.text_bytes import chosen_length, count_cut, decoded_text, padded, plain_bytes, text_of
from explorer.data.listing import Listing, Watch, digest, kept_under
from explorer.data.modalities.base import Inputs, Loaded, Modality, Shape, modality_named
from explorer.data.modalities.pictures import DECODER_VERSION, as_chosen, whole_entry
from explorer.data.names import READ, looks_like_picture, several, suffix
from explorer.data.pictures import WHITE, PictureError

if TYPE_CHECKING:
    from explorer.data.decoding.decode_all import Shape as DecodedShape
    from explorer.data.decoding.decode_together import Result

VERSION = 2
"""Raised when the same caption would become other bytes."""
PAPER, INK = 214, 72
BUCKETS = 1024
"""Numbers that stand for the n-grams of a caption before any training."""


@register("modality", "captioned", title="Pictures with captions")
class Captioned(Modality):
    """Pictures and captions (N, S + R, S, C) uint8: S rows of pixels, below them R rows of the UTF-8 of a caption.

    A picture has no byte in these rows; of a caption the first is not zero, and its pixels show a page of its words,
    for the eye alone: so an item says itself which side it is. Bytes stand in the order of the array, then zeros.
    """

    name = "captioned"
    noun = "picture or caption"
    plural = "pictures and captions"
    raw = "raw pixels, or character n-grams"
    from_files = True
    by_ending = False
    asked_by = READ | {".txt"}
    typed = True
    options = ("text_column", "crop", "size", "colour", "white", "length")
    encoder = Part(name="two_towers")
    encoder_reads = frozenset({"captioned"})
    augment = "captioned"
    loss = Part(name="clip")
    sampler = Part(name="pairs")
    protocol = CROSS_MODAL
    when_unlabelled = "train on what belongs together: the loss clip, or siglip with views=pairs"

    def described(self, shape: Shape) -> str:
        """Return what pictures and captions of this shape are."""
        pictures = modality_named("pictures").described(square_of(shape))
        return f"{pictures}, and captions of at most {length_of(shape):,} bytes"

    def opened_alike(self, shape: Shape) -> str:
        """Return with what options other data get this shape."""
        return "data.size, data.colour and data.length of the first"

    def alike(self, options: DataOptions, shape: Shape) -> DataOptions:
        """Return the options with the size, the colour and the length of a shape."""
        alike = modality_named("pictures").alike(options, square_of(shape))
        return alike.model_copy(update={"length": length_of(shape)})

    def load(self, listing: Listing, options: DataOptions, watch: Watch, cache_folder: Path | None) -> Loaded:
        """Decode the pictures and read the captions of a listing, or find both in the cache."""
        cache = PixelCache(cache_folder)
        key = _key(listing, options)
        entry = whole_entry(listing, cache, kept_under(key, listing), watch)
        if entry is None:
            entry = _decoded(listing, options, watch, cache, key)
        pixels = np.asarray(entry.pixels, np.uint8) if not len(entry.pixels) else entry.pixels
        texts = bytes_of(pixels)
        cut = count_cut(texts[texts[:, 0] > 0]) if len(texts) else 0
        told = f"{several(cut, 'caption is', 'captions are')} cut to {texts.shape[1]:,} bytes: data.length sets another"
        notes = (*[told] * bool(cut), *cache.notes(self.plural))
        return Loaded(entry.pixels, key, entry.skipped, listing.items, entry.white, notes)

    def read(self, path: Path, shape: Shape, white: int = WHITE) -> Inputs:
        """Read a picture, or a file of text as a caption."""
        if suffix(path.name) == ".txt":
            text = modality_named("text").read(path, (1, length_of(shape), 1))
            return packed(shape, caption=np.asarray(text, np.uint8).reshape(-1))[np.newaxis]
        picture = modality_named("pictures").read(path, square_of(shape), white)
        return packed(shape, picture=np.asarray(picture, np.uint8)[0])[np.newaxis]

    def decoded(self, encoded: bytes, shape: Shape, name: str, white: int = WHITE) -> Inputs:
        """Return the input that the content of a picture, or a text as UTF-8, becomes."""
        if not looks_like_picture(encoded[:16]) and suffix(name) not in READ:
            text = plain_bytes(decoded_text(encoded))
            if not text:
                raise UserError(f"{printable(name)} holds no text", remedy="Give another one")
            return packed(shape, caption=padded(text, length_of(shape)))[np.newaxis]
        picture = modality_named("pictures").decoded(encoded, square_of(shape), name, white)
        return packed(shape, picture=np.asarray(picture, np.uint8)[0])[np.newaxis]

    def rows(self, inputs: Inputs, items: IntArray | None = None, *, like: Inputs | None = None) -> Inputs:
        """Return the pixels of pictures and the n-grams of captions beside each other, (N, P + 1024) uint8.

        Before training nothing joins the two: what one side has, the other lacks.
        """
        from explorer.measure.ngrams import NGrams, tf_idf  # numba is loaded with the first texts, not at start-up

        chosen = np.asarray(inputs if items is None else inputs[items], np.uint8)
        others = np.asarray(inputs if like is None else like, np.uint8)
        texts, known = bytes_of(chosen), bytes_of(others)
        captions = texts[:, 0] > 0
        pixels = modality_named("pictures").rows(chosen[:, : chosen.shape[2]])
        found = np.zeros((len(chosen), pixels.shape[1] + BUCKETS), np.uint8)
        found[~captions, : pixels.shape[1]] = pixels[~captions]
        if captions.any():
            found[captions, pixels.shape[1] :] = tf_idf(
                NGrams(buckets=BUCKETS), texts[captions], known[known[:, 0] > 0]
            )
        return found

    def previews(self, inputs: Inputs) -> ByteArray | None:
        """Return the pictures; of captions a page, where there is no room for their words."""
        return inputs[:, : inputs.shape[2]]  # type: ignore[return-value]  # of this modality they are uint8

    def in_words(self, input: Inputs) -> bool:
        """Return whether an item (H, W, C) is a caption."""
        return bool(input[input.shape[1], 0, 0])

    def words(self, name: str, input: Inputs | None = None) -> str:
        """Return what a caption says; of a picture its name."""
        if input is None or not self.in_words(input):
            return super().words(name)
        return " ".join(text_of(bytes_of(np.asarray(input, np.uint8)[np.newaxis])[0]).split())

    def full_picture(self, encoded: bytes, white: int = WHITE) -> ByteArray:
        """Decode a picture to at most 512 pixels a side; of a caption there is none."""
        if not looks_like_picture(encoded[:16]) and len(encoded) <= 1 << 16:
            raise PictureError("a caption has no picture of its own")
        return modality_named("pictures").full_picture(encoded, white)


def square_of(shape: Shape) -> Shape:
    """Return the shape of the picture in an item of this shape."""
    return shape[1], shape[1], shape[2]


def length_of(shape: Shape) -> int:
    """Return how many bytes of a caption an item of this shape has room for."""
    return (shape[0] - shape[1]) * shape[1] * shape[2]


def bytes_of(inputs: Inputs) -> ByteArray:
    """Return the bytes (N, L) of the captions of inputs (N, H, W, C); of pictures they are zeros."""
    return np.asarray(inputs[:, inputs.shape[2] :], np.uint8).reshape(len(inputs), -1)


def packed(shape: Shape, *, picture: ByteArray | None = None, caption: ByteArray | None = None) -> ByteArray:
    """Return an item (H, W, C) of a picture (W, W, C), or of a caption (L,)."""
    item = np.zeros(shape, np.uint8)
    if picture is not None:
        item[: shape[1]] = picture
    if caption is not None:
        item[shape[1] :] = caption.reshape(shape[0] - shape[1], shape[1], shape[2])
        item[: shape[1]] = _page(caption.tobytes(), shape[1])[:, :, np.newaxis]
    return item


def _page(caption: bytes, side: int) -> ByteArray:
    """Return a page (S, S) with a bar for each word: how a caption looks among small pictures."""
    page = np.full((side, side), PAPER, np.uint8)
    line, edge = max(3, side // 7), max(1, side // 12)
    down, right = edge, edge
    for word in caption.rstrip(b"\0").split():
        wide = min(max(2, len(word) * side // 24), side - 2 * edge)
        if right + wide > side - edge:
            down, right = down + line, edge
        if down + line // 2 > side - edge:
            break
        page[down : down + line // 2, right : right + wide] = INK
        right += wide + max(1, side // 20)
    return page


def _key(listing: Listing, options: DataOptions) -> str:
    said = [f"captioned {VERSION}", f"pixels {DECODER_VERSION}", options.colour]
    said += [str(value) for value in (options.size, options.white, options.length)]
    return digest([listing.content, *listing.ids, *said])


def _decoded(listing: Listing, options: DataOptions, watch: Watch, cache: PixelCache, key: str) -> Entry:
    from explorer.data.decoding import decode_all, decode_picture  # Pillow is loaded with the first set not cached

    shape = decode_all.choose_shape(listing.items.first, options, watch)
    texts = [plain_bytes(text.decode("utf-8", "replace")) for text in listing.items.second.encoded]
    rows = -(-(options.length or chosen_length([len(text) for text in texts])) // (shape.size * shape.channels))
    whole: Shape = (shape.size + rows, shape.size, shape.channels)
    chosen = as_chosen(options, shape).model_copy(update={"length": length_of(whole)})
    kept = kept_under(_key(listing, chosen), listing)
    entry = whole_entry(listing, cache, kept, watch)
    try:
        if entry is None:
            entry = _written(listing, shape, whole, texts, watch, cache, kept)
    except decode_picture.ColourFoundError:  # in few pictures, and in none of the sample
        return _decoded(listing, options.model_copy(update={"colour": "rgb"}), watch, cache, key)
    cache.link(kept_under(key, listing), kept)
    return entry


def _written(
    listing: Listing,
    shape: DecodedShape,
    whole: Shape,
    texts: Sequence[bytes],
    watch: Watch,
    cache: PixelCache,
    key: str,
) -> Entry:
    """Decode all pictures into the cache, and behind them the captions of those that could be read."""
    from explorer.data.decoding import decode_all

    pictures = listing.items.first
    reasons: dict[int, str] = {}
    lasting = True
    with cache.write(key, whole) as writer:

        def sink(index: int, result: Result) -> None:
            nonlocal lasting
            if isinstance(result, PictureError):
                reasons[index] = result.reason
                lasting = lasting and result.lasting
            else:
                writer.append(packed(whole, picture=result))

        decode_all.decode_all(pictures, shape, sink, watch)
        if len(reasons) == len(pictures):
            return Entry(np.empty((0, *whole), np.uint8), reasons | _without_picture(listing, reasons))
        reasons |= _without_picture(listing, reasons)
        for at, text in enumerate(texts, start=len(pictures)):
            if at not in reasons:
                writer.append(packed(whole, caption=padded(text, length_of(whole))))
        return writer.commit(reasons, lasting=lasting, white=shape.white)


def _without_picture(listing: Listing, reasons: dict[int, str]) -> dict[int, str]:
    """Return the reasons with the captions of these pictures, which are left out too: they have none of their own."""
    sides = sides_of(listing.columns)
    assert sides is not None
    lost = {int(sides.pairs[item]): item for item in reasons}
    captions = [int(item) for item in np.flatnonzero(sides.captions).tolist() if int(sides.pairs[item]) in lost]
    counts = Counter(lost[int(sides.pairs[item])] for item in captions)
    said = {at: f"{reasons[at]}; left out with {several(count, 'caption')} of it" for at, count in counts.items()}
    return said | dict.fromkeys(captions, "")
