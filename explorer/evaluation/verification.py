"""The verification protocol: are two items of the same class? One threshold on their distance decides.

The equal error rate (EER) is where the false accepts and the false rejects of that threshold are equal; FNMR@FMR is the
share of same pairs refused at a given share of different pairs accepted, and TAR@FAR what is left of it. The threshold
is chosen on validation items and judged on others (``evaluation.threshold``). Intervals know that the pairs of one
person are not independent: their variance is that between identities (``evaluation.pair_intervals``).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from explorer.core.errors import UserError, printable
from explorer.core.pair_lists import PairList
from explorer.core.registry import Parameters, parameter, register
from explorer.core.types import FloatArray, IntArray
from explorer.evaluation.comparison import PAIRS, Compared, Comparison, GivenPairs, codes_of, told_apart
from explorer.evaluation.curves import Points, error_curve
from explorer.evaluation.fold_accuracy import fold_accuracy
from explorer.evaluation.operating_points import Judged, Rate, in_order, opis
from explorer.evaluation.paired import Paired
from explorer.evaluation.pairs_file import read_pairs
from explorer.evaluation.protocol import Effort, Measured, Protocol, Sample
from explorer.evaluation.threshold import best_distance, check_enough, divided
from explorer.measure.histograms import verification
from explorer.measure.lifts import Lift
from explorer.measure.pairs import never

FARS = (0.1, 0.01, 0.001)
FMRS = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
GENUINE_COLUMN = "genuine"
DRAWN = "drawn"
"""Asks for pairs that are drawn at random, though lists came with the data."""


class Judgement(NamedTuple):
    """A threshold with its interval, and its FMR and FNMR on items that had no part in the choice of it."""

    distance: Rate
    fmr: Rate
    fnmr: Rate
    how: str


class Verification(NamedTuple):
    """What the protocol found.

    ``eer`` and ``auc`` of the ROC; ``fnmr`` by FMR and ``tar`` by FAR, only where ten different pairs may be accepted;
    ``judged``: the threshold from validation, or in words why there is none: ``threshold`` is then that of the EER;
    ``opis``: how unevenly one threshold serves the classes; how many pairs of either sort were compared; ``errors``:
    FMR and FNMR of many thresholds; ``accuracy`` over the folds of the pairs that were given, where they have some.
    """

    eer: Rate
    auc: Rate
    threshold: float
    judged: Judgement | str
    tar: dict[float, float]
    fnmr: dict[float, Rate]
    opis: float | None
    same_pairs: int
    different_pairs: int
    errors: Points
    accuracy: Rate | None

    @property
    def metrics(self) -> dict[str, float]:
        """The figures by their names."""
        figures = {**_with_interval("eer", self.eer), **_with_interval("auc", self.auc), "threshold": self.threshold}
        if self.accuracy is not None:
            figures |= _with_interval("accuracy", self.accuracy)
        if isinstance(self.judged, Judgement):
            figures |= _with_interval("threshold", self.judged.distance)
            figures |= _with_interval("threshold_fmr", self.judged.fmr)
            figures |= _with_interval("threshold_fnmr", self.judged.fnmr)
        figures |= {f"tar@far={far:g}": tar for far, tar in self.tar.items()}
        for fmr, rate in self.fnmr.items():
            figures |= _with_interval(f"fnmr@fmr={fmr:g}", rate)
        return figures if self.opis is None else {**figures, "opis": self.opis}

    @property
    def how(self) -> str:
        """In words: on what the threshold was chosen, and which figures there are too few pairs for."""
        judged = self.judged
        said = (
            f"threshold chosen on {judged.how}" if isinstance(judged, Judgement) else f"threshold of the EER: {judged}"
        )
        few = [f"{fmr:g}" for fmr in FMRS if fmr not in self.fnmr]
        return f"{said}; not enough pairs for an FMR of {few[0]}" if few else said


def _with_interval(name: str, rate: Rate) -> dict[str, float]:
    return {name: rate.value, f"{name}_low": rate.low, f"{name}_high": rate.high}


def evaluate(
    x: FloatArray,
    labels: npt.ArrayLike,
    lift: Lift,
    *,
    across: npt.ArrayLike | None = None,
    within: npt.ArrayLike | None = None,
    identities: npt.ArrayLike | None = None,
    genuine: npt.ArrayLike | None = None,
    parts: npt.NDArray[np.str_] | None = None,
    given: GivenPairs | None = None,
    target: float = 0.0,
    pairs: int = PAIRS,
    seed: int = 0,
    cancelled: Callable[[], bool] = never,
) -> Verification:
    """Compare pairs of embeddings (M, D) and return how well one threshold tells same from different.

    Parameters
    ----------
    across: (M,) a condition of each item (camera, medium); where given, only pairs under two conditions count.
    within: (M,) something both of a pair must share (the name that was signed), which makes different pairs harder.
    identities: (M,) whose pairs hang together, for the intervals; the classes if None.
    genuine: (M,) which items are no forgeries of their class; all if None.
    parts: (M,) which items choose the threshold; see ``evaluation.threshold.divided``.
    given: the pairs that are compared, in place of up to ``pairs`` of either sort, drawn uniformly.
    target: the FMR that the threshold is chosen for; 0: where both errors are equal.

    Raises
    ------
    UserError: if there are no pairs of either sort. Cancelled: if ``cancelled()`` turns true.
    """
    classes = told_apart(labels, genuine)
    owners = np.asarray(labels, np.int64) if identities is None else np.asarray(identities)
    codes = np.unique(owners, return_inverse=True)[1]
    compared = Comparison(x, classes, lift, codes_of(across), codes_of(within), given, pairs, seed, cancelled)
    every = compared.among()
    everyone = _judged(every, codes)
    eer, equal = everyone.eer(), verification(every.near, every.far)[1]
    try:
        found: Judgement | str = _judgement(compared, np.asarray(labels, np.int64), codes, parts, target)
    except UserError as error:
        found = error.message
    fnmr = in_order({fmr: everyone.fnmr_at(fmr) for fmr in FMRS if everyone.enough(fmr)})
    kinds = np.unique(classes, return_inverse=True)[1]
    return Verification(
        eer=eer,
        auc=everyone.auc(),
        threshold=found.distance.value if isinstance(found, Judgement) else equal,
        judged=found,
        tar={far: 1 - fnmr[far].value for far in FARS if far in fnmr},
        fnmr=fnmr,
        opis=opis(every.near, every.far, kinds[every.same[:, 0]], kinds[every.different]),
        same_pairs=len(every.near),
        different_pairs=len(every.far),
        errors=error_curve(every.near, every.far),
        accuracy=None if given is None else _over_folds(every, given),
    )


def _over_folds(every: Compared, given: GivenPairs) -> Rate | None:
    return fold_accuracy(every.near, every.far, given.folds[given.same], given.folds[~given.same])


def judged(
    x: FloatArray,
    labels: npt.ArrayLike,
    lift: Lift,
    *,
    across: npt.ArrayLike | None = None,
    within: npt.ArrayLike | None = None,
    identities: npt.ArrayLike | None = None,
    genuine: npt.ArrayLike | None = None,
    given: GivenPairs | None = None,
    pairs: int = PAIRS,
    seed: int = 0,
    cancelled: Callable[[], bool] = never,
) -> Judged:
    """Return all pairs that ``evaluate`` compares, to be judged: the same for the same labels and columns."""
    codes = np.unique(np.asarray(labels) if identities is None else np.asarray(identities), return_inverse=True)[1]
    classes = told_apart(labels, genuine)
    return _judged(
        Comparison(x, classes, lift, codes_of(across), codes_of(within), given, pairs, seed, cancelled).among(), codes
    )


def _judged(pairs: Compared, codes: IntArray) -> Judged:
    return Judged(pairs.near, pairs.far, codes[pairs.same], codes[pairs.different])


def _judgement(
    compared: Comparison, labels: IntArray, codes: IntArray, parts: npt.NDArray[np.str_] | None, target: float
) -> Judgement:
    """Choose a threshold on one side of the items and judge it on the other."""
    division = divided(labels, parts, compared.seed, codes)
    choosing = compared.among(division.choosing)
    check_enough(len(choosing.far), target)
    distance = best_distance(choosing.near, choosing.far, target)
    judging = _judged(compared.among(division.judging), codes)
    bounds = _judged(choosing, codes).threshold_interval(distance, target)
    return Judgement(Rate(distance, *bounds), judging.fmr(distance), judging.fnmr(distance), division.how)


@register("protocol", "verification", title="Verification")
class VerificationProtocol(Protocol):
    """Pairs are accepted as the same class below one distance: equal error rate, ROC area, FNMR at a given FMR."""

    class Params(Parameters):
        """Parameters of the protocol."""

        across: str = parameter("", "Column in which the two of a pair must differ, for example camera or medium")
        within: str = parameter("", "Column that the two of a pair must share, for example the name that was signed")
        identity: str = parameter("", "Column whose values err together, for the intervals; empty: the class")
        genuine: str = parameter("", "Column that marks forgeries by 0; empty: the column genuine, where there is one")
        pairs_file: str = parameter(
            "",
            "Pairs to compare: a list that came with the data, by its name (empty: the one of which most is measured), "
            "drawn for pairs drawn at random, or a file: columns a, b and same, or pairs.txt of LFW",
        )
        target: float = parameter(0.0, "FMR that the threshold is chosen for; 0: equal errors", minimum=0, maximum=0.5)
        pairs: int = parameter(PAIRS, "Pairs of either sort at most", minimum=100, maximum=50_000_000, logarithmic=True)

    def check(self, sample: Sample) -> None:
        """Look for the columns, and read the file of the pairs."""
        for name in (self.params.across, self.params.within, self.params.identity):
            sample.column(name)
        self._given(sample, self._genuine(sample))

    def _genuine(self, sample: Sample) -> npt.NDArray[np.str_] | None:
        """Return what the data say of which items are no forgeries, if they do."""
        return sample.column(self.params.genuine or (GENUINE_COLUMN if GENUINE_COLUMN in sample.columns else ""))

    def measure(self, sample: Sample, effort: Effort) -> Measured:
        """Return the figures with their intervals, and how many pairs were compared."""
        found = evaluate(
            sample.x,
            sample.labels,
            sample.lift,
            parts=sample.column("split" if "split" in sample.columns else ""),
            target=self.params.target,
            **self._pairs(sample, effort),
        )
        figures = {**found.metrics, "same_pairs": found.same_pairs, "different_pairs": found.different_pairs}
        fmr, fnmr = found.errors
        curves = {"det": found.errors, "roc": (fmr, [1 - rate for rate in fnmr])}
        how = "; ".join(text for text in (self._which(sample), found.how) if text)
        return Measured(figures, len(sample.x), sample.classes, how=how, curves=curves)

    def paired(self, a: Sample, b: Sample, effort: Effort) -> dict[str, Paired]:
        """Compare two embeddings by the same pairs."""
        first, second = (judged(sample.x, a.labels, sample.lift, **self._pairs(a, effort)) for sample in (a, b))
        return first.against(second, FMRS)

    def _pairs(self, sample: Sample, effort: Effort) -> dict[str, Any]:
        """Return which pairs are compared, as ``evaluate`` takes it."""
        params = self.params
        genuine = self._genuine(sample)
        return {
            "across": sample.column(params.across),
            "within": sample.column(params.within),
            "identities": sample.column(params.identity),
            "genuine": genuine,
            "given": self._given(sample, genuine),
            "pairs": params.pairs,
            "seed": effort.seed,
            "cancelled": effort.cancelled,
        }

    def _given(self, sample: Sample, genuine: npt.NDArray[np.str_] | None) -> GivenPairs | None:
        """Return the pairs of the list or the file, if there is one."""
        came = self._came(sample)
        if came is not None:
            return GivenPairs(came.rows, came.same, came.folds)
        if self.params.pairs_file in ("", DRAWN):
            return None
        if not len(sample.ids):
            raise UserError("These items have no names for a file of pairs", remedy="Leave protocol.pairs_file empty")
        path = Path(self.params.pairs_file).expanduser()
        return read_pairs(path, sample.ids, told_apart(sample.labels, genuine))

    def _came(self, sample: Sample) -> PairList | None:
        """Return the list that came with the data and is asked for, or that is most wholly among the items."""
        asked = self.params.pairs_file
        usable = [one for one in sample.pairs if one.same.any() and not one.same.all()]
        if asked:
            return next((one for one in usable if one.name == asked), None)
        return max(usable, key=lambda one: (len(one) / one.listed, len(one)), default=None)

    def _which(self, sample: Sample) -> str:
        """Return in words which list is compared, and how much of it."""
        came = self._came(sample)
        if came is None:
            return ""
        part = f"{len(came):,} of the {came.listed:,}" if len(came) < came.listed else f"the {len(came):,}"
        return f"{part} pairs of {printable(came.name)}"
