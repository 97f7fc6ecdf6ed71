"""Training on given pairs and triplets: what a batch holds of them, what is learned, and going on bit for bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from explorer.core.errors import UserError
from explorer.core.events import Checkpoint, RunFailed, RunFinished
from explorer.core.given_tuples import GivenKind, GivenTuples
from explorer.core.recipe import Recipe
from explorer.core.types import UNLABELLED, IntArray, StepMetrics
from explorer.learn.given import GivenIndex
from explorer.learn.task import Task
from tests.learn.tasks import made_up, of, quick_recipe, run, same_weights, task

ITEMS = 60


def given(kind: GivenKind, count: int = 300, items: int = ITEMS) -> GivenTuples:
    """Tuples that the classes of ``made_up`` would say."""
    labels, draw = made_up(items)[1], np.random.default_rng(5)
    rows: list[list[int]] = []
    same: list[bool] = []
    while len(rows) < count:
        a, b, c = draw.permutation(items)[:3].tolist()
        if kind == "pairs":
            if (labels[a] == labels[b]) == (len(rows) % 2 == 0):
                rows.append([a, b])
                same.append(bool(labels[a] == labels[b]))
        elif labels[a] == labels[b] != labels[c]:
            rows.append([a, b, c])
            same.append(True)
    return GivenTuples(kind, "f", b"", np.array(rows, np.int64), np.array(same, np.bool_), "0")


def on(kind: GivenKind, recipe: Recipe, resume: Checkpoint | None = None) -> Task:
    """A task without a single class."""
    without: IntArray = np.full(ITEMS, UNLABELLED, np.int64)
    made = task(recipe, labels=without, resume=resume, evaluate_share=1.0)
    return replace(made, given=given(kind))


def test_a_batch_holds_every_tuple_of_its_items() -> None:
    for kind in ("pairs", "triplets"):
        tuples, train = given(kind), np.arange(5, 50)
        index = GivenIndex.of(tuples, train, ITEMS)
        assert len(index.rows) == int(tuples.within(train, ITEMS).sum())
        positions = np.sort(np.random.default_rng(0).permutation(45)[:30])
        found = {tuple(row) for row in index.rows[index.among(positions)].tolist()}
        there = set(positions.tolist())
        assert found == {tuple(row) for row in index.rows.tolist() if there.issuperset(row)}
        mined = index.mined(positions, torch.device("cpu"))
        if kind == "triplets":
            rows = np.stack([positions[part.numpy()] for part in (mined.anchors, mined.positives, mined.negatives)])
            assert {tuple(row) for row in rows.T.tolist()} == found
        else:
            assert mined.pairs is not None
            assert sum(int(mask.sum()) for mask in mined.pairs) == len(found)
            assert not bool((mined.pairs[0] & mined.pairs[1]).any())


@pytest.mark.parametrize(
    ("kind", "loss"),
    [
        ("triplets", "triplet"),
        ("triplets", "margin"),
        ("triplets", "logistic"),
        ("pairs", "contrastive"),
        ("pairs", "margin"),
        ("pairs", "logistic"),
        ("pairs", "contrastive + 0.1*koleo"),
        ("triplets", "matryoshka"),
    ],
)
def test_it_is_learned_without_classes(kind: GivenKind, loss: str) -> None:
    settings = [f"loss={loss}", *(["loss.of=triplet", "loss.smallest=4"] if loss == "matryoshka" else [])]
    recipe = quick_recipe("sampler=given", "sampler.tuples=16", *[f"{key}" for key in settings], epochs=8)
    recipe = recipe.with_settings(["sampler=given", "sampler.tuples=16"])
    events = run(on(kind, recipe))
    assert of(RunFinished, events), of(RunFailed, events)
    losses = [step.loss for step in of(StepMetrics, events)]
    assert np.mean(losses[-5:]) < np.mean(losses[:5])
    counted = [step.census.total for step in of(StepMetrics, events) if step.census is not None]
    assert all(counted) if kind == "triplets" and "+" not in loss else True


def test_it_goes_on_bit_for_bit() -> None:
    recipe = quick_recipe("loss=contrastive", epochs=4).with_settings(["sampler=given", "sampler.tuples=16"])
    checkpoints: list[Checkpoint] = []
    events = run(replace(on("pairs", recipe), checkpoint_seconds=0.0, autosave_seconds=0.0))
    checkpoints = of(Checkpoint, events)
    middle = next(one for one in checkpoints if 0 < one.step < checkpoints[-1].step and one.scalars["position"])
    again = of(Checkpoint, run(on("pairs", recipe, resume=middle)))[-1]
    assert same_weights(again, checkpoints[-1])


def test_another_loss_and_only_held_out_items_are_refused_in_words() -> None:
    failed = of(RunFailed, run(on("triplets", quick_recipe("loss=supcon"))))
    assert "learns from classes, and triplets are given" in failed[0].message
    failed = of(RunFailed, run(on("triplets", quick_recipe("loss=contrastive + vicreg"))))
    assert failed
    with pytest.raises(UserError, match="names an item that is held out"):
        GivenIndex.of(given("pairs"), np.array([0]), ITEMS)
