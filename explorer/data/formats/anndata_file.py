"""AnnData (``.h5ad``), the format of single cells: its layout on disk as it is specified, by h5py alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.types import FloatArray, IntArray
from explorer.data.formats.hdf5file import array, copied, own, texts, told
from explorer.data.formats.vectors import Found, check_memory, check_shape, first_named, safe
from explorer.data.formats.vectortable import label_column
from explorer.data.listing import Watch
from explorer.data.names import listed, several

if TYPE_CHECKING:
    import h5py

PCA = "X_pca"
"""The principal components in ``obsm``: what cells are compared by in this field."""
CELL_TYPES = ("cell_type", "celltype", "cell_ontology_class", "celltypes", "cell_types", "louvain", "leiden")
"""What the column of the classes is called, in small letters; before the names that tables use."""
OLD = "__categories"
SMALLER = "Compute X_pca (scanpy.pp.pca) and save it with the data, or take a part of the genes"


def is_anndata(file: h5py.File) -> bool:
    """Return whether a file has what every AnnData file has."""
    return own(file, "obs") is not None and (own(file, "X") is not None or own(file, "obsm") is not None)


def read_anndata(path: Path, file: h5py.File, asked: str, watch: Watch) -> Found:
    """Return the cells of a file: its principal components where it has them, else X, and the columns of ``obs``.

    Raises
    ------
    UserError: if it holds no vectors, or more than there is memory for; Cancelled: if the user cancels.
    """
    shown = printable(str(path))
    obsm = own(file, "obsm")
    pca = array(obsm, PCA, 2) if obsm is not None else None
    if pca is not None:
        vectors, said = _dense(shown, pca, watch), f"Vectors are those of obsm/{PCA}, {several(pca.shape[1], 'number')}"
    else:
        vectors, said = _of_x(shown, own(file, "X"), watch), "Vectors are those of X, as they are"
    found = Found(vectors)
    found.notes.append(said)
    columns, left = _columns(shown, own(file, "obs"), len(vectors))
    found.ids = columns.pop("", None)
    label = asked or first_named(columns, CELL_TYPES)
    name, notes = label_column(path, columns, label or "") if columns else (None, [])
    found.labels = columns.pop(name) if name is not None else None
    found.columns = dict(columns)
    found.notes += notes
    found.notes += [f"Columns of obs left out: {listed(left)}"] * bool(left)
    return found


def _dense(shown: str, source: h5py.Dataset, watch: Watch) -> FloatArray:
    check_shape(shown, source.shape, source.dtype)
    _check_room(shown, source.shape)
    rows = np.empty(source.shape, np.float32)
    copied(source, rows, watch)
    return rows


def _check_room(shown: str, shape: tuple[int, ...], more: int = 0) -> None:
    try:
        check_memory(shown, 8 * shape[0] * shape[1] + more)
    except UserError as error:
        raise UserError(error.message, remedy=SMALLER) from error


def _of_x(shown: str, x: Any, watch: Watch) -> FloatArray:
    import h5py

    if isinstance(x, h5py.Dataset):
        if x.dtype.kind in "fiub" and x.ndim == 2:
            return _dense(shown, x, watch)
    elif x is not None:
        return _sparse(shown, x, watch)
    raise UserError(f"{shown} has neither obsm/{PCA} nor a matrix X that is read", remedy=SMALLER)


def _sparse(shown: str, group: h5py.Group, watch: Watch) -> FloatArray:
    """Return a sparse matrix, by rows (CSR) or by columns (CSC), in full."""
    kind = _text(group.attrs.get("encoding-type", group.attrs.get("h5sparse_format", "")))
    shape = tuple(int(n) for n in group.attrs.get("shape", group.attrs.get("h5sparse_shape", ())))
    data, indices, starts = (array(group, name, 1) for name in ("data", "indices", "indptr"))
    if kind.removesuffix("_matrix") not in ("csr", "csc") or data is None or indices is None or starts is None:
        raise UserError(f"X of {shown} is stored in a way that is not read", remedy="Save it as dense or CSR")
    check_shape(shown, shape, data.dtype)
    by_rows = kind.startswith("csr")
    lines, across = shape if by_rows else shape[::-1]
    _check_room(shown, shape, data.shape[0] * (data.dtype.itemsize + 8))
    at: IntArray = starts[:].astype(np.int64)
    whole = len(at) == lines + 1 and len(at) and at[0] == 0 and at[-1] == data.shape[0] == indices.shape[0]
    if not whole or (np.diff(at) < 0).any():
        raise UserError(f"X of {shown} is damaged: its rows do not add up", remedy="Save it again")
    rows = np.zeros(shape, np.float32)
    target = rows if by_rows else rows.T
    step = max(1, 4096)
    for first in range(0, lines, step):
        watch.check()
        watch.progress("Reading vectors", first, lines)
        last = min(first + step, lines)
        places: IntArray = indices[at[first] : at[last]].astype(np.int64)
        if len(places) and (places.min() < 0 or places.max() >= across):
            raise UserError(f"X of {shown} is damaged: it names a column that is not there", remedy="Save it again")
        line = np.repeat(np.arange(first, last), np.diff(at[first : last + 1]))
        target[line, places] = data[at[first] : at[last]]
    return rows


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _columns(shown: str, obs: Any, count: int) -> tuple[dict[str, Sequence[str]], list[str]]:
    """Return the columns of ``obs`` as texts, the names of the cells under the empty name, and what is left out."""
    import h5py

    if not isinstance(obs, h5py.Group):  # before 2019 it was one table
        return {}, ["all, as they are stored in an old way"]
    index = _text(obs.attrs.get("_index", "_index"))
    found: dict[str, Sequence[str]] = {}
    left: list[str] = []
    for name in obs:
        if name == OLD:
            continue
        if isinstance(name, bytes):  # h5py's way with names that are not UTF-8
            left.append(printable(name.decode("utf-8", "backslashreplace")))
            continue
        values = _column(f"The values of obs/{printable(name)} in {shown}", obs, name)
        if values is None or len(values) != count:
            left.append(printable(name))
        else:
            found["" if name == index else safe(name)] = values
    return found, left


def _column(what: str, obs: h5py.Group, name: str) -> Sequence[str] | None:
    import h5py

    item = own(obs, name)
    if isinstance(item, h5py.Group):
        codes, names = array(item, "codes", 1), own(item, "categories")
    else:
        old = own(obs, OLD)
        codes, names = item, own(old, name) if old is not None else None
    if isinstance(codes, h5py.Dataset) and isinstance(names, h5py.Dataset) and codes.dtype.kind in "iu":
        known = np.array([*texts(names, what), ""])
        at: IntArray = codes[:].astype(np.int64)
        inside = (at >= 0) & (at < len(known) - 1)
        categorical: list[str] = known[np.where(inside, at, len(known) - 1)].tolist()
        return categorical
    if not isinstance(item, h5py.Dataset) or item.ndim != 1 or not _plain(item):
        return None
    return texts(item, what)


def _plain(item: h5py.Dataset) -> bool:
    import h5py

    return item.dtype.kind in "fiubS" or h5py.check_string_dtype(item.dtype) is not None


def not_read(path: Path, file: h5py.File) -> UserError:
    """Return why a file of HDF5 that is none of those known is not read."""
    found = listed(told(file)) or "nothing"
    return UserError(
        f"{printable(str(path))} is neither a set of ann-benchmarks nor AnnData; it holds {found}",
        remedy="Save the vectors as .npz: vectors=(N, D), labels=(N,)",
    )
