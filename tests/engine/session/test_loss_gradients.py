"""Force arrows: they point away from what a point shall be parted from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.events import RunFinished
from explorer.core.map_values import Forces
from explorer.core.recipe import Recipe
from explorer.core.types import PIXELS_RUN, IntArray, Projection, Snapshot, Split
from explorer.engine.datasets.loading import Opened
from explorer.engine.events import Notice
from explorer.engine.session.loss_gradients import CUT, LENGTH, MOST, forces_of, lengthened, local_arrows
from tests.engine.conftest import Desk
from tests.helpers.blobs import dataset_of

RECIPE = Recipe().with_settings(
    [
        "sampler.classes=2",
        "sampler.images=40",
        "distance=euclidean",
        "distance.normalise=false",
        "loss.margin=0.1",
        "miner=all",
    ]
)


def overlapping(dimension: int = 8) -> tuple[Opened, Snapshot, Projection, IntArray]:
    """Two clusters that overlap, in a plane of a space; the map is that plane, turned."""
    draw = np.random.default_rng(0)
    labels = np.repeat([0, 1], 150)
    plane = draw.normal(size=(300, 2)) * 0.5 + np.array([[0.0, 0.0], [1.0, 0.0]])[labels]
    basis = np.linalg.qr(draw.normal(size=(dimension, 2)))[0]
    x = (plane @ basis.T).astype(np.float32)
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    xy = (3.0 * plane @ turn).astype(np.float32)
    dataset = dataset_of(labels)
    opened = Opened(dataset, Split("items", np.arange(300), np.arange(0), False), "", ())
    every = np.arange(300)
    shown = Snapshot("r", 5, every, x, True, "euclidean")
    return opened, shown, Projection("r", 5, every, xy, 0, "umap", True), labels


def test_points_that_violate_are_driven_away_from_the_other_class() -> None:
    opened, shown, frame, labels = overlapping()
    asked = np.arange(20, 150)
    found = forces_of(opened, RECIPE, shown, frame, asked, lambda: None)
    assert (found.run, found.step) == ("r", 5)
    np.testing.assert_array_equal(found.items, asked)
    moved = found.strength > 0
    here, own, other = frame.xy[asked], frame.xy[asked].mean(axis=0), frame.xy[labels == 1].mean(axis=0)
    way = (here - own) @ (other - own) / ((other - own) ** 2).sum()
    between = moved & (way > 0) & (way < 1)  # nearer to B than the middle of A is: those violate
    assert between.sum() > 30
    away = ((found.arrows * (here - other)).sum(axis=1) > 0)[between]
    assert away.mean() > 0.75  # some are drawn along by others of their class
    lengths = np.linalg.norm(found.arrows[moved], axis=1)
    assert np.median(lengths) == pytest.approx(LENGTH * np.ptp(frame.xy[:, 0]), rel=1e-3)


def test_points_without_a_violation_have_no_arrow() -> None:
    opened, shown, frame, labels = overlapping()
    x = shown.embeddings.copy()
    x[labels == 1] += 1000.0
    apart = Snapshot("r", 5, shown.indices, x, True, "euclidean")
    found = forces_of(opened, RECIPE, apart, frame, np.arange(300), lambda: None)
    assert len(found.items) == MOST
    assert not found.arrows.any()
    assert not found.strength.any()


def test_only_items_with_a_place_and_an_embedding_have_an_arrow() -> None:
    opened, shown, frame, _ = overlapping()
    part = Snapshot("r", 5, shown.indices[50:], shown.embeddings[50:], True, "euclidean")
    half = Projection("r", 5, frame.indices[:200], frame.xy[:200], 0, "umap", True)
    np.testing.assert_array_equal(
        forces_of(opened, RECIPE, part, half, np.arange(40, 260), lambda: None).items, np.arange(50, 200)
    )
    assert not len(forces_of(opened, RECIPE, part, half, np.arange(20), lambda: None).items)


def test_a_linear_map_is_found_again() -> None:
    _, shown, frame, _ = overlapping()
    items = np.arange(20, 80)
    jacobian = np.linalg.lstsq(shown.embeddings, frame.xy, rcond=None)[0]
    draw = np.random.default_rng(1)
    directions = (shown.embeddings[draw.permutation(60) + 80] - shown.embeddings[items]).astype(np.float64)
    arrows = local_arrows(shown, frame, items, directions)
    expected = directions @ jacobian
    cosines = (arrows * expected).sum(axis=1) / np.linalg.norm(arrows, axis=1) / np.linalg.norm(expected, axis=1)
    assert cosines.min() > 0.95


def test_one_item_that_is_pulled_hard_does_not_hide_the_others() -> None:
    arrows = np.array([[1, 0], [0, 1], [0, -1], [300, 400], [0, 0]], np.float32)
    shown = lengthened(arrows, 10.0)
    lengths = np.linalg.norm(shown, axis=1)
    np.testing.assert_allclose(lengths, LENGTH * 10.0 * np.array([1, 1, 1, CUT, 0]), rtol=1e-5)
    np.testing.assert_allclose(shown[3] / lengths[3], [0.6, 0.8], rtol=1e-5)


def test_no_arrow_is_lengthened_where_there_is_none() -> None:
    assert not lengthened(np.zeros((3, 2), np.float32), 5.0).any()


def test_forces_come_with_every_snapshot_and_after_the_run(start: Callable[..., Desk]) -> None:
    session, listener = start()
    items = np.arange(0, 300)
    session.forces.want(items)
    assert "Train first" in listener.until(Notice).text
    session.train()
    first = listener.until(Forces)
    assert first.run not in ("", PIXELS_RUN)
    assert len(first.items) == len(first.arrows) == len(first.strength) <= MOST
    second = listener.until(Forces, lambda f: f.step > first.step)
    session.stop()
    end = listener.until(RunFinished)
    last = listener.until(Forces, lambda f: f.step == end.step)
    assert last.run == second.run
    assert np.isfinite(last.arrows).all()
    session.forces.want([])
    here = listener.now()
    session.forces.want([3])
    one = listener.until(Forces, after=here)
    assert one.items.tolist() == [3]
    assert len([notice for notice in listener.all(Notice) if "Train first" in notice.text]) == 1


def test_data_that_cannot_be_trained_on_say_why() -> None:
    opened, shown, frame, _ = overlapping()
    with pytest.raises(UserError, match="no classes"):
        forces_of(Opened(opened.dataset, None, "no classes", ()), RECIPE, shown, frame, np.arange(9), lambda: None)
