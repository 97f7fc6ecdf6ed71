"""Reports that are asked for together wait for each other, and are measured once where the run has not changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import pytest

from explorer.core.errors import Cancelled
from explorer.engine.report import findings
from explorer.engine.report.shared_findings import WAITS, SharedFindings
from explorer.measure.pairs import never


def test_a_report_takes_what_was_measured_for_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measures, waits, made = Event(), Event(), list[object]()

    def gather(_path: Path, _progress: object, _cancelled: Callable[[], bool], *, tests: object) -> object:
        measures.set()
        assert waits.wait(30)
        made.append(tests)
        return object()

    def waiting(stage: str, _done: int, _total: int) -> None:
        assert stage == WAITS
        waits.set()

    monkeypatch.setattr(findings, "gather", gather)
    shared, found = SharedFindings(), list[object]()
    before = Thread(target=lambda: found.append(shared.gather(tmp_path, lambda *now: None, never)))
    before.start()
    assert measures.wait(30)
    with pytest.raises(Cancelled):  # one that waits can be given up
        shared.gather(tmp_path, lambda *now: None, lambda: True)
    again = shared.gather(tmp_path, waiting, never)
    before.join()
    assert (found, len(made)) == ([again], 1)
    (tmp_path / "labels.csv").write_text("decided meanwhile")
    assert shared.gather(tmp_path, waiting, never) is not again
    assert shared.gather(tmp_path, waiting, never, tests=["more"]) is not again
    assert made == [(), (), ["more"]]
