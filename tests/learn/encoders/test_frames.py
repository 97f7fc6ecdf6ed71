"""The encoder of clips sees what moves and in which order; their augmentation keeps both."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from explorer.core.recipe import Part, Recipe
from explorer.core.registry import create
from explorer.learn.augments.base import Augment
from explorer.learn.parts import make_augment, make_encoder

SHAPE = (5 * 16, 16, 2)


def clips(count: int, seed: int = 0) -> Tensor:
    return torch.rand(count, 2, 80, 16, generator=torch.Generator().manual_seed(seed))


def backwards(strips: Tensor) -> Tensor:
    return torch.flatten(strips.unflatten(2, (5, 16)).flip(2), 2, 3)


@pytest.mark.parametrize("pooling", ["mean", "attention"])
def test_a_clip_played_backwards_is_another_one(pooling: str) -> None:
    encoder = make_encoder(Recipe(encoder=Part(name="frames", params={"pooling": pooling})), SHAPE).eval()
    strips = clips(3)
    with torch.no_grad():
        embedded = encoder(strips)
        assert embedded.shape == (3, 64)
        assert not torch.allclose(encoder(backwards(strips)), embedded, atol=1e-3)


def test_a_strip_is_cut_into_its_frames() -> None:
    encoder = create("encoder", "frames", {}, shape=SHAPE)
    strips = clips(2)
    film = encoder.film(strips)
    assert film.shape == (2, 5, 2, 16, 16)
    torch.testing.assert_close(film[1, 3], strips[1, :, 48:64])


def test_all_frames_of_a_clip_are_changed_alike_and_keep_their_order() -> None:
    augment: Augment = create("augment", "clips", {}, shape=SHAPE, images_per_class=5.0)
    frame = torch.rand(4, 2, 1, 16, 16, generator=torch.Generator().manual_seed(1))
    still = frame.expand(-1, -1, 5, -1, -1).flatten(2, 3)
    changed = augment(still, torch.Generator().manual_seed(0)).unflatten(2, (5, 16))
    for at in range(1, 5):
        torch.testing.assert_close(changed[:, :, at], changed[:, :, 0])
    assert not torch.allclose(changed[:, :, 0], frame[:, :, 0], atol=0.05)
    brighter = torch.arange(5.0)[None, None, :, None, None].expand(4, 2, 5, 16, 16).flatten(2, 3) / 5
    means = augment(brighter, torch.Generator().manual_seed(0)).unflatten(2, (5, 16)).mean(dim=(1, 3, 4))
    assert (means.diff(dim=1) > 0).all()


def test_the_automatic_augmentation_of_clips_is_theirs() -> None:
    assert type(make_augment(Recipe(), "video", SHAPE, 5.0)).__name__ == "Clips"
