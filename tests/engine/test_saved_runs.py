from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from explorer.core.events import ParameterChanged, RunFinished, RunStarted
from explorer.core.recipe import Recipe
from explorer.engine.run_rows import glance_again, row_of
from explorer.engine.saved_runs import RunReader, RunsFound, glance_of, run_paths, saved_runs
from explorer.runs.disk_use import bytes_below
from explorer.runs.folder import RunFolder
from explorer.runs.journal import METRICS_NAME
from explorer.runs.notes import NOTES_NAME, RunNotes, write_notes
from explorer.runs.sign_of_life import SignOfLife, give_sign
from tests.helpers.runs import checkpoint, data_record, evaluation, metrics, new_run, projection, run_items, snapshot


def written(path: Path) -> Path:
    """Write a small run with everything that a list says of one."""
    with new_run(path) as run:
        run.append([*map(metrics, range(1, 31)), evaluation(10), evaluation(20)])
        run.append(
            [ParameterChanged("r", 15, "loss.margin", 0.2, 0.75), ParameterChanged("r", 16, "miner", "all", "hard")]
        )
        run.write_checkpoint(checkpoint(30))
        run.write_projection(projection(20))
    return path


def test_a_run_is_told_by_its_recipe_as_it_ended_its_last_recall_and_its_map(tmp_path: Path) -> None:
    found = glance_of(written(tmp_path / "one"))
    assert found is not None
    assert (found.data, found.step, found.recall) == ("d", 30, 0.52)
    assert (found.measured, found.measured_before, replace(found, step=20).measured_before) == (20, 20, None)
    assert (found.recipe.loss.params["margin"], found.recipe.miner.name) == (0.75, "hard")
    assert dict(found.metrics) == {"recall@1": 0.52}
    assert (found.epochs, found.trained, found.name, found.problem) == (None, None, "one", "")
    assert found.size == bytes_below(found.path) > 0


@pytest.mark.parametrize(("said", "told"), [(0, 4), (32, None)])
def test_a_length_that_the_recipe_left_open_is_read_from_what_is_kept(
    tmp_path: Path, said: int, told: int | None
) -> None:
    recipe = Recipe().with_settings(["encoder=cnn", f"encoder.dimension={said}"])
    with RunFolder.create(tmp_path / "run", recipe, data_record(), run_items()) as run:
        before = glance_of(tmp_path / "run")
        run.write_snapshot(snapshot(10))
    found = glance_of(tmp_path / "run")
    assert before is not None
    assert found is not None
    assert (before.dimension, found.dimension) == (None, told)
    assert glance_again(row_of(found, {})).dimension == told


def test_a_run_that_ended_says_its_epochs_and_what_a_person_said_of_it(tmp_path: Path) -> None:
    with new_run(tmp_path / "run") as run:
        run.append([RunFinished("r", 40, 4, "done", 12.5, 100.0)])
    write_notes(tmp_path / "run", RunNotes(name="the one", tags=("good",)))
    found = glance_of(tmp_path / "run")
    assert found is not None
    assert (found.epochs, found.trained, found.name, found.notes.tags) == (4, 12.5, "the one", ("good",))
    (tmp_path / "run" / NOTES_NAME).write_text("{")
    damaged = glance_of(tmp_path / "run")
    assert damaged is not None
    assert damaged.name == "run"
    assert "notes.json is damaged" in damaged.problem


def test_a_run_that_trains_says_how_long_so_far_also_where_it_was_gone_on_with(tmp_path: Path) -> None:
    began, stopped = RunStarted("r", 0, 400, 31, "cpu", 1, 10), RunFinished("r", 40, 4, "stopped", 12.5, 100.0)
    seen = []
    with new_run(tmp_path / "run") as run:
        lives: list[RunStarted | RunFinished] = [began, stopped, began, stopped]
        for seconds, entry in enumerate(lives, start=1):
            give_sign(tmp_path / "run", SignOfLife.here(1, 40 + seconds, "training", 5.0 * seconds))
            run.append([entry])
            found = glance_of(tmp_path / "run")
            assert found is not None
            seen.append((found.state, found.step, found.trained))
    assert seen == [("unfinished", 41, 5.0), ("stopped", 0, 12.5), ("unfinished", 43, 15.0), ("stopped", 0, 12.5)]


def test_a_history_that_lacks_steps_is_told_beside_damaged_notes(tmp_path: Path) -> None:
    journal = written(tmp_path / "run") / METRICS_NAME
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:12]))
    found = glance_of(tmp_path / "run")
    assert found is not None
    assert found.problem.startswith(f"The curves of run lack steps 13 to 30: {journal} was cut or damaged. Put")
    (tmp_path / "run" / NOTES_NAME).write_text("{")
    both = glance_of(tmp_path / "run")
    assert both is not None
    assert both.problem.startswith(str(tmp_path / "run" / NOTES_NAME))
    assert both.problem.endswith(found.problem)


def test_a_run_that_was_stopped_says_how_many_epochs_it_was_to_have(tmp_path: Path) -> None:
    began = RunStarted("r", 0, 400, 31, "cpu", 1, 10)
    stopped = RunFinished("r", 47, 4, "stopped", 12.5, 100.0)
    lives: list[tuple[str, list[RunStarted | RunFinished], int | None]] = [
        ("stopped", [began, stopped], 31),
        ("done", [began, RunFinished("r", 400, 31, "done", 12.5, 100.0)], None),
        ("resumed", [began, stopped, began], None),
    ]
    for name, lifecycle, planned in lives:
        with new_run(tmp_path / name) as run:
            run.append(lifecycle)
        found = glance_of(tmp_path / name)
        assert found is not None
        assert found.planned == planned


def test_what_did_not_change_is_read_once_and_the_list_is_told_as_it_grows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explorer.engine.saved_runs.TOGETHER", 2)
    monkeypatch.setattr("explorer.engine.saved_runs.FIRST", (1,))
    for number in range(5):
        written(tmp_path / f"run-{number}")
    reader, told = RunReader(), list[RunsFound]()
    reader.found(tmp_path, run_paths(tmp_path), None, told.append)
    assert [(len(found.runs), found.left, found.reading) for found in told] == [
        (1, 4, True),
        (2, 3, True),
        (4, 1, True),
        (5, 0, False),
    ]
    before, told = told[-1].runs, []
    write_notes(before[1].path, RunNotes(name="another"))
    reader.found(tmp_path, run_paths(tmp_path), None, told.append)
    assert [one is other for one, other in zip(before, told[-1].runs, strict=True)] == [True, False, True, True, True]
    told = []
    reader.found(tmp_path, run_paths(tmp_path), 3, told.append)
    assert [(len(found.runs), found.left, found.reading) for found in told] == [(3, 2, False)]
    told = []
    reader.found(tmp_path, [], None, told.append)
    assert [found.runs for found in told] == [()]


def test_runs_are_listed_newest_first_and_what_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    for place, name in enumerate(("old", "new", "damaged")):
        written(folder / name)
        os.utime(folder / name / "metrics.jsonl", (1_000 + place, 1_000 + place))
    (folder / "damaged" / "run.json").write_bytes(b"{}")
    (folder / "a file").write_text("no run")
    (folder / "empty").mkdir()
    elsewhere = written(tmp_path / "elsewhere")
    os.utime(elsewhere / "metrics.jsonl", (5, 5))
    found = saved_runs(folder, also=(elsewhere, folder / "new", Path("sample:digits"), tmp_path / "gone"))
    assert [(run.path.name, run.seconds) for run in found] == [("new", 1_001), ("old", 1_000), ("elsewhere", 5)]
    assert [run.path.name for run in saved_runs(folder, most=1)] == []  # the newest one is damaged
    assert saved_runs(tmp_path / "gone") == ()
    assert [run.path for run in saved_runs(folder / "new")] == [folder / "new"]  # a run itself


def test_a_run_without_a_map_or_a_recall_is_listed_all_the_same(tmp_path: Path) -> None:
    new_run(tmp_path / "begun").close()
    found = glance_of(tmp_path / "begun")
    assert found is not None
    assert (found.step, found.recall, found.metrics) == (0, None, ())
