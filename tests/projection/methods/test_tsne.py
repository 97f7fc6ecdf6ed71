import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.manifold import trustworthiness

from explorer.core.registry import create
from explorer.core.types import FloatArray
from explorer.measure.lifts import lift
from explorer.projection.methods.base import Layout
from tests.projection.methods.test_contract import checked, clouds, run

pytest.importorskip("openTSNE")

E = lift("euclidean")


def digits(rows: int = 600) -> FloatArray:
    return np.asarray(load_digits().data[:rows] / 16, np.float32)


def finished(layout: Layout) -> int:
    epochs = 0
    while not layout.done:
        layout.epoch()
        epochs += 1
    return epochs


@pytest.fixture(scope="module")
def settled() -> tuple[Layout, FloatArray]:
    x, ids = digits(), np.arange(600)
    layout: Layout = create("projection", "tsne", {})
    last = layout.place(ids, x, E)
    layout.swap(ids, x, E)
    width = float(np.ptp(last.xy))
    while not layout.done:
        layout.epoch()
        frame = layout.frame()
        assert np.linalg.norm(frame.xy - last.xy, axis=1).mean() < 0.1 * width  # its first steps are no leaps
        last = frame
    return layout, x


def test_a_settled_map_is_as_true_as_that_of_open_tsne(settled: tuple[Layout, FloatArray]) -> None:
    from openTSNE import TSNE

    layout, x = settled
    theirs = TSNE(n_jobs=1, neighbors="exact", random_state=0).fit(x)
    found = trustworthiness(x, layout.frame().xy, n_neighbors=15)
    assert found == pytest.approx(trustworthiness(x, np.asarray(theirs), n_neighbors=15), abs=0.01)
    assert 3 < np.sqrt((layout.frame().xy ** 2).sum(axis=1).mean()) < 7  # shown as large as every map


def test_an_unchanged_snapshot_leaves_it_at_rest_and_a_changed_one_moves_it_on(
    settled: tuple[Layout, FloatArray],
) -> None:
    layout, x = settled
    ids, before = np.arange(600), layout.frame().xy
    layout.swap(ids, x, E)
    assert layout.done
    layout.swap(ids, x + np.random.default_rng(0).normal(scale=0.1, size=x.shape).astype(np.float32), E)
    assert finished(layout) > 5
    moved = np.linalg.norm(layout.frame().xy - before, axis=1)
    assert np.median(moved) < 0.1 * np.ptp(before)  # from where it was, not anew
    assert moved.max() > 0


def test_many_points_move_by_interpolation() -> None:
    x, layout = clouds(10_100), create("projection", "tsne", {"perplexity": 5})
    layout.place(np.arange(10_100), x, E)
    layout.swap(np.arange(10_100), x, E)
    checked(run(layout, 4), 10_100)


@pytest.mark.parametrize("rows", [4, 5, 12])
def test_the_perplexity_is_clipped_for_few_points(rows: int) -> None:
    layout = create("projection", "tsne", {"perplexity": 100, "exaggeration": 4})
    layout.swap(np.arange(rows), clouds(rows), E)
    assert finished(layout) == 150
    xy = checked(layout.frame(), rows).xy
    gaps = np.linalg.norm(xy[:, None] - xy[None], axis=-1)
    assert gaps[~np.eye(rows, dtype=bool)].min() > 1e-3


def test_it_waits_for_the_affinities_of_other_items() -> None:
    x, layout = clouds(60), create("projection", "tsne", {})
    layout.swap(np.arange(50), x[:50], E)
    run(layout, 10)
    layout.place(np.arange(60), x, E)
    assert layout.done
    layout.swap(np.arange(60), x, E)
    assert not layout.done
    assert finished(layout) > 10
