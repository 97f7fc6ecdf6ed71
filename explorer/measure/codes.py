"""Codes of a bit a number, in cells, by which faiss finds what may be near (RaBitQ; Gao and Long, SIGMOD 2024).

They are five plain arrays. faiss's own files are neither written nor read: it opens what it is given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from explorer.core.errors import Cancelled
from explorer.core.types import BoolArray, ByteArray, FloatArray, IntArray
from explorer.measure.mapped_rows import MappedRows
from explorer.measure.pairs import never
from explorer.measure.spread import one_thread_a_product

_FEWEST_BITS = 64
"""Bits of a code at least: vectors of fewer numbers are turned into a larger space, in which a bit says more."""
_A_CENTRE = 39, 80
"""Of how many items a centre is the mean at least, and of how many it is at most while the cells are made."""
_ROUNDS = 6


class CodeArrays(NamedTuple):
    """What codes are made of: M rows of D' numbers in C cells.

    ``rotation`` (D', P) float32 with orthonormal rows, ``centres`` (C, P) float32, ``sizes`` (C,) int64 rows of each
    cell, ``codes`` (M, B) uint8 and ``ids`` (M,) int64 cell after cell.
    """

    rotation: FloatArray
    centres: FloatArray
    sizes: IntArray
    codes: ByteArray
    ids: IntArray


class Codes:
    """The codes of lifted rows (M, D'), by their numbers. Not to be asked while it is changed."""

    def __init__(self, rotation: FloatArray, centres: FloatArray, l2: bool, threads: int) -> None:
        import faiss

        self._rotation, self._centres, self._threads = rotation, centres, threads
        metric = faiss.METRIC_L2 if l2 else faiss.METRIC_INNER_PRODUCT
        self._quantiser: Any = faiss.IndexFlat(rotation.shape[1], metric)  # the index only points to it
        # plain arrays: with faiss.contrib.torch_utils, which PyTorch Metric Learning imports, mapped ones are refused
        self._quantiser.add(np.asarray(centres))
        self._index: Any = faiss.IndexIVFRaBitQ(self._quantiser, rotation.shape[1], len(centres), metric)
        self._index.own_fields, self._index.is_trained = False, True

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return len(self._centres)

    @classmethod
    def of(cls, rows: MappedRows, l2: bool, *, threads: int = 1, cancelled: Callable[[], bool] = never) -> Codes:
        """Return the codes of rows, whose numbers are their places.

        Raises
        ------
        Cancelled: if ``cancelled()`` turns true.
        """
        import faiss

        faiss.omp_set_num_threads(threads)
        generator = np.random.default_rng(0)
        cells = max(1, min(int(np.sqrt(len(rows))), len(rows) // _A_CENTRE[0]))
        some = np.sort(generator.choice(len(rows), min(len(rows), _A_CENTRE[1] * cells), replace=False))
        with one_thread_a_product():
            rotation = _rotation(rows.take(some[:1]).shape[1], generator)
            means: Any = faiss.Kmeans(rotation.shape[1], cells, niter=_ROUNDS, seed=1)
            means.train(np.asarray(rows.take(some) @ rotation))
            made = cls(rotation, means.centroids, l2, threads)
            for start, piece in rows.pieces():
                if cancelled():
                    raise Cancelled
                made.add(np.arange(start, start + len(piece)), piece)
        return made

    @classmethod
    def from_arrays(cls, arrays: CodeArrays, l2: bool, *, threads: int = 1) -> Codes:
        """Return the codes that arrays hold.

        Raises
        ------
        ValueError: if these do not fit each other.
        """
        import faiss

        rotation, centres, sizes, codes, ids = arrays
        made, count = cls(rotation, centres, l2, threads), len(ids)
        if (len(sizes), int(sizes.sum()), codes.shape) != (len(centres), count, (count, made._index.code_size)):
            raise ValueError("codes and cells do not fit each other")
        if sizes.min(initial=0) < 0 or not np.bincount(ids, minlength=count).all():
            raise ValueError("codes do not name each row once")
        start = 0
        for cell, size in enumerate(sizes.tolist()):
            if size:
                held = (
                    np.ascontiguousarray(ids[start : start + size]),
                    np.ascontiguousarray(codes[start : start + size]),
                )
                made._index.invlists.add_entries(cell, size, *(faiss.swig_ptr(each) for each in held))
            start += size
        made._index.ntotal = count
        return made

    def sizes(self) -> IntArray:
        """Return how many rows each cell has (C,)."""
        return np.array([self._index.invlists.list_size(cell) for cell in range(self.cells)], np.int64)

    def arrays(self) -> CodeArrays:
        """Return what ``from_arrays`` takes."""
        import faiss

        sizes, made = self.sizes(), self._index
        codes, ids = np.empty((sizes.sum(), made.code_size), np.uint8), np.empty(sizes.sum(), np.int64)
        start = 0
        for cell, size in enumerate(sizes.tolist()):
            if size:
                own = faiss.rev_swig_ptr(made.invlists.get_codes(cell), size * made.code_size)
                codes[start : start + size] = own.reshape(size, -1)
                ids[start : start + size] = faiss.rev_swig_ptr(made.invlists.get_ids(cell), size)
            start += size
        return CodeArrays(self._rotation, self._centres, sizes, codes, ids)

    def add(self, ids: IntArray, rows: FloatArray) -> None:
        """Take further lifted rows (A, D')."""
        self._use_threads()
        self._index.add_with_ids(np.ascontiguousarray(rows @ self._rotation), np.ascontiguousarray(ids, np.int64))

    def replace(self, ids: IntArray, rows: FloatArray) -> None:
        """Give some rows new codes."""
        import faiss

        self._index.remove_ids(faiss.IDSelectorBatch(np.ascontiguousarray(ids, np.int64)))
        self.add(ids, rows)

    def nearest(self, asked: FloatArray, wide: int, cells: int, allowed: BoolArray | None) -> IntArray:
        """Return what is nearest by its code (Q, ``wide``) in the ``cells`` nearest to each lifted query (Q, D').

        ``allowed`` (M,): which rows may be found. Rows end in -1 where there are fewer.
        """
        import faiss

        self._use_threads()
        made: Any = faiss  # its types leave out what its classes take by name
        how = made.IVFRaBitQSearchParameters()
        how.nprobe, how.qb = min(cells, self.cells), 8
        if allowed is not None:
            bits = np.packbits(allowed, bitorder="little")
            selector = made.IDSelectorBitmap(bits)  # held here as long as it is pointed to, as the bits are
            how.sel = selector
        x = np.ascontiguousarray(asked @ self._rotation, np.float32)
        scores, found = np.empty((len(x), wide), np.float32), np.empty((len(x), wide), np.int64)
        # not ``search``: whoever imports faiss.contrib.torch_utils has it replaced by one that takes no parameters
        self._index.search_c(len(x), made.swig_ptr(x), wide, made.swig_ptr(scores), made.swig_ptr(found), how)
        return found

    def _use_threads(self) -> None:
        import faiss

        faiss.omp_set_num_threads(self._threads)  # of the calling thread only, hence each time


def _rotation(numbers: int, generator: np.random.Generator) -> npt.NDArray[np.float32]:
    """Return a random turn (D', P) into a space of as many or more numbers, a multiple of 8.

    Without it a bit stands for an axis, and what differs along few axes, as principal components do, is lost.
    """
    wide = max(_FEWEST_BITS, -(-numbers // 8) * 8)
    turned = np.linalg.qr(generator.normal(size=(wide, wide)))[0]
    return np.ascontiguousarray(turned[:numbers], np.float32)
