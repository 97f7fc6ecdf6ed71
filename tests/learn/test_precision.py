"""In which precision an encoder trains: measured where the recipe leaves it open, and then kept."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from explorer.core.events import Checkpoint, RunStarted
from explorer.core.recipe import Recipe
from explorer.learn import precision
from explorer.learn.device import evaluation_precision, mixed_precision
from explorer.learn.precision import FASTER, FILE_NAME, PRECISIONS, VARIABLE, chosen_precision, faster
from tests.learn.tasks import made_up, of, quick_recipe, run, task


class Timed:
    """Steps that take so many seconds by a clock of their own, the first of each ten times as many."""

    def __init__(self, **seconds: float) -> None:
        self.seconds, self.now = seconds, 0.0
        self.taken: list[str] = []

    def step(self, name: str) -> None:
        self.now += self.seconds[name] * (1 if name in self.taken else 10)
        self.taken.append(name)

    def clock(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def _measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE)


@pytest.mark.parametrize(
    ("half", "expected"), [(0.5, "bfloat16"), (1 / FASTER - 0.01, "bfloat16"), (0.95, "float32"), (3.0, "float32")]
)
def test_bfloat16_is_taken_only_where_it_is_clearly_faster(half: float, expected: str) -> None:
    timed = Timed(float32=0.01, bfloat16=0.01 * half)
    assert faster(timed.step, clock=timed.clock) == expected


def test_what_is_slower_is_given_up_early_and_what_takes_long_is_tried_once() -> None:
    timed = Timed(float32=0.001, bfloat16=0.002)
    faster(timed.step, clock=timed.clock)
    assert timed.taken == ["float32", "bfloat16"] * precision.TELLING
    timed = Timed(float32=5.0, bfloat16=2.0)
    assert faster(timed.step, clock=timed.clock) == "bfloat16"
    assert timed.taken == ["float32", "bfloat16"]


@pytest.mark.parametrize("value", PRECISIONS)
def test_a_recipe_that_says_one_is_followed_without_measuring(value: str, tmp_path: Path) -> None:
    assert chosen_precision(quick_recipe(f"precision={value}"), made_up()[0], folder=tmp_path) == value
    assert not list(tmp_path.iterdir())


def test_what_was_measured_is_remembered_by_encoder_and_size(tmp_path: Path) -> None:
    pixels, recipe, file = made_up()[0], quick_recipe(), tmp_path / FILE_NAME
    found = chosen_precision(recipe, pixels, folder=tmp_path)
    assert found in PRECISIONS
    known = json.loads(file.read_text())
    assert list(known.values()) == [found]
    (other,) = {*PRECISIONS} - {found}
    file.write_text(json.dumps(dict.fromkeys(known, other)))
    assert chosen_precision(recipe, pixels, folder=tmp_path) == other
    chosen_precision(recipe, made_up(side=12)[0], folder=tmp_path)
    chosen_precision(quick_recipe("encoder.width=24"), pixels, folder=tmp_path)
    assert len(json.loads(file.read_text())) == 3
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


DAMAGED = (b"", b"[1]", b"\xff", b'{"a": {}}', b"[" * 5000, b" " * (precision.MOST_BYTES + 1))


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_file_is_measured_anew(content: bytes, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    assert chosen_precision(quick_recipe(), made_up()[0], folder=tmp_path) in PRECISIONS
    assert len(json.loads((tmp_path / FILE_NAME).read_text())) == 1


def test_where_nothing_can_be_written_it_is_measured_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert chosen_precision(quick_recipe(), made_up()[0], folder=tmp_path / "file") in PRECISIONS


def test_a_fitter_and_an_encoder_that_cannot_be_made_are_not_measured(tmp_path: Path) -> None:
    pixels = made_up()[0]
    assert chosen_precision(quick_recipe("fitter=identity"), pixels, folder=tmp_path) == "auto"
    missing = quick_recipe("encoder=transformers", f"encoder.model={tmp_path}/none")
    assert chosen_precision(missing, pixels, folder=tmp_path) == "float32"


def weights_of(recipe: Recipe, *, precision: str = "", resume: Checkpoint | None = None) -> dict[str, bytes]:
    """What a small run ends with."""
    return bits(of(Checkpoint, run(replace(task(recipe, resume=resume), precision=precision)))[-1])


def bits(checkpoint: Checkpoint) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in checkpoint.tensors.items()}


def test_measuring_leaves_what_a_run_draws_and_learns_as_it_was(tmp_path: Path) -> None:
    recipe = quick_recipe("precision=float32")
    before, state = weights_of(recipe), torch.get_rng_state()
    chosen_precision(quick_recipe(), made_up()[0], folder=tmp_path)
    assert torch.equal(torch.get_rng_state(), state)
    assert weights_of(recipe) == before


def test_a_run_older_than_the_choice_goes_on_in_float32_on_the_cpu() -> None:
    assert weights_of(quick_recipe("precision=auto")) == weights_of(quick_recipe("precision=float32"))


def test_bfloat16_is_of_the_encoder_alone_and_the_same_run_gives_the_same_bits() -> None:
    recipe = quick_recipe("precision=bfloat16")
    half = weights_of(recipe)
    assert half == weights_of(recipe)
    assert half != weights_of(quick_recipe("precision=float32"))
    tensors = of(Checkpoint, run(task(recipe)))[-1].tensors
    assert {array.dtype.name for name, array in tensors.items() if name.startswith(("encoder", "optimiser"))} <= {
        "float32",
        "int64",
    }


def test_a_run_in_bfloat16_that_goes_on_ends_with_the_same_bits() -> None:
    recipe = quick_recipe("precision=bfloat16", epochs=4)
    checkpoints = of(Checkpoint, run(task(recipe)))
    assert checkpoints[0].step < checkpoints[-1].step
    assert weights_of(recipe, resume=checkpoints[0]) == bits(checkpoints[-1])


def test_what_was_measured_goes_before_what_the_recipe_says() -> None:
    assert weights_of(quick_recipe(), precision="bfloat16") == weights_of(quick_recipe("precision=bfloat16"))


def test_figures_are_computed_in_float32_on_the_cpu() -> None:
    cpu, x = torch.device("cpu"), torch.ones(2, 2)
    for name, expected in (("float32", torch.float32), ("auto", torch.float32), ("bfloat16", torch.bfloat16)):
        with mixed_precision(cpu, name):
            assert (x @ x).dtype == expected
        with evaluation_precision(cpu, name):
            assert (x @ x).dtype == torch.float32


def test_a_run_says_in_which_precision_it_trains() -> None:
    (started,) = of(RunStarted, run(replace(task(), precision="bfloat16")))
    assert started.precision == "bfloat16"


def test_what_the_environment_says_is_not_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for value in PRECISIONS:
        monkeypatch.setenv(VARIABLE, value)
        assert chosen_precision(quick_recipe(), made_up()[0], folder=tmp_path) == value
    assert not list(tmp_path.iterdir())
    assert chosen_precision(quick_recipe("precision=float32"), made_up()[0], folder=tmp_path) == "float32"
