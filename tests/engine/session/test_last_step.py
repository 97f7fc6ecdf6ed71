"""A saved run that has learned more than was measured shows what it is of, and measures the rest when it is opened."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from explorer.core.types import Evaluation, Projection, Snapshot, StepMetrics
from explorer.engine.events import Notice
from explorer.engine.session.last_step import unmeasured_step
from explorer.runs.folder import RunFolder
from explorer.runs.journal import METRICS_NAME
from tests.engine.conftest import SMALL, Desk


def test_the_checkpoint_of_a_run_that_was_cut_off_is_measured_when_it_is_opened(start: Callable[..., Desk]) -> None:
    session, heard = start(recipe=SMALL.model_copy(update={"epochs": 100_000}))
    session.train()
    heard.until(StepMetrics, lambda metrics: metrics.step >= 10)
    path = session.run_folder
    assert path is not None
    assert session.close(60.0)  # without its end, as by the power
    last = unmeasured_step(RunFolder.open(path))
    assert last == RunFolder.open(path).checkpoint_steps()[-1]

    again, heard = start(spec="")
    again.open_run(path)
    said = heard.until(Notice, lambda notice: "measured now" in notice.text)
    assert f"step {last:,}, at which the run was saved" in said.text
    found = heard.until(Snapshot, lambda snapshot: snapshot.step == last and snapshot.exact)
    assert again.dataset is not None
    assert len(found.indices) == len(again.dataset)
    heard.until(Evaluation, lambda found: found.step == last and found.part == "held-out")
    heard.until(Projection, lambda frame: frame.step == last)


def test_a_run_that_was_measured_at_its_end_is_shown_as_it_is(trained: Desk) -> None:
    session, _heard = trained
    assert session.run_folder is not None
    assert unmeasured_step(RunFolder.open(session.run_folder)) is None


def test_a_run_whose_history_was_cut_is_told_when_it_is_opened(
    trained: Desk, start: Callable[..., Desk], tmp_path: Path
) -> None:
    session, _heard = trained
    assert session.run_folder is not None
    path = Path(shutil.copytree(session.run_folder, tmp_path / "cut"))
    journal = path / METRICS_NAME
    steps = len(RunFolder.open(path).history().metrics)
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:1]))
    again, heard = start(spec="")
    again.open_run(path)
    said = heard.until(Notice, lambda notice: "curves" in notice.text)
    assert said.text.startswith(f"The curves of cut lack steps 1 to {steps}: {journal} was cut or damaged. Put")
    assert said.level == "warning"
