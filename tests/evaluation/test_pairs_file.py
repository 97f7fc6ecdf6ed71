from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.evaluation.pairs_file import read_pairs

IDS = ["Ann_A/Ann_A_0001.jpg", "Ann_A/Ann_A_0002.jpg", "Bob/Bob_0001.jpg", "Bob/Bob_0010.jpg", "x/1.png", "y/1.png"]
CLASSES = np.array([0, 0, 1, 1, 2, -1])


def read(folder: Path, text: str, name: str = "pairs.csv") -> tuple[list[list[int]], list[bool]]:
    (folder / name).write_text(text, encoding="utf-8")
    found = read_pairs(folder / name, IDS, CLASSES)
    return found.rows.tolist(), found.same.tolist()


def test_a_table_names_items_by_path_or_by_what_is_unique(tmp_path: Path) -> None:
    text = "\ufeffB,a,note\nAnn_A_0002,Ann_A/Ann_A_0001.jpg,x\nBob_0001.jpg,x/1,\n"
    assert read(tmp_path, text) == ([[0, 1], [4, 2]], [True, False])
    assert read(tmp_path, "a,b,same\nx/1.png,y/1.png,1\nBob_0001,Bob_0010,no\n") == ([[4, 5], [2, 3]], [True, False])


def test_the_list_of_lfw(tmp_path: Path) -> None:
    text = "2\t1\nAnn_A\t1\t2\nAnn_A\t2\tBob\t10\n\nBob\t1\t10\n"
    assert read(tmp_path, text, "pairs.txt") == ([[0, 1], [1, 3], [2, 3]], [True, False, True])


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("pairs.csv", "first,second\n", "no columns a and b"),
        ("pairs.csv", "a,b\n", "names no pairs"),
        ("pairs.csv", "", "no columns a and b"),
        ("pairs.csv", "a,b\nAnn_A_0001,Carl\n", "pairs.csv names Carl, which is not among the items"),
        ("pairs.csv", "a,b\nAnn_A_0001\n", "Line 2 of {file} names one item alone. Write two a line"),
        ("pairs.csv", "a,b\n1,Bob_0001\n", "names 1, which several items are called"),
        ("pairs.csv", "a,b,same\nBob_0001,Bob_0010,maybe\n", "says 'maybe' of its pair"),
        ("pairs.csv", "a,b\nx/1.png,y/1.png\n", "names an item without a class"),
        ("pairs.txt", "10 300\nAnn_A 1\n", "pairs.txt is not of LFW's form"),
        ("pairs.txt", "Ann_A 1 Bob x\n", "pairs.txt is not of LFW's form"),
        ("pairs.csv", 'a,b\nBob_0001,"Bob_0010\nBob_0001,Bob_0010\n', "begins a quotation that does not end"),
        ("pairs.csv", "a,b\n" + "x" * 70_000 + ",y\n", "it is not a table of text"),
    ],
)
def test_what_cannot_be_read_is_said_in_words(tmp_path: Path, name: str, text: str, words: str) -> None:
    with pytest.raises(UserError) as said:
        read(tmp_path, text, name)
    assert words.replace("{file}", str(tmp_path / name)) in str(said.value)
    assert str(tmp_path / name) in str(said.value)


def test_a_file_that_is_no_text_or_not_there(tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_bytes(b"a,b\n\xff\xfe\n")
    with pytest.raises(UserError, match="it is not a table of text"):
        read_pairs(tmp_path / "pairs.csv", IDS, CLASSES)
    with pytest.raises(UserError, match="cannot be read: it is not there"):
        read_pairs(tmp_path / "none.csv", IDS, CLASSES)
