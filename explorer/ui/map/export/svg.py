"""The map as SVG: points as circles, rings and diamonds, grouped by colour, and what lies over them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from functools import partial
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt

from explorer.core.registry import register
from explorer.core.types import IntArray
from explorer.engine.export.base import SaveChoice
from explorer.ui.map.canvas.scene import DIAMOND, LARGER, RING, RING_FROM, Picture, Style, clear_of
from explorer.ui.map.export.map_picture import DrawnMap, MapPicture
from explorer.ui.map.export.png import image_of, png_of

MOST = 100_000
"""Visible points up to which each is a shape of its own; beyond that they are one embedded picture."""

RIM, RIM_FROM = 0.8, 2.25
"""Width of the rim in the colour of the backdrop, and the radius from which points have one, as they are drawn."""

FADED = 0.28
"""Opacity of points outside the selection."""

Colour = tuple[int, int, int]


@register("map_picture", "svg", title="SVG")
class Svg(MapPicture):
    """The map as shapes that stay sharp."""

    action = "Save the map as SVG"
    tip = "The map as shapes that stay sharp"

    @classmethod
    def choices(cls, width: int, height: int) -> tuple[SaveChoice, ...]:
        """Return the one way."""
        return (SaveChoice("SVG (*.svg)"),)

    def prepare(self, drawn: DrawnMap) -> Callable[[], bytes]:
        """Paint what lies over the points as shapes; the points are written later."""
        picture, style, title, overlays = drawn.picture, drawn.style, drawn.title, drawn.overlays()
        size, clear = drawn.size, drawn.clear
        png = partial(_embedded, clear=clear)
        return lambda: svg_of(
            picture, style, title=title, overlays=overlays, png=png, size=size, scale=drawn.scale, clear=clear
        ).encode()  # fmt: skip


def _embedded(picture: Picture, *, clear: bool) -> bytes:
    return png_of(image_of(picture, clear=clear))


def svg_of(
    picture: Picture, style: Style, *, title: str, overlays: str, png: Callable[[Picture], bytes],
    size: tuple[int, int] | None = None, scale: float = 1.0, clear: bool = False,
) -> str:  # fmt: skip
    """Return the document.

    Parameters
    ----------
    picture, style: the points as they are drawn.
    title: plain text; it is escaped here.
    overlays: SVG elements that lie over and beside the points, in logical pixels.
    png: makes a PNG of the picture, which stands for the points where they are too many.
    size: width and height of the whole in logical pixels, the map being at its upper left; None: of the map.
    scale: how many times as large the map is there.
    clear: there is no ground.
    """
    view = picture.view
    width, height = size or (view.width, view.height)
    box = f"0 0 {width} {height}"
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{width}" height="{height}" viewBox="{box}">',
        f"<title>{escape(_readable(title))}</title>",
    ]
    if not clear:
        lines.append(f'<rect width="{width}" height="{height}" fill="{hexed(style.backdrop)}"/>')
    if scale != 1.0:
        lines.append(f'<g transform="scale({scale:.6g})">')
    items = in_sight(picture, style)
    if len(items) > MOST:
        data = base64.b64encode(png(picture)).decode()
        lines.append(f'<image width="{view.width}" height="{view.height}" xlink:href="data:image/png;base64,{data}"/>')
    else:
        lines += _ghosts(picture, style)
        lines += _points(picture, style, items)
    if scale != 1.0:
        lines.append("</g>")
    return "\n".join([*lines, overlays, "</svg>", ""])


def in_sight(picture: Picture, style: Style, *, hidden: bool = False) -> IntArray:
    """Return the visible items whose point touches the picture, or the ``hidden`` ones."""
    places = picture.view.to_canvas(picture.positions(np.arange(len(style.colours))))
    reach, size = picture.radius + 1.0, np.array([picture.view.width, picture.view.height])
    with np.errstate(invalid="ignore"):
        inside = ((places >= -reach) & (places <= size + reach)).all(axis=1)
    if style.visible is not None:
        inside &= ~style.visible if hidden else style.visible
    return np.flatnonzero(inside)


def _ghosts(picture: Picture, style: Style) -> Iterator[str]:
    """Yield a group with what is hidden in grey, if it is to be seen, as far as these are not too many."""
    items = (
        in_sight(picture, style, hidden=True) if style.ghosts and style.visible is not None else np.empty(0, np.int64)
    )
    if 0 < len(items) <= MOST:
        places = picture.view.to_canvas(picture.positions(items))
        yield f'<g fill="{hexed(style.ghost)}">'
        yield from _shapes(places, np.zeros(len(items), np.uint8), picture.radius, hexed(style.ghost))
        yield "</g>"


def _points(picture: Picture, style: Style, items: IntArray) -> Iterator[str]:
    """Yield a group of shapes for each colour; points of a selection come last and the others are faint."""
    places = picture.view.to_canvas(picture.positions(items))
    colours = style.colours[items]
    shapes = np.zeros(len(items), np.uint8) if style.shapes is None else style.shapes[items]
    shapes = shapes if picture.radius >= RING_FROM else np.zeros_like(shapes)
    rim = RIM if picture.radius >= RIM_FROM else 0.0
    above = np.zeros(len(style.colours), np.bool_)
    if style.highlighted is not None:
        above[style.highlighted] = True
    for top in (False, True):
        palette = clear_of(style.palette, style.backdrop, style.ink) if top else style.palette
        radius = picture.radius + rim / 2 + (LARGER if top else 0.0)
        for colour in np.unique(colours[above[items] == top]).tolist():
            chosen = np.flatnonzero((colours == colour) & (above[items] == top))
            faint = style.highlighted is not None and not top
            opacity = f' opacity="{FADED}"' if faint else ""
            filled = hexed(palette[colour])
            yield f'<g fill="{filled}" stroke="{hexed(style.backdrop)}" stroke-width="{rim:g}"{opacity}>'
            yield from _shapes(places[chosen], shapes[chosen], radius, filled)
            yield "</g>"


def _shapes(
    places: npt.NDArray[np.float64], shapes: npt.NDArray[np.uint8], radius: float, colour: str
) -> Iterator[str]:
    for (x, y), shape in zip(np.round(places, 2).tolist(), shapes.tolist(), strict=True):
        if shape == RING:
            width = radius * 0.5
            yield (
                f'<circle cx="{x:g}" cy="{y:g}" r="{radius - width / 2:g}" fill="none" '
                f'stroke="{colour}" stroke-width="{width:g}"/>'
            )
        elif shape == DIAMOND:
            side = radius * 1.2
            yield f'<path d="M{x:g} {y - side:g}l{side:g} {side:g} {-side:g} {side:g} {-side:g} {-side:g}z"/>'
        else:
            yield f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}"/>'


def hexed(colour: npt.NDArray[np.uint8] | Colour) -> str:
    """Return a colour as ``#rrggbb``."""
    return "#" + "".join(f"{int(part):02x}" for part in colour)


def _readable(text: str) -> str:
    """Return text without what XML cannot hold: control characters and halves of characters."""
    return "".join(c for c in text if c.isprintable())


def inner_of(document: bytes) -> str:
    """Return the elements inside the root of an SVG as text, without its title and description."""
    ElementTree.register_namespace("", "http://www.w3.org/2000/svg")
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    root = ElementTree.fromstring(document)
    kept = [child for child in root if child.tag.rpartition("}")[2] not in ("title", "desc")]
    return "\n".join(ElementTree.tostring(child, encoding="unicode") for child in kept)
