"""What becomes of a recording: each change alone, by its own measure."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from explorer.core.recipe import Part, Recipe
from explorer.core.registry import Scalar, create
from explorer.learn.augments.base import Augment
from explorer.learn.parts import make_augment
from tests.helpers.sound import RATE, tone

SHAPE = (4, RATE // 10, 1)
OFF: dict[str, Scalar] = {"speed": 0.0, "shift": 0.0, "bands": 0.0, "stretches": 0.0, "noise": 0.0, "gain": 0.0}


def made(**on: Scalar) -> Augment:
    augment: Augment = create("augment", "sound", {**OFF, **on}, shape=SHAPE, images_per_class=5.0)
    return augment


def changed(waves: Tensor, **on: Scalar) -> Tensor:
    return made(**on)(waves, torch.Generator().manual_seed(3))


@pytest.fixture
def waves() -> Tensor:
    return torch.from_numpy(np.stack([tone(600, seed=i) for i in range(20)])).reshape(20, 1, *SHAPE[:2])


def test_nothing_on_changes_nothing(waves: Tensor) -> None:
    torch.testing.assert_close(changed(waves), waves, atol=1e-4, rtol=0)


def test_stretches_are_silent_and_the_rest_is_as_it_was(waves: Tensor) -> None:
    flat, found = waves.flatten(1), changed(waves, stretches=0.4).flatten(1)
    silent = found.abs() < 1e-6
    torch.testing.assert_close(found[~silent], flat[~silent], atol=1e-4, rtol=0)
    share = (silent & (flat.abs() > 1e-5)).float().mean(dim=1)
    assert 0.05 < float(share.mean()) < 0.3
    assert float(share.max()) <= 0.41


def test_bands_lose_their_power_and_others_keep_it() -> None:
    noise = torch.randn(30, 1, *SHAPE[:2], generator=torch.Generator().manual_seed(0))
    before, after = (torch.fft.rfft(x.flatten(1)).abs() for x in (noise, changed(noise, bands=0.4)))
    gone = after < 1e-3 * before
    torch.testing.assert_close(after[~gone], before[~gone], atol=1e-2, rtol=1e-3)
    assert 0.02 < float(gone.float().mean()) < 0.4
    assert not gone[:, 0].any()


def test_speed_moves_the_pitch_and_not_the_length(waves: Tensor) -> None:
    found = changed(waves, speed=0.3)
    assert found.shape == waves.shape
    pitch = torch.fft.rfft(found.flatten(1)).abs().argmax(dim=1) * (RATE / waves[0].numel())
    assert 600 / 1.4 < float(pitch.min()) < 560 < 640 < float(pitch.max()) < 600 * 1.4


def test_gain_and_noise_are_as_large_as_is_said(waves: Tensor) -> None:
    ratio = 20 * (changed(waves, gain=6.0).flatten(1).norm(dim=1) / waves.flatten(1).norm(dim=1)).log10()
    assert -6.1 < float(ratio.min()) < -2
    assert 2 < float(ratio.max()) < 6.1
    added = (changed(waves, noise=0.5) - waves).flatten(1).norm(dim=1) / waves.flatten(1).norm(dim=1)
    assert float(added.max()) < 0.55
    assert float(added.max()) > 2 * float(added.min())


def test_it_is_what_is_done_by_itself_to_recordings() -> None:
    assert type(make_augment(Recipe(), "sound", SHAPE, 5.0)) is type(made())
    assert type(make_augment(Recipe(augment=Part(name="faces")), "sound", SHAPE, 5.0)).__name__ == "Nothing"
