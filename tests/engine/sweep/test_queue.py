from __future__ import annotations

from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.engine.sweep.queue import QUEUE_NAME, Entry, SweepQueue, read_entries


def test_what_became_of_runs_is_read_again_and_the_last_line_holds(tmp_path: Path) -> None:
    queue = SweepQueue(tmp_path / "new" / "sweep")
    lines = [
        Entry("a", "started"),
        Entry("a", "done", 0, 0.5, figures={"recall@1": 0.5}),
        Entry("a", "failed", 1, message="no memory\n"),
    ]
    for line in lines:
        queue.append(line)
    assert (queue.of("a"), queue.of("a", 1), queue.of("b")) == (lines[1], lines[2], None)
    queue.close()
    queue.close()
    again = SweepQueue(tmp_path / "new" / "sweep")
    assert (again.of("a"), again.of("a", 1)) == (lines[1], lines[2])
    again.close()


def test_a_torn_line_is_cut_off_and_a_damaged_one_passed_over(tmp_path: Path) -> None:
    queue = SweepQueue(tmp_path)
    for name in "abc":
        queue.append(Entry(name, "done"))
    queue.close()
    path = tmp_path / QUEUE_NAME
    whole = path.read_bytes()
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        assert len(read_entries(path)[0]) == whole[:cut].count(b"\n")
    first, second, third = whole.splitlines(keepends=True)
    path.write_bytes(first + second.replace(b'"b"', b'"x"') + third[:-4])
    queue = SweepQueue(tmp_path)
    assert [name for name in "abcx" if queue.of(name)] == ["a"]
    queue.append(Entry("c", "failed"))
    queue.close()
    assert [entry.run for entry in read_entries(path)[0]] == ["a", "c"]


def test_one_sweep_at_a_time_writes_a_folder(tmp_path: Path) -> None:
    queue = SweepQueue(tmp_path)
    with pytest.raises(UserError, match="being written by this program"):
        SweepQueue(tmp_path)
    queue.close()
    SweepQueue(tmp_path).close()


def test_a_queue_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    assert read_entries(tmp_path / "none") == ([], 0)
    (tmp_path / QUEUE_NAME).mkdir()
    with pytest.raises(UserError, match="cannot be read"):
        SweepQueue(tmp_path)
    (tmp_path / QUEUE_NAME).rmdir()
    SweepQueue(tmp_path).close()
