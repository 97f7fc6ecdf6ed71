"""The reference compiles for a while when it first fits, so its laws are tested together and on few points."""

import threading

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.manifold import trustworthiness

from explorer.core.errors import Cancelled, UserError
from explorer.core.registry import create
from explorer.core.types import FloatArray
from explorer.measure.lifts import lift
from explorer.projection.methods.base import Layout
from explorer.projection.methods.still import TRAVEL_EPOCHS
from explorer.projection.methods.umap_learn import umap_learn
from tests.projection.methods.test_contract import checked, clouds, run

E = lift("euclidean")


@pytest.mark.full
def test_fits_travels_there_and_fits_again() -> None:
    ids, layout = np.arange(60), create("projection", "umap_learn", {"neighbours": 8})
    first = layout.place(ids, clouds(60), E)
    asked = iter([False, False])
    with pytest.raises(Cancelled):  # after the fit
        layout.swap(ids, clouds(60), E, cancelled=lambda: next(asked, True))
    assert layout.done
    layout.swap(ids, clouds(60), E)
    np.testing.assert_array_equal(layout.frame().xy, first.xy)
    epochs = 0
    while not layout.done:
        layout.epoch()
        epochs += 1
    frame = checked(layout.frame(), 60)
    assert (epochs, frame.method) == (TRAVEL_EPOCHS, "umap_learn")
    own = np.linalg.norm(frame.xy[:, None] - frame.xy[None], axis=-1)
    np.fill_diagonal(own, np.inf)
    assert np.mean(own.argmin(axis=1) % 5 == ids % 5) > 0.95  # clouds stay clouds
    layout.swap(ids, clouds(60), E)  # the seed makes it the same, and it is laid on the last
    np.testing.assert_allclose(run(layout).xy, frame.xy, atol=0.02)
    layout.hold(ids[:6])
    more, held = np.arange(90), layout.frame().xy[:6]
    layout.place(more, clouds(90), E)
    layout.swap(more, clouds(90), E)
    np.testing.assert_array_equal(checked(run(layout), 90).xy[:6], held)
    assert not [thread for thread in threading.enumerate() if "tqdm" in thread.name]


@pytest.mark.parametrize(("rows", "kind"), [(0, ""), (1, ""), (3, ""), (5, ""), (6, ""), (30, "equal"), (30, "nan")])
def test_survives_next_to_nothing_and_what_is_no_number(rows: int, kind: str) -> None:
    x, layout = clouds(rows), create("projection", "umap_learn", {})
    if kind == "equal":
        x[:] = 1
    elif kind == "nan":
        x[::3] = np.nan
    layout.swap(np.arange(rows), x, E)
    checked(run(layout), rows)


def test_its_optimiser_lets_others_in() -> None:
    import umap.layouts as layouts

    create("projection", "umap_learn", {}).swap(np.arange(30), clouds(30), E)
    optimiser = layouts._nb_optimize_layout_euclidean_single_epoch
    assert optimiser.targetoptions["nogil"]
    assert optimiser.signatures


def test_two_fits_at_once_take_turns() -> None:
    layouts: list[Layout] = [create("projection", "umap_learn", {}, seed=seed) for seed in range(2)]
    fitting = [threading.Thread(target=layout.swap, args=(np.arange(60), clouds(60), E)) for layout in layouts]
    for thread in fitting:
        thread.start()
    for thread in fitting:
        thread.join()
    for layout in layouts:
        checked(run(layout), 60)


def test_what_the_package_would_refuse_is_refused_in_words() -> None:
    with pytest.raises(UserError, match="not be more than the spread"):
        create("projection", "umap_learn", {"min_dist": 0.6, "spread": 0.5})


@pytest.mark.full
def test_our_graph_makes_its_map_no_worse() -> None:
    digits: FloatArray = (load_digits().data / 16).astype(np.float32)
    layout = create("projection", "umap_learn", {})
    layout.swap(np.arange(len(digits)), digits, E)
    ours = trustworthiness(digits, run(layout).xy, n_neighbors=15)
    theirs = trustworthiness(digits, umap_learn().UMAP(random_state=0, n_jobs=1).fit_transform(digits), n_neighbors=15)
    assert ours == pytest.approx(theirs, abs=0.003)
