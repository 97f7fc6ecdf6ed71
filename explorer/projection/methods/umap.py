"""UMAP in motion, as a projection."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import model_validator

from explorer.core.errors import UserError
from explorer.core.registry import Parameters, parameter, register
from explorer.core.types import FloatArray, IntArray
from explorer.measure.lifts import Lift
from explorer.projection.methods.base import Frame
from explorer.projection.methods.still import never


@register("projection", "umap", title="UMAP, live", reference="McInnes, Healy and Melville 2018")
class Umap:
    """Neighbours stay neighbours: one continuous motion that follows the embeddings while they are trained.

    Starts from PCA; every snapshot swaps the neighbour graph under the points and lets them move as far as it changed.
    """

    class Params(Parameters):
        """Parameters of the projection."""

        neighbours: int = parameter(
            15,
            "How many nearest items count as near: few show fine structure, many the large one",
            minimum=2,
            maximum=200,
            logarithmic=True,
        )
        min_dist: float = parameter(
            0.1, "How close points may come on the map: 0 packs them most densely", minimum=0.0, maximum=3.0, step=0.05
        )
        spread: float = parameter(
            1.0, "How far apart clusters lie, in the same units", minimum=0.1, maximum=5.0, step=0.1, advanced=True
        )
        label_weight: float = parameter(
            0.0,
            "Labels pull: how strongly items of one class are drawn together",
            minimum=0.0,
            maximum=1.0,
            step=0.05,
            zero="off",
        )

        @model_validator(mode="after")
        def _has_a_curve(self) -> Umap.Params:
            if self.min_dist >= 3 * self.spread:
                raise UserError(
                    f"A minimum distance of {self.min_dist:g} does not fit a spread of {self.spread:g}",
                    remedy="The minimum distance has to be less than three times the spread",
                )
            return self

    def __init__(self, params: Params, *, seed: int = 0) -> None:
        from explorer.projection.live_layout import LiveLayout  # here, since it brings numba, and a form needs none

        self.params = params
        self._live = LiveLayout(
            neighbours=params.neighbours,
            min_dist=params.min_dist,
            spread=params.spread,
            label_weight=params.label_weight,
            seed=seed,
        )

    @property
    def calm(self) -> bool:
        """Whether the points only drift."""
        return self._live.calm

    @property
    def done(self) -> bool:
        """Whether there is nothing to move: no graph yet, cooled down, or frozen."""
        return self._live.done

    def freeze(self, frozen_now: bool = True) -> None:
        """Keep the points where they are, or let them go on."""
        self._live.freeze(frozen_now)

    def settle(self) -> None:
        """Heat up as for a first layout and let go."""
        self._live.settle()

    def hold(self, items: IntArray) -> None:
        """Keep these items (H,) where they are while the others move; none: let all go."""
        self._live.hold(items)

    def remember(self, indices: IntArray, xy: FloatArray) -> None:
        """Begin where an earlier map ended."""
        self._live.remember(indices, xy)

    def place(self, indices: IntArray, x: FloatArray, lift: Lift) -> Frame:
        """Put items (M,) with embeddings (M, D) on the map at once, new ones where PCA says."""
        return self._live.place(indices, x, lift)

    def swap(
        self,
        indices: IntArray,
        x: FloatArray,
        lift: Lift,
        *,
        labels: IntArray | None = None,
        cancelled: Callable[[], bool] = never,
    ) -> None:
        """Put the neighbour graph of a new snapshot under the points; ``labels`` (M,) are the classes that pull.

        Raises
        ------
        Cancelled: if ``cancelled()`` turns true; nothing was changed then.
        """
        self._live.swap(indices, x, lift, labels=labels, cancelled=cancelled)

    def epoch(self) -> None:
        """Move every point by one epoch; nothing when there is nothing to move."""
        self._live.epoch()

    def frame(self) -> Frame:
        """Return the map as it is, turned and shifted so that it lies on the last frame."""
        return self._live.frame()
