"""The one place where a result is dropped because it is of other data, another run or another step than is shown."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from typing import Any

from explorer.core.result_kinds import ResultKind, kind_of
from explorer.core.types import PIXELS_RUN
from explorer.engine.lanes import Lanes, ResultKey


class ResultFilter:
    """Passes results on to the lanes; every thread of a session posts here.

    What is shown is a dataset, by its number in the session, and any number of runs on it; of a run either the newest
    step is followed or a kept one is shown. What was not delivered yet when that changes is forgotten.
    """

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self._lock = threading.Lock()
        self._dataset = 0
        self._runs: frozenset[str] = frozenset()
        self._steps: dict[str, int] = {}

    def show(self, dataset: int, *runs: str) -> None:
        """Let results of these runs pass from now on, all of them at their newest step."""
        with self._lock:
            self._dataset, self._runs, self._steps = dataset, frozenset(runs), {}
            self._lanes.forget(lambda key: not self._shown_key(key))

    def show_step(self, run: str, step: int) -> None:
        """Show a kept step of a run, or follow its newest one again with −1: of other steps nothing more is passed."""
        with self._lock:
            if step >= 0:
                self._steps[run] = step
            else:
                self._steps.pop(run, None)
            self._lanes.forget(lambda key: _is_of_step(key, run))

    def shows(self, value: Any, dataset: int) -> bool:
        """Return whether a value is of what is shown, whichever step it is of."""
        with self._lock:
            return self._shown(kind_of(type(value)), dataset, getattr(value, "run", ""))

    def post(self, value: Any, dataset: int, *, replayed: bool = False) -> bool:
        """Pass a value on unless it is stale; return whether it was passed.

        Parameters
        ----------
        dataset: the number of the data that it is of.
        replayed: it is the kept step that is shown, and not the live map that is held back meanwhile.
        """
        kind, run = kind_of(type(value)), getattr(value, "run", "")
        with self._lock:
            if not self._shown(kind, dataset, run) or not (replayed or self._of_shown_step(kind, value, run)):
                return False
            self._lanes.post(value, dataset)
        return True

    def _shown(self, kind: ResultKind, dataset: int, run: str) -> bool:
        if kind.scope == "session":
            return True
        return dataset == self._dataset and (run in self._runs or (kind.raw and run == PIXELS_RUN))

    def _of_shown_step(self, kind: ResultKind, value: Any, run: str) -> bool:
        step = self._steps.get(run, -1)
        if step < 0 or kind.scope in ("session", "run"):
            return True
        return kind.scope == "step" and value.step == step

    def _shown_key(self, key: Hashable) -> bool:
        return not isinstance(key, ResultKey) or self._shown(kind_of(key.type), key.dataset, key.run)


def _is_of_step(key: Hashable, run: str) -> bool:
    return isinstance(key, ResultKey) and key.run == run and kind_of(key.type).scope in ("step", "live")
