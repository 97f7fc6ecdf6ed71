"""Decoding pictures that follow each other: the plainest of them at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from explorer.core.types import ByteArray
from explorer.data.decoding.plain_png import may_be_plain, plain_together
from explorer.data.pictures import PictureError, ReadCall

Content = bytes | PictureError
Result = ByteArray | PictureError


def decode_together(
    contents: Iterable[Content], decode: Callable[[bytes], ByteArray], size: int, channels: int
) -> Iterator[Result]:
    """Yield what each of some pictures becomes, (size, size, channels) uint8, or why there is none, in their order.

    ``decode``: decodes one, or raises ``PictureError``.
    """
    plain: list[bytes] = []
    for data in contents:
        if isinstance(data, bytes) and may_be_plain(data, size, channels):
            plain.append(data)
            continue
        yield from _plain(plain, decode, size, channels)
        plain = []
        yield data if isinstance(data, PictureError) else _alone(data, decode)
    yield from _plain(plain, decode, size, channels)


def _plain(files: list[bytes], decode: Callable[[bytes], ByteArray], size: int, channels: int) -> Iterator[Result]:
    for data, pixels in zip(files, plain_together(files, size, channels), strict=True):
        yield _alone(data, decode) if pixels is None else pixels


def _alone(data: bytes, decode: Callable[[bytes], ByteArray]) -> Result:
    try:
        return decode(data)
    except PictureError as error:
        return error


def content(read: ReadCall, index: int) -> Content:
    """Return the bytes of a picture, or why they cannot be read."""
    try:
        return read(index)
    except PictureError as error:
        return error
