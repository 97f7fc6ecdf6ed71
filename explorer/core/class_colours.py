"""The colours of classes, told apart by as many readers as possible; nothing here needs Qt."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from explorer.core.types import ByteArray, frozen

FIRST_COLOURS = (
    "#e69f00",
    "#56b4e9",
    "#009e73",
    "#f0e442",
    "#3f7fd6",
    "#d55e00",
    "#cc79a7",
    "#9a9fa8",
    "#8f6bd0",
    "#84bd3a",
)
"""The eight of Okabe and Ito (2008), told apart by colour-blind readers, with a lighter blue and grey for black, to
show on dark; and two more, so that sets of ten classes stay calm."""

FIRST_ON_LIGHT = (
    "#b87a00",
    "#478fc2",
    "#008570",
    "#858f52",
    "#295ccc",
    "#c2470a",
    "#d65ca3",
    "#526670",
    "#8f66d6",
    "#1f7a00",
)
"""The same ones on light, each near its hue: with each of the three colour blindnesses (Machado, Oliveira and
Fernandes, 2009) every two of them are at least 0.05 apart in Oklab (Ottosson, 2020)."""

COLOURS = 256
"""So many values have colours of their own; after them these repeat."""

LIGHT_GROUND, CLEAR_OF_LIGHT = (238, 240, 243), 3.02
"""The darkest ground that is light, and the contrast (WCAG 2.2) that colours of classes have with it at least."""


@lru_cache(maxsize=1)
def _distinct_colours() -> ByteArray:
    """Return 256 colours (256, 3): the first ten, then the Glasbey colours that are far from what is already used."""
    from colorcet import glasbey_bw_minc_20_minl_30 as glasbey

    first = np.array([_parts(hexed) for hexed in FIRST_COLOURS], dtype=np.float64)
    rest = np.asarray(glasbey, dtype=np.float64).reshape(-1, 3) * 255.0
    apart = np.linalg.norm(rest[:, None] - first[None], axis=2).min(axis=1)
    readable = (rest @ np.array([0.299, 0.587, 0.114]) > 60) & (rest @ np.array([0.299, 0.587, 0.114]) < 225)
    order = np.argsort(~(readable & (apart > 55)), kind="stable")
    return np.concatenate([first, rest[order]])[:COLOURS].round().astype(np.uint8)


def on_light(colours: ByteArray) -> ByteArray:
    """Return colours of classes (…, 3) as they are seen on a light ground, uint8; those that are, stay as they are.

    The first ten have others of their hue, the rest are darkened until their contrast with the ground is enough.
    """
    flat = np.ascontiguousarray(colours).reshape(-1, 3)
    most = (_luminance(np.array(LIGHT_GROUND, np.uint8)) + 0.05) / CLEAR_OF_LIGHT - 0.05
    share = np.minimum(most / np.maximum(_luminance(flat), 1e-9), 1.0)
    linear = _linear(flat) * share[:, None]
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.cbrt(linear) ** (3 / 2.4) - 0.055)
    shown = np.where(share[:, None] < 1.0, np.floor(encoded * 255.0), flat).astype(np.uint8)
    for dark, light in zip(FIRST_COLOURS, FIRST_ON_LIGHT, strict=True):
        shown[(flat == _parts(dark)).all(axis=1)] = _parts(light)
    return shown.reshape(colours.shape)


def _parts(hexed: str) -> tuple[int, int, int]:
    red, green, blue = (int(hexed[place : place + 2], 16) for place in (1, 3, 5))
    return red, green, blue


def _linear(colours: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    parts = colours / 255.0
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def _luminance(colours: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Return the relative luminance of colours (…, 3), 0 to 1."""
    return np.asarray(_linear(colours) @ np.array([0.2126, 0.7152, 0.0722]))


def class_colours(n: int) -> ByteArray:
    """Return a colour for each of ``n`` classes, uint8 (n, 3), read-only.

    Okabe–Ito to 8, two more, then Glasbey, Ivic and Glasbey (2007) to 256, then the same again.
    """
    return frozen(_distinct_colours()[np.arange(n) % COLOURS], np.uint8)
