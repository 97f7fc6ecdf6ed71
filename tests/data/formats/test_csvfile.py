"""Tables of text as programs write them: marks, titles, quotes and delimiters where there need be none."""

from __future__ import annotations

from pathlib import Path

import pytest

from explorer.core.types import Skipped
from explorer.data.formats.csvfile import peek_table, read_table

PLAIN = "a,b,class\n1,2,x\n3,4,y\n"


@pytest.mark.parametrize(
    "written",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        PLAIN.encode("utf-16-le"),
        PLAIN.encode("utf-16-be"),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.replace("\n", ",\n").encode(),
        PLAIN.replace("class", "class,,").encode(),
        PLAIN.replace("1,2,x", "1,2,x,,").encode(),
        f"\n\n{PLAIN}\n\n".encode(),
        b"sep=;\n" + PLAIN.replace(",", ";").encode(),
        b'"sep=,"\r\n' + PLAIN.encode(),
        b"# made by a tool\n# on a day, in a place\n" + PLAIN.encode(),
        b"# a,b,class\n" + PLAIN.partition("\n")[2].encode(),
        PLAIN.replace(",", ", ").encode(),
        b'"a", "b", "class"\n"1", "2", "x"\n3, 4, "y"\n',
        f"Table of the things that we saw\n\n{PLAIN}".encode(),
    ],
)
def test_the_same_table_however_it_is_written(tmp_path: Path, written: bytes) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(written)
    table, peek = read_table(path), peek_table(path)
    assert table.header == ("a", "b", "class")
    assert [row for _, row in table.rows] == [("1", "2", "x"), ("3", "4", "y")]
    assert not table.skipped
    assert peek is not None
    assert (peek.header, peek.rows) == (table.header, tuple(row for _, row in table.rows))
    title = "The first line of the table is taken for its title: Table of the things that we saw"
    assert table.notes == (title,) * written.startswith(b"Table")


def test_delimiters_in_quotes_part_nothing(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('"size, mm";"weight, kg";class\n1;2;a\n3;4;b\n')
    assert read_table(path).header == ("size, mm", "weight, kg", "class")


def test_texts_alone_keep_their_commas(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("text\nHello, how are you\nFine\nWell, yes, thanks\n")
    table = read_table(path)
    assert [row for _, row in table.rows] == [("Hello, how are you",), ("Fine",), ("Well, yes, thanks",)]


def test_a_row_of_units_is_no_item(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b,class\nmm,kg,\n1,2,x\n3,4,y\n")
    table, peek = read_table(path), peek_table(path)
    assert [row for _, row in table.rows] == [("1", "2", "x"), ("3", "4", "y")]
    assert table.skipped == (Skipped("t.csv, line 2", "holds words, such as units, where the rows below have numbers"),)
    assert peek is not None
    assert peek.rows == tuple(row for _, row in table.rows)


def test_letters_of_windows_are_letters(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("a,class\n1,\u20ac\n2,\u201c\n".encode("cp1252"))
    table = read_table(path)
    assert [row[1] for _, row in table.rows] == ["\u20ac", "\u201c"]
    assert table.notes == ("The table is not UTF-8 and was read as Windows-1252",)
