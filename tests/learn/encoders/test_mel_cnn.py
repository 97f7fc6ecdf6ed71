"""The mel network: its spectrogram is that of the data layer, and loudness and place say nothing."""

from __future__ import annotations

import numpy as np
import torch

from explorer.core.recipe import Part, Recipe
from explorer.data.decoding.mel import log_mel, mel_bank
from explorer.learn.encoders.mel_cnn import FLOOR, MelCNN
from explorer.learn.parts import make_encoder, observe
from tests.helpers.sound import RATE, tone

SHAPE = (4, RATE // 10, 1)


def recordings(*hertz: float) -> torch.Tensor:
    waves = np.stack([tone(each, seed=place) for place, each in enumerate(hertz)])
    return torch.from_numpy(waves).reshape(-1, 1, *SHAPE[:2])


def made() -> MelCNN:
    encoder = make_encoder(Recipe(encoder=Part(name="mel_cnn")), SHAPE)
    assert isinstance(encoder, MelCNN)
    return encoder


def test_its_spectrogram_is_that_of_numpy() -> None:
    waves = recordings(300, 1500)
    power = waves.square().mean(dim=(1, 2, 3), keepdim=True)
    found = made().spectrograms(waves)[:, 0].numpy()
    expected = log_mel((waves / power.sqrt()).reshape(2, -1).numpy(), RATE)
    loud = expected > np.log(10 * FLOOR)
    assert loud.mean() > 0.3
    np.testing.assert_allclose(found[loud], np.log(np.exp(expected[loud]) + FLOOR), atol=1e-2)


def test_how_loud_it_is_does_not_matter_and_silence_is_finite() -> None:
    encoder, waves = made().eval(), recordings(300, 1500)
    torch.testing.assert_close(encoder(0.05 * waves), encoder(waves), atol=1e-2, rtol=1e-2)
    assert encoder(torch.zeros_like(waves)).isfinite().all()


def test_bands_are_standardised_by_the_training_recordings_and_saved() -> None:
    encoder = made()
    inputs = recordings(*range(300, 3500, 200)).permute(0, 2, 3, 1).numpy()
    observe(encoder, inputs, np.arange(len(inputs)))
    seen = encoder.normalised(encoder.spectrograms(torch.from_numpy(inputs).permute(0, 3, 1, 2)))
    torch.testing.assert_close(seen.mean(dim=(0, 1, 2)), torch.zeros(64), atol=1e-2, rtol=0)
    assert {"mean", "std"} <= set(encoder.state_dict())
    assert not {"bank", "window"} & set(encoder.state_dict()), "what the rate says need not be saved"
    assert encoder.bank.shape == mel_bank(RATE).shape
