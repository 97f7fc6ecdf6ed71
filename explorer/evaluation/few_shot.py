"""The few-shot protocol: N classes are told apart from K examples of each (Vinyals et al., 2016; Snell et al., 2017).

An episode draws N classes that were not trained on, K support items of each and Q queries; a class is known by the mean
of its support, and a query belongs to the nearest mean; or it belongs to the class of the nearest support item (1-NN).
The figure is the mean share of right answers over episodes, ± 1.96 standard errors: that interval covers the draw of
the episodes, not that of the weights. Where items come back in many episodes it does not cover the draw of the items
either, and is too narrow (Lafargue et al., Oops, I Sampled it Again, arXiv 2409.02850); without re-use it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from explorer.core.errors import Cancelled, UserError
from explorer.core.registry import Parameters, parameter, register
from explorer.core.types import UNLABELLED, FloatArray, IntArray
from explorer.core.words import several
from explorer.evaluation.paired import Doubles, Paired, paired_means
from explorer.evaluation.protocol import Effort, Measured, Protocol, Sample, numbers
from explorer.measure.lifts import Lift
from explorer.measure.pairs import never

QUERIES = 15
EPISODES = 1000
ANSWERS = ("mean", "nearest")


@dataclass(frozen=True, slots=True, eq=False)
class Episode:
    """An episode, as rows of the sample.

    ``support`` (N, K): the examples of each class. ``queries`` (Q,); ``truth`` (Q,) and ``answers`` (Q,): which of the
    N classes each is of, and which it was taken for.
    """

    support: IntArray
    queries: IntArray
    truth: IntArray
    answers: IntArray

    @property
    def right(self) -> int:
        """How many queries were taken for what they are."""
        return int((self.truth == self.answers).sum())

    @property
    def accuracy(self) -> float:
        """The share of right answers."""
        return float(np.mean(self.truth == self.answers))


class FewShot(NamedTuple):
    """Mean accuracy over the episodes, half of its 95 % interval, how many there were, and the first worst one.

    ``each``: the accuracies (E,) of the episodes; which items one draws depends on the seed and the labels alone.
    """

    accuracy: float
    ci95: float
    episodes: int
    worst: Episode
    each: Doubles


@dataclass(frozen=True, slots=True)
class WorstEpisodes:
    """The worst episode of each table entry, by its name such as ``5-way 1-shot``."""

    episodes: Mapping[str, Episode]


def evaluate(
    x: FloatArray,
    labels: npt.ArrayLike,
    lift: Lift,
    *,
    ways: int,
    shots: int,
    queries: int = QUERIES,
    episodes: int = EPISODES,
    seed: int = 0,
    groups: npt.ArrayLike | None = None,
    nearest: bool = False,
    reuse: bool = True,
    cancelled: Callable[[], bool] = never,
) -> FewShot:
    """Return the accuracy of N-way K-shot classification of embeddings (M, D).

    Parameters
    ----------
    ways, shots, queries: N, K and Q of every class; a class with fewer items than K + Q gives what it has left as
        queries, and one with no item beyond its support is never drawn.
    groups: (M,) a group of each item; where given, all classes of an episode come from one group, which is harder (the
        characters of one alphabet).
    nearest: the nearest support item decides, instead of the nearest mean.
    reuse: items may come back in other episodes; if not, there are as many episodes as the items last, at most
        ``episodes``.

    Raises
    ------
    UserError: if there are too few classes with enough items. Cancelled: if ``cancelled()`` turns true.
    """
    every = np.asarray(labels, np.int64)
    members = [rows for rows in _members(every) if len(rows) > shots]
    pools = _pools(members, None if groups is None else np.asarray(groups), ways)
    if not pools:
        classes, items = several(ways, "class", "classes"), several(shots, "item")
        raise UserError(
            f"{ways}-way {shots}-shot needs {classes} with more than {items} each"
            f"{' in one group' if groups is not None else ''}; there are {len(members)}",
            remedy="Hold out more classes, or ask for fewer ways or shots",
        )
    generator = np.random.default_rng(seed)
    draw = _again(members, pools, ways, generator) if reuse else _once(members, pools, ways, shots + queries, generator)
    right: list[float] = []
    worst: Episode | None = None
    for chosen in islice(draw, episodes):
        if len(right) % 50 == 0 and cancelled():
            raise Cancelled
        drawn = [generator.permutation(rows)[: shots + queries] for rows in chosen]
        episode = _episode(x, drawn, shots, lift, nearest)
        right.append(episode.accuracy)
        if worst is None or right[-1] < worst.accuracy:
            worst = episode
    if not reuse and len(right) < 2:
        raise UserError(
            f"{ways}-way {shots}-shot: the items last for {len(right)} episode without being used again",
            remedy="Hold out more, ask for fewer queries, or leave protocol.reuse on",
        )
    assert worst is not None  # there are two episodes or more
    error = float(np.std(right, ddof=1) / np.sqrt(len(right))) if len(right) > 1 else float("nan")
    return FewShot(float(np.mean(right)), 1.96 * error, len(right), worst, np.array(right))


@register("protocol", "few_shot", title="Few-shot", reference="Vinyals et al. 2016; Snell, Swersky and Zemel 2017")
class FewShotProtocol(Protocol):
    """N classes are told apart from K examples of each: a query belongs to the nearest mean of the examples."""

    class Params(Parameters):
        """Parameters of the protocol."""

        ways: str = parameter("5,20", "Classes of an episode (N); several numbers give a table")
        shots: str = parameter("1,5", "Examples of each class (K); several numbers give a table")
        queries: int = parameter(QUERIES, "Queries of each class", minimum=1, maximum=1000)
        episodes: int = parameter(EPISODES, "Episodes", minimum=2, maximum=100_000)
        answer: str = parameter("mean", "What a query is compared with: means, or all examples", choices=ANSWERS)
        reuse: bool = parameter(True, "Items may come back; if not, the interval covers the draw of the items as well")
        within: str = parameter("", "Column whose value all classes of an episode share, for example the alphabet")

        def check(self) -> None:
            """Check the lists of ways and shots."""
            numbers(self.ways, "ways", least=2)
            numbers(self.shots, "shots")

    def check(self, sample: Sample) -> None:
        """Look for the column of the groups."""
        sample.column(self.params.within)

    def measure(self, sample: Sample, effort: Effort) -> Measured:
        """Return accuracy, half of its 95 % interval and the number of episodes by ``N-way K-shot``.

        What the items do not allow is left out of the table, unless they allow nothing of it.
        """
        found, refused = self._table(sample, effort)
        if refused and not found:
            raise next(iter(refused.values()))
        left_out = f"left out, for want of classes or items: {', '.join(refused)}" if refused else ""
        table = {
            name: {"accuracy": one.accuracy, "ci95": one.ci95, "episodes": one.episodes} for name, one in found.items()
        }
        worst = WorstEpisodes({name: one.worst for name, one in found.items()})
        return Measured(table, len(sample.x), sample.classes, how=left_out, details=worst)

    def paired(self, a: Sample, b: Sample, effort: Effort) -> dict[str, Paired]:
        """Compare two embeddings by the same episodes; what the items do not allow is left out."""
        (left, refused), (right, _) = self._table(a, effort), self._table(b, effort)
        if refused and not left:
            raise next(iter(refused.values()))
        return {name: paired_means(left[name].each, right[name].each, seed=effort.seed) for name in left}

    def _table(self, sample: Sample, effort: Effort) -> tuple[dict[str, FewShot], dict[str, UserError]]:
        """Return what every number of ways and shots gives, and why some of them give nothing, by their names."""
        params, groups = self.params, sample.column(self.params.within)
        found: dict[str, FewShot] = {}
        refused: dict[str, UserError] = {}
        for ways in numbers(params.ways, "ways", least=2):
            for shots in numbers(params.shots, "shots"):
                try:
                    found[f"{ways}-way {shots}-shot"] = evaluate(
                        sample.x,
                        sample.labels,
                        sample.lift,
                        ways=ways,
                        shots=shots,
                        queries=params.queries,
                        episodes=params.episodes,
                        seed=effort.seed,
                        groups=groups,
                        nearest=params.answer == "nearest",
                        reuse=params.reuse,
                        cancelled=effort.cancelled,
                    )
                except UserError as error:
                    refused[f"{ways}-way {shots}-shot"] = error
        return found, refused


def _members(labels: IntArray) -> list[IntArray]:
    order = np.argsort(labels, kind="stable")
    order = order[labels[order] != UNLABELLED]
    return np.split(order, np.flatnonzero(np.diff(labels[order])) + 1) if len(order) else []


def _pools(members: list[IntArray], groups: npt.NDArray[np.generic] | None, ways: int) -> list[IntArray]:
    """Return the sets of classes an episode may draw from: all, or those of each group that has enough."""
    if groups is None:
        return [np.arange(len(members))] if len(members) >= ways else []
    of_class = np.array([groups[rows[0]] for rows in members])
    pools = [np.flatnonzero(of_class == group) for group in np.unique(of_class)]
    return [pool for pool in pools if len(pool) >= ways]


def _again(
    members: list[IntArray], pools: list[IntArray], ways: int, generator: np.random.Generator
) -> Iterator[list[IntArray]]:
    """Yield the rows of N classes of one pool, for ever."""
    while True:
        pool = pools[int(generator.integers(len(pools)))]
        yield [members[pool[i]] for i in generator.permutation(len(pool))[:ways]]


def _once(
    members: list[IntArray], pools: list[IntArray], ways: int, size: int, generator: np.random.Generator
) -> Iterator[list[IntArray]]:
    """Yield ``size`` rows of each of N classes of one pool, no row twice, until no pool has N classes with so many."""
    cut = [np.array_split(generator.permutation(rows), range(size, len(rows), size)) for rows in members]
    parts = [[part for part in pieces if len(part) == size] for pieces in cut]
    while True:
        ready = [rich for rich in ([c for c in pool.tolist() if parts[c]] for pool in pools) if len(rich) >= ways]
        if not ready:
            return
        pool = ready[int(generator.integers(len(ready)))]
        yield [parts[c].pop() for c in generator.permutation(pool)[:ways].tolist()]


def _episode(x: FloatArray, drawn: list[IntArray], shots: int, lift: Lift, nearest: bool) -> Episode:
    support = np.stack([x[rows[:shots]] for rows in drawn])
    known = support.reshape(-1, x.shape[1]) if nearest else support.mean(axis=1).astype(np.float32)
    asked = np.concatenate([rows[shots:] for rows in drawn])
    truth = np.repeat(np.arange(len(drawn)), [len(rows) - shots for rows in drawn])
    queries, prototypes = lift.lift_query(x[asked]), lift.lift_item(known)
    scores = queries @ prototypes.T
    if lift.metric == "l2":  # |q|² is the same for all prototypes of a query
        scores = 2 * scores - np.einsum("ij,ij->i", prototypes, prototypes)
    answers = scores.argmax(axis=1) // (shots if nearest else 1)
    return Episode(np.stack([rows[:shots] for rows in drawn]), asked, truth, answers)
