"""Train on pictures with captions and measure them, as a script would."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.captions import shape_captions
from tests.helpers.command_line import json_of, run_command


@pytest.mark.full
@pytest.mark.parametrize("things", [pytest.param(False, marks=pytest.mark.full), True])
def test_captions_are_measured_across_and_by_class_where_there_are_classes(tmp_path: Path, things: bool) -> None:
    data, out = shape_captions(tmp_path, 16, held_out=0.5, things=things), tmp_path / "run"
    few = ("--set", "data.size=16", *(("--set", "data.label_column=thing") if things else ()))
    status, _, said = run_command("train", data, "--out", out, "--epochs", 1, "--device", "cpu", *few)
    assert status == 0, said
    found = json_of("evaluate", out)
    assert found["protocol"] == "cross-modal"
    assert 0 <= found["metrics"]["recall@1"] <= 1
    assert found["items"] == 16
    assert ("retrieval" in found) == things
    status, told, said = run_command("evaluate", out)
    assert (status, "cross-modal: 16 held-out items" in told, "retrieval: " in told) == (0, True, things), said
    status, _, said = run_command("evaluate", out, "--protocol", "retrieval")
    assert (status, "has nothing to measure" in said) == ((0, False) if things else (2, True))
