from __future__ import annotations

import json
from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.runs.item_sets import LONGEST_NAME, MOST_SETS, SETS_NAME, ItemSet, read_sets, set_name, write_sets
from tests.helpers.runs import new_run

SETS = (ItemSet("odd ones é", ("a/1.png", "a/2.png", "not utf-8 \udcff.png")), ItemSet("none"))


def test_sets_are_kept_in_a_run_that_stays_whole_and_go_with_its_copy(tmp_path: Path) -> None:
    with new_run(tmp_path / "run") as run:
        run.finish({"steps": 7})
        assert read_sets(run.path) is None
        write_sets(run.path, SETS)
        assert run.verify() == ()
        with run.copied_to(tmp_path / "copy") as copy:
            assert read_sets(copy.path) == SETS
    write_sets(tmp_path, ())
    assert read_sets(tmp_path) == ()


def test_names_are_tidied_and_refused_where_they_are_none() -> None:
    assert set_name("  two \t words ") == "two words"
    for text in ("", "  ", "x" * (LONGEST_NAME + 1), "half a letter \udc80", "bell \x07"):
        with pytest.raises(UserError, match="A set is called by 1 to 100 letters"):
            set_name(text)


def test_too_many_sets_are_refused_and_what_is_there_stays(tmp_path: Path) -> None:
    write_sets(tmp_path, SETS)
    with pytest.raises(UserError, match="No more than 500 sets"):
        write_sets(tmp_path, [ItemSet(str(number)) for number in range(MOST_SETS + 1)])
    assert read_sets(tmp_path) == SETS


@pytest.mark.parametrize("old", ["odd ones", "a/1.png"])
def test_a_file_that_was_changed_by_chance_is_not_believed(tmp_path: Path, old: str) -> None:
    write_sets(tmp_path, SETS)
    path = tmp_path / SETS_NAME
    path.write_text(path.read_text().replace(old, old[::-1]))
    with pytest.raises(UserError, match=r"sets\.json is damaged\. Remove the file"):
        read_sets(tmp_path)


@pytest.mark.parametrize(
    "document",
    [
        {"sets": 3}, {}, {"sets": [{"name": "a"}]}, {"sets": [{"name": 3, "ids": []}]},
        {"sets": [{"name": "", "ids": []}]}, {"sets": [{"name": "a", "ids": [3]}]},
        {"sets": [{"name": "a", "ids": []}] * 2},
    ],
)  # fmt: skip
def test_what_is_no_set_is_said_to_be_damaged(tmp_path: Path, document: object) -> None:
    (tmp_path / SETS_NAME).write_text(json.dumps(document))
    with pytest.raises(UserError, match="is damaged"):
        read_sets(tmp_path)
