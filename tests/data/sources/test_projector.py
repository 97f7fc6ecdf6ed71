"""The files of the embedding projector: vectors, metadata, a sprite, and a config that names them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from explorer.core.types import ByteArray
from explorer.data.bids import bids_for
from explorer.data.formats.projector import entries, tiles
from explorer.data.opening import DEFAULT_OPTIONS, open_dataset
from explorer.data.sources.projector import ProjectorSource
from tests.helpers.data import picture, save_picture, scanned

COUNT, WIDE, HIGH = 7, 8, 6
VECTORS = np.random.default_rng(0).normal(size=(COUNT, 4)).astype(np.float32)
PICTURES = np.stack([picture(i, HIGH, WIDE) for i in range(COUNT)])
PBTXT = """# made by a program
embeddings {
  tensor_name: "a \\"first\\" one:0"
  tensor_path: "vectors.tsv"
  metadata_path: 'metadata.tsv'
  sprite {
    image_path: "faces.png"
    single_image_dim: 8
    single_image_dim: 6
  }
}
embeddings { tensor_name: "other" tensor_path: "other.tsv" }
"""


def sprite(pictures: ByteArray, columns: int) -> ByteArray:
    rows = -(-len(pictures) // columns)
    grid = np.zeros((rows * columns, *pictures.shape[1:]), np.uint8)
    grid[: len(pictures)] = pictures
    _, high, wide, channels = pictures.shape
    lined: ByteArray = grid.reshape(rows, columns, high, wide, channels).swapaxes(1, 2)
    return lined.reshape(rows * high, columns * wide, channels)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    np.savetxt(tmp_path / "vectors.tsv", VECTORS, delimiter="\t", fmt="%.9g")
    (tmp_path / "other.tsv").write_text("1\t2\t3\n4\t5\t6\n", "utf-8")
    rows = [f"{i}\t{'ab'[i % 2]}" for i in range(COUNT)]
    (tmp_path / "metadata.tsv").write_text("\n".join(["number\tlabel", *rows]) + "\n", "utf-8")
    save_picture(tmp_path / "faces.png", sprite(PICTURES, 3))
    (tmp_path / "projector_config.pbtxt").write_text(PBTXT, "utf-8")
    return tmp_path


@pytest.mark.parametrize("dropped", ["", "vectors.tsv", "projector_config.pbtxt"])
def test_the_pictures_of_the_sprite_are_how_the_items_look(folder: Path, dropped: str) -> None:
    dataset = open_dataset(str(folder / dropped) if dropped else str(folder))
    np.testing.assert_array_equal(dataset.inputs.reshape(COUNT, 4), VECTORS)
    assert dataset.previews is not None
    np.testing.assert_array_equal(dataset.previews, PICTURES)
    assert [dataset.class_name(i) for i in range(3)] == ["a", "b", "a"]
    assert list(dataset.columns) == ["number"]
    assert "Pictures of the items from the sprite faces.png" in dataset.report.notes
    named = dropped != "vectors.tsv"
    assert ("Further vectors of the config not read: other" in dataset.report.notes) is named
    source = bids_for(dataset.uri, DEFAULT_OPTIONS)[0].source
    assert source == ("projector" if named else "vectors")


def test_a_row_that_is_left_out_takes_its_picture_along(folder: Path) -> None:
    lines = (folder / "vectors.tsv").read_text("utf-8").splitlines()
    lines[2] = "nan\t1\t2\t3"
    (folder / "vectors.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    dataset = open_dataset(str(folder))
    assert dataset.previews is not None
    np.testing.assert_array_equal(dataset.previews, np.delete(PICTURES, 2, axis=0))


def test_bare_numbers_of_a_json_config_are_read(folder: Path) -> None:
    (folder / "projector_config.pbtxt").unlink()
    (folder / "oss.bytes").write_bytes(VECTORS.tobytes())
    said = {
        "tensorName": "t",
        "tensorShape": [COUNT, 4],
        "tensorPath": "/somewhere/else/oss.bytes",
        "metadataPath": "https://example.org/metadata.tsv",
        "sprite": {"imagePath": "faces.png", "singleImageDim": [WIDE, HIGH]},
    }
    (folder / "projector_config.json").write_text(json.dumps({"embeddings": [said]}), "utf-8")
    dataset = open_dataset(str(folder))
    np.testing.assert_array_equal(dataset.inputs.reshape(COUNT, 4), VECTORS)
    assert dataset.previews is not None
    assert dataset.labelled, "a table of this name is found beside it"


def test_a_sprite_without_a_config_is_cut_by_the_number_of_items(tmp_path: Path) -> None:
    np.save(tmp_path / "vectors.npy", VECTORS)
    grey = np.repeat(PICTURES[..., :1], 3, axis=3)
    save_picture(tmp_path / "sprite.png", sprite(grey, 3))
    previews = open_dataset(str(tmp_path / "vectors.npy")).previews
    assert previews is not None
    np.testing.assert_array_equal(previews, PICTURES[..., :1])


@pytest.mark.parametrize(
    ("pixels", "tile", "said"),
    [
        (sprite(PICTURES, 3), (10, 10), "has room for 2 pictures of 10 × 10, not for 7"),
        (picture(0, 11, 11), None, "the size of its pictures is not known"),
        (None, (8, 6), "is not used: not a picture"),
    ],
)
def test_a_sprite_that_does_not_fit_is_said(
    tmp_path: Path, pixels: ByteArray | None, tile: tuple[int, int] | None, said: str
) -> None:
    path = tmp_path / "s.png"
    path.write_bytes(b"nothing") if pixels is None else save_picture(path, pixels)
    found, note = tiles(path, COUNT, tile)
    assert found is None
    assert said in note


@pytest.mark.parametrize(
    "text",
    [
        "}",
        "{",
        "embeddings { tensor_path: ",
        "embeddings: 3",
        '{"embeddings": {"tensorShape": [1e999]}}',
        "[1",
        "null",
        "[" * 9999,
    ],
)
def test_a_config_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    for name in ("projector_config.json", "projector_config.pbtxt"):
        (tmp_path / name).write_text(text, "utf-8")
        assert not [one for one in entries(tmp_path / name) if one.tensor]
    assert ProjectorSource.bid(str(tmp_path), DEFAULT_OPTIONS) is None


def test_no_file_outside_its_folder_is_read(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "secret.tsv").write_text("1\t2\t3\n4\t5\t6\n", "utf-8")
    (inner / "projector_config.pbtxt").write_text('embeddings { tensor_path: "../secret.tsv" }', "utf-8")
    assert [one.tensor for one in entries(inner / "projector_config.pbtxt")] == [None]


def test_the_parquet_of_an_atlas_keeps_its_metadata(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    near = [{"ids": [1, 0], "distances": [0.5, 0.75]}] * COUNT
    table = pa.table(
        {
            "text": [f"sentence {i}" for i in range(COUNT)],
            "category": [("news", "sport")[i % 2] for i in range(COUNT)],
            "embedding": pa.array(VECTORS.tolist(), pa.list_(pa.float32())),
            "projection_x": np.zeros(COUNT),
            "projection_y": np.ones(COUNT),
            "__neighbors": near,
        }
    )
    pq.write_table(table, tmp_path / "atlas.parquet")
    found = scanned(str(tmp_path / "atlas.parquet"))
    np.testing.assert_array_equal(found.items, VECTORS)
    assert found.class_names == ("news", "sport")
    assert set(found.columns) == {"text", "projection_x", "projection_y"}
    assert "Columns of lists left out: __neighbors" in found.notes
