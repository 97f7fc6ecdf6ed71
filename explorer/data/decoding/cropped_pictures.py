"""Pictures that are parts of others: the boxes of a set of objects, cut while they are read."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from explorer.core.types import IntArray, frozen
from explorer.data.pictures import Pictures, ReadCall

if TYPE_CHECKING:
    from explorer.data.decoding.decode_picture import Whole

Boxes = npt.NDArray[np.float64]

WHOLE = (np.nan, np.nan, np.nan, np.nan)
"""Stands for a box where an item is a picture as it is."""
RELATIVE = (1.0, 1.0)
"""The frame of boxes that are given in shares of the width and the height of their picture."""


@dataclass(frozen=True, slots=True)
class CroppedPictures:
    """Boxes of ``pictures``, an item each; boxes of one picture lie one after another, so that it is decoded once.

    ``source`` (N,) int64: of which picture; ``boxes`` (N, 4) float64: left, top, width, height, upright, or ``WHOLE``;
    ``frames`` (N, 2) float64: width and height of the picture that a box was drawn on, ``RELATIVE``, or 0 where that is
    the picture itself. Use ``cropped`` to make one.
    """

    pictures: Pictures
    source: IntArray
    boxes: Boxes
    frames: Boxes

    def __len__(self) -> int:
        return len(self.source)

    @property
    def said(self) -> str:
        """What stands for the boxes in the digest of a set: other boxes are other pictures."""
        parts: tuple[npt.NDArray[Any], ...] = (self.source, self.boxes, self.frames)
        return "boxes " + "".join(part.tobytes().hex() for part in parts)

    @contextmanager
    def reading(self) -> Iterator[ReadCall]:
        """Give a thread-safe reader; see ``pictures.Pictures``. Each thread keeps the picture that it cut last."""
        from explorer.data.decoding.decode_apart import Decoders, is_apart  # Pillow is loaded when something is decoded
        from explorer.data.decoding.decode_picture import part, whole

        last = threading.local()
        with self.pictures.reading() as read, Decoders() as apart:

            def cut(index: int) -> bytes:
                at = int(self.source[index])
                if np.isnan(self.boxes[index]).all():
                    return read(at)
                kept: tuple[int, Whole] | None = getattr(last, "kept", None)
                box, frame = self.boxes[index].tolist(), self.frames[index].tolist()
                if kept is None or kept[0] != at:
                    data = read(at)
                    if is_apart(data):
                        return apart.cut(data, box, frame)
                    kept = last.kept = (at, whole(data))
                return part(kept[1], box, frame)

            yield cut

    def subset(self, indices: IntArray) -> CroppedPictures:
        """Return the boxes at ``indices`` only."""
        return CroppedPictures(self.pictures, self.source[indices], self.boxes[indices], self.frames[indices])

    def path(self, index: int) -> str:
        """Return where the picture lies that a box is of, and the box."""
        path, box = self.pictures.path(int(self.source[index])), self.boxes[index]
        return path if np.isnan(box).all() else f"{path} [{', '.join(f'{number:g}' for number in box.tolist())}]"


def cropped(
    pictures: Pictures,
    source: Sequence[int] | IntArray,
    boxes: Sequence[Sequence[float]] | Boxes,
    frames: Sequence[Sequence[float]] | Boxes | None = None,
) -> CroppedPictures:
    """Return boxes of pictures; see ``CroppedPictures``. Without ``frames`` they are measured on the pictures."""
    count = len(source)
    at = np.zeros((count, 2)) if frames is None else np.asarray(frames, np.float64).reshape(count, 2)
    cut = np.asarray(boxes, np.float64).reshape(count, 4)
    return CroppedPictures(pictures, frozen(source, np.int64), frozen(cut, np.float64), frozen(at, np.float64))
