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
