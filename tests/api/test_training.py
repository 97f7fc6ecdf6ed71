"""Scripts train what the window and the command line train: copied lines give the same weights, bit for bit."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import explorer
from explorer.core.errors import UserError
from explorer.core.events import RunFinished, RunPaused, RunResumed
from explorer.core.recipe import Recipe
from explorer.core.registry import Scalar
from explorer.core.types import StepMetrics
from explorer.engine.events import DatasetOpened
from explorer.engine.recipes import command_line
from explorer.engine.recipes.chosen_settings import with_settings
from explorer.engine.session.session import Session
from explorer.runs.folder import RunFolder
from tests.helpers.command_line import run_command
from tests.helpers.data import picture_folder
from tests.helpers.listening import Listener

FAST: dict[str, Scalar] = {"encoder": "linear", "sampler.classes": 10, "sampler.images": 8, "epochs": 2}
THREADS = 1

Changes = Sequence[Sequence[tuple[str, Scalar]]]
"""What is changed while a run trains: in one pause after the other."""


def in_the_window(folder: Path, settings: dict[str, Scalar], changes: Changes = ()) -> Path:
    """Train the digits as a window does, whose map is fed meanwhile, and return the folder of the run."""
    listener = Listener()
    session = Session(listener.ring, live=True, runs_folder=folder / "runs", threads=THREADS)
    listener.listen(session.lanes)
    try:
        session.configure(with_settings(Recipe(), settings))
        session.open("sample:digits")
        listener.until(DatasetOpened)
        session.train(folder / "window")
        for pause in changes:
            began = listener.now()
            listener.until(StepMetrics, after=began)
            session.pause()
            listener.until(RunPaused, after=began)
            for path, value in pause:
                session.set(path, value)
            session.resume()
            listener.until(RunResumed, after=began)
        listener.until(RunFinished)
    finally:
        assert session.close(60.0)
    return folder / "window"


def weights(folder: Path) -> dict[str, bytes]:
    """Return all that a run would go on from: weights, moments and random states."""
    checkpoint = RunFolder.open(folder).latest_checkpoint()
    assert checkpoint is not None
    return {name: np.ascontiguousarray(tensor).tobytes() for name, tensor in checkpoint.tensors.items()}


def words_after_program(command: str) -> list[str]:
    """Return what a POSIX shell would hand to the program."""
    words, program = shlex.split(command), command_line.program()
    assert words[: len(program)] == program
    return words[len(program) :]


RECIPES: dict[str, dict[str, Scalar]] = {
    "as it is": {"epochs": 1, "encoder.width": 8, "sampler.classes": 10, "sampler.images": 8},
    "semi-hard": {**FAST, "loss.margin": 0.35, "miner": "semi_hard", "seed": 3},
    "a formula": {**FAST, "loss": "0.5*contrastive(margin=0.7) + softmax", "split": "classes", "split.test": 0.3},
    "a memory": {**FAST, "loss": "cross_batch_memory", "distance": "cosine"},
    "fitted": {"fitter": "lmnn", "fitter.iterations": 8},
}


@pytest.mark.full
@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(settings, id=name, marks=[] if name in {"semi-hard", "fitted"} else [pytest.mark.full])
        for name, settings in RECIPES.items()
    ],
)
def test_the_copied_command_and_the_copied_lines_train_the_same(settings: dict[str, Scalar], tmp_path: Path) -> None:
    run = explorer.open_run(in_the_window(tmp_path, settings))
    (command,) = run.command_line(tmp_path / "again").splitlines()
    assert run_command(*words_after_program(command))[0] == 0
    assert weights(tmp_path / "again") == weights(run.path)
    found: dict[str, Any] = {"print": lambda figures: None}
    exec(run.python(tmp_path / "lines"), found)
    assert weights(tmp_path / "lines") == weights(run.path)
    assert found["run"].figures["recall@1"] > 0.3
    assert found["run"].recipe.resolved() == run.recipe.resolved()


@pytest.mark.full
def test_what_was_changed_while_it_trained_changes_at_the_same_steps(tmp_path: Path) -> None:
    changes: Changes = (
        [("loss.margin", 0.9), ("loss.margin", 0.5)],
        [("miner", "semi_hard"), ("optimiser.rate", 0.0005)],
    )
    run = explorer.open_run(in_the_window(tmp_path, {**FAST, "epochs": 40}, changes))
    told = run.how_trained.changes
    assert [(change.path, change.new) for change in told] == [
        ("loss.margin", 0.5),
        ("miner", "semi_hard"),
        ("optimiser.rate", 0.0005),
    ]
    assert 1 < told[0].step < told[1].step == told[2].step
    (command,) = run.command_line(tmp_path / "again").splitlines()
    assert f"--change {told[0].step}:loss.margin=0.5" in command
    assert run_command(*words_after_program(command))[0] == 0
    assert weights(tmp_path / "again") == weights(run.path)
    assert explorer.open_run(tmp_path / "again").how_trained.changes == tuple(
        replace(change, run=RunFolder.open(tmp_path / "again").run) for change in told
    )
    exec(run.python(tmp_path / "lines"), {"print": lambda figures: None})
    assert weights(tmp_path / "lines") == weights(run.path)
    assert run.recipe.loss.params["margin"] == 0.5
    plain = explorer.train("sample:digits", out=tmp_path / "plain", settings={**FAST, "epochs": 40}, threads=THREADS)
    assert weights(plain.path) != weights(run.path)  # a change of nothing would prove nothing


@pytest.mark.full
def test_a_run_that_was_trained_further_is_trained_further_again(tmp_path: Path) -> None:
    first = explorer.train("sample:digits", out=tmp_path / "first", settings=FAST, threads=THREADS)
    run = first.resume(epochs=3, threads=THREADS)
    commands = run.command_line(tmp_path / "again").splitlines()
    assert len(commands) == 2
    for command in commands:
        assert run_command(*words_after_program(command))[0] == 0
    assert weights(tmp_path / "again") == weights(run.path)
    exec(run.python(tmp_path / "lines"), {"print": lambda figures: None})
    assert weights(tmp_path / "lines") == weights(run.path)


@pytest.mark.full
def test_a_plain_script_trains_without_a_guard_and_without_the_window(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(
        f"""
import sys
import explorer
assert not {{"torch", "PySide6", "numpy"}} & set(sys.modules)
run = explorer.train("sample:digits", out={str(tmp_path / "run")!r}, loss="contrastive", margin=0.6, encoder="linear",
                     epochs=1, threads=1)
print(len(run.ids), run.embeddings.shape, run.figures["recall@1"] > 0.5, run.recipe.loss.params["margin"])
print("PySide6" in sys.modules)
""",
        encoding="utf-8",
    )
    here = {**os.environ, "PYTHONPATH": str(Path(explorer.__file__).parent.parent)}
    done = subprocess.run([sys.executable, script], capture_output=True, encoding="utf-8", timeout=300, env=here)
    assert done.stdout.splitlines() == ["1797 (1797, 64) True 0.6", "False"], done.stderr


def test_names_alone_say_which_part_they_are_of(tmp_path: Path) -> None:
    for values, words in (
        ({"marjin": 0.2}, "This recipe has no marjin. Did you mean margin?"),
        ({"loss": "arcface", "temperature": 1}, "This recipe has no temperature"),
        ({"margin": -3}, "loss.margin = -3"),
        ({"size": 5, "crop": "perhaps"}, "crop"),
    ):
        with pytest.raises(UserError, match=re.escape(words)):
            explorer.train("sample:digits", out=tmp_path / "run", **values)
    assert not (tmp_path / "run").exists()
    with pytest.raises(UserError, match="cannot change while a run trains"):
        explorer.train("sample:digits", out=tmp_path / "run", changes=[(3, "encoder.dimension", 8)])
    with pytest.raises(UserError, match=r"absent"):
        explorer.train(tmp_path / "absent", out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_data_that_were_added_are_added_again(tmp_path: Path) -> None:
    main, test, gallery = (
        picture_folder(tmp_path / name, {"a": each, "b": each}) for name, each in (("m m", 12), ("t", 4), ("g", 3))
    )
    small: dict[str, Scalar] = {"encoder": "linear", "epochs": 3}
    run = explorer.train(main, out=tmp_path / "run", test=test, gallery=[gallery], settings=small, threads=THREADS)
    assert len(run.ids) == 24 + 8 + 6
    assert len(run.train) == 24
    (command,) = run.command_line(tmp_path / "again").splitlines()
    assert run_command(*words_after_program(command))[0] == 0
    assert weights(tmp_path / "again") == weights(run.path)
    again = explorer.open_run(tmp_path / "again")
    assert again.ids == run.ids
    assert f"test='{test}'" in again.python()


def test_a_change_at_a_step_that_never_comes_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    run = explorer.train("sample:digits", settings={**FAST, "epochs": 1}, out=tmp_path / "run",
                         changes=[(10**6, "loss.margin", 0.6)], tell=told.append)  # fmt: skip
    assert any(text.endswith("loss.margin = 0.6 at step 1,000,000 was not set") for text in told)
    assert not run.how_trained.changes
    run.resume(epochs=2, changes=[(1, "loss.margin", 0.6)], tell=told.append)
    assert any("already: loss.margin = 0.6 at step 1 was not set" in text for text in told)
