"""Meshes and clips as a script meets them: trained, measured, and asked by files that the run has never seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.clips import clip_folder
from tests.helpers.command_line import json_of, run_command
from tests.helpers.shapes import shape_folder

pytest.importorskip("trimesh")
pytest.importorskip("av")


@dataclass(frozen=True)
class Trained:
    """A run, the data that it was trained on, its figures, and the ending of a class's first two test files."""

    run: Path
    data: Path
    figures: dict[str, Any]

    def test_file(self, name: str, place: int) -> Path:
        return sorted((self.data / "test" / name).iterdir())[place]


def _trained(kind: str, root: Path) -> Trained:
    if kind == "shapes":
        data = shape_folder(root / "data", 12, 8, families=("torus", "chair", "stairs", "ellipsoid", "cross"))
        settings = ["data.points=256", "epochs=24"]
    else:
        data = clip_folder(root, 24, 6, motions=("east", "west", "north", "turns left", "turns right"))
        settings = ["data.frames=6", "epochs=16"]
    options = [word for setting in settings for word in ("--set", setting)]
    figures = json_of("train", data, "--out", root / "run", "--device", "cpu", *options)
    return Trained(root / "run", data, figures)


@pytest.fixture(scope="module", params=["shapes", "video"])
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    root = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMBEDDING_EXPLORER_CACHE", str(root / "cache"))
        yield _trained(request.param, root)


def _classes(trained: Trained) -> tuple[str, str]:
    return ("torus", "chair") if (trained.data / "test" / "torus").exists() else ("east", "turns left")


@pytest.mark.full
def test_a_small_set_is_learned(trained: Trained) -> None:
    assert trained.figures["metrics"]["recall@1"] >= 0.95


def test_files_from_outside_find_their_kind(trained: Trained, tmp_path: Path) -> None:
    one, other = _classes(trained)
    first, second, third = trained.test_file(one, 0), trained.test_file(one, 1), trained.test_file(other, 0)
    outside = tmp_path / first.name
    outside.write_bytes(first.read_bytes())
    found = json_of("query", trained.run, outside, "-k", 3)
    assert [each["label"] for each in found["neighbours"]] == [one] * 3
    same, different = (json_of("verify", trained.run, outside, against) for against in (second, third))
    assert same["distance"] < different["distance"]
    enrolled = json_of("gallery", trained.run, "enrol", one, outside, second)
    assert enrolled == [{"name": one, "images": 2}]
    assert json_of("gallery", trained.run, "identify", trained.test_file(one, 2))["candidates"][0]["name"] == one
    status, _, _ = run_command("embed", trained.run, trained.data / "test" / one, tmp_path / "rows.npz")
    assert status == 0
    broken = tmp_path / f"broken{first.suffix}"
    broken.write_bytes(b"nothing of the sort")
    status, _, told = run_command("query", trained.run, broken)
    assert status != 0
    assert "cannot be read" in told
