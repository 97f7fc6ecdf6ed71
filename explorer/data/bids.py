"""Which source reads a path: each bids with what it saw there, and the highest bid wins."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.core.recipe import DataOptions
from explorer.core.registry import catalogue

CERTAIN = 1.0
"""Of a bid for what is called so on purpose, and can mean nothing else."""

SEEN = 0.8
"""Of a bid for what was seen inside: the marks of a format, pictures, columns of numbers."""

NAMED = 0.5
"""Of a bid for a name or an ending alone."""

LAST = 0.2
"""Of a bid for what will most likely be refused: whoever bids it can say best what is wrong."""

LEAST = 0.1
"""A bid below this is none."""


@dataclass(frozen=True, slots=True)
class Bid:
    """How sure a source is that a path is its own, from 0 to 1, and what it saw there: ``a table of 4 columns``.

    ``known``: the data set that it is, where the source knows it by name: ``CUB-200-2011``.
    """

    score: float
    reason: str
    known: str = ""


@dataclass(frozen=True, slots=True)
class SourceBid:
    """The bid of one source: the name and the title that it is registered with."""

    source: str
    title: str
    bid: Bid

    @property
    def told(self) -> str:
        """As what it is read, and why: ``CUB-200-2011: images.txt and …``."""
        words = self.title[:1].lower() + self.title[1:] if "_" in self.source else self.source
        return f"{self.bid.known or words}: {self.bid.reason}"


def bids_for(spec: str, options: DataOptions) -> tuple[SourceBid, ...]:
    """Return what the sources bid for ``spec``, the winner first; of equal bids the first by name. Cheap.

    Empty where none bids enough.
    """
    made = (
        SourceBid(name, entry.title, bid)
        for name, entry in catalogue("source").items()
        if entry.available and (bid := entry.part.bid(spec, options)) is not None  # type: ignore[attr-defined]
    )
    return tuple(sorted((one for one in made if one.bid.score >= LEAST), key=lambda one: (-one.bid.score, one.source)))


def told(bids: tuple[SourceBid, ...]) -> list[str]:
    """Return in words who reads the data and why, and who else bid and why not."""
    winner, *others = bids
    lines = [f"read as {winner.told}"]
    for other in others:
        tied = other.bid.score == winner.bid.score
        why = f", which would do as well and comes after {winner.source} by name" if tied else ""
        lines.append(f"not read as {other.source}{why}: {other.bid.reason}")
    return lines
