"""The curves of a protocol as SVG, on the axes of their kind: DET on normal deviates, ROC, CMC and the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from explorer.engine.report.drawings import Curve
from explorer.evaluation.curves import CurveKind, Doubles, Range, drawn, extent, kind_of, ticks

SIDE, LEFT, TOP, FOOT = 260, 44, 44, 40
TICKS = 6

Line = tuple[str, Doubles, Doubles]
"""What a line is called, and its points as they are drawn."""


class _Axis(NamedTuple):
    """Where a range of an axis lies in the picture, in its units."""

    range: Range
    start: float
    end: float

    def at(self, place: float) -> float:
        low, high = self.range
        return self.start + (place - low) / (high - low) * (self.end - self.start)


def protocol_curve(name: str, lines: Sequence[Curve]) -> str:
    """Return a curve of a protocol as SVG, one line for each of what is compared; empty where none has a point.

    Parameters
    ----------
    name: of the curve, as in ``Measured.curves``. lines: what each is called, its x and its y.
    """
    kind = kind_of(name)
    known = [(title, *drawn((x, y), kind)) for title, x, y in lines]
    known = [line for line in known if len(line[1])]
    if not known:
        return ""
    across, upwards = extent([(x, y) for _, x, y in known], kind)
    axes = _Axis(across, LEFT, LEFT + SIDE), _Axis(upwards, TOP + SIDE, TOP)
    width, height = LEFT + SIDE + 12, TOP + SIDE + FOOT
    head = f'<svg class="plot" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(kind.title)}">'
    parts = [*_frame(kind, width, height), *_ticks(kind, axes), *_lines(known, axes, width)]
    return "".join([head, *parts, "</svg>"])


def _frame(kind: CurveKind, width: int, height: int) -> Iterator[str]:
    unit = " in %" if kind.y_scale != "rank" else ""
    yield f'<rect x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}" class="frame"/>'
    yield f'<text x="0" y="14">{escape(kind.title)}</text>'
    yield f'<text x="0" y="{TOP - 10}">{escape(kind.y)}{unit}</text>'
    unit = " in %" if kind.x_scale != "rank" else ""
    yield f'<text x="{LEFT + SIDE / 2:.0f}" y="{height - 6}" text-anchor="middle">{escape(kind.x)}{unit}</text>'


def _ticks(kind: CurveKind, axes: tuple[_Axis, _Axis]) -> Iterator[str]:
    across, upwards = axes
    for place, text in ticks(*across.range, kind.x_scale, TICKS):
        x = across.at(place)
        yield f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{TOP + SIDE}" class="tick"/>'
        yield f'<text x="{x:.1f}" y="{TOP + SIDE + 16}" text-anchor="middle">{text}</text>'
    for place, text in ticks(*upwards.range, kind.y_scale, TICKS):
        y = upwards.at(place)
        yield f'<line x1="{LEFT}" y1="{y:.1f}" x2="{LEFT + SIDE}" y2="{y:.1f}" class="tick"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{text}</text>'


def _lines(lines: Sequence[Line], axes: tuple[_Axis, _Axis], width: int) -> Iterator[str]:
    across, upwards = axes
    inside = f'<clipPath id="inside"><rect x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}"/></clipPath>'
    yield inside
    for place, (title, xs, ys) in enumerate(lines):
        at = zip(xs.tolist(), ys.tolist(), strict=True)
        points = " ".join(f"{across.at(x):.1f},{upwards.at(y):.1f}" for x, y in at)
        yield f'<polyline points="{points}" class="line{place % 4}" clip-path="url(#inside)"/>'
        yield (
            f'<text x="{width - 12}" y="{14 + 16 * place}" text-anchor="end" class="name{place % 4}">'
            f"{escape(title)}</text>"
        )
