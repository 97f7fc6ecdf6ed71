"""JSON of whoever wrote it: all of the house reads it here, so that none of it ends in a fault of Python's."""

from __future__ import annotations

import json
from typing import Any

TOO_DEEP = "its objects and lists nest too deep"


def parse_json(text: str | bytes) -> Any:
    """Return what JSON holds.

    Raises
    ------
    ValueError: if it is none, or its objects and lists lie deeper in each other than anything that is meant to be read.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError(TOO_DEEP) from None
