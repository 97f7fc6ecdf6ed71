"""What every way of laying out is: points that are placed, given a new snapshot, and moved by one epoch at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol, runtime_checkable

from explorer.core.types import FloatArray, IntArray
from explorer.measure.lifts import Lift


class Frame(NamedTuple):
    """One picture of the map: ``xy`` (M, 2) of the items ``indices`` (M,), both read-only.

    ``epoch`` counts since the graph was last swapped; ``method`` is the registered name of what placed the points:
    ``pca`` until a live layout first moved.
    """

    indices: IntArray
    xy: FloatArray
    epoch: int
    graph_recall: float
    method: str


class Layout(Protocol):
    """A map that follows snapshots. ``swap`` may run in one thread while ``epoch`` and ``frame`` run in another."""

    @property
    def calm(self) -> bool:
        """Whether the points only drift: one epoch a frame is enough then."""
        ...

    @property
    def done(self) -> bool:
        """Whether there is nothing to move: no snapshot yet, cooled down, or frozen."""
        ...

    def freeze(self, frozen_now: bool = True) -> None:
        """Keep the points where they are, or let them go on."""
        ...

    def settle(self) -> None:
        """Let go, so that the epochs that follow run to convergence."""
        ...

    def hold(self, items: IntArray) -> None:
        """Keep these items (H,) where they are while the others move; none: let all go."""
        ...

    def remember(self, indices: IntArray, xy: FloatArray) -> None:
        """Begin where an earlier map ended: items (M,) start at ``xy`` (M, 2), and frames are registered to that."""
        ...

    def place(self, indices: IntArray, x: FloatArray, lift: Lift) -> Frame:
        """Put items (M,) with embeddings (M, D) on the map at once, without compiled code, and return the frame."""
        ...

    def swap(
        self,
        indices: IntArray,
        x: FloatArray,
        lift: Lift,
        *,
        labels: IntArray | None = None,
        cancelled: Callable[[], bool] = ...,
    ) -> None:
        """Take a new snapshot of items (M,) with embeddings (M, D) and classes ``labels`` (M,), −1 where unknown.

        Raises
        ------
        Cancelled: if ``cancelled()`` turns true; nothing was changed then. UserError: if these cannot be laid out so.
        """
        ...

    def epoch(self) -> None:
        """Move every point by one epoch; nothing when there is nothing to move."""
        ...

    def frame(self) -> Frame:
        """Return the map as it is, turned and shifted so that it lies on the last frame."""
        ...


@runtime_checkable
class OfTriplets(Protocol):
    """A layout that looks at given triplets and not at embeddings."""

    def take(self, triplets: IntArray) -> None:
        """Lay out by these triplets (T, 3) of items, anchor, nearer and farther, from the next snapshot on."""
        ...
