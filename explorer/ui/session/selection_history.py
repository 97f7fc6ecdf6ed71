"""Taking back what was selected, and doing it again."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from explorer.core.types import IntArray
from explorer.ui.session.view_state import ViewState

MOST_STEPS = 200
MOST_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class Kept:
    """A selection as small as it goes: one bit for each item up to the last one, or, where they are few, its items."""

    bits: npt.NDArray[np.uint8] | None
    items: IntArray

    @classmethod
    def of(cls, selection: IntArray) -> Kept:
        """Keep a selection, sorted and unique."""
        if not len(selection) or selection[0] < 0 or selection[-1] // 8 >= selection.nbytes:
            return cls(None, selection)
        mask = np.zeros(int(selection[-1]) + 1, np.bool_)
        mask[selection] = True
        return cls(np.packbits(mask), np.empty(0, np.int64))

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return self.items.nbytes + (0 if self.bits is None else self.bits.nbytes)

    def selection(self) -> IntArray:
        """Return the selection."""
        return self.items if self.bits is None else np.flatnonzero(np.unpackbits(self.bits).view(np.bool_))


class SelectionHistory(QObject):
    """Remembers the selections of a state, at most ``steps`` of them and ``most_bytes`` in all; the oldest go first.

    Signals
    -------
    changed(): there may be something to undo or to redo now.
    """

    changed = Signal()

    def __init__(self, state: ViewState, *, steps: int = MOST_STEPS, most_bytes: int = MOST_BYTES) -> None:
        super().__init__(state)
        self._state, self._steps, self._most_bytes = state, steps, most_bytes
        self._now = Kept.of(state.selection)
        self._before: deque[Kept] = deque()
        self._after: deque[Kept] = deque()
        self._walking = False
        state.selection_changed.connect(self._on_changed)
        state.was_reset.connect(self.clear)

    @property
    def can_undo(self) -> bool:
        """Whether there is a selection to go back to."""
        return bool(self._before)

    @property
    def can_redo(self) -> bool:
        """Whether something was undone that can be done again."""
        return bool(self._after)

    @property
    def size(self) -> int:
        """Bytes that the remembered selections take."""
        return sum(kept.size for kept in (*self._before, *self._after))

    def undo(self) -> None:
        """Select what was selected before the last change."""
        self._walk(self._before, self._after)

    def redo(self) -> None:
        """Select again what the last undo let go."""
        self._walk(self._after, self._before)

    def clear(self) -> None:
        """Forget everything but what is selected now: other data was opened."""
        self._before.clear()
        self._after.clear()
        self._now = Kept.of(self._state.selection)
        self.changed.emit()

    def _walk(self, source: deque[Kept], target: deque[Kept]) -> None:
        if source:
            target.append(self._now)
            self._now = source.pop()
            self._walking = True
            try:
                self._state.set_selection(self._now.selection())
            finally:
                self._walking = False
            self.changed.emit()

    def _on_changed(self, selection: IntArray) -> None:
        if self._walking:
            return
        self._before.append(self._now)
        self._now = Kept.of(selection)
        self._after.clear()
        taken = self.size
        while self._before and (len(self._before) > self._steps or taken > self._most_bytes):
            taken -= self._before.popleft().size
        self.changed.emit()
