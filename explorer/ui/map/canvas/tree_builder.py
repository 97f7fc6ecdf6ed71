"""Builds the quadtree of many points beside the raster thread, so that no picture waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from explorer.core.types import FloatArray

if TYPE_CHECKING:
    from explorer.ui.map.canvas.quadtree import Quadtree


class TreeBuilder:
    """Builds trees, one at a time, and keeps the last one; ``ready`` is called, from its thread, when one is there.

    Raises
    ------
    What went wrong while a tree was built, when it is asked for.
    """

    def __init__(self, ready: Callable[[], None]) -> None:
        self._ready = ready
        self._lock = threading.Lock()
        self._of: FloatArray | None = None
        self._built: Quadtree | Exception | None = None
        self._thread: threading.Thread | None = None

    def tree(self, xy: FloatArray) -> Quadtree | None:
        """Return the tree of these points (N, 2) if it is there; else build it, unless another is being built."""
        with self._lock:
            if self._of is xy and isinstance(self._built, Exception):
                raise self._built
            if self._of is not xy and self._thread is None:
                self._of, self._built = xy, None
                self._thread = threading.Thread(target=self._build, args=(xy,), name="map quadtree", daemon=True)
                self._thread.start()
            return self._built if self._of is xy and not isinstance(self._built, Exception) else None

    def forget(self) -> None:
        """Keep nothing, also not what is being built."""
        with self._lock:
            self._of = self._built = None

    def close(self, deadline: float = 5.0) -> None:
        """Wait for what is being built."""
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join(deadline)

    def _build(self, xy: FloatArray) -> None:
        from explorer.ui.map.canvas.quadtree import Quadtree  # numba

        try:
            built: Quadtree | Exception = Quadtree.of(xy)
        except Exception as error:  # noqa: BLE001  raised again in the raster thread, which reports it
            built = error
        with self._lock:
            self._thread = None
            self._built = built if self._of is xy else None
        self._ready()
