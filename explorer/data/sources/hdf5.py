"""Vectors in HDF5: the sets of ann-benchmarks, and cells as AnnData keeps them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions
from explorer.core.registry import Parameters, register
from explorer.core.text_column import TextColumn
from explorer.data.bids import LAST, SEEN, Bid
from explorer.data.formats.anndata_file import is_anndata, not_read, read_anndata
from explorer.data.formats.hdf5file import array, copied, is_hdf5, opened_hdf5
from explorer.data.formats.vectors import Found, check_memory, check_shape, listing_of, safe
from explorer.data.labels.part_names import SPLIT_COLUMN
from explorer.data.listing import Listing, Watch

if TYPE_CHECKING:
    import h5py

CELLS = ".h5ad"
ENDINGS = frozenset({".hdf5", ".h5", ".hdf", CELLS})
DISTANCES = {"angular": "cosine", "cosine": "cosine", "euclidean": "euclidean"}
"""What ann-benchmarks calls a distance, and what it is called here."""


@register("source", "hdf5", title="HDF5")
class Hdf5Source:
    """Vectors in HDF5.

    Of ann-benchmarks: ``train`` is the gallery and ``test`` the queries; the true ``neighbors`` are no data.
    AnnData (``.h5ad``): a vector a cell, from ``obsm/X_pca``, else ``X``, dense or sparse; the columns of ``obs``
    beside it, of which the cell type is the class.
    """

    def __init__(self, params: Parameters) -> None:
        self.params = params

    @classmethod
    def bid(cls, spec: str, options: DataOptions) -> Bid | None:
        """Bid for a file of HDF5; see ``listing.Source``."""
        path = Path(spec)
        if path.suffix.lower() not in ENDINGS or not path.is_file():
            return None
        if not is_hdf5(path):
            return Bid(LAST, "a file with an ending of HDF5 that does not begin as one")
        return Bid(SEEN, "cells in AnnData" if path.suffix.lower() == CELLS else "arrays in HDF5")

    def listing(self, spec: str, options: DataOptions, watch: Watch) -> Listing:
        """List a file; see ``listing.Source``."""
        path = Path(spec).absolute()
        watch.progress("Reading vectors", 0, 0)
        with opened_hdf5(path) as file:
            if array(file, "train") is not None and array(file, "test") is not None:
                found = _of_benchmark(path, file, watch)
            elif is_anndata(file):
                found = read_anndata(path, file, options.label_column, watch)
            else:
                raise not_read(path, file)
        return listing_of(path, found, options.label_separator, watch)


def _of_benchmark(path: Path, file: h5py.File, watch: Watch) -> Found:
    shown = printable(str(path))
    train, test = array(file, "train", 2), array(file, "test", 2)
    distance = file.attrs.get("distance", "")
    name = distance.decode("utf-8", "replace") if isinstance(distance, bytes) else str(distance)
    if train is None or test is None or train.shape[1] != test.shape[1] or train.dtype.kind == "b":
        raise UserError(
            f"{shown} holds sets or bits, compared by {printable(name) or 'an unknown distance'}, and no vectors",
            remedy="Take a set whose distance is euclidean or angular",
        )
    count, width = train.shape[0] + test.shape[0], train.shape[1]
    check_shape(shown, (count, width), train.dtype)
    check_memory(shown, 8 * count * width)
    vectors = np.empty((count, width), np.float32)
    copied(train, vectors[: train.shape[0]], watch)
    copied(test, vectors[train.shape[0] :], watch)
    parts = (("gallery", "train", train.shape[0]), ("query", "test", test.shape[0]))
    found = Found(vectors)
    found.columns[SPLIT_COLUMN] = TextColumn.of(part for part, _, size in parts for _ in range(size))
    found.ids = TextColumn.of(f"{safe(path.stem)}/{own}[{i}]" for _, own, size in parts for i in range(size))
    found.notes.append("A set of ann-benchmarks: train is the gallery, test are the queries, neighbors is not read")
    if name:
        known = DISTANCES.get(name)
        found.notes.append(f"Its distance is {printable(name)}" + (f": set distance={known}" if known else ""))
    return found
