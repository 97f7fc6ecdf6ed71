"""Samples to the loudspeaker, by QtMultimedia, which is an extra: PySide6-Essentials has none."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from PySide6.QtCore import QBuffer, QByteArray, QElapsedTimer, QIODevice, QObject, QTimer, Signal

from explorer.core.errors import UserError, printable
from explorer.core.extras import extra_line
from explorer.core.types import FloatArray
from explorer.ui.widgets.language import tr

RATE, CHANNELS = 48_000, 2
"""What every sound device takes."""
BUFFERED = 2.0
"""Seconds of sound ahead, so that it goes on while the window is busy."""
LATENCY = 0.7
"""Seconds after its last sample by which a sound is over on every device."""
EVERY = 100


def load_output() -> Any:
    """Return QtMultimedia, which is imported here: in the background, it takes a fifth of a second.

    Raises
    ------
    UserError: if it is not installed, or a library that it needs is not.
    """
    try:
        return importlib.import_module("PySide6.QtMultimedia")
    except ModuleNotFoundError as error:
        raise UserError(
            tr("Playing a recording needs QtMultimedia"),
            remedy=tr("Install it with: {extra_line}", extra_line=extra_line("play")),
        ) from error
    except ImportError as error:
        raise UserError(
            tr("QtMultimedia, which plays recordings, cannot be loaded: {error}", error=printable(str(error))),
            remedy=tr("Install the library that it names"),
        ) from error


def encoded_for_output(wave: FloatArray) -> bytes:
    """Return samples (M,), -1 to 1 and ``RATE`` a second, as a device takes them: int16 of both channels in turn."""
    loud = np.clip(np.nan_to_num(wave), -1.0, 1.0) * 32767.0
    return np.repeat(loud.round().astype("<i2"), CHANNELS).tobytes()


class SoundOutput(QObject):
    """Plays one sound at a time.

    Signals
    -------
    ended: what was played is over, or was stopped.
    """

    ended = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sink: Any = None
        self._buffer: QBuffer | None = None
        self._left = 0.0
        self._clock, self._watch = QElapsedTimer(), QTimer(self)
        self._watch.timeout.connect(self._follow)

    @property
    def playing(self) -> bool:
        """Whether something is heard."""
        return self._sink is not None

    def play(self, encoded: bytes) -> None:
        """Play what ``encoded_for_output`` returned, in place of what is playing.

        Raises
        ------
        UserError: if there is no device for it.
        """
        self.stop()
        media = load_output()
        device = media.QMediaDevices.defaultAudioOutput()
        if device.isNull():
            raise UserError(tr("This computer has no sound device"), remedy=tr("Connect headphones or a loudspeaker"))
        form = media.QAudioFormat()
        form.setSampleRate(RATE)
        form.setChannelCount(CHANNELS)
        form.setSampleFormat(media.QAudioFormat.SampleFormat.Int16)
        sink = media.QAudioSink(device, form, self)
        sink.setBufferSize(int(BUFFERED * RATE) * CHANNELS * 2)
        self._buffer = QBuffer(self)
        self._buffer.setData(QByteArray(encoded))
        self._buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        self._sink = sink
        sink.start(self._buffer)
        if sink.error() not in (media.QtAudio.Error.NoError, media.QtAudio.Error.UnderrunError):
            self.stop()
            raise UserError(
                tr("The sound device {description} cannot be opened", description=device.description()),
                remedy=tr("Choose another one in the settings of the desktop"),
            )
        self._left = len(encoded) / (2 * CHANNELS * RATE) + LATENCY
        self._clock.start()
        self._watch.start(EVERY)

    def stop(self) -> None:
        """Be silent."""
        self._watch.stop()
        sink, self._sink = self._sink, None
        buffer, self._buffer = self._buffer, None
        if sink is not None and buffer is not None:
            sink.stop()
            sink.deleteLater()
            buffer.deleteLater()
            self.ended.emit()

    def _follow(self) -> None:
        """Look whether it is over: ``stateChanged`` cannot be heard (PySide6 6.11), nor is every end a state."""
        states = load_output().QtAudio.State
        idle = self._sink is not None and self._sink.state() in (states.IdleState, states.StoppedState)
        if idle or self._clock.elapsed() > 1000 * self._left:
            self.stop()
