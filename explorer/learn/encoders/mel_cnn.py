"""A convolutional network over the mel spectrogram of a recording."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from explorer.core.registry import Parameters, parameter, register
from explorer.data.decoding.mel import BANDS, frames_at, hann, mel_bank
from explorer.learn.encoders.base import Encoder
from explorer.learn.encoders.cnn import block

WIDTHS = (1, 2, 4, 4)
"""Channels of the four blocks, in units of ``width``."""
SHORTEST = 8
"""Frames that the blocks pool to one; a shorter spectrogram goes on as it ends."""
FLOOR = 1e-4
"""Power added to a band before its logarithm, in units of that of the recording: what is 40 dB below it is silence."""
LEAST_POWER = 1e-10
OBSERVED_AT_ONCE = 256


@register("encoder", "mel_cnn", title="Mel CNN", reference="Snyder et al. 2018")
class MelCNN(Encoder):
    """Four convolution blocks over the log-mel spectrogram; mean and deviation over time, then a linear layer.

    The recording is made equally loud first; the spectrogram of 64 bands, 25 ms every 10 ms, is made on the device.
    Statistics over time (statistics pooling) take recordings of any length and do not ask when something was said.
    """

    reads = frozenset({"sound"})

    class Params(Parameters):
        """Parameters of the encoder."""

        dimension: int = parameter(64, "Length of an embedding", minimum=2, maximum=2048)
        width: int = parameter(16, "Channels of the first block (w); the last has 4w", minimum=4, maximum=256)

    bank: Tensor
    window: Tensor

    def __init__(self, params: Parameters, *, shape: tuple[int, int, int]) -> None:
        super().__init__(params, shape=shape)
        rate = 10 * shape[1]
        self.frames = frames_at(rate)
        self.register_buffer("bank", torch.tensor(mel_bank(rate)), persistent=False)
        self.register_buffer("window", torch.tensor(hann(self.frames.window)), persistent=False)
        self.register_buffer("mean", torch.zeros(1, 1, 1, BANDS))
        self.register_buffer("std", torch.ones(1, 1, 1, BANDS))
        a, b, c, d = (self.params.width * times for times in WIDTHS)
        self.blocks = nn.Sequential(block(1, a, pool=2), block(a, b, pool=2), block(b, c, pool=2), block(c, d))
        summary = 2 * d * (BANDS // 8)
        self.head = nn.Sequential(nn.BatchNorm1d(summary), nn.Linear(summary, self.dimension))

    def spectrograms(self, recordings: Tensor) -> Tensor:
        """Return (B, 1, frames, BANDS) float32: log power in each band, each recording equally loud."""
        with torch.autocast(recordings.device.type, enabled=False):
            waves = recordings.reshape(len(recordings), -1).float()
            power = waves.square().sum(dim=1) / (waves != 0).sum(dim=1).clamp(min=1)
            waves = waves / (power + LEAST_POWER).sqrt()[:, None]
            spectrum = torch.stft(
                waves,
                self.frames.transform,
                self.frames.hop,
                self.frames.window,
                self.window,
                pad_mode="constant",
                return_complex=True,
            )
            bands = spectrum.abs().square().mT @ self.bank
            return (bands + FLOOR).log()[:, None]

    def observe(self, pictures: Tensor) -> None:
        """Measure mean and standard deviation of each band on (M, 1, H, W) recordings."""
        sums = torch.zeros(2, BANDS, dtype=torch.float64)
        count = 0
        for part in pictures.split(OBSERVED_AT_ONCE):
            bands = self.spectrograms(part).double().reshape(-1, BANDS)
            sums += torch.stack((bands.sum(dim=0), bands.square().sum(dim=0)))
            count += len(bands)
        mean, square = sums / count
        self.mean.copy_(mean.reshape(self.mean.shape))
        self.std.copy_((square - mean.square()).clamp(min=1e-4).sqrt().reshape(self.std.shape))

    def forward(self, pictures: Tensor) -> Tensor:
        """Return (B, D) embeddings of (B, 1, H, W) recordings."""
        bands = self.normalised(self.spectrograms(pictures))
        bands = F.pad(bands, (0, 0, 0, max(0, SHORTEST - bands.shape[2])), mode="replicate")
        maps = self.blocks(bands)
        series = maps.mT.flatten(1, 2).float()  # (B, channels and bands, time)
        deviation, mean = torch.std_mean(series, dim=2, correction=0)
        out: Tensor = self.head(torch.cat((mean, deviation), dim=1))
        return out
