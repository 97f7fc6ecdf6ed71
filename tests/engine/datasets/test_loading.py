from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer.core.recipe import Part, Recipe
from explorer.core.text_column import TextColumn
from explorer.core.types import Report, Split
from explorer.data.dataset import Dataset
from explorer.data.modalities.base import modality_named
from explorer.engine.datasets.loading import Opened, load, raw_rows, resplit, scene_of
from explorer.engine.datasets.requirements import reason_against_training
from explorer.engine.events import Role
from explorer.engine.paths import RUNS_VARIABLE, new_run_path, runs_folder

SOURCES: tuple[tuple[str, Role], ...] = (("main.npz", "main"), ("added.npz", "test"))


class Quiet:
    """A job of which nobody hears and that nobody cancels."""

    def progress(self, stage: str, done: int, total: int) -> None: ...

    def cancelled(self) -> bool:
        return False


def dataset(labels: list[int], side: int = 4, channels: int = 1) -> Dataset:
    generator = np.random.default_rng(0)
    count = len(labels)
    return Dataset(
        name="made",
        uri="made",
        ids=TextColumn.of(f"{i}.png" for i in range(count)),
        labels=np.array(labels, np.int64),
        class_names=tuple("abcdef"[: max(labels, default=-1) + 1]),
        columns={},
        fingerprint="",
        report=Report(count, 0),
        modality=modality_named("pictures"),
        inputs=generator.integers(0, 256, (count, side, side, channels), dtype=np.uint8),
    )


def opened(labels: list[int], train: list[int] | None = None) -> Opened:
    chosen = np.arange(len(labels)) if train is None else np.array(train)
    held_out = np.setdiff1d(np.arange(len(labels)), chosen)
    return Opened(dataset(labels), Split("items", chosen, held_out, False), "", (("made", "main"),))


@pytest.mark.parametrize(
    ("labels", "train", "words"),
    [
        ([-1, -1, -1], [0, 1, 2], "None of the pictures has a class"),
        ([0, 0, 0], None, "fewer than two classes"),
        ([0, 1, 2], None, "No class has two pictures"),
        ([0, 0, 1], None, ""),
        ([0, 0, 1, 1, -1], [0, 1, 4], "fewer than two classes"),
    ],
)
def test_why_a_dataset_cannot_be_trained_on(labels: list[int], train: list[int] | None, words: str) -> None:
    found = reason_against_training(opened(labels, train), Recipe())
    assert words in found
    assert bool(found) == bool(words)


def test_data_that_are_added_are_found_from_every_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("main", "added"):
        np.savez(tmp_path / f"{name}.npz", x=np.zeros((4, 2), np.float32) + np.arange(4)[:, None], y=[0, 0, 1, 1])
    monkeypatch.chdir(tmp_path)
    control, first = Quiet(), None
    for name, role in SOURCES:
        first = load(name, role, first, Recipe(), control, None)
    assert first is not None
    assert first.sources == tuple((str(tmp_path / name), role) for name, role in SOURCES)


def test_a_split_that_cannot_be_made_is_told() -> None:
    found = resplit(opened([0, 0, 1, 1]), Recipe(split=Part(name="column")))
    assert found.split is None
    assert "column" in reason_against_training(found, Recipe())
    assert len(scene_of(found, 3, "run").train) == 0
    assert resplit(found, Recipe(split=Part(name="items", params={"test": 0.5}))).split is not None


@pytest.mark.parametrize(("side", "channels", "width"), [(4, 1, 16), (32, 3, 3072), (64, 3, 3072), (65, 1, 21 * 21)])
def test_pixels_are_compared_at_32_pixels_at_most(side: int, channels: int, width: int) -> None:
    made = dataset([0] * 5, side, channels)
    rows = raw_rows(made)
    assert rows is not None
    assert rows.shape == (5, width)
    factor = -(-side // 32)
    kept = side // factor * factor
    blocks = made.inputs[:, :kept, :kept].reshape(5, kept // factor, factor, kept // factor, factor, channels)
    expected = blocks.mean(axis=(2, 4), dtype=np.float64).astype(np.uint8)
    np.testing.assert_array_equal(rows, expected.reshape(5, -1))


def test_a_new_run_gets_a_plain_name_that_is_free(tmp_path: Path) -> None:
    first = new_run_path(tmp_path, "../../etc/päss wd\n")
    assert first.parent == tmp_path
    assert first.name.startswith("etc-p-ss-wd-")
    first.mkdir()
    names = {new_run_path(tmp_path, "") for _ in range(20)}
    assert len(names) == 20  # of two runs that begin in the same second neither has made its folder yet
    assert all(path.name.startswith("run-") for path in names)
    second = new_run_path(tmp_path, "../../etc/päss wd\n")
    assert second != first
    assert runs_folder() == Path(os.environ[RUNS_VARIABLE])


def test_drawings_on_light_paper_are_compared_as_light_on_dark() -> None:
    made = dataset([0] * 5, 8, 1)
    paper = np.full_like(made.inputs, 255)
    paper[:, 2:4, 2:6] = 0
    rows = raw_rows(replace(made, inputs=paper))
    assert rows is not None
    np.testing.assert_array_equal(rows, 255 - paper.reshape(5, -1))
