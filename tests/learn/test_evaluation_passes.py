"""What is evaluated when, on a machine that embeds slowly."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.learn.evaluation_passes import FEW, SLICE_SHARE, Passes
from explorer.learn.meter import Clock


def spent(training: float, evaluating: float) -> Clock:
    clock = Clock()
    clock.training, clock.evaluating = training, evaluating
    return clock


@pytest.fixture
def slow() -> Passes:
    """1,000 items of which 500 are held out, and ten seconds for these: a quarter of an epoch of 40."""
    passes = Passes(1000, np.arange(500), 0.15, seed=0)
    passes.measured(100, 2.0)
    return passes


def test_slices_leave_a_part_of_the_share_to_figures(slow: Passes) -> None:
    assert slow.may_slice(spent(100.0, 100.0 * 0.15 * SLICE_SHARE * 0.9))
    assert not slow.may_slice(spent(100.0, 100.0 * 0.15 * 0.9))


def test_a_first_figure_that_is_waited_for_draws_on_the_time_to_come_within_the_share(slow: Passes) -> None:
    after_one = spent(40.0, 2.0)
    assert slow.affordable(after_one, 50.0, left=360.0) is None, "nobody waits"
    slow.waited_for = True
    found = slow.affordable(after_one, 50.0, left=360.0)
    assert found is not None
    assert found.tolist() == list(range(500))
    assert slow.affordable(after_one, 50.0, left=10.0) is None, "it would be a fifth of the whole run"
    slow.waited_for = False
    assert slow.affordable(spent(80.0, 12.0), 50.0, left=320.0) is None, "it is made up for first"


def test_how_long_the_next_figure_takes_is_when_the_share_has_room_for_it(slow: Passes) -> None:
    before = spent(40.0, 2.0)
    wait = slow.wait(before, 50.0)
    assert slow.affordable(spent(40.0 + wait - 0.1, 2.0), 50.0) is None
    assert slow.affordable(spent(40.0 + wait + 0.1, 2.0), 50.0) is not None
    assert slow.wait(spent(1000.0, 0.0), 50.0) == 0.0


def test_the_last_few_items_are_embedded_whatever_the_share_says(slow: Passes) -> None:
    seen = np.ones(1000, np.bool_)
    assert not len(slow.last_few(seen))
    seen[[700, 20]] = False
    assert slow.last_few(seen).tolist() == [20, 700]
    seen[: FEW + 1] = False
    assert not len(slow.last_few(seen)), "these wait for their turn"
