"""The forms in which lists of pairs are written, and whose items they name."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.pair_lists import SEVERAL, ItemFinder, PairList, named_pairs


def read(name: str, text: str) -> list[tuple[str, str, bool | None, int]]:
    return [(pair.a, pair.b, pair.same, pair.fold) for pair in named_pairs(name, iter(text.splitlines(keepends=True)))]


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        (  # view 2 of LFW: folds, and pairs of either sort in each
            "pairs.txt",
            "2\t1\nAbel_Pacheco\t1\t4\nAbdel_Madi_Shabneh\t1\tDean_Barker\t1\nBo\t1\t2\nBo\t1\tCy\t12\n",
            [
                ("Abel_Pacheco_0001", "Abel_Pacheco_0004", True, 1),
                ("Abdel_Madi_Shabneh_0001", "Dean_Barker_0001", False, 1),
                ("Bo_0001", "Bo_0002", True, 2),
                ("Bo_0001", "Cy_0012", False, 2),
            ],
        ),
        ("pairsDevTest.txt", "500\nBo\t1\t2\n", [("Bo_0001", "Bo_0002", True, 0)]),
        ("pairs.csv", "name,imagenum1,imagenum2,\nBo,1,2,\nBo,1,Cy,3\n", [
            ("Bo_0001", "Bo_0002", True, 0), ("Bo_0001", "Cy_0003", False, 0)]),
        ("veri_test.txt", "1 id10270/x6uY/00001.wav id10270/8jEA/00008.wav\n0 id10270/x/1.wav id10300/y/6.wav\n", [
            ("id10270/x6uY/00001.wav", "id10270/8jEA/00008.wav", True, 0),
            ("id10270/x/1.wav", "id10300/y/6.wav", False, 0)]),
        ("pair.txt", "a/1.jpg b/2.jpg 0\na/1.jpg\ta/2.jpg\t1\n", [
            ("a/1.jpg", "b/2.jpg", False, 0), ("a/1.jpg", "a/2.jpg", True, 0)]),
        ("pairs.txt", "a/1.jpg b/2.jpg\n", [("a/1.jpg", "b/2.jpg", None, 0)]),
    ],
)  # fmt: skip
def test_the_forms_that_are_read(name: str, text: str, wanted: list[tuple[str, str, bool | None, int]]) -> None:
    assert read(name, text) == wanted


@pytest.mark.parametrize("line", ["one", "a 1 2 3 4", "a b c", "a 1 b x"])
def test_a_line_of_another_form_is_named(line: str) -> None:
    with pytest.raises(UserError, match=r"Line 2 of pairs\.txt is not of LFW's form"):
        read("pairs.txt", f"10 300\n{line}\n")


def test_items_are_found_by_the_end_of_their_paths() -> None:
    finder = ItemFinder(["wav/id1/a/1.wav", "wav/id1/b/1.wav", "wav/id2/b/2.wav", "x.png"])
    wanted = {"id1/a/1.wav": 0, "./id1/b/1.wav": 1, "b/1.wav": 1, "2.wav": 2, "2": 2, "x": 3, "wav/id2/b/2": 2}
    assert {name: finder.row(name) for name in wanted} == wanted
    assert finder.row("1.wav") == SEVERAL
    assert finder.row("a/2.wav") is None
    assert finder.row("none") is None
    assert ItemFinder(["p/a/1.wav", "q/a/1.wav"]).row("a/1.wav") == SEVERAL


def test_pairs_follow_their_items() -> None:
    rows = np.array([[0, 3], [1, 2], [3, 1]])
    pairs = PairList("pairs.txt", rows, np.array([True, False, True]), np.array([1, 1, 2]), 4)
    some = pairs.among(np.array([3, 1, 0]), 4)
    assert some.rows.tolist() == [[2, 0], [0, 1]]
    assert (some.same.tolist(), some.folds.tolist(), some.listed) == ([True, True], [1, 2], 4)
    assert pairs.behind(10).rows.tolist() == (rows + 10).tolist()
    assert len(pairs.among(np.array([], dtype=np.int64), 4)) == 0
