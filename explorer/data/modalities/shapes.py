"""Shapes: meshes and sets of points, each the same number of points in the unit ball; shown as shaded pictures."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions, Part
from explorer.core.registry import register
from explorer.core.types import ByteArray, IntArray
from explorer.data.decoding.load_files import Decoded, Decoding, load_files
from explorer.data.decoding.shape_files import MESHES, POINT_SETS, Shape3D, check_installed, read_shape
from explorer.data.decoding.shape_pictures import picture_of, turntable
from explorer.data.decoding.shape_points import d2_histograms, in_unit_ball, sampled
from explorer.data.listing import Listing, Watch
from explorer.data.modalities.base import Inputs, Loaded, Modality, Shape
from explorer.data.names import suffix
from explorer.data.pictures import LARGEST_FILE, WHITE, PictureError

POINTS = 1024
FEWEST = 16
THUMBNAIL = 64
FULL = 320
TURNS, TURNED = 24, 112
"""Pictures of a shape from all around, and their side."""
VERSION = "shapes 3"
UPRIGHT_NOTE = "The second axis of OBJ and GLB files is taken for up, the third of others"
SIZE_NOTE = "Every shape is centred and scaled to the unit ball: its size does not count"


@register("modality", "shapes", title="Shapes")
class Shapes(Modality):
    """Points (N, P, 1, 3) float32 on surfaces, x, y, z in the unit ball, z up: the same of a file in every run."""

    name = "shapes"
    noun = "shape"
    plural = "shapes"
    raw = "D2 shape distribution"
    from_files = True
    asked_by = MESHES | POINT_SETS
    in_folders = frozenset({".npy"})
    encoder = Part(name="pointnet")
    encoder_reads = frozenset({"shapes"})
    other_encoders = ("multi_view",)
    augment = "shapes"
    moves = "turns"
    options = ("points",)
    when_unlabelled = (
        "put each class in a folder of its own, or train without: the loss VICReg (vicreg), or InfoNCE / NT-Xent "
        "(nt_xent) with two views"
    )

    def described(self, shape: Shape) -> str:
        """Return what shapes of so many points are."""
        return f"shapes of {shape[0]:,} points"

    def opened_alike(self, shape: Shape) -> str:
        """Return with what options other data get this shape."""
        return f"data.points={shape[0]}"

    def alike(self, options: DataOptions, shape: Shape) -> DataOptions:
        """Return the options with the number of points of a shape."""
        return options.model_copy(update={"points": shape[0]})

    def load(self, listing: Listing, options: DataOptions, watch: Watch, cache_folder: Path | None) -> Loaded:
        """Sample the points of every file, and draw it."""
        endings = Counter(suffix(name) for name in listing.ids)
        check_installed(frozenset(endings))
        count = max(options.points or POINTS, FEWEST)

        def decode(encoded: bytes) -> Decoded:
            found = read_shape(encoded)
            points = in_unit_ball(sampled(found, count)[0])[:, np.newaxis]
            return Decoded(points, picture_of(found, THUMBNAIL), found.remark)

        shape, small, nouns = (count, 1, 3), (THUMBNAIL, THUMBNAIL, 3), (self.noun, self.plural)
        how = Decoding(decode, shape, "float32", small, (VERSION,), "Reading shapes", nouns)
        notes: tuple[str, ...] = (f"{count:,} points are drawn from each surface by its area (data.points)", SIZE_NOTE)
        if endings[".obj"] + endings[".glb"]:
            notes = (*notes, UPRIGHT_NOTE)
        return load_files(listing, how, watch, cache_folder, notes)

    def read(self, path: Path, shape: Shape, white: int = WHITE) -> Inputs:
        """Sample the points of one file as those of a dataset of that ``shape`` are."""
        shown = printable(str(path))
        try:
            if not path.is_file():
                raise UserError(f"{shown} is not a file", remedy="Give one shape")
            if path.stat().st_size > LARGEST_FILE:
                raise UserError(f"{shown} is too large for a shape", remedy="Give another shape")
            return self.decoded(path.read_bytes(), shape, str(path))
        except OSError as error:
            raise UserError(f"{shown} cannot be read: {error.strerror or error}", remedy="Give another file") from error

    def decoded(self, encoded: bytes, shape: Shape, name: str, white: int = WHITE) -> Inputs:
        """Sample the points of the content of one file."""
        check_installed(frozenset({suffix(name)}))
        try:
            points, _ = sampled(read_shape(encoded), shape[0])
        except PictureError as error:
            raise UserError(f"{printable(name)} cannot be read: {error.reason}", remedy="Give another shape") from error
        return in_unit_ball(points)[np.newaxis, :, np.newaxis]

    def rows(self, inputs: Inputs, items: IntArray | None = None, *, like: Inputs | None = None) -> Inputs:
        """Return the D2 shape distribution of each (Osada et al. 2002), which no turn changes."""
        chosen = inputs if items is None else inputs[items]
        return d2_histograms(np.asarray(chosen[:, :, 0], np.float32))

    def previews(self, inputs: Inputs) -> ByteArray | None:
        """Draw the points of a few shapes, such as one from outside, whose surface is not there any more."""
        none = np.empty((0, 3), np.int64)
        drawn = [picture_of(Shape3D(np.asarray(points[:, 0], np.float64), none), THUMBNAIL) for points in inputs]
        return np.stack(drawn) if drawn else np.empty((0, THUMBNAIL, THUMBNAIL, 3), np.uint8)

    def moving(self, item: Inputs, encoded: bytes | None) -> ByteArray:
        """Draw a shape from all around, its surface where there is one."""
        if encoded is None:
            found = Shape3D(np.asarray(item[:, 0], np.float64), np.empty((0, 3), np.int64))
        else:
            found = read_shape(encoded)
        return turntable(found, TURNED, tuple(np.arange(TURNS) * (2 * np.pi / TURNS)))

    def full_picture(self, encoded: bytes, white: int = WHITE) -> ByteArray:
        """Draw a shape at 320 pixels a side."""
        return picture_of(read_shape(encoded), FULL)
