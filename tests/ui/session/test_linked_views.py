from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from explorer.data.dataset import Dataset
from explorer.ui.session.linked_views import LinkedViews
from explorer.ui.session.view_state import ViewState
from tests.helpers.blobs import dataset_of


@pytest.fixture
def digits() -> Dataset:
    return dataset_of(np.arange(20) % 3)


def test_what_belongs_to_the_items_is_shared_and_the_step_is_not(qtbot: QtBot, digits: Dataset) -> None:
    links, one, two = LinkedViews(), ViewState(), ViewState()
    links.join(one, digits)
    links.join(two, digits)
    one.set_selection([3, 1])
    two.set_hover(5)
    one.pins.set((4, 2))
    two.set_colour_by("split")
    one.set_hidden_values([1])
    two.set_hidden_classes([2])
    one.set_shown_range((0.5, 2.0))
    two.set_shape_by("none")
    one.set_displayed_step(40)
    for view in (one, two):
        assert view.selection.tolist() == [1, 3]
        assert view.hover == 5
        assert view.pins.items == (4, 2)
        assert (view.colour_by, view.shape_by) == ("split", "none")
        assert view.hidden_values == {1}
        assert view.hidden_classes == {2}
        assert view.shown_range == (0.5, 2.0)
    assert (one.displayed_step, two.displayed_step) == (40, -1)


def test_queries_have_the_same_numbers_in_all_views(qtbot: QtBot, digits: Dataset) -> None:
    links, one, two = LinkedViews(), ViewState(), ViewState()
    links.join(one, digits)
    one.pins.set((4, 2, 9))
    one.pins.unpin(4)
    links.join(two, digits)
    assert two.pins.numbers == one.pins.numbers == {2: 2, 9: 3}
    two.pins.choose(5, add=True)
    assert one.pins.numbers == {2: 2, 9: 3, 5: 1}


def test_a_view_that_joins_looks_like_those_that_are_there(qtbot: QtBot, digits: Dataset) -> None:
    links, one, two = LinkedViews(), ViewState(), ViewState()
    links.join(one, digits)
    one.set_selection([7])
    one.set_colour_by("split")
    one.set_hidden_values([0])
    links.join(two, digits)
    assert two.selection.tolist() == [7]
    assert two.colour_by == "split"
    assert two.hidden_values == {0}


def test_other_data_part_them(qtbot: QtBot, digits: Dataset) -> None:
    links, one, two = LinkedViews(), ViewState(), ViewState()
    links.join(one, digits)
    links.join(two, digits)
    one.set_selection([7])
    two.reset()  # because other data were opened there
    links.join(two, dataset_of(np.zeros(5, np.int64)))
    assert one.selection.tolist() == [7]
    two.set_selection([1])
    assert one.selection.tolist() == [7]
    links.leave(two)
    two.set_selection([2])
    links.join(two, digits)
    assert two.selection.tolist() == [7]
