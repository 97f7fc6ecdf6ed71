"""In which rounds the runs of a sweep are trained: the next one is known when all runs of the one before are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from explorer.engine.sweep.plan import PlannedRun
from explorer.engine.sweep.queue import Entry


class Rounds:
    """The rounds of a sweep; here a single one, of all runs.

    ``left``: the runs of the present round; none after the last. ``known``: all that were in one so far, in the order
    of the sweep. ``before``: how many of them were told of in rounds before this, where ``runs`` is how many are told
    of in all. ``rung``: of successive halving, else 0; ``halved``: how often the epochs are halved in it.
    """

    rung = 0
    halved = 0
    before = 0

    def __init__(self, runs: Sequence[PlannedRun]) -> None:
        self.left = self.known = tuple(runs)

    @property
    def words(self) -> str:
        """What is said of the round; empty where that is nothing."""
        return ""

    @property
    def runs(self) -> int:
        """Of how many runs it is said which one trains."""
        return len(self.left)

    def go_on(self, last: Mapping[str, Entry]) -> None:
        """Go on to the next round; ``last``: what became of the runs, by their names.

        Raises
        ------
        UserError: if what the next one goes by was not measured.
        """
        self.left = ()
