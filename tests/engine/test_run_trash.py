from __future__ import annotations

from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.engine.run_trash import RunTrash
from explorer.engine.saved_runs import saved_runs
from tests.helpers.runs import new_run


def test_a_deleted_run_can_be_brought_back_until_the_next_start(tmp_path: Path) -> None:
    for name in ("one", "two"):
        new_run(tmp_path / name).close()
    trash = RunTrash(tmp_path)
    one, two = trash.put(tmp_path / "one"), trash.put(tmp_path / "two")
    assert saved_runs(tmp_path) == ()
    RunTrash(tmp_path).empty()  # another start while this window is open
    assert trash.take_back(one, tmp_path / "one") == tmp_path / "one"
    assert [run.name for run in saved_runs(tmp_path)] == ["one"]
    trash.close()
    trash.close()
    RunTrash(tmp_path).empty()
    assert not two.exists()
    with pytest.raises(UserError, match="two cannot be brought back: it was removed for good"):
        trash.take_back(two, tmp_path / "two")


def test_what_has_its_place_by_then_stays(tmp_path: Path) -> None:
    new_run(tmp_path / "one").close()
    trash = RunTrash(tmp_path)
    moved = trash.put(tmp_path / "one")
    new_run(tmp_path / "one").close()
    assert trash.take_back(moved, tmp_path / "one") == tmp_path / "one-2"


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
    trash.close()
    RunTrash(tmp_path / "runs").empty()
    assert not moved.is_symlink()
    assert (tmp_path / "elsewhere" / "run.json").exists()
