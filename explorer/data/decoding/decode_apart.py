"""Decoding what decoders are slow, large or intricate for in a process that can be killed.

TIFF, JPEG 2000, AVIF, clips and recordings that are compressed go to a worker: where a decoder hangs, takes too much
memory or crashes, the item is left out with that reason, and all else goes on. Nothing but bytes comes back from a
worker, so that what breaks into it gets no further.

JPEG, PNG, GIF, BMP, WebP and PNM are decoded where one is: they are what large sets are made of, a hand-over costs as
much as decoding a small one, their decoders are the most attacked and mended there are, and what they may claim is
limited before they begin (pixels, and so memory and time).
"""

from __future__ import annotations

import json
import multiprocessing
import queue
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any

import numpy as np

from explorer.core.errors import Cancelled
from explorer.core.plain_json import parse_json
from explorer.core.spawned import apart_from_main, end
from explorer.core.types import ByteArray
from explorer.data.decoding import decode_picture
from explorer.data.decoding.decode_together import content
from explorer.data.decoding.decoder_process import CALLS, IDLE_SECONDS, READY, REST, WAKE, serve
from explorer.data.listing import CancelledCall, never
from explorer.data.patience import Patience
from explorer.data.pictures import WHITE, PictureError, Pictures, ReadCall, where_told

SECONDS = 30.0
"""How much of the processor one picture may take; see ``Patience``."""
STARTING_SECONDS = 60.0
NAME = "embedding-explorer decoder"
LOOK_SECONDS = 0.1
"""How often it is looked whether the user has cancelled."""

_TIFF, _JPEG_2000, _AVIF = (b"II", b"MM"), (b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP"), b"ftyp"
_SENT: dict[str, np.dtype[Any]] = {"uint8": np.dtype(np.uint8), "float32": np.dtype(np.float32)}
"""What a worker may send, by name."""


def is_apart(data: bytes) -> bool:
    """Whether a picture is decoded in a worker, by its first bytes."""
    return data.startswith((*_TIFF, *_JPEG_2000)) or data[4:8] == _AVIF


class Decoders:
    """Decodes pictures, those that need it in workers; use it in ``with``, which ends them. For several threads.

    One of them rests for a moment, so that who decodes next need not wait for another, and then ends by itself.

    Each call returns and raises what that of ``decode_picture`` does; ``seconds``: how long one item may work;
    ``cancelled``: asked while a worker is waited for, which then ends in ``Cancelled``.
    """

    def __init__(self, seconds: float = SECONDS, cancelled: CancelledCall = never) -> None:
        self._seconds = seconds
        self._cancelled = cancelled
        self._free: queue.LifoQueue[_Worker] = queue.LifoQueue()

    def __enter__(self) -> Decoders:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(queue.Empty):
            while True:
                _leave(self._free.get_nowait())

    def decode(self, data: bytes, size: int, channels: int, white: int = WHITE, *, watchful: bool = False) -> ByteArray:
        """Decode one picture to (size, size, channels) uint8."""
        values = {"size": size, "channels": channels, "white": white, "watchful": watchful}
        return np.asarray(self._call("decode", data, values))

    def begin(self, count: int, *, behind: bool = False) -> None:
        """Start so many workers, for which nobody waits; ``behind``: to work after whatever else there is to do."""
        for _ in range(count):
            self._free.put(_Worker(behind=True) if behind else _rested() or _Worker())

    def ready(self) -> bool:
        """Whether a worker waits to be asked."""
        with self._free.mutex:
            return any(worker.ready() for worker in self._free.queue)

    def decode_many(
        self,
        pictures: Pictures,
        read: ReadCall,
        size: int,
        channels: int,
        white: int = WHITE,
        *,
        watchful: bool = False,
    ) -> list[ByteArray | PictureError]:
        """Decode pictures to (size, size, channels) uint8 in a worker, so that this process can do something else.

        The worker reads them itself where it can be told where they lie; others it is sent, as ``read`` returns them.
        """
        values = {"size": size, "channels": channels, "white": white, "watchful": watchful}
        told = where_told(pictures)
        if told is None:
            return self._decode_sent([content(read, index) for index in range(len(pictures))], values)
        try:
            return _each_of(*self.ask("decode_read", told, values))
        except PictureError:  # one of them has brought the worker down, or takes too long
            return [self._decode_alone(content(read, index), values) for index in range(len(pictures))]

    def _decode_sent(
        self, found: Sequence[bytes | PictureError], values: Mapping[str, Any]
    ) -> list[ByteArray | PictureError]:
        whole = [data for data in found if isinstance(data, bytes)]
        try:
            asked = {"sizes": [len(data) for data in whole], **values}
            decoded = iter(_each_of(*self.ask("decode_many", b"".join(whole), asked)))
        except PictureError:
            decoded = iter([self._decode_alone(data, values) for data in whole])
        return [next(decoded) if isinstance(data, bytes) else data for data in found]

    def _decode_alone(self, data: bytes | PictureError, values: Mapping[str, Any]) -> ByteArray | PictureError:
        try:
            return np.asarray(self.ask("decode", data, values)) if isinstance(data, bytes) else data
        except PictureError as error:
            return error

    def full(self, data: bytes, longest: int = 512, white: int = WHITE) -> ByteArray:
        """Decode one picture to (H, W, 3) uint8, its own aspect."""
        return np.asarray(self._call("full", data, {"longest": longest, "white": white}))

    def greatest(self, data: bytes) -> int:
        """Return the greatest value of a 16-bit picture, 0 where it is none."""
        return int(self._call("greatest", data, {}))

    def is_grey(self, data: bytes) -> bool:
        """Whether a picture has no colour."""
        return bool(self._call("is_grey", data, {}))

    def cut(self, data: bytes, box: Sequence[float], frame: Sequence[float]) -> bytes:
        """Return a part of a picture, encoded; see ``decode_picture.part``."""
        return np.asarray(self._call("cut", data, {"box": list(box), "frame": list(frame)})).tobytes()

    def _call(self, call: str, data: bytes, values: Mapping[str, Any]) -> Any:
        return self.ask(call, data, values) if is_apart(data) else CALLS[call](data, **values)

    def ask(self, call: str, data: bytes, values: Mapping[str, Any]) -> Any:
        """Return what a call returns in a worker: an array, or what JSON can say.

        Raises
        ------
        PictureError, ColourFoundError: as the call; PictureError: if it takes too long, or ends its worker.
        """
        try:
            worker = self._free.get_nowait()
        except queue.Empty:
            worker = _rested() or _Worker()
        try:
            answer = worker.ask(call, data, values, self._seconds, self._cancelled)
        except BaseException:
            worker.close()
            raise
        self._free.put(worker)
        return _plain(*answer)


def _each_of(reasons: Sequence[tuple[str, bool]], pixels: ByteArray) -> list[ByteArray | PictureError]:
    """Return each picture of several, or why there is none."""
    return [
        PictureError(reason, lasting=lasting) if reason else row
        for (reason, lasting), row in zip(reasons, pixels, strict=True)
    ]


class _Worker:
    """One process that decodes one picture at a time."""

    def __init__(self, *, behind: bool = False) -> None:
        self.behind = behind
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, behind), name=NAME, daemon=True)
        try:
            with apart_from_main():
                self._process.start()
        finally:
            theirs.close()
        self._ready = False

    def ready(self) -> bool:
        """Whether it has started."""
        try:
            return self._ready or self._pipe.poll(0)
        except OSError:
            return False

    def ask(
        self, call: str, data: bytes, values: Mapping[str, Any], seconds: float, cancelled: CancelledCall
    ) -> tuple[dict[str, Any], bytes]:
        """Return the answer of a call; a worker that raises here is of no use any more.

        Raises
        ------
        PictureError: if it does not answer in time, or ends; Cancelled: if the user cancels.
        """
        try:
            if not self._ready:
                self._ready = self._answers(self._patience(STARTING_SECONDS), cancelled) and bool(
                    self._pipe.recv_bytes()
                )
            patience = self._patience(seconds)
            self._pipe.send_bytes(json.dumps({"call": call, **values}).encode("ascii"))
            self._pipe.send_bytes(data)
            if not self._answers(patience, cancelled):
                raise PictureError(_too_long(patience, seconds))
            return parse_json(self._pipe.recv_bytes()), self._pipe.recv_bytes()
        except (OSError, EOFError, ValueError) as error:
            raise PictureError("damaged: its decoder crashed, or needed more memory than it may take") from error

    def _patience(self, seconds: float) -> Patience:
        return Patience(self._process.pid or 0, seconds)

    def _answers(self, patience: Patience, cancelled: CancelledCall) -> bool:
        while not self._pipe.poll(LOOK_SECONDS):
            if cancelled():
                raise Cancelled
            if patience.over():
                return False
        return True

    def rest(self) -> bool:
        """Let it end by itself unless it is soon woken; return whether it is still there."""
        try:
            self._pipe.send_bytes(REST)
        except OSError:
            return False
        return True

    def wakes(self) -> bool:
        """Return whether it still rests; it then waits to be asked."""
        try:
            self._pipe.send_bytes(WAKE)
            return self._answers(self._patience(IDLE_SECONDS), never) and self._pipe.recv_bytes() == READY
        except (OSError, EOFError):
            return False

    def close(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        if end(self._process):
            self._process.close()
        self._pipe.close()


def _too_long(patience: Patience, seconds: float) -> str:
    """Return why an item is left out that was not decoded in time; a busy machine is not laid at its door."""
    if patience.starved():
        took = f"was not decoded within {patience.took:.0f} seconds, in which its decoder hardly got to work"
        return f"{took}: open the data again when the machine or the disk is less busy"
    return f"takes longer than {seconds:.0f} seconds to decode"


_resting: queue.LifoQueue[_Worker] = queue.LifoQueue(1)


def _leave(worker: _Worker) -> None:
    """Let a worker rest in place of the one that did so far; one that works behind others is of no use to the next."""
    if worker.behind:
        worker.close()
        return
    end_resting()
    try:
        if worker.rest():
            _resting.put_nowait(worker)
            return
    except queue.Full:  # by another thread
        pass
    worker.close()


def _rested() -> _Worker | None:
    """Return the worker that rests, None where that has ended."""
    try:
        worker = _resting.get_nowait()
    except queue.Empty:
        return None
    if worker.wakes():
        return worker
    worker.close()
    return None


def end_resting() -> None:
    """End the worker that rests now, not in a moment."""
    with suppress(queue.Empty):
        _resting.get_nowait().close()


def _plain(answer: Mapping[str, Any], pixels: bytes) -> Any:
    """Return what a call in a worker has returned, or raise what it has raised."""
    if "reason" in answer:
        raise PictureError(str(answer["reason"]))
    if "colour" in answer:
        raise decode_picture.ColourFoundError
    if "shape" not in answer:
        return answer["value"]
    found = np.frombuffer(bytearray(pixels), _SENT[answer["dtype"]]).reshape(answer["shape"])
    return (answer["reasons"], found) if "reasons" in answer else found
