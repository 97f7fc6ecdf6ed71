"""Evaluation protocols: registered as kind `protocol`, ``Protocol(params)``, for the command line and the window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from explorer.core.errors import UserError, printable
from explorer.core.registry import Parameters, parameter, register
from explorer.core.types import FloatArray
from explorer.evaluation import few_shot, retrieval, verification
from explorer.measure.lifts import Lift

Figures = dict[str, Any]


class Protocol:
    """Measures embeddings of held-out items: ``Protocol(params)``."""

    def __init__(self, params: Parameters) -> None:
        self.params: Any = params

    def measure(
        self, x: FloatArray, labels: npt.ArrayLike, lift: Lift, columns: Mapping[str, Sequence[str]], seed: int
    ) -> Figures:
        """Return the figures of embeddings (M, D) with classes (M,) and further columns of M texts each.

        Raises
        ------
        UserError: if the items do not allow it.
        """
        raise NotImplementedError


def _column(columns: Mapping[str, Sequence[str]], name: str) -> npt.NDArray[np.str_] | None:
    """Return a column by its name; None for an empty name."""
    if not name:
        return None
    if name not in columns:
        known = ", ".join(printable(column) for column in columns) or "none"
        raise UserError(f"there is no column {printable(name)!r}", remedy=f"Columns of these data: {known}")
    return np.asarray(columns[name])


def _numbers(text: str, name: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and int(part) for part in parts):
        raise UserError(f"protocol.{name} = {text!r} is not a list of numbers", remedy="For example: 5,20")
    return [int(part) for part in parts]


@register("protocol", "retrieval", title="Retrieval", reference="Musgrave, Belongie and Lim 2020")
class RetrievalProtocol(Protocol):
    """Every item asks for its nearest ones among the others: recall@k, R-precision, MAP@R and NMI."""

    def measure(
        self, x: FloatArray, labels: npt.ArrayLike, lift: Lift, columns: Mapping[str, Sequence[str]], seed: int
    ) -> Figures:
        """Return the figures of leave-one-out retrieval."""
        return dict(retrieval.evaluate(x, labels, lift, nmi=True, seed=seed).metrics)


@register("protocol", "few_shot", title="Few-shot", reference="Vinyals et al. 2016; Snell, Swersky and Zemel 2017")
class FewShotProtocol(Protocol):
    """N classes are told apart from K examples of each: a query belongs to the nearest mean of the examples."""

    class Params(Parameters):
        """Parameters of the protocol."""

        ways: str = parameter("5,20", "Classes of an episode (N); several numbers give a table")
        shots: str = parameter("1,5", "Examples of each class (K); several numbers give a table")
        queries: int = parameter(few_shot.QUERIES, "Queries of each class", minimum=1, maximum=1000)
        episodes: int = parameter(few_shot.EPISODES, "Episodes", minimum=2, maximum=100_000)
        within: str = parameter("", "Column whose value all classes of an episode share, for example the alphabet")

    def measure(
        self, x: FloatArray, labels: npt.ArrayLike, lift: Lift, columns: Mapping[str, Sequence[str]], seed: int
    ) -> Figures:
        """Return accuracy, half of its 95 % interval and the number of episodes by ``N-way K-shot``.

        What the items do not allow is left out of the table, unless they allow nothing of it.
        """
        groups = _column(columns, self.params.within)
        found: Figures = {}
        refused: list[UserError] = []
        for ways in _numbers(self.params.ways, "ways"):
            for shots in _numbers(self.params.shots, "shots"):
                try:
                    result = few_shot.evaluate(
                        x,
                        labels,
                        lift,
                        ways=ways,
                        shots=shots,
                        queries=self.params.queries,
                        episodes=self.params.episodes,
                        seed=seed,
                        groups=groups,
                    )
                except UserError as error:
                    refused.append(error)
                else:
                    found[f"{ways}-way {shots}-shot"] = result._asdict()
        if refused and not found:
            raise refused[0]
        return found


@register("protocol", "verification", title="Verification")
class VerificationProtocol(Protocol):
    """Pairs are accepted as the same class below one distance: equal error rate, ROC area, accepts at a given FAR."""

    class Params(Parameters):
        """Parameters of the protocol."""

        across: str = parameter("", "Column in which the two of a pair must differ, for example camera or medium")
        within: str = parameter("", "Column that the two of a pair must share, for example the name that was signed")
        identity: str = parameter("", "Column that the interval of the EER is drawn over; empty: the class")
        pairs: int = parameter(
            verification.PAIRS, "Pairs of either sort at most", minimum=100, maximum=50_000_000, logarithmic=True
        )

    def measure(
        self, x: FloatArray, labels: npt.ArrayLike, lift: Lift, columns: Mapping[str, Sequence[str]], seed: int
    ) -> Figures:
        """Return EER with its interval, AUC, threshold and TAR@FAR, and how many pairs were compared."""
        found = verification.evaluate(
            x,
            labels,
            lift,
            across=_column(columns, self.params.across),
            within=_column(columns, self.params.within),
            identities=_column(columns, self.params.identity),
            pairs=self.params.pairs,
            seed=seed,
        )
        return {**found.metrics, "same_pairs": found.same_pairs, "different_pairs": found.different_pairs}
