"""Reading HDF5 by h5py: what lies in a file itself is read, in blocks, and held against the memory before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.extras import extra_line
from explorer.data.formats.arrayfile import AnyArray
from explorer.data.formats.rehearsal import rehearse
from explorer.data.formats.vectors import BLOCK_BYTES, texts_of
from explorer.data.listing import Watch

if TYPE_CHECKING:
    import h5py

SIGNATURE = b"\x89HDF\r\n\x1a\n"
LONGEST_TEXT = 1 << 26
"""Values of a column that are read."""


def is_hdf5(path: Path) -> bool:
    """Return whether a file begins as HDF5; never raises."""
    try:
        with path.open("rb") as file:
            return file.read(len(SIGNATURE)) == SIGNATURE
    except OSError:
        return False


@contextmanager
def opened_hdf5(path: Path) -> Iterator[h5py.File]:
    """Open a file in ``with``; whatever is wrong with it, also while it is read, becomes a ``UserError``."""
    shown = printable(str(path))
    try:
        import h5py
    except ImportError as error:
        raise UserError(f"Reading {shown} needs h5py", remedy=f"Install it with: {extra_line('hdf5')}") from error
    rehearse(path, "hdf5")
    try:
        with h5py.File(path, "r") as file:
            yield file
    except MemoryError as error:
        raise UserError(f"There is not enough memory for {shown}", remedy="Close other programs") from error
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, IndexError, UnicodeError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UserError(
            f"{shown} cannot be read as HDF5: {printable(reason)}", remedy="Copy or download it again"
        ) from error


def own(group: h5py.Group, name: str) -> Any:
    """Return what lies under a name in the file itself, a dataset or a group; None where it is a link or not there.

    A link or a dataset may point to any other file of the computer; none is followed.
    """
    import h5py

    if name not in group or not isinstance(group.get(name, getlink=True), h5py.HardLink):
        return None
    found = group[name]
    if isinstance(found, h5py.Dataset) and (found.external or found.is_virtual):
        return None
    return found


def array(group: h5py.Group, name: str, axes: int | None = None) -> h5py.Dataset | None:
    """Return the numbers under a name, of so many axes; None where there are none."""
    import h5py

    found = own(group, name)
    if not isinstance(found, h5py.Dataset) or found.dtype.kind not in "fiub":
        return None
    return found if axes is None or found.ndim == axes else None


def copied(source: h5py.Dataset, out: AnyArray, watch: Watch) -> None:
    """Copy rows (N, D) into ``out``, in blocks."""
    count, width = source.shape
    step = max(1, BLOCK_BYTES // max(1, source.dtype.itemsize * width))
    for start in range(0, count, step):
        watch.check()
        watch.progress("Reading vectors", start, count)
        with np.errstate(over="ignore"):
            out[start : start + step] = source[start : start + step]


def texts(source: h5py.Dataset, what: str, *, label: bool = False) -> Sequence[str]:
    """Return values (N,) of any kind as texts.

    Raises
    ------
    UserError: if they are neither numbers nor text.
    """
    import h5py

    if source.ndim != 1 or source.shape[0] > LONGEST_TEXT:
        raise UserError(f"{what} have the shape {source.shape}, not one value a row", remedy="Save them again")
    if h5py.check_string_dtype(source.dtype) is not None:
        return [bytes(value).decode("utf-8", "backslashreplace").strip() for value in _bytes(source)]
    return texts_of(source[:], what, label=label)


def _bytes(source: h5py.Dataset) -> Sequence[bytes]:
    values: Sequence[bytes] = source[:].tolist()
    return [value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape") for value in values]


def told(group: h5py.Group) -> list[str]:
    """Return what lies in a group, with the shapes of arrays, for people to read."""
    import h5py

    found = []
    for name in group:
        item = own(group, name)
        shape = f" {item.shape}" if isinstance(item, h5py.Dataset) else ""
        shown = name.decode("utf-8", "backslashreplace") if isinstance(name, bytes) else name
        found.append(f"{printable(shown)}{shape}")
    return found
