"""The three lanes on which results travel to a window or a headless loop: latest wins, append, first in first out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from explorer.core.result_kinds import kind_of


@dataclass(frozen=True, slots=True)
class ResultKey:
    """What a result is on the latest-wins lane: its type, the number of its data, its run; ``id`` tells jobs apart."""

    type: type
    dataset: int
    run: str
    id: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """What arrived since the last drain.

    ``latest``: the newest value of each key; ``appended``: everything of the append lane, in order; ``sent``: lifecycle
    and errors, in order, nothing lost.
    """

    latest: Mapping[Hashable, Any] = field(default_factory=dict)
    appended: Sequence[Any] = ()
    sent: Sequence[Any] = ()

    def __bool__(self) -> bool:
        return bool(self.latest or self.appended or self.sent)


class Lanes:
    """A mailbox that any thread fills and one thread drains.

    ``doorbell`` is rung, without a payload and outside the lock, once for each batch: by the first value after a
    drain. It must return at once and may be called from any thread.
    """

    def __init__(self, doorbell: Callable[[], None]) -> None:
        self._doorbell = doorbell
        self._lock = threading.Lock()
        self._latest: dict[Hashable, Any] = {}
        self._appended: list[Any] = []
        self._sent: list[Any] = []
        self._rung = False
        self._closed = False

    def post(self, value: Any, dataset: int = 0) -> None:
        """Put ``value`` on the lane that its type declares, see ``result_kinds``; ``dataset``: of which data it is.

        Raises
        ------
        TypeError: if its type declares none.
        """
        kind = kind_of(type(value))
        if kind.lane == "latest":
            apart = getattr(value, kind.by) if kind.by else 0
            self.latest(ResultKey(kind.type, dataset, getattr(value, "run", ""), apart), value)
        elif kind.lane == "batched":
            self.append(value)
        else:
            self.send(value)

    def latest(self, key: Hashable, value: Any) -> None:
        """Put ``value`` on the latest-wins lane: it replaces an undrained one of the same key."""
        with self._lock:
            if self._closed:
                return
            self._latest[key] = value
            ring = self._must_ring()
        self._ring(ring)

    def append(self, value: Any) -> None:
        """Put ``value`` on the batched lane, which is never thinned."""
        with self._lock:
            if self._closed:
                return
            self._appended.append(value)
            ring = self._must_ring()
        self._ring(ring)

    def send(self, value: Any) -> None:
        """Put ``value`` on the first in, first out lane, which loses nothing."""
        with self._lock:
            if self._closed:
                return
            self._sent.append(value)
            ring = self._must_ring()
        self._ring(ring)

    def forget(self, keys: Callable[[Hashable], bool]) -> None:
        """Drop undrained values of the latest-wins lane whose key satisfies ``keys``: they belong to an old run."""
        with self._lock:
            self._latest = {key: value for key, value in self._latest.items() if not keys(key)}

    def take(self, kinds: Sequence[type]) -> Batch:
        """Return what waits of these types alone, leave the rest, and arm the doorbell again."""
        with self._lock:
            latest = {key: value for key, value in self._latest.items() if isinstance(value, tuple(kinds))}
            sent = [value for value in self._sent if isinstance(value, tuple(kinds))]
            self._latest = {key: value for key, value in self._latest.items() if key not in latest}
            self._sent = [value for value in self._sent if not isinstance(value, tuple(kinds))]
            self._rung = False
        return Batch(latest, (), sent)

    def drain(self) -> Batch:
        """Return everything that waits, and arm the doorbell again."""
        with self._lock:
            batch = Batch(self._latest, self._appended, self._sent)
            self._latest, self._appended, self._sent = {}, [], []
            self._rung = False
        return batch

    def close(self) -> None:
        """Accept nothing more and never ring again; what waits can still be drained."""
        with self._lock:
            self._closed = True

    def _must_ring(self) -> bool:
        ring = not self._rung
        self._rung = True
        return ring

    def _ring(self, ring: bool) -> None:
        if ring:
            self._doorbell()
