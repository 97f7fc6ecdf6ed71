"""Real data where the checkout has it beside it, and small picture folders made on the spot."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.core.recipe import DataOptions
from explorer.core.types import ByteArray
from explorer.data.listing import CancelledCall, Listing, Watch, never, silent
from explorer.data.opening import DEFAULT_OPTIONS, listing_of

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"


def real_data(name: str) -> Path:
    """Return the path of real data, for example ``omniglot.zip``; skips the test where it is missing."""
    path = (DATA / name).resolve()
    if not path.exists():
        pytest.skip(f"needs ../shared/data/{name} beside the checkout")
    return path


def picture(seed: int, height: int = 12, width: int = 12, channels: int = 3) -> ByteArray:
    """Return (height, width, channels) random pixels."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)


def save_picture(path: Path, pixels: ByteArray) -> Path:
    """Write (H, W, C) pixels, C 1 or 3, as the format that the name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(path)
    return path


def picture_folder(root: Path, classes: Mapping[str, int], *, side: int = 12, channels: int = 3) -> Path:
    """Make a folder of class folders of PNGs: ``classes`` gives how many pictures each (sub)folder holds.

    The pictures of a class share a pattern under noise, so that they can be told apart.
    """
    for number, (name, count) in enumerate(classes.items()):
        pattern = picture(1000 + number, side, side, channels).astype(np.int64)
        for index in range(count):
            noise = picture(number * 7919 + index, side, side, channels).astype(np.int64)
            pixels = ((3 * pattern + noise) // 4).astype(np.uint8)
            save_picture(root / name / f"{index:03d}.png", pixels)
    return root


def scanned(path: str, options: DataOptions = DEFAULT_OPTIONS, *, cancelled: CancelledCall = never) -> Listing:
    """Return what a source lists, before anything is decoded."""
    return listing_of(path, options, Watch(silent, cancelled))
