"""Taking back what was selected, pinned or decided, and doing it again; back and forth through the queries."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from explorer.core.types import IntArray
from explorer.ui.session.acts import Act
from explorer.ui.session.selections import Kept
from explorer.ui.session.view_state import ViewState
from explorer.ui.widgets.language import tr

MOST_STEPS = 200
MOST_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class Moment:
    """What was selected and what was pinned at a time; ``act``: what else was done that led to it."""

    selection: Kept
    pins: tuple[int, ...]
    act: Act | None = None


def _difference(before: Moment, after: Moment) -> str:
    """Return in words what leads from one moment to the next."""
    if after.act is not None:
        return after.act.words or after.act.title or tr("a decision")
    return tr("what is pinned") if after.pins != before.pins else tr("what is selected")


class ViewHistory(QObject):
    """Remembers selections and pins of a state, at most ``steps`` changes and ``most_bytes``; the oldest go first.

    What is selected and what is pinned by one act of the person, within one turn of the event loop, is one change.
    While a selection is on its way, what is noted or walked waits for it.

    Signals
    -------
    changed(): there may be something to undo or to redo now, or to go back or forward to.
    taken_back(words: str): something was undone that is not seen at once.
    """

    changed = Signal()
    taken_back = Signal(str)

    def __init__(self, state: ViewState, *, steps: int = MOST_STEPS, most_bytes: int = MOST_BYTES) -> None:
        super().__init__(state)
        self._state, self._steps, self._most_bytes = state, steps, most_bytes
        self._now = Moment(state.kept, state.pins.items)
        self._before: deque[Moment] = deque()
        self._after: deque[Moment] = deque()
        self._walking = False
        self._of_act: set[str] = set()  # what the act that is under way has changed
        self._turn = -1  # that of this act
        state.selection_changed.connect(self._on_selection)
        state.pins.changed.connect(self._on_pins)
        state.acted.connect(self._on_act)
        state.was_reset.connect(self.clear)
        state.selecting_changed.connect(lambda _on: self.changed.emit())

    @property
    def can_undo(self) -> bool:
        """Whether there is anything to go back to, or will be in a moment."""
        return bool(self._before) or self._state.selecting

    @property
    def can_redo(self) -> bool:
        """Whether something was undone that can be done again, or will be in a moment."""
        return bool(self._after) or self._state.selecting

    @property
    def can_go_back(self) -> bool:
        """Whether there were other queries before."""
        return bool(self._to_queries(self._before)) or self._state.selecting

    @property
    def can_go_forward(self) -> bool:
        """Whether there are queries that were gone back from."""
        return bool(self._to_queries(self._after)) or self._state.selecting

    @property
    def to_undo(self) -> str:
        """What the next undo takes back, in words; empty where there is nothing."""
        return _difference(self._before[-1], self._now) if self._before else ""

    @property
    def to_redo(self) -> str:
        """What the next redo does again, in words; empty where there is nothing."""
        return _difference(self._now, self._after[-1]) if self._after else ""

    @property
    def size(self) -> int:
        """Bytes that the remembered selections take."""
        kept = {id(moment.selection): moment.selection.size for moment in (*self._before, *self._after)}
        return sum(kept.values())

    def undo(self) -> None:
        """Select and pin what was before the last change, or take back what was done else."""
        self._state.once_selected(self._undo)

    def _undo(self) -> None:
        act = self._now.act
        self._walk(self._before, self._after, 1)
        if act is not None:
            act.undo()
            if words := act.words or act.title:
                self.taken_back.emit(words)

    def redo(self) -> None:
        """Select and pin again, or do again, what the last undo let go."""
        self._state.once_selected(self._redo)

    def _redo(self) -> None:
        if self._after:
            self._walk(self._after, self._before, 1)
            if self._now.act is not None:
                self._now.act.redo()

    def take_back(self, act: Act) -> None:
        """Take back what was done, whatever was selected since."""
        self._state.once_selected(lambda: self._take_back(act))

    def _take_back(self, act: Act) -> None:
        if self._now.act is act:
            self._undo()
            return
        for moments in (self._before, self._after):
            for place, moment in enumerate(moments):
                if moment.act is act:
                    moments[place] = replace(moment, act=None)
        act.undo()

    def back(self) -> None:
        """Go back to the queries that were pinned before, with what was selected then."""
        self._state.once_selected(lambda: self._walk(self._before, self._after, self._to_queries(self._before)))

    def forward(self) -> None:
        """Go forward to the queries that were gone back from."""
        self._state.once_selected(lambda: self._walk(self._after, self._before, self._to_queries(self._after)))

    def clear(self) -> None:
        """Forget everything but what is selected and pinned now: other data was opened."""
        self._before.clear()
        self._after.clear()
        self._of_act.clear()
        self._now = Moment(self._state.kept, self._state.pins.items)
        self.changed.emit()

    def _to_queries(self, moments: deque[Moment]) -> int:
        """Return how many steps away the nearest moment with other queries is, 0 where there is none."""
        steps = enumerate(reversed(moments), start=1)
        return next((step for step, moment in steps if moment.pins and moment.pins != self._now.pins), 0)

    def _walk(self, source: deque[Moment], target: deque[Moment], steps: int) -> None:
        if not source or not steps:
            return
        for step in range(steps):
            # on the way to other queries nothing is taken back, and so nothing is to be done again
            target.append(self._now if step == 0 and steps == 1 else replace(self._now, act=None))
            self._now = source.pop()
        self._walking = True
        try:
            self._state.pins.set(self._now.pins)
            self._state.put_back(self._now.selection)
        finally:
            self._walking = False
        self.changed.emit()

    def _on_selection(self, _selection: IntArray) -> None:
        kept = self._state.kept
        if kept is not self._now.selection:  # what is gone back to may come some turns later
            self._note("selection", replace(self._now, selection=kept, act=self._act_of_turn))

    def _on_pins(self, pins: tuple[int, ...]) -> None:
        if not self._walking:
            self._note("pins", replace(self._now, pins=pins, act=self._act_of_turn))

    def _on_act(self, act: Act) -> None:
        self._state.once_selected(lambda: self._note("act", replace(self._now, act=act)))

    @property
    def _act_of_turn(self) -> Act | None:
        """What else was done by the act that is under way, which stays part of it."""
        self._follow_turn()
        return self._now.act if "act" in self._of_act else None

    def _follow_turn(self) -> None:
        """Begin another act where what is done now was asked for in another turn than what was noted last."""
        if self._turn != self._state.turn:
            self._turn = self._state.turn
            self._of_act.clear()

    def _note(self, kind: str, now: Moment) -> None:
        """Take over a change; of an act that has changed the other kind before it is part of that."""
        self._follow_turn()
        if not self._of_act or kind in self._of_act:
            self._before.append(self._now)
            self._after.clear()
            self._of_act.clear()
        self._of_act.add(kind)
        self._now = now
        while self._before and (len(self._before) > self._steps or self.size > self._most_bytes):
            self._before.popleft()
        self.changed.emit()
