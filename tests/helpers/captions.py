"""Pictures with captions: a thing of some colour and size that stands somewhere, and sentences that say so."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from explorer.core.types import ByteArray

SIDE = 32
COLOURS: Mapping[str, tuple[int, int, int]] = {
    "red": (230, 50, 45),
    "green": (40, 180, 70),
    "blue": (60, 90, 240),
    "yellow": (240, 220, 50),
    "purple": (160, 60, 200),
    "orange": (250, 140, 30),
    "white": (240, 240, 240),
    "turquoise": (60, 210, 210),
}
SIZES = {"small": 13, "large": 21}
PLACES = {"left": (-5, 0), "right": (5, 0), "top": (0, -5), "bottom": (0, 5)}
TEMPLATES = (
    "a photo of a {size} {colour} {thing} at the {place}",
    "a {size} {thing}, {colour}, on the {place} side",
    "at the {place} there is a {colour} {thing}, {size}",
    "one {colour} {thing} that is {size}, near the {place}",
)
Words = dict[str, str]


def shapes() -> dict[str, ByteArray]:
    """Return a few things (28, 28) by name, for tests that have no others."""
    down, right = np.mgrid[-13.5:14:1, -13.5:14:1]
    found = {
        "disc": down**2 + right**2 < 150,
        "box": (abs(down) < 10) & (abs(right) < 10),
        "cross": (abs(down) < 4) | (abs(right) < 4),
        "triangle": (abs(right) * 2 < down + 13) & (down < 11),
    }
    return {name: (mask * 255).astype(np.uint8) for name, mask in found.items()}


def drawn(thing: str, glyph: ByteArray, draw: np.random.Generator) -> tuple[ByteArray, Words]:
    """Return a picture (SIDE, SIDE, 3) of a glyph (h, w), and the words that describe it."""
    words = {"thing": thing}
    for name, values in (("colour", COLOURS), ("size", SIZES), ("place", PLACES)):
        words[name] = str(draw.choice(list(values)))
    side = SIZES[words["size"]]
    small = np.asarray(Image.fromarray(glyph).resize((side, side)), np.float64)[:, :, None] / 255
    right, down = (SIDE - side) // 2 + np.array(PLACES[words["place"]]) + draw.integers(-1, 2, 2)
    right, down = (int(np.clip(at, 0, SIDE - side)) for at in (right, down))
    picture = draw.integers(0, 30, (SIDE, SIDE, 3)).astype(np.float64)
    own = picture[down : down + side, right : right + side]
    picture[down : down + side, right : right + side] = own + small * (np.array(COLOURS[words["colour"]]) - own)
    return picture.astype(np.uint8), words


def captioned_set(
    root: Path,
    glyphs: Sequence[tuple[str, ByteArray]],
    *,
    captions: int = 1,
    held_out: float = 0.0,
    seed: int = 0,
    things: bool = False,
) -> Path:
    """Write pictures of glyphs and the table ``captions.csv``: image, caption, and a row for each of its captions.

    ``held_out``: the share of the pictures at the end that the column split calls test; 0: there is no such column.
    ``things``: with a column of what is in the picture.
    """
    draw = np.random.default_rng(seed)
    (root / "images").mkdir(parents=True, exist_ok=True)
    with (root / "captions.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["image", "caption", *["split"] * bool(held_out), *["thing"] * things])
        for number, (thing, glyph) in enumerate(glyphs):
            picture, words = drawn(thing, glyph, draw)
            name = f"images/{number:05d}.png"
            Image.fromarray(picture).save(root / name)
            part = "test" if number >= round(len(glyphs) * (1 - held_out)) else "train"
            for template in draw.permutation(len(TEMPLATES))[:captions].tolist():
                row = [name, TEMPLATES[template].format(**words)]
                table.writerow([*row, *[part] * bool(held_out), *[thing] * things])
    return root / "captions.csv"


def shape_captions(root: Path, count: int = 40, **options: object) -> Path:
    """Write pictures of four shapes with captions, as ``captioned_set`` does."""
    known = list(shapes().items())
    return captioned_set(root, [known[i % len(known)] for i in range(count)], **options)  # type: ignore[arg-type]
