from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from explorer.core.errors import Cancelled, UserError
from explorer.core.registry import create
from explorer.core.types import FloatArray, IntArray
from explorer.evaluation.label_errors import LIKELY, find_label_errors
from explorer.evaluation.protocol import Effort, Sample
from explorer.measure.lifts import lift
from tests.measure.test_class_neighbours import looked_up


def clusters(classes: int = 4, each: int = 40, seed: int = 0) -> tuple[FloatArray, IntArray]:
    generator = np.random.default_rng(seed)
    centres = 6 * generator.normal(size=(classes, 8))
    labels = np.repeat(np.arange(classes), each)
    return (centres[labels] + generator.normal(size=(len(labels), 8))).astype(np.float32), labels


def test_finds_what_was_flipped_and_says_which_class_it_was() -> None:
    x, true = clusters()
    given_labels = true.copy()
    wrong = np.array([3, 50, 90, 130])
    given_labels[wrong] = (true[wrong] + 1) % 4
    found = find_label_errors([x], given_labels, lift("euclidean"))
    assert found.rows[found.likely].tolist() == wrong.tolist()
    assert found.suspected[wrong].tolist() == true[wrong].tolist()
    assert set(np.argsort(-found.score)[:4].tolist()) == set(wrong.tolist())
    assert found.score.min() >= 0
    assert found.score.max() <= 1


@given(data=st.data(), n=st.integers(4, 24))
def test_equals_what_is_counted_one_by_one(data: st.DataObject, n: int) -> None:
    x = data.draw(arrays(np.float32, (n, 2), elements=st.integers(-3, 3).map(np.float32)))
    labels = np.arange(n) % 2
    found = find_label_errors([x], labels, lift("squared_euclidean"), voters=5)
    votes, own, other = looked_up(x, labels, voters=5, near=10)
    disagree = 1 - votes[np.arange(n), labels]
    whole = own + other
    violation = (1 + np.divide(own - other, whole, out=np.zeros(n), where=whole > 0)) / 2
    np.testing.assert_allclose(found.disagree, disagree, atol=1e-6)
    np.testing.assert_allclose(found.violation, violation, atol=1e-6)
    np.testing.assert_allclose(found.score, (disagree + violation) / 2, atol=1e-6)
    assert (found.suspected == 1 - labels).all()
    assert (found.likely == (found.score >= LIKELY)).all()


def test_a_collapsed_embedding_suspects_nobody() -> None:
    found = find_label_errors([np.ones((30, 4), np.float32)], np.arange(30) % 3, lift("cosine"))
    assert not found.likely.any()
    assert np.ptp(found.score) < 1e-6


def test_several_steps_are_averaged() -> None:
    x, labels = clusters(seed=1)
    y = np.random.default_rng(2).normal(size=x.shape).astype(np.float32)
    both, first, second = (find_label_errors(steps, labels, lift("euclidean")) for steps in ([x, y], [x], [y]))
    np.testing.assert_allclose(both.score, (first.score + second.score) / 2, atol=1e-6)


def test_unlabelled_items_and_lone_classes_are_not_judged() -> None:
    x, labels = clusters(3, 10)
    labels[[0, 12]] = -1
    labels[29] = 7
    found = find_label_errors([x], labels, lift("euclidean"))
    assert set(range(30)) - set(found.rows.tolist()) == {0, 12, 29}
    assert set(found.suspected.tolist()) <= {0, 1, 2}
    measured = create("protocol", "label_errors", {}).measure(Sample(x, labels, lift("euclidean")), Effort())
    assert (measured.items, measured.classes, measured.lone) == (27, 4, 1)
    assert measured.figures["likely_wrong"] == 0


def test_one_class_has_no_wrong_labels_and_that_is_said() -> None:
    with pytest.raises(UserError, match="1 class has two items or more"):
        find_label_errors([np.zeros((4, 2), np.float32)], [0, 0, 0, 1], lift("euclidean"))


def test_it_stops_when_it_is_told() -> None:
    x, labels = clusters()
    with pytest.raises(Cancelled):
        find_label_errors([x], labels, lift("euclidean"), cancelled=lambda: True)
