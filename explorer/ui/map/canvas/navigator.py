"""Pan, zoom, fit and follow: where the canvas looks and how it gets there."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEasingCurve, QObject, QVariantAnimation, Signal

from explorer.ui.map.canvas.viewport import Bounds, Insets, View

GLIDE_MS = 260
FARTHEST, CLOSEST = 0.25, 2_000.0
LEAST_SHOWN = 0.08
"""The share of the map that is in sight at least where a selection is shown."""
"""Least and greatest scale, as a multiple of the one that shows everything."""


class Navigator(QObject):
    """Holds the view. It follows the layout until the user pans or zooms, and again after ``fit``.

    Signals
    -------
    changed(hasty): the view is another; ``hasty`` while a hand or a glide moves it.
    following_changed(following): whether the view follows the layout.
    """

    changed = Signal(bool)
    following_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.view = View()
        self.bounds: Bounds | None = None
        self.insets: Insets = (0.0, 0.0, 0.0, 0.0)
        self._following = True
        self._fresh = True
        self.still = False  # nothing glides: the view jumps
        self._from = self._to = self.view
        self._glide = QVariantAnimation(self)
        self._glide.setStartValue(0.0)
        self._glide.setEndValue(1.0)
        self._glide.setDuration(GLIDE_MS)
        self._glide.setEasingCurve(QEasingCurve.Type.InOutCubic)
        self._glide.valueChanged.connect(self._on_glide)

    @property
    def following(self) -> bool:
        """Whether the view keeps all points in sight while they move."""
        return self._following

    @property
    def gliding(self) -> bool:
        """Whether the view is on its way to another place."""
        return self._glide.state() == QVariantAnimation.State.Running

    @property
    def zoom(self) -> float:
        """The scale as a multiple of the one that shows everything."""
        return self.view.scale / self.view.fitted(self.bounds, self.insets).scale if self.bounds else 1.0

    def reset(self) -> None:
        """Forget the points: the next ones are fitted at once."""
        self._glide.stop()
        self.bounds, self._fresh = None, True
        self._follow(True)

    def see(self, bounds: Bounds | None) -> bool:
        """Take notice of where the points are going; return whether the view jumped to them for the first time."""
        self.bounds = bounds
        if bounds is None:
            return False
        fitted = self.view.fitted(bounds, self.insets)
        if self._fresh:
            self._fresh = False
            self._set(fitted, hasty=False)
            return True
        if self._following and not self.gliding and self.view.far_from(fitted):
            self._glide_to(fitted)
        return False

    def fit(self) -> None:
        """Glide to where everything is in sight, and follow the layout again."""
        self._follow(True)
        if self.bounds:
            self._glide_to(self.view.fitted(self.bounds, self.insets))

    def show(self, bounds: Bounds) -> None:
        """Glide to a part of the map, for example a selection; of a single point so much around it that others are."""
        self._follow(False)
        self._glide_to(self._limited(self.view.fitted(self._widened(bounds), self.insets)))

    def _widened(self, bounds: Bounds) -> Bounds:
        if self.bounds is None:
            return bounds
        x0, y0, x1, y1 = bounds
        least = LEAST_SHOWN * max(self.bounds[2] - self.bounds[0], self.bounds[3] - self.bounds[1])
        across, up = max(least - (x1 - x0), 0.0) / 2, max(least - (y1 - y0), 0.0) / 2
        return x0 - across, y0 - up, x1 + across, y1 + up

    def pan(self, right: float, down: float) -> None:
        """Move the picture by so many logical pixels."""
        self._take_over()
        self._set(self.view.panned(right, down), hasty=True)

    def zoom_at(self, factor: float, left: float, top: float) -> None:
        """Enlarge around a position of the canvas."""
        self._take_over()
        limited = self._limited(replace(self.view, scale=self.view.scale * factor)).scale / self.view.scale
        self._set(self.view.zoomed(limited, left, top), hasty=True)

    def zoom_by(self, factor: float) -> None:
        """Glide to a larger or smaller scale around the middle."""
        goal = self._to if self.gliding else self.view
        self._follow(False)
        self._glide_to(self._limited(replace(goal, scale=goal.scale * factor)))

    def resize(self, width: int, height: int) -> None:
        """Keep looking at the same place on a canvas of another size."""
        self._glide.stop()
        view = self.view.resized(width, height)
        if self._following and self.bounds:
            view = view.fitted(self.bounds, self.insets)
        self._set(view, hasty=False)

    def stop(self) -> None:
        """End any glide."""
        self._glide.stop()

    def _limited(self, view: View) -> View:
        if self.bounds is None:
            return view
        whole = view.fitted(self.bounds, self.insets).scale
        return replace(view, scale=min(max(view.scale, FARTHEST * whole), CLOSEST * whole))

    def _take_over(self) -> None:
        self._glide.stop()
        self._follow(False)

    def _follow(self, following: bool) -> None:
        if following != self._following:
            self._following = following
            self.following_changed.emit(following)

    def _glide_to(self, view: View) -> None:
        self._glide.stop()
        self._from, self._to = self.view, view
        if self.still:
            self._set(view, hasty=False)
        else:
            self._glide.start()

    def _on_glide(self, share: float) -> None:
        self._set(self._from.towards(self._to, share), hasty=True)

    def _set(self, view: View, *, hasty: bool) -> None:
        if view != self.view:
            self.view = view
            self.changed.emit(hasty)
