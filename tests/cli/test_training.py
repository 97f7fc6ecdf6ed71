"""Train, evaluate, embed and query as a script would, on the sample."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from explorer.data.opening import open_dataset
from explorer.runs.folder import RunFolder
from tests.helpers.command_line import json_of, run_command

pytestmark = pytest.mark.usefixtures("shared_cache")

FAST = ["--set", "encoder=linear", "--set", "data.size=28", "--device", "cpu"]


@dataclass(frozen=True)
class Trained:
    path: Path
    result: dict[str, Any]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Iterator[Trained]:
    path = tmp_path_factory.mktemp("runs") / "first"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMBEDDING_EXPLORER_CACHE", str(cache))
        yield Trained(path, json_of("train", "sample:digits", "--out", path, "--resume-or-start", "--epochs", 2, *FAST))


def test_train_writes_a_run_and_says_how_it_went(trained: Trained) -> None:
    assert set(trained.result) == {"run", "steps", "epochs", "seconds", "images_per_second", "device", "metrics"}
    assert trained.result["run"] == str(trained.path)
    assert trained.result["epochs"] == 2
    assert trained.result["device"] == "cpu"
    assert set(trained.result["metrics"]) == {"recall@1", "recall@5", "map@r", "r_precision", "nmi"}
    assert 0.9 < trained.result["metrics"]["recall@1"] <= 1
    saved = RunFolder.open(trained.path)
    assert saved.verify() == ()
    assert len(saved.history().metrics) == trained.result["steps"]
    assert saved.history().finished is not None
    assert saved.recipe == saved.recipe.resolved()


def test_resume_or_start_goes_on_with_a_run_that_is_there(trained: Trained) -> None:
    again = json_of("train", "sample:digits", "--out", trained.path, "--resume-or-start", "--epochs", 2, *FAST)
    assert again["steps"] == trained.result["steps"]


def test_evaluate_says_the_same_again(trained: Trained) -> None:
    found = json_of("evaluate", trained.path)
    assert set(found) == {"protocol", "split", "items", "classes", "metrics", "curves"}
    again = {name: found["metrics"][name] for name in trained.result["metrics"]}
    assert again == pytest.approx(trained.result["metrics"], abs=1e-3)
    assert {"mrr", "ndcg@10", "precision@10", "knn@10", "ami", "macro_map@r", "recall@1_low"} <= set(found["metrics"])
    assert (found["protocol"], found["split"], found["classes"]) == ("retrieval", "items", 10)
    other = json_of("evaluate", trained.path, "--set", "split=classes", "--set", "split.test=0.5")
    assert (other["split"], other["classes"]) == ("classes", 5)
    status, _, err = run_command("evaluate", trained.path, "--set", "loss.margin=3")
    assert status == 2
    assert "was decided when the run was trained" in err


def test_baselines_stand_beside_every_figure(trained: Trained) -> None:
    found = json_of("evaluate", trained.path, "--baselines")
    assert list(found["baselines"]) == ["raw pixels cosine", "raw pixels Euclidean", "untrained encoder"]
    assert all(set(figures) == set(found["metrics"]) for figures in found["baselines"].values())
    few = ("--protocol", "few-shot", "--set", "protocol.episodes=20", "--set", "protocol.shots=1")
    status, out, err = run_command("evaluate", trained.path, "--baselines", *few)
    assert status == 0, err
    head, *rows = out.split("\n\n")[1].splitlines()
    assert head.split("  ")[-4:] == ["this run", "raw pixels cosine", "raw pixels Euclidean", "untrained encoder"]
    assert [len(row.split()) for row in rows] == [6] * len(rows)


def test_every_protocol_measures_a_run_and_says_which_option_is_whose(trained: Trained) -> None:
    found = json_of("evaluate", trained.path, "--protocol", "few-shot", "--set", "protocol.episodes=20")
    assert found["protocol"] == "few-shot"
    assert set(found["metrics"]["5-way 1-shot"]) == {"accuracy", "ci95", "episodes"}
    assert found["metrics"]["5-way 1-shot"]["episodes"] == 20
    opened = json_of("evaluate", trained.path, "--protocol", "open-set")
    assert set(opened["curves"]) == {"dir"}
    assert 0 < opened["metrics"]["dir@far=0.01"] <= opened["metrics"]["dir@far=0.1"] <= 1
    status, _, err = run_command("evaluate", trained.path, "--protocol", "re-id")
    assert (status, "Nothing says which camera saw an item" in err) == (2, True)
    status, out, err = run_command("evaluate", trained.path, "--protocol", "verification")
    assert status == 0, err
    first, figures = out.split("\n", 1)
    assert first.startswith(f"verification: {found['items']} held-out items of 10 classes, threshold chosen on half of")
    assert figures.startswith("eer")
    for arguments, words in (
        (("--protocol", "verification", "--set", "protocol.shots=3"), "Choose --protocol few-shot"),
        (("--set", "protocol.within=a"), "Choose --protocol few-shot or verification"),
        (("--protocol", "verification", "--set", "protocol.ways=3"), "one of the parameters of verification: across,"),
        (("--set", "protocol.shot=3"), "Did you mean shots, of --protocol few-shot?"),
        (("--protocol", "few-shot", "--set", "protocol.shot=3"), "Did you mean shots?"),
        (("--set", "protocol.colour=3"), "Its parameters: "),
        (("--set", "few-shot.ways=3"), "Give --protocol few-shot and --set protocol.ways=…"),
        (("--set", "within=a"), "Give --protocol few-shot or verification and --set protocol.within=…"),
        (("--set", "protocol=few_shot"), "A protocol is chosen by --protocol class-pairs or"),
        (("--set", "retrieval.k=3"), "A protocol is chosen by --protocol retrieval"),
        (("--protocol", "verifikation"), "Did you mean verification?"),
        (("--protocol", "few-shot", "--set", "protocol.ways=x"), "not a list of whole numbers"),
    ):
        status, out, err = run_command("evaluate", trained.path, *arguments)
        assert (status, out) == (2, "")
        assert words in err


def test_query_finds_the_picture_itself_first(trained: Trained, tmp_path: Path) -> None:
    digits = open_dataset("sample:digits")
    Image.fromarray(digits.inputs[7][..., 0]).save(tmp_path / "seven.png")
    answer = json_of("query", trained.path, tmp_path / "seven.png", "-k", 4)
    found = answer["neighbours"]
    assert len(found) == 4
    labels = [neighbour["label"] for neighbour in found]
    assert labels.count(answer["class"]) == answer["confidence"] * 4 == max(map(labels.count, labels))
    status, out, _ = run_command("query", trained.path, tmp_path / "seven.png", "-k", 4)
    assert (status, len(out.splitlines())) == (0, 5)
    assert out.splitlines()[-1] == f"class {answer['class']}: {answer['confidence']:.0%} of the votes"
    assert all(set(neighbour) == {"id", "path", "label", "distance"} for neighbour in found)
    assert found[0]["id"] == digits.ids[7]
    assert found[0]["label"] == digits.class_name(7)
    distances = [neighbour["distance"] for neighbour in found]
    assert distances == sorted(distances)
    assert distances[0] < 0.01
    status, _, err = run_command("query", trained.path, tmp_path / "missing.png")
    assert (status, err.count("\n")) == (2, 1)
    (tmp_path / "bad.png").write_bytes(b"no picture")
    assert run_command("query", trained.path, tmp_path / "bad.png")[0] == 2


def test_embed_writes_every_format(trained: Trained, tmp_path: Path) -> None:
    digits = open_dataset("sample:digits")
    told = json_of("embed", trained.path, "sample:digits", tmp_path / "z.npy")
    vectors = np.load(tmp_path / "z.npy", allow_pickle=False)
    assert vectors.shape == (told["items"], told["dimension"]) == (len(digits), told["dimension"])
    folder = RunFolder.open(trained.path)
    last = folder.snapshot(folder.snapshot_steps()[-1])
    assert np.allclose(vectors[last.indices], last.embeddings, rtol=2e-3, atol=2e-3)
    assert run_command("embed", trained.path, "sample:digits", tmp_path / "z.npz")[0] == 0
    with np.load(tmp_path / "z.npz", allow_pickle=False) as archive:
        assert np.array_equal(archive["embeddings"], vectors)
        assert archive["ids"].tolist() == list(digits.ids)
    assert run_command("embed", trained.path, "sample:digits", tmp_path / "z.csv")[0] == 0
    with open(tmp_path / "z.csv", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[1][:2] == [digits.ids[0], digits.class_name(0)]
    assert np.array_equal(np.array(rows[1][2:], np.float32), vectors[0])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["z.csv", "z.npy", "z.npz"]
    assert run_command("embed", trained.path, "sample:digits", tmp_path / "z.txt")[0] == 2
    assert run_command("embed", trained.path, "sample:digits", tmp_path / "missing" / "z.npy")[0] == 2


def test_a_run_is_never_overwritten_and_resumes_by_its_own_recipe_only(trained: Trained) -> None:
    status, _, err = run_command("train", "sample:digits", "--out", trained.path)
    assert status == 2
    assert "already holds a run" in err
    other = ["--set", "encoder=mlp", "--set", "data.size=28", "--device", "cpu"]
    status, _, err = run_command("train", "sample:digits", "--out", trained.path, "--resume", "--epochs", 9, *other)
    assert status == 2
    assert "another encoder" in err
    status, _, err = run_command("train", "sample:digits", "--out", trained.path, "--resume", "--seed", 5)
    assert (status, "another seed" in err) == (2, True)
    status, _, err = run_command("train", "sample:digits", "--out", trained.path.parent / "none", "--resume")
    assert status == 2
    assert "is not a run" in err


def test_what_cannot_be_opened_or_set_is_one_line(tmp_path: Path) -> None:
    for arguments in (["sample:none"], [tmp_path / "none"], ["sample:digits", "--set", "loss.margin=-1"]):
        status, out, err = run_command("train", *arguments, "--out", tmp_path / "run")
        assert (status, out) == (2, "")
        assert err.splitlines()[-1].startswith("error: ")
        assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--device", "cuda:99"], "Device 'cuda:99'"),
        (["--out", "file/run"], "file is a file"),
        (["--test", "none"], "none does not exist"),
    ],
)
def test_what_needs_no_data_is_checked_before_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("x")
    status, _, err = run_command("train", "sample:digits", "--out", "run", *arguments)
    assert status == 2
    assert said in err
    assert "1,797" not in err  # the data were not opened
    assert not Path("run").exists()


def test_a_run_that_has_lost_its_checkpoints_is_not_begun_anew(trained: Trained, tmp_path: Path) -> None:
    run = Path(shutil.copytree(trained.path, tmp_path / "lost"))
    shutil.rmtree(run / "checkpoints")
    before = RunFolder.open(run).snapshot_steps()
    status, _, told = run_command("train", "sample:digits", "--out", run, "--resume", "--epochs", 3)
    assert (status, "lost has lost its checkpoints. Restore its folder checkpoints from a copy" in told) == (2, True)
    assert RunFolder.open(run).snapshot_steps() == before


def test_a_history_that_was_cut_is_told_wherever_it_is_gone_on_with_or_read(trained: Trained, tmp_path: Path) -> None:
    run = Path(shutil.copytree(trained.path, tmp_path / "cut"))
    journal, steps = run / "metrics.jsonl", trained.result["steps"]
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:6]))
    kept = len(RunFolder.open(run).history().metrics)
    said = f"warning: The curves of cut lack steps {kept + 1} to {steps}: {journal} was cut or damaged. Put the file "
    assert said in run_command("evaluate", run)[2]
    resume = ("train", "sample:digits", "--out", run, "--resume", "--epochs", 3)
    status, _, told = run_command(*resume)
    assert (status, said in told) == (0, True)
    assert said in run_command(*resume)[2]  # it has had all of its epochs


@pytest.mark.full
@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_a_request_to_terminate_saves_and_resume_goes_on(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "run"
    line = [sys.executable, "-m", "explorer", "train", "sample:digits", "--out", str(path), "--epochs", "20", *FAST]
    environment = {**os.environ, "EMBEDDING_EXPLORER_CACHE": str(cache)}
    child = subprocess.Popen(
        [*line, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    assert child.stderr is not None
    for said in child.stderr:
        if said.startswith("epoch "):
            break
    child.send_signal(signal.SIGTERM)
    out, _ = child.communicate()
    assert child.returncode == 0
    stopped = json.loads(out)
    assert 0 < stopped["steps"] < 240
    saved = RunFolder.open(path)
    checkpoint = saved.latest_checkpoint()
    assert checkpoint is not None
    assert checkpoint.step == stopped["steps"]
    resumed = json_of("train", "sample:digits", "--out", path, "--resume", *FAST, "--epochs", 20)
    assert resumed["steps"] == 240
    steps = [entry.step for entry in RunFolder.open(path).history().metrics]
    assert steps == list(range(1, 241))


def test_a_run_that_ended_before_its_first_checkpoint_is_begun_anew(trained: Trained, tmp_path: Path) -> None:
    path = tmp_path / "killed"
    shutil.copytree(trained.path, path)
    for checkpoint in (path / "checkpoints").iterdir():
        shutil.rmtree(checkpoint)
    lines = (path / "metrics.jsonl").read_bytes().splitlines(keepends=True)
    (path / "metrics.jsonl").write_bytes(b"".join(line for line in lines if b'"type":"finished"' not in line))
    result = json_of("train", "sample:digits", "--out", path, "--resume", "--device", "cpu")
    assert result["steps"] == trained.result["steps"]
    with RunFolder.open(path) as run:
        assert [m.step for m in run.history().metrics] == list(range(1, result["steps"] + 1))


def test_a_run_whose_folder_went_away_ends_with_a_reason_and_not_as_done(cache: Path, tmp_path: Path) -> None:
    path = tmp_path / "run"
    command = [sys.executable, "-m", "explorer", "train", "sample:digits", "--out", str(path), "--epochs", "100000"]
    pipe = subprocess.PIPE
    with subprocess.Popen([*command, *FAST], stderr=pipe, stdout=pipe, text=True) as child:
        try:
            assert child.stderr is not None
            assert any("Training on" in line for line in child.stderr)
            path.rename(tmp_path / "aside")
            out, err = child.communicate(timeout=120)
        finally:
            child.kill()
    assert child.returncode == 2
    assert "is gone" in err.splitlines()[-1]
    assert out == ""


@pytest.mark.full
def test_what_goes_wrong_in_training_is_said_with_what_to_try(cache: Path, tmp_path: Path) -> None:
    easy = ["--set", "miner=easy", "--epochs", "6"]
    status, _, err = run_command("train", "sample:digits", "--out", tmp_path / "run", *easy, *FAST)
    assert status == 0
    (warning,) = [line for line in err.splitlines() if line.startswith("warning: Nothing has been active")]
    assert warning.endswith("Try --set miner=semi_hard")


def test_where_no_run_has_begun_there_is_none_to_go_on_with(tmp_path: Path) -> None:
    status, _, err = run_command("train", "sample:digits", "--out", tmp_path / "absent", "--resume")
    assert status == 2
    assert "Leave out --resume" in err


def test_a_run_does_not_go_on_with_other_labels(cache: Path, tmp_path: Path) -> None:
    vectors, labels = np.random.default_rng(0).normal(size=(60, 8)).astype(np.float32), np.arange(60) % 3
    data, run = tmp_path / "vectors.npz", tmp_path / "run"
    np.savez(data, x=vectors, y=labels)
    options = ["--set", "encoder=linear", "--set", "sampler.classes=3", "--device", "cpu"]
    json_of("train", data, "--out", run, "--epochs", 1, *options)
    labels[:7] = (labels[:7] + 1) % 3
    np.savez(data, x=vectors, y=labels)
    for more in (("--epochs", 2), ()):  # also where it has had all of its epochs
        status, _, err = run_command("train", data, "--out", run, "--resume", *more)
        assert status == 2
        assert "7 labels of" in err
        assert "was 0 and is 1 now" in err
        assert "raw vectors" not in err, "nothing was measured before"
