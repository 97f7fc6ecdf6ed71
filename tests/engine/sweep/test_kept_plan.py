from __future__ import annotations

from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.core.recipe import Recipe
from explorer.core.registry import find
from explorer.engine.run_trash import RunTrash
from explorer.engine.saved_runs import PLAN_NAME, run_paths
from explorer.engine.sweep.kept_plan import MAIN_LOSSES, SweepPlan, read_plan, trained_so_far, write_plan
from explorer.engine.sweep.queue import Entry, SweepQueue
from tests.helpers.runs import new_run


def test_a_plan_is_the_same_after_it_was_kept_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    recipe = Recipe(epochs=1).with_settings(["loss.margin=0.3"])
    plan = SweepPlan(recipe=recipe, sources=(("sample:digits", "main"),), over=("loss.margin=0.1,0.2",), seeds=2)
    assert read_plan(tmp_path / "none") is None
    write_plan(tmp_path / "sweep", plan)
    assert read_plan(tmp_path / "sweep") == plan
    assert len(plan.runs()) == 4
    (tmp_path / "sweep" / PLAN_NAME).write_text("{")
    with pytest.raises(UserError, match="damaged"):
        read_plan(tmp_path / "sweep")


def test_runs_of_a_sweep_are_among_the_saved_ones_and_can_be_deleted(tmp_path: Path) -> None:
    write_plan(tmp_path / "sweep", SweepPlan(recipe=Recipe(), sources=()))
    new_run(tmp_path / "sweep" / "one").close()
    (tmp_path / "other").mkdir()
    new_run(tmp_path / "other" / "two").close()
    assert [path.name for path in run_paths(tmp_path)] == ["one"]
    moved = RunTrash(tmp_path).put(tmp_path / "sweep" / "one")
    assert run_paths(tmp_path) == []
    RunTrash(tmp_path).take_back(moved)
    assert [path.name for path in run_paths(tmp_path)] == ["one"]


def test_what_was_trained_is_counted_once_for_each_run(tmp_path: Path) -> None:
    queue = SweepQueue(tmp_path)
    for entry in (Entry("a", "started"), Entry("a", "done"), Entry("b", "failed"), Entry("c", "started")):
        queue.append(entry)
    queue.close()
    assert trained_so_far(tmp_path) == 2


def test_the_main_losses_are_ten_that_there_are() -> None:
    assert len({find("loss", name).name for name in MAIN_LOSSES}) == 10
