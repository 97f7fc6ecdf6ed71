"""A run that one session trains and another one opens: read-only there, followed, and free again when it has ended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.core.events import ParameterChanged, RunFinished, RunPaused, RunResumed
from explorer.core.types import Progress, Snapshot, StepMetrics
from explorer.engine.events import Notice, RunOpened
from explorer.engine.run.alarms import Alarm
from explorer.runs.folder import RunFolder
from explorer.runs.lock import LOCK_NAME
from explorer.runs.sign_of_life import SignOfLife, end_signs, give_sign, read_sign
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
    assert trains.close(60.0)
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


def test_a_followed_run_is_asked_to_change_to_pause_and_to_stop(start: Start, tmp_path: Path) -> None:
    trains, heard = start()
    trains.train(tmp_path / "run")
    heard.until(StepMetrics, lambda metrics: metrics.step >= 10)
    reads, also = start(spec="")
    reads.open_run(tmp_path / "run")
    also.until(RunOpened)
    assert also.until(Progress).steps > 10

    asked = also.until(Alarm, lambda alarm: bool(alarm.remedies))
    assert [remedy.title for remedy in asked.remedies] == ["Pause it", "Stop it"]
    reads.set("loss.margin", 0.45)  # of the next run here: the one that trains there is asked by a click alone
    offered = also.until(Alarm, lambda alarm: len(alarm.remedies) == 3).remedies[0]
    assert (offered.title, offered.changes) == ("Use the changed values", (("loss.margin", 0.45),))
    reads.mend(offered)
    changed = heard.until(ParameterChanged)
    assert (changed.path, changed.new) == ("loss.margin", 0.45)
    heard.until(Notice, lambda notice: "set loss.margin = 0.45" in notice.text)

    reads.mend(asked.remedies[0])
    heard.until(RunPaused)
    paused = also.until(Alarm, lambda alarm: "paused at step" in alarm.message)
    assert [remedy.title for remedy in paused.remedies] == ["Let it go on", "Stop it"]
    reads.mend(paused.remedies[0])
    heard.until(RunResumed)
    reads.mend(paused.remedies[1])
    assert heard.until(RunFinished).reason == "stopped"
    trains.close()
    also.until(Alarm, lambda alarm: not alarm.message)
    assert read_sign(tmp_path / "run") is None


def test_a_run_of_another_computer_is_followed_by_its_signs_and_its_silence_told(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trains, heard = start()
    trains.train(tmp_path / "run")
    heard.until(StepMetrics, lambda metrics: metrics.step >= 10)
    trains.stop()
    heard.until(RunFinished)
    assert trains.close(60.0)
    give_sign(tmp_path / "run", SignOfLife(4711, "node7", 1, 10, "training"))
    monkeypatch.setattr("explorer.runs.sign_of_life.SILENT_SECONDS", 1.0)
    reads, also = start(spec="")
    reads.open_run(tmp_path / "run")
    assert "process 4711 on node7" in also.until(Alarm).message
    assert reads.read_only
    assert also.until(Alarm, lambda alarm: "no sign of life" in alarm.message).remedies == ()
    give_sign(tmp_path / "run", SignOfLife(4711, "node7", 2, 10, "training"))
    also.until(Alarm, lambda alarm: "open for writing in process 4711 on node7" in alarm.message)
    end_signs(tmp_path / "run")
    also.until(Alarm, lambda alarm: not alarm.message)
    assert not reads.read_only
