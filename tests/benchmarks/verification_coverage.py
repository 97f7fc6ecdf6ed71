"""How often the 95 % intervals of verification hold the true value, where pairs of one identity err together.

A model with random effects of the identities, as in Fogliato, Patil and Perona (arXiv 2306.01198): the distance of a
same pair of identity i is s·a_i + noise, of a different pair of i and j it is gap + s·(b_i + b_j)/√2 + noise, with
(a_i, b_i) normal and correlated. The true rates follow from the normal distribution. Run as
``python -m tests.benchmarks.verification_coverage``; it takes some minutes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.stats import binom, norm

from explorer.core.types import FloatArray, IntArray
from explorer.evaluation.operating_points import Judged, Rate

RESULTS = Path(__file__).parent / "results" / "verification_coverage.json"
GAP = 4.0
Draw = tuple[FloatArray, FloatArray, IntArray, IntArray]


class Model(NamedTuple):
    """How many identities with how many images each, and how much of a distance is theirs."""

    identities: int = 50
    images: int = 6
    shared: float = 0.7

    def draw(self, generator: np.random.Generator) -> Draw:
        """Draw the distances of every same and every different pair, and whose they are."""
        count, images = self.identities, self.images
        a = generator.normal(size=count)
        b = 0.5 * a + np.sqrt(0.75) * generator.normal(size=count)
        same = np.repeat(np.arange(count), images * (images - 1) // 2)
        first, second = (np.repeat(i, images * images) for i in np.triu_indices(count, 1))
        near = self.shared * a[same] + generator.normal(size=len(same))
        far = GAP + self.shared * (b[first] + b[second]) / np.sqrt(2) + generator.normal(size=len(first))
        ids = np.stack((same, same), axis=1), np.stack((first, second), axis=1)
        return near.astype(np.float32), far.astype(np.float32), *ids

    @property
    def scale(self) -> float:
        """The standard deviation of a distance."""
        return float(np.sqrt(1 + self.shared**2))

    def fmr(self, distance: float) -> float:
        """Return the true FMR of a threshold."""
        return float(norm.cdf((distance - GAP) / self.scale))

    def fnmr(self, distance: float) -> float:
        """Return the true FNMR of a threshold."""
        return float(norm.sf(distance / self.scale))

    def distance(self, fmr: float) -> float:
        """Return the threshold of a true FMR."""
        return float(GAP + self.scale * norm.ppf(fmr))

    @property
    def auc(self) -> float:
        """The true area under the ROC."""
        return float(norm.cdf(GAP / self.scale / np.sqrt(2)))

    @property
    def equal(self) -> float:
        """The threshold at which both errors are equal."""
        return float(brentq(lambda d: self.fmr(d) - self.fnmr(d), 0, GAP))


def of_pairs(rate: float, pairs: int) -> tuple[float, float]:
    """Return the percentile interval of a bootstrap over pairs, of as many draws as you like: it is binomial."""
    low, high = binom.ppf((0.025, 0.975), pairs, rate) / pairs
    return float(low), float(high)


def coverage(model: Model, draws: int, seed: int = 0) -> dict[str, float]:
    """Return by figure in which share of the draws its interval holds the true value."""
    at = model.equal
    figures: dict[str, tuple[float, Callable[[Judged], Rate]]] = {
        "fnmr": (model.fnmr(at), lambda judged: judged.fnmr(at)),
        "fmr": (model.fmr(at), lambda judged: judged.fmr(at)),
        "auc": (model.auc, lambda judged: judged.auc()),
        "eer": (model.fmr(at), lambda judged: judged.eer()),
    }
    for rate in (0.1, 0.01, 0.001):
        true = model.fnmr(model.distance(rate))
        figures[f"fnmr@fmr={rate:g}"] = (true, lambda judged, rate=rate: judged.fnmr_at(rate))  # type: ignore[misc]
    held = dict.fromkeys((*figures, "fnmr by pairs", "fmr by pairs"), 0)
    for child in np.random.SeedSequence(seed).spawn(draws):
        judged = Judged(*model.draw(np.random.default_rng(child)))
        for name, (true, measured) in figures.items():
            found = measured(judged)
            held[name] += found.low <= true <= found.high
            if name in ("fnmr", "fmr"):
                low, high = of_pairs(found.value, len(judged.near if name == "fnmr" else judged.far))
                held[f"{name} by pairs"] += low <= true <= high
    return {name: count / draws for name, count in held.items()}


def main() -> None:
    """Measure every model and write ``results/verification_coverage.json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1000)
    draws = parser.parse_args().draws
    found = [
        {**model._asdict(), "draws": draws, "held": coverage(model, draws)}
        for model in (Model(), Model(30, 8, 1.0), Model(100, 5, 0.5), Model(60, 4, 0.0))
    ]
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
