from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.core.errors import UserError
from explorer.data.labels import labelling as module
from explorer.data.labels.labelling import alike_told, has_label_sets, in_order, label_sets_of, labelling
from explorer.data.opening import open_dataset
from tests.helpers.data import picture_folder

NAMES = st.text("abcxyz019 ", min_size=1, max_size=3).map(str.strip).filter(bool)


@given(st.lists(st.lists(NAMES, max_size=4), max_size=8))
def test_sets_hold_what_the_texts_list_whatever_their_order(rows: list[list[str]]) -> None:
    known = labelling([" ; ".join(row) for row in rows], ";")
    again = labelling([";".join(reversed(row)) for row in rows], ";")
    assert known.label_sets is not None
    assert known.label_sets.shape == (len(rows), len(known.set_names))
    found = [{known.set_names[j] for j in np.flatnonzero(row)} for row in known.label_sets]
    assert found == [set(row) for row in rows]
    assert known.class_names == again.class_names
    assert known.labels.tolist() == again.labels.tolist()
    for i, row in enumerate(rows):
        assert (known.labels[i] == -1) == (not row)
        for j, other in enumerate(rows):
            assert (known.labels[i] == known.labels[j]) == (set(row) == set(other))


def test_numbers_are_in_the_order_of_numbers() -> None:
    assert in_order(["10", "9", "-1", "9"]) == ("-1", "9", "10")
    assert in_order(["10", "9", "a"]) == ("9", "10", "a")
    assert labelling(["b", "", "a"]).labels.tolist() == [1, -1, 0]


def test_a_class_comes_with_its_parents(tmp_path: Path) -> None:
    folders = {"fruit/apple/red": 2, "fruit/pear/red": 1, "drink/milk": 1, "bread": 1}
    dataset = open_dataset(str(picture_folder(tmp_path / "data", folders)), cache_folder=tmp_path / "cache")
    assert has_label_sets(dataset)
    sets = label_sets_of(dataset)
    assert sets is not None
    shared = sets.astype(int) @ sets.T.astype(int)
    at = {name: i for i, name in enumerate(dataset.ids)}
    red, same = at["fruit/apple/red/000.png"], at["fruit/apple/red/001.png"]
    pear, milk, bread = at["fruit/pear/red/000.png"], at["drink/milk/000.png"], at["bread/000.png"]
    assert shared[red, same] == 3
    assert shared[red, pear] == 1
    assert shared[red, milk] == shared[milk, bread] == 0
    assert shared[bread, bread] == 1


def test_one_level_makes_no_sets(tmp_path: Path) -> None:
    dataset = open_dataset(str(picture_folder(tmp_path / "d", {"a": 1, "b": 1})), cache_folder=tmp_path / "cache")
    assert not has_label_sets(dataset)
    assert label_sets_of(dataset) is None


def test_too_many_labels_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_SETS", 8)
    with pytest.raises(UserError, match="3 different labels of 3 items are too many"):
        labelling(["a", "b", "c"], ";")


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("1", "true", "0", "false"), "1 and true, 0 and false"),
        (("1.0", "True", "other"), "1.0 and True"),
        (("cat", "Cat", "CAT", "dog"), "cat and Cat and CAT"),
        (("a", "A", "1", "10"), ""),
        (("true", "false"), ""),
    ],
)
def test_classes_that_may_mean_the_same_are_told(names: tuple[str, ...], told: str) -> None:
    expected = (f"Classes that may mean the same are kept apart: {told}",) if told else ()
    assert alike_told(names) == expected


@pytest.mark.parametrize(("cells", "alone"), [(("true", "1", "false", "0"), 4), (("1.0", "1", "0.0", "0"), 2)])
def test_yes_and_no_of_two_programs_in_one_table_are_told(cells: tuple[str, ...], alone: int, tmp_path: Path) -> None:
    lines = [f"{at}.5,{at % 3}.25,{at % 5}.5,{cells[at % 4]}" for at in range(40)]
    (tmp_path / "t.csv").write_text("\n".join(["x0,x1,x2,label", *lines]))
    report = open_dataset(str(tmp_path / "t.csv")).report
    assert report.classes == alone
    assert any("kept apart: 0 and false, 1 and true" in note for note in report.notes) == (alone == 4)
