"""Tables of labels among the files that they name, in archives and folders."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from explorer.data.opening import open_dataset
from tests.helpers.data import picture, scanned


def png(seed: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture(seed, 28, 28)).save(file, "PNG")
    return file.getvalue()


def zipped(path: Path, texts: Mapping[str, str | bytes], pictures: int = 4, folder: str = "images/") -> str:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(pictures):
            archive.writestr(f"{folder}{number}.png", png(number))
        for name, text in texts.items():
            archive.writestr(name, text)
    return str(path)


LABELS = (
    "image,breed,weight\nimages/2.png,collie,7\nimages/0.png,poodle,5\nimages/1.png,collie,6\nimages/9.png,poodle,1\n"
)


def test_a_table_in_a_zip_says_what_it_says_in_a_folder(tmp_path: Path, cache: Path) -> None:
    spec = zipped(tmp_path / "dogs.zip", {"labels.csv": LABELS, "readme.md": "x"})
    with zipfile.ZipFile(spec) as archive:
        archive.extractall(tmp_path / "dogs")
    found = open_dataset(spec, cache_folder=cache)
    plain = open_dataset(str(tmp_path / "dogs" / "labels.csv"), cache_folder=cache)
    assert (found.ids, found.class_names, dict(found.columns)) == (plain.ids, plain.class_names, dict(plain.columns))
    assert found.name == "dogs"
    assert np.array_equal(found.labels, plain.labels)
    assert np.array_equal(found.inputs, plain.inputs)
    assert np.array_equal(found.full_picture(1), plain.full_picture(1))
    assert [one.path for one in found.report.skipped] == ["images/9.png"]
    assert "The table labels.csv in the archive describes the pictures" in found.report.notes
    assert "1 picture that it does not name left out" in found.report.notes
    assert "Beside them: 1 file that is not a picture" in found.report.notes


def test_a_table_in_a_folder_says_what_it_says_in_a_zip(tmp_path: Path) -> None:
    spec = zipped(tmp_path / "dogs.zip", {"labels.csv": LABELS, "readme.md": "x"})
    with zipfile.ZipFile(spec) as archive:
        archive.extractall(tmp_path / "dogs")
    found, plain = scanned(spec), scanned(str(tmp_path / "dogs"))
    assert (found.name, found.ids, found.class_names) == (plain.name, plain.ids, plain.class_names)
    assert found.labels.tolist() == plain.labels.tolist()
    told = [note.replace("in the folder", "in the archive") for note in plain.notes]
    assert (told, found.skipped) == (list(found.notes), plain.skipped)


def test_a_table_in_a_tar_says_what_it_says_in_a_zip(tmp_path: Path, cache: Path) -> None:
    spec = zipped(tmp_path / "dogs.zip", {"labels.csv": LABELS, "readme.md": "x"})
    with zipfile.ZipFile(spec) as archive, tarfile.open(tmp_path / "dogs.tar", "w") as tar:
        archive.extractall(tmp_path / "dogs")
        tar.add(tmp_path / "dogs", ".")
    found = open_dataset(spec, cache_folder=cache)
    for _ in range(2):  # the second time by the index that was kept
        same = open_dataset(str(tmp_path / "dogs.tar"), cache_folder=cache)
        assert (found.ids, found.class_names, dict(found.columns)) == (same.ids, same.class_names, dict(same.columns))
        assert np.array_equal(found.labels, same.labels)
        assert np.array_equal(found.inputs, same.inputs)
        assert sorted(found.report.notes) == sorted(same.report.notes)


@pytest.mark.parametrize(
    ("texts", "folder"),
    [
        ({"set/train.csv": "id,breed\n0,a\n1,b\n2,a\n3,b\n"}, "set/train/"),
        ({"set/labels.tsv": "file\tbreed\n0.png\ta\n1.png\tb\n2.png\ta\n3.png\tb\n"}, "set/deep/er/"),
        ({"metadata.jsonl": "".join(f'{{"file_name": "{i}.png", "label": "{"ab"[i % 2]}"}}\n' for i in range(4))}, ""),
        ({"set/t.csv": "path,label\n..\\i\\0.png,a\n../i/1.png,b\ni/2.png,a\ni/3.png,b\n"}, "i/"),
    ],
    ids=["without endings", "without folders", "lines of JSON", "paths from the table and from the top"],
)  # fmt: skip
def test_files_are_named_as_tables_name_them(tmp_path: Path, texts: dict[str, str], folder: str) -> None:
    listing = scanned(zipped(tmp_path / "set.zip", texts, folder=folder))
    assert listing.ids == tuple(f"{folder}{number}.png" for number in range(4))
    assert [listing.class_names[label] for label in listing.labels] == ["a", "b", "a", "b"]


def test_of_several_tables_that_with_classes_is_read_and_the_others_are_told(tmp_path: Path) -> None:
    texts = {"sample.csv": "image\n" + "".join(f"images/{i}.png\n" for i in range(4)), "labels.csv": LABELS}
    listing = scanned(zipped(tmp_path / "set.zip", texts))
    assert listing.class_names == ("collie", "poodle")
    assert any(note.startswith("1 table or list such as sample.csv not read") for note in listing.notes)
    assert not any("such as labels.csv" in note for note in listing.notes)


def test_class_folders_come_before_a_table(tmp_path: Path) -> None:
    spec = zipped(tmp_path / "set.zip", {"labels.csv": LABELS})
    with zipfile.ZipFile(spec, "a") as archive:
        archive.writestr("others/0.png", png(9))
    listing = scanned(spec)
    assert listing.class_names == ("images", "others")
    assert any("such as labels.csv not read" in note for note in listing.notes)


def test_a_damaged_table_leaves_the_pictures_unlabelled_and_is_told(tmp_path: Path) -> None:
    for name, data in {"nul.csv": b"image,label\n\0\n", "none.csv": b"", "else.csv": b"a,b\n1,2\n"}.items():
        listing = scanned(zipped(tmp_path / f"{name}.zip", {name: data}, folder=""))
        assert (len(listing), listing.class_names) == (4, ())
        assert any(f"such as {name} not read" in note for note in listing.notes)


def test_the_column_that_is_asked_for(tmp_path: Path) -> None:
    spec = zipped(tmp_path / "set.zip", {"labels.csv": LABELS})
    assert scanned(spec, DataOptions(label_column="weight")).class_names == ("5", "6", "7")
    with pytest.raises(UserError, match="There is no column 'age'"):
        scanned(zipped(tmp_path / "else.zip", {"else.csv": "a,b\n1,2\n"}), DataOptions(label_column="age"))
    with pytest.raises(UserError, match=r"labels\.csv has no column 'age'; its columns are image, breed, weight"):
        scanned(spec, DataOptions(label_column="age"))


@pytest.mark.parametrize("name", ["mypairs.csv", "told.csv"])
def test_pairs_of_pictures_say_no_classes_of_them(tmp_path: Path, name: str) -> None:
    said = "a,b,same\nimages/0.png,images/1.png,1\nimages/2.png,images/3.png,0\nimages/0.png,images/2.png,0\n"
    spec = zipped(tmp_path / "faces.zip", {name: said})
    with zipfile.ZipFile(spec) as archive:
        archive.extractall(tmp_path / "faces")
    for place in (spec, str(tmp_path / "faces")):
        found = open_dataset(place)
        assert len(found) == 4
        assert [len(pairs) for pairs in found.pairs] == ([3] if name == "mypairs.csv" else [])
        assert any("not read" in note for note in found.report.notes) == (name != "mypairs.csv")
    with pytest.raises(UserError, match="lists pairs or triplets of items by its columns a, b, same"):
        open_dataset(str(tmp_path / "faces" / name))


@pytest.mark.parametrize("name", ["trials.csv", "repairs.csv", "image_text_pairs.csv"])
def test_a_label_table_that_is_called_as_a_list_of_pairs_says_the_classes(tmp_path: Path, name: str) -> None:
    spec = zipped(tmp_path / "set.zip", {name: LABELS})
    with zipfile.ZipFile(spec) as archive:
        archive.extractall(tmp_path / "set")
    for place in (spec, str(tmp_path / "set")):
        found = open_dataset(place)
        assert len(found.class_names) == 2
        assert not any("list of pairs" in note or "not read" in note for note in found.report.notes)


@pytest.mark.parametrize("rows", ["one,two\n{0},{1}\n{2},{3}\n", "{0},{1},1\n{2},{3},0\n", "1,{0},{1}\n0,{2},{3}\n"])
def test_pairs_without_titles_say_no_classes_and_are_told(tmp_path: Path, rows: str) -> None:
    said = rows.format(*(f"images/{i}.png" for i in range(4)))
    found = open_dataset(zipped(tmp_path / "faces.zip", {"pairs.csv": said}))
    assert (len(found), found.class_names) == (4, ("images",))
    assert any("pairs.csv lies there and is no list of pairs that is read" in note for note in found.report.notes)
