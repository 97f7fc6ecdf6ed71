"""The settings file as it lies on the disk; nothing here takes time to import, for the first paint needs it."""

from __future__ import annotations

import base64
import binascii
import os
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes

from explorer.core.plain_json import parse_json

LARGEST_FILE = 4 << 20


def read_values(path: Path) -> dict[str, object]:
    """Return what a settings file says, unchecked.

    Raises
    ------
    FileNotFoundError: there is none.
    OSError, ValueError: it cannot be read, or is no settings file.
    """
    if path.exists() and (not path.is_file() or path.stat().st_size > LARGEST_FILE):
        raise OSError("it is no settings file")
    found = parse_json(path.read_bytes())
    if not isinstance(found, dict):
        raise ValueError("it is no object")
    return found


def escaped(text: str) -> str:
    """Return a path percent-encoded, byte for byte, so that a name that is not UTF-8 survives."""
    return quote_from_bytes(os.fsencode(text), safe="/:\\ ,()[]=+@~")


def unescaped(text: str) -> str:
    """Return the path that was encoded by ``escaped``."""
    return os.fsdecode(unquote_to_bytes(text.encode("utf-8", "surrogatepass")))


def decoded(text: str) -> bytes:
    """Return the bytes that were kept as base64; empty where they were damaged."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
