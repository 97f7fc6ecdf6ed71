"""Train on texts, evaluate, embed, and ask by a text that is typed, as a script would."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.command_line import json_of, run_command
from tests.helpers.texts import question_table


@pytest.mark.full
def test_texts_from_check_to_query(tmp_path: Path) -> None:
    data, out = question_table(tmp_path / "questions.csv"), tmp_path / "run"
    found = json_of("check", data)
    assert {key: found[key] for key in ("kept", "classes", "skipped", "source", "reason")} == {
        "kept": 48, "classes": 4, "skipped": [], "source": "texts", "reason": "a table with a column of texts, text",
    }  # fmt: skip
    few = ("--set", "encoder=ngrams", "--set", "encoder.dimension=64", "--set", "sampler.classes=4")
    status, _, said = run_command("train", data, "--out", out, "--epochs", 6, "--device", "cpu", *few)
    assert status == 0, said
    assert "questions: 48 texts, 4 classes" in said
    assert "character n-grams: recall@1" in said
    assert json_of("evaluate", out)["metrics"]["recall@1"] > 0.5
    found = json_of("query", out, "--text", "WHERE is my card?", "-k", 4)
    assert found["class"] == "card arrival"
    (tmp_path / "ask.txt").write_text("where is my card?")
    assert json_of("query", out, tmp_path / "ask.txt", "-k", 4)["neighbours"] == found["neighbours"]
    for wrong in ((), (tmp_path / "ask.txt", "--text", "both")):
        status, _, said = run_command("query", out, *wrong)
        assert status == 2
        assert "needs one thing to ask by" in said
    for empty in (" \n", ""):
        status, _, said = run_command("query", out, "--text", empty)
        assert (status, "is empty" in said) == (2, True)
    (tmp_path / "other.txt").write_text("my phone was stolen")
    assert {"distance", "threshold"} <= set(json_of("verify", out, tmp_path / "ask.txt", tmp_path / "other.txt"))
    assert run_command("gallery", out, "enrol", "phones", tmp_path / "other.txt")[0] == 0
    nearest = json_of("gallery", out, "identify", tmp_path / "other.txt", "--threshold", 0.1)
    assert (nearest["name"], nearest["distance"]) == ("phones", pytest.approx(0, abs=1e-3))
    assert json_of("embed", out, data, tmp_path / "made.csv")["dimension"] == 64
