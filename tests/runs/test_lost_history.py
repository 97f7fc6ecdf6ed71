"""What a run says of a history of which a part is gone."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from explorer.core.events import RunFinished, RunStarted
from explorer.runs.folder import RunFolder
from explorer.runs.journal import METRICS_NAME, read_history
from explorer.runs.lost_history import kept_until, lost, lost_of
from explorer.runs.manifest import MANIFEST_NAME, is_untouched
from tests.helpers.runs import checkpoint, evaluation, metrics, new_run, snapshot

STEPS = 50


def run_of(path: Path) -> Path:
    """Write a run that has had fifty steps, with a checkpoint of the last; line 1 is its beginning."""
    with new_run(path) as run:
        run.append([RunStarted("r", 0, STEPS, 5, "cpu", 1, 10)])
        run.append([metrics(step) for step in range(1, STEPS + 1)])
        run.write_snapshot(snapshot(STEPS))
        run.write_checkpoint(checkpoint(STEPS))
        ended = RunFinished("r", STEPS, 5, "done", 12.5, 100.0)
        run.append([ended, evaluation(STEPS)])  # the last figures may come after the end
        run.finish({"ended": "RunFinished", **asdict(ended)})
    return path


def _without(lines: list[bytes], first: int, last: int) -> bytes:
    return b"".join(lines[:first] + lines[last + 1 :])


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda lines: b"".join(lines), ""),
        (lambda lines: b"".join(lines[:31]), "The curves of run lack steps 31 to 50: {file} was cut or damaged. Put"),
        (lambda lines: b"".join(lines[:31]) + lines[31][:40], "The curves of run lack steps 31 to 50: {file} was cut"),
        (lambda lines: _without(lines, 11, 20), "The curves of run lack steps 11 to 20: {file} was cut or damaged. "),
        (lambda lines: _without(lines, 50, 50), "The curves of run lack step 50: {file} was cut or damaged. Put the"),
        (lambda lines: _without(lines, 1, 1), "The curves of run lack step 1: {file} was cut or damaged. Put the file"),
        (
            lambda lines: _without(lines, 11, 20).replace(lines[31], b"\0" * 99 + b"\n"),
            "The curves of run lack 11 steps between 11 and 31: {file} was cut or damaged. Put the file back",
        ),
        (
            lambda lines: b"".join(lines).replace(lines[52], lines[52].replace(b"held", b"hold")),
            "The history of run has 1 line that cannot be read: {file} is damaged, or something else has written to it",
        ),
        (
            lambda lines: b"".join((*lines, b"# mine\n", b'{"type":"loss"}\n')),
            "The history of run has 2 lines that cannot be read: {file} is damaged, or something else has written to",
        ),
        (lambda lines: b"\r\n".join((*b"".join(lines).splitlines(), b"", b"")), ""),  # as an editor leaves it
        (lambda lines: b"".join(lines)[:-1], ""),
        (lambda lines: b"".join(lines)[:-2], "The history of run is shorter than it was when the run ended: {file} "),
        (
            lambda lines: b"".join(lines[:-1]),
            "The history of run is shorter than it was when the run ended: {file} was cut, or lines of it were removed",
        ),
        (lambda lines: b"".join(lines[:51]), "The history of run is shorter than it was when the run ended: {file} "),
        (
            lambda lines: b"",
            "The curves of run lack steps 1 to 50: {file} is empty, or was not there. Put the file back from a copy of",
        ),
        (lambda lines: None, "The curves of run lack steps 1 to 50: {file} is not there. Put the file back from a"),
    ],
)
def test_steps_and_lines_that_are_gone_are_told(
    tmp_path: Path, damage: Callable[[list[bytes]], bytes | None], said: str
) -> None:
    file = run_of(tmp_path / "run") / METRICS_NAME
    content = damage(file.read_bytes().splitlines(keepends=True))
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    run = RunFolder.open(tmp_path / "run")
    told = lost_of(run)
    assert told == lost(run, run.history(), kept_until(run))
    assert told.startswith(said.format(file=file)) if said else not told


def test_a_history_is_looked_through_faster_where_nothing_was_written_to_it_since_the_end(tmp_path: Path) -> None:
    folder = run_of(tmp_path / "run")
    file, manifest = folder / METRICS_NAME, folder / MANIFEST_NAME
    ended = manifest.stat().st_mtime_ns
    os.utime(file, ns=(ended - 1, ended - 1))
    assert is_untouched(folder, METRICS_NAME)
    whole, quick = (read_history(file, steps=False, untouched=untouched) for untouched in (False, True))
    assert whole == quick
    assert whole.measured == ((1, STEPS),)
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join((*lines[:20], lines[20].replace(b"0.5", b"0.6"), *lines[21:])))
    os.utime(file, ns=(ended, ended))
    assert not is_untouched(folder, METRICS_NAME)
    assert read_history(file, steps=False).damaged == 1
    file.write_bytes(b"".join((*lines[:20], *lines[21:])))
    os.utime(file, ns=(ended - 1, ended - 1))
    assert not is_untouched(folder, METRICS_NAME)
    assert read_history(file, steps=False, untouched=True).measured == ((1, 19), (21, STEPS))
    manifest.unlink()
    assert not is_untouched(folder, METRICS_NAME)


def test_an_end_that_the_summary_alone_tells_of_was_cut_off_unless_it_is_an_earlier_one(tmp_path: Path) -> None:
    folder = RunFolder.open(run_of(tmp_path / "run"))
    file = folder.path / METRICS_NAME
    (folder.path / MANIFEST_NAME).unlink()
    assert lost_of(folder) == ""
    whole = file.read_bytes()
    file.write_bytes(b"".join(whole.splitlines(keepends=True)[:-2]))
    assert lost_of(folder).startswith("The history of run is shorter than it was when the run ended: ")
    file.write_bytes(whole)
    with RunFolder.open(folder.path, writable=True) as again:  # goes on, and is cut off or still trains
        again.append([RunStarted("r", STEPS, STEPS, 5, "cpu", 1, 10), metrics(STEPS + 1)])
        assert lost_of(folder) == ""


def test_steps_after_one_that_was_gone_back_to_are_those_of_the_second_time(tmp_path: Path) -> None:
    with new_run(tmp_path / "run") as run:
        for first, last in ((1, 30), (21, 40)):
            run.append([RunStarted("r", first - 1, STEPS, 5, "cpu", 1, 10)])
            run.append([metrics(step) for step in range(first, last + 1)])
        run.write_checkpoint(checkpoint(40))
    run = RunFolder.open(tmp_path / "run")
    assert lost_of(run) == ""
    file = run.path / METRICS_NAME
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:31] + lines[32:]))  # that it went back is lost: its steps say so themselves
    history = run.history()
    assert [one.step for one in history.metrics] == list(range(1, 41))
    assert history.measured == read_history(file, steps=False).measured == ((1, 40),)
    file.write_bytes(b"".join(lines[:26] + lines[31:]))
    assert lost_of(run) == ""
    file.write_bytes(b"".join(lines[:16] + lines[31:]))
    assert lost_of(run).startswith("The curves of run lack steps 16 to 20: ")


def test_a_run_of_a_script_measures_what_its_loop_likes(tmp_path: Path) -> None:
    run_of(tmp_path / "run")
    with RunFolder.create(
        tmp_path / "script",
        RunFolder.open(tmp_path / "run").recipe,
        RunFolder.open(tmp_path / "run").data,
        RunFolder.open(tmp_path / "run").items,
        script="Net",
    ) as run:
        run.append([metrics(10), metrics(20)])
        run.write_snapshot(snapshot(25))
    assert lost_of(RunFolder.open(tmp_path / "script")) == ""
