"""The mel spectrogram beside a direct transform, and what it makes of tones and silence."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.data.decoding.mel import BANDS, FLOOR, frames_at, heard, log_mel, mel_bank, mel_statistics, spectrogram
from tests.helpers.sound import RATE, tone


def test_a_frame_is_the_transform_of_its_window() -> None:
    wave, cut = tone(700), frames_at(RATE)
    bands = log_mel(wave[None], RATE)[0]
    assert bands.shape == (1 + len(wave) // cut.hop, BANDS)
    window = np.hanning(cut.window + 1)[:-1]
    for frame in (0, 7, len(bands) - 1):
        start = frame * cut.hop - cut.window // 2
        part = np.array([wave[i] if 0 <= i < len(wave) else 0.0 for i in range(start, start + cut.window)])
        bins = np.exp(-2j * np.pi * np.outer(np.arange(cut.transform // 2 + 1), np.arange(cut.window)) / cut.transform)
        power = np.abs(bins @ (part * window)) ** 2 / (window**2).sum()
        np.testing.assert_allclose(bands[frame], np.log(power @ mel_bank(RATE) + FLOOR), atol=2e-3)


@pytest.mark.parametrize("rate", [8000, 16_000, 44_100, 400])
def test_every_band_hears_something_and_its_weights_are_a_mean(rate: int) -> None:
    bank = mel_bank(rate)
    assert bank.shape == (frames_at(rate).transform // 2 + 1, BANDS)
    heard_bands = bank.sum(axis=0) > 0
    np.testing.assert_allclose(bank.sum(axis=0)[heard_bands], 1, rtol=1e-5)
    assert heard_bands.all() or rate == 400


def test_a_higher_tone_is_in_a_higher_band() -> None:
    loudest = [int(log_mel(tone(hertz)[None], RATE)[0].mean(axis=0).argmax()) for hertz in (150, 400, 900, 2000, 3500)]
    assert loudest == sorted(set(loudest))


def test_statistics_do_not_ask_how_loud_or_how_long_the_silence_around() -> None:
    wave = tone(600)
    around = np.concatenate([np.zeros(960, np.float32), wave, np.zeros(960, np.float32)])
    alone, louder, padded = (
        mel_statistics(np.pad(wave, (0, 1920))[None], RATE),
        None,
        mel_statistics(around[None], RATE),
    )
    louder = mel_statistics(4 * np.pad(wave, (0, 1920))[None], RATE)
    np.testing.assert_allclose(louder, alone, atol=0.05)
    assert float(np.abs(padded - alone).mean()) < 0.3
    other = mel_statistics(np.pad(tone(2000), (0, 1920))[None], RATE)
    assert float(np.abs(other - alone).mean()) > 3 * float(np.abs(padded - alone).mean())


def test_silence_is_drawn_and_measured_as_silence() -> None:
    silence = np.zeros((2, 4000), np.float32)
    assert heard(silence, RATE).all()
    assert np.isfinite(mel_statistics(silence, RATE)).all()
    picture = spectrogram(silence[0], RATE, 32, 48)
    assert picture.shape == (32, 48, 3)
    assert (picture == picture[0, 0]).all()


def test_a_spectrogram_shows_low_below_and_early_left() -> None:
    wave = np.concatenate([tone(300), tone(3000)])
    light = spectrogram(wave, RATE, 64, 64).astype(int).sum(axis=2)
    early, late = light[:, 12:20].sum(axis=1).argmax(), light[:, 44:52].sum(axis=1).argmax()
    assert early > 40
    assert late < 20


@pytest.mark.parametrize("samples", [1, 79, 80, 81, 4001])
def test_any_length_has_frames_and_a_picture(samples: int) -> None:
    wave = np.full(samples, 0.1, np.float32)
    count = len(log_mel(wave[None], RATE)[0])
    assert heard(wave[None], RATE).shape == (1, count)
    assert spectrogram(wave, RATE, 16, 20).shape == (16, 20, 3)
