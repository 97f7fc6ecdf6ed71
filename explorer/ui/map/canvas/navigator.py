"""Pan, zoom, fit and follow: where the canvas looks and how it gets there."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEasingCurve, QObject, QVariantAnimation, Signal, Slot

from explorer.ui.map.canvas.viewport import Bounds, Insets, View

GLIDE_MS = 260
FARTHEST, CLOSEST = 0.25, 2_000.0
LEAST_SHOWN = 0.08
"""The share of the map that is in sight at least where a selection is shown."""
"""Least and greatest scale, as a multiple of the one that shows everything."""


class Navigator(QObject):
    """Holds the view. It follows the layout until the user pans or zooms, and again after ``fit``.

    It can ``lead`` the one of another canvas: both look at one place, whichever of them a hand moves.

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
        self._leader: Navigator | None = None
        self._led: Navigator | None = None
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

    def lead(self, other: Navigator | None) -> None:
        """Let another canvas look where this one does, in its own size, and this one where that is moved; None: none.

        All points of both are kept in sight; to fit, to glide to a part and to zoom by key is this one's for both.
        """
        before, self._led = self._led, other
        if before is not None:
            before._leader = None
            self.changed.disconnect(before._look_there)
            before.changed.disconnect(self._look_there)
        if other is not None:
            other.stop()
            other._leader = self
            other.changed.connect(self._look_there)
            self.changed.connect(other._look_there)
            other._look_there(False)
            self.fit()

    @Slot(bool)
    def _look_there(self, hasty: bool) -> None:
        """Look where the other one of the two does."""
        other = self._leader or self._led
        if other is None:
            return
        there = replace(other.view, width=self.view.width, height=self.view.height)
        if there == self.view:
            return
        if self._led is not None:  # a hand has moved the other one
            self._take_over()
        self._set(there, hasty=hasty)

    @property
    def _whole(self) -> Bounds | None:
        """Where all points are, with those of the canvas that is led."""
        one, other = self.bounds, self._led.bounds if self._led is not None else None
        if one is None or other is None:
            return one or other
        return (min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3]))

    def see(self, bounds: Bounds | None) -> bool:
        """Take notice of where the points are going; return whether the view jumped to them for the first time."""
        self.bounds = bounds
        if bounds is None:
            return False
        if self._leader is not None:
            self._fresh = False
            self._leader._keep_in_sight()
            return False
        if self._fresh:
            self._fresh = False
            self._set(self._fitted(), hasty=False)
            return True
        self._keep_in_sight()
        return False

    def _keep_in_sight(self) -> None:
        if self._following and not self.gliding and self.view.far_from(fitted := self._fitted()):
            self._glide_to(fitted)

    def _fitted(self) -> View:
        whole = self._whole
        return self.view.fitted(whole, self.insets) if whole else self.view

    def fit(self) -> None:
        """Glide to where everything is in sight, and follow the layout again."""
        if self._leader is not None:
            self._leader.fit()
            return
        self._follow(True)
        self._glide_to(self._fitted())

    def unframed(self) -> View:
        """Return the view of a picture of the map alone: where all of it is shown, in the middle of the whole canvas.

        On screen it is beside what floats on the map, which is not on the picture.
        """
        return self.view.fitted(self._whole) if self.following and self._whole is not None else self.view

    def show(self, bounds: Bounds) -> None:
        """Glide to a part of the map, for example a selection; of a single point so much around it that others are."""
        if self._leader is not None:
            self._leader.show(bounds)
            return
        self._follow(False)
        self._glide_to(self._limited(self.view.fitted(self._widened(bounds), self.insets)))

    def _widened(self, bounds: Bounds) -> Bounds:
        whole = self._whole
        if whole is None:
            return bounds
        x0, y0, x1, y1 = bounds
        least = LEAST_SHOWN * max(whole[2] - whole[0], whole[3] - whole[1])
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
        if self._leader is not None:
            self._leader.zoom_by(factor)
            return
        goal = self._to if self.gliding else self.view
        self._follow(False)
        self._glide_to(self._limited(replace(goal, scale=goal.scale * factor)))

    def resize(self, width: int, height: int) -> None:
        """Keep looking at the same place on a canvas of another size."""
        self._glide.stop()
        if self._leader is not None:
            self._set(replace(self._leader.view, width=max(width, 1), height=max(height, 1)), hasty=False)
            return
        view = self.view.resized(width, height)
        if self._following and (whole := self._whole):
            view = view.fitted(whole, self.insets)
        self._set(view, hasty=False)

    def stop(self) -> None:
        """End any glide."""
        self._glide.stop()

    def _limited(self, view: View) -> View:
        bounds = self._whole or (self._leader.bounds if self._leader is not None else None)
        if bounds is None:
            return view
        whole = view.fitted(bounds, self.insets).scale
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
