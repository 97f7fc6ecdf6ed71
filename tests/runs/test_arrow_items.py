"""``items.arrow``: the same items as in a table, mapped."""

from __future__ import annotations

import gc
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.core.errors import UserError
from explorer.core.recipe import Recipe
from explorer.core.text_column import TextColumn
from explorer.runs import arrow_items
from explorer.runs.arrow_items import ARROW_NAME, read_arrow_items, write_arrow_items
from explorer.runs.folder import RunFolder
from explorer.runs.items import ITEMS_NAME, RunItems, read_items, write_items
from tests.helpers.footprint import footprint
from tests.helpers.runs import data_record, run_items

pa = pytest.importorskip("pyarrow")


@given(names=st.lists(st.binary(max_size=8), max_size=5))
def test_items_come_back_whatever_they_are_called(tmp_path_factory: pytest.TempPathFactory, names: list[bytes]) -> None:
    ids = TextColumn.of(name.decode("utf-8", "surrogateescape") for name in names)
    labels = np.arange(len(names)) % 3 - 1
    parts = TextColumn.of(["train", "held-out", ""][k % 3] for k in range(len(names)))
    items = RunItems(ids, labels, parts, {"level1": ids, "same": TextColumn.repeated("x", len(names))})
    path = tmp_path_factory.mktemp("run") / ARROW_NAME
    write_arrow_items(path, items, ("a", "b"))
    back = read_arrow_items(path, expected=len(names), classes=2)
    assert (back.ids, back.parts, dict(back.columns)) == (items.ids, items.parts, dict(items.columns))
    assert back.labels.tolist() == labels.tolist()
    assert back.indices("train").tolist() == items.indices("train").tolist()


def test_anybodys_arrow_reads_them(tmp_path: Path) -> None:
    items = replace(run_items(), ids=TextColumn.of(f"=x/{k}" for k in range(6)))
    write_arrow_items(tmp_path / ARROW_NAME, items, ("a", "=b"))
    write_items(tmp_path / ITEMS_NAME, items, ("a", "=b"))
    rows = pa.ipc.open_file(pa.memory_map(str(tmp_path / ARROW_NAME))).read_all().to_pylist()
    assert rows[1] == {"id": "=x/1", "class": "=b", "label": 1, "part": "train", "column:writer": ""}
    assert rows[5]["class"] is None
    table = read_items(tmp_path / ITEMS_NAME, expected=6, classes=2)
    assert [row["id"] for row in rows] == list(table.ids)
    assert [row["label"] for row in rows] == table.labels.tolist()


def test_a_run_of_many_items_has_them_so_and_is_opened_checked_and_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrow_items, "ARROW_FROM", 6)
    with RunFolder.create(tmp_path / "run", Recipe().resolved(), data_record(), run_items()) as run:
        run.finish({})
    assert not (run.path / ITEMS_NAME).exists()
    opened = RunFolder.open(run.path)
    assert (opened.items.ids, opened.items.parts) == (run_items().ids, run_items().parts)
    assert opened.verify() == ()
    with opened.copied_to(tmp_path / "copy") as copy:
        assert RunFolder.open(copy.path).items.ids == run_items().ids
    content = bytearray((run.path / ARROW_NAME).read_bytes())
    content[content.index(b"x/1")] = ord("y")
    (run.path / ARROW_NAME).write_bytes(content)
    with pytest.raises(UserError, match=r"items.arrow is not what was written when the run began"):
        _ = RunFolder.open(run.path).items
    (run.path / ARROW_NAME).unlink()
    with pytest.raises(UserError, match="missing"):
        _ = RunFolder.open(run.path).items


def test_without_pyarrow_it_is_a_table_and_what_there_is_says_what_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrow_items, "ARROW_FROM", 1)
    write_arrow_items(tmp_path / ARROW_NAME, run_items(), ("a", "=b"))
    monkeypatch.setattr(arrow_items, "installed", lambda package: package != "pyarrow")
    with pytest.raises(UserError, match="pip install pyarrow"):
        read_arrow_items(tmp_path / ARROW_NAME, expected=6, classes=2)
    with RunFolder.create(tmp_path / "run", Recipe().resolved(), data_record(), run_items()) as run:
        assert (run.path / ITEMS_NAME).is_file()


def damaged(what: str) -> object:
    """Return a table that no run has written."""
    texts = pa.array([f"{k}" for k in range(6)], pa.large_string())
    columns = {
        "id": texts,
        "label": pa.array(np.arange(6) % 2),
        "part": pa.DictionaryArray.from_arrays(pa.array(np.zeros(6, np.int32)), pa.array(["train"], pa.large_string())),
    }
    if what == "class":
        columns["label"] = pa.array(np.arange(6))
    elif what == "part":
        columns["part"] = texts
    elif what == "gaps":
        columns["id"] = pa.array(["0", None, "2", "3", "4", "5"], pa.large_string())
    elif what == "numbers":
        columns["id"] = pa.array(np.arange(6))
    elif what == "floats":
        columns["label"] = pa.array(np.zeros(6))
    elif what in columns:
        del columns[what]
    return pa.table(columns)


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("class", "class does not exist"),
        ("part", "part does not exist"),
        ("gaps", "no texts"),
        ("numbers", "no texts"),
        ("floats", "no numbers"),
        ("id", "cannot be read"),
        ("label", "cannot be read"),
        ("length", "6 items instead of 7"),
    ],
)
def test_another_table_is_refused_in_one_sentence(tmp_path: Path, what: str, reason: str) -> None:
    table = damaged(what)
    with pa.OSFile(str(tmp_path / ARROW_NAME), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:  # type: ignore[attr-defined]
        writer.write_table(table)
    with pytest.raises(UserError, match=reason):
        read_arrow_items(tmp_path / ARROW_NAME, expected=7 if what == "length" else 6, classes=2)


@pytest.mark.parametrize("content", [b"", b"ARROW1\0\0", b"index,id\n"])
def test_what_is_no_arrow_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ARROW_NAME).write_bytes(content)
    with pytest.raises(UserError, match="cannot be read"):
        read_arrow_items(tmp_path / ARROW_NAME, expected=6, classes=2)


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_a_million_items_are_mapped_and_not_read(tmp_path: Path) -> None:
    count = 1_000_000
    ids = TextColumn.numbered("vectors.npy#", np.arange(count))
    labels, none = np.arange(count) % 10, TextColumn.repeated("train", count)
    write_arrow_items(tmp_path / ARROW_NAME, RunItems(ids, labels, none, {"row": ids}), tuple("abcdefghij"))
    del ids
    gc.collect()
    before = footprint(os.getpid()).held
    back = read_arrow_items(tmp_path / ARROW_NAME, expected=count, classes=10)
    assert footprint(os.getpid()).held - before < 8  # of 52 MiB; some is for looking at it
    assert (back.ids[765_432], back.columns["row"][3], back.parts[7]) == (
        "vectors.npy#765432",
        "vectors.npy#3",
        "train",
    )
    assert back.labels[123_459] == 9
