from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from explorer.data.bids import bids_for
from explorer.data.opening import open_dataset
from tests.helpers.data import picture, real_data, save_picture, scanned
from tests.helpers.sound import save_tone


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for i in range(4):
        save_picture(tmp_path / "pictures" / f"{i}.png", picture(i))
    return tmp_path


def table(folder: Path, text: str | bytes) -> str:
    path = folder / "labels.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def test_rows_become_items_and_columns_are_kept(folder: Path, cache: Path) -> None:
    path = table(folder, "path,label,medium\npictures/0.png,01,ink\npictures/1.png,NA,pen\npictures/2.png,01,\n")
    dataset = open_dataset(path, cache_folder=cache)
    assert dataset.ids == ("pictures/0.png", "pictures/1.png", "pictures/2.png")
    assert dataset.class_names == ("01", "NA")
    assert dataset.labels.tolist() == [0, 1, 0]
    assert dataset.columns == {"medium": ("ink", "pen", "")}
    assert dataset.report.notes == (
        "Classes are those of the column label",
        "1 picture beside those of the table left out, as it does not name them",
        "1 item is of the class 'NA', which reads as if there were no label",
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters(folder: Path, encoding: str, delimiter: str) -> None:
    text = "file,class\r\npictures/0.png,caf\u00e9\r\npictures/1.png,b\r\n".replace(",", delimiter)
    assert scanned(table(folder, text.encode(encoding))).class_names == ("b", "caf\u00e9")


def test_columns_can_be_named_and_missing_ones_list_those_found(folder: Path) -> None:
    path = table(folder, "a,b,label\npictures/0.png,x,1\npictures/1.png,y,2\n")
    assert scanned(path).class_names == ("1", "2")
    assert scanned(path, DataOptions(label_column="b")).class_names == ("x", "y")
    with pytest.raises(UserError, match="no column 'c'; its columns are a, b, label"):
        scanned(path, DataOptions(label_column="c"))
    with pytest.raises(UserError, match="no column 'c'"):
        scanned(path, DataOptions(path_column="c"))
    with pytest.raises(UserError, match="no column holds the paths"):
        scanned(table(folder, "a,b\nx,y\n"))


def test_without_labels(folder: Path) -> None:
    listing = scanned(table(folder, "path,weight\npictures/0.png,3\n"))
    assert listing.labels.tolist() == [-1]
    assert "data.label_column" in listing.notes[0]


def test_conflicts_repeats_and_missing_files(folder: Path) -> None:
    rows = ["0.png,a", "0.png,b", "1.png,a", "./1.png,a", "2.png,", "9.png,a", "http://x/y.png,a"]
    listing = scanned(
        table(folder, "path,label\n" + "\n".join(f"pictures/{row}" for row in rows[:6]) + f"\n{rows[6]}\n")
    )
    assert listing.ids == ("pictures/1.png", "pictures/2.png")
    assert listing.labels.tolist() == [0, -1]
    assert {item.path: item.reason for item in listing.skipped} == {
        "pictures/9.png": "the file does not exist",
        "http://x/y.png": "a web address; only local pictures are read",
        "pictures/0.png": "the table gives it two different labels",
    }
    assert listing.notes == (
        "Classes are those of the column label",
        "1 row without a label: unlabelled",
        "2 rows repeating a picture of an earlier row",
        "1 picture with two labels left out: "
        "set data.label_separator, such as ; to give each picture the labels of all of its rows",
        "1 row whose picture does not exist",
        "1 picture beside those of the table left out, as it does not name them",
    )


def test_ragged_rows_are_listed_with_their_line(folder: Path) -> None:
    listing = scanned(table(folder, "path,label\n\npictures/0.png,a\npictures/1.png\npictures/2.png,a,b\n"))
    assert len(listing) == 1
    assert [(i.path, i.reason) for i in listing.skipped] == [
        ("labels.csv, line 4", "1 cell where the header has 2"),
        ("labels.csv, line 5", "3 cells where the header has 2"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('path,label\npictures/0.png,a\npictures/1.png,"never closed\n', "line 3: a quote that is never closed"),
        ("path,label\npictures/0.png,a\0\n", "line 2: a NUL"),
        ("", "has no rows"),
        ("path,label\n", "has no rows"),
        (
            "path,label\npictures/0.png,a,b\n",
            "no row that can be read; the first, labels.csv, line 2: 3 cells where the",
        ),
        ("path,path\npictures/0.png,a\n", "two columns named 'path'"),
        ("path,label\nnowhere.png,a\n", "None of the 1 picture"),
        (b"\xff\xfea", "cannot be decoded"),
    ],
)
def test_damage_is_told_in_one_sentence(folder: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(UserError, match=said):
        scanned(table(folder, text))


def test_many_classes(folder: Path) -> None:
    for i in range(300):
        (folder / "pictures" / f"x{i}.png").write_bytes((folder / "pictures" / "0.png").read_bytes())
    rows = "".join(f"pictures/x{i}.png,class {i}\n" for i in range(300))
    assert len(scanned(table(folder, f"path,label\n{rows}")).class_names) == 300


@given(st.binary(max_size=200))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=150, deadline=None
)
def test_no_table_is_fatal(folder: Path, data: bytes) -> None:
    for text in (data, b"path,label\npictures/0.png,a\n" + data):
        with suppress(UserError):
            assert len(scanned(table(folder, text))) > 0


@pytest.mark.data
def test_real_tables() -> None:
    signatures = scanned(str(real_data("signatures/signatures.csv")))
    assert (len(signatures), len(signatures.class_names)) == (1600, 400)
    assert list(signatures.columns) == ["writer", "name_id", "medium"]
    assert set(signatures.columns["name_id"]) >= {"01", "10"}
    grocery = scanned(str(real_data("grocery_store/labels.csv")))
    assert (len(grocery), len(grocery.class_names), list(grocery.columns)) == (5125, 81, ["coarse_label", "split"])


def test_windows_paths_and_two_forms_of_an_accent(folder: Path) -> None:
    save_picture(folder / "caf\u00e9.png", picture(9))
    listing = scanned(table(folder, "path,label\npictures\\0.png,a\n.\\pictures\\1.png,b\ncafe\u0301.png,b\n"))
    assert listing.ids == ("pictures/0.png", "./pictures/1.png", "caf\u00e9.png")
    assert [item.reason for item in listing.skipped] == []


@pytest.mark.parametrize("name", ["{}.png", "{}", "images/{}.png", "C:\\data\\pictures\\{}.PNG", "data/pictures/{}"])
def test_names_without_their_folder_or_ending_are_looked_for(folder: Path, name: str) -> None:
    rows = "".join(f"{name.format(i)},{'ab'[i % 2]}\n" for i in range(4))
    listing = scanned(table(folder, f"image_id,breed\n{rows}"))
    assert listing.ids == tuple(f"pictures/{i}.png" for i in range(4))
    assert listing.class_names == ("a", "b")
    assert "found below the table by their names" in listing.notes[1]


def test_a_name_that_is_there_twice_is_told(folder: Path) -> None:
    save_picture(folder / "masks" / "0.png", picture(0))
    listing = scanned(table(folder, "path,label\n0.png,a\n1.png,b\n"))
    assert listing.ids == ("pictures/1.png",)
    assert listing.skipped[0].reason == "there is more than one of this name: masks/0.png, pictures/0.png"
    assert scanned(table(folder, "path,label\npictures/9.png,a\nmasks/0.png,b\n")).ids == ("masks/0.png",)


@pytest.mark.parametrize(
    ("header", "classes"),
    [
        *(("id,path,species,other", ("a", "b")), ("id,path,target,id2", ("a", "b")), ("name,path,kind,x", ("a", "b"))),
        *(("label_id,path,choice,y", ("a", "b")), ("number,path,what,unique", ("a", "b"))),
    ],
)
def test_a_column_that_is_different_in_every_row_is_no_class(
    folder: Path, header: str, classes: tuple[str, ...]
) -> None:
    rows = "".join(f"{100 + i},pictures/{i}.png,{'ab'[i % 2]},{i}\n" for i in range(4))
    listing = scanned(table(folder, f"{header}\n{rows}"))
    assert listing.class_names == classes
    assert f"Classes are those of the column {header.split(',')[2]}" in listing.notes[0]


def test_an_id_that_repeats_is_an_identity_and_names_may_stand_alone(folder: Path) -> None:
    rows = "".join(f"{i // 2},pictures/{i}.png\n" for i in range(4))
    assert scanned(table(folder, f"id,path\n{rows}")).class_names == ("0", "1")
    people = "".join(f"person {i},pictures/{i}.png\n" for i in range(4))
    assert len(scanned(table(folder, f"name,path\n{people}")).class_names) == 4
    assert scanned(table(folder, f"id,path\n{people}")).class_names == ()
    both = "".join(f"{i // 2},{i % 2},pictures/{i}.png\n" for i in range(4))
    found = scanned(table(folder, f"one,two,path\n{both}"))
    assert found.class_names == ()
    assert "one, two may be classes" in found.notes[0]


def test_whole_numbers_are_one_class_however_they_are_written(folder: Path) -> None:
    rows = ("2.0", "2", "-1", "nan")
    listing = scanned(
        table(folder, "path,label,camera\n" + "".join(f"pictures/{i}.png,{v},{i}.0\n" for i, v in enumerate(rows)))
    )
    assert listing.class_names == ("2",)
    assert listing.labels.tolist() == [0, 0, -1, -1]
    assert listing.columns["camera"] == ["0", "1", "2", "3"]


def test_one_row_a_label(folder: Path) -> None:
    text = "path,label\n" + "".join(f"pictures/{i}.png,{v}\n" for i in range(2) for v in ("round", "red"))
    path = table(folder, text + "pictures/0.png,red\n")
    found = scanned(path, DataOptions(label_separator=";"))
    assert found.ids == ("pictures/0.png", "pictures/1.png")
    assert found.set_names == ("red", "round")
    assert found.class_names == ("red;round",)
    with pytest.raises(UserError, match=r"more than one label\. .*label_separator"):
        scanned(path)


def test_vectors_in_a_cell_are_left_out_beside_pictures(folder: Path) -> None:
    rows = "".join(f'pictures/{i}.png,{"ab"[i % 2]},"[0.5, {i}.25]"\n' for i in range(4))
    found = scanned(table(folder, f"path,label,embedding\n{rows}"))
    assert len(found) == 4
    assert dict(found.columns) == {}
    assert "The column embedding holds vectors, and is left out beside pictures" in found.notes


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_one_number_with_a_decimal_comma_is_no_vector(folder: Path, delimiter: str) -> None:
    rows = "".join(delimiter.join((f"pictures/{i}.png", "ab"[i % 2], f'"{i},5"')) + "\n" for i in range(4))
    path = table(folder, delimiter.join(("path", "label", "price")) + "\n" + rows)
    found = scanned(path)
    assert list(found.columns) == ["price"]
    assert not any("vectors" in note for note in found.notes)
    assert [one.source for one in bids_for(path, DataOptions())] == ["csv"]


def test_a_table_without_a_header(folder: Path) -> None:
    listing = scanned(table(folder, "".join(f"pictures/{i}.png,{'ab'[i % 2]}\n" for i in range(4))))
    assert (len(listing), listing.class_names) == (4, ("a", "b"))
    assert listing.notes[:2] == (
        "The first line of the table was read as a row: there is no header, and columns are called column 1, column 2",
        "Classes are those of the column column 2, the only one whose values repeat; "
        "set data.label_column to name another",
    )


@pytest.mark.parametrize("ending", [".jsonl", ".parquet"])
def test_lists_of_labels_and_windows_paths_are_read_in_every_table(folder: Path, ending: str) -> None:
    cells: dict[str, list[Any]] = {
        "id": list(range(3)),
        "image": [f"pictures\\{i}.png" for i in range(3)],
        "label": [["red", "round"], ["round"], ["red"]],
        "box": [[1, 2]] * 3 if ending == ".jsonl" else [None] * 3,
    }
    path = folder / f"t{ending}"
    if ending == ".parquet":
        pq.write_table(pa.table({name: values for name, values in cells.items() if name != "box"}), path)
    else:
        rows = [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = scanned(str(path), DataOptions(label_separator=";"))
    assert found.modality == "pictures"
    assert found.class_names == ("red", "red;round", "round")
    assert found.label_sets is not None
    assert found.label_sets.tolist() == [[True, True], [False, True], [True, False]]
    assert ("Columns left out: box" in found.notes) is (ending == ".jsonl")
    assert list(found.columns["id"]) == ["0", "1", "2"]


def test_numbered_labels_of_a_parquet_table_of_pictures_are_no_measurements(folder: Path) -> None:
    cells = {"image": [f"pictures/{i}.png" for i in range(3)], "label": [1.0, 2.0, None]}
    pq.write_table(pa.table(cells), folder / "t.parquet")
    found = scanned(str(folder / "t.parquet"))
    assert (found.modality, found.class_names, found.labels.tolist()) == ("pictures", ("1", "2"), [0, 1, -1])


@pytest.mark.parametrize("names", ["w\\{}.wav", "w/{}.wav", "{}", "D:\\sounds\\{}.wav"])
def test_a_table_may_name_recordings(tmp_path: Path, cache: Path, names: str) -> None:
    for i in range(4):
        save_tone(tmp_path / "w" / f"{i}.wav", 300 + 100 * i, 0.2)
    save_picture(tmp_path / "w" / "cover.png", picture(0))
    rows = "".join(f"{names.format(i)},{'ab'[i % 2]}\n" for i in range(4))
    dataset = open_dataset(table(tmp_path, f"track,label\n{rows}"), cache_folder=cache)
    assert (dataset.modality.name, dataset.class_names) == ("sound", ("a", "b"))
    assert [dataset.class_name(i) for i in range(4)] == ["a", "b", "a", "b"]
    assert [name.rpartition("/")[2].rpartition("\\")[2] for name in dataset.ids] == [f"{i}.wav" for i in range(4)]
    (tmp_path / "metadata.csv").write_text("file_name,label\n" + "".join(f"w/{i}.wav,{i % 2}\n" for i in range(4)))
    assert open_dataset(str(tmp_path), cache_folder=cache).modality.name == "sound"


def test_a_table_of_meshes_skips_what_is_none(tmp_path: Path) -> None:
    for i in range(3):
        (tmp_path / f"{i}.off").write_text(f"OFF\n4 0 0\n0 0 0\n{1 + i} 0 0\n0 1 0\n0 0 1\n")
    save_picture(tmp_path / "3.png", picture(0))
    found = scanned(table(tmp_path, "file,label\n0.off,a\n1.off,b\n2.off,a\n3.png,a\n"))
    assert (found.modality, len(found)) == ("shapes", 3)
    assert [(one.path, one.reason) for one in found.skipped] == [("3.png", "is no shape")]
