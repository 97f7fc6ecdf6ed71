"""The number of an item is guessed from its nearest others; against plain loops and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from explorer.core.errors import UserError
from explorer.core.registry import create
from explorer.core.targets import Target
from explorer.evaluation.protocol import Effort, Sample
from explorer.evaluation.regression import mean_of, spearman
from explorer.measure.lifts import lift

RANDOM = np.random.default_rng(0)


def sample_of(x: np.ndarray, target: Target | None) -> Sample:
    return Sample(x.astype(np.float32), np.full(len(x), -1), lift("euclidean"), {"other": ["1", "2"]}, target=target)


@pytest.mark.parametrize("period", [0.0, 1.0])
def test_errors_are_those_of_a_loop(period: float) -> None:
    x, values = RANDOM.normal(size=(40, 3)), RANDOM.uniform(0, 3, 40)
    values[[4, 9]] = np.nan
    known = np.flatnonzero(np.isfinite(values))
    errors = []
    for item in known:
        others = known[known != item]
        near = others[np.argsort(np.linalg.norm(x[others] - x[item], axis=1))[:5]]
        if period:
            turned = np.exp(2j * np.pi * values[near]).mean()
            difference = (values[item] - np.angle(turned) / (2 * np.pi)) % 1.0
            errors.append(min(difference, 1.0 - difference))
        else:
            errors.append(abs(values[item] - values[near].mean()))
    protocol = create("protocol", "regression", {"k": 5})
    found = protocol.measure(sample_of(x, Target("v", values, period)), Effort())
    assert found.items == len(known)
    assert found.figures["mean_error"] == pytest.approx(np.mean(errors), rel=1e-6)
    assert found.figures["median_error"] == pytest.approx(np.median(errors), rel=1e-6)
    assert found.figures["mean_error_low"] < found.figures["mean_error"] < found.figures["mean_error_high"]
    assert ("spearman" in found.figures) == (period == 0.0)


def test_an_embedding_that_is_the_number_is_exact_and_one_of_noise_no_better_than_a_constant() -> None:
    values = np.arange(200.0)
    protocol = create("protocol", "regression", {"k": 2})
    good = protocol.measure(sample_of(values[:, None], Target("v", values)), Effort()).figures
    assert good["relative_error"] < 0.02
    assert good["r2"] > 0.99
    noise = RANDOM.normal(size=(200, 4))
    bad = protocol.measure(sample_of(noise, Target("v", values)), Effort(thorough=False)).figures
    assert bad["relative_error"] > 0.9
    pair = protocol.paired(
        sample_of(values[:, None], Target("v", values)), sample_of(noise, Target("v", values)), Effort()
    )
    assert pair["mean_error"].low > 0


def test_ranks_and_directions() -> None:
    a, b = RANDOM.integers(0, 5, 50).astype(float), RANDOM.integers(0, 5, 50).astype(float)
    assert spearman(a, b) == pytest.approx(spearmanr(a, b).statistic)
    assert spearman(a, np.ones(50)) == 0.0
    assert mean_of(np.array([[350.0, 20.0], [90.0, 90.0]]), 360.0) == pytest.approx([5.0, 90.0], abs=1e-9)


def test_without_a_number_it_is_said() -> None:
    with pytest.raises(UserError, match="No number was chosen"):
        create("protocol", "regression", {}).check(sample_of(np.zeros((2, 2)), None))
