"""Encoders, augmentations, optimisers, schedules, pictures and devices."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from explorer.core.errors import UserError
from explorer.core.recipe import Recipe
from explorer.core.registry import Scalar, catalogue, create
from explorer.core.ticks import ticks
from explorer.learn.augments.base import Augment
from explorer.learn.device import choose_device, generator
from explorer.learn.device_data import DeviceData
from explorer.learn.embedding_bank import Bank
from explorer.learn.encoders.base import Encoder
from explorer.learn.parts import check_length, make_encoder
from explorer.learn.task import FEWEST_IMAGES, MOST_IMAGES, planned_epochs
from tests.learn.encoders.models import SETTINGS
from tests.learn.tasks import made_up

ENCODERS, AUGMENTS, SCHEDULES, OPTIMISERS = (
    sorted(name for name, entry in catalogue(kind).items() if entry.available)
    for kind in ("encoder", "augment", "schedule", "optimiser")
)


READERS, CHANGERS = (
    [name for name in names if "pictures" in catalogue(kind)[name].part.reads]  # type: ignore[attr-defined]
    for kind, names in (("encoder", ENCODERS), ("augment", AUGMENTS))
)
"""Those for pictures."""


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("shape", [(28, 28, 1), (64, 64, 3), (40, 56, 3), (8, 8, 1), (1, 1, 1)])
def test_encoders_take_pictures_of_any_size(name: str, shape: tuple[int, int, int]) -> None:
    free = any(info.name == "dimension" for info in catalogue("encoder")[name].parameters)
    params: dict[str, Scalar] = {"dimension": 7} if free else {}
    encoder: Encoder = create("encoder", name, {**params, **SETTINGS.get(name, {})}, shape=shape)
    z = encoder(torch.rand(3, shape[2], shape[0], shape[1]))
    assert z.shape == (3, encoder.dimension)
    assert encoder.dimension == 7 or not free
    assert z.isfinite().all()


@pytest.mark.parametrize(
    ("name", "params", "meant"),
    [("euclidean", {}, False), ("cosine", {}, False), ("snr", {}, False), ("euclidean", {"normalise": False}, True)],
)
def test_one_number_of_which_only_the_sign_counts_is_refused(name: str, params: dict[str, Scalar], meant: bool) -> None:
    distance = create("distance", name, params, dimension=1)
    check_length(distance, 2)
    if meant:
        check_length(distance, 1)
    else:
        with pytest.raises(UserError, match="nothing of it but its sign"):
            check_length(distance, 1)


def test_the_largest_pictures_keep_a_small_last_map() -> None:
    encoder = create("encoder", "cnn", {}, shape=(128, 128, 3))
    assert encoder.blocks(torch.rand(1, 3, 128, 128)).shape[2:] == (8, 8)


def test_encoders_measure_and_remember_the_pixels() -> None:
    encoder: Encoder = create("encoder", "linear", {}, shape=(4, 4, 3))
    pictures = torch.rand(50, 3, 4, 4) * torch.tensor([0.1, 0.5, 1.0]).view(1, 3, 1, 1)
    encoder.observe(pictures)
    seen = encoder.normalised(pictures)
    torch.testing.assert_close(seen.mean(dim=(0, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(seen.std(dim=(0, 2, 3)), torch.ones(3), atol=1e-4, rtol=0)
    assert {"mean", "std"} <= set(encoder.state_dict())


def test_blank_pictures_are_not_blown_up() -> None:
    encoder: Encoder = create("encoder", "cnn", {}, shape=(16, 16, 1))
    encoder.observe(torch.zeros(9, 1, 16, 16))
    assert encoder.normalised(torch.full((1, 1, 16, 16), 1 / 255)).abs().max() < 1


def test_first_weights_come_from_the_seed_and_leave_other_draws_alone() -> None:
    state = torch.random.get_rng_state()
    first, again, other = (make_encoder(Recipe(seed=s), (28, 28, 1)).state_dict() for s in (1, 1, 2))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


def augment(name: str, channels: int = 1, per_class: float = 20, **params: Scalar) -> Augment:
    made: Augment = create("augment", name, params, shape=(16, 16, channels), images_per_class=per_class)
    return made


@pytest.mark.parametrize("name", CHANGERS)
@pytest.mark.parametrize("channels", [1, 3])
def test_augmented_pictures_are_other_pictures_of_the_same_kind(name: str, channels: int) -> None:
    x = torch.rand(6, channels, 16, 16).contiguous(memory_format=torch.channels_last)
    made = augment(name, channels)
    first, again, other = (made(x, generator(seed)) for seed in (0, 0, 1))
    assert first.shape == x.shape
    assert torch.equal(first, again)
    assert torch.equal(first, other) == (name == "none")
    assert first.isfinite().all()
    assert abs(float(first.mean() - x.mean())) < 0.2


def test_augmentation_of_strength_zero_is_none() -> None:
    x = torch.rand(4, 1, 16, 16)
    assert torch.equal(augment("auto", strength=0.0)(x, generator(0)), x)
    still = augment("custom", turn=0.0, stretch=0.0, shift=0.0, light=0.0)
    torch.testing.assert_close(still(x, generator(0)), x, atol=1e-5, rtol=0)


def test_only_colour_pictures_are_mirrored_by_themselves() -> None:
    ramp = torch.linspace(0, 1, 16).expand(200, 1, 16, 16)
    grey = augment("auto", 1)(ramp, generator(0))
    colour = augment("auto", 3)(ramp.expand(-1, 3, -1, -1), generator(0))
    falls = [(x[:, :, :, -1].mean(dim=(1, 2)) < x[:, :, :, 0].mean(dim=(1, 2))).float().mean() for x in (grey, colour)]
    assert falls[0] == 0
    assert 0.3 < falls[1] < 0.7


def test_many_images_a_class_need_no_turns() -> None:
    bar = torch.zeros(100, 1, 16, 16)
    bar[:, :, 7:9, :] = 1  # a level bar stays the same along its length unless it is turned
    for per_class, turned in ((20.0, True), (5000.0, False)):
        out = augment("auto", 1, per_class)(bar, generator(0))
        assert bool((out.std(dim=3) > 0.02).any()) == turned


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("steps", [1, 2, 7, 100])
def test_schedules_stay_above_zero_and_reach_one(name: str, steps: int) -> None:
    schedule = create("schedule", name, {})
    factors = [schedule.factor(step, steps) for step in range(steps)]
    assert all(0 < f <= 1 for f in factors)
    assert max(factors) == pytest.approx(1)


def test_one_cycle_rises_and_falls() -> None:
    schedule = create("schedule", "one_cycle", {"warm_up": 0.2})
    factors = [schedule.factor(step, 100) for step in range(100)]
    assert factors[:20] == sorted(factors[:20])
    assert factors[20:] == sorted(factors[20:], reverse=True)
    assert factors[60] == pytest.approx(0.5)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_optimisers_spare_biases_and_scales(name: str) -> None:
    layer = torch.nn.Linear(3, 2)
    made = create("optimiser", name, {"decay": 0.1}).make(
        {"encoder": layer, "loss": torch.nn.Identity()}, torch.device("cpu")
    )
    decays = {id(w): group["weight_decay"] for group in made.param_groups for w in group["params"]}
    assert decays == {id(layer.weight): 0.1, id(layer.bias): 0.0}


def test_pictures_come_as_floats_with_channels_last() -> None:
    pixels, _ = made_up(items=9, channels=3)
    pixels.setflags(write=False)
    batch = DeviceData(pixels, torch.device("cpu")).batch(np.array([4, 2, 4]))
    assert batch.is_contiguous(memory_format=torch.channels_last)
    np.testing.assert_allclose(batch.permute(0, 2, 3, 1).numpy() * 255, pixels[[4, 2, 4]], atol=1e-3)


def test_the_bank_shows_only_what_it_has_seen() -> None:
    bank = Bank(5, 2, torch.device("cpu"))
    bank.write(np.array([3, 1]), torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True))
    indices, embeddings, _ = bank.snapshot()
    assert indices.tolist() == [1, 3]
    assert embeddings.tolist() == [[3, 4], [1, 2]]
    bank.write(np.array([1]), torch.zeros(1, 2))
    assert embeddings.tolist() == [[3, 4], [1, 2]]  # a copy


def test_the_bank_of_many_items_is_shown_as_it_lies_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.learn.embedding_bank.MANY", 3)
    bank, rows = Bank(8, 2, torch.device("cpu")), torch.arange(16.0).reshape(8, 2)
    assert [len(part) for part in bank.snapshot()[:2]] == [0, 0]
    bank.write(np.array([6, 1, 2, 5, 7]), rows[[6, 1, 2, 5, 7]])
    indices, embeddings, written = bank.snapshot()
    assert (indices.tolist(), written) == ([1, 5, 7], None)  # not more than MANY, of all parts
    np.testing.assert_array_equal(embeddings, rows[[1, 5, 7]].numpy())
    bank.write(np.array([0, 3, 4]), rows[[0, 3, 4]])
    indices, embeddings, written = bank.snapshot()
    assert written is not None
    assert indices is bank.snapshot()[0]
    assert np.shares_memory(embeddings, bank.snapshot()[1])
    assert not any(array.flags.writeable for array in (indices, embeddings, written))
    copy = bank.snapshot(copied=True)
    before, moment = embeddings.copy(), ticks()
    np.testing.assert_array_equal(before, rows.numpy())
    bank.write(np.array([3]), torch.ones(1, 2))
    assert embeddings[3].tolist() == [1, 1]
    assert written[3] >= moment
    assert (written[[0, 4]] <= moment).all()
    np.testing.assert_array_equal(copy[1], before)
    assert copy[2] is None
    assert bank.rows(np.array([3, 0])).tolist() == [[1, 1], [0, 1]]


def test_the_bank_of_a_process_that_shows_nothing_keeps_no_rows_of_many_items(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.learn.embedding_bank.MANY", 3)
    bank = Bank(8, 2, torch.device("cpu"))
    bank.let_go()
    bank.write(np.arange(8), torch.zeros(8, 2))
    assert bank.embeddings.numel() == 0
    few = Bank(3, 2, torch.device("cpu"))
    few.let_go()
    few.write(np.arange(3), torch.ones(3, 2))
    assert few.rows(np.arange(3)).tolist() == [[1, 1]] * 3


def test_what_is_known_from_before_fills_a_bank_and_takes_no_newer_row_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.learn.embedding_bank.WAITING", 2)
    bank = Bank(5, 1, torch.device("cpu"))
    bank.write(np.array([3, 1]), torch.tensor([[30.0], [10.0]]))
    bank.fill(np.array([0, 2, 3, 4]), np.array([[1], [2], [3], [4]], np.float32))
    indices, embeddings, _ = bank.snapshot()
    assert indices.tolist() == [0, 1, 2, 3, 4]
    assert embeddings[:, 0].tolist() == [1, 10, 2, 30, 4]


@pytest.mark.parametrize(("items", "epochs"), [(60_000, 6), (16_000, 10), (1_000, 20), (100, 200), (0, 20_000)])
def test_epochs_are_chosen_by_the_number_of_items(items: int, epochs: int) -> None:
    assert planned_epochs(Recipe(), items) == epochs
    assert planned_epochs(Recipe(epochs=3), items) == 3
    if items:
        assert FEWEST_IMAGES <= items * epochs <= MOST_IMAGES + items


@pytest.mark.skipif(torch.cuda.is_available(), reason="asks for a GPU where there is none")
def test_a_missing_gpu_is_said_in_words() -> None:
    assert choose_device("auto").type == "cpu"
    with pytest.raises(UserError, match="no CUDA"):
        choose_device("cuda")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_runs_on_a_gpu() -> None:
    from explorer.core.events import RunFinished, RunStarted
    from tests.learn.tasks import quick_recipe, run, task

    for settings in (("encoder=cnn",), ("miner=all",), ("loss=contrastive", "augment=auto")):
        recipe = quick_recipe().with_settings(settings).with_value("device", "cuda")
        pixels, labels = made_up(side=16)
        events = run(task(recipe, pixels=pixels, labels=labels, live=True))
        assert isinstance(events[0], RunStarted)
        assert events[0].device.startswith("cuda")
        assert isinstance(events[-1], RunFinished), events[-1]
