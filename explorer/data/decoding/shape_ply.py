"""Binary PLY files, whose faces may have any number of corners: triangles beside squares, as modellers save them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from explorer.data.pictures import PictureError

TYPES = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2", "ushort": "u2",
    "uint16": "u2", "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4", "float": "f4", "float32": "f4",
    "double": "f8", "float64": "f8",
}  # fmt: skip
FACE_LISTS = ("vertex_indices", "vertex_index")

Element = tuple[str, int, list[list[str]]]
"""Its name, how many there are, and the words of each of its properties."""


def is_binary_ply(encoded: bytes) -> bool:
    """Whether a PLY file holds numbers and not text."""
    return b"format binary_" in encoded[:512]


def read_binary_ply(encoded: bytes) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Return the vertices (V, 3) and the triangles (F, 3) of a binary PLY; polygons become fans of triangles.

    Raises
    ------
    PictureError: if it ends before what it claims. ValueError, KeyError, IndexError: if it is damaged.
    """
    end = encoded.index(b"end_header")
    start = encoded.index(b"\n", end) + 1
    lines = [line.split() for line in encoded[:end].decode("ascii", "replace").splitlines()]
    order = "<" if ["format", "binary_little_endian", "1.0"] in lines else ">"
    vertices = np.empty((0, 3))
    faces = np.empty((0, 3), np.int64)
    for name, count, properties in _elements(lines):
        if any(words[1] == "list" for words in properties):
            found, start = _lists(encoded, start, count, properties, order)
            faces = found if name == "face" else faces
            continue
        kind = np.dtype([(words[2], order + TYPES[words[1]]) for words in properties])
        if start + count * kind.itemsize > len(encoded):
            raise PictureError("cut short: the file ends before its vertices do")
        rows = np.frombuffer(encoded, kind, count, start)
        start += count * kind.itemsize
        if name == "vertex":
            vertices = np.stack([rows[axis].astype(np.float64) for axis in "xyz"], axis=1)
    return vertices, faces


def _elements(lines: list[list[str]]) -> list[Element]:
    found: list[Element] = []
    for words in lines:
        if words[:1] == ["element"]:
            found.append((words[1], int(words[2]), []))
        elif words[:1] == ["property"]:
            found[-1][2].append(words)
    return found


def _lists(
    encoded: bytes, start: int, count: int, properties: list[list[str]], order: str
) -> tuple[npt.NDArray[np.int64], int]:
    """Return the triangles of the lists of corners of ``count`` rows, and where the rows end."""
    if (quick := _alike(encoded, start, count, properties, order)) is not None:
        return quick
    corners: list[npt.NDArray[np.int64]] = []
    for _ in range(count):
        for words in properties:
            if words[1] != "list":
                start += np.dtype(TYPES[words[1]]).itemsize
                continue
            size, each = np.dtype(order + TYPES[words[2]]), np.dtype(order + TYPES[words[3]])
            long = int(np.frombuffer(encoded, size, 1, start)[0])
            start += size.itemsize
            if start + long * each.itemsize > len(encoded):
                raise PictureError("cut short: the file ends before its faces do")
            if words[4] in FACE_LISTS:
                corners.append(np.frombuffer(encoded, each, long, start).astype(np.int64))
            start += long * each.itemsize
    fans = [_fans(one[np.newaxis]) for one in corners]
    return (np.concatenate(fans) if fans else np.empty((0, 3), np.int64)), start


def _alike(
    encoded: bytes, start: int, count: int, properties: list[list[str]], order: str
) -> tuple[npt.NDArray[np.int64], int] | None:
    """Return what ``_lists`` does, at once, where there is one list and all are as long as the first; else None."""
    if len(properties) != 1 or properties[0][4] not in FACE_LISTS or not count:
        return None
    size, each = (order + TYPES[word] for word in properties[0][2:4])
    long = int(np.frombuffer(encoded, size, 1, start)[0])
    row = np.dtype([("long", size), ("corners", each, (long,))])
    if start + count * row.itemsize > len(encoded):
        return None
    rows = np.frombuffer(encoded, row, count, start)
    if not (rows["long"] == long).all():
        return None
    return _fans(rows["corners"].astype(np.int64)), start + count * row.itemsize


def _fans(polygons: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the triangles (F, 3) of polygons (N, corners), each a fan about its first corner."""
    corners = polygons.shape[1]
    if corners < 3:
        return np.empty((0, 3), np.int64)
    first = np.repeat(polygons[:, :1], corners - 2, axis=1)
    return np.stack([first, polygons[:, 1:-1], polygons[:, 2:]], axis=2).reshape(-1, 3)
