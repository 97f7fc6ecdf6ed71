"""A file is not called damaged because the machine is busy."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from explorer.core.errors import UserError
from explorer.data.formats import rehearsal
from tests.helpers.guards import children


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell how much a process has worked")
def test_a_reader_that_gets_no_turn_says_nothing_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, before = tmp_path / "t.parquet", children()
    pq.write_table(pa.table({"a": [1, 2]}), file)
    rehearsal.rehearse(file, "parquet")
    monkeypatch.setattr(rehearsal, "SECONDS", 0.3)
    rehearsal.rehearse(file, "parquet")
    (worker,) = children() - before
    os.kill(worker, signal.SIGSTOP)
    with pytest.raises(UserError, match=r"as the machine or the disk is busy\. Open it again in a moment"):
        rehearsal.rehearse(file, "parquet")
    assert children() == before
    monkeypatch.setattr(rehearsal, "SECONDS", 20.0)
    rehearsal.rehearse(file, "parquet")
    (worker,) = children() - before
    os.kill(worker, signal.SIGKILL)
    with pytest.raises(UserError, match="is damaged"):
        rehearsal.rehearse(file, "parquet")
    assert children() == before
