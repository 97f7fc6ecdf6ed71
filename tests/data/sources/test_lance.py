"""Tables of LanceDB that others have written, whole and damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from explorer.core.errors import UserError
from explorer.data.opening import listing_of, open_dataset
from explorer.data.sources import lance
from tests.helpers.data import picture_folder

lancedb = pytest.importorskip("lancedb")


def made(folder: Path, name: str = "things", rows: int = 30) -> Path:
    """Return the folder of a table as others write them: lists, texts, bytes, structures."""
    vectors = np.arange(rows * 4, dtype=np.float32).reshape(rows, 4)
    table = pa.table(
        {
            "vector": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), 4),
            "label": pa.array([("cat", "dog", None)[i % 3] for i in range(rows)]),
            "price": pa.array(np.linspace(0, 1, rows)),
            "picture": pa.array([b"\xff\xd8" * 20] * rows),
            "about": pa.array([{"a": i} for i in range(rows)]),
        }
    )
    lancedb.connect(folder).create_table(name, data=table)
    return folder / f"{name}.lance"


def test_a_table_is_read_by_its_folder_and_by_that_of_its_database(tmp_path: Path) -> None:
    path = made(tmp_path / "db")
    (tmp_path / "db" / "readme.txt").write_text("about it")
    for spec in (path, path.parent):
        dataset = open_dataset(str(spec), cache_folder=tmp_path / "cache")
        assert dataset.class_names == ("cat", "dog")
        assert dataset.labels[:3].tolist() == [0, 1, -1]
        assert dataset.inputs[2].reshape(-1).tolist() == [8, 9, 10, 11]
        assert set(dataset.columns) == {"price"}
        assert dataset.report.read_as.startswith("lance: the table things of LanceDB")
    made(tmp_path / "db.lance")
    assert lance.tables_in(tmp_path / "db.lance") == [tmp_path / "db.lance" / "things.lance"]
    made(tmp_path / "db", "others")
    with pytest.raises(UserError, match="holds 2 tables of LanceDB"):
        listing_of(str(tmp_path / "db"))


def test_what_ends_its_reader_and_what_is_no_table_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path)
    (data,) = (path / "data").iterdir()
    whole = data.read_bytes()
    data.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(
        UserError, match=r"cannot be read as a table of LanceDB: a file of it is cut off\. Copy it again$"
    ):
        listing_of(str(path))
    data.unlink()
    with pytest.raises(
        UserError, match=r"cannot be read as a table of LanceDB: a file of it is missing\. Copy it again$"
    ):
        listing_of(str(path))
    for version in (path / "_versions").iterdir():
        version.write_bytes(b"\0" * 100)
    with pytest.raises(UserError, match=r"cannot be read as a table of LanceDB|is damaged") as told:
        listing_of(str(path))
    assert ".rs:" not in str(told.value)
    assert lance.tables_in(tmp_path / "nowhere") == []


def test_an_empty_folder_called_as_a_table_is_told_as_one(tmp_path: Path) -> None:
    (tmp_path / "none.lance" / "data").mkdir(parents=True)
    (tmp_path / "none.lance" / "data").rmdir()
    with pytest.raises(UserError, match=r"none\.lance is called as a table of LanceDB and holds nothing\. Copy"):
        listing_of(str(tmp_path / "none.lance"))
    picture_folder(tmp_path / "pictures.lance", {"a": 2, "b": 2})
    assert listing_of(str(tmp_path / "pictures.lance")).class_names == ("a", "b")


def test_a_table_without_rows_is_one(tmp_path: Path) -> None:
    path = made(tmp_path, rows=0)
    with pytest.raises(UserError, match=r"things\.lance is empty: it has no rows"):
        listing_of(str(path))


def test_without_the_package_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(tmp_path)
    monkeypatch.setattr(lance, "installed", lambda name: name != "lancedb")
    with pytest.raises(UserError) as told:
        listing_of(str(path))
    assert "needs lancedb" in told.value.message
    assert "embedding-explorer[lancedb]" in (told.value.remedy or "")


def test_what_is_said_names_the_table_and_no_file_of_ours(tmp_path: Path) -> None:
    table = pa.table({"id": ["a", "b"], "text": ["one", "two"]})
    lancedb.connect(tmp_path).create_table("words", data=table)
    with pytest.raises(UserError, match=r"words\.lance holds no vectors") as told:
        listing_of(str(tmp_path / "words.lance"))
    assert "parquet" not in str(told.value)
