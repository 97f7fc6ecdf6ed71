"""What a panel asks of a selection and its sets in a session that only holds things: it is remembered in words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from explorer.core.types import IntArray
from explorer.runs.item_sets import set_name

if TYPE_CHECKING:
    from tests.ui.panel_desk import Held

JOB = 7
"""The id of every job."""


class HeldOrder:
    """Remembers which order was asked for."""

    def __init__(self, held: Held) -> None:
        self._held = held

    def ask(self, items: IntArray, by: str, queries: Sequence[int] = ()) -> None:
        """Remember which order was asked for."""
        of = f" from {list(queries)}" if queries else ""
        self._held.asked.append(f"order {len(items)} by {by}{of}")

    def end(self) -> None:
        """Remember that none is wanted any more."""
        self._held.asked.append("no order")


class HeldSets:
    """Remembers what was asked of the named sets."""

    def __init__(self, held: Held) -> None:
        self._held = held

    def look(self) -> None:
        """Remember that they were looked at."""
        self._held.asked.append("look at the sets")

    def put(self, name: str, items: IntArray, mode: str = "replace") -> int:
        """Remember what was to be kept under which name."""
        self._held.asked.append(f"{mode} {set_name(name)} {items.tolist()}")
        return JOB

    def rename(self, old: str, new: str) -> int:
        """Remember which set was to be renamed."""
        self._held.asked.append(f"rename {old} {set_name(new)}")
        return JOB

    def delete(self, name: str) -> int:
        """Remember which set was to be deleted."""
        self._held.asked.append(f"delete {name}")
        return JOB

    def take_back(self, number: int, *, again: bool = False) -> None:
        """Remember which change was to be taken back, or done again."""
        self._held.asked.append(f"{'keep again' if again else 'let go'} {number}")


class HeldFiles:
    """Remembers which files of the selection were asked for."""

    def __init__(self, held: Held) -> None:
        self._held = held

    def save_list(self, path: Path, items: IntArray, queries: Sequence[int] = (), among: IntArray | None = None) -> int:
        """Remember which list was to be written."""
        items = items if among is None else items[np.isin(items, among)]
        self._held.asked.append(f"list {path.name} of {items.tolist()} from {list(queries)}")
        return JOB

    def copy(self, dest: Path, items: IntArray) -> int:
        """Remember what was to be copied."""
        self._held.asked.append(f"copy {len(items)} to {dest.name}")
        return JOB
