"""A run that one session trains and another one opens: read-only there, followed, and free again when it has ended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.core.types import Snapshot, StepMetrics
from explorer.engine.events import Notice, RunOpened
from explorer.engine.run.alarms import Alarm
from explorer.runs.folder import RunFolder
from explorer.runs.lock import LOCK_NAME
from tests.engine.conftest import Desk

Start = Callable[..., Desk]


def test_a_run_that_trains_is_read_and_followed_elsewhere(start: Start, tmp_path: Path) -> None:
    trains, heard = start()
    trains.train(tmp_path / "run")
    heard.until(Snapshot)
    heard.until(StepMetrics, lambda metrics: metrics.step >= 30)

    reads, also = start(spec="")
    reads.open_run(tmp_path / "run")
    opened = also.until(RunOpened)
    alarm = also.until(Alarm)
    assert alarm.message.startswith("This run is open for writing in this program since ")
    assert reads.read_only
    with pytest.raises(UserError, match="open for writing in this program"):
        reads.train(resume=True)
    known = opened.metrics[-1].step if opened.metrics else 0
    newer = also.until(StepMetrics, lambda metrics: metrics.step > known)
    assert newer.run == opened.run

    trains.stop()
    assert trains.close()
    assert not (tmp_path / "run" / LOCK_NAME).exists()
    assert also.until(Alarm, lambda alarm: not alarm.message).kind == "elsewhere"
    said = also.until(Notice, lambda notice: "not written elsewhere any more" in notice.text)
    last = RunFolder.open(tmp_path / "run").checkpoint_steps()[-1]
    assert f"saved up to step {last:,}" in said.text
    assert reads.read_only == ""
    steps = [metrics.step for metrics in (*opened.metrics, *also.all(StepMetrics))]
    assert steps == list(range(1, len(steps) + 1)), "a step is missing, or came twice"
    reads.train(resume=True)
    also.until(StepMetrics, lambda metrics: metrics.step > len(steps))
