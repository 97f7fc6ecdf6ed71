"""The clusters protocol: what k-means or HDBSCAN finds in the embeddings, against the classes.

Purity is the share of items that are of the main class of their cluster (Manning, Raghavan and Schütze, Introduction
to Information Retrieval, 2008, 16.3); it grows with the number of clusters, NMI too; AMI and the adjusted Rand index
(Hubert and Arabie, 1985) do not. HDBSCAN (Campello, Moulavi and Sander, 2013) leaves items out as noise: each counts
as a cluster of its own for the indices, and not at all for the purity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.core.errors import UserError
from explorer.core.registry import Parameters, parameter, register
from explorer.core.types import FloatArray, IntArray, frozen
from explorer.core.words import several
from explorer.evaluation.class_pairs import evenly
from explorer.evaluation.clusters import adjusted_mutual_information, k_means, normalised_mutual_information
from explorer.evaluation.protocol import Effort, Measured, Protocol, Sample
from explorer.measure.lifts import laid_out

METHODS = ("k-means", "hdbscan")
MOST_ITEMS, MOST_COMPARED, HDBSCAN_WORK = 50_000, 5_000, 2e9
"""Items that k-means and HDBSCAN take at most. The latter compares everything with everything and cannot be stopped: of
so many numbers (items² · dimensions) it takes some seconds."""

NOISE = -1


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster: its rows of the sample, those nearest to its centre first; ``label`` of ``main`` of them."""

    rows: IntArray
    label: int
    main: int

    @property
    def purity(self) -> float:
        """The share of its items that are of its main class."""
        return self.main / len(self.rows)


@dataclass(frozen=True, slots=True)
class Clusters:
    """What was found: clusters, the largest first, and the rows ``noise`` that belong to none."""

    clusters: tuple[Cluster, ...]
    noise: IntArray


def clusters_of(x: FloatArray, labels: IntArray, assigned: IntArray, rows: IntArray) -> Clusters:
    """Describe a clustering.

    Parameters
    ----------
    x: (M, D) vectors among which distances are Euclidean. labels: (M,) classes. assigned: (M,) clusters, −1 for none.
    rows: (M,) what the items are called in the result.
    """
    found = []
    for cluster in np.unique(assigned[assigned != NOISE]).tolist():
        members = np.flatnonzero(assigned == cluster)
        from_centre = np.linalg.norm(x[members] - x[members].mean(axis=0), axis=1)
        values, counts = np.unique(labels[members], return_counts=True)
        main = int(counts.argmax())
        ordered = rows[members[np.argsort(from_centre, kind="stable")]]
        found.append(Cluster(frozen(ordered), int(values[main]), int(counts[main])))
    found.sort(key=lambda cluster: -len(cluster.rows))
    return Clusters(tuple(found), frozen(rows[assigned == NOISE]))


@register(
    "protocol", "clusters", title="Clusters", reference="Campello, Moulavi and Sander 2013; Hubert and Arabie 1985"
)
class ClustersProtocol(Protocol):
    """What k-means or HDBSCAN finds in the embeddings, against the classes: purity, NMI, AMI, adjusted Rand index."""

    class Params(Parameters):
        """Parameters of the protocol."""

        method: str = parameter("k-means", "How clusters are found", choices=METHODS)
        clusters: int = parameter(0, "Clusters of k-means; 0: as many as classes", minimum=0, maximum=10_000)
        least: int = parameter(5, "Items that a cluster of HDBSCAN has at least", minimum=2, maximum=10_000)

    def measure(self, sample: Sample, effort: Effort) -> Measured:
        """Return number of clusters, share of noise, purity, NMI, AMI and adjusted Rand index; the clusters beside."""
        from sklearn.metrics import adjusted_rand_score

        params, every = self.params, np.asarray(sample.labels, np.int64)
        rows = evenly(every, _most(params.method, sample.x.shape[1]), effort.seed)
        if len(rows) < 2:
            raise UserError("Fewer than two items with a class have no clusters", remedy="Measure more of them")
        labels, x = every[rows], laid_out(sample.lift, sample.x[rows])
        if params.method == "k-means":
            count = params.clusters or len(np.unique(labels))
            assigned = k_means(x, min(count, len(rows)), seed=effort.seed, threads=effort.threads)
        else:
            assigned = _hdbscan(x, params.least)
        found = clusters_of(x, labels, assigned, rows)
        alone = np.where(assigned == NOISE, len(x) + np.arange(len(x)), assigned)
        inside = len(rows) - len(found.noise)
        figures: dict[str, float | int] = {
            "clusters": len(found.clusters),
            "noise": len(found.noise) / len(rows),
            "purity": sum(cluster.main for cluster in found.clusters) / inside if inside else float("nan"),
            "nmi": normalised_mutual_information(labels, alone),
            "ami": adjusted_mutual_information(labels, alone),
            "rand": float(adjusted_rand_score(labels, alone)),
        }
        return Measured(figures, len(rows), sample.classes, details=found)


def _most(method: str, dimension: int) -> int:
    """Return how many items take part at most."""
    if method == "k-means":
        return MOST_ITEMS
    return min(MOST_COMPARED, int((HDBSCAN_WORK / max(dimension, 1)) ** 0.5))


def _hdbscan(x: FloatArray, least: int) -> IntArray:
    from sklearn.cluster import HDBSCAN

    if len(x) <= least:
        raise UserError(
            f"{several(len(x), 'item is', 'items are')} too few for clusters of {least}",
            remedy="Set protocol.least to fewer, or measure more",
        )
    return np.asarray(HDBSCAN(min_cluster_size=least, copy=True).fit(x).labels_, np.int64)
