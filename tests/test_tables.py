"""What the tables say of rows: paired differences, what cannot be told apart, and that stopped work goes on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks import training
from tests.benchmarks.equal_budget import number_of
from tests.benchmarks.tables import README, equal_budget, filled, pretrained
from tests.benchmarks.training import keep_partial, key_of, partial_rows

ROOT = Path(__file__).resolve().parents[1]


def row(name: str, seed: int, recall: float, kind: str = "default", setting: str = "loss=x") -> dict[str, Any]:
    return {
        "name": name, "seed": seed, "recall@1": recall, "kind": kind, "data": "omniglot", "images": 4800,
        "settings": [setting],
    }  # fmt: skip


def test_losses_are_told_from_triplet_by_the_differences_of_their_seeds() -> None:
    rows = [row("triplet", seed, value) for seed, value in enumerate((0.5, 0.6, 0.7))]
    rows += [row("better", seed, value) for seed, value in enumerate((0.61, 0.7, 0.79))]
    rows += [row("like it", seed, value) for seed, value in enumerate((0.4, 0.6, 0.79))]
    rows += [{**row("fails", 0, 0.0), "error": "why"}]
    rows += [row("triplet", seed, 0.65, "tuned", "loss.margin=0.4") for seed in range(3)]
    rows += [row("triplet", 100, 0.9, "search", "loss.margin=0.4")]
    lines = equal_budget(rows).splitlines()
    assert lines[0] == "**omniglot, 4,800 images**"
    assert [line.split(" | ")[0] for line in lines[4:7]] == ["| `better`", "| `triplet`", "| `like it`"]
    assert "| +0.100 ± 0.025 | 3 |" in lines[4]
    assert "| margin 0.4 | 0.650 ± 0.000 |" in lines[5]
    assert lines[-1] == "Not to be told from triplet by these runs: `like it`."


def test_a_curve_shows_what_takes_no_steps_at_every_step() -> None:
    rows = [
        {"way": "frozen", "curve": [[0, 0.3]]},
        {"way": "fine-tuned", "curve": [[0, 0.3], [5, 0.4]]},
    ]
    assert pretrained(rows).splitlines()[2:] == ["| frozen | 0.300 | 0.300 |", "| fine-tuned | 0.300 | 0.400 |"]


def test_finished_jobs_are_kept_wherever_the_data_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "RESULTS", tmp_path)
    job = {"data": "/here/omniglot.zip", "seed": 1}
    keep_partial("some", job, {**job, "recall@1": 0.5})
    assert partial_rows("some")[key_of({**job, "data": "/elsewhere/omniglot.zip"})]["recall@1"] == 0.5
    assert key_of({**job, "seed": 2}) not in partial_rows("some")
    assert not partial_rows("")
    assert not partial_rows("others")


@pytest.mark.parametrize("name", ["triplet", "arcface", "nt_xent", "multi_similarity", "angular"])
def test_eight_values_are_tried_and_the_default_is_among_them(name: str) -> None:
    found = number_of(name)
    assert found is not None
    assert len(set(found[1])) == 8
    assert found[1] == sorted(found[1])
    assert number_of("softmax") is None


def test_the_page_of_figures_says_what_the_results_say() -> None:
    text = README.read_text(encoding="utf-8")
    assert filled(text) == text


@pytest.mark.parametrize("room", [".", "tests/benchmarks", "explorer", "packaging"])
def test_links_lead_to_what_is_there(room: str) -> None:
    page = f"{room}/README.md"
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        path, _, place = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        assert file.exists(), target
        if place:
            heads = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert place in {re.sub(r"[^a-z0-9 -]", "", head.lower()).replace(" ", "-") for head in heads}, target
