"""Training on files of pairs, triplets and must-link lists, by command line and from Python."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest

import explorer
from explorer.core.errors import UserError
from explorer.core.recipe import Recipe
from explorer.data.opening import open_dataset
from explorer.runs.folder import RunFolder
from explorer.runs.given_file import read_record
from tests.helpers.command_line import json_of, run_command

pytestmark = pytest.mark.usefixtures("shared_cache")

FAST = ["--set", "encoder=linear", "--set", "data.size=14", "--set", "augment=none", "--device", "cpu", "--epochs", 2]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files of each kind about the digits, by what their classes say."""
    folder, dataset = tmp_path_factory.mktemp("given"), open_dataset("sample:digits", Recipe().data)
    labels, draw, ids = np.asarray(dataset.labels), np.random.default_rng(0), list(dataset.ids)
    triplets, pairs, links = ["anchor,nearer,farther"], [], []
    for number in range(600):
        a, b = draw.choice(np.flatnonzero(labels == number % 10), 2, replace=False).tolist()
        c = int(draw.choice(np.flatnonzero(labels != number % 10)))
        triplets.append(f"{ids[a]},{ids[b]},{ids[c]}")
        pairs += [f"{ids[a]}\t{ids[b]}\tsame", f"{ids[a]}\t{ids[c]}\tdifferent"]
        links.append(f"{ids[a]},{ids[b]}")
    written = {"pairs": ("p.tsv", pairs), "triplets": ("t.csv", triplets), "must-link": ("m.csv", links[:200])}
    for name, lines in written.values():
        (folder / name).write_text("\n".join(lines))
    return {kind: folder / name for kind, (name, _) in written.items()}


@pytest.mark.parametrize(
    "kind", ["must-link", *(pytest.param(kind, marks=pytest.mark.full) for kind in ("pairs", "triplets"))]
)
def test_it_learns_what_is_given_and_keeps_the_file(kind: str, files: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "run"
    result = json_of("train", "sample:digits", "--out", out, f"--{kind}", files[kind], *FAST)
    assert result["metrics"]["given_held"] > 0.75
    folder = RunFolder.open(out)
    record = read_record(out)
    assert record is not None
    assert record.of(out).read_bytes() == files[kind].read_bytes()
    assert folder.verify() == ()
    assert {figures.protocol for figures in folder.history().evaluations} >= {"given_held", "retrieval"}
    assert folder.recipe.loss.name == ("contrastive" if kind == "pairs" else "triplet")


def test_a_metric_is_fitted_to_given_pairs(files: dict[str, Path], tmp_path: Path) -> None:
    chosen = ["--set", "fitter=itml", "--set", "fitter.iterations=10", "--set", "data.size=8", "--device", "cpu"]
    result = json_of("train", "sample:digits", "--out", tmp_path / "run", "--pairs", files["pairs"], *chosen)
    assert result["metrics"]["given_held"] > 0.7
    folder = RunFolder.open(tmp_path / "run")
    assert folder.recipe.fitter.name == "itml"
    record = read_record(tmp_path / "run")
    assert record is not None
    assert record.kind == "pairs"


@pytest.mark.full
def test_it_goes_on_without_the_file_bit_for_bit(files: dict[str, Path], tmp_path: Path) -> None:
    mine = tmp_path / "t.csv"
    shutil.copy(files["triplets"], mine)
    begin, whole = ["train", "sample:digits", "--threads", 1], tmp_path / "whole"
    assert run_command(*begin, "--out", whole, "--triplets", mine, *FAST[:-1], 1)[0] == 0
    mine.unlink()
    shutil.copytree(whole, tmp_path / "copy")
    branch = ["--out", tmp_path / "branch", "--from", f"{whole}@{newest(whole)}"]
    for where in (["--out", tmp_path / "copy", "--resume"], branch):
        status, _, err = run_command(*begin, *where, "--epochs", 2)
        assert status == 0, err
    assert weights(tmp_path / "branch") == weights(tmp_path / "copy")
    assert weights(tmp_path / "branch") != weights(whole)
    lines = json_of("recipes", "command", whole, "--out", tmp_path / "again")["lines"]
    words = shlex.split(lines.splitlines()[-1])
    assert Path(words[words.index("--triplets") + 1]).read_bytes() == files["triplets"].read_bytes()
    assert "triplets='" in json_of("recipes", "python", whole, "--out", tmp_path / "again")["lines"]
    status, _, err = run_command(*begin, "--out", whole, "--resume", "--triplets", files["triplets"])
    assert (status, "began with" in err) == (2, True)


def newest(run: Path) -> int:
    return max(RunFolder.open(run).checkpoint_steps())


def weights(run: Path) -> dict[str, bytes]:
    checkpoint = RunFolder.open(run).latest_checkpoint()
    assert checkpoint is not None
    return {name: array.tobytes() for name, array in checkpoint.tensors.items()}


def test_what_is_wrong_is_one_sentence(files: dict[str, Path], tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("0/0000,1/0001,2/0002\n0/0000,1/0001,nobody\n")
    status, _, err = run_command("train", "sample:digits", "--out", tmp_path / "run", "--triplets", bad, *FAST)
    assert status == 2
    assert "bad.csv names nobody, which is none of the items. Write paths or ids" in err
    assert not (tmp_path / "run").exists()
    both = ["--triplets", files["triplets"], "--pairs", files["pairs"]]
    assert run_command("train", "sample:digits", "--out", tmp_path / "run", *both)[0] == 2
    with_classes = ["--triplets", files["triplets"], "--set", "loss=softmax", "--epochs", 1]
    status, _, err = run_command("train", "sample:digits", "--out", tmp_path / "run", *with_classes)
    assert (status, "Softmax learns from classes, and triplets are given" in err) == (2, True)


def test_python_trains_on_items_without_classes(files: dict[str, Path], tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(60, 6)).astype(np.float32)
    np.save(tmp_path / "v.npy", vectors)
    near = np.argsort(np.square(vectors[:, None, :2] - vectors[None, :, :2]).sum(2), axis=1)
    lines = [f"v[{i}],v[{near[i, 1 + i % 5]}],v[{near[i, 30 + i % 20]}]" for i in range(60)]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    run = explorer.train(
        tmp_path / "v.npy", out=tmp_path / "run", triplets=tmp_path / "t.csv", epochs=5, threads=1, device="cpu"
    )
    assert len(run.embeddings) == 60
    assert "triplets=" in run.python_lines() if hasattr(run, "python_lines") else True
    with pytest.raises(UserError, match="one file"):
        explorer.train(tmp_path / "v.npy", triplets=tmp_path / "t.csv", pairs=tmp_path / "t.csv")
