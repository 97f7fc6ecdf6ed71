from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from explorer.retrieval.vote import Vote, vote


def test_the_class_with_the_most_votes_wins_and_its_share_is_the_confidence() -> None:
    found = vote(np.array([2, 1, 1, -1, 1]))
    assert found == Vote(1, 3, 4)
    assert found.confidence == 0.75


def test_of_equally_many_votes_the_nearest_decides() -> None:
    assert vote(np.array([7, 3, 3, 7])) == Vote(7, 2, 4)


@pytest.mark.parametrize("labels", [[], [-1, -1]])
def test_nobody_votes_without_a_class(labels: list[int]) -> None:
    found = vote(np.array(labels, np.int64))
    assert found == Vote(-1, 0, 0)
    assert found.confidence == 0.0


def test_it_is_the_classifier_of_scikit_learn() -> None:
    generator = np.random.default_rng(0)
    x, labels = generator.normal(size=(300, 5)), generator.integers(0, 4, 300)
    asked = generator.normal(size=(50, 5))
    classifier = KNeighborsClassifier(9).fit(x, labels)
    near, shares = classifier.kneighbors(asked, return_distance=False), classifier.predict_proba(asked)
    for row, share in zip(near, shares, strict=True):
        found = vote(labels[row])
        assert found.confidence == pytest.approx(share.max())
        assert share[found.label] == share.max()
