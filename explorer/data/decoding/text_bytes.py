"""Texts as bytes: UTF-8 in rows of one length, padded with zeros, and back."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence

import numpy as np

from explorer.core.types import ByteArray

LONGEST = 2048
"""Bytes of a text that are kept, at most."""
SHORT = 512
"""Up to so many bytes no text is cut for the sake of the others."""
KEPT_WHOLE = 0.99
"""The share of texts that are kept whole, where they are longer."""
STEP = 32
"""Rows are so many bytes long, or a multiple of it."""

LATIN = "that are not UTF-8, read as Latin-1"
"""What is said of texts that do not say how they are encoded."""
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""The marks that texts of UTF-16 begin with."""
CUT = "…".encode()
"""The end of a text that was cut."""

LOOKED_AT, CONTROLS = 4096, 0.05
"""So many of the first bytes are looked at, and more control characters than this share are in no text."""
_CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]+")


def not_text(encoded: bytes) -> bool:
    """Whether bytes are no text: a NUL among them, or many that control, without the mark of UTF-16."""
    if encoded.startswith(UTF_16):
        return False
    head = encoded[:LOOKED_AT]
    return b"\0" in encoded or sum(len(part) for part in _CONTROLS.findall(head)) > CONTROLS * len(head)


def marked_or_utf_8(encoded: bytes) -> bool:
    """Whether bytes say how they are text: by the mark of UTF-16, or as UTF-8."""
    if encoded.startswith(UTF_16):
        return True
    try:
        encoded.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def decoded_text(encoded: bytes) -> str:
    """Return the text of a file: UTF-8 or UTF-16 by its first bytes, Latin-1 where it is neither."""
    if encoded.startswith(UTF_16):
        return encoded.decode("utf-16", "replace")
    try:
        return encoded.decode("utf-8-sig")
    except UnicodeDecodeError:
        return encoded.decode("latin-1")


def plain_bytes(text: str) -> bytes:
    """Return a text as UTF-8 without blanks at its ends and without characters that control a terminal."""
    return _CONTROL.sub(" ", text).strip().encode("utf-8", "replace")


def chosen_length(sizes: Sequence[int]) -> int:
    """Return how many bytes are kept of every text: as many as the longest has, unless a few are far longer."""
    longest = max(sizes, default=1)
    if longest > SHORT:
        longest = min(max(SHORT, int(np.quantile(np.asarray(sizes), KEPT_WHOLE))), LONGEST)
    return -(-(max(longest, 1) + len(CUT)) // STEP) * STEP


def padded(encoded: bytes, length: int) -> ByteArray:
    """Return a text as (L,) bytes and zeros; a longer one ends in … after whole characters."""
    row = np.zeros(length, np.uint8)
    if len(encoded) > length:
        end = max(length - len(CUT), 0)
        while end and encoded[end] & 0xC0 == 0x80:  # within a character
            end -= 1
        encoded = (encoded[:end] + CUT)[:length]
    row[: len(encoded)] = np.frombuffer(encoded, np.uint8)
    return row


def count_cut(rows: ByteArray) -> int:
    """Return how many texts (N, L) were cut: they end in … within the last bytes."""
    count = 0
    for row in rows[rows[:, -4:].any(axis=1)]:
        count += row.tobytes().rstrip(b"\0").endswith(CUT)
    return count


def text_of(row: ByteArray) -> str:
    """Return the text of bytes (L,) that are padded with zeros."""
    return row.tobytes().rstrip(b"\0").decode("utf-8", "replace")
