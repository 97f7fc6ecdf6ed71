"""How the ends of a direction are written: ``item 17``, or ``class 3`` for the mean of a class."""

from __future__ import annotations

import re
from typing import Literal, cast

from explorer.core.errors import UserError, printable

Sort = Literal["item", "class"]
_WRITTEN = re.compile(r"\s*(?:(item|class)\s+)?#?(\d{1,15})\s*", re.IGNORECASE)


def place_of(text: str) -> tuple[Sort, int]:
    """Return what an end of a direction is: an item, or a class, by its number from 0; a bare number is an item.

    Raises
    ------
    UserError: if the text says neither.
    """
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise UserError(f"{printable(text) or 'Nothing'} is no item and no class", remedy="Write item 17 or class 3")
    return cast(Sort, (found.group(1) or "item").lower()), int(found.group(2))
