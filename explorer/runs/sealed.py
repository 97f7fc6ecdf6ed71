"""JSON that says by itself whether it is what was written: an object with the SHA-256 of its other values.

What older versions wrote has no seal and is taken as it is.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from explorer.core.errors import UserError, printable
from explorer.core.plain_json import parse_json

T = TypeVar("T")

SEAL = "sha256"
_DIGEST = re.compile(r"[0-9a-f]{8}")
"""What is left of a seal where its name was damaged; of the texts that older versions wrote last none has so much."""


def sealed(document: Mapping[str, Any]) -> bytes:
    """Return the text of an object with its seal, indented, ASCII."""
    plain = parse_json(json.dumps(dict(document), allow_nan=False))  # as it is read again
    return json.dumps({**plain, SEAL: _digest(plain)}, indent=1).encode("ascii")


def unsealed(content: bytes) -> dict[str, Any]:
    """Return the object that a text holds, without its seal.

    Raises
    ------
    ValueError: if it is none, or not what was written.
    """
    document = parse_json(content)
    if not isinstance(document, dict):
        raise ValueError("it is not a JSON object")
    seal = document.pop(SEAL, None)
    last = next(reversed(document.values()), None)
    if seal is None and not (isinstance(last, str) and _DIGEST.search(last)):
        return document  # of an older version; where the last is a digest, the name of the seal was damaged
    if seal != _digest(document):
        raise ValueError("it is not what was written")
    return document


def read_sealed(path: Path, limit: int, parse: Callable[[dict[str, Any]], T], remedy: str, so: str = "") -> T | None:
    """Return what a small sealed file says, or None where there is none.

    Parameters
    ----------
    limit: bytes that it has at most. parse: makes a value of its object; what it raises says that it is damaged.
    remedy, so: what can be done about a damaged one, and what follows from the damage.

    Raises
    ------
    UserError: if the file cannot be read or is damaged.
    """
    shown = printable(str(path))
    try:
        if path.stat().st_size > limit:
            raise ValueError
        return parse(unsealed(path.read_bytes()))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(f"{shown} cannot be read: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(f"{shown} is damaged{so}", remedy=remedy) from error


def _digest(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode("ascii")).hexdigest()
