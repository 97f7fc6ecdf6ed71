from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image

from explorer.core.class_colours import class_colours
from explorer.core.recipe import Recipe
from explorer.core.text_column import TextColumn
from explorer.core.types import IntArray, Projection, frozen
from explorer.engine.run.run_thumbnail import HEIGHT, LARGEST_FILE, WIDTH, _flat, keep_thumbnail, thumbnail
from explorer.runs.folder import RunFolder
from explorer.runs.items import RunItems
from explorer.runs.manifest import THUMBNAIL_NAME
from tests.helpers.runs import data_record, new_run, projection, snapshot


def mapped(path: Path) -> RunFolder:
    with new_run(path) as run:
        run.write_snapshot(snapshot(2))
        run.write_projection(projection(2))
        run.finish({"ended": "well"})
    return RunFolder.open(path)


def test_the_last_map_is_drawn_whole_in_the_colours_of_its_classes_on_nothing(tmp_path: Path) -> None:
    pixels = thumbnail(mapped(tmp_path / "run"))
    assert pixels is not None
    assert pixels.shape == (HEIGHT, WIDTH, 4)
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert not edge[:, 3].any()
    inside = {tuple(colour[:3].tolist()) for colour in pixels[pixels[..., 3] == 255]}
    assert {tuple(colour) for colour in class_colours(2).tolist()} <= inside


def test_it_is_kept_in_the_run_and_drawn_again_where_it_is_missing_damaged_or_old(tmp_path: Path) -> None:
    run = mapped(tmp_path / "run")
    first, file = thumbnail(run), run.path / THUMBNAIL_NAME
    assert first is not None
    assert file.stat().st_size < LARGEST_FILE
    assert run.verify() == ()
    empty = io.BytesIO()
    Image.new("RGBA", (WIDTH, HEIGHT)).save(empty, "PNG")
    file.write_bytes(empty.getvalue())
    shown = thumbnail(run)
    assert shown is not None
    assert not shown.any()  # what is kept is shown
    os.utime(file, ns=(0, 0))
    np.testing.assert_array_equal(thumbnail(run), first)
    for content in (b"", b"\x89PNG\r\n", empty.getvalue()[:80], b" " * (LARGEST_FILE + 1)):
        file.write_bytes(content)
        np.testing.assert_array_equal(thumbnail(run), first)


def test_of_a_run_that_kept_no_map_the_last_embeddings_are_drawn(tmp_path: Path) -> None:
    with new_run(tmp_path / "run") as run:
        run.write_snapshot(snapshot(2))
    pixels = thumbnail(RunFolder.open(tmp_path / "run"))
    assert pixels is not None
    assert (pixels[..., 3] == 255).sum() > 20
    spread = np.array([9, 1, 0.1, 0.1, 4])
    rows = (np.random.default_rng(0).normal(size=(50, 5)) * spread).astype(np.float32)
    flat = _flat(rows)
    for direction, column in ((0, 0), (1, 4)):
        assert abs(float(np.corrcoef(flat[:, direction], rows[:, column])[0, 1])) > 0.95
    assert _flat(rows[:, :1]).shape == (50, 2)


def test_a_run_without_a_map_has_none_and_one_that_cannot_be_written_to_is_drawn_all_the_same(tmp_path: Path) -> None:
    new_run(tmp_path / "begun").close()
    assert thumbnail(RunFolder.open(tmp_path / "begun")) is None
    keep_thumbnail(RunFolder.open(tmp_path / "begun"))
    assert not (tmp_path / "begun" / THUMBNAIL_NAME).exists()
    run = mapped(tmp_path / "run")
    (run.path / THUMBNAIL_NAME).mkdir()
    assert thumbnail(run) is not None


def of_classes(path: Path, labels: IntArray) -> RunFolder:
    """A run on so many items with these labels, whose map has a cloud for every class, side by side."""
    items = len(labels)
    names = TextColumn.of([str(item) for item in range(items)])
    record = data_record(items=items, class_names=tuple(str(name) for name in range(int(labels.max()) + 1)))
    rows = RunItems(names, labels, TextColumn.of([""] * items), {})
    draw = np.random.default_rng(0)
    xy = np.stack([10.0 * labels, np.zeros(items)], axis=1) + draw.normal(scale=0.5, size=(items, 2))
    with RunFolder.create(path, Recipe(), record, rows) as run:
        run.write_projection(Projection("r", 2, frozen(np.arange(items)), xy.astype(np.float32), 1, "umap", True))
    return RunFolder.open(path)


def pixels_of(picture: object, label: int, classes: int) -> int:
    """Return how many pixels have the colour of a class."""
    colour = class_colours(classes)[label]
    pixels = np.asarray(picture)
    return int(((pixels[..., :3] == colour).all(axis=-1) & (pixels[..., 3] == 255)).sum())


def test_a_small_class_is_seen_beside_a_large_one_and_few_points_are_large(tmp_path: Path) -> None:
    labels = np.zeros(6_000, np.int64)
    labels[5_995:] = 1
    assert pixels_of(thumbnail(of_classes(tmp_path / "small", labels)), 1, 2) >= 30
    few = thumbnail(of_classes(tmp_path / "few", np.repeat(np.arange(2), 2)))
    assert pixels_of(few, 0, 2) >= 60


def test_of_very_many_classes_the_points_are_spread_over_the_items(tmp_path: Path) -> None:
    picture = thumbnail(of_classes(tmp_path / "many", np.arange(2_000)))
    assert picture is not None
    assert (picture[..., 3] == 255).any()
