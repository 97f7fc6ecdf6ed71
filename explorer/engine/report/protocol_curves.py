"""The curves of a protocol as SVG, on the axes of their kind: DET on normal deviates, ROC, CMC and the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple

from explorer.engine.report.drawings import CURVE_COLOURS, FRAME, INK, LINES, TEXT, Curve
from explorer.evaluation.curves import CurveKind, Doubles, Range, drawn, extent, kind_of, ticks

SIDE, LEFT, TOP, FOOT = 260, 44, 80, 40
TICKS = 6

Point = tuple[float, float]

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
    head = (
        f'<svg class="plot" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(kind.title)}"><g {TEXT}="{INK}">'
    )
    parts = [*_frame(kind, width, height), *_ticks(kind, axes), *_lines(known, axes, width)]
    return "".join([head, *parts, "</g></svg>"])


def _frame(kind: CurveKind, width: int, height: int) -> Iterator[str]:
    unit = " in %" if kind.y_scale != "rank" else ""
    yield f'<rect x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}" {FRAME}/>'
    yield f'<text x="0" y="14">{escape(kind.title)}</text>'
    yield f'<text x="0" y="{TOP - 10}">{escape(kind.y)}{unit}</text>'
    unit = " in %" if kind.x_scale != "rank" else ""
    yield f'<text x="{LEFT + SIDE / 2:.0f}" y="{height - 6}" text-anchor="middle">{escape(kind.x)}{unit}</text>'


def _ticks(kind: CurveKind, axes: tuple[_Axis, _Axis]) -> Iterator[str]:
    across, upwards = axes
    for place, text in ticks(*across.range, kind.x_scale, TICKS):
        x = across.at(place)
        yield f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{TOP + SIDE}" stroke="{LINES}" stroke-opacity="0.4"/>'
        yield f'<text x="{x:.1f}" y="{TOP + SIDE + 16}" text-anchor="middle">{text}</text>'
    for place, text in ticks(*upwards.range, kind.y_scale, TICKS):
        y = upwards.at(place)
        yield f'<line x1="{LEFT}" y1="{y:.1f}" x2="{LEFT + SIDE}" y2="{y:.1f}" stroke="{LINES}" stroke-opacity="0.4"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{text}</text>'


def _lines(lines: Sequence[Line], axes: tuple[_Axis, _Axis], width: int) -> Iterator[str]:
    across, upwards = axes
    for place, (title, xs, ys) in enumerate(lines):
        colour = CURVE_COLOURS[place % len(CURVE_COLOURS)]
        at = [(across.at(x), upwards.at(y)) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)]
        for part in _inside(at):
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in part)
            yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
        yield f'<text x="{width - 12}" y="{14 + 16 * place}" fill="{colour}" text-anchor="end">{escape(title)}</text>'


def _inside(points: Sequence[Point]) -> Iterator[list[Point]]:
    """Return the parts of a line that lie in the frame: not every program that draws SVG knows how to clip."""
    part: list[Point] = []
    for start, end in pairwise(points):
        first, last = _entered(start, end)
        if first > last:
            continue
        a, b = (tuple(s + share * (e - s) for s, e in zip(start, end, strict=True)) for share in (first, last))
        if not part or part[-1] != a:
            if part:
                yield part
            part = [(a[0], a[1])]
        part.append((b[0], b[1]))
    if part:
        yield part


def _entered(start: Point, end: Point) -> tuple[float, float]:
    """Return between which shares of its length a segment is in the frame; first > last: nowhere (Liang and Barsky)."""
    first, last = 0.0, 1.0
    for s, e, low, high in ((start[0], end[0], LEFT, LEFT + SIDE), (start[1], end[1], TOP, TOP + SIDE)):
        step = e - s
        if step == 0:
            if not low <= s <= high:
                return 1.0, 0.0
            continue
        enters, leaves = sorted(((low - s) / step, (high - s) / step))
        first, last = max(first, enters), min(last, leaves)
    return first, last
