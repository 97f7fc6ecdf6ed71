"""Where data of a run lie that were moved is kept beside where they were, and is what its header says."""

from __future__ import annotations

from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.core.recipe import Recipe
from explorer.runs.folder import RunFolder
from explorer.runs.header import AddedData
from explorer.runs.places import PLACES_NAME, read_places, write_moves
from tests.helpers.runs import data_record, run_items


def test_data_that_move_again_are_found_where_they_moved_last(tmp_path: Path) -> None:
    record = data_record().model_copy(update={"uri": "/a", "added": (AddedData(uri="/tests", role="test"),)})
    folder = RunFolder.create(tmp_path / "run", Recipe().resolved(), record, run_items())
    folder.finish({})
    folder.close()
    write_moves(folder.path, {"/a": "/b"})
    write_moves(folder.path, {"/b": "/c", "/tests": "/d"})
    moved = RunFolder.open(folder.path)
    assert (moved.data.uri, [one.uri for one in moved.data.added]) == ("/c", ["/d"])
    assert moved.verify() == (), "a finished run is as it was"
    write_moves(folder.path, {"/c": "/a"})
    assert RunFolder.open(folder.path).data.uri == "/a"
    assert read_places(folder.path).now("/elsewhere") == "/elsewhere"


def test_what_was_found_together_does_not_follow_each_other(tmp_path: Path) -> None:
    record = data_record().model_copy(update={"uri": "/main", "added": (AddedData(uri="/tests", role="test"),)})
    folder = RunFolder.create(tmp_path / "run", Recipe().resolved(), record, run_items())
    folder.close()
    write_moves(folder.path, {"/main": "/tests", "/tests": "/other"})
    moved = RunFolder.open(folder.path).data
    assert (moved.uri, [one.uri for one in moved.added]) == ("/tests", ["/other"])


def test_data_that_were_moved_back_are_found_where_they_were(tmp_path: Path) -> None:
    (home := tmp_path / "home").mkdir()
    folder = RunFolder.create(
        tmp_path / "run", Recipe().resolved(), data_record().model_copy(update={"uri": str(home)}), run_items()
    )
    folder.close()
    write_moves(folder.path, {str(home): str(tmp_path / "away")})
    assert RunFolder.open(folder.path).data.uri == str(home)
    home.rename(tmp_path / "away")
    assert RunFolder.open(folder.path).data.uri == str(tmp_path / "away")


def test_what_is_damaged_is_asked_again_and_not_written_over(tmp_path: Path) -> None:
    record = data_record().model_copy(update={"uri": "/a"})
    folder = RunFolder.create(tmp_path / "run", Recipe().resolved(), record, run_items())
    folder.close()
    write_moves(folder.path, {"/a": "/b"})
    text = (folder.path / PLACES_NAME).read_text()
    (folder.path / PLACES_NAME).write_text(text.replace("/b", "/x"))
    assert RunFolder.open(folder.path).data.uri == "/a"
    with pytest.raises(UserError, match=r"places\.json is damaged\. Delete it: where the data are now is asked again"):
        write_moves(folder.path, {"/a": "/c"})
