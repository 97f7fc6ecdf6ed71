"""Items that come as files, each decoded to an input and a thumbnail of one shape, and kept in the cache."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from explorer.core.errors import printable
from explorer.core.types import ByteArray
from explorer.data.cache import Entry, PixelCache
from explorer.data.decoding.decode_each import decode_each
from explorer.data.listing import Listing, Watch, digest, kept_under
from explorer.data.modalities.base import Inputs, Loaded, Shape
from explorer.data.names import several
from explorer.data.pictures import PictureError


class Decoded(NamedTuple):
    """What one file becomes: its ``input`` (H, W, C) and its ``thumbnail`` (h, w, c) uint8.

    ``remark``: what is to be said of it, such as ``of silence alone``: the same words for all that are alike.
    """

    input: Inputs
    thumbnail: ByteArray
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Decoding:
    """How the files of a set are decoded.

    ``decode``: returns what the content of a file becomes, or raises ``PictureError``; called in several threads.
    ``shape`` and ``dtype``: of an input; ``thumbnail``: the shape of a thumbnail; ``said``: the version of the decoder
    and every option that changes what it makes; ``doing``: ``Reading recordings``; ``nouns``: one and several of them.
    """

    decode: Callable[[bytes], Decoded]
    shape: Shape
    dtype: str
    thumbnail: Shape
    said: Sequence[str]
    doing: str
    nouns: tuple[str, str] = ("file", "files")


def load_files(
    listing: Listing,
    how: Decoding,
    watch: Watch,
    cache_folder: Path | None,
    notes: tuple[str, ...] = (),
) -> Loaded:
    """Decode the files of a listing, or find what they became in the cache.

    Raises
    ------
    UserError: if the cache cannot be written; Cancelled: if the user cancels.
    """
    key = digest([listing.content, *listing.ids, *how.said, str(how.shape), how.dtype, str(how.thumbnail)])
    cache, kept = PixelCache(cache_folder), kept_under(key, listing)
    inputs, thumbnails = cache.load(kept, watch), cache.load(_thumbnail_key(kept), watch)
    if inputs is None or thumbnails is None or len(inputs.pixels) + len(inputs.skipped) != len(listing):
        inputs, thumbnails = _written(listing, how, watch, cache, kept)
    small = np.asarray(thumbnails.pixels, np.uint8) if not len(thumbnails.pixels) else thumbnails.pixels
    notes += (*inputs.notes, *cache.notes("files"))
    return Loaded(inputs.pixels, key, inputs.skipped, listing.items, notes=notes, thumbnails=small)  # type: ignore[arg-type]


def _thumbnail_key(key: str) -> str:
    return f"{key}-thumbnails"


def remarks_told(remarks: Mapping[str, Sequence[str]], one: str, many: str) -> list[str]:
    """Return what is said of items, by what is to be remarked on them: ``2 recordings of silence alone, such as a``."""
    return [f"{several(len(ids), one, many)} {remark}, such as {printable(ids[0])}" for remark, ids in remarks.items()]


def _written(listing: Listing, how: Decoding, watch: Watch, cache: PixelCache, key: str) -> tuple[Entry, Entry]:
    reasons: dict[int, str] = {}
    remarks: dict[str, list[str]] = {}
    lasting = True
    with ExitStack() as stack:
        inputs = stack.enter_context(cache.write(key, how.shape, how.dtype))
        thumbnails = stack.enter_context(cache.write(_thumbnail_key(key), how.thumbnail))

        def sink(index: int, result: Decoded | PictureError) -> None:
            nonlocal lasting
            if isinstance(result, PictureError):
                reasons[index] = result.reason
                lasting = lasting and result.lasting
            else:
                inputs.append(result.input)
                thumbnails.append(result.thumbnail)
                if result.remark:
                    remarks.setdefault(result.remark, []).append(listing.ids[index])

        decode_each(listing.items, how.decode, sink, watch, how.doing)
        if len(reasons) == len(listing):
            none = np.empty((0, *how.shape), dtype=how.dtype)
            return Entry(none, reasons), Entry(np.empty((0, *how.thumbnail), dtype=np.uint8), reasons)
        small = thumbnails.commit(reasons, lasting=lasting)
        return inputs.commit(reasons, lasting=lasting, notes=remarks_told(remarks, *how.nouns)), small
