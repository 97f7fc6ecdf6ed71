"""The cross-modal protocol: a caption asks for its picture among the pictures, a picture for its captions.

Recall@k is the share of queries with a right answer among the k nearest of the other side, the median rank that of the
first right one (Karpathy and Fei-Fei, CVPR 2015; Radford et al., 2021). A side is never compared with itself. At equal
distances wrong answers rank first, so that a collapsed embedding finds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from explorer.core.errors import UserError
from explorer.core.registry import Parameters, parameter, register
from explorer.core.sides import Sides, sides_of
from explorer.core.types import UNLABELLED, FloatArray, IntArray
from explorer.core.words import several
from explorer.evaluation.intervals import Z95, wilson
from explorer.evaluation.paired import Doubles, Paired, paired_means
from explorer.evaluation.protocol import Effort, Measured, Protocol, Sample, numbers
from explorer.measure.lifts import Lift
from explorer.measure.pairs import distance_blocks, never

LIVE_KS = (1, 5, 10)
RELEVANT = ("captions", "pairs", "classes")
WAYS = ("text_to_picture", "picture_to_text")
"""How the two directions are called, before the name of each figure."""


class Answers(NamedTuple):
    """What the queries (Q,) of one direction found.

    ``queries``: which items they are; ``first``: the rank of the first right answer among ``among`` items of the other
    side; ``chance``: the share of those that are right, the recall@1 of a guess.
    """

    queries: IntArray
    first: IntArray
    chance: Doubles
    among: int


def answers(
    x: FloatArray,
    lift: Lift,
    sides: Sides,
    codes: IntArray,
    *,
    texts: bool,
    by_captions: bool,
    most: int | None = None,
    seed: int = 0,
    cancelled: Callable[[], bool] = never,
) -> Answers:
    """Rank the other side among embeddings (M, D) for every caption (``texts``), or for every picture.

    Parameters
    ----------
    codes: (M,) what must be equal in a right answer, -1 where there is none: pairs or classes.
    by_captions: a caption that says the same as one that is right is right too, and so is its picture.
    most: so many queries at most, drawn by ``seed``.

    Raises
    ------
    Cancelled: if ``cancelled()`` turns true.
    """
    captions = sides.captions
    asks, asked = (captions, ~captions) if texts else (~captions, captions)
    among = np.flatnonzero(asked)
    queries = np.flatnonzero(asks & np.isin(codes, codes[among]) & (codes >= 0))
    if most is not None and len(queries) > most:
        queries = np.sort(np.random.default_rng(seed).choice(queries, most, replace=False))
    right_of = _by_captions(sides, codes, among) if by_captions else _by_code(codes, among)
    first, chance = np.empty(len(queries), np.int64), np.empty(len(queries))
    for start, block in distance_blocks(x, queries, lift, cancelled, among):
        for at, row in enumerate(block, start):
            right = right_of(int(queries[at]))
            nearest = row[right].min()
            # what is as near as the first right one and wrong ranks before it
            first[at] = 1 + int(np.count_nonzero(row <= nearest)) - int(np.count_nonzero(row[right] <= nearest))
            chance[at] = len(right) / len(among)
    return Answers(queries, first, chance, len(among))


def _by_code(codes: IntArray, among: IntArray) -> Callable[[int], IntArray]:
    """Return what gives the places among ``among`` that have the code of an item."""
    order = np.argsort(codes[among], kind="stable")
    known = codes[among][order]

    def right_of(item: int) -> IntArray:
        low, high = np.searchsorted(known, [codes[item], codes[item] + 1])
        return order[low:high]

    return right_of


def _by_captions(sides: Sides, codes: IntArray, among: IntArray) -> Callable[[int], IntArray]:
    """Return what gives the places that are right where captions that say the same stand for each other."""
    captions = np.flatnonzero(sides.captions)
    said_by = _groups(codes[captions], sides.texts[captions])
    owners = _groups(sides.texts[captions], codes[captions])
    place = np.full(len(codes), -1, np.int64)
    place[among] = np.arange(len(among))
    of_text = _groups(sides.texts[captions], place[captions])
    of_code = _groups(codes[among], np.arange(len(among)))
    nothing: IntArray = np.empty(0, np.int64)

    def right_of(item: int) -> IntArray:
        if sides.texts[item] >= 0:  # a caption: the pictures of all who say this
            pairs = np.unique(owners[int(sides.texts[item])])
            return np.concatenate([of_code.get(int(pair), nothing) for pair in pairs])
        texts = np.unique(said_by[int(codes[item])])
        return np.concatenate([of_text[int(text)] for text in texts])

    return right_of


def _groups(keys: IntArray, values: IntArray) -> dict[int, IntArray]:
    """Return the values of each key."""
    if not len(keys):
        return {}
    order = np.argsort(keys, kind="stable")
    different, starts = np.unique(keys[order], return_index=True)
    return dict(zip(different.tolist(), np.split(values[order], starts[1:]), strict=True))


def figures_of(found: Answers, ks: Sequence[int], groups: IntArray) -> dict[str, float]:
    """Return recall@k with 95 % intervals, and the median rank with its own, of the queries of one direction.

    ``groups`` (Q,): what errs together, the captions of one picture: so many queries count as their spread allows.
    """
    figures: dict[str, float] = {}
    for k in ks:
        right = (found.first <= k).astype(np.float64)
        share = float(right.mean())
        low, high = wilson(share, _effective(right, groups))
        figures |= {f"recall@{k}": share, f"recall@{k}_low": low, f"recall@{k}_high": high}
    ranks = np.sort(found.first)
    count = len(np.unique(groups))
    half = Z95 * np.sqrt(count) / 2 / count  # of the share of ranks below the median
    ends = np.clip(np.floor(np.array([0.5 - half, 0.5 + half]) * len(ranks)), 0, len(ranks) - 1).astype(np.int64)
    figures |= {"median_rank": float(np.median(ranks))}
    figures |= {"median_rank_low": float(ranks[ends[0]]), "median_rank_high": float(ranks[ends[1]])}
    return figures


def _effective(values: Doubles, groups: IntArray) -> int:
    """Return how many independent queries say as much as these of a mean (Kish, 1965): at most all, at least one."""
    codes = np.unique(groups, return_inverse=True)[1]
    count, mean = int(codes.max()) + 1, float(values.mean())
    plain = mean * (1 - mean) / len(values)
    if count == len(values) or count < 2 or plain <= 0:
        return count
    left = np.bincount(codes, values) - mean * np.bincount(codes)
    variance = float(np.square(left).sum()) / len(values) ** 2 * count / (count - 1)
    return max(1, round(len(values) / max(1.0, variance / plain)))


@register("protocol", "cross_modal", title="Captions and pictures", reference="Karpathy and Fei-Fei 2015")
class CrossModalProtocol(Protocol):
    """Captions ask for their pictures, and pictures for their captions: recall@k and the median rank, both ways."""

    live = True
    across = True

    class Params(Parameters):
        """Parameters of the protocol."""

        ks: str = parameter("1,5,10", "How many answers (k) recall looks at")
        relevant: str = parameter(
            "captions",
            "What is right: what belongs together, also by a caption that says the same; that alone; or the same class",
            choices=RELEVANT,
        )

        def check(self) -> None:
            """Check the list of k."""
            numbers(self.ks, "ks")

    def check(self, sample: Sample) -> None:
        """Look for pictures and captions."""
        self._asked(sample)

    def measure(self, sample: Sample, effort: Effort) -> Measured:
        """Return the means of both directions, then the figures of each."""
        sides, codes = self._asked(sample)
        ks = numbers(self.params.ks, "ks") if effort.thorough else LIVE_KS
        each, asked = {}, 0
        for way in WAYS:
            found = self._answers(sample, sides, codes, way, effort)
            each[way] = figures_of(found, ks, sides.pairs[found.queries]) | {"chance@1": float(found.chance.mean())}
            asked += len(found.queries)
        kept = [name for name in each[WAYS[0]] if effort.thorough or not name.endswith(("_low", "_high", "chance@1"))]
        means = {f"recall@{k}": sum(own[f"recall@{k}"] for own in each.values()) / len(WAYS) for k in ks}
        figures = means | {f"{way}_{name}": own[name] for way, own in each.items() for name in kept}
        curves = {f"{way} recall": (list(ks), [own[f"recall@{k}"] for k in ks]) for way, own in each.items()}
        captions = int(sides.captions.sum())
        how = f"{several(captions, 'caption')} and {several(len(sides) - captions, 'picture')} ask the other side"
        every = effort.queries is None or len(sides) <= effort.queries
        items, lone = (len(sides), len(sides) - asked) if every else (asked, 0)
        return Measured(figures, items, sample.classes, lone, how, curves)

    def paired(self, a: Sample, b: Sample, effort: Effort) -> dict[str, Paired]:
        """Compare two embeddings query by query; what belongs together is drawn together."""
        sides, codes = self._asked(a)
        result: dict[str, Paired] = {}
        for way in WAYS:
            first, second = (self._answers(sample, sides, codes, way, effort) for sample in (a, b))
            groups = sides.pairs[first.queries]
            for k in numbers(self.params.ks, "ks"):
                x, y = ((one.first <= k).astype(np.float64) for one in (first, second))
                result[f"{way}_recall@{k}"] = paired_means(x, y, groups, seed=effort.seed)
        return result

    def _answers(self, sample: Sample, sides: Sides, codes: IntArray, way: str, effort: Effort) -> Answers:
        found = answers(
            sample.x,
            sample.lift,
            sides,
            codes,
            texts=way == WAYS[0],
            by_captions=self.params.relevant == RELEVANT[0],
            most=None if effort.queries is None or len(sides) <= effort.queries else effort.queries // len(WAYS),
            seed=effort.seed,
            cancelled=effort.cancelled,
        )
        if len(found.queries):
            return found
        raise UserError(
            "No caption and picture that belong together are both held out",
            remedy="Hold out whole pairs: split=auto, or split=items with split.column=pair",
        )

    def _asked(self, sample: Sample) -> tuple[Sides, IntArray]:
        """Return the sides of a sample, and what must be equal in a right answer."""
        sides = sides_of(sample.columns)
        if sides is None or not sides.captions.any() or sides.captions.all():
            raise UserError(
                "These items are not pictures with captions of theirs",
                remedy="Choose the protocol retrieval, or open pictures with captions",
            )
        if self.params.relevant != "classes":
            return sides, sides.pairs
        codes = np.asarray(sample.labels, np.int64)
        if not (codes != UNLABELLED).any():
            raise UserError("None of these items has a class", remedy="Set protocol.relevant=captions")
        return sides, codes
