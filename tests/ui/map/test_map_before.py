from __future__ import annotations

import numpy as np

from explorer.core.types import PIXELS_RUN, Projection
from explorer.ui.map.map_before import MapBefore

COUNT = 4


def frame(run: str, step: int, items: list[int], at: float) -> Projection:
    return Projection(run, step, np.array(items), np.full((len(items), 2), at, np.float32), 1, "umap", True, None)


def before() -> MapBefore:
    made = MapBefore()
    made.forget(COUNT)
    return made


def test_the_rest_lies_where_the_map_before_the_run_had_it() -> None:
    maps = before()
    assert maps.whole(frame(PIXELS_RUN, 0, [0, 1, 2, 3], 1.0))[2] is None
    items, xy, waiting = maps.whole(frame("r", 5, [1, 3], 2.0))
    assert items.tolist() == [0, 1, 2, 3]
    assert xy[:, 0].tolist() == [1.0, 2.0, 1.0, 2.0]
    assert waiting is not None
    assert waiting.tolist() == [True, False, True, False]
    assert maps.whole(frame("r", 9, [0, 1, 2, 3], 3.0))[2] is None


def test_a_kept_step_of_a_run_is_filled_up_as_it_was_then() -> None:
    maps = before()
    maps.whole(frame(PIXELS_RUN, 0, [0, 1, 2, 3], 1.0))
    maps.whole(frame("r", 9, [0, 1, 2, 3], 3.0))
    assert maps.whole(frame("r", 5, [1], 2.0))[1][:, 0].tolist() == [1.0, 2.0, 1.0, 1.0], "not as it is later"


def test_a_branch_is_filled_up_from_the_step_at_which_it_begins() -> None:
    maps = before()
    maps.whole(frame("parent", 9, [0, 1, 2, 3], 3.0))
    maps.whole(frame("branch", 5, [0, 1, 2, 3], 2.0))
    assert maps.whole(frame("branch", 6, [2], 4.0))[1][:, 0].tolist() == [2.0, 2.0, 4.0, 2.0]


def test_without_a_map_before_the_rest_has_no_place() -> None:
    maps = before()
    items, _xy, waiting = maps.whole(frame("r", 5, [1, 3], 2.0))
    assert items.tolist() == [1, 3]
    assert waiting is None
