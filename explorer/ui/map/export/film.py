"""A run as a film: the map of every kept step, with the points travelling between them. Nothing here needs Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from explorer.core.class_colours import class_colours, on_light
from explorer.core.errors import Cancelled, UserError
from explorer.core.registry import Parameters, Scalar, parameter, register
from explorer.core.tally import tally
from explorer.core.types import ByteArray
from explorer.engine.export.base import Export, ItemTable, SaveChoice, Subject, needs_package, written_whole
from explorer.engine.jobs import Control
from explorer.ui.map.canvas.scene import DIAMOND, DISC, RING, Motion, Picture, Style
from explorer.ui.map.canvas.viewport import Bounds, View
from explorer.ui.map.export.film_writers import GifWriter, Mp4Writer

if TYPE_CHECKING:
    from PIL.Image import Image

LOOKS: dict[str, dict[str, tuple[int, int, int]]] = {
    "dark": {
        "background": (14, 17, 22),
        "text": (231, 235, 241),
        "muted": (152, 163, 179),
        "disabled": (106, 115, 128),
    },
    "light": {"background": (238, 240, 243), "text": (26, 32, 41), "muted": (86, 97, 112), "disabled": (145, 152, 162)},
}
LOOKS["white"] = {**LOOKS["light"], "background": (255, 255, 255)}
"""The colours of the themes that a film needs; white is for slides and paper."""

REST_SECONDS = 1.0
"""How long the last map stays, within the length of the film."""

CAPTION = 34
"""Height of the strip below the map in which the step stands, at 600 pixels; it grows with the picture."""

OF_MP4 = ("imageio", "imageio-ffmpeg")
LISTED = 12
"""Classes that the legend names at most."""


@register("export", "film", title="Film of the run")
class Film(Export):
    """The run as a film: the map of every kept step, the points travelling from each to the next.

    A .gif, or an .mp4 with the extra ``video``. Points have the colours of their classes, held-out ones are rings, or
    diamonds where their class was never trained on; below stand the step and recall@1.
    """

    endings = (".gif", ".mp4")
    formats = ("GIF", "MP4", "video")
    of = "run"
    action = "Save the run as a film"
    tip = "Play every kept map of the run into a file"
    choices = (
        SaveChoice("GIF, 800 × 600 (*.gif)", {"width": 800, "height": 600}),
        SaveChoice("GIF, 480 × 360 (*.gif)", {"width": 480, "height": 360}),
        SaveChoice("MP4, 1280 × 720 (*.mp4)", {"width": 1280, "height": 720, "fps": 30}, needs=OF_MP4),
        SaveChoice("MP4, 1920 × 1080 (*.mp4)", {"width": 1920, "height": 1080, "fps": 30}, needs=OF_MP4),
    )

    class Params(Parameters):
        """Parameters of the film."""

        width: int = parameter(800, "Width of the picture", minimum=160, maximum=3840, step=2, unit="px")
        height: int = parameter(600, "Height of the picture", minimum=120, maximum=2160, step=2, unit="px")
        seconds: float = parameter(10.0, "How long the film lasts", minimum=1.0, maximum=600.0, unit="s")
        fps: int = parameter(15, "Pictures a second", minimum=1, maximum=50)
        theme: str = parameter("dark", "Dark, light, or letters on white", choices=("dark", "light", "white"))
        legend: bool = parameter(True, "Name the classes, up to 12 of them")

    def check(self, path: Path) -> None:
        """Raise a ``UserError`` where the name has another ending, or a package is missing for an .mp4."""
        super().check(path)
        if path.suffix.lower() == ".mp4":
            needs_package("writing .mp4", *OF_MP4)

    def write(self, path: Path, subject: Subject, control: Control) -> dict[str, Scalar]:
        """Write the film, a picture at a time."""
        self.check(path)
        params = self.params
        size = (params.width - params.width % 2, params.height - params.height % 2)  # as most video codecs want it
        drawing = _Drawing(subject, size, LOOKS[params.theme], self.tr, legend=params.legend)
        count = max(round(params.seconds * params.fps), len(subject.steps))
        rest = min(round(REST_SECONDS * params.fps), count // 3)

        def record(beside: Path) -> None:
            make = GifWriter if path.suffix.lower() == ".gif" else Mp4Writer
            with make(beside, size, params.fps, drawing.samples()) as writer:
                for number, picture in enumerate(drawing.pictures(count - rest, rest)):
                    if control.cancelled():
                        raise Cancelled
                    control.progress("", number, count)
                    writer.add(picture)

        written_whole(path, record)
        return {"frames": count, "steps": len(subject.steps), "width": size[0], "height": size[1]}


class _Drawing:
    """Draws the pictures of a film; holds two maps at a time."""

    def __init__(
        self,
        subject: Subject,
        size: tuple[int, int],
        look: dict[str, tuple[int, int, int]],
        tr: Callable[..., str],
        *,
        legend: bool,
    ) -> None:
        from explorer.ui.map.canvas.raster import Rasteriser  # numba: not before a film is wanted

        self._subject, self._look, self._size, self.tr = subject, look, size, tr
        self._unit = size[1] / 600
        self._style = _style(subject.items, look)
        self._rasteriser = Rasteriser()
        self._legend = _legend(subject.items, look, tr) if legend else []
        width, height = size
        self._bounds = self._all_bounds()
        beside = 6.0 + 7.0 * max((len(name) for name, _ in self._legend), default=0) + 24.0 * bool(self._legend)
        strip = 0.0, 0.0, beside * self._unit, max(CAPTION * self._unit, 22.0)
        self._view = View(width=width, height=height).fitted(self._bounds, strip)

    def _all_bounds(self) -> Bounds:
        """Return the box around all maps."""
        low, high = np.full(2, np.inf), np.full(2, -np.inf)
        for step in self._subject.steps:
            xy = self._subject.frame(step).xy
            xy = xy[np.isfinite(xy).all(axis=1)]
            if len(xy):
                low, high = np.minimum(low, xy.min(axis=0)), np.maximum(high, xy.max(axis=0))
        if not np.isfinite(low).all():
            raise UserError("The run has no points to be filmed")
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    def _still(self, step: int) -> Motion:
        frame = self._subject.frame(step)
        return Motion.nowhere(len(self._subject.items)).towards(frame.indices, frame.xy, 0.0, 0.0)

    def samples(self) -> list[ByteArray]:
        """Return a few pictures that show all the colours there will be."""
        steps = self._subject.steps
        return [self._picture(self._still(step), 0.0, step) for step in dict.fromkeys((steps[0], steps[-1]))]

    def pictures(self, moving: int, resting: int) -> Iterator[ByteArray]:
        """Yield ``moving`` pictures (H, W, 3) from the first map to the last, and that ``resting`` times more."""
        steps = self._subject.steps
        motion, at = self._still(steps[0]), 0
        for number in range(moving):
            place = number / max(moving - 1, 1) * (len(steps) - 1)
            part = min(int(place), max(len(steps) - 2, 0))
            if len(steps) > 1 and (part != at or number == 0):
                here, there = steps[part], self._subject.frame(steps[part + 1])
                motion, at = self._still(here).towards(there.indices, there.xy, 0.0, 1.0), part
            share = min(max(place - part, 0.0), 1.0)
            yield self._picture(motion, share * share * (3.0 - 2.0 * share), steps[round(place)])
        last = self._picture(self._still(steps[-1]), 0.0, steps[-1])
        for _ in range(resting):
            yield last

    def _picture(self, motion: Motion, now: float, step: int) -> ByteArray:
        from PIL import Image

        drawn = self._rasteriser.draw(motion, self._style, self._view, now=now, bounds=self._bounds)
        image = Image.fromarray(rgb_of(drawn))
        self._rasteriser.recycle(drawn)
        self._write_caption(image, step)
        self._write_legend(image)
        return np.asarray(image)

    def _write_caption(self, image: Image, step: int) -> None:
        from PIL import ImageDraw, ImageFont

        draw, unit = ImageDraw.Draw(image), self._unit
        font = ImageFont.load_default(max(11.0, 15 * unit))
        base = self._size[1] - max(12 * unit, 8.0)
        text = self.tr("step {step:,}", step=step)
        draw.text((16 * unit, base), text, fill=self._look["text"], font=font, anchor="ls")
        known = [s for s in self._subject.recall if s <= step]
        if known:
            longest = self.tr("step {step:,}", step=self._subject.steps[-1])
            left = 16 * unit + draw.textlength(f"{longest}   ", font=font)
            recall = self.tr("recall@1 {recall:.3f}", recall=self._subject.recall[max(known)])
            draw.text((left, base), recall, fill=self._look["muted"], font=font, anchor="ls")

    def _write_legend(self, image: Image) -> None:
        from PIL import ImageDraw, ImageFont

        if not self._legend:
            return
        draw, unit = ImageDraw.Draw(image), self._unit
        font = ImageFont.load_default(max(10.0, 13 * unit))
        line, dot = max(15.0, 19 * unit), max(3.0, 4 * unit)
        wide = max(draw.textlength(name, font=font) for name, _ in self._legend)
        left, top = self._size[0] - wide - 14 * unit, 18 * unit
        for row, (name, colour) in enumerate(self._legend):
            middle = top + row * line
            if colour is not None:
                centre = left - 3 * dot
                draw.ellipse((centre - dot, middle - dot, centre + dot, middle + dot), fill=colour)
            draw.text((left, middle), name, fill=self._look["muted"], font=font, anchor="lm")


def rgb_of(picture: Picture) -> ByteArray:
    """Return the visible pixels of a drawn picture, (H, W, 3) uint8."""
    rows = picture.pixels[: (picture.height + 2 * picture.margin) * picture.stride].reshape(-1, picture.stride)
    seen = rows[picture.margin : picture.margin + picture.height, picture.margin : picture.margin + picture.width]
    return np.stack([seen >> 16 & 255, seen >> 8 & 255, seen & 255], axis=-1).astype(np.uint8)


def _seen(colours: ByteArray, look: dict[str, tuple[int, int, int]]) -> ByteArray:
    """Return colours (K, 3) as they are seen on the ground of a look."""
    return colours if look is LOOKS["dark"] else on_light(colours)


def _style(items: ItemTable, look: dict[str, tuple[int, int, int]]) -> Style:
    """Return how the items are drawn: classes as colours, held-out ones as rings or diamonds."""
    classes = len(items.class_names)
    palette = _seen(np.concatenate([class_colours(classes), np.array([look["disabled"]], np.uint8)]), look)
    labels = np.where(items.labels < 0, classes, items.labels)
    held, train = np.zeros((2, len(items)), np.bool_)
    held[items.parts.rows_of("held-out")] = True
    train[items.parts.rows_of("train")] = True
    seen = np.zeros(classes + 1, np.bool_)
    seen[labels[train]] = True
    shapes = np.where(held, np.where(seen[labels], RING, DIAMOND), DISC).astype(np.uint8)
    return Style(labels.astype(np.uint16), palette, look["background"], look["text"], shapes=shapes)


def _legend(
    items: ItemTable, look: dict[str, tuple[int, int, int]], tr: Callable[..., str]
) -> list[tuple[str, tuple[int, int, int] | None]]:
    """Return names and colours of the largest classes in their order, and how many more there are."""
    counts = tally(items.labels, len(items.class_names))[1:]
    present = np.flatnonzero(counts)
    shown = np.sort(present[np.argsort(-counts[present], kind="stable")[:LISTED]])
    colours = _seen(class_colours(len(items.class_names)), look)
    entries: list[tuple[str, tuple[int, int, int] | None]] = [
        (_short(items.class_names[k]), (int(colours[k][0]), int(colours[k][1]), int(colours[k][2])))
        for k in shown.tolist()
    ]
    left = len(present) - len(shown)
    return [*entries, (tr("+{left:,} more", left=left), None)] if left else entries


def _short(name: str, most: int = 22) -> str:
    plain = "".join(c if c.isprintable() else "?" for c in name)
    return plain if len(plain) <= most else plain[: most - 1] + "…"
