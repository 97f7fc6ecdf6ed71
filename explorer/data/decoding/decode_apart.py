"""Decoding what decoders are slow, large or intricate for in a process that can be killed.

TIFF, JPEG 2000, AVIF, clips and recordings that are compressed go to a worker: where a decoder hangs, takes too much
memory or crashes, the item is left out with that reason, and all else goes on. Nothing but bytes comes back from a
worker, so that what breaks into it gets no further.

JPEG, PNG, GIF, BMP, WebP and PNM are decoded where one is: they are what large sets are made of, a hand-over costs as
much as decoding a small one, their decoders are the most attacked and mended there are, and what they may claim is
limited before they begin (pixels, and so memory and time).
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import queue
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any

import numpy as np

from explorer.core.errors import Cancelled
from explorer.core.plain_json import parse_json
from explorer.core.spawned import apart_from_main
from explorer.core.types import ByteArray, FloatArray
from explorer.data.decoding import clip_files, decode_picture, decode_sound
from explorer.data.decoding.quiet import quiet_decoders
from explorer.data.listing import CancelledCall, never
from explorer.data.patience import Patience
from explorer.data.pictures import WHITE, PictureError

SECONDS = 30.0
"""How much of the processor one picture may take; see ``Patience``."""
MEMORY_BYTES = 2 << 30
"""How much a worker may take beyond what it starts with."""
STARTING_SECONDS = 60.0
IDLE_SECONDS = 1.0
"""How long a worker stays that nobody needs: starting one takes that long, and a set is opened in several goes."""
LOOK_SECONDS = 0.1
"""How often it is looked whether the user has cancelled."""

READY, REST, WAKE = b"ready", b"rest", b"wake"
"""What is said between a worker and its owner, beside questions and answers."""
_TIFF, _JPEG_2000, _AVIF = (b"II", b"MM"), (b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP"), b"ftyp"
_SENT: dict[str, np.dtype[Any]] = {"uint8": np.dtype(np.uint8), "float32": np.dtype(np.float32)}
"""What a worker may send, by name."""


def _clip(data: bytes, **shape: Any) -> ByteArray:
    return clip_files.decode(data, clip_files.ClipShape(**shape))


def _sound(data: bytes, **sampling: Any) -> FloatArray:
    return decode_sound.samples(data, decode_sound.Sampling(**sampling))


Many = tuple[list[str], ByteArray]
"""Why each of some pictures cannot be used, empty where it can, and the pixels (M, S, S, C) of all, zeros elsewhere."""


def _decode_many(data: bytes, sizes: Sequence[int], **values: Any) -> Many:
    """Decode pictures whose bytes lie one after the other; what cannot be used is told by its reason."""
    reasons, ends = [], np.cumsum([0, *sizes]).tolist()
    pixels = np.zeros((len(sizes), values["size"], values["size"], values["channels"]), np.uint8)
    for row, (start, end) in enumerate(pairwise(ends)):
        try:
            pixels[row] = decode_picture.decode(data[start:end], **values)
            reasons.append("")
        except PictureError as error:
            reasons.append(error.reason)
    return reasons, pixels


_CALLS: dict[str, Callable[..., Any]] = {
    "decode_many": _decode_many,
    "clip": _clip,
    "examine clip": clip_files.examine,
    "sound": _sound,
    "wave": decode_sound.read_wave,
    "beginning": decode_sound.read_beginning,
    "examine sound": decode_sound.examine,
    "decode": decode_picture.decode,
    "full": decode_picture.full,
    "greatest": decode_picture.greatest,
    "is_grey": decode_picture.is_grey,
    "cut": lambda data, box, frame: np.frombuffer(
        decode_picture.part(decode_picture.whole(data), box, frame), np.uint8
    ),
}


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

    def decode_many(
        self, pictures: Sequence[bytes], size: int, channels: int, white: int = WHITE, *, watchful: bool = False
    ) -> list[ByteArray | PictureError]:
        """Decode pictures to (size, size, channels) uint8 in a worker, so that this process can do something else."""
        values = {"size": size, "channels": channels, "white": white, "watchful": watchful}
        try:
            asked = {"sizes": [len(data) for data in pictures], **values}
            reasons, pixels = self.ask("decode_many", b"".join(pictures), asked)
        except PictureError:  # one of them has brought the worker down, or takes too long
            return [self._decode_alone(data, values) for data in pictures]
        return [PictureError(reason) if reason else row for reason, row in zip(reasons, pixels, strict=True)]

    def _decode_alone(self, data: bytes, values: Mapping[str, Any]) -> ByteArray | PictureError:
        try:
            return np.asarray(self.ask("decode", data, values))
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
        return self.ask(call, data, values) if is_apart(data) else _CALLS[call](data, **values)

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


class _Worker:
    """One process that decodes one picture at a time."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs,), name="embedding-explorer decoder", daemon=True)
        try:
            with apart_from_main():
                self._process.start()
        finally:
            theirs.close()
        self._ready = False

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
        self._process.join()
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
    """Let a worker rest in place of the one that did so far."""
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


def serve(pipe: Connection) -> None:
    """Decode what comes through a pipe until it closes; the entry of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # libraries print from C
    quiet_decoders()
    _limit_memory()
    gc.freeze()
    pipe.send_bytes(READY)
    with suppress(OSError, EOFError):
        while True:
            asked = pipe.recv_bytes()
            if asked == REST:
                if not pipe.poll(IDLE_SECONDS):
                    return
                pipe.recv_bytes()
                pipe.send_bytes(READY)
                continue
            values = parse_json(asked)
            call = values.pop("call")
            answer, pixels = _answer(call, pipe.recv_bytes(), values)
            pipe.send_bytes(json.dumps(answer).encode("ascii"))
            pipe.send_bytes(pixels)
            if call.endswith("clip"):  # what was closed stands in a circle of references, and holds 130 MB of addresses
                gc.collect()


def _answer(call: str, data: bytes, values: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
    try:
        found: Any = _CALLS[call](data, **values)
    except PictureError as error:
        return {"reason": error.reason}, b""
    except decode_picture.ColourFoundError:
        return {"colour": True}, b""
    if call == "decode_many":
        reasons, pixels = found
        return {"reasons": reasons, "shape": pixels.shape, "dtype": pixels.dtype.name}, pixels.tobytes()
    if isinstance(found, np.ndarray):
        return {"shape": found.shape, "dtype": found.dtype.name}, found.tobytes()
    return {"value": found}, b""


def _limit_memory() -> None:
    """Let memory be refused, which a decoder tells, before the whole computer has none."""
    try:
        import resource

        with open("/proc/self/statm", encoding="ascii") as file:
            now = int(file.read().split()[0]) * resource.getpagesize()
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY_BYTES, most))
    except (ImportError, OSError, ValueError):
        return  # not on this system: the limits on pixels have to do
