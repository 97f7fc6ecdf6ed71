"""Projector, Embedding Atlas, FiftyOne and image folder: read as they are written, and by the programs themselves."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest
from PIL import Image

from explorer.core.errors import UserError, printable
from explorer.core.registry import create
from explorer.data.opening import open_dataset
from explorer.engine.export.projector import cell
from explorer.engine.export.subjects import subject_of_run
from tests.engine.export.conftest import Trained
from tests.engine.session.test_miner_bench import Progress
from tests.helpers.foreign import run_with
from tests.helpers.mapped import mapped_run
from tests.helpers.readme import lines_of, run_readme

FIRST = "<d>/000.png"
PROJECTOR = """
import io, numpy as np
from PIL import Image
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.projector.projector_plugin import ProjectorPlugin
from werkzeug.test import Client

runs = EventMultiplexer()
runs.AddRunsFromDirectory(".")
apps = ProjectorPlugin(TBContext(logdir=".", multiplexer=runs)).get_plugin_apps()

def get(route):
    return Client(apps[route]).get("/", query_string={"run": ".", "name": "embeddings"})

ids = [line.split("\\t")[0] for line in get("/metadata").text.splitlines()[1:]]
vectors = np.frombuffer(get("/tensor").data, np.float32).reshape(len(ids), -1)
assert Image.open(io.BytesIO(get("/sprite_image").data)).size == (168, 168)
print(*(ids[i] for i in np.argsort(-(vectors @ vectors[0]), kind="stable")[:6]), sep="\\n")
"""
FIFTYONE = """
from fiftyone.utils.data.importers import LegacyFiftyOneDatasetImporter

with LegacyFiftyOneDatasetImporter(".") as importer:
    samples = list(importer)
first, ids = samples[0], {sample["number"]: sample["item"] for sample in samples}
assert first["ground_truth"].label == "<d>" and first.tags
print(first["item"], *(ids[number] for number in first["neighbours"][:5]), sep="\\n")
"""


def exported(trained: Trained, name: str, out: Path, **params: str) -> Path:
    """Write an export of the run, and return its folder."""
    create("export", name, dict(params)).write(out, subject_of_run(trained.path), Progress())
    return out


def test_the_projector_gets_clean_lines_and_a_sprite(trained: Trained, tmp_path: Path) -> None:
    out = exported(trained, "projector", tmp_path / "out")
    assert run_readme(out) == [cell(name) for name in trained.near(FIRST)]
    lines = (out / "metadata.tsv").read_text("utf-8").splitlines()
    assert len(lines) == 37
    assert {line.count("\t") for line in lines} == {3}
    with Image.open(out / "sprite.png") as sheet:
        tile = np.asarray(sheet)[:28, 28:56]
    with Image.open(trained.pictures / "<d>" / "001.png") as second:
        np.testing.assert_array_equal(tile, np.asarray(second))
    again = open_dataset(str(out))
    assert (len(again), again.shape) == (36, (1, 1, 64))


def test_tensorboard_serves_what_is_exported(trained: Trained, tmp_path: Path) -> None:
    out = exported(trained, "projector", tmp_path / "out")
    assert run_with("tensorboard", PROJECTOR, out) == [cell(name) for name in trained.near(FIRST)]


@pytest.mark.parametrize(("text", "wanted"), [("a\tb\nc", "a b c"), ("", "–"), (" \t", "–")])
def test_no_cell_is_empty_or_two(text: str, wanted: str) -> None:
    assert cell(text) == wanted


def test_without_pictures_the_projector_is_told_why(tmp_path: Path) -> None:
    run = mapped_run(tmp_path / "run")
    create("export", "projector", {}).write(tmp_path / "out", subject_of_run(run.path), Progress())
    assert not (tmp_path / "out" / "sprite.png").exists()
    assert "There are no pictures" in (tmp_path / "out" / "README.md").read_text("utf-8")
    assert "sprite" not in (tmp_path / "out" / "projector_config.pbtxt").read_text("utf-8")


def test_the_atlas_has_rows_of_neighbours_places_and_pictures(trained: Trained, tmp_path: Path) -> None:
    out = exported(trained, "atlas", tmp_path / "out")
    table = pyarrow.parquet.read_table(out / "items.parquet")
    rows: list[dict[str, Any]] = table.to_pylist()
    near = [rows[0]["id"], *(rows[row]["id"] for row in rows[0]["neighbors"]["ids"][:5])]
    assert near == [printable(name) for name in trained.near(FIRST)]
    assert all(len(row["neighbors"]["ids"]) == 15 for row in rows)
    assert all(number not in row["neighbors"]["ids"] for number, row in enumerate(rows))
    assert all(row["neighbors"]["distances"] == sorted(row["neighbors"]["distances"]) for row in rows)
    assert np.isfinite([[row["x"], row["y"]] for row in rows]).all()
    with Image.open(io.BytesIO(rows[5]["picture"]["bytes"])) as picture:
        assert picture.size == (28, 28)


def test_pandas_reads_the_atlas_as_its_command_does(trained: Trained, tmp_path: Path) -> None:
    out = exported(trained, "atlas", tmp_path / "out")
    assert run_with("pandas", lines_of(out), out) == [printable(name) for name in trained.near(FIRST)]


@pytest.mark.parametrize("pictures", ["original", "small"])
def test_a_dataset_of_fiftyone_has_pictures_and_neighbours(trained: Trained, tmp_path: Path, pictures: str) -> None:
    out = exported(trained, "fiftyone", tmp_path / "out", pictures=pictures)
    samples = json.loads((out / "samples.json").read_text("utf-8"))["samples"]
    ids = {sample["number"]: sample["item"] for sample in samples}
    near = [ids[number] for number in (0, *samples[0]["neighbours"][:5])]
    assert near == [printable(name) for name in trained.near(FIRST)]
    assert {sample["ground_truth"]["label"] for sample in samples} == {"=a", "b\\tc", "<d>"}
    for sample in samples:
        with Image.open(out / sample["filepath"]) as picture:
            assert picture.size == (28, 28)
    with Image.open(out / samples[0]["filepath"]) as ours, Image.open(trained.pictures / FIRST) as theirs:
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


def test_the_importer_of_fiftyone_reads_it(trained: Trained, tmp_path: Path) -> None:
    out = exported(trained, "fiftyone", tmp_path / "out")
    assert run_with("fiftyone", FIFTYONE, out) == [printable(name) for name in trained.near(FIRST)]


def test_an_image_folder_names_every_picture_once(trained: Trained, tmp_path: Path) -> None:
    out = exported(trained, "imagefolder", tmp_path / "out")
    parts = {part.name: part for part in out.iterdir() if part.is_dir()}
    assert set(parts) == {"train", "test"}
    count = 0
    for part in parts.values():
        rows = [json.loads(line) for line in (part / "metadata.jsonl").read_text("utf-8").splitlines()]
        named = {row["file_name"] for row in rows}
        assert named == {file.name for file in part.iterdir()} - {"metadata.jsonl"}
        count += len(rows)
    assert count == 36


def test_datasets_of_hugging_face_load_it(trained: Trained, tmp_path: Path) -> None:
    out = exported(trained, "imagefolder", tmp_path / "out")
    lines = f"import os\nos.environ['HF_DATASETS_CACHE'] = {str(tmp_path / 'cache')!r}\n{lines_of(out)}"
    assert run_with("datasets", lines, out) == [printable(name) for name in trained.near(FIRST)]


@pytest.mark.parametrize("name", ["fiftyone", "imagefolder"])
def test_without_the_data_there_are_no_pictures_to_take(tmp_path: Path, name: str) -> None:
    run = mapped_run(tmp_path / "run")
    with pytest.raises(UserError):
        create("export", name, {}).write(tmp_path / "out", subject_of_run(run.path), Progress())
    assert not (tmp_path / "out").exists()
