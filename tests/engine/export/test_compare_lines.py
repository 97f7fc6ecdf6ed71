"""The lines of a README compare as the lifts do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from explorer.engine.export.compare_lines import compared_by, lift_lines, nearest_lines
from explorer.measure.lifts import lift, lift_names


@pytest.mark.parametrize("distance", [*lift_names(), "hyperbolic:0.5"])
def test_the_order_is_that_of_the_distance(distance: str) -> None:
    rows = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32) / 4
    known = lift(distance)
    prepared = known.lift_item(rows) if distance == "cosine" else rows
    names: dict[str, Any] = {"np": np, "vectors": prepared, "row": 7}
    exec(f"{lift_lines(distance)}\n{nearest_lines(distance)}", names)
    queries, items = known.lift_query(rows[[7]]), known.lift_item(rows)
    scores = queries @ items.T if known.metric == "ip" else -np.square(queries[:, None] - items[None]).sum(axis=2)
    np.testing.assert_array_equal(names["nearest"], np.argsort(-scores[0], kind="stable"))
    if lift_lines(distance):
        for name, wanted in (("as_query", known.lift_query(rows)), ("as_item", items)):
            np.testing.assert_allclose(names[name](rows), wanted, rtol=1e-5, atol=1e-6)
    assert distance.partition(":")[0].replace("_", " ") in compared_by(distance)
