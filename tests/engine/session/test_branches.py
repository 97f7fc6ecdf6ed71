"""A branch of a saved run, trained in a session that shows another run of the same data."""

from __future__ import annotations

from explorer.core.events import RunFinished, Set
from explorer.core.types import JobStatus, Projection
from explorer.engine.events import DatasetOpened, RunGoesOn, RunOpened
from explorer.engine.session.branches import BranchOffered
from explorer.runs.folder import RunFolder
from tests.engine.conftest import SHORT, Desk
from tests.helpers.listening import Listener


def test_a_branch_is_trained_with_other_live_values(trained: Desk) -> None:
    home, _ = trained
    parent = home.run_folder
    assert parent is not None
    heard = Listener()
    beside = home.beside(heard.ring)
    try:
        heard.listen(beside.lanes)
        heard.until(DatasetOpened)
        beside.open_run(parent)
        heard.at_rest(after=heard.heard.index(heard.until(RunOpened)))
        beside.configure(SHORT.with_settings(["seed=5"]))
        beside.branches.look(parent)
        offered = heard.until(BranchOffered)
        assert offered.parent == parent
        assert dict(offered.values[0])["loss.margin"] == SHORT.params("loss").model_dump()["margin"]
        step = offered.steps[0]
        beside.branches.begin(parent, step, ["loss.margin=0.45"])
        past = heard.until(RunGoesOn)
        assert [metrics.step for metrics in past.metrics] == list(range(1, step + 1))
        assert {metrics.run for metrics in past.metrics} == {past.run}
        assert all(found.step <= step for found in past.evaluations)
        begun = heard.until(Projection, lambda frame: frame.run == past.run)
        assert len(begun.indices) == 1797, "the map is not empty until its first one comes"
        heard.until(RunFinished)
        heard.at_rest()
        assert beside.run_folder not in (None, parent)
        assert beside.run_folder is not None
        folder = RunFolder.open(beside.run_folder)
        (change,) = folder.history().changes
        assert (change.path, change.new, change.step) == ("loss.margin", 0.45, step + 1)
        assert folder.recipe.seed == SHORT.seed

        beside.branches.begin(parent, 10_000, [])
        heard.until(JobStatus, lambda job: job.title == "Branch a run" and job.state == "failed")
    finally:
        assert beside.close(60.0)


def test_each_step_is_offered_with_the_values_that_it_was_trained_with(trained: Desk) -> None:
    home, heard = trained
    parent = home.run_folder
    assert parent is not None
    (*_, first) = RunFolder.open(parent).checkpoint_steps()
    again = heard.now()
    home.train(resume=True, epochs=4, changes=[Set("loss.margin", 0.9, step=first + 2)])
    heard.at_rest(after=again)
    home.branches.look(parent)
    offered = heard.until(BranchOffered)
    margins = {step: dict(values)["loss.margin"] for step, values in zip(offered.steps, offered.values, strict=True)}
    (*_, last) = offered.steps
    assert last > first
    assert (margins[first], margins[last]) == (SHORT.params("loss").model_dump()["margin"], 0.9)
