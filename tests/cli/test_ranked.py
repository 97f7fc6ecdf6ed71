"""``train`` on several processes of this computer, as torchrun starts it; what becomes of it when one is lost."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from explorer.cli.ranked import is_ranked, rank_here, threads_here, with_checkpoint
from explorer.core.errors import UserError
from explorer.core.events import RunFailed
from explorer.engine.run.trainer_thread import available_cores
from explorer.runs.folder import RunFolder
from tests.helpers.command_line import json_of, run_command
from tests.helpers.runs import checkpoint, new_run

CLUSTER = Path(__file__).parents[2] / "packaging" / "cluster"
FAST = ["--set", "encoder=linear", "--set", "data.size=28", "--device", "cpu", "--precision", "float32"]
LIMIT = 200.0
LIMIT_MS = 200_000

pytestmark = pytest.mark.usefixtures("shared_cache")


def test_a_process_knows_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "LOCAL_WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    assert (is_ranked(), rank_here(), threads_here(0), threads_here(3)) == (False, 0, 0, 3)
    monkeypatch.setenv("RANK", "1")  # without the others it means nothing
    assert (is_ranked(), rank_here()) == (False, 0)
    for name, value in {"WORLD_SIZE": "2", "MASTER_ADDR": "localhost", "LOCAL_WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    assert (is_ranked(), rank_here()) == (True, 1)
    assert threads_here(0) == max(1, available_cores() // 2)
    assert threads_here(3) == 3


def test_a_branch_and_a_fitter_are_for_one_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {"RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "localhost"}.items():
        monkeypatch.setenv(name, value)
    status, _, err = run_command("train", "sample:digits", "--out", tmp_path / "a", "--from", "b@3")
    assert (status, "one process" in err) == (2, True)
    status, _, err = run_command("train", "sample:digits", "--out", tmp_path / "a", "--set", "fitter=lda")
    assert (status, "torchrun" in err) == (2, True)


def test_why_a_training_ended_names_the_newest_whole_checkpoint(tmp_path: Path) -> None:
    error = UserError("Another process of this training has ended", remedy="Start it again")
    assert with_checkpoint(error, tmp_path / "nothing") == str(error)
    folder = new_run(tmp_path / "run")
    assert with_checkpoint(error, tmp_path / "run") == str(error)
    for step in (3, 7):
        folder.write_checkpoint(checkpoint(step))
    text = with_checkpoint(error, tmp_path / "run")
    assert text == f"{error}. The last whole checkpoint so far is of step 7, in {tmp_path / 'run'}"
    newest = max((tmp_path / "run" / "checkpoints").iterdir())
    next(iter(newest.glob("*.safetensors"))).write_bytes(b"cut off")
    assert "of step 3, in" in with_checkpoint(error, tmp_path / "run")


def test_the_recipes_for_clusters_can_be_read() -> None:
    for script in ("local.sh", "slurm.sbatch"):
        subprocess.run(["bash", "-n", str(CLUSTER / script)], check=True)
    compile((CLUSTER / "on_ray.py").read_text("utf-8"), "on_ray.py", "exec")
    yaml = pytest.importorskip("yaml")
    service, job = yaml.safe_load_all((CLUSTER / "kubernetes.yaml").read_text("utf-8"))
    pod = job["spec"]["template"]["spec"]
    assert pod["subdomain"] == service["metadata"]["name"] == job["metadata"]["name"]
    assert job["spec"]["completions"] == job["spec"]["parallelism"] == 2
    names = {volume["name"] for volume in pod["volumes"]}
    assert {mount["name"] for mount in pod["containers"][0]["volumeMounts"]} == names
    assert "--nnodes 2" in pod["containers"][0]["args"][0]
    for file in CLUSTER.iterdir():
        if file.name != "README.md":
            assert "--resume-or-start" in file.read_text("utf-8"), file


# --- with torchrun: long --------------------------------------------------------------------------------------------


def started(path: Path, cache: Path, *more: object, ranks: int = 2, restarts: int = 0) -> subprocess.Popen[str]:
    """Start the local recipe."""
    environment = {**os.environ, "EMBEDDING_EXPLORER_CACHE": str(cache), "PYTHON": sys.executable}
    environment |= {"N": str(ranks), "RESTARTS": str(restarts)}
    line = ["bash", str(CLUSTER / "local.sh"), "sample:digits", "--out", str(path), *FAST, *map(str, more)]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def result_of(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def worker(process: subprocess.Popen[str], rank: int) -> int:
    """Return the number of the process that has a rank."""
    for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
        if f"\0RANK={rank}\0".encode() in b"\0" + Path(f"/proc/{child}/environ").read_bytes():
            return int(child)
    raise AssertionError(f"no process has rank {rank}")


def steps_of(path: Path) -> list[int]:
    return [m.step for m in RunFolder.open(path).history().metrics] if (path / "run.json").exists() else []


@pytest.mark.full
def test_two_processes_train_and_any_number_goes_on(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "run"
    first = result_of(started(path, cache, "--epochs", 2, "--json"))
    assert first["metrics"]["recall@1"] > 0.9
    assert result_of(started(path, cache, "--epochs", 2, "--json"))["steps"] == first["steps"]  # it has had them
    assert result_of(started(path, cache, "--epochs", 3, "--json", ranks=3))["epochs"] == 3
    alone = json_of("train", "sample:digits", "--out", path, "--epochs", 4, *FAST, "--resume-or-start")
    assert alone["epochs"] == 4
    saved = RunFolder.open(path)
    assert saved.verify() == ()
    assert steps_of(path) == list(range(1, alone["steps"] + 1))


@pytest.mark.full
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize("seed", range(10))
def test_a_killed_process_is_started_again_and_every_step_is_there_once(
    seed: int, tmp_path: Path, cache: Path, qtbot: QtBot
) -> None:
    draw = random.Random(seed)
    path, rank, moment = tmp_path / "run", draw.randrange(2), draw.randrange(1, 200)
    process = started(path, cache, "--epochs", 20, "--json", restarts=2)
    qtbot.waitUntil(lambda: len(steps_of(path)) >= moment, timeout=LIMIT_MS)
    os.kill(worker(process, rank), signal.SIGKILL)
    result = result_of(process)
    saved = RunFolder.open(path)
    assert saved.verify() == ()
    assert [m.step for m in saved.history().metrics] == list(range(1, result["steps"] + 1))


@pytest.mark.full
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_process_that_dies_ends_the_run_within_a_second_with_a_checkpoint(
    tmp_path: Path, cache: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "run"
    process = started(path, cache, "--epochs", 500)
    qtbot.waitUntil(lambda: len(steps_of(path)) >= 30, timeout=LIMIT_MS)
    os.kill(worker(process, 1), signal.SIGKILL)
    killed = time.time()
    _, err = process.communicate(timeout=LIMIT)
    assert process.returncode != 0
    assert "Another process of this training has ended" in err
    saved = RunFolder.open(path)
    failed = [event for event in saved.history().lifecycle if isinstance(event, RunFailed)]
    checkpoint = saved.latest_checkpoint()
    assert checkpoint is not None
    assert checkpoint.step == failed[-1].step == steps_of(path)[-1]
    assert f"The last whole checkpoint so far is of step {checkpoint.step:,}, in {path}" in err
    written = max(file.stat().st_mtime for file in (path / "checkpoints").rglob("*") if file.is_file())
    assert written - killed < 5  # a second, and what a busy computer takes to write it


@pytest.mark.full
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_where_the_first_dies_the_others_name_the_last_checkpoint(tmp_path: Path, cache: Path, qtbot: QtBot) -> None:
    path = tmp_path / "run"
    process = started(path, cache, "--epochs", 500)
    qtbot.waitUntil(
        lambda: (path / "run.json").exists() and RunFolder.open(path).latest_checkpoint() is not None, timeout=LIMIT_MS
    )
    os.kill(worker(process, 0), signal.SIGKILL)
    _, err = process.communicate(timeout=LIMIT)
    assert process.returncode != 0
    saved = RunFolder.open(path)
    assert saved.history().damaged == 0
    checkpoint = saved.latest_checkpoint()
    assert checkpoint is not None
    assert "process 1: Another process of this training has ended" in err
    assert f"The last whole checkpoint so far is of step {checkpoint.step:,}, in {path}" in err
    more = result_of(started(path, cache, "--epochs", 1 + checkpoint.epoch, "--json"))
    assert saved.verify() == ()
    assert steps_of(path) == list(range(1, more["steps"] + 1))


@pytest.mark.full
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_process_that_answers_no_more_ends_the_run_after_a_minute(tmp_path: Path, cache: Path, qtbot: QtBot) -> None:
    path = tmp_path / "run"
    process = started(path, cache, "--epochs", 500)
    qtbot.waitUntil(lambda: len(steps_of(path)) >= 10, timeout=LIMIT_MS)
    stopped = worker(process, 1)
    os.kill(stopped, signal.SIGSTOP)
    began = time.monotonic()
    failed: list[object] = []

    def over() -> bool:
        failed[:] = [e for e in RunFolder.open(path).history().lifecycle if isinstance(e, RunFailed)]
        return bool(failed)

    qtbot.waitUntil(over, timeout=90_000)
    seconds = time.monotonic() - began
    os.kill(stopped, signal.SIGKILL)
    _, err = process.communicate(timeout=LIMIT)
    assert 55 < seconds < 65
    assert "has not answered for 60 s" in err


@pytest.mark.full
def test_processes_with_another_recipe_or_other_data_say_so(tmp_path: Path, cache: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = []
    for rank, seed in enumerate((1, 2)):
        place = {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}
        place |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "EMBEDDING_EXPLORER_CACHE": str(cache)}
        line = [sys.executable, "-m", "explorer", "train", "sample:digits", "--out", str(tmp_path / "run"), *FAST]
        line += ["--seed", str(seed)]
        made.append(subprocess.Popen(line, stderr=subprocess.PIPE, text=True, env={**os.environ, **place}))
    for process in made:
        _, err = process.communicate(timeout=LIMIT)
        assert process.returncode == 2, err
        assert "Process 1 of this training has other data or another recipe than process 0" in err
    assert not (tmp_path / "run").exists()
