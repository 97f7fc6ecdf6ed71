"""Augmentation of recordings."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.data.decoding.mel import LOWEST_HERTZ, mel
from explorer.learn.augments.base import Augment
from explorer.learn.augments.transforms import Draws, moved

MASKS = 2
"""Bands that are taken away from a recording, and as many stretches of time."""


@register("augment", "sound", title="Sound", reference="Park et al. 2019; Ko et al. 2015")
class Sound(Augment):
    """Recordings played faster or slower and shifted, bands and stretches silenced, noise added, made louder or softer.

    Silenced are bands of equal width in mel and stretches of time, as SpecAugment does on the spectrogram; here on the
    recording itself, so that any encoder hears the same. What plays faster sounds higher as well.
    """

    reads = frozenset({"sound"})

    class Params(Parameters):
        """Parameters of the augmentation."""

        speed: float = parameter(0.1, "Largest change of speed and pitch", minimum=0.0, maximum=0.5, step=0.01)
        shift: float = parameter(0.1, "Largest shift, as a share of the length", minimum=0.0, maximum=0.5, step=0.01)
        bands: float = parameter(0.15, "Largest share of the pitches silenced", minimum=0.0, maximum=0.5, step=0.01)
        stretches: float = parameter(0.1, "Largest share of the time silenced", minimum=0.0, maximum=0.5, step=0.01)
        noise: float = parameter(0.05, "Loudest noise, relative to the recording", minimum=0.0, maximum=1.0, step=0.01)
        gain: float = parameter(3.0, "Largest change of loudness", minimum=0.0, maximum=40.0, step=1, unit="dB")

    def __call__(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        """Return changed recordings."""
        draws = Draws(pictures, generator)
        waves = self._moved(pictures.flatten(1), draws)
        waves = self._without_bands(waves, draws)
        waves = self._without_stretches(waves, draws)
        loudness = waves.square().mean(dim=1, keepdim=True).sqrt()
        normal = torch.empty_like(waves).normal_(generator=generator)
        waves = waves + normal * loudness * draws.uniform(0.0, self.params.noise, 1)
        waves = waves * 10 ** (draws.uniform(-self.params.gain, self.params.gain, 1) / 20)
        return waves.reshape(pictures.shape)

    def _moved(self, waves: Tensor, draws: Draws) -> Tensor:
        """Play each recording faster or slower and later or earlier; outside it is silence."""
        speed = torch.exp(draws.uniform(-self.params.speed, self.params.speed))
        shift = 2 * draws.uniform(-self.params.shift, self.params.shift)
        none, one = torch.zeros_like(speed), torch.ones_like(speed)
        rows = torch.stack((torch.stack((speed, none, shift), dim=1), torch.stack((none, one, none), dim=1)), dim=1)
        padded = F.pad(waves, (1, 1))  # the border goes on outside: silence
        return moved(padded[:, None, None, :], rows)[:, 0, 0, 1:-1]

    def _without_bands(self, waves: Tensor, draws: Draws) -> Tensor:
        rate = 10 * self.shape[1]
        spectrum = torch.fft.rfft(waves)
        low, high = float(mel(min(LOWEST_HERTZ, rate / 8))), float(mel(rate / 2))
        pitches = torch.tensor(mel(torch.linspace(0, rate / 2, spectrum.shape[1]).numpy()), device=waves.device)
        places = ((pitches - low) / (high - low)).float()
        kept: Tensor = torch.fft.irfft(spectrum * _kept(places, self.params.bands, draws), waves.shape[1])
        return kept

    def _without_stretches(self, waves: Tensor, draws: Draws) -> Tensor:
        places = torch.linspace(0, 1, waves.shape[1], device=waves.device)
        return waves * _kept(places, self.params.stretches, draws)


def _kept(places: Tensor, share: float, draws: Draws) -> Tensor:
    """Return (B, M): 0 at the (M,) ``places`` in 0 to 1 that are silenced, a random part of ``share``, else 1."""
    widths = draws.uniform(0.0, share / MASKS, MASKS)[:, :, None]
    starts = draws.uniform(0.0, 1.0, MASKS)[:, :, None] * (1 - widths)
    inside = (places >= starts) & (places < starts + widths)
    return (~inside.any(dim=1)).to(torch.float32)
