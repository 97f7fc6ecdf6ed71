"""The label errors protocol: items whose class is probably another one than they were given.

Two signs are joined, both out of sample, since an item is never among its own neighbours. The neighbours disagree: the
share of the k nearest that do not have its class (k-NN, Wilson 1972, Asymptotic Properties of Nearest Neighbor Rules
Using Edited Data). It keeps violating: the mean distance to the nearest of its own class, set against that to the
nearest other class, which is the margin of its triplets; where a run kept several steps, both are means over these,
since noisy labels are learned last (Arpit et al., A Closer Look at Memorization in Deep Networks, ICML 2017).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from explorer.core.errors import UserError
from explorer.core.registry import Parameters, parameter, register
from explorer.core.types import UNLABELLED, BoolArray, FloatArray, IntArray
from explorer.core.words import several
from explorer.evaluation.protocol import Effort, Measured, Protocol, Sample
from explorer.measure.lifts import Lift
from explorer.measure.pairs import never

Doubles = npt.NDArray[np.float64]

VOTERS, NEAR = 50, 10
"""How many neighbours vote, and how many of a class its distance is the mean of."""

LIKELY = 0.7
"""Score from which a label is called likely wrong: of 5 % flipped labels of Fashion-MNIST that finds about 95 %."""


class LabelErrors(NamedTuple):
    """What was found of the items that could be judged, ``rows`` (J,): those whose class has another item.

    ``score`` (J,) from 0, surely right, to 1, surely wrong: half the share of neighbours that ``disagree`` (J,), half
    the ``violation`` (J,), (own − other) / (own + other) brought to 0..1. ``suspected`` (J,): the class it seems to be
    of, by the neighbours. ``likely`` (J,): the score is ``LIKELY`` or more.
    """

    rows: IntArray
    score: Doubles
    disagree: Doubles
    violation: Doubles
    suspected: IntArray
    likely: BoolArray


def find_label_errors(
    steps: Sequence[FloatArray],
    labels: npt.ArrayLike,
    lift: Lift,
    *,
    voters: int = VOTERS,
    cancelled: Callable[[], bool] = never,
) -> LabelErrors:
    """Judge the labels (M,) of items by their embeddings (M, D) at one or several steps of a run.

    Raises
    ------
    UserError: if there are no two classes of two items each. Cancelled: if ``cancelled()`` turns true.
    """
    from explorer.measure.class_neighbours import class_neighbours  # numba: not until it is needed

    given = np.asarray(labels, np.int64)
    names, sizes = np.unique(given[given != UNLABELLED], return_counts=True)
    rows = np.flatnonzero(np.isin(given, names[sizes > 1]))
    names, codes = np.unique(given[rows], return_inverse=True)
    if len(names) < 2:
        raise UserError(
            f"{several(len(names), 'class has', 'classes have')} two items or more, and a wrong label is one that "
            "another class fits better",
            remedy="Give items of two classes, with two or more each",
        )
    votes, violation = np.zeros((len(rows), len(names))), np.zeros(len(rows))
    for x in steps:
        found = class_neighbours(x[rows], codes, lift, voters=voters, near=NEAR, cancelled=cancelled)
        votes += found.votes / len(steps)
        violation += (1 + _margin(found.own, found.other)) / (2 * len(steps))
    every = np.arange(len(rows))
    disagree = np.clip(1 - votes[every, codes], 0, 1)
    votes[every, codes] = -1
    votes[every, found.nearest] += 1e-6  # of classes with equally many votes the nearest at the last step
    score = (disagree + violation) / 2
    return LabelErrors(rows, score, disagree, violation, names[votes.argmax(axis=1)], score >= LIKELY)


def _margin(own: FloatArray, other: FloatArray) -> Doubles:
    """Return how much farther the own class is, from −1 to 1: 0 where both are equally far."""
    near, far = own.astype(np.float64), other.astype(np.float64)
    whole = np.abs(near) + np.abs(far)
    margin: Doubles = np.divide(near - far, whole, out=np.zeros_like(whole), where=whole > 0)
    return margin


@register("protocol", "label_errors", title="Label errors", reference="Wilson 1972; Arpit et al. 2017")
class LabelErrorsProtocol(Protocol):
    """How many items probably have a wrong class: their neighbours disagree, and another class is nearer."""

    class Params(Parameters):
        """Parameters of the protocol."""

        voters: int = parameter(VOTERS, "How many neighbours vote; of small classes fewer", minimum=1, maximum=1000)

    def measure(self, sample: Sample, effort: Effort) -> Measured:
        """Return how many labels are likely wrong, their share, and the mean score of all items."""
        found = find_label_errors(
            [sample.x], sample.labels, sample.lift, voters=int(self.params.voters), cancelled=effort.cancelled
        )
        labelled = int(np.count_nonzero(np.asarray(sample.labels) != UNLABELLED))
        figures = {
            "likely_wrong": int(found.likely.sum()),
            "share": float(found.likely.mean()),
            "disagreement": float(found.disagree.mean()),
            "violation": float(found.violation.mean()),
        }
        return Measured(figures, len(found.rows), sample.classes, labelled - len(found.rows))
