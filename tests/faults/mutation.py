"""Small damages to the bytes of a file, each from a seed: what disks, copies and people who mean harm do to it."""

from __future__ import annotations

import random
from collections.abc import Callable

INTERESTING = [
    b"\x00" * 4,
    b"\xff" * 4,
    b"\xff\xff\xff\x7f",
    b"\x7f\xff\xff\xff",
    b"\x00\x00\x00\x80",
    b"\xff\xff\x00\x00",
]
DIGITS = b"0123456789-.eE,\"'[]{}:\\"


def mutant(content: bytes, seed: int) -> bytes:
    """Return the content with one to four damages."""
    generator = random.Random(seed)
    data = bytearray(content)
    for _ in range(generator.choice([1, 1, 2, 4])):
        if data:
            generator.choice(_DAMAGES)(data, generator)
    return bytes(data)


def _flip(data: bytearray, generator: random.Random) -> None:
    data[generator.randrange(len(data))] ^= 1 << generator.randrange(8)


def _overwrite(data: bytearray, generator: random.Random) -> None:
    at = generator.randrange(len(data))
    data[at : at + generator.randrange(1, 16)] = generator.randbytes(generator.randrange(1, 16))


def _number(data: bytearray, generator: random.Random) -> None:
    at = generator.randrange(len(data))
    data[at : at + 4] = generator.choice(INTERESTING)


def _cut(data: bytearray, generator: random.Random) -> None:
    del data[generator.randrange(len(data)) :]


def _remove(data: bytearray, generator: random.Random) -> None:
    at = generator.randrange(len(data))
    del data[at : at + generator.randrange(1, 64)]


def _repeat(data: bytearray, generator: random.Random) -> None:
    at, length = generator.randrange(len(data)), generator.randrange(1, 256)
    data[at:at] = data[at : at + length] * generator.randrange(1, 9)


def _digit(data: bytearray, generator: random.Random) -> None:
    at = generator.randrange(len(data))
    data[at : at + 1] = bytes(generator.choices(DIGITS, k=generator.randrange(1, 12)))


def _zeros(data: bytearray, generator: random.Random) -> None:
    at = generator.randrange(len(data))
    length = min(generator.randrange(1, 4096), len(data) - at)
    data[at : at + length] = bytes(length)


_DAMAGES: list[Callable[[bytearray, random.Random], None]] = [
    _flip, _flip, _overwrite, _number, _cut, _remove, _repeat, _digit, _zeros,
]  # fmt: skip
