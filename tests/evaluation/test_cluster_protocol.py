"""Clusters against scikit-learn's indices, with noise, and where embeddings collapse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.cluster import HDBSCAN
from sklearn.metrics import (
    adjusted_mutual_info_score,
    adjusted_rand_score,
    normalized_mutual_info_score,
)
from sklearn.metrics.cluster import contingency_matrix

from explorer.core.errors import UserError
from explorer.core.types import FloatArray, IntArray
from explorer.evaluation.cluster_protocol import Clusters, ClustersProtocol
from explorer.evaluation.protocol import Effort, Measured, Sample
from explorer.measure.lifts import lift
from tests.helpers.blobs import blobs

X, LABELS = blobs(400, 8)


def measured(x: FloatArray = X, **params: Any) -> Measured:
    protocol = ClustersProtocol(ClustersProtocol.Params(**params))
    return protocol.measure(Sample(x, LABELS, lift("euclidean")), Effort())


def assigned(found: Measured) -> IntArray:
    """Return the cluster of every row, and one of its own for noise."""
    assert isinstance(found.details, Clusters)
    of = np.arange(len(X)) + 1000
    for number, cluster in enumerate(found.details.clusters):
        of[cluster.rows] = number
    return of


@pytest.mark.parametrize("params", [{}, {"clusters": 20}, {"method": "hdbscan"}, {"method": "hdbscan", "least": 30}])
def test_indices_are_those_of_scikit_learn(params: dict[str, Any]) -> None:
    found = measured(**params)
    clusters, figures = found.details, found.figures
    assert isinstance(clusters, Clusters)
    of = assigned(found)
    assert figures["nmi"] == pytest.approx(normalized_mutual_info_score(LABELS, of))
    assert figures["ami"] == pytest.approx(adjusted_mutual_info_score(LABELS, of))
    assert figures["rand"] == pytest.approx(adjusted_rand_score(LABELS, of))
    inside = of < 1000
    table = contingency_matrix(LABELS[inside], of[inside])
    assert figures["purity"] == pytest.approx(table.max(axis=0).sum() / table.sum())
    assert figures["noise"] == pytest.approx(1 - inside.mean())
    sizes = [len(cluster.rows) for cluster in clusters.clusters]
    assert sizes == sorted(sizes, reverse=True)
    assert figures["clusters"] == len(sizes)
    for cluster in clusters.clusters:
        assert cluster.main == (LABELS[cluster.rows] == cluster.label).sum() == np.bincount(LABELS[cluster.rows]).max()
        from_centre = np.linalg.norm(X[cluster.rows] - X[cluster.rows].mean(axis=0), axis=1)
        assert (np.diff(from_centre) >= -1e-5).all()


def test_hdbscan_is_that_of_scikit_learn() -> None:
    labels = HDBSCAN(min_cluster_size=5, copy=True).fit(X).labels_
    found = measured(method="hdbscan")
    assert isinstance(found.details, Clusters)
    assert found.details.noise.tolist() == np.flatnonzero(labels == -1).tolist()
    assert adjusted_rand_score(labels[labels >= 0], assigned(found)[labels >= 0]) == 1


def test_a_collapsed_embedding_is_told_apart_by_nothing() -> None:
    found = measured(np.ones_like(X))
    assert found.figures["ami"] == pytest.approx(0, abs=0.05)
    assert found.figures["purity"] <= 0.5


def test_too_few_items_are_refused() -> None:
    protocol = ClustersProtocol(ClustersProtocol.Params(method="hdbscan", least=10))
    with pytest.raises(UserError, match="too few for clusters of 10"):
        protocol.measure(Sample(X[:8], LABELS[:8], lift("euclidean")), Effort())
    with pytest.raises(UserError, match="Fewer than two"):
        protocol.measure(Sample(X[:3], np.array([-1, -1, 0]), lift("euclidean")), Effort())


@pytest.mark.full
def test_of_many_dimensions_fewer_items_are_compared_with_each_other() -> None:
    labels = np.arange(3000) % 3
    wide = np.random.default_rng(0).normal(size=(3000, 2000)).astype(np.float32)
    protocol = ClustersProtocol(ClustersProtocol.Params(method="hdbscan"))
    assert protocol.measure(Sample(wide, labels, lift("euclidean")), Effort()).items == 999  # 333 of each class
