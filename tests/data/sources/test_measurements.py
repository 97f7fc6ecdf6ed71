"""Tables of measurements: which columns are what, what is missing, and who reads which table."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from explorer.data.bids import bids_for
from explorer.data.labels.measured_columns import ABSENT, FIRST_CATEGORY, category_code, kind_of_column, measured
from explorer.data.modalities.base import modality_named
from explorer.data.opening import DEFAULT_OPTIONS, open_beside, open_dataset
from tests.helpers.data import scanned

COLUMNS = {
    "row": [str(i) for i in range(8)],
    "weight": ["1.5", "2", "", "4e1", "NaN", "-3", "7", "8.25"],
    "colour": ["red", "blue", "red", "?", "blue", "green", "red", "green"],
    "wet": ["yes", "no", "yes", "no", "no", "no", "yes", "yes"],
    "remark": [f"a remark of its own, {'abcdefgh'[i]}" for i in range(8)],
    "same": ["1"] * 8,
    "split": ["train"] * 6 + ["test"] * 2,
    "class": ["a", "b", "a", "b", "a", "b", "", "b"],
}


def write(path: Path, columns: dict[str, list[str]]) -> str:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return str(path)


def source(path: str, options: DataOptions = DEFAULT_OPTIONS) -> str:
    return bids_for(path, options)[0].source


def test_numbers_and_categories_are_what_an_item_is_made_of(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", COLUMNS)
    assert source(path) == "measurements"
    dataset = open_dataset(path)
    assert dataset.shape == (4, 1, 2)
    colour, same, weight, wet = dataset.inputs[:, :, 0].swapaxes(0, 1)
    np.testing.assert_array_equal(weight[:, 0], np.array([1.5, 2, 4.5, 40, 4.5, -3, 7, 8.25]))
    assert np.flatnonzero(weight[:, 1] == ABSENT).tolist() == [2, 4]
    assert colour[:, 1].tolist() == [ABSENT if c == "?" else category_code(c) for c in COLUMNS["colour"]]
    assert not colour[:, 0].any()
    assert (wet[:, 1] >= FIRST_CATEGORY).all()
    assert same.tolist() == [[1, 0]] * 8
    assert [dataset.class_name(i) for i in range(8)] == COLUMNS["class"]
    assert set(dataset.columns) == {"row", "weight", "colour", "wet", "remark", "same", "split"}
    assert {
        "Classes are those of the column class",
        "2 columns of numbers: same, weight",
        "2 columns of categories: colour, wet",
        "Missing values (colour 1, weight 2): the middle one stands for a number, a category of its own for a name",
        "Left out, as it counts the rows: row",
        "Left out, as it is a different text in most rows: remark",
        "Left out, as it says how the table is used: split",
    } <= set(dataset.report.notes)
    assert dataset.modality.described(dataset.shape) == "rows of 4 measured columns"


def test_what_is_compared_before_training_is_standardised_and_one_hot(tmp_path: Path) -> None:
    dataset = open_dataset(write(tmp_path / "t.csv", COLUMNS))
    rows = dataset.modality.rows(dataset.inputs)
    weight = np.array([1.5, 2, np.nan, 40, np.nan, -3, 7, 8.25])
    filled = SimpleImputer(strategy="median").fit_transform(weight[:, None])
    wanted = [
        (0.0,) * 8,
        tuple(StandardScaler().fit_transform(filled)[:, 0].round(5)),
        tuple(np.isnan(weight).astype(float)),
    ]
    for name in ("colour", "wet"):
        values = np.array(COLUMNS[name])[:, None]
        wanted += map(tuple, OneHotEncoder(sparse_output=False).fit_transform(values).T)
    assert sorted(map(tuple, rows.T.astype(np.float64).round(5))) == sorted(wanted)
    one = dataset.inputs[4:5]
    np.testing.assert_array_equal(dataset.modality.rows(one, like=dataset.inputs), rows[4:5])


def test_another_table_with_its_columns_in_another_order_is_read_alike(tmp_path: Path) -> None:
    main = open_dataset(write(tmp_path / "main.csv", COLUMNS))
    turned = {name: COLUMNS[name][::-1] for name in reversed(list(COLUMNS))}
    both = open_beside(main, write(tmp_path / "other.csv", turned), "test")
    np.testing.assert_array_equal(both.inputs[8:], main.inputs[::-1])
    fewer = {name: values for name, values in COLUMNS.items() if name != "wet"}
    with pytest.raises(UserError, match="has no column wet; it has row, weight"):
        open_beside(main, write(tmp_path / "other2.csv", fewer), "test")


def test_vectors_stay_vectors(tmp_path: Path) -> None:
    numbers = {name: [f"{i * j}.5" for i in range(8)] for j, name in enumerate("pqrst", 1)}
    named = write(tmp_path / "named.csv", {**numbers, "class": list("abababab")})
    counted = {f"z{i}": values for i, values in enumerate(numbers.values())}
    own = write(tmp_path / "own.csv", {**counted, "colour": list("rgrgrgrg"), "label": list("abababab")})
    under_own_name = write(tmp_path / "kind.csv", {**numbers, "kind": list("abababab")})
    for path in (named, own, under_own_name):
        assert source(path) == "vectors"
        assert source(path, DataOptions(modality="table")) == "measurements"
    np.testing.assert_array_equal(scanned(named).items[:, 2], np.array([i * 3 + 0.5 for i in range(8)]))
    mixed = write(tmp_path / "t.csv", COLUMNS)
    assert source(mixed, DataOptions(modality="vectors")) != "measurements"


def test_parquet_is_read_as_the_same_table(tmp_path: Path) -> None:
    text = open_dataset(write(tmp_path / "t.csv", COLUMNS))
    weight = [None if value in ("", "NaN") else float(value) for value in COLUMNS["weight"]]
    colour = pa.array([None if value == "?" else value for value in COLUMNS["colour"]]).dictionary_encode()
    table = pa.table({**COLUMNS, "weight": weight, "colour": colour, "row": range(8)})
    pq.write_table(table, tmp_path / "t.parquet")
    assert source(str(tmp_path / "t.parquet")) == "measurements"
    packed = open_dataset(str(tmp_path / "t.parquet"))
    np.testing.assert_array_equal(packed.inputs, text.inputs)
    assert packed.class_names == text.class_names


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["5", "6", "7", "8"], "counts the rows"),
        (["3", "1", "2"], "number"),
        (["1", "1", "1"], "number"),
        (["nan", "1.5", "2"], "number"),
        (["infinity", "1.5", "-Inf"], "number"),
        (["", "?"], "holds no value"),
        (["a", "", "a"], "category"),
        (["a remark of many words"] * 2, "is a different text in most rows"),
        ([f"t{i}" for i in range(30)], "is a different text in most rows"),
        ([f"t{i % 15}" for i in range(30)], "category"),
    ],
)
def test_the_kind_of_a_column(values: Sequence[str], kind: str) -> None:
    assert kind_of_column("c", values) == kind


def test_a_number_that_is_not_finite_is_missing() -> None:
    found = measured({"a": ["1", "inf", "3", "1e99"]})
    np.testing.assert_array_equal(found.cells[:, 0], np.array([[1, 0], [2, 1], [3, 0], [2, 1]]))


def test_a_table_of_remarks_alone_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", {"remark": COLUMNS["remark"], "class": COLUMNS["class"]})
    with pytest.raises(UserError, match="no column of measurements"):
        scanned(path, DataOptions(modality="table", label_column="class"))
    assert modality_named("table").encoder.name == "table"


@pytest.mark.parametrize(
    ("columns", "numbers"),
    [
        ({"x": ["1", "2", "4"], "label": ["a", "b", "a"]}, ["x"]),
        ({"x": ["1", "2.5", "4"], "y": ["3", "1", "2"], "label": ["a", "b", "a"]}, ["x", "y"]),
        ({"x": ["1", "2.5", "4"], "y": ["3", "1", "2"], "kind": ["a", "b", "a"], "id": ["u", "v", "w"]}, ["x", "y"]),
        ({"x": ["1", "2.5", "4"], "y": ["nan"] * 3, "z": ["3", "1", "2"], "label": ["a", "b", "a"]}, ["x", "z"]),
        ({"x": ["1", "2.5", "4"], "y": [""] * 3, "label": ["a", "b", "a"]}, ["x"]),
    ],
)
@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_few_columns_are_enough_and_empty_ones_are_left_out(
    tmp_path: Path, columns: dict[str, list[str]], numbers: list[str], ending: str
) -> None:
    path = tmp_path / f"t.{ending}"
    typed = {
        name: [None if value in ("", "nan") else float(value) for value in values] if name in "xyz" else values
        for name, values in columns.items()
    }
    if ending == "csv":
        write(path, columns)
    elif ending == "jsonl":
        rows = [dict(zip(typed, row, strict=True)) for row in zip(*typed.values(), strict=True)]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        pq.write_table(pa.table({k: pa.array(v, pa.float64()) if k in "xyz" else v for k, v in typed.items()}), path)
    dataset = open_dataset(str(path), DataOptions(label_column="kind" if "kind" in columns else ""))
    if ending == "parquet" and dataset.modality.name == "vectors":  # two columns of a Parquet file are enough for one
        assert dataset.shape == (1, 1, len(numbers))
        return
    assert (dataset.modality.name, dataset.shape) == ("table", (len(numbers), 1, 2))
    assert dataset.inputs[:, 0, 0, 0].tolist() == [float(value) for value in columns["x"]]
    # a name that has no value in any line of JSON is no column
    empty = [name for name in "xyz" if name in columns and name not in numbers and ending != "jsonl"]
    assert [note for note in dataset.report.notes if "holds no value" in note] == [
        f"Left out, as it holds no value: {name}" for name in empty
    ]
    assert {dataset.class_name(i) for i in range(3)} == {"a", "b"}
    if "id" in columns:
        assert list(dataset.ids) == columns["id"]
        assert "Ids are those of the column id" in dataset.report.notes


def test_what_columns_are_can_be_said_by_hand(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", COLUMNS | {"a, b": ["1.0", "2", "1", "2", "1", "2", "1", "x"]})
    asked = DataOptions(numbers='row, "a, b"', categories="same", left_out="*", id_column="remark")
    dataset = open_dataset(path, asked)
    assert dataset.ids[0] == "a remark of its own, a"
    first, row, same = dataset.inputs[:, :, 0].swapaxes(0, 1)  # in the order of the names
    assert first[:, 0].tolist() == [1, 2, 1, 2, 1, 2, 1, 1]
    assert np.flatnonzero(first[:, 1] == ABSENT).tolist() == [7]
    assert row[:, 0].tolist() == list(range(8))
    assert set(same[:, 1].tolist()) == {category_code("1")}
    assert dataset.reading == {"numbers": '"a, b",row', "categories": "same", "left_out": "*"}
    assert open_dataset(path, DataOptions(left_out="weight, colour")).shape[0] == 3
    with pytest.raises(UserError, match="has no columns gone, far; it has row, weight"):
        open_dataset(path, DataOptions(numbers="gone", left_out="far"))


def test_another_table_is_read_as_the_first_and_a_column_that_it_lacks_is_named(tmp_path: Path) -> None:
    main = open_dataset(write(tmp_path / "main.csv", COLUMNS))
    # of these rows alone other columns would be chosen: the remarks repeat, no colour is there, the weight is a word
    like = COLUMNS | {"remark": ["x"] * 8, "colour": ["?"] * 8, "weight": ["heavy"] * 8}
    both = open_beside(main, write(tmp_path / "other.csv", like), "test")
    assert both.shape == main.shape
    assert both.inputs[8:, 0, 0, 1].tolist() == [ABSENT] * 8
    less = {name: values for name, values in COLUMNS.items() if name not in ("weight", "wet")}
    with pytest.raises(UserError, match="has no columns weight, wet; it has row, colour, remark, same, split, class"):
        open_beside(main, write(tmp_path / "less.csv", less), "test")


@pytest.mark.parametrize("ending", ["parquet", "csv"])
@pytest.mark.parametrize("kind", ["vectors", "table", "texts"])
def test_the_index_that_pandas_keeps_is_neither_a_class_nor_a_feature(kind: str, ending: str, tmp_path: Path) -> None:
    count, index = 30, "__index_level_0__"
    columns: dict[str, list[object]] = {index: [at % 3 for at in range(count)]}
    if kind == "texts":
        columns["text"] = [f"this is sentence {at} of all of them" for at in range(count)]
    else:
        columns |= {name: [at * factor % 7 + 0.5 for at in range(count)] for name, factor in (("a", 1.1), ("b", 2.3))}
        columns["c"] = [at * 0.37 for at in range(count)]
    if kind == "table":
        columns["colour"] = ["red" if at % 4 else "blue" for at in range(count)]
        columns["d"] = [None if at == 3 else at / 2 for at in range(count)]
        columns["label"] = [f"c{at % 5}" for at in range(count)]
    path = tmp_path / f"t.{ending}"
    (pq.write_table if ending == "parquet" else pacsv.write_csv)(pa.table(columns), path)
    dataset = open_dataset(str(path))
    assert dataset.class_names == (tuple(f"c{at}" for at in range(5)) if kind == "table" else ())
    assert not any(index in name for name in dataset.report.notes if "Classes" in name or "numbers" in name)
    if kind == "vectors":
        assert dataset.inputs.shape[-1] == 3
    if kind == "table":
        assert dataset.inputs.shape[1] == 5
