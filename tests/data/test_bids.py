"""Which source reads a path: bids say what was seen there, the highest wins, and a bid is cheap and never raises."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from explorer.data.bids import Bid, SourceBid, bids_for, told
from explorer.data.formats.zip_directory import peek_members
from explorer.data.opening import check, open_dataset
from tests.helpers.data import picture, picture_folder, save_picture

PLAIN = DataOptions()
ENDINGS = ("", ".csv", ".tsv", ".npy", ".npz", ".parquet", ".zip", ".txt")


def won(path: Path, options: DataOptions = PLAIN) -> tuple[str, str]:
    winner = bids_for(str(path), options)[0]
    return winner.source, winner.bid.reason


def test_a_folder_says_what_is_seen_in_it(tmp_path: Path) -> None:
    picture_folder(tmp_path / "classes", {f"c{i}": 1 for i in range(81)})
    picture_folder(tmp_path / "wrapped" / "in" / "two", {"a": 1, "b": 1})
    picture_folder(tmp_path / "parts", {"train/a": 1, "test/a": 1})
    picture_folder(tmp_path / "flat", {".": 3})
    picture_folder(tmp_path / "alone", {"a": 3})
    (tmp_path / "empty").mkdir()
    told_of = {path.name: won(path) for path in tmp_path.iterdir()}
    assert told_of == {
        "classes": ("folder", "a folder with 81 class folders"),
        "wrapped": ("folder", "a folder with 2 class folders"),
        "parts": ("folder", "a folder with the parts test, train"),
        "flat": ("folder", "a folder of 3 pictures without class folders"),
        "alone": ("folder", "a folder with 1 class folder"),
        "empty": ("folder", "a folder in which neither pictures nor folders are seen"),
    }


def test_a_large_folder_is_only_peeked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.data.sources.folder.PEEKED", 5)
    picture_folder(tmp_path, {f"c{i}": 1 for i in range(9)})
    assert won(tmp_path) == ("folder", "a folder with at least 5 class folders")


def test_files_say_what_is_seen_in_them(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((70, 64), np.float32))
    np.savez(tmp_path / "b.npz", vectors=np.zeros((3, 2)), labels=np.zeros(3))
    assert won(tmp_path / "a.npy") == ("vectors", "an array of shape (70, 64)")
    assert won(tmp_path / "b.npz") == ("vectors", "an archive of the arrays vectors, labels")
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("one/a.png", b"")
        archive.writestr("two/b.png", b"")
    assert won(tmp_path / "c.zip") == ("zip", "a zip of class folders, 2 entries")
    assert won(Path("sample:digits")) == ("sample", "a built-in sample")
    for name, source in {"d.npy": "vectors", "d.npz": "vectors", "d.zip": "zip", "d.csv": "csv"}.items():
        (tmp_path / name).write_bytes(b"\0\1\2")
        assert won(tmp_path / name)[0] == source  # who would have read it says best what is wrong with it


def test_a_table_goes_to_who_saw_more_in_it(tmp_path: Path) -> None:
    header = "path,f0,f1,f2,f3,label\n"
    table = tmp_path / "table.csv"
    table.write_text(f"{header}img/0.png,1,2,3,4,a\nimg/1.png,5,6,7,8,b\n")
    assert won(table) == ("vectors", "a table with 4 numbered columns, f0 to f3")
    assert won(table, DataOptions(path_column="path"))[0] == "csv"
    assert open_dataset(str(table)).inputs.shape == (2, 1, 1, 4)
    for number in range(2):
        save_picture(tmp_path / "img" / f"{number}.png", picture(number))
    assert won(table) == ("csv", "a table with a column that names pictures, path")
    assert [one.source for one in bids_for(str(table), PLAIN)] == ["csv", "vectors"]
    table.write_text("path,z0,z1,label\nimg/0.png,1,2,a\n")
    assert won(table)[0] == "vectors"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("emb.0,emb.1,emb.2,label\n1,2,3,a\n4,5,6,b\n", 3),
        ("length,width,height,species\n1,2,3,a\n4,5,6,b\n", 3),
        ("id,length,width,height,species\n7,1,2,3,a\n8,4,5,6,b\n", 3),
        ("1.5\t2.5\t3.5\n4\t5\t6\n", 3),
        ("1,2,3\n4,5,6\n", 3),
    ],
)
def test_columns_of_numbers_are_a_vector_where_no_picture_is_named(tmp_path: Path, text: str, numbers: int) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)
    dataset = open_dataset(str(path))
    assert dataset.shape == (1, 1, numbers)
    header = not text.startswith("1.5")
    assert len(dataset) == text.count("\n") - header  # a first row of numbers is no header, unless it counts them
    assert dataset.class_names == (("a", "b") if "label" in text or "species" in text else ())


def test_a_table_of_few_numbers_is_none_of_vectors(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    for text in ("a,b\n1,2\n", "name,kind,place,x\nn,k,p,1\nn,k,p,2\n"):
        path.write_text(text)
        with pytest.raises(UserError, match="no column holds the paths"):
            open_dataset(str(path))


def test_a_column_of_numbers_may_be_named_as_the_labels(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("length,width,height,kind\n1,2,3,7\n4,5,6,8\n")
    dataset = open_dataset(str(path), DataOptions(label_column="kind"))
    assert dataset.class_names == ("7", "8")
    assert dataset.shape == (1, 1, 3)


def test_of_equal_bids_the_first_by_name_wins_and_it_is_said() -> None:
    bids = (
        SourceBid("a", "A", Bid(0.5, "an a")),
        SourceBid("b", "B", Bid(0.5, "a b")),
        SourceBid("c", "C", Bid(0.2, "a c")),
    )
    assert told(bids) == [
        "read as a: an a",
        "not read as b, which would do as well and comes after a by name: a b",
        "not read as c: a c",
    ]


def test_check_tells_source_parts_and_columns(tmp_path: Path, cache: Path) -> None:
    picture_folder(tmp_path, {"train/x/a": 2, "train/y/b": 1, "test/x/a": 3})
    (tmp_path / "test" / "x" / "a" / "bad.png").write_bytes(b"")
    found = check(str(tmp_path), cache_folder=cache)
    assert [(one.source, one.bid.reason) for one in found.bids] == [("folder", "a folder with the parts test, train")]
    assert found.splits == {"train": 3, "test": 3}  # what cannot be read is in no part
    assert found.columns == ("split", "level1")
    assert (found.report.kept, len(found.report.skipped)) == (6, 1)


@settings(max_examples=60, deadline=None)
@given(ending=st.sampled_from(ENDINGS), content=st.binary(max_size=200) | st.text(",;\t\n\"'0z.1a", max_size=99))
def test_a_bid_never_raises(tmp_path_factory: pytest.TempPathFactory, ending: str, content: bytes | str) -> None:
    path = tmp_path_factory.mktemp("any") / f"file{ending}"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    bids = bids_for(str(path), PLAIN)
    assert (bids == ()) == (ending in ("", ".txt"))
    assert list(bids) == sorted(bids, key=lambda one: (-one.bid.score, one.source))
    assert all(0 < one.bid.score <= 1 and one.bid.reason for one in bids)


@settings(max_examples=40, deadline=None)
@given(
    members=st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\0\\"), min_size=1, max_size=9), max_size=8
    ),
    comment=st.binary(max_size=60),
    before=st.binary(max_size=9),
    cut=st.integers(0, 400),
)
def test_the_directory_of_a_zip_is_peeked_at(
    tmp_path_factory: pytest.TempPathFactory, members: list[str], comment: bytes, before: bytes, cut: int
) -> None:
    path = tmp_path_factory.mktemp("zips") / "a.zip"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.comment = comment.replace(b"PK", b"")
        for name in dict.fromkeys(members):
            archive.writestr(zipfile.ZipInfo(name), b"x")
    path.write_bytes(before + made.getvalue())
    peek = peek_members(path)
    assert peek is not None
    with zipfile.ZipFile(path) as archive:
        assert list(peek.names) == [member.orig_filename for member in archive.infolist()]
    assert peek.count == len(peek.names)
    whole = path.read_bytes()
    path.write_bytes(whole[: max(0, len(whole) - cut)])
    peek_members(path)  # damaged in any way: an answer or none, never an error
