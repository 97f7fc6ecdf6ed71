"""Which snapshots are kept: all key ones, and of the rest the ones that tell most of the story for their size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retention:
    """At most ``count`` snapshots and ``budget`` bytes of them; key snapshots are kept beyond that."""

    count: int = 200
    budget: int = 1 << 30


DEFAULT = Retention()


@dataclass(frozen=True, slots=True)
class Kept:
    """What the policy has to know of a snapshot. ``key``: first, last, paused, asked for; never removed."""

    step: int
    size: int
    exact: bool
    key: bool


def surplus(snapshots: Sequence[Kept], policy: Retention) -> tuple[int, ...]:
    """Return the steps to remove, in order.

    The first and the newest always stay. Approximate snapshots go before exact ones; of equals, the one whose
    neighbours in time are relatively closest, so that the kept steps spread exponentially: dense where the embedding
    changes fast, at the start, and ever further apart.
    """
    left = sorted(snapshots, key=lambda snapshot: snapshot.step)
    removed: list[int] = []
    while len(left) > policy.count or sum(snapshot.size for snapshot in left) > policy.budget:
        candidates = [i for i in range(1, len(left) - 1) if not left[i].key]
        if not candidates:
            break
        worst = min(candidates, key=lambda i: (left[i].exact, _gap(left, i)))
        removed.append(left.pop(worst).step)
    return tuple(removed)


def _gap(snapshots: Sequence[Kept], index: int) -> float:
    """Return the relative length of the gap that removing a snapshot would leave."""
    return math.log((snapshots[index + 1].step + 1) / (snapshots[index - 1].step + 1))
