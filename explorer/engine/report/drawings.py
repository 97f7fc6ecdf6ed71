"""Drawings of a report, each a text that stands in the page: pictures and the map as data URIs, curves as SVG."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence

import numpy as np

from explorer.core.class_colours import class_colours, on_light
from explorer.core.types import UNLABELLED, ByteArray, FloatArray, IntArray, Projection

MAP_WIDTH, MAP_HEIGHT, MAP_EDGE = 1200, 800, 24
UNLABELLED_COLOUR = (150, 150, 155)
PICTURE_SIDE = 72
CURVES_WIDTH, CURVES_HEIGHT, CURVES_EDGE = 640, 220, 40
INK, LINES = "#777777", "#bbbbbb"
"""Of words and of frames, to be seen on a light and on a dark page."""

TEXT = 'font-family="sans-serif" font-size="12" fill'
FRAME = f'fill="none" stroke="{LINES}"'

CURVE_COLOURS = ("#3f7fd6", "#009e73", "#d55e00", "#8f6bd0")

Curve = tuple[str, Sequence[float], Sequence[float]]
"""A name, steps and values."""


def picture(pixels: ByteArray) -> str:
    """Return a picture (H, W, C) uint8, C 1 or 3, as a data URI; small ones are enlarged in whole pixels."""
    from PIL import Image

    image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    factor = PICTURE_SIDE / max(image.size)
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    return _uri(image.resize(size, Image.Resampling.NEAREST if factor > 1 else Image.Resampling.LANCZOS))


def map_picture(projection: Projection, labels: IntArray, classes: int) -> str:
    """Return the map of a run as a data URI, each point in the colour of its class; ``labels``: of all items."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (MAP_WIDTH, MAP_HEIGHT), (255, 255, 255))
    draw = ImageDraw.Draw(image)
    colours = on_light(class_colours(max(1, classes))).tolist()
    radius = float(np.clip(60 / np.sqrt(max(1, len(projection.indices))), 2, 5))
    at = placed(projection.xy)
    for (x, y), label in zip(at.tolist(), labels[projection.indices].tolist(), strict=True):
        colour = UNLABELLED_COLOUR if label == UNLABELLED else tuple(colours[label % len(colours)])
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    return _uri(image)


def map_legend(names: Sequence[str]) -> str:
    """Return which colour of the map each class has, in the order of the classes."""
    colours = on_light(class_colours(max(1, len(names)))).tolist()
    marks = (
        f'<span style="color: #{red:02x}{green:02x}{blue:02x}">●</span> <bdi>{html.escape(name)}</bdi>'
        for name, (red, green, blue) in zip(names, colours, strict=True)
    )
    return " &nbsp; ".join(marks)


def placed(xy: FloatArray) -> FloatArray:
    """Return where points (M, 2) of a map are in its picture, y upwards, with one scale for both axes."""
    low, high = xy.min(axis=0), xy.max(axis=0)
    extent = np.maximum(high - low, 1e-6)
    room = np.array([MAP_WIDTH, MAP_HEIGHT]) - 2 * MAP_EDGE
    scale = float((room / extent).min())
    middle = (low + high) / 2
    flipped = (xy - middle) * np.array([scale, -scale]) + np.array([MAP_WIDTH, MAP_HEIGHT]) / 2
    return np.asarray(flipped, np.float32)


def curves(lines: Sequence[Curve]) -> str:
    """Return lines over the steps as SVG, the range of values at the left; empty where no line has two points.

    It looks the same on a light and on a dark page, and needs no style of it.
    """
    known = [
        (name, np.asarray(steps, float), np.asarray(values, float)) for name, steps, values in lines if len(steps) > 1
    ]
    if not known:
        return ""
    steps = np.concatenate([at for _, at, _ in known])
    values = np.concatenate([value for _, _, value in known])
    low, high = float(values.min()), float(values.max())
    high = high if high > low else low + 1e-3
    width, height = CURVES_WIDTH - 2 * CURVES_EDGE, CURVES_HEIGHT - 2 * CURVES_EDGE
    span = max(1.0, float(steps.max() - steps.min()))
    parts = [
        f'<svg viewBox="0 0 {CURVES_WIDTH} {CURVES_HEIGHT}" role="img">',
        f'<rect x="{CURVES_EDGE}" y="{CURVES_EDGE}" width="{width}" height="{height}" {FRAME}/>',
        f'<text x="4" y="{CURVES_EDGE + 4}" {TEXT}="{INK}">{high:.3g}</text>',
        f'<text x="4" y="{CURVES_EDGE + height}" {TEXT}="{INK}">{low:.3g}</text>',
        f'<text x="{CURVES_EDGE + width}" y="{CURVES_HEIGHT - 20}" text-anchor="end" {TEXT}="{INK}">'
        f"step {steps.max():,.0f}</text>",
    ]
    for place, (name, at, value) in enumerate(known):
        colour = CURVE_COLOURS[place % len(CURVE_COLOURS)]
        x = CURVES_EDGE + (at - steps.min()) / span * width
        y = CURVES_EDGE + (high - value) / (high - low) * height
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x.tolist(), y.tolist(), strict=True))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="{CURVES_EDGE + place * 150}" y="20" {TEXT}="{colour}">{html.escape(name)}</text>')
    return "".join([*parts, "</svg>"])


def _uri(image: object) -> str:
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)  # type: ignore[attr-defined]
    return f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode('ascii')}"
