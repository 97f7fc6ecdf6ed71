"""Whether what a run has learned finds more than the raw data that it learns from, and than it found before."""

from __future__ import annotations

from explorer.core.types import RETRIEVAL, Evaluation

STEPS = 200
"""Of a run: by then its held-out items must be found better than by the raw data, or become so."""

LOOKS = 3
"""How many evaluations it takes to say so, or in a row to say that recall has fallen: one alone may be chance."""

FALL = 0.1
"""A recall@1 that is lower than the best before by more than this has fallen."""

RISING = 0.02
"""A recall@1 that rose by more than this in the last third of the steps may still come above."""


def recall_of(found: Evaluation) -> float | None:
    """Return recall@1 of the held-out items among themselves, None where an evaluation is of something else."""
    if found.part != "held-out" or found.protocol != RETRIEVAL:
        return None
    return found.metrics.get("recall@1")


class BesideRaw:
    """Recall@1 of the held-out items of one run by step, beside that of the raw data."""

    def __init__(self) -> None:
        self.raw: float | None = None
        self._found: dict[int, float] = {}
        self._items = 0

    def take(self, found: Evaluation, raw: Evaluation | None) -> None:
        """Take in an evaluation of the run, and that of the raw data; other parts and protocols say nothing."""
        if (recall := recall_of(found)) is not None:
            if found.items != self._items:  # others are asked, as while data are still read
                self._found, self._items = {}, found.items
            self._found[found.step] = recall
        if raw is not None:
            self.raw = recall_of(raw)

    @property
    def best(self) -> float:
        """The largest recall@1 so far."""
        return max(self._found.values(), default=0.0)

    @property
    def now(self) -> float:
        """The last recall@1."""
        return self._found[max(self._found)] if self._found else 0.0

    @property
    def fallen(self) -> int | None:
        """The first step of those at which recall has fallen, to the last one; None where it has not."""
        best, low = 0.0, list[int]()
        for step, recall in sorted(self._found.items()):
            low = [*low, step] if recall < best - FALL else []
            best = max(best, recall)
        return low[0] if len(low) >= LOOKS else None

    @property
    def below(self) -> bool:
        """Whether the raw data are better than all of the run so far, and it does not come nearer."""
        last = max(self._found, default=0)
        if self.raw is None or last < STEPS or len(self._found) < LOOKS or self.best > self.raw:
            return False
        before = max((recall for step, recall in self._found.items() if step <= 2 * last / 3), default=0.0)
        return self.best - before <= RISING
