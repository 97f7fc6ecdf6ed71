"""Clips: a few frames of each, spread evenly over it, one below the other as on a strip of film."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions, Part
from explorer.core.registry import register
from explorer.core.types import ByteArray, IntArray
from explorer.data.decoding.clip_files import ENDINGS, ClipShape, check_installed
from explorer.data.decoding.clips_apart import ClipDecoders
from explorer.data.decoding.decode_each import spread
from explorer.data.decoding.decode_picture import ColourFoundError, chosen_size
from explorer.data.decoding.load_files import Decoded, Decoding, load_files
from explorer.data.listing import Listing, Watch
from explorer.data.modalities.base import Inputs, Loaded, Modality, Shape
from explorer.data.modalities.pictures import shrunk
from explorer.data.names import several
from explorer.data.pictures import LARGEST_FILE, WHITE, PictureError

FRAMES = 8
SAMPLED = 24
THUMBNAIL = 72
FULL = 512
GAP = 2
BETWEEN = 24
"""Grey of what is between the four frames of a preview."""
VERSION = "clips 1"

_PART = re.compile(r"^(.+?)[ _\-.]*(?:part|clip|segment|seg|chunk|scene|shot)[ _\-.]*\d+$", re.IGNORECASE)
_GROUP = re.compile(r"^(.+_g\d+)_c\d+$")
"""As UCF101 and others call them: group and clip."""


def source_of(name: str) -> str:
    """Return the recording of which a clip is a part by its name, empty where that says none."""
    folder, slash, last = name.rpartition("/")
    found = _GROUP.match(stem := last.rpartition(".")[0]) or _PART.match(stem)
    return f"{folder}{slash}{found[1]}" if found else ""


@register("modality", "video", title="Clips")
class Video(Modality):
    """Strips (N, F · S, S, C) uint8 of F frames of one size, C 1 or 3, mapped from the cache."""

    name = "video"
    noun = "clip"
    plural = "clips"
    raw = "raw pixels of all frames"
    from_files = True
    asked_by = ENDINGS
    encoder = Part(name="frames")
    encoder_reads = frozenset({"video"})
    augment = "clips"
    moves = "plays"
    options = ("frames", "size", "colour")
    when_unlabelled = (
        "put each class in a folder of its own, or train without: the loss VICReg (vicreg), or InfoNCE / NT-Xent "
        "(nt_xent) with two views"
    )

    def described(self, shape: Shape) -> str:
        """Return what clips of this shape are."""
        height, side, channels = shape
        colour = "grey" if channels == 1 else "colour"
        return f"clips of {several(height // side, 'frame')} of {side} × {side} pixels, {colour}"

    def opened_alike(self, shape: Shape) -> str:
        """Return with what options other data get this shape."""
        return "data.frames, data.size and data.colour of the first"

    def alike(self, options: DataOptions, shape: Shape) -> DataOptions:
        """Return the options with the frames, the size and the colour of a shape."""
        height, side, channels = shape
        colour = "grey" if channels == 1 else "rgb"
        return options.model_copy(update={"frames": height // side, "size": side, "colour": colour})

    def columns(self, ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Return the recordings from which clips were cut, where their names say that of some."""
        sources = [source_of(name) for name in ids]
        return {"source": sources} if any(sources) else {}

    def load(self, listing: Listing, options: DataOptions, watch: Watch, cache_folder: Path | None) -> Loaded:
        """Decode the frames of every clip, or find them in the cache."""
        check_installed()
        shape = _chosen(listing, options, watch)
        try:
            return _loaded(listing, shape, watch, cache_folder)
        except ColourFoundError:  # in few clips, and in none of the sample
            return _loaded(listing, ClipShape(shape.frames, shape.size, 3), watch, cache_folder)

    def read(self, path: Path, shape: Shape, white: int = WHITE) -> Inputs:
        """Decode one clip as those of a dataset of that ``shape`` are."""
        shown = printable(str(path))
        try:
            if not path.is_file():
                raise UserError(f"{shown} is not a file", remedy="Give one clip")
            if path.stat().st_size > LARGEST_FILE:
                raise UserError(f"{shown} is larger than {LARGEST_FILE >> 20} MB", remedy="Cut it")
            return self.decoded(path.read_bytes(), shape, str(path))
        except OSError as error:
            raise UserError(f"{shown} cannot be read: {error.strerror or error}", remedy="Give another file") from error

    def decoded(self, encoded: bytes, shape: Shape, name: str, white: int = WHITE) -> Inputs:
        """Decode the content of one clip."""
        check_installed()
        height, side, channels = shape
        try:
            with ClipDecoders() as decoders:
                frames = decoders.decode(encoded, ClipShape(height // side, side, channels))
        except PictureError as error:
            raise UserError(f"{printable(name)} cannot be read: {error.reason}", remedy="Give another clip") from error
        return frames.reshape(1, *shape)

    def rows(self, inputs: Inputs, items: IntArray | None = None, *, like: Inputs | None = None) -> Inputs:
        """Return the pixels of all frames as rows (N, P) uint8, the longer side of a frame at most 32."""
        strips = np.asarray(inputs if items is None else inputs[items], np.uint8)
        frames = frames_of(strips)
        return shrunk(frames.reshape(-1, *frames.shape[2:])).reshape(len(strips), -1)

    def previews(self, inputs: Inputs) -> ByteArray | None:
        """Return four frames of each clip in a square."""
        strips = np.asarray(inputs, np.uint8)
        return np.stack([four(frames, THUMBNAIL) for frames in frames_of(strips)])

    def moving(self, item: Inputs, encoded: bytes | None) -> ByteArray:
        """Return the frames of a clip."""
        frames: ByteArray = frames_of(np.asarray(item[np.newaxis], np.uint8))[0]
        return frames

    def full_picture(self, encoded: bytes, white: int = WHITE) -> ByteArray:
        """Return four frames of a clip in a square of 512 pixels."""
        check_installed()
        with ClipDecoders() as decoders:
            return four(decoders.decode(encoded, ClipShape(4, (FULL - GAP) // 2, 3)), FULL)


def frames_of(strips: ByteArray) -> ByteArray:
    """Return the frames (N, F, S, S, C) of strips (N, F · S, S, C)."""
    count, height, side, channels = strips.shape
    return strips.reshape(count, height // side, side, side, channels)


def four(frames: ByteArray, side: int) -> ByteArray:
    """Return four of the frames (F, S, S, C), spread evenly, in a square (side, side, C), in the order of reading."""
    half = (side - GAP) // 2
    places = ((np.arange(half) + 0.5) * (frames.shape[1] / half)).astype(np.int64)
    square = np.full((side, side, frames.shape[3]), BETWEEN, np.uint8)
    for at, frame in enumerate(np.linspace(0, len(frames) - 1, 4).round().astype(np.int64)):
        top, left = (at // 2) * (side - half), (at % 2) * (side - half)
        square[top : top + half, left : left + half] = frames[frame][places][:, places]
    return square


def _chosen(listing: Listing, options: DataOptions, watch: Watch) -> ClipShape:
    """Return what every clip becomes: as asked for, else by a sample spread over them, as for pictures."""
    grey, size = options.colour == "grey", options.size
    if not size or options.colour == "auto":
        sides, greys = [], []
        with listing.items.reading() as read, ClipDecoders(watch.cancelled) as decoders:
            for index in spread(len(listing), SAMPLED):
                watch.check()
                try:
                    side, is_grey = decoders.examine(read(index))
                except PictureError:
                    continue  # found again, and reported, when it is decoded
                sides.append(side)
                greys.append(is_grey)
        grey = all(greys) and bool(greys) if options.colour == "auto" else grey
        size = size or chosen_size(np.array(sides, dtype=np.int64), grey=grey)
    return ClipShape(options.frames or FRAMES, size, 1 if grey else 3, guessed=options.colour == "auto")


def _loaded(listing: Listing, shape: ClipShape, watch: Watch, cache_folder: Path | None) -> Loaded:
    strip = (shape.frames * shape.size, shape.size, shape.channels)

    preview = (THUMBNAIL, THUMBNAIL, shape.channels)
    notes: tuple[str, ...] = (f"{several(shape.frames, 'frame')} of each clip, spread evenly over it (data.frames)",)
    if listing.columns.get("source"):
        notes = (*notes, "Clips that their names call parts of one recording stay in one part of the split")
    with ClipDecoders(watch.cancelled) as decoders:

        def clip(encoded: bytes) -> Decoded:
            frames = decoders.decode(encoded, shape)
            return Decoded(frames.reshape(strip), four(frames, THUMBNAIL))

        how = Decoding(clip, strip, "uint8", preview, (VERSION,), "Reading clips")
        return load_files(listing, how, watch, cache_folder, notes)
