from __future__ import annotations

import json
from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.data.bids import bids_for
from explorer.data.formats.tablefile import peek_any, read_any
from explorer.data.opening import DEFAULT_OPTIONS
from tests.helpers.data import picture_folder, scanned

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

ROWS = [
    {"file_name": "cat/000.png", "writer": "ann", "size": 3, "wide": 1.5},
    {"file_name": "dog/000.png", "writer": "bob", "size": 4, "wide": 2.0},
    {"file_name": "dog/001.png", "writer": "ann", "size": 3, "wide": 2.5},
]
CELLS = [("cat/000.png", "ann", "3", "1.5"), ("dog/000.png", "bob", "4", "2.0"), ("dog/001.png", "ann", "3", "2.5")]


def lines(path: Path) -> Path:
    path.write_text("\n".join(json.dumps(row | {"boxes": [1]}) for row in ROWS) + "\nbroken\n\n", encoding="utf-8")
    return path


def parquet(path: Path) -> Path:
    pq.write_table(pa.Table.from_pylist(ROWS), path)
    return path


def test_tables_of_three_kinds_are_one(tmp_path: Path) -> None:
    by_lines, by_parquet = read_any(lines(tmp_path / "a.jsonl")), read_any(parquet(tmp_path / "a.parquet"))
    assert by_lines.header == by_parquet.header == ("file_name", "writer", "size", "wide")
    assert [row for _, row in by_lines.rows] == CELLS
    assert [row[:3] for _, row in by_parquet.rows] == [row[:3] for row in CELLS]
    assert [(one.path, one.reason) for one in by_lines.skipped] == [("a.jsonl, line 4", "is no object of JSON")]
    peeked = peek_any(tmp_path / "a.parquet")
    assert peeked is not None
    assert peeked.header == by_lines.header
    assert peek_any(tmp_path / "a.jsonl") is not None
    for name in ("a.jsonl", "a.parquet"):
        picture_folder(tmp_path, {"cat": 1, "dog": 2})
        listing = scanned(str(tmp_path / name))
        assert list(listing.ids) == [row[0] for row in CELLS]
        assert bids_for(str(tmp_path / name), DEFAULT_OPTIONS)[0].source == "csv"


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("[1]\n2\n")
    (tmp_path / "b.jsonl").write_text("\n".join(json.dumps({f"c{i}": 1}) for i in range(2000)))
    (tmp_path / "c.parquet").write_bytes(b"PAR1 and no more")
    assert (
        peek_any(tmp_path / "a.jsonl") is peek_any(tmp_path / "c.parquet") is peek_any(tmp_path / "gone.jsonl") is None
    )
    for name, text in (("a.jsonl", "has no rows"), ("b.jsonl", "other names"), ("c.parquet", "cannot be read as")):
        with pytest.raises(UserError, match=text):
            read_any(tmp_path / name)
