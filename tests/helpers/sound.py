"""Small recordings made on the spot: tones that tell classes apart."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import soundfile

from explorer.core.types import FloatArray

RATE = 8000


def tone(hertz: float, seconds: float = 0.4, *, rate: int = RATE, seed: int = 0) -> FloatArray:
    """Return a tone (samples,) float32 that swells, of a phase and a little noise of its own."""
    draw = np.random.default_rng(seed)
    at = np.arange(round(seconds * rate)) / rate
    wave = np.sin(2 * np.pi * hertz * at + draw.uniform(0, 6)) * np.hanning(len(at) + 2)[1:-1]
    return np.asarray(0.5 * wave + draw.normal(0, 0.01, len(at)), np.float32)


def save_tone(path: Path, hertz: float, seconds: float = 0.4, *, rate: int = RATE, seed: int = 0) -> Path:
    """Write a tone in the format that the name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, tone(hertz, seconds, rate=rate, seed=seed), rate)
    return path


def tones(root: Path, notes: Iterable[int], speakers: Iterable[str], each: int) -> Path:
    """Make flat files NOTE_SPEAKER_INDEX.wav: a note is a pitch, a speaker a length and a faint second tone."""
    voices = list(speakers)
    for note in notes:
        for place, speaker in enumerate(voices):
            for index in range(each):
                wave = tone(300 * 1.3**note, 0.3 + 0.05 * place, seed=97 * note + index)
                wave += 0.3 * tone(2500 + 400 * place, 0.3 + 0.05 * place, seed=index)
                root.mkdir(parents=True, exist_ok=True)
                soundfile.write(root / f"{note}_{speaker}_{index}.wav", wave, RATE)
    return root
