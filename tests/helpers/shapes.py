"""Ten families of meshes of any proportions, in the five formats, as a folder with a training and a test part.

The proportions of the test part lie between those of the training part, in bands that it leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

FORMATS = ("off", "ply", "stl", "obj", "glb")
UP_IS_Y = ("obj", "glb")


def _box(low: Sequence[float], high: Sequence[float]) -> Any:
    import trimesh

    return trimesh.creation.box(bounds=[low, high])


def _joined(*parts: Any) -> Any:
    import trimesh

    return trimesh.util.concatenate(list(parts))


def _ellipsoid(a: float, b: float) -> Any:
    import trimesh

    return trimesh.creation.icosphere(subdivisions=3).apply_scale([1.0, 0.5 + 0.7 * a, 0.5 + 1.5 * b])


def _cylinder(a: float, b: float) -> Any:
    import trimesh

    return trimesh.creation.cylinder(radius=1.0, height=0.6 + 3.4 * a, sections=24).apply_scale([1, 0.6 + 0.4 * b, 1])


def _cone(a: float, b: float) -> Any:
    import trimesh

    return trimesh.creation.cone(radius=0.5 + 0.8 * a, height=1.0 + 2.5 * b)


def _torus(a: float, b: float) -> Any:
    import trimesh

    return trimesh.creation.torus(1.0, 0.12 + 0.4 * a).apply_scale([1.0, 0.6 + 0.6 * b, 1.0])


def _tube(a: float, b: float) -> Any:
    import trimesh

    return trimesh.creation.annulus(0.35 + 0.5 * a, 1.0, 0.5 + 3.0 * b)


def _table(a: float, b: float) -> Any:
    deep, high = 0.6 + 0.8 * a, 0.6 + 0.8 * b
    legs = [_box((x, y, 0), (x + 0.12, y + 0.12, high)) for x in (0.0, 1.88) for y in (0.0, deep - 0.12)]
    return _joined(_box((0, 0, high), (2, deep, high + 0.12)), *legs)


def _chair(a: float, b: float) -> Any:
    high, back = 0.6 + 0.6 * a, 0.8 + 0.8 * b
    legs = [_box((x, y, 0), (x + 0.12, y + 0.12, high)) for x in (0.0, 0.88) for y in (0.0, 0.88)]
    return _joined(_box((0, 0, high), (1, 1, high + 0.12)), _box((0, 0.9, high), (1, 1, high + back)), *legs)


def _cross(a: float, b: float) -> Any:
    thick, other = 0.12 + 0.12 * a, 0.7 + 0.3 * b
    lengths = np.diag([1.0, other, other]) + thick * (1 - np.eye(3))
    return _joined(*(_box(-length, length) for length in lengths))


def _stairs(a: float, b: float) -> Any:
    steps, wide = 4, 0.6 + 1.4 * a
    rise = 0.25 + 0.3 * b
    return _joined(*(_box((0, 0.5 * i, 0), (wide, 0.5 * i + 0.5, rise * (i + 1))) for i in range(steps)))


def _brick(a: float, b: float) -> Any:
    return _box((0, 0, 0), (1.0, 0.3 + 0.9 * a, 0.3 + 2.0 * b))


FAMILIES: dict[str, Callable[[float, float], Any]] = {
    "brick": _brick, "chair": _chair, "cone": _cone, "cross": _cross, "cylinder": _cylinder,
    "ellipsoid": _ellipsoid, "stairs": _stairs, "table": _table, "torus": _torus, "tube": _tube,
}  # fmt: skip


def proportion(draws: np.random.Generator, *, test: bool) -> float:
    """Return a number in 0 to 1: of five equal bands the test part has the second and the fourth, training the rest."""
    band = int(draws.integers(0, 2)) * 2 + 1 if test else int(draws.integers(0, 3)) * 2
    return (band + float(draws.random())) / 5


def encoded(mesh: Any, kind: str) -> bytes:
    """Return a mesh whose third axis is up as the content of a file."""
    if kind in UP_IS_Y:
        mesh = mesh.copy()
        mesh.apply_transform(np.array([[1, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1.0]]))
    content = mesh.export(file_type=kind)
    made: bytes = content.encode() if isinstance(content, str) else content
    return made.replace(b"OFF\n", b"OFF", 1) if kind == "off" else made


def shape_folder(root: Path, train: int, test: int, *, families: Sequence[str] = (), seed: int = 0) -> Path:
    """Write so many meshes of each family into ``train`` and ``test``, each turned about its upright axis."""
    trimesh = pytest.importorskip("trimesh")
    draws = np.random.default_rng(seed)
    for name in families or FAMILIES:
        for part, count in (("train", train), ("test", test)):
            folder = root / part / name
            folder.mkdir(parents=True, exist_ok=True)
            for at in range(count):
                mesh = FAMILIES[name](*(proportion(draws, test=part == "test") for _ in range(2)))
                mesh.apply_transform(trimesh.transformations.rotation_matrix(draws.random() * 2 * np.pi, [0, 0, 1]))
                kind = FORMATS[at % len(FORMATS)]
                (folder / f"{name}_{at:03d}.{kind}").write_bytes(encoded(mesh, kind))
    return root
