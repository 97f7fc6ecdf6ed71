"""Files of shapes, told by their content: meshes (OFF, PLY, STL, OBJ, GLB) and sets of points (XYZ, PTS, NPY).

Nothing that a file names beside itself is opened, no material is read, and what a file claims to hold is compared with
its length before anything is made of that size.
"""

from __future__ import annotations

import io
import re
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from explorer.core.errors import UserError
from explorer.core.extras import extra_line, installed
from explorer.core.plain_json import parse_json
from explorer.data.decoding.shape_ply import is_binary_ply, read_binary_ply
from explorer.data.pictures import PictureError

Doubles = npt.NDArray[np.float64]

MESHES = frozenset({".off", ".ply", ".stl", ".obj", ".glb"})
POINT_SETS = frozenset({".xyz", ".pts", ".npy"})
UP_IS_Y = frozenset({"obj", "glb"})
"""Formats whose second axis points up by their standard or by custom; in the others it is the third."""

MOST_POINTS = 20_000_000
MOST_NODES = 100_000
"""Of the scene of a GLB."""
GLB_HEAD, GLB_JSON = 12, 0x4E4F534A
UNNUMBERED = "with points that are no numbers, which are left out"
NOWHERE = "with faces between points that are not there, which are left out"
_PLY_COUNT = re.compile(rb"^element[ \t]+\w+[ \t]+(\S+)", re.MULTILINE)
_OFF_COUNTS = re.compile(rb"OFF\s*(?:#.*\s+)*(\d+)\s+(\d+)")
_OFF_KINDS = re.compile(rb"\s*(ST|C|N|4|n)*OFF")


@dataclass(frozen=True, slots=True, eq=False)
class Shape3D:
    """A surface or a set of points, the third axis up: ``vertices`` (V, 3); ``faces`` (F, 3), none in a set.

    ``remark``: what is to be said of it, such as ``with points that are no numbers, which are left out``.
    """

    vertices: Doubles
    faces: npt.NDArray[np.int64]
    remark: str = ""


def check_installed(endings: frozenset[str]) -> None:
    """Check that files with these endings can be read.

    Raises
    ------
    UserError: if there are meshes among them and the package for these is not installed.
    """
    if endings & MESHES and not installed("trimesh"):
        raise UserError(
            "Files of meshes are read by trimesh, which is not installed", remedy=f"Install it: {extra_line('shapes')}"
        )


def read_shape(encoded: bytes) -> Shape3D:
    """Return the shape in the content of a file.

    Raises
    ------
    PictureError: with one sentence, whatever is wrong with it.
    """
    if not encoded.strip():
        raise PictureError("the file is empty")
    kind = kind_of(encoded)
    with _in_words(kind):
        if kind in ("npy", "points"):
            found = Shape3D(_array(encoded) if kind == "npy" else _numbers(encoded), np.empty((0, 3), np.int64))
        else:
            found = _mesh(kind, _checked(kind, encoded))
    return _sound(found, turned=kind in UP_IS_Y)


def kind_of(encoded: bytes) -> str:
    """Return what a file is by its first bytes: off, ply, stl, obj, glb, npy or points."""
    head = encoded[:512]
    if head.startswith(b"\x93NUMPY"):
        return "npy"
    if head.startswith(b"glTF"):
        return "glb"
    if head.startswith(b"ply"):
        return "ply"
    if len(encoded) >= 84 and len(encoded) == 84 + 50 * int.from_bytes(encoded[80:84], "little"):
        return "stl"
    if head.lstrip().startswith(b"solid"):
        return "stl"
    if _OFF_KINDS.match(head):
        return "off"
    if b"\0" in head:
        return "stl"  # in binary, and not as long as it says
    return "obj" if re.search(rb"^\s*v[ \t]", encoded[:65536], re.MULTILINE) else "points"


@contextmanager
def _in_words(kind: str) -> Iterator[None]:
    """Turn whatever a reader raises into a ``PictureError``: on a damaged file it may be almost anything."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield
    except PictureError:
        raise
    except MemoryError as error:
        raise PictureError("needs more memory than there is") from error
    except Exception as error:
        named = {"points": "no mesh, and no set of points: three numbers a line", "npy": "a damaged .npy"}
        raise PictureError(named.get(kind, f"damaged: it cannot be read as {kind.upper()}")) from error


def _checked(kind: str, encoded: bytes) -> bytes:
    """Return the content of a mesh; refuse one that claims more than its file can hold."""
    if kind == "stl":
        return _whole_stl(encoded)
    if kind == "ply":
        claims = [int(claim) for claim in _PLY_COUNT.findall(encoded[: encoded.find(b"end_header")])]
    elif kind == "off":
        found = _OFF_COUNTS.search(encoded[:65536])
        if found is None:
            raise PictureError("an OFF file without its counts, or a binary one: save it as text")
        claims = [int(found[1]), int(found[2])]
    else:
        claims = _glb_claims(encoded) if kind == "glb" else []
    if sum(claims) > min(len(encoded), MOST_POINTS):
        raise PictureError("claims more vertices and faces than its file can hold")
    return encoded


def _whole_stl(encoded: bytes) -> bytes:
    """Return an STL without what stands behind it.

    Raises
    ------
    PictureError: if it is cut off: in binary it has fewer triangles than it counts, as text it does not end.
    """
    if b"\0" not in encoded[:512]:
        if b"endsolid" not in encoded[-512:]:
            raise PictureError("cut off: it does not end with endsolid")
        return encoded
    claimed, there = int.from_bytes(encoded[80:84], "little"), max(0, len(encoded) - 84) // 50
    if len(encoded) >= 84 and claimed > MOST_POINTS:
        raise PictureError("no mesh, and no set of points: it is binary, and no STL")
    if len(encoded) < 84 or there < claimed:
        raise PictureError(f"cut off: {there:,} of the {claimed:,} triangles that it counts are there")
    return encoded[: 84 + 50 * claimed]


def _glb_claims(encoded: bytes) -> list[int]:
    """Return how many values the accessors of a GLB claim; refuses what reads elsewhere or multiplies itself."""
    size, kind = struct.unpack_from("<II", encoded, GLB_HEAD)
    if kind != GLB_JSON:
        raise PictureError("a GLB whose first part is not its description")
    scene: dict[str, Any] = parse_json(encoded[GLB_HEAD + 8 : GLB_HEAD + 8 + size])
    if any("uri" in buffer for buffer in scene.get("buffers", ())):
        raise PictureError("a GLB whose geometry lies in another file: save it in one")
    if "KHR_draco_mesh_compression" in scene.get("extensionsRequired", ()):
        raise PictureError("a GLB compressed by Draco: save it without")
    nodes = scene.get("nodes", ())
    children = [child for node in nodes for child in node.get("children", ())]
    if len(children) != len(set(children)) or len(nodes) > MOST_NODES:
        raise PictureError("a GLB whose nodes are no tree")  # two ways to each would be 2ⁿ copies
    meshes = scene.get("meshes", ())
    accessors = scene.get("accessors", ())
    parts = [part for node in nodes if "mesh" in node for part in meshes[node["mesh"]]["primitives"]]
    named = [index for part in parts for index in (part["attributes"].get("POSITION"), part.get("indices"))]
    shown = sum(int(accessors[index]["count"]) for index in named if index is not None)
    if shown > MOST_POINTS:
        raise PictureError(f"has more than {MOST_POINTS // 10**6} million vertices and faces")
    return [int(accessor["count"]) for accessor in accessors]


def _mesh(kind: str, encoded: bytes) -> Shape3D:
    """Read a mesh, or the points of a file of a mesh that has none."""
    if kind == "ply" and is_binary_ply(encoded):
        return Shape3D(*read_binary_ply(encoded))
    import trimesh

    loaded = trimesh.load_scene(
        io.BytesIO(encoded), file_type=kind, resolver=None, allow_remote=False, process=False, skip_materials=True
    )
    vertices: list[Doubles] = []
    faces: list[npt.NDArray[np.int64]] = []
    count = 0
    for node in loaded.graph.nodes_geometry:
        matrix, name = loaded.graph[node]
        part = loaded.geometry[name]
        if not hasattr(part, "vertices") or not len(part.vertices):
            continue
        moved = np.asarray(part.vertices, np.float64) @ matrix[:3, :3].T + matrix[:3, 3]
        if len(getattr(part, "faces", ())):
            faces.append(np.asarray(part.faces, np.int64).reshape(-1, 3) + count)
        vertices.append(moved)
        count += len(moved)
    if not vertices:
        raise PictureError("has neither faces nor points")
    return Shape3D(np.concatenate(vertices), np.concatenate(faces) if faces else np.empty((0, 3), np.int64))


def _array(encoded: bytes) -> Doubles:
    """Return the points of a NumPy array (P, 3) or (P, 3 + more, such as normals)."""
    stream = io.BytesIO(encoded)
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(stream)
    if len(shape) != 2 or shape[1] < 3 or dtype.kind not in "fiu":
        sizes = " × ".join(map(str, shape))
        raise PictureError(f"an array of {sizes or 'one'} {dtype.name}, not of points: numbers, (points, 3)")
    if shape[0] * shape[1] * dtype.itemsize > len(encoded):
        raise PictureError("claims more numbers than its file holds")
    return np.asarray(np.load(io.BytesIO(encoded), allow_pickle=False)[:, :3], np.float64)


def _numbers(encoded: bytes) -> Doubles:
    """Return the points of a text: three numbers or more a line, with or without a first line that counts them."""
    lines = encoded.decode("utf-8-sig").replace(",", " ").replace(";", " ").splitlines()
    rows = [line.split() for line in lines if line.strip() and not line.lstrip().startswith(("#", "//"))]
    if rows and len(rows[0]) == 1:
        del rows[0]
    elif rows and not _is_number(rows[0][0]):
        del rows[0]  # names of the columns
    if not rows:
        raise ValueError
    return np.array([row[:3] for row in rows], np.float64).reshape(-1, 3)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _sound(found: Shape3D, *, turned: bool) -> Shape3D:
    """Return a shape of finite numbers, its third axis up; vertices that are none are left out with their faces."""
    vertices, faces = found.vertices, found.faces
    finite = np.all(np.isfinite(vertices), axis=1)
    if not finite.any():
        raise PictureError("has no vertices" if not len(vertices) else "none of its vertices is a number")
    remark = "" if finite.all() else UNNUMBERED
    if len(faces):
        there = np.all((faces >= 0) & (faces < len(vertices)), axis=1)
        remark = remark or ("" if there.all() else NOWHERE)
        faces = faces[there]
        faces = (np.cumsum(finite) - 1)[faces[np.all(finite[faces], axis=1)]]
    used = vertices[finite]
    with np.errstate(over="ignore"):
        middle, extent = (used.max(axis=0) + used.min(axis=0)) / 2, float(np.ptp(used, axis=0).max())
    if not 0 < extent < np.inf:
        raise PictureError("all of its points are one" if not extent else "its numbers are too large")
    centred = (used - middle) / extent
    if turned:
        centred = np.stack([centred[:, 0], -centred[:, 2], centred[:, 1]], axis=1)
    return Shape3D(centred, faces, remark)
