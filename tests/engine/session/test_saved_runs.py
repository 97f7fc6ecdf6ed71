"""What a window that lists the saved runs is told of those that are written while it does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from explorer.engine.jobs import Jobs
from explorer.engine.lanes import Lanes
from explorer.engine.session.saved_runs import RunsRefreshed, RunTableFound, SessionRuns
from explorer.runs.folder import RunFolder
from explorer.runs.sign_of_life import SignOfLife, give_sign
from tests.helpers.listening import Listener
from tests.helpers.runs import evaluation, metrics, new_run


@contextmanager
def looking_at(folder: Path) -> Iterator[tuple[SessionRuns, Listener]]:
    listener = Listener()
    lanes = Lanes(listener.ring)
    listener.listen(lanes)
    jobs = Jobs(lanes)
    yield SessionRuns(lanes, jobs, folder, lambda: None), listener
    assert jobs.close(time.monotonic() + 5)


def looked(runs: SessionRuns, listener: Listener) -> list[tuple[str, int, float | None, float | None]]:
    """Look again, and return what is told: name, step, seconds and recall."""
    before = len(listener.all(RunsRefreshed))
    runs.look_again(())
    listener.until(RunsRefreshed, lambda _found: len(listener.all(RunsRefreshed)) > before)
    return [(run.name, run.step, run.trained, run.recall) for run in listener.all(RunsRefreshed)[-1].runs]


def test_a_run_that_another_process_writes_is_told_as_it_goes_on_and_a_new_one_with_all(tmp_path: Path) -> None:
    for name in ("old", "other"):
        new_run(tmp_path / name).close()
    with looking_at(tmp_path) as (runs, listener):
        assert looked(runs, listener) == [], "nobody asked for all of them yet"
        runs.look(every=True)
        listener.until(RunTableFound, lambda found: not found.left)
        assert looked(runs, listener) == []
        with RunFolder.open(tmp_path / "other", writable=True) as other:
            other.append([*map(metrics, range(1, 21)), evaluation(20)])
            give_sign(tmp_path / "other", SignOfLife(4711, "node7", 1, 24, "training", 61.5))
            assert looked(runs, listener) == [("other", 24, 61.5, 0.52)]
            assert looked(runs, listener) == [], "nothing was written since"
            give_sign(tmp_path / "other", SignOfLife(4711, "node7", 2, 26, "training", 63.5))
            assert looked(runs, listener) == [("other", 26, 63.5, 0.52)]
            tables = len(listener.all(RunTableFound))
            new_run(tmp_path / "new").close()
            looked(runs, listener)
        assert len(listener.all(RunTableFound)) > tables
        assert {row.name for row in listener.all(RunTableFound)[-1].table.rows} == {"old", "other", "new"}
