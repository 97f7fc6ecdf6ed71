"""Vectors of words in the forms of word2vec, fastText and GloVe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.data.bids import bids_for
from explorer.data.opening import DEFAULT_OPTIONS, open_dataset
from tests.helpers.data import scanned

WORDS = ["the", "Straße", "日本", "at name@domain.com", ". .", "ice-cream", "the"]
ROWS = np.random.default_rng(0).normal(size=(len(WORDS), 6)).astype(np.float32)


def as_text(path: Path, *, head: bool, blank: str = "") -> Path:
    lines = [f"{len(WORDS)} 6"] * head
    lines += [f"{word} {' '.join(map(repr, row.tolist()))}{blank}" for word, row in zip(WORDS, ROWS, strict=True)]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def as_binary(path: Path, *, newline: bytes = b"\n") -> Path:
    body = b"".join(
        word.replace(" ", "_").encode() + b" " + row.tobytes() + newline for word, row in zip(WORDS, ROWS, strict=True)
    )
    path.write_bytes(f"{len(WORDS)} 6\n".encode() + body)
    return path


@pytest.mark.parametrize(("name", "head", "blank"), [("glove.6B.6d.txt", False, ""), ("wiki.vec", True, " ")])
def test_a_line_is_a_word_and_its_numbers(tmp_path: Path, name: str, head: bool, blank: str) -> None:
    path = as_text(tmp_path / name, head=head, blank=blank)
    assert bids_for(str(path), DEFAULT_OPTIONS)[0].source == "word_vectors"
    dataset = open_dataset(str(path))
    assert list(dataset.ids) == [*WORDS[:-1], "the~2"]
    np.testing.assert_array_equal(dataset.inputs.reshape(-1, 6), ROWS)
    assert "The words are the ids" in dataset.report.notes


@pytest.mark.parametrize("newline", [b"\n", b""])
def test_the_binary_form_is_read_with_and_without_line_ends(tmp_path: Path, newline: bytes) -> None:
    found = scanned(str(as_binary(tmp_path / "GoogleNews.bin", newline=newline)))
    assert found.ids[3] == "at_name@domain.com"
    np.testing.assert_array_equal(found.items, ROWS)


def test_a_line_that_is_unlike_the_others_is_skipped(tmp_path: Path) -> None:
    path = as_text(tmp_path / "w.txt", head=False)
    path.write_text(path.read_text("utf-8") + "short 1 2 3\nwrong 1 2 3 x 5 6\nlast 1 2 3 4 5 6\n", "utf-8")
    found = scanned(str(path))
    assert [one.path for one in found.skipped] == ["w.txt, line 8", "w.txt, line 9"]
    assert found.ids[-1] == "last"


def test_what_is_cut_off_keeps_its_first_words(tmp_path: Path) -> None:
    path = as_binary(tmp_path / "w.bin")
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"7 6\n", b"8 6\n", 1) + b"padding that is no vector")
    found = scanned(str(path))
    assert len(found) == 7
    assert found.skipped[0].reason == "1 word of 8 missing: it is cut off"


@pytest.mark.parametrize("promised", [5, 9])
def test_a_count_that_does_not_match_is_said_in_both_forms(tmp_path: Path, promised: int) -> None:
    text, binary = as_text(tmp_path / "w.vec", head=True), as_binary(tmp_path / "w.bin")
    for path in (text, binary):
        path.write_bytes(path.read_bytes().replace(b"7 6\n", f"{promised} 6\n".encode(), 1))
    text.write_bytes(text.read_bytes() + b"short 1 2\n")  # what is skipped counts as there
    again = "1 item with the id of an earlier one: told apart by ~2, ~3, … behind it"
    found = scanned(str(text))
    assert len(found) == 7
    assert {again, f"The first line promises {promised} words; there are 8"} <= set(found.notes)
    found = scanned(str(binary))
    np.testing.assert_array_equal(found.items, ROWS[:promised])
    if promised < len(WORDS):
        assert "The first line promises 5 words; what lies behind these is left out" in found.notes
    else:
        assert [one.reason for one in found.skipped] == ["2 words of 9 missing: it is cut off"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("notes.txt", b"It was the best of times,\nit was the worst of times\n"),
        ("numbers.txt", b"1 2\n3 4\n"),
        ("model.bin", b"\x80\x04\x95 a pickle"),
        ("claims.bin", b"999999999 300\nthe "),
        ("empty.vec", b""),
    ],
)
def test_what_holds_no_vectors_of_words_is_left_to_others(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    assert not any(bid.source == "word_vectors" for bid in bids_for(str(tmp_path / name), DEFAULT_OPTIONS))
    with pytest.raises(UserError):
        scanned(str(tmp_path / name))
