"""Recordings from every sort of file: rate, length, mix, what is broken, and what a saved run asks for."""

from __future__ import annotations

import io
import struct
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from explorer.core.types import FloatArray
from explorer.data.decoding.decode_sound import MOST_CHANNELS, Sampling, read_beginning, read_wave, samples
from explorer.data.modalities.base import modality_named
from explorer.data.opening import open_beside, open_dataset
from explorer.data.pictures import PictureError
from tests.helpers.sound import RATE, save_tone, tone

SOUND = modality_named("sound")


def encoded(wave: FloatArray, rate: int = RATE, form: str = "WAV", subtype: str | None = None) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, wave, rate, format=form, subtype=subtype)
    return file.getvalue()


def folder_of(root: Path) -> Path:
    for name, hertz in (("low", 300), ("high", 2000)):
        for index in range(4):
            save_tone(root / name / f"{index}.wav", hertz, 0.32 + 0.01 * index, seed=index)
    return root


def test_a_folder_of_recordings_is_a_set_of_them(tmp_path: Path, cache: Path) -> None:
    dataset = open_dataset(str(folder_of(tmp_path / "set")), cache_folder=cache)
    assert (dataset.modality.name, len(dataset), dataset.class_names) == ("sound", 8, ("high", "low"))
    assert dataset.shape == (4, 800, 1)
    assert dataset.inputs.dtype == np.float32
    assert dataset.previews is not None
    assert dataset.previews.shape == (8, 64, 64, 3)
    assert "0.4 s at 8,000 Hz" in dataset.report.notes[-1]
    assert dataset.full_picture(0).shape == (320, 512, 3)
    assert SOUND.described(dataset.shape) == "recordings of 0.4 s at 8,000 Hz"


def test_a_zip_of_recordings_is_one_too_and_what_is_broken_is_skipped(tmp_path: Path, cache: Path) -> None:
    folder_of(tmp_path / "set")
    (tmp_path / "set/low/broken.wav").write_bytes(b"RIFF\x10\0\0\0WAVEfmt nothing")
    (tmp_path / "set/low/empty.flac").write_bytes(b"")
    soundfile.write(tmp_path / "set/low/none.wav", np.zeros(0, np.float32), RATE)
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for path in sorted((tmp_path / "set").rglob("*.*")):
            archive.write(path, path.relative_to(tmp_path))
    dataset = open_dataset(str(tmp_path / "set.zip"), cache_folder=cache)
    assert len(dataset) == 8
    reasons = {item.path.rpartition("/")[2]: item.reason for item in dataset.report.skipped}
    assert set(reasons) == {"broken.wav", "empty.flac", "none.wav"}
    assert reasons["none.wav"] == "holds no sound"


@pytest.mark.parametrize(
    ("form", "subtype", "error"),
    [("WAV", "PCM_16", 1e-3), ("WAV", "FLOAT", 1e-6), ("FLAC", None, 1e-3), ("AIFF", None, 1e-3), ("OGG", None, 0.1)],
)
def test_formats_give_the_same_samples(form: str, subtype: str | None, error: float) -> None:
    wave = tone(500)
    found = samples(encoded(wave, form=form, subtype=subtype), Sampling(RATE, 4))
    assert found.dtype == np.float32
    assert float(np.abs(found - wave).max()) < error


def test_mp3_is_read() -> None:
    wave = tone(500, 0.5)
    found = read_wave(encoded(wave, form="MP3"), RATE, 4000)
    assert len(found) > 3500
    assert float(np.abs(found).max()) > 0.2


def test_channels_are_mixed_and_other_rates_resampled() -> None:
    wave = tone(500, rate=48_000)
    stereo = np.stack([wave, np.zeros_like(wave)], axis=1)
    found = samples(encoded(stereo, 48_000, "WAV", "FLOAT"), Sampling(RATE, 4))
    expected = wave[::6] / 2  # a tone of 500 Hz has next to nothing above 4 kHz
    assert len(found) == 3200
    assert float(np.abs(found - expected)[100:-100].max()) < 0.03


def test_longer_ones_are_cut_to_their_middle_and_shorter_ones_stand_in_silence() -> None:
    ramp = np.linspace(-0.5, 0.5, 8001, dtype=np.float32)[:8000]
    middle = samples(encoded(ramp, subtype="FLOAT"), Sampling(RATE, 2))
    np.testing.assert_allclose(middle, ramp[3200:4800], atol=2e-4)
    short = samples(encoded(np.full(800, 0.5, np.float32), subtype="FLOAT"), Sampling(RATE, 2))
    assert short[:400].tolist() == [0] * 400
    assert short[1200:].tolist() == [0] * 400
    assert (short[400:1200] == 0.5).all()


def test_what_a_header_claims_is_checked_before_memory_is_taken() -> None:
    honest = encoded(tone(500), subtype="PCM_16")
    lying = bytearray(honest)
    lying[4:8] = lying[40:44] = struct.pack("<I", 0xFFFFFFF0)  # 4 GB of samples, and there are few
    assert len(read_wave(bytes(lying), RATE, 3200)) <= 3201
    many = encoded(np.zeros((10, MOST_CHANNELS + 1), np.float32))
    with pytest.raises(PictureError, match="65 channels"):
        read_wave(many, RATE, 100)
    with pytest.raises(PictureError, match="1 GB"):
        read_wave(honest, RATE, 1 << 30)
    numbers = encoded(np.full(100, np.nan, np.float32), subtype="FLOAT")
    with pytest.raises(PictureError, match="not finite"):
        read_wave(numbers, RATE, 100)


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_a_wav_that_is_cut_off_is_told_and_one_of_unknown_length_is_read(subtype: str) -> None:
    whole = encoded(tone(300), subtype=subtype)
    read_wave(whole, RATE, 10_000)
    with pytest.raises(PictureError, match=r"cut off: 1,000 bytes of its sound are missing"):
        read_wave(whole[:-1000], RATE, 10_000)
    at = whole.index(b"data") + 4
    streamed = whole[:at] + b"\xff\xff\xff\xff" + whole[at + 4 :]
    assert len(read_wave(streamed, RATE, 10_000)) > 0
    tagged = whole[:12] + b"LIST" + struct.pack("<I", 3) + b"abc\0" + whole[12:]
    np.testing.assert_array_equal(read_wave(tagged, RATE, 10_000), read_wave(whole, RATE, 10_000))


def test_an_aiff_that_is_cut_off_before_its_sound_is_refused_without_a_word_on_the_console(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(PictureError, match="damaged"):
        samples(encoded(tone(300, 0.1), form="AIFF")[:43], Sampling(8000, 5))
    assert capsys.readouterr().err == ""


def test_recordings_of_silence_are_kept_and_said_also_from_the_cache(tmp_path: Path, cache: Path) -> None:
    folder = folder_of(tmp_path / "set")
    for name in ("high/4.wav", "low/9.wav"):
        (folder / name).write_bytes(encoded(np.zeros(RATE // 4, np.float32)))
    for _ in range(2):
        dataset = open_dataset(str(folder), cache_folder=cache)
        assert len(dataset) == 10
        assert "2 recordings of silence alone, such as high/4.wav" in dataset.report.notes


def test_rate_and_length_are_chosen_or_set(tmp_path: Path, cache: Path) -> None:
    for index in range(9):
        save_tone(tmp_path / f"set/a/{index}.wav", 400, 0.5, rate=44_100, seed=index)
    save_tone(tmp_path / "set/a/long.wav", 400, 9.0, rate=8000)
    chosen = open_dataset(str(tmp_path / "set"), cache_folder=cache)
    assert chosen.shape[1] * 10 == 16_000
    assert 0.5 <= chosen.shape[0] / 10 < 2
    options = DataOptions(rate=11_025, seconds=0.25)
    asked = open_dataset(str(tmp_path / "set"), options, cache_folder=cache)
    assert asked.shape == (3, 1102, 1)
    assert "data.rate" not in asked.report.notes[-1]
    other = open_beside(asked, str(folder_of(tmp_path / "other")), "test", cache_folder=cache)
    assert other.shape == asked.shape
    assert len(other) == 18


def test_one_file_is_asked_by_as_those_of_the_set_are(tmp_path: Path, cache: Path) -> None:
    dataset = open_dataset(str(folder_of(tmp_path / "set")), cache_folder=cache)
    row = dataset.ids.index("low/2.wav")
    read = SOUND.read(tmp_path / "set/low/2.wav", dataset.shape)
    np.testing.assert_array_equal(read[0], dataset.inputs[row])
    (tmp_path / "no.wav").write_bytes(b"no")
    with pytest.raises(UserError, match=r"no\.wav cannot be read: not a sound file"):
        SOUND.read(tmp_path / "no.wav", dataset.shape)
    with pytest.raises(UserError, match="is not a file"):
        SOUND.read(tmp_path, dataset.shape)
    with pytest.raises(UserError, match=r"2\.wav is one recording\. Open the folder"):
        open_dataset(str(tmp_path / "set/low/2.wav"), cache_folder=cache)


def test_previews_of_a_few_are_their_spectrograms(tmp_path: Path, cache: Path) -> None:
    dataset = open_dataset(str(folder_of(tmp_path / "set")), cache_folder=cache)
    assert dataset.thumbnails is not None
    np.testing.assert_array_equal(SOUND.previews(dataset.inputs[2:4]), dataset.thumbnails[2:4])


def test_without_the_packages_the_remedy_is_said(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "soxr", None)
    with pytest.raises(UserError, match=r'pip install "embedding-explorer\[sound\]"'):
        open_dataset(str(folder_of(tmp_path / "set")), cache_folder=cache)


def test_to_be_heard_a_recording_is_whole_and_as_it_was_made(tmp_path: Path, cache: Path) -> None:
    root = tmp_path / "calls"
    save_tone(root / "a" / "long.wav", 440, 2.0, rate=16_000)
    save_tone(root / "b" / "short.wav", 880, 0.5, rate=8_000)
    dataset = open_dataset(str(root), DataOptions(seconds=0.4, rate=4_000), cache_folder=cache)
    long, short = dataset.wave(0, 48_000), dataset.wave(1, 48_000)
    assert (len(long), len(short)) == (96_000, 24_000)
    for wave, hertz in ((long, 440), (short, 880)):
        assert np.abs(np.fft.rfft(wave)).argmax() * 48_000 / len(wave) == pytest.approx(hertz, abs=3)
    assert len(replace(dataset, originals=None).wave(0, 48_000)) == pytest.approx(0.4 * 48_000, abs=1)
    (root / "a" / "long.wav").write_bytes(b"no sound")
    with pytest.raises(UserError, match=r"long\.wav"):
        dataset.wave(0, 48_000)


def test_of_a_long_recording_the_first_five_minutes_are_heard() -> None:
    file = io.BytesIO()
    soundfile.write(file, np.linspace(0, 0.9, 4_000, dtype=np.float32), 10, format="WAV", subtype="FLOAT")
    heard = read_beginning(file.getvalue(), 10)
    assert len(heard) == 3_000
    assert heard[0] == 0
