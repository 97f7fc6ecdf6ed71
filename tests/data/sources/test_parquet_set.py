from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from explorer.data.bids import bids_for
from explorer.data.formats.parquet_pictures import ParquetShard
from explorer.data.opening import DEFAULT_OPTIONS, check, open_dataset
from tests.helpers.containers import png
from tests.helpers.data import picture, scanned

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

SIDE = 28
IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
CLASSES = ["cat", "dog", "eel"]
LABEL = {"names": CLASSES, "_type": "ClassLabel"}
FEATURES: dict[str, Any] = {"image": {"_type": "Image"}, "label": LABEL}


def shard(path: Path, seeds: range, *, features: dict[str, Any] | None = FEATURES, **columns: Any) -> Path:
    """Write pictures with a class each as the library ``datasets`` does."""
    images = [{"bytes": png(picture(i, SIDE, SIDE)), "path": f"{i}.png"} for i in seeds]
    arrays = {"image": pa.array(images, IMAGE), "label": pa.array([i % 3 for i in seeds]), **columns}
    table = pa.table({name: array for name, array in arrays.items() if array is not None})
    said = json.dumps({"info": {"features": features}}) if features is not None else None
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.replace_schema_metadata({"huggingface": said} if said else None), path, row_group_size=5)
    return path


def pixels(seeds: range | list[int]) -> Any:
    return np.stack([picture(i, SIDE, SIDE) for i in seeds])


def test_a_folder_of_shards_is_one_set_with_the_splits(tmp_path: Path, cache: Path) -> None:
    for number, seeds in enumerate((range(8), range(8, 20))):
        shard(tmp_path / "data" / f"train-{number:05d}-of-00002.parquet", seeds)
    shard(tmp_path / "data" / "test-00000-of-00001.parquet", range(20, 27))
    (tmp_path / "README.md").write_text("x")
    data = open_dataset(str(tmp_path), cache_folder=cache)
    order = [*range(20, 27), *range(20)]
    assert np.array_equal(data.inputs, pixels(order))
    assert [data.class_name(i) for i in range(27)] == [CLASSES[i % 3] for i in order]
    assert data.class_names == tuple(CLASSES)
    assert data.columns["split"] == ("test",) * 7 + ("train",) * 20
    assert data.ids == tuple(f"{'test' if i >= 20 else 'train'}/{i}.png" for i in order)
    assert np.array_equal(data.full_picture(20), picture(13, SIDE, SIDE))
    assert data.report.notes == ("Classes are those of the column label",)
    bid = bids_for(str(tmp_path), DEFAULT_OPTIONS)[0]
    assert (bid.source, bid.bid.reason) == ("parquet_set", "3 files of Parquet with pictures in the column image")
    one = open_dataset(str(tmp_path / "data" / "test-00000-of-00001.parquet"), cache_folder=cache)
    assert np.array_equal(one.inputs, pixels(range(20, 27)))


def test_splits_that_are_folders(tmp_path: Path, cache: Path) -> None:
    shard(tmp_path / "default" / "train" / "0000.parquet", range(4))
    shard(tmp_path / "default" / "validation" / "0000.parquet", range(4, 6))
    data = open_dataset(str(tmp_path), cache_folder=cache)
    assert data.columns["split"] == ("train",) * 4 + ("validation",) * 2


def test_fine_and_coarse_classes_unlabelled_items_and_further_columns(tmp_path: Path, cache: Path) -> None:
    coarse = {"names": ["pet", "fish"], "_type": "ClassLabel"}
    shard(
        tmp_path / "a.parquet",
        range(6),
        features={**FEATURES, "coarse": coarse, "label": LABEL},
        label=pa.array([0, 1, -1, 2, None, 0]),
        coarse=pa.array([0, 0, 0, 1, 1, 0]),
        writer=pa.array(["ann", "bob", "ann", None, "bob", "ann"]).dictionary_encode(),
        boxes=pa.array([[1.0, 2.0]] * 6),
    )
    data = open_dataset(str(tmp_path / "a.parquet"), cache_folder=cache)
    assert [data.class_name(i) for i in range(6)] == ["cat", "dog", "", "eel", "", "cat"]
    assert data.columns["coarse"] == ("pet", "pet", "pet", "fish", "fish", "pet")
    assert data.columns["writer"] == ("ann", "bob", "ann", "", "bob", "ann")
    assert data.report.notes == ("Classes are those of the column label", "Columns left out: boxes")
    by_writer = open_dataset(str(tmp_path / "a.parquet"), DataOptions(label_column="writer"), cache_folder=cache)
    assert by_writer.class_names == ("ann", "bob")
    assert by_writer.columns["label"] == ("cat", "dog", "-1", "eel", "", "cat")


@pytest.mark.parametrize("sort", [[LABEL], {"feature": LABEL, "_type": "Sequence"}])
def test_several_classes_an_item_become_label_sets(sort: Any, tmp_path: Path, cache: Path) -> None:
    shard(tmp_path / "a.parquet", range(4), features={**FEATURES, "label": sort},
          label=pa.array([[0, 2], [1], [], [2, 0]]))  # fmt: skip
    data = open_dataset(str(tmp_path / "a.parquet"), cache_folder=cache)
    assert data.set_names == ("cat", "dog", "eel")
    assert data.label_sets is not None
    assert data.label_sets.tolist() == [[True, False, True], [False, True, False], [False] * 3, [True, False, True]]
    assert [data.class_name(i) for i in range(4)] == ["cat;eel", "dog", "", "cat;eel"]


def test_a_column_of_bytes_without_a_word_from_the_schema(tmp_path: Path, cache: Path) -> None:
    images = pa.array([png(picture(i, SIDE, SIDE)) for i in range(4)])
    shard(tmp_path / "a.parquet", range(4), features=None, image=None, label=None, jpg=images,
          species=pa.array(["a", "b", "a", "b"]))  # fmt: skip
    data = open_dataset(str(tmp_path / "a.parquet"), cache_folder=cache)
    assert np.array_equal(data.inputs, pixels(range(4)))
    assert data.class_names == ("a", "b")
    assert data.ids == ("000000", "000001", "000002", "000003")


def test_what_is_broken_is_left_out_with_its_reason(tmp_path: Path, cache: Path) -> None:
    shard(tmp_path / "train-0.parquet", range(4))
    cut = shard(tmp_path / "train-1.parquet", range(4, 8))
    cut.write_bytes(cut.read_bytes()[:-50])
    images = [{"bytes": png(picture(0, SIDE, SIDE)), "path": None}, {"bytes": None, "path": "gone.png"}, None,
              {"bytes": b"no picture", "path": "x.png"}]  # fmt: skip
    shard(tmp_path / "train-2.parquet", range(4), image=pa.array(images, IMAGE))
    pq.write_table(pa.table({"other": [1]}), tmp_path / "train-3.parquet")
    report = check(str(tmp_path), cache_folder=cache).report
    assert report.kept == 5
    told = {item.path: item.reason for item in report.skipped}
    assert "cut off or damaged" in told["train-1.parquet"]
    assert told["train-3.parquet"] == "has no column image"
    assert told["train/gone.png"] == told["train/000006"] == "there are no bytes of it in the file"
    assert "not a picture" in told["train/x.png"]


def test_damage_in_a_page_takes_the_pictures_behind_it(tmp_path: Path, cache: Path) -> None:
    path = shard(tmp_path / "a.parquet", range(10))
    place = pq.ParquetFile(path).metadata.row_group(1).column(0).data_page_offset
    data = bytearray(path.read_bytes())
    data[place : place + 20] = b"\xff" * 20
    path.write_bytes(data)
    left = open_dataset(str(path), cache_folder=cache)
    assert np.array_equal(left.inputs, pixels(range(5)))
    assert all(item.reason.startswith("damaged in its Parquet file") for item in left.report.skipped)
    assert len(left.report.skipped) == 5


def repeated(value: Any, count: int) -> Any:
    """Return one value many times, which Parquet stores once."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array([value]))


def test_a_few_bytes_that_stand_for_many_are_unpacked_a_few_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explorer.data.formats.parquet_pictures.KEPT_BYTES", 8 << 20)
    image = pa.StructArray.from_arrays([repeated(b"y" * 2_000_000, 100), pa.nulls(100, pa.string())], ["bytes", "path"])
    pq.write_table(pa.table({"image": image}), tmp_path / "bomb.parquet")
    most = 0
    with ParquetShard(str(tmp_path / "bomb.parquet"), "image.bytes").opened() as read:
        before = pa.total_allocated_bytes()
        for row in range(100):
            assert len(read(0, row)) == 2_000_000
            most = max(most, pa.total_allocated_bytes() - before)
    assert most < 40_000_000  # of 200


def test_a_long_text_in_every_row_is_cut_and_told(tmp_path: Path, cache: Path) -> None:
    count = 50_000
    images = {"image": repeated(png(picture(0, SIDE, SIDE)), count), "label": repeated("x" * 1_000_000, count)}
    pq.write_table(pa.table(images), tmp_path / "a.parquet")  # 50 GB, were it unpacked
    listing = scanned(str(tmp_path / "a.parquet"))
    assert listing.class_names == ("x" * 4096,)
    assert listing.notes[-1] == "50,000 cells of more than 4,096 characters cut"


def test_an_encoding_without_a_bound_is_refused(tmp_path: Path, cache: Path) -> None:
    table = pa.table({"image": pa.array([png(picture(i, SIDE, SIDE)) for i in range(3)])})
    pq.write_table(table, tmp_path / "delta.parquet", use_dictionary=False, column_encoding="DELTA_BYTE_ARRAY")
    with pytest.raises(UserError, match="stored as DELTA_BYTE_ARRAY"):
        open_dataset(str(tmp_path / "delta.parquet"), cache_folder=cache)


@pytest.mark.parametrize(
    "said", ["[" * 100_000, "1", '{"info": {"features": [1]}}', '{"info": {"features": {"label": {"names": 3}}}}']
)
def test_what_the_schema_says_is_not_trusted(said: str, tmp_path: Path) -> None:
    path = shard(tmp_path / "a.parquet", range(4))
    pq.write_table(pq.read_table(path).replace_schema_metadata({"huggingface": said}), path)
    assert scanned(str(path)).class_names == ("0", "1", "2")


def test_a_table_of_vectors_stays_one(tmp_path: Path) -> None:
    pq.write_table(pa.table({"vectors": [[0.0, 1.0]] * 3, "label": [1, 2, 3]}), tmp_path / "v.parquet")
    assert bids_for(str(tmp_path / "v.parquet"), DEFAULT_OPTIONS)[0].source == "vectors"


def test_a_file_that_says_it_has_other_rows_than_it_has_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "train-00000.parquet"
    pq.write_table(pa.table({"image": [{"bytes": b"x", "path": None}] * 300, "label": [0] * 300}), path)
    whole = path.read_bytes()
    said = b"\x16\xd8\x04\x19"  # 300 as Thrift writes it, before the list of the groups of rows
    path.write_bytes(whole.replace(said, b"\x16\xda\x04\x19", 1))
    with pytest.raises(UserError, match="it says that it has 301 rows and has 300"):
        open_dataset(str(path))
