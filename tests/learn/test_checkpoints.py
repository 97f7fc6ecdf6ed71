"""A run that goes on from a checkpoint is the run that was never interrupted."""

from __future__ import annotations

import queue

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.events import Checkpoint, Command, Event, Pause, RunFailed, RunFinished, Set, Stop
from explorer.core.recipe import Recipe
from explorer.core.types import Snapshot, StepMetrics
from explorer.learn.embedder import Embedder
from explorer.learn.trainer import Trainer, train
from tests.learn.tasks import Script, halves, made_up, made_up_texts, of, quick_recipe, run, same_weights, task

ADAM = quick_recipe("augment=auto", "miner=semi_hard", "miner.pick=random", epochs=3)
RECIPES = {
    "mlp, adamw": ADAM,
    "linear, sgd": quick_recipe("optimiser=sgd", "encoder=linear", "miner=random", epochs=3),
    "cnn, contrastive": quick_recipe("encoder=cnn", "encoder.width=4", "loss=contrastive", epochs=3),
    "hard memory": quick_recipe("miner=hard_memory", epochs=3),
    "n-grams": quick_recipe("encoder=ngrams", "encoder.dimension=32", epochs=3),
    "class mining": quick_recipe("sampler=class_mining", "sampler.classes=4", epochs=3),
}


def interrupted(recipe_name: str, at: int) -> tuple[list[Event], list[Event]]:
    """Events of a whole run, and of the rest of one that was stopped after ``at`` steps."""
    recipe = RECIPES[recipe_name]
    texts = recipe.encoder.name == "ngrams"
    pixels, labels = made_up_texts() if texts else made_up(side=16, channels=3)
    kwargs = {
        "pixels": pixels,
        "labels": labels,
        "split": halves(60, 12),
        "evaluate_share": 0.0,
        "modality": "text" if texts else "pictures",
    }
    whole = run(task(recipe, **kwargs))  # type: ignore[arg-type]

    looks = at + (recipe_name == "class mining")  # it embeds all training items before the first step
    stopped = list(train(task(recipe, **kwargs), Script(looks, Pause(), Stop(quick=True))))  # type: ignore[arg-type]
    middle = of(Checkpoint, stopped)[-1]
    assert middle.step == at
    return whole, run(task(recipe, resume=middle, **kwargs))  # type: ignore[arg-type]


@pytest.mark.parametrize("recipe_name", RECIPES)
def test_resuming_in_the_middle_of_an_epoch_is_exact(recipe_name: str) -> None:
    compare_resumed(*interrupted(recipe_name, at=4))


def test_resuming_at_the_end_of_an_epoch_is_exact() -> None:
    recipe = ADAM
    whole = run(task(recipe))
    middle = next(c for c in of(Checkpoint, whole) if c.epoch == 1)
    compare_resumed(whole, run(task(recipe, resume=middle)))


def test_a_long_epoch_is_saved_on_the_way_and_goes_on_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.learn.trainer.SETTLE_SECONDS", 0.0)  # look after every step
    kwargs = {"checkpoint_seconds": float("inf"), "evaluate_share": 0.0}
    whole = run(task(ADAM, autosave_seconds=0.0, **kwargs))  # type: ignore[arg-type]
    within = [c for c in of(Checkpoint, whole) if c.scalars["position"]]
    assert len(within) >= 3
    compare_resumed(whole, run(task(ADAM, resume=within[1], **kwargs)))  # type: ignore[arg-type]
    (last,) = of(Checkpoint, run(task(ADAM, **kwargs)))  # type: ignore[arg-type]
    assert same_weights(last, of(Checkpoint, whole)[-1])


def compare_resumed(whole: list[Event], rest: list[Event]) -> None:
    """Check that the rest of a run is that of the whole one, bit for bit."""
    assert same_weights(of(Checkpoint, whole)[-1], of(Checkpoint, rest)[-1])
    again = {m.step: (m.loss, m.census, m.grad_norm, m.learning_rate) for m in of(StepMetrics, rest)}
    once = {m.step: (m.loss, m.census, m.grad_norm, m.learning_rate) for m in of(StepMetrics, whole)}
    assert again
    assert all(once[step] == values for step, values in again.items())
    assert max(once) == max(again)
    np.testing.assert_array_equal(of(Snapshot, whole)[-1].embeddings, of(Snapshot, rest)[-1].embeddings)


def test_what_was_changed_live_is_kept() -> None:
    recipe = quick_recipe(epochs=3)

    def tell(event: Event, commands: queue.SimpleQueue[Command]) -> None:
        if isinstance(event, Checkpoint) and event.epoch == 1:
            for path, value in (("loss.margin", 0.5), ("miner", "random"), ("optimiser.rate", 0.01)):
                commands.put(Set(path, value))

    whole = run(task(recipe), on=tell)
    second = next(c for c in of(Checkpoint, whole) if c.epoch == 2)
    rest = run(task(recipe, resume=second))
    compare_resumed(whole, rest)


def test_a_memory_that_began_in_the_middle_is_kept() -> None:
    recipe = quick_recipe(epochs=3)

    def tell(event: Event, commands: queue.SimpleQueue[Command]) -> None:
        if isinstance(event, Checkpoint) and event.epoch == 1:
            commands.put(Set("miner", "hard_memory"))

    whole = run(task(recipe), on=tell)
    second = next(c for c in of(Checkpoint, whole) if c.epoch == 2)
    assert second.tensors["memory.seen"].any()
    compare_resumed(whole, run(task(recipe, resume=second)))


@pytest.mark.parametrize("recipe", [quick_recipe("loss=hierarchical_triplet", epochs=3), RECIPES["class mining"]])
def test_the_memory_of_many_items_is_made_anew_and_not_saved(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.learn.embedding_bank.MANY", 10)
    monkeypatch.setattr("explorer.learn.trainer.SETTLE_SECONDS", 0.0)
    whole = run(task(recipe, autosave_seconds=0.0))
    middle = next(c for c in of(Checkpoint, whole) if c.epoch == 1 and c.scalars["position"])
    assert not [name for name in middle.tensors if name.startswith("memory.")]
    rest = run(task(recipe, resume=middle))
    assert isinstance(rest[-1], RunFinished)
    assert max(m.step for m in of(StepMetrics, rest)) == max(m.step for m in of(StepMetrics, whole))
    first = next(m for m in of(StepMetrics, rest) if m.step == middle.step + 1)
    once = next(m for m in of(StepMetrics, whole) if m.step == middle.step + 1)
    assert first.loss == pytest.approx(once.loss, rel=1e-5)  # the batch and the weights are the same


def test_a_memory_of_many_items_is_full_when_a_run_goes_on_within_an_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.learn.embedding_bank.MANY", 10)
    monkeypatch.setattr("explorer.learn.trainer.SETTLE_SECONDS", 0.0)
    recipe = RECIPES["class mining"]
    middle = next(c for c in of(Checkpoint, run(task(recipe, autosave_seconds=0.0))) if c.scalars["position"])
    trainer = Trainer(task(recipe, resume=middle), queue.SimpleQueue())
    events = trainer.events()
    assert next(m for m in events if isinstance(m, StepMetrics)).step == middle.step + 1
    memory = trainer.state.learner.memory
    assert memory is not None
    assert memory.seen.cpu().numpy()[trainer.state.learner.train].all()


def test_a_checkpoint_holds_only_arrays_and_plain_values() -> None:
    checkpoint = of(Checkpoint, run(task()))[-1]
    assert all(isinstance(a, np.ndarray) and not a.flags.writeable for a in checkpoint.tensors.values())
    assert all(isinstance(value, bool | int | float | str) for value in checkpoint.scalars.values())
    assert {str(a.dtype) for a in checkpoint.tensors.values()} <= {"float32", "int64", "uint8"}


def test_a_checkpoint_of_another_network_is_refused() -> None:
    checkpoint = of(Checkpoint, run(task()))[-1]
    (failed,) = run(task(quick_recipe("encoder.dimension=9"), resume=checkpoint))
    assert isinstance(failed, RunFailed)
    assert "another encoder" in failed.message
    assert not failed.traceback
    with pytest.raises(UserError, match="another encoder"):
        Embedder(quick_recipe(), (9, 8, 1), checkpoint)


def test_weights_that_are_not_finite_are_refused() -> None:
    good = of(Checkpoint, run(task()))[-1]
    name = next(name for name in good.tensors if name.endswith("weight"))
    bad = Checkpoint(
        good.run, good.step, good.epoch, {**good.tensors, name: good.tensors[name] * np.float32("nan")}, good.scalars
    )
    (failed,) = run(task(resume=bad))
    assert isinstance(failed, RunFailed)
    assert "not finite" in failed.message


def test_a_finished_run_can_be_given_more_epochs() -> None:
    done = of(Checkpoint, run(task()))[-1]
    more = run(task(quick_recipe(epochs=3), resume=done))
    assert [m.step for m in of(StepMetrics, more)] == [7, 8, 9]
    assert isinstance(more[-1], RunFinished)
