from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from explorer.engine.events import Notice
from explorer.engine.session.disk_use import DiskUseFound
from explorer.runs.folder import RunFolder
from tests.engine.conftest import SHORT, Desk

Start = Callable[..., Desk]


def test_the_run_that_is_shown_is_added_up_and_freed_while_it_is_open(start: Start, tmp_path: Path) -> None:
    session, heard = start(recipe=SHORT)
    session.disk.look()
    assert heard.until(DiskUseFound).run is None
    session.train(tmp_path / "run")
    heard.at_rest()
    session.disk.look()
    found = heard.until(DiskUseFound, lambda found: found.run is not None)
    assert found.run is not None
    assert found.run.size >= sum(row.size for row in found.run.rows[:-1]) > 0
    (weights,) = (row for row in found.run.rows if row.free == "weights")
    place = heard.now()
    session.disk.free("weights")
    assert heard.until(Notice, after=place).text.endswith(" MB of weights freed")
    after = heard.until(DiskUseFound, after=place).run
    assert after is not None
    assert not [row for row in after.rows if row.free == "weights"]
    assert weights.spare > 0
    assert session.close(60.0)
    run = RunFolder.open(tmp_path / "run")
    assert run.verify() == ()
    assert run.latest_checkpoint() is not None
