"""Whether the first line of a table names its columns is told from what stands below it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explorer.data.formats.csvfile import peek_table, read_table
from explorer.data.opening import open_dataset

BARE = {
    "numbers and a class": "0.1,0.2,0.3,cat\n0.3,0.1,0.5,dog\n0.4,0.6,0.5,cat\n",
    "no class again": "0.1,0.2,0.3,cat\n0.4,0.6,0.5,dog\n",
    "class first": "cat,0.1,0.2,0.3\ndog,0.3,0.1,0.5\ncat,1,2,3\n",
    "decimal commas": "0,1;0,2;0,3;cat\n0,3;0,1;0,5;dog\n0,4;0,6;0,5;cat\n",
    "tabs": "0.1\t0.2\t0.3\tcat\n0.3\t0.1\t0.5\tdog\n0.4\t0.6\t0.5\tcat\n",
    "whole numbers": "5,0,7,cat\n3,2,2,dog\n5,1,9,cat\n",
    "a missing number": "0.1,,0.3,cat\n0.3,0.1,0.5,dog\n0.4,0.6,0.5,cat\n",
    "years of items": "Paris,2019,3\nRome,2020,4\nOslo,2021,5\n",
    "paths without an ending": "images/0,cat\nimages/1,dog\n",
    "a class and a text": "positive,I loved it\nnegative,I hated it\npositive,Fine\n",
    "a number and texts": '"3","Wall St.","Some text"\n"4","Title","Other text"\n"3","Third","Text"\n',
    "lists of numbers": 'A,"[0.1, 0.2]"\nB,"[0.3, 0.4]"\n',
}
NAMED = {
    "names": "a,b,c,kind\n1,2,3,x\n4,5,6,y\n",
    "texts": "a,b\nx,y\nz,w\n",
    "years and a known name": "2019,2020,2021,class\n1.5,2.5,3.5,a\n2.5,1,4,b\n",
    "years and another name": "country,2019,2020\nFrance,5,6\nSpain,7,9\n",
    "years alone": "2019,2020,2021\n1.5,2.5,3.5\n2.5,1,4\n",
    "counted from 0": "0,1,2,3,kind\n1.5,2.5,3.5,4,a\n2.5,1,4,5,b\n",
    "as pandas writes them": ",0,1\n0,1.5,2.5\n1,3.5,4\n",
    "wavelengths": ",".join(f"{400 + k}.5" for k in range(9)) + ",soil\n" + "1,2,3,2,1,2,3,2,1,clay\n" * 2,
    "thresholds and a known name": "0.1,0.2,0.3,label\n0.5,0.6,0.1,a\n0.3,0.2,0.1,b\n",
    "a header that comes again": "name,kind\na,x\nname,kind\nb,y\n",
}


@pytest.mark.parametrize(("text", "bare"), [(t, True) for t in BARE.values()] + [(t, False) for t in NAMED.values()])
def test_the_first_line_is_a_row_where_it_is_as_those_below(tmp_path: Path, text: str, bare: bool) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    table, peek = read_table(path), peek_table(path)
    assert len(table.rows) == text.count("\n") - (not bare)
    assert any("there is no header, and columns are called" in note for note in table.notes) is bare
    assert peek is not None
    assert (peek.header, peek.rows) == (table.header, tuple(row for _, row in table.rows))


def test_vectors_without_a_header_keep_their_first_row_and_its_class(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("0.1,0.2,0.3,cat\n0.3,0.1,0.5,dog\n0.4,0.6,0.5,cat\n0.5,0.6,0.2,dog\n")
    found = open_dataset(str(path))
    np.testing.assert_allclose(found.inputs.reshape(4, 3)[0], [0.1, 0.2, 0.3], rtol=1e-6)
    assert [found.class_name(i) for i in range(4)] == ["cat", "dog"] * 2
    said = "there is no header, and columns are called x1, x2, x3, column 4"
    assert any(said in note for note in found.report.notes)


def test_a_header_of_numbers_is_told(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(NAMED["years and a known name"])
    assert read_table(path).notes == (
        "The first line of the table names its columns, also by numbers: 2019, 2020, 2021",
    )


def test_texts_in_columns_that_are_counted_are_no_vectors(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("q1,q2,q3,n,class\n" + "yes,no,often,5,a\nno,no,never,7,b\n" * 4)
    assert open_dataset(str(path)).modality.name == "table"


@pytest.mark.parametrize("columns", [1, 2])
def test_metadata_of_as_many_lines_as_vectors_have_no_header(tmp_path: Path, columns: int) -> None:
    np.save(tmp_path / "v.npy", np.eye(3, dtype=np.float32))
    (tmp_path / "metadata.tsv").write_text("".join(f"{name}\n" for name in ("a\tp", "b\tq", "c\tr")))
    if columns == 1:
        (tmp_path / "metadata.tsv").write_text("a\nb\nc\n")
    found = open_dataset(str(tmp_path / "v.npy"))
    assert len(found) == 3
    if columns == 1:
        assert [found.class_name(i) for i in range(3)] == ["a", "b", "c"]
    else:
        assert found.columns == {"column 1": ("a", "b", "c"), "column 2": ("p", "q", "r")}
