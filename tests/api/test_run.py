"""What a script asks of a run, on the digits."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import explorer
from explorer.core.errors import UserError
from explorer.data.opening import open_dataset
from tests.helpers.command_line import json_of
from tests.helpers.data import picture_folder

README = Path(explorer.__file__).parent.parent / "README.md"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Iterator[explorer.Run]:
    """A short run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMBEDDING_EXPLORER_CACHE", str(cache))
        out = tmp_path_factory.mktemp("runs") / "first"
        yield explorer.train("sample:digits", out=out, encoder="linear", epochs=2, margin=0.3, threads=1)


def test_a_run_says_what_the_command_line_says(run: explorer.Run) -> None:
    assert (len(run.ids), len(run.class_names)) == (1797, 10)
    assert run.labels.shape == (1797,)
    assert len(run.train) + len(run.held_out) == 1797
    assert run.embeddings.shape == (1797, run.recipe.resolved().encoder.params["dimension"])
    np.testing.assert_allclose(np.linalg.norm(run.embeddings, axis=1), 1, atol=1e-5)
    found = json_of("evaluate", run.path)["metrics"]
    assert run.figures == {name: value for name, value in found.items() if name in run.figures}
    assert run.figures["recall@1"] > 0.8
    few = run.evaluate("few-shot", episodes=20, ways="5", shots="1")
    assert few["5-way 1-shot"]
    assert "triplet" in repr(run)


def test_neighbours_are_those_of_a_query(run: explorer.Run, tmp_path: Path) -> None:
    nearest = run.neighbours(7, k=4)
    assert len(nearest) == 4
    assert run.ids[7] not in [near.id for near in nearest]
    distances = np.linalg.norm(run.embeddings - run.embeddings[7], axis=1)
    assert nearest[0].distance == pytest.approx(np.sort(distances)[1], abs=1e-4)
    assert nearest == run.neighbours(run.ids[7], k=4)
    digits = open_dataset("sample:digits")
    pictures = [tmp_path / f"{item}.png" for item in (7, 9)]
    for path, item in zip(pictures, (7, 9), strict=True):
        Image.fromarray(digits.inputs[item][..., 0]).save(path)
    assert [near.id for near in run.query(pictures[0], k=5)] == [run.ids[7], *(near.id for near in nearest)]
    np.testing.assert_allclose(run.embed(pictures), run.embeddings[[7, 9]], atol=1e-5)
    np.testing.assert_allclose(run.embed(pictures[0]), run.embeddings[[7]], atol=1e-5)
    np.testing.assert_allclose(run.embed("sample:digits"), run.embeddings, atol=1e-6)
    with pytest.raises(UserError, match="none of its items"):
        run.neighbours("nobody")


def test_a_run_is_opened_again_and_compared(run: explorer.Run, tmp_path: Path) -> None:
    again = explorer.open_run(run.path)
    assert again.recipe == run.recipe
    other = explorer.train("sample:digits", out=tmp_path / "other", recipe=run.path, margin=0.1, threads=1)
    found = explorer.compare(run, other.path)
    assert found.differences == {"loss.margin": (0.3, 0.1)}
    assert found.metrics["recall@1"].a == pytest.approx(run.figures["recall@1"], abs=1e-6)
    with pytest.raises(UserError, match="is not a run"):
        explorer.open_run(tmp_path)


@pytest.mark.parametrize("k", [0, -5, 2.5, True])
def test_how_many_are_asked_for_is_a_whole_number(run: explorer.Run, k: Any) -> None:
    with pytest.raises(UserError, match="is not a whole number of at least 1"):
        run.neighbours(0, k=k)
    with pytest.raises(UserError, match="is not a whole number of at least 1"):
        run.query("0.png", k=k)


def test_what_is_no_path_is_said_in_a_sentence(run: explorer.Run, tmp_path: Path) -> None:
    wrong: Any
    for wrong in (3, None, b"x", "a\0b"):
        with pytest.raises(UserError, match="is no place of data"):
            explorer.train(wrong, out=tmp_path / "run")
        with pytest.raises(UserError, match="is no place of a run"):
            explorer.open_run(wrong)
        with pytest.raises(UserError, match="is no place of a file"):
            run.embed(wrong)
    with pytest.raises(UserError, match="is no place of a run"):
        explorer.train("sample:digits", out="a\0b")
    with pytest.raises(UserError, match="No files were named"):
        run.embed([])


@pytest.mark.parametrize(
    "change", [(3, "loss.margin"), ("3", "loss.margin", 0.1), (-3, "loss.margin", 0.1), 3, (1, 2, 3), (1, "x", None)]
)
def test_what_is_no_change_is_said_in_a_sentence(tmp_path: Path, change: Any) -> None:
    with pytest.raises(UserError, match=r"is no change of a live value. Give a step, a key and a value"):
        explorer.train("sample:digits", out=tmp_path / "run", changes=[change])


def test_a_run_is_not_trained_to_fewer_epochs_than_it_has_had(run: explorer.Run) -> None:
    before = run.command_line()
    for epochs, words in ((1, "has had 2 epochs already"), (-1, "-1 is no number of epochs")):
        with pytest.raises(UserError, match=words):
            run.resume(epochs=epochs)
    assert explorer.open_run(run.path).command_line() == before


def test_data_that_were_moved_are_asked_and_named_where_they_are(tmp_path: Path) -> None:
    before, now = picture_folder(tmp_path / "before", {"a": 12, "b": 12, "c": 12}), tmp_path / "now"
    explorer.train(before, out=tmp_path / "run", encoder="linear", epochs=1, threads=1)
    before.rename(now)
    moved = explorer.open_run(tmp_path / "run", data=now)
    assert explorer.compare(moved, moved).metrics
    assert str(now) in moved.command_line()
    assert str(now) in moved.python()
    assert str(now) in moved.resume(epochs=2, threads=1).command_line()


@pytest.mark.full
def test_the_lines_of_the_readme_do_what_it_says(tmp_path: Path) -> None:
    section = README.read_text("utf-8").partition("## Use it from Python")[2].partition("\n## ")[0]
    (lines,) = re.findall(r"^```python\n(.*?)^```$", section, re.M | re.S)
    here = {**os.environ, "PYTHONPATH": str(README.parent)}
    done = subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, encoding="utf-8", timeout=300, cwd=tmp_path, env=here
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"recall@1 0\.\d+", done.stdout)
    assert "train sample:digits --out" in done.stdout
    assert (tmp_path / "runs" / "digits" / "run.json").exists()


def test_importing_it_loads_nothing_and_shows_what_there_is() -> None:
    code = "import sys, explorer; print(*(m for m in sys.modules if m.startswith('explorer.')), len(dir(explorer)) > 6)"
    here = {**os.environ, "PYTHONPATH": str(README.parent)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", env=here, check=True)
    assert done.stdout.split() == ["explorer.core", "explorer.core.torch_environment", "True"]
    assert {"train", "open_run", "compare", "Run", "Recipe", "UserError"} <= set(dir(explorer))
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        _ = explorer.trian  # type: ignore[attr-defined]
