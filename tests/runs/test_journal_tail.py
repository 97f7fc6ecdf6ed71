"""Reading a journal on: every entry once, whatever happens to the file."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from explorer.core.events import RunPaused
from explorer.runs.journal import METRICS_NAME, Journal, encode
from explorer.runs.journal_tail import JournalTail


def test_what_is_new_comes_once(tmp_path: Path) -> None:
    tail = JournalTail(tmp_path)
    assert list(tail.entries()) == []
    journal = Journal(tmp_path / METRICS_NAME)
    journal.append([RunPaused("r", 1), RunPaused("r", 2)])
    assert [entry.step for entry in tail.entries() if isinstance(entry, RunPaused)] == [1, 2]
    assert list(tail.entries()) == []
    journal.append([RunPaused("r", 3)])
    assert [entry.step for entry in tail.entries() if isinstance(entry, RunPaused)] == [3]
    journal.close()


def test_cut_anywhere_every_entry_comes_once(tmp_path: Path) -> None:
    whole = b"".join(encode(RunPaused("r", step)) for step in range(20))
    for cuts in range(50):
        places = np.sort(np.random.default_rng(cuts).integers(0, len(whole), 5)).tolist()
        (tmp_path / METRICS_NAME).unlink(missing_ok=True)
        tail, seen = JournalTail(tmp_path), []
        for place in (*places, len(whole)):
            (tmp_path / METRICS_NAME).write_bytes(whole[:place])  # as a copy that is made again and again
            seen += [entry.step for entry in tail.entries() if isinstance(entry, RunPaused)]
        assert seen == list(range(20))
        assert not tail.damaged


def test_a_copy_in_its_place_goes_on_and_another_journal_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / METRICS_NAME
    path.write_bytes(encode(RunPaused("r", 1)))
    tail = JournalTail(tmp_path)
    tail.skip()
    longer = tmp_path / "longer"
    longer.write_bytes(path.read_bytes() + b"damaged\n" + encode(RunPaused("r", 2)))
    shutil.move(longer, path)
    assert [entry.step for entry in tail.entries() if isinstance(entry, RunPaused)] == [2]
    assert tail.damaged == 1
    path.write_bytes(b"".join(encode(RunPaused("other", step)) for step in range(9)))
    assert [entry.step for entry in tail.entries() if isinstance(entry, RunPaused)] == list(range(9))
    assert tail.damaged == 0
    path.write_bytes(encode(RunPaused("other", 0)))
    assert [entry.step for entry in tail.entries() if isinstance(entry, RunPaused)] == [0]
