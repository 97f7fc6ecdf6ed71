from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.events import ParameterChanged, RunFinished, RunStarted
from explorer.engine.run.new_run import trained_before
from explorer.engine.saved_runs import glance_of
from explorer.runs.branch import checkpoint_to_branch, planned_epochs_at, seconds_at, write_branch
from explorer.runs.checkpoints import TENSORS
from explorer.runs.folder import RunFolder
from explorer.runs.journal import METRICS_NAME
from explorer.runs.lost_history import lost_of
from explorer.runs.parent import PARENT_NAME, Parent, read_parent
from explorer.runs.sealed import sealed
from explorer.runs.sign_of_life import SignOfLife, give_sign
from tests.helpers.runs import checkpoint, evaluation, metrics, new_run, projection, same_checkpoint, snapshot


@pytest.fixture
def parent(tmp_path: Path) -> RunFolder:
    with new_run(tmp_path / "parent") as run:
        began = RunStarted("r", 0, 40, 4, "cpu", 1, 10)
        run.append([began, *map(metrics, range(1, 31)), *map(evaluation, (10, 20, 30))])
        run.append([evaluation(0, run="pixels"), ParameterChanged("r", 15, "loss.margin", 0.2, 0.5)])
        run.append([ParameterChanged("r", 25, "loss.margin", 0.5, 0.1), RunFinished("r", 30, 3, "stopped", 1.0, 9.0)])
        for step in (10, 20, 30):
            run.write_checkpoint(checkpoint(step))
    return RunFolder.open(tmp_path / "parent")


def test_a_branch_has_the_past_of_its_parent_and_an_id_of_its_own(parent: RunFolder, tmp_path: Path) -> None:
    write_branch(parent, 20, tmp_path / "new" / "branch")
    found = RunFolder.open(tmp_path / "new" / "branch")
    assert (found.recipe, found.data, found.items.ids) == (parent.recipe, parent.data, parent.items.ids)
    assert found.run != parent.run
    assert found.checkpoint_steps() == (20,)
    kept = found.latest_checkpoint()
    assert kept is not None
    assert kept.run == found.run
    assert same_checkpoint(kept, checkpoint(20, run=found.run))
    past = found.history()
    assert [m.step for m in past.metrics] == list(range(1, 21))
    assert [(e.step, e.run) for e in past.evaluations] == [(0, "pixels"), (10, found.run), (20, found.run)]
    assert [c.step for c in past.changes] == [15]
    assert [type(event) for event in past.lifecycle] == [RunStarted]
    told = read_parent(found.path)
    assert told is not None
    assert str(told) == "parent@20"
    assert told.seconds == pytest.approx(20 / 30)
    assert read_parent(parent.path) is None
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["branch"]
    assert parent.checkpoint_steps() == (10, 20, 30)


def test_what_the_history_of_a_parent_lacks_is_not_the_fault_of_its_branch(parent: RunFolder, tmp_path: Path) -> None:
    journal = parent.path / METRICS_NAME
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:5] + lines[9:15] + lines[26:]))  # without steps 5 to 8, and 15 to 25
    write_branch(parent, 20, tmp_path / "branch")
    told = read_parent(tmp_path / "branch")
    assert told is not None
    assert told.missing == ((5, 8), (15, 20))
    branch = RunFolder.open(tmp_path / "branch")
    assert lost_of(branch) == (
        "The curves of branch lack 10 steps between 5 and 20: they were lost in parent before this was branched from it"
    )
    own = branch.path / METRICS_NAME
    own.write_bytes(b"".join(line for line in own.read_bytes().splitlines(keepends=True) if b'"step":4,' not in line))
    assert lost_of(branch).startswith("The curves of branch lack step 4: ")
    assert f"{own} was cut or damaged" in lost_of(branch)


def test_a_branch_begins_with_the_last_map_of_its_parent_up_to_its_step(parent: RunFolder, tmp_path: Path) -> None:
    with RunFolder.open(parent.path, writable=True) as run:
        for step in (5, 18, 25):
            run.write_snapshot(snapshot(step))
            run.write_projection(projection(step))
    write_branch(RunFolder.open(parent.path), 20, tmp_path / "branch")
    found = RunFolder.open(tmp_path / "branch")
    assert [kept.step for kept in found.kept_steps()] == [18]
    begun = found.last_projection()
    assert begun is not None
    assert begun.run == found.run
    np.testing.assert_allclose(begun.xy, projection(18).xy, atol=1e-2)
    np.testing.assert_allclose(found.snapshot(18).embeddings, snapshot(18).embeddings, atol=1e-3)


def test_there_is_no_branch_of_a_step_without_a_whole_checkpoint(parent: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no whole checkpoint of step 15.*Choose one of 10, 20, 30"):
        checkpoint_to_branch(parent, 15)
    tensors = parent.path / "checkpoints" / "00000020" / TENSORS
    tensors.write_bytes(tensors.read_bytes()[:-4] + b"gone")
    with pytest.raises(UserError, match=r"step 20 is damaged.*Choose one of 10, 30$"):
        write_branch(parent, 20, tmp_path / "branch")
    assert not (tmp_path / "branch").exists()
    with new_run(tmp_path / "young") as young, pytest.raises(UserError, match="It has none yet"):
        checkpoint_to_branch(young, 0)


def test_a_branch_is_whole_or_not_there(parent: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    with pytest.raises(UserError, match="is not empty"):
        write_branch(parent, 20, tmp_path / "full")

    def refused(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.rename", refused)
    with pytest.raises(UserError, match="No space left"):
        write_branch(parent, 20, tmp_path / "branch")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full", "parent"]
    monkeypatch.undo()
    (tmp_path / "empty").mkdir()
    write_branch(parent, 10, tmp_path / "empty")
    assert np.asarray(RunFolder.open(tmp_path / "empty").checkpoint_steps()).tolist() == [10]


def test_the_time_of_a_branch_begins_with_that_of_its_parent(parent: RunFolder, tmp_path: Path) -> None:
    with RunFolder.open(parent.path, writable=True) as run:  # gone on with, which took longer for each step
        run.append([RunStarted("r", 30, 60, 6, "cpu", 1, 10), *map(metrics, range(31, 41))])
    history = parent.history()
    assert seconds_at(parent.path, history, 40) is None  # it was cut off then
    give_sign(parent.path, SignOfLife.here(1, 40, "training", 11.0))
    assert [seconds_at(parent.path, history, step) for step in (0, 15, 30, 36)] == [0, 0.5, 1, pytest.approx(7)]
    write_branch(parent, 20, tmp_path / "branch")
    branch = RunFolder.open(tmp_path / "branch")
    with RunFolder.open(branch.path, writable=True) as run:
        run.append([RunStarted(run.run, 20, 40, 4, "cpu", 1, 10)])
        assert trained_before(branch.path) == pytest.approx(20 / 30)
        run.append([RunFinished(run.run, 40, 4, "done", 5.0, 9.0)])
    assert seconds_at(branch.path, branch.history(), 30) == pytest.approx(20 / 30 + (5 - 20 / 30) / 2)
    found = glance_of(branch.path)
    assert found is not None
    assert found.trained == 5.0
    (branch.path / PARENT_NAME).write_bytes(sealed(Parent(run="r", name="parent", step=20).model_dump()))
    old = glance_of(branch.path)
    assert old is not None
    assert old.trained is None  # its own time beside the steps of both


def test_the_epochs_are_those_that_the_parent_was_to_have_then(parent: RunFolder) -> None:
    with RunFolder.open(parent.path, writable=True) as run:
        run.append([RunStarted(run.run, 30, 90, 9, "cpu", 1, 10)])
    assert [planned_epochs_at(parent, step) for step in (0, 20, 30, 99)] == [4, 4, 9, 9]


def test_a_damaged_note_of_the_parent_is_told(parent: RunFolder, tmp_path: Path) -> None:
    write_branch(parent, 20, tmp_path / "branch")
    (tmp_path / "branch" / PARENT_NAME).write_text("{")
    with pytest.raises(UserError, match=r"parent.json is damaged"):
        read_parent(tmp_path / "branch")
