"""The mel spectrogram: what a recording is compared by before training, how it looks, and the bank of encoders."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from explorer.core.types import ByteArray, FloatArray, frozen

BANDS = 64
WINDOW_SECONDS, HOP_SECONDS = 0.025, 0.010
LOWEST_HERTZ = 40.0
FLOOR = 1e-9
"""Added to the power of a band before its logarithm: 90 dB below full scale, where 16 bits end."""
RANGE_DB = 55.0
"""How far below its loudest band a spectrogram is drawn."""
SILENT_DB = -85.0
"""A recording whose loudest band is below this is drawn as silence."""
AT_ONCE = 128


@dataclass(frozen=True, slots=True)
class Frames:
    """How a recording is cut: samples of a window, samples from one to the next, and the length of its transform."""

    window: int
    hop: int
    transform: int


def frames_at(rate: int) -> Frames:
    """Return windows of 25 ms every 10 ms; the transform is longer, so that the lowest bands are told apart."""
    window = max(16, round(WINDOW_SECONDS * rate))
    return Frames(window, max(8, round(HOP_SECONDS * rate)), 2 ** int(np.ceil(np.log2(2 * window))))


def mel(hertz: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return pitch on the mel scale (O'Shaughnessy 1987)."""
    return np.asarray(2595.0 * np.log10(1.0 + np.asarray(hertz, np.float64) / 700.0))


@functools.cache
def mel_bank(rate: int) -> FloatArray:
    """Return (transform / 2 + 1, BANDS) float32: triangles of equal width in mel, from ``LOWEST_HERTZ`` to rate / 2.

    The weights of a band sum to 1, so that it is the mean of the power in it.
    """
    bins = mel(np.linspace(0, rate / 2, frames_at(rate).transform // 2 + 1))
    edges = np.linspace(float(mel(min(LOWEST_HERTZ, rate / 8))), float(mel(rate / 2)), BANDS + 2)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    rising = (bins[:, None] - low) / (centre - low)
    falling = (high - bins[:, None]) / (high - centre)
    bank = np.maximum(0.0, np.minimum(rising, falling))
    return frozen(bank / np.maximum(bank.sum(axis=0), 1e-9), np.float32)


@functools.cache
def _sparse_bank(rate: int) -> Any:
    """Return the bank (BANDS, transform / 2 + 1) without its zeros: a twentieth of the work, and in one thread.

    Recordings are read in threads already, and those of a matrix product would wait for each other's.
    """
    from scipy.sparse import csr_array

    return csr_array(mel_bank(rate).T)


@functools.cache
def hann(length: int) -> FloatArray:
    """Return a periodic Hann window of power 1, float32."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    return frozen(window / np.sqrt((window**2).sum()), np.float32)


def log_mel(waves: FloatArray, rate: int) -> FloatArray:
    """Return natural logarithms (N, frames, BANDS) float32 of the mean power in each band of (N, samples) recordings.

    A frame stands for every ``hop`` samples and is centred on them; the ends are silence.
    """
    cut = frames_at(rate)
    padded = np.pad(np.asarray(waves, np.float32), ((0, 0), (cut.window // 2, cut.window // 2)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, cut.window, axis=1)[:, :: cut.hop]
    power = np.abs(np.fft.rfft(windows * hann(cut.window), cut.transform, axis=2)).astype(np.float32)
    bands = _sparse_bank(rate) @ np.square(power).reshape(-1, power.shape[2]).T
    return np.asarray(np.log(bands.T.reshape(*power.shape[:2], BANDS) + np.float32(FLOOR)), np.float32)


def heard(waves: FloatArray, rate: int) -> FloatArray:
    """Return (N, frames) float32, 1 where a frame of (N, samples) recordings lies in what was recorded, else 0.

    A recording that is shorter than the others has zeros before and behind it; where it is nothing but zeros, all of it
    counts.
    """
    hop = frames_at(rate).hop
    count = 1 + waves.shape[1] // hop
    loud = waves != 0
    some = loud.any(axis=1)
    first = np.where(some, loud.argmax(axis=1), 0)
    last = np.where(some, waves.shape[1] - 1 - loud[:, ::-1].argmax(axis=1), waves.shape[1])
    at = np.arange(count) * hop
    return np.asarray((at >= first[:, None] - hop // 2) & (at <= last[:, None] + hop // 2), np.float32)


def mel_statistics(waves: FloatArray, rate: int) -> FloatArray:
    """Return (N, 2 · BANDS) float32: mean and deviation over time of each band of (N, samples) recordings, centred.

    The mean over all bands is taken off: how loud a recording is says nothing.
    """
    found = np.empty((len(waves), 2 * BANDS), np.float32)
    for start in range(0, len(waves), AT_ONCE):
        part = np.asarray(waves[start : start + AT_ONCE], np.float32)
        bands, weight = log_mel(part, rate), heard(part, rate)[:, :, None]
        total = np.maximum(weight.sum(axis=1), 1.0)
        mean = (bands * weight).sum(axis=1) / total
        spread = np.sqrt((np.square(bands - mean[:, None]) * weight).sum(axis=1) / total)
        found[start : start + len(part)] = np.concatenate([mean - mean.mean(axis=1, keepdims=True), spread], axis=1)
    return found


def spectrogram(wave: FloatArray, rate: int, height: int, width: int) -> ByteArray:
    """Return a picture (height, width, 3) uint8 of one recording (samples,): time to the right, pitch upwards."""
    bands = log_mel(wave[None], rate)[0].T[::-1]
    decibels = bands * np.float32(10 / np.log(10))
    top = float(decibels.max())
    level = np.clip((decibels - top) / RANGE_DB + 1.0, 0.0, 1.0) if top > SILENT_DB else np.zeros_like(decibels)
    shown = _resized(_resized(level, height).T, width).T
    return np.asarray(_colours()[np.rint(shown * 255).astype(np.int64)], np.uint8)


def _resized(rows: FloatArray, count: int) -> FloatArray:
    """Return (count, …) rows: means of those that fall together, or between the nearest two."""
    found = len(rows)
    if count < found:
        edges = np.linspace(0, found, count + 1).astype(np.int64)
        return np.asarray(np.add.reduceat(rows, edges[:-1], axis=0) / np.diff(edges)[:, None])
    at = np.linspace(0, found - 1, count)
    low = np.floor(at).astype(np.int64)
    part = (at - low)[:, None]
    return np.asarray(rows[low] * (1 - part) + rows[np.minimum(low + 1, found - 1)] * part)


@functools.cache
def _colours() -> ByteArray:
    """Return (256, 3): dark blue to bright yellow, evenly lighter: read on both themes and in grey."""
    from colorcet import bmy

    return frozen([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in bmy], np.uint8)
