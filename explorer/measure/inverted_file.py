"""Nearly the nearest items through an inverted file (IVF): those in the cells nearest to the query are compared."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from explorer.core.types import FloatArray, IntArray
from explorer.measure.flat_index import FlatIndex, exactly, rows_among, without
from explorer.measure.kernels import read_only
from explorer.measure.lifted_items import true_distances
from explorer.measure.lifts import Lift

_SPARE = 9
_SCANNED = 0.01
"""Share of the items up to which a filter leaves so few that all of them are compared."""

_STALE = 0.5
"""Share of the items that may be new or changed before the cells are made anew."""


_PROBES, _NEAREST = 64, 10
"""Of how many items the recall is measured, and of how many neighbours of each."""


class InvertedFile:
    """An approximate ``Index``; see there for what its methods take and return.

    Of a filter as many more cells are looked into as it leaves fewer items in each; where next to none are left, all
    of these are compared.
    """

    exact = False

    def __init__(self, items: npt.ArrayLike, lift: Lift, *, threads: int = 1) -> None:
        self.lift = lift
        self._flat = FlatIndex(items, lift, threads=threads)
        self._threads = threads
        self._changed = 0
        rows = np.random.default_rng(0).choice(len(self), min(_PROBES, len(self)), replace=False)
        self._probes = (rows, np.asarray(items, np.float32)[rows])
        self._recall = float("nan")
        self._faiss: Any = self._built()

    def __len__(self) -> int:
        return len(self._flat)

    @property
    def recall(self) -> float:
        """Share of the nearest items that it finds, of some that are asked exactly as well; measured once asked for."""
        if np.isnan(self._recall):
            rows, x = self._probes
            true = self._flat.search(x, _NEAREST, exclude=rows)[1]
            found = self.search(x, _NEAREST, exclude=rows)[1]
            self._recall = float((found <= true[:, -1:]).mean())  # one as near as the last is as good as it
        return self._recall

    def search(
        self, x: npt.ArrayLike, k: int, *, exclude: npt.ArrayLike | None = None, among: npt.ArrayLike | None = None
    ) -> tuple[IntArray, FloatArray]:
        """Return nearly the k nearest items of each query, nearest first, equal distances by index."""
        rows = rows_among(among, len(self))
        if rows is not None and len(rows) <= _SCANNED * len(self):
            return self._flat.search(x, k, exclude=exclude, among=rows)
        asked = read_only(self.lift.lift_query(x))
        left_out = np.full(len(asked), -1) if exclude is None else np.asarray(exclude, np.int64)
        wide = min(k + _SPARE, len(self) if rows is None else len(rows))
        indices = self._found(asked, wide, rows)
        distances = true_distances(self.lift, asked, self._flat.items.rows, indices)
        return exactly(k, *without(indices, distances, left_out))

    def distances(self, x: npt.ArrayLike) -> FloatArray:
        """Return the true distance (M,) of every item from one query."""
        return self._flat.distances(x)

    def add(self, x: npt.ArrayLike) -> None:
        """Put items (A, D) behind the others."""
        new = self._flat.items.add(x)
        if not self._rebuilt(len(new)):
            self._use_threads()
            self._faiss.add(new)

    def replace(self, rows: npt.ArrayLike, x: npt.ArrayLike) -> None:
        """Give the items of some rows (R,) new embeddings (R, D)."""
        chosen = np.asarray(rows, np.int64)
        new = self._flat.items.replace(chosen, x)
        if not self._rebuilt(len(new)):
            self._use_threads()
            self._faiss.update_vectors(chosen, new)

    def _rebuilt(self, changed: int) -> bool:
        """Note that so many items are new or changed; make the cells anew where they fit too few of the items."""
        self._changed += changed
        if self._changed <= _STALE * len(self):
            return False
        self._faiss, self._changed, self._recall = self._built(), 0, float("nan")
        return True

    def _built(self) -> Any:
        import faiss

        self._use_threads()
        items = self._flat.items.rows
        cells = max(1, min(int(4 * np.sqrt(len(items))), len(items) // 39))
        metric = faiss.METRIC_L2 if self.lift.metric == "l2" else faiss.METRIC_INNER_PRODUCT
        index: Any = faiss.index_factory(items.shape[1], f"IVF{cells},Flat", metric)
        index.cp.max_points_per_centroid = 64
        index.train(items)
        index.add(items)
        index.make_direct_map()  # so that rows can be replaced
        index.nprobe = max(8, cells // 32)
        return index

    def _found(self, asked: FloatArray, wide: int, rows: IntArray | None) -> IntArray:
        import faiss

        self._use_threads()
        index = self._faiss
        if rows is None:
            return np.asarray(index.search(asked, wide)[1], np.int64)
        allowed = np.zeros(len(self), np.bool_)
        allowed[rows] = True
        bits = np.packbits(allowed, bitorder="little")
        cells = min(index.nlist, int(np.ceil(index.nprobe * len(self) / len(rows))))
        made: Any = faiss  # its types leave out what its classes take by name
        filtered = made.SearchParametersIVF(sel=made.IDSelectorBitmap(bits), nprobe=cells)
        x = np.ascontiguousarray(asked, np.float32)
        scores, found = np.empty((len(x), wide), np.float32), np.empty((len(x), wide), np.int64)
        # not ``search``: whoever imports faiss.contrib.torch_utils has it replaced by one that takes no parameters
        index.search_c(
            len(x), made.swig_ptr(x), wide, made.swig_ptr(scores), made.swig_ptr(found), filtered
        )  # fmt: skip
        return found

    def _use_threads(self) -> None:
        import faiss

        faiss.omp_set_num_threads(self._threads)  # of the calling thread only, hence each time
