"""Commas that are decimal points are read as such, and those that part cells or labels are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.types import FloatArray
from explorer.data.formats.csvfile import peek_table, read_table
from explorer.data.formats.decimal_commas import parted_by, pointed, separators
from explorer.data.modalities.base import modality_named
from explorer.data.opening import open_dataset

X = np.round(np.random.default_rng(3).normal(size=(12, 3)) * 50, 3)


def german(value: float, thousands: bool = False) -> str:
    text = f"{value:,.3f}" if thousands else f"{value:.3f}"
    return text.translate(str.maketrans(",.", ".,"))


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
@pytest.mark.parametrize("header", [True, False])
def test_vectors_with_decimal_commas_are_read(tmp_path: Path, delimiter: str, header: bool) -> None:
    rows = [delimiter.join(map(german, row)) for row in X]
    path = tmp_path / "vectors.csv"
    path.write_text("\n".join([*[delimiter.join(["a", "b", "c"])] * header, *rows]) + "\n")
    found = open_dataset(str(path))
    assert found.modality.name == "vectors"
    np.testing.assert_allclose(found.inputs.reshape(12, 3), X, rtol=1e-6)
    assert any("are decimal points in " in note for note in found.report.notes)


def test_measurements_with_classes_and_thousands_are_read(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    rows = [
        f"{german(1000 * a, thousands=True)};{german(b)};{'x' if a > 0 else 'y'};n{k}" for k, (a, b, _) in enumerate(X)
    ]
    path.write_text("\n".join(["size;width;class;name", *rows]), encoding="latin-1")
    table = read_table(path)
    assert [float(row[0]) for _, row in table.rows] == pytest.approx((1000 * X[:, 0]).tolist())
    assert [float(row[1]) for _, row in table.rows] == pytest.approx(X[:, 1].tolist())
    peek = peek_table(path)
    assert peek is not None
    assert peek.rows == tuple(row for _, row in table.rows)
    assert list(open_dataset(str(path)).class_names) == ["x", "y"]


@pytest.mark.parametrize(
    ("lines", "cells"),
    [
        (["a;labels", "p;1,2", "q;3"], ("1,2", "3")),  # two labels
        (["a;place", "p;1,2,3", "q;4,5"], ("1,2,3", "4,5")),  # lists of several numbers
        (["a;mixed", "p;0,5", "q;0.5", "r;1,5"], ("0,5", "0.5", "1,5")),  # nobody knows
        (["a;text", "p;red, 2,5 cm", "q;1,5"], ("red, 2,5 cm", "1,5")),
        (["a,pair", 'p,"1,2"', 'q,"3,4"'], ("1,2", "3,4")),  # commas part the cells
    ],
)
def test_other_commas_stay(tmp_path: Path, lines: list[str], cells: tuple[str, ...]) -> None:
    path = tmp_path / "t.csv"
    path.write_text("\n".join(lines))
    table = read_table(path)
    assert tuple(row[1] for _, row in table.rows) == cells
    assert not any("decimal" in note for note in table.notes)


@pytest.mark.parametrize("header", ["label,x,y,z", "label,a,b,c", "a,b,c", ""])
def test_quoted_decimal_commas_are_read_where_commas_part_the_cells(tmp_path: Path, header: str) -> None:
    path = tmp_path / "vectors.csv"
    first = "label" in header
    cells = [[f'"{german(value / 50)}"' for value in row] for row in X]
    rows = [",".join([*["AB"[k % 2]] * first, *row]) for k, row in enumerate(cells)]
    path.write_text("\n".join([*[header] * bool(header), *rows]) + "\n")
    found = open_dataset(str(path))
    np.testing.assert_allclose(found.inputs.reshape(12, 3), X / 50, atol=5.1e-4)
    assert any("Commas are decimal points in" in note for note in found.report.notes)
    assert list(found.class_names) == ["A", "B"] * first


@pytest.mark.parametrize(
    "rows",
    [
        ['A,"1,250","2,125"', 'B,"3,500","4,750"'],  # thousands, as in English, or three decimal places
        ['A,"12,40",a', 'B,"13,41",b'],  # one pair, or a number
        ['A,"0,5","0,7"', 'B,"1,5","[1, 2]"', 'C,"2,5","1,7"', 'D,"n1,5",0.5'],  # not all of them
    ],
)
def test_numbers_that_may_be_lists_are_refused(tmp_path: Path, rows: list[str]) -> None:
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["label,p,q", *rows]) + "\n")
    with pytest.raises(UserError, match="may be one number with a comma in it, or a list") as raised:
        open_dataset(str(path))
    assert "[1, 2]" in raised.value.remedy


def test_a_number_with_a_zero_that_no_whole_number_has_is_no_pair(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('name,size,kind\na,"0,05",p\nb,"0,5",q\nc,1,p\n')
    assert [row[1] for _, row in read_table(path).rows] == ["0.05", "0.5", "1"]


def test_lists_of_numbers_in_cells_stay_lists(tmp_path: Path) -> None:
    for number, cell in enumerate(('"[{}, {}]"', '"{}, {}"', '"{}.5,{}.5"', '"1,{},{}"')):
        path = tmp_path / f"t{number}.csv"
        path.write_text("label,p\n" + "".join(f"A,{cell.format(k, k + 1)}\n" for k in range(5)))
        assert open_dataset(str(path)).inputs.reshape(5, -1).shape[1] == 2 + (number == 3)


def test_what_parts_a_line_is_what_leaves_numbers() -> None:
    assert parted_by(["0,5;1,2"], ";\t") == ";"
    assert parted_by(["0,5;1"], ";\t") == ";"
    assert parted_by(["0.5,1.2;3"], ";\t") == ""
    assert parted_by(["1,2,3"], ";\t") == ""
    assert pointed("-1.234,5e-3") == "-1234.5e-3"
    found = separators(["z", "y"], [["0,5", "1,5"], ["na", "2"], ["1", "2"]], quoted=False)
    assert found.decimal == (0, 1)


def test_a_query_with_decimal_commas_is_one_row_of_numbers(tmp_path: Path) -> None:
    path = tmp_path / "query.csv"
    for text in ("0,5;1,25;-3", "0.5,1.25,-3", "0,5\t1,25\t-3", "0.5 1.25 -3"):
        path.write_text(text + "\n")
        found: FloatArray = np.asarray(modality_named("vectors").read(path, (1, 1, 3), 0), np.float32)
        assert found.reshape(-1).tolist() == [0.5, 1.25, -3]


@pytest.mark.parametrize(
    ("text", "cells", "said"),
    [
        ("id;a;b\nx;1,000;0,234\ny;2,500;0,5\n", ("1.000", "0.234"), "decimal points in a as in b: 1,000 = 1.000"),
        ("id;a;b\nx;1,000;0.5\ny;2,500;0.25\n", ("1000", "0.5"), "Commas part thousands in a: 1,000 = 1000"),
        (
            "id;a;b\nx;1.000;0,5\ny;2.500;0,25\n",
            ("1000", "0.5"),
            "Points part thousands in a, as commas are decimal points in b: 1.000 = 1000",
        ),
        ("id;a;b\nx;1.500;0,5;\ny;2.25;0,25;\n", ("1.500", "0.5"), "Commas are decimal points in b"),
        ("id;a;b\nx;1,000;7\ny;2,500;8\n", ("1.000", "7"), "in a, and part no thousands: 1,000 = 1.000"),
        ("id;a;b\nx;1 000,5;0,5\ny;2 500,25;0,25\n", ("1000.5", "0.5"), "Blanks part thousands in a"),
        ("id;a;b\nx;1\u00a0000;0.5\ny;2\u00a0500;0.25\n", ("1000", "0.5"), "Blanks part thousands in a"),
        ('id,a,b\nx,"1,000",0.5\ny,"2,500",0.25\n', ("1000", "0.5"), "Commas part thousands in a: 1,000 = 1000"),
        ('id,a,b\nx,"1,000.5",3\ny,999.25,4\n', ("1000.5", "3"), "Commas part thousands in a: 1,000.5 = 1000.5"),
    ],
)
def test_commas_before_three_digits_are_what_those_of_the_other_columns_are(
    tmp_path: Path, text: str, cells: tuple[str, ...], said: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    table, peek = read_table(path), peek_table(path)
    assert table.rows[0][1][1:] == cells
    assert any(said in note for note in table.notes)
    assert peek is not None
    assert peek.rows == tuple(row for _, row in table.rows)


def test_thousands_that_are_sure_are_numbers_of_a_vector(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('label,p,q,r\nA,"1,250.5","2,125.25",1\nB,"3,500.5","4,750.25",2\n')
    assert open_dataset(str(path)).inputs.reshape(2, 3).tolist() == [[1250.5, 2125.25, 1], [3500.5, 4750.25, 2]]


@pytest.mark.parametrize("cell", ["[0,{}; 1,{}]", "(0,{}; 1,{})", "0,{}; 1,{}", "[0,{}, 1,{}]"])
def test_lists_with_decimal_commas_are_read(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text("label,v\n" + "".join(f'A,"{cell.format(k, k + 1)}"\n' for k in range(1, 5)))
    found = open_dataset(str(path))
    np.testing.assert_allclose(found.inputs.reshape(4, 2), [[k / 10, 1 + (k + 1) / 10] for k in range(1, 5)], rtol=1e-6)
    assert "Commas are decimal points in v" in found.report.notes


@pytest.mark.parametrize("cell", ["[0,1 0,2]", "[1,250; 2,500]"])
def test_lists_with_commas_that_may_be_either_are_refused(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text("label,v\n" + f'A,"{cell}"\n' * 4)
    with pytest.raises(UserError, match="may be decimal or part numbers"):
        open_dataset(str(path))
