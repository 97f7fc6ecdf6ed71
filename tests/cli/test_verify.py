"""Verify two pictures as a script would, on a run that was trained here."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.data.opening import open_dataset
from explorer.runs.threshold import read_threshold
from tests.helpers.command_line import run_command

FAST = ["--set", "encoder=linear", "--set", "data.size=28", "--device", "cpu", "--epochs", 1]


@pytest.mark.full
def test_two_pictures_are_the_same_up_to_the_threshold_that_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMBEDDING_EXPLORER_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "run"
    assert run_command("train", "sample:digits", "--out", path, *FAST)[0] == 0
    digits = open_dataset("sample:digits")
    first, other = (int(np.flatnonzero(digits.labels == label)[0]) for label in (3, 7))
    Image.fromarray(digits.inputs[first][..., 0]).save(tmp_path / "first.png")
    status, out, err = run_command("verify", path, tmp_path / "first.png", digits.ids[first], "--json")
    assert status == 0, err
    found = json.loads(out)
    kept = read_threshold(path)
    assert kept is not None
    assert found == {"same": True, "distance": pytest.approx(0, abs=1e-3), "threshold": kept.distance}
    found = json.loads(run_command("verify", path, digits.ids[other], digits.ids[first], "--json")[1])
    assert found["same"] == (found["distance"] <= kept.distance)
    assert found["distance"] > 0
    status, out, err = run_command("verify", path, tmp_path / "first.png", digits.ids[first])
    assert out.startswith("same  (distance 0.0")
    assert "chosen on half of the held-out classes" in out
    assert "of different pairs and refuses" in err
    status, _, err = run_command("verify", path, tmp_path / "none.png", digits.ids[first])
    assert status == 2
    assert "neither a file nor an item" in err
