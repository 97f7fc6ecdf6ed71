from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from explorer.core.events import ParameterChanged
from explorer.engine.saved_runs import glance_of, saved_runs
from tests.helpers.runs import checkpoint, evaluation, metrics, new_run, projection, run_items


def written(path: Path) -> Path:
    """Write a small run with everything that a list says of one."""
    with new_run(path) as run:
        run.append([metrics(10), evaluation(10), metrics(20), evaluation(20)])
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
    assert (found.recipe.loss.params["margin"], found.recipe.miner.name) == (0.75, "hard")
    np.testing.assert_allclose(found.points, projection(20).xy, atol=2e-3)  # kept in half precision
    assert found.labels.tolist() == run_items().labels.tolist()


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


def test_a_run_without_a_map_or_a_recall_is_listed_all_the_same(tmp_path: Path) -> None:
    new_run(tmp_path / "begun").close()
    found = glance_of(tmp_path / "begun")
    assert found is not None
    assert (found.step, found.recall, len(found.points), len(found.labels)) == (0, None, 0, 0)
