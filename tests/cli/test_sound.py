"""Speakers as a script would tell them apart: the recipe, verify, query, gallery and embed on recordings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.helpers.command_line import json_of, run_command
from tests.helpers.sound import tones


def test_a_run_on_recordings_verifies_finds_enrols_and_embeds_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMBEDDING_EXPLORER_CACHE", str(tmp_path / "cache"))
    data = tones(tmp_path / "tones", range(2), ("ann", "bob", "cid", "dan", "eve", "fay", "gus", "hal"), 3)
    checked = json_of("check", data)
    assert checked["class_names"] == ["0", "1"]
    assert any("data.label_column=part2" in note for note in checked["notes"])
    path = tmp_path / "run"
    by_speaker = (
        "--recipe",
        "speakers",
        "--set",
        "data.label_column=part2",
        "--set",
        "encoder.width=4",
        "--set",
        "split.test=0.5",
    )
    status, _, err = run_command("train", data, "--out", path, *by_speaker, "--device", "cpu", "--epochs", 1)
    assert status == 0, err
    new = tones(tmp_path / "new", (1,), ("ann", "bob"), 2)
    first, other = new / "1_ann_1.wav", new / "1_bob_0.wav"
    found = json_of("verify", path, first, data / "1_ann_1.wav")
    assert (found["same"], found["distance"]) == (True, pytest.approx(0, abs=1e-3))
    asked = run_command("query", path, other, "--json")
    assert asked[0] == 0, asked[2]
    assert "1_bob_0.wav" in asked[1]
    for speaker in ("ann", "bob"):
        assert run_command("gallery", path, "enrol", speaker, new / f"1_{speaker}_0.wav")[0] == 0
    identified = run_command("gallery", path, "identify", new / "1_ann_0.wav", "--json")
    assert identified[0] == 0, identified[2]
    assert "ann" in identified[1]
    status, _, err = run_command("embed", path, data, tmp_path / "rows.npy")
    assert status == 0, err
    assert np.load(tmp_path / "rows.npy").shape == (48, 64)
