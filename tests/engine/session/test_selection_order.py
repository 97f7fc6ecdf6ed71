from __future__ import annotations

from collections.abc import Callable

import numpy as np

from explorer.core.census_margin import census_margin
from explorer.core.types import PIXELS_RUN, FloatArray, Snapshot, frozen
from explorer.engine.events import DatasetOpened
from explorer.engine.session.selection_order import ItemsOrdered, OrderBy
from explorer.measure.item_values import violations
from explorer.measure.lifts import lift
from tests.engine.conftest import Desk


def test_items_are_ordered_by_what_is_measured_of_them(trained: Desk) -> None:
    session, heard = trained
    dataset, newest = session.dataset, session._state.in_view()[0]
    assert dataset is not None
    assert newest is not None
    of = frozen(np.arange(3, 900, 7))
    rate, loss = violations(newest.embeddings, np.asarray(dataset.labels)[newest.indices], lift(newest.distance),
                            census_margin(session.recipe.params("loss")))  # fmt: skip
    measured: dict[OrderBy, FloatArray] = {"loss": loss, "violation": rate}
    for by, values in measured.items():
        place = heard.now()
        session.selection_order.ask(of, by)
        told = heard.until(ItemsOrdered, after=place)
        assert told.of is of
        assert (told.run, told.step, told.by) == (session.run, newest.step, by)
        assert sorted(told.items.tolist()) == of.tolist()
        assert told.figures is not None
        np.testing.assert_allclose(told.figures, values[of], rtol=1e-4, atol=1e-6)
        assert np.all(np.diff(told.figures[np.searchsorted(of, told.items)]) <= 0)
    place = heard.now()
    session.selection_order.ask(of, "distance", [10, 700])
    told = heard.until(ItemsOrdered, after=place)
    x = newest.embeddings
    far = np.minimum(np.linalg.norm(x - x[10], axis=1), np.linalg.norm(x - x[700], axis=1))
    assert told.figures is not None
    assert np.all(np.diff(told.figures[np.searchsorted(of, told.items)]) >= 0)
    np.testing.assert_allclose(told.figures, far[of], atol=1e-3)
    place = heard.now()
    session.selection_order.ask(of, "name")
    told = heard.until(ItemsOrdered, after=place)
    assert [dataset.ids[item] for item in told.items] == sorted(dataset.ids[item] for item in of)
    assert told.figures is None
    place = heard.now()
    session.selection_order.ask(of, "class")
    told = heard.until(ItemsOrdered, after=place)
    assert told.items.tolist() == of[np.argsort(dataset.labels[of], kind="stable")].tolist()
    assert told.figures is None


def test_it_follows_what_is_shown_and_ends_with_other_data(start: Callable[..., Desk]) -> None:
    session, heard = start()
    heard.until(Snapshot, lambda shown: shown.run == PIXELS_RUN)
    of = frozen(np.arange(20))
    session.selection_order.ask(of, "loss")
    assert heard.until(ItemsOrdered).run == PIXELS_RUN
    place = heard.now()
    session.open("sample:digits")
    heard.until(DatasetOpened, after=place)
    heard.until(Snapshot, lambda shown: shown.run == PIXELS_RUN, after=place)
    assert session.selection_order._asked is None
