"""What a sound device is given, and what is said where there is none."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from explorer.core.errors import UserError
from explorer.ui.widgets.sound_output import RATE, SoundOutput, encoded_for_output, load_output


def heard_here() -> bool:
    """Return whether this machine has the package and a device."""
    try:
        return not load_output().QMediaDevices.defaultAudioOutput().isNull()
    except UserError:
        return False


def test_samples_become_numbers_of_two_channels_that_do_not_wrap() -> None:
    wave = np.array([0.0, 0.5, -1.0, 2.0, np.nan], np.float32)
    heard = np.frombuffer(encoded_for_output(wave), "<i2").reshape(-1, 2)
    assert heard[:, 0].tolist() == [0, 16384, -32767, 32767, 0]
    assert (heard[:, 0] == heard[:, 1]).all()


@pytest.mark.qt_log_ignore("Couldn't load", "Couldn't resolve", "PulseAudioService")
def test_without_the_package_or_a_device_one_sentence_says_what_to_do(qtbot: QtBot) -> None:
    parent = QObject()
    output = SoundOutput(parent)
    output.stop()
    assert not output.playing
    sound = encoded_for_output(np.zeros(RATE // 10, np.float32))
    if heard_here():
        with qtbot.waitSignal(output.ended, timeout=10_000):
            output.play(sound)
        return
    with pytest.raises(UserError, match=r"QtMultimedia|sound device") as refused:
        output.play(sound)
    assert 'pip install "embedding-explorer[play]"' in refused.value.remedy or "loudspeaker" in refused.value.remedy
    assert not output.playing


def test_the_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    monkeypatch.setitem(sys.modules, "PySide6.QtMultimedia", None)
    parent = QObject()
    with pytest.raises(UserError, match="QtMultimedia"):
        SoundOutput(parent).play(b"")
