"""Train, evaluate, embed and query vectors as a script would."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.helpers.blobs import blobs
from tests.helpers.command_line import json_of, run_command

FAST = ("--epochs", 2, "--device", "cpu")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    x, labels = blobs(300, 6)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", labels)
    return tmp_path / "x.npy"


def test_vectors_from_check_to_query(data: Path, tmp_path: Path) -> None:
    found = json_of("check", data)
    assert {key: found[key] for key in ("kept", "classes", "skipped", "source", "reason")} == {
        "kept": 300, "classes": 6, "skipped": [], "source": "vectors", "reason": "an array of shape (300, 2)",
    }  # fmt: skip
    out = tmp_path / "run"
    status, _, said = run_command("train", data, "--out", out, *FAST)
    assert status == 0, said
    assert "x: 300 vectors, 6 classes" in said
    assert "the encoder is now MLP" in said
    assert "raw vectors cosine: recall@1" in said
    first = json_of("evaluate", out)
    assert first["items"] > 50
    assert first["metrics"]["recall@1"] > 0.5
    status, _, said = run_command("train", data, "--out", out, "--resume", "--set", "loss=contrastive")
    assert status == 2
    assert "trained with another loss" in said
    near = json_of("query", out, "x[5]", "-k", 3)["neighbours"]
    assert [item["path"] for item in near] == [str(data)] * 3
    assert near == json_of("query", out, "5", "-k", 3)["neighbours"]
    np.save(tmp_path / "row.npy", np.load(data)[5])
    beside = json_of("query", out, tmp_path / "row.npy", "-k", 4)["neighbours"]
    assert beside[0]["id"] == "x[5]"
    assert [item["id"] for item in beside[1:]] == [item["id"] for item in near]
    status, _, said = run_command("query", out, "no.png")
    assert status == 2
    assert "none of its items" in said
    for ending in ("npy", "npz", "csv"):
        made = tmp_path / f"made.{ending}"
        assert json_of("embed", out, data, made)["dimension"] == 64
        assert json_of("check", made)["kept"] == 300
    assert json_of("check", tmp_path / "made.npz")["classes"] == 6


def test_the_same_command_that_trained_resumes(data: Path, tmp_path: Path) -> None:
    command = ("train", data, "--out", tmp_path / "run", *FAST, "--set", "loss.margin=0.3")
    assert run_command(*command)[0] == 0
    status, _, said = run_command(*command, "--resume")
    assert status == 0, said


def test_an_encoder_for_pictures_is_refused_in_words(data: Path, tmp_path: Path) -> None:
    status, _, said = run_command("train", data, "--out", tmp_path / "run", "--set", "encoder.width=8", *FAST)
    assert status == 2
    assert "The encoder CNN reads pictures, and these data are vectors" in said


def test_vectors_without_labels(tmp_path: Path) -> None:
    np.save(tmp_path / "plain.npy", blobs(120, 4)[0])
    status, _, said = run_command("train", tmp_path / "plain.npy", "--out", tmp_path / "run", *FAST)
    assert status == 2
    assert "None of the vectors has a class, and the loss Triplet needs classes" in said
    views = ("--set", "loss=nt_xent", "--set", "loss.views=two views")
    found = json_of("train", tmp_path / "plain.npy", "--out", tmp_path / "run", *FAST, *views)
    assert found["epochs"] == 2
    assert found["metrics"] == {}
