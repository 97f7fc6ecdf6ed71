"""What is asked of the map through a session, with a real analysis process and the digits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer.core.map_values import ItemValues, TrueNeighbours
from explorer.core.recipe import Part
from explorer.core.types import PIXELS_RUN, Projection
from explorer.engine.events import Notice
from explorer.engine.session.session import Session
from tests.helpers.listening import Listener


@pytest.fixture
def heard() -> Listener:
    return Listener()


@pytest.fixture
def session(heard: Listener, tmp_path: Path) -> Iterator[Session]:
    made = Session(heard.ring, live=True, cache_folder=tmp_path / "cache", runs_folder=tmp_path / "runs")
    heard.listen(made.lanes)
    yield made
    assert made.close(20.0)


def test_the_map_is_laid_out_held_measured_and_looked_at(session: Session, heard: Listener) -> None:
    assert session.analysis.projection == Part(name="umap")
    session.analysis.project(Part(name="dimensions", params={"y": 3}))
    session.analysis.values("right")
    session.open("sample:digits")
    frame = heard.until(Projection, lambda frame: frame.method == "dimensions" and frame.fidelity is not None)
    assert frame.run == PIXELS_RUN
    assert session.analysis.projection == Part(name="dimensions", params={"y": 3})
    right = heard.until(ItemValues, lambda found: found.name == "right")
    assert np.nanmean(right.values) > 0.95
    session.analysis.look_at(5)
    near = heard.until(TrueNeighbours)
    assert (near.item, len(near.indices)) == (5, 15)
    session.analysis.hold([5, 6])
    session.analysis.project(Part(name="pca"))
    moved = heard.until(Projection, lambda frame: frame.method == "pca" and frame.epoch > 5)
    np.testing.assert_allclose(moved.xy[[5, 6]], frame.xy[[5, 6]], atol=1e-3)
    assert np.abs(moved.xy - frame.xy).max() > 0.5
    assert not heard.all(Notice)


def test_the_map_is_laid_out_anew_from_where_another_run_has_its_items(session: Session, heard: Listener) -> None:
    session.open("sample:digits")
    frame = heard.until(Projection, lambda frame: frame.method == "umap" and frame.fidelity is not None)
    other = replace(frame, xy=frame.xy @ np.array([[0, 1], [1, 0]], np.float32) + np.float32(40))
    session.analysis.remember(other, anew=True)
    moved = heard.until(Projection, lambda found: found.method == "umap" and abs(found.xy.mean() - 40) < 5)
    before, width = np.linalg.norm(moved.xy - frame.xy, axis=1), np.ptp(frame.xy[:, 0])
    assert np.median(np.linalg.norm(moved.xy - other.xy, axis=1)) < 0.1 * width < np.median(before)
    assert session.shown_map is not None
