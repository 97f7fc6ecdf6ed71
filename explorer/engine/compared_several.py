"""Three saved runs or more, each measured beside the first one: which of them differ by more than chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from explorer.core.registry import Scalar
from explorer.core.result_kinds import result
from explorer.core.types import RETRIEVAL
from explorer.core.words import several
from explorer.engine.compared_runs import ComparedRuns, compared_runs
from explorer.engine.jobs import Control, progress_of
from explorer.engine.offline import OfflineRun
from explorer.evaluation.paired import Paired

BY_QUERIES = "recall@1"
"""The figure that McNemar's test is of: each query is right or wrong in either run."""
CHANCE = 0.05
"""From which p on a difference may as well be chance."""


@dataclass(frozen=True, slots=True)
class Beside:
    """A ``run`` beside the first one, on so many ``items`` of so many ``classes`` that both held out.

    ``figures``: by their names, each with its interval, and its p corrected by Holm for how many runs are compared.
    ``parent``: from where it was branched, as ``RUN@STEP``, empty where it was not; ``differences``: what the recipes
    of the first run and of this one say, by key, where they differ; None where one of them lacks the key.
    """

    run: str
    items: int
    classes: int
    figures: Mapping[str, Paired]
    parent: str = ""
    differences: Mapping[str, tuple[Scalar | None, Scalar | None]] = field(default_factory=dict)


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class SeveralCompared:
    """What was found of several runs beside the ``first``, and what that lets anybody say."""

    first: str
    others: tuple[Beside, ...]
    verdict: str

    @property
    def figures(self) -> tuple[str, ...]:
        """The figures that all of them have."""
        every = [other.figures for other in self.others]
        return tuple(name for name in every[0] if all(name in figures for figures in every))


def compare_several(runs: Sequence[Path], control: Control) -> SeveralCompared:
    """Measure runs beside the first of them by retrieval, on what both held out: the work of a job.

    Raises
    ------
    UserError: if one cannot be read, or two have held out no common items. Cancelled: if the job was cancelled.
    """
    first, *others = (OfflineRun(path, progress_of(control)) for path in runs)
    found = [compared_runs(first, other, RETRIEVAL, {}, cancelled=control.cancelled) for other in others]
    return several_compared([path.name for path in runs], found)


def several_compared(names: Sequence[str], found: Sequence[ComparedRuns]) -> SeveralCompared:
    """Return what comparisons with the first of some runs came to; ``names``: of the runs, the first one first."""
    from explorer.evaluation.mcnemar import holm  # scipy

    figures = [_figures(one) for one in found]
    for name in {name for some in figures for name in some}:
        having = [some for some in figures if name in some]
        for some, p in zip(having, holm([some[name].p for some in having]).tolist(), strict=True):
            some[name] = some[name]._replace(p=p)
    others = tuple(
        Beside(name, one.items, one.classes, some, one.parents[1], one.differences)
        for name, one, some in zip(names[1:], found, figures, strict=True)
    )
    return SeveralCompared(names[0], others, verdict_on(others))


def _figures(found: ComparedRuns) -> dict[str, Paired]:
    """Return the figures of a comparison; that of ``BY_QUERIES`` by McNemar's test where there are queries."""
    figures = dict(found.metrics)
    if found.queries is not None and BY_QUERIES in figures:
        recall, of = found.queries.recall, figures[BY_QUERIES]
        figures[BY_QUERIES] = Paired(of.a, of.b, recall.difference, recall.low, recall.high, recall.p)
    return figures


def verdict_on(others: Sequence[Beside]) -> str:
    """Return how many differ from the first run by more than chance, or whether the one does; empty where unknown."""
    known = [other.figures[BY_QUERIES] for other in others if BY_QUERIES in other.figures]
    if not known:
        return ""
    better = sum(of.p < CHANCE and of.difference > 0 for of in known)
    worse = sum(of.p < CHANCE and of.difference < 0 for of in known)
    alike = len(known) - better - worse
    if len(known) == 1:
        if alike:
            return "By recall@1 it cannot be told apart from the first."
        return "By recall@1 it is better than the first." if better else "By recall@1 it is worse than the first."
    return (
        f"By recall@1 {better:,} of {several(len(known), 'run')} are better and {worse:,} worse than the "
        f"first; {alike:,} cannot be told apart from it."
    )
