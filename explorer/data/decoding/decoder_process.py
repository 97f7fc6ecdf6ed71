"""What runs in a decoder process: it answers what ``decode_apart`` asks it. Little is loaded: somebody waits for it."""

from __future__ import annotations

import gc
import json
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from explorer.core.plain_json import parse_json
from explorer.core.types import ByteArray, FloatArray
from explorer.data.decoding import decode_picture
from explorer.data.decoding.decode_together import content, decode_together
from explorer.data.decoding.quiet import quiet_decoders
from explorer.data.pictures import PictureError, pictures_told

MEMORY_BYTES = 2 << 30
"""How much a worker may take beyond what it starts with."""
IDLE_SECONDS = 1.0
"""How long a worker stays that nobody needs: starting one takes that long, and a set is opened in several goes."""

BEHIND = 10
"""By how much lower the priority of a process is that works behind others."""

READY, REST, WAKE = b"ready", b"rest", b"wake"
"""What is said between a worker and its owner, beside questions and answers."""


def _clip(data: bytes, **shape: Any) -> ByteArray:
    from explorer.data.decoding import clip_files

    return clip_files.decode(data, clip_files.ClipShape(**shape))


def _examined_clip(data: bytes) -> tuple[int, bool]:
    from explorer.data.decoding import clip_files

    return clip_files.examine(data)


def _sound(data: bytes, **sampling: Any) -> FloatArray:
    from explorer.data.decoding import decode_sound

    return decode_sound.samples(data, decode_sound.Sampling(**sampling))


def _of_sound(call: str) -> Callable[..., Any]:
    """Return a call of ``decode_sound``, which is loaded where it is made."""

    def called(data: bytes, **values: Any) -> Any:
        from explorer.data.decoding import decode_sound

        return getattr(decode_sound, call)(data, **values)

    return called


Many = tuple[list[tuple[str, bool]], ByteArray]
"""Why each of some pictures cannot be used, empty where it can, and whether that lasts; and the pixels (M, S, S, C) of
all, zeros elsewhere."""


def _decode_many(data: bytes, sizes: Sequence[int], **values: Any) -> Many:
    """Decode pictures whose bytes lie one after the other; what cannot be used is told by its reason."""
    ends = np.cumsum([0, *sizes]).tolist()
    return _each(len(sizes), lambda row: data[ends[row] : ends[row + 1]], values)


def _decode_read(data: bytes, **values: Any) -> Many:
    """Decode pictures that are read here, where ``data`` say that they lie."""
    pictures = pictures_told(data)
    with pictures.reading() as read:
        return _each(len(pictures), read, values)


def _each(count: int, read: Callable[[int], bytes], values: Mapping[str, Any]) -> Many:
    size, channels = values["size"], values["channels"]
    reasons: list[tuple[str, bool]] = [("", True)] * count
    pixels = np.zeros((count, size, size, channels), np.uint8)
    contents = (content(read, row) for row in range(count))
    decoded = decode_together(contents, lambda data: decode_picture.decode(data, **values), size, channels)
    for row, found in enumerate(decoded):
        if isinstance(found, PictureError):
            reasons[row] = (found.reason, found.lasting)
        else:
            pixels[row] = found
    return reasons, pixels


MANY = ("decode_many", "decode_read")
CALLS: dict[str, Callable[..., Any]] = {
    "decode_many": _decode_many,
    "decode_read": _decode_read,
    "clip": _clip,
    "examine clip": _examined_clip,
    "sound": _sound,
    "wave": _of_sound("read_wave"),
    "beginning": _of_sound("read_beginning"),
    "examine sound": _of_sound("examine"),
    "decode": decode_picture.decode,
    "full": decode_picture.full,
    "greatest": decode_picture.greatest,
    "is_grey": decode_picture.is_grey,
    "cut": lambda data, box, frame: np.frombuffer(
        decode_picture.part(decode_picture.whole(data), box, frame), np.uint8
    ),
}


def serve(pipe: Connection, behind: bool) -> None:
    """Decode what comes through a pipe until it closes; the entry of the process.

    ``behind``: after whatever else there is to do: it decodes the rest of what a window already shows.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # libraries print from C
    if behind and hasattr(os, "nice"):
        os.nice(BEHIND)
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
        found: Any = CALLS[call](data, **values)
    except PictureError as error:
        return {"reason": error.reason}, b""
    except decode_picture.ColourFoundError:
        return {"colour": True}, b""
    if call in MANY:
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
