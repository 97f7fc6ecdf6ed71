"""The retrieval protocol: every item asks for its nearest ones among the others, or every query in the gallery.

Recall@k: the share of queries with their class among the k nearest. R-precision and MAP@R (Musgrave, Belongie and
Lim, A Metric Learning Reality Check, ECCV 2020) look at the R nearest, where R is the number of other items of the
query's class. NMI and AMI compare a k-means clustering with the classes. Figures are means over queries, those named
``macro_`` means over classes, so that each class counts the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from explorer.core.errors import UserError, printable
from explorer.core.registry import Parameters, parameter, register
from explorer.core.types import DISTRACTORS, UNLABELLED, BoolArray, FloatArray, IntArray
from explorer.evaluation.clusters import adjusted_mutual_information, k_means, normalised_mutual_information
from explorer.evaluation.curves import Points
from explorer.evaluation.intervals import wilson
from explorer.evaluation.paired import Paired, paired_means
from explorer.evaluation.protocol import Effort, Measured, Protocol, Sample, numbers
from explorer.evaluation.rankings import (
    DCG_DEPTH,
    Asking,
    Doubles,
    figures_of,
    leave_one_out,
    query_against_gallery,
    rank,
)
from explorer.evaluation.shared_labels import shared_label_figures
from explorer.measure.lifts import Lift, laid_out
from explorer.measure.pairs import never

LIVE_KS = (1, 5)
KS = "1,2,4,5,8,10"
SUMMARY = ("recall@1", "map@r", "r_precision", "mrr", f"ndcg@{DCG_DEPTH}")
"""Figures that are given per class and apart for classes seen in training, too."""


class Retrieval(NamedTuple):
    """What the protocol found.

    ``metrics``: ``recall@k`` for each k, ``map@r``, ``r_precision`` and, if asked for, all others; empty where no item
    can be a query. ``items``: labelled items (of a gallery: queries), lone ones included, or how many of them were
    asked where that were not all; ``classes`` of them; ``lone``: items whose class no other item has: no query, but
    still in the way of others.
    """

    metrics: dict[str, float]
    items: int
    classes: int
    lone: int


def evaluate(
    x: FloatArray,
    labels: npt.ArrayLike,
    lift: Lift,
    *,
    ks: Sequence[int] = LIVE_KS,
    thorough: bool = False,
    parts: tuple[BoolArray, BoolArray] | None = None,
    seen: BoolArray | None = None,
    most: int | None = None,
    seed: int = 0,
    threads: int = 1,
    cancelled: Callable[[], bool] = never,
) -> Retrieval:
    """Score embeddings (M, D) by retrieval among themselves; equal distances rank by index.

    Unlabelled items (-1) take no part, but those of a gallery: they are nobody's, and wrong for every query.

    Parameters
    ----------
    thorough: with precision, MRR, nDCG, k-NN votes, NMI, AMI, means over classes and intervals.
    parts: (M,) which items are queries, and which are the gallery they ask; None: each item asks all others.
    seen: (M,) whether the class of an item was trained on; where some were and some not, figures of both apart.
    most: so many queries at most, drawn by ``seed``, each against all others.

    Raises
    ------
    Cancelled: if ``cancelled()`` turns true.
    """
    kept, codes, asking = asking_of(labels, parts)
    vectors = x if len(kept) == len(x) else x[kept]
    known = np.asarray(labels, np.int64)[kept] != UNLABELLED
    classes = len(np.unique(codes[known]))
    asked = len(kept) if parts is None else int(parts[0][kept].sum())
    lone = asked - len(asking.queries)
    if not len(asking.queries):
        return Retrieval({}, asked, classes, lone)
    if most is not None and len(asking.queries) > most:
        drawn = np.random.default_rng(seed).choice(len(asking.queries), most, replace=False)
        asking, asked = asking.of(np.sort(drawn)), most
    depth = max(*ks, DCG_DEPTH) if thorough else max(ks)
    ranked = rank(vectors, lift, asking, depth, whole=thorough, threads=threads, cancelled=cancelled)
    figures = figures_of(ranked, asking, ks, thorough)
    metrics = _means(figures)
    if thorough:
        trained = None if seen is None else seen[kept][asking.queries]
        metrics = _whole(figures, metrics, asking, trained, ks)
        metrics |= _clustered(vectors if known.all() else vectors[known], codes[known], lift, threads)
    return Retrieval(metrics, asked, classes, lone)


def compared(
    samples: tuple[Sample, Sample], ks: Sequence[int], parts: tuple[BoolArray, BoolArray] | None, effort: Effort
) -> dict[str, Paired]:
    """Compare two embeddings of the same items, query by query; classes are what is drawn where there are ten.

    Raises
    ------
    UserError: if no item can be asked. Cancelled: if ``effort.cancelled()`` turns true.
    """
    kept, _, asking = asking_of(samples[0].labels, parts)
    if not len(asking.queries):
        raise UserError("No held-out item has another of its class", remedy="Hold out two items or more of each class")
    depth = max(*ks, DCG_DEPTH)
    a, b = (
        figures_of(
            rank(
                sample.x[kept], sample.lift, asking, depth, whole=True, threads=effort.threads,
                cancelled=effort.cancelled,
            ),
            asking, ks, True,
        )
        for sample in samples
    )  # fmt: skip
    return {name: paired_means(a[name], b[name], asking.asked, seed=effort.seed) for name in a}


def asking_of(labels: npt.ArrayLike, parts: tuple[BoolArray, BoolArray] | None) -> tuple[IntArray, IntArray, Asking]:
    """Return which items have a class (K,), their classes (K,) from 0, and who of them asks whom."""
    every = np.array(labels, np.int64)
    nobody = np.flatnonzero((every == UNLABELLED) & (False if parts is None else parts[1]))
    every[nobody] = every.max(initial=0) + 1 + np.arange(len(nobody))
    kept = np.flatnonzero(every != UNLABELLED)
    codes = np.unique(every[kept], return_inverse=True)[1]
    if parts is None:
        return kept, codes, leave_one_out(codes)
    return kept, codes, query_against_gallery(codes, parts[0][kept], parts[1][kept])


def _means(figures: Mapping[str, Doubles]) -> dict[str, float]:
    return {name: float(values.mean()) for name, values in figures.items()}


def _whole(
    figures: Mapping[str, Doubles], means: dict[str, float], asking: Asking, seen: BoolArray | None, ks: Sequence[int]
) -> dict[str, float]:
    """Return the means with those over classes, apart by ``seen`` (Q,), and 95 % intervals of the recalls."""
    summary = {name: figures[name] for name in SUMMARY if name in figures}
    found = dict(means)
    sizes = np.bincount(asking.asked)
    for name, values in summary.items():
        sums = np.bincount(asking.asked, weights=values)
        found[f"macro_{name}"] = float((sums[sizes > 0] / sizes[sizes > 0]).mean())
    if seen is not None and seen.any() and not seen.all():
        for word, those in (("seen", seen), ("unseen", ~seen)):
            found |= {f"{word}_{name}": float(values[those].mean()) for name, values in summary.items()}
    for k in ks:
        low, high = wilson(means[f"recall@{k}"], len(asking.queries))
        found |= {f"recall@{k}_low": low, f"recall@{k}_high": high}
    return found


def _clustered(x: FloatArray, codes: IntArray, lift: Lift, threads: int) -> dict[str, float]:
    """Return NMI and AMI of a clustering; it begins at the same items whatever the seed, which draws queries only."""
    clusters = k_means(laid_out(lift, x), int(codes.max()) + 1, threads=threads)
    return {
        "nmi": normalised_mutual_information(codes, clusters),
        "ami": adjusted_mutual_information(codes, clusters),
    }


@register("protocol", "retrieval", title="Retrieval", reference="Musgrave, Belongie and Lim 2020")
class RetrievalProtocol(Protocol):
    """Items ask for their nearest ones among the others, or queries in a gallery: recall@k, MAP@R, nDCG, NMI, AMI."""

    live = True

    class Params(Parameters):
        """Parameters of the protocol."""

        ks: str = parameter(KS, "How many neighbours (k) recall, precision and the k-NN vote look at")
        column: str = parameter("split", "Column that says which items are queries and which are the gallery")
        query: str = parameter("query", "What that column says of queries")
        gallery: str = parameter("gallery", "What that column says of the gallery")

        def check(self) -> None:
            """Check the list of k."""
            numbers(self.ks, "ks")

    def check(self, sample: Sample) -> None:
        """Look for the column of queries and gallery."""
        query_and_gallery(sample, self.params.column, self.params.query, self.params.gallery)

    def measure(self, sample: Sample, effort: Effort) -> Measured:
        """Return the figures of retrieval: few and quick ones, or all of them where the effort is to be thorough."""
        parts = query_and_gallery(sample, self.params.column, self.params.query, self.params.gallery)
        ks = numbers(self.params.ks, "ks") if effort.thorough else LIVE_KS
        found = evaluate(
            sample.x,
            sample.labels,
            sample.lift,
            ks=ks,
            thorough=effort.thorough,
            parts=parts,
            seen=sample.seen,
            most=effort.queries,
            threads=effort.threads if effort.thorough else 1,
            cancelled=effort.cancelled,
        )
        figures = dict(found.metrics)
        if effort.thorough and sample.label_sets is not None:
            figures |= shared_label_figures(sample.x, sample.label_sets, sample.lift, ks, effort.cancelled)
        how = "each against the others" if parts is None else f"against {int(parts[1].sum()):,} of the gallery"
        return Measured(figures, found.items, found.classes, found.lone, how, _by_k(figures, ks))

    def paired(self, a: Sample, b: Sample, effort: Effort) -> dict[str, Paired]:
        """Compare two embeddings query by query."""
        parts = query_and_gallery(a, self.params.column, self.params.query, self.params.gallery)
        return compared((a, b), numbers(self.params.ks, "ks"), parts, effort)


def _by_k(figures: Mapping[str, float], ks: Sequence[int]) -> dict[str, Points]:
    """Return recall and k-NN accuracy over k, where they were measured for several k."""
    known = sorted(set(ks))
    names = [name for name in ("recall", "knn") if all(f"{name}@{k}" in figures for k in known)]
    return {name: (known, [figures[f"{name}@{k}"] for k in known]) for name in names if len(known) > 1}


def query_and_gallery(sample: Sample, column: str, query: str, gallery: str) -> tuple[BoolArray, BoolArray] | None:
    """Return which items (M,) are queries and which are the gallery; None where the data do not say.

    Those of the gallery have a class, or are called distractors.

    Raises
    ------
    UserError: if another column or other words than the usual ones were asked for, and the data lack them.
    """
    usual = (column, query, gallery) == ("split", "query", "gallery")
    if usual and column not in sample.columns:
        return None
    texts = sample.column(column)
    if texts is None:
        return None
    said = np.char.lower(np.char.strip(texts))
    asks, asked = said == query.strip().lower(), said == gallery.strip().lower()
    if asks.any() and asked.any():
        labelled = np.asarray(sample.labels) != UNLABELLED
        return asks, (asked & labelled) | np.isin(said, sorted(DISTRACTORS))
    if usual:
        return None
    known = ", ".join(printable(value) for value in np.unique(texts)[:10])
    lacking = gallery if asks.any() else query
    raise UserError(
        f"No held-out item has {printable(lacking)!r} in the column {printable(column)}",
        remedy=f"It says: {known}",
    )
