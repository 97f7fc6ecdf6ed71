from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from explorer.core.errors import UserError
from explorer.core.map_values import KeptStep
from explorer.runs.arrays import ArrayStore
from explorer.runs.frames import ProjectionStore
from explorer.runs.retention import Retention
from tests.helpers.runs import ITEMS, new_run, projection, snapshot

Floats = npt.NDArray[np.float32]


@given(
    xy=arrays(np.float32, (ITEMS, 2), elements=st.floats(-1e6, 1e6, width=32)),
    away=st.sampled_from([0.0, 1e3, -1e5]),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_a_map_comes_back_wherever_it_lies_and_however_large_it_is(tmp_path: Path, xy: Floats, away: float) -> None:
    xy = xy + np.float32(away)
    store = ProjectionStore(tmp_path / "projections", ITEMS)
    store.save(replace(projection(5), xy=xy))
    back = store.load("r", 5)
    half = np.ptp(xy.astype(np.float64), axis=0).max() / 2
    # half a step of float16 below 1, and what float32 itself cannot tell that far from zero
    assert np.abs(back.xy - xy).max() <= half / 2**11 + 4 * np.spacing(np.abs(xy).max())
    assert back.xy.dtype == np.float32
    assert not back.xy.flags.writeable
    assert {path.name[9:11] for path in store.folder.glob("*.npy")} == {"xy", "in"}


def test_a_map_of_an_older_version_still_comes_back(tmp_path: Path) -> None:
    store = ProjectionStore(tmp_path / "projections", ITEMS)
    shown = projection(5)
    facts = {"epoch": 3, "method": "umap", "exact": True, "graph_recall": 1.0, "fidelity": None}
    ArrayStore(store.folder).write(5, {"xy": shown.xy, "indices": shown.indices}, facts)
    assert np.array_equal(store.load("r", 5).xy, shown.xy)
    assert store.load("r", 5).epoch == 3


def test_a_map_without_extent_comes_back(tmp_path: Path) -> None:
    store = ProjectionStore(tmp_path / "projections", ITEMS)
    store.save(replace(projection(5), xy=np.full((ITEMS, 2), 7.25, np.float32)))
    assert (store.load("r", 5).xy == 7.25).all()


@pytest.mark.parametrize("facts", [{"scale": "wide"}, {"scale": 1.0, "centre": [1, 2, 3]}, {"scale": None}])
def test_a_map_whose_record_is_wrong_is_refused(tmp_path: Path, facts: dict[str, object]) -> None:
    store = ProjectionStore(tmp_path / "projections", ITEMS)
    ArrayStore(store.folder).write(5, {"xy": projection(5).xy, "indices": projection(5).indices}, facts)
    with pytest.raises(UserError, match="damaged"):
        store.load("r", 5)


def test_a_step_can_be_shown_again_once_its_snapshot_and_its_map_are_there(tmp_path: Path) -> None:
    with new_run(tmp_path / "run") as run:
        for step in (1, 2, 3, 4):
            run.write_snapshot(snapshot(step, exact=step % 2 == 0, items=3 if step == 3 else ITEMS))
        for step in (2, 3, 4, 5):
            run.write_projection(projection(step))
        assert [kept.step for kept in run.kept_steps()] == [2, 4]
        assert run.kept_bytes() == sum(path.stat().st_size for path in run.path.glob("*/*.npy"))
        run.write_projection(projection(1))
        assert run.kept_steps() == tuple(KeptStep(run.run, s, s != 1) for s in (1, 2, 4))
        next((run.path / "projections").glob("00000004-xy-*.npy")).unlink()
        torn = next((run.path / "snapshots").glob("00000002-embeddings-*.npy"))
        torn.write_bytes(torn.read_bytes()[:-3])
        assert [kept.step for kept in run.kept_steps()] == [1]
        run.rewind(0)
        assert run.kept_steps() == ()


def test_a_snapshot_can_be_kept_for_good_later(tmp_path: Path) -> None:
    with new_run(tmp_path / "run", Retention(count=4)) as run:
        for step in range(1, 21):
            run.write_snapshot(snapshot(step, exact=step != 3))
            run.write_projection(projection(step))
            if step == 3:
                run.mark_key(3)
        run.mark_key(999)
        steps = run.snapshot_steps()
        assert len(steps) == 4
        assert 3 in steps
        assert np.array_equal(run.snapshot(3).embeddings, snapshot(3).embeddings)
        assert [kept.step for kept in run.kept_steps()] == list(steps) == list(run.projection_steps())
