"""A training loop of somebody's own is recorded as a run that is opened, asked and shown like any other."""

from __future__ import annotations

import re
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import Subset, TensorDataset

import explorer
from explorer.core.errors import UserError
from explorer.core.events import RunFailed, RunFinished
from explorer.engine.run import watched_run
from explorer.runs.folder import RunFolder
from tests.helpers.command_line import run_command
from tests.helpers.own_loop import Net, digit_sets, train_own

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture(scope="module")
def data() -> tuple[TensorDataset, TensorDataset]:
    return digit_sets()


def test_a_loop_of_torch_becomes_a_run(data: tuple[TensorDataset, TensorDataset], tmp_path: Path) -> None:
    model = Net()
    with explorer.watch(tmp_path / "run", model, data[0], test=data[1], distance="cosine") as watch:
        train_own(model, data[0], watch)
        assert model.training
    folder = RunFolder.open(tmp_path / "run")
    history = folder.history()
    assert [step.step for step in history.metrics] == list(range(1, 31))
    first = history.metrics[0]
    assert first.census is not None
    assert first.census.margin == 0.2
    assert first.grad_norm > 0
    assert {(e.part, e.step) for e in history.evaluations} >= {("held-out", 0), ("held-out", 30), ("train", 30)}
    assert history.finished is not None
    assert history.finished.reason == "done"
    assert folder.snapshot_steps()[:: len(folder.snapshot_steps()) - 1] == (0, 30)
    assert [step.step for step in folder.kept_steps()] == list(folder.snapshot_steps())
    assert folder.verify() == ()
    assert folder.header.script == "Net"
    run = explorer.open_run(tmp_path / "run")
    whole = torch.cat((data[0].tensors[0], data[1].tensors[0]))
    with torch.no_grad():
        expected = nn.functional.normalize(model.eval()(whole)).numpy()
    np.testing.assert_allclose(run.embeddings, expected, atol=2e-3)
    assert run.figures["recall@1"] > 0.5
    assert len(run.held_out) == 200
    near = run.neighbours(0, k=3)
    assert near[0].distance <= near[2].distance


def test_lists_and_commands_say_that_a_script_trained_it(
    data: tuple[TensorDataset, TensorDataset], tmp_path: Path
) -> None:
    with explorer.watch(tmp_path / "runs" / "mine", Net(), data[0], test=data[1]) as watch:
        watch.step(0.5, torch.eye(4), torch.tensor([0, 0, 1, 1]))
    assert re.search(r" of its script +data  mine", run_command("runs", tmp_path / "runs")[1], re.M)
    data_file = tmp_path / "runs" / "mine" / "data.npz"
    status, _, said = run_command("train", data_file, "--out", data_file.parent, "--resume")
    assert status == 2
    assert "its network Net is there and not in the run" in said


def test_data_of_a_path_are_read_as_the_window_reads_them(tmp_path: Path) -> None:
    model = Net()
    seen: list[tuple[int, ...]] = []

    def prepare(pixels: np.ndarray) -> Tensor:
        seen.append(pixels.shape)
        return torch.from_numpy(pixels).float().flatten(1) / 255

    with explorer.watch(tmp_path / "run", model, "sample:digits", prepare=prepare) as watch:
        watch.step(0.5, torch.eye(4), torch.tensor([0, 0, 1, 1]))
    run = explorer.open_run(tmp_path / "run")
    assert seen[0] == (256, 28, 28, 1)
    assert len(run.train) + len(run.held_out) == len(run.ids) == 1797
    assert RunFolder.open(tmp_path / "run").data.uri == "sample:digits"


def test_vectors_and_parts_of_a_set_with_names(tmp_path: Path) -> None:
    rows = TensorDataset(torch.randn(40, 5), torch.arange(40) % 2)
    rows.classes = ["cat", "dog"]  # type: ignore[attr-defined]
    with explorer.watch(tmp_path / "run", nn.Linear(5, 3), Subset(rows, range(30)), test=Subset(rows, range(30, 40))):
        pass
    run = explorer.open_run(tmp_path / "run")
    assert run.class_names == ("cat", "dog")
    assert (len(run.train), len(run.held_out)) == (30, 10)
    pictures = (torch.randint(0, 255, (12, 3, 6, 6), dtype=torch.uint8).float(), torch.arange(12) % 3)
    with explorer.watch(tmp_path / "colour", nn.Sequential(nn.Flatten(), nn.Linear(108, 2)), pictures, most=6):
        pass
    assert RunFolder.open(tmp_path / "colour").data.shape[2] == 3
    assert len(explorer.open_run(tmp_path / "colour").ids) == 6


def test_the_training_goes_on_whatever_the_network_gives(tmp_path: Path) -> None:
    class Pair(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            return (super().forward(x), x)  # type: ignore[return-value]

    rows = (torch.randn(20, 4), torch.arange(20) % 2)
    watch = explorer.watch(tmp_path / "run", Pair(4, 2), rows)
    with pytest.warns(UserWarning, match="Pair gives tuple, and not a row"), watch:
        watch.step(torch.tensor(1.0), torch.eye(4), torch.tensor([0, 0, 1, 1]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        watch.step(1.0, torch.eye(4), torch.tensor([0, 0, 1, 1]))  # after its end it does nothing
        watch.close()
    assert len(RunFolder.open(tmp_path / "run").history().metrics) == 1


def test_an_end_that_is_not_measured_in_time_lets_the_script_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, last = threading.Event(), threading.Event()

    class Held(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            if last.is_set():
                go.wait(60)
            return super().forward(x)

    monkeypatch.setattr(watched_run, "MEASURING_SECONDS", 0.2)
    rows = (torch.randn(20, 4), torch.arange(20) % 2)
    watch = explorer.watch(tmp_path / "run", Held(4, 2), rows)
    last.set()
    with pytest.warns(UserWarning, match="is not recorded in full: what is embedded at the end takes longer"):
        watch.close()
    go.set()
    assert RunFolder.open(tmp_path / "run").history().finished is not None


def test_a_script_that_fails_is_told(tmp_path: Path) -> None:
    rows = (torch.randn(20, 4), torch.arange(20) % 2)
    with pytest.raises(ZeroDivisionError), explorer.watch(tmp_path / "run", nn.Linear(4, 2), rows):
        raise ZeroDivisionError("of mine")
    ended = RunFolder.open(tmp_path / "run").history().lifecycle[-1]
    assert isinstance(ended, RunFailed)
    assert "ZeroDivisionError: of mine" in ended.message
    with pytest.raises(KeyboardInterrupt), explorer.watch(tmp_path / "again", nn.Linear(4, 2), rows):
        raise KeyboardInterrupt
    ended = RunFolder.open(tmp_path / "again").history().lifecycle[-1]
    assert isinstance(ended, RunFinished)
    assert ended.reason == "stopped"


def test_what_cannot_be_watched_is_said_in_a_sentence(tmp_path: Path) -> None:
    rows = (torch.randn(20, 4), torch.arange(20) % 2)
    linear = nn.Linear(4, 2)
    with pytest.raises(UserError, match="are no batch"), explorer.watch(tmp_path / "run", linear, rows) as watch:
        watch.step(0.0, torch.eye(3), torch.zeros(2))
    with pytest.raises(UserError, match="already holds a run"):
        explorer.watch(tmp_path / "run", linear, rows)
    with pytest.raises(UserError, match="neither pictures nor vectors"):
        explorer.watch(tmp_path / "a", linear, (torch.randn(20, 2, 2, 2, 2), torch.zeros(20)))
    with pytest.raises(UserError, match="cannot be read"):
        explorer.watch(tmp_path / "b", linear, [("x", 1), ("y", 2), ("z", 3)])
    with pytest.raises(UserError, match="no distance"):
        explorer.watch(tmp_path / "c", linear, rows, distance="far")
    assert not (tmp_path / "a").exists()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".watch")]


def test_the_example_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    block = next(
        text for text in re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.S) if ".watch(" in text
    )
    exec(block, {})
    assert explorer.open_run("runs/mine").figures["recall@1"] > 0.8
