from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.core.errors import UserError
from explorer.core.text_column import TextColumn
from explorer.runs.items import RunItems, plain_cell, read_items, safe_cell, write_items
from tests.helpers.runs import run_items

NASTY = st.text(st.characters(exclude_categories=()) | st.sampled_from("=+-@\t\r\n',\";"), max_size=12)


@given(text=NASTY)
def test_no_cell_begins_like_a_formula_and_all_come_back(text: str) -> None:
    assert plain_cell(safe_cell(text)) == text
    assert safe_cell(text)[:1] not in tuple("=+-@\t\r\n")


@given(names=st.lists(st.binary(max_size=8), min_size=1, max_size=5))
def test_names_of_any_bytes_come_back(tmp_path_factory: pytest.TempPathFactory, names: list[bytes]) -> None:
    ids = tuple(name.replace(b"\0", b"").decode("utf-8", "surrogateescape") for name in names)
    texts, none = TextColumn.of(ids), TextColumn.repeated("", len(ids))
    items = RunItems(texts, np.full(len(ids), -1), none, {"level1": texts})
    path = tmp_path_factory.mktemp("run") / "items.csv"
    write_items(path, items, ())
    back = read_items(path, expected=len(ids), classes=0)
    assert (back.ids, back.parts, back.columns) == (items.ids, items.parts, items.columns)
    assert tuple(back.ids) == ids


def test_the_file_is_a_plain_table(tmp_path: Path) -> None:
    write_items(tmp_path / "items.csv", run_items(), ("a", "=b"))
    with open(tmp_path / "items.csv", newline="", encoding="utf-8", errors="surrogateescape") as file:
        rows = list(csv.DictReader(file))
    assert rows[1] == {
        "index": "1",
        "id": "'=x/1",
        "class": "'=b",
        "label": "1",
        "part": "train",
        "column:writer": "",
    }
    assert [row["label"] for row in rows] == ["0", "1", "0", "1", "0", "-1"]


def test_no_items_at_all(tmp_path: Path) -> None:
    write_items(
        tmp_path / "items.csv",
        RunItems(TextColumn.of(()), np.empty(0, np.int64), TextColumn.of(()), {"a": TextColumn.of(())}),
        (),
    )
    assert len(read_items(tmp_path / "items.csv", expected=0, classes=0)) == 0


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"index,id", b"index,ID", "header"),
        (b"1,'=x/1", b"7,'=x/1", "row"),
        (b",train,", b",else,", "class or part"),
        (b"'=b,1,", b"'=b,5,", "class or part"),
        (b"'=b,1,", b"'=b,one,", "invalid literal"),
        (b"0,x/0", b'0,"x/0', "item 0"),
    ],
)
def test_a_damaged_table_is_refused_in_one_sentence(tmp_path: Path, old: bytes, new: bytes, reason: str) -> None:
    path = tmp_path / "items.csv"
    write_items(path, run_items(), ("a", "=b"))
    path.write_bytes(path.read_bytes().replace(old, new))
    with pytest.raises(UserError, match=reason):
        read_items(path, expected=6, classes=2)


def test_a_table_of_another_length_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    write_items(path, run_items(), ("a", "=b"))
    with pytest.raises(UserError, match="6 items instead of 7"):
        read_items(path, expected=7, classes=2)
    path.write_bytes(b"")
    with pytest.raises(UserError, match="empty"):
        read_items(path, expected=7, classes=2)
