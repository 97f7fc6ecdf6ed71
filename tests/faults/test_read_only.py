"""A run whose folder cannot be written, is deleted or is moved away: while it trains, once it is saved, and in view."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from explorer.core.events import RunFinished, RunPaused, RunResumed, RunStarted
from explorer.core.map_values import KeptStep, StepShown
from explorer.core.types import StepMetrics
from explorer.engine.events import Notice, RunOpened
from explorer.engine.run.alarms import Alarm
from explorer.runs.folder import RunFolder
from tests.engine.conftest import SMALL, Desk, start
from tests.helpers.command_line import json_of, run_command
from tests.helpers.data import picture_folder

__all__ = ["start"]
Start = Callable[..., Desk]
LONG = SMALL.model_copy(update={"epochs": 100_000})


@pytest.fixture
def read_only() -> Iterator[Callable[[Path], None]]:
    """Give a function that makes a folder read-only, also for those who may write anything, until ``undo``."""
    mounted: list[Path] = []

    def mount(folder: Path) -> None:
        _mount("--bind", folder, folder)
        mounted.append(folder)
        _mount("-o", "remount,bind,ro", folder)

    yield mount
    for folder in mounted:
        # lazily: the session is closed after this, and what stays mounted fails whoever clears the folder away
        subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)


def _mount(*arguments: str | Path) -> None:
    if shutil.which("mount") is None:
        pytest.skip("there is no mount here")
    if subprocess.run(["mount", *map(str, arguments)], capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed")


def _unsaved(alarm: Alarm) -> bool:
    return alarm.kind == "unsaved" and bool(alarm.message)


def _trains(start: Start) -> tuple[Desk, Path]:
    session, heard = start(recipe=LONG)
    session.train()
    heard.until(RunStarted)
    heard.until(StepMetrics)
    assert session.run_folder is not None
    return (session, heard), session.run_folder


def test_a_folder_that_becomes_read_only_holds_the_run_until_it_can_be_written(
    start: Start, read_only: Callable[[Path], None]
) -> None:
    (session, heard), folder = _trains(start)
    read_only(folder)
    alarm = heard.until(Alarm, _unsaved)
    heard.until(RunPaused)
    assert "Read-only file system" in alarm.message
    subprocess.run(["umount", "-l", str(folder)], check=True)
    at = heard.now()
    session.mend(alarm.remedies[0])
    heard.until(RunResumed, after=at)
    session.stop()
    end = heard.until(RunFinished)
    assert session.close(60.0)
    with RunFolder.open(folder) as saved:
        assert saved.verify() == ()
        assert saved.checkpoint_steps()[-1] == end.step
        assert [m.step for m in saved.history().metrics] == list(range(1, end.step + 1))


def test_a_folder_that_is_deleted_is_not_made_again_and_the_run_is_saved_elsewhere(
    start: Start, tmp_path: Path
) -> None:
    (session, heard), folder = _trains(start)
    while folder.exists():  # at once, and what is written meanwhile too
        doomed = tmp_path / f"doomed {time.monotonic_ns()}"
        folder.rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)
    alarm = heard.until(Alarm, _unsaved)
    assert "is gone" in alarm.message
    heard.until(RunPaused)
    at = heard.now()
    session.save_again(tmp_path / "elsewhere")
    heard.until(RunResumed, after=at)
    session.stop()
    end = heard.until(RunFinished)
    assert session.close(60.0)
    assert not folder.exists()
    with RunFolder.open(tmp_path / "elsewhere" / folder.name) as saved:
        assert saved.verify() == ()
        assert saved.checkpoint_steps()[-1] == end.step


@pytest.mark.parametrize("lose", [shutil.rmtree, lambda folder: folder.rename(folder.with_name("moved"))])
def test_a_step_of_a_run_that_is_gone_is_told_and_the_rest_stays(start: Start, lose: Callable[[Path], object]) -> None:
    (session, heard), folder = _trains(start)
    for _ in range(2):
        heard.until(KeptStep, after=heard.now())
    assert session.close(60.0)
    viewer, seen = start(spec="")
    viewer.open_run(folder)
    seen.until(RunOpened)
    early, at = viewer.replay.steps[0].step, seen.now()
    lose(folder)
    viewer.replay.show(early)
    said = seen.until(Notice, lambda notice: notice.text.startswith("Step"), after=at).text
    assert said.startswith(f"Step {early:,} cannot be shown: {folder} is not there. It may have been deleted"), said
    assert seen.until(StepShown, after=at).step == -1
    assert not folder.exists()


@pytest.mark.full
def test_a_saved_run_that_cannot_be_written_is_read_and_says_what_it_cannot(
    tmp_path: Path, read_only: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMBEDDING_EXPLORER_CACHE", str(tmp_path / "cache"))
    place = tmp_path / "place"
    data, run = picture_folder(place / "data", {f"class{i}": 10 for i in range(4)}), place / "run"
    fast = ("--set", "encoder=linear", "--set", "data.size=28", "--device", "cpu")
    json_of("train", data, "--out", run, "--epochs", 1, *fast)
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    picture = data / "class0" / "000.png"
    read_only(place)
    assert json_of("evaluate", run)["items"] == 8
    assert len(json_of("query", run, picture, "-k", 3)["neighbours"]) == 3
    for command in (
        ("report", run, tmp_path / "report.html"),
        ("export", run, "coordinates", tmp_path / "map.csv"),
        ("embed", run, data, tmp_path / "vectors.npy"),
        ("clean", run),
    ):
        assert run_command(*command)[0] == 0, run_command(*command)[2]
    for refused in (
        ("train", data, "--out", run, "--resume", "--epochs", 2),
        ("train", data, "--out", place / "other", "--epochs", 1, *fast),
        ("gallery", run, "enrol", "one", picture),
        ("report", run, place / "report.html"),
        ("export", run, "coordinates", place / "map.csv"),
        ("embed", run, data, place / "vectors.npy"),
    ):
        status, _, told = run_command(*refused)
        assert status == 2, (refused, told)
        assert "Read-only file system" in told or "cannot be written to" in told, (refused, told)
    assert {path: path.read_bytes() for path in place.rglob("*") if path.is_file()} == before


def test_a_run_that_cannot_keep_where_its_data_are_says_so_and_is_measured(
    tmp_path: Path, read_only: Callable[[Path], None]
) -> None:
    data, run = picture_folder(tmp_path / "data", {"apple": 6, "pear": 6}), tmp_path / "run"
    small = ("--set", "encoder=linear", "--set", "data.size=28")
    json_of("train", data, "--out", run, "--epochs", 1, "--device", "cpu", *small)
    data = data.rename(tmp_path / "moved")
    read_only(run)
    status, _, err = run_command("evaluate", run, "--data", data)
    assert status == 0, err
    assert "run cannot keep where its data are now: " in err
    assert "cannot be written: Read-only file system. Free some space or mend the permissions" in err
