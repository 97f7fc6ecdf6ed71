from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.engine.run_trash import GOING, KEPT_SECONDS, RunTrash
from explorer.engine.saved_runs import saved_runs
from tests.helpers.runs import new_run


def age(moved: Path, seconds: float) -> None:
    """Let something have been deleted so long ago."""
    then = time.time() - seconds
    os.utime(moved, (then, then), follow_symlinks=False)


def test_a_deleted_run_can_be_brought_back_for_a_week_over_any_number_of_starts(tmp_path: Path) -> None:
    for name in ("one", "two"):
        new_run(tmp_path / name).close()
        age(tmp_path / name, 2 * KEPT_SECONDS)  # an old run that is deleted now is not an old deleted run
    trash = RunTrash(tmp_path)
    one, two = trash.put(tmp_path / "one"), trash.put(tmp_path / "two")
    assert saved_runs(tmp_path) == ()
    again = RunTrash(tmp_path)
    again.expire()
    age(two, 60)
    assert [run.moved for run in again.deleted()] == [one, two]
    assert 0 < again.deleted()[0].until - time.time() <= KEPT_SECONDS
    assert again.deleted()[0].size > 0
    assert again.take_back(one) == tmp_path / "one"
    assert [run.name for run in saved_runs(tmp_path)] == ["one"]
    assert trash.put(tmp_path / "one").name == "one"
    age(two, KEPT_SECONDS + 1)
    again.expire()
    assert not two.exists()
    assert [run.moved for run in again.deleted()] == [one]
    with pytest.raises(UserError, match="two cannot be brought back: it was removed for good"):
        again.take_back(two)


def test_the_trash_is_emptied_at_once_where_that_is_asked_for(tmp_path: Path) -> None:
    trash = RunTrash(tmp_path)
    assert trash.deleted() == ()
    assert trash.empty() == 0
    new_run(tmp_path / "one").close()
    moved = trash.put(tmp_path / "one")
    size = trash.deleted()[0].size
    (trash.folder / f"{GOING}two").mkdir()  # half removed, as the power went
    assert trash.empty() == size
    assert not moved.exists()
    assert list(trash.folder.iterdir()) == []


def test_what_has_its_place_by_then_stays(tmp_path: Path) -> None:
    new_run(tmp_path / "one").close()
    trash = RunTrash(tmp_path)
    moved = trash.put(tmp_path / "one")
    new_run(tmp_path / "one").close()
    assert trash.take_back(moved) == tmp_path / "one-2"


def test_a_run_that_is_written_or_lies_elsewhere_is_not_deleted(tmp_path: Path) -> None:
    trash = RunTrash(tmp_path / "runs")
    new_run(tmp_path / "elsewhere").close()
    with pytest.raises(UserError, match="does not lie in the folder of runs"):
        trash.put(tmp_path / "elsewhere")
    with (
        new_run(tmp_path / "runs" / "one") as run,
        pytest.raises(UserError, match=r"one is open here\. Open another run or data"),
    ):
        trash.put(run.path)
    trash.empty()
    assert (tmp_path / "runs" / "one").is_dir()


def test_a_link_to_a_run_is_removed_and_the_run_stays(tmp_path: Path) -> None:
    new_run(tmp_path / "elsewhere").close()
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    trash = RunTrash(tmp_path / "runs")
    moved = trash.put(tmp_path / "runs" / "link")
    assert [run.moved for run in trash.deleted()] == [moved]
    trash.empty()
    assert not moved.is_symlink()
    assert (tmp_path / "elsewhere" / "run.json").exists()
