"""Shapes: every format gives the same points, broken files are told, and an array is a shape only in a class folder."""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from explorer.data.decoding.shape_files import read_shape
from explorer.data.decoding.shape_pictures import GROUND, picture_of, turntable
from explorer.data.decoding.shape_points import d2_histograms, in_unit_ball, sampled
from explorer.data.modalities.base import modality_named
from explorer.data.opening import check, open_dataset
from explorer.data.pictures import PictureError
from tests.helpers.shapes import FORMATS, encoded, shape_folder

trimesh = pytest.importorskip("trimesh")

SQUARE = b"OFF4 1 0\n# a comment\n0 0 0\n2 0 0\n2 2 0\n0 2 0\n4 0 1 2 3\n"
MIXED = (
    b"ply\nformat binary_little_endian 1.0\nelement vertex 5\nproperty float x\nproperty float y\nproperty float z\n"
    b"element face 2\nproperty list uchar int vertex_indices\nend_header\n"
    + np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0.5, 0.5, 1]], "<f4").tobytes()
    + struct.pack("<B4iB3i", 4, 0, 1, 2, 3, 3, 0, 1, 4)
)


def array_file(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, values)
    return stream.getvalue()


def glb(scene: dict[str, object], content: bytes = b"") -> bytes:
    text = json.dumps(scene).encode()
    text += b" " * (-len(text) % 4)
    parts = struct.pack("<II", len(text), 0x4E4F534A) + text
    if content:
        parts += struct.pack("<II", len(content), 0x004E4942) + content
    return b"glTF" + struct.pack("<II", 2, 12 + len(parts)) + parts


@pytest.mark.parametrize("kind", [*FORMATS, "ascii stl", "ascii ply"])
def test_every_format_gives_the_same_surface_upright(kind: str) -> None:
    mesh = trimesh.creation.cone(radius=1.0, height=3.0)
    if kind == "ascii stl":
        content = trimesh.exchange.stl.export_stl_ascii(mesh).encode()
    elif kind == "ascii ply":
        content = trimesh.exchange.ply.export_ply(mesh, encoding="ascii")
    else:
        content = encoded(mesh, kind)
    shape = read_shape(content)
    assert np.ptp(shape.vertices, axis=0) == pytest.approx([2 / 3, 2 / 3, 1.0], abs=1e-6)
    points, normals = sampled(shape, 4096)
    assert normals is not None
    # The centre of the surface of a cone with its base, from its base: (side · h / 3) / (side + base).
    side, base = np.pi * np.sqrt(10.0), np.pi
    found = (points[:, 2] - shape.vertices[:, 2].min()).mean() * 3.0
    assert found == pytest.approx(side * 1.0 / (side + base), abs=0.02)


def test_counts_on_the_first_line_squares_and_mixed_polygons_are_read() -> None:
    assert read_shape(SQUARE).faces.tolist() == [[0, 1, 2], [2, 3, 0]]
    assert len(read_shape(MIXED).faces) == 3


def test_points_spread_evenly_over_a_surface_and_are_the_same_every_time() -> None:
    shape = read_shape(SQUARE)
    points, normals = sampled(shape, 4000)
    cells, _, _ = np.histogram2d(points[:, 0], points[:, 1], bins=4)
    assert cells.min() > 190
    assert cells.max() < 310
    assert normals is not None
    assert np.allclose(np.abs(normals), [0, 0, 1])
    np.testing.assert_array_equal(points, sampled(read_shape(SQUARE), 4000)[0])
    ball = in_unit_ball(points)
    assert np.abs(ball.mean(axis=0)).max() < 1e-6
    assert np.linalg.norm(ball, axis=1).max() == pytest.approx(1.0)


def test_a_set_of_points_is_drawn_without_repetition_while_it_lasts() -> None:
    text = "\n".join(f"{i},{i * i},{-i}" for i in range(10)).encode()
    shape = read_shape(text)
    assert shape.faces.shape == (0, 3)
    assert len(np.unique(sampled(shape, 10)[0], axis=0)) == 10
    assert len(np.unique(sampled(shape, 25)[0], axis=0)) == 10
    np.testing.assert_allclose(read_shape(b"10\n" + text).vertices, shape.vertices)
    np.testing.assert_allclose(read_shape(b"x,y,z\n" + text).vertices, shape.vertices)
    array = np.array([[i, i * i, -i, 7.0] for i in range(10)], np.float64)
    np.testing.assert_allclose(read_shape(array_file(array)).vertices, shape.vertices)


def test_a_mesh_without_faces_or_without_area_is_its_points() -> None:
    assert len(sampled(read_shape(b"v 0 0 0\nv 1 0 0\nv 0 1 0\n"), 3)[0]) == 3
    line = read_shape(b"OFF\n3 1 0\n0 0 0\n1 0 0\n2 0 0\n3 0 1 2\n")
    assert sampled(line, 6)[1] is None
    partly = read_shape(b"OFF\n4 2 0\n0 0 nan\n1 0 0\n0 1 0\n0 0 1\n3 0 1 2\n3 1 2 3\n")
    assert len(partly.faces) == 1, "only what has no number is left out"
    assert partly.remark == "with points that are no numbers, which are left out"
    head = b"ply\nformat binary_little_endian 1.0\nelement vertex 3\n" + b"".join(
        b"property float %c\n" % axis for axis in b"xyz"
    )
    head += b"element face 2\nproperty list uchar int vertex_indices\nend_header\n"
    absent = read_shape(head + struct.pack("<9f", *np.eye(3).flat) + struct.pack("<B3iB3i", 3, 0, 1, 2, 3, 0, 1, 9))
    assert len(absent.faces) == 1
    assert absent.remark == "with faces between points that are not there, which are left out"
    assert not line.remark


def stl_file(count: int) -> bytes:
    rows = np.zeros(count, [("numbers", "<f4", 12), ("more", "<u2")])
    rows["numbers"] = np.random.default_rng(0).normal(size=(count, 12))
    return b"made by hand".ljust(80) + count.to_bytes(4, "little") + rows.tobytes()


def test_what_stands_behind_a_binary_stl_is_not_read() -> None:
    np.testing.assert_array_equal(read_shape(stl_file(12)).vertices, read_shape(stl_file(12) + b"colours").vertices)


NODES = [{"children": [1, 1]}, {"mesh": 0}]
BROKEN = {
    "empty": (b" \n", "the file is empty"),
    "words": (b"hello world\n", "no mesh, and no set of points: three numbers a line"),
    "no solid": (b"solid x\nendsolid x\n", "has neither faces nor points"),
    "nothing in it": (b"OFF\n0 0 0\n", "has neither faces nor points"),
    "a claim": (b"OFF\n99999999 1 0\n0 0 0\n", "claims more vertices and faces than its file can hold"),
    "claimed points": (
        b"ply\nformat ascii 1.0\nelement vertex 99999999\nproperty float x\nend_header\n",
        "claims more vertices and faces than its file can hold",
    ),
    "binary": (b"OFF BINARY\n\0\0\0\3", "an OFF file without its counts, or a binary one: save it as text"),
    "not finite": (b"nan 1 2\n1 inf 2\n", "none of its vertices is a number"),
    "one point": (b"1 1 1\n1 1 1\n", "all of its points are one"),
    "too large": (b"1e308 0 0\n-1e308 0 0\n", "its numbers are too large"),
    "vectors": (array_file(np.zeros((4, 2))), "an array of 4 × 2 float64, not of points: numbers, (points, 3)"),
    "cut": (array_file(np.zeros((40, 3)))[:-200], "claims more numbers than its file holds"),
    "elsewhere": (
        glb({"buffers": [{"uri": "http://localhost:9/x.bin", "byteLength": 4}]}),
        "a GLB whose geometry lies in another file: save it in one",
    ),
    "no tree": (glb({"nodes": NODES}), "a GLB whose nodes are no tree"),
    "zeros": (glb({"accessors": [{"count": 10**9}]}), "claims more vertices and faces than its file can hold"),
    "half an stl": (stl_file(12)[:-60], "cut off: 10 of the 12 triangles that it counts are there"),
    "half a solid": (b"solid " + stl_file(12)[6:-60], "cut off: 10 of the 12 triangles that it counts are there"),
    "half a text": (b"solid x\nfacet normal 0 0 1\nouter loop\n", "cut off: it does not end with endsolid"),
    "no stl": (b"\0\xff" * 200, "no mesh, and no set of points: it is binary, and no STL"),
    "half a glb": (b"glTF\2\0\0\0", "damaged: it cannot be read as GLB"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_says_why(name: str) -> None:
    content, reason = BROKEN[name]
    with pytest.raises(PictureError) as told:
        read_shape(content)
    assert told.value.reason == reason


def test_the_d2_distribution_is_that_of_distances_between_points() -> None:
    points = np.random.default_rng(0).normal(size=(2, 300, 3)).astype(np.float32)
    points[1] = points[0] @ np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0].astype(np.float32)
    rows = d2_histograms(points, bins=16, pairs=40_000)
    apart = np.linalg.norm(points[0][:, None] - points[0][None], axis=2)[np.triu_indices(300, 1)]
    wanted = np.histogram(np.minimum(apart / apart.mean(), 2.999), bins=16, range=(0, 3))[0] / len(apart)
    assert np.abs(rows[0] - wanted).max() < 0.01
    assert np.abs(rows[0] - rows[1]).max() < 0.001, "no turn changes it"
    assert rows.sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    assert np.isfinite(d2_histograms(np.zeros((1, 4, 3), np.float32))).all()


def test_a_folder_of_several_formats_is_one_set_and_a_file_from_outside_becomes_what_it_was_there(
    tmp_path: Path, cache: Path
) -> None:
    root = shape_folder(tmp_path / "solids", 6, 2, families=("torus", "stairs"))
    (root / "train" / "torus" / "points.npy").write_bytes(array_file(np.random.default_rng(0).normal(size=(50, 3))))
    (root / "train" / "torus" / "broken.off").write_bytes(b"OFF\n0 0 0\n")
    (root / "features.npy").write_bytes(array_file(np.zeros((20, 8))))
    dataset = open_dataset(str(root), DataOptions(points=128), cache_folder=cache)
    assert (dataset.modality.name, len(dataset), dataset.shape) == ("shapes", 17, (128, 1, 3))
    assert dataset.class_names == ("stairs", "torus")
    assert [(each.path, each.reason) for each in dataset.report.skipped] == [
        ("train/torus/broken.off", "has neither faces nor points")
    ]
    assert dataset.thumbnails is not None
    item = dataset.ids.index("train/torus/torus_001.ply")
    read = dataset.modality.read(root / "train" / "torus" / "torus_001.ply", dataset.shape)
    np.testing.assert_array_equal(read[0], dataset.inputs[item])
    assert dataset.full_picture(item).shape == (320, 320, 3)
    with pytest.raises(UserError, match="cannot be read: has neither faces nor points"):
        dataset.modality.read(root / "train" / "torus" / "broken.off", dataset.shape)
    again = dataset.modality.alike(DataOptions(), dataset.shape)
    assert open_dataset(str(root), again, cache_folder=cache).shape == dataset.shape


def test_an_array_of_vectors_in_a_folder_is_no_shape(tmp_path: Path, cache: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros((20, 8)))
    with pytest.raises(UserError):
        check(str(tmp_path), cache_folder=cache)


def test_a_picture_shows_the_shape_lit_on_the_ground_and_turns() -> None:
    shape = read_shape(encoded(trimesh.creation.box((1.0, 2.0, 0.5)), "stl"))
    picture = picture_of(shape, 48)
    body = (np.abs(picture.astype(int) - np.array(GROUND)).sum(axis=2) > 12).mean()
    assert 0.15 < body < 0.7
    rows, columns = np.nonzero(np.abs(picture.astype(int) - np.array(GROUND)).sum(axis=2) > 12)
    assert rows.max() - rows.min() < columns.max() - columns.min(), "it lies, and is not upright"
    turned = turntable(shape, 48, (0.0, 1.0))
    np.testing.assert_array_equal(turned[0], picture)
    assert not np.array_equal(turned[1], picture)
    points = picture_of(read_shape(b"0 0 0\n1 0 0\n0 1 0\n0 0 1\n"), 48)
    assert (points != np.array(GROUND)).any()


def test_where_the_package_is_missing_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r'pip install "embedding-explorer\[shapes\]"'):
        modality_named("shapes").decoded(SQUARE, (64, 1, 3), "square.off")
    assert modality_named("shapes").decoded(b"0 0 0\n1 1 1\n", (64, 1, 3), "two.xyz").shape == (1, 64, 1, 3)
