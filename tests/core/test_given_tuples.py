from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.given_tuples import (
    MOST_CHECKS,
    GivenKind,
    GivenTuples,
    checks_of,
    given_of,
    mapped_triplets,
    read_given,
)

IDS = ("cats/a.png", "cats/b.png", "dogs/c.png", "dogs/d.png", "birds/e.png", "birds/a.png")


def read(text: str, kind: GivenKind | None = None, name: str = "given.csv") -> GivenTuples:
    return given_of(name, text.encode(), kind, IDS)


def test_pairs_are_read_with_and_without_titles_by_ids_ends_and_stems() -> None:
    given = read("a,b,same\ncats/a.png,cats/b.png,same\n\n# by hand\nb,dogs/d.png,different\nc,e.png,0\nc.png,d,1\n")
    assert given.kind == "pairs"
    assert given.rows.tolist() == [[0, 1], [1, 3], [2, 4], [2, 3]]
    assert given.same.tolist() == [True, False, False, True]
    assert read("a,b,verdict\nb,c,1\nc,d,0\n").rows.tolist() == [[1, 2], [2, 3]]
    assert read("\ufeffa;b;same\nb;c;1\nc;d;0\n").rows.tolist() == [[1, 2], [2, 3]]
    assert read("b\tc\t-1\nc\td\t+1\n").rows.tolist() == [[1, 2], [2, 3]]


def test_triplets_and_groups_are_told_apart_by_their_lines() -> None:
    given = read("anchor,nearer,farther\nb,cats/a.png,c\nc,d,e\n")
    assert (given.kind, given.rows.tolist()) == ("triplets", [[1, 0, 2], [2, 3, 4]])
    assert read("b,c,d\nd,e\n").kind == "must_link"
    assert read("b,c,d\nc,d,e\n", "must_link").kind == "must_link"


def test_a_map_is_made_of_triplets_and_of_very_many_of_some() -> None:
    given = read("b,cats/a.png,c\nc,d,e\n")
    assert mapped_triplets(given).tolist() == given.rows.tolist()
    assert mapped_triplets(None).shape == mapped_triplets(read("cats/a.png,c,same\nc,d,different\n")).shape == (0, 3)
    many = replace(given, rows=np.tile(given.rows, (MOST_CHECKS, 1)))
    assert mapped_triplets(many).shape == (MOST_CHECKS, 3)


def test_lines_with_a_common_item_are_one_group() -> None:
    given = read("b,c\nd,e\ne,birds/a.png\n", "must_link")
    assert given.groups(6).tolist() == [-1, 0, 0, 1, 1, 1]
    chained = read("b,c\nd,e\nc,d\n", "must_link")
    assert len(set(chained.groups(6)[1:5].tolist())) == 1


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("b,c,1\nb,nobody,0\n", "pairs", "Line 2 of given.csv names nobody, which is none of the items"),
        ("b,c,1\nb,a,0\n", "pairs", "Line 2 of given.csv names a, which several items are called"),
        ("b,c,maybe\n", "pairs", "Line 1 of given.csv says 'maybe' of its pair"),
        ("b,c\n", "pairs", "Line 1 of given.csv has 2 cells and not three"),
        ("b,c,1\nc,d,1\n", "pairs", "All pairs of given.csv are the same: nothing keeps items apart"),
        ("b,c,0\n", "pairs", "All pairs of given.csv are different"),
        ("b,c,b\n", "triplets", "Line 1 of given.csv names an item twice"),
        ("b,c\nd\n", "must_link", "Line 2 of given.csv names one item"),
        ("anchor,nearer,farther\n", None, "given.csv names its columns, and nothing below them"),
        ("", None, "given.csv is empty"),
        ("one,other,decided\nb,c,1\nc,d,0\n", None, "Line 1 of given.csv names none of the items. If it names the col"),
        ("b,c,1\nc,d,1\nc,b,0\nd,c,0\n", None, "Each of the 4 pairs of given.csv says the opposite of another one"),
        ("b,c,d\nb,d,c\n", None, "Each of the 2 triplets of given.csv says the opposite of another one"),
        ('b,c,1\n"c,d,0\nb,d,0\n', "pairs", "Line 2 of given.csv begins a quotation that does not end. Close it"),
        ('b,c,1\n"c"x,d,0\n', "pairs", "Line 2 of given.csv goes on behind a closed quotation. Write a comma"),
        (
            "id,one,two,same,note\n1,b,c,1,x\n",
            "pairs",
            "Line 1 of given.csv has 5 cells and not three. Write two items and",
        ),
        (
            "id,one,two,same,note\n1,b,c,1,x\n",
            None,
            "Line 1 of given.csv has 5 cells, and not the three of a pair. Write",
        ),
        (
            "one,other,two,three\nb,c,d,e\n",
            None,
            "Line 1 of given.csv names none of the items. If it names the columns",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_a_remedy(text: str, kind: GivenKind | None, said: str) -> None:
    with pytest.raises(UserError) as refused:
        read(text, kind)
    assert str(refused.value).startswith(said)
    assert refused.value.remedy


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone\.csv cannot be read: it is not there"):
        read_given(tmp_path / "gone.csv", None, IDS)
    (tmp_path / "bad.csv").write_text("b,c,1\nb,nobody,0\n")
    with pytest.raises(UserError, match=f"Line 2 of {re.escape(str(tmp_path / 'bad.csv'))} names nobody"):
        read_given(tmp_path / "bad.csv", None, IDS)
    (tmp_path / "good.csv").write_text("b,c,1\nb,d,0\n")
    assert read_given(tmp_path / "good.csv", None, IDS).name == "good.csv"
    (tmp_path / "latin.csv").write_bytes(b"\xff\xfe,b,1\n")
    with pytest.raises(UserError, match="no table of text"):
        read_given(tmp_path / "latin.csv", None, IDS)


def test_what_names_an_item_that_is_not_trained_on_is_kept_out() -> None:
    given = read("b,c,0\nc,d,1\nd,e,0\n")
    train = np.array([1, 2, 3])
    assert given.within(train, 6).tolist() == [True, True, False]
    checks = checks_of(given, train, 6)
    assert checks.rows.tolist() == [[3, 4]]
    assert checks.trained.tolist() == [[1, 2], [2, 3]]
    assert checks.items.tolist() == [1, 2, 3, 4]
    assert given.told(train, 6) == "given.csv: 2 pairs to train on, 1 kept out"


def test_linked_items_are_asked_against_one_of_another_group() -> None:
    given = read("b,c\nd,e\ne,birds/a.png\n", "must_link")
    groups = given.groups(6)
    checks = checks_of(given, np.array([1, 3]), 6)
    assert sorted(checks.rows[:, 0].tolist()) == [2, 4, 5]
    for anchor, partner, other in checks.rows.tolist():
        assert anchor != partner
        assert groups[anchor] == groups[partner] != groups[other]
    assert checks_of(given, np.array([1, 3]), 6).rows.tolist() == checks.rows.tolist()


@pytest.mark.parametrize(
    ("text", "kind", "against"),
    [
        ("d,b,same\nb,d,different\nd,e,same\nd,b,same\n", "pairs", 3),
        ("d,b,same\nb,d,same\nd,e,different\n", "pairs", 0),
        ("b,c,d\nb,d,c\nc,b,d\nb,c,d\n", "triplets", 3),
        ("b,c,d\nc,b,d\nd,c,b\n", "triplets", 0),
        ("b,c\nc,b\n", "must_link", 0),
    ],
)
def test_what_contradicts_each_other_is_counted(text: str, kind: GivenKind, against: int) -> None:
    given = read(text, kind)
    assert given.against == against
    told = given.told(np.arange(6), 6)
    assert told.endswith(f"; {against} contradict each other") == bool(against)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_a_device_is_not_read_to_its_end() -> None:
    with pytest.raises(UserError, match=r"/dev/zero cannot be read: it is no file. Give a table of text"):
        read_given(Path("/dev/zero"), "pairs", IDS)
