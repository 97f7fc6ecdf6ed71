"""Where the canvas looks: a centre, a scale, and the arithmetic of panning, zooming and fitting."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

FIT_SHARE = 0.9
"""Share of the free part of the canvas that the points fill when all are shown; the rest is margin."""

Bounds = tuple[float, float, float, float]
"""``(x0, y0, x1, y1)`` in map units, ``x0 <= x1`` and ``y0 <= y1``."""

Insets = tuple[float, float, float, float]
"""Left, top, right and bottom strips of the canvas, in logical pixels, that are covered by something else."""


@dataclass(frozen=True, slots=True)
class View:
    """A look at the map: its ``centre``, ``scale`` in logical pixels a map unit, and the canvas in logical pixels.

    The map's y axis points up, the canvas's down. Both axes have the same scale.
    """

    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    width: int = 1
    height: int = 1

    def to_canvas(self, xy: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Return where the map points ``xy`` (…, 2) lie on the canvas, in logical pixels."""
        point = np.asarray(xy, np.float64)
        left = (point[..., 0] - self.x) * self.scale + self.width / 2
        top = (self.y - point[..., 1]) * self.scale + self.height / 2
        return np.stack([left, top], axis=-1)

    def to_map(self, left: float, top: float) -> tuple[float, float]:
        """Return the map point under a canvas position."""
        return self.x + (left - self.width / 2) / self.scale, self.y - (top - self.height / 2) / self.scale

    def panned(self, right: float, down: float) -> View:
        """Return the view after the picture was dragged by so many logical pixels."""
        return replace(self, x=self.x - right / self.scale, y=self.y + down / self.scale)

    def zoomed(self, factor: float, left: float, top: float) -> View:
        """Return the view enlarged by ``factor`` with the map point under ``(left, top)`` staying where it is."""
        x, y = self.to_map(left, top)
        scale = self.scale * factor
        return replace(self, scale=scale, x=x - (left - self.width / 2) / scale, y=y + (top - self.height / 2) / scale)

    def resized(self, width: int, height: int) -> View:
        """Return the same look on a canvas of another size; the scale follows the smaller side."""
        width, height = max(width, 1), max(height, 1)
        factor = min(width, height) / min(self.width, self.height)
        return replace(self, width=width, height=height, scale=self.scale * factor)

    def fitted(self, bounds: Bounds, insets: Insets = (0.0, 0.0, 0.0, 0.0)) -> View:
        """Return the view that shows ``bounds`` whole, centred in what is free, with a margin."""
        x0, y0, x1, y1 = bounds
        across, up = max(x1 - x0, 1e-9), max(y1 - y0, 1e-9)
        left, top, right, bottom = insets
        free_width = max(self.width - left - right, self.width / 3)
        free_height = max(self.height - top - bottom, self.height / 3)
        scale = FIT_SHARE * min(free_width / across, free_height / up)
        x = (x0 + x1) / 2 - (left - right) / 2 / scale
        return replace(self, x=x, y=(y0 + y1) / 2 + (top - bottom) / 2 / scale, scale=scale)

    def towards(self, other: View, share: float) -> View:
        """Return the view ``share`` (0 to 1) of the way to ``other``; the scale changes geometrically."""
        return replace(
            other,
            x=self.x + (other.x - self.x) * share,
            y=self.y + (other.y - self.y) * share,
            scale=self.scale * (other.scale / self.scale) ** share,
        )

    def far_from(self, fitted: View, tolerance: float = 0.025) -> bool:
        """Whether this view differs from ``fitted`` by more than ``tolerance`` of the canvas or of the scale."""
        shift = max(abs(self.x - fitted.x) / self.width, abs(self.y - fitted.y) / self.height) * fitted.scale
        return shift > tolerance or abs(np.log(self.scale / fitted.scale)) > 2 * tolerance
