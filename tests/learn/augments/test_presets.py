"""Presets of augmentation: what they change, what they keep, and where their draws come from."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor

from explorer.core.errors import UserError
from explorer.core.recipe import Part, Recipe
from explorer.core.registry import Scalar, create
from explorer.core.types import StepMetrics
from explorer.learn.augments.base import Augment
from explorer.learn.augments.transforms import (
    Draws,
    blurred,
    crops,
    mirrored,
    moved,
    one_for_each_class,
    quarter_turned,
    recoloured,
    relit,
)
from explorer.learn.device import generator
from explorer.learn.parts import make_augment
from tests.learn.tasks import made_up, of, quick_recipe, run, task

PICTURES = ("digits", "faces", "documents", "natural")


def preset(name: str, shape: tuple[int, int, int] = (16, 16, 1), **params: Scalar) -> Augment:
    made: Augment = create("augment", name, params, shape=shape, images_per_class=20)
    return made


def drawn_digits() -> tuple[Tensor, Tensor]:
    data = load_digits()
    small = torch.tensor(data.images[:400] / 16, dtype=torch.float32)[:, None]
    return torch.nn.functional.interpolate(small, (28, 28), mode="bilinear"), torch.tensor(data.target[:400])


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("shape", [(16, 16, 1), (20, 12, 3), (12, 20, 4), (3, 3, 1), (64, 64, 3)])
def test_presets_keep_shape_and_range_and_draw_from_the_generator(name: str, shape: tuple[int, int, int]) -> None:
    x = torch.rand(9, shape[2], *shape[:2])
    kept = x.clone()
    made = preset(name, shape)
    state = torch.random.get_rng_state()
    first, again, other = (made(x, generator(seed)) for seed in (0, 0, 1))
    assert first.shape == x.shape
    assert first.dtype == x.dtype
    assert 0 <= float(first.min()) <= float(first.max()) <= 1
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(x, kept)
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_of_one_value_stay_finite(name: str) -> None:
    for value in (0.0, 1.0):
        assert preset(name, (16, 16, 3))(torch.full((4, 3, 16, 16), value), generator(0)).isfinite().all()


@pytest.mark.parametrize("name", ["digits", "documents", "faces"])
def test_a_changed_digit_is_still_nearest_to_its_own_class(name: str) -> None:
    x, labels = drawn_digits()
    changed = preset(name, (28, 28, 1))(x, generator(0))
    gallery = (x, x.flip(3)) if name == "faces" else (x,)  # a mirrored face is the same face
    distances = torch.stack([torch.cdist(changed.flatten(1), y.flatten(1)) for y in gallery]).amin(dim=0)
    right = labels[distances.fill_diagonal_(torch.inf).argmin(dim=1)] == labels
    assert float(right.double().mean()) > 0.85


@pytest.mark.parametrize("name", ["digits", "documents"])
def test_no_strength_changes_nothing(name: str) -> None:
    x = torch.rand(4, 1, 16, 16)
    assert torch.equal(preset(name, strength=0.0)(x, generator(0)), x)


@pytest.mark.parametrize("name", ["faces", "natural"])
def test_without_strength_pictures_are_mirrored_or_not(name: str) -> None:
    x = torch.rand(40, 3, 16, 16)
    y = preset(name, (16, 16, 3), strength=0.0)(x, generator(0))
    same, mirror = (torch.isclose(y, z, atol=1e-5).flatten(1).all(dim=1) for z in (x, x.flip(3)))
    assert (same ^ mirror).all()
    assert 5 < int(mirror.sum()) < 35


@pytest.mark.parametrize("name", PICTURES)
def test_vectors_pass_unchanged(name: str) -> None:
    x = torch.randn(5, 12, 1, 1)
    made = make_augment(Recipe(augment=Part(name=name)), "vectors", (1, 1, 12), 20)
    assert torch.equal(made(x, generator(0)), x)


def test_vectors_get_noise_and_lose_some_numbers() -> None:
    x = torch.randn(2000, 3, 1, 1) * torch.tensor([1.0, 10.0, 0.0]).view(1, 3, 1, 1) + 5
    y = preset("vectors", (1, 1, 3), noise=0.2, dropout=0.3)(x, generator(0))
    mean = x.mean(dim=0)
    dropped = y[:, :2] == mean[:2]
    assert abs(float(dropped.double().mean()) - 0.3) < 0.03
    noise = (y - x)[:, :2].masked_fill(dropped, 0.0).square().sum(dim=0) / (~dropped).sum(dim=0)
    np.testing.assert_allclose(noise.sqrt().flatten(), 0.2 * x[:, :2].std(dim=0).flatten(), rtol=0.06)
    torch.testing.assert_close(y[:, 2], x[:, 2])
    assert torch.equal(preset("vectors", (1, 1, 3), noise=0.0, dropout=0.0)(x, generator(0)), x)


def test_quarter_turns_make_classes_and_keep_their_sizes() -> None:
    labels = torch.tensor([3, 3, 0, 0, 7, 7, 7, -1])
    x = torch.rand(8, 1, 16, 16)
    made = preset("digits", strength=0.0, quarter_turns_as_classes=True)
    seen = set()
    for seed in range(12):
        y, new = made.relabelled(x, labels, generator(seed))
        known = labels >= 0
        assert torch.equal(new[known] // 4, labels[known])
        assert int(new[-1]) == -1
        for label in (0, 3, 7):
            (turn,) = set((new[labels == label] % 4).tolist())
            seen.add(turn)
            assert torch.equal(y[labels == label], torch.rot90(x[labels == label], turn, (2, 3)))
    assert seen == {0, 1, 2, 3}
    assert made.class_factor == 4
    y, same = preset("digits").relabelled(x, labels, generator(0))
    assert torch.equal(same, labels)
    assert preset("digits").class_factor == 1


def test_quarter_turns_need_square_pictures() -> None:
    with pytest.raises(UserError, match="square pictures"):
        preset("digits", (16, 12, 1), quarter_turns_as_classes=True)


def test_vectors_are_not_turned_into_new_classes() -> None:
    recipe = Recipe(augment=Part(name="digits", params={"quarter_turns_as_classes": True}))
    with pytest.raises(UserError, match="makes new classes of pictures, and these data are vectors"):
        make_augment(recipe, "vectors", (1, 1, 8), 20)
    assert make_augment(recipe, "pictures", (8, 8, 1), 20).class_factor == 4


@pytest.mark.parametrize("loss", ["triplet", "prototypical"])
def test_a_run_learns_the_turned_classes(loss: str) -> None:
    recipe = quick_recipe(f"loss={loss}", "augment=digits", "augment.quarter_turns_as_classes=true", epochs=1)
    pixels, labels = made_up(items=80)
    metrics = of(StepMetrics, run(task(recipe, pixels=pixels, labels=labels)))
    assert metrics
    assert all(np.isfinite(m.loss) for m in metrics)


def test_erasing_covers_some_pictures_with_a_rectangle() -> None:
    x = torch.full((200, 3, 32, 32), 0.5)
    y = preset("faces", (32, 32, 3), strength=0.0, erase=0.5)(x, generator(0))
    hole = (y - x).abs().sum(dim=1) > 1e-6
    covered = hole.flatten(1).double().mean(dim=1)
    assert 0.35 < float((covered > 0).double().mean()) < 0.6  # some rectangles are cut by the border
    assert float(covered.max()) < 0.25


def test_turned_by_quarters_is_what_rot90_gives() -> None:
    x = torch.rand(4, 2, 5, 5)
    y = quarter_turned(x, torch.arange(4))
    assert all(torch.equal(y[k], torch.rot90(x[k], k, (1, 2))) for k in range(4))


def test_draws_for_classes_are_the_same_within_a_class_and_independent_between_them() -> None:
    labels = torch.arange(300).repeat(2)[torch.randperm(600, generator=generator(0))]
    draws = one_for_each_class(labels, 4, generator(1))
    table = torch.full((300,), -1).scatter(0, labels, draws)
    assert torch.equal(table[labels], draws)
    assert torch.bincount(table, minlength=4).min() > 50


def test_a_crop_is_a_part_of_the_picture() -> None:
    x = torch.rand(500, 1, 24, 24)
    maps = crops(Draws(x, generator(0)), least=0.25, ratio=4 / 3)
    wide, high = maps[:, 0, 0], maps[:, 1, 1]
    assert float((wide * high).min()) > 0.2
    assert float((wide + maps[:, 0, 2].abs()).max()) <= 1 + 1e-6
    assert float((high + maps[:, 1, 2].abs()).max()) <= 1 + 1e-6
    whole = crops(Draws(x, generator(0)), least=1.0, ratio=1.0)
    torch.testing.assert_close(moved(x, whole), x, atol=1e-5, rtol=0)
    torch.testing.assert_close(
        moved(x, mirrored(whole, torch.ones(500, dtype=torch.bool))), x.flip(3), atol=1e-5, rtol=0
    )


def test_a_blur_is_scipys_gaussian() -> None:
    from scipy.ndimage import gaussian_filter

    x = torch.rand(3, 2, 15, 18, dtype=torch.float64)
    widths = torch.tensor([0.0, 0.7, 1.5], dtype=torch.float64)
    y = blurred(x, widths, reach=6)
    torch.testing.assert_close(y[0], x[0])
    for row in (1, 2):
        for channel in (0, 1):
            want = gaussian_filter(x[row, channel].numpy(), float(widths[row]), mode="mirror", radius=6)
            np.testing.assert_allclose(y[row, channel], want, atol=1e-12)


def test_light_and_colour_are_those_of_pillow() -> None:
    from PIL import Image, ImageEnhance

    pixels = np.random.default_rng(0).integers(40, 120, (8, 8, 3), dtype=np.uint8)
    x = torch.tensor(pixels / 255, dtype=torch.float32).permute(2, 0, 1)[None]
    one, none = torch.ones(1), torch.zeros(1, dtype=torch.bool)

    def changed(gain: float = 1.0, saturation: float = 1.0, hue: float = 0.0, grey: bool = False) -> Tensor:
        return recoloured(
            x, gain=one * gain, contrast=one, saturation=one * saturation, hue=one * hue, greyed=none | grey
        )

    picture = Image.fromarray(pixels)
    for ours, theirs in (
        (changed(), picture),
        (changed(gain=1.5), ImageEnhance.Brightness(picture).enhance(1.5)),
        (changed(saturation=0.4), ImageEnhance.Color(picture).enhance(0.4)),
        (changed(grey=True), picture.convert("L").convert("RGB")),
    ):
        want = torch.tensor(np.array(theirs) / 255, dtype=torch.float32).permute(2, 0, 1)[None]
        torch.testing.assert_close(ours, want, atol=2 / 255, rtol=0)
    grey = torch.tensor([0.299, 0.587, 0.114])
    turned = changed(hue=2.0)
    torch.testing.assert_close(
        torch.einsum("bchw,c->bhw", turned, grey), torch.einsum("bchw,c->bhw", x, grey), atol=0.02, rtol=0
    )
    assert float((turned - x).abs().mean()) > 0.02
    flat = relit(x, one, torch.zeros(1))
    torch.testing.assert_close(flat, x.mean().expand_as(flat), atol=1e-6, rtol=0)
