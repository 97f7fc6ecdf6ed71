"""A run that has had all of its epochs goes on for as many again."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from explorer.core.events import RunFinished
from explorer.core.types import Snapshot
from explorer.engine.events import RunOpened
from explorer.runs.folder import RunFolder
from explorer.runs.journal import METRICS_NAME
from tests.engine.conftest import SHORT, Desk


def test_a_finished_run_goes_on(start: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch) -> None:
    session, heard = start(recipe=SHORT)
    session.train()
    first = heard.until(RunFinished)
    heard.at_rest()
    run, place = session.run, heard.now()
    monkeypatch.setattr("explorer.learn.trainer.FIRST_LOOK_SECONDS", -1.0)  # a machine that embeds one chunk until then
    session.train(resume=True)
    shown = heard.until(Snapshot, lambda one: not one.exact, after=place)
    assert len(shown.indices) == 1797  # of fewer there would be no map before they all had come
    more = heard.until(RunFinished, after=place)
    assert session.run == run
    assert (more.epoch, more.step) == (2 * first.epoch, 2 * first.step)
    assert more.seconds > first.seconds  # of both
    assert session.recipe.epochs == more.epoch
    folder = session.run_folder
    assert folder is not None
    session.close()
    again, also = start(spec="")
    again.open_run(folder)
    assert also.until(RunOpened).epochs == again.recipe.epochs == more.epoch
    assert RunFolder.open(folder).history().finished == more
    said = RunFolder.open(folder).summary()
    assert said is not None
    assert said["seconds"] == more.seconds


def test_a_run_that_ended_before_its_first_checkpoint_has_the_epochs_that_are_asked_for_now(
    start: Callable[..., Desk],
) -> None:
    session, heard = start(recipe=SHORT)
    session.train()
    heard.until(RunFinished)
    heard.at_rest()
    assert session.analysis.settle(60.0)
    assert session.end_run(60.0) == "", "nothing is written any more"
    folder, place = session.run_folder, heard.now()
    assert folder is not None
    shutil.rmtree(folder / "checkpoints")
    (folder / "checkpoints").mkdir()
    journal = folder / METRICS_NAME
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(line for line in lines if b'"type":"finished"' not in line))
    session.train(resume=True, epochs=5)
    assert heard.until(RunFinished, after=place).epoch == 5
