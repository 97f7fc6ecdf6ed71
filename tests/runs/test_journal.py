from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.core.errors import UserError
from explorer.core.events import (
    ParameterChanged,
    RunFailed,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
)
from explorer.core.recipe import Recipe
from explorer.core.types import Evaluation, StepMetrics, TripletCensus
from explorer.runs.journal import METRICS_NAME, Entry, Journal, decode, encode, read_history
from explorer.runs.journal_tail import JournalTail
from tests.helpers.runs import evaluation, metrics

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
STEP = st.integers(0, 2**40)
FINITE = st.floats(allow_nan=False)
SCALAR = (
    st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT.filter(lambda text: text[:1].isalpha())
)
CENSUS = st.builds(TripletCensus, FINITE, STEP, STEP, STEP)
ENTRIES: st.SearchStrategy[Entry] = st.one_of(
    st.builds(StepMetrics, TEXT, STEP, STEP, FINITE, FINITE, FINITE, FINITE, FINITE, st.none() | CENSUS),
    st.builds(
        Evaluation,
        TEXT,
        STEP,
        st.sampled_from(["held-out", "train"]),
        st.dictionaries(TEXT, FINITE, max_size=3),
        STEP,
        STEP,
        st.booleans(),
        STEP,
    ),
    st.builds(ParameterChanged, TEXT, STEP, TEXT, SCALAR, SCALAR),
    st.builds(RunStarted, TEXT, STEP, STEP, STEP, TEXT, STEP, STEP),
    st.builds(RunPaused, TEXT, STEP),
    st.builds(RunResumed, TEXT, STEP),
    st.builds(RunFinished, TEXT, STEP, STEP, st.sampled_from(["done", "stopped"]), FINITE, FINITE),
    st.builds(RunFailed, TEXT, STEP, TEXT, TEXT),
)


@given(entry=ENTRIES)
def test_every_entry_comes_back_from_one_line_of_plain_json(entry: Entry) -> None:
    line = encode(entry)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert set(json.loads(line)) >= {"type", "crc"}
    assert decode(line[:-1]) == entry


@given(entry=ENTRIES, data=st.data())
def test_a_line_with_a_flipped_bit_is_not_an_entry(entry: Entry, data: st.DataObject) -> None:
    line = bytearray(encode(entry)[:-1])
    line[data.draw(st.integers(0, len(line) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert decode(bytes(line)) is None


@given(line=st.binary(max_size=100))
def test_random_bytes_are_not_an_entry(line: bytes) -> None:
    assert decode(line) is None


def test_what_is_not_finite_is_plain_json_too() -> None:
    entry = StepMetrics("r", 1, 0, math.inf, 0.5, math.nan, -math.inf, 9.0)
    assert "Infinity" in encode(entry).decode()
    json.loads(encode(entry), parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    back = decode(encode(entry)[:-1])
    assert isinstance(back, StepMetrics)
    assert (back.loss, back.learning_rate) == (math.inf, -math.inf)
    assert math.isnan(back.grad_norm)


@given(cut=st.integers(0, 400))
def test_a_journal_cut_anywhere_keeps_its_whole_lines_and_can_be_continued(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("run") / "metrics.jsonl"
    whole = b"".join(encode(metrics(step)) for step in (1, 2))
    path.write_bytes(whole[:cut])
    complete = sum(decode(line) is not None for line in whole[:cut].split(b"\n"))  # the last one may lack its end
    history = read_history(path)
    assert [m.step for m in history.metrics] == [1, 2][:complete]
    journal = Journal(path)
    journal.append([metrics(9)])
    journal.close()
    after = read_history(path)
    assert [m.step for m in after.metrics] == [*[1, 2][:complete], 9]
    assert after.damaged == 0


def test_a_last_line_without_its_end_is_read_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b"".join(encode(metrics(step)) for step in (1, 2))[:-1])
    assert [m.step for m in read_history(path).metrics] == [1, 2]
    Journal(path).close()
    assert path.read_bytes() == b"".join(encode(metrics(step)) for step in (1, 2))


@pytest.mark.parametrize("end", [b"\r", b"\r\n", b"\n"], ids=["old Mac", "Windows", "ours"])
def test_line_ends_of_any_editor_are_read_and_kept(tmp_path: Path, end: bytes) -> None:
    path = tmp_path / METRICS_NAME
    events = [RunPaused("r", step) for step in range(9)]
    path.write_bytes(b"".join(encode(event).replace(b"\n", end) for event in events))
    assert read_history(path).lifecycle == tuple(events)
    assert list(JournalTail(tmp_path).entries()) == events
    more = [RunPaused("r", step) for step in range(9, 12)]
    journal = Journal(path)
    journal.append(more)
    journal.close()
    for steps in (True, False):
        history = read_history(path, steps=steps)
        assert (history.lifecycle, history.damaged) == ((*events, *more), 0)
    tail = JournalTail(tmp_path)
    assert (list(tail.entries()), tail.damaged) == ([*events, *more], 0)


@pytest.mark.parametrize("end", [b"mine", encode(RunPaused("r", 2))[:-1] * 2, "as UTF-16".encode("utf-16")])
def test_what_is_no_torn_line_of_ours_is_kept_and_counted(tmp_path: Path, end: bytes) -> None:
    path = tmp_path / METRICS_NAME
    for before in (b"", encode(RunPaused("r", 1))):
        path.write_bytes(before + end)
        journal = Journal(path)
        journal.append([RunPaused("r", 3)])
        journal.close()
        assert path.read_bytes() == before + end + b"\n" + encode(RunPaused("r", 3))
        history = read_history(path)
        assert (len(history.lifecycle), history.damaged) == (1 + bool(before), 1)


def test_room_that_was_never_written_to_goes(tmp_path: Path) -> None:
    path = tmp_path / METRICS_NAME
    path.write_bytes(encode(RunPaused("r", 1)) + bytes(99))
    Journal(path).close()
    assert path.read_bytes() == encode(RunPaused("r", 1))


def test_damaged_lines_are_skipped_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    lines = [encode(metrics(1)), b"\x00" * 50 + b"\n", encode(metrics(2)), b'{"type":"later","crc":"00000000"}\n']
    path.write_bytes(b"".join(lines))
    history = read_history(path)
    assert [m.step for m in history.metrics] == [1, 2]
    assert history.damaged == 2
    assert read_history(tmp_path / "missing").metrics == ()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_what_is_no_file_is_not_read_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.symlink_to("/dev/zero")
    for steps in (True, False):
        with pytest.raises(UserError, match=r"metrics\.jsonl cannot be read: it is no file\. Put it back from a copy"):
            read_history(path, steps=steps)
    with pytest.raises(UserError, match="it is no file"):
        list(JournalTail(tmp_path).entries())


def test_a_line_without_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b"x" * (5 << 20) + b"\n" + encode(metrics(1)))
    assert [m.step for m in read_history(path).metrics] == [1]


def test_what_is_appended_reaches_the_disk_within_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    synced: list[int] = []
    fsync: Callable[[int], None] = os.fsync
    journal = Journal(tmp_path / "metrics.jsonl", clock=lambda: now[0])

    def counted(descriptor: int) -> None:
        synced.append(descriptor)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", counted)
    journal.append([metrics(1)])
    assert len(read_history(tmp_path / "metrics.jsonl").metrics) == 1  # another process sees it at once
    assert synced == []
    now[0] = 1.0
    journal.append([metrics(2)])
    assert len(synced) == 1
    journal.sync()
    assert len(synced) == 1
    journal.append([metrics(3)])
    journal.sync()
    assert len(synced) == 2
    journal.close()
    journal.close()


def test_the_recipe_is_not_repeated_in_every_line_and_older_lines_without_one_are_read() -> None:
    recipe = Recipe().with_value("loss.margin", 0.3)
    changed = ParameterChanged("r", 4, "loss.margin", 0.2, 0.3, recipe)
    line = encode(changed)
    assert set(json.loads(line)) == {"type", "run", "step", "path", "old", "new", "crc"}
    assert decode(line[:-1]) == ParameterChanged("r", 4, "loss.margin", 0.2, 0.3)
    started = RunStarted("r", 0, 40, 4, "cpu", 1, 10, recipe)
    assert "recipe" not in json.loads(encode(started))


def test_a_history_without_steps_is_the_same_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    journal = Journal(path)
    journal.append([metrics(1), evaluation(1), ParameterChanged("r", 2, "loss.margin", 0.2, 0.3), metrics(2)])
    journal.close()
    whole, short = read_history(path), read_history(path, steps=False)
    assert (len(whole.metrics), len(short.metrics)) == (2, 0)
    assert (short.evaluations, short.changes, short.damaged) == (whole.evaluations, whole.changes, 0)
