import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import adjusted_mutual_info_score, normalized_mutual_info_score

from explorer.core.types import IntArray
from explorer.evaluation.clusters import adjusted_mutual_information, k_means, normalised_mutual_information
from explorer.evaluation.retrieval import evaluate
from explorer.measure.lifts import lift


@given(
    a=arrays(np.int64, 30, elements=st.integers(0, 5)),
    b=arrays(np.int64, 30, elements=st.integers(0, 5)),
)
def test_mutual_information_equals_scikit_learn(a: IntArray, b: IntArray) -> None:
    assert normalised_mutual_information(a, b) == pytest.approx(normalized_mutual_info_score(a, b), abs=1e-9)
    assert adjusted_mutual_information(a, b) == pytest.approx(adjusted_mutual_info_score(a, b), abs=1e-9)


@pytest.mark.parametrize(("first", "second"), [(1, 1), (1, 5), (5, 1), (300, 300), (300, 4), (40, 60)])
def test_chance_is_taken_off_as_scikit_learn_does(first: int, second: int) -> None:
    draw = np.random.default_rng(0)
    a, b = (np.arange(300) % n if n == 300 else draw.integers(n, size=300) for n in (first, second))
    assert adjusted_mutual_information(a, b) == pytest.approx(adjusted_mutual_info_score(a, b), abs=1e-9)


def test_clusters_of_well_separated_classes_are_found() -> None:
    generator = np.random.default_rng(0)
    labels = np.arange(200) % 4
    x = (np.eye(4)[labels] * 20 + generator.normal(size=(200, 4))).astype(np.float32)
    found = evaluate(x, labels, lift("euclidean"), thorough=True)
    assert found.metrics["ami"] == pytest.approx(1)
    assert found.metrics["nmi"] == pytest.approx(1)
    assert np.array_equal(k_means(x, 4), k_means(x, 4))


@pytest.mark.parametrize("seed", range(20))
def test_ten_classes_far_apart_are_ten_clusters_whatever_the_seed(seed: int) -> None:
    generator = np.random.default_rng(3)
    labels = np.arange(1800) % 10
    x = (generator.normal(size=(10, 64)) * 4)[labels] + generator.normal(size=(1800, 64))
    assert normalised_mutual_information(labels, k_means(x.astype(np.float32), 10, seed=seed)) == pytest.approx(1)
