"""Whether two pictures show the same, by the threshold that a saved run keeps."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from explorer.engine.gallery import OfflineEmbeds
from explorer.engine.offline import OfflineRun
from explorer.engine.threshold import run_threshold
from explorer.evaluation.comparison import pair_distances
from explorer.measure.lifts import lift
from explorer.runs.threshold import Threshold


class Verified(NamedTuple):
    """The ``distance`` of two pictures, and the threshold up to which they are the same."""

    distance: float
    threshold: Threshold

    @property
    def same(self) -> bool:
        """Whether the two are the same."""
        return self.distance <= self.threshold.distance


def verified(asked: OfflineRun, a: str, b: str) -> Verified:
    """Compare two pictures: files, or items of the run; where a distance has a direction, from ``a`` to ``b``.

    Raises
    ------
    UserError: if one cannot be read or is no item, or the run has no threshold; see ``engine.threshold``.
    """
    embeds = OfflineEmbeds(asked)
    x = embeds.embedded([embeds.source(a), embeds.source(b)])
    measured_by = lift(embeds.distance)
    distance = pair_distances(measured_by.lift_query(x), measured_by.lift_item(x), np.array([[0, 1]]), measured_by)
    return Verified(float(distance[0]), run_threshold(asked))
