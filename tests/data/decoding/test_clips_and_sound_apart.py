"""Clips and compressed recordings apart: the same numbers, and a decoder that hangs or dies costs one of them."""

from __future__ import annotations

import io
import os
import signal
import sys
import time

import numpy as np
import pytest

from explorer.core.errors import Cancelled
from explorer.data.decoding import clip_files, decode_sound
from explorer.data.decoding.clip_files import ClipShape
from explorer.data.decoding.clips_apart import ClipDecoders
from explorer.data.decoding.decode_apart import end_resting
from explorer.data.decoding.decode_picture import ColourFoundError
from explorer.data.decoding.decode_sound import Sampling
from explorer.data.decoding.sound_apart import SoundDecoders, is_apart
from explorer.data.pictures import PictureError
from tests.helpers.clips import written
from tests.helpers.guards import children

pytest.importorskip("av")
soundfile = pytest.importorskip("soundfile")

GREY = [np.full((24, 32), 20 + 8 * at, np.uint8) for at in range(20)]
SHAPE = ClipShape(4, 16, 1)
SAMPLING = Sampling(4000, 5)


def recording(kind: str, subtype: str | None = None) -> bytes:
    wave = np.sin(np.linspace(0, 400, 8000)) * 0.5
    file = io.BytesIO()
    soundfile.write(file, wave, 8000, format=kind, subtype=subtype)
    return file.getvalue()


def test_a_clip_becomes_the_same_frames_however_many_there_are() -> None:
    clip = written(GREY)
    before = children()
    with ClipDecoders() as decoders:
        for _ in range(30):  # a worker that kept what it has closed would run out of addresses
            np.testing.assert_array_equal(decoders.decode(clip, SHAPE), clip_files.decode(clip, SHAPE))
        assert decoders.examine(clip) == clip_files.examine(clip)
        assert len(children() - before) == 1
        with pytest.raises(PictureError, match="damaged, or not a video"):
            decoders.decode(clip[: len(clip) // 3], SHAPE)
        coloured = written([np.stack([frame, 255 - frame, frame // 2], axis=-1) for frame in GREY])
        with pytest.raises(ColourFoundError):
            decoders.decode(coloured, ClipShape(4, 16, 1, guessed=True))
    end_resting()
    assert children() == before


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_a_clip_whose_decoder_hangs_or_dies_is_left_out_and_the_next_is_read() -> None:
    clip, before = written(GREY), children()
    with ClipDecoders() as decoders:
        right = decoders.decode(clip, SHAPE)
        decoders._decoders._seconds = 0.5  # not from the start: a busy machine is slow to load the decoder
        (worker,) = children() - before
        os.kill(worker, signal.SIGSTOP)
        began = time.monotonic()
        with pytest.raises(PictureError, match="its decoder hardly got to work: open the data again"):
            decoders.decode(clip, SHAPE)
        assert time.monotonic() - began < 30
    end_resting()
    with ClipDecoders() as decoders:
        decoders.decode(clip, SHAPE)
        (worker,) = children() - before
        os.kill(worker, signal.SIGKILL)
        with pytest.raises(PictureError, match="its decoder crashed"):
            decoders.decode(clip, SHAPE)
        np.testing.assert_array_equal(decoders.decode(clip, SHAPE), right)
    end_resting()
    with ClipDecoders(cancelled=lambda: True) as decoders, pytest.raises(Cancelled):
        decoders.decode(clip, SHAPE)
    end_resting()
    assert children() == before


def test_compressed_recordings_are_decoded_apart_to_the_same_samples() -> None:
    with SoundDecoders() as decoders:
        for kind in ("FLAC", "OGG", "MP3"):
            data = recording(kind)
            assert is_apart(data)
            np.testing.assert_array_equal(decoders.samples(data, SAMPLING), decode_sound.samples(data, SAMPLING))
            np.testing.assert_array_equal(decoders.beginning(data, 4000), decode_sound.read_beginning(data, 4000))
            assert decoders.examine(data) == decode_sound.examine(data)
            with pytest.raises(PictureError, match="not a sound file"):
                decoders.wave(data[:3] + b"\0" * 40, 4000, 2000)
    for kind, subtype in (("WAV", None), ("WAV", "FLOAT"), ("AIFF", None)):
        assert not is_apart(recording(kind, subtype))
    for subtype in ("IMA_ADPCM", "GSM610"):
        assert is_apart(recording("WAV", subtype))
