"""``follow RUN``: a run of another process, told as it goes, and asked to stop."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from explorer.cli.console import Console
from explorer.cli.follow import command_of
from explorer.cli.main import run
from explorer.core.errors import UserError
from explorer.core.events import Pause, Set
from explorer.runs.folder import RunFolder
from explorer.runs.sign_of_life import ALIVE_NAME, SignOfLife, give_sign, read_sign
from tests.engine.test_saved_runs import written


def follow(*arguments: str, status: int = 0) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    assert run(["follow", *arguments], Console(out, err)) == status, err.getvalue()
    return out.getvalue(), err.getvalue()


def test_a_run_of_another_process_is_told_to_its_end(tmp_path: Path) -> None:
    out = tmp_path / "run"
    command = [sys.executable, "-m", "explorer", "train", "sample:digits", "--out", str(out), "--epochs", "400"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, env=dict(os.environ)) as trains:
        assert trains.stderr is not None
        for line in trains.stderr:
            if b"epoch" in line or b"step" in line:  # it trains
                break
        sign = read_sign(out)
        assert sign is not None
        assert sign.pid == trains.pid
        said, _err = follow(str(out), "--ask", "optimiser.rate=0.0005", "--ask", "pause", "--json")
        assert json.loads(said)["asked"] == ["set optimiser.rate = 0.0005", "pause"]
        assert "was asked to resume, stop" in follow(str(out), "--ask", "resume", "--ask", "stop")[0]
        found, told = follow(str(out), "--json")
        trains.stderr.read()
    result = json.loads(found)
    assert result["state"] == "stopped"
    assert result["of"] > result["steps"] > 0
    assert "trained by process" in told or "Nobody trains it now" in told
    history = RunFolder.open(out).history()
    assert [(change.path, change.new) for change in history.changes] == [("optimiser.rate", 0.0005)]
    assert [type(event).__name__ for event in history.lifecycle] == [
        *("RunStarted", "RunPaused", "RunResumed", "RunFinished")
    ]
    assert not (out / ALIVE_NAME).exists()
    assert trains.returncode == 0


def test_a_run_that_nobody_trains_is_told_and_not_asked(tmp_path: Path) -> None:
    written(tmp_path / "run")
    assert follow(str(tmp_path / "run"))[0].endswith("run: broken off after 30 steps, recall@1 0.5200 of step 20\n")
    assert "Nobody trains " in follow(str(tmp_path / "run"), "--ask", "stop", status=2)[1]
    for change in ("loss.margin=wide", "loss.margni=0.1", "encoder.dimension=3"):  # nobody would say that it cannot be
        assert change.partition("=")[0].partition(".")[2] in follow(str(tmp_path / "run"), "--ask", change, status=2)[1]
    assert "cannot be asked to 'dance'" in follow(str(tmp_path / "run"), "--ask", "dance", status=2)[1]
    assert "error" in follow(str(tmp_path), status=2)[1]


def test_what_is_not_taken_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path / "run")
    give_sign(tmp_path / "run", SignOfLife(4711, "node7", 1, 30, "training"))
    monkeypatch.setattr("explorer.cli.follow.TAKEN_SECONDS", 0.1)
    assert "has not taken what was asked" in follow(str(tmp_path / "run"), "--ask", "pause", status=2)[1]


def test_words_of_the_command_line() -> None:
    assert command_of("pause") == Pause()
    assert command_of("loss.margin=0.3") == Set("loss.margin", 0.3)
    assert command_of("miner=hard") == Set("miner", "hard")
    assert command_of("loss.squared=true") == Set("loss.squared", True)
    with pytest.raises(UserError):
        command_of("explode")
